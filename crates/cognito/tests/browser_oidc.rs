//! OpenID providers: what they say of themselves, and what is made of it.
#![allow(clippy::unwrap_used, reason = "tests may fail")]

#[path = "support/provider.rs"]
mod provider;

use poolkey_core::config::LoginSpec;
use poolkey_core::conversation::{Answer, Question, Step};
use poolkey_core::event::Farewell;
use poolkey_core::fault::{Fault, FaultKind};
use poolkey_core::messages::Language;
use poolkey_core::secret::Secret;
use provider::*;
use serde_json::{Value, json};

const DISCOVERY: &str = "/.well-known/openid-configuration";
const ANY: &str = "http://127.0.0.1/callback";

/// A provider whose tokens are its own, not a user pool's.
async fn start() -> Provider {
    let server = Provider::start().await;
    server.claim("iss", json!(server.url));
    for name in ["cognito:username", "token_use"] {
        server.claim(name, Value::Null);
    }
    server
}

#[tokio::test]
async fn a_sign_in_takes_any_free_port_and_ends_with_tokens() {
    let server = start().await;
    server.metadata(
        "scopes_supported",
        json!(["openid", "email", "offline_access"]),
    );
    let spec = server.oidc(&[ANY]);
    let cognito = cognito();
    let mut thread = login("google");
    thread.language = Some(Language::Japanese);
    thread.username = Some("ada@example.com".into());
    let waiting = Waiting::begin(&cognito, &spec, thread).await;
    server.authorized(&waiting.asked()["nonce"]);
    assert!(
        waiting.redirect_uri.starts_with("http://127.0.0.1:"),
        "{}",
        waiting.redirect_uri
    );
    assert!(waiting.redirect_uri.ends_with("/callback"));
    let asked = waiting.asked();
    assert_eq!(asked["redirect_uri"], waiting.redirect_uri);
    assert_eq!(asked["scope"], "openid email profile offline_access");
    assert_eq!(asked["login_hint"], "ada@example.com");
    assert_eq!(asked["ui_locales"], "ja");
    assert_eq!(asked["code_challenge_method"], "S256");
    for name in ["prompt", "lang", "identity_provider"] {
        assert_eq!(asked.get(name), None, "{name}");
    }
    assert!(
        server.seen_at("/oauth2/authorize").is_empty(),
        "only Cognito is tried before"
    );

    server.claim("preferred_username", json!("ada"));
    let back = waiting.back();
    let (page, step) = tokio::join!(come_back(&back), waiting.end(&cognito, &spec));
    assert!(page.body.contains("ada@example.com"), "{}", page.body);
    let tokens = done(step);
    assert_eq!(tokens.user.username, "ada");
    assert_eq!(tokens.user.email.as_deref(), Some("ada@example.com"));
    let access = tokens.access.expect("it is for services that take it");
    assert_eq!(access.life.length.as_secs(), 300, "a life of its own");
    assert_eq!(tokens.refresh_token, Some(Secret::new(REFRESH)));
    assert_eq!(tokens.id_life.length.as_secs(), 3600);
}

#[tokio::test]
async fn what_is_configured_goes_along() {
    let server = start().await;
    server.metadata("prompt_values_supported", json!(["none", "select_account"]));
    let mut oidc = server.oidc_spec(&[ANY]);
    oidc.browser.scopes = vec!["email".into()];
    let parameters = [("access_type", "offline"), ("prompt", "consent")];
    for (name, value) in parameters {
        oidc.browser.parameters.insert(name.into(), value.into());
    }
    let spec = LoginSpec::Oidc(oidc);
    let cognito = cognito();
    let asked = Waiting::begin(&cognito, &spec, login("google"))
        .await
        .asked();
    assert_eq!(asked["scope"], "openid email");
    assert_eq!(asked["access_type"], "offline");
    assert_eq!(asked["prompt"], "consent");
    let mut thread = login("google");
    thread.another_account = true;
    let asked = Waiting::begin(&cognito, &spec, thread).await.asked();
    assert_eq!(asked["prompt"], "consent select_account");
    assert_eq!(server.seen_at(DISCOVERY).len(), 1, "its word is kept");
}

async fn begin(server: &Provider) -> Fault {
    let spec = server.oidc(&[ANY]);
    cognito().begin(&spec, login("google")).await.unwrap_err()
}

#[tokio::test]
async fn a_provider_that_cannot_be_trusted_is_not_used() {
    for (name, value, part) in [
        (
            "issuer",
            json!("https://evil.example"),
            "it calls itself “https://evil.example”",
        ),
        (
            "token_endpoint",
            json!("http://evil.example/token"),
            "must begin with https://",
        ),
        (
            "authorization_endpoint",
            json!("javascript:alert(1)"),
            "must begin with https://",
        ),
        (
            "revocation_endpoint",
            json!("ftp://evil.example"),
            "must begin with https://",
        ),
        (
            "end_session_endpoint",
            json!("http://evil.example"),
            "must begin with https://",
        ),
        ("token_endpoint", json!(7), "cannot be read"),
    ] {
        let server = start().await;
        server.metadata(name, value);
        let fault = begin(&server).await;
        assert_eq!(fault.kind, FaultKind::Misconfigured, "{name}");
        assert!(fault.text.contains(part), "{name}: {}", fault.text);
    }
    for (response, kind) in [
        (Response::json(404, &json!({})), FaultKind::Misconfigured),
        (Response::json(503, &json!({})), FaultKind::Service),
        (Response::json(429, &json!({})), FaultKind::Throttled),
        (
            Response::redirect("https://elsewhere.example/"),
            FaultKind::Misconfigured,
        ),
        (Response::broken(), FaultKind::Lost),
        (
            Response::json(200, &json!({"x": "y".repeat(300_000)})),
            FaultKind::Lost,
        ),
    ] {
        let told = format!("{response:.80?}");
        let server = start().await;
        server.then(DISCOVERY, response);
        assert_eq!(begin(&server).await.kind, kind, "{told}");
    }
    let server = start().await;
    let mut oidc = server.oidc_spec(&[ANY]);
    oidc.issuer = format!("http://127.0.0.1:{}", free_port());
    let fault = cognito()
        .begin(&LoginSpec::Oidc(oidc), login("google"))
        .await;
    assert_eq!(fault.unwrap_err().kind, FaultKind::Unreachable);
}

/// RFC 9207: an answer that another provider gave.
#[tokio::test]
async fn an_answer_names_who_gives_it() {
    for (promised, iss, taken) in [
        (false, None, true),
        (false, Some("right"), true),
        (false, Some("https://evil.example"), false),
        (true, None, false),
        (true, Some("right"), true),
    ] {
        let server = start().await;
        let name = "authorization_response_iss_parameter_supported";
        server.metadata(name, json!(promised));
        let spec = server.oidc(&[ANY]);
        let cognito = cognito();
        let waiting = Waiting::begin(&cognito, &spec, login("google")).await;
        server.authorized(&waiting.asked()["nonce"]);
        let iss = iss.map_or_else(String::new, |iss| {
            format!("&iss={}", iss.replace("right", &server.url))
        });
        visit(&format!("{}{iss}", waiting.back())).await;
        let step = waiting.end(&cognito, &spec).await;
        assert_eq!(step.is_ok(), taken, "{promised} {iss}");
        assert_eq!(server.seen_at("/oauth2/token").len(), usize::from(taken));
    }
}

#[tokio::test]
async fn a_secret_goes_as_the_provider_wants_it() {
    for (methods, by_header) in [
        (Value::Null, true),
        (json!(["client_secret_post", "client_secret_basic"]), true),
        (json!(["client_secret_post"]), false),
    ] {
        let server = start().await;
        server.metadata("token_endpoint_auth_methods_supported", methods.clone());
        let spec = server.oidc(&[ANY]);
        let cognito = cognito();
        let waiting = Waiting::begin(&cognito, &spec, login("google")).await;
        server.authorized(&waiting.asked()["nonce"]);
        // Google's own words.
        let response = Response::refuse(400, "invalid_request", Some("client_secret is missing."));
        server.then("/oauth2/token", response);
        visit(&waiting.back()).await;
        let Ok(Step::Ask {
            thread,
            question: Question::ClientSecret { .. },
            ..
        }) = waiting.end(&cognito, &spec).await
        else {
            panic!("no secret was asked for")
        };
        let secret = Answer::ClientSecret(Secret::new(SECRET));
        done(cognito.answer(&spec, thread, secret).await);
        let sent = server.seen_at("/oauth2/token").pop().unwrap();
        assert_eq!(
            sent.headers.contains_key("authorization"),
            by_header,
            "{methods}"
        );
        let in_body = sent.form.get("client_secret").map(String::as_str);
        assert_eq!(in_body, (!by_header).then_some(SECRET), "{methods}");

        let refresh = Secret::new(REFRESH);
        let secret = Secret::new(SECRET);
        let parting = cognito
            .revoke(&spec, Some(&refresh), Some(&secret), &Farewell::default())
            .await;
        assert_eq!(parting.revoked, Ok(()));
        let sent = server.seen_at("/oauth2/revoke").pop().unwrap();
        assert_eq!(
            sent.headers.contains_key("authorization"),
            by_header,
            "{methods}"
        );
        assert_eq!(sent.form["token"], REFRESH);
        assert_eq!(sent.form.contains_key("client_secret"), !by_header);
    }
}

#[tokio::test]
async fn a_session_ends_as_far_as_the_provider_can_end_it() {
    let server = start().await;
    let spec = server.oidc(&[ANY]);
    let cognito = cognito();
    let farewell = Farewell::default();
    let refresh = Secret::new(REFRESH);
    let parting = cognito.revoke(&spec, Some(&refresh), None, &farewell).await;
    assert_eq!(parting.revoked, Ok(()));
    assert_eq!(
        parting.logout_url,
        Some(format!("{}/end?client_id={CLIENT}", server.url))
    );
    let sent = &server.seen_at("/oauth2/revoke")[0];
    assert_eq!(sent.form["token"], REFRESH);
    assert_eq!(sent.form["token_type_hint"], "refresh_token");
    assert_eq!(sent.form["client_id"], CLIENT);

    let server = start().await;
    server.metadata("revocation_endpoint", Value::Null);
    server.metadata("end_session_endpoint", Value::Null);
    let spec = server.oidc(&[ANY]);
    let parting = cognito.revoke(&spec, Some(&refresh), None, &farewell).await;
    assert_eq!(parting.revoked.unwrap_err().kind, FaultKind::Unsupported);
    assert_eq!(parting.logout_url, None);
}
