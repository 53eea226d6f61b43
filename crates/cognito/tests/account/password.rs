//! Passwords: forgotten, reset, changed.

use super::*;

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
            "ClientId": spec.client_id(), "Username": "ada",
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
