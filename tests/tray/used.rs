//! The icon tells how things stand, and its menu does what it says.

use std::time::Duration;

use poolkey_core::menu::Icon;
use poolkey_core::snapshot::LoginState;
use poolkey_ipc::{Ask, Reply};
use poolkey_tests::{Setup, story, until};
use rustix::process::Signal;

use crate::bell::Bell;
use crate::desk::{command, put_program, start, start_as, started_with};
use crate::panel::Panel;

#[test]
fn the_menu_does_what_it_says() {
    story(Setup::default(), |world| {
        let (panel, bell) = (
            Panel::open(&world.desktop.address()),
            Bell::hang(&world.desktop.address()),
        );
        world.sign_in();
        world.keys();
        let mut tray = start(world);
        world.witness("poolkey-tray", tray.pid());
        panel.shows(Icon::Well);
        assert_eq!(panel.tooltip(), "Signed in: acme");
        until("nothing is being done", 10, || {
            panel.labels()[0] == "acme: signed in"
        });
        let labels = panel.labels();
        assert_eq!(
            labels[..2],
            ["acme: signed in", "as alice@example.com"],
            "{labels:?}"
        );
        assert!(labels[2].starts_with("dev: keys for 5"), "{labels:?}");
        assert!(!panel.menu()[0].enabled, "a label is no action");

        world.sandbox.forget_calls();
        panel.click(&["Renew now"]);
        until("it is renewed", 10, || {
            world.sandbox.calls("GetTokensFromRefreshToken") == 1
        });
        until("the keys are new", 10, || {
            world.sandbox.calls("GetCredentialsForIdentity") == 1
        });
        panel.shows(Icon::Well);

        panel.click(&["Sign out"]);
        until("it is signed out", 10, || {
            world.login().state == LoginState::SignedOut
        });
        assert_eq!(world.desktop.secrets_of_poolkey(), "");
        assert_eq!(world.sandbox.calls("RevokeToken"), 1);
        panel.shows(Icon::Nobody);
        assert_eq!(panel.tooltip(), "Nobody is signed in");
        assert_eq!(panel.labels()[0], "acme: signed out");

        let log = put_program(world, "poolkey-desktop");
        panel.click(&["Sign in…"]);
        assert_eq!(started_with(&log), "--login acme");
        std::fs::remove_file(&log).unwrap();
        panel.click(&["Open Poolkey"]);
        assert_eq!(started_with(&log), "");
        assert!(
            bell.rung().is_empty(),
            "a person who clicks sees for himself: {:?}",
            bell.rung()
        );

        panel.click(&["Quit", "Only this icon"]);
        assert!(tray.wait(Duration::from_secs(5)).success());
        assert!(world.daemon().is_alive());
        assert_eq!(tray.said(), "");
    });
}

#[test]
fn it_starts_the_daemon_and_can_end_both() {
    story(Setup::default(), |world| {
        let panel = Panel::open(&world.desktop.address());
        world.stop_daemon();
        let mut tray = start(world);
        panel.shows(Icon::Nobody);
        let first = world.status().daemon.pid;

        panel.click(&["Quit", "Poolkey altogether"]);
        assert!(tray.wait(Duration::from_secs(10)).success());
        until("the daemon is gone", 10, || {
            !matches!(world.client().is_answered(), Ok(true))
        });

        let mut tray = start(world);
        panel.shows(Icon::Nobody);
        // Who stops it elsewhere does not see it come back by itself.
        assert_eq!(world.ask(&Ask::Stop), Reply::Done);
        panel.shows(Icon::Waiting);
        assert_eq!(panel.tooltip(), "Poolkey is not running");
        std::thread::sleep(Duration::from_secs(2));
        assert!(!matches!(world.client().is_answered(), Ok(true)));
        panel.click(&["Start Poolkey"]);
        panel.shows(Icon::Nobody);
        let last = world.status().daemon.pid;
        assert_ne!(first, last);
        // It is nobody's child: it leaves nothing in the process table.
        assert_eq!(world.ask(&Ask::Stop), Reply::Done);
        until("it is gone for good", 10, || {
            !std::path::Path::new(&format!("/proc/{last}")).exists()
        });
        assert!(tray.is_alive());
    });
}

/// A daemon that starts again is found again, whoever started it.
#[test]
fn it_follows_a_daemon_that_comes_back() {
    story(Setup::default(), |world| {
        let panel = Panel::open(&world.desktop.address());
        world.sign_in();
        let _tray = start(world);
        panel.shows(Icon::Well);
        world.kill_daemon();
        panel.shows(Icon::Waiting);
        assert!(panel.labels().contains(&"Start Poolkey".to_owned()));
        world.start_daemon();
        panel.shows(Icon::Well);
    });
}

#[test]
fn it_speaks_japanese() {
    story(Setup::default(), |world| {
        let panel = Panel::open(&world.desktop.address());
        world.sign_in();
        let _tray = start_as(world, command(world).env("LC_ALL", "ja_JP.UTF-8"));
        panel.shows(Icon::Well);
        assert_eq!(panel.tooltip(), "サインイン済み：acme");
        until("nothing is being done", 10, || {
            panel.labels()[0] == "acme：サインイン済み"
        });
        let labels = panel.labels();
        assert!(labels.contains(&"サインアウト".to_owned()), "{labels:?}");
    });
}

#[test]
fn starting_at_login_is_switched() {
    story(Setup::default(), |world| {
        let panel = Panel::open(&world.desktop.address());
        let _tray = start(world);
        panel.shows(Icon::Nobody);
        let entry = world.home().join("config/autostart/poolkey-tray.desktop");
        let checked = || {
            let menu = panel.menu();
            menu.iter()
                .find(|entry| entry.label == "Start at login")
                .unwrap()
                .checked
                .unwrap()
        };
        assert!(!checked());
        panel.click(&["Start at login"]);
        until("it is on", 5, checked);
        let text = std::fs::read_to_string(&entry).unwrap();
        assert!(text.contains("/bin/poolkey-tray\"\n"), "{text}");
        // A desktop's own settings may switch it, too.
        std::fs::remove_file(&entry).unwrap();
        panel.menu();
        until("it is off", 5, || !checked());
    });
}

/// Without a display there is no clipboard; the secret goes nowhere else.
#[test]
fn keys_that_cannot_be_copied_are_told_how_to_get() {
    story(Setup::default(), |world| {
        let (panel, bell) = (
            Panel::open(&world.desktop.address()),
            Bell::hang(&world.desktop.address()),
        );
        world.sign_in();
        world.keys();
        let mut tray = start(world);
        panel.shows(Icon::Well);
        panel.click(&["dev", "Copy keys for bash"]);
        let told = bell.await_one("The keys could not be copied", 10);
        assert!(
            told.body.ends_with("poolkey credentials dev --format env"),
            "{told:?}"
        );
        panel.click(&["dev", "Copy keys for PowerShell"]);
        until("it is told again, in the same place", 10, || {
            bell.rung().len() == 2
        });
        assert_eq!(bell.rung()[1].replaces, told.number);
        for shown in bell.rung() {
            world.keep("notifications", &format!("{shown:?}"));
        }
        tray.signal(Signal::TERM);
        tray.wait(Duration::from_secs(5));
    });
}
