//! A page that is driven as a person drives it, in whatever browser has a WebDriver.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::process::Running;

/// A session of a WebDriver. Driver and browser end with it.
pub struct WebDriver {
    session: String,
    agent: ureq::Agent,
    driver: Running,
}

impl WebDriver {
    /// Starts a driver and has it open a session with these capabilities.
    ///
    /// # Panics
    ///
    /// One of them does not come up.
    pub fn open(name: &str, mut command: Command, log: &Path, capabilities: &Value) -> Self {
        let port = free_port();
        command
            .arg(format!("--port={port}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        let driver = Running::start(name, &mut command, log);
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(60)))
            .http_status_as_error(false)
            .build();
        let agent: ureq::Agent = config.into();
        let root = format!("http://127.0.0.1:{port}");
        let begun = Instant::now();
        while agent.get(format!("{root}/status")).call().is_err() {
            assert!(begun.elapsed() < PATIENCE, "no driver: {}", driver.said());
            std::thread::sleep(PAUSE);
        }
        let body = json!({"capabilities": {"alwaysMatch": capabilities}});
        let answer = post(&agent, &format!("{root}/session"), &body);
        let id = answer["sessionId"]
            .as_str()
            .unwrap_or_else(|| panic!("no session: {answer}"));
        Self {
            session: format!("{root}/session/{id}"),
            agent,
            driver,
        }
    }

    /// What a script in the page comes to.
    ///
    /// # Panics
    ///
    /// The browser does not answer.
    pub fn run(&self, script: &str) -> Value {
        self.post("execute/sync", &json!({"script": script, "args": []}))
    }

    /// What a script comes to that gives its answer to the last of its arguments.
    ///
    /// # Panics
    ///
    /// The browser does not answer.
    pub fn awaits(&self, script: &str) -> Value {
        self.post("execute/async", &json!({"script": script, "args": []}))
    }

    /// All that can be read on the page.
    ///
    /// # Panics
    ///
    /// The browser does not answer.
    pub fn words(&self) -> String {
        let words = self.run("return document.body?.innerText ?? ''");
        words.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until these words can be read.
    ///
    /// # Panics
    ///
    /// They cannot.
    pub fn reads(&self, words: &str) {
        let begun = Instant::now();
        while !self.words().contains(words) {
            assert!(
                begun.elapsed() < PATIENCE,
                "“{words}” is not there:\n{}",
                self.words()
            );
            std::thread::sleep(PAUSE);
        }
    }

    /// Types into the field of that name, key by key.
    ///
    /// # Panics
    ///
    /// There is none.
    pub fn types(&self, field: &str, text: &str) {
        let element = self.element(&format!("[name='{field}']:not(.unseen)"));
        self.post(&format!("element/{element}/clear"), &json!({}));
        self.post(&format!("element/{element}/value"), &json!({"text": text}));
    }

    /// Presses a key, wherever the focus is. `"\u{E007}"` is Enter, `"\u{E00C}"` Escape.
    ///
    /// # Panics
    ///
    /// The browser does not answer.
    pub fn presses(&self, key: &str) {
        let actions = json!({"actions": [{"type": "key", "id": "keys", "actions": [
            {"type": "keyDown", "value": key}, {"type": "keyUp", "value": key},
        ]}]});
        self.post("actions", &actions);
    }

    /// Clicks the button or link that says this.
    ///
    /// # Panics
    ///
    /// There is none.
    pub fn clicks(&self, words: &str) {
        let path = format!(
            "//*[self::button or self::a or self::summary][contains(normalize-space(.), \"{words}\")]"
        );
        let element = self.find("xpath", &path);
        self.post(&format!("element/{element}/click"), &json!({}));
    }

    /// The element, as soon as there is one that can be used.
    ///
    /// # Panics
    ///
    /// There is none.
    pub fn element(&self, css: &str) -> String {
        self.find("css selector", css)
    }

    fn find(&self, using: &str, value: &str) -> String {
        let begun = Instant::now();
        loop {
            let found = self.post("elements", &json!({"using": using, "value": value}));
            let first = found.as_array().and_then(|all| all.first());
            if let Some(id) = first.and_then(|one| one[ELEMENT].as_str()) {
                let enabled = self.get(&format!("element/{id}/enabled"));
                if enabled == json!(true) {
                    return id.to_owned();
                }
            }
            assert!(
                begun.elapsed() < PATIENCE,
                "{value} is not there:\n{}",
                self.words()
            );
            std::thread::sleep(PAUSE);
        }
    }

    /// A picture of the page.
    ///
    /// # Panics
    ///
    /// The browser makes none.
    pub fn picture(&self) -> Vec<u8> {
        use base64::Engine;
        let picture = self.get("screenshot");
        let text = picture.as_str().unwrap();
        base64::engine::general_purpose::STANDARD
            .decode(text)
            .unwrap()
    }

    /// Whether there is a window still.
    pub fn is_open(&self) -> bool {
        let answer = self.agent.get(format!("{}/title", self.session)).call();
        answer.is_ok_and(|answer| answer.status().is_success())
    }

    /// Asks the session for something.
    ///
    /// # Panics
    ///
    /// The driver does not answer.
    pub fn get(&self, path: &str) -> Value {
        let answer = self.agent.get(format!("{}/{path}", self.session)).call();
        value_of(answer.unwrap())
    }

    /// Has the session do something.
    ///
    /// # Panics
    ///
    /// The driver does not answer.
    pub fn post(&self, path: &str, body: &Value) -> Value {
        post(&self.agent, &format!("{}/{path}", self.session), body)
    }

    /// Ends one of the session's things.
    ///
    /// # Panics
    ///
    /// The driver does not answer.
    pub fn delete(&self, path: &str) -> Value {
        let answer = self.agent.delete(format!("{}/{path}", self.session)).call();
        value_of(answer.unwrap())
    }

    /// What the driver said.
    pub fn said(&self) -> String {
        self.driver.said()
    }
}

impl Drop for WebDriver {
    fn drop(&mut self) {
        // The browser ends with its session; should it be gone already, that is as good.
        let _ = self.agent.delete(&self.session).call();
    }
}

fn post(agent: &ureq::Agent, url: &str, body: &Value) -> Value {
    value_of(agent.post(url).send_json(body).unwrap())
}

fn value_of(mut answer: ureq::http::Response<ureq::Body>) -> Value {
    let mut answer: Value = answer.body_mut().read_json().unwrap();
    answer["value"].take()
}

/// A port that was free a moment ago, for programs that take no other way.
///
/// # Panics
///
/// There is none.
pub fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}

const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

const PATIENCE: Duration = Duration::from_secs(20);

const PAUSE: Duration = Duration::from_millis(30);
