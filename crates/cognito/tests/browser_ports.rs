//! Which port a browser comes back to, who holds it, and when it is free again.
#![allow(clippy::unwrap_used, reason = "tests may fail")]

#[path = "support/provider.rs"]
mod provider;

use std::time::Duration;

use poolkey_core::conversation::{Answer, Step};
use poolkey_core::fault::FaultKind;
use poolkey_core::secret::Secret;
use provider::*;
use tokio::net::{TcpListener, TcpStream};

fn uri(port: u16) -> String {
    format!("http://localhost:{port}/callback")
}

async fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).await.is_ok()
        && TcpListener::bind(("::1", port)).await.is_ok()
}

/// Nobody listens there, and whoever took the port would have it.
async fn is_closed(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).await.is_err()
}

#[tokio::test]
async fn the_first_that_is_free_is_taken() {
    let server = Provider::start().await;
    let (busy, half, free) = (free_port(), free_port(), free_port());
    let _whole = TcpListener::bind(("127.0.0.1", busy)).await.unwrap();
    // One family alone would let another program have the browser.
    let _half = TcpListener::bind(("::1", half)).await.unwrap();
    let (busy, half, free) = (uri(busy), uri(half), uri(free));
    let spec = server.managed(&[&busy, &half, &free]);
    let cognito = cognito();
    let waiting = Waiting::begin(&cognito, &spec, login("acme")).await;
    assert_eq!(waiting.redirect_uri, free);
    assert_eq!(waiting.asked()["redirect_uri"], free);
    done({
        visit(&waiting.back()).await;
        waiting.end(&cognito, &spec).await
    });
    assert_eq!(
        server.seen_at("/oauth2/token")[0].form["redirect_uri"],
        free
    );
}

#[tokio::test]
async fn who_holds_the_ports_is_said() {
    let server = Provider::start().await;
    let (one, two) = (free_port(), free_port());
    let _other = TcpListener::bind(("127.0.0.1", one)).await.unwrap();
    let (first, second) = (uri(one), uri(two));
    let spec = server.managed(&[&first, &second]);
    let cognito = cognito();
    let _waiting = Waiting::begin(&cognito, &spec, login("acme")).await;
    let fault = cognito.begin(&spec, login("beta")).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Misconfigured);
    for part in [
        format!("port {one} is held by another program"),
        format!("port {two} is held by the sign-in to “acme”"),
        "redirect_uris".into(),
    ] {
        assert!(fault.text.contains(&part), "{part}: {}", fault.text);
    }
    assert_eq!(server.seen().len(), 1, "nobody was asked in vain");
}

#[tokio::test]
async fn a_new_sign_in_of_the_same_login_takes_its_port() {
    let server = Provider::start().await;
    let port = free_port();
    let spec = server.managed(&[&uri(port)]);
    let cognito = cognito();
    let old = Waiting::begin(&cognito, &spec, login("acme")).await;
    let new = Waiting::begin(&cognito, &spec, login("acme")).await;
    assert_eq!(new.redirect_uri, old.redirect_uri);
    assert_ne!(new.state(), old.state());
    let page = visit(&old.back()).await;
    assert_eq!(page.status, 400, "it belongs to the old one");
    let fault = old.wait(&cognito, &spec).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Expired);
    visit(&new.back()).await;
    done(new.end(&cognito, &spec).await);
}

#[tokio::test]
async fn what_is_done_makes_room_for_others() {
    let server = Provider::start().await;
    let port = free_port();
    let spec = server.managed(&[&uri(port)]);
    let cognito = cognito();
    let first = Waiting::begin(&cognito, &spec, login("acme")).await;
    visit(&first.back()).await;
    done(first.end(&cognito, &spec).await);
    assert!(!is_free(port).await, "the page can still be had");
    let second = Waiting::begin(&cognito, &spec, login("beta")).await;
    visit(&second.back()).await;
    done(second.end(&cognito, &spec).await);
}

/// The clock goes on by so much, and whatever was due is done.
async fn later(seconds: u64) {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(seconds)).await;
    tokio::time::resume();
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn nobody_who_waits_means_nobody_who_listens() {
    let server = Provider::start().await;
    let port = free_port();
    let spec = server.managed(&[&uri(port)]);
    let cognito = cognito();
    let waiting = Waiting::begin(&cognito, &spec, login("acme")).await;
    later(25).await;
    assert!(!is_closed(port).await);
    let step = waiting.wait(&cognito, &spec).await;
    assert!(matches!(step, Ok(Step::Ask { problem: None, .. })));
    later(25).await;
    assert!(!is_closed(port).await, "somebody waited");
    later(10).await;
    assert!(is_closed(port).await && is_free(port).await);
    let fault = waiting.wait(&cognito, &spec).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Expired);
    // The address can be pasted all the same.
    let pasted = Answer::Address(Secret::new(waiting.back()));
    done(answer(&cognito, &spec, &waiting, pasted).await);
}

#[tokio::test]
async fn ten_minutes_are_enough_for_anybody() {
    let server = Provider::start().await;
    let port = free_port();
    let spec = server.managed(&[&uri(port)]);
    let cognito = cognito();
    let waiting = Waiting::begin(&cognito, &spec, login("acme")).await;
    for _ in 0..23 {
        later(25).await;
        tokio::select! {
            step = waiting.wait(&cognito, &spec) => drop(step),
            () = tokio::time::sleep(Duration::from_millis(5)) => {}
        }
    }
    assert!(!is_closed(port).await);
    later(26).await;
    assert!(is_closed(port).await);
}

#[tokio::test]
async fn what_is_done_closes_by_itself() {
    let server = Provider::start().await;
    let port = free_port();
    let spec = server.managed(&[&uri(port)]);
    let cognito = cognito();
    let waiting = Waiting::begin(&cognito, &spec, login("acme")).await;
    come_back_and_end(waiting, &cognito, &spec).await;
    later(16).await;
    assert!(is_closed(port).await && is_free(port).await);
}

async fn come_back_and_end(
    waiting: Waiting,
    cognito: &poolkey_cognito::Cognito,
    spec: &poolkey_core::config::LoginSpec,
) {
    let back = waiting.back();
    let (page, step) = tokio::join!(come_back(&back), waiting.end(cognito, spec));
    assert!(
        page.body.contains("Your browser is signed in as"),
        "{}",
        page.body
    );
    done(step);
}

/// Nobody asks for tokens, so the page cannot know.
#[tokio::test]
async fn a_page_that_cannot_know_says_so() {
    let server = Provider::start().await;
    let port = free_port();
    let spec = server.managed(&[&uri(port)]);
    let cognito = cognito();
    let waiting = Waiting::begin(&cognito, &spec, login("acme")).await;
    let back = waiting.back();
    let page = tokio::time::timeout(Duration::from_secs(12), come_back(&back)).await;
    assert!(page.unwrap().body.contains("Almost there"));
    done(waiting.end(&cognito, &spec).await);
}

/// Whoever takes the port away gets nothing: the listener is given up with its daemon.
#[tokio::test]
async fn a_daemon_that_ends_frees_its_ports() {
    let server = Provider::start().await;
    let port = free_port();
    let spec = server.managed(&[&uri(port)]);
    let cognito = cognito();
    let _waiting = Waiting::begin(&cognito, &spec, login("acme")).await;
    drop(cognito);
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    assert!(is_closed(port).await && is_free(port).await);
}
