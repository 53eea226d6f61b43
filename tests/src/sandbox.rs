//! `poolkey-sandbox` as a child, and its control endpoint.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::process::{Ran, Running, tied};
use crate::program;

/// A Cognito of the test's own.
pub struct Sandbox {
    running: Running,
    ready: Value,
}

impl Sandbox {
    /// Starts it. It ends with its input.
    ///
    /// # Panics
    ///
    /// It is not built or does not come up.
    pub fn start(logs: &Path) -> Self {
        let mut command: Command = tied(program("poolkey-sandbox"));
        command
            .args(["--port", "0", "--exit-with-stdin"])
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut running =
            Running::start("poolkey-sandbox", &mut command, &logs.join("sandbox.log"));
        let mut line = String::new();
        BufReader::new(running.stdout().unwrap())
            .read_line(&mut line)
            .unwrap();
        let ready = serde_json::from_str(&line)
            .unwrap_or_else(|_| panic!("the sandbox is not ready: {}", running.said()));
        Self { running, ready }
    }

    /// Its process.
    pub fn running(&mut self) -> &mut Running {
        &mut self.running
    }

    /// Its own URL, past every [`Road`](crate::Road).
    ///
    /// # Panics
    ///
    /// Never: it told when it came up.
    pub fn url(&self) -> &str {
        self.ready["url"].as_str().unwrap()
    }

    /// Where it listens.
    ///
    /// # Panics
    ///
    /// Never: it told when it came up.
    pub fn address(&self) -> SocketAddr {
        self.url().trim_start_matches("http://").parse().unwrap()
    }

    /// Asks its control endpoint.
    ///
    /// # Panics
    ///
    /// It refuses.
    pub fn control(&self, method: &str, path: &str, body: &Value) -> Value {
        let token = self.ready["control_token"].as_str().unwrap();
        let header = format!("X-Sandbox-Control: {token}\r\n");
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        self.send(method, &format!("/_sandbox/{path}"), &header, &body)
    }

    fn send(&self, method: &str, path: &str, header: &str, body: &str) -> Value {
        let host = self.address();
        let mut stream = TcpStream::connect(host).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\n{header}\
             Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(
            head.starts_with("HTTP/1.1 200"),
            "{method} {path}: {answer}"
        );
        serde_json::from_str(body).unwrap_or(json!(null))
    }

    /// Sets up a chain of pool, client, user and identity pool.
    pub fn seed(&self, seed: &Value) -> Value {
        self.control("POST", "seed", seed)
    }

    /// Adds a fault.
    pub fn fault(&self, rule: &Value) {
        self.control("POST", "faults", rule);
    }

    /// Ends all faults.
    pub fn no_faults(&self) {
        self.control("DELETE", "faults", &Value::Null);
    }

    /// Sets its clock.
    pub fn clock(&self, clock: &Value) {
        self.control("POST", "clock", clock);
    }

    /// The code that was sent to a user last.
    ///
    /// # Panics
    ///
    /// None was.
    pub fn code_for(&self, user: &str) -> String {
        let outbox = self.control("GET", "outbox", &Value::Null);
        let messages = outbox["messages"].as_array().unwrap();
        let last = messages.iter().rfind(|message| message["user"] == user);
        let last = last.unwrap_or_else(|| panic!("nothing was sent to {user}: {messages:?}"));
        last["code"].as_str().unwrap().to_owned()
    }

    /// What an authenticator app with this key shows, by the sandbox's clock.
    ///
    /// # Panics
    ///
    /// It is no key.
    pub fn totp(&self, key: &str) -> String {
        let shown = self.control("POST", "totp", &json!({ "key": key }));
        shown["code"].as_str().unwrap().to_owned()
    }

    /// Calls an operation of the user pools that AWS leaves unsigned.
    ///
    /// # Panics
    ///
    /// It is refused.
    pub fn call(&self, operation: &str, body: &Value) -> Value {
        let target = format!("X-Amz-Target: AWSCognitoIdentityProviderService.{operation}\r\n");
        self.send("POST", "/", &target, &body.to_string())
    }

    /// The same for what only an administrator may, by a program that nobody here wrote.
    ///
    /// # Panics
    ///
    /// It is refused.
    pub fn call_as_admin(&self, operation: &str, body: &Value) {
        let key = |name: &str| self.ready[name].as_str().unwrap();
        let asked = format!(
            "url = \"{}/\"\naws-sigv4 = \"aws:amz:us-east-1:cognito-idp\"\nuser = \"{}:{}\"\n\
             header = \"X-Amz-Target: AWSCognitoIdentityProviderService.{operation}\"\n\
             header = \"Content-Type: application/x-amz-json-1.1\"\ndata = {}\n",
            self.url(),
            key("admin_key"),
            key("admin_secret"),
            Value::String(body.to_string()),
        );
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--fail", "--config", "-"]);
        let ran = Ran::of(&mut curl, &asked);
        assert_eq!(ran.code, 0, "{operation}: {ran:?}");
    }

    /// An administrator's AWS keys, as a credentials file has them.
    ///
    /// # Panics
    ///
    /// Never: it told when it came up.
    pub fn admin_profile(&self, name: &str) -> String {
        let key = |name: &str| self.ready[name].as_str().unwrap();
        format!(
            "[{name}]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
            key("admin_key"),
            key("admin_secret"),
        )
    }

    /// Has its time go on.
    ///
    /// # Panics
    ///
    /// It does not tell its time.
    pub fn later(&self, seconds: i64) {
        let clock = self.control("GET", "clock", &Value::Null);
        let offset = clock["offset_seconds"].as_i64().unwrap();
        self.clock(&json!({ "offset_seconds": offset + seconds }));
    }

    /// All calls of an operation since the last [`Self::forget_calls`], oldest first.
    ///
    /// # Panics
    ///
    /// It does not tell.
    pub fn calls_of(&self, operation: &str) -> Vec<Value> {
        let path = format!("calls?operation={operation}");
        let mut calls = self.control("GET", &path, &Value::Null);
        match calls["calls"].take() {
            Value::Array(calls) => calls,
            other => panic!("{other}"),
        }
    }

    /// Sets how long what it makes lives.
    pub fn lifetimes(&self, lifetimes: &Value) {
        self.control("POST", "lifetimes", lifetimes);
    }

    /// How often an operation was called since the last [`Self::forget_calls`].
    pub fn calls(&self, operation: &str) -> u64 {
        // The counts are of all; of the calls themselves none is wanted.
        let calls = self.control("GET", "calls?operation=-", &Value::Null);
        calls["counts"][operation].as_u64().unwrap_or_default()
    }

    /// Counts anew.
    pub fn forget_calls(&self) {
        self.control("DELETE", "calls", &Value::Null);
    }

    /// Revokes every sign-in, as an administrator does.
    pub fn revoke_all(&self) {
        self.control("POST", "revoke-all", &json!({}));
    }

    /// Every secret that it made or was sent.
    ///
    /// # Panics
    ///
    /// It does not tell.
    pub fn minted(&self) -> Vec<(String, String)> {
        let minted = self.control("GET", "minted", &Value::Null);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        minted["secrets"]
            .as_array()
            .unwrap()
            .iter()
            .map(|secret| (text(&secret["kind"]), text(&secret["value"])))
            .collect()
    }
}
