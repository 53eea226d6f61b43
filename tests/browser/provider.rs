//! An OpenID provider that nobody here wrote: npm's oidc-provider.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Stdio;

use poolkey_tests::{Running, World, tied, until};
use serde_json::{Value, json};

use crate::tools;

/// Who can sign in there, and with what.
pub(crate) const ADA: (&str, &str) = ("ada", "Adas-Provider-Passw0rd-1815");
pub(crate) const BOB: (&str, &str) = ("bob", "Bobs-Provider-Passw0rd-1912");

/// The provider as a child. It ends with its input, which this holds.
pub(crate) struct Provider {
    _running: Running,
    /// What it told so far.
    told: PathBuf,
    pub(crate) issuer: String,
}

impl Provider {
    /// Starts it with these clients and lifetimes.
    pub(crate) fn start(world: &mut World, clients: &Value, ttl: &Value) -> Self {
        let person = |(name, password): (&str, &str)| json!({"password": password, "email": format!("{name}@provider.example"), "name": name});
        let asked = json!({
            "clients": clients,
            "people": {"ada": person(ADA), "bob": person(BOB)},
            "ttl": ttl,
        });
        for (name, password) in [ADA, BOB] {
            world.add_secret(&format!("password of {name} at the provider"), password);
        }
        let logs = world.home().join("logs");
        // It tells no token and no code.
        let told = logs.join("provider.out");
        let mut command = tied("node");
        command
            .arg(tools().join("node-browser/provider.mjs"))
            .arg(asked.to_string())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .stdin(Stdio::piped())
            .stdout(File::create(&told).unwrap());
        let running = Running::start("oidc-provider", &mut command, &logs.join("provider.log"));
        let mut provider = Self {
            _running: running,
            told,
            issuer: String::new(),
        };
        until("the provider listens", 20, || !provider.lines().is_empty());
        let ready = provider.lines().swap_remove(0);
        provider.issuer = ready["issuer"].as_str().unwrap().to_owned();
        provider
    }

    /// How often it gave tokens for this (`authorization_code`, `refresh_token`).
    pub(crate) fn granted(&self, grant_type: &str) -> usize {
        self.count(|line| line["event"] == "grant.success" && line["grant_type"] == grant_type)
    }

    /// How often it refused to.
    pub(crate) fn refused(&self, grant_type: &str) -> usize {
        self.count(|line| line["event"] == "grant.error" && line["grant_type"] == grant_type)
    }

    /// How often this happened.
    pub(crate) fn happened(&self, event: &str) -> usize {
        self.count(|line| line["event"] == event)
    }

    fn count(&self, is_it: impl Fn(&Value) -> bool) -> usize {
        self.lines().iter().filter(|line| is_it(line)).count()
    }

    fn lines(&self) -> Vec<Value> {
        let text = fs::read_to_string(&self.told).unwrap_or_default();
        // The last one may be on its way; and it has things to say of its own.
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        let ours = whole.lines().filter(|line| line.starts_with('{'));
        ours.map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

/// A client without a secret that comes back to this machine.
pub(crate) fn native_client(id: &str, redirect_uris: &[String]) -> Value {
    json!({
        "client_id": id,
        "application_type": "native",
        "token_endpoint_auth_method": "none",
        "redirect_uris": redirect_uris,
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
    })
}

/// A user pool behind which it stands: a client with a secret.
pub(crate) fn pool_client(id: &str, secret: &str, redirect_uri: &str) -> Value {
    json!({
        "client_id": id,
        "client_secret": secret,
        "token_endpoint_auth_method": "client_secret_post",
        "redirect_uris": [redirect_uri],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
    })
}
