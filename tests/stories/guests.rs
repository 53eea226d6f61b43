//! Guests: keys without a login.

use std::collections::BTreeSet;

use poolkey_core::failure::Code;
use poolkey_tests::{Setup, World, story, until};
use serde_json::{Value, json};

const GUEST: &str = "arn:aws:iam::000000000000:role/Guest";

fn setup() -> Setup {
    Setup {
        keys_seconds: 12,
        tools: &["aws"],
        seed: json!({ "identity_pool": { "guest_role_arn": GUEST, "classic": true } }),
        ..Setup::default()
    }
}

fn configure(world: &World, more: &str) {
    let (pool, url) = (&world.chain["identity_pool_id"], world.road.url());
    let text = format!(
        "{}[profile.visitor]\nidentity_pool_id = {pool}\nendpoint = \"{url}\"\n{more}",
        world.usual_config()
    );
    let wanted = text.matches("[profile.").count();
    world.configure(&text);
    until("it is read", 10, || {
        world.status().snapshot.profiles.len() == wanted
    });
}

fn session(role: &str, name: &str) -> String {
    format!("arn:aws:sts::000000000000:assumed-role/{role}/{name}")
}

/// The identities that keys were made for.
fn identities(world: &World) -> BTreeSet<String> {
    let calls = world.sandbox.calls_of("GetCredentialsForIdentity");
    let id = |call: &Value| call["identity_id"].as_str().map(str::to_owned);
    calls.iter().filter_map(id).collect()
}

#[test]
fn a_guest_is_the_same_after_every_start() {
    story(setup(), |world| {
        configure(world, "");
        let arn = session("Guest", "CognitoIdentityCredentials");
        assert_eq!(world.caller("visitor"), arn);
        until("the keys are renewed twice", 60, || made(world) >= 3);
        assert_eq!(world.caller("visitor"), arn);
        for kill in [false, true] {
            if kill {
                world.kill_daemon();
            } else {
                world.stop_daemon();
            }
            world.start_daemon();
            let before = made(world);
            assert_eq!(world.caller("visitor"), arn);
            assert!(made(world) > before);
        }
        assert_eq!(world.sandbox.calls("GetId"), 1, "one identity for ever");
        assert_eq!(identities(world).len(), 1);
        assert_eq!(world.sandbox.calls("InitiateAuth"), 0, "nobody signed in");
        // Somebody who signs in is somebody else.
        world.sign_in();
        assert_eq!(
            world.caller("dev"),
            session("Developer", "CognitoIdentityCredentials")
        );
        assert_eq!(identities(world).len(), 2);
        assert_eq!(world.caller("visitor"), arn);
    });
}

fn made(world: &World) -> u64 {
    world.sandbox.calls("GetCredentialsForIdentity")
}

#[test]
fn a_guest_takes_the_classic_flow() {
    story(setup(), |world| {
        let lifetimes = json!({ "web_identity_seconds": 12 });
        world.sandbox.lifetimes(&lifetimes);
        let (pool, url) = (&world.chain["identity_pool_id"], world.road.url());
        let classic = format!(
            "[profile.classic]\nidentity_pool_id = {pool}\nendpoint = \"{url}\"\n\
             sts_endpoint = \"{url}\"\nflow = \"classic\"\nrole_arn = \"{GUEST}\"\n\
             session_name = \"kiosk-3\"\n"
        );
        configure(world, &classic);
        assert_eq!(world.caller("classic"), session("Guest", "kiosk-3"));
        until("the keys are renewed twice", 60, || {
            world.sandbox.calls("AssumeRoleWithWebIdentity") >= 3
        });
        assert_eq!(world.caller("classic"), session("Guest", "kiosk-3"));
    });
}

#[test]
fn a_pool_without_guests_says_so() {
    let closed = Setup {
        seed: json!({}),
        ..setup()
    };
    story(closed, |world| {
        configure(world, "");
        let failure = world.client().document("visitor").expect_err("no guests");
        assert_eq!(failure.code, Code::Misconfigured, "{failure:?}");
        assert!(!failure.remedy.is_empty(), "{failure}");
        let ran = world.aws("visitor");
        assert_ne!(ran.code, 0);
        assert!(ran.err.contains(&failure.sentence), "{}", ran.err);
    });
}
