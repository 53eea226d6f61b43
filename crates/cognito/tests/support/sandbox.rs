//! `poolkey-sandbox` as a child process.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "each test program takes what it needs, may fail, looks at the clock, and says what it skips"
)]

#[path = "specs.rs"]
pub mod specs;

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use poolkey_cognito::Cognito;
use poolkey_core::config::{Flow, LoginSpec, ProfileSpec};
use poolkey_core::time::UnixTime;
use serde_json::Value;

use crate::http::steer;

/// A sandbox that ends with its test, whatever becomes of it: its input ends.
pub struct Sandbox {
    child: Child,
    pub ready: Value,
}

impl Sandbox {
    /// `None` where it is not built, unless everything is required.
    pub fn start() -> Option<Self> {
        let path = std::env::current_exe().unwrap();
        // target/PROFILE/deps/test-hash
        let binary: PathBuf = path.ancestors().nth(2).unwrap().join("poolkey-sandbox");
        if !binary.exists() {
            let required = std::env::var("POOLKEY_REQUIRE_ALL").is_ok_and(|all| all == "1");
            assert!(!required, "{} is not built", binary.display());
            println!("SKIPPED: run “cargo build -p poolkey-sandbox” first");
            return None;
        }
        let mut child = Command::new(binary)
            .args(["--port", "0", "--exit-with-stdin"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        Some(Self {
            child,
            ready: serde_json::from_str(&line).unwrap(),
        })
    }

    pub fn url(&self) -> &str {
        self.ready["url"].as_str().unwrap()
    }

    /// Sets up a chain of pool, client, user and identity pool.
    pub fn seed(&self, seed: &Value) -> Seeded {
        Seeded {
            url: self.url().to_owned(),
            ids: self.control("POST", "seed", seed),
        }
    }

    /// An operation that only an administrator may call.
    pub fn call_as_admin(&self, operation: &str, body: &Value) {
        let key = |name: &str| self.ready[name].as_str().unwrap();
        let ran = Command::new("curl")
            .args(["--silent", "--show-error", "--fail"])
            .args(["--aws-sigv4", "aws:amz:us-east-1:cognito-idp"])
            .args([
                "--user",
                &format!("{}:{}", key("admin_key"), key("admin_secret")),
            ])
            .args(["--header", "Content-Type: application/x-amz-json-1.1"])
            .arg("--header")
            .arg(format!(
                "X-Amz-Target: AWSCognitoIdentityProviderService.{operation}"
            ))
            .args(["--data", &body.to_string(), self.url()])
            .output()
            .unwrap();
        assert!(ran.status.success(), "{operation}: {ran:?}");
    }

    pub fn control(&self, method: &str, path: &str, body: &Value) -> Value {
        let token = self.ready["control_token"].as_str().unwrap();
        steer(
            method,
            &format!("{}/_sandbox/{path}", self.url()),
            &format!("X-Sandbox-Control: {token}\r\n"),
            body,
        )
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// The ids of a chain.
pub struct Seeded {
    pub url: String,
    pub ids: Value,
}

impl Seeded {
    pub fn text(&self, name: &str) -> &str {
        self.ids[name].as_str().unwrap()
    }

    pub fn login(&self, flow: Flow) -> LoginSpec {
        let (pool, client) = (self.text("user_pool_id"), self.text("client_id"));
        specs::login(pool, client, flow, &self.url)
    }

    pub fn profile(&self, role_arn: Option<&str>) -> ProfileSpec {
        specs::profile(self.text("identity_pool_id"), role_arn, &self.url)
    }
}

pub fn cognito() -> Cognito {
    Cognito::new(wall)
}

pub fn wall() -> UnixTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    UnixTime::from_secs(since.as_secs().cast_signed())
}

/// The code of the last message to this address.
pub fn last_code(sandbox: &Sandbox, to: &str) -> String {
    let outbox = sandbox.control("GET", "outbox", &Value::Null);
    let messages = outbox["messages"].as_array().unwrap();
    let mut to_them = messages.iter().rev().filter(|message| message["to"] == to);
    to_them.next().unwrap()["code"].as_str().unwrap().to_owned()
}
