//! What people do with their accounts, question by question, against a scripted server.
#![allow(clippy::unwrap_used, reason = "tests may fail")]

mod support;
#[path = "support/talk.rs"]
mod talk;

use poolkey_core::config::Flow;
use poolkey_core::conversation::{
    Account, Answer, CodeFor, Factor, FactorState, Goal, KnownDevice, Medium, Outcome, Question,
    Step, Thread,
};
use poolkey_core::fault::FaultKind;
use poolkey_core::secret::Secret;
use poolkey_core::time::UnixTime;
use serde_json::{Value, json};
use support::*;
use talk::*;

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
            "ClientId": spec.client_id, "Username": "ada", "Password": PASSWORD,
            "UserAttributes": [
                {"Name": "custom:team", "Value": "engines"},
                {"Name": "email", "Value": "ada@example.com"},
                {"Name": "name", "Value": "Ada"},
            ],
        })
    );
    assert_eq!(
        seen[5].1,
        json!({"ClientId": spec.client_id, "Username": "ada", "ConfirmationCode": "123456"})
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
        spec.username = Some("ada".into());
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
async fn an_account_that_is_confirmed_already_is_told() {
    let already = || {
        let text = "User cannot be confirmed. Current status is CONFIRMED";
        refuse(400, "NotAuthorizedException", text)
    };
    let server = Server::start([
        already(),
        refuse(
            400,
            "InvalidParameterException",
            "User is already confirmed.",
        ),
        ok(&json!({
            "UserConfirmed": false, "UserSub": "s",
            "CodeDeliveryDetails": delivery("EMAIL", "a***@e***"),
        })),
        already(),
    ])
    .await;
    let (cognito, spec) = (cognito(), server.login(Flow::UserSrp));
    let talk = Talk::begin(&cognito, &spec, known(Goal::Confirm)).await;
    let fault = talk.fail(code("123456")).await;
    assert_eq!(
        fault.text,
        "The account “ada” is confirmed already: sign in."
    );
    let resend = cognito.begin(&spec, known(Goal::ResendCode)).await;
    assert_eq!(resend.unwrap_err(), fault);
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

#[tokio::test]
async fn a_forgotten_password_is_reset_by_a_code() {
    let server = Server::start([
        ok(&json!({"CodeDeliveryDetails": delivery("EMAIL", "a***@e***")})),
        refuse(
            400,
            "InvalidPasswordException",
            "Password does not conform to policy: Password not long enough",
        ),
        refuse(
            400,
            "CodeMismatchException",
            "Invalid verification code provided, please try again.",
        ),
        ok(&json!({"CodeDeliveryDetails": delivery("SMS", "+*******9999")})),
        ok(&json!({})),
    ])
    .await;
    let (cognito, spec) = (cognito(), server.login(Flow::UserSrp));
    let talk = Talk::begin(&cognito, &spec, known(Goal::ForgotPassword)).await;
    let asked = |medium, destination: &str| Question::Code {
        code_for: CodeFor::Reset,
        medium,
        destination: Some(destination.into()),
        can_resend: true,
    };
    assert_eq!(talk.question, asked(Medium::Email, "a***@e***"));
    let talk = talk.go(code("123 456")).await;
    let talk = talk
        .trip(new_password("weak-password"), "not long enough")
        .await;
    assert!(
        matches!(talk.question, Question::NewPassword { .. }),
        "the code is kept"
    );
    let talk = talk
        .trip(new_password(PASSWORD), "Invalid verification")
        .await;
    assert_eq!(talk.question, asked(Medium::Email, "a***@e***"));
    let talk = talk.go(Answer::Resend).await;
    assert_eq!(talk.question, asked(Medium::Sms, "+*******9999"));
    assert_eq!(
        talk.end(code("654321")).await,
        Outcome::Done,
        "the password was kept"
    );
    let seen = server.seen();
    assert_eq!(
        operations(&seen),
        [
            "ForgotPassword",
            "ConfirmForgotPassword",
            "ConfirmForgotPassword",
            "ForgotPassword",
            "ConfirmForgotPassword"
        ]
    );
    assert_eq!(
        seen[4].1,
        json!({
            "ClientId": spec.client_id, "Username": "ada",
            "ConfirmationCode": "654321", "Password": PASSWORD,
        })
    );
}

#[tokio::test]
async fn a_password_is_reset_with_a_code_at_hand() {
    let server = Server::start([ok(&json!({}))]).await;
    let (cognito, spec) = (cognito(), server.login(Flow::UserSrp));
    let talk = Talk::begin(&cognito, &spec, unknown(Goal::ResetPassword)).await;
    let talk = talk.go(name("ada")).await;
    assert!(matches!(
        talk.question,
        Question::Code {
            can_resend: true,
            ..
        }
    ));
    let talk = talk.go(code("123456")).await;
    assert_eq!(talk.end(new_password(PASSWORD)).await, Outcome::Done);
    assert_eq!(operations(&server.seen()), ["ConfirmForgotPassword"]);
}

#[tokio::test]
async fn a_reset_that_the_pool_refuses_ends_in_words() {
    for (code, text, kind, told) in [
        (
            "InvalidParameterException",
            "Cannot reset password for the user as there is no registered/verified email or \
             phone_number",
            FaultKind::Misconfigured,
            "administrator can set a new password",
        ),
        (
            "LimitExceededException",
            "Attempt limit exceeded, please try after some time.",
            FaultKind::LockedOut,
            "Attempt limit exceeded",
        ),
        (
            "NotAuthorizedException",
            "User password cannot be reset in the current state.",
            FaultKind::Misconfigured,
            "cannot be reset in the current state",
        ),
        (
            "NotAuthorizedException",
            "User is disabled.",
            FaultKind::Misconfigured,
            "User is disabled.",
        ),
        (
            "UserNotConfirmedException",
            "User is not confirmed.",
            FaultKind::Wrong,
            "confirm it first",
        ),
        (
            "TooManyRequestsException",
            "Rate exceeded",
            FaultKind::Throttled,
            "Rate exceeded",
        ),
    ] {
        let server = Server::start([refuse(400, code, text)]).await;
        let (cognito, spec) = (cognito(), server.login(Flow::UserSrp));
        let begun = cognito.begin(&spec, known(Goal::ForgotPassword)).await;
        let fault = begun.unwrap_err();
        assert_eq!(fault.kind, kind, "{fault}");
        assert!(fault.text.contains(told), "{fault}");
        assert_eq!(server.seen().len(), 1, "never tried again by itself");
    }
}

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
        let client_id = spec.client_id.clone();
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

#[tokio::test]
async fn a_password_is_changed_by_who_knows_the_old_one() {
    let server = Server::start([
        refuse(
            400,
            "NotAuthorizedException",
            "Incorrect username or password.",
        ),
        refuse(
            400,
            "InvalidPasswordException",
            "Password did not conform with policy: Password must have symbol characters",
        ),
        refuse(
            400,
            "LimitExceededException",
            "Attempt limit exceeded, please try after some time.",
        ),
        ok(&json!({})),
    ])
    .await;
    let (cognito, spec) = (cognito(), server.login(Flow::UserSrp));
    let old = |text| Answer::Password(Secret::new(text));
    let talk = Talk::begin(&cognito, &spec, member(Goal::ChangePassword)).await;
    let username = || "ada".to_owned();
    assert_eq!(
        talk.question,
        Question::Password {
            username: username()
        }
    );
    let talk = talk.go(old("not-the-old-one")).await;
    assert!(matches!(talk.question, Question::NewPassword { .. }));
    let talk = talk
        .trip(new_password("not-the-old-one"), "is the old one")
        .await;
    let talk = talk.trip(new_password(PASSWORD), "old password").await;
    assert_eq!(
        talk.question,
        Question::Password {
            username: username()
        }
    );
    assert_eq!(talk.thread.password, None);
    let talk = talk.go(old("the-old-password")).await;
    let talk = talk.trip(new_password("weak-password"), "symbol").await;
    assert!(
        matches!(talk.question, Question::NewPassword { .. }),
        "the old one was right"
    );
    let talk = talk.trip(new_password(PASSWORD), "limit").await;
    assert_eq!(
        talk.question,
        Question::Password {
            username: username()
        }
    );
    let talk = talk.go(old("the-old-password")).await;
    assert_eq!(talk.end(new_password(PASSWORD)).await, Outcome::Done);
    let seen = server.seen();
    assert_eq!(seen.len(), 4);
    assert_eq!(
        seen[3].1,
        json!({
            "AccessToken": ACCESS, "PreviousPassword": "the-old-password",
            "ProposedPassword": PASSWORD,
        })
    );
}

#[tokio::test]
async fn an_account_is_shown() {
    let cases = [
        (
            json!(["SOFTWARE_TOKEN_MFA", "EMAIL_OTP", "TEA_LEAVES"]),
            json!("SOFTWARE_TOKEN_MFA"),
            json!(null),
        ),
        (json!(["SMS_MFA"]), json!(null), json!(null)),
        (
            json!(null),
            json!(null),
            json!([{"DeliveryMedium": "SMS", "AttributeName": "phone_number"}]),
        ),
        (json!(null), json!(null), json!(null)),
    ];
    let expected = [
        (vec![Factor::App, Factor::Email], Some(Factor::App)),
        (vec![Factor::Sms], None),
        (vec![Factor::Sms], None),
        (vec![], None),
    ];
    for ((list, preferred, options), (factors, first)) in cases.into_iter().zip(expected) {
        let server = Server::start([ok(&json!({
            "Username": "ada",
            "UserAttributes": [{"Name": "sub", "Value": "s"}, {"Name": "email", "Value": "a@e"}],
            "UserMFASettingList": list, "PreferredMfaSetting": preferred, "MFAOptions": options,
        }))])
        .await;
        let spec = server.login(Flow::UserSrp);
        let shown = cognito().begin(&spec, member(Goal::Show)).await;
        assert_eq!(
            outcome(shown).0,
            Outcome::Account(Account {
                username: "ada".into(),
                attributes: attributes(&[("sub", "s"), ("email", "a@e")]),
                factors,
                preferred: first,
            })
        );
        assert_eq!(
            server.seen(),
            [("GetUser".into(), json!({"AccessToken": ACCESS}))]
        );
    }
}

/// A reply to a front end has 64 KiB.
#[tokio::test]
async fn what_is_shown_has_its_bounds() {
    let many: Vec<_> = (0..100)
        .map(|n| json!({"Name": format!("custom:{n}"), "Value": "x".repeat(5000)}))
        .collect();
    let server = Server::start([ok(&json!({"Username": "ada", "UserAttributes": many}))]).await;
    let shown = cognito()
        .begin(&server.login(Flow::UserSrp), member(Goal::Show))
        .await;
    let (outcome, _) = outcome(shown);
    let text = serde_json::to_string(&outcome).unwrap();
    assert!((20_000..50_000).contains(&text.len()), "{}", text.len());
}

#[tokio::test]
async fn an_authenticator_app_is_set_up_and_asked_for_first_where_nothing_else_is() {
    let user = |preferred: Value| {
        ok(&json!({"Username": "ada", "UserAttributes": [], "PreferredMfaSetting": preferred}))
    };
    for (preferred, first) in [(json!(null), true), (json!("SMS_MFA"), false)] {
        let server = Server::start([
            ok(&json!({"SecretCode": "JBSWY3DPEHPK3PXP"})),
            user(preferred.clone()),
            refuse(400, "EnableSoftwareTokenMFAException", "Code mismatch"),
            user(preferred.clone()),
            ok(&json!({"Status": "ERROR"})),
            user(preferred),
            ok(&json!({"Status": "SUCCESS"})),
            ok(&json!({})),
        ])
        .await;
        let (cognito, spec) = (cognito(), server.login(Flow::UserSrp));
        let talk = Talk::begin(&cognito, &spec, member(Goal::SetUpApp)).await;
        let Question::AppSetup { key, uri } = talk.question.clone() else {
            panic!("{:?}", talk.question)
        };
        assert_eq!(key, Secret::new("JBSWY3DPEHPK3PXP"));
        assert!(
            uri.expose()
                .starts_with("otpauth://totp/eu-west-1_AbCdEf123:ada?secret=JBSW")
        );
        let app = |code: &str, name: Option<&str>| Answer::AppSetup {
            code: Secret::new(code),
            device_name: name.map(str::to_owned),
        };
        let before = talk.question.clone();
        let talk = talk.trip(app(" ", None), "Type the code").await;
        let talk = talk.trip(app("000000", None), "another code").await;
        let talk = talk.trip(app("000001", None), "another code").await;
        assert_eq!(talk.question, before, "the same key");
        assert_eq!(
            talk.end(app("123 456", Some("My phone"))).await,
            Outcome::Done
        );
        let seen = server.seen();
        assert_eq!(
            operations(&seen),
            [
                "AssociateSoftwareToken",
                "GetUser",
                "VerifySoftwareToken",
                "GetUser",
                "VerifySoftwareToken",
                "GetUser",
                "VerifySoftwareToken",
                "SetUserMFAPreference",
            ]
        );
        assert_eq!(
            seen[6].1,
            json!({
                "AccessToken": ACCESS, "UserCode": "123456", "FriendlyDeviceName": "My phone"
            })
        );
        assert_eq!(seen[7].1["SoftwareTokenMfaSettings"], setting(true, first));
    }
}

#[tokio::test]
async fn an_app_that_is_set_up_but_could_not_be_turned_on_is_told_so() {
    let server = Server::start([
        ok(&json!({"SecretCode": "JBSWY3DPEHPK3PXP"})),
        ok(&json!({"Username": "ada", "UserAttributes": []})),
        ok(&json!({"Status": "SUCCESS"})),
        refuse(500, "InternalErrorException", "Something went wrong"),
    ])
    .await;
    let (cognito, spec) = (cognito(), server.login(Flow::UserSrp));
    let talk = Talk::begin(&cognito, &spec, member(Goal::SetUpApp)).await;
    let answer = Answer::AppSetup {
        code: Secret::new("123456"),
        device_name: None,
    };
    let fault = talk.fail(answer).await;
    assert_eq!(fault.kind, FaultKind::Service);
    assert!(fault.text.contains("set up, but not turned on"), "{fault}");
}

#[tokio::test]
async fn a_factor_is_preferred_turned_on_or_off() {
    for (factor, name, member_name) in [
        (
            Factor::App,
            "SOFTWARE_TOKEN_MFA",
            "SoftwareTokenMfaSettings",
        ),
        (Factor::Sms, "SMS_MFA", "SMSMfaSettings"),
        (Factor::Email, "EMAIL_OTP", "EmailMfaSettings"),
    ] {
        for (state, preferred, expected) in [
            (FactorState::Preferred, None, setting(true, true)),
            (FactorState::On, Some("TEA_LEAVES"), setting(true, false)),
            // Turning on what is preferred leaves it so.
            (FactorState::On, Some(name), setting(true, true)),
            (FactorState::Off, None, setting(false, false)),
        ] {
            let user = preferred.map(|preferred| {
                let list = json!([preferred]);
                ok(&json!({
                    "Username": "ada", "UserAttributes": [],
                    "UserMFASettingList": list, "PreferredMfaSetting": preferred,
                }))
            });
            let server = Server::start(user.into_iter().chain([ok(&json!({}))])).await;
            let set = set_factor(&server, factor, state).await;
            assert_eq!(outcome(set).0, Outcome::Done);
            let sent = json!({"AccessToken": ACCESS, member_name: expected});
            let last = server.seen().pop();
            assert_eq!(last, Some(("SetUserMFAPreference".into(), sent)));
        }
    }
}

#[tokio::test]
async fn a_factor_that_is_not_ready_is_refused_with_the_next_step() {
    for (factor, text, told) in [
        (
            Factor::Sms,
            "User does not have delivery config set to turn on SMS_MFA",
            "verify it first",
        ),
        (
            Factor::Email,
            "User does not have delivery config set to turn on EMAIL_OTP",
            "verify it first",
        ),
        (
            Factor::App,
            "User has not set up software token mfa",
            "Set up an authenticator app first",
        ),
        (Factor::Sms, "SMS MFA is off", "SMS MFA is off"),
    ] {
        let server = Server::start([refuse(400, "InvalidParameterException", text)]).await;
        let fault = set_factor(&server, factor, FactorState::Preferred)
            .await
            .unwrap_err();
        assert!(fault.text.contains(told), "{fault}");
    }
    let server = Server::start([]).await;
    for factor in [Factor::Password, Factor::Passkey] {
        let fault = set_factor(&server, factor, FactorState::On)
            .await
            .unwrap_err();
        assert_eq!(fault.kind, FaultKind::Wrong);
    }
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn devices_are_listed_page_by_page() {
    let attributes = json!([
        {"Name": "device_status", "Value": "valid"},
        {"Name": "device_name", "Value": "a laptop"},
        {"Name": "dev:device_remembered_status", "Value": "remembered"},
        {"Name": "last_ip_used", "Value": "192.0.2.7"},
    ]);
    let device = |key: &str, at: i64, attributes: &Value| json!({"DeviceKey": key, "DeviceAttributes": attributes, "DeviceLastAuthenticatedDate": at});
    let server = Server::start([
        ok(&json!({"Devices": [device("old", 100, &json!([])), {}], "PaginationToken": "more"})),
        ok(&json!({"Devices": [device("new", 200, &attributes)]})),
    ])
    .await;
    let thread = Thread {
        device_key: Some("new".into()),
        ..member(Goal::ListDevices)
    };
    let listed = cognito().begin(&server.login(Flow::UserSrp), thread).await;
    assert_eq!(
        outcome(listed).0,
        Outcome::Devices {
            devices: vec![
                KnownDevice {
                    key: "new".into(),
                    name: Some("a laptop".into()),
                    last_address: Some("192.0.2.7".into()),
                    last_used: Some(UnixTime::from_secs(200)),
                    remembered: Some(true),
                    is_this: true,
                },
                KnownDevice {
                    key: "old".into(),
                    name: None,
                    last_address: None,
                    last_used: Some(UnixTime::from_secs(100)),
                    remembered: None,
                    is_this: false,
                },
            ]
        }
    );
    let seen = server.seen();
    assert_eq!(seen[0].1, json!({"AccessToken": ACCESS, "Limit": 60}));
    assert_eq!(seen[1].1["PaginationToken"], "more");

    // A pool that never comes to an end.
    let page = |n: u32| {
        let devices: Vec<_> = (0..60)
            .map(|m| device(&format!("{n}-{m}"), 1, &attributes))
            .collect();
        ok(&json!({"Devices": devices, "PaginationToken": "more"}))
    };
    let server = Server::start((0..20).map(page)).await;
    let listed = cognito()
        .begin(&server.login(Flow::UserSrp), member(Goal::ListDevices))
        .await;
    let (outcome, _) = outcome(listed);
    assert_eq!(server.seen().len(), 10);
    let text = serde_json::to_string(&outcome).unwrap();
    assert!(text.len() < 60_000, "{}", text.len());
}

#[tokio::test]
async fn a_device_is_forgotten_by_its_key_or_as_this_one() {
    let gone = || refuse(400, "ResourceNotFoundException", "Device does not exist.");
    let forgotten = |key: &str| Outcome::DeviceForgotten { key: key.into() };
    let forget = async |key: Option<&str>, own: Option<&str>, act: Act| {
        let server = Server::start([act]).await;
        let thread = Thread {
            device_key: own.map(str::to_owned),
            ..member(Goal::ForgetDevice {
                key: key.map(str::to_owned),
            })
        };
        let step = cognito().begin(&server.login(Flow::UserSrp), thread).await;
        let keys: Vec<_> = server
            .seen()
            .iter()
            .map(|(_, body)| body["DeviceKey"].clone())
            .collect();
        (step, keys)
    };
    for (key, own, expected) in [
        (Some("other"), Some("mine"), "other"),
        (Some("mine"), Some("mine"), "mine"),
        (None, Some("mine"), "mine"),
        (Some("other"), None, "other"),
    ] {
        let (step, sent) = forget(key, own, ok(&json!({}))).await;
        assert_eq!(outcome(step).0, forgotten(expected));
        assert_eq!(sent, [expected]);
    }
    let (step, sent) = forget(None, None, ok(&json!({}))).await;
    assert_eq!(step.unwrap_err().kind, FaultKind::Wrong);
    assert!(sent.is_empty());
    // This machine's own is gone either way; another one's key may have been mistyped.
    let (step, _) = forget(None, Some("mine"), gone()).await;
    assert_eq!(outcome(step).0, forgotten("mine"));
    let (step, _) = forget(Some("other"), Some("mine"), gone()).await;
    let fault = step.unwrap_err();
    assert_eq!(
        fault.kind,
        FaultKind::Wrong,
        "DeviceGone would speak of this machine's own"
    );
    assert!(fault.text.contains("“other”"), "{fault}");
}

#[tokio::test]
async fn an_attribute_is_verified_by_a_code() {
    let server = Server::start([
        ok(&json!({"CodeDeliveryDetails": delivery("SMS", "+*******9999")})),
        refuse(
            400,
            "CodeMismatchException",
            "Invalid verification code provided, please try again.",
        ),
        refuse(
            400,
            "LimitExceededException",
            "Attempt limit exceeded, please try after some time.",
        ),
        ok(&json!({"CodeDeliveryDetails": delivery("SMS", "+*******8888")})),
        ok(&json!({})),
    ])
    .await;
    let (cognito, spec) = (cognito(), server.login(Flow::UserSrp));
    let goal = Goal::VerifyAttribute {
        name: "phone_number".into(),
    };
    let talk = Talk::begin(&cognito, &spec, member(goal)).await;
    let asked = |destination: &str| Question::Code {
        code_for: CodeFor::Verify("phone_number".into()),
        medium: Medium::Sms,
        destination: Some(destination.into()),
        can_resend: true,
    };
    assert_eq!(talk.question, asked("+*******9999"));
    let talk = talk.trip(code("000000"), "Invalid verification").await;
    let talk = talk.trip(Answer::Resend, "limit").await;
    let talk = talk.go(Answer::Resend).await;
    assert_eq!(talk.question, asked("+*******8888"));
    assert_eq!(talk.end(code("123456")).await, Outcome::Done);
    let seen = server.seen();
    assert_eq!(seen[0].0, "GetUserAttributeVerificationCode");
    assert_eq!(
        seen[4],
        (
            "VerifyUserAttribute".into(),
            json!({"AccessToken": ACCESS, "AttributeName": "phone_number", "Code": "123456"})
        )
    );
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
    let client_id = spec.client_id.clone();
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

async fn set_factor(
    server: &Server,
    factor: Factor,
    state: FactorState,
) -> Result<Step, poolkey_core::fault::Fault> {
    let goal = Goal::SetFactor { factor, state };
    let spec = server.login(Flow::UserSrp);
    cognito().begin(&spec, member(goal)).await
}

fn member(goal: Goal) -> Thread {
    signed_in_for(goal, &Secret::new(ACCESS))
}

fn sign_up() -> Goal {
    Goal::SignUp {
        attributes: attributes(&[]),
    }
}

fn delivery(medium: &str, destination: &str) -> Value {
    json!({"DeliveryMedium": medium, "Destination": destination, "AttributeName": "email"})
}

fn setting(enabled: bool, preferred: bool) -> Value {
    json!({"Enabled": enabled, "PreferredMfa": preferred})
}

fn operations(seen: &[(String, Value)]) -> Vec<&str> {
    seen.iter()
        .map(|(operation, _)| operation.as_str())
        .collect()
}
