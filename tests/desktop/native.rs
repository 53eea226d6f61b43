//! What the program does beside its pages: what it refuses, and what it does without.

use std::fs;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use poolkey_core::snapshot::LoginState;
use poolkey_tests::{Ran, Setup, VaultKind, program, story, until};
use rustix::process::Signal;
use serde_json::json;

use crate::sign_in::asks;
use crate::window::{Window, on_screen};

/// A page that somebody got his own script into leads nowhere, loads nothing and calls nothing that
/// is not its own.
#[test]
fn nothing_but_its_pages_is_shown_loaded_or_called() {
    story(asks(json!({})), |world| {
        let stranger = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        stranger.set_nonblocking(true).unwrap();
        let url = format!("http://{}/", stranger.local_addr().unwrap());
        let window = Window::open(world, &["--login", "acme"]);
        window.reads("Enter your password");
        for address in [&url, "file:///etc/passwd", "about:blank", "javascript:1"] {
            window.run(&format!("location.href = '{address}'"));
        }
        window.run(&format!(
            "window.opened = window.open('{url}') === null;
             const put = (tag, what) => document.body.append(Object.assign(document.createElement(tag), what));
             put('iframe', {{src: '{url}'}});
             put('img', {{src: '{url}'}});
             put('script', {{src: '{url}'}});
             put('script', {{textContent: 'window.ran = true'}});
             put('link', {{rel: 'stylesheet', href: '{url}'}});
             put('form', {{id: 'stray', method: 'post', action: '{url}'}});
             document.querySelector('#stray').submit();
             put('a', {{id: 'stray-link', href: '{url}', target: '_blank'}});
             document.querySelector('#stray-link').click();
             fetch('{url}').catch(() => window.unfetched = true);"
        ));
        until("nothing is fetched", 5, || {
            window.run("return window.unfetched ?? false") == true
        });
        std::thread::sleep(Duration::from_millis(500));
        assert!(stranger.accept().is_err(), "somebody came");
        assert_eq!(window.run("return window.ran ?? false"), false);
        assert_eq!(window.run("return window.opened"), true);
        let at = window.run("return location.href");
        assert!(
            at.as_str().unwrap().starts_with("tauri://localhost"),
            "{at}"
        );
        assert_eq!(window.run("return typeof window.__TAURI__"), "undefined");
        for (command, arguments) in [
            ("sign_out", "{login: 'acme'}"),
            ("copy_keys", "{profile: 'dev', shell: 'bash'}"),
            ("apply", "{change: {change: 'remove_profile', name: 'dev'}}"),
            ("plugin:event|listen", "{}"),
            ("plugin:window|set_title", "{value: 'x'}"),
        ] {
            window.run(&format!(
                "window.told = null; window.__TAURI_INTERNALS__.invoke('{command}', {arguments})
                 .then(() => window.told = 'done', error => window.told = String(error))"
            ));
            until(command, 5, || !window.run("return window.told").is_null());
            let told = window.run("return window.told");
            assert!(
                told.as_str().unwrap().contains("not allowed"),
                "{command}: {told}"
            );
        }
        window.reads("Enter your password");
        assert_eq!(world.login().state, LoginState::SigningIn);
    });
}

#[test]
fn a_second_start_shows_its_page_in_the_first() {
    story(asks(json!({})), |world| {
        let window = Window::open(world, &["--page", "settings"]);
        window.reads("Settings");
        let again = window.again(world, &["--profile", "dev"]);
        assert_eq!(again.code, 0, "{again:?}");
        window.reads("credential_process = ");
        assert_eq!(window.run("return location.hash"), "#profile/dev");
        let again = window.again(world, &[]);
        assert_eq!(again.code, 0, "{again:?}");
        until("all is shown", 5, || {
            window.run("return location.hash") == "#overview"
        });
    });
}

/// Whoever closes a window and opens it again meets a program that is ending, and gets a window all
/// the same.
#[test]
fn a_start_that_meets_the_end_of_another_shows_its_window() {
    story(asks(json!({})), |world| {
        for _ in 0..5 {
            let window = Window::open(world, &["--login", "acme"]);
            window.reads("Enter your password");
            window.presses(ESCAPE);
        }
    });
}

/// Whoever clicks again in the middle of typing finds what was typed.
#[test]
fn a_second_start_disturbs_no_sign_in() {
    story(asks(json!({})), |world| {
        let window = Window::open(world, &["--login", "acme"]);
        window.reads("Enter your password");
        window.types("password", "half of it");
        for args in [&["--login", "acme"][..], &["--page", "login"]] {
            assert_eq!(window.again(world, args).code, 0);
        }
        std::thread::sleep(Duration::from_millis(500));
        let typed = window.run("return document.querySelector('[name=password]').value");
        assert_eq!(typed, "half of it");
    });
}

#[test]
fn without_a_session_bus_it_runs() {
    let setup = Setup {
        vault: VaultKind::File,
        ..asks(json!({}))
    };
    story(setup, |world| {
        let window = Window::open(world, &[]);
        window.reads("acme");
    });
}

#[test]
fn without_a_screen_it_says_so() {
    story(asks(json!({})), |world| {
        for display in ["", ":54321"] {
            let mut command = world.command(program("poolkey-desktop"));
            command.env("DISPLAY", display);
            let ran = Ran::of(&mut command, "");
            assert_eq!(ran.code, 69, "{display}: {ran:?}");
            assert_eq!(ran.err.lines().count(), 1, "{ran:?}");
            assert!(
                ran.err.contains("screen") && ran.err.contains("poolkey login"),
                "{ran:?}"
            );
        }
        let ran = Ran::of(on_screen(world, "").arg("--nonsense"), "");
        assert_eq!(ran.code, 2, "{ran:?}");
    });
}

/// It is told what is the matter, and all is well as soon as there is one.
#[test]
fn a_daemon_that_is_not_there_is_told() {
    story(asks(json!({})), |world| {
        world.stop_daemon();
        world.set_env("POOLKEY_NO_START", "1");
        let window = Window::open(world, &[]);
        window.reads("daemon");
        world.start_daemon();
        window.reads("Signed out");
        // One that somebody stops stays stopped, though it is looked for.
        world.stop_daemon();
        window.reads("daemon");
        world.start_daemon();
        until("it is followed again", 10, || {
            !window.words().contains("daemon is not")
        });
    });
}

#[test]
fn a_daemon_that_hangs_keeps_no_window_open() {
    story(asks(json!({})), |world| {
        let window = Window::open(world, &["--login", "acme"]);
        window.reads("Enter your password");
        world.daemon().signal(Signal::STOP);
        let begun = Instant::now();
        window.presses("\u{E00C}");
        window.closes();
        let took = begun.elapsed();
        world.daemon().signal(Signal::CONT);
        assert!(took < Duration::from_secs(5), "{took:?}");
    });
}

#[test]
fn the_icon_starts_with_the_desktop_or_does_not() {
    story(asks(json!({})), |world| {
        let entry = world.home().join("config/autostart/poolkey-tray.desktop");
        let window = Window::open(world, &["--page", "settings"]);
        let field = "[name=autostart_icon]";
        window.element(field);
        let is_on = || window.run(&format!("return document.querySelector('{field}').checked"));
        assert_eq!(is_on(), false);
        window.run(&format!("document.querySelector('{field}').click()"));
        until("it is switched on", 5, || entry.is_file());
        let text = fs::read_to_string(&entry).unwrap();
        assert!(text.contains("poolkey-tray\""), "{text}");
        until("it is shown", 5, || is_on() == true);
        window.run(&format!("document.querySelector('{field}').click()"));
        until("it is switched off", 5, || !entry.exists());
        until("it is shown", 5, || is_on() == false);
    });
}

#[test]
fn what_it_says_is_logged() {
    story(asks(json!({})), |world| {
        let window = Window::open(world, &["--login", "acme"]);
        window.reads("Enter your password");
        let log = fs::read_to_string(world.home().join("logs/desktop.log")).unwrap();
        let ready = log.lines().filter(|line| line.contains("ready, "));
        assert_eq!(ready.count(), 1, "{log}");
    });
}

#[test]
fn what_happened_lately_is_told() {
    story(asks(json!({})), |world| {
        world.sign_in();
        world.keys();
        let window = Window::open(world, &[]);
        window.reads("Recent");
        window.reads("Signed in");
        window.reads("A tool began to use “dev”");
        assert_eq!(world.poolkey(&["logout", "acme"], "").code, 0);
        let newest = || {
            let line = window.run("return document.querySelector('.recent li')?.innerText ?? ''");
            line.as_str().unwrap().to_owned()
        };
        until("the newest comes first", 5, || {
            newest().contains("acme · Signed out")
        });
        let status = world.poolkey(&["status", "--json"], "").out;
        let status: serde_json::Value = serde_json::from_str(&status).unwrap();
        let recent = status["recent"].as_array().unwrap();
        let kinds: Vec<_> = recent.iter().map(|one| &one["what"]["kind"]).collect();
        assert_eq!(kinds, ["signed_in", "taken", "signed_out"]);
    });
}

#[test]
fn windows_may_open_by_themselves_or_not() {
    story(asks(json!({})), |world| {
        let window = Window::open(world, &["--page", "settings"]);
        window.element("[name=open_window]");
        let allowed = || {
            let text = fs::read_to_string(world.config_file()).unwrap();
            text.contains("open_window = true")
        };
        for wanted in [true, false] {
            window.run("document.querySelector('[name=open_window]').click()");
            until("it is written", 5, || allowed() == wanted);
            until("it is shown", 5, || {
                window.run("return document.querySelector('[name=open_window]').checked") == wanted
            });
        }
    });
}

const ESCAPE: &str = "\u{E00C}";
