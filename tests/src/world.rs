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
use crate::{Desktop, Road, Sandbox, program};

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
        let mut client = json!({});
        if let Some(grace) = setup.rotation {
            client["rotation_grace_seconds"] = grace.into();
        }
        let chain = sandbox.seed(&json!({
            "client": client,
            "user": {"username": "alice", "email": "alice@example.com"},
        }));
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
             username = \"alice\"\nendpoint = \"{url}\"\n\
             [profile.dev]\nlogin = \"acme\"\nidentity_pool_id = \"{}\"\nendpoint = \"{url}\"\n",
            id("user_pool_id"),
            id("client_id"),
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

    // ---- programs ----

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

    /// Starts `poolkeyd`; says how long it took to its first answer.
    ///
    /// # Panics
    ///
    /// It does not come up.
    pub fn start_daemon(&mut self) -> Duration {
        self.start_daemon_as(&[])
    }

    /// The same, under a command line that ends in the daemon's own.
    ///
    /// # Panics
    ///
    /// It does not come up.
    pub fn start_daemon_as(&mut self, under: &[&str]) -> Duration {
        assert!(
            self.daemon.is_none(),
            "a daemon runs already: stop it or kill it first"
        );
        let path = program("poolkeyd");
        let mut command = match under {
            [] => tied(path),
            [first, rest @ ..] => {
                let mut command = tied(first);
                command.args(rest).arg(path);
                command
            }
        };
        self.surround(&mut command);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let started = Instant::now();
        let mut daemon = Running::start("poolkeyd", &mut command, &self.daemon_log());
        let client = self.client();
        while !matches!(client.is_answered(), Ok(true)) {
            assert!(daemon.is_alive(), "poolkeyd ended: {}", daemon.said());
            assert!(
                started.elapsed() < Duration::from_secs(10),
                "poolkeyd does not answer"
            );
            sleep(Duration::from_millis(1));
        }
        let _ = client.ask(&Ask::Status);
        let took = started.elapsed();
        self.witness("poolkeyd", daemon.pid());
        self.daemon = Some(daemon);
        took
    }

    /// Where the daemon's log is.
    pub fn daemon_log(&self) -> PathBuf {
        self.home().join("logs/poolkeyd.log")
    }

    /// What the daemon logged so far.
    pub fn daemon_said(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.daemon_log()).unwrap_or_default()).into_owned()
    }

    /// The daemon that runs.
    ///
    /// # Panics
    ///
    /// None does.
    pub fn daemon(&mut self) -> &mut Running {
        self.daemon.as_mut().expect("a daemon runs")
    }

    /// The daemon's process id.
    ///
    /// # Panics
    ///
    /// None runs.
    pub fn daemon_pid(&self) -> u32 {
        self.daemon.as_ref().expect("a daemon runs").pid()
    }

    /// `SIGTERM`, and waits for the end.
    ///
    /// # Panics
    ///
    /// It does not end well.
    pub fn stop_daemon(&mut self) {
        let mut daemon = self.daemon.take().expect("a daemon runs");
        self.witness("poolkeyd at its end", daemon.pid());
        let status = daemon.stop();
        assert!(status.success(), "poolkeyd: {status}");
    }

    /// `kill -9`.
    ///
    /// # Panics
    ///
    /// None runs.
    pub fn kill_daemon(&mut self) {
        let mut daemon = self.daemon.take().expect("a daemon runs");
        daemon.kill();
    }

    /// Waits for a daemon that ends by itself.
    ///
    /// # Panics
    ///
    /// It does not.
    pub fn await_daemon_end(&mut self, patience: Duration) -> std::process::ExitStatus {
        let mut daemon = self.daemon.take().expect("a daemon runs");
        daemon.wait(patience)
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

    // ---- asking ----

    /// A client of this world's daemon, which starts none.
    pub fn client(&self) -> Client {
        let env = Env {
            socket: Some(self.socket().into()),
            ..Env::default()
        };
        Client::new(env, Starting::Never)
    }

    /// Asks the daemon.
    ///
    /// # Panics
    ///
    /// There is no answer.
    pub fn ask(&self, ask: &Ask) -> Reply {
        match self.client().ask(ask) {
            Ok(reply) => reply,
            Err(failure) => panic!("no answer: {failure}"),
        }
    }

    /// The status.
    ///
    /// # Panics
    ///
    /// There is none.
    pub fn status(&self) -> Status {
        match self.ask(&Ask::Status) {
            Reply::Status(status) => *status,
            other => panic!("{other:?}"),
        }
    }

    /// The login `acme` in the status.
    ///
    /// # Panics
    ///
    /// There is none.
    pub fn login(&self) -> LoginView {
        let mut logins = self.status().snapshot.logins;
        let index = logins
            .iter()
            .position(|login| login.name.as_str() == "acme")
            .expect("the login acme");
        logins.swap_remove(index)
    }

    /// The profile `dev` in the status.
    ///
    /// # Panics
    ///
    /// There is none.
    pub fn profile(&self) -> ProfileView {
        let mut profiles = self.status().snapshot.profiles;
        let index = profiles
            .iter()
            .position(|profile| profile.name.as_str() == "dev")
            .expect("the profile dev");
        profiles.swap_remove(index)
    }

    /// Signs alice in to `acme`.
    ///
    /// # Panics
    ///
    /// It fails.
    pub fn sign_in(&self) {
        match self.try_sign_in(self.password()) {
            Reply::SignedIn { user } => assert_eq!(user.username, "alice"),
            other => panic!("not signed in: {other:?}"),
        }
    }

    /// Signs alice in with this password; what came of it.
    ///
    /// # Panics
    ///
    /// There is no answer.
    pub fn try_sign_in(&self, password: &str) -> Reply {
        let begin = Ask::SignIn {
            login: "acme".into(),
            username: None,
        };
        match self.ask(&begin) {
            Reply::Question { conversation, .. } => self.ask(&Ask::Answer {
                conversation,
                answer: Answer::Password(Secret::new(password)),
            }),
            other => other,
        }
    }

    /// Keys of `dev`, or why there are none.
    ///
    /// # Errors
    ///
    /// What the daemon tells.
    pub fn try_keys(&self) -> Result<Document, Failure> {
        let document = self.client().document("dev")?;
        Ok(Document::parse(document.expose()))
    }

    /// Keys of `dev`.
    ///
    /// # Panics
    ///
    /// There are none.
    pub fn keys(&self) -> Document {
        self.try_keys()
            .unwrap_or_else(|failure| panic!("no keys: {failure}"))
    }

    /// Renews `acme` now: its tokens and keys are stale.
    ///
    /// # Panics
    ///
    /// It is refused.
    pub fn renew(&self) {
        let ask = Ask::Renew {
            login: "acme".into(),
        };
        assert_eq!(self.ask(&ask), Reply::Done);
    }

    /// Whether STS takes these keys, asked by a program that nobody here wrote.
    ///
    /// # Panics
    ///
    /// The sandbox cannot be asked.
    pub fn sts_takes(&self, keys: &Document) -> bool {
        let asked = format!(
            "url = \"{}/\"\naws-sigv4 = \"aws:amz:us-east-1:sts\"\nuser = \"{}:{}\"\n\
             header = \"X-Amz-Security-Token: {}\"\n\
             data = \"Action=GetCallerIdentity&Version=2011-06-15\"\n",
            self.sandbox.url(),
            keys.access_key_id,
            keys.secret_access_key,
            keys.session_token,
        );
        let mut curl = self.command("curl");
        curl.args(["--silent", "--show-error", "--config", "-"]);
        let ran = Ran::of(&mut curl, &asked);
        assert!(ran.code == 0 && ran.out.contains('<'), "{ran:?}");
        ran.out.contains("<Arn>")
    }

    /// The daemon's resident memory in KiB.
    ///
    /// # Panics
    ///
    /// None runs.
    pub fn resident(&self) -> u64 {
        let status = proc_file(self.daemon_pid(), "status");
        let status = String::from_utf8_lossy(&status);
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .expect("VmRSS");
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    // ---- leaks ----

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

/// Keys as a tool reads them.
#[derive(Clone, PartialEq, Eq)]
pub struct Document {
    /// `AccessKeyId`.
    pub access_key_id: String,
    /// `SecretAccessKey`.
    pub secret_access_key: String,
    /// `SessionToken`.
    pub session_token: String,
    /// `Expiration`, in seconds since 1970.
    pub expiration: i64,
}

impl Document {
    /// Reads the document, and is as strict as the strictest SDK.
    ///
    /// # Panics
    ///
    /// It is not as it should be.
    pub fn parse(text: &str) -> Self {
        let document: Value = serde_json::from_str(text).expect("JSON");
        let field = |name: &str| {
            let value = document[name].as_str().unwrap_or_default();
            assert!(!value.is_empty(), "{name} is missing");
            value.to_owned()
        };
        assert_eq!(document["Version"], json!(1));
        let expiration = field("Expiration");
        assert!(
            expiration.len() == 20 && expiration.ends_with('Z'),
            "{expiration}"
        );
        let expiration: jiff::Timestamp = expiration.parse().unwrap();
        Self {
            access_key_id: field("AccessKeyId"),
            secret_access_key: field("SecretAccessKey"),
            session_token: field("SessionToken"),
            expiration: expiration.as_second(),
        }
    }

    /// Seconds from now to `Expiration`.
    pub fn seconds_left(&self) -> i64 {
        self.expiration - jiff::Timestamp::now().as_second()
    }
}
