//! Every challenge against the sandbox, which really judges what it is sent: codes come out of its
//! outbox and of its clock, and devices prove themselves.
#![allow(clippy::unwrap_used, reason = "tests may fail")]

#[path = "support/chain.rs"]
mod chain;
#[path = "support/http.rs"]
mod http;
#[path = "support/sandbox.rs"]
mod sandbox;
#[path = "support/talk.rs"]
mod talk;

use chain::*;
use poolkey_core::config::{Flow, Preference};
use poolkey_core::conversation::{Answer, Factor, Medium, Question, Thread};
use poolkey_core::event::Farewell;
use poolkey_core::failure::Ended;
use poolkey_core::fault::FaultKind;
use poolkey_core::secret::Secret;
use poolkey_core::session::Device;
use sandbox::specs::pool;
use sandbox::{Sandbox, cognito};
use serde_json::json;
use talk::{Talk, attributes, code, new_password};

#[tokio::test]
async fn an_authenticator_app_is_the_second_factor_of_every_flow() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let chain = sandbox.seed(&json!({
        "pool": {"mfa": "ON", "factors": ["SOFTWARE_TOKEN_MFA"], "first_factors": ["PASSWORD"]},
        "client": {"flows": [
            "ALLOW_USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_AUTH",
            "ALLOW_REFRESH_TOKEN_AUTH",
        ]},
        "user": {"totp_key": KEY, "email": "alice@example.com"},
    }));
    for flow in [Flow::UserSrp, Flow::UserPassword, Flow::UserAuth] {
        // A code counts once, and one step of drift is the most.
        later(&sandbox, 60);
        let (cognito, spec) = (cognito(), chain.login(flow));
        let talk = at_password(&cognito, &spec, &chain).await;
        let talk = talk.trip(password("Not-the-passw0rd!"), "Incorrect").await;
        let talk = talk.go(password(chain.text("password"))).await;
        let Question::Code {
            medium: Medium::App,
            ..
        } = talk.question
        else {
            panic!("{:?}", talk.question)
        };
        let talk = talk.trip(code("000000"), "Invalid code").await;
        let shown = totp(&sandbox, KEY);
        let typed = format!(" {}-{} ", &shown[..3], &shown[3..]);
        let (tokens, device) = done(talk.step(code(&typed)).await);
        assert_eq!(tokens.user.username, chain.text("username"));
        assert_eq!(device, None);
        cognito
            .refresh(&spec, &tokens.refresh_token.unwrap(), None, None)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn codes_that_were_sent_are_taken_and_a_factor_is_chosen() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let chain = sandbox.seed(&json!({
        "pool": {"mfa": "ON", "factors": ["SOFTWARE_TOKEN_MFA", "SMS_MFA", "EMAIL_OTP"]},
        "user": {
            "totp_key": KEY, "phone": "+15550100", "email": "alice@example.com",
            "factors": ["SOFTWARE_TOKEN_MFA", "SMS_MFA", "EMAIL_OTP"],
        },
    }));
    for (factor, medium) in [
        (Factor::Sms, Medium::Sms),
        (Factor::Email, Medium::Email),
        (Factor::App, Medium::App),
    ] {
        let (cognito, spec) = (cognito(), chain.login(Flow::UserSrp));
        let talk = at_password(&cognito, &spec, &chain).await;
        let talk = talk.go(password(chain.text("password"))).await;
        assert!(
            matches!(talk.question, Question::Choice { .. }),
            "{:?}",
            talk.question
        );
        let talk = talk.go(Answer::Choice(factor)).await;
        let Question::Code { medium: told, .. } = talk.question else {
            panic!("{:?}", talk.question)
        };
        assert_eq!(told, medium);
        let talk = talk.trip(code("000000"), "code").await;
        let right = match medium {
            Medium::App => totp(&sandbox, KEY),
            Medium::Email | Medium::Sms | Medium::Unknown => sent(&sandbox),
        };
        done(talk.step(code(&right)).await);
    }
}

#[tokio::test]
async fn the_person_chooses_how_to_sign_in() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let chain = sandbox.seed(&json!({
        "pool": {
            "first_factors": ["PASSWORD", "EMAIL_OTP", "SMS_OTP"],
            "aws": {"AliasAttributes": ["email"]},
        },
        "client": {"secret": true},
        "user": {"phone": "+15550100", "email": "alice@example.com"},
    }));
    let cognito = cognito();
    let known = |username: &str| Thread {
        username: Some(username.to_owned()),
        client_secret: Some(Secret::new(chain.text("client_secret"))),
        ..Thread::default()
    };
    let spec = chain.login(Flow::UserAuth);
    for factor in [Factor::Email, Factor::Sms] {
        let talk = Talk::begin(&cognito, &spec, known(chain.text("username"))).await;
        let talk = talk.go(Answer::Choice(factor)).await;
        let talk = talk.trip(code("000000"), "code").await;
        done(talk.step(code(&sent(&sandbox))).await);
    }
    let talk = Talk::begin(&cognito, &spec, known("alice@example.com")).await;
    let talk = talk.go(Answer::Choice(Factor::Password)).await;
    let talk = talk.trip(password("Not-the-passw0rd!"), "Incorrect").await;
    done(talk.step(password(chain.text("password"))).await);

    for (preference, first) in [
        (Preference::EmailOtp, None),
        (Preference::SmsOtp, None),
        (Preference::PasswordSrp, Some(())),
        (Preference::Password, Some(())),
    ] {
        let mut spec = spec.clone();
        pool(&mut spec).preferred_challenge = Some(preference);
        let talk = Talk::begin(&cognito, &spec, known(chain.text("username"))).await;
        let answer = match first {
            Some(()) => password(chain.text("password")),
            None => code(&sent(&sandbox)),
        };
        done(talk.step(answer).await);
    }
}

#[tokio::test]
async fn the_pools_own_questions_are_answered() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let chain = sandbox.seed(&json!({"pool": {"custom": [
        {"parameters": {"question": "cat?"}, "answer": "meow", "metadata": "CAT"},
        {"parameters": {"question": "dog?"}, "answer": "woof", "metadata": "DOG"},
    ]}}));
    for flow in [Flow::Custom, Flow::CustomSrp] {
        let (cognito, spec) = (cognito(), chain.login(flow));
        let mut talk = Talk::begin(&cognito, &spec, alice(&chain)).await;
        if flow == Flow::CustomSrp {
            talk = talk.go(password(chain.text("password"))).await;
        }
        for (question, answer) in [("cat?", "meow"), ("dog?", "woof")] {
            let Question::Custom { parameters } = &talk.question else {
                panic!("{:?}", talk.question)
            };
            assert_eq!(parameters, &attributes(&[("question", question)]));
            let step = talk.step(Answer::Custom(Secret::new(answer))).await;
            if question == "dog?" {
                done(step);
                break;
            }
            talk = Talk::at(&cognito, &spec, step);
        }
    }
}

/// What a new user of a strict pool goes through, in one conversation.
#[tokio::test]
async fn a_new_password_the_set_up_of_an_app_and_a_device_in_one_chain() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let chain = sandbox.seed(&json!({
        "pool": {"mfa": "ON", "factors": ["SOFTWARE_TOKEN_MFA"], "devices": "ask"},
        "user": {"temporary": true},
    }));
    let (cognito, spec) = (cognito(), chain.login(Flow::UserSrp));
    let talk = at_password(&cognito, &spec, &chain).await;
    let talk = talk.go(password(chain.text("password"))).await;
    assert!(
        matches!(talk.question, Question::NewPassword { .. }),
        "{:?}",
        talk.question
    );
    let talk = talk.trip(new_password("short"), "policy").await;
    let talk = talk.go(new_password(NEW)).await;
    let Question::AppSetup { key, .. } = talk.question.clone() else {
        panic!("{:?}", talk.question)
    };
    let shown = |code: &str| Answer::AppSetup {
        code: Secret::new(code),
        device_name: Some("Alice's phone".into()),
    };
    let talk = talk.trip(shown("000000"), "ode").await;
    let talk = talk.go(shown(&totp(&sandbox, key.expose()))).await;
    assert!(
        matches!(talk.question, Question::RememberDevice { .. }),
        "{:?}",
        talk.question
    );
    let (tokens, device) = done(talk.step(Answer::RememberDevice(true)).await);
    let device = device.unwrap();
    assert_eq!(tokens.device_key.as_deref(), Some(device.key.as_str()));

    // From now on the device stands in for the app.
    let begun = Thread {
        device: Some(device.clone()),
        ..alice(&chain)
    };
    let talk = Talk::begin(&cognito, &spec, begun).await;
    let (tokens, kept) = done(talk.step(password(NEW)).await);
    assert_eq!(kept, Some(device));
    let refresh = tokens.refresh_token.unwrap();
    let key = tokens.device_key.as_deref();
    cognito.refresh(&spec, &refresh, None, key).await.unwrap();
}

#[tokio::test]
async fn a_device_lives_from_its_first_sign_in_to_its_last() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let chain = sandbox.seed(&json!({
        "pool": {
            "mfa": "ON", "factors": ["SOFTWARE_TOKEN_MFA"], "devices": "always",
            "aws": {"AliasAttributes": ["email"]},
        },
        "client": {"rotation_grace_seconds": 0},
        "user": {"totp_key": KEY, "email": "alice@example.com"},
    }));
    let (cognito, spec) = (cognito(), chain.login(Flow::UserSrp));
    let talk = at_password(&cognito, &spec, &chain).await;
    let talk = talk.go(password(chain.text("password"))).await;
    let (tokens, device) = done(talk.step(code(&totp(&sandbox, KEY))).await);
    let device = device.unwrap();
    assert_eq!(tokens.device_key.as_deref(), Some(device.key.as_str()));

    // A refresh needs the key.
    let refresh = tokens.refresh_token.unwrap();
    let fault = cognito
        .refresh(&spec, &refresh, None, None)
        .await
        .unwrap_err();
    assert_eq!(fault.kind, FaultKind::Ended(Ended::Refused), "{fault}");
    let key = Some(device.key.as_str());
    let renewed = cognito.refresh(&spec, &refresh, None, key).await.unwrap();
    let refresh = renewed.refresh_token.unwrap();

    // Typed by another name, it is the same device.
    for username in [chain.text("username"), "alice@example.com"] {
        let begun = Thread {
            username: Some(username.to_owned()),
            device: Some(Device {
                alias: Some("alice@example.com".into()),
                ..device.clone()
            }),
            ..Thread::default()
        };
        let talk = Talk::begin(&cognito, &spec, begun).await;
        let (_, kept) = done(talk.step(password(chain.text("password"))).await);
        assert_eq!(kept.unwrap().key, device.key);
    }

    // A secret that is not the device's asks for the second factor again.
    later(&sandbox, 60);
    let broken = Device {
        password: Secret::new("bm90IHRoZSBwYXNzd29yZA=="),
        ..device.clone()
    };
    let talk = Talk::begin(&cognito, &spec, with(&chain, broken)).await;
    let talk = talk.go(password(chain.text("password"))).await;
    let (_, other) = done(talk.step(code(&totp(&sandbox, KEY))).await);
    assert_ne!(other.unwrap().key, device.key);

    // Signing out has it forgotten, with the newest token of a rotation.
    let forget = Farewell {
        forget: Some(device.key.clone()),
        access_token: None,
        ..Farewell::default()
    };
    let parting = cognito.revoke(&spec, Some(&refresh), None, &forget).await;
    assert_eq!((parting.forgotten, parting.revoked), (Ok(()), Ok(())));
    later(&sandbox, 60);
    let talk = Talk::begin(&cognito, &spec, with(&chain, device)).await;
    let talk = talk.go(password(chain.text("password"))).await;
    assert_eq!(
        talk.thread.device, None,
        "it was dropped, and the password taken"
    );
    let Question::Code { .. } = talk.question else {
        panic!("{:?}", talk.question)
    };
    done(talk.step(code(&totp(&sandbox, KEY))).await);
}

#[tokio::test]
async fn a_device_that_the_person_does_not_want_is_not_kept() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let chain = sandbox.seed(&json!({"pool": {"devices": "ask"}}));
    let (cognito, spec) = (cognito(), chain.login(Flow::UserSrp));
    let talk = at_password(&cognito, &spec, &chain).await;
    let talk = talk.go(password(chain.text("password"))).await;
    let (tokens, device) = done(talk.step(Answer::RememberDevice(false)).await);
    assert_eq!(device, None);
    let refresh = tokens.refresh_token.unwrap();
    let key = tokens.device_key.as_deref();
    cognito.refresh(&spec, &refresh, None, key).await.unwrap();
}
