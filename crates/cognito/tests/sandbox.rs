//! Against the sandbox, which really verifies what it is sent.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests may fail, look at the clock, and run themselves"
)]

#[path = "support/http.rs"]
mod http;
#[path = "support/person.rs"]
mod person;
#[path = "support/sandbox.rs"]
mod sandbox;

use std::process::Command;
use std::time::Duration;

use person::{Person, spend};
use poolkey_core::config::Flow;
use poolkey_core::event::Farewell;
use poolkey_core::failure::Ended;
use poolkey_core::fault::FaultKind;
use sandbox::specs::{by, pool};
use sandbox::{Sandbox, Seeded, cognito, wall};
use serde_json::json;

#[tokio::test]
async fn a_password_is_proven_and_the_keys_it_buys_are_good() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let ops = "arn:aws:iam::000000000000:role/Ops";
    let chain = sandbox.seed(&json!({
        "pool": {"groups": [{"name": "ops", "role_arn": ops}]},
        "user": {"groups": ["ops"]},
    }));
    for flow in [Flow::UserSrp, Flow::UserPassword] {
        let cognito = cognito();
        let tokens = alice(&chain)
            .sign_in(&cognito, &chain.login(flow))
            .await
            .unwrap();
        assert_eq!(tokens.user.sub, chain.text("sub"));
        assert_eq!(tokens.user.username, chain.text("username"));
        assert!(tokens.refresh_token.is_some());
        within(tokens.id_life.length, 3600);

        for (role, name) in [(None, "Developer"), (Some(ops), "Ops")] {
            let fetched = cognito
                .fetch(&chain.profile(role), &by(&tokens.id_token), None, None)
                .await
                .unwrap();
            within(fetched.keys.life.length, 3600);
            let arn = spend(&fetched.keys, sandbox.url()).await.unwrap();
            assert!(
                arn.ends_with(&format!(":assumed-role/{name}/CognitoIdentityCredentials")),
                "{arn}"
            );
            let again = cognito
                .fetch(
                    &chain.profile(role),
                    &by(&tokens.id_token),
                    fetched.identity.as_deref(),
                    None,
                )
                .await
                .unwrap();
            assert_eq!(again.identity, fetched.identity);
        }
    }
    let calls = sandbox.control("GET", "calls", &json!(null));
    assert_eq!(calls["counts"]["GetId"], 4);
    assert_eq!(calls["counts"]["GetCredentialsForIdentity"], 8);
}

#[tokio::test]
async fn a_wrong_password_is_refused_and_in_the_end_locked_out() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    for flow in [Flow::UserSrp, Flow::UserPassword] {
        let chain = sandbox.seed(&json!({}));
        let wrong = Person {
            password: "Not-the-passw0rd!",
            ..alice(&chain)
        };
        let spec = chain.login(flow);
        let fault = wrong.sign_in(&cognito(), &spec).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Wrong, "{fault}");
        let stranger = Person {
            username: "nobody",
            ..alice(&chain)
        };
        let fault = stranger.sign_in(&cognito(), &spec).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Wrong, "{fault}");
        let mut kinds = Vec::new();
        for _ in 0..8 {
            kinds.push(wrong.sign_in(&cognito(), &spec).await.unwrap_err().kind);
        }
        assert!(kinds.contains(&FaultKind::LockedOut), "{kinds:?}");
    }
}

#[tokio::test]
async fn a_client_secret_is_proven_with_the_name_behind_the_alias() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let chain = sandbox.seed(&json!({
        "client": {"secret": true},
        "user": {"username": "alice", "email": "alice@example.com"},
    }));
    let secret = chain.text("client_secret");
    for flow in [Flow::UserSrp, Flow::UserPassword] {
        let person = Person {
            client_secret: Some(secret),
            ..alice(&chain)
        };
        let spec = chain.login(flow);
        let cognito = cognito();
        let tokens = person.sign_in(&cognito, &spec).await.unwrap();
        let refresh = tokens.refresh_token.unwrap();
        let secret = poolkey_core::secret::Secret::new(secret);
        cognito
            .refresh(&spec, &refresh, Some(&secret), None)
            .await
            .unwrap();
        let fault = cognito
            .refresh(&spec, &refresh, None, None)
            .await
            .unwrap_err();
        assert_eq!(fault.kind, FaultKind::Misconfigured, "{fault}");

        let mistaken = Person {
            client_secret: Some("another-secret"),
            ..person
        };
        let fault = mistaken.sign_in(&cognito, &spec).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Wrong, "{fault}");
        assert!(fault.text.contains("secret"), "{fault}");
    }
}

#[tokio::test]
async fn refresh_tokens_rotate_are_reused_and_revoked() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let chain = sandbox.seed(&json!({"client": {"rotation_grace_seconds": 60}}));
    let spec = chain.login(Flow::UserSrp);
    let cognito = cognito();
    let first = alice(&chain)
        .sign_in(&cognito, &spec)
        .await
        .unwrap()
        .refresh_token
        .unwrap();
    let second = cognito
        .refresh(&spec, &first, None, None)
        .await
        .unwrap()
        .refresh_token
        .expect("a new one");
    assert_ne!(first, second);

    // The reply is lost, but the token was rotated: the old one serves once more within the grace.
    sandbox.control(
        "POST",
        "faults",
        &json!({"operation": "GetTokensFromRefreshToken", "drop": "after"}),
    );
    let fault = cognito
        .refresh(&spec, &second, None, None)
        .await
        .unwrap_err();
    assert_eq!(fault.kind, FaultKind::Lost, "{fault}");
    let third = cognito
        .refresh(&spec, &second, None, None)
        .await
        .unwrap()
        .refresh_token
        .unwrap();

    sandbox.control("POST", "clock", &json!({"offset_seconds": 120}));
    let fault = cognito
        .refresh(&spec, &second, None, None)
        .await
        .unwrap_err();
    assert_eq!(fault.kind, FaultKind::Ended(Ended::Reused), "{fault}");

    for _ in 0..2 {
        let parting = cognito
            .revoke(&spec, Some(&third), None, &Farewell::default())
            .await;
        parting.revoked.unwrap();
    }
    let fault = cognito
        .refresh(&spec, &third, None, None)
        .await
        .unwrap_err();
    assert_eq!(fault.kind, FaultKind::Ended(Ended::Revoked), "{fault}");
}

#[tokio::test]
async fn a_refresh_token_reaches_its_end() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let chain = sandbox.seed(&json!({}));
    sandbox.control("POST", "lifetimes", &json!({"refresh_token_seconds": 600}));
    let spec = chain.login(Flow::UserSrp);
    let cognito = cognito();
    let tokens = alice(&chain).sign_in(&cognito, &spec).await.unwrap();
    let refresh = tokens.refresh_token.unwrap();
    sandbox.control("POST", "clock", &json!({"offset_seconds": 601}));
    let fault = cognito
        .refresh(&spec, &refresh, None, None)
        .await
        .unwrap_err();
    assert_eq!(fault.kind, FaultKind::Ended(Ended::Expired), "{fault}");
    let nonsense = poolkey_core::secret::Secret::new("no-refresh-token-at-all");
    let fault = cognito
        .refresh(&spec, &nonsense, None, None)
        .await
        .unwrap_err();
    assert_eq!(fault.kind, FaultKind::Ended(Ended::Refused), "{fault}");
}

/// The server's time is hours away from the local one.
#[tokio::test]
async fn a_wrong_local_clock_does_no_harm() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let chain = sandbox.seed(&json!({}));
    for offset in [-90_000, 7_200, 40_000_000] {
        sandbox.control("POST", "clock", &json!({"offset_seconds": offset}));
        let cognito = cognito();
        let spec = chain.login(Flow::UserSrp);
        let tokens = alice(&chain).sign_in(&cognito, &spec).await.unwrap();
        within(tokens.id_life.length, 3600);
        let server = tokens.id_life.server.unwrap();
        let ahead = server.secs_after(wall());
        assert!((ahead - offset).abs() < 5, "{ahead} {offset}");
        let fetched = cognito
            .fetch(&chain.profile(None), &by(&tokens.id_token), None, None)
            .await
            .unwrap();
        within(fetched.keys.life.length, 3600);
    }
}

#[tokio::test]
async fn an_identity_pool_refuses_what_it_should() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let chain = sandbox.seed(&json!({}));
    let spec = chain.login(Flow::UserSrp);
    let cognito = cognito();
    let tokens = alice(&chain).sign_in(&cognito, &spec).await.unwrap();
    let profile = chain.profile(None);
    let fetched = cognito
        .fetch(&profile, &by(&tokens.id_token), None, None)
        .await
        .unwrap();

    let other = chain.profile(Some("arn:aws:iam::000000000000:role/Owner"));
    let fault = cognito
        .fetch(&other, &by(&tokens.id_token), None, None)
        .await
        .unwrap_err();
    assert_eq!(fault.kind, FaultKind::Misconfigured, "{fault}");

    let access = tokens.access.unwrap().token;
    let fault = cognito
        .fetch(&profile, &by(&access), None, None)
        .await
        .unwrap_err();
    assert_eq!(fault.kind, FaultKind::Misconfigured, "{fault}");

    let gone = "us-east-1:00000000-0000-4000-8000-00000000dead";
    let fault = cognito
        .fetch(&profile, &by(&tokens.id_token), Some(gone), None)
        .await
        .unwrap_err();
    assert_eq!(fault.kind, FaultKind::IdentityConflict, "{fault}");

    sandbox.control("POST", "clock", &json!({"offset_seconds": 3601}));
    let fault = cognito
        .fetch(
            &profile,
            &by(&tokens.id_token),
            fetched.identity.as_deref(),
            None,
        )
        .await
        .unwrap_err();
    assert_eq!(fault.kind, FaultKind::TokenStale, "{fault}");
    let spent = spend(&fetched.keys, sandbox.url()).await;
    assert!(spent.is_err(), "{spent:?}");
}

/// The AWS chain reads the environment, which only another process may have.
#[tokio::test]
async fn an_administrator_s_keys_sign_the_sign_in() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let flows = json!(["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]);
    let chain = sandbox.seed(&json!({"client": {"flows": flows}}));
    let beginner = sandbox.seed(&json!({"client": {"flows": flows}, "user": {"temporary": true}}));
    let home = std::env::temp_dir().join(format!("poolkey-cognito-{}", std::process::id()));
    std::fs::create_dir_all(&home).unwrap();
    let files = [
        (
            "config",
            "[profile admin]\ncredential_process = sh keys.sh\n[profile sso]\nsso_session = x\n",
        ),
        (
            "keys.sh",
            "echo '{\"Version\":1,\"AccessKeyId\":\"sandbox\",\"SecretAccessKey\":\"sandbox-secret\"}'\n",
        ),
    ];
    for (name, text) in files {
        std::fs::write(home.join(name), text).unwrap();
    }
    let child_of = |chain: &Seeded, expected: &str, env: &[(&str, &str)]| {
        let output = Command::new(std::env::current_exe().unwrap())
            .args([
                "the_child_of_the_test_above",
                "--exact",
                "--ignored",
                "--nocapture",
            ])
            .current_dir(&home)
            .env_remove("AWS_PROFILE")
            .env("AWS_CONFIG_FILE", home.join("config"))
            .env("AWS_SHARED_CREDENTIALS_FILE", home.join("none"))
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("POOLKEY_TEST_URL", sandbox.url())
            .env("POOLKEY_TEST_CHAIN", chain.ids.to_string())
            .env("POOLKEY_TEST_EXPECTED", expected)
            .envs(env.iter().copied())
            .output()
            .unwrap();
        assert!(output.status.success(), "{expected}: {output:?}");
    };
    let child = |expected: &str, env: &[(&str, &str)]| child_of(&chain, expected, env);
    child("signed in", &[("POOLKEY_TEST_PROFILE", "admin")]);
    // A challenge is answered by the administrator's call, too.
    let admin = [("POOLKEY_TEST_PROFILE", "admin")];
    child_of(&beginner, "signed in", &admin);
    let calls = sandbox.control("GET", "calls", &json!(null));
    assert_eq!(calls["counts"]["AdminRespondToAuthChallenge"], 1);
    assert_eq!(calls["counts"].get("RespondToAuthChallenge"), None);
    child(
        "signed in",
        &[
            ("AWS_ACCESS_KEY_ID", "sandbox"),
            ("AWS_SECRET_ACCESS_KEY", "sandbox-secret"),
        ],
    );
    child("Misconfigured", &[]);
    child("Misconfigured", &[("POOLKEY_TEST_PROFILE", "sso")]);
    child(
        "Misconfigured",
        &[
            ("AWS_ACCESS_KEY_ID", "sandbox"),
            ("AWS_SECRET_ACCESS_KEY", "wrong"),
        ],
    );
    child(
        "Wrong",
        &[
            ("POOLKEY_TEST_PROFILE", "admin"),
            ("POOLKEY_TEST_PASSWORD", "Not-the-passw0rd!"),
        ],
    );
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
    let password = var("POOLKEY_TEST_PASSWORD");
    let person = Person {
        password: password.as_deref().unwrap_or(chain.text("password")),
        ..alice(&chain)
    };
    let outcome = match person.sign_in(&cognito(), &spec).await {
        Ok(_) => "signed in".to_owned(),
        Err(fault) => {
            println!("{fault}");
            format!("{:?}", fault.kind)
        }
    };
    assert_eq!(outcome, var("POOLKEY_TEST_EXPECTED").unwrap());
}

fn alice(chain: &Seeded) -> Person<'_> {
    Person {
        username: chain.text("username"),
        password: chain.text("password"),
        client_secret: None,
    }
}

fn within(length: Duration, seconds: u64) {
    assert!(
        (seconds - 5..=seconds).contains(&length.as_secs()),
        "{length:?}"
    );
}
