//! A desktop session: a bus and a keychain, of the test's own.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::process::{Ran, Running, tied};
use crate::until;

/// A session bus and a gnome-keyring.
pub struct Desktop {
    home: PathBuf,
    logs: PathBuf,
    environment: Vec<(String, String)>,
    bus: Option<Running>,
    keyring: Option<Running>,
}

/// What opens the keychain. It is a secret like those that the sandbox mints.
pub(crate) const KEYRING_PASSWORD: &str = "keyring-password-of-this-world-3141592653";

impl Desktop {
    pub(crate) fn new(home: &Path, logs: &Path, environment: Vec<(String, String)>) -> Self {
        Self {
            home: home.to_owned(),
            logs: logs.to_owned(),
            environment,
            bus: None,
            keyring: None,
        }
    }

    /// Where the bus listens.
    pub fn address(&self) -> String {
        format!("unix:path={}", self.socket().display())
    }

    fn socket(&self) -> PathBuf {
        self.home.join("run/bus")
    }

    /// Starts the bus. It starts no service by itself.
    ///
    /// # Panics
    ///
    /// It does not come up.
    pub fn start_bus(&mut self) {
        let config = self.home.join("bus.conf");
        let (socket, policy) = (self.socket(), POLICY);
        fs::write(
            &config,
            format!(
                "<busconfig><type>session</type><listen>unix:path={}</listen>{policy}</busconfig>",
                socket.display()
            ),
        )
        .unwrap();
        let _ = fs::remove_file(&socket);
        let mut command = self.tied("dbus-daemon");
        command
            .args(["--nofork", "--nopidfile"])
            .arg(format!("--config-file={}", config.display()));
        self.bus = Some(Running::start(
            "dbus-daemon",
            &mut command,
            &self.logs.join("bus.log"),
        ));
        until("the bus listens", 10, || socket.exists());
    }

    /// Starts the keychain and opens it; the first time it is made.
    ///
    /// # Panics
    ///
    /// It does not come up.
    pub fn start_keyring(&mut self) {
        let mut command = self.tied("gnome-keyring-daemon");
        command
            .args(["--unlock", "--foreground", "--components=secrets"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null());
        let mut running = Running::start(
            "gnome-keyring-daemon",
            &mut command,
            &self.logs.join("keyring.log"),
        );
        let mut stdin = running.stdin().unwrap();
        stdin.write_all(KEYRING_PASSWORD.as_bytes()).unwrap();
        drop(stdin);
        self.keyring = Some(running);
        until("the keychain answers", 10, || {
            self.is_locked() == Some(false)
        });
    }

    /// Locks it, as a desktop does when its owner walks away.
    ///
    /// # Panics
    ///
    /// It does not lock.
    pub fn lock(&self) {
        let ran = self.send(&[
            "/org/freedesktop/secrets",
            "org.freedesktop.Secret.Service.Lock",
            "array:objpath:/org/freedesktop/secrets/collection/login",
        ]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert_eq!(self.is_locked(), Some(true));
    }

    /// Ends the keychain and starts it on the same files, as a reboot does; it is open then.
    pub fn restart_keyring(&mut self) {
        self.stop_keyring();
        self.start_keyring();
    }

    /// Kills the keychain.
    pub fn stop_keyring(&mut self) {
        self.keyring = None;
    }

    /// Ends the whole session.
    pub fn stop(&mut self) {
        self.keyring = None;
        self.bus = None;
        let _ = fs::remove_file(self.socket());
    }

    /// What a program that nobody here wrote finds of Poolkey in the keychain.
    pub fn secrets_of_poolkey(&self) -> String {
        let mut command = Command::new("secret-tool");
        self.surround(&mut command);
        command.args(["search", "--all", "service", "poolkey"]);
        Ran::of(&mut command, "").out
    }

    /// Puts this in place of what the keychain has of a login.
    ///
    /// # Panics
    ///
    /// It does not take it.
    pub fn overwrite(&self, login: &str, record: &str) {
        for action in ["clear", "store"] {
            let mut command = Command::new("secret-tool");
            self.surround(&mut command);
            command.arg(action);
            if action == "store" {
                command.arg("--label=damaged");
            }
            command.args(["service", "poolkey", "username", login]);
            let ran = Ran::of(&mut command, record);
            assert_eq!(ran.code, 0, "{ran:?}");
        }
    }

    fn is_locked(&self) -> Option<bool> {
        let ran = self.send(&[
            "/org/freedesktop/secrets/aliases/default",
            "org.freedesktop.DBus.Properties.Get",
            "string:org.freedesktop.Secret.Collection",
            "string:Locked",
        ]);
        let told = |word: &str| ran.out.contains(word);
        match (told("boolean true"), told("boolean false")) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            (false, false) => None,
        }
    }

    fn send(&self, message: &[&str]) -> Ran {
        let mut command = Command::new("dbus-send");
        self.surround(&mut command);
        command
            .args(["--session", "--print-reply"])
            .arg("--dest=org.freedesktop.secrets")
            .args(message);
        Ran::of(&mut command, "")
    }

    fn tied(&self, program: &str) -> Command {
        let mut command = tied(program);
        self.surround(&mut command);
        command
    }

    fn surround(&self, command: &mut Command) {
        command
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .env("DBUS_SESSION_BUS_ADDRESS", self.address());
    }
}

const POLICY: &str = "<policy context=\"default\"><allow send_destination=\"*\" \
                      eavesdrop=\"true\"/><allow eavesdrop=\"true\"/><allow own=\"*\"/></policy>";
