//! The login window: the password, what can stand in its way, and how it is left.

use poolkey_core::snapshot::LoginState;
use poolkey_tests::{Setup, World, story, until};
use serde_json::{Value, json};

use crate::window::Window;

const ENTER: &str = "\u{E007}";
const ESCAPE: &str = "\u{E00C}";

/// A world with this seed, and what windows need.
pub(crate) fn asks(seed: Value) -> Setup {
    Setup {
        tools: &["WebKitWebDriver", "Xvfb"],
        seed,
        ..Setup::default()
    }
}

/// Somebody is signed in, a tool gets keys that work, and the window goes when it is asked to.
pub(crate) fn served(world: &World, window: &Window) {
    window.reads("You are signed in");
    window.reads("alice@example.com");
    assert!(world.sts_takes(&world.keys()));
    window.clicks("Done");
    window.closes();
}

#[test]
fn a_password_signs_in() {
    story(asks(json!({})), |world| {
        let window = Window::open(world, &["--login", "acme"]);
        window.reads("Enter your password");
        assert_eq!(window.focused(), "password");
        window.types("password", "Wrong-Passw0rd-31");
        window.clicks("Sign in");
        window.reads("Incorrect username or password.");
        assert_eq!(window.focused(), "password");
        window.types("password", world.password());
        window.presses(ENTER);
        served(world, &window);
    });
}

#[test]
fn the_only_login_needs_no_choice_and_a_password_can_be_seen() {
    story(asks(json!({})), |world| {
        let window = Window::open(world, &["--page", "login"]);
        window.reads("Enter your password");
        window.types("password", "visible");
        let kind = || window.run("return document.querySelector('[name=password]').type");
        assert_eq!(kind(), "password");
        window.clicks("Show");
        assert_eq!(kind(), "text");
        assert_eq!(window.focused(), "password");
    });
}

#[test]
fn one_of_several_logins_is_chosen() {
    story(asks(json!({})), |world| {
        let other = world
            .usual_config()
            .replace("login.acme", "login.other")
            .replace("login = \"acme\"", "login = \"other\"")
            .replace("profile.dev", "profile.more");
        world.configure(&format!("{}\n{other}", world.usual_config()));
        let window = Window::open(world, &["--page", "login"]);
        window.reads("Where do you want to sign in?");
        window.clicks("acme");
        window.reads("Enter your password");
        window.types("password", world.password());
        window.presses(ENTER);
        served(world, &window);
    });
}

#[test]
fn closing_the_window_gives_the_sign_in_up() {
    story(asks(json!({})), |world| {
        let window = Window::open(world, &["--login", "acme"]);
        window.reads("Enter your password");
        assert_eq!(world.login().state, LoginState::SigningIn);
        window.presses(ESCAPE);
        window.closes();
        until("nobody signs in", 5, || {
            world.login().state == LoginState::SignedOut
        });
    });
}

#[test]
fn a_daemon_that_stops_in_the_middle_is_told_and_starts_again() {
    story(asks(json!({})), |world| {
        let window = Window::open(world, &["--login", "acme"]);
        window.reads("Enter your password");
        world.kill_daemon();
        world.start_daemon();
        window.types("password", world.password());
        window.presses(ENTER);
        window.reads("That did not work");
        window.clicks("Try again");
        window.reads("Enter your password");
        window.types("password", world.password());
        window.presses(ENTER);
        served(world, &window);
    });
}

#[test]
fn a_network_that_is_away_is_told() {
    story(asks(json!({})), |world| {
        let window = Window::open(world, &["--login", "acme"]);
        window.reads("Enter your password");
        world.road.cut();
        window.types("password", world.password());
        window.presses(ENTER);
        window.reads("Check the network");
        world.road.mend();
        window.clicks("Try again");
        window.reads("Enter your password");
        window.types("password", world.password());
        window.presses(ENTER);
        served(world, &window);
    });
}

#[test]
fn a_forgotten_password_is_replaced() {
    let verified = json!({"user": {"email": "alice@example.com"}});
    story(asks(verified), |world| {
        let new = "Another-Passw0rd-2718";
        world.add_secret("new password", new);
        let window = Window::open(world, &["--login", "acme"]);
        window.reads("Enter your password");
        window.clicks("Forgot password?");
        window.reads("Reset your password");
        window.types("code", &world.sandbox.code_for("alice"));
        window.reads("Choose a new password");
        window.types("password", new);
        window.types("again", new);
        window.clicks("Continue");
        window.reads("Your password is changed");
        window.clicks("Sign in");
        window.reads("Enter your password");
        window.types("password", new);
        window.presses(ENTER);
        served(world, &window);
    });
}

#[test]
fn an_account_is_made_and_confirmed() {
    let seed = json!({"pool": {"aws": {
        "AutoVerifiedAttributes": ["email"],
        "Schema": [{"Name": "email", "Required": true}],
    }}});
    story(asks(seed), |world| {
        let new = "Another-Passw0rd-2718";
        world.add_secret("new password", new);
        let window = Window::open(world, &["--login", "acme"]);
        window.reads("Enter your password");
        window.clicks("Create an account");
        window.reads("Choose a user name");
        window.types("username", "nina");
        window.presses(ENTER);
        window.reads("Choose a password");
        window.types("password", new);
        window.types("again", new);
        window.clicks("Continue");
        window.reads("A few more details");
        window.types("attribute.email", "nina@example.com");
        window.presses(ENTER);
        window.reads("Confirm your account");
        let first = world.sandbox.code_for("nina");
        window.clicks("Send another code");
        until("another code", 5, || {
            world.sandbox.code_for("nina") != first
        });
        window.types("code", &world.sandbox.code_for("nina"));
        window.reads("Your account is ready");
    });
}
