//! A home in which all is well, until a test spoils it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use poolkey_core::finding::{Finding, Severity};
use poolkey_core::snapshot::{LoginView, ProfileView};
use poolkey_core::time::UnixTime;
use poolkey_ipc::{Ask, Reply, Status};
use serde_json::Value;

use crate::commands::status;
use crate::support::{Asked, Home, Said};

/// Our programs in a directory of their own, with an AWS CLI beside them.
pub(super) struct Programs(Home);

impl Programs {
    pub(super) fn new() -> Self {
        let home = Home::new();
        home.install(env!("CARGO_BIN_EXE_poolkey"));
        home.install(env!("CARGO_BIN_EXE_poolkey-credential-process"));
        home.install_daemon(&format!("echo poolkeyd {VERSION}"));
        let aws = home.path().join("aws");
        fs::write(&aws, "#!/bin/sh\necho aws-cli/2.30.0 Python/3.13\n").unwrap();
        fs::set_permissions(&aws, PermissionsExt::from_mode(0o700)).unwrap();
        home.install(aws);
        Self(home)
    }

    pub(super) fn bin(&self) -> PathBuf {
        self.0.path().join("bin")
    }
}

/// A home, an environment and a daemon.
pub(super) struct Scene {
    pub(super) home: Home,
    pub(super) bin: PathBuf,
    pub(super) vars: Vec<(String, String)>,
    /// What the daemon tells; nobody listens where it is `None`.
    pub(super) status: Option<Status>,
    /// What it finds of the network.
    pub(super) network: Vec<Finding>,
}

impl Scene {
    pub(super) fn new(programs: &Programs) -> Self {
        let home = Home::new();
        let bin = programs.bin();
        let mut status = status(&home.profiles());
        status.daemon.started = UnixTime::from_secs(now() + 60);
        status.daemon.socket = home.socket();
        status.snapshot.logins = vec![login()];
        status.snapshot.profiles = vec![profile()];
        let path = format!("{}:/usr/bin:/bin", bin.display());
        let scene = Self {
            vars: vec![
                ("PATH".into(), path),
                ("DBUS_SESSION_BUS_ADDRESS".into(), "unix:path=/x".into()),
                (
                    "XDG_STATE_HOME".into(),
                    home.path().join("state").display().to_string(),
                ),
            ],
            home,
            bin,
            status: Some(status),
            network: Vec::new(),
        };
        scene.write(&scene.home.profiles(), PROFILES);
        scene.config(&format!(
            "[profile dev]\nregion = eu-west-1\ncredential_process = {} dev\n",
            scene.shim().display()
        ));
        scene
    }

    pub(super) fn shim(&self) -> PathBuf {
        self.bin.join("poolkey-credential-process")
    }

    pub(super) fn write(&self, path: &Path, text: impl AsRef<[u8]>) {
        let directory = path.parent().unwrap();
        fs::create_dir_all(directory).unwrap();
        fs::set_permissions(directory, PermissionsExt::from_mode(0o700)).unwrap();
        fs::write(path, text).unwrap();
        fs::set_permissions(path, PermissionsExt::from_mode(0o600)).unwrap();
    }

    pub(super) fn aws(&self, name: &str) -> PathBuf {
        self.home.path().join(".aws").join(name)
    }

    pub(super) fn state(&self, name: &str) -> PathBuf {
        self.home.path().join("state/poolkey").join(name)
    }

    pub(super) fn config(&self, text: &str) {
        self.write(&self.aws("config"), text);
    }

    pub(super) fn credentials(&self, text: &str) {
        self.write(&self.aws("credentials"), text);
    }

    pub(super) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.unset(name);
        self.vars.push((name.into(), value.into()));
    }

    pub(super) fn unset(&mut self, name: &str) {
        self.vars.retain(|(known, _)| known != name);
    }

    pub(super) fn status(&mut self) -> &mut Status {
        self.status.as_mut().unwrap()
    }

    pub(super) fn login(&mut self) -> &mut LoginView {
        &mut self.status().snapshot.logins[0]
    }

    pub(super) fn profile(&mut self) -> &mut ProfileView {
        &mut self.status().snapshot.profiles[0]
    }

    /// Has the daemon answer from here on.
    pub(super) fn serve(&self) -> Option<Asked> {
        let status = self.status.clone()?;
        let network = self.network.clone();
        let asked = self.home.daemon_of_many(move |ask| match ask {
            Ask::Status => Reply::Status(Box::new(status.clone())),
            Ask::Examine { .. } => Reply::Findings(network.clone()),
            _ => Reply::Done,
        });
        fs::set_permissions(self.home.socket(), PermissionsExt::from_mode(0o600)).unwrap();
        Some(asked)
    }

    pub(super) fn said(&self, args: &[&str]) -> Said {
        let mut command = self.home.command(self.bin.join("poolkey"));
        command.env_remove("POOLKEY_NO_START");
        command.envs(self.vars.iter().map(|(name, value)| (name, value)));
        Said::of(command.arg("doctor").args(args))
    }

    /// What is found, as a program reads it.
    pub(super) fn found(&self, args: &[&str]) -> Vec<Finding> {
        let said = self.said(&[&["--json"], args].concat());
        let told: Value =
            serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {said:?}"));
        let findings: Vec<Finding> = serde_json::from_value(told["findings"].clone()).unwrap();
        let is_bad = findings.iter().any(|found| worse(found) > Severity::Note);
        assert_eq!(said.code, Some(if is_bad { 17 } else { 0 }), "{said:?}");
        findings
    }

    /// The codes of all that is not good, in the order of the alphabet.
    pub(super) fn codes(&self, args: &[&str]) -> Vec<String> {
        codes(&self.found(args))
    }
}

pub(super) fn codes(found: &[Finding]) -> Vec<String> {
    let bad = found.iter().filter(|found| worse(found) > Severity::Good);
    let mut codes: Vec<String> = bad.map(|found| found.code.clone()).collect();
    codes.sort();
    codes
}

fn worse(found: &Finding) -> Severity {
    found.severity
}

fn login() -> LoginView {
    serde_json::from_value(serde_json::json!({
        "name": "acme", "kind": "user_pool", "provider": "eu-west-1_AbCdEf123",
        "state": "signed_in", "working": false, "renews": now() + 2400,
        "id_token_expires": now() + 3030, "session_ends": now() + 30 * 86400 + 60,
        "user": {"sub": "7d1f5a0e-1111-4222-8333-abcdefabcdef", "username": "jane",
            "email": "jane.doe@example.com"},
    }))
    .unwrap()
}

fn profile() -> ProfileView {
    serde_json::from_value(serde_json::json!({
        "name": "dev", "login": "acme",
        "identity_pool_id": "eu-west-1:01234567-89ab-cdef-0123-456789abcdef",
        "keys_expire": now() + 3030, "renews": now() + 1700,
    }))
    .unwrap()
}

pub(super) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

pub(super) const PROFILES: &str = "\
[login.acme]
user_pool_id = \"eu-west-1_AbCdEf123\"
client_id = \"abcdefghij0123456789\"

[profile.dev]
login = \"acme\"
identity_pool_id = \"eu-west-1:01234567-89ab-cdef-0123-456789abcdef\"
";

pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");
