//! What may come between in a sign-in, against the sandbox: a session that expires, an account that
//! is not confirmed, a password that was reset, an address that is to be proven, another code.
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
use poolkey_core::conversation::{Answer, CodeFor, Medium, Question};
use poolkey_core::fault::FaultKind;
use sandbox::specs::pool;
use sandbox::{Sandbox, cognito};
use serde_json::json;
use talk::{Talk, attributes, code, new_password};

#[tokio::test]
async fn a_person_who_takes_too_long_begins_again() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let chain = sandbox.seed(&json!({
        "pool": {"mfa": "ON", "factors": ["SOFTWARE_TOKEN_MFA"]},
        "client": {"session_minutes": 3},
        "user": {"totp_key": KEY},
    }));
    let (cognito, spec) = (cognito(), chain.login(Flow::UserSrp));
    let talk = at_password(&cognito, &spec, &chain).await;
    let talk = talk.go(password(chain.text("password"))).await;
    later(&sandbox, 181);
    let talk = Talk::at(&cognito, &spec, talk.step(code(&totp(&sandbox, KEY))).await);
    assert_eq!(talk.problem.as_ref().unwrap().kind, FaultKind::Expired);
    let username = chain.text("username").to_owned();
    assert_eq!(talk.question, Question::Password { username });
    let talk = talk.go(password(chain.text("password"))).await;
    done(talk.step(code(&totp(&sandbox, KEY))).await);
}

/// A sign-in confirms the account that it is for.
#[tokio::test]
async fn an_account_that_is_not_confirmed_is_confirmed_on_the_way() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let chain = sandbox.seed(&json!({
        "user": {"unconfirmed": true, "email": "alice@example.com"},
    }));
    let (cognito, spec) = (cognito(), chain.login(Flow::UserSrp));
    let talk = at_password(&cognito, &spec, &chain).await;
    let talk = talk
        .trip(password(chain.text("password")), "not confirmed")
        .await;
    let talk = talk.go(Answer::Resend).await;
    let talk = talk.trip(code("000000"), "code").await;
    let talk = talk.go(code(&sent(&sandbox))).await;
    done(talk.step(password(chain.text("password"))).await);
}

/// An administrator demands a new password: a code, the password, and in with it.
#[tokio::test]
async fn a_password_that_was_reset_is_set_anew_on_the_way() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let chain = sandbox.seed(&json!({"user": {"email": "alice@example.com"}}));
    let user = json!({
        "UserPoolId": chain.text("user_pool_id"), "Username": chain.text("username"),
    });
    sandbox.call_as_admin("AdminResetUserPassword", &user);
    let first = sent(&sandbox);
    let (cognito, spec) = (cognito(), chain.login(Flow::UserSrp));
    let talk = at_password(&cognito, &spec, &chain).await;
    let talk = talk
        .trip(password(chain.text("password")), "must be set anew")
        .await;
    let talk = talk.go(Answer::Resend).await;
    let Question::Code {
        code_for: CodeFor::Reset,
        medium: Medium::Email,
        ..
    } = talk.question
    else {
        panic!("{:?}", talk.question)
    };
    let second = sent(&sandbox);
    assert_ne!(first, second);
    let talk = talk.go(code("000000")).await;
    let talk = talk.trip(new_password(NEW), "code").await;
    let talk = talk.go(code(&second)).await;
    let talk = talk.trip(new_password("short"), "policy").await;
    done(talk.step(new_password(NEW)).await);

    let talk = at_password(&cognito, &spec, &chain).await;
    done(talk.step(password(NEW)).await);
}

/// `MFA_SETUP` by e-mail: the address, and the code that was sent there.
#[tokio::test]
async fn an_address_is_set_up_as_second_factor() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let chain = sandbox.seed(&json!({"pool": {"mfa": "ON", "factors": ["EMAIL_OTP"]}}));
    let unproven = json!({
        "UserPoolId": chain.text("user_pool_id"), "Username": chain.text("username"),
        "UserAttributes": [{"Name": "email_verified", "Value": "false"}],
    });
    sandbox.call_as_admin("AdminUpdateUserAttributes", &unproven);
    let (cognito, spec) = (cognito(), chain.login(Flow::UserSrp));
    let talk = at_password(&cognito, &spec, &chain).await;
    let talk = talk.go(password(chain.text("password"))).await;
    assert_eq!(
        talk.question,
        Question::Attributes {
            names: vec!["email".into()]
        }
    );
    let given = |address: &str| Answer::Attributes(attributes(&[("email", address)]));
    let talk = talk.trip(given("nowhere"), "email").await;
    let talk = talk.go(given("alice@example.com")).await;
    let Question::Code {
        medium: Medium::Email,
        ..
    } = talk.question
    else {
        panic!("{:?}", talk.question)
    };
    let talk = talk.trip(code("000000"), "code").await;
    done(talk.step(code(&sent(&sandbox))).await);

    // From now on a code goes there.
    let talk = at_password(&cognito, &spec, &chain).await;
    let talk = talk.go(password(chain.text("password"))).await;
    done(talk.step(code(&sent(&sandbox))).await);
}

/// The sign-in begins anew by the same way, and only the newer code counts.
#[tokio::test]
async fn a_first_code_is_sent_again() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let chain = sandbox.seed(&json!({
        "pool": {"first_factors": ["PASSWORD", "EMAIL_OTP"]},
        "user": {"email": "alice@example.com"},
    }));
    let (cognito, mut spec) = (cognito(), chain.login(Flow::UserAuth));
    pool(&mut spec).preferred_challenge = Some(Preference::EmailOtp);
    let talk = Talk::begin(&cognito, &spec, alice(&chain)).await;
    let first = sent(&sandbox);
    let talk = talk.go(Answer::Resend).await;
    let second = sent(&sandbox);
    assert_ne!(first, second);
    let talk = talk.trip(code(&first), "code").await;
    done(talk.step(code(&second)).await);
}

/// A pool has not got the way that the login prefers: that is told, and what it has is asked.
#[tokio::test]
async fn a_preferred_password_that_is_not_offered_is_told() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let chain = sandbox.seed(&json!({
        "pool": {"first_factors": ["EMAIL_OTP"]},
        "user": {"email": "alice@example.com"},
    }));
    for preference in [Preference::PasswordSrp, Preference::Password] {
        let (cognito, mut spec) = (cognito(), chain.login(Flow::UserAuth));
        pool(&mut spec).preferred_challenge = Some(preference);
        let talk = at_password(&cognito, &spec, &chain).await;
        let talk = talk
            .trip(
                password(chain.text("password")),
                "does not take the password by",
            )
            .await;
        done(talk.step(code(&sent(&sandbox))).await);
    }
}
