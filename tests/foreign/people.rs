//! What people do with their accounts. Each has a user of its own.

use std::collections::BTreeMap;

use poolkey_core::config::Flow;
use poolkey_core::conversation::{Answer, CodeFor, Goal, Outcome, Question, Thread};
use poolkey_core::fault::FaultKind;

use crate::person::Person;
use crate::talk::{Talk, code, new_password, password};
use crate::{Chain, cognito};

/// ministack sends this code to whoever signs up, and another for a forgotten password.
const SIGN_UP_CODE: &str = "123456";
const RESET_CODE: &str = "654-321";

#[tokio::test]
async fn a_new_account_is_signed_up_confirmed_and_signs_in() {
    let Some(chain) = Chain::given() else { return };
    let cognito = cognito();
    let spec = chain.login(Flow::UserSrp);
    let (name, secret) = ("uma@example.com", "Umas-Passw0rd!");
    let attributes = BTreeMap::from([("email".to_owned(), name.to_owned())]);
    let goal = Goal::SignUp { attributes };
    let mut talk = Talk::begin(&cognito, &spec, to(goal, None)).await;
    assert!(matches!(talk.asked(), Question::Username { .. }));
    talk.say(Answer::Username(name.to_owned())).await;
    talk.err(new_password("short")).await;
    talk.say(new_password(secret)).await;
    assert!(
        matches!(
            talk.asked(),
            Question::Code {
                code_for: CodeFor::Confirm,
                ..
            }
        ),
        "{:?}",
        talk.asked()
    );
    talk.err(code("000000")).await;
    talk.say(Answer::Resend).await;
    talk.say(code(SIGN_UP_CODE)).await;
    let username = name.to_owned();
    assert_eq!(talk.outcome(), Outcome::SignedUp { username });
    let uma = person(name, secret);
    assert!(uma.sign_in(&cognito, &spec).await.is_ok());

    // Once more: the name is taken.
    let attributes = BTreeMap::from([("email".to_owned(), name.to_owned())]);
    let goal = Goal::SignUp { attributes };
    let mut talk = Talk::begin(&cognito, &spec, to(goal, Some(name))).await;
    match talk.try_say(new_password(secret)).await {
        Ok(()) => assert!(matches!(talk.asked(), Question::Username { .. })),
        Err(fault) => assert_eq!(fault.kind, FaultKind::Wrong, "{fault}"),
    }
}

#[tokio::test]
async fn a_forgotten_password_is_replaced() {
    let Some(chain) = Chain::given() else { return };
    let cognito = cognito();
    let spec = chain.login(Flow::UserSrp);
    let name = "fay@example.com";
    let mut talk = Talk::begin(&cognito, &spec, to(Goal::ForgotPassword, Some(name))).await;
    assert!(
        matches!(
            talk.asked(),
            Question::Code {
                code_for: CodeFor::Reset,
                can_resend: true,
                ..
            }
        ),
        "{:?}",
        talk.asked()
    );
    talk.say(code("000000")).await;
    talk.say(new_password("Fays-New-Passw0rd!")).await;
    assert!(
        matches!(talk.asked(), Question::Code { .. }),
        "the code was wrong: {:?}",
        talk.asked()
    );
    // The password that was typed waits for the right code.
    talk.say(code(RESET_CODE)).await;
    assert_eq!(talk.outcome(), Outcome::Done);
    let fay = person(name, "Fays-New-Passw0rd!");
    assert!(fay.sign_in(&cognito, &spec).await.is_ok());
    let old = person(name, chain.text("password"));
    let fault = old.sign_in(&cognito, &spec).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Wrong, "{fault}");
}

#[tokio::test]
async fn a_password_is_changed_and_the_account_is_shown() {
    let Some(chain) = Chain::given() else { return };
    let cognito = cognito();
    let spec = chain.login(Flow::UserSrp);
    let name = "will@example.com";
    let tokens = person(name, chain.text("password"))
        .sign_in(&cognito, &spec)
        .await
        .unwrap();
    let thread = |goal| Thread {
        access_token: tokens.access.as_ref().map(|access| access.token.clone()),
        ..to(goal, Some(name))
    };
    let shown = Talk::begin(&cognito, &spec, thread(Goal::Show)).await;
    let Outcome::Account(account) = shown.outcome() else {
        panic!("an account");
    };
    assert_eq!(account.attributes["email"], name);
    assert_eq!(account.factors, []);

    let mut talk = Talk::begin(&cognito, &spec, thread(Goal::ChangePassword)).await;
    talk.say(password("Not-the-passw0rd!")).await;
    talk.say(new_password("Wills-New-Passw0rd!")).await;
    assert!(
        matches!(talk.asked(), Question::Password { .. }),
        "the old one was wrong: {:?}",
        talk.asked()
    );
    talk.say(password(chain.text("password"))).await;
    talk.say(new_password("Wills-New-Passw0rd!")).await;
    assert_eq!(talk.outcome(), Outcome::Done);
    let will = person(name, "Wills-New-Passw0rd!");
    assert!(will.sign_in(&cognito, &spec).await.is_ok());
}

fn to(goal: Goal, username: Option<&str>) -> Thread {
    Thread {
        goal,
        username: username.map(str::to_owned),
        ..Thread::default()
    }
}

fn person<'a>(username: &'a str, password: &'a str) -> Person<'a> {
    Person {
        username,
        password,
        client_secret: None,
    }
}
