//! Every verb at TRACE, of every crate, right and wrong: no secret is heard.
#![allow(clippy::unwrap_used, reason = "tests may fail")]

#[path = "support/challenges.rs"]
mod challenges;
#[path = "support/log.rs"]
mod log;
mod support;

use std::collections::BTreeMap;

use challenges::{ada, challenge, signed_in_with_device};
use log::Log;
use poolkey_core::config::Flow;
use poolkey_core::conversation::{Answer, Question, Step, Thread};
use poolkey_core::event::Farewell;
use poolkey_core::secret::Secret;
use poolkey_core::session::Device;
use serde_json::json;
use support::specs::by;
use support::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_at_trace_holds_no_secret() {
    let log = Log::everywhere();

    let secret = Secret::new("the-client-secret");
    let refresh = Secret::new(REFRESH);
    for flow in [Flow::UserSrp, Flow::UserPassword] {
        let first = match flow {
            Flow::UserSrp => Some(password_verifier()),
            Flow::UserPassword
            | Flow::AdminUserPassword
            | Flow::UserAuth
            | Flow::Custom
            | Flow::CustomSrp
            | Flow::Browser => None,
        };
        let server = Server::start(first.into_iter().chain([signed_in()])).await;
        let step = try_password(&server.login(flow), Some(secret.expose())).await;
        log.hears(&format!("{step:?}"));
        step.unwrap();
    }
    let echo = |secret| {
        let message = format!("Value '{secret}' failed");
        refuse(400, "InvalidParameterException", &message)
    };
    let server = Server::start([
        refuse(
            400,
            "NotAuthorizedException",
            "Incorrect username or password.",
        ),
        echo(PASSWORD),
        signed_in(),
        echo(REFRESH),
        Act::Reset,
        reply(
            200,
            &[],
            &format!("{{\"AuthenticationResult\":{{\"RefreshToken\":\"{REFRESH}\""),
        ),
        ok(&json!({})),
        ok(&json!({"IdentityId": "us-east-1:an-identity"})),
        ok(
            &json!({"IdentityId": "us-east-1:an-identity", "Credentials": {
                "AccessKeyId": "ASIAOFTHISTEST", "SecretKey": "secret-key-of-this-test",
                "SessionToken": "session-token-of-this-test", "Expiration": SERVER.secs() + 3600,
            }}),
        ),
    ])
    .await;
    let spec = server.login(Flow::UserPassword);
    let cognito = cognito();
    for _ in 0..2 {
        let step = try_password(&spec, Some(secret.expose())).await;
        log.hears(&format!("{step:?}"));
    }
    for _ in 0..4 {
        let tokens = cognito
            .refresh(&spec, &refresh, Some(&secret), Some("device"))
            .await;
        log.hears(&format!("{tokens:?}"));
    }
    cognito
        .revoke(&spec, Some(&refresh), Some(&secret), &Farewell::default())
        .await
        .revoked
        .unwrap();
    let fetched = cognito
        .fetch(
            &server.profile(None),
            &by(&Secret::new(id_token())),
            None,
            None,
        )
        .await;
    log.hears(&format!("{fetched:?}"));
    fetched.unwrap();

    every_challenge(&log, &secret).await;
    parting(&log, &secret).await;

    let heard = log.text();
    assert_eq!(heard.matches("called AWS").count(), 12 + 23 + 4, "{heard}");
    assert!(
        heard.contains("does not remember this computer"),
        "what Poolkey says itself is heard"
    );
    assert!(heard.contains("TRACE"), "the wire's own crates are heard");
    for secret in [
        PASSWORD,
        "the-client-secret",
        REFRESH,
        ACCESS,
        "session-of-the-sign-in",
        "id-token-signature",
        id_token().split('.').nth(1).unwrap(),
        id_token().split('.').nth(2).unwrap(),
        "PASSWORD_CLAIM",
        "SECRET_HASH",
        "ASIAOFTHISTEST",
        "secret-key-of-this-test",
        "session-token-of-this-test",
        "ada@example.com",
        DEVICE,
        NEW,
        CODE,
        ANSWER,
        "JBSWY3DPEHPK3PXP",
        "session-of-",
        "the-rotated-token",
    ] {
        let line = heard.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret}");
    }
    println!("{} lines", heard.lines().count());
}

const DEVICE: &str = "icnnkJZijh1LP9/Maz7gtTfysk5eTqTvQtaHHpn5ZLkDitC5SnSCwg==";
const NEW: &str = "Another-horse-8";
const CODE: &str = "918273645";
const ANSWER: &str = "the-answer-of-this-test";

/// Every kind of step, taken and refused with what was sent in the refusal.
async fn every_challenge(log: &Log, client_secret: &Secret) {
    let echo = |secret: &str| {
        let message = format!("Value '{secret}' failed");
        refuse(400, "CodeMismatchException", &message)
    };
    let begun = || Thread {
        client_secret: Some(client_secret.clone()),
        device: Some(Device {
            user_pool_id: "eu-west-1_AbCdEf123".into(),
            username: "ada".into(),
            alias: Some("ada@example.com".into()),
            key: "eu-west-1_old".into(),
            group_key: "-g".into(),
            password: Secret::new(DEVICE),
        }),
        ..ada()
    };
    let password = || Answer::Password(Secret::new(PASSWORD));
    let new = || Answer::NewPassword {
        password: Secret::new(NEW),
        attributes: BTreeMap::new(),
    };
    let code = || Answer::Code(Secret::new(CODE));
    let shown = || Answer::AppSetup {
        code: Secret::new(CODE),
        device_name: None,
    };
    let server = Server::start([
        password_verifier(),
        challenge("NEW_PASSWORD_REQUIRED", &json!({})),
        echo(NEW),
        challenge(
            "MFA_SETUP",
            &json!({"MFAS_CAN_SETUP": "[\"SOFTWARE_TOKEN_MFA\"]"}),
        ),
        ok(&json!({"SecretCode": "JBSWY3DPEHPK3PXP", "Session": "session-of-the-key"})),
        echo(CODE),
        echo("session-of-the-key"),
        ok(&json!({"Status": "SUCCESS", "Session": "session-of-the-code"})),
        challenge("SOFTWARE_TOKEN_MFA", &json!({})),
        echo(CODE),
        signed_in_with_device(),
        ok(&json!({"UserConfirmationNecessary": true})),
        echo(ACCESS),
        challenge("CUSTOM_CHALLENGE", &json!({"question": "cat?"})),
        echo(ANSWER),
        challenge("CUSTOM_CHALLENGE", &json!({"question": "cat?"})),
        signed_in_with_device(),
        echo(ACCESS),
    ])
    .await;
    let cognito = cognito();
    for (flow, answers) in [
        (
            Flow::UserSrp,
            vec![
                password(),
                new(),
                new(),
                shown(),
                shown(),
                shown(),
                code(),
                code(),
                Answer::RememberDevice(true),
            ],
        ),
        (
            Flow::Custom,
            vec![
                Answer::Custom(Secret::new(ANSWER)),
                Answer::Custom(Secret::new(ANSWER)),
            ],
        ),
    ] {
        let spec = server.login(flow);
        let mut step = cognito.begin(&spec, begun()).await;
        for answer in answers {
            log.hears(&format!("{answer:?} {step:?}"));
            let Step::Ask { thread, .. } = step.unwrap() else {
                panic!("the end before {answer:?}")
            };
            step = cognito.answer(&spec, thread, answer).await;
        }
        log.hears(&format!("{step:?}"));
        assert!(matches!(step, Ok(Step::Done { .. })), "{step:?}");
    }
    // A proof by the device.
    let proof = json!({"SALT": "1f", "SRP_B": "5", "SECRET_BLOCK": "AA=="});
    let server = Server::start([
        password_verifier(),
        challenge("DEVICE_SRP_AUTH", &json!({})),
        challenge("DEVICE_PASSWORD_VERIFIER", &proof),
        echo("session-of-DEVICE_PASSWORD_VERIFIER"),
    ])
    .await;
    let spec = server.login(Flow::UserSrp);
    let mut thread = begun();
    thread.asked = Some(Question::Password {
        username: "ada@example.com".into(),
    });
    let step = cognito.answer(&spec, thread, password()).await;
    log.hears(&format!("{step:?}"));
    assert_eq!(server.seen().len(), 5);
}

/// A device is forgotten by every token there is.
async fn parting(log: &Log, client_secret: &Secret) {
    let forget = Farewell {
        forget: Some("eu-west-1_old".into()),
        access_token: Some(Secret::new(ACCESS)),
        ..Farewell::default()
    };
    let stale = format!("Access Token has expired: {ACCESS}");
    let server = Server::start([
        refuse(400, "NotAuthorizedException", &stale),
        ok(&json!({"AuthenticationResult": {
            "AccessToken": ACCESS, "IdToken": id_token(), "RefreshToken": "the-rotated-token",
        }})),
        refuse(
            400,
            "InvalidParameterException",
            &format!("Value '{ACCESS}' failed"),
        ),
        refuse(
            400,
            "InvalidParameterException",
            "Value 'the-rotated-token' failed",
        ),
    ])
    .await;
    let spec = server.login(Flow::UserSrp);
    let parting = cognito()
        .revoke(
            &spec,
            Some(&Secret::new(REFRESH)),
            Some(client_secret),
            &forget,
        )
        .await;
    log.hears(&format!("{parting:?}"));
    assert!(parting.forgotten.is_err() && parting.revoked.is_err());
}
