//! The login window.

use serde_json::json;

use super::main::several;
use super::{ENTER, Visit, each, leave};
use crate::sign_in::asks;
use crate::window::Window;

pub(crate) fn a_sign_in(visit: Visit) {
    each(visit, asks(json!({})), |world, tour| {
        let window = Window::open(world, &["--login", "acme"]);
        window.element("[name=password]:focus");
        tour.stop(&window, "login-password");
        window.types("password", "Wrong-Passw0rd-31");
        window.presses(ENTER);
        window.element(".problem");
        tour.stop(&window, "login-password-wrong");
        window.types("password", world.password());
        world
            .sandbox
            .fault(&json!({"operation": "RespondToAuthChallenge", "delay_after_ms": 6000}));
        window.presses(ENTER);
        window.element(".spinner");
        tour.stop(&window, "login-busy");
        window.element(".end");
        tour.stop(&window, "login-signed-in");
    });
}

pub(crate) fn what_stands_in_the_way(visit: Visit) {
    each(visit, asks(json!({})), |world, tour| {
        let window = Window::open(world, &["--login", "acme"]);
        window.element("[name=password]:focus");
        world.road.cut();
        window.types("password", world.password());
        window.presses(ENTER);
        window.element(".problem");
        tour.stop(&window, "login-offline");
        world.road.mend();
        leave(window);

        world.configure(&tour.in_language(&world.usual_config().replace("username", "# username")));
        let window = Window::open(world, &["--login", "acme"]);
        window.element("[name=username]:focus");
        tour.stop(&window, "login-username");
        leave(window);

        world.configure(&tour.in_language(&several(world)));
        let window = Window::open(world, &["--page", "login"]);
        window.element(".way");
        tour.stop(&window, "login-chooser");
        leave(window);

        world.configure(&tour.in_language(""));
        let window = Window::open(world, &["--page", "login"]);
        window.element(".lead");
        tour.stop(&window, "login-none");
    });
}

pub(crate) fn an_account(visit: Visit) {
    let seed = json!({
        "user": {"email": "alice@example.com"},
        "pool": {"aws": {
            "AutoVerifiedAttributes": ["email"],
            "Schema": [{"Name": "email", "Required": true}, {"Name": "phone_number", "Required": true}],
        }},
    });
    each(visit, asks(seed), |world, tour| {
        let window = Window::open(world, &["--login", "acme"]);
        window.element("[name=password]:focus");
        window.clicks(&tour.say("ui.login.create"));
        window.element("[name=username]:focus");
        tour.stop(&window, "login-sign-up");
        window.types("username", "nina");
        window.presses(ENTER);
        window.element("[name=again]");
        tour.stop(&window, "login-sign-up-password");
        let new = "Another-Passw0rd-2718";
        world.add_secret("new password", new);
        window.types("password", new);
        window.types("again", new);
        window.presses(ENTER);
        window.element("[name='attribute.email']");
        tour.stop(&window, "login-sign-up-attributes");
        window.types("attribute.email", "nina@example.com");
        window.types("attribute.phone_number", "+15550123");
        window.presses(ENTER);
        window.element("[name=code]:focus");
        tour.stop(&window, "login-sign-up-code");
    });
}

pub(crate) fn a_forgotten_password(visit: Visit) {
    each(visit, asks(json!({})), |world, tour| {
        let window = Window::open(world, &["--login", "acme"]);
        window.element("[name=password]:focus");
        window.clicks(&tour.say("ui.login.forgot"));
        window.element("[name=code]:focus");
        tour.stop(&window, "login-forgot");
        window.types("code", &world.sandbox.code_for("alice"));
        window.element("[name=again]");
        window.types("password", "Aa1!");
        window.types("again", "Aa1!");
        window.presses(ENTER);
        window.element(".problem");
        window.types("password", "short");
        tour.stop(&window, "login-new-password-refused");
        let new = "Another-Passw0rd-2718";
        world.add_secret("new password", new);
        window.types("password", new);
        window.types("again", new);
        window.presses(ENTER);
        window.element(".end");
        tour.stop(&window, "login-new-password-done");
    });
}

pub(crate) fn second_factors(visit: Visit) {
    let all = ["SOFTWARE_TOKEN_MFA", "SMS_MFA", "EMAIL_OTP"];
    let seed = json!({
        "pool": {"mfa": "ON", "factors": all},
        "user": {"factors": all, "totp_key": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "phone": "+15550123"},
    });
    each(visit, asks(seed), |world, tour| {
        let begin = || {
            let window = Window::open(world, &["--login", "acme"]);
            window.types("password", world.password());
            window.presses(ENTER);
            window.element("button.way");
            window
        };
        let window = begin();
        tour.stop(&window, "login-choice");
        window.clicks(&tour.say("ui.factor.sms"));
        window.element("[name=code]:focus");
        tour.stop(&window, "login-code-sms");
        window.types("code", "000000");
        window.element(".problem");
        tour.stop(&window, "login-code-wrong");
        leave(window);
        let window = begin();
        window.clicks(&tour.say("ui.factor.email"));
        window.element("[name=code]:focus");
        tour.stop(&window, "login-code-mail");
        leave(window);
        let window = begin();
        window.clicks(&tour.say("ui.factor.app"));
        window.element("[name=code]:focus");
        tour.stop(&window, "login-code-app");
    });
}

pub(crate) fn a_first_sign_in(visit: Visit) {
    let seed = json!({
        "pool": {
            "mfa": "ON", "factors": ["SOFTWARE_TOKEN_MFA"], "devices": "ask",
            "aws": {"Schema": [
                {"Name": "given_name", "Required": true},
                {"Name": "family_name", "Required": true},
            ]},
        },
        "user": {"temporary": true},
    });
    each(visit, asks(seed), |world, tour| {
        let window = Window::open(world, &["--login", "acme"]);
        window.types("password", world.password());
        window.presses(ENTER);
        window.element("[name=again]");
        tour.stop(&window, "login-new-password");
        let new = "Another-Passw0rd-2718";
        world.add_secret("new password", new);
        window.types("password", new);
        window.types("again", new);
        window.types("attribute.given_name", "Alice");
        window.types("attribute.family_name", "Liddell");
        window.presses(ENTER);
        window.element(".qr");
        tour.stop(&window, "login-app-setup");
        let key = window.run("return document.querySelector('.key .mono').textContent");
        let key: String = key.as_str().unwrap().split_whitespace().collect();
        window.types("code", &world.sandbox.totp(&key));
        window.element(".stack .button.primary");
        tour.stop(&window, "login-remember");
    });
}

pub(crate) fn a_first_step_to_choose(visit: Visit) {
    let mut setup = asks(json!({
        "pool": {"first_factors": ["PASSWORD", "EMAIL_OTP", "WEB_AUTHN"]},
        "user": {"passkey": true},
        "client": {"flows": ["ALLOW_USER_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]},
    }));
    setup.login = "flow = \"USER_AUTH\"\n";
    each(visit, setup, |world, tour| {
        let window = Window::open(world, &["--login", "acme"]);
        window.element("button.way");
        tour.stop(&window, "login-first-step");
    });
}

pub(crate) fn a_question_of_the_pools_own(visit: Visit) {
    let mut setup = asks(json!({
        "pool": {"custom": [
            {"parameters": {"question": "What was the name of your first project?", "hint": "one word"}, "answer": "x"},
        ]},
        "client": {"flows": ["ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]},
    }));
    setup.login = "flow = \"CUSTOM_AUTH\"\n";
    each(visit, setup, |world, tour| {
        let window = Window::open(world, &["--login", "acme"]);
        window.element("[name=answer]:focus");
        tour.stop(&window, "login-custom");
    });
}
