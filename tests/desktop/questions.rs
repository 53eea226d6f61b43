//! Every question of a sign-in as a page: answered by typing, and keys for tools afterwards.

use poolkey_tests::{Chromium, Doorman, World, story};
use serde_json::{Value, json};

use crate::browser::{config, fills, managed, redirect_uri};
use crate::sign_in::{asks, served};
use crate::window::Window;

const APP: &str = "SOFTWARE_TOKEN_MFA";
const KEY: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
const ENTER: &str = "\u{E007}";
const ESCAPE: &str = "\u{E00C}";

/// A pool that asks for one of these second factors of a user who has them.
fn factors(factors: &[&str]) -> Value {
    json!({
        "pool": {"mfa": "ON", "factors": factors},
        "user": {"factors": factors, "totp_key": KEY, "phone": "+15550123"},
    })
}

/// A window that stands behind the password.
fn begin(world: &World) -> Window {
    let window = Window::open(world, &["--login", "acme"]);
    window.reads("Enter your password");
    window.types("password", world.password());
    window.presses(ENTER);
    window
}

fn another(code: &str) -> String {
    let (head, last) = code.split_at(code.len() - 1);
    let last = (last.parse::<u8>().unwrap() + 1) % 10;
    format!("{head}{last}")
}

#[test]
fn a_code_is_sent_when_it_is_whole() {
    story(asks(factors(&[APP])), |world| {
        let window = begin(world);
        window.reads("Enter the code");
        assert_eq!(window.focused(), "code");
        let code = world.sandbox.totp(KEY);
        window.types("code", &another(&code));
        window.reads("Invalid code");
        assert_eq!(window.focused(), "code");
        let (one, two) = code.split_at(3);
        window.types("code", &format!("{one} {two}"));
        served(world, &window);
    });
}

#[test]
fn codes_by_sms_and_mail() {
    for (factor, words) in [("SMS_MFA", "by SMS to +"), ("EMAIL_OTP", "by e-mail to a")] {
        story(asks(factors(&[factor])), |world| {
            let window = begin(world);
            window.reads(words);
            window.types("code", &world.sandbox.code_for("alice"));
            served(world, &window);
        });
    }
}

#[test]
fn one_of_several_factors_is_chosen() {
    story(asks(factors(&[APP, "SMS_MFA", "EMAIL_OTP"])), |world| {
        let window = begin(world);
        window.reads("How do you want to confirm?");
        window.clicks("Code by SMS");
        window.reads("by SMS to +");
        window.types("code", &world.sandbox.code_for("alice"));
        served(world, &window);
    });
}

/// The longest chain at a first sign-in that a pool produces.
#[test]
fn a_new_password_then_an_app_then_a_device() {
    let seed = json!({
        "pool": {
            "mfa": "ON", "factors": [APP], "devices": "ask",
            "aws": {"Schema": [{"Name": "given_name", "Required": true}]},
        },
        "user": {"temporary": true},
    });
    story(asks(seed), |world| {
        let new = "Another-Passw0rd-2718";
        world.add_secret("new password", new);
        let window = begin(world);
        window.reads("Choose a new password");
        window.types("password", new);
        window.types("again", "Other-Passw0rd-31");
        window.types("attribute.given_name", "Alice");
        window.clicks("Continue");
        window.reads("The two are not the same.");
        for (password, said) in [("Aa1!", "long"), (new, "Set up your authenticator app")] {
            window.types("password", password);
            window.types("again", password);
            window.types("attribute.given_name", "Alice");
            window.clicks("Continue");
            window.reads(said);
        }
        let key = window.run("return document.querySelector('.key .mono').textContent");
        let key: String = key.as_str().unwrap().split_whitespace().collect();
        let drawn =
            window.run("return document.querySelector('.qr svg path').getAttribute('d').length");
        assert!(drawn.as_u64().unwrap() > 1000, "a QR code: {drawn}");
        window.types("device", "Phone");
        window.types("code", &world.sandbox.totp(&key));
        window.reads("Remember this computer?");
        window.clicks("Remember it");
        served(world, &window);
    });
}

#[test]
fn the_first_step_is_chosen() {
    let mut setup = asks(json!({
        "pool": {"first_factors": ["PASSWORD", "EMAIL_OTP", "WEB_AUTHN"]},
        "client": {"flows": ["ALLOW_USER_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]},
    }));
    setup.login = "flow = \"USER_AUTH\"\n";
    story(setup, |world| {
        let window = Window::open(world, &["--login", "acme"]);
        window.reads("How do you want to sign in?");
        window.clicks("Code by e-mail");
        window.reads("by e-mail to a");
        window.types("code", &world.sandbox.code_for("alice"));
        served(world, &window);
    });
}

/// What only a browser can show is told where there is none, and taken there where the login knows
/// the pool's pages.
#[test]
fn a_passkey_is_elsewhere_or_in_the_browser() {
    let uri = redirect_uri();
    let mut setup = managed(&uri);
    setup.seed["pool"] = json!({"first_factors": ["PASSWORD", "EMAIL_OTP", "WEB_AUTHN"]});
    setup.seed["user"] = json!({"passkey": true});
    setup.seed["client"]["flows"] = json!(["ALLOW_USER_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]);
    setup.login = "flow = \"USER_AUTH\"\n";
    story(setup, |world| {
        let doorman = Doorman::of(world);
        let window = Window::open(world, &["--login", "acme"]);
        window.reads("How do you want to sign in?");
        window.reads("Needs the browser: add the user pool’s domain to the login");
        window.presses(ESCAPE);
        window.closes();
        drop(window);

        let login = config(world, &uri).replacen(
            "domain =",
            "username = \"alice\"\nflow = \"USER_AUTH\"\ndomain =",
            1,
        );
        world.configure(&login);
        let window = Window::open(world, &["--login", "acme"]);
        window.reads("In your browser");
        window.clicks("Passkey");
        window.reads("Go on in your browser");
        let chromium = Chromium::start("en");
        chromium.goes(&doorman.sent_for_the(1));
        fills(&chromium, "alice", world.password());
        served(world, &window);
    });
}

#[test]
fn an_app_clients_secret_is_asked_for_once() {
    story(asks(json!({"client": {"secret": true}})), |world| {
        let secret = world.chain["client_secret"].as_str().unwrap();
        let window = Window::open(world, &["--login", "acme"]);
        window.reads("Enter your password");
        window.types("password", world.password());
        window.presses(ENTER);
        window.reads("The app client’s secret");
        assert_eq!(window.focused(), "secret");
        window.types("secret", " ");
        window.clicks("Continue");
        window.element("[name=secret][aria-invalid=true]");
        window.types("secret", secret);
        window.presses(ENTER);
        window.reads("Enter your password");
        window.types("password", world.password());
        window.presses(ENTER);
        served(world, &window);
        drop(window);
        let window = Window::open(world, &["--login", "acme"]);
        window.reads("Enter your password");
        window.types("password", world.password());
        window.presses(ENTER);
        served(world, &window);
    });
}

#[test]
fn which_factor_to_set_up_is_chosen() {
    // Nothing is proven by an address that is not verified.
    let seed = json!({
        "pool": {"mfa": "ON", "factors": [APP, "EMAIL_OTP"]},
        "user": {"email": ""},
    });
    story(asks(seed), |world| {
        let window = begin(world);
        window.reads("Choose a second factor to set up");
        window.clicks("Authenticator app");
        window.reads("Set up your authenticator app");
        let key = window.run("return document.querySelector('.key .mono').textContent");
        let key: String = key.as_str().unwrap().split_whitespace().collect();
        window.types("code", &world.sandbox.totp(&key));
        window.reads("You are signed in");
        assert!(world.sts_takes(&world.keys()));
    });
}

#[test]
fn questions_of_the_pools_own() {
    let mut setup = asks(json!({
        "pool": {"custom": [
            {"parameters": {"question": "The colour of the house?"}, "answer": "green-2718281828"},
            {"parameters": {"question": "How many windows?", "hint": "odd"}, "answer": "seven"},
        ]},
        "client": {"flows": ["ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]},
    }));
    setup.login = "flow = \"CUSTOM_AUTH\"\n";
    story(setup, |world| {
        let window = Window::open(world, &["--login", "acme"]);
        window.reads("The colour of the house?");
        window.types("answer", "green-2718281828");
        window.presses(ENTER);
        window.reads("How many windows?");
        window.reads("odd");
        window.types("answer", "seven");
        window.presses(ENTER);
        served(world, &window);
    });
}

/// Whoever takes too long is asked from the start, but not who they are.
#[test]
fn a_session_that_expires_between_two_questions() {
    story(asks(factors(&["SMS_MFA"])), |world| {
        let window = begin(world);
        window.reads("by SMS to +");
        let code = world.sandbox.code_for("alice");
        world.sandbox.later(200);
        window.types("code", &code);
        window.reads("took too long");
        window.types("password", world.password());
        window.presses(ENTER);
        window.reads("by SMS to +");
        window.types("code", &world.sandbox.code_for("alice"));
        served(world, &window);
    });
}
