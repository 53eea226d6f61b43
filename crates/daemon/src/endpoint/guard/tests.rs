#![allow(clippy::unwrap_used, reason = "tests may fail")]

use axum::http::Request;
use poolkey_core::secret::Secret;
use poolkey_core::time::UnixTime;

use super::super::grants::{Draft, End, Tie, TokenHash};
use super::*;

const PORT: u16 = 41_234;
const TOKEN: &str = "bcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQR";
const OTHER: &str = "QRSTUVbcdefghijklmnopqrstuvwxyzABCDEFGHIJKL";
const SPENT: &str = "0123456789-bcdefghijklmnopqrstuvwxyzABCDEFG";

fn now() -> Moment {
    Moment::from_millis(1_000_000)
}

fn grants() -> Grants {
    let mut grants = Grants::default();
    let over = End {
        until: UnixTime::from_secs(1000),
        at: now(),
    };
    for (name, token, end) in [
        ("dev", TOKEN, None),
        ("ops", OTHER, None),
        ("old", SPENT, Some(over)),
    ] {
        let draft = Draft {
            tie: Tie::Name {
                name: name.into(),
                token: Secret::new(token),
            },
            profile: name.parse().unwrap(),
            token: TokenHash::of(token.as_bytes()),
            since: UnixTime::from_secs(0),
            end,
        };
        assert!(grants.add(draft).is_ok());
    }
    grants
}

/// A request as SDKs send it, but for what is said here. Headers without a value are left out.
fn asked(method: &str, target: &str, headers: &[(&str, &str)]) -> Result<String, Refusal> {
    let mut request = Request::builder().method(method).uri(target);
    let usual = [
        ("host", "127.0.0.1:41234"),
        ("authorization", TOKEN),
        ("user-agent", "Boto3/1.40"),
        ("accept", "application/json"),
    ];
    for (name, value) in usual {
        if headers.iter().all(|(given, _)| *given != name) {
            request = request.header(name, value);
        }
    }
    for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
        request = request.header(*name, *value);
    }
    let (parts, ()) = request.body(()).unwrap().into_parts();
    admit(&parts, PORT, &grants(), now()).map(|redeemed| redeemed.profile.to_string())
}

const DEV: &str = "/v1/credentials/dev";

#[test]
fn whoever_has_the_token_gets_the_keys_of_its_profile() {
    assert_eq!(asked("GET", DEV, &[]), Ok("dev".into()));
    let ops = [("authorization", OTHER)];
    assert_eq!(asked("GET", "/v1/credentials/ops", &ops), Ok("ops".into()));
    // What stands after a question mark is nobody's business.
    assert_eq!(
        asked("GET", "/v1/credentials/dev?x=1", &[]),
        Ok("dev".into())
    );
}

#[test]
fn a_name_that_was_made_to_point_here_is_refused() {
    for host in [
        "127.0.0.1:41234",
        "localhost:41234",
        "[::1]:41234",
        // As the AWS Common Runtime (C) sends it.
        "127.0.0.1",
        "localhost",
    ] {
        assert_eq!(asked("GET", DEV, &[("host", host)]), Ok("dev".into()));
    }
    for host in [
        "",
        "evil.example",
        "evil.example:41234",
        "127.0.0.2",
        "localhost.",
        "127.0.0.1:",
        "127.0.0.1:41235",
        "127.0.0.1:041234",
        "127.0.0.1:41234:41234",
        "127.0.0.2:41234",
        "localhost.:41234",
        "LOCALHOST:41234",
        "localhost.evil.example:41234",
        "127.0.0.1:41234.evil.example",
        "127.0.0.1:41234, evil.example",
        "user@127.0.0.1:41234",
        "::1:41234",
        "[::]:41234",
        "0.0.0.0:41234",
        " 127.0.0.1:41234x",
    ] {
        assert_eq!(
            asked("GET", DEV, &[("host", host)]),
            Err(Refusal::Host),
            "{host}"
        );
    }
    let twice = [("host", "127.0.0.1:41234"), ("host", "evil.example")];
    assert_eq!(asked("GET", DEV, &twice), Err(Refusal::Host));
    // A whole URL has to name this place, too.
    let whole = "http://evil.example/v1/credentials/dev";
    assert_eq!(asked("GET", whole, &[]), Err(Refusal::Host));
    let whole = "http://127.0.0.1/v1/credentials/dev";
    assert_eq!(asked("GET", whole, &[]), Err(Refusal::Host));
    let whole = "http://127.0.0.1:41234/v1/credentials/dev";
    assert_eq!(asked("GET", whole, &[]), Ok("dev".into()));
}

#[test]
fn browsers_are_refused_whatever_they_know() {
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("origin", "http://127.0.0.1:41234"),
        ("referer", "https://evil.example/"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "none"),
        ("sec-fetch-mode", "no-cors"),
        ("sec-ch-ua", "\"Chromium\""),
        ("sec-websocket-key", "x"),
        ("access-control-request-method", "GET"),
        ("access-control-request-private-network", "true"),
    ] {
        let told = asked("GET", DEV, &[(name, value)]);
        assert_eq!(told, Err(Refusal::Browser), "{name}: {value}");
    }
}

#[test]
fn only_get_is_answered() {
    for method in [
        "OPTIONS", "HEAD", "POST", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "get",
    ] {
        assert_eq!(asked(method, DEV, &[]), Err(Refusal::Method), "{method}");
    }
}

#[test]
fn nothing_else_is_there() {
    for path in [
        "/",
        "/v1",
        "/v1/credentials",
        "/v2/credentials/dev",
        "/V1/credentials/dev",
        "//v1/credentials/dev",
        "/latest/meta-data/iam/security-credentials/",
        "/favicon.ico",
    ] {
        assert_eq!(asked("GET", path, &[]), Err(Refusal::Path), "{path}");
    }
    // Whether there is such a grant is told to nobody.
    for path in [
        "/v1/credentials/",
        "/v1/credentials/none",
        "/v1/credentials/dev/",
        "/v1/credentials/dev%00",
        "/v1/credentials/../dev",
        "/v1/credentials/DEV",
        "/v1/credentials/ops",
    ] {
        assert_eq!(asked("GET", path, &[]), Err(Refusal::Token), "{path}");
    }
}

#[test]
fn a_token_is_the_whole_header_and_of_this_grant() {
    for token in [
        "x",
        OTHER,
        SPENT,
        &TOKEN[1..],
        &format!("{TOKEN}x"),
        &format!("Bearer {TOKEN}"),
    ] {
        let told = asked("GET", DEV, &[("authorization", token)]);
        assert_eq!(told, Err(Refusal::Token), "{token}");
    }
    let none = asked("GET", DEV, &[("authorization", "")]);
    assert_eq!(none, Err(Refusal::NoToken));
    let twice = [("authorization", TOKEN), ("authorization", TOKEN)];
    assert_eq!(asked("GET", DEV, &twice), Err(Refusal::NoToken));
    let over = asked("GET", "/v1/credentials/old", &[("authorization", SPENT)]);
    assert_eq!(over, Err(Refusal::Token), "its time is up to the moment");
}

#[test]
fn a_refusal_is_one_that_no_sdk_repeats() {
    for refusal in [
        Refusal::Host,
        Refusal::Browser,
        Refusal::Method,
        Refusal::Path,
        Refusal::NoToken,
        Refusal::Token,
    ] {
        assert!(refusal.status().is_client_error(), "{refusal:?}");
        let failure = refusal.failure();
        assert!(!failure.sentence.is_empty() && !failure.remedy.is_empty());
    }
}
