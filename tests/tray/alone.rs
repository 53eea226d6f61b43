//! A desktop that lacks something.

use std::time::Duration;

use poolkey_core::menu::Icon;
use poolkey_ipc::Ask;
use poolkey_tests::{Ran, Setup, story, until};

use crate::bell::Bell;
use crate::desk::{command, start};
use crate::panel::Panel;

#[test]
fn a_panel_that_comes_late_is_waited_for() {
    story(Setup::default(), |world| {
        let bus = world.desktop.address();
        world.sign_in();
        let mut tray = start(world);
        std::thread::sleep(Duration::from_secs(1));
        assert!(tray.is_alive(), "{}", tray.said());
        let panel = Panel::open(&bus);
        panel.shows(Icon::Well);
        // A shell that is restarted forgets all items.
        drop(panel);
        let panel = Panel::open(&bus);
        panel.shows(Icon::Well);
        assert_eq!(panel.count(), 1);
        assert!(tray.is_alive());
    });
}

#[test]
fn a_desktop_without_icons_is_told_of_once() {
    story(Setup::default(), |world| {
        let bell = Bell::hang(&world.desktop.address());
        world.sign_in();
        let mut tray = start(world);
        let told = bell.await_one("Poolkey is running without an icon", 25);
        assert!(told.body.contains("poolkey status"), "{told:?}");
        assert!(told.actions.is_empty());
        // Notifications serve meanwhile.
        world.sandbox.revoke_all();
        let ask = Ask::Renew {
            login: "acme".into(),
        };
        let _ = world.ask(&ask);
        bell.await_one("Sign in to acme", 10);

        tray.kill();
        let mut again = start(world);
        std::thread::sleep(Duration::from_secs(13));
        assert!(again.is_alive());
        let told = bell
            .rung()
            .into_iter()
            .filter(|shown| shown.title.contains("without"));
        assert_eq!(told.count(), 1, "{:?}", bell.rung());
    });
}

#[test]
fn a_second_one_leaves_the_place_to_the_first() {
    story(Setup::default(), |world| {
        let panel = Panel::open(&world.desktop.address());
        let mut first = start(world);
        panel.shows(Icon::Nobody);
        let second = Ran::of(&mut command(world), "");
        assert_eq!(second.code, 0, "{second:?}");
        assert!(second.err.contains("one runs already"), "{second:?}");
        assert!(first.is_alive());
        assert_eq!(panel.count(), 1);
    });
}

#[test]
fn without_a_bus_it_says_so() {
    story(Setup::default(), |world| {
        for address in ["unix:path=/nonexistent/bus", "", "nonsense"] {
            let ran = Ran::of(command(world).env("DBUS_SESSION_BUS_ADDRESS", address), "");
            assert_eq!(ran.code, 69, "{address}: {ran:?}");
            assert_eq!(ran.err.lines().count(), 1, "{ran:?}");
            assert!(
                ran.err
                    .starts_with("poolkey-tray: error: there is no session bus"),
                "{ran:?}"
            );
        }
    });
}

#[test]
fn wrong_arguments_are_refused() {
    story(Setup::default(), |world| {
        let ran = Ran::of(command(world).arg("--nonsense"), "");
        assert_eq!((ran.code, ran.err.lines().count()), (64, 1), "{ran:?}");
    });
}

/// It ends with its session: who logs out leaves nothing running.
#[test]
fn it_ends_with_the_bus() {
    story(Setup::default(), |world| {
        let panel = Panel::open(&world.desktop.address());
        world.sign_in();
        let mut tray = start(world);
        panel.shows(Icon::Well);
        world.desktop.stop();
        assert!(
            tray.wait(Duration::from_secs(10)).success(),
            "{}",
            tray.said()
        );
        until("the daemon is still there", 5, || world.daemon().is_alive());
    });
}
