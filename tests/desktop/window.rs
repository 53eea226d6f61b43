//! A real window on a screen of its own, driven as a person drives it.

use std::fs;
use std::io::Read;
use std::ops::Deref;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use poolkey_tests::{Ran, Running, WebDriver, World, program};
use serde_json::json;

/// `poolkey-desktop` in WebKit, under WebDriver. All of it ends with this.
pub(crate) struct Window {
    page: WebDriver,
    display: String,
    _screen: Running,
}

impl Window {
    /// Opens the program with these arguments, in the world's own session.
    pub(crate) fn open(world: &World, args: &[&str]) -> Self {
        let (screen, display) = screen(world);
        let mut command = world.command("WebKitWebDriver");
        command
            .env("DISPLAY", &display)
            .env("GDK_BACKEND", "x11")
            .env("NO_AT_BRIDGE", "1")
            .env("TAURI_WEBVIEW_AUTOMATION", "true");
        let log = world.home().join("logs/driver.log");
        let options = json!({"binary": logged(world), "args": args});
        let capabilities = json!({"webkitgtk:browserOptions": options});
        Self {
            page: WebDriver::open("WebKitWebDriver", command, &log, &capabilities),
            display,
            _screen: screen,
        }
    }

    /// Starts the program once more, on the same screen.
    pub(crate) fn again(&self, world: &World, args: &[&str]) -> Ran {
        let mut command = on_screen(world, &self.display);
        Ran::of(command.args(args), "")
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

    /// Waits until the window is gone.
    pub(crate) fn closes(&self) {
        let begun = Instant::now();
        while self.is_open() {
            assert!(begun.elapsed() < PATIENCE, "the window stays");
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    /// The name of the field that has the focus.
    pub(crate) fn focused(&self) -> String {
        let name = self.run("return document.activeElement?.getAttribute('name') ?? ''");
        name.as_str().unwrap_or_default().to_owned()
    }
}

impl Deref for Window {
    type Target = WebDriver;

    fn deref(&self) -> &WebDriver {
        &self.page
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        if std::thread::panicking()
            && let Some(place) = pictures()
        {
            let _ = fs::write(place.join("failed.png"), self.picture());
        }
    }
}

/// Where pictures of failures go: `POOLKEY_PICTURES`.
fn pictures() -> Option<PathBuf> {
    let place = PathBuf::from(std::env::var_os("POOLKEY_PICTURES")?);
    fs::create_dir_all(&place).ok()?;
    Some(place)
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

const PATIENCE: Duration = Duration::from_secs(20);
