//! What goes wrong in a sign-in by browser, and what people are told.
#![allow(clippy::unwrap_used, reason = "tests may fail")]

#[path = "support/provider.rs"]
mod provider;

use poolkey_core::config::{IdentityProvider, LoginSpec};
use poolkey_core::conversation::{Answer, Question, Step};
use poolkey_core::failure::Ended;
use poolkey_core::fault::{Fault, FaultKind};
use poolkey_core::secret::Secret;
use provider::*;
use serde_json::json;

const AUTHORIZE: &str = "/oauth2/authorize";
const TOKEN: &str = "/oauth2/token";

/// What a request is refused for before a browser opens.
async fn preflight(response: Response) -> (Fault, String) {
    let server = Provider::start().await;
    let uri = free_uri();
    let mut pool = server.pool(&[&uri]);
    let managed = pool.managed_login.as_mut().unwrap();
    managed.identity_provider = Some(IdentityProvider::Name("Gogle".into()));
    managed.browser.scopes = vec!["openid".into(), "emial".into()];
    let location = |to: &str| to.replace("REDIRECT", &uri);
    let headers = response.headers.iter();
    let headers = headers.map(|(name, value)| (name.clone(), location(value)));
    server.then(
        AUTHORIZE,
        Response {
            headers: headers.collect(),
            ..response
        },
    );
    let cognito = cognito();
    let fault = cognito
        .begin(&LoginSpec::UserPool(pool), login("acme"))
        .await
        .unwrap_err();
    let port: u16 = uri.split([':', '/']).nth(4).unwrap().parse().unwrap();
    assert!(
        std::net::TcpListener::bind(("127.0.0.1", port)).is_ok(),
        "still listening"
    );
    (fault, uri)
}

#[tokio::test]
async fn a_request_that_is_not_taken_opens_no_browser() {
    let (fault, uri) = preflight(Response::redirect(&format!(
        "/error?error=redirect_mismatch&client_id={CLIENT}"
    )))
    .await;
    assert_eq!(fault.kind, FaultKind::Misconfigured);
    assert!(
        fault.text.starts_with(&format!(
            "Add {uri} to the callback URLs of app client {CLIENT}"
        )),
        "{}",
        fault.text
    );
    for (location, part) in [
        (
            "/error?error=Client+does+not+exist.",
            format!("no app client {CLIENT} at http"),
        ),
        (
            "/error?error=unauthorized_client",
            "authorization code grant".into(),
        ),
        (
            "/error?error=Login+option+is+not+available.+Please+try+another+one",
            "no identity provider “Gogle”".into(),
        ),
        (
            "REDIRECT?error=invalid_scope&state=x",
            "openid, emial".into(),
        ),
        (
            "REDIRECT?error=invalid_request&error_description=odd+thing",
            "odd thing".into(),
        ),
        (
            "/_domain/acme/error?error=redirect_mismatch",
            "Add http".into(),
        ),
    ] {
        let (fault, _) = preflight(Response::redirect(location)).await;
        assert_eq!(fault.kind, FaultKind::Misconfigured, "{location}");
        assert!(fault.text.contains(&part), "{location}: {}", fault.text);
    }
    let (fault, _) = preflight(Response::redirect("REDIRECT?error=server_error")).await;
    assert_eq!(fault.kind, FaultKind::Service);
}

#[tokio::test]
async fn what_the_trial_does_not_understand_is_left_to_the_browser() {
    let server = Provider::start().await;
    let spec = server.managed(&[&free_uri()]);
    let cognito = cognito();
    for response in [
        Response::json(403, &json!({})),
        Response::json(200, &json!({})),
        Response::redirect("https://idp.example/error-free?x=y"),
        Response::redirect("/login?error=none"),
    ] {
        server.then(AUTHORIZE, response);
        let waiting = Waiting::begin(&cognito, &spec, login("acme")).await;
        let trial = server.seen_at(AUTHORIZE).pop().unwrap();
        assert_eq!(trial.method, "GET");
        assert_eq!(trial.headers.get("cookie"), None);
        assert_eq!(trial.query, waiting.asked(), "the very request");
    }
}

#[tokio::test]
async fn nobody_at_the_domain_is_a_matter_of_the_network() {
    let server = Provider::start().await;
    let mut pool = server.pool(&[&free_uri()]);
    pool.managed_login.as_mut().unwrap().domain = format!("http://127.0.0.1:{}", free_port());
    let fault = cognito()
        .begin(&LoginSpec::UserPool(pool), login("acme"))
        .await
        .unwrap_err();
    assert_eq!(fault.kind, FaultKind::Unreachable);
}

/// A sign-in whose code is answered so.
async fn exchange(response: Response) -> Result<Step, Fault> {
    let server = Provider::start().await;
    let spec = server.managed(&[&free_uri()]);
    let cognito = cognito();
    let waiting = Waiting::begin(&cognito, &spec, login("acme")).await;
    server.then(TOKEN, response);
    let pasted = Answer::Address(Secret::new(waiting.back()));
    answer(&cognito, &spec, &waiting, pasted).await
}

#[tokio::test]
async fn a_code_that_is_not_taken_ends_the_sign_in() {
    for (response, kind, part) in [
        (
            Response::refuse(400, "invalid_grant", None),
            FaultKind::Expired,
            "invalid_grant",
        ),
        (
            Response::refuse(400, "unauthorized_client", Some("invalid_redirect")),
            FaultKind::Misconfigured,
            "Add http://localhost:",
        ),
        (
            Response::refuse(400, "unauthorized_client", None),
            FaultKind::Misconfigured,
            "unauthorized_client",
        ),
        (
            Response::refuse(400, "odd", Some("thing")),
            FaultKind::Misconfigured,
            "odd: thing.",
        ),
        (
            Response::json(404, &json!({})),
            FaultKind::Misconfigured,
            "HTTP status 404",
        ),
        (
            Response::refuse(400, &"x".repeat(70_000), None),
            FaultKind::Lost,
            "not whole",
        ),
    ] {
        let told = format!("{response:.80?}");
        let outcome = exchange(response).await;
        // What may have been taken is sent once more.
        let fault = match outcome {
            Err(fault) => fault,
            ok @ Ok(_) => again(ok).1,
        };
        assert_eq!(fault.kind, kind, "{told}");
        assert!(fault.text.contains(part), "{told}: {}", fault.text);
    }
}

/// The network fails between the browser's way back and the tokens.
#[tokio::test]
async fn a_code_outlives_a_network_that_is_away_for_a_moment() {
    let server = Provider::start().await;
    let spec = server.managed(&[&free_uri()]);
    let cognito = cognito();
    let waiting = Waiting::begin(&cognito, &spec, login("acme")).await;
    server.then(TOKEN, Response::broken());
    server.then(
        TOKEN,
        Response::refuse(503, "temporarily_unavailable", None),
    );
    server.then(TOKEN, Response::json(429, &json!({})));
    let pasted = Answer::Address(Secret::new(waiting.back()));
    let (waiting, problem) = again(answer(&cognito, &spec, &waiting, pasted).await);
    assert_eq!(problem.kind, FaultKind::Lost);
    let (waiting, problem) = again(waiting.wait(&cognito, &spec).await);
    assert_eq!(problem.kind, FaultKind::Service);
    let (waiting, problem) = again(waiting.wait(&cognito, &spec).await);
    assert_eq!(problem.kind, FaultKind::Throttled);
    done(waiting.wait(&cognito, &spec).await);
    let exchanges = server.seen_at(TOKEN);
    assert_eq!(exchanges.len(), 4);
    assert!(
        exchanges
            .iter()
            .all(|exchange| exchange.form["code"] == CODE)
    );
}

#[tokio::test]
async fn a_network_that_stays_away_ends_it() {
    let server = Provider::start().await;
    let spec = server.managed(&[&free_uri()]);
    let cognito = cognito();
    let mut waiting = Waiting::begin(&cognito, &spec, login("acme")).await;
    for _ in 0..8 {
        server.then(TOKEN, Response::broken());
    }
    let pasted = Answer::Address(Secret::new(waiting.back()));
    let mut step = answer(&cognito, &spec, &waiting, pasted).await;
    for _ in 0..3 {
        (waiting, _) = again(step);
        step = waiting.wait(&cognito, &spec).await;
    }
    assert_eq!(step.unwrap_err().kind, FaultKind::Lost);
}

#[tokio::test]
async fn a_secret_is_asked_for_where_the_client_has_one() {
    let server = Provider::start().await;
    let spec = server.managed(&[&free_uri()]);
    let cognito = cognito();
    let waiting = Waiting::begin(&cognito, &spec, login("acme")).await;
    server.then(
        TOKEN,
        Response::refuse(400, "invalid_client", Some("invalid_client_secret")),
    );
    server.then(TOKEN, Response::refuse(401, "invalid_client", None));
    let back = waiting.back();
    let (page, step) = tokio::join!(come_back(&back), waiting.end(&cognito, &spec));
    assert!(page.body.contains("Almost there"), "{}", page.body);
    let asked = |step: Result<Step, Fault>| {
        let Ok(Step::Ask {
            thread,
            question: Question::ClientSecret { client_id },
            problem,
        }) = step
        else {
            panic!("{step:?}")
        };
        assert_eq!(client_id, CLIENT);
        (thread, problem)
    };
    let (thread, problem) = asked(step);
    assert_eq!(problem, None);
    let blank = Answer::ClientSecret(Secret::new("  "));
    let (thread, problem) = asked(cognito.answer(&spec, thread, blank).await);
    assert_eq!(problem.unwrap().kind, FaultKind::Wrong);
    let wrong = Answer::ClientSecret(Secret::new("not-the-secret"));
    let (thread, problem) = asked(cognito.answer(&spec, thread, wrong).await);
    assert!(problem.unwrap().text.contains("another secret"));
    assert_eq!(thread.client_secret, None);
    let right = Answer::ClientSecret(Secret::new(format!(" {SECRET}\n")));
    let Ok(Step::Done { client_secret, .. }) = cognito.answer(&spec, thread, right).await else {
        panic!("not signed in")
    };
    assert_eq!(client_secret, Some(Secret::new(SECRET)));
    let exchanges = server.seen_at(TOKEN);
    assert_eq!(exchanges.len(), 3);
    assert_eq!(exchanges[0].headers.get("authorization"), None);
    // base64 of “3n4b5urk1ft4fl3mg5e62d9ado:the-client-secret-of-this-test”
    assert_eq!(
        exchanges[2].headers["authorization"],
        "Basic M240YjV1cmsxZnQ0ZmwzbWc1ZTYyZDlhZG86dGhlLWNsaWVudC1zZWNyZXQtb2YtdGhpcy10ZXN0"
    );
    assert_eq!(exchanges[2].form.get("client_secret"), None);
    assert_eq!(exchanges[2].form["code"], CODE);
}

/// Each thing of an ID token that is not as it must be.
#[tokio::test]
async fn tokens_of_others_are_not_taken() {
    for (claim, value, part) in [
        ("nonce", json!("0123456789abcdef0123456789abcdef"), "nonce"),
        ("nonce", json!(null), "nonce"),
        ("aud", json!("another-client"), "another client"),
        ("aud", json!([]), "another client"),
        ("aud", json!([CLIENT, "another"]), "does not say"),
        ("azp", json!("another-client"), "azp"),
        (
            "iss",
            json!("https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Other"),
            "issued by",
        ),
        ("token_use", json!("access"), "no ID token"),
        ("exp", json!(SERVER.secs()), "ended"),
        ("exp", json!("soon"), "cannot be read"),
    ] {
        let server = Provider::start().await;
        let spec = server.managed(&[&free_uri()]);
        let cognito = cognito();
        let waiting = Waiting::begin(&cognito, &spec, login("acme")).await;
        server.claim(claim, value.clone());
        let back = waiting.back();
        let (page, step) = tokio::join!(come_back(&back), waiting.end(&cognito, &spec));
        let fault = step.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Misconfigured, "{claim} {value}");
        assert!(fault.text.contains(part), "{claim} {value}: {}", fault.text);
        assert!(page.body.contains("You are not signed in"), "{}", page.body);
    }
    let server = Provider::start().await;
    server.no_id_token();
    let spec = server.managed(&[&free_uri()]);
    let cognito = cognito();
    let waiting = Waiting::begin(&cognito, &spec, login("acme")).await;
    visit(&waiting.back()).await;
    let fault = waiting.end(&cognito, &spec).await.unwrap_err();
    assert!(
        fault.text.contains("must allow the scope “openid”"),
        "{}",
        fault.text
    );
}

/// What was sent is not repeated, whoever repeats it.
#[tokio::test]
async fn a_secret_that_a_server_repeats_is_not_told() {
    let server = Provider::start().await;
    let spec = server.managed(&[&free_uri()]);
    let cognito = cognito();
    let mut thread = login("acme");
    thread.client_secret = Some(Secret::new(SECRET));
    let waiting = Waiting::begin(&cognito, &spec, thread).await;
    let verifier = waiting
        .thread
        .authorization
        .as_ref()
        .unwrap()
        .verifier
        .clone();
    let echo = format!("bad {CODE} and {} and {SECRET}", verifier.expose());
    server.then(
        TOKEN,
        Response::refuse(400, &format!("odd {CODE}"), Some(&echo)),
    );
    visit(&waiting.back()).await;
    let fault = waiting.end(&cognito, &spec).await.unwrap_err();
    assert!(fault.text.contains("bad … and … and …"), "{}", fault.text);
    assert!(!fault.text.contains(CODE), "{}", fault.text);

    let refresh = Secret::new(REFRESH);
    let secret = Secret::new(SECRET);
    let echo = format!("{REFRESH} is not good, nor is {SECRET}");
    server.then(TOKEN, Response::refuse(400, "invalid_grant", Some(&echo)));
    let fault = cognito
        .refresh(&spec, &refresh, Some(&secret), None)
        .await
        .unwrap_err();
    assert_eq!(fault.kind, FaultKind::Ended(Ended::Refused));
    assert!(
        fault.text.contains("… is not good, nor is …"),
        "{}",
        fault.text
    );
}
