//! The login window: each question by typing, and keys for tools afterwards.

use poolkey_tests::{Setup, story};

use crate::window::Window;

fn setup() -> Setup {
    Setup {
        tools: &["WebKitWebDriver", "Xvfb"],
        ..Setup::default()
    }
}

#[test]
fn a_password_signs_in() {
    story(setup(), |world| {
        let window = Window::open(world, &["--login", "acme"]);
        window.reads("Enter your password");
        assert_eq!(window.focused(), "password");
        window.types("password", "not this one");
        window.clicks("Sign in");
        window.reads("Incorrect username or password.");
        assert_eq!(window.focused(), "password");
        window.types("password", world.password());
        window.presses("\u{E007}");
        window.reads("You are signed in");
        window.reads("alice@example.com");
        let keys = world.keys();
        assert!(world.sts_takes(&keys));
        window.clicks("Done");
        window.closes();
    });
}
