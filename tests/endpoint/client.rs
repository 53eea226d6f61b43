//! Bytes to the endpoint, and what comes back.

use std::net::TcpStream;

use poolkey_ipc::grant::Grant;
use poolkey_tests::loopback;
pub(crate) use poolkey_tests::loopback::{connect, is_open};
use serde_json::Value;

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    /// 0 where nothing did.
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn of(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
        let status = head
            .strip_prefix("HTTP/1.1 ")
            .and_then(|rest| rest.get(..3));
        Self {
            status: status
                .and_then(|code| code.parse().ok())
                .unwrap_or_default(),
            head: head.to_ascii_lowercase(),
            body: body.to_owned(),
        }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// Whether it holds keys. None but the right one may.
    pub(crate) fn has_keys(&self) -> bool {
        self.body.contains("SecretAccessKey")
    }
}

pub(crate) fn port(grant: &Grant) -> u16 {
    let (_, rest) = grant.url.rsplit_once(':').unwrap();
    rest.split('/').next().unwrap().parse().unwrap()
}

pub(crate) fn path(grant: &Grant) -> &str {
    let start = grant.url.find("/v1/").unwrap();
    &grant.url[start..]
}

/// As an SDK asks.
pub(crate) fn get(grant: &Grant) -> Answer {
    say(port(grant), request(grant).as_bytes())
}

pub(crate) fn request(grant: &Grant) -> String {
    let host = format!("Host: 127.0.0.1:{}\r\n", port(grant));
    let token = format!("Authorization: {}\r\n", grant.token.expose());
    format!("GET {} HTTP/1.1\r\n{host}{token}\r\n", path(grant))
}

/// Another method, other headers.
pub(crate) fn ask(grant: &Grant, method: &str, path: &str, headers: &str) -> Answer {
    let bytes = format!("{method} {path} HTTP/1.1\r\n{headers}\r\n");
    say(port(grant), bytes.as_bytes())
}

pub(crate) fn say(port: u16, bytes: &[u8]) -> Answer {
    Answer::of(&loopback::say(port, bytes))
}

/// All until the connection ends.
pub(crate) fn heard(stream: &mut TcpStream) -> Answer {
    Answer::of(&loopback::heard(stream))
}
