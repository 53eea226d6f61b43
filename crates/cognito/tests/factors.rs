//! Second factors: codes, a choice of them, and their set-up, against a scripted server.
#![allow(clippy::unwrap_used, reason = "tests may fail")]

#[path = "support/challenges.rs"]
mod challenges;
mod support;
#[path = "support/talk.rs"]
mod talk;

use challenges::*;
use poolkey_core::config::Flow;
use poolkey_core::conversation::{Answer, ChoiceOf, CodeFor, Factor, Medium, Question, Way};
use poolkey_core::fault::FaultKind;
use poolkey_core::secret::Secret;
use serde_json::json;
use support::*;
use talk::{Talk, attributes, code};

/// At the question that this challenge leads to, after the password's proof.
macro_rules! at {
    ($server:ident, $talk:ident, [$($act:expr),* $(,)?]) => {
        let $server = Server::start([password_verifier(), $($act),*]).await;
        let cognito = cognito();
        let spec = $server.login(Flow::UserSrp);
        let $talk = Talk::begin(&cognito, &spec, ada()).await.go(password()).await;
        assert_nothing_typed(&$talk.thread);
    };
}

#[tokio::test]
async fn a_code_is_asked_for_by_each_of_its_names() {
    let sent = json!({
        "CODE_DELIVERY_DELIVERY_MEDIUM": "x", "CODE_DELIVERY_DESTINATION": "+*******9999",
        "FRIENDLY_DEVICE_NAME": "Ada's phone",
    });
    for (name, medium, destination) in [
        ("SMS_MFA", Medium::Sms, "+*******9999"),
        ("SMS_OTP", Medium::Sms, "+*******9999"),
        ("EMAIL_OTP", Medium::Email, "+*******9999"),
        ("EMAIL_MFA", Medium::Email, "+*******9999"),
        ("SOFTWARE_TOKEN_MFA", Medium::App, "Ada's phone"),
    ] {
        at!(server, talk, [challenge(name, &sent), signed_in()]);
        assert_eq!(
            talk.question,
            Question::Code {
                code_for: CodeFor::SignIn,
                medium,
                destination: Some(destination.into()),
                can_resend: false,
            }
        );
        let talk = talk.trip(code(" - \n"), "Type the code").await;
        done(talk.step(code("123 456")).await);
        assert_eq!(server.seen().len(), 3, "nothing was sent for no code");
        let mut responses = json!({"USERNAME": BEHIND});
        responses[format!("{name}_CODE")] = "123456".into();
        assert_eq!(
            answered(&server, 2),
            (name.to_owned(), format!("session-of-{name}"), responses)
        );
    }
}

#[tokio::test]
async fn a_wrong_code_is_asked_for_again_in_the_same_session() {
    let wrong = [
        (
            "CodeMismatchException",
            "Invalid code received for user",
            FaultKind::Wrong,
        ),
        (
            "CodeMismatchException",
            "Invalid code or auth state for the user.",
            FaultKind::Wrong,
        ),
        (
            "ExpiredCodeException",
            "Your software token has already been used once.",
            FaultKind::Wrong,
        ),
        (
            "LimitExceededException",
            "Attempt limit exceeded, please try after some time.",
            FaultKind::LockedOut,
        ),
        (
            "TooManyFailedAttemptsException",
            "Too many failed attempts",
            FaultKind::LockedOut,
        ),
        (
            "TooManyRequestsException",
            "Rate exceeded",
            FaultKind::Throttled,
        ),
        (
            "InternalErrorException",
            "Something went wrong",
            FaultKind::Service,
        ),
    ];
    let app = challenge("SOFTWARE_TOKEN_MFA", &json!({}));
    at!(server, talk, [app]);
    let mut talk = talk;
    let question = talk.question.clone();
    for (error, text, kind) in wrong {
        server.then(refuse(400, error, text));
        talk = talk.trip(code("000000"), text.trim_end_matches('.')).await;
        assert_eq!(talk.problem.as_ref().unwrap().kind, kind);
        assert_eq!(talk.question, question);
    }
    // An answer that did not come is no reason to begin again, either.
    server.then(Act::Reset);
    talk = talk.trip(code("000000"), "broke").await;
    server.then(signed_in());
    done(talk.step(code("123456")).await);
    let calls = server.seen().len();
    for call in 2..calls {
        assert_eq!(answered(&server, call).1, "session-of-SOFTWARE_TOKEN_MFA");
    }
    assert_eq!(calls, 2 + wrong.len() + 2);
}

#[tokio::test]
async fn a_second_factor_is_chosen_by_the_pools_own_name() {
    for spelling in ["EMAIL_OTP", "EMAIL_MFA"] {
        let offered = json!({
            "MFAS_CAN_CHOOSE": format!("[\"SOFTWARE_TOKEN_MFA\",\"{spelling}\"]"),
            "CODE_DELIVERY_DESTINATION": "a***@e***",
        });
        at!(
            server,
            talk,
            [
                challenge("SELECT_MFA_TYPE", &offered),
                challenge(spelling, &json!({})),
                signed_in(),
            ]
        );
        assert_eq!(
            talk.question,
            Question::Choice {
                choice_of: ChoiceOf::SecondFactor,
                ways: vec![
                    Way {
                        factor: Factor::App,
                        destination: None
                    },
                    Way {
                        factor: Factor::Email,
                        destination: Some("a***@e***".into())
                    },
                ],
                elsewhere: vec![],
            }
        );
        let talk = talk.trip(Answer::Choice(Factor::Sms), "not one of").await;
        let talk = talk.go(Answer::Choice(Factor::Email)).await;
        done(talk.step(code("123456")).await);
        assert_eq!(
            answered(&server, 2),
            (
                "SELECT_MFA_TYPE".into(),
                "session-of-SELECT_MFA_TYPE".into(),
                json!({"USERNAME": BEHIND, "ANSWER": spelling})
            )
        );
        assert_eq!(answered(&server, 3).1, format!("session-of-{spelling}"));
    }
    // Of two messages, one destination says nothing; and where there is one way, nobody is asked.
    let two = json!({
        "MFAS_CAN_CHOOSE": "[\"SMS_MFA\",\"EMAIL_OTP\"]", "CODE_DELIVERY_DESTINATION": "a***@e***",
    });
    at!(server, talk, [challenge("SELECT_MFA_TYPE", &two)]);
    let Question::Choice { ways, .. } = talk.question else {
        panic!("{:?}", talk.question)
    };
    assert!(ways.iter().all(|way| way.destination.is_none()));
    drop(server);
    let one = json!({"MFAS_CAN_CHOOSE": "[\"SMS_MFA\"]"});
    at!(
        server,
        talk,
        [
            challenge("SELECT_MFA_TYPE", &one),
            challenge("SMS_MFA", &json!({})),
        ]
    );
    assert!(matches!(
        talk.question,
        Question::Code {
            medium: Medium::Sms,
            ..
        }
    ));
    assert_eq!(answered(&server, 2).2["ANSWER"], "SMS_MFA");
}

fn set_up(ways: &str) -> Act {
    challenge(
        "MFA_SETUP",
        &json!({"MFAS_CAN_SETUP": ways, "USER_ID_FOR_SRP": BEHIND}),
    )
}

fn key() -> Act {
    ok(&json!({"SecretCode": "JBSWY3DPEHPK3PXP", "Session": "session-of-the-key"}))
}

#[tokio::test]
async fn an_authenticator_app_is_set_up_in_the_chain_of_sessions() {
    at!(
        server,
        talk,
        [
            set_up("[\"SOFTWARE_TOKEN_MFA\",\"SMS_MFA\"]"),
            key(),
            refuse(400, "EnableSoftwareTokenMFAException", "Code mismatch"),
            ok(&json!({"Status": "ERROR", "Session": "of-no-use"})),
            ok(&json!({"Status": "SUCCESS", "Session": "session-of-the-code"})),
            signed_in(),
        ]
    );
    let Question::AppSetup { key, uri } = talk.question.clone() else {
        panic!("{:?}", talk.question)
    };
    assert_eq!(key, Secret::new("JBSWY3DPEHPK3PXP"));
    assert_eq!(
        uri,
        Secret::new("otpauth://totp/acme:ada%40example.com?secret=JBSWY3DPEHPK3PXP&issuer=acme")
    );
    let shown = |code: &str| Answer::AppSetup {
        code: Secret::new(code),
        device_name: Some(" Ada's phone ".into()),
    };
    let talk = talk.trip(shown(" "), "Type the code").await;
    let talk = talk.trip(shown("000 000"), "Code mismatch").await;
    let talk = talk.trip(shown("111111"), "not of this key").await;
    assert!(
        matches!(talk.question, Question::AppSetup { .. }),
        "the same key"
    );
    done(talk.step(shown("123 456")).await);

    let seen = server.seen();
    assert_eq!(seen[2].0, "AssociateSoftwareToken");
    assert_eq!(seen[2].1, json!({"Session": "session-of-MFA_SETUP"}));
    for (call, code) in [(3, "000000"), (4, "111111"), (5, "123456")] {
        assert_eq!(seen[call].0, "VerifySoftwareToken");
        assert_eq!(
            seen[call].1,
            json!({
                "Session": "session-of-the-key", "UserCode": code,
                "FriendlyDeviceName": "Ada's phone",
            })
        );
    }
    assert_eq!(
        answered(&server, 6),
        (
            "MFA_SETUP".into(),
            "session-of-the-code".into(),
            json!({"USERNAME": BEHIND})
        )
    );
}

/// The app is set up by then, and its code was used: the question cannot be asked again.
#[tokio::test]
async fn a_set_up_whose_last_call_fails_is_begun_again() {
    let verified = || ok(&json!({"Status": "SUCCESS", "Session": "session-of-the-code"}));
    let shown = Answer::AppSetup {
        code: Secret::new("123456"),
        device_name: None,
    };
    let broken = refuse(500, "InternalErrorException", "x");
    let ways = "[\"SOFTWARE_TOKEN_MFA\"]";
    at!(server, talk, [set_up(ways), key(), verified(), broken]);
    let fault = talk.fail(shown.clone()).await;
    assert_eq!(fault.kind, FaultKind::Service);
    assert_eq!(server.seen().len(), 5);

    let refused = refuse(400, "CodeMismatchException", "Code mismatch");
    at!(server, talk, [set_up(ways), key(), verified(), refused]);
    let talk = talk.trip(shown, "Code mismatch").await;
    assert!(matches!(talk.question, Question::Password { .. }));
    assert_eq!(server.seen().len(), 5);
}

#[tokio::test]
async fn of_several_factors_one_is_chosen_and_set_up() {
    at!(
        server,
        talk,
        [
            set_up("[\"SMS_MFA\",\"SOFTWARE_TOKEN_MFA\",\"EMAIL_OTP\"]"),
            challenge(
                "EMAIL_OTP",
                &json!({"CODE_DELIVERY_DESTINATION": "a***@e***"})
            ),
            signed_in(),
        ]
    );
    assert_eq!(
        talk.question,
        Question::Choice {
            choice_of: ChoiceOf::SetUp,
            ways: vec![
                Way {
                    factor: Factor::App,
                    destination: None
                },
                Way {
                    factor: Factor::Email,
                    destination: None
                },
            ],
            elsewhere: vec![Factor::Sms],
        }
    );
    let talk = talk
        .trip(Answer::Choice(Factor::Sms), "An administrator must add")
        .await;
    let talk = talk.go(Answer::Choice(Factor::Email)).await;
    let names = vec!["email".to_owned()];
    assert_eq!(talk.question, Question::Attributes { names });
    let none = Answer::Attributes(attributes(&[("email", " ")]));
    let talk = talk.trip(none, "requires “email”").await;
    let address = attributes(&[("email", "ada@example.com"), ("custom:x", "not asked for")]);
    let talk = talk.go(Answer::Attributes(address)).await;
    assert!(matches!(
        talk.question,
        Question::Code {
            medium: Medium::Email,
            ..
        }
    ));
    done(talk.step(code("123456")).await);
    assert_eq!(
        answered(&server, 2),
        (
            "MFA_SETUP".into(),
            "session-of-MFA_SETUP".into(),
            json!({"USERNAME": BEHIND, "EMAIL": "ada@example.com"})
        )
    );

    drop(server);
    at!(
        server,
        talk,
        [set_up("[\"EMAIL_OTP\",\"SOFTWARE_TOKEN_MFA\"]"), key(),]
    );
    let talk = talk.go(Answer::Choice(Factor::App)).await;
    assert!(matches!(talk.question, Question::AppSetup { .. }));
    assert_eq!(server.seen()[2].0, "AssociateSoftwareToken");
}

/// The chain that a new user of a strict pool goes through.
#[tokio::test]
async fn a_new_password_leads_to_the_set_up_of_an_app() {
    let required = json!({"requiredAttributes": "[]", "userAttributes": "{}"});
    at!(
        server,
        talk,
        [
            challenge("NEW_PASSWORD_REQUIRED", &required),
            set_up("[\"SOFTWARE_TOKEN_MFA\"]"),
            key(),
            ok(&json!({"Status": "SUCCESS", "Session": "session-of-the-code"})),
            challenge("SOFTWARE_TOKEN_MFA", &json!({})),
            signed_in(),
        ]
    );
    let talk = talk.go(talk::new_password("Another-horse-8")).await;
    assert_nothing_typed(&talk.thread);
    let shown = Answer::AppSetup {
        code: Secret::new("123456"),
        device_name: None,
    };
    let talk = talk.go(shown).await;
    assert!(matches!(
        talk.question,
        Question::Code {
            medium: Medium::App,
            ..
        }
    ));
    done(talk.step(code("654321")).await);
    let operations: Vec<_> = server.seen().into_iter().map(|(name, _)| name).collect();
    assert_eq!(
        operations,
        [
            "InitiateAuth",
            "RespondToAuthChallenge",
            "RespondToAuthChallenge",
            "AssociateSoftwareToken",
            "VerifySoftwareToken",
            "RespondToAuthChallenge",
            "RespondToAuthChallenge",
        ]
    );
}
