//! A Chromium that nobody sees, and its part as the browser of a world.

use std::fs;
use std::ops::Deref;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::process::tied;
use crate::tools::scratch;
use crate::webdriver::WebDriver;
use crate::{World, until};

/// A Chromium of its own: no cookie, no history, nobody's language but the one it is given.
pub struct Chromium {
    page: WebDriver,
    /// Outside of every world: a browser remembers the addresses that it was sent to, and the codes
    /// in them.
    _place: TempDir,
}

impl Chromium {
    /// Starts one that asks pages for this language. It finds no host but this machine.
    ///
    /// # Panics
    ///
    /// It does not come up.
    pub fn start(language: &str) -> Self {
        Self::start_with(language, &[], &[])
    }

    /// The same, and these names are this machine's, too: what an attacker's name server would say.
    ///
    /// # Panics
    ///
    /// It does not come up.
    pub fn start_where(names: &[&str]) -> Self {
        Self::start_with("en", names, &[])
    }

    /// One on another machine: of this one it reaches only these hosts and ports.
    ///
    /// # Panics
    ///
    /// It does not come up.
    pub fn start_elsewhere(reached: &[&str]) -> Self {
        let direct = format!("--proxy-bypass-list=<-loopback>;{}", reached.join(";"));
        // Nobody is there.
        Self::start_with("en", &[], &["--proxy-server=http://127.0.0.1:1", &direct])
    }

    fn start_with(language: &str, names: &[&str], more: &[&str]) -> Self {
        let place = scratch();
        let mut rules = String::new();
        for name in names {
            rules.push_str(&format!("MAP {name} 127.0.0.1, "));
        }
        rules.push_str("MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1, EXCLUDE [::1]");
        let mut args = vec![
            format!("--host-resolver-rules={rules}"),
            format!("--user-data-dir={}", place.path().join("profile").display()),
            format!("--accept-lang={language}"),
        ];
        args.extend(ARGS.iter().chain(more).map(|&arg| arg.to_owned()));
        let options = json!({
            "binary": bound(place.path()),
            "args": args,
            "prefs": {
                "intl.accept_languages": language,
                "credentials_enable_service": false,
                "profile.password_manager_leak_detection": false,
            },
        });
        let capabilities = json!({
            "goog:chromeOptions": options,
            "timeouts": {"pageLoad": 20_000, "script": 20_000},
        });
        let mut command = tied("chromedriver");
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", place.path())
            .env("TMPDIR", place.path());
        let log = place.path().join("chromedriver.log");
        Self {
            page: WebDriver::open("chromedriver", command, &log, &capabilities),
            _place: place,
        }
    }

    /// Goes to an address, as when a link is followed from another program. Where nobody answers,
    /// it shows a page that says so.
    ///
    /// # Panics
    ///
    /// The browser is gone.
    pub fn goes(&self, url: &str) {
        self.post("url", &json!({ "url": url }));
    }

    /// The address that it stands at.
    ///
    /// # Panics
    ///
    /// The browser is gone.
    pub fn address(&self) -> String {
        text(&self.get("url"))
    }

    /// Waits until its address contains this; the address.
    ///
    /// # Panics
    ///
    /// It does not.
    pub fn arrives(&self, at: &str) -> String {
        until(&format!("the browser is at {at}"), 20, || {
            self.address().contains(at)
        });
        self.address()
    }

    /// Opens one more tab and turns to it; its handle.
    ///
    /// # Panics
    ///
    /// The browser is gone.
    pub fn opens_tab(&self) -> String {
        let tab = self.post("window/new", &json!({"type": "tab"}));
        let handle = text(&tab["handle"]);
        self.turns_to(&handle);
        handle
    }

    /// The tab that it shows.
    ///
    /// # Panics
    ///
    /// The browser is gone.
    pub fn tab(&self) -> String {
        text(&self.get("window"))
    }

    /// Turns to a tab.
    ///
    /// # Panics
    ///
    /// The browser is gone.
    pub fn turns_to(&self, tab: &str) {
        self.post("window", &json!({ "handle": tab }));
    }
}

impl Deref for Chromium {
    type Target = WebDriver;

    fn deref(&self) -> &WebDriver {
        &self.page
    }
}

/// What a world's programs take for the browser: it writes down where it is sent.
pub struct Doorman {
    opened: PathBuf,
}

impl Doorman {
    /// Makes it the browser of whatever is started in this world from here on.
    ///
    /// # Panics
    ///
    /// The disk does not take it.
    pub fn of(world: &mut World) -> Self {
        let opened = world.home().join("opened");
        let script = world.home().join("browser");
        // One write, so that what is read is a whole line.
        let text = format!(
            "#!/bin/sh\nprintf '%s\\n' \"$*\" >> '{}'\n",
            opened.display()
        );
        write_program(&script, &text);
        world.set_env("BROWSER", &script.display().to_string());
        Self { opened }
    }

    /// Where it was sent so far, oldest first.
    pub fn sent(&self) -> Vec<String> {
        let lines = fs::read_to_string(&self.opened).unwrap_or_default();
        lines.lines().map(str::to_owned).collect()
    }

    /// Waits until it was sent somewhere so many times; where to, the last time.
    ///
    /// # Panics
    ///
    /// It is not.
    pub fn sent_for_the(&self, time: usize) -> String {
        until("the browser is sent somewhere", 20, || {
            self.sent().len() >= time
        });
        self.sent().swap_remove(time - 1)
    }
}

/// Chromium so that it ends with its driver, however that ends.
fn bound(place: &Path) -> PathBuf {
    let script = place.join("chromium");
    let text = "#!/bin/sh\nexec setpriv --pdeathsig KILL -- chromium \"$@\"\n";
    write_program(&script, text);
    script
}

fn write_program(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("no text: {value}"))
        .to_owned()
}

const ARGS: &[&str] = &[
    "--headless=new",
    // Its own walls do not stand where root starts it, or a container does.
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];
