//! What holds for every goal.

use super::*;

#[tokio::test]
async fn a_client_secret_is_asked_for_once_and_nothing_else_twice() {
    let missing = |text| refuse(400, "NotAuthorizedException", text);
    for (first, goal) in [
        (
            "Unable to verify secret hash for client 3n4b5urk1ft4fl3mg5e62d9ado",
            sign_up(),
        ),
        (
            "Client 3n4b5urk1ft4fl3mg5e62d9ado is configured with secret but SECRET_HASH was not \
             received",
            sign_up(),
        ),
    ] {
        let server = Server::start([
            missing(first),
            missing("SecretHash does not match for the client: 3n4b5urk1ft4fl3mg5e62d9ado"),
            ok(&json!({
                "UserConfirmed": false, "UserSub": "s",
                "CodeDeliveryDetails": delivery("EMAIL", "a***@e***"),
            })),
            ok(&json!({})),
        ])
        .await;
        let (cognito, spec) = (cognito(), server.login(Flow::UserSrp));
        let talk = Talk::begin(&cognito, &spec, known(goal)).await;
        let talk = talk.go(new_password(PASSWORD)).await;
        let client_id = spec.client_id().to_owned();
        assert_eq!(talk.question, Question::ClientSecret { client_id });
        let secret = |text| Answer::ClientSecret(Secret::new(text));
        let talk = talk.trip(secret("not-this-one"), "another secret").await;
        assert_eq!(talk.thread.client_secret, None, "it is of no use");
        let talk = talk.go(secret(" the-client-secret\n")).await;
        assert!(matches!(talk.question, Question::Code { .. }));
        let (_, learnt) = outcome(talk.step(code("123456")).await);
        assert_eq!(learnt, Some(Secret::new("the-client-secret")));
        let seen = server.seen();
        assert_eq!(seen[0].1.get("SecretHash"), None);
        let hash = |n: usize| seen[n].1["SecretHash"].as_str().unwrap();
        assert_ne!(hash(1), hash(2));
        assert_eq!(hash(2), hash(3));
        assert_eq!(hash(2).len(), 44);
    }
    // A code that is wanted again is sent once the secret is known.
    let text = "Client x is configured with secret but SECRET_HASH was not received";
    let sent = ok(&json!({"CodeDeliveryDetails": delivery("EMAIL", "a***@e***")}));
    let server = Server::start([missing(text), sent]).await;
    let (cognito, spec) = (cognito(), server.login(Flow::UserSrp));
    let talk = Talk::begin(&cognito, &spec, known(Goal::Confirm)).await;
    let talk = talk.go(Answer::Resend).await;
    assert!(matches!(talk.question, Question::ClientSecret { .. }));
    let secret = Answer::ClientSecret(Secret::new("the-client-secret"));
    let talk = talk.go(secret).await;
    let Question::Code { destination, .. } = talk.question else {
        panic!("{:?}", talk.question)
    };
    assert_eq!(destination.as_deref(), Some("a***@e***"));
}

/// The core has the token renewed and takes the very step again.
#[tokio::test]
async fn a_stale_access_token_costs_nothing_but_a_renewal() {
    let stale = || refuse(400, "NotAuthorizedException", "Access Token has expired");
    for goal in session_goals() {
        for text in [
            "Access Token has expired",
            "Access Token has been revoked",
            "Invalid Access Token",
        ] {
            let server = Server::start([refuse(400, "NotAuthorizedException", text)]).await;
            let (cognito, spec) = (cognito(), server.login(Flow::UserSrp));
            let fault = first_call(&cognito, &spec, goal.clone()).await.unwrap_err();
            assert_eq!(fault.kind, FaultKind::TokenStale, "{goal:?}: {fault}");
        }
        let server = Server::start([]).await;
        let (cognito, spec) = (cognito(), server.login(Flow::UserSrp));
        let without = Thread {
            access_token: None,
            ..member(goal.clone())
        };
        if goal != Goal::ChangePassword {
            let fault = cognito.begin(&spec, without).await.unwrap_err();
            assert_eq!(fault.kind, FaultKind::TokenStale);
        }
        assert!(server.seen().is_empty());
    }

    let server = Server::start([
        ok(&json!({"CodeDeliveryDetails": delivery("SMS", "+*******9999")})),
        stale(),
        ok(&json!({})),
        stale(),
        ok(&json!({})),
    ])
    .await;
    let (cognito, spec) = (cognito(), server.login(Flow::UserSrp));
    let goal = Goal::VerifyAttribute {
        name: "email".into(),
    };
    let mut talk = Talk::begin(&cognito, &spec, member(goal)).await;
    let fault = talk.step(code("123456")).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::TokenStale);
    talk.thread.access_token = Some(Secret::new("another-access-token"));
    assert_eq!(talk.end(code("123456")).await, Outcome::Done);
    assert_eq!(server.seen()[2].1["AccessToken"], "another-access-token");

    let talk = Talk::begin(&cognito, &spec, member(Goal::ChangePassword)).await;
    let talk = talk
        .go(Answer::Password(Secret::new("the-old-password")))
        .await;
    let fault = talk.step(new_password(PASSWORD)).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::TokenStale);
    assert_eq!(talk.end(new_password(PASSWORD)).await, Outcome::Done);
}

/// Whatever the pool says to an account's call, it ends no session.
#[tokio::test]
async fn a_refused_account_call_signs_nobody_out() {
    let refusals = [
        ("NotAuthorizedException", "Refresh Token has expired"),
        ("NotAuthorizedException", "Refresh Token has been revoked"),
        ("NotAuthorizedException", "Access Token has been revoked"),
        ("NotAuthorizedException", "Invalid Refresh Token."),
        ("NotAuthorizedException", "User is disabled."),
        ("RefreshTokenReuseException", "Refresh token reused"),
        ("UserNotFoundException", "User does not exist."),
        (
            "PasswordResetRequiredException",
            "Password reset required for the user",
        ),
        ("UserNotConfirmedException", "User is not confirmed."),
        ("ResourceNotFoundException", "Device does not exist."),
    ];
    let strangers = [
        sign_up(),
        Goal::Confirm,
        Goal::ResendCode,
        Goal::ForgotPassword,
        Goal::ResetPassword,
    ];
    for goal in strangers.into_iter().chain(session_goals()) {
        for (code, text) in refusals {
            let server = Server::start([refuse(400, code, text)]).await;
            let (cognito, spec) = (cognito(), server.login(Flow::UserSrp));
            let fault = match first_call(&cognito, &spec, goal.clone()).await {
                Err(fault)
                | Ok(Step::Ask {
                    problem: Some(fault),
                    ..
                }) => fault,
                Ok(step) => panic!("{goal:?} {text}: {step:?}"),
            };
            assert_eq!(server.seen().len(), 1, "{goal:?} {text}");
            // The refresh that follows finds out what there is to it.
            if goal.needs_session() && code.starts_with("User") {
                assert_eq!(fault.kind, FaultKind::TokenStale, "{goal:?} {text}");
            }
            assert!(
                !matches!(fault.kind, FaultKind::Ended(_)),
                "{goal:?} {text}: {fault:?}"
            );
        }
    }
}

#[tokio::test]
async fn an_answer_that_is_none_is_asked_for_again_without_a_call() {
    let server = Server::start([]).await;
    let (cognito, spec) = (cognito(), server.login(Flow::UserSrp));
    let at = |goal, question| Thread {
        asked: Some(question),
        ..member(goal)
    };
    let name = at(Goal::Show, Question::Username { hint: None });
    let client_id = spec.client_id().to_owned();
    let secret = at(Goal::Show, Question::ClientSecret { client_id });
    let typed = |can_resend| {
        let question = Question::Code {
            code_for: CodeFor::Confirm,
            medium: Medium::Unknown,
            destination: None,
            can_resend,
        };
        at(Goal::Show, question)
    };
    let password = at(
        Goal::ChangePassword,
        Question::Password {
            username: "ada".into(),
        },
    );
    let fresh = at(
        Goal::ChangePassword,
        Question::NewPassword {
            username: "ada".into(),
            attributes: vec![],
        },
    );
    for (thread, answer) in [
        (name.clone(), Answer::Username("  ".into())),
        (name.clone(), Answer::Username("x".repeat(129))),
        (name, Answer::Password(Secret::new("p"))),
        (secret, Answer::ClientSecret(Secret::new(" \n"))),
        (typed(true), code(" - ")),
        (typed(true), Answer::RememberDevice(true)),
        (typed(false), Answer::Resend),
        (password, Answer::Password(Secret::new(""))),
        (fresh.clone(), new_password("")),
        (fresh, Answer::Custom(Secret::new("x"))),
        (at(Goal::Show, Question::Other), code("123456")),
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

/// The goals that begin with an access token.
fn session_goals() -> [Goal; 7] {
    [
        Goal::ChangePassword,
        Goal::Show,
        Goal::SetUpApp,
        Goal::SetFactor {
            factor: Factor::App,
            state: FactorState::On,
        },
        Goal::ListDevices,
        Goal::ForgetDevice {
            key: Some("other".into()),
        },
        Goal::VerifyAttribute {
            name: "email".into(),
        },
    ]
}

/// The step in which the goal's first call is made, with everything known that it needs.
async fn first_call(
    cognito: &poolkey_cognito::Cognito,
    spec: &poolkey_core::config::LoginSpec,
    goal: Goal,
) -> Result<Step, poolkey_core::fault::Fault> {
    let thread = Thread {
        code: Some(Secret::new("123456")),
        password: Some(Secret::new(PASSWORD)),
        access_token: Some(Secret::new(ACCESS)),
        ..known(goal.clone())
    };
    if goal != Goal::ChangePassword {
        return cognito.begin(spec, thread).await;
    }
    let talk = Talk::begin(cognito, spec, thread).await;
    talk.step(new_password("another-new-password")).await
}
