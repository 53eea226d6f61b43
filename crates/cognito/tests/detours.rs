//! Where a sign-in does not go straight on: a new password, a session that expired, an account
//! that is not confirmed, a password that was reset.
#![allow(clippy::unwrap_used, reason = "tests may fail")]

#[path = "support/challenges.rs"]
mod challenges;
mod support;
#[path = "support/talk.rs"]
mod talk;

use challenges::*;
use poolkey_core::config::Flow;
use poolkey_core::conversation::{Answer, CodeFor, Factor, Medium, Question, Thread};
use poolkey_core::fault::FaultKind;
use poolkey_core::secret::Secret;
use poolkey_core::session::Device;
use serde_json::json;
use support::*;
use talk::{Talk, attributes, code, new_password};

const NEW: &str = "Another-horse-8";

#[tokio::test]
async fn a_temporary_password_is_replaced_with_what_the_pool_requires() {
    let required = json!({
        "requiredAttributes": "[\"userAttributes.email\",\"userAttributes.custom:team\"]",
        "userAttributes": "{\"email_verified\":\"true\"}",
    });
    let policy = "Password did not conform with policy: Password must have numeric characters";
    let schema = "Attributes did not conform to the schema: email: Invalid email address format.";
    let server = Server::start([
        password_verifier(),
        challenge("NEW_PASSWORD_REQUIRED", &required),
        refuse(400, "InvalidPasswordException", policy),
        refuse(400, "InvalidParameterException", schema),
        signed_in(),
    ])
    .await;
    let (cognito, spec) = (cognito(), server.login(Flow::UserSrp));
    let talk = Talk::begin(&cognito, &spec, ada()).await;
    let talk = talk.go(password()).await;
    assert_eq!(
        talk.question,
        Question::NewPassword {
            username: "ada@example.com".into(),
            attributes: vec!["email".into(), "custom:team".into()],
        }
    );
    let with = |text: &str, pairs: &[(&str, &str)]| Answer::NewPassword {
        password: Secret::new(text),
        attributes: attributes(pairs),
    };
    let whole = [
        ("email", " ada@example.com "),
        ("custom:team", "engines"),
        ("custom:admin", "true"),
    ];
    let talk = talk.trip(with("", &whole), "Type the new").await;
    let talk = talk.trip(with(NEW, &whole[..1]), "“custom:team”").await;
    let empty = [("email", "x"), ("custom:team", " ")];
    let talk = talk.trip(with(NEW, &empty), "“custom:team”").await;
    assert_eq!(server.seen().len(), 2, "nothing was sent for those");
    let talk = talk
        .trip(
            with("weak-password", &whole),
            "policy: Password must have numeric characters.",
        )
        .await;
    let talk = talk.trip(with(NEW, &whole), "Invalid email address").await;
    assert_nothing_typed(&talk.thread);
    done(talk.step(with(NEW, &whole)).await);
    for call in 2..5 {
        let (name, session, responses) = answered(&server, call);
        assert_eq!(name, "NEW_PASSWORD_REQUIRED");
        assert_eq!(session, "session-of-NEW_PASSWORD_REQUIRED");
        let sent = if call == 2 { "weak-password" } else { NEW };
        assert_eq!(
            responses,
            json!({
                "USERNAME": BEHIND, "NEW_PASSWORD": sent,
                "userAttributes.email": "ada@example.com",
                "userAttributes.custom:team": "engines",
            }),
            "only what was asked for"
        );
    }
}

/// What was answered is answered, even if what follows from it fails.
#[tokio::test]
async fn a_question_that_was_answered_is_not_asked_again() {
    let begun = |refusal: Act| {
        [
            password_verifier(),
            challenge("NEW_PASSWORD_REQUIRED", &json!({})),
            challenge(
                "MFA_SETUP",
                &json!({"MFAS_CAN_SETUP": "[\"SOFTWARE_TOKEN_MFA\"]"}),
            ),
            refusal,
        ]
    };
    let busy = refuse(400, "TooManyRequestsException", "Rate exceeded");
    let server = Server::start(begun(busy)).await;
    let (cognito, spec) = (cognito(), server.login(Flow::UserSrp));
    let talk = Talk::begin(&cognito, &spec, ada()).await;
    let talk = talk.go(password()).await;
    let fault = talk.fail(new_password(NEW)).await;
    assert_eq!(fault.kind, FaultKind::Throttled);

    let limit = refuse(400, "LimitExceededException", "Attempt limit exceeded");
    let server = Server::start(begun(limit)).await;
    let spec = server.login(Flow::UserSrp);
    let talk = Talk::begin(&cognito, &spec, ada()).await;
    let talk = talk.go(password()).await;
    let talk = talk.trip(new_password(NEW), "limit exceeded").await;
    assert!(matches!(talk.question, Question::Password { .. }));
    assert_eq!(talk.thread.session, None);
}

const EXPIRED: [&str; 3] = [
    "Invalid session for the user.",
    "Invalid session for the user, session is expired.",
    "Invalid session for the user, session can only be used once.",
];

#[tokio::test]
async fn a_session_that_expired_begins_again_with_what_is_known() {
    for text in EXPIRED {
        let server = Server::start([
            password_verifier(),
            challenge("SMS_MFA", &json!({})),
            refuse(400, "NotAuthorizedException", text),
            password_verifier(),
            signed_in(),
        ])
        .await;
        let (cognito, spec) = (cognito(), server.login(Flow::UserSrp));
        let begun = Thread {
            client_secret: Some(Secret::new("the-client-secret")),
            device: Some(stranger()),
            ..ada()
        };
        let talk = Talk::begin(&cognito, &spec, begun.clone()).await;
        let talk = talk.go(password()).await;
        let talk = talk.trip(code("123456"), "Invalid session").await;
        assert_eq!(talk.problem.as_ref().unwrap().kind, FaultKind::Expired);
        let username = "ada@example.com".to_owned();
        assert_eq!(talk.question, Question::Password { username });
        assert_eq!(
            talk.thread,
            Thread {
                asked: Some(talk.question.clone()),
                ..begun
            },
            "nothing of the session is left"
        );
        assert_eq!(
            server.seen().len(),
            3,
            "the password is the person's to type"
        );
        done(talk.step(password()).await);
    }
}

/// Where the first question is the pool's, it is asked anew.
#[tokio::test]
async fn a_session_that_expired_asks_the_pool_for_its_first_question() {
    let expired = || refuse(400, "NotAuthorizedException", EXPIRED[1]);
    let server = Server::start([
        challenge("CUSTOM_CHALLENGE", &json!({"question": "cat?"})),
        expired(),
        challenge("CUSTOM_CHALLENGE", &json!({"question": "dog?"})),
    ])
    .await;
    let (cognito, spec) = (cognito(), server.login(Flow::Custom));
    let talk = Talk::begin(&cognito, &spec, ada()).await;
    let answer = Answer::Custom(Secret::new("cat"));
    let talk = talk.trip(answer, "Invalid session").await;
    let Question::Custom { parameters } = talk.question else {
        panic!("{:?}", talk.question)
    };
    assert_eq!(parameters["question"], "dog?");

    let server = Server::start([
        offer(&["EMAIL_OTP", "SMS_OTP"]),
        expired(),
        offer(&["EMAIL_OTP", "SMS_OTP"]),
        challenge("SMS_OTP", &json!({})),
        expired(),
        expired(),
    ])
    .await;
    let spec = server.login(Flow::UserAuth);
    let talk = Talk::begin(&cognito, &spec, ada()).await;
    let talk = talk
        .trip(Answer::Choice(Factor::Email), "Invalid session")
        .await;
    let talk = talk.go(Answer::Choice(Factor::Sms)).await;
    // Once: a pool that expires everything is not asked for ever.
    let fault = talk.fail(code("123456")).await;
    assert_eq!(fault.kind, FaultKind::Expired);
    assert_eq!(server.seen().len(), 6);
}

#[tokio::test]
async fn an_account_is_confirmed_on_the_way() {
    let server = Server::start([
        password_verifier(),
        refuse(400, "UserNotConfirmedException", "User is not confirmed."),
        ok(&json!({"CodeDeliveryDetails": {
            "DeliveryMedium": "EMAIL", "Destination": "a***@e***", "AttributeName": "email",
        }})),
        refuse(400, "LimitExceededException", "Attempt limit exceeded"),
        refuse(
            400,
            "CodeMismatchException",
            "Invalid verification code provided",
        ),
        ok(&json!({})),
        password_verifier(),
        signed_in(),
    ])
    .await;
    let (cognito, spec) = (cognito(), server.login(Flow::UserSrp));
    let talk = Talk::begin(&cognito, &spec, ada()).await;
    let talk = talk.trip(password(), "not confirmed").await;
    assert_eq!(
        talk.question,
        Question::Code {
            code_for: CodeFor::Confirm,
            medium: Medium::Unknown,
            destination: None,
            can_resend: true,
        }
    );
    assert_nothing_typed(&talk.thread);
    let talk = talk.go(Answer::Resend).await;
    let sent = Question::Code {
        code_for: CodeFor::Confirm,
        medium: Medium::Email,
        destination: Some("a***@e***".into()),
        can_resend: true,
    };
    assert_eq!(talk.question, sent);
    let talk = talk.trip(Answer::Resend, "limit exceeded").await;
    assert_eq!(talk.question, sent, "the code that was sent may still do");
    let talk = talk.trip(code("000000"), "Invalid verification").await;
    assert_eq!(talk.question, sent);
    let talk = talk.go(code("123 456")).await;
    assert!(matches!(talk.question, Question::Password { .. }));
    done(talk.step(password()).await);
    let operations: Vec<_> = server.seen().into_iter().map(|(name, _)| name).collect();
    assert_eq!(
        operations[2..6],
        [
            "ResendConfirmationCode",
            "ResendConfirmationCode",
            "ConfirmSignUp",
            "ConfirmSignUp"
        ]
    );
    assert_eq!(server.seen()[5].1["ConfirmationCode"], "123456");
    assert_eq!(server.seen()[5].1["Username"], "ada@example.com");
}

#[tokio::test]
async fn a_password_that_was_reset_is_set_anew_and_signs_in() {
    let reset = || {
        refuse(
            400,
            "PasswordResetRequiredException",
            "Password reset required for the user",
        )
    };
    let server = Server::start([
        reset(),
        ok(&json!({"CodeDeliveryDetails": {
            "DeliveryMedium": "SMS", "Destination": "+*******9999",
        }})),
        refuse(
            400,
            "CodeMismatchException",
            "Invalid verification code provided",
        ),
        refuse(
            400,
            "InvalidPasswordException",
            "Password does not conform to policy: Password not long enough",
        ),
        ok(&json!({})),
        password_verifier(),
        signed_in(),
    ])
    .await;
    let (cognito, spec) = (cognito(), server.login(Flow::UserSrp));
    let talk = Talk::begin(&cognito, &spec, ada()).await;
    let talk = talk.trip(password(), "set anew").await;
    let is_code = |question: &Question| {
        let Question::Code {
            code_for,
            can_resend,
            ..
        } = question
        else {
            return false;
        };
        *code_for == CodeFor::Reset && *can_resend
    };
    assert!(is_code(&talk.question), "{:?}", talk.question);
    let talk = talk.go(Answer::Resend).await;
    assert!(is_code(&talk.question), "{:?}", talk.question);
    let talk = talk.go(code("000000")).await;
    assert!(matches!(talk.question, Question::NewPassword { .. }));
    let talk = talk.trip(new_password(NEW), "Invalid verification").await;
    assert!(is_code(&talk.question), "{:?}", talk.question);
    let talk = talk.go(code("123 456")).await;
    let talk = talk
        .trip(new_password("weak-password"), "not long enough")
        .await;
    assert!(matches!(talk.question, Question::NewPassword { .. }));
    done(talk.step(new_password(NEW)).await);
    let seen = server.seen();
    assert_eq!(seen[1].0, "ForgotPassword");
    assert_eq!(seen[2].1["ConfirmationCode"], "000000");
    for (call, password) in [(3, "weak-password"), (4, NEW)] {
        assert_eq!(seen[call].0, "ConfirmForgotPassword");
        assert_eq!(seen[call].1["ConfirmationCode"], "123456");
        assert_eq!(seen[call].1["Password"], password);
    }
    assert_eq!(seen[5].0, "InitiateAuth");
    assert_eq!(seen.len(), 7);
}

/// A device of somebody else: it is nobody's business here.
fn stranger() -> Device {
    Device {
        user_pool_id: "eu-west-1_AbCdEf123".into(),
        username: "grace".into(),
        alias: None,
        key: "eu-west-1_grace".into(),
        group_key: "-g".into(),
        password: Secret::new("the-password-of-grace's-device"),
    }
}
