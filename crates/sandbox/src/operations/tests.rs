use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;
mod challenges;
mod requests;

use requests::requests;

#[test]
fn targets() {
    assert!(find("AWSCognitoIdentityProviderService.InitiateAuth").is_some());
    assert!(find("AWSCognitoIdentityService.GetId").is_some());
    for unknown in [
        "AWSCognitoIdentityService.InitiateAuth",
        "AWSCognitoIdentityProviderService.Initiate",
        "InitiateAuth",
        "",
    ] {
        assert!(find(unknown).is_none(), "{unknown}");
    }
}

#[test]
fn every_operation_answers_a_right_request() {
    let mut world = World::for_tests();
    let mut answered = BTreeSet::new();
    for index in 0..requests(&mut world).len() {
        let (name, request) = requests(&mut world).swap_remove(index);
        let answer = run(&mut world, name, &request);
        assert!(answer.is_ok(), "{name}: {answer:?}");
        answered.insert(name);
    }
    let (mut play, more) = challenges::requests();
    for (name, request) in more {
        let answer = run(&mut play.world, name, &request);
        assert!(answer.is_ok(), "{name} {request}: {answer:?}");
        answered.insert(name);
    }
    let known: BTreeSet<&str> = all().map(|operation| operation.name).collect();
    let apart = [
        "RespondToAuthChallenge",
        "AdminRespondToAuthChallenge",
        "ConfirmSignUp",
    ];
    let missing: Vec<_> = known
        .difference(&answered)
        .filter(|name| !apart.contains(name))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Right requests with one or two members that are not.
#[test]
fn no_request_panics() {
    let mut world = World::for_tests();
    let mut dice = fastrand::Rng::with_seed(1);
    let mut outcomes = BTreeSet::new();
    for _ in 0..40 {
        let right = requests(&mut world);
        let proof = ("RespondToAuthChallenge", wrong_proof(&mut world));
        for (name, mut request) in right.into_iter().chain([proof]) {
            for _ in 0..dice.u8(1..3) {
                spoil(&mut request, &mut dice);
            }
            let outcome = run(&mut world, name, &request)
                .err()
                .map(|failure| failure.code);
            outcomes.insert((name, outcome));
        }
    }
    for _ in 0..20 {
        let (mut play, more) = challenges::requests();
        for (name, mut request) in more {
            spoil(&mut request, &mut dice);
            let outcome = run(&mut play.world, name, &request);
            outcomes.insert((name, outcome.err().map(|failure| failure.code)));
        }
    }
    // Were they few, the requests would all fail at the door.
    assert!(outcomes.len() > 90, "{}: {outcomes:#?}", outcomes.len());
}

fn run(world: &mut World, name: &str, request: &Value) -> Answer {
    let operation = all().find(|operation| operation.name == name);
    (operation.expect("a known name").run)(world, Fields::of(request)?)
}

/// Puts something strange in the place of one member, at any depth.
fn spoil(value: &mut Value, dice: &mut fastrand::Rng) {
    let inner: Vec<&mut Value> = match value {
        Value::Object(members) => members.values_mut().collect(),
        Value::Array(items) => items.iter_mut().collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    if !inner.is_empty() && dice.u8(0..8) != 0 {
        let count = inner.len();
        if let Some(member) = inner.into_iter().nth(dice.usize(0..count)) {
            return spoil(member, dice);
        }
    }
    *value = match dice.u8(0..11) {
        0 => Value::Null,
        1 => json!(i64::MAX),
        2 => json!(i64::MIN),
        3 => json!(0.5),
        4 => json!(true),
        5 => json!([{}]),
        6 => json!({ "": "" }),
        7 => json!(""),
        8 => json!("ä\0\n😀"),
        9 => json!("a.b.c"),
        _ => json!("f".repeat(5000)),
    };
}

/// A `PASSWORD_VERIFIER` that is right in all but the proof.
fn wrong_proof(world: &mut World) -> Value {
    let client = world.clients.keys().next().expect("a client").clone();
    let start = json!({
        "ClientId": client,
        "AuthFlow": "USER_SRP_AUTH",
        "AuthParameters": { "USERNAME": "alice", "SRP_A": "abcdef" },
    });
    let asked = run(world, "InitiateAuth", &start).expect("a challenge");
    let timestamp = world.clock.now().format("%a %b %-d %H:%M:%S UTC %Y");
    json!({
        "ClientId": client,
        "ChallengeName": "PASSWORD_VERIFIER",
        "ChallengeResponses": {
            "USERNAME": "alice",
            "PASSWORD_CLAIM_SECRET_BLOCK": asked["ChallengeParameters"]["SECRET_BLOCK"],
            "PASSWORD_CLAIM_SIGNATURE": "A".repeat(44),
            "TIMESTAMP": timestamp,
        },
    })
}
