//! What there is to do when the files are written.

use std::io::Write;

use poolkey_core::config::{Config, KeySource};
use poolkey_core::name::{LoginName, ProfileName};
use poolkey_core::snapshot::LoginState;
use poolkey_ipc::Client;
use poolkey_ipc::client::Starting;

use crate::daemon::look;
use crate::ending::Ending;

/// Names the sign-in that is missing, and a first call.
pub(super) fn tell(names: &[&ProfileName], config: &Config, client: &Client) -> Result<(), Ending> {
    let mut out = anstream::stdout();
    let mut logins: Vec<&LoginName> = names
        .iter()
        .filter_map(|name| login_of(name, config))
        .collect();
    logins.sort();
    logins.dedup();
    for login in logins {
        if !is_signed_in(login, client) {
            writeln!(out, "Sign in: poolkey login {login}")?;
        }
    }
    if let Some(name) = names.first() {
        let profile = match name.as_str() {
            "default" => String::new(),
            name => format!(" --profile {name}"),
        };
        writeln!(out, "Then try it: aws sts get-caller-identity{profile}")?;
    }
    Ok(())
}

/// The login at the beginning of a profile's chain; guests have none.
fn login_of<'c>(name: &ProfileName, config: &'c Config) -> Option<&'c LoginName> {
    let mut name = name;
    // A chain is no longer than there are profiles.
    for _ in 0..config.profiles.len() {
        match &config.profiles.get(name)?.source {
            KeySource::Pool(pool) => return pool.login.as_ref(),
            KeySource::Role(role) => name = &role.source_profile,
        }
    }
    None
}

/// No daemon is started to find out.
fn is_signed_in(login: &LoginName, client: &Client) -> bool {
    let client = client.clone().starting(Starting::Never);
    look(&client).is_ok_and(|status| {
        let mut views = status.snapshot.logins.iter();
        views.any(|view| view.name == *login && view.state == LoginState::SignedIn)
    })
}
