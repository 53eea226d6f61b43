//! The console against the sandbox, which judges keys and lengths, and against answers that AWS could
//! give one day.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests may fail, and look at the clock"
)]

#[path = "support/http.rs"]
mod http;
#[path = "support/log.rs"]
mod log;
#[path = "support/person.rs"]
mod person;
#[path = "support/sandbox.rs"]
mod sandbox;

use std::sync::{Arc, Mutex};

use person::Person;
use poolkey_core::config::{Flow, PoolFlow, ProfileSpec, RoleSession};
use poolkey_core::console::{ConsoleSession, Destination};
use poolkey_core::fault::{Fault, FaultKind, Life};
use poolkey_core::secret::Secret;
use poolkey_core::session::Keys;
use sandbox::specs::{by, source};
use sandbox::{Sandbox, Seeded, cognito};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const LONG: Destination = Destination {
    service: None,
    region: None,
    seconds: Some(7200),
};

fn chain(sandbox: &Sandbox) -> Seeded {
    sandbox.seed(&json!({
        "identity_pool": { "classic": true },
        "roles": [
            {"arn": "arn:aws:iam::000000000000:role/Signed", "max_session_seconds": 43200},
        ],
    }))
}

async fn keys(chain: &Seeded, spec: &ProfileSpec) -> Keys {
    let person = Person::of(chain.text("username"), chain.text("password"), &chain.ids);
    let spec_of_login = chain.login(Flow::UserSrp);
    let tokens = person.sign_in(&cognito(), &spec_of_login).await.unwrap();
    let proof = by(&tokens.id_token);
    cognito()
        .fetch(spec, &proof, None, None)
        .await
        .unwrap()
        .keys
}

fn enhanced(chain: &Seeded) -> ProfileSpec {
    ProfileSpec {
        signin_endpoint: Some(chain.url.clone()),
        ..chain.profile(None)
    }
}

fn classic(chain: &Seeded) -> ProfileSpec {
    let mut spec = enhanced(chain);
    source(&mut spec).flow = PoolFlow::Classic {
        role_arn: "arn:aws:iam::000000000000:role/Signed".into(),
        session: RoleSession::default(),
    };
    spec
}

/// What a browser is shown.
fn browse(session: &ConsoleSession) -> (u16, String) {
    let url = session.url.expose().trim_start_matches("http://");
    let (host, path) = url.split_once('/').unwrap();
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(host).unwrap();
    write!(
        stream,
        "GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    (answer[9..12].parse().unwrap(), answer)
}

fn calls(sandbox: &Sandbox) -> Vec<Value> {
    let calls = sandbox.control("GET", "calls", &Value::Null);
    let mut calls = calls["calls"].as_array().unwrap().clone();
    calls.retain(|call| call["operation"] == "federation");
    calls
}

#[tokio::test]
async fn a_browser_is_signed_in_as_the_role() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let chain = chain(&sandbox);
    let spec = enhanced(&chain);
    let keys = keys(&chain, &spec).await;
    let there = Destination {
        service: Some("s3".into()),
        region: Some("eu-west-1".into()),
        seconds: None,
    };
    let session = cognito().open_console(&spec, &keys, &there).await.unwrap();
    assert_eq!(session.seconds, None);
    let (status, page) = browse(&session);
    assert_eq!(status, 200, "{page}");
    assert!(page.contains(":assumed-role/") && page.contains("/CognitoIdentityCredentials"));
    assert!(
        page.contains("console.aws.amazon.com/s3/home?region=eu-west-1"),
        "{page}"
    );
    assert_eq!(browse(&session).0, 400, "it is good for one");
}

/// AWS takes a length for some keys only. Whoever asked for one is told which it became.
#[tokio::test]
async fn a_length_is_asked_for_and_let_go_where_aws_takes_none() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let chain = chain(&sandbox);
    for (spec, seconds, asked) in [
        (classic(&chain), Some(7200), &[json!(7200)][..]),
        (enhanced(&chain), None, &[json!(7200), Value::Null]),
    ] {
        let keys = keys(&chain, &spec).await;
        sandbox.control("DELETE", "calls", &Value::Null);
        let session = cognito().open_console(&spec, &keys, &LONG).await.unwrap();
        assert_eq!(session.seconds, seconds);
        let calls: Vec<_> = calls(&sandbox)
            .iter()
            .map(|call| call["duration_seconds"].clone())
            .collect();
        assert_eq!(calls, asked);
        assert_eq!(browse(&session).0, 200);
    }
}

#[tokio::test]
async fn keys_that_aws_does_not_take_are_doubted() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let chain = chain(&sandbox);
    let spec = enhanced(&chain);
    let good = keys(&chain, &spec).await;
    let bad = Keys {
        secret_access_key: Secret::new("not-the-secret-at-all"),
        ..good.clone()
    };
    for destination in [Destination::default(), LONG] {
        let fault = cognito().open_console(&spec, &bad, &destination).await;
        let fault = fault.unwrap_err();
        assert_eq!(fault.kind, FaultKind::TokenStale, "{fault}");
        assert!(
            fault.text.contains("Invalid credentials parameter"),
            "{fault}"
        );
    }
    sandbox.control("POST", "clock", &json!({"offset_seconds": 3700}));
    let fault = cognito()
        .open_console(&spec, &good, &Destination::default())
        .await;
    let fault = fault.unwrap_err();
    assert_eq!(fault.kind, FaultKind::TokenStale, "{fault}");
    assert!(fault.text.contains("expired"), "{fault}");
}

/// One answer to each request, and what was asked.
async fn scripted(answers: Vec<(&'static str, String)>) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let heard = seen.clone();
    tokio::spawn(async move {
        for (status, body) in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            loop {
                let text = String::from_utf8_lossy(&request).into_owned();
                if let Some((head, sent)) = text.split_once("\r\n\r\n") {
                    let length = head
                        .lines()
                        .find_map(|line| line.strip_prefix("content-length: "))
                        .map_or(0, |length| length.trim().parse().unwrap());
                    if sent.len() >= length {
                        heard.lock().unwrap().push(text);
                        break;
                    }
                }
                assert!(stream.read_buf(&mut request).await.unwrap() > 0);
            }
            let answer = format!(
                "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (url, seen)
}

fn made_up() -> Keys {
    Keys {
        access_key_id: Secret::new("ASIAMADEUPKEYID00000"),
        secret_access_key: Secret::new("made/up+secret=access/key"),
        session_token: Secret::new("made+up/session==token"),
        life: Life {
            length: std::time::Duration::from_secs(3600),
            server: None,
        },
    }
}

async fn answered(
    answers: Vec<(&'static str, String)>,
    destination: &Destination,
) -> (Result<ConsoleSession, Fault>, Vec<String>) {
    let (url, seen) = scripted(answers).await;
    let mut spec = sandbox::specs::profile("us-east-1:a", None, &url);
    spec.signin_endpoint = Some(url);
    let result = cognito().open_console(&spec, &made_up(), destination).await;
    let seen = seen.lock().unwrap().clone();
    (result, seen)
}

fn token() -> String {
    json!({"SigninToken": "t0ken+/=&x"}).to_string()
}

#[tokio::test]
async fn keys_travel_in_a_body() {
    let (session, seen) = answered(vec![("200 OK", token())], &Destination::default()).await;
    let session = session.unwrap();
    let url = session.url.expose();
    assert!(url.ends_with("&SigninToken=t0ken%2B%2F%3D%26x"), "{url}");
    assert!(
        url.contains("Action=login&Issuer=Poolkey&Destination=https%3A%2F%2Fconsole"),
        "{url}"
    );
    let [request] = &seen[..] else {
        panic!("{seen:?}")
    };
    let line = request.lines().next().unwrap();
    assert_eq!(line, "POST /federation HTTP/1.1");
    assert!(!request.contains("SessionDuration"), "{request}");
    assert!(
        request.contains("made%2Fup%2Bsecret%3Daccess%2Fkey"),
        "{request}"
    );
}

#[tokio::test]
async fn an_endpoint_that_takes_no_form_is_asked_as_documented() {
    let answers = vec![
        ("405 Method Not Allowed", String::new()),
        ("200 OK", token()),
    ];
    let (session, seen) = answered(answers, &Destination::default()).await;
    session.unwrap();
    assert!(
        seen[1].starts_with("GET /federation?Action=getSigninToken&"),
        "{seen:?}"
    );
}

#[tokio::test]
async fn answers_that_are_no_token_are_told_without_the_keys() {
    let echo = format!(
        "<p>cannot use {} and {}</p>",
        made_up().secret_access_key.expose(),
        made_up().session_token.expose()
    );
    for (status, body, kind) in [
        ("200 OK", "{}".into(), FaultKind::Service),
        ("200 OK", "<html>".into(), FaultKind::Service),
        (
            "200 OK",
            json!({"SigninToken": ""}).to_string(),
            FaultKind::Service,
        ),
        ("400 Bad Request", echo.clone(), FaultKind::TokenStale),
        ("403 Forbidden", echo.clone(), FaultKind::TokenStale),
        ("429 Too Many Requests", echo.clone(), FaultKind::Throttled),
        ("503 Service Unavailable", echo, FaultKind::Service),
        ("302 Found", String::new(), FaultKind::Misconfigured),
        ("200 OK", "x".repeat(1 << 20), FaultKind::Lost),
    ] {
        let (result, _) = answered(vec![(status, body)], &Destination::default()).await;
        let fault = result.unwrap_err();
        assert_eq!(fault.kind, kind, "{status}: {fault}");
        assert!(!fault.text.contains("made"), "{fault}");
    }
    // A length that may not be had, and then keys that may not either.
    let twice = vec![
        ("400 Bad Request", "no".into()),
        ("400 Bad Request", "no keys".into()),
    ];
    let (result, seen) = answered(twice, &LONG).await;
    assert_eq!(result.unwrap_err().kind, FaultKind::TokenStale);
    assert!(seen[0].contains("SessionDuration=7200") && !seen[1].contains("SessionDuration"));
}

#[tokio::test]
async fn the_log_hears_nothing_of_keys_and_addresses() {
    let log = log::Log::everywhere();
    let (session, _) = answered(vec![("200 OK", token())], &LONG).await;
    log.hears(&format!("{session:?}"));
    let text = log.text();
    assert!(text.contains("getSigninToken"), "{text}");
    for secret in [
        "made/up",
        "made%2Fup",
        "made+up",
        "made%2Bup",
        "ASIAMADEUP",
        "t0ken",
    ] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}
