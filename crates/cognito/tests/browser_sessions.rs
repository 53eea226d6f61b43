//! What a sign-in by browser asks for, what is pasted in place of it, and its session afterwards.
#![allow(clippy::unwrap_used, reason = "tests may fail")]

#[path = "support/provider.rs"]
mod provider;

use poolkey_core::config::{IdentityProvider, LoginSpec};
use poolkey_core::conversation::{Answer, Step};
use poolkey_core::event::Farewell;
use poolkey_core::failure::Ended;
use poolkey_core::fault::FaultKind;
use poolkey_core::secret::Secret;
use provider::*;
use serde_json::json;

const TOKEN: &str = "/oauth2/token";

#[tokio::test]
async fn a_request_has_what_is_configured_and_what_is_wanted() {
    let server = Provider::start().await;
    let mut pool = server.pool(&[&free_uri()]);
    let managed = pool.managed_login.as_mut().unwrap();
    managed.browser.scopes = vec!["openid".into(), "a/b".into()];
    managed.identity_provider = Some(IdentityProvider::Name("Acme SSO".into()));
    let resource = ("resource".into(), "https://api.example/a b".into());
    managed.browser.parameters.extend([resource]);
    let spec = LoginSpec::UserPool(pool.clone());
    let cognito = cognito();
    let mut thread = login("acme");
    thread.username = Some("ada@example.com".into());
    let asked = Waiting::begin(&cognito, &spec, thread.clone())
        .await
        .asked();
    assert_eq!(asked["scope"], "openid a/b");
    assert_eq!(asked["identity_provider"], "Acme SSO");
    assert_eq!(asked["resource"], "https://api.example/a b");
    assert_eq!(asked["login_hint"], "ada@example.com");
    assert_eq!(asked.get("prompt"), None);

    thread.another_account = true;
    let asked = Waiting::begin(&cognito, &spec, thread.clone())
        .await
        .asked();
    assert_eq!(asked["prompt"], "login");
    // Names that a pool made up say nothing to a person.
    for name in [
        "Acme SSO_117",
        "acme sso_117",
        "cfcd2084-95d5-65ef-66e7-dff9f98764da",
    ] {
        thread.username = Some(name.into());
        let asked = Waiting::begin(&cognito, &spec, thread.clone())
            .await
            .asked();
        assert_eq!(asked.get("login_hint"), None, "{name}");
    }
    let managed = pool.managed_login.as_mut().unwrap();
    managed.identity_provider = Some(IdentityProvider::Identifier("acme.example".into()));
    let spec = LoginSpec::UserPool(pool);
    let asked = Waiting::begin(&cognito, &spec, login("acme")).await.asked();
    assert_eq!(asked["idp_identifier"], "acme.example");
    assert_eq!(asked.get("identity_provider"), None);
}

/// Two sign-ins share nothing.
#[tokio::test]
async fn every_request_has_secrets_of_its_own() {
    let server = Provider::start().await;
    let spec = server.managed(&[&free_uri()]);
    let cognito = cognito();
    let one = Waiting::begin(&cognito, &spec, login("acme")).await.asked();
    let two = Waiting::begin(&cognito, &spec, login("acme")).await.asked();
    for name in ["state", "nonce", "code_challenge"] {
        assert_ne!(one[name], two[name], "{name}");
    }
    assert_ne!(one["state"], one["nonce"]);
}

#[tokio::test]
async fn an_address_is_pasted_where_nothing_listens() {
    let server = Provider::start().await;
    let spec = server.managed(&[&free_uri()]);
    let cognito = cognito();
    let waiting = Waiting::begin(&cognito, &spec, login("acme")).await;
    let paste = |text: &str| Answer::Address(Secret::new(text));
    for (text, part) in [
        (waiting.url.clone(), "before signing in"),
        (
            waiting.back().replace("state=", "state=0"),
            "another sign-in",
        ),
        (waiting.redirect_uri.clone(), "not the address"),
        (String::new(), "Paste the address"),
        (
            format!("{}{}", waiting.back(), "0".repeat(9000)),
            "longer than",
        ),
    ] {
        let step = answer(&cognito, &spec, &waiting, paste(&text)).await;
        let (same, problem) = again(step);
        assert_eq!(same.thread, waiting.thread);
        assert_eq!(problem.kind, FaultKind::Wrong);
        assert!(problem.text.contains(part), "{text:.90}: {}", problem.text);
    }
    let back = format!("  {}\r\n", waiting.back());
    done(answer(&cognito, &spec, &waiting, paste(&back)).await);
    assert_eq!(visit(&waiting.back()).await.status, 409, "it was used");

    let waiting = Waiting::begin(&cognito, &spec, login("acme")).await;
    done(answer(&cognito, &spec, &waiting, paste(CODE)).await);
    let waiting = Waiting::begin(&cognito, &spec, login("acme")).await;
    let refused = format!("?error=access_denied&state={}", waiting.state());
    let fault = answer(&cognito, &spec, &waiting, paste(&refused)).await;
    assert_eq!(fault.unwrap_err().kind, FaultKind::Wrong);
}

#[tokio::test]
async fn a_session_is_renewed_where_it_was_begun() {
    let server = Provider::start().await;
    let spec = server.managed(&[&free_uri()]);
    let cognito = cognito();
    let (refresh, secret) = (Secret::new(REFRESH), Secret::new(SECRET));
    let tokens = cognito
        .refresh(&spec, &refresh, Some(&secret), None)
        .await
        .unwrap();
    assert_eq!(tokens.refresh_token, None, "it was not rotated");
    assert_eq!(tokens.id_token, Secret::new(server.id_token()));
    let sent = &server.seen_at(TOKEN)[0];
    assert_eq!(sent.form["grant_type"], "refresh_token");
    assert_eq!(sent.form["refresh_token"], REFRESH);
    assert!(sent.headers["authorization"].starts_with("Basic "));

    let answer = |refresh: &str| {
        Response::json(
            200,
            &json!({"access_token": ACCESS, "token_type": "Bearer", "expires_in": 300,
                    "id_token": server.id_token(), "refresh_token": refresh}),
        )
    };
    server.then(TOKEN, answer("the-rotated-token"));
    let tokens = cognito.refresh(&spec, &refresh, None, None).await.unwrap();
    assert_eq!(tokens.refresh_token, Some(Secret::new("the-rotated-token")));
    server.then(TOKEN, answer(REFRESH));
    let tokens = cognito.refresh(&spec, &refresh, None, None).await.unwrap();
    assert_eq!(tokens.refresh_token, None, "the same again is no rotation");

    // A session that is tied to a device is the API's.
    let seen = server.seen_at(TOKEN).len();
    let _ = cognito.refresh(&spec, &refresh, None, Some("device")).await;
    assert_eq!(server.seen_at(TOKEN).len(), seen);
    assert_eq!(server.seen_at("/").len(), 1);
}

/// Only a definitive answer signs anybody out.
#[tokio::test]
async fn a_renewal_that_fails_says_how() {
    let server = Provider::start().await;
    let spec = server.managed(&[&free_uri()]);
    let cognito = cognito();
    let refresh = Secret::new(REFRESH);
    for (response, kind) in [
        (
            Response::refuse(400, "invalid_grant", None),
            FaultKind::Ended(Ended::Refused),
        ),
        (
            Response::refuse(400, "invalid_grant", Some("Refresh Token has been revoked")),
            FaultKind::Ended(Ended::Revoked),
        ),
        (
            Response::refuse(400, "invalid_grant", Some("The refresh token has expired.")),
            FaultKind::Ended(Ended::Expired),
        ),
        (
            Response::refuse(
                400,
                "invalid_grant",
                Some("Token has been expired or revoked."),
            ),
            FaultKind::Ended(Ended::Refused),
        ),
        (
            Response::refuse(400, "invalid_grant", Some("The user account is disabled.")),
            FaultKind::Ended(Ended::UserDisabled),
        ),
        (
            Response::refuse(400, "interaction_required", None),
            FaultKind::Ended(Ended::Refused),
        ),
        (
            Response::refuse(400, "invalid_client", None),
            FaultKind::Misconfigured,
        ),
        (
            Response::refuse(400, "unauthorized_client", None),
            FaultKind::Misconfigured,
        ),
        (
            Response::refuse(400, "invalid_request", None),
            FaultKind::Misconfigured,
        ),
        (
            Response::refuse(500, "server_error", None),
            FaultKind::Service,
        ),
        (
            Response::refuse(400, "temporarily_unavailable", None),
            FaultKind::Service,
        ),
        (Response::refuse(500, "sunspots", None), FaultKind::Service),
        (Response::json(502, &json!("<html>")), FaultKind::Service),
        (
            Response::refuse(429, "slow_down", None),
            FaultKind::Throttled,
        ),
        (Response::json(429, &json!({})), FaultKind::Throttled),
        (Response::json(403, &json!({})), FaultKind::Misconfigured),
        (
            Response::redirect("http://127.0.0.1:1/"),
            FaultKind::Misconfigured,
        ),
        (
            Response::json(200, &json!({"id_token": "x"})),
            FaultKind::Lost,
        ),
        (Response::broken(), FaultKind::Lost),
    ] {
        let told = format!("{response:?}");
        server.then(TOKEN, response);
        let fault = cognito
            .refresh(&spec, &refresh, None, None)
            .await
            .unwrap_err();
        assert_eq!(fault.kind, kind, "{told}: {}", fault.text);
    }
    server.claim("aud", json!("another-client"));
    let fault = cognito
        .refresh(&spec, &refresh, None, None)
        .await
        .unwrap_err();
    assert_eq!(
        fault.kind,
        FaultKind::Misconfigured,
        "tokens of somebody else are not taken"
    );
}

#[tokio::test]
async fn a_sign_out_revokes_at_the_domain_and_names_the_browsers_page() {
    let server = Provider::start().await;
    let mut pool = server.pool(&[&free_uri()]);
    pool.managed_login.as_mut().unwrap().logout_uri = Some("http://localhost:8400/out?a=b".into());
    let spec = LoginSpec::UserPool(pool);
    let cognito = cognito();
    let refresh = Secret::new(REFRESH);
    let parting = cognito
        .revoke(&spec, Some(&refresh), None, &Farewell::default())
        .await;
    assert_eq!(parting.revoked, Ok(()));
    assert_eq!(
        parting.logout_url,
        Some(format!(
            "{}/logout?client_id={CLIENT}&logout_uri=http%3A%2F%2Flocalhost%3A8400%2Fout%3Fa%3Db",
            server.url
        ))
    );
    let sent = &server.seen_at("/oauth2/revoke")[0];
    assert_eq!(
        (&*sent.form["token"], &*sent.form["client_id"]),
        (REFRESH, CLIENT)
    );
    for (response, kind) in [
        (
            Response::refuse(400, "unsupported_token_type", None),
            FaultKind::Misconfigured,
        ),
        (
            Response::refuse(503, "server_error", None),
            FaultKind::Service,
        ),
        (Response::json(500, &json!({})), FaultKind::Service),
        (Response::broken(), FaultKind::Lost),
    ] {
        server.then("/oauth2/revoke", response);
        let parting = cognito
            .revoke(&spec, Some(&refresh), None, &Farewell::default())
            .await;
        assert_eq!(parting.revoked.unwrap_err().kind, kind);
    }
}

/// A thread that lost its request begins anew.
#[tokio::test]
async fn a_step_without_a_request_begins_one() {
    let server = Provider::start().await;
    let spec = server.managed(&[&free_uri()]);
    let cognito = cognito();
    let step = cognito.answer(&spec, login("acme"), Answer::Wait).await;
    assert!(
        matches!(step, Ok(Step::Ask { problem: None, .. })),
        "{step:?}"
    );
}
