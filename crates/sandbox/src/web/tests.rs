use std::{collections::BTreeSet, sync::Mutex};

use axum::http::{Request, StatusCode};
use serde_json::json;

use super::*;
use crate::{
    seed::{Seed, Seeded, plant},
    tokens::at_hash,
};

const ENDPOINTS: &[&str] = &[
    "/oauth2/authorize",
    "/login",
    "/logout",
    "/error",
    "/oauth2/idpresponse",
    "/oauth2/token",
    "/oauth2/revoke",
    "/oauth2/userInfo",
    "/_domain/people/login",
    "/_domain/nobody/login",
    "/_idp/Own/authorize",
    "/_idp/Own/token",
    "/_idp/Own/revoke",
    "/_idp/Own/userinfo",
    "/_idp/Own/logout",
];

/// Requests that are right in most things, and strange in one or two.
#[tokio::test]
async fn no_request_panics() {
    let (app, seeded) = ground();
    let mut dice = fastrand::Rng::with_seed(1);
    let mut outcomes = BTreeSet::new();
    for _ in 0..4000 {
        let path = ENDPOINTS[dice.usize(0..ENDPOINTS.len())];
        let method = ["GET", "GET", "POST", "POST", "OPTIONS", "DELETE"][dice.usize(0..6)];
        let mut fields = right(path, &seeded);
        for _ in 0..dice.usize(0..3) {
            spoil(&mut fields, &mut dice);
        }
        let text: Vec<_> = fields
            .iter()
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
            .collect();
        let text = text.join("&");
        let request = Request::builder()
            .method(method)
            .uri(format!("{path}?{text}"))
            .header("content-type", "application/x-www-form-urlencoded")
            .header(
                "cookie",
                "XSRF-TOKEN=t; idp-csrf=t; csrf-state=t; cognito-x=y; =; ;",
            )
            .body(())
            .expect("a request");
        let (parts, ()) = request.into_parts();
        let target = Target::of(path).expect("an endpoint");
        let name = target.name();
        let response = answer(&app, target, &parts, Bytes::from(text)).await;
        let status = response.status();
        assert!(
            status != StatusCode::INTERNAL_SERVER_ERROR,
            "{path}?{fields:?}"
        );
        let leads = response.headers().get(header::LOCATION);
        let leads = leads.map(|location| {
            let location = location.to_str().expect("a text");
            location
                .split(['?', '#'])
                .next()
                .unwrap_or_default()
                .to_owned()
        });
        outcomes.insert((name, status.as_u16(), leads));
    }
    assert!(!app.world.is_poisoned());
    // Nobody is ever sent to where nobody has registered.
    let away: Vec<_> = outcomes
        .iter()
        .filter_map(|(_, _, leads)| leads.clone())
        .filter(|leads| leads.contains("://"))
        .collect();
    let known = |leads: &String| {
        let own =
            leads == "http://localhost:8400/callback" || leads == "http://127.0.0.1:5/callback";
        own || leads == "http://localhost:8400/signed-out"
    };
    assert!(!away.is_empty() && away.iter().all(known), "{away:?}");
    // Were they few, the requests would all fail at the door.
    assert!(outcomes.len() > 40, "{}: {outcomes:#?}", outcomes.len());
}

#[test]
fn paths() {
    let name = |path: &str| Target::of(path).map(|target| target.name());
    assert_eq!(name("/oauth2/token"), Some("oauth2/token"));
    assert_eq!(name("/_domain/people/login"), Some("login"));
    assert_eq!(name("/_idp/Own/authorize"), Some("idp/authorize"));
    for unknown in [
        "/oauth2",
        "/oauth2/token/",
        "/_domain/login",
        "/_idp/authorize",
        "/_idp/Own/",
        "//login",
        "login",
        "",
    ] {
        assert_eq!(name(unknown), None, "{unknown}");
    }
}

#[test]
fn who_it_is_comes_one_way_only() {
    let visit = |authorization: &str, form: &str| {
        let request =
            Request::builder().header("content-type", "application/x-www-form-urlencoded");
        let request = request.header("authorization", authorization).body(());
        let (parts, ()) = request.expect("a request").into_parts();
        Visit::new(&parts, form.as_bytes()).credentials()
    };
    // "a b:c%d", each half form-encoded.
    let basic = "Basic YStiOmMlMjVk";
    let both = Some(("a b".to_owned(), Some("c%d".to_owned())));
    assert_eq!(visit(basic, ""), both);
    assert_eq!(visit("basic YStiOmMlMjVk", "client_id=a+b"), both);
    for (authorization, form) in [
        (basic, "client_id=other"),
        (basic, "client_secret=x"),
        ("Basic !", ""),
        ("Basic YQ==", ""),
        ("Bearer x", "client_id=a"),
        ("", "client_id=a"),
    ] {
        assert_eq!(visit(authorization, form), None, "{authorization} {form}");
    }
}

#[test]
fn urls_grow() {
    assert_eq!(
        with_params("http://x/", [("a", "b&c")]),
        "http://x/?a=b%26c"
    );
    assert_eq!(
        with_params("http://x/?y", [("a", "é")]),
        "http://x/?y&a=%C3%A9"
    );
    assert_eq!(with_params("app://x", []), "app://x");
    // OpenID Connect Core, appendix A.3.
    assert_eq!(
        at_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"),
        "77QmUPtjPfzWtF2AnpK9RQ"
    );
}

fn ground() -> (App, Seeded) {
    let seed = json!({
        "identity_pool": false,
        "pool": { "domain": "people", "identity_providers": [
            { "name": "Away", "issuer": "http://127.0.0.1:1", "client_id": "x" },
        ] },
        "client": {
            "callback_urls": ["http://localhost:8400/callback"],
            "logout_urls": ["http://localhost:8400/signed-out"],
        },
        "idp": { "name": "Own" },
    });
    let mut world = World::for_tests();
    let seed: Seed = serde_json::from_value(seed).expect("a seed");
    let seeded = plant(&mut world, seed).expect("planted");
    let app = App {
        world: Mutex::new(world),
        control_token: "token".into(),
    };
    (app, seeded)
}

/// The parameters of a right request, or nearly.
fn right(path: &str, seeded: &Seeded) -> Vec<(String, String)> {
    let own = path.starts_with("/_idp/");
    let client = if own { "desktop" } else { &seeded.client_id };
    let callback = match own {
        true => "http://127.0.0.1:5/callback",
        false => "http://localhost:8400/callback",
    };
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    [
        ("client_id", client),
        ("redirect_uri", callback),
        ("logout_uri", "http://localhost:8400/signed-out"),
        ("response_type", "code"),
        ("scope", "openid email"),
        ("state", "s"),
        ("nonce", "n"),
        ("code_challenge", challenge),
        ("code_challenge_method", "S256"),
        ("_csrf", "t"),
        ("username", &seeded.username),
        ("password", &seeded.password),
        ("subject", "ann"),
        ("grant_type", "authorization_code"),
        ("code", "c"),
        ("code_verifier", "v"),
        ("refresh_token", "r"),
        ("token", "r"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

/// Takes one parameter away, puts something strange in its place, or adds one.
fn spoil(fields: &mut Vec<(String, String)>, dice: &mut fastrand::Rng) {
    let strange = [
        "",
        "ä\0\r\nSet-Cookie: x=y",
        "<script>",
        "https://example.com/",
        "none",
        "login",
        "Away",
        "MFA_SETUP",
        "SOFTWARE_TOKEN_MFA",
        "refresh_token",
        "a.b.c",
        "%",
    ];
    let value = match dice.usize(0..=strange.len()) {
        at if at < strange.len() => strange[at].to_owned(),
        _ => "f".repeat(5000),
    };
    let names = [
        "challenge",
        "session",
        "identity_provider",
        "prompt",
        "lang",
        "error",
    ];
    match dice.u8(0..3) {
        0 => {
            let at = dice.usize(0..fields.len());
            fields.remove(at);
        }
        1 => {
            let at = dice.usize(0..fields.len());
            fields[at].1 = value;
        }
        _ => {
            let name = names[dice.usize(0..names.len())];
            fields.push((name.to_owned(), value));
        }
    }
}
