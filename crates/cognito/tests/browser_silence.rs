//! A sign-in by browser at TRACE, of every crate, right and wrong: no secret is heard.
#![allow(clippy::unwrap_used, reason = "tests may fail")]

#[path = "support/log.rs"]
mod log;
#[path = "support/provider.rs"]
mod provider;

use log::Log;
use poolkey_core::conversation::Answer;
use poolkey_core::event::Farewell;
use poolkey_core::secret::Secret;
use provider::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_at_trace_holds_no_secret() {
    let log = Log::everywhere();
    let server = Provider::start().await;
    let spec = server.managed(&[&free_uri()]);
    let cognito = cognito();
    let mut thread = login("acme");
    thread.client_secret = Some(Secret::new(SECRET));
    let waiting = Waiting::begin(&cognito, &spec, thread.clone()).await;
    let asked = waiting.asked();
    let verifier = waiting
        .thread
        .authorization
        .as_ref()
        .unwrap()
        .verifier
        .clone();
    visit(&waiting.back().replace("state=", "state=0")).await;
    let back = waiting.back();
    log.hears(&format!(
        "{:?}",
        waiting.thread.authorization.as_ref().unwrap().verifier
    ));
    let (_, step) = tokio::join!(come_back(&back), waiting.end(&cognito, &spec));
    log.hears(&format!("{step:?}"));
    done(step);

    let waiting = Waiting::begin(&cognito, &spec, thread).await;
    let echo = format!("{CODE} {SECRET}");
    server.then("/oauth2/token", Response::refuse(400, "odd", Some(&echo)));
    let pasted = Answer::Address(Secret::new(waiting.back()));
    let step = answer(&cognito, &spec, &waiting, pasted).await;
    log.hears(&format!("{step:?}"));

    let refresh = Secret::new(REFRESH);
    let secret = Secret::new(SECRET);
    for response in [
        None,
        Some(Response::broken()),
        Some(Response::refuse(400, REFRESH, None)),
    ] {
        if let Some(response) = response {
            server.then("/oauth2/token", response);
        }
        let tokens = cognito.refresh(&spec, &refresh, Some(&secret), None).await;
        log.hears(&format!("{tokens:?}"));
    }
    let farewell = Farewell::default();
    let parting = cognito
        .revoke(&spec, Some(&refresh), Some(&secret), &farewell)
        .await;
    log.hears(&format!("{parting:?}"));

    let heard = log.text();
    assert_eq!(heard.matches("called a server").count(), 8, "{heard}");
    assert!(
        heard.contains("an answer that was not asked for"),
        "{heard}"
    );
    for secret in [
        CODE,
        SECRET,
        REFRESH,
        ACCESS,
        verifier.expose(),
        &asked["state"],
        &asked["nonce"],
        server.id_token().split('.').nth(1).unwrap(),
        "c2lnbmF0dXJlLW9mLXRoaXMtdGVzdA",
    ] {
        let line = heard.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret}");
    }
}
