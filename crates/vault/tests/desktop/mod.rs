//! A desktop of the test's own: session bus, gnome-keyring, HOME and runtime directory.
//!
//! libdbus reads the bus' address once in the life of a process, so each scene is played in a
//! process of its own, whose environment holds nothing of the user's.

use std::fs;
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use poolkey_core::config::VaultChoice;
use poolkey_core::name::LoginName;
use poolkey_vault::{Place, Vault};

use crate::stage::play;

/// Plays this test in a process with a private, empty desktop.
pub(crate) fn scene(test: &str, act: impl FnOnce(&mut Desktop)) {
    let programs = [
        "dbus-daemon",
        "dbus-send",
        "gnome-keyring-daemon",
        "secret-tool",
    ];
    play(test, &programs, &[], |home| {
        act(&mut Desktop {
            bus: home.join("run/bus"),
            home: home.to_owned(),
            processes: Vec::new(),
        });
    });
}

/// What the scene runs on. Its processes end with it.
pub(crate) struct Desktop {
    pub(crate) home: PathBuf,
    bus: PathBuf,
    processes: Vec<(&'static str, Child)>,
}

impl Desktop {
    /// Starts a session bus where `$XDG_RUNTIME_DIR/bus` says.
    pub(crate) fn start_bus(&mut self, activation: Activation) {
        let services = match activation {
            Activation::None => "",
            Activation::Installed => "<standard_session_servicedirs/>",
        };
        let config = self.home.join("bus.conf");
        fs::write(
            &config,
            format!(
                "<busconfig><type>session</type><listen>unix:path={}</listen>{services}\
                 <policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/>\
                 <allow eavesdrop=\"true\"/><allow own=\"*\"/></policy></busconfig>",
                self.bus.display()
            ),
        )
        .unwrap();
        let child = Command::new("dbus-daemon")
            .arg("--nofork")
            .arg("--nopidfile")
            .arg(format!("--config-file={}", config.display()))
            .env("DBUS_SESSION_BUS_ADDRESS", self.address())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.processes.push(("dbus-daemon", child));
        let bus = self.bus.clone();
        until("the bus listens", || UnixStream::connect(&bus).is_ok());
    }

    /// Starts gnome-keyring, with its login keyring opened (and made, the first time) by this
    /// password.
    pub(crate) fn start_keyring(&mut self, password: &str) {
        let mut child = self
            .command("gnome-keyring-daemon")
            .args(["--unlock", "--foreground", "--components=secrets"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(password.as_bytes())
            .unwrap();
        self.processes.push(("gnome-keyring-daemon", child));
        until("gnome-keyring answers", || {
            self.command("dbus-send")
                .args([
                    "--session",
                    "--print-reply",
                    "--dest=org.freedesktop.secrets",
                ])
                .args(["/org/freedesktop/secrets/aliases/default"])
                .arg("org.freedesktop.DBus.Properties.Get")
                .args(["string:org.freedesktop.Secret.Collection", "string:Locked"])
                .stderr(Stdio::null())
                .output()
                .is_ok_and(|reply| String::from_utf8_lossy(&reply.stdout).contains("boolean false"))
        });
    }

    /// Kills a process of this desktop at once.
    pub(crate) fn kill(&mut self, program: &str) {
        let index = self
            .processes
            .iter()
            .position(|(name, _)| *name == program)
            .unwrap();
        let (_, mut child) = self.processes.remove(index);
        child.kill().unwrap();
        child.wait().unwrap();
        if program == "dbus-daemon" {
            fs::remove_file(&self.bus).unwrap();
        }
    }

    /// Locks the login keyring, as a desktop does when its owner walks away.
    pub(crate) fn lock(&self) {
        let reply = self
            .command("dbus-send")
            .args([
                "--session",
                "--print-reply",
                "--dest=org.freedesktop.secrets",
            ])
            .args([
                "/org/freedesktop/secrets",
                "org.freedesktop.Secret.Service.Lock",
            ])
            .arg("array:objpath:/org/freedesktop/secrets/collection/login")
            .output()
            .unwrap();
        assert!(reply.status.success(), "{reply:?}");
    }

    /// Unlocks it from elsewhere, as its owner does who answers a prompt.
    pub(crate) fn unlock(&mut self, password: &str) {
        self.kill("gnome-keyring-daemon");
        self.start_keyring(password);
    }

    /// A program that speaks to this desktop.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("DBUS_SESSION_BUS_ADDRESS", self.address());
        command
    }

    /// The keychain of this desktop.
    pub(crate) fn vault(&self) -> Vault {
        let mut place = Place::new(self.home.join("state"));
        place.patience = Duration::from_secs(2);
        Vault::new(VaultChoice::Keychain, &place)
    }

    fn address(&self) -> String {
        format!("unix:path={}", self.bus.display())
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        for (_, child) in self.processes.iter_mut().rev() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Whether the bus starts a Secret Service when it is asked for one.
pub(crate) enum Activation {
    None,
    Installed,
}

pub(crate) fn login(name: &str) -> LoginName {
    name.parse().unwrap()
}

fn until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(20), "in vain: {what}");
        sleep(Duration::from_millis(20));
    }
}
