//! What people do with their accounts, at a terminal and by lines.

use std::fs;

use poolkey_core::snapshot::LoginState;
use poolkey_tests::{Ran, Setup, World, story};
use serde_json::{Value, json};

const NEW: &str = "Another-Passw0rd-2718";

fn pool(seed: Value) -> Setup {
    Setup {
        seed,
        ..Setup::default()
    }
}

fn done(world: &World, args: &[&str], input: &str) -> String {
    let ran = world.poolkey(args, input);
    assert_eq!(ran.code, 0, "{args:?}: {ran:?}");
    ran.out
}

/// Signs in with this password alone; a tool gets keys.
fn sign_in(world: &World, password: &str) {
    done(world, &["login", "acme"], &format!("{password}\n"));
    assert!(world.sts_takes(&world.keys()));
}

fn another(code: &str) -> String {
    let last = code.bytes().last().unwrap();
    let last = if last == b'9' {
        '0'
    } else {
        char::from(last + 1)
    };
    format!("{}{last}", &code[..code.len() - 1])
}

#[test]
fn a_new_account_from_nothing_to_keys() {
    let verifies = json!({"pool": {"aws": {"AutoVerifiedAttributes": ["email"]}}});
    story(pool(verifies), |world| {
        world.add_secret("new password", NEW);
        let mut terminal = world.terminal(&[
            "account",
            "sign-up",
            "acme",
            "--username",
            "nina",
            "--attribute",
            "email=nina@example.com",
        ]);
        terminal.answer_unseen("New password", "short");
        terminal.answer_unseen("Once more: ", "short");
        terminal.expect("long");
        terminal.answer_unseen("New password", NEW);
        terminal.answer_unseen("Once more: ", NEW);
        terminal.expect("poolkey account confirm acme --username nina");
        terminal.expect("Confirmation code sent by e-mail to n");
        let first = world.sandbox.code_for("nina");
        terminal.type_line(&another(&first));
        // Enter alone: another code.
        terminal.answer("Confirmation code sent by e-mail to n", "");
        terminal.expect("Another code was sent.");
        terminal.expect("Confirmation code sent by e-mail to n");
        let code = world.sandbox.code_for("nina");
        terminal.type_line(&code);
        let (code, shown) = world.close(terminal);
        assert_eq!(code, 0, "{shown}");
        assert!(shown.contains("poolkey login acme"), "{shown}");
        assert_eq!(world.login().state, LoginState::SignedOut);
        done(
            world,
            &["login", "acme", "--username", "nina"],
            &format!("{NEW}\n"),
        );
        assert!(world.sts_takes(&world.keys()));
    });
}

/// Ctrl-C at the code; it is given the next day.
#[test]
fn a_new_account_is_confirmed_later() {
    let verifies = json!({"pool": {"aws": {"AutoVerifiedAttributes": ["email"]}}});
    story(pool(verifies), |world| {
        world.add_secret("new password", NEW);
        let mut terminal = world.terminal(&[
            "account",
            "sign-up",
            "acme",
            "--username",
            "nina",
            "--attribute",
            "email=nina@example.com",
        ]);
        terminal.answer_unseen("New password", NEW);
        terminal.answer_unseen("Once more: ", NEW);
        terminal.expect("Confirmation code");
        terminal.interrupt();
        assert_eq!(world.close(terminal).0, 130);

        let sent = done(
            world,
            &["account", "resend-code", "acme", "--username", "nina"],
            "",
        );
        assert!(sent.contains("on its way by e-mail to n"), "{sent}");
        let code = world.sandbox.code_for("nina");
        let confirm = ["account", "confirm", "acme", "--username", "nina"];
        let Ran {
            code: exit, err, ..
        } = world.poolkey(&confirm, &format!("{}\n", another(&code)));
        assert_ne!(exit, 0, "{err}");
        done(world, &confirm, &format!("{code}\n"));
        let again = world.poolkey(
            &["account", "resend-code", "acme", "--username", "nina"],
            "",
        );
        assert_ne!(again.code, 0, "{again:?}");
    });
}

/// The sign-in itself leads on, and asks for nothing twice that it knows.
#[test]
fn a_sign_in_before_the_confirmation() {
    story(pool(json!({"user": {"unconfirmed": true}})), |world| {
        let password = world.password().to_owned();
        let mut terminal = world.terminal(&["login", "acme"]);
        terminal.answer_unseen("Password of alice: ", &password);
        // What was sent at the sign-up is lost.
        terminal.answer("Confirmation code", "");
        terminal.expect("Another code was sent.");
        terminal.expect("Confirmation code");
        let code = world.sandbox.code_for("alice");
        terminal.type_line(&code);
        // It was not kept while the person looked for the code.
        terminal.answer_unseen("Password of alice: ", &password);
        let (code, shown) = world.close(terminal);
        assert_eq!(code, 0, "{shown}");
        assert!(world.sts_takes(&world.keys()));
    });
}

#[test]
fn a_password_that_an_administrator_has_reset() {
    story(Setup::default(), |world| {
        world.add_secret("new password", NEW);
        let user = json!({"UserPoolId": world.chain["user_pool_id"], "Username": "alice"});
        world.sandbox.call_as_admin("AdminResetUserPassword", &user);
        let password = world.password().to_owned();
        let mut terminal = world.terminal(&["login", "acme"]);
        terminal.answer_unseen("Password of alice: ", &password);
        terminal.expect("Reset code");
        let code = world.sandbox.code_for("alice");
        terminal.type_line(&code);
        terminal.answer_unseen("New password", NEW);
        terminal.answer_unseen("Once more: ", NEW);
        let (code, shown) = world.close(terminal);
        assert_eq!(code, 0, "{shown}");
        assert!(world.sts_takes(&world.keys()));
    });
}

#[test]
fn a_forgotten_password() {
    story(Setup::default(), |world| {
        world.add_secret("new password", NEW);
        let mut terminal = world.terminal(&["account", "forgot-password", "acme"]);
        terminal.expect("sent by e-mail to a");
        let code = world.sandbox.code_for("alice");
        terminal.type_line(&another(&code));
        terminal.answer_unseen("New password", NEW);
        terminal.answer_unseen("Once more: ", NEW);
        // Only the code was wrong.
        terminal.answer("sent by e-mail to a", &code);
        let (exit, shown) = world.close(terminal);
        assert_eq!(exit, 0, "{shown}");
        assert!(shown.contains("The new password holds."), "{shown}");
        sign_in(world, NEW);

        // And once more with lines, where the code is there already.
        assert_eq!(world.poolkey(&["logout", "acme"], "").code, 0);
        let forgot = ["account", "forgot-password", "acme", "--username", "alice"];
        let ran = world.poolkey(&forgot, "");
        assert_ne!(ran.code, 0, "there is no code yet: {ran:?}");
        let code = world.sandbox.code_for("alice");
        let third = "Third-Passw0rd-31415";
        world.add_secret("new password", third);
        done(
            world,
            &["account", "reset-password", "acme", "--username", "alice"],
            &format!("{code}\n{third}\n"),
        );
        sign_in(world, third);
    });
}

#[test]
fn another_password_in_the_old_ones_place() {
    story(Setup::default(), |world| {
        world.add_secret("new password", NEW);
        let out = world.poolkey(&["account", "change-password", "acme"], "");
        assert_ne!(out.code, 0, "nobody is signed in: {out:?}");
        assert!(out.err.contains("poolkey login acme"), "{out:?}");
        world.sign_in();
        let password = world.password().to_owned();
        let mut terminal = world.terminal(&["account", "change-password", "acme"]);
        terminal.answer_unseen("Password of alice: ", "Wrong-Passw0rd-31");
        terminal.answer_unseen("New password", NEW);
        terminal.answer_unseen("Once more: ", NEW);
        terminal.answer_unseen("Password of alice: ", &password);
        terminal.answer_unseen("New password", NEW);
        terminal.answer_unseen("Once more: ", NEW);
        let (code, shown) = world.close(terminal);
        assert_eq!(code, 0, "{shown}");
        assert_eq!(world.login().state, LoginState::SignedIn, "still");
        assert_eq!(world.poolkey(&["logout", "acme"], "").code, 0);
        sign_in(world, NEW);
    });
}

#[test]
fn second_factors_are_set_up_shown_and_removed() {
    let optional = json!({"pool": {"mfa": "OPTIONAL",
        "factors": ["SOFTWARE_TOKEN_MFA", "EMAIL_OTP"]}});
    story(pool(optional), |world| {
        world.sign_in();
        let none = done(world, &["account", "mfa", "show", "acme"], "");
        assert!(none.contains("poolkey account mfa set-up acme"), "{none}");

        let mut terminal = world.terminal(&["account", "mfa", "set-up", "acme"]);
        terminal.expect("type the key into it:");
        let key: String = terminal.expect("(Type").split_whitespace().collect();
        terminal.answer("Name for this device [none]: ", "phone");
        let code = world.sandbox.totp(&key);
        terminal.answer("Code that the app shows: ", &another(&code));
        terminal.answer("Code that the app shows: ", &code);
        let (exit, shown) = world.close(terminal);
        assert_eq!(exit, 0, "{shown}");

        done(world, &["account", "mfa", "on", "acme", "email"], "");
        done(world, &["account", "mfa", "prefer", "acme", "app"], "");
        let all = done(world, &["account", "mfa", "show", "acme"], "");
        assert!(all.contains("on, asked for first"), "{all}");

        assert_eq!(world.poolkey(&["logout", "acme"], "").code, 0);
        world.sandbox.later(31);
        let code = world.sandbox.totp(&key);
        let lines = format!("{}\n{code}\n", world.password());
        done(world, &["login", "acme"], &lines);
        done(world, &["account", "mfa", "off", "acme", "app"], "");
        done(world, &["account", "mfa", "off", "acme", "email"], "");
        assert_eq!(world.poolkey(&["logout", "acme"], "").code, 0);
        let password = world.password().to_owned();
        sign_in(world, &password);
    });
}

#[test]
fn an_account_is_shown_and_its_address_proven() {
    story(Setup::default(), |world| {
        world.sign_in();
        let shown = done(world, &["account", "show", "acme"], "");
        assert!(shown.contains("alice@example.com"), "{shown}");
        let mut terminal = world.terminal(&["account", "verify-attribute", "acme", "email"]);
        terminal.expect("Verification code sent by e-mail to a");
        let code = world.sandbox.code_for("alice");
        terminal.type_line(&another(&code));
        terminal.answer("Verification code sent by e-mail to a", &code);
        let (exit, shown) = world.close(terminal);
        assert_eq!(exit, 0, "{shown}");
        assert!(shown.contains("“email” is verified."), "{shown}");
        let bare = ["account", "verify-attribute", "acme", "phone_number"];
        let ran = world.poolkey(&bare, "");
        assert_ne!(ran.code, 0, "she has none: {ran:?}");
        assert_eq!(world.login().state, LoginState::SignedIn);
    });
}

/// The walk-through of a first pool: an administrator's keys confirm a user, who signs in.
#[test]
fn an_administrator_confirms_and_signs_in() {
    let setup = Setup {
        login: "flow = \"ADMIN_USER_PASSWORD_AUTH\"\nadmin_profile = \"boss\"\n",
        seed: json!({
            "user": {"unconfirmed": true},
            "client": {"flows": ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]},
        }),
        ..Setup::default()
    };
    story(setup, |world| {
        let confirm = [
            "account",
            "confirm",
            "acme",
            "--username",
            "alice",
            "--as-admin",
        ];
        let ran = world.poolkey(&confirm, "");
        assert_ne!(ran.code, 0, "there are no keys yet: {ran:?}");
        let aws = world.home().join(".aws");
        fs::create_dir(&aws).unwrap();
        // It is the administrator's own file, and no leak.
        let file = aws.join("credentials");
        fs::write(&file, world.sandbox.admin_profile("boss")).unwrap();
        done(world, &confirm, "");
        let password = world.password().to_owned();
        sign_in(world, &password);
        let calls = world.sandbox.calls_of("AdminInitiateAuth");
        assert!(!calls.is_empty(), "signed by the administrator");
        fs::remove_file(file).unwrap();
    });
}
