//! The daemon's wire and the sandbox's control endpoint, spoken plainly.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::Result;

/// One line there, one line back.
pub(crate) fn exchange(socket: &Path, line: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(LONGEST))?;
    stream.write_all(line)?;
    let mut bytes = Vec::with_capacity(4096);
    stream.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Asks the daemon; a failure that it tells is an error.
pub(crate) fn ask(socket: &Path, mut ask: Value) -> Result<Value> {
    ask["v"] = json!(1);
    let reply = exchange(socket, format!("{ask}\n").as_bytes())?;
    let reply: Value = serde_json::from_slice(&reply)?;
    if reply["reply"] == "failed" {
        return Err(format!("{ask}: {}", reply["failure"]).into());
    }
    Ok(reply)
}

/// The line that asks for a profile's keys.
pub(crate) fn keys_of(profile: &str) -> String {
    format!("{{\"v\":1,\"ask\":\"credentials\",\"profile\":\"{profile}\"}}\n")
}

/// Signs a login in with the sandbox's password.
pub(crate) fn sign_in(socket: &Path, login: &str) -> Result<()> {
    let asked = ask(socket, json!({"ask": "sign_in", "login": login}))?;
    let told = ask(
        socket,
        json!({
            "ask": "answer",
            "conversation": asked["conversation"],
            "answer": {"kind": "password", "value": PASSWORD},
        }),
    )?;
    if told["reply"] == "signed_in" {
        Ok(())
    } else {
        Err(format!("not signed in: {told}").into())
    }
}

/// The sandbox's control endpoint.
#[derive(Clone)]
pub(crate) struct Control {
    /// `127.0.0.1:PORT`
    pub(crate) host: String,
    pub(crate) token: String,
}

impl Control {
    pub(crate) fn call(&self, method: &str, path: &str, body: &Value) -> Result<Value> {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let mut stream = TcpStream::connect(&self.host)?;
        stream.write_all(
            format!(
                "{method} /_sandbox/{path} HTTP/1.1\r\nHost: {}\r\nX-Sandbox-Control: {}\r\n\
                 Connection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                self.host,
                self.token,
                body.len(),
            )
            .as_bytes(),
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").ok_or("no answer")?;
        if !head.starts_with("HTTP/1.1 2") {
            return Err(format!("{method} {path}: {answer}").into());
        }
        Ok(serde_json::from_str(body).unwrap_or_default())
    }
}

/// Of the user that the bench plants in the sandbox.
pub(crate) const PASSWORD: &str = "Bench-Passw0rd!";

const LONGEST: Duration = Duration::from_secs(60);
