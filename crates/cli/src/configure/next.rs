//! What there is to do when the files are written.

use std::io::Write;

use poolkey_core::config::Config;
use poolkey_core::name::{LoginName, ProfileName};
use poolkey_core::snapshot::LoginState;
use poolkey_files::aws::Text;
use poolkey_ipc::Client;
use poolkey_ipc::client::Starting;

use crate::daemon::look;
use crate::ending::Ending;

/// Names the sign-in and the region that are missing, and a first call. `written` is what
/// `~/.aws/config` says now.
pub(super) fn tell(
    names: &[&ProfileName],
    written: &Text<'_>,
    config: &Config,
    client: &Client,
) -> Result<(), Ending> {
    let mut out = anstream::stdout();
    let mut logins: Vec<LoginName> = names
        .iter()
        .filter_map(|name| config.login_of(name))
        .filter(|login| !login.is_guest())
        .collect();
    logins.sort();
    logins.dedup();
    for login in logins {
        if !is_signed_in(&login, client) {
            writeln!(out, "Sign in: poolkey login {login}")?;
        }
    }
    for name in names {
        let has_region = [name.as_str(), "default"]
            .iter()
            .any(|section| written.value(section, "region").is_some());
        if let (false, Some((_, pool))) = (has_region, config.root(name)) {
            writeln!(
                out,
                "Most commands want a region: poolkey configure {name} --region {}",
                pool.region()
            )?;
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

/// No daemon is started to find out.
fn is_signed_in(login: &LoginName, client: &Client) -> bool {
    let client = client.clone().starting(Starting::Never);
    look(&client).is_ok_and(|status| {
        let mut views = status.snapshot.logins.iter();
        views.any(|view| view.name == *login && view.state == LoginState::SignedIn)
    })
}
