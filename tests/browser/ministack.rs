//! A Cognito that nobody here wrote, and its hosted UI: ministack.

use std::process::{Command, Stdio};

use poolkey_tests::{Ran, Running, World, free_port, tied, until};
use serde_json::Value;

use crate::tools;

/// Its people sign in by their address.
pub(crate) const ADA: &str = "ada@example.com";

/// ministack as a child.
pub(crate) struct Ministack {
    _running: Running,
    pub(crate) url: String,
    /// What `seed.py` made.
    chain: Value,
}

impl Ministack {
    /// Starts it; the app client takes these redirect URIs.
    pub(crate) fn start(world: &mut World, redirect_uris: &[String]) -> Self {
        let (venv, logs) = (tools().join("venv-foreign/bin"), world.home().join("logs"));
        let url = format!("http://127.0.0.1:{}", free_port());
        let place = |name: &str| world.home().join("ministack").join(name);
        let mut command = tied(venv.join("ministack"));
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            // Without it wrong passwords and forged tokens pass.
            .env("AUTH", "true")
            .env("BIND_HOST", "127.0.0.1")
            .env("GATEWAY_PORT", url.rsplit(':').next().unwrap())
            .env("IOT_MTLS_ENABLED", "0")
            .env("SFTP_ENABLED", "false")
            .env("HOME", place("home"))
            .env("STATE_DIR", place("state"))
            .env("TMPDIR", world.home())
            .env("S3_DATA_DIR", place("s3"))
            .stdin(Stdio::null())
            // It logs each request, with codes and all: none of ours.
            .stdout(Stdio::null());
        let running = Running::start("ministack", &mut command, &logs.join("ministack.log"));
        let health = format!("{url}/_ministack/health");
        until("ministack answers", 60, || {
            ureq::get(&health).call().is_ok()
        });
        let mut seed = Command::new(venv.join("python"));
        seed.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/browser/seed.py"))
            .arg(&url)
            .args(redirect_uris)
            .env("AWS_CONFIG_FILE", "/dev/null")
            .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
            .env_remove("AWS_PROFILE");
        let ran = Ran::of(&mut seed, "");
        let chain: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{ran:?}"));
        let ministack = Self {
            _running: running,
            url,
            chain,
        };
        for secret in ["password", "client_secret"] {
            world.add_secret(secret, ministack.text(secret));
        }
        ministack
    }

    pub(crate) fn text(&self, name: &str) -> &str {
        self.chain[name].as_str().unwrap()
    }
}
