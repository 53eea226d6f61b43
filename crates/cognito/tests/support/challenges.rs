//! Challenges as Cognito writes them, and what came of the answers.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "each test program takes what it needs, and may fail"
)]

use poolkey_core::conversation::{Answer, Step, Thread};
use poolkey_core::fault::Fault;
use poolkey_core::secret::Secret;
use poolkey_core::session::{Device, Tokens};
use serde_json::{Value, json};

use crate::support::{ACCESS, Act, PASSWORD, REFRESH, Server, id_token, ok};

/// The name behind `ada@example.com`.
pub const BEHIND: &str = "cfcd208495d565ef66e7dff9f98764da";

/// A challenge whose session tells whose it is.
pub fn challenge(name: &str, parameters: &Value) -> Act {
    ok(&json!({
        "ChallengeName": name,
        "ChallengeParameters": parameters,
        "Session": format!("session-of-{name}"),
    }))
}

/// `SELECT_CHALLENGE` with these ways.
pub fn offer(ways: &[&str]) -> Act {
    ok(&json!({
        "ChallengeName": "SELECT_CHALLENGE",
        "AvailableChallenges": ways,
        "ChallengeParameters": {"USERNAME": BEHIND},
        "Session": "session-of-SELECT_CHALLENGE",
    }))
}

/// Somebody whose name is known.
pub fn ada() -> Thread {
    Thread {
        login: Some("acme".parse().unwrap()),
        username: Some("ada@example.com".into()),
        ..Thread::default()
    }
}

pub fn password() -> Answer {
    Answer::Password(Secret::new(PASSWORD))
}

/// Nothing that was typed waits in a thread.
pub fn assert_nothing_typed(thread: &Thread) {
    assert_eq!(thread.password, None);
    assert_eq!(thread.code, None);
    assert!(thread.attributes.is_empty());
    let told = format!("{thread:?}");
    assert!(!told.contains(PASSWORD), "{told}");
}

/// The end of a sign-in.
pub fn done(step: Result<Step, Fault>) -> (Tokens, Option<Device>) {
    let Ok(Step::Done { tokens, device, .. }) = step else {
        panic!("not signed in: {step:?}")
    };
    (*tokens, device)
}

/// The challenge that the nth call answered, its session, and the answers.
pub fn answered(server: &Server, n: usize) -> (String, String, Value) {
    let (operation, body) = server.seen()[n].clone();
    assert!(operation.ends_with("RespondToAuthChallenge"), "{operation}");
    (
        body["ChallengeName"].as_str().unwrap().to_owned(),
        body["Session"].as_str().unwrap_or_default().to_owned(),
        body["ChallengeResponses"].clone(),
    )
}

/// Tokens, and a device that the pool made of this machine.
pub fn signed_in_with_device() -> Act {
    ok(&json!({
        "AuthenticationResult": {
            "AccessToken": ACCESS, "RefreshToken": REFRESH, "IdToken": id_token(),
            "ExpiresIn": 300,
            "NewDeviceMetadata": {"DeviceKey": "eu-west-1_dev", "DeviceGroupKey": "-group"},
        }
    }))
}
