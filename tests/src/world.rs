//! A world: home, desktop, sandbox, daemon, and tools that ask it.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use poolkey_core::conversation::Answer;
use poolkey_core::failure::Failure;
use poolkey_core::secret::Secret;
use poolkey_core::snapshot::{LoginView, ProfileView};
use poolkey_ipc::address::Env;
use poolkey_ipc::client::Starting;
use poolkey_ipc::{Ask, Client, Reply, Status};
use rustix::process::{Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::desktop::KEYRING_PASSWORD;
use crate::leaks::{Found, Search};
use crate::process::{Ran, Running, pid, proc_file, tied};
use crate::tools::{require, scratch};
use crate::{Desktop, Road, Sandbox, Terminal, program};

mod asking;
mod aws;
mod daemon;
mod document;

pub use document::Document;

/// Plays a story in a world of its own, and looks for leaks when it is over.
///
/// # Panics
///
/// The story does, or a secret is found where none may be.
pub fn story(setup: Setup, act: impl FnOnce(&mut World)) {
    let Some(mut world) = World::begin(setup) else {
        return;
    };
    act(&mut world);
    world.no_leaks();
}

/// What a world is like at its beginning.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Where refresh tokens are kept.
    pub vault: VaultKind,
    /// The grace of a rotating refresh token in seconds; `None`: it does not rotate.
    pub rotation: Option<u32>,
    /// How long keys live.
    pub keys_seconds: u32,
    /// How long an ID token lives.
    pub id_token_seconds: u32,
    /// What the daemon logs.
    pub log: &'static str,
    /// What must be installed beside the desktop's programs.
    pub tools: &'static [&'static str],
    /// More of the seed: what the pool asks, what the user has.
    pub seed: Value,
    /// More lines of the login `acme`.
    pub login: &'static str,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            vault: VaultKind::Keychain,
            rotation: Some(60),
            keys_seconds: 3600,
            id_token_seconds: 3600,
            log: "trace",
            tools: &[],
            seed: json!({}),
            login: "",
        }
    }
}

/// Where refresh tokens are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VaultKind {
    /// A real gnome-keyring, open.
    Keychain,
    /// No session bus, and none chosen but the keychain.
    Nothing,
    /// The encrypted file.
    File,
    /// The kernel's keyring.
    Kernel,
}

/// Everything that a story plays in.
pub struct World {
    setup: Setup,
    /// The session; its bus is started only where the vault is the keychain.
    pub desktop: Desktop,
    /// Cognito.
    pub sandbox: Sandbox,
    /// The way to it.
    pub road: Road,
    /// The ids of the chain in the sandbox.
    pub chain: Value,
    daemon: Option<Running>,
    extra_env: Vec<(String, String)>,
    witnessed: Vec<(String, Vec<u8>)>,
    /// What terminals showed.
    shown: Vec<String>,
    extra_secrets: Vec<(String, String)>,
    /// The last to go: those who write into it are gone by then.
    home: TempDir,
}

impl World {
    /// Builds a world up to its daemon, or says what is missing.
    ///
    /// # Panics
    ///
    /// Something that is installed does not come up.
    pub fn begin(setup: Setup) -> Option<Self> {
        let desktop_tools = [
            "setpriv",
            "setsid",
            "curl",
            "dbus-daemon",
            "dbus-send",
            "gnome-keyring-daemon",
            "secret-tool",
        ];
        if !require(&desktop_tools) || !require(setup.tools) {
            return None;
        }
        let home = scratch();
        for dir in [
            "run",
            "run/poolkey",
            "config/poolkey",
            "state",
            "data",
            "logs",
        ] {
            fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(home.path().join(dir))
                .unwrap();
        }
        let logs = home.path().join("logs");
        let sandbox = Sandbox::start(&logs);
        let mut seed = json!({
            "client": {},
            "user": {"username": "alice", "email": "alice@example.com"},
        });
        if let Some(grace) = setup.rotation {
            seed["client"]["rotation_grace_seconds"] = grace.into();
        }
        merge(&mut seed, &setup.seed);
        let chain = sandbox.seed(&seed);
        sandbox.lifetimes(&json!({
            "keys_seconds": setup.keys_seconds,
            "id_token_seconds": setup.id_token_seconds,
        }));
        let road = Road::to(sandbox.address());
        let mut desktop = Desktop::new(home.path(), &logs, environment(home.path()));
        if setup.vault == VaultKind::Keychain {
            desktop.start_bus();
            desktop.start_keyring();
        }
        let mut world = Self {
            home,
            setup,
            desktop,
            sandbox,
            road,
            chain,
            daemon: None,
            extra_env: Vec::new(),
            witnessed: Vec::new(),
            shown: Vec::new(),
            extra_secrets: vec![("keyring password".into(), KEYRING_PASSWORD.into())],
        };
        world.configure(&world.usual_config());
        world.start_daemon();
        Some(world)
    }

    /// The private home.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// `profiles.toml`.
    pub fn config_file(&self) -> PathBuf {
        self.home().join("config/poolkey/profiles.toml")
    }

    /// Where the daemon listens.
    pub fn socket(&self) -> PathBuf {
        self.home().join("run/poolkey/socket")
    }

    /// One login `acme` with one profile `dev`, as the setup wants them.
    pub fn usual_config(&self) -> String {
        self.config_at(&self.road.url())
    }

    /// The same, with another endpoint.
    ///
    /// # Panics
    ///
    /// Never: the sandbox told its ids.
    pub fn config_at(&self, url: &str) -> String {
        let id = |name: &str| self.chain[name].as_str().unwrap();
        let settings = match self.setup.vault {
            VaultKind::Keychain | VaultKind::Nothing => "",
            VaultKind::File => "[settings]\nvault = \"file\"\n",
            VaultKind::Kernel => "[settings]\nvault = \"kernel\"\n",
        };
        format!(
            "{settings}[login.acme]\nuser_pool_id = \"{}\"\nclient_id = \"{}\"\n\
             username = \"alice\"\nendpoint = \"{url}\"\n{}\
             [profile.dev]\nlogin = \"acme\"\nidentity_pool_id = \"{}\"\nendpoint = \"{url}\"\n",
            id("user_pool_id"),
            id("client_id"),
            self.setup.login,
            id("identity_pool_id"),
        )
    }

    /// Writes `profiles.toml`, as an editor does: a new file in the old one's place.
    ///
    /// # Panics
    ///
    /// The disk does not take it.
    pub fn configure(&self, text: &str) {
        let path = self.config_file();
        let new = path.with_extension("new");
        fs::write(&new, text).unwrap();
        fs::rename(&new, &path).unwrap();
    }

    /// The password of the user in the sandbox.
    ///
    /// # Panics
    ///
    /// Never: the sandbox told it.
    pub fn password(&self) -> &str {
        self.chain["password"].as_str().unwrap()
    }

    /// Adds to the environment of every program that is started from here on.
    pub fn set_env(&mut self, name: &str, value: &str) {
        self.extra_env.retain(|(known, _)| known != name);
        self.extra_env.push((name.to_owned(), value.to_owned()));
    }

    /// Adds a secret that no log may show.
    pub fn add_secret(&mut self, kind: &str, value: &str) {
        self.extra_secrets.push((kind.to_owned(), value.to_owned()));
    }

    /// A program with this world's environment and nothing else.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        self.surround(&mut command);
        command
    }

    fn surround(&self, command: &mut Command) {
        command
            .env_clear()
            .envs(environment(self.home()))
            .env("POOLKEY_SOCKET", self.socket())
            .env("POOLKEY_LOG", self.setup.log)
            .envs(self.extra_env.iter().map(|(name, value)| (name, value)));
        if self.setup.vault == VaultKind::Keychain {
            command.env("DBUS_SESSION_BUS_ADDRESS", self.desktop.address());
        }
    }

    /// The shim, to be run with a profile.
    pub fn shim_command(&self, profile: &str) -> Command {
        let mut command = self.command(program("poolkey-credential-process"));
        command.arg(profile).env("POOLKEY_NO_START", "1");
        command
    }

    /// Runs the shim.
    pub fn shim(&self, profile: &str) -> Ran {
        let ran = Ran::of(&mut self.shim_command(profile), "");
        self.keep("shim.err", &ran.err);
        ran
    }

    /// Runs `poolkey` with these arguments and this input.
    pub fn poolkey(&self, args: &[&str], input: &str) -> Ran {
        let mut command = self.command(program("poolkey"));
        command.args(args);
        let ran = Ran::of(&mut command, input);
        self.keep("poolkey.err", &ran.err);
        if args.first() != Some(&"credentials") {
            self.keep("poolkey.out", &ran.out);
        }
        ran
    }

    /// Runs `poolkey` as a person does, in a terminal of its own.
    pub fn terminal(&mut self, args: &[&str]) -> Terminal {
        let mut command = tied("setsid");
        command
            .args(["--ctty", "--"])
            .arg(program("poolkey"))
            .args(args);
        self.surround(&mut command);
        let terminal = Terminal::run(command);
        self.witness("poolkey in a terminal", terminal.pid());
        terminal
    }

    /// Waits for the program in a terminal to end; its exit code and all that was shown.
    pub fn close(&mut self, terminal: Terminal) -> (i32, String) {
        let (code, shown) = terminal.end();
        self.shown.push(shown.clone());
        (code, shown)
    }

    /// Keeps what a program said among the logs, where leaks are looked for.
    ///
    /// # Panics
    ///
    /// The disk does not take it.
    pub fn keep(&self, name: &str, text: &str) {
        use std::io::Write;
        let mut log = fs::File::options()
            .create(true)
            .append(true)
            .open(self.home().join("logs").join(name))
            .unwrap();
        log.write_all(text.as_bytes()).unwrap();
    }

    /// Remembers what everybody can see of a process.
    pub fn witness(&mut self, name: &str, pid: u32) {
        for file in ["cmdline", "environ"] {
            self.witnessed
                .push((format!("{file} of {name}"), proc_file(pid, file)));
        }
    }

    /// Every secret of this world.
    pub fn secrets(&self) -> Vec<(String, String)> {
        let mut secrets = self.sandbox.minted();
        secrets.extend(self.extra_secrets.iter().cloned());
        secrets
    }

    /// Looks for every secret in all that was logged, shown or left on disk.
    ///
    /// # Panics
    ///
    /// One is found.
    pub fn no_leaks(&mut self) {
        if let Some(daemon) = &self.daemon {
            let pid = daemon.pid();
            self.witness("poolkeyd at its end", pid);
        }
        let found = self.leaks();
        let told: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert!(found.is_empty(), "leaked:\n{}", told.join("\n"));
    }

    /// What the search finds.
    pub fn leaks(&self) -> Vec<Found> {
        let search = Search::for_all(self.secrets());
        let mut found = Vec::new();
        for (place, bytes) in &self.witnessed {
            found.extend(search.look(place, bytes));
        }
        // A person sees the codes that they type, and the key that their app learns.
        let mut unseen = self.secrets();
        unseen.retain(|(kind, _)| !["code", "totp_key"].contains(&&**kind));
        let unseen = Search::for_all(unseen);
        for shown in &self.shown {
            found.extend(unseen.look("what a terminal showed", shown.as_bytes()));
        }
        for file in files(self.home()) {
            if let Ok(bytes) = fs::read(&file) {
                found.extend(search.look(&file.display().to_string(), &bytes));
            }
        }
        found
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for log in files(&self.home().join("logs")) {
                let bytes = fs::read(&log).unwrap_or_default();
                let text = String::from_utf8_lossy(&bytes);
                let lines: Vec<&str> = text.lines().filter(|line| !is_chatter(line)).collect();
                println!("──── {} ({} lines)", log.display(), lines.len());
                for line in &lines[lines.len().saturating_sub(120)..] {
                    println!("{}", line.chars().take(400).collect::<String>());
                }
            }
        }
        // A client may have started one that is not our child.
        if self.daemon.is_none()
            && let Ok(Reply::Status(status)) = self.client().ask(&Ask::Status)
            && let Some(pid) = pid(status.daemon.pid)
        {
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

/// Puts the members of one object into another, however deep.
fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (name, value) in from {
                merge(into.entry(name).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from.clone(),
    }
}

/// What the libraries say at TRACE, which explains no failure of ours.
fn is_chatter(line: &str) -> bool {
    [" TRACE ", " hyper", " aws_smithy"]
        .iter()
        .any(|word| line.contains(word))
}

/// All files under a directory but the vault's own.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let (path, kind) = (entry.path(), entry.file_type());
        let Ok(kind) = kind else { continue };
        if path.ends_with("data/keyrings") || path.ends_with("state/poolkey/vault") {
            continue;
        }
        if kind.is_dir() {
            found.extend(files(&path));
        } else if kind.is_file() {
            found.push(path);
        }
    }
    found
}

fn environment(home: &Path) -> Vec<(String, String)> {
    let place = |name: &str| home.join(name).display().to_string();
    vec![
        ("PATH".into(), std::env::var("PATH").unwrap_or_default()),
        ("HOME".into(), home.display().to_string()),
        ("XDG_RUNTIME_DIR".into(), place("run")),
        ("XDG_CONFIG_HOME".into(), place("config")),
        ("XDG_STATE_HOME".into(), place("state")),
        ("XDG_DATA_HOME".into(), place("data")),
        ("XDG_CACHE_HOME".into(), place("cache")),
        ("LC_ALL".into(), "C.UTF-8".into()),
    ]
}
