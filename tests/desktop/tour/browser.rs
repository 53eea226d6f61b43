//! The login window while the person is in a browser, and what comes after it.

use poolkey_tests::{Chromium, Doorman, World};
use serde_json::json;

use super::{ENTER, ESCAPE, Tour, Visit, each, go, leave};
use crate::browser::{bob, config, fills, managed, redirect_uri};
use crate::sign_in::asks;
use crate::window::Window;

pub(crate) fn a_browser_elsewhere(visit: Visit) {
    let uri = redirect_uri();
    each(visit, managed(&uri), |world, tour| {
        world.configure(&tour.in_language(&config(world, &uri)));
        let doorman = Doorman::of(world);
        let chromium = Chromium::start("en");
        let window = Window::open(world, &["--login", "acme"]);
        window.element(".awaits");
        tour.stop(&window, "login-browser");
        window.clicks(&tour.say("ui.browser.elsewhere"));
        window.types("address", &uri);
        window.clicks(&tour.say("ui.go"));
        window.element("[name=address][aria-invalid=true]");
        tour.stop(&window, "login-browser-elsewhere");
        chromium.goes(&doorman.sent_for_the(1));
        fills(&chromium, "alice", world.password());
        window.element(".whom");
        tour.stop(&window, "login-identity");
        window.clicks(&tour.say("ui.identity.go"));
        window.element(".end");
        leave(window);

        let password = bob(world);
        let window = Window::open(world, &["--login", "acme"]);
        window.clicks(&tour.say("ui.browser.another"));
        chromium.goes(&doorman.sent_for_the(3));
        fills(&chromium, "bob", &password);
        window.element(".whom");
        tour.stop(&window, "login-identity-other");
        window.presses(ESCAPE);
        window.closes();
        leave(window);
        of_the_session(world, tour);
    });
}

/// What the main window tells of it.
fn of_the_session(world: &World, tour: &Tour) {
    world.keys();
    let window = Window::open(world, &["--profile", "dev"]);
    window.clicks(&tour.say("ui.who.ask"));
    window.element(".who .details");
    window.clicks(&tour.say("ui.who.claims"));
    tour.stop(&window, "main-who");
    go(&window, "overview");
    window.clicks(&tour.say("ui.sign_out.open"));
    window.clicks(&tour.say("ui.login_form.more"));
    window.run("document.querySelector('[name=browser]').click()");
    tour.stop(&window, "main-sign-out");
    world.road.cut();
    window.run("document.querySelector('form.note button[type=submit]').click()");
    window.element(".parting");
    tour.stop(&window, "main-signed-out");
    world.road.mend();
    leave(window);
}

pub(crate) fn a_secret_a_set_up_and_a_passkey(visit: Visit) {
    let secret = json!({"client": {"secret": true}});
    each(visit, asks(secret), |world, tour| {
        let window = Window::open(world, &["--login", "acme"]);
        window.types("password", world.password());
        window.presses(ENTER);
        window.element("[name=secret]:focus");
        tour.stop(&window, "login-secret");
    });
    let several = json!({
        "pool": {"mfa": "ON", "factors": ["SOFTWARE_TOKEN_MFA", "EMAIL_OTP"]},
        "user": {"email": ""},
    });
    each(visit, asks(several), |world, tour| {
        let window = Window::open(world, &["--login", "acme"]);
        window.types("password", world.password());
        window.presses(ENTER);
        window.element("button.way");
        tour.stop(&window, "login-set-up-choice");
    });
}
