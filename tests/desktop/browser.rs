//! Sign-in in the person's own browser, as the login window leads it: a real Chromium plays the
//! browser, and goes where the window sends it.

use std::fs;
use std::net::TcpStream;
use std::os::unix::fs::symlink;
use std::path::Path;

use poolkey_core::snapshot::LoginState;
use poolkey_tests::{Chromium, Doorman, Setup, World, free_port, story, until};
use serde_json::json;

use crate::window::Window;

const ENTER: &str = "\u{E007}";
const ESCAPE: &str = "\u{E00C}";

/// A world whose pool has managed login, and whose app client takes this redirect URI.
pub(crate) fn managed(redirect_uri: &str) -> Setup {
    Setup {
        tools: &["WebKitWebDriver", "Xvfb", "chromium", "chromedriver"],
        seed: json!({"client": {"callback_urls": [redirect_uri], "logout_urls": [redirect_uri]}}),
        ..Setup::default()
    }
}

/// An address of this machine to come back to, on a port that was free a moment ago.
pub(crate) fn redirect_uri() -> String {
    format!("http://127.0.0.1:{}/callback", free_port())
}

/// The login `acme` by managed login, with its profile `dev`.
pub(crate) fn config(world: &World, redirect_uri: &str) -> String {
    let id = |name: &str| world.chain[name].as_str().unwrap();
    let url = world.road.url();
    format!(
        "[login.acme]\nuser_pool_id = \"{}\"\nclient_id = \"{}\"\nendpoint = \"{url}\"\n\
         domain = \"{url}\"\nredirect_uris = [\"{redirect_uri}\"]\nlogout_uri = \"{redirect_uri}\"\n\
         [profile.dev]\nlogin = \"acme\"\nidentity_pool_id = \"{}\"\nendpoint = \"{url}\"\n\
         sts_endpoint = \"{url}\"\n",
        id("user_pool_id"),
        id("client_id"),
        id("identity_pool_id"),
    )
}

/// Plays a test in such a world.
fn play(act: impl FnOnce(&mut World, &Doorman, &str)) {
    let uri = redirect_uri();
    story(managed(&uri), |world| {
        world.configure(&config(world, &uri));
        let doorman = Doorman::of(world);
        act(world, &doorman, &uri);
    });
}

/// Fills the form of the pool's page.
pub(crate) fn fills(chromium: &Chromium, username: &str, password: &str) {
    chromium.types("username", username);
    chromium.types("password", password);
    chromium.presses(ENTER);
}

/// Signs alice in, from the window to its end.
fn signs_in(world: &World, doorman: &Doorman, chromium: &Chromium) {
    let times = doorman.sent().len();
    let window = Window::open(world, &["--login", "acme"]);
    chromium.goes(&doorman.sent_for_the(times + 1));
    fills(chromium, "alice", world.password());
    window.reads("Is this you?");
    window.clicks("Go on");
    window.reads("You are signed in");
    window.clicks("Done");
    window.closes();
}

/// Another user of the same pool; the password.
pub(crate) fn bob(world: &World) -> String {
    let bob = world.sandbox.seed(&json!({
        "user_pool_id": world.chain["user_pool_id"],
        "client_id": world.chain["client_id"],
        "user": {"username": "bob"},
        "identity_pool": false,
    }));
    bob["password"].as_str().unwrap().to_owned()
}

fn port_of(uri: &str) -> u16 {
    let rest = uri.strip_prefix("http://127.0.0.1:").unwrap();
    rest.split('/').next().unwrap().parse().unwrap()
}

fn is_open(uri: &str) -> bool {
    TcpStream::connect(("127.0.0.1", port_of(uri))).is_ok()
}

#[test]
fn the_window_sends_the_browser_and_goes_on_by_itself() {
    play(|world, doorman, _| {
        let window = Window::open(world, &["--login", "acme"]);
        window.reads("Go on in your browser");
        window.reads("Waiting for the browser…");
        let first = doorman.sent_for_the(1);
        assert!(first.contains("/oauth2/authorize?"), "{first}");
        window.clicks("Open the page again");
        assert_eq!(doorman.sent_for_the(2), first);
        window.clicks("Copy the link");
        window.reads("Link copied");

        let chromium = Chromium::start("en");
        chromium.goes(&first);
        fills(&chromium, "alice", world.password());
        window.reads("Is this you?");
        window.reads("alice@example.com");
        assert_eq!(
            world.login().state,
            LoginState::SigningIn,
            "nothing is kept"
        );
        window.clicks("Go on");
        window.reads("You are signed in");
        assert!(world.sts_takes(&world.keys()));
        assert_eq!(doorman.sent().len(), 2, "it is sent when somebody says so");
        window.clicks("Done");
        window.closes();
    });
}

#[test]
fn the_address_of_a_browser_elsewhere_is_pasted() {
    play(|world, doorman, uri| {
        let window = Window::open(world, &["--login", "acme"]);
        window.reads("Go on in your browser");
        let road = world.road.url();
        let far = Chromium::start_elsewhere(&[
            road.trim_start_matches("http://"),
            world.sandbox.url().trim_start_matches("http://"),
        ]);
        far.goes(&doorman.sent_for_the(1));
        fills(&far, "alice", world.password());
        let ended = far.arrives("code=");

        window.clicks("Signed in on another device?");
        window.reads(uri);
        for wrong in [&doorman.sent()[0], uri, "https://elsewhere.example/?code=1"] {
            window.types("address", wrong);
            window.clicks("Continue");
            window.element("[name=address][aria-invalid=true]");
        }
        window.types("address", &ended);
        window.clicks("Continue");
        window.reads("Is this you?");
        window.clicks("Go on");
        window.reads("You are signed in");
        assert!(world.sts_takes(&world.keys()));
    });
}

#[test]
fn whoever_closes_the_window_or_cancels_leaves_no_door_open() {
    play(|world, doorman, uri| {
        for leave in ["Escape", "Cancel"] {
            let times = doorman.sent().len();
            let window = Window::open(world, &["--login", "acme"]);
            window.reads("Go on in your browser");
            doorman.sent_for_the(times + 1);
            assert!(is_open(uri), "somebody listens");
            if leave == "Escape" {
                window.presses(ESCAPE);
            } else {
                window.clicks("Cancel");
            }
            window.closes();
            until("nobody listens", 45, || !is_open(uri));
            until("nobody signs in", 10, || {
                world.login().state == LoginState::SignedOut
            });
            drop(window);
        }
    });
}

#[test]
fn a_page_that_cannot_be_opened_is_told_and_the_link_is_there() {
    play(|world, _, _| {
        let bin = world.home().join("bin");
        fs::create_dir(&bin).unwrap();
        for program in ["sh", "setpriv", "Xvfb", "WebKitWebDriver"] {
            symlink(Path::new("/usr/bin").join(program), bin.join(program)).unwrap();
        }
        world.set_env("BROWSER", "/nonexistent/browser");
        world.set_env("PATH", &bin.display().to_string());
        let window = Window::open(world, &["--login", "acme"]);
        window.reads("No browser opens");
        window.clicks("Copy the link");
        window.reads("Link copied");
    });
}

#[test]
fn another_account_is_asked_for_and_takes_over_only_when_told() {
    play(|world, doorman, _| {
        let password = bob(world);
        let chromium = Chromium::start("en");
        signs_in(world, doorman, &chromium);

        let window = Window::open(world, &["--login", "acme"]);
        window.reads("Go on in your browser");
        assert!(!doorman.sent_for_the(2).contains("prompt=login"));
        window.clicks("Use another account");
        for (time, end) in [(3, "Use another account"), (4, "Go on with this account")] {
            let sent = doorman.sent_for_the(time);
            assert!(sent.contains("prompt=login"), "{sent}");
            chromium.goes(&sent);
            fills(&chromium, "bob", &password);
            window.reads("Somebody else signed in");
            window.reads("bob@example.com");
            window.reads("alice@example.com");
            assert_eq!(world.login().user.unwrap().username, "alice");
            window.clicks(end);
        }
        window.reads("You are signed in");
        until("it is bob", 5, || {
            world.login().user.unwrap().username == "bob"
        });
        assert!(world.sts_takes(&world.keys()));
    });
}

#[test]
fn nobody_who_was_not_meant_is_kept() {
    play(|world, doorman, _| {
        let chromium = Chromium::start("en");
        let window = Window::open(world, &["--login", "acme"]);
        chromium.goes(&doorman.sent_for_the(1));
        fills(&chromium, "alice", world.password());
        window.reads("Is this you?");
        window.clicks("Cancel");
        window.closes();
        until("what the pool gave is revoked", 10, || {
            let calls = |operation| world.sandbox.calls(operation);
            calls("oauth2/revoke") + calls("RevokeToken") == 1
        });
        assert_eq!(world.login().state, LoginState::SignedOut);
    });
}

#[test]
fn a_sign_out_goes_as_far_as_is_chosen() {
    play(|world, doorman, _| {
        let chromium = Chromium::start("en");
        signs_in(world, doorman, &chromium);
        world.keys();
        let window = Window::open(world, &[]);
        let choose = |what: &str| {
            window.run(&format!("document.querySelector('{what}').click()"));
        };
        window.clicks("Sign out…");
        window.reads("Sign out of acme");
        window.presses(ESCAPE);
        until("it is put away", 5, || {
            !window.words().contains("Everywhere")
        });
        assert_eq!(world.login().state, LoginState::SignedIn);

        window.clicks("Sign out…");
        choose("[data-name=scope][value=everywhere]");
        choose("[name=browser]");
        choose("form.note button[type=submit]");
        for step in [
            "Nothing of the session is left on this computer",
            "The provider has ended the session",
            "All other sessions have ended",
            "The sign-out page was opened in the browser",
            "AWS cannot take them back",
        ] {
            window.reads(step);
        }
        let sent = doorman.sent_for_the(2);
        assert!(sent.contains("/logout?"), "{sent}");
        chromium.goes(&sent);
        assert_eq!(world.sandbox.calls("GlobalSignOut"), 1);
        assert_eq!(world.login().state, LoginState::SignedOut);
        window.clicks("Close");
        until("it is put away", 5, || {
            !window.words().contains("AWS cannot")
        });
        drop(window);

        signs_in(world, doorman, &chromium);
        let revoked = world.sandbox.calls("oauth2/revoke") + world.sandbox.calls("RevokeToken");
        let window = Window::open(world, &[]);
        window.clicks("Sign out…");
        window.clicks("More");
        window.run("document.querySelector('[data-name=scope][value=local]').click()");
        window.run("document.querySelector('form.note button[type=submit]').click()");
        window.reads("The provider was not told");
        let now = world.sandbox.calls("oauth2/revoke") + world.sandbox.calls("RevokeToken");
        assert_eq!(now, revoked);
        assert_eq!(world.login().state, LoginState::SignedOut);
    });
}

#[test]
fn aws_says_who_it_is() {
    play(|world, doorman, _| {
        let chromium = Chromium::start("en");
        signs_in(world, doorman, &chromium);
        let window = Window::open(world, &["--profile", "dev"]);
        window.clicks("Ask AWS");
        window.reads(":assumed-role/");
        window.reads("alice@example.com");
        window.clicks("What the ID token says");
        window.reads("cognito:username");
        let row = window.run(
            "return [...document.querySelectorAll('.claims tr')]
                 .find(row => row.cells[0].innerText === 'cognito:username')?.cells[1].innerText",
        );
        assert_eq!(row, "alice");
        world.road.cut();
        window.clicks("Ask again");
        window.element(".who .problem");
    });
}
