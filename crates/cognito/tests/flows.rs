//! How a sign-in begins: every flow but the plain ones, against a scripted server.
#![allow(clippy::unwrap_used, reason = "tests may fail")]

#[path = "support/challenges.rs"]
mod challenges;
mod support;
#[path = "support/talk.rs"]
mod talk;

use std::collections::BTreeMap;

use challenges::*;
use poolkey_core::config::{Flow, Preference};
use poolkey_core::conversation::{Answer, ChoiceOf, CodeFor, Factor, Medium, Question, Way};
use poolkey_core::fault::FaultKind;
use poolkey_core::secret::Secret;
use serde_json::json;
use support::specs::pool;
use support::*;
use talk::{Talk, code};

#[tokio::test]
async fn user_auth_lets_the_person_choose() {
    let server = Server::start([
        offer(&["PASSWORD", "EMAIL_OTP", "WEB_AUTHN", "PASSWORD_SRP", "SMS_OTP"]),
        challenge(
            "EMAIL_OTP",
            &json!({"CODE_DELIVERY_DELIVERY_MEDIUM": "EMAIL", "CODE_DELIVERY_DESTINATION": "a***@e***"}),
        ),
        signed_in(),
    ])
    .await;
    let (cognito, spec) = (cognito(), server.login(Flow::UserAuth));
    let talk = Talk::begin(&cognito, &spec, ada()).await;
    let way = |factor| Way {
        factor,
        destination: None,
    };
    assert_eq!(
        talk.question,
        Question::Choice {
            choice_of: ChoiceOf::FirstFactor,
            ways: [Factor::Password, Factor::Email, Factor::Sms]
                .map(way)
                .to_vec(),
            elsewhere: vec![Factor::Passkey],
        }
    );
    let talk = talk
        .trip(Answer::Choice(Factor::Passkey), "a browser")
        .await;
    let talk = talk.trip(Answer::Choice(Factor::App), "not one of").await;
    assert_eq!(server.seen().len(), 1, "nothing was sent for those");
    let talk = talk.go(Answer::Choice(Factor::Email)).await;
    assert_eq!(
        talk.question,
        Question::Code {
            code_for: CodeFor::SignIn,
            medium: Medium::Email,
            destination: Some("a***@e***".into()),
            can_resend: true,
        }
    );
    let (tokens, device) = done(talk.step(code(" 123-456\u{a0}")).await);
    assert_eq!(tokens.device_key, None);
    assert_eq!(device, None);

    let seen = server.seen();
    assert_eq!(seen[0].1["AuthFlow"], "USER_AUTH");
    assert_eq!(
        seen[0].1["AuthParameters"],
        json!({"USERNAME": "ada@example.com"})
    );
    assert_eq!(
        answered(&server, 1),
        (
            "SELECT_CHALLENGE".into(),
            "session-of-SELECT_CHALLENGE".into(),
            json!({"USERNAME": BEHIND, "ANSWER": "EMAIL_OTP"})
        )
    );
    assert_eq!(
        answered(&server, 2),
        (
            "EMAIL_OTP".into(),
            "session-of-EMAIL_OTP".into(),
            json!({"USERNAME": BEHIND, "EMAIL_OTP_CODE": "123456"})
        ),
        "the name behind the alias, and the code without what was typed between"
    );
}

#[tokio::test]
async fn user_auth_proves_a_password_that_was_chosen() {
    let wrong = "Incorrect username or password.";
    let server = Server::start([
        offer(&["PASSWORD", "PASSWORD_SRP", "SMS_OTP"]),
        password_verifier(),
        refuse(400, "NotAuthorizedException", wrong),
        password_verifier(),
        refuse(400, "NotAuthorizedException", wrong),
        password_verifier(),
        signed_in(),
    ])
    .await;
    let (cognito, spec) = (cognito(), server.login(Flow::UserAuth));
    let talk = Talk::begin(&cognito, &spec, ada()).await;
    let talk = talk.go(Answer::Choice(Factor::Password)).await;
    assert!(matches!(talk.question, Question::Password { .. }));
    assert_eq!(server.seen().len(), 1, "choice and proof go in one call");
    let talk = talk.trip(password(), wrong).await;
    assert!(matches!(talk.question, Question::Password { .. }));
    let talk = talk.trip(password(), wrong).await;
    done(talk.step(password()).await);

    let (name, session, responses) = answered(&server, 1);
    assert_eq!(name, "SELECT_CHALLENGE");
    assert_eq!(session, "session-of-SELECT_CHALLENGE");
    assert_eq!(responses["ANSWER"], "PASSWORD_SRP");
    assert!(responses["SRP_A"].as_str().unwrap().len() > 760);
    assert_eq!(answered(&server, 2).0, "PASSWORD_VERIFIER");
    let seen = server.seen();
    for again in [3, 5] {
        assert_eq!(seen[again].0, "InitiateAuth", "in a new session");
        let parameters = &seen[again].1["AuthParameters"];
        assert_eq!(parameters["PREFERRED_CHALLENGE"], "PASSWORD_SRP");
        assert_eq!(parameters["USERNAME"], "ada@example.com");
        assert!(parameters["SRP_A"].is_string());
    }
    assert!(!format!("{seen:?}").contains(PASSWORD), "it was never sent");
}

#[tokio::test]
async fn user_auth_sends_a_password_only_where_the_pool_proves_none() {
    let server = Server::start([offer(&["PASSWORD", "EMAIL_OTP"]), signed_in()]).await;
    let (cognito, spec) = (cognito(), server.login(Flow::UserAuth));
    let talk = Talk::begin(&cognito, &spec, ada()).await;
    let talk = talk.go(Answer::Choice(Factor::Password)).await;
    done(talk.step(password()).await);
    assert_eq!(
        answered(&server, 1).2,
        json!({"USERNAME": BEHIND, "ANSWER": "PASSWORD", "PASSWORD": PASSWORD})
    );
}

#[tokio::test]
async fn user_auth_does_not_ask_where_there_is_one_way() {
    let server = Server::start([
        offer(&["EMAIL_OTP"]),
        challenge("EMAIL_OTP", &json!({})),
        offer(&["PASSWORD_SRP"]),
        offer(&["WEB_AUTHN"]),
    ])
    .await;
    let (cognito, spec) = (cognito(), server.login(Flow::UserAuth));
    let talk = Talk::begin(&cognito, &spec, ada()).await;
    assert!(matches!(
        talk.question,
        Question::Code {
            medium: Medium::Email,
            ..
        }
    ));
    let talk = Talk::begin(&cognito, &spec, ada()).await;
    assert!(matches!(talk.question, Question::Password { .. }));
    let fault = cognito.begin(&spec, ada()).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Unsupported);
    assert!(fault.text.contains("passkey"), "{fault}");
    assert!(fault.text.contains("browser"), "{fault}");
}

#[tokio::test]
async fn user_auth_begins_with_what_is_preferred() {
    for (preference, name, medium) in [
        (Preference::EmailOtp, "EMAIL_OTP", Medium::Email),
        (Preference::SmsOtp, "SMS_OTP", Medium::Sms),
    ] {
        let server = Server::start([challenge(name, &json!({})), signed_in()]).await;
        let (cognito, mut spec) = (cognito(), server.login(Flow::UserAuth));
        pool(&mut spec).preferred_challenge = Some(preference);
        let talk = Talk::begin(&cognito, &spec, ada()).await;
        let Question::Code { medium: told, .. } = talk.question else {
            panic!("{:?}", talk.question)
        };
        assert_eq!(told, medium);
        done(talk.step(code("123456")).await);
        let sent = &server.seen()[0].1["AuthParameters"];
        assert_eq!(sent["PREFERRED_CHALLENGE"], name);
        assert_eq!(answered(&server, 1).2[format!("{name}_CODE")], "123456");
    }

    let server = Server::start([password_verifier(), signed_in()]).await;
    let (cognito, mut spec) = (cognito(), server.login(Flow::UserAuth));
    pool(&mut spec).preferred_challenge = Some(Preference::PasswordSrp);
    let talk = Talk::begin(&cognito, &spec, ada()).await;
    assert!(matches!(talk.question, Question::Password { .. }));
    done(talk.step(password()).await);
    let sent = &server.seen()[0].1["AuthParameters"];
    assert_eq!(sent["PREFERRED_CHALLENGE"], "PASSWORD_SRP");
    assert!(sent["SRP_A"].is_string());

    // A pool that has not got it offers what it has.
    let server = Server::start([offer(&["EMAIL_OTP", "SMS_OTP"]), signed_in()]).await;
    pool(&mut spec).endpoint = Some(server.url.clone());
    pool(&mut spec).preferred_challenge = Some(Preference::Password);
    let talk = Talk::begin(&cognito, &spec, ada()).await;
    let talk = talk.trip(password(), "by PASSWORD here").await;
    assert!(matches!(talk.question, Question::Choice { .. }));
    let sent = &server.seen()[0].1["AuthParameters"];
    assert_eq!(sent["PREFERRED_CHALLENGE"], "PASSWORD");
    assert_eq!(sent["PASSWORD"], PASSWORD);
}

/// Nobody types a password twice without being told why.
#[tokio::test]
async fn a_password_that_the_pool_wants_in_another_way_is_asked_for_with_the_problem() {
    let both = [
        (Preference::Password, "PASSWORD", "PASSWORD_SRP"),
        (Preference::PasswordSrp, "PASSWORD_SRP", "PASSWORD"),
    ];
    for (preference, preferred, offered) in both {
        for choice in [true, false] {
            let ways: &[&str] = if choice {
                &["EMAIL_OTP", offered]
            } else {
                &[offered]
            };
            let mut script = vec![offer(ways)];
            if offered == "PASSWORD_SRP" {
                script.push(password_verifier());
            }
            script.push(signed_in());
            let server = Server::start(script).await;
            let (cognito, mut spec) = (cognito(), server.login(Flow::UserAuth));
            pool(&mut spec).preferred_challenge = Some(preference);
            let talk = Talk::begin(&cognito, &spec, ada()).await;
            let told = format!("does not take the password by {preferred} here");
            let mut talk = talk.trip(password(), &told).await;
            assert_eq!(
                talk.problem.as_ref().unwrap().kind,
                FaultKind::Misconfigured,
                "the remedy is in profiles.toml"
            );
            assert_eq!(server.seen().len(), 1);
            if choice {
                talk = talk.go(Answer::Choice(Factor::Password)).await;
            }
            assert!(matches!(talk.question, Question::Password { .. }));
            done(talk.step(password()).await);
            assert_eq!(answered(&server, 1).2["ANSWER"], offered);
        }
    }
}

/// The pool may answer a preference by the challenge of that name.
#[tokio::test]
async fn a_password_that_is_a_challenge_of_its_own_is_asked_for_and_answered() {
    let server = Server::start([challenge("PASSWORD", &json!({})), signed_in()]).await;
    let (cognito, spec) = (cognito(), server.login(Flow::UserAuth));
    let talk = Talk::begin(&cognito, &spec, ada()).await;
    assert!(matches!(talk.question, Question::Password { .. }));
    done(talk.step(password()).await);
    assert_eq!(
        answered(&server, 1),
        (
            "PASSWORD".into(),
            "session-of-PASSWORD".into(),
            json!({"USERNAME": "ada@example.com", "PASSWORD": PASSWORD})
        )
    );

    let srp = [
        challenge("PASSWORD_SRP", &json!({})),
        password_verifier(),
        signed_in(),
    ];
    let server = Server::start(srp).await;
    let spec = server.login(Flow::UserAuth);
    let talk = Talk::begin(&cognito, &spec, ada()).await;
    done(talk.step(password()).await);
    let (name, session, responses) = answered(&server, 1);
    assert_eq!(name, "PASSWORD_SRP");
    assert_eq!(session, "session-of-PASSWORD_SRP");
    assert!(responses["SRP_A"].is_string());
    assert_eq!(responses.get("PASSWORD"), None);
    assert_eq!(answered(&server, 2).0, "PASSWORD_VERIFIER");
}

/// Whatever a server asks for, a password that was to be proven is not sent.
#[tokio::test]
async fn a_server_cannot_have_a_password_sent_that_was_to_be_proven() {
    for flow in [Flow::UserSrp, Flow::CustomSrp, Flow::UserAuth] {
        let script = [
            challenge("PASSWORD", &json!({})),
            signed_in(),
            challenge("PASSWORD_SRP", &json!({})),
        ];
        let server = Server::start(script).await;
        let (cognito, mut spec) = (cognito(), server.login(flow));
        pool(&mut spec).preferred_challenge = Some(Preference::PasswordSrp);
        let talk = Talk::begin(&cognito, &spec, ada()).await;
        let fault = talk.fail(password()).await;
        assert_eq!(fault.kind, FaultKind::Service, "{fault}");
        assert_eq!(server.seen().len(), 1);
        assert!(!format!("{:?}", server.seen()).contains(PASSWORD));
    }
    for name in ["PASSWORD_SRP", "SELECT_CHALLENGE"] {
        let server = Server::start([challenge(name, &json!({})), signed_in()]).await;
        let (cognito, spec) = (cognito(), server.login(Flow::UserSrp));
        let talk = Talk::begin(&cognito, &spec, ada()).await;
        let fault = talk.fail(password()).await;
        assert_eq!(fault.kind, FaultKind::Service, "{name} has no place here");
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test]
async fn custom_auth_asks_what_the_pool_asks() {
    let ask = |question: &str| {
        challenge(
            "CUSTOM_CHALLENGE",
            &json!({"USERNAME": BEHIND, "question": question, "hint": "three letters"}),
        )
    };
    let server = Server::start([ask("cat?"), ask("dog?"), ask("dog?"), signed_in()]).await;
    let (cognito, spec) = (cognito(), server.login(Flow::Custom));
    let mut talk = Talk::begin(&cognito, &spec, ada()).await;
    for (question, answer) in [("cat?", "cat"), ("dog?", " d-o g"), ("dog?", "dog")] {
        let parameters = BTreeMap::from([
            ("question".to_owned(), question.to_owned()),
            ("hint".to_owned(), "three letters".to_owned()),
        ]);
        assert_eq!(talk.question, Question::Custom { parameters });
        let answer = Answer::Custom(Secret::new(answer));
        if question == "dog?" && server.seen().len() == 3 {
            done(talk.step(answer).await);
            break;
        }
        talk = talk.go(answer).await;
    }
    let seen = server.seen();
    assert_eq!(seen[0].1["AuthFlow"], "CUSTOM_AUTH");
    assert_eq!(
        seen[0].1["AuthParameters"],
        json!({"USERNAME": "ada@example.com"})
    );
    assert_eq!(
        answered(&server, 2),
        (
            "CUSTOM_CHALLENGE".into(),
            "session-of-CUSTOM_CHALLENGE".into(),
            json!({"USERNAME": BEHIND, "ANSWER": " d-o g"})
        ),
        "an answer is not a code: it goes as it was typed"
    );
    assert_eq!(seen.len(), 4);
}

#[tokio::test]
async fn custom_auth_that_fails_begins_again_with_the_problem() {
    let ask = || challenge("CUSTOM_CHALLENGE", &json!({"question": "cat?"}));
    let wrong = "Incorrect username or password.";
    let server = Server::start([
        ask(),
        refuse(400, "NotAuthorizedException", wrong),
        ask(),
        signed_in(),
    ])
    .await;
    let (cognito, spec) = (cognito(), server.login(Flow::Custom));
    let talk = Talk::begin(&cognito, &spec, ada()).await;
    let talk = talk.trip(Answer::Custom(Secret::new("dog")), wrong).await;
    assert!(matches!(talk.question, Question::Custom { .. }));
    done(talk.step(Answer::Custom(Secret::new("cat"))).await);
    assert_eq!(server.seen()[2].0, "InitiateAuth");
}

/// Somebody who is not there cannot be asked anything.
#[tokio::test]
async fn a_name_that_begins_nothing_is_asked_for_again() {
    let text = "Incorrect username or password.";
    let server = Server::start([
        refuse(400, "NotAuthorizedException", text),
        challenge("CUSTOM_CHALLENGE", &json!({"question": "cat?"})),
    ])
    .await;
    let (cognito, spec) = (cognito(), server.login(Flow::Custom));
    let talk = Talk::begin(&cognito, &spec, ada()).await;
    assert_eq!(talk.problem.as_ref().unwrap().text, text);
    let hint = Some("ada@example.com".to_owned());
    assert_eq!(talk.question, Question::Username { hint });
    let talk = talk.go(Answer::Username(" ada\n".into())).await;
    assert_eq!(talk.thread.username.as_deref(), Some("ada"));
    assert!(matches!(talk.question, Question::Custom { .. }));
}

#[tokio::test]
async fn custom_auth_may_prove_the_password_first() {
    let server = Server::start([
        password_verifier(),
        challenge("CUSTOM_CHALLENGE", &json!({"question": "cat?"})),
        signed_in(),
    ])
    .await;
    let (cognito, spec) = (cognito(), server.login(Flow::CustomSrp));
    let talk = Talk::begin(&cognito, &spec, ada()).await;
    assert!(matches!(talk.question, Question::Password { .. }));
    let talk = talk.go(password()).await;
    let parameters = BTreeMap::from([("question".to_owned(), "cat?".to_owned())]);
    assert_eq!(talk.question, Question::Custom { parameters });
    assert_nothing_typed(&talk.thread);
    done(talk.step(Answer::Custom(Secret::new("cat"))).await);
    let seen = server.seen();
    assert_eq!(seen[0].1["AuthFlow"], "CUSTOM_AUTH");
    assert_eq!(seen[0].1["AuthParameters"]["CHALLENGE_NAME"], "SRP_A");
    assert!(seen[0].1["AuthParameters"]["SRP_A"].is_string());
    assert_eq!(answered(&server, 1).0, "PASSWORD_VERIFIER");
    assert_eq!(
        answered(&server, 2).2,
        json!({"USERNAME": BEHIND, "ANSWER": "cat"}),
        "the name behind the alias was told once, and holds"
    );
}

/// A flow without a password finds out about the client's secret at once.
#[tokio::test]
async fn a_client_secret_is_asked_for_before_the_first_question_of_the_pool() {
    let server = Server::start([
        refuse(
            400,
            "NotAuthorizedException",
            "Client x is configured with secret but SECRET_HASH was not received",
        ),
        challenge("CUSTOM_CHALLENGE", &json!({"question": "cat?"})),
        signed_in(),
    ])
    .await;
    let (cognito, spec) = (cognito(), server.login(Flow::Custom));
    let talk = Talk::begin(&cognito, &spec, ada()).await;
    assert!(matches!(talk.question, Question::ClientSecret { .. }));
    let talk = talk
        .go(Answer::ClientSecret(Secret::new("the-client-secret")))
        .await;
    assert!(matches!(talk.question, Question::Custom { .. }));
    done(talk.step(Answer::Custom(Secret::new("cat"))).await);
    assert!(answered(&server, 2).2["SECRET_HASH"].is_string());
}

/// A code that did not come: the sign-in begins with another one.
#[tokio::test]
async fn a_code_that_the_sign_in_began_with_is_sent_again() {
    let sent = |session: &str| {
        ok(&json!({
            "ChallengeName": "SMS_OTP", "Session": session,
            "ChallengeParameters": {"CODE_DELIVERY_DESTINATION": "+*******9999"},
        }))
    };
    let server = Server::start([
        offer(&["EMAIL_OTP", "SMS_OTP"]),
        sent("first"),
        sent("second"),
        refuse(400, "LimitExceededException", "Attempt limit exceeded"),
        refuse(
            400,
            "NotAuthorizedException",
            "Incorrect username or password.",
        ),
        Act::Reset,
        signed_in(),
    ])
    .await;
    let (cognito, spec) = (cognito(), server.login(Flow::UserAuth));
    let talk = Talk::begin(&cognito, &spec, ada()).await;
    let talk = talk.go(Answer::Choice(Factor::Sms)).await;
    let talk = talk.go(Answer::Resend).await;
    for problem in ["limit exceeded", "Incorrect username", "broke"] {
        let talk = Talk::at(&cognito, &spec, talk.step(Answer::Resend).await);
        assert!(talk.problem.unwrap().text.contains(problem));
        assert!(matches!(
            talk.question,
            Question::Code {
                can_resend: true,
                ..
            }
        ));
        assert_eq!(talk.thread.session, Some(Secret::new("second")));
    }
    done(talk.step(code("123456")).await);
    let seen = server.seen();
    for (operation, sent) in &seen[2..6] {
        assert_eq!(operation, "InitiateAuth");
        assert_eq!(
            sent["AuthParameters"],
            json!({"USERNAME": "ada@example.com", "PREFERRED_CHALLENGE": "SMS_OTP"})
        );
    }
    assert_eq!(answered(&server, 6).1, "second", "the newest that came");
}

/// A second factor cannot be had again: the session behind it is the password's.
#[tokio::test]
async fn a_code_after_a_password_is_not_sent_again() {
    let server = Server::start([
        offer(&["EMAIL_OTP", "PASSWORD_SRP"]),
        password_verifier(),
        challenge("EMAIL_OTP", &json!({})),
    ])
    .await;
    let (cognito, spec) = (cognito(), server.login(Flow::UserAuth));
    let talk = Talk::begin(&cognito, &spec, ada()).await;
    let talk = talk.go(Answer::Choice(Factor::Password)).await;
    let talk = talk.go(password()).await;
    assert!(matches!(
        talk.question,
        Question::Code {
            can_resend: false,
            ..
        }
    ));
}

/// An answer that did not come through is still owed; and what a pool shows has an end.
#[tokio::test]
async fn the_pools_own_question_stays_open_and_has_a_size() {
    let long = "x".repeat(20_000);
    let asks = json!({"a": "cat?", "b": long, "c": long, "d": "dog?"});
    let server = Server::start([
        challenge("CUSTOM_CHALLENGE", &asks),
        Act::Reset,
        refuse(400, "TooManyRequestsException", "Rate exceeded"),
        signed_in(),
    ])
    .await;
    let (cognito, spec) = (cognito(), server.login(Flow::Custom));
    let talk = Talk::begin(&cognito, &spec, ada()).await;
    let Question::Custom { parameters } = talk.question.clone() else {
        panic!("{:?}", talk.question)
    };
    assert_eq!(parameters.into_keys().collect::<Vec<_>>(), ["a", "b", "d"]);
    let question = talk.question.clone();
    let cat = || Answer::Custom(Secret::new("cat"));
    let talk = talk.trip(cat(), "broke").await;
    let talk = talk.trip(cat(), "Rate").await;
    assert_eq!(talk.question, question);
    done(talk.step(cat()).await);
    assert_eq!(answered(&server, 3).1, "session-of-CUSTOM_CHALLENGE");
}
