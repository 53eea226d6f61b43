//! What a person is told, how often, and when it is taken back.

use std::time::Duration;

use poolkey_core::menu::Icon;
use poolkey_core::snapshot::LoginState;
use poolkey_ipc::Ask;
use poolkey_tests::{Setup, World, story, until};
use serde_json::json;

use crate::bell::Bell;
use crate::desk::{put_program, start, started_with};
use crate::panel::Panel;

#[test]
fn a_session_that_ends_is_told_once() {
    story(Setup::default(), |world| {
        let (panel, bell) = (
            Panel::open(&world.desktop.address()),
            Bell::hang(&world.desktop.address()),
        );
        let log = put_program(world, "poolkey-desktop");
        world.sign_in();
        world.keys();
        let _tray = start(world);
        panel.shows(Icon::Well);
        world.sandbox.revoke_all();
        renew(world);
        panel.shows(Icon::NeedsSignIn);
        assert_eq!(panel.tooltip(), "Sign-in needed: acme");
        assert_eq!(panel.labels()[0], "acme: sign-in needed");
        let told = bell.await_one("Sign in to acme", 10);
        assert!(told.body.ends_with('.'), "{told:?}");
        assert_eq!(told.actions, ["default", "Sign in…", "open", "Sign in…"]);

        // Tools that ask, a daemon that is asked again: it is the same trouble.
        for _ in 0..3 {
            assert_eq!(world.shim("dev").code, 10);
            renew(world);
        }
        std::thread::sleep(Duration::from_millis(500));
        assert_eq!(bell.rung().len(), 1, "{:?}", bell.rung());

        bell.click(&told);
        assert_eq!(started_with(&log), "--login acme token-of-the-desktop");
        assert!(bell.open().is_empty());
        world.sign_in();
        panel.shows(Icon::Well);

        // Another one, which nobody clicks on: it goes as the trouble goes.
        world.sandbox.revoke_all();
        renew(world);
        bell.await_one("Sign in to acme", 10);
        world.sign_in();
        until("it is taken back", 10, || bell.open().is_empty());
        assert_eq!(bell.rung().len(), 2, "{:?}", bell.rung());
    });
}

#[test]
fn what_was_so_before_is_not_told_again() {
    story(Setup::default(), |world| {
        let (panel, bell) = (
            Panel::open(&world.desktop.address()),
            Bell::hang(&world.desktop.address()),
        );
        world.sign_in();
        world.sandbox.revoke_all();
        renew(world);
        until("it is over", 10, || {
            world.login().state == LoginState::NeedsSignIn
        });
        let _tray = start(world);
        panel.shows(Icon::NeedsSignIn);
        std::thread::sleep(Duration::from_millis(500));
        assert!(bell.rung().is_empty(), "{:?}", bell.rung());
        // The next one is.
        world.sign_in();
        panel.shows(Icon::Well);
        world.sandbox.revoke_all();
        renew(world);
        bell.await_one("Sign in to acme", 10);
    });
}

/// Keys of ten minutes are near their end all the time, so that being offline matters.
#[test]
fn a_blip_is_not_told_and_more_than_a_blip_once() {
    let setup = Setup {
        keys_seconds: 600,
        ..Setup::default()
    };
    story(setup, |world| {
        let (panel, bell) = (
            Panel::open(&world.desktop.address()),
            Bell::hang(&world.desktop.address()),
        );
        world.sign_in();
        world.keys();
        let mut tray = start(world);
        panel.shows(Icon::Well);
        world.road.cut();
        renew(world);
        panel.shows(Icon::Waiting);
        assert!(
            panel.labels()[0].starts_with("acme: offline, keys good for "),
            "{:?}",
            panel.labels()
        );
        world.road.mend();
        renew(world);
        panel.shows(Icon::Well);

        world.road.cut();
        renew(world);
        panel.shows(Icon::Waiting);
        std::thread::sleep(Duration::from_secs(5));
        assert!(bell.rung().is_empty(), "{:?}", bell.rung());
        let told = bell.await_one("AWS cannot be reached", 20);
        assert_eq!(told.body, "Poolkey goes on trying. Waiting for keys: acme");
        std::thread::sleep(Duration::from_secs(3));
        assert_eq!(bell.rung().len(), 1, "{:?}", bell.rung());
        world.road.mend();
        renew(world);
        until("it is taken back", 40, || bell.open().is_empty());
        panel.shows(Icon::Well);
        assert_eq!(bell.rung().len(), 1, "{:?}", bell.rung());

        // Whoever ends the icon leaves nothing behind that a click would lead nowhere.
        world.sandbox.revoke_all();
        renew(world);
        bell.await_one("Sign in to acme", 10);
        panel.click(&["Quit", "Only this icon"]);
        assert!(tray.wait(Duration::from_secs(5)).success());
        assert!(bell.open().is_empty());
    });
}

fn renew(world: &World) {
    // It may fail; that is what is shown then.
    let _ = world.ask(&Ask::Renew {
        login: "acme".into(),
    });
}

/// A sign-out counts at once on this computer; the provider hears of it as soon as it can.
#[test]
fn a_sign_out_that_nobody_hears_is_told_and_tried_again() {
    story(Setup::default(), |world| {
        let (panel, bell) = (
            Panel::open(&world.desktop.address()),
            Bell::hang(&world.desktop.address()),
        );
        world.sign_in();
        let _tray = start(world);
        panel.shows(Icon::Well);
        world.road.cut();
        panel.click(&["Sign out"]);
        let told = bell.await_one("acme is signed out on this computer", 20);
        assert!(told.body.contains("again"), "{told:?}");
        assert_eq!(world.login().state, LoginState::SignedOut);
        assert_eq!(world.desktop.secrets_of_poolkey(), "");
        let waits = || {
            let labels = panel.labels();
            labels.contains(&"1 ended session still to be revoked".to_owned())
        };
        until("the menu tells of it", 10, waits);
        world.road.mend();
        until("it is revoked", 60, || {
            world.sandbox.calls("RevokeToken") == 1
        });
        until("the menu tells no more of it", 10, || !waits());
        assert_eq!(bell.rung().len(), 1, "{:?}", bell.rung());
    });
}

/// Guests have keys to copy, and nothing to sign in to.
#[test]
fn guests_have_a_menu_of_their_own() {
    let guest = "arn:aws:iam::123456789012:role/Guest";
    let setup = Setup {
        seed: json!({"identity_pool": {"guest_role_arn": guest}}),
        ..Setup::default()
    };
    story(setup, |world| {
        let panel = Panel::open(&world.desktop.address());
        let pool = world.chain["identity_pool_id"].as_str().unwrap();
        let (usual, url) = (world.usual_config(), world.road.url());
        let guest =
            format!("[profile.public]\nidentity_pool_id = \"{pool}\"\nendpoint = \"{url}\"\n");
        world.configure(&format!("{usual}\n{guest}"));
        let _tray = start(world);
        panel.shows(Icon::Nobody);
        until("guests are there", 10, || {
            panel.labels().contains(&"Guests".to_owned())
        });
        world.client().document("public").unwrap();
        until("a guest has keys", 10, || {
            let menu = panel.menu();
            let guests = menu.iter().find(|entry| entry.label == "Guests").unwrap();
            guests
                .children
                .iter()
                .any(|entry| entry.label.starts_with("public: keys for "))
        });
    });
}
