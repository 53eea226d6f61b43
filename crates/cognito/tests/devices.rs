//! Remembered devices, against a scripted server.
#![allow(clippy::unwrap_used, reason = "tests may fail")]

#[path = "support/challenges.rs"]
mod challenges;
mod support;
#[path = "support/talk.rs"]
mod talk;

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use challenges::*;
use poolkey_core::config::Flow;
use poolkey_core::conversation::{Answer, Question, Thread};
use poolkey_core::fault::FaultKind;
use poolkey_core::secret::Secret;
use poolkey_core::session::Device;
use serde_json::{Value, json};
use support::*;
use talk::{Talk, code};

/// The device of the vector `device-plain-1`.
const KEY: &str = "eu-west-1_627477ae-3631-4248-bed9-d2e934100372";

fn device() -> Device {
    Device {
        user_pool_id: "eu-west-1_AbCdEf123".into(),
        username: "ada".into(),
        alias: Some("ada@example.com".into()),
        key: KEY.into(),
        group_key: "-FDRunwQv".into(),
        password: Secret::new("icnnkJZijh1LP9/Maz7gtTfysk5eTqTvQtaHHpn5ZLkDitC5SnSCwg=="),
    }
}

fn remembered() -> Thread {
    Thread {
        device: Some(device()),
        ..ada()
    }
}

/// `SALT` and `SRP_B` are of the vector `device-plain-1`.
fn device_verifier() -> Act {
    let vectors: Value = serde_json::from_str(include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/golden/srp-vectors.json"
    )))
    .unwrap();
    let vectors = vectors["vectors"].as_array().unwrap();
    let vector = vectors
        .iter()
        .find(|v| v["id"] == "device-plain-1")
        .unwrap();
    let inputs = &vector["inputs"];
    challenge(
        "DEVICE_PASSWORD_VERIFIER",
        &json!({
            "SALT": inputs["SALT"], "SRP_B": inputs["SRP_B"],
            "SECRET_BLOCK": inputs["SECRET_BLOCK"], "DEVICE_KEY": KEY, "USERNAME": BEHIND,
        }),
    )
}

fn device_srp() -> Act {
    challenge("DEVICE_SRP_AUTH", &json!({"USERNAME": BEHIND}))
}

fn confirmed() -> Act {
    ok(&json!({"UserConfirmationNecessary": false}))
}

fn gone() -> Act {
    refuse(400, "ResourceNotFoundException", "Device does not exist.")
}

#[tokio::test]
async fn a_device_proves_itself_and_nobody_is_asked_for_a_second_factor() {
    let script = [
        password_verifier(),
        device_srp(),
        device_verifier(),
        signed_in(),
    ];
    let server = Server::start(script).await;
    let (cognito, spec) = (cognito(), server.login(Flow::UserSrp));
    let talk = Talk::begin(&cognito, &spec, remembered()).await;
    let (tokens, kept) = done(talk.step(password()).await);
    assert_eq!(kept, Some(device()));
    assert_eq!(tokens.device_key.as_deref(), Some(KEY), "refreshes need it");

    let seen = server.seen();
    assert_eq!(seen[0].1["AuthParameters"]["DEVICE_KEY"], KEY);
    assert_eq!(answered(&server, 1).2["DEVICE_KEY"], KEY);
    let (name, session, responses) = answered(&server, 2);
    assert_eq!(name, "DEVICE_SRP_AUTH");
    assert_eq!(session, "session-of-DEVICE_SRP_AUTH");
    assert_eq!(responses["USERNAME"], BEHIND);
    assert_eq!(responses["DEVICE_KEY"], KEY);
    assert!(responses["SRP_A"].as_str().unwrap().len() > 760);
    let (name, session, responses) = answered(&server, 3);
    assert_eq!(name, "DEVICE_PASSWORD_VERIFIER");
    assert_eq!(session, "session-of-DEVICE_PASSWORD_VERIFIER");
    assert_eq!(responses["USERNAME"], BEHIND);
    assert_eq!(responses["DEVICE_KEY"], KEY);
    assert_eq!(responses["TIMESTAMP"], "Mon Jan 5 03:48:09 UTC 2026");
    assert!(responses["PASSWORD_CLAIM_SECRET_BLOCK"].is_string());
    assert_eq!(
        responses["PASSWORD_CLAIM_SIGNATURE"]
            .as_str()
            .unwrap()
            .len(),
        44
    );
}

/// It goes with every call, so that a code is asked for and the session belongs to the device.
#[tokio::test]
async fn the_devices_key_goes_with_every_step_but_not_for_another() {
    let others = Device {
        username: "grace".into(),
        alias: None,
        ..device()
    };
    let elsewhere = Device {
        user_pool_id: "eu-west-1_Other".into(),
        ..device()
    };
    for (device, sent) in [(device(), true), (others, false), (elsewhere, false)] {
        let script = [
            password_verifier(),
            challenge("SOFTWARE_TOKEN_MFA", &json!({})),
            signed_in(),
        ];
        let server = Server::start(script).await;
        let (cognito, spec) = (cognito(), server.login(Flow::UserSrp));
        let begun = Thread {
            device: Some(device),
            ..ada()
        };
        let talk = Talk::begin(&cognito, &spec, begun).await;
        let talk = talk.go(password()).await;
        let (tokens, kept) = done(talk.step(code("123456")).await);
        let seen = server.seen();
        let members = [
            &seen[0].1["AuthParameters"],
            &seen[1].1["ChallengeResponses"],
            &seen[2].1["ChallengeResponses"],
        ];
        for member in members {
            assert_eq!(member["DEVICE_KEY"] == KEY, sent, "{member}");
        }
        assert_eq!(tokens.device_key.is_some(), sent);
        assert_eq!(kept.is_some(), sent);
    }
}

/// An alias went to somebody else: the device is of whoever had it.
#[tokio::test]
async fn a_device_of_another_user_is_not_taken_for_this_one_s() {
    let server = Server::start([password_verifier(), signed_in()]).await;
    let (cognito, spec) = (cognito(), server.login(Flow::UserSrp));
    let begun = Thread {
        device: Some(Device {
            username: "grace".into(),
            ..device()
        }),
        ..ada()
    };
    let talk = Talk::begin(&cognito, &spec, begun).await;
    let (tokens, kept) = done(talk.step(password()).await);
    assert_eq!(tokens.user.username, "ada");
    assert_eq!((tokens.device_key, kept), (None, None));
    assert_eq!(
        server.seen()[0].1["AuthParameters"]["DEVICE_KEY"],
        KEY,
        "until then it was for all that is known"
    );
}

/// What was typed this time finds the device at the next sign-in.
#[tokio::test]
async fn a_device_learns_by_which_name_its_owner_signs_in() {
    let server = Server::start([password_verifier(), signed_in()]).await;
    let (cognito, spec) = (cognito(), server.login(Flow::UserSrp));
    let begun = Thread {
        device: Some(device()),
        username: Some("ada".into()),
        ..Thread::default()
    };
    let talk = Talk::begin(&cognito, &spec, begun).await;
    let (_, kept) = done(talk.step(password()).await);
    assert_eq!(kept, Some(device()), "the user name is no alias");

    // A name that is new, until the pool tells who it is.
    let asks = challenge("SOFTWARE_TOKEN_MFA", &json!({"USER_ID_FOR_SRP": "ada"}));
    let server = Server::start([password_verifier(), asks, signed_in()]).await;
    let spec = server.login(Flow::UserSrp);
    let begun = Thread {
        device: Some(device()),
        username: Some("+15550100".into()),
        ..Thread::default()
    };
    let talk = Talk::begin(&cognito, &spec, begun).await;
    let talk = talk.go(password()).await;
    let (_, kept) = done(talk.step(code("123456")).await);
    assert_eq!(kept.unwrap().alias.as_deref(), Some("+15550100"));
}

/// A password that was not judged may be proven once more.
#[tokio::test]
async fn a_device_that_is_gone_is_dropped_wherever_that_shows() {
    let scripts: [&[fn() -> Act]; 4] = [
        &[gone],
        &[password_verifier, gone],
        &[password_verifier, device_srp, gone],
        &[password_verifier, device_srp, device_verifier, gone],
    ];
    for script in scripts {
        let calls = script.len();
        let acts = script.iter().map(|act| act());
        let server = Server::start(acts.chain([password_verifier(), signed_in()])).await;
        let (cognito, spec) = (cognito(), server.login(Flow::UserSrp));
        let talk = Talk::begin(&cognito, &spec, remembered()).await;
        let (tokens, kept) = done(talk.step(password()).await);
        assert_eq!(kept, None);
        assert_eq!(tokens.device_key, None);
        let seen = server.seen();
        assert_eq!(seen.len(), calls + 2);
        assert_eq!(seen[calls].0, "InitiateAuth");
        assert_eq!(seen[calls].1["AuthParameters"].get("DEVICE_KEY"), None);
        assert_eq!(answered(&server, calls + 1).2.get("DEVICE_KEY"), None);
    }
}

/// The secret that was kept is not the one that the pool knows: the device is of no use, and the
/// person is not told that the password was wrong.
#[tokio::test]
async fn a_device_whose_proof_is_refused_is_dropped() {
    let server = Server::start([
        password_verifier(),
        device_srp(),
        device_verifier(),
        refuse(
            400,
            "NotAuthorizedException",
            "Incorrect username or password.",
        ),
        password_verifier(),
        challenge("SOFTWARE_TOKEN_MFA", &json!({})),
        signed_in(),
    ])
    .await;
    let (cognito, spec) = (cognito(), server.login(Flow::UserSrp));
    let talk = Talk::begin(&cognito, &spec, remembered()).await;
    let talk = talk.go(password()).await;
    assert!(matches!(talk.question, Question::Code { .. }));
    let (_, kept) = done(talk.step(code("123456")).await);
    assert_eq!(kept, None);
}

#[tokio::test]
async fn a_code_is_sent_again_without_a_device_that_is_gone() {
    let app = || challenge("SOFTWARE_TOKEN_MFA", &json!({}));
    let server = Server::start([password_verifier(), app(), gone(), signed_in()]).await;
    let (cognito, spec) = (cognito(), server.login(Flow::UserSrp));
    let talk = Talk::begin(&cognito, &spec, remembered()).await;
    let talk = talk.go(password()).await;
    let (tokens, kept) = done(talk.step(code("123456")).await);
    assert_eq!((tokens.device_key, kept), (None, None));
    let (with, without) = (answered(&server, 2), answered(&server, 3));
    assert_eq!(with.2["DEVICE_KEY"], KEY);
    assert_eq!(without.2.get("DEVICE_KEY"), None);
    assert_eq!(
        with.2["SOFTWARE_TOKEN_MFA_CODE"],
        without.2["SOFTWARE_TOKEN_MFA_CODE"]
    );
    assert_eq!(with.1, without.1);

    // Where nobody's password is at hand, the person begins again.
    let server = Server::start([
        challenge("CUSTOM_CHALLENGE", &json!({"question": "cat?"})),
        device_srp(),
        gone(),
        challenge("CUSTOM_CHALLENGE", &json!({"question": "cat?"})),
    ])
    .await;
    let spec = server.login(Flow::Custom);
    let talk = Talk::begin(&cognito, &spec, remembered()).await;
    let answer = || Answer::Custom(Secret::new("cat"));
    let talk = talk.trip(answer(), "does not know this computer").await;
    assert_eq!(talk.thread.device, None);
    assert!(matches!(talk.question, Question::Custom { .. }));
    assert_eq!(server.seen()[3].1["AuthParameters"].get("DEVICE_KEY"), None);
}

/// A pool that does not know the device may say so at the first call, where there is no password.
#[tokio::test]
async fn a_flow_without_a_password_drops_a_device_that_is_gone_at_once() {
    let asks = challenge("CUSTOM_CHALLENGE", &json!({"question": "cat?"}));
    let server = Server::start([gone(), asks]).await;
    let (cognito, spec) = (cognito(), server.login(Flow::Custom));
    let talk = Talk::begin(&cognito, &spec, remembered()).await;
    assert_eq!(talk.problem, None);
    assert_eq!(talk.thread.device, None);
    assert_eq!(server.seen().len(), 2);
    // And only once: who sent no device is told what is wrong.
    let server = Server::start([gone(), gone()]).await;
    let spec = server.login(Flow::Custom);
    let fault = cognito.begin(&spec, remembered()).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::DeviceGone);
}

/// A server that asks for a proof that was never begun, or on and on.
#[tokio::test]
async fn a_proof_of_a_device_is_only_made_where_it_belongs() {
    let begin = |device: Option<Device>| Thread { device, ..ada() };
    let cases: [(Option<Device>, Vec<Act>); 3] = [
        (None, vec![device_srp()]),
        (Some(device()), vec![device_verifier()]),
        (Some(device()), (0..20).map(|_| device_srp()).collect()),
    ];
    for (device, acts) in cases {
        let server = Server::start([password_verifier()].into_iter().chain(acts)).await;
        let (cognito, spec) = (cognito(), server.login(Flow::UserSrp));
        let talk = Talk::begin(&cognito, &spec, begin(device)).await;
        let fault = talk.fail(password()).await;
        assert_eq!(fault.kind, FaultKind::Service, "{fault}");
        assert!(server.seen().len() < 12);
    }
}

#[tokio::test]
async fn a_pool_that_always_remembers_gets_a_verifier() {
    let server = Server::start([
        password_verifier(),
        signed_in_with_device(),
        ok(&json!({"UserConfirmationNecessary": false})),
    ])
    .await;
    let (cognito, spec) = (cognito(), server.login(Flow::UserSrp));
    let talk = Talk::begin(&cognito, &spec, ada()).await;
    let (tokens, kept) = done(talk.step(password()).await);
    assert_eq!(tokens.device_key.as_deref(), Some("eu-west-1_dev"));
    let kept = kept.unwrap();
    assert_eq!(BASE64.decode(kept.password.expose()).unwrap().len(), 40);
    assert_eq!(
        kept,
        Device {
            user_pool_id: "eu-west-1_AbCdEf123".into(),
            username: "ada".into(),
            alias: Some("ada@example.com".into()),
            key: "eu-west-1_dev".into(),
            group_key: "-group".into(),
            password: kept.password.clone(),
        }
    );
    let (operation, sent) = server.seen()[2].clone();
    assert_eq!(operation, "ConfirmDevice");
    assert_eq!(sent["AccessToken"], ACCESS);
    assert_eq!(sent["DeviceKey"], "eu-west-1_dev");
    assert!(sent["DeviceName"].as_str().unwrap().starts_with("Poolkey"));
    let verifier = &sent["DeviceSecretVerifierConfig"];
    let bytes = |name: &str| BASE64.decode(verifier[name].as_str().unwrap()).unwrap();
    assert!((12..=17).contains(&bytes("Salt").len()));
    assert!((380..=385).contains(&bytes("PasswordVerifier").len()));
    assert!(
        !sent.to_string().contains(kept.password.expose()),
        "the secret stays here"
    );
}

#[tokio::test]
async fn a_pool_that_asks_lets_the_person_decide() {
    for (wanted, script, remembered) in [
        (true, vec![ok(&json!({}))], true),
        (false, vec![], false),
        (
            true,
            vec![refuse(500, "InternalErrorException", "x")],
            false,
        ),
    ] {
        let calls = script.len();
        let confirmed = ok(&json!({"UserConfirmationNecessary": true}));
        let begun = [password_verifier(), signed_in_with_device(), confirmed];
        let server = Server::start(begun.into_iter().chain(script)).await;
        let (cognito, spec) = (cognito(), server.login(Flow::UserSrp));
        let talk = Talk::begin(&cognito, &spec, ada()).await;
        let talk = talk.go(password()).await;
        let Question::RememberDevice { name } = &talk.question else {
            panic!("{:?}", talk.question)
        };
        assert!(name.starts_with("Poolkey"), "{name}");
        let waiting = talk.thread.tokens.as_ref().unwrap();
        assert_eq!(
            waiting.refresh_token,
            Some(Secret::new(REFRESH)),
            "whoever gives up has a session to end"
        );
        let (tokens, kept) = done(talk.step(Answer::RememberDevice(wanted)).await);
        assert_eq!(
            tokens.device_key.as_deref(),
            Some("eu-west-1_dev"),
            "the session is the device's whether it is remembered or not"
        );
        assert_eq!(kept.is_some(), remembered);
        let seen = server.seen();
        assert_eq!(seen.len(), 3 + calls);
        if wanted {
            assert_eq!(seen[3].0, "UpdateDeviceStatus");
            assert_eq!(
                seen[3].1,
                json!({
                    "AccessToken": ACCESS, "DeviceKey": "eu-west-1_dev",
                    "DeviceRememberedStatus": "remembered",
                })
            );
        }
    }
}

/// The person is signed in, though for the life of the ID token only.
#[tokio::test]
async fn a_device_that_cannot_be_confirmed_does_not_undo_the_sign_in() {
    let broken = || refuse(500, "InternalErrorException", "x");
    for (acts, attempts) in [
        (
            vec![refuse(400, "InvalidParameterException", "x"), confirmed()],
            1,
        ),
        (
            vec![refuse(400, "LimitExceededException", "x"), confirmed()],
            1,
        ),
        (vec![gone(), confirmed()], 1),
        (vec![broken(), gone(), confirmed()], 2),
        (vec![broken(), Act::Reset, broken(), confirmed()], 3),
    ] {
        let begun = [password_verifier(), signed_in_with_device()];
        let server = Server::start(begun.into_iter().chain(acts)).await;
        let (cognito, spec) = (cognito(), server.login(Flow::UserSrp));
        let talk = Talk::begin(&cognito, &spec, remembered()).await;
        let (tokens, kept) = done(talk.step(password()).await);
        assert_eq!(tokens.device_key.as_deref(), Some("eu-west-1_dev"));
        assert_eq!(kept, None);
        assert_eq!(server.seen().len(), 2 + attempts);
    }
}

/// No refresh goes without a confirmed device, so a call that did not come through is made again,
/// with the same verifier: it may have come through all the same.
#[tokio::test]
async fn a_device_is_confirmed_though_a_call_fails() {
    let exists = || refuse(400, "DeviceKeyExistsException", "Device already exists.");
    let all: [(Vec<Act>, bool); 5] = [
        (vec![Act::Reset, confirmed()], true),
        (
            vec![
                refuse(400, "TooManyRequestsException", "x"),
                refuse(503, "ServiceUnavailable", "x"),
                confirmed(),
            ],
            true,
        ),
        (vec![Act::Reset, exists()], true),
        // Lost once is enough, whatever came between.
        (
            vec![
                Act::Reset,
                refuse(500, "InternalErrorException", "x"),
                exists(),
            ],
            true,
        ),
        // Where no answer was lost, it is another's.
        (
            vec![refuse(500, "InternalErrorException", "x"), exists()],
            false,
        ),
    ];
    for (acts, is_kept) in all {
        let attempts = acts.len();
        let begun = [password_verifier(), signed_in_with_device()];
        let server = Server::start(begun.into_iter().chain(acts)).await;
        let (cognito, spec) = (cognito(), server.login(Flow::UserSrp));
        let talk = Talk::begin(&cognito, &spec, ada()).await;
        let (tokens, kept) = done(talk.step(password()).await);
        assert_eq!(tokens.device_key.as_deref(), Some("eu-west-1_dev"));
        assert_eq!(kept.is_some(), is_kept);
        let seen = server.seen();
        assert_eq!(seen.len(), 2 + attempts);
        assert!(seen[2..].iter().all(|call| *call == seen[2]));
        assert_eq!(seen[2].0, "ConfirmDevice");
    }
}

/// The person decides about a device that was confirmed at the second attempt, too.
#[tokio::test]
async fn a_person_is_asked_after_a_second_attempt() {
    let server = Server::start([
        password_verifier(),
        signed_in_with_device(),
        Act::Reset,
        ok(&json!({"UserConfirmationNecessary": true})),
    ])
    .await;
    let (cognito, spec) = (cognito(), server.login(Flow::UserSrp));
    let talk = Talk::begin(&cognito, &spec, ada()).await;
    let talk = talk.go(password()).await;
    assert!(matches!(talk.question, Question::RememberDevice { .. }));
}
