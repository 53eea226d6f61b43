//! The listener that a browser comes back to, and all who may come there.
#![allow(clippy::unwrap_used, reason = "tests may fail")]

#[path = "support/provider.rs"]
mod provider;

use std::time::Duration;

use poolkey_core::conversation::{Answer, Question, Step};
use poolkey_core::fault::FaultKind;
use poolkey_core::messages::Language;
use poolkey_core::secret::Secret;
use provider::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

/// Whatever a browser asks for beside, and whatever somebody else has it ask for.
#[tokio::test]
async fn what_is_not_the_answer_changes_nothing() {
    let server = Provider::start().await;
    let uri = free_uri();
    let spec = server.managed(&[&uri]);
    let cognito = cognito();
    let waiting = Waiting::begin(&cognito, &spec, login("acme")).await;
    let root = uri.trim_end_matches("/callback").to_owned();
    let back = waiting.back();
    for (method, url, headers, status) in [
        ("GET", format!("{root}/favicon.ico"), &[][..], 404),
        ("GET", format!("{root}/"), &[], 404),
        ("GET", back.replace("/callback", "/callback/"), &[], 404),
        ("GET", back.replace("/callback", "/other"), &[], 404),
        ("HEAD", back.clone(), &[], 405),
        ("POST", back.clone(), &[("Content-Length", "0")], 405),
        (
            "OPTIONS",
            back.clone(),
            &[("Origin", "https://evil.example")],
            405,
        ),
        (
            "GET",
            back.clone(),
            &[("Sec-Purpose", "prefetch;prerender")],
            503,
        ),
        ("GET", back.clone(), &[("Purpose", "prefetch")], 503),
        ("GET", back.clone(), &[("Host", "evil.example")], 421),
        ("GET", back.clone(), &[("Host", "127.0.0.1:1")], 421),
        ("GET", uri.clone(), &[], 400),
        ("GET", format!("{uri}?code={CODE}"), &[], 400),
        (
            "GET",
            format!("{uri}?code=theirs&state=0123456789abcdef0123456789abcdef"),
            &[],
            400,
        ),
        (
            "GET",
            format!("{uri}?error=access_denied&state=0"),
            &[],
            400,
        ),
        ("GET", format!("{uri}?state={}", waiting.state()), &[], 400),
        (
            "GET",
            format!("{uri}?code={}&state={}", "a".repeat(9000), waiting.state()),
            &[],
            414,
        ),
    ] {
        let page = visit_as(method, &url, headers).await;
        assert_eq!(page.status, status, "{method} {url:.120} {headers:?}");
        assert!(!page.headers.contains_key("location"), "{page:?}");
        assert!(!page.body.contains(CODE) && !page.body.contains(&waiting.state()));
        assert_eq!(page.headers["cache-control"], "no-store", "{method} {url}");
    }
    let (page, step) = tokio::join!(come_back(&back), waiting.end(&cognito, &spec));
    assert!(
        page.body.contains("Your browser is signed in as"),
        "{}",
        page.body
    );
    done(step);
    let exchanges = server.seen_at("/oauth2/token");
    assert_eq!(exchanges.len(), 1);
    assert_eq!(exchanges[0].form["code"], CODE);
}

/// Another program of this machine has a code of its own account, and is faster than the person.
#[tokio::test]
async fn a_code_of_somebody_elses_gets_nowhere() {
    let server = Provider::start().await;
    let uri = free_uri();
    let spec = server.managed(&[&uri]);
    let cognito = cognito();
    let waiting = Waiting::begin(&cognito, &spec, login("acme")).await;
    let asked = waiting.asked();
    for state in [
        "",
        "0",
        &asked["state"][1..],
        &asked["state"].to_uppercase(),
        &format!("{}0", asked["state"]),
        &asked["nonce"],
    ] {
        if state == asked["state"] {
            continue;
        }
        let page = visit(&format!("{uri}?code=theirs&state={state}")).await;
        assert_eq!(page.status, 400);
        assert!(
            page.body.contains("Poolkey did not ask for this"),
            "{}",
            page.body
        );
    }
    let step = waiting.wait(&cognito, &spec).await;
    assert!(
        matches!(step, Ok(Step::Ask { problem: None, .. })),
        "{step:?}"
    );
    assert_eq!(
        server.seen_at("/oauth2/token").len(),
        0,
        "PKCE is the second wall, not the first"
    );
}

#[tokio::test]
async fn an_answer_is_taken_once_however_often_it_comes() {
    let server = Provider::start().await;
    let uri = free_uri();
    let spec = server.managed(&[&uri]);
    let cognito = cognito();
    let waiting = Waiting::begin(&cognito, &spec, login("acme")).await;
    let back = waiting.back();
    let other = back.replace(CODE, "another-code");
    let first = visit(&back).await;
    assert_eq!(first.status, 303);
    for again in [&back, &other] {
        let page = visit(again).await;
        assert_eq!(page.status, 409);
        assert!(
            page.body.contains("Poolkey has this answer already"),
            "{}",
            page.body
        );
    }
    done(waiting.end(&cognito, &spec).await);
    assert_eq!(visit(&back).await.status, 409, "and after it, too");
    let exchanges = server.seen_at("/oauth2/token");
    assert_eq!(exchanges.len(), 1);
    assert_eq!(exchanges[0].form["code"], CODE);
}

#[tokio::test]
async fn a_page_keeps_to_itself_and_speaks_the_persons_language() {
    let server = Provider::start().await;
    let uri = free_uri();
    let spec = server.managed(&[&uri]);
    let cognito = cognito();
    let waiting = Waiting::begin(&cognito, &spec, login("acme")).await;
    let root = uri.trim_end_matches("/callback").to_owned();
    let back = visit(&waiting.back()).await;
    let location = back.headers["location"].clone();
    assert!(
        !location.contains(CODE) && !location.contains(&waiting.state()),
        "{location}"
    );
    assert_eq!(location.len(), 33, "nobody guesses it");
    assert_eq!(back.headers["cache-control"], "no-store");
    assert_eq!(back.headers["referrer-policy"], "no-referrer");
    done(waiting.end(&cognito, &spec).await);
    let url = format!("{root}{location}");
    let page = visit_as("GET", &url, &[("Accept-Language", "ja,en;q=0.5")]).await;
    assert!(page.body.contains("<html lang=\"ja\">"), "{}", page.body);
    assert!(
        page.body
            .contains("ada@example.comとしてサインインしています"),
        "{}",
        page.body
    );
    for (name, value) in [
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("content-type", "text/html; charset=utf-8"),
    ] {
        assert_eq!(page.headers[name], value);
    }
    let policy = &page.headers["content-security-policy"];
    assert!(policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
    assert_eq!(
        visit(&format!("{root}/0123456789abcdef0123456789abcdef"))
            .await
            .status,
        404
    );

    let mut thread = login("acme");
    thread.language = Some(Language::Japanese);
    let waiting = Waiting::begin(&cognito, &spec, thread).await;
    assert_eq!(waiting.asked()["lang"], "ja");
    let page = visit_as("GET", &uri, &[("Accept-Language", "en")]).await;
    assert!(
        page.body.contains("<html lang=\"ja\">"),
        "the person chose it: {}",
        page.body
    );
}

#[tokio::test]
async fn a_refusal_is_told_in_the_browser_and_to_the_front_end() {
    let server = Provider::start().await;
    let uri = free_uri();
    let spec = server.managed(&[&uri]);
    let cognito = cognito();
    let waiting = Waiting::begin(&cognito, &spec, login("acme")).await;
    let back = format!(
        "{uri}?error=invalid_request&error_description=PreAuthentication+failed+with+error+\
         %3Cscript%3Ealert(1)%3C%2Fscript%3E+closed+today&state={}",
        waiting.state()
    );
    let (page, step) = tokio::join!(come_back(&back), waiting.end(&cognito, &spec));
    let fault = step.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Wrong);
    assert_eq!(fault.text, "<script>alert(1)</script> closed today.");
    assert!(page.body.contains("You are not signed in"), "{}", page.body);
    assert!(
        page.body
            .contains("&lt;script&gt;alert(1)&lt;/script&gt; closed today.")
    );
    assert!(!page.body.contains("<script"), "{}", page.body);
    assert_eq!(server.seen_at("/oauth2/token").len(), 0);

    let waiting = Waiting::begin(&cognito, &spec, login("acme")).await;
    visit(&format!(
        "{uri}?error=access_denied&state={}",
        waiting.state()
    ))
    .await;
    let fault = waiting.end(&cognito, &spec).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Wrong);
    assert!(fault.text.contains("access_denied"), "{}", fault.text);
}

#[tokio::test]
async fn strangers_take_no_room_from_the_browser() {
    let server = Provider::start().await;
    let uri = free_uri();
    let spec = server.managed(&[&uri]);
    let cognito = cognito();
    let waiting = Waiting::begin(&cognito, &spec, login("acme")).await;
    let host = uri
        .trim_start_matches("http://")
        .trim_end_matches("/callback");
    let mut silent = Vec::new();
    for _ in 0..50 {
        let mut stream = TcpStream::connect(host).await.unwrap();
        stream.write_all(b"GET /callback?code=").await.unwrap();
        silent.push(stream);
    }
    for head in [
        format!(
            "GET / HTTP/1.1\r\nHost: {host}\r\nX: {}\r\n\r\n",
            "x".repeat(60_000)
        ),
        format!(
            "GET /{} HTTP/1.1\r\nHost: {host}\r\n\r\n",
            "x".repeat(70_000)
        ),
        "\r\n\r\nnonsense\r\n\r\n".to_owned(),
        format!(
            "GET /callback HTTP/1.1\r\nHost: {host}\r\n{}\r\n",
            "x: y\r\n".repeat(500)
        ),
    ] {
        let page = send(host, head.as_bytes()).await;
        assert!(
            page.is_none_or(|page| (400..=431).contains(&page.status)),
            "{head:.60}"
        );
    }
    let start = Instant::now();
    let back = waiting.back();
    let (page, step) = tokio::join!(come_back(&back), waiting.wait(&cognito, &spec));
    assert!(
        page.body.contains("Your browser is signed in as"),
        "{}",
        page.body
    );
    assert!(
        start.elapsed() < Duration::from_secs(2),
        "{:?}",
        start.elapsed()
    );
    done(step);
    // The oldest of them had to leave; those that stayed have 5 s.
    let mut rest = [0; 512];
    let gone = timeout(Duration::from_secs(1), silent[0].read(&mut rest)).await;
    assert!(gone.is_ok(), "the oldest is still there");
    let newest = silent.last_mut().unwrap();
    let gone = timeout(Duration::from_secs(8), newest.read(&mut rest)).await;
    assert!(gone.is_ok(), "the newest is still there");
}

#[tokio::test]
async fn whoever_waits_hears_something_in_two_seconds() {
    let server = Provider::start().await;
    let spec = server.managed(&[&free_uri()]);
    let cognito = cognito();
    let waiting = Waiting::begin(&cognito, &spec, login("acme")).await;
    let start = Instant::now();
    let step = waiting.wait(&cognito, &spec).await;
    let Ok(Step::Ask {
        thread,
        question,
        problem: None,
    }) = step
    else {
        panic!("{step:?}")
    };
    assert_eq!(thread, waiting.thread, "nothing changed");
    assert!(matches!(question, Question::Browser { .. }));
    let spent = start.elapsed();
    assert!(
        (Duration::from_secs(1)..Duration::from_secs(2)).contains(&spent),
        "{spent:?}"
    );
}

#[tokio::test]
async fn an_answer_of_another_kind_changes_nothing() {
    let server = Provider::start().await;
    let spec = server.managed(&[&free_uri()]);
    let cognito = cognito();
    let waiting = Waiting::begin(&cognito, &spec, login("acme")).await;
    let step = answer(&cognito, &spec, &waiting, Answer::Code(Secret::new("1"))).await;
    let (same, problem) = again(step);
    assert_eq!(problem.kind, FaultKind::Wrong);
    assert_eq!(same.thread, waiting.thread);
}

/// `localhost` may be either of two addresses to a browser.
#[tokio::test]
async fn a_browser_may_come_by_either_family() {
    let server = Provider::start().await;
    let port = free_port();
    let uri = format!("http://localhost:{port}/callback");
    let spec = server.managed(&[&uri]);
    let cognito = cognito();
    for address in [format!("127.0.0.1:{port}"), format!("[::1]:{port}")] {
        let waiting = Waiting::begin(&cognito, &spec, login("acme")).await;
        let path = waiting
            .back()
            .replacen(&format!("http://localhost:{port}"), "", 1);
        let head = format!("GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n");
        let page = send(&address, head.as_bytes()).await.unwrap();
        assert_eq!(page.status, 303, "{address}");
        done(waiting.end(&cognito, &spec).await);
    }
}
