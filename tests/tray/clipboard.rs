//! Keys in a real clipboard. It needs a display and takes more than a minute, and so it is run by
//! hand, where `Xvfb` and `xclip` are installed.

use std::process::{Command, Stdio};
use std::time::Duration;

use poolkey_core::menu::Icon;
use poolkey_tests::{Ran, Running, Setup, story, until};

use crate::bell::Bell;
use crate::desk::start;
use crate::panel::Panel;

#[test]
#[ignore = "it needs Xvfb, xclip and a minute: cargo test -p poolkey-tests --test tray clipboard -- --ignored"]
fn keys_are_copied_marked_and_taken_away() {
    let setup = Setup {
        tools: &["Xvfb", "xclip"],
        ..Setup::default()
    };
    story(setup, |world| {
        let bus = world.desktop.address();
        let (panel, bell) = (Panel::open(&bus), Bell::hang(&bus));
        let display = format!(":{}", 600 + std::process::id() % 300);
        let mut command = Command::new("Xvfb");
        // On a desktop others keep the screen; this one would begin anew when its last client goes.
        command.arg(&display).arg("-noreset").stdout(Stdio::null());
        let _screen = Running::start("Xvfb", &mut command, &world.home().join("logs/xvfb.log"));
        let paste = |target: &str| {
            let mut command = Command::new("xclip");
            command.args([
                "-display",
                &display,
                "-selection",
                "clipboard",
                "-o",
                "-target",
                target,
            ]);
            Ran::of(&mut command, "").out
        };
        until("there is a screen", 10, || {
            let mut command = Command::new("xclip");
            command.args(["-display", &display, "-o", "-target", "TARGETS"]);
            !Ran::of(&mut command, "").err.contains("open display")
        });
        world.set_env("DISPLAY", &display);
        world.sign_in();
        let keys = world.keys();
        let mut tray = start(world);
        panel.shows(Icon::Well);

        panel.click(&["dev", "Copy keys for PowerShell"]);
        bell.await_one("Keys of dev copied", 10);
        assert!(paste("UTF8_STRING").starts_with("$Env:AWS_ACCESS_KEY_ID = 'ASIA"));
        panel.click(&["dev", "Copy keys for bash"]);
        until("it is copied", 10, || {
            paste("UTF8_STRING").starts_with("export AWS_ACCESS")
        });
        let text = paste("UTF8_STRING");
        assert_eq!(text.lines().count(), 4);
        assert!(text.contains(&keys.session_token));
        assert!(paste("TARGETS").contains("x-kde-passwordManagerHint"));
        assert_eq!(paste("x-kde-passwordManagerHint"), "secret");

        // The same again: what was copied before does not take it away.
        panel.click(&["dev", "Copy keys for bash"]);
        std::thread::sleep(Duration::from_secs(2));
        assert!(paste("UTF8_STRING") == text, "{:?}", bell.rung());
        std::thread::sleep(Duration::from_secs(62));
        assert_eq!(paste("UTF8_STRING"), "");

        panel.click(&["dev", "Copy keys for bash"]);
        until("it is copied", 10, || paste("UTF8_STRING") == text);
        panel.click(&["Quit", "Only this icon"]);
        assert!(tray.wait(Duration::from_secs(5)).success());
        assert_eq!(paste("UTF8_STRING"), "");
    });
}
