//! A server that answers as it is told, byte by byte, and remembers what it was asked.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "each test program takes what it needs, and may fail"
)]

#[path = "specs.rs"]
pub mod specs;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use poolkey_cognito::Cognito;
use poolkey_core::config::{Flow, LoginSpec, ProfileSpec};
use poolkey_core::conversation::Step;
use poolkey_core::conversation::{Answer, Question, Thread};
use poolkey_core::fault::Fault;
use poolkey_core::secret::Secret;
use poolkey_core::time::UnixTime;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the server does about one request.
pub enum Act {
    /// These bytes, and then the end of the connection.
    Bytes(Vec<u8>),
    /// Nothing, and the end of the connection: a reset.
    Reset,
    /// These bytes, and then nothing for ever.
    Hang(Vec<u8>),
    /// A refusal that repeats the values which were sent in these members.
    Echo(&'static str, &'static [&'static str]),
}

impl Act {
    fn about(self, body: &Value) -> Self {
        let Self::Echo(code, members) = self else {
            return self;
        };
        let sent = members.iter().filter_map(|member| body[*member].as_str());
        let sent: Vec<_> = sent.collect();
        refuse(400, code, &format!("Values {} failed", sent.join(" and ")))
    }
}

/// A server with a script; when the script ends, it refuses every call by status 599.
pub struct Server {
    pub url: String,
    seen: Arc<Mutex<Vec<(String, Value)>>>,
    script: Arc<Mutex<VecDeque<Act>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Server {
    pub async fn start(script: impl IntoIterator<Item = Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let script = Arc::new(Mutex::new(script.into_iter().collect::<VecDeque<_>>()));
        let task = tokio::spawn({
            let (seen, script) = (seen.clone(), script.clone());
            async move {
                let mut held = Vec::new();
                while let Ok((mut stream, _)) = listener.accept().await {
                    let Some(request) = read(&mut stream).await else {
                        continue;
                    };
                    let body = request.1.clone();
                    seen.lock().unwrap().push(request);
                    let act = script.lock().unwrap().pop_front();
                    match act.unwrap_or_else(|| reply(599, &[], "{}")).about(&body) {
                        Act::Bytes(bytes) => {
                            stream.write_all(&bytes).await.unwrap();
                            stream.shutdown().await.ok();
                        }
                        Act::Echo(..) | Act::Reset => {
                            stream.set_zero_linger().unwrap();
                        }
                        Act::Hang(bytes) => {
                            stream.write_all(&bytes).await.unwrap();
                            held.push(stream);
                        }
                    }
                }
            }
        });
        Self {
            url,
            seen,
            script,
            task,
        }
    }

    pub fn then(&self, act: Act) {
        self.script.lock().unwrap().push_back(act);
    }

    /// The operations and bodies so far.
    pub fn seen(&self) -> Vec<(String, Value)> {
        self.seen.lock().unwrap().clone()
    }

    pub fn login(&self, flow: Flow) -> LoginSpec {
        specs::login(USER_POOL, CLIENT, flow, &self.url)
    }

    pub fn profile(&self, role_arn: Option<&str>) -> ProfileSpec {
        specs::profile(IDENTITY_POOL, role_arn, &self.url)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn read(stream: &mut TcpStream) -> Option<(String, Value)> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 8192];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let header = |name: &str| {
                head.lines().find_map(|line| {
                    let (key, value) = line.split_once(':')?;
                    key.eq_ignore_ascii_case(name)
                        .then(|| value.trim().to_owned())
                })
            };
            let length: usize = header("content-length")?.parse().ok()?;
            if body.len() >= length {
                let (operation, mut body) = match header("x-amz-target") {
                    Some(target) => (
                        target.rsplit('.').next().unwrap_or_default().to_owned(),
                        serde_json::from_str(body).unwrap(),
                    ),
                    None => {
                        let (operation, mut parameters) = query(body);
                        for name in ["x-amz-date", "x-amz-security-token"] {
                            if let Some(value) = header(name) {
                                parameters[name] = value.into();
                            }
                        }
                        (operation, parameters)
                    }
                };
                if let Some(authorization) = header("authorization") {
                    body["Authorization"] = authorization.into();
                }
                return Some((operation, body));
            }
        }
        match tokio::time::timeout(Duration::from_secs(20), stream.read(&mut chunk)).await {
            Ok(Ok(n)) if n > 0 => bytes.extend_from_slice(&chunk[..n]),
            Ok(_) | Err(_) => return None,
        }
    }
}

/// A call in AWS's query protocol: its operation, and its parameters but for the version.
fn query(body: &str) -> (String, Value) {
    let mut parameters = serde_json::Map::new();
    for (name, value) in url::form_urlencoded::parse(body.as_bytes()) {
        parameters.insert(name.into_owned(), value.into_owned().into());
    }
    parameters.remove("Version");
    let operation = parameters.remove("Action").unwrap_or_default();
    (
        operation.as_str().unwrap_or_default().to_owned(),
        parameters.into(),
    )
}

/// The server's clock: far from the local one, so that a mix-up shows.
pub const SERVER: UnixTime = UnixTime::from_secs(1_767_584_889);
pub const DATE: &str = "Mon, 05 Jan 2026 03:48:09 GMT";
/// The local clock of the tests, a day and more behind.
pub const WALL: UnixTime = UnixTime::from_secs(1_767_400_000);

pub fn cognito() -> Cognito {
    Cognito::new(|| WALL)
}

/// A whole answer in AWS's JSON 1.1.
pub fn ok(body: &Value) -> Act {
    reply(200, &[("Date", DATE)], &body.to_string())
}

/// A refusal as Cognito writes it.
pub fn refuse(status: u16, code: &str, message: &str) -> Act {
    reply(
        status,
        &[("Date", DATE), ("x-amzn-ErrorType", code)],
        &json!({"__type": code, "message": message}).to_string(),
    )
}

pub fn reply(status: u16, headers: &[(&str, &str)], body: &str) -> Act {
    Act::Bytes(bytes(status, headers, body, body.len()))
}

pub fn bytes(status: u16, headers: &[(&str, &str)], body: &str, length: usize) -> Vec<u8> {
    let headers: String = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/x-amz-json-1.1\r\n\
         content-length: {length}\r\nconnection: close\r\n{headers}\r\n{body}"
    )
    .into_bytes()
}

/// An ID token of the server's issuing that lives for an hour.
pub fn id_token() -> String {
    let payload = json!({
        "iss": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf123",
        "sub": "cfcd2084-95d5-65ef-66e7-dff9f98764da",
        "cognito:username": "ada",
        "email": "ada@example.com",
        "token_use": "id",
        "iat": SERVER.secs(),
        "exp": SERVER.secs() + 3600,
    });
    format!(
        "{}.{}.{}",
        URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256"}"#),
        URL_SAFE_NO_PAD.encode(payload.to_string()),
        URL_SAFE_NO_PAD.encode("id-token-signature")
    )
}

pub const USER_POOL: &str = "eu-west-1_AbCdEf123";
pub const CLIENT: &str = "3n4b5urk1ft4fl3mg5e62d9ado";
pub const IDENTITY_POOL: &str = "us-east-1:01234567-89ab-cdef-0123-456789abcdef";

pub const REFRESH: &str = "refresh-token-minted-for-this-test";
pub const ACCESS: &str = "access-token-minted-for-this-test";

pub fn signed_in() -> Act {
    ok(&json!({
        "ChallengeParameters": {},
        "AuthenticationResult": {
            "AccessToken": ACCESS,
            "ExpiresIn": 300,
            "TokenType": "Bearer",
            "RefreshToken": REFRESH,
            "IdToken": id_token(),
        }
    }))
}

/// `SALT` and `SRP_B` are of the vector `user-plain-0`.
pub fn password_verifier() -> Act {
    let vectors: Value = serde_json::from_str(include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/golden/srp-vectors.json"
    )))
    .unwrap();
    let inputs = &vectors["vectors"][0]["inputs"];
    ok(&json!({
        "ChallengeName": "PASSWORD_VERIFIER",
        "ChallengeParameters": {
            "SALT": inputs["SALT"],
            "SECRET_BLOCK": inputs["SECRET_BLOCK"],
            "SRP_B": inputs["SRP_B"],
            "USERNAME": "cfcd208495d565ef66e7dff9f98764da",
            "USER_ID_FOR_SRP": "cfcd208495d565ef66e7dff9f98764da",
        },
        "Session": "session-of-the-sign-in",
    }))
}

pub const PASSWORD: &str = "Correct-horse-7";

/// Answers the question for the user name and stops at the one for the password.
pub fn at_password(client_secret: Option<&str>) -> Thread {
    Thread {
        username: Some("ada@example.com".into()),
        client_secret: client_secret.map(Secret::new),
        asked: Some(Question::Password {
            username: "ada@example.com".into(),
        }),
        ..Thread::default()
    }
}

/// One try with [`PASSWORD`].
pub async fn try_password(spec: &LoginSpec, client_secret: Option<&str>) -> Result<Step, Fault> {
    cognito()
        .answer(
            spec,
            at_password(client_secret),
            Answer::Password(Secret::new(PASSWORD)),
        )
        .await
}
