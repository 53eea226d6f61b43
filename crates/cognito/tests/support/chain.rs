//! Somebody who signs in to the sandbox, with the codes that it sends and shows.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "each test program takes what it needs, and may fail"
)]

use poolkey_cognito::Cognito;
use poolkey_core::config::LoginSpec;
use poolkey_core::conversation::{Answer, Question, Step, Thread};
use poolkey_core::fault::Fault;
use poolkey_core::secret::Secret;
use poolkey_core::session::{Device, Tokens};
use serde_json::{Value, json};

use crate::sandbox::{Sandbox, Seeded};
use crate::talk::Talk;

/// The key of an authenticator app.
pub const KEY: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";

/// A password that takes another one's place.
pub const NEW: &str = "Another-horse-8!";

pub fn alice(chain: &Seeded) -> Thread {
    Thread {
        username: Some(chain.text("username").to_owned()),
        ..Thread::default()
    }
}

pub fn with(chain: &Seeded, device: Device) -> Thread {
    Thread {
        device: Some(device),
        ..alice(chain)
    }
}

pub async fn at_password<'a>(
    cognito: &'a Cognito,
    spec: &'a LoginSpec,
    chain: &Seeded,
) -> Talk<'a> {
    let talk = Talk::begin(cognito, spec, alice(chain)).await;
    assert!(
        matches!(talk.question, Question::Password { .. }),
        "{:?}",
        talk.question
    );
    talk
}

pub fn password(text: &str) -> Answer {
    Answer::Password(Secret::new(text))
}

pub fn done(step: Result<Step, Fault>) -> (Tokens, Option<Device>) {
    let Ok(Step::Done { tokens, device, .. }) = step else {
        panic!("not signed in: {step:?}")
    };
    (*tokens, device)
}

/// What an app with this key shows by the sandbox's clock.
pub fn totp(sandbox: &Sandbox, key: &str) -> String {
    let answer = sandbox.control("POST", "totp", &json!({"key": key}));
    answer["code"].as_str().unwrap().to_owned()
}

/// The newest code that was sent.
pub fn sent(sandbox: &Sandbox) -> String {
    let outbox = sandbox.control("GET", "outbox", &Value::Null);
    let newest = outbox["messages"].as_array().unwrap().last().unwrap();
    newest["code"].as_str().unwrap().to_owned()
}

/// The sandbox's clock goes on by so much.
pub fn later(sandbox: &Sandbox, seconds: u64) {
    let clock = sandbox.control("POST", "clock", &json!({}));
    let offset = clock["offset_seconds"].as_u64().unwrap() + seconds;
    sandbox.control("POST", "clock", &json!({"offset_seconds": offset}));
}
