//! What goes wrong outside, and what it is taken for: every row of errors, every way to break a
//! connection.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests may fail, and measure"
)]

mod support;

use std::time::{Duration, Instant};

use poolkey_core::config::Flow;
use poolkey_core::conversation::Step;
use poolkey_core::event::Farewell;
use poolkey_core::failure::Ended;
use poolkey_core::fault::{
    Fault,
    FaultKind::{self, *},
};
use poolkey_core::secret::Secret;
use serde_json::json;
use support::specs::{self, by};
use support::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Verb {
    SignIn,
    Refresh,
    Revoke,
    Fetch,
}
use Verb::{Fetch, Refresh, Revoke, SignIn};

const EVERY: &[Verb] = &[SignIn, Refresh, Revoke, Fetch];
const USERS: &[Verb] = &[SignIn, Refresh, Revoke];

type Row = (&'static [Verb], u16, &'static str, &'static str, FaultKind);

#[rustfmt::skip]
const ROWS: &[Row] = &[
    // Terminal, at a refresh.
    (&[Refresh], 400, "NotAuthorizedException", "Refresh Token has expired", Ended(Ended::Expired)),
    (&[Refresh], 400, "NotAuthorizedException", "Refresh Token has been revoked", Ended(Ended::Revoked)),
    (&[Refresh], 400, "NotAuthorizedException", "Invalid Refresh Token.", Ended(Ended::Refused)),
    (&[Refresh], 400, "NotAuthorizedException", "Invalid Refresh Token", Ended(Ended::Refused)),
    (&[Refresh], 400, "RefreshTokenReuseException", "Refresh token has been used", Ended(Ended::Reused)),
    // Terminal, anywhere.
    (&[Refresh], 400, "UserNotFoundException", "User does not exist.", Ended(Ended::UserGone)),
    (&[Refresh, Revoke, Fetch], 400, "PasswordResetRequiredException", "Password reset required for the user", Ended(Ended::PasswordReset)),
    // A sign-in goes on by a code.
    (&[SignIn], 400, "PasswordResetRequiredException", "Password reset required for the user", Wrong),
    (&[Refresh, Revoke, Fetch], 400, "UserNotConfirmedException", "User is not confirmed.", Ended(Ended::Unconfirmed)),
    // A sign-in goes on by a code.
    (&[SignIn], 400, "UserNotConfirmedException", "User is not confirmed.", Wrong),
    (EVERY, 400, "NotAuthorizedException", "User is disabled.", Ended(Ended::UserDisabled)),
    (USERS, 400, "NotAuthorizedException", "Access Token has been revoked", Ended(Ended::Revoked)),
    // Not on the closed list: nobody is signed out.
    (&[Refresh, Revoke, Fetch], 400, "NotAuthorizedException", "Something that is new", Misconfigured),
    (&[Refresh], 400, "NotAuthorizedException", "Incorrect username or password.", Misconfigured),
    (&[Refresh, Revoke], 400, "NotAuthorizedException", "SecretHash does not match for the client: x", Misconfigured),
    (&[Refresh, Revoke], 400, "NotAuthorizedException", "Unable to verify secret hash for client x", Misconfigured),
    (&[Refresh, Revoke], 400, "NotAuthorizedException", "Client x is configured with secret but SECRET_HASH was not received", Misconfigured),
    (&[Refresh], 400, "ResourceNotFoundException", "Device does not exist.", DeviceGone),
    // What was typed.
    (&[SignIn], 400, "CodeMismatchException", "Invalid code provided.", Wrong),
    (&[SignIn], 400, "ExpiredCodeException", "Invalid code provided, please request a code again.", Wrong),
    (&[SignIn], 400, "LimitExceededException", "Attempt limit exceeded, please try after some time.", LockedOut),
    (&[Refresh, Fetch], 400, "LimitExceededException", "Attempt limit exceeded.", Throttled),
    (&[SignIn], 400, "NotAuthorizedException", "Invalid session for the user.", Expired),
    // Passing.
    (EVERY, 400, "TooManyRequestsException", "Rate exceeded", Throttled),
    (EVERY, 400, "ThrottlingException", "Rate exceeded", Throttled),
    (EVERY, 500, "InternalErrorException", "Something went wrong", Service),
    (EVERY, 503, "ServiceUnavailableException", "", Service),
    (USERS, 400, "UnexpectedLambdaException", "PreTokenGeneration invocation failed", Service),
    (USERS, 400, "UserLambdaValidationException", "PreAuthentication failed with error Not today.", Service),
    (USERS, 400, "InvalidLambdaResponseException", "Unrecognizable lambda output", Service),
    (&[Fetch], 400, "ExternalServiceException", "Facebook is down", Service),
    // Set-up.
    (USERS, 400, "ForbiddenException", "Request not allowed due to WAF block.", Misconfigured),
    (USERS, 400, "OperationNotEnabledException", "x", Misconfigured),
    (USERS, 400, "FeatureUnavailableInTierException", "x", Misconfigured),
    (USERS, 400, "UnsupportedOperationException", "x", Misconfigured),
    (USERS, 400, "ResourceNotFoundException", "User pool client x does not exist.", Misconfigured),
    (USERS, 400, "InvalidUserPoolConfigurationException", "x", Misconfigured),
    (EVERY, 400, "InvalidParameterException", "x", Misconfigured),
    (EVERY, 400, "BrandNewException", "x", Misconfigured),
    (EVERY, 501, "BrandNewException", "x", Service),
    // The identity pool's own.
    (&[Fetch], 400, "NotAuthorizedException", "Invalid login token. Token expired: 1767584889 >= 1767584888", TokenStale),
    (&[Fetch], 400, "NotAuthorizedException", "Token is not from a supported provider of this identity pool.", Misconfigured),
    (&[Fetch], 400, "NotAuthorizedException", "Invalid login token. Issuer doesn't match providerName", Misconfigured),
    (&[Fetch], 400, "NotAuthorizedException", "Logins don't match. Please include at least one valid login for this identity or identity pool.", IdentityConflict),
    (&[Fetch], 400, "NotAuthorizedException", "Missing a required claim: aud", Misconfigured),
    (&[Fetch], 400, "InvalidIdentityPoolConfigurationException", "Invalid identity pool configuration. Check assigned IAM roles for this pool.", Misconfigured),
    (&[Fetch], 400, "ResourceConflictException", "Login is already linked to another account.", IdentityConflict),
    (&[Fetch], 400, "ResourceNotFoundException", "Identity 'us-east-1:x' not found.", IdentityConflict),
    (&[Fetch], 400, "ResourceNotFoundException", "IdentityPool 'us-east-1:x' not found.", Misconfigured),
];

#[tokio::test]
async fn every_error_is_what_its_row_says() {
    let mut tried = 0;
    for (verbs, status, code, message, kind) in ROWS {
        for verb in *verbs {
            let fault = provoke(*verb, refuse(*status, code, message)).await;
            assert_eq!(fault.kind, *kind, "{verb:?} {code} {message}");
            assert!(fault.text.ends_with('.'), "{}", fault.text);
            if matches!(kind, Misconfigured | Throttled | Service) {
                assert!(fault.text.contains(code), "{}", fault.text);
            }
            tried += 1;
        }
    }
    println!("{tried} errors");
}

/// A firewall, a proxy or a captive portal answers in its own words.
#[tokio::test]
async fn answers_that_are_not_of_cognito_are_told_by_their_status() {
    for (status, kind) in [
        (301, Misconfigured),
        (403, Misconfigured),
        (404, Misconfigured),
        (407, Misconfigured),
        (429, Throttled),
        (502, Service),
        (504, Service),
    ] {
        for verb in EVERY {
            let fault = provoke(*verb, reply(status, &[], "<html>no</html>")).await;
            assert_eq!(fault.kind, kind, "{verb:?} {status}: {fault}");
        }
    }
    for body in ["<html>Welcome to the hotel</html>", "{\"Authent", "[1]"] {
        for verb in [SignIn, Refresh, Fetch] {
            let fault = provoke(verb, reply(200, &[], body)).await;
            assert_eq!(fault.kind, Lost, "{verb:?} {body:?}: {fault}");
            assert!(fault.text.ends_with("could not be understood."), "{fault}");
        }
    }
    for verb in [SignIn, Refresh] {
        let fault = provoke(verb, reply(200, &[], "")).await;
        assert_eq!(fault.kind, Lost, "{verb:?}: {fault}");
    }
}

/// Nothing was sent: it can be sent again at leisure.
#[tokio::test]
async fn what_was_never_sent_is_unreachable() {
    let refused = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let fault = refresh_at(&refused).await;
    assert_eq!(fault.kind, Unreachable);
    let host = refused.trim_start_matches("http://");
    assert_eq!(
        fault.text,
        format!("Could not connect to {host}: connection refused.")
    );

    let fault = refresh_at("http://nowhere.invalid").await;
    assert_eq!(fault.kind, Unreachable, "{fault}");
    assert!(
        fault
            .text
            .starts_with("Could not connect to nowhere.invalid: "),
        "{fault}"
    );

    // The other side speaks, but no TLS.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        assert_ne!(stream.read(&mut [0; 1024]).await.unwrap(), 0);
        stream
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .await
            .unwrap();
    });
    let fault = refresh_at(&url).await;
    assert_eq!(fault.kind, Unreachable, "{fault}");
    server.await.unwrap();

    // It takes the connection and says nothing: TLS never comes about.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let start = Instant::now();
    let fault = refresh_at(&url).await;
    assert_eq!(fault.kind, Unreachable, "{fault}");
    assert!(fault.text.ends_with("within 3 seconds."), "{fault}");
    assert!(start.elapsed() < Duration::from_secs(5));
    drop(listener);
}

/// It was sent, and may have taken effect.
#[tokio::test]
async fn what_was_sent_and_not_answered_whole_is_lost() {
    let body = json!({"AuthenticationResult": {"IdToken": id_token()}}).to_string();
    let cut = bytes(200, &[("Date", DATE)], &body[..body.len() / 2], body.len());
    let large = format!("{} {body}", " ".repeat(2 << 20));
    let large = bytes(200, &[("Date", DATE)], &large, large.len());
    let cut_refusal = bytes(400, &[], "{\"__type\":\"NotAuth", 200);
    let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffff\r\n{".to_vec();
    let cases = [
        ("reset", Act::Reset),
        ("closed at once", Act::Bytes(Vec::new())),
        ("half a status line", Act::Bytes(b"HTTP/1.1 20".to_vec())),
        (
            "no HTTP",
            Act::Bytes(b"SSH-2.0-OpenSSH_9.2\r\n\r\n".to_vec()),
        ),
        ("half a body", Act::Bytes(cut)),
        ("half a refusal", Act::Bytes(cut_refusal)),
        ("half a chunk", Act::Bytes(chunked)),
        ("more than any answer", Act::Bytes(large)),
    ];
    for (name, act) in cases {
        let fault = provoke(Refresh, act).await;
        assert_eq!(fault.kind, Lost, "{name}: {fault}");
        println!("{name}: {fault}");
    }
}

#[tokio::test]
async fn a_server_that_stops_speaking_is_given_up_after_eight_seconds() {
    let body = json!({"AuthenticationResult": {"IdToken": id_token()}}).to_string();
    let half = bytes(200, &[], &body[..20], body.len());
    let start = Instant::now();
    let (silent, stuck) = tokio::join!(
        provoke(Refresh, Act::Hang(Vec::new())),
        provoke(Fetch, Act::Hang(half)),
    );
    let took = start.elapsed();
    for fault in [silent, stuck] {
        assert_eq!(fault.kind, Lost, "{fault}");
        assert!(
            fault.text.ends_with("did not answer within 8 seconds."),
            "{fault}"
        );
    }
    assert!((7..11).contains(&took.as_secs()), "{took:?}");
}

/// Validation messages of AWS repeat what they found wrong, and where the sentence is cut lies in
/// the middle of a secret.
#[tokio::test]
async fn a_text_never_repeats_a_secret() {
    for pad in [0, 120, 270, 280, 285, 290, 295] {
        for (verb, secrets) in [
            (
                SignIn,
                vec![PASSWORD.to_owned(), "the-client-secret".to_owned()],
            ),
            (
                Refresh,
                vec![REFRESH.to_owned(), "the-client-secret".to_owned()],
            ),
            (
                Revoke,
                vec![REFRESH.to_owned(), "the-client-secret".to_owned()],
            ),
            (Fetch, vec![id_token()]),
        ] {
            let pad = "x".repeat(pad);
            let message = format!("{pad}'{}'\r\nX: {}", secrets.join("', '"), "y".repeat(1000));
            let fault = provoke(verb, refuse(400, "InvalidParameterException", &message)).await;
            for secret in &secrets {
                assert!(!fault.text.contains(&secret[..4]), "{verb:?}: {fault}");
            }
            assert!(!fault.text.contains(['\r', '\n']));
            assert!(fault.text.chars().count() < 400);
        }
    }
}

/// Whoever is refused is told once: the SDK makes no second call.
#[tokio::test]
async fn no_call_is_made_twice() {
    for act in [
        refuse(400, "TooManyRequestsException", "Rate exceeded"),
        refuse(500, "InternalErrorException", "x"),
        Act::Reset,
    ] {
        let server = Server::start([act]).await;
        let spec = server.login(Flow::UserSrp);
        let refresh = Secret::new(REFRESH);
        let result = cognito().refresh(&spec, &refresh, None, None).await;
        assert!(result.is_err());
        assert_eq!(server.seen().len(), 1);
    }
}

async fn provoke(verb: Verb, act: Act) -> Fault {
    let server = Server::start([act]).await;
    let login = server.login(Flow::UserPassword);
    let secret = Secret::new("the-client-secret");
    let refresh = Secret::new(REFRESH);
    let cognito = cognito();
    match verb {
        SignIn => match try_password(&login, Some("the-client-secret")).await {
            Ok(Step::Ask {
                problem: Some(fault),
                ..
            }) => fault,
            Ok(Step::Ask { question, .. }) => panic!("{question:?}"),
            Ok(Step::Done { .. } | Step::Finished { .. }) => panic!("signed in"),
            Err(fault) => fault,
        },
        Refresh => cognito
            .refresh(&login, &refresh, Some(&secret), None)
            .await
            .unwrap_err(),
        Revoke => cognito
            .revoke(&login, Some(&refresh), Some(&secret), &Farewell::default())
            .await
            .revoked
            .unwrap_err(),
        Fetch => cognito
            .fetch(
                &server.profile(None),
                &by(&Secret::new(id_token())),
                Some("i"),
                None,
            )
            .await
            .unwrap_err(),
    }
}

async fn refresh_at(url: &str) -> Fault {
    let server = Server::start([]).await;
    let mut spec = server.login(Flow::UserSrp);
    specs::pool(&mut spec).endpoint = Some(url.to_owned());
    cognito()
        .refresh(&spec, &Secret::new(REFRESH), None, None)
        .await
        .unwrap_err()
}
