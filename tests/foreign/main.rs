//! Against ministack, a Cognito that nobody here wrote, and microburst, which breaks it.
//! `scripts/test-foreign` starts and seeds both.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests may fail, look at the clock, and say what they skip"
)]

#[path = "../../crates/cognito/tests/support/http.rs"]
mod http;
#[path = "../../crates/cognito/tests/support/person.rs"]
mod person;
#[path = "../../crates/cognito/tests/support/specs.rs"]
mod specs;

mod challenges;
mod people;
mod talk;

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use person::{Person, spend};
use poolkey_cognito::Cognito;
use poolkey_core::config::{Flow, LoginSpec, ProfileSpec};
use poolkey_core::event::Farewell;
use poolkey_core::failure::Ended;
use poolkey_core::fault::FaultKind;
use poolkey_core::secret::Secret;
use poolkey_core::time::UnixTime;
use serde_json::{Value, json};
use specs::by;

#[tokio::test]
async fn a_password_is_proven_and_the_keys_it_buys_are_good() {
    let Some(chain) = Chain::given() else { return };
    let cognito = cognito();
    for flow in [Flow::UserSrp, Flow::UserPassword, Flow::AdminUserPassword] {
        let spec = chain.login(flow);
        let tokens = chain.ada().sign_in(&cognito, &spec).await.unwrap();
        assert_eq!(tokens.user.email.as_deref(), Some("ada@example.com"));
        assert!(tokens.refresh_token.is_some());
        within(tokens.id_life.length, 3600);
        let fetched = cognito
            .fetch(&chain.profile(None), &by(&tokens.id_token), None, None)
            .await
            .unwrap();
        within(fetched.keys.life.length, 3600);
        let arn = spend(&fetched.keys, chain.text("url")).await.unwrap();
        assert_eq!(
            arn,
            "arn:aws:sts::000000000000:assumed-role/Developer/CognitoIdentityCredentials"
        );
        let role = chain.profile(Some(chain.text("role_arn")));
        let again = cognito
            .fetch(
                &role,
                &by(&tokens.id_token),
                fetched.identity.as_deref(),
                None,
            )
            .await
            .unwrap();
        assert_eq!(again.identity, fetched.identity);
    }
}

#[tokio::test]
async fn a_wrong_password_is_wrong() {
    let Some(chain) = Chain::given() else { return };
    let wrong = Person {
        password: "Not-the-passw0rd!",
        ..chain.ada()
    };
    for flow in [Flow::UserSrp, Flow::UserPassword, Flow::AdminUserPassword] {
        let fault = wrong
            .sign_in(&cognito(), &chain.login(flow))
            .await
            .unwrap_err();
        assert_eq!(fault.kind, FaultKind::Wrong, "{fault}");
    }
}

#[tokio::test]
async fn a_client_secret_is_asked_for_and_proven() {
    let Some(chain) = Chain::given() else { return };
    let cognito = cognito();
    for flow in [Flow::UserSrp, Flow::UserPassword] {
        let mut spec = chain.login(flow);
        specs::pool(&mut spec).client_id = chain.text("private_client_id").to_owned();
        let person = Person {
            client_secret: Some(chain.text("client_secret")),
            ..chain.ada()
        };
        let tokens = person.sign_in(&cognito, &spec).await.unwrap();
        let refresh = tokens.refresh_token.unwrap();
        let secret = Secret::new(chain.text("client_secret"));
        cognito
            .refresh(&spec, &refresh, Some(&secret), None)
            .await
            .unwrap();
        cognito
            .revoke(&spec, Some(&refresh), Some(&secret), &Farewell::default())
            .await
            .revoked
            .unwrap();
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
async fn a_refresh_token_serves_until_it_is_revoked() {
    let Some(chain) = Chain::given() else { return };
    let cognito = cognito();
    let spec = chain.login(Flow::UserSrp);
    let tokens = chain.ada().sign_in(&cognito, &spec).await.unwrap();
    let refresh = tokens.refresh_token.unwrap();
    for _ in 0..2 {
        let renewed = cognito.refresh(&spec, &refresh, None, None).await.unwrap();
        assert_eq!(renewed.user, tokens.user);
        within(renewed.id_life.length, 3600);
    }
    let parting = cognito
        .revoke(&spec, Some(&refresh), None, &Farewell::default())
        .await;
    parting.revoked.unwrap();
    let fault = cognito
        .refresh(&spec, &refresh, None, None)
        .await
        .unwrap_err();
    assert!(
        matches!(
            fault.kind,
            FaultKind::Ended(Ended::Revoked | Ended::Refused)
        ),
        "{fault}"
    );
}

#[tokio::test]
async fn what_cannot_sign_in_says_why() {
    let Some(chain) = Chain::given() else { return };
    let spec = chain.login(Flow::UserSrp);
    let disabled = Person {
        username: "disabled@example.com",
        ..chain.ada()
    };
    let fault = disabled.sign_in(&cognito(), &spec).await.unwrap_err();
    println!("disabled: {fault}");
    assert_eq!(fault.kind, FaultKind::Ended(Ended::UserDisabled), "{fault}");
    let mut gone = spec;
    specs::pool(&mut gone).client_id = "nosuchclient".to_owned();
    let fault = chain.ada().sign_in(&cognito(), &gone).await.unwrap_err();
    println!("no such client: {fault}");
    assert_eq!(fault.kind, FaultKind::Misconfigured, "{fault}");
}

/// One test, for all share the one proxy.
#[tokio::test]
async fn a_broken_wire_is_told_for_what_it_is() {
    let Some(chain) = Chain::given() else { return };
    let proxy = std::env::var("POOLKEY_FOREIGN_PROXY").unwrap();
    let cognito = cognito();
    let mut spec = chain.login(Flow::UserSrp);
    let tokens = chain.ada().sign_in(&cognito, &spec).await.unwrap();
    let refresh = tokens.refresh_token.unwrap();
    specs::pool(&mut spec).endpoint = Some(proxy.clone());
    let mut profile = chain.profile(None);
    specs::source(&mut profile).endpoint = Some(proxy.clone());
    let rules = |rules: Value| steer("POST", &format!("{proxy}/_microburst/rules"), &rules);
    let rule = |operation: &str, effect: &Value| {
        let service = match operation {
            "GetId" | "GetCredentialsForIdentity" => "cognito-identity",
            _ => "cognito-idp",
        };
        let mut rule = json!({"service": service, "operation": operation, "times": 1});
        for (name, value) in effect.as_object().unwrap() {
            rule[name] = value.clone();
        }
        rule
    };

    // Its first error takes long: it reads the models of the services.
    rules(json!([rule(
        "GetTokensFromRefreshToken",
        &json!({"times": 100, "error": {"code": "TooManyRequestsException"}})
    )]));
    for _ in 0..10 {
        let fault = cognito
            .refresh(&spec, &refresh, None, None)
            .await
            .unwrap_err();
        if fault.kind == FaultKind::Throttled {
            break;
        }
    }

    // Throttled twice: two calls are refused, the third is served; nothing retries by itself.
    rules(json!([rule(
        "GetTokensFromRefreshToken",
        &json!({"times": 2, "error": {"code": "TooManyRequestsException"}})
    )]));
    for _ in 0..2 {
        let fault = cognito
            .refresh(&spec, &refresh, None, None)
            .await
            .unwrap_err();
        assert_eq!(fault.kind, FaultKind::Throttled, "{fault}");
    }
    cognito.refresh(&spec, &refresh, None, None).await.unwrap();

    let effects = [
        (json!({"reset": true}), FaultKind::Lost),
        (json!({"response": {"truncate_frac": 0.5}}), FaultKind::Lost),
        (json!({"response": {"abort_frac": 0.3}}), FaultKind::Lost),
        (json!({"response": {"truncate_bytes": 0}}), FaultKind::Lost),
        (
            json!({"error": {"code": "InternalErrorException"}}),
            FaultKind::Service,
        ),
        (
            json!({"error": {"code": "RefreshTokenReuseException", "status": 400}}),
            FaultKind::Ended(Ended::Reused),
        ),
        (json!({"timeout_ms": 200}), FaultKind::Service),
    ];
    for (effect, kind) in effects {
        rules(json!([rule("GetTokensFromRefreshToken", &effect)]));
        let fault = cognito
            .refresh(&spec, &refresh, None, None)
            .await
            .unwrap_err();
        println!("{effect}: {fault}");
        assert_eq!(fault.kind, kind, "{effect}: {fault}");
        cognito.refresh(&spec, &refresh, None, None).await.unwrap();
    }

    for operation in ["InitiateAuth", "RespondToAuthChallenge"] {
        rules(json!([rule(operation, &json!({"reset": true}))]));
        let fault = chain.ada().sign_in(&cognito, &spec).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Lost, "{operation}: {fault}");
        chain.ada().sign_in(&cognito, &spec).await.unwrap();
    }
    for operation in ["GetId", "GetCredentialsForIdentity"] {
        for (effect, kind) in [
            (json!({"response": {"truncate_frac": 0.5}}), FaultKind::Lost),
            (
                json!({"error": {"code": "ResourceConflictException"}}),
                FaultKind::IdentityConflict,
            ),
            (
                json!({"error": {"code": "TooManyRequestsException"}}),
                FaultKind::Throttled,
            ),
        ] {
            rules(json!([rule(operation, &effect)]));
            let fault = cognito
                .fetch(&profile, &by(&tokens.id_token), None, None)
                .await
                .unwrap_err();
            assert_eq!(fault.kind, kind, "{operation} {effect}: {fault}");
            cognito
                .fetch(&profile, &by(&tokens.id_token), None, None)
                .await
                .unwrap();
        }
    }

    rules(json!([rule(
        "GetTokensFromRefreshToken",
        &json!({"latency": 20_000})
    )]));
    let start = Instant::now();
    let fault = cognito
        .refresh(&spec, &refresh, None, None)
        .await
        .unwrap_err();
    assert_eq!(fault.kind, FaultKind::Lost, "{fault}");
    assert!(start.elapsed() < Duration::from_secs(15));

    let fired = http::steer(
        "GET",
        &format!("{proxy}/_microburst/fired"),
        "",
        &json!(null),
    );
    println!("{} faults fired", fired.as_array().map_or(0, Vec::len));
}

fn steer(method: &str, url: &str, body: &Value) -> Value {
    http::steer(method, url, "", body)
}

/// What `seed.py` made.
struct Chain(Value);

impl Chain {
    fn given() -> Option<Self> {
        let Ok(chain) = std::env::var("POOLKEY_FOREIGN_CHAIN") else {
            println!("SKIPPED: run scripts/test-foreign");
            return None;
        };
        Some(Self(serde_json::from_str(&chain).unwrap()))
    }

    fn text(&self, name: &str) -> &str {
        self.0[name].as_str().unwrap()
    }

    fn ada(&self) -> Person<'_> {
        Person {
            username: self.text("username"),
            password: self.text("password"),
            client_secret: None,
        }
    }

    fn login(&self, flow: Flow) -> LoginSpec {
        let (pool, client) = (self.text("user_pool_id"), self.text("client_id"));
        specs::login(pool, client, flow, self.text("url"))
    }

    fn profile(&self, role_arn: Option<&str>) -> ProfileSpec {
        specs::profile(self.text("identity_pool_id"), role_arn, self.text("url"))
    }
}

fn cognito() -> Cognito {
    Cognito::new(|| {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        UnixTime::from_secs(since.as_secs().cast_signed())
    })
}

fn within(length: Duration, seconds: u64) {
    assert!(
        (seconds - 20..=seconds).contains(&length.as_secs()),
        "{length:?}"
    );
}
