//! New accounts: signed up, confirmed, sent another code.

use super::*;

#[tokio::test]
async fn a_sign_up_asks_for_what_it_needs_until_the_account_is_confirmed() {
    let server = Server::start([
        refuse(
            400,
            "InvalidParameterException",
            "Attributes did not conform to the schema: email: The attribute is required\nname: \
             The attribute is required\n",
        ),
        ok(&json!({
            "UserConfirmed": false, "UserSub": "s",
            "CodeDeliveryDetails": delivery("EMAIL", "a***@e***"),
        })),
        refuse(
            400,
            "CodeMismatchException",
            "Invalid verification code provided, please try again.",
        ),
        ok(&json!({"CodeDeliveryDetails": delivery("SMS", "+*******9999")})),
        refuse(
            400,
            "ExpiredCodeException",
            "Invalid code provided, please request a code again.",
        ),
        ok(&json!({})),
    ])
    .await;
    let (cognito, spec) = (cognito(), server.login(Flow::UserSrp));
    let goal = Goal::SignUp {
        attributes: attributes(&[("custom:team", "engines")]),
    };

    let talk = Talk::begin(&cognito, &spec, unknown(goal)).await;
    assert_eq!(talk.question, Question::Username { hint: None });
    let talk = talk.go(name(" ada ")).await;
    assert_eq!(
        talk.question,
        Question::NewPassword {
            username: "ada".into(),
            attributes: vec![]
        }
    );
    let talk = talk.go(new_password(PASSWORD)).await;
    let names = vec!["email".to_owned(), "name".to_owned()];
    assert_eq!(talk.question, Question::Attributes { names });
    let half = Answer::Attributes(attributes(&[("email", "ada@example.com"), ("name", " ")]));
    let talk = talk.trip(half, "requires name").await;
    let whole = attributes(&[("email", "ada@example.com"), ("name", "Ada"), ("x", "y")]);
    let talk = talk.go(Answer::Attributes(whole)).await;
    let asked = |medium, destination: &str| Question::Code {
        code_for: CodeFor::Confirm,
        medium,
        destination: Some(destination.into()),
        can_resend: true,
    };
    assert_eq!(talk.question, asked(Medium::Email, "a***@e***"));
    assert_eq!(talk.thread.password, None, "it is known to the pool");
    let talk = talk.trip(code("000000"), "Invalid verification code").await;
    assert_eq!(talk.question, asked(Medium::Email, "a***@e***"));
    let talk = talk.go(Answer::Resend).await;
    assert_eq!(talk.question, asked(Medium::Sms, "+*******9999"));
    let talk = talk.trip(code("111111"), "request a code again").await;
    assert_eq!(
        talk.end(code(" 123-456\n")).await,
        Outcome::SignedUp {
            username: "ada".into()
        }
    );

    let seen = server.seen();
    assert_eq!(
        operations(&seen),
        [
            "SignUp",
            "SignUp",
            "ConfirmSignUp",
            "ResendConfirmationCode",
            "ConfirmSignUp",
            "ConfirmSignUp"
        ]
    );
    assert_eq!(
        seen[1].1,
        json!({
            "ClientId": spec.client_id(), "Username": "ada", "Password": PASSWORD,
            "UserAttributes": [
                {"Name": "custom:team", "Value": "engines"},
                {"Name": "email", "Value": "ada@example.com"},
                {"Name": "name", "Value": "Ada"},
            ],
        })
    );
    assert_eq!(
        seen[5].1,
        json!({"ClientId": spec.client_id(), "Username": "ada", "ConfirmationCode": "123456"})
    );
}

/// There is nothing that a person could answer.
#[tokio::test]
async fn a_pool_that_sends_no_code_leaves_it_to_an_administrator() {
    let server = Server::start([ok(&json!({"UserConfirmed": false, "UserSub": "s"}))]).await;
    let (cognito, spec) = (cognito(), server.login(Flow::UserSrp));
    let talk = Talk::begin(&cognito, &spec, known(sign_up())).await;
    assert_eq!(
        talk.end(new_password(PASSWORD)).await,
        Outcome::Unconfirmed {
            username: "ada".into()
        }
    );
}

#[tokio::test]
async fn a_pool_that_confirms_by_itself_asks_for_no_code() {
    let server = Server::start([ok(&json!({"UserConfirmed": true, "UserSub": "s"}))]).await;
    let (cognito, spec) = (cognito(), server.login(Flow::UserSrp));
    let talk = Talk::begin(&cognito, &spec, known(sign_up())).await;
    assert_eq!(
        talk.end(new_password(PASSWORD)).await,
        Outcome::SignedUp {
            username: "ada".into()
        }
    );
}

/// Only what was refused is asked for again.
#[tokio::test]
async fn a_sign_up_asks_again_for_what_was_refused() {
    let confirmed = || ok(&json!({"UserConfirmed": true, "UserSub": "s"}));
    for (code, text, told) in [
        (
            "UsernameExistsException",
            "User already exists",
            "confirm it or reset its password",
        ),
        (
            "InvalidParameterException",
            "Username should be an email.",
            "Username should be an email.",
        ),
        (
            "InvalidParameterException",
            "Username cannot be of email format, since user pool is configured for email alias.",
            "Username cannot be of email format",
        ),
    ] {
        let server = Server::start([refuse(400, code, text), confirmed()]).await;
        let (cognito, mut spec) = (cognito(), server.login(Flow::UserSrp));
        specs::pool(&mut spec).username = Some("ada".into());
        let talk = Talk::begin(&cognito, &spec, known(sign_up())).await;
        let talk = talk.trip(new_password(PASSWORD), told).await;
        assert_eq!(
            talk.question,
            Question::Username { hint: None },
            "a name that was refused is not offered"
        );
        talk.end(name("grace")).await;
        let sent = &server.seen()[1].1;
        assert_eq!(sent["Username"], "grace");
        assert_eq!(sent["Password"], PASSWORD, "it was kept");
    }
    for (code, text) in [
        (
            "InvalidPasswordException",
            "Password did not conform with policy: Password must have uppercase characters",
        ),
        (
            "InvalidParameterException",
            "1 validation error detected: Value at 'password' failed to satisfy constraint: \
             Member must have length greater than or equal to 6",
        ),
    ] {
        let server = Server::start([refuse(400, code, text), confirmed()]).await;
        let (cognito, spec) = (cognito(), server.login(Flow::UserSrp));
        let talk = Talk::begin(&cognito, &spec, known(sign_up())).await;
        let why = text.rsplit(": ").next().unwrap();
        let talk = talk.trip(new_password("weak-password"), why).await;
        assert!(matches!(talk.question, Question::NewPassword { .. }));
        talk.end(new_password(PASSWORD)).await;
    }
    for text in [
        "Invalid email address format.",
        "Attributes did not conform to the schema: email: Invalid email address format.",
    ] {
        let refused = refuse(400, "InvalidParameterException", text);
        let server = Server::start([refused, confirmed()]).await;
        let (cognito, spec) = (cognito(), server.login(Flow::UserSrp));
        let goal = Goal::SignUp {
            attributes: attributes(&[("email", "ada")]),
        };
        let talk = Talk::begin(&cognito, &spec, known(goal)).await;
        let talk = talk.trip(new_password(PASSWORD), "Invalid email").await;
        let names = vec!["email".to_owned()];
        assert_eq!(talk.question, Question::Attributes { names });
        let email = attributes(&[("email", "ada@example.com")]);
        talk.end(Answer::Attributes(email)).await;
        assert_eq!(
            server.seen()[1].1["UserAttributes"],
            json!([{"Name": "email", "Value": "ada@example.com"}]),
            "the new one takes the place of the old one"
        );
    }
}

#[tokio::test]
async fn a_sign_up_that_the_pool_does_not_allow_ends_in_its_words() {
    for (code, text, kind, told) in [
        (
            "UserLambdaValidationException",
            "PreSignUp failed with error Only people of Acme may sign up.",
            FaultKind::Wrong,
            "Only people of Acme may sign up.",
        ),
        (
            "NotAuthorizedException",
            "SignUp is not permitted for this user pool",
            FaultKind::Misconfigured,
            "SignUp is not permitted for this user pool.",
        ),
        (
            "InvalidParameterException",
            "Attributes did not conform to the schema",
            FaultKind::Wrong,
            "Attributes did not conform to the schema.",
        ),
        (
            "CodeDeliveryFailureException",
            "SMS cannot be sent",
            FaultKind::Service,
            "SMS cannot be sent.",
        ),
    ] {
        let server = Server::start([refuse(400, code, text)]).await;
        let (cognito, spec) = (cognito(), server.login(Flow::UserSrp));
        let talk = Talk::begin(&cognito, &spec, known(sign_up())).await;
        let fault = talk.fail(new_password(PASSWORD)).await;
        assert_eq!(fault.kind, kind, "{fault}");
        assert!(fault.text.ends_with(told), "{fault}");
        assert!(!fault.text.contains("PreSignUp"), "{fault}");
    }
}

#[tokio::test]
async fn an_account_is_confirmed_by_a_code_that_the_person_has() {
    let limit = "Attempt limit exceeded, please try after some time.";
    let server = Server::start([
        refuse(
            400,
            "UserNotFoundException",
            "Username/client id combination not found.",
        ),
        refuse(400, "LimitExceededException", limit),
        refuse(400, "LimitExceededException", limit),
        ok(&json!({})),
    ])
    .await;
    let (cognito, spec) = (cognito(), server.login(Flow::UserSrp));
    let talk = Talk::begin(&cognito, &spec, known(Goal::Confirm)).await;
    assert_eq!(
        talk.question,
        Question::Code {
            code_for: CodeFor::Confirm,
            medium: Medium::Unknown,
            destination: None,
            can_resend: true,
        }
    );
    let talk = talk.trip(code("123456"), "not found").await;
    assert_eq!(talk.question, Question::Username { hint: None });
    // The code is known already, and so goes with the new name; the limit costs nothing but time.
    let talk = talk.trip(name("grace"), limit).await;
    assert_eq!(talk.problem.as_ref().unwrap().kind, FaultKind::LockedOut);
    let talk = talk.trip(Answer::Resend, limit).await;
    assert!(matches!(talk.question, Question::Code { .. }));
    assert_eq!(talk.end(code("123456")).await, Outcome::Done);
    assert_eq!(server.seen().len(), 4, "nothing was tried again by itself");
}

#[tokio::test]
async fn an_account_that_is_confirmed_already_is_no_trouble() {
    let already = || {
        let text = "User cannot be confirmed. Current status is CONFIRMED";
        refuse(400, "NotAuthorizedException", text)
    };
    let no_code = || {
        refuse(
            400,
            "InvalidParameterException",
            "User is already confirmed.",
        )
    };
    let server = Server::start([
        already(),
        no_code(),
        no_code(),
        ok(&json!({
            "UserConfirmed": false, "UserSub": "s",
            "CodeDeliveryDetails": delivery("EMAIL", "a***@e***"),
        })),
        already(),
    ])
    .await;
    let (cognito, spec) = (cognito(), server.login(Flow::UserSrp));
    let talk = Talk::begin(&cognito, &spec, known(Goal::Confirm)).await;
    assert_eq!(outcome(talk.step(code("123456")).await).0, Outcome::Done);
    assert_eq!(talk.end(Answer::Resend).await, Outcome::Done);
    let resend = cognito.begin(&spec, known(Goal::ResendCode)).await;
    assert_eq!(
        resend.unwrap_err().text,
        "The account “ada” is confirmed already: sign in."
    );
    // A link in the message did it, while the code was waited for: the sign-up is done.
    let talk = Talk::begin(&cognito, &spec, known(sign_up())).await;
    let talk = talk.go(new_password(PASSWORD)).await;
    let outcome = talk.end(code("123456")).await;
    assert!(matches!(outcome, Outcome::SignedUp { .. }));
}

#[tokio::test]
async fn a_code_is_sent_again() {
    let server = Server::start([
        ok(&json!({"CodeDeliveryDetails": delivery("EMAIL", "a***@e***")})),
        refuse(
            400,
            "LimitExceededException",
            "Attempt limit exceeded, please try after some time.",
        ),
    ])
    .await;
    let (cognito, spec) = (cognito(), server.login(Flow::UserSrp));
    let talk = Talk::begin(&cognito, &spec, unknown(Goal::ResendCode)).await;
    assert_eq!(
        talk.end(name("ada")).await,
        Outcome::CodeSent {
            medium: Medium::Email,
            destination: Some("a***@e***".into())
        }
    );
    let fault = cognito
        .begin(&spec, known(Goal::ResendCode))
        .await
        .unwrap_err();
    assert_eq!(fault.kind, FaultKind::LockedOut);
    assert_eq!(server.seen().len(), 2);
}

/// Another name is another account: nothing was sent to it yet.
#[tokio::test]
async fn a_conversation_begins_anew_for_another_name() {
    let sent = || ok(&json!({"CodeDeliveryDetails": delivery("EMAIL", "a***@e***")}));
    let gone = || refuse(400, "UserNotFoundException", "User does not exist.");
    let server = Server::start([
        ok(&json!({
            "UserConfirmed": false, "UserSub": "s",
            "CodeDeliveryDetails": delivery("EMAIL", "a***@e***"),
        })),
        gone(),
        sent(),
        gone(),
        sent(),
    ])
    .await;
    let (cognito, spec) = (cognito(), server.login(Flow::UserSrp));
    let talk = Talk::begin(&cognito, &spec, known(sign_up())).await;
    let talk = talk.go(new_password(PASSWORD)).await;
    let talk = talk.trip(code("123456"), "does not exist").await;
    let talk = talk.go(name("grace")).await;
    assert!(matches!(talk.question, Question::NewPassword { .. }));

    let talk = Talk::begin(&cognito, &spec, known(Goal::ForgotPassword)).await;
    let talk = talk.trip(Answer::Resend, "does not exist").await;
    talk.go(name("grace")).await;
    let seen = server.seen();
    assert_eq!(operations(&seen)[4], "ForgotPassword");
    assert_eq!(seen[4].1["Username"], "grace");
}
