//! Computers that a pool remembers.

use poolkey_core::snapshot::LoginState;
use poolkey_tests::{Setup, Terminal, World, story, until};
use serde_json::{Value, json};

const KEY: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";

fn remembers(devices: &str) -> Setup {
    Setup {
        seed: json!({
            "pool": {"mfa": "ON", "factors": ["SOFTWARE_TOKEN_MFA"], "devices": devices},
            "user": {"factors": ["SOFTWARE_TOKEN_MFA"], "totp_key": KEY},
        }),
        ..Setup::default()
    }
}

fn begin(world: &mut World) -> Terminal {
    let password = world.password().to_owned();
    let mut terminal = world.terminal(&["login", "acme"]);
    terminal.answer_unseen("Password of alice: ", &password);
    terminal
}

/// Gives a code that was not used yet.
fn give_code(world: &World, terminal: &mut Terminal) {
    terminal.expect("authenticator app");
    world.sandbox.later(30);
    let code = world.sandbox.totp(KEY);
    terminal.type_line(&code);
}

fn signed_in(world: &mut World, terminal: Terminal) {
    let (code, shown) = world.close(terminal);
    assert_eq!(code, 0, "{shown}");
    assert!(world.sts_takes(&world.keys()));
}

fn sign_in_with_code(world: &mut World) {
    let mut terminal = begin(world);
    give_code(world, &mut terminal);
    signed_in(world, terminal);
}

/// The pool ends the session by itself; nobody signed out.
fn lose_the_session(world: &World) {
    // A renewal that is under way is all that is made.
    until("the login rests", 5, || !world.login().working);
    world.sandbox.revoke_all();
    world.renew();
    until("the login needs a sign-in", 5, || {
        world.login().state == LoginState::NeedsSignIn
    });
}

/// How often a challenge was answered well.
fn answered(world: &World, challenge: &str) -> usize {
    let calls = world.sandbox.calls_of("RespondToAuthChallenge");
    let is_it = |call: &&Value| call["flow"] == challenge && call["outcome"] == "ok";
    calls.iter().filter(is_it).count()
}

#[test]
fn its_proof_stands_in_for_the_code() {
    story(remembers("always"), |world| {
        sign_in_with_code(world);
        assert_eq!(world.sandbox.calls("ConfirmDevice"), 1);
        for times in 1..=2 {
            lose_the_session(world);
            if times == 2 {
                world.kill_daemon();
                world.start_daemon();
            }
            let terminal = begin(world);
            signed_in(world, terminal);
            assert_eq!(answered(world, "DEVICE_PASSWORD_VERIFIER"), times);
        }
        assert_eq!(answered(world, "SOFTWARE_TOKEN_MFA"), 1, "one code in all");
        assert_eq!(world.sandbox.calls("ConfirmDevice"), 1);

        // A sign-out ends that as well.
        assert_eq!(world.poolkey(&["logout", "acme"], "").code, 0);
        until("the pool has forgotten it", 5, || {
            world.sandbox.calls("ForgetDevice") == 1
        });
        let kept = world.desktop.secrets_of_poolkey();
        assert!(!kept.contains("group_key"), "{kept}");
        sign_in_with_code(world);
    });
}

#[test]
fn its_user_is_asked_where_the_pool_asks() {
    story(remembers("ask"), |world| {
        let mut terminal = begin(world);
        give_code(world, &mut terminal);
        terminal.answer("(y/n): ", "n");
        signed_in(world, terminal);
        world.renew();
        until("it is refreshed all the same", 5, || {
            world.sandbox.calls("GetTokensFromRefreshToken") >= 1
        });
        lose_the_session(world);
        let mut terminal = begin(world);
        give_code(world, &mut terminal);
        terminal.answer("(y/n): ", "maybe");
        terminal.answer("(y/n): ", "yes");
        signed_in(world, terminal);
        lose_the_session(world);
        let terminal = begin(world);
        signed_in(world, terminal);
        assert_eq!(answered(world, "DEVICE_PASSWORD_VERIFIER"), 1);
    });
}

/// Somebody removed it at the pool: a code is asked for once more, and nothing else is wrong.
#[test]
fn one_that_the_pool_forgot_is_dropped() {
    story(remembers("always"), |world| {
        sign_in_with_code(world);
        lose_the_session(world);
        let key = forget_elsewhere(world);
        let mut terminal = begin(world);
        give_code(world, &mut terminal);
        signed_in(world, terminal);
        assert_eq!(world.sandbox.calls("ConfirmDevice"), 2, "it is another");
        let kept = world.desktop.secrets_of_poolkey();
        assert!(!kept.contains(&key), "the old one is gone: {kept}");
        lose_the_session(world);
        let terminal = begin(world);
        signed_in(world, terminal);
        assert_eq!(answered(world, "DEVICE_PASSWORD_VERIFIER"), 1);
    });
}

/// By a session of the same user's somewhere else; the key of the device that is gone.
fn forget_elsewhere(world: &World) -> String {
    let sandbox = &world.sandbox;
    let client = &world.chain["client_id"];
    let asked = sandbox.call(
        "InitiateAuth",
        &json!({
            "ClientId": client,
            "AuthFlow": "USER_PASSWORD_AUTH",
            "AuthParameters": {"USERNAME": "alice", "PASSWORD": world.password()},
        }),
    );
    sandbox.later(30);
    let done = sandbox.call(
        "RespondToAuthChallenge",
        &json!({
            "ClientId": client,
            "ChallengeName": asked["ChallengeName"],
            "Session": asked["Session"],
            "ChallengeResponses":
                {"USERNAME": "alice", "SOFTWARE_TOKEN_MFA_CODE": sandbox.totp(KEY)},
        }),
    );
    let result = &done["AuthenticationResult"];
    let access = &result["AccessToken"];
    let own = &result["NewDeviceMetadata"]["DeviceKey"];
    let devices = sandbox.call("ListDevices", &json!({ "AccessToken": access }));
    let devices = devices["Devices"].as_array().unwrap();
    let other = devices.iter().find(|device| &device["DeviceKey"] != own);
    let key = &other.unwrap()["DeviceKey"];
    sandbox.call(
        "ForgetDevice",
        &json!({"AccessToken": access, "DeviceKey": key}),
    );
    key.as_str().unwrap().to_owned()
}

#[test]
fn they_are_listed_and_forgotten() {
    story(remembers("always"), |world| {
        sign_in_with_code(world);
        let listed = world.poolkey(&["account", "devices", "list", "acme"], "");
        assert_eq!(listed.code, 0, "{listed:?}");
        let line = listed
            .out
            .lines()
            .find(|line| line.contains("this computer"));
        let line = line.unwrap_or_else(|| panic!("{}", listed.out));
        let key = line.split_whitespace().next().unwrap().to_owned();
        assert!(key.starts_with("us-east-1_"), "{line}");
        let gone = world.poolkey(&["account", "devices", "forget", "acme"], "");
        assert_eq!(gone.code, 0, "{gone:?}");
        assert!(gone.out.contains(&key), "{}", gone.out);
        let none = world.poolkey(&["account", "devices", "forget", "acme", &key], "");
        assert_ne!(none.code, 0, "{none:?}");
    });
}
