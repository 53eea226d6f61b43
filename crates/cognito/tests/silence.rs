//! Every verb at TRACE, of every crate, right and wrong: no secret is heard.
#![allow(clippy::unwrap_used, reason = "tests may fail")]

mod support;

use std::io;
use std::sync::{Arc, Mutex};

use poolkey_core::config::Flow;
use poolkey_core::secret::Secret;
use serde_json::json;
use support::*;
use tracing_subscriber::filter::LevelFilter;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_at_trace_holds_no_secret() {
    let log = Log::default();
    // For the whole process, so that what other threads and spawned tasks say is heard too.
    tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_writer({
            let log = log.clone();
            move || log.clone()
        })
        .init();

    let secret = Secret::new("the-client-secret");
    let refresh = Secret::new(REFRESH);
    for flow in [Flow::UserSrp, Flow::UserPassword] {
        let first = match flow {
            Flow::UserSrp => Some(password_verifier()),
            Flow::UserPassword
            | Flow::AdminUserPassword
            | Flow::UserAuth
            | Flow::Custom
            | Flow::CustomSrp => None,
        };
        let server = Server::start(first.into_iter().chain([signed_in()])).await;
        let step = try_password(&server.login(flow), Some(secret.expose())).await;
        log.hears(&format!("{step:?}"));
        step.unwrap();
    }
    let echo = |secret| {
        let message = format!("Value '{secret}' failed");
        refuse(400, "InvalidParameterException", &message)
    };
    let server = Server::start([
        refuse(
            400,
            "NotAuthorizedException",
            "Incorrect username or password.",
        ),
        echo(PASSWORD),
        signed_in(),
        echo(REFRESH),
        Act::Reset,
        reply(
            200,
            &[],
            &format!("{{\"AuthenticationResult\":{{\"RefreshToken\":\"{REFRESH}\""),
        ),
        ok(&json!({})),
        ok(&json!({"IdentityId": "us-east-1:an-identity"})),
        ok(
            &json!({"IdentityId": "us-east-1:an-identity", "Credentials": {
                "AccessKeyId": "ASIAOFTHISTEST", "SecretKey": "secret-key-of-this-test",
                "SessionToken": "session-token-of-this-test", "Expiration": SERVER.secs() + 3600,
            }}),
        ),
    ])
    .await;
    let spec = server.login(Flow::UserPassword);
    let cognito = cognito();
    for _ in 0..2 {
        let step = try_password(&spec, Some(secret.expose())).await;
        log.hears(&format!("{step:?}"));
    }
    for _ in 0..4 {
        let tokens = cognito
            .refresh(&spec, &refresh, Some(&secret), Some("device"))
            .await;
        log.hears(&format!("{tokens:?}"));
    }
    cognito
        .revoke(&spec, &refresh, Some(&secret), None)
        .await
        .revoked
        .unwrap();
    let fetched = cognito
        .fetch(&server.profile(None), &Secret::new(id_token()), None)
        .await;
    log.hears(&format!("{fetched:?}"));
    fetched.unwrap();

    let heard = log.text();
    assert_eq!(heard.matches("called AWS").count(), 12, "{heard}");
    assert!(heard.contains("TRACE"), "the wire's own crates are heard");
    for secret in [
        PASSWORD,
        "the-client-secret",
        REFRESH,
        ACCESS,
        "session-of-the-sign-in",
        "id-token-signature",
        id_token().split('.').nth(1).unwrap(),
        id_token().split('.').nth(2).unwrap(),
        "PASSWORD_CLAIM",
        "SECRET_HASH",
        "ASIAOFTHISTEST",
        "secret-key-of-this-test",
        "session-token-of-this-test",
        "ada@example.com",
    ] {
        let line = heard.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret}");
    }
    println!("{} lines", heard.lines().count());
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// What `Debug` of an outcome would bring into a log; who signs in may stand there.
    fn hears(&self, text: &str) {
        let text = text.replace("ada@example.com", "");
        self.0.lock().unwrap().extend_from_slice(text.as_bytes());
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
