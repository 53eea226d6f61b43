//! A sign-in, question by question, against a scripted server.
#![allow(clippy::unwrap_used, reason = "tests may fail")]

mod support;

use std::time::Duration;

use poolkey_core::config::Flow;
use poolkey_core::conversation::Step;
use poolkey_core::conversation::{Answer, Question, Thread};
use poolkey_core::failure::Ended;
use poolkey_core::fault::{Fault, FaultKind, Life};
use poolkey_core::secret::Secret;
use serde_json::json;
use support::specs::pool;
use support::*;

#[tokio::test]
async fn a_sign_in_asks_for_the_name_and_the_password_and_is_done() {
    let server = Server::start([password_verifier(), signed_in()]).await;
    let mut spec = server.login(Flow::UserSrp);
    pool(&mut spec).username = Some("ada@example.com".into());
    let cognito = cognito();

    let (thread, question) = asked(cognito.begin(&spec, Thread::default()).await.unwrap());
    assert_eq!(
        question,
        Question::Username {
            hint: Some("ada@example.com".into())
        }
    );
    let answer = Answer::Username("ada@example.com".into());
    let (thread, question) = asked(cognito.answer(&spec, thread, answer).await.unwrap());
    assert_eq!(
        question,
        Question::Password {
            username: "ada@example.com".into()
        }
    );
    assert!(server.seen().is_empty(), "nothing to ask the service yet");

    let answer = Answer::Password(Secret::new(PASSWORD));
    let step = cognito.answer(&spec, thread, answer).await.unwrap();
    let Step::Done {
        tokens,
        client_secret,
        device: None,
    } = step
    else {
        panic!("{step:?}")
    };
    assert_eq!(client_secret, None);
    assert_eq!(tokens.id_token, Secret::new(id_token()));
    assert_eq!(
        tokens.access.map(|access| access.token),
        Some(Secret::new(ACCESS))
    );
    assert_eq!(tokens.refresh_token, Some(Secret::new(REFRESH)));
    assert_eq!(tokens.user.sub, "cfcd2084-95d5-65ef-66e7-dff9f98764da");
    assert_eq!(tokens.user.username, "ada");
    assert_eq!(tokens.user.email.as_deref(), Some("ada@example.com"));
    assert_eq!(
        tokens.id_life,
        Life {
            length: Duration::from_secs(3600),
            server: Some(SERVER)
        },
        "by the token's own exp and the server's clock, not by ExpiresIn or the local clock"
    );

    let seen = server.seen();
    assert_eq!(seen[0].0, "InitiateAuth");
    assert_eq!(seen[0].1["AuthFlow"], "USER_SRP_AUTH");
    assert_eq!(seen[0].1["AuthParameters"]["USERNAME"], "ada@example.com");
    assert!(seen[0].1["AuthParameters"]["SRP_A"].as_str().unwrap().len() > 760);
    assert_eq!(seen[1].0, "RespondToAuthChallenge");
    assert_eq!(seen[1].1["ChallengeName"], "PASSWORD_VERIFIER");
    assert_eq!(seen[1].1["Session"], "session-of-the-sign-in");
    let responses = &seen[1].1["ChallengeResponses"];
    assert_eq!(responses["USERNAME"], "cfcd208495d565ef66e7dff9f98764da");
    assert_eq!(
        responses["TIMESTAMP"], "Mon Jan 5 03:48:09 UTC 2026",
        "the server's clock, not the local one"
    );
    assert_eq!(
        responses["PASSWORD_CLAIM_SIGNATURE"]
            .as_str()
            .unwrap()
            .len(),
        44
    );
    assert_eq!(responses.get("SECRET_HASH"), None);
    assert!(
        !format!("{seen:?}").contains(PASSWORD),
        "the password never leaves the machine"
    );
}

#[tokio::test]
async fn a_name_and_a_secret_that_are_known_are_not_asked_for() {
    let server = Server::start([password_verifier(), signed_in()]).await;
    let spec = server.login(Flow::UserSrp);
    let thread = Thread {
        username: Some("ada@example.com".into()),
        client_secret: Some(Secret::new("the-client-secret")),
        ..Thread::default()
    };
    let cognito = cognito();
    let (thread, question) = asked(cognito.begin(&spec, thread).await.unwrap());
    assert!(matches!(question, Question::Password { .. }));
    let answer = Answer::Password(Secret::new(PASSWORD));
    let step = cognito.answer(&spec, thread, answer).await.unwrap();
    let Step::Done { client_secret, .. } = step else {
        panic!("{step:?}")
    };
    assert_eq!(client_secret, Some(Secret::new("the-client-secret")));
    let seen = server.seen();
    let hashes = [
        &seen[0].1["AuthParameters"]["SECRET_HASH"],
        &seen[1].1["ChallengeResponses"]["SECRET_HASH"],
    ];
    assert!(hashes.iter().all(|hash| hash.as_str().unwrap().len() == 44));
    assert_ne!(
        hashes[0], hashes[1],
        "the alias first, then the name behind it"
    );
}

#[tokio::test]
async fn a_sent_password_is_sent_once() {
    let server = Server::start([signed_in()]).await;
    let step = try_password(&server.login(Flow::UserPassword), Some("the-client-secret")).await;
    assert!(matches!(step, Ok(Step::Done { .. })), "{step:?}");
    let seen = server.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].1["AuthFlow"], "USER_PASSWORD_AUTH");
    assert_eq!(seen[0].1["AuthParameters"]["PASSWORD"], PASSWORD);
    assert!(seen[0].1["AuthParameters"]["SECRET_HASH"].is_string());
    assert_eq!(seen[0].1.get("Authorization"), None, "not signed");
}

/// The password is asked for again, and never tried again by itself.
#[tokio::test]
async fn a_wrong_password_is_asked_for_again_with_the_problem() {
    for (text, kind) in [
        ("Incorrect username or password.", FaultKind::Wrong),
        ("Password attempts exceeded", FaultKind::LockedOut),
    ] {
        let server = Server::start([
            password_verifier(),
            refuse(400, "NotAuthorizedException", text),
        ])
        .await;
        let step = try_password(&server.login(Flow::UserSrp), None).await;
        let Step::Ask {
            thread,
            question,
            problem,
        } = step.unwrap()
        else {
            panic!()
        };
        let told = format!("{}.", text.trim_end_matches('.'));
        assert_eq!(problem, Some(Fault::new(kind, told)));
        assert!(matches!(question, Question::Password { .. }));
        assert_eq!(thread.asked, Some(question));
        assert_eq!(thread.session, None);
        assert_eq!(server.seen().len(), 2);
    }
}

#[tokio::test]
async fn a_client_secret_is_asked_for_when_cognito_wants_it() {
    let text = "Client 3n4b5urk1ft4fl3mg5e62d9ado is configured with secret but SECRET_HASH was \
                not received";
    let server = Server::start([
        refuse(400, "NotAuthorizedException", text),
        refuse(
            400,
            "NotAuthorizedException",
            "SecretHash does not match for the client: 3n4b5urk1ft4fl3mg5e62d9ado",
        ),
        password_verifier(),
        signed_in(),
    ])
    .await;
    let spec = server.login(Flow::UserSrp);
    let cognito = cognito();
    let password = || Answer::Password(Secret::new(PASSWORD));

    let step = cognito.answer(&spec, at_password(None), password()).await;
    let (thread, question) = asked(step.unwrap());
    assert_eq!(
        question,
        Question::ClientSecret {
            client_id: "3n4b5urk1ft4fl3mg5e62d9ado".into()
        }
    );
    assert_eq!(
        thread,
        Thread {
            username: Some("ada@example.com".into()),
            asked: Some(question),
            ..Thread::default()
        },
        "a thread that waits keeps no password"
    );

    let answer = Answer::ClientSecret(Secret::new("not-this-one"));
    let (thread, question) = asked(cognito.answer(&spec, thread, answer).await.unwrap());
    assert!(matches!(question, Question::Password { .. }));
    let Step::Ask {
        thread,
        question,
        problem,
    } = cognito.answer(&spec, thread, password()).await.unwrap()
    else {
        panic!()
    };
    assert!(matches!(question, Question::ClientSecret { .. }));
    assert_eq!(problem.unwrap().kind, FaultKind::Wrong);
    assert_eq!(thread.client_secret, None, "it is of no use");

    let answer = Answer::ClientSecret(Secret::new(" the-client-secret\n"));
    let (thread, _) = asked(cognito.answer(&spec, thread, answer).await.unwrap());
    let step = cognito.answer(&spec, thread, password()).await.unwrap();
    let Step::Done { client_secret, .. } = step else {
        panic!("{step:?}")
    };
    assert_eq!(client_secret, Some(Secret::new("the-client-secret")));
}

#[tokio::test]
async fn a_user_who_does_not_exist_is_a_wrong_name() {
    let server =
        Server::start([refuse(400, "UserNotFoundException", "User does not exist.")]).await;
    let step = try_password(&server.login(Flow::UserSrp), None)
        .await
        .unwrap();
    let Step::Ask {
        thread,
        question,
        problem,
    } = step
    else {
        panic!("{step:?}")
    };
    assert_eq!(
        question,
        Question::Username {
            hint: Some("ada@example.com".into())
        }
    );
    assert_eq!(thread.username, None);
    assert_eq!(problem.unwrap().kind, FaultKind::Wrong);
}

#[tokio::test]
async fn what_ends_a_sign_in_ends_it() {
    let cases = [
        (
            refuse(400, "NotAuthorizedException", "User is disabled."),
            FaultKind::Ended(Ended::UserDisabled),
        ),
        (
            refuse(
                400,
                "InvalidParameterException",
                "USER_SRP_AUTH is not enabled for the client.",
            ),
            FaultKind::Misconfigured,
        ),
    ];
    for (act, kind) in cases {
        let server = Server::start([act]).await;
        let fault = try_password(&server.login(Flow::UserSrp), None)
            .await
            .unwrap_err();
        assert_eq!(fault.kind, kind, "{fault}");
    }
}

#[tokio::test]
async fn an_answer_that_is_none_is_asked_for_again_without_a_call() {
    let server = Server::start([]).await;
    let spec = server.login(Flow::UserSrp);
    let cognito = cognito();
    let name = Thread {
        asked: Some(Question::Username { hint: None }),
        ..Thread::default()
    };
    let secret = Thread {
        asked: Some(Question::ClientSecret {
            client_id: spec.client_id().to_owned(),
        }),
        ..at_password(None)
    };
    for (thread, answer) in [
        (name.clone(), Answer::Username(String::new())),
        (name.clone(), Answer::Username("x".repeat(129))),
        (name, Answer::Password(Secret::new("p"))),
        (secret, Answer::ClientSecret(Secret::new(" \n"))),
        (at_password(None), Answer::Password(Secret::new(""))),
        (at_password(None), Answer::ClientSecret(Secret::new("s"))),
    ] {
        let before = thread.clone();
        let step = cognito.answer(&spec, thread, answer).await.unwrap();
        let Step::Ask {
            thread, problem, ..
        } = step
        else {
            panic!("{step:?}")
        };
        assert_eq!(thread, before);
        assert_eq!(problem.unwrap().kind, FaultKind::Wrong);
    }
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn a_challenge_that_cannot_be_answered_is_named() {
    for (name, parameters, words) in [
        ("WEB_AUTHN", json!({}), "a browser"),
        ("ADMIN_NO_SRP_AUTH", json!({}), "ADMIN_USER_PASSWORD_AUTH"),
        ("TEA_LEAVES", json!({}), "something that is new"),
        (
            "SELECT_MFA_TYPE",
            json!({"MFAS_CAN_CHOOSE": "[\"TEA\"]"}),
            "TEA",
        ),
        ("SELECT_MFA_TYPE", json!({}), "nothing"),
        ("MFA_SETUP", json!({"MFAS_CAN_SETUP": "[\"TEA\"]"}), "TEA"),
        (
            "MFA_SETUP",
            json!({"MFAS_CAN_SETUP": "[\"SMS_MFA\"]"}),
            "an administrator must add",
        ),
    ] {
        let challenge = ok(&json!({
            "ChallengeName": name, "ChallengeParameters": parameters, "Session": "s"
        }));
        let server = Server::start([password_verifier(), challenge]).await;
        let fault = try_password(&server.login(Flow::UserSrp), None)
            .await
            .unwrap_err();
        assert_eq!(fault.kind, FaultKind::Unsupported);
        assert!(fault.text.contains(words), "{fault}");
        assert!(fault.text.contains(name), "{fault}");
    }
}

#[tokio::test]
async fn a_server_that_cheats_at_srp_gets_no_proof() {
    let challenge = |parameters| {
        ok(&json!({"ChallengeName": "PASSWORD_VERIFIER", "ChallengeParameters": parameters}))
    };
    let cases = [
        challenge(json!({
            "SALT": "1f", "SECRET_BLOCK": "AA==", "SRP_B": "0", "USER_ID_FOR_SRP": "u"
        })),
        challenge(json!({"SALT": "1f", "SECRET_BLOCK": "AA==", "SRP_B": "5"})),
        challenge(json!({})),
    ];
    for act in cases {
        let server = Server::start([act]).await;
        let fault = try_password(&server.login(Flow::UserSrp), None)
            .await
            .unwrap_err();
        assert_eq!(fault.kind, FaultKind::Service, "{fault}");
        assert_eq!(server.seen().len(), 1, "no proof was sent");
    }
    // Asked for a proof twice, or without having begun one.
    let again = [password_verifier(), password_verifier(), signed_in()];
    let server = Server::start(again).await;
    let fault = try_password(&server.login(Flow::UserSrp), None)
        .await
        .unwrap_err();
    assert_eq!(fault.kind, FaultKind::Service, "{fault}");
    let server = Server::start([password_verifier()]).await;
    let fault = try_password(&server.login(Flow::UserPassword), None)
        .await
        .unwrap_err();
    assert_eq!(fault.kind, FaultKind::Service, "{fault}");
}

#[tokio::test]
async fn a_device_that_the_pool_made_is_told() {
    let server = Server::start([ok(&json!({
        "AuthenticationResult": {
            "AccessToken": ACCESS, "RefreshToken": REFRESH, "IdToken": id_token(),
            "NewDeviceMetadata": {"DeviceKey": "eu-west-1_dev", "DeviceGroupKey": "-g"},
        }
    }))])
    .await;
    let step = try_password(&server.login(Flow::UserPassword), None)
        .await
        .unwrap();
    let Step::Done { tokens, .. } = step else {
        panic!("{step:?}")
    };
    assert_eq!(tokens.device_key.as_deref(), Some("eu-west-1_dev"));
}

fn asked(step: Step) -> (Thread, Question) {
    let Step::Ask {
        thread,
        question,
        problem: None,
    } = step
    else {
        panic!("{step:?}")
    };
    assert_eq!(thread.asked.as_ref(), Some(&question));
    (thread, question)
}
