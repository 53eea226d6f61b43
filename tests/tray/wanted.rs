//! The login window that opens by itself, where the person allowed that.

use std::time::Duration;

use poolkey_core::menu::Icon;
use poolkey_ipc::Ask;
use poolkey_tests::{Setup, World, story};

use crate::desk::{put_program, start, started_with};
use crate::panel::Panel;

#[test]
fn it_opens_once_when_a_tool_needs_it() {
    story(Setup::default(), |world| {
        let panel = Panel::open(&world.desktop.address());
        let config = world.usual_config();
        world.configure(&format!("[settings]\nopen_window = true\n{config}"));
        let log = put_program(world, "poolkey-desktop");
        end_session(world);
        let _tray = start(world);
        panel.shows(Icon::NeedsSignIn);
        std::thread::sleep(Duration::from_secs(1));
        assert!(!log.exists(), "no tool asks");
        assert_eq!(world.shim("dev").code, 10);
        assert_eq!(started_with(&log), "--login acme");
        assert_eq!(world.shim("dev").code, 10);
        std::thread::sleep(Duration::from_secs(1));
        assert_eq!(started_with(&log), "--login acme", "once is enough");
    });
}

#[test]
fn it_does_not_where_nobody_allowed_it() {
    story(Setup::default(), |world| {
        let panel = Panel::open(&world.desktop.address());
        let log = put_program(world, "poolkey-desktop");
        end_session(world);
        let _tray = start(world);
        panel.shows(Icon::NeedsSignIn);
        assert_eq!(world.shim("dev").code, 10);
        std::thread::sleep(Duration::from_secs(2));
        assert!(!log.exists());
    });
}

fn end_session(world: &mut World) {
    world.sign_in();
    world.keys();
    world.sandbox.revoke_all();
    let login = "acme".into();
    let _ = world.ask(&Ask::Renew { login });
    let ended = || world.login().state == poolkey_core::snapshot::LoginState::NeedsSignIn;
    poolkey_tests::until("the session is over", 10, ended);
}
