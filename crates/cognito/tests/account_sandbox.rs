//! Accounts against the sandbox, which really judges what it is sent. Codes come out of its outbox.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests may fail, and run themselves"
)]

#[path = "support/http.rs"]
mod http;
#[path = "support/person.rs"]
mod person;
#[path = "support/sandbox.rs"]
mod sandbox;
#[path = "support/talk.rs"]
mod talk;

use std::process::Command;

use person::{Person, spend};
use poolkey_core::config::Flow;
use poolkey_core::conversation::{Answer, CodeFor, Goal, Medium, Outcome, Question, Step, Thread};
use poolkey_core::fault::FaultKind;
use poolkey_core::secret::Secret;
use sandbox::specs::{by, pool};
use sandbox::{Sandbox, Seeded, cognito, last_code};
use serde_json::{Value, json};
use talk::*;

#[tokio::test]
async fn an_account_is_signed_up_confirmed_and_signed_in() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    for secret in [false, true] {
        let chain = sandbox.seed(&json!({
            "client": {"secret": secret},
            "pool": {"aws": {"AutoVerifiedAttributes": ["email"], "Schema": [
                {"Name": "email", "Required": true}, {"Name": "name", "Required": true},
            ]}},
            "user": {"email": "alice@example.com"},
        }));
        let (cognito, spec) = (cognito(), chain.login(Flow::UserSrp));
        let goal = Goal::SignUp {
            attributes: attributes(&[("email", "ada@example.com")]),
        };
        let talk = Talk::begin(&cognito, &spec, unknown(goal)).await;
        let talk = talk.go(name(chain.text("username"))).await;
        let mut talk = Talk::at(&cognito, &spec, talk.step(new_password("short")).await);
        if secret {
            assert!(matches!(talk.question, Question::ClientSecret { .. }));
            let secret = Answer::ClientSecret(Secret::new(chain.text("client_secret")));
            talk = Talk::at(&cognito, &spec, talk.step(secret).await);
        }
        let mut problems = Vec::new();
        // Refused in whatever order the pool looks: password, attributes, name.
        let talk = loop {
            if matches!(talk.question, Question::Code { .. }) {
                break talk;
            }
            if let Question::Attributes { names } = &talk.question {
                assert_eq!(names, &["name"]);
            }
            let whole = Answer::Attributes(attributes(&[("name", "Ada")]));
            let answer = [new_password(PASSWORD), whole, name("ada")]
                .into_iter()
                .find(|answer| answer.is_to(&talk.question))
                .unwrap();
            problems.extend(talk.problem.as_ref().map(|fault| fault.text.clone()));
            talk = Talk::at(&cognito, &spec, talk.step(answer).await);
        };
        assert_eq!(problems.len(), 2, "password and name: {problems:?}");
        assert_eq!(
            talk.question,
            Question::Code {
                code_for: CodeFor::Confirm,
                medium: Medium::Email,
                destination: Some("a***@e***".into()),
                can_resend: true,
            }
        );
        let fault = Person::of("ada", PASSWORD, &chain.ids)
            .sign_in(&cognito, &spec)
            .await;
        assert!(fault.is_err(), "not confirmed yet");
        let talk = talk.trip(code("12"), "Invalid").await;
        let talk = talk.go(Answer::Resend).await;
        let sent = last_code(&sandbox, "ada@example.com");
        let spaced = format!(" {}-{} ", &sent[..3], &sent[3..]);
        assert_eq!(
            talk.end(code(&spaced)).await,
            Outcome::SignedUp {
                username: "ada".into()
            }
        );
        let tokens = Person::of("ada", PASSWORD, &chain.ids)
            .sign_in(&cognito, &spec)
            .await
            .unwrap();
        let access = tokens.access.unwrap().token;
        let shown = show(&cognito, &spec, &access).await;
        assert_eq!(shown.username, "ada");
        assert_eq!(shown.attributes["email_verified"], "true");
        assert_eq!(shown.attributes["name"], "Ada");
        assert_eq!((shown.factors, shown.preferred), (vec![], None));

        let mut thread = known(Goal::Confirm);
        thread.client_secret = secret.then(|| Secret::new(chain.text("client_secret")));
        let talk = Talk::begin(&cognito, &spec, thread).await;
        assert_eq!(talk.end(code(&sent)).await, Outcome::Done, "it is");
        sandbox.control("DELETE", "outbox", &Value::Null);
    }
}

#[tokio::test]
async fn a_forgotten_password_is_reset_and_a_known_one_changed() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let chain = sandbox.seed(&json!({"user": {"email": "alice@example.com"}}));
    let (cognito, spec) = (cognito(), chain.login(Flow::UserSrp));
    let thread = |goal| Thread {
        username: Some(chain.text("username").into()),
        ..unknown(goal)
    };
    let talk = Talk::begin(&cognito, &spec, thread(Goal::ForgotPassword)).await;
    let talk = talk.go(code("000000x")).await;
    let talk = talk.trip(new_password("Short-1"), "policy").await;
    let talk = talk.trip(new_password(PASSWORD), "Invalid").await;
    assert!(matches!(
        talk.question,
        Question::Code {
            medium: Medium::Email,
            ..
        }
    ));
    let sent = last_code(&sandbox, "alice@example.com");
    assert_eq!(talk.end(code(&sent)).await, Outcome::Done);
    let tokens = Person::of(chain.text("username"), PASSWORD, &chain.ids)
        .sign_in(&cognito, &spec)
        .await
        .unwrap();
    let access = tokens.access.unwrap().token;

    let old = |text| Answer::Password(Secret::new(text));
    let change = || signed_in_for(Goal::ChangePassword, &access);
    let talk = Talk::begin(&cognito, &spec, change()).await;
    let talk = talk.go(old("Not-the-0ld-one")).await;
    let talk = talk.trip(new_password("An0ther-passw0rd"), "old").await;
    let talk = talk.go(old(PASSWORD)).await;
    let talk = talk
        .trip(new_password("nothing but letters"), "policy")
        .await;
    let end = talk.end(new_password("An0ther-passw0rd")).await;
    assert_eq!(end, Outcome::Done);
    Person::of(chain.text("username"), "An0ther-passw0rd", &chain.ids)
        .sign_in(&cognito, &spec)
        .await
        .unwrap();

    // A code that the person has, from an administrator or from before.
    let talk = Talk::begin(&cognito, &spec, thread(Goal::ResetPassword)).await;
    let talk = talk.go(Answer::Resend).await;
    let sent = last_code(&sandbox, "alice@example.com");
    let talk = talk.go(code(&sent)).await;
    assert_eq!(talk.end(new_password(PASSWORD)).await, Outcome::Done);

    let mut limited = None;
    for _ in 0..40 {
        match cognito.begin(&spec, thread(Goal::ForgotPassword)).await {
            Ok(_) => {}
            Err(fault) => {
                limited = Some(fault);
                break;
            }
        }
    }
    let limited = limited.expect("an attempt limit");
    assert_eq!(limited.kind, FaultKind::LockedOut, "{limited}");
}

#[tokio::test]
async fn nobody_can_be_sent_a_code_without_an_address() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let chain = sandbox.seed(&json!({
        "pool": {"aws": {"AutoVerifiedAttributes": []}}, "client": {"hide_strangers": false},
    }));
    let (cognito, spec) = (cognito(), chain.login(Flow::UserSrp));
    let talk = Talk::begin(&cognito, &spec, known(sign_up())).await;
    let end = talk.end(new_password(PASSWORD)).await;
    let username = "ada".to_owned();
    assert_eq!(end, Outcome::Unconfirmed { username });
    let resent = cognito.begin(&spec, known(Goal::ResendCode)).await;
    assert_eq!(resent.unwrap_err().kind, FaultKind::Misconfigured);
    let forgot = cognito.begin(&spec, known(Goal::ForgotPassword)).await;
    let fault = forgot.unwrap_err();
    assert!(fault.text.contains("administrator"), "{fault}");
}

/// The walk through a first pool: sign up, confirmed by an administrator, signed in through one,
/// and keys. The AWS chain reads the environment, which only another process may have.
#[tokio::test]
async fn an_administrator_confirms_and_signs_in() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let flows = json!(["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]);
    let chain = sandbox.seed(&json!({
        "client": {"flows": flows}, "pool": {"aws": {"AutoVerifiedAttributes": []}},
    }));
    let home = std::env::temp_dir().join(format!("poolkey-account-{}", std::process::id()));
    std::fs::create_dir_all(&home).unwrap();
    std::fs::write(
        home.join("credentials"),
        "[admin]\naws_access_key_id = sandbox\naws_secret_access_key = sandbox-secret\n",
    )
    .unwrap();
    let child = |expected: &str, env: &[(&str, &str)]| {
        let output = Command::new(std::env::current_exe().unwrap())
            .args([
                "the_child_of_the_test_above",
                "--exact",
                "--ignored",
                "--nocapture",
            ])
            .env_remove("AWS_PROFILE")
            .env("AWS_CONFIG_FILE", home.join("none"))
            .env("AWS_SHARED_CREDENTIALS_FILE", home.join("credentials"))
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("POOLKEY_TEST_URL", sandbox.url())
            .env("POOLKEY_TEST_CHAIN", chain.ids.to_string())
            .env("POOLKEY_TEST_EXPECTED", expected)
            .envs(env.iter().copied())
            .output()
            .unwrap();
        assert!(output.status.success(), "{expected}: {output:?}");
    };
    let keys = [
        ("AWS_ACCESS_KEY_ID", "sandbox"),
        ("AWS_SECRET_ACCESS_KEY", "sandbox-secret"),
    ];
    let wrong_keys = [keys[0], ("AWS_SECRET_ACCESS_KEY", "not-the-secret")];
    let (cognito, spec) = (cognito(), chain.login(Flow::UserSrp));
    let talk = Talk::begin(&cognito, &spec, known(sign_up())).await;
    let end = talk.end(new_password(PASSWORD)).await;
    assert!(matches!(end, Outcome::Unconfirmed { .. }));

    child("Misconfigured: No administrator's AWS keys were found", &[]);
    child("Misconfigured: Cognito answered", &wrong_keys);
    child(
        "asked for another name",
        &[keys[0], keys[1], ("POOLKEY_TEST_USER", "nobody")],
    );
    child(
        "confirmed, signed in, :assumed-role/Developer/CognitoIdentityCredentials",
        &[("POOLKEY_TEST_PROFILE", "admin")],
    );
    child("confirmed, signed in", &keys);
    std::fs::remove_dir_all(&home).unwrap();
}

#[tokio::test]
#[ignore = "run by the test above"]
async fn the_child_of_the_test_above() {
    let var = |name: &str| std::env::var(name).ok();
    let chain = Seeded {
        url: var("POOLKEY_TEST_URL").unwrap(),
        ids: serde_json::from_str(&var("POOLKEY_TEST_CHAIN").unwrap()).unwrap(),
    };
    let mut spec = chain.login(Flow::AdminUserPassword);
    pool(&mut spec).admin_profile = var("POOLKEY_TEST_PROFILE");
    let cognito = cognito();
    let username = var("POOLKEY_TEST_USER").unwrap_or("ada".into());
    let thread = Thread {
        username: Some(username),
        ..unknown(Goal::ConfirmAsAdmin)
    };
    let told = match cognito.begin(&spec, thread).await {
        Ok(Step::Finished {
            outcome: Outcome::Done,
            ..
        }) => {
            let ada = Person::of("ada", PASSWORD, &chain.ids);
            let tokens = ada.sign_in(&cognito, &spec).await.unwrap();
            let fetched = cognito
                .fetch(&chain.profile(None), &by(&tokens.id_token), None, None)
                .await
                .unwrap();
            let arn = spend(&fetched.keys, &chain.url).await.unwrap();
            format!(
                "confirmed, signed in, {}",
                &arn[arn.find(":assumed").unwrap()..]
            )
        }
        Ok(Step::Ask {
            question: Question::Username { .. },
            problem: Some(_),
            ..
        }) => "asked for another name".into(),
        Ok(step) => format!("{step:?}"),
        Err(fault) => format!("{:?}: {fault}", fault.kind),
    };
    let expected = var("POOLKEY_TEST_EXPECTED").unwrap();
    assert!(told.starts_with(&expected), "{told}");
}

fn sign_up() -> Goal {
    Goal::SignUp {
        attributes: attributes(&[]),
    }
}

const PASSWORD: &str = "Right-Passw0rd";
