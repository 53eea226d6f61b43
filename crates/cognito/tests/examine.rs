//! An examination of logins and profiles, against the sandbox: what it finds, and that it changes
//! nothing.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests may fail, and look at the clock"
)]

#[path = "support/http.rs"]
mod http;
#[path = "support/person.rs"]
mod person;
#[path = "support/sandbox.rs"]
mod sandbox;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use person::Person;
use poolkey_cognito::{Cognito, KeysSubject, LoginSubject, ProfileSubject};
use poolkey_core::config::{
    BrowserSpec, CommandSpec, Flow, LoginSpec, ManagedLogin, Network, OidcSpec,
};
use poolkey_core::finding::{Finding, Severity};
use poolkey_core::secret::Secret;
use sandbox::specs::{pool, source};
use sandbox::{Sandbox, Seeded, cognito};
use serde_json::{Value, json};

const CALLBACK: &str = "http://localhost:8400/callback";

fn login(name: &str, spec: LoginSpec) -> LoginSubject {
    LoginSubject {
        name: name.parse().unwrap(),
        spec,
        client_secret: None,
    }
}

fn profile(chain: &Seeded, keys: KeysSubject) -> ProfileSubject {
    let mut spec = chain.profile(None);
    spec.sts.region = Some("us-east-1".into());
    ProfileSubject {
        name: "dev".parse().unwrap(),
        spec,
        keys,
    }
}

fn with_pages(mut spec: LoginSpec, domain: &str, uris: &[&str]) -> LoginSpec {
    pool(&mut spec).managed_login = Some(ManagedLogin {
        domain: domain.to_owned(),
        browser: BrowserSpec {
            redirect_uris: uris.iter().map(|&uri| uri.to_owned()).collect(),
            ..BrowserSpec::default()
        },
        identity_provider: None,
        logout_uri: None,
    });
    spec
}

async fn examine(logins: &[LoginSubject], profiles: &[ProfileSubject]) -> Vec<Finding> {
    examine_by(&cognito(), logins, profiles).await
}

async fn examine_by(
    cognito: &Cognito,
    logins: &[LoginSubject],
    profiles: &[ProfileSubject],
) -> Vec<Finding> {
    let start = Instant::now();
    let found = cognito.examine(logins, profiles).await;
    assert!(
        start.elapsed() < Duration::from_secs(20),
        "{:?}",
        start.elapsed()
    );
    for finding in &found {
        assert!(
            finding.sentence.ends_with(['.', '!', '?', '…']),
            "{finding:?}"
        );
        let is_good = finding.severity == Severity::Good;
        assert_eq!(is_good, finding.remedy.is_none() && is_good, "{finding:?}");
        let documented = format!("| `{}` |", finding.code);
        assert!(
            include_str!("../src/examine.rs").contains(&documented),
            "{finding:?}"
        );
    }
    found
}

/// The codes about something, in the order in which they are told.
fn codes<'a>(found: &'a [Finding], about: &str) -> Vec<&'a str> {
    let about = found.iter().filter(|finding| finding.about == about);
    about.map(|finding| finding.code.as_str()).collect()
}

fn one<'a>(found: &'a [Finding], code: &str) -> &'a Finding {
    let mut all = found.iter().filter(|finding| finding.code == code);
    let first = all.next();
    assert!(all.next().is_none(), "{found:?}");
    first.unwrap_or_else(|| panic!("no {code} in {found:?}"))
}

fn counts(sandbox: &Sandbox) -> BTreeMap<String, (u64, u64)> {
    let calls = sandbox.control("GET", "calls", &Value::Null);
    let mut counts = BTreeMap::new();
    for call in calls["calls"].as_array().unwrap() {
        let name = call["operation"].as_str().unwrap().to_owned();
        let count: &mut (u64, u64) = counts.entry(name).or_default();
        count.0 += 1;
        count.1 += u64::from(call["outcome"] == "ok");
    }
    counts
}

#[tokio::test]
async fn all_that_is_right_is_told_and_nothing_is_changed() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let chain = sandbox.seed(&json!({
        "pool": {"domain": "acme"}, "client": {"callback_urls": [CALLBACK]}, "user": {},
    }));
    let domain = format!("{}/_domain/acme", chain.url);
    let spec = with_pages(chain.login(Flow::UserSrp), &domain, &[CALLBACK]);
    let (logins, profiles) = ([login("acme", spec)], [profile(&chain, KeysSubject::None)]);
    sandbox.control("DELETE", "calls", &Value::Null);
    let before = sandbox.control("GET", "minted", &Value::Null);
    // More often than wrong passwords are forgiven.
    for _ in 0..8 {
        let found = examine(&logins, &profiles).await;
        assert_eq!(codes(&found, "network"), ["network_direct"]);
        assert_eq!(codes(&found, "certificates"), ["authorities_trusted"]);
        assert_eq!(codes(&found, "clock"), ["clock_right"]);
        assert_eq!(
            codes(&found, chain.url.trim_start_matches("http://")),
            ["endpoint_reachable"]
        );
        assert_eq!(
            codes(&found, "login acme"),
            [
                "user_pool_found",
                "app_client_found",
                "client_secret_none",
                "managed_login_answers",
                "callback_registered",
            ]
        );
        assert_eq!(codes(&found, "profile dev"), ["identity_pool_unproven"]);
        assert!(
            found
                .iter()
                .all(|finding| finding.severity <= Severity::Note),
            "{found:?}"
        );
    }
    let counts = counts(&sandbox);
    let asked: Vec<&str> = counts.keys().map(String::as_str).collect();
    assert_eq!(
        asked,
        [
            "AssumeRoleWithWebIdentity",
            "GetCredentialsForIdentity",
            "InitiateAuth",
            "oauth2/authorize",
        ]
    );
    for (operation, (_, succeeded)) in &counts {
        // The page's address is all that it gives.
        let expected = if operation == "oauth2/authorize" {
            8
        } else {
            0
        };
        assert_eq!(*succeeded, expected, "{operation} made something");
    }
    let after = sandbox.control("GET", "minted", &Value::Null);
    let given = |minted: &Value| {
        let mut all = minted["secrets"].as_array().unwrap().clone();
        // What is no token of anybody's was sent, not given.
        all.retain(|one| one["value"] != "poolkey-examines");
        all
    };
    assert_eq!(
        given(&before),
        given(&after),
        "no token, key or code was given"
    );
    let user = Person::of(chain.text("username"), chain.text("password"), &chain.ids);
    user.sign_in(&cognito(), &logins[0].spec).await.unwrap();
}

#[tokio::test]
async fn what_is_not_there_is_told_with_the_line_to_mend() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let chain = sandbox.seed(&json!({"client": {"callback_urls": [CALLBACK]}}));
    let mut no_pool = chain.login(Flow::UserSrp);
    pool(&mut no_pool).user_pool_id = "us-east-1_Nobody001".into();
    let mut no_client = chain.login(Flow::UserSrp);
    pool(&mut no_client).client_id = "nobody00000000000000000001".into();
    let uris = [CALLBACK, "http://localhost:8401/other"];
    let pages = with_pages(chain.login(Flow::UserSrp), &chain.url, &uris);
    let no_pages = format!("{}/nowhere", chain.url);
    let no_pages = with_pages(chain.login(Flow::UserSrp), &no_pages, &uris);
    let oidc = |path: &str| {
        LoginSpec::Oidc(OidcSpec {
            issuer: format!("{}{path}", chain.url),
            client_id: "c".into(),
            username: None,
            browser: BrowserSpec::default(),
            session_life: None,
        })
    };
    let program = LoginSpec::Command(CommandSpec {
        command: vec!["/bin/false".into()],
        issuer: None,
    });
    let logins = [
        login("no-pool", no_pool),
        login("no-client", no_client),
        login("pages", pages),
        login("no-pages", no_pages),
        login("no-oidc", oidc("/_idp/nobody")),
        login("program", program),
    ];
    let found = examine(&logins, &[profile(&chain, KeysSubject::Held)]).await;
    for (about, expected) in [
        (
            "login no-pool",
            &[
                "user_pool_missing",
                "app_client_found",
                "client_secret_none",
            ][..],
        ),
        (
            "login no-client",
            &["user_pool_found", "app_client_missing"],
        ),
        (
            "login pages",
            &[
                "user_pool_found",
                "app_client_found",
                "client_secret_none",
                "managed_login_answers",
                "callback_registered",
                "callback_unregistered",
            ],
        ),
        (
            "login no-pages",
            &[
                "user_pool_found",
                "app_client_found",
                "client_secret_none",
                "managed_login_missing",
            ],
        ),
        ("login no-oidc", &["provider_unusable"]),
        ("login program", &["program_not_examined"]),
        ("profile dev", &["identity_pool_found"]),
    ] {
        assert_eq!(codes(&found, about), expected, "{about}");
    }
    let remedy = |code| one(&found, code).remedy.clone().unwrap();
    assert!(remedy("user_pool_missing").contains("user_pool_id"));
    assert!(remedy("app_client_missing").contains("client_id"));
    assert!(remedy("callback_unregistered").contains("http://localhost:8401/other"));
    assert!(remedy("managed_login_missing").contains("domain"));
}

#[tokio::test]
async fn a_client_s_secret_is_looked_at_without_a_person() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    for rotation in [Value::Null, json!(60)] {
        let chain = sandbox.seed(&json!({
            "client": {"secret": true, "rotation_grace_seconds": rotation},
        }));
        for (secret, expected) in [
            (None, "client_secret_wanted"),
            (Some(chain.text("client_secret")), "client_secret_right"),
            (Some("another-secret-of-a-client"), "client_secret_wrong"),
        ] {
            let subject = LoginSubject {
                client_secret: secret.map(Secret::new),
                ..login("acme", chain.login(Flow::UserSrp))
            };
            let found = examine(&[subject], &[]).await;
            assert_eq!(
                codes(&found, "login acme"),
                ["user_pool_found", "app_client_found", expected],
                "rotation {rotation}"
            );
            if let Some(secret) = secret {
                assert!(!format!("{found:?}").contains(secret));
            }
        }
    }
}

#[tokio::test]
async fn a_flow_that_is_not_allowed_is_told() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let chain = sandbox.seed(&json!({
        "client": {"flows": ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]},
    }));
    for (flow, refused) in [
        (Flow::UserSrp, None),
        (Flow::UserPassword, Some("ALLOW_USER_PASSWORD_AUTH")),
        (Flow::UserAuth, Some("ALLOW_USER_AUTH")),
        (Flow::Custom, Some("ALLOW_CUSTOM_AUTH")),
        (Flow::AdminUserPassword, None),
    ] {
        let found = examine(&[login("acme", chain.login(flow))], &[]).await;
        let told = codes(&found, "login acme");
        assert_eq!(
            told.contains(&"auth_flow_refused"),
            refused.is_some(),
            "{flow:?}: {told:?}"
        );
        if let Some(name) = refused {
            let remedy = one(&found, "auth_flow_refused").remedy.clone();
            assert!(remedy.unwrap().contains(name));
        }
    }
}

#[tokio::test]
async fn an_endpoint_that_fails_says_nothing_of_what_is_behind_it() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let chain = sandbox.seed(&json!({}));
    let host = chain.url.trim_start_matches("http://");
    let logins = [login("acme", chain.login(Flow::UserSrp))];
    for (rule, expected) in [
        (
            json!({"code": "InternalErrorException", "message": "no"}),
            "endpoint_failing",
        ),
        (
            json!({"code": "TooManyRequestsException", "message": "no"}),
            "endpoint_failing",
        ),
    ] {
        let rule = json!({"operation": "InitiateAuth", "times": "forever", "error": rule});
        sandbox.control("POST", "faults", &rule);
        let rule = json!({"operation": "GetTokensFromRefreshToken", "times": "forever",
                          "drop": "before"});
        sandbox.control("POST", "faults", &rule);
        let found = examine(&logins, &[]).await;
        assert_eq!(codes(&found, host), [expected]);
        assert_eq!(codes(&found, "login acme"), ["user_pool_found"]);
        sandbox.control("DELETE", "faults", &Value::Null);
    }
    let rule = json!({"operation": "InitiateAuth", "times": "forever", "delay_before_ms": 30_000});
    sandbox.control("POST", "faults", &rule);
    let found = examine(&logins, &[]).await;
    let silent = one(&found, "endpoint_unreachable");
    assert!(silent.sentence.contains("within 6 seconds"), "{silent:?}");
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_told() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let chain = sandbox.seed(&json!({}));
    for (skew, words) in [(600, "seconds behind"), (-600, "seconds ahead of")] {
        sandbox.control("POST", "clock", &json!({"date_skew_seconds": skew}));
        let found = examine(&[login("acme", chain.login(Flow::UserSrp))], &[]).await;
        let wrong = one(&found, "clock_wrong");
        assert!(wrong.sentence.contains(words), "{wrong:?}");
        assert_eq!(wrong.severity, Severity::Warning);
    }
}

/// Whoever is offline reads it once.
#[tokio::test]
async fn offline_is_one_finding() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let chain = sandbox.seed(&json!({}));
    let free = || {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", port.local_addr().unwrap())
    };
    let logins: Vec<_> = (0..10)
        .map(|number| {
            let mut spec = with_pages(chain.login(Flow::UserSrp), &free(), &[CALLBACK]);
            pool(&mut spec).endpoint = Some(free());
            login(&format!("login-{number}"), spec)
        })
        .collect();
    let mut subject = profile(&chain, KeysSubject::None);
    source(&mut subject.spec).endpoint = Some(free());
    subject.spec.sts.endpoint = Some(free());
    let found = examine(&logins, std::slice::from_ref(&subject)).await;
    let offline = one(&found, "network_offline");
    assert!(
        offline.sentence.contains("None of 22 endpoints"),
        "{offline:?}"
    );
    let others = ["network_direct", "authorities_trusted", "network_offline"];
    assert_eq!(found.len(), others.len(), "{found:?}");

    // One that is away among others that are not is told by its name.
    let logins = [logins[0].clone(), login("acme", chain.login(Flow::UserSrp))];
    let found = examine(&logins, &[]).await;
    let away = found
        .iter()
        .filter(|finding| finding.code == "endpoint_unreachable");
    assert_eq!(away.count(), 2, "the pool's and the domain's: {found:?}");
    assert_eq!(codes(&found, "login login-0"), [""; 0]);
    assert_eq!(codes(&found, "login acme").len(), 3);
}

#[tokio::test]
async fn settings_that_cannot_be_used_are_all_that_is_told() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let chain = sandbox.seed(&json!({}));
    sandbox.control("DELETE", "calls", &Value::Null);
    let logins = [login("acme", chain.login(Flow::UserSrp))];
    let cognito = cognito();
    for (network, code) in [
        (
            Network {
                ca_bundle: Some("/nowhere/ca.pem".into()),
                ..Network::default()
            },
            "ca_bundle_unusable",
        ),
        (
            Network {
                proxy: Some(Secret::new("http://x:s3cr et@proxy")),
                ..Network::default()
            },
            "proxy_unusable",
        ),
    ] {
        cognito.use_network(&network);
        let found = examine_by(&cognito, &logins, &[]).await;
        let [only] = &found[..] else {
            panic!("{found:?}")
        };
        assert_eq!((only.code.as_str(), only.severity), (code, Severity::Error));
    }
    assert_eq!(counts(&sandbox), BTreeMap::new());
}

#[tokio::test]
async fn a_proxy_is_named_and_this_machine_spared() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let chain = sandbox.seed(&json!({}));
    let cognito = cognito();
    cognito.use_network(&Network {
        proxy: Some(Secret::new("http://ada:s3cret@proxy.example:3128")),
        no_proxy: vec!["intranet.example".into()],
        ca_bundle: None,
    });
    let logins = [login("acme", chain.login(Flow::UserSrp))];
    let found = examine_by(&cognito, &logins, &[]).await;
    let proxied = &one(&found, "network_proxied").sentence;
    assert!(proxied.contains("proxy.example:3128") && proxied.contains("intranet.example"));
    assert!(!proxied.contains("s3cret"));
    let reached = &one(&found, "endpoint_reachable").sentence;
    assert!(!reached.contains("proxy"), "{reached}");
}
