//! What is known of this machine's people, accounts and secrets, to be replaced wherever it stands.

use poolkey_files::aws::{Kind, Text};
use poolkey_ipc::Status;

use crate::doctor::machine::Machine;
use crate::doctor::redact::Redactor;

pub(super) fn redactor(machine: &Machine, status: Option<&Status>) -> Redactor {
    let mut redactor = Redactor::default();
    secrets(machine, &mut redactor);
    if let Some(home) = machine.home.as_deref().and_then(|home| home.to_str()) {
        redactor.put(home, "~");
        if let Some((_, name)) = home.rsplit_once('/') {
            redactor.name("os-user", name);
        }
    }
    for name in ["USER", "LOGNAME", "USERNAME"] {
        if let Some(name) = machine.vars.get(name).filter(|name| *name != "root") {
            redactor.name("os-user", name);
        }
    }
    for name in ["HOSTNAME", "HOST", "COMPUTERNAME"] {
        if let Some(name) = machine.vars.get(name) {
            redactor.name("host", name);
        }
    }
    if let Some(status) = status {
        people(status, &mut redactor);
    }
    configured(machine, &mut redactor);
    redactor
}

/// Secrets themselves, should something have repeated one.
fn secrets(machine: &Machine, redactor: &mut Redactor) {
    let mut put = |value: &str| {
        if value.len() >= SECRET {
            redactor.put(value, "<secret>");
        }
    };
    let starts = [
        "AWS_",
        "AMAZON_",
        "HTTP",
        "http",
        "ALL_PROXY",
        "all_proxy",
        "POOLKEY_",
    ];
    for name in starts
        .iter()
        .flat_map(|start| machine.vars.beginning(start))
    {
        let value = machine.vars.get(name).unwrap_or_default();
        let what = name.strip_prefix("POOLKEY_").unwrap_or(name);
        if ["KEY", "SECRET", "TOKEN", "PASS"]
            .iter()
            .any(|word| what.contains(word))
        {
            put(value);
        }
        password(value).into_iter().for_each(&mut put);
    }
    if let Some(proxy) = machine.settings().network.proxy {
        password(proxy.expose()).into_iter().for_each(&mut put);
    }
    let files = [
        (Kind::Config, &machine.aws_config),
        (Kind::Credentials, &machine.aws_credentials),
    ];
    for (kind, content) in files {
        let text = Text::read(kind, content.bytes()).ok();
        for passage in text.iter().flat_map(Text::passages) {
            for (_, key, value) in passage.entries {
                if ["key", "secret", "token", "pass"]
                    .iter()
                    .any(|word| key.contains(word))
                {
                    put(value);
                }
                // Arguments of other programs may be anything.
                if key == "credential_process" {
                    value.split_whitespace().skip(2).for_each(&mut put);
                }
            }
        }
    }
}

/// Name and password of a URL, and both apart.
fn password(url: &str) -> Vec<&str> {
    let Some((_, rest)) = url.split_once("://") else {
        return Vec::new();
    };
    let Some((user, _)) = rest.rsplit_once('@') else {
        return Vec::new();
    };
    let mut parts = vec![user];
    parts.extend(user.split(':'));
    parts
}

/// Who is signed in, to what, with which roles.
fn people(status: &Status, redactor: &mut Redactor) {
    for login in &status.snapshot.logins {
        if let Some(user) = &login.user {
            redactor.name("user", &user.username);
            redactor.name("sub", &user.sub);
            if let Some(email) = &user.email {
                redactor.name("e-mail", email);
                let (name, domain) = email.split_once('@').unwrap_or((email, ""));
                redactor.name("user", name);
                redactor.name("domain", domain);
            }
        }
        redactor.name("provider", &login.provider);
        for role in &login.roles.offered {
            redactor.name("role", role);
            arn(role, redactor);
        }
    }
    for profile in &status.snapshot.profiles {
        if let Some(id) = &profile.identity_pool_id {
            redactor.name("identity_pool_id", id);
        }
        if let Some(role) = &profile.role_arn {
            redactor.name("role", role);
            arn(role, redactor);
        }
    }
}

/// Account and name of a role.
fn arn(role: &str, redactor: &mut Redactor) {
    if let Some(account) = role.split(':').nth(4) {
        redactor.name("account", account);
    }
    if let Some((_, name)) = role.rsplit_once('/') {
        redactor.name("role", name);
    }
}

/// What `profiles.toml` names, in its order.
fn configured(machine: &Machine, redactor: &mut Redactor) {
    let Ok(config) = &machine.config else { return };
    for login in config.logins.values() {
        redactor.name("provider", login.provider());
        redactor.name("client_id", login.client_id());
        if let Some(name) = login.username() {
            redactor.name("user", name);
        }
        let pool = login
            .user_pool()
            .and_then(|pool| pool.managed_login.as_ref());
        if let Some(pages) = pool {
            redactor.name("domain", &pages.domain);
            let host = pages.domain.split_once("://").map_or("", |(_, host)| host);
            redactor.name("domain", host);
        }
    }
    for profile in config.profiles.values() {
        if let Some(pool) = profile.pool() {
            redactor.name("identity_pool_id", &pool.identity_pool_id);
        }
        if let Some(role) = profile.role_arn() {
            redactor.name("role", role);
            arn(role, redactor);
        }
    }
}

/// What is shorter would take words with it.
const SECRET: usize = 4;
