//! What whoever is signed in does with the account, against the sandbox.
#![allow(clippy::unwrap_used, reason = "tests may fail")]

#[path = "support/http.rs"]
mod http;
#[path = "support/person.rs"]
mod person;
#[path = "support/sandbox.rs"]
mod sandbox;
#[path = "support/talk.rs"]
mod talk;

use person::Person;
use poolkey_core::config::Flow;
use poolkey_core::conversation::{
    Answer, CodeFor, Factor, FactorState, Goal, Medium, Outcome, Question, Thread,
};
use poolkey_core::event::Farewell;
use poolkey_core::fault::FaultKind;
use poolkey_core::secret::Secret;
use sandbox::{Sandbox, cognito, last_code};
use serde_json::json;
use talk::*;

#[tokio::test]
async fn second_factors_are_set_up_preferred_and_turned_off() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let chain = sandbox.seed(&json!({
        "pool": {"mfa": "OPTIONAL", "factors": ["SOFTWARE_TOKEN_MFA", "SMS_MFA"]},
        "user": {"email": "alice@example.com"},
    }));
    let (cognito, spec) = (cognito(), chain.login(Flow::UserSrp));
    let alice = Person::of(chain.text("username"), chain.text("password"), &chain.ids);
    let tokens = alice.sign_in(&cognito, &spec).await.unwrap();
    let access = tokens.access.unwrap().token;

    let set = async |factor, state| {
        let goal = Goal::SetFactor { factor, state };
        cognito.begin(&spec, signed_in_for(goal, &access)).await
    };
    let fault = set(Factor::App, FactorState::On).await.unwrap_err();
    assert!(
        fault.text.contains("Set up an authenticator app"),
        "{fault}"
    );
    let fault = set(Factor::Sms, FactorState::On).await.unwrap_err();
    assert!(fault.text.contains("phone number"), "{fault}");

    let talk = Talk::begin(&cognito, &spec, signed_in_for(Goal::SetUpApp, &access)).await;
    let Question::AppSetup { key, .. } = talk.question.clone() else {
        panic!("{:?}", talk.question)
    };
    let app = |code: &str| Answer::AppSetup {
        code: Secret::new(code),
        device_name: Some("My phone".into()),
    };
    let talk = talk.trip(app("000000"), "another code").await;
    let shows = sandbox.control("POST", "totp", &json!({"key": key.expose()}));
    let end = talk.end(app(shows["code"].as_str().unwrap())).await;
    assert_eq!(end, Outcome::Done);
    let shown = show(&cognito, &spec, &access).await;
    assert_eq!(shown.factors, [Factor::App]);
    assert_eq!(shown.preferred, Some(Factor::App), "nothing else was");
    outcome(set(Factor::App, FactorState::On).await);
    let shown = show(&cognito, &spec, &access).await;
    assert_eq!(shown.preferred, Some(Factor::App), "still");

    let thread = Thread {
        username: Some(chain.text("username").into()),
        ..Thread::default()
    };
    let talk = Talk::begin(&cognito, &spec, thread).await;
    let password = Answer::Password(Secret::new(chain.text("password")));
    let talk = talk.go(password).await;
    assert!(
        matches!(
            talk.question,
            Question::Code {
                medium: Medium::App,
                ..
            }
        ),
        "it is asked for: {:?}",
        talk.question
    );

    outcome(set(Factor::App, FactorState::Off).await);
    let shown = show(&cognito, &spec, &access).await;
    assert_eq!((shown.factors, shown.preferred), (vec![], None));
}

#[tokio::test]
async fn an_address_is_verified() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let chain = sandbox.seed(&json!({"user": {"phone": "+15550001234"}}));
    let (cognito, spec) = (cognito(), chain.login(Flow::UserSrp));
    let alice = Person::of(chain.text("username"), chain.text("password"), &chain.ids);
    let tokens = alice.sign_in(&cognito, &spec).await.unwrap();
    let access = tokens.access.unwrap().token;
    let verify = |name: &str| {
        let goal = Goal::VerifyAttribute { name: name.into() };
        signed_in_for(goal, &access)
    };
    let talk = Talk::begin(&cognito, &spec, verify("phone_number")).await;
    let Question::Code {
        code_for,
        medium,
        destination,
        can_resend,
    } = &talk.question
    else {
        panic!("{:?}", talk.question)
    };
    assert_eq!(*code_for, CodeFor::Verify("phone_number".into()));
    assert_eq!(*medium, Medium::Sms);
    assert!(destination.as_deref().unwrap().ends_with("1234"));
    assert!(can_resend);
    let talk = talk.trip(code("12"), "Invalid").await;
    let talk = talk.go(Answer::Resend).await;
    let sent = last_code(&sandbox, "+15550001234");
    assert_eq!(talk.end(code(&sent)).await, Outcome::Done);
    let shown = show(&cognito, &spec, &access).await;
    assert_eq!(shown.attributes["phone_number_verified"], "true");
    let fault = cognito.begin(&spec, verify("nickname")).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Misconfigured, "{fault}");
}

#[tokio::test]
async fn an_access_token_ages_and_a_session_ends() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let chain = sandbox.seed(&json!({}));
    let (cognito, spec) = (cognito(), chain.login(Flow::UserSrp));
    let alice = Person::of(chain.text("username"), chain.text("password"), &chain.ids);
    let mut tokens = alice.sign_in(&cognito, &spec).await.unwrap();
    let refresh = tokens.refresh_token.take().unwrap();
    let access = tokens.access.unwrap().token;
    show(&cognito, &spec, &access).await;
    cognito
        .revoke(&spec, Some(&refresh), None, &Farewell::default())
        .await
        .revoked
        .unwrap();
    let revoked = cognito
        .begin(&spec, signed_in_for(Goal::Show, &access))
        .await;
    assert_eq!(revoked.unwrap_err().kind, FaultKind::TokenStale);

    let tokens = alice.sign_in(&cognito, &spec).await.unwrap();
    let access = tokens.access.unwrap().token;
    sandbox.control("POST", "clock", &json!({"offset_seconds": 3601}));
    let old = cognito
        .begin(&spec, signed_in_for(Goal::Show, &access))
        .await;
    assert_eq!(old.unwrap_err().kind, FaultKind::TokenStale);
}

#[tokio::test]
async fn devices_are_listed_and_forgotten() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let chain = sandbox.seed(&json!({"pool": {"devices": "always"}}));
    let (cognito, spec) = (cognito(), chain.login(Flow::UserSrp));
    let alice = Person::of(chain.text("username"), chain.text("password"), &chain.ids);
    let first = alice.sign_in(&cognito, &spec).await.unwrap();
    let second = alice.sign_in(&cognito, &spec).await.unwrap();
    let access = second.access.unwrap().token;
    let (first, second) = (first.device_key.unwrap(), second.device_key.unwrap());
    let thread = |goal| Thread {
        device_key: Some(second.clone()),
        ..signed_in_for(goal, &access)
    };
    let list = async || {
        let (listed, _) = outcome(cognito.begin(&spec, thread(Goal::ListDevices)).await);
        let Outcome::Devices { devices } = listed else {
            panic!("{listed:?}")
        };
        devices
    };
    let mut listed: Vec<_> = list()
        .await
        .into_iter()
        .map(|device| (device.key, device.is_this))
        .collect();
    listed.sort_by_key(|(_, is_this)| *is_this);
    assert_eq!(listed, [(first.clone(), false), (second.clone(), true)]);

    let forget = async |key: Option<&str>| {
        let goal = Goal::ForgetDevice {
            key: key.map(str::to_owned),
        };
        cognito.begin(&spec, thread(goal)).await
    };
    let (forgotten, _) = outcome(forget(Some(&first)).await);
    assert_eq!(forgotten, Outcome::DeviceForgotten { key: first.clone() });
    assert_eq!(
        forget(Some(&first)).await.unwrap_err().kind,
        FaultKind::DeviceGone
    );
    let (forgotten, _) = outcome(forget(None).await);
    assert_eq!(
        forgotten,
        Outcome::DeviceForgotten {
            key: second.clone()
        }
    );
}
