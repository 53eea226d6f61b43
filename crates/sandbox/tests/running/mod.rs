//! The program as a child, and a client that sees every byte.

#![allow(
    dead_code,
    reason = "shared by several tests, none of which uses all of it"
)]

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, ChildStdin, Command, Stdio},
    time::Duration,
};

use serde_json::Value;

/// A sandbox that runs; it dies with this value.
pub(crate) struct Running {
    pub(crate) child: Child,
    pub(crate) stdin: Option<ChildStdin>,
    pub(crate) ready: Value,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) all: String,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Running {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut child = command(arguments)
            .arg("--exit-with-stdin")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let stdout = child.stdout.take().expect("piped");
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).expect("a line");
        let stdin = child.stdin.take();
        Self {
            child,
            stdin,
            ready: serde_json::from_str(&line).expect("JSON"),
        }
    }

    pub(crate) fn address(&self) -> &str {
        self.ready["url"]
            .as_str()
            .expect("a text")
            .strip_prefix("http://")
            .expect("an address")
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address()).expect("connected");
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .expect("a timeout");
        stream
    }

    /// One request on a connection of its own, and all bytes that come back.
    pub(crate) fn send(&self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        let mut stream = self.connect();
        stream
            .write_all(request(method, path, headers, body).as_bytes())
            .expect("sent");
        let mut bytes = Vec::new();
        // A connection that is reset has nothing more to say.
        let _ = stream.read_to_end(&mut bytes);
        let all = String::from_utf8(bytes).expect("a text");
        let (head, body) = all.split_once("\r\n\r\n").unwrap_or_default();
        Answer {
            head: head.to_owned(),
            body: body.to_owned(),
            all,
        }
    }

    pub(crate) fn call(&self, name: &str, body: &Value) -> Answer {
        self.send("POST", "/", &target(name), &body.to_string())
    }

    pub(crate) fn control(&self, method: &str, path: &str, body: &Value) -> Answer {
        let token = self.ready["control_token"].as_str().expect("a text");
        let header = format!("X-Sandbox-Control: {token}\r\n");
        self.send(
            method,
            &format!("/_sandbox/{path}"),
            &header,
            &body.to_string(),
        )
    }

    pub(crate) fn fault(&self, rules: &Value) {
        let answer = self.control("POST", "faults", rules);
        assert_eq!(answer.status(), 200, "{}", answer.body);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Answer {
    pub(crate) fn status(&self) -> u16 {
        self.head
            .split(' ')
            .nth(1)
            .and_then(|code| code.parse().ok())
            .expect("a status")
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }
}

pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_poolkey-sandbox"));
    command.args(arguments).env_remove("RUST_LOG");
    command
}

pub(crate) fn target(name: &str) -> String {
    format!("X-Amz-Target: {name}\r\n")
}

pub(crate) fn request(method: &str, path: &str, headers: &str, body: &str) -> String {
    format!(
        "{method} {path} HTTP/1.1\r\nHost: sandbox\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}
