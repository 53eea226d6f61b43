//! A private desktop with a keyring, a sandbox and a daemon whose logins are signed in.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::wire::{self, Control, PASSWORD};
use crate::{Programs, Result, front};

/// What a stage is to hold.
pub(crate) struct Plan {
    pub(crate) logins: usize,
    pub(crate) profiles: usize,
    pub(crate) vault: Vault,
    pub(crate) road: Road,
    pub(crate) lifetimes: Value,
}

/// Where the daemon keeps refresh tokens.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Vault {
    /// gnome-keyring, as on most desktops.
    Keyring,
    /// A file for each login: gnome-keyring writes all it holds for each change.
    File,
}

/// How the daemon reaches the sandbox.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Road {
    Plain,
    Tls,
}

impl Plan {
    /// A desk of somebody who has much to do with AWS.
    pub(crate) fn usual() -> Self {
        Self {
            logins: 10,
            profiles: 30,
            vault: Vault::Keyring,
            road: Road::Plain,
            lifetimes: json!({}),
        }
    }
}

/// A stage. All its processes and files end with it.
pub(crate) struct Stage {
    pub(crate) programs: Programs,
    pub(crate) home: PathBuf,
    pub(crate) sandbox: Control,
    children: Vec<Child>,
    daemon: Option<Child>,
    trust: Option<PathBuf>,
}

impl Stage {
    /// Sets the stage, signs every login in and asks once for the keys of every profile.
    pub(crate) fn set(programs: &Programs, plan: &Plan) -> Result<Self> {
        let mut stage = Self::bare(programs)?;
        if plan.vault == Vault::Keyring {
            stage.start_keyring()?;
        }
        let seeded = stage.start_sandbox(&plan.lifetimes)?;
        let url = match plan.road {
            Road::Plain => format!("http://{}", stage.sandbox.host),
            Road::Tls => {
                let trust = stage.home.join("trust.pem");
                let url = front::open(&stage.sandbox.host, &trust)?;
                stage.trust = Some(trust);
                url
            }
        };
        stage.configure(plan, &seeded, &url)?;
        stage.start_daemon()?;
        if plan.vault == Vault::File {
            let ask = json!({"ask": "unlock", "passphrase": PASSWORD, "create": true});
            wire::ask(&stage.socket(), ask)?;
        }
        let socket = stage.socket();
        at_once(plan.logins, |number| wire::sign_in(&socket, &login(number)))?;
        stage.use_profiles(plan.profiles)?;
        Ok(stage)
    }

    /// A home, and nothing in it.
    pub(crate) fn bare(programs: &Programs) -> Result<Self> {
        static STAGES: AtomicUsize = AtomicUsize::new(0);
        // Short, for a socket's path has at most 107 bytes.
        let home = std::env::temp_dir().join(format!(
            "poolkey-bench-{}-{}",
            std::process::id(),
            STAGES.fetch_add(1, Ordering::Relaxed)
        ));
        let mut private = fs::DirBuilder::new();
        private.mode(0o700).recursive(true);
        private.create(home.join("run"))?;
        private.create(home.join("config/poolkey"))?;
        Ok(Self {
            programs: programs.clone(),
            home,
            sandbox: Control {
                host: String::new(),
                token: String::new(),
            },
            children: Vec::new(),
            daemon: None,
            trust: None,
        })
    }

    /// Asks once for the keys of so many profiles.
    pub(crate) fn use_profiles(&self, profiles: usize) -> Result<()> {
        let socket = self.socket();
        at_once(profiles, |number| {
            let ask = json!({"ask": "credentials", "profile": profile(number)});
            wire::ask(&socket, ask).map(drop)
        })
    }

    /// A program in this stage's environment, with nothing of the caller's but the search path.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", &self.home)
            .env("XDG_RUNTIME_DIR", self.home.join("run"))
            .env("XDG_CONFIG_HOME", self.home.join("config"))
            .env("XDG_STATE_HOME", self.home.join("state"))
            .env("DBUS_SESSION_BUS_ADDRESS", self.bus())
            // logind's word of sleep is listened for, too.
            .env("DBUS_SYSTEM_BUS_ADDRESS", self.bus())
            .env("POOLKEY_NO_START", "1");
        if let Some(trust) = &self.trust {
            command.env("SSL_CERT_FILE", trust);
        }
        command
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.home.join("run/poolkey/socket")
    }

    pub(crate) fn shim(&self) -> PathBuf {
        self.programs.installed.join("poolkey-credential-process")
    }

    /// A process that ends with the stage.
    pub(crate) fn keep(&mut self, child: Child) {
        self.children.push(child);
    }

    /// Starts the daemon and waits until it listens.
    pub(crate) fn start_daemon(&mut self) -> Result<()> {
        let log = fs::File::create(self.home.join("daemon.log"))?;
        let daemon = self
            .command(self.programs.installed.join("poolkeyd"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()?;
        self.daemon = Some(daemon);
        let socket = self.socket();
        until("the daemon answers", || {
            wire::ask(&socket, json!({"ask": "status"})).is_ok()
        })
    }

    /// The daemon's process id.
    pub(crate) fn daemon(&self) -> u32 {
        self.daemon.as_ref().map_or(0, Child::id)
    }

    /// The configuration of so many logins and profiles.
    pub(crate) fn configure(&self, plan: &Plan, seeded: &Value, url: &str) -> Result<()> {
        let text = |name: &str| seeded[name].as_str().unwrap_or_default();
        let mut file = String::new();
        if plan.vault == Vault::File {
            file.push_str("[settings]\nvault = \"file\"\n");
        }
        for number in 1..=plan.logins {
            writeln!(
                file,
                "[login.{}]\nuser_pool_id = \"{}\"\nclient_id = \"{}\"\nusername = \"bench\"\n\
                 endpoint = \"{url}\"",
                login(number),
                text("user_pool_id"),
                text("client_id"),
            )?;
        }
        for number in 1..=plan.profiles {
            writeln!(
                file,
                "[profile.{}]\nlogin = \"{}\"\nidentity_pool_id = \"{}\"\nendpoint = \"{url}\"",
                profile(number),
                login((number - 1) % plan.logins + 1),
                text("identity_pool_id"),
            )?;
        }
        fs::write(self.home.join("config/poolkey/profiles.toml"), file)?;
        Ok(())
    }

    fn start_sandbox(&mut self, lifetimes: &Value) -> Result<Value> {
        let mut sandbox = self
            .command(self.programs.installed.join("poolkey-sandbox"))
            .arg("--exit-with-stdin")
            .env("RUST_LOG", "error")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut ready = String::new();
        let out = sandbox.stdout.take().ok_or("the sandbox has no output")?;
        BufReader::new(out).read_line(&mut ready)?;
        self.keep(sandbox);
        let ready: Value = serde_json::from_str(&ready)?;
        let told = |name: &str| ready[name].as_str().unwrap_or_default().to_owned();
        self.sandbox = Control {
            host: told("url").trim_start_matches("http://").to_owned(),
            token: told("control_token"),
        };
        // The document of the keys is to have about 1.5 KB.
        let mut lives = json!({"session_token_bytes": 1250});
        for (name, value) in lifetimes.as_object().into_iter().flatten() {
            lives[name] = value.clone();
        }
        self.sandbox.call("POST", "lifetimes", &lives)?;
        let seed = json!({
            "client": {"rotation_grace_seconds": 60},
            "user": {"username": "bench", "password": PASSWORD},
        });
        self.sandbox.call("POST", "seed", &seed)
    }

    fn start_keyring(&mut self) -> Result<()> {
        let config = self.home.join("bus.conf");
        fs::write(
            &config,
            format!(
                "<busconfig><type>session</type><listen>{}</listen><policy context=\"default\">\
                 <allow send_destination=\"*\" eavesdrop=\"true\"/><allow eavesdrop=\"true\"/>\
                 <allow own=\"*\"/></policy></busconfig>",
                self.bus()
            ),
        )?;
        let bus = self
            .command("dbus-daemon")
            .args(["--nofork", "--nopidfile"])
            .arg(format!("--config-file={}", config.display()))
            .stderr(Stdio::null())
            .spawn()?;
        self.keep(bus);
        let listens = self.home.join("run/bus");
        until("the bus listens", || listens.exists())?;
        let mut keyring = self
            .command("gnome-keyring-daemon")
            .args(["--unlock", "--foreground", "--components=secrets"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        if let Some(mut stdin) = keyring.stdin.take() {
            stdin.write_all(b"password")?;
        }
        self.keep(keyring);
        until("the keyring answers", || {
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
        })
    }

    fn bus(&self) -> String {
        format!("unix:path={}", self.home.join("run/bus").display())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        for child in self.daemon.iter_mut().chain(self.children.iter_mut().rev()) {
            let _ = child.kill();
            let _ = child.wait();
        }
        let _ = fs::remove_dir_all(&self.home);
    }
}

/// The name of a login, counted from 1.
pub(crate) fn login(number: usize) -> String {
    format!("login-{number:04}")
}

/// The name of a profile, counted from 1.
pub(crate) fn profile(number: usize) -> String {
    format!("profile-{number:04}")
}

/// Waits for something that comes soon.
pub(crate) fn until(what: &str, mut done: impl FnMut() -> bool) -> Result<()> {
    let start = Instant::now();
    while !done() {
        if start.elapsed() > Duration::from_secs(20) {
            return Err(format!("in vain: {what}").into());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

/// Does it for 1 to `count`, some at once.
fn at_once(count: usize, work: impl Fn(usize) -> Result<()> + Sync) -> Result<()> {
    let next = AtomicUsize::new(1);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..AT_ONCE)
            .map(|_| {
                scope.spawn(|| {
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number > count {
                            return Ok(());
                        }
                        work(number)?;
                    }
                })
            })
            .collect();
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().unwrap_or_else(|_| Err("it panicked".into())))
    })
}

/// Few enough that no call waits behind the daemon's own limit.
const AT_ONCE: usize = 8;
