//! A real window on a screen of its own, driven as a person drives it.

use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use poolkey_tests::{Ran, Running, World, program};
use serde_json::{Value, json};

/// `poolkey-desktop` in WebKit, under WebDriver. All of it ends with this.
pub(crate) struct Window {
    session: String,
    agent: ureq::Agent,
    display: String,
    _driver: Running,
    _screen: Running,
}

impl Window {
    /// Opens the program with these arguments, in the world's own session.
    pub(crate) fn open(world: &World, args: &[&str]) -> Self {
        let logs = world.home().join("logs");
        let (screen, display) = screen(world);
        let mut command = world.command("WebKitWebDriver");
        command
            .env("DISPLAY", &display)
            .env("GDK_BACKEND", "x11")
            .env("NO_AT_BRIDGE", "1")
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .stdout(Stdio::null());
        let port = free_port();
        command.arg(format!("--port={port}"));
        let driver = Running::start("WebKitWebDriver", &mut command, &logs.join("driver.log"));
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(60)))
            .http_status_as_error(false)
            .build();
        let agent: ureq::Agent = config.into();
        let root = format!("http://127.0.0.1:{port}");
        let begun = Instant::now();
        while agent.get(format!("{root}/status")).call().is_err() {
            assert!(begun.elapsed() < Duration::from_secs(20), "no driver");
            std::thread::sleep(Duration::from_millis(30));
        }
        let options = json!({"binary": logged(world), "args": args});
        let body = json!({"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": options}}});
        let answer = post(&agent, &format!("{root}/session"), &body);
        let id = answer["sessionId"]
            .as_str()
            .unwrap_or_else(|| panic!("no session: {answer}"));
        Self {
            session: format!("{root}/session/{id}"),
            agent,
            display,
            _driver: driver,
            _screen: screen,
        }
    }

    /// Starts the program once more, on the same screen.
    pub(crate) fn again(&self, world: &World, args: &[&str]) -> Ran {
        let mut command = on_screen(world, &self.display);
        Ran::of(command.args(args), "")
    }

    /// What a script in the page comes to.
    pub(crate) fn run(&self, script: &str) -> Value {
        self.post("execute/sync", &json!({"script": script, "args": []}))
    }

    /// All that can be read on the page.
    pub(crate) fn words(&self) -> String {
        let words = self.run("return document.body.innerText");
        words.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until these words can be read.
    pub(crate) fn reads(&self, words: &str) {
        let begun = Instant::now();
        while !self.words().contains(words) {
            assert!(
                begun.elapsed() < PATIENCE,
                "“{words}” is not there:\n{}",
                self.words()
            );
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    /// Types into the field of that name, key by key.
    pub(crate) fn types(&self, field: &str, text: &str) {
        let element = self.element(&format!("[name='{field}']:not(.unseen)"));
        self.post(&format!("element/{element}/clear"), &json!({}));
        self.post(&format!("element/{element}/value"), &json!({"text": text}));
    }

    /// Presses a key, wherever the focus is. `"\u{E007}"` is Enter, `"\u{E00C}"` Escape.
    pub(crate) fn presses(&self, key: &str) {
        let actions = json!({"actions": [{"type": "key", "id": "keys", "actions": [
            {"type": "keyDown", "value": key}, {"type": "keyUp", "value": key},
        ]}]});
        self.post("actions", &actions);
    }

    /// Clicks the button or link that says this.
    pub(crate) fn clicks(&self, words: &str) {
        let path = format!(
            "//*[self::button or self::a or self::summary][contains(normalize-space(.), \"{words}\")]"
        );
        let element = self.find("xpath", &path);
        self.post(&format!("element/{element}/click"), &json!({}));
    }

    /// Makes the window this large.
    pub(crate) fn resizes(&self, (width, height): (u32, u32)) {
        let size = json!({"width": width, "height": height});
        self.post("window/rect", &size);
        let begun = Instant::now();
        while self.run("return [innerWidth, innerHeight]") != json!([width, height]) {
            assert!(begun.elapsed() < PATIENCE, "the window keeps its size");
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    /// Takes the pointer off everything.
    pub(crate) fn points_nowhere(&self) {
        let away = json!({"type": "pointerMove", "x": 1, "y": 1, "duration": 0});
        let actions = json!({"actions": [{"type": "pointer", "id": "mouse", "actions": [away]}]});
        self.post("actions", &actions);
    }

    /// How large it is when it opens.
    pub(crate) fn usual_size(&self) -> (u32, u32) {
        let hash = self.run("return location.hash");
        if hash.as_str().is_some_and(|hash| hash.starts_with("#login")) {
            (440, 600)
        } else {
            (960, 680)
        }
    }

    /// Dresses it `light` or `dark`.
    pub(crate) fn looks(&self, look: &str) {
        self.run(&format!("document.documentElement.dataset.look = '{look}'"));
    }

    /// Waits until the page is painted as it is.
    pub(crate) fn paints(&self) {
        self.awaits(
            "const done = arguments[arguments.length - 1];
             requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 100)))",
        );
    }

    /// What a script comes to that gives its answer to the last of its arguments.
    pub(crate) fn awaits(&self, script: &str) -> Value {
        self.post("execute/async", &json!({"script": script, "args": []}))
    }

    /// Waits until the window is gone.
    pub(crate) fn closes(&self) {
        let begun = Instant::now();
        loop {
            let answer = self.agent.get(format!("{}/title", self.session)).call();
            let gone = !answer.is_ok_and(|answer| answer.status().is_success());
            if gone {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "the window stays");
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    /// The name of the field that has the focus.
    pub(crate) fn focused(&self) -> String {
        let name = self.run("return document.activeElement?.getAttribute('name') ?? ''");
        name.as_str().unwrap_or_default().to_owned()
    }

    /// A picture of the page.
    pub(crate) fn picture(&self) -> Vec<u8> {
        let answer = self
            .agent
            .get(format!("{}/screenshot", self.session))
            .call();
        let answer: Value = answer.unwrap().body_mut().read_json().unwrap();
        use base64::Engine;
        let text = answer["value"].as_str().unwrap();
        base64::engine::general_purpose::STANDARD
            .decode(text)
            .unwrap()
    }

    /// The element, as soon as there is one that can be used.
    pub(crate) fn element(&self, css: &str) -> String {
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
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    fn get(&self, path: &str) -> Value {
        let answer = self.agent.get(format!("{}/{path}", self.session)).call();
        let mut answer: Value = answer.unwrap().body_mut().read_json().unwrap();
        answer["value"].take()
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        post(&self.agent, &format!("{}/{path}", self.session), body)
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        if std::thread::panicking()
            && let Some(place) = pictures()
        {
            let _ = fs::write(place.join("failed.png"), self.picture());
        }
        // The program ends with its session; should it be gone already, that is as good.
        let _ = self.agent.delete(&self.session).call();
    }
}

/// Where pictures of failures go: `POOLKEY_PICTURES`.
fn pictures() -> Option<PathBuf> {
    let place = PathBuf::from(std::env::var_os("POOLKEY_PICTURES")?);
    fs::create_dir_all(&place).ok()?;
    Some(place)
}

fn post(agent: &ureq::Agent, url: &str, body: &Value) -> Value {
    let answer = agent.post(url).send_json(body);
    let mut answer: Value = answer.unwrap().body_mut().read_json().unwrap();
    answer["value"].take()
}

/// The program, on a screen.
pub(crate) fn on_screen(world: &World, display: &str) -> Command {
    let mut command = world.command(logged(world));
    command
        .env("DISPLAY", display)
        .env("GDK_BACKEND", "x11")
        .env("NO_AT_BRIDGE", "1");
    command
}

/// The program, with what it says among the logs: the driver would swallow it.
fn logged(world: &World) -> PathBuf {
    let script = world.home().join("poolkey-desktop");
    let text = format!(
        "#!/bin/sh\nexec '{}' \"$@\" 2>>'{}'\n",
        program("poolkey-desktop").display(),
        world.home().join("logs/desktop.log").display()
    );
    fs::write(&script, text).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    script
}

/// A screen that nobody sees.
pub(crate) fn screen(world: &World) -> (Running, String) {
    let mut command = world.command("Xvfb");
    command
        .args([
            "-displayfd",
            "1",
            "-screen",
            "0",
            "1280x1000x24",
            "-nolisten",
            "tcp",
        ])
        .stdout(Stdio::piped());
    let log = world.home().join("logs/screen.log");
    let mut screen = Running::start("Xvfb", &mut command, &log);
    let mut number = String::new();
    let mut out = screen.stdout().unwrap();
    let mut byte = [0];
    while out.read(&mut byte).unwrap() == 1 && byte[0] != b'\n' {
        number.push(char::from(byte[0]));
    }
    (screen, format!(":{number}"))
}

/// A port that was free a moment ago. The driver takes no other way.
fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}

const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

const PATIENCE: Duration = Duration::from_secs(20);
