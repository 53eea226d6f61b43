//! What people do with their accounts, question by question, against a scripted server.
#![allow(clippy::unwrap_used, reason = "tests may fail")]

mod password;
mod rules;
mod sign_up;
mod signed_in;
#[path = "../support/mod.rs"]
mod support;
#[path = "../support/talk.rs"]
mod talk;

use poolkey_core::config::Flow;
use poolkey_core::conversation::{
    Account, Answer, CodeFor, Factor, FactorState, Goal, KnownDevice, Medium, Outcome, Question,
    Step, Thread,
};
use poolkey_core::fault::FaultKind;
use poolkey_core::secret::Secret;
use poolkey_core::time::UnixTime;
use serde_json::{Value, json};
use support::*;
use talk::*;

fn member(goal: Goal) -> Thread {
    signed_in_for(goal, &Secret::new(ACCESS))
}

fn sign_up() -> Goal {
    Goal::SignUp {
        attributes: attributes(&[]),
    }
}

fn delivery(medium: &str, destination: &str) -> Value {
    json!({"DeliveryMedium": medium, "Destination": destination, "AttributeName": "email"})
}

fn operations(seen: &[(String, Value)]) -> Vec<&str> {
    seen.iter()
        .map(|(operation, _)| operation.as_str())
        .collect()
}
