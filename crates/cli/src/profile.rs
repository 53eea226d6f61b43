//! `poolkey profile`.

use std::io::Write;

use poolkey_core::config::Config;
use poolkey_core::failure::{Failure, Trouble};
use poolkey_core::name::{LoginName, ProfileName};
use poolkey_ipc::{Client, shim};
use serde::Serialize;
use toml_edit::{Table, value};

use crate::args::{AddArgs, ProfileCommand};
use crate::daemon;
use crate::ending::{Ending, warn};
use crate::profiles_file::{ProfilesFile, insert, remove};
use crate::status_text::table;

/// Adds, lists and removes profiles. The daemon need not run for it.
pub(crate) fn run(command: &ProfileCommand, client: &Client) -> Result<(), Ending> {
    let file = ProfilesFile::of_process()?;
    match command {
        ProfileCommand::Add(args) => add(args, &file, client),
        ProfileCommand::List { json } => list(*json, &file.read()?),
        ProfileCommand::Remove { name } => take_out(name, &file, client),
    }
}

fn add(args: &AddArgs, file: &ProfilesFile, client: &Client) -> Result<(), Ending> {
    let name: ProfileName = args.name.parse().map_err(|bad| {
        Ending::Usage(format!(
            "“{}” cannot be a profile's name: {bad}.",
            args.name
        ))
    })?;
    let config = file.read()?;
    if config.profiles.contains_key(&name) {
        return Err(Ending::Usage(format!(
            "The profile “{name}” is there already. Remove it first, or edit “{}”.",
            file.path().display()
        )));
    }
    if !config
        .logins
        .keys()
        .any(|login| login.as_str() == args.login)
    {
        return Err(Failure::from(Trouble::UnknownLogin(args.login.clone())).into());
    }
    let mut table = Table::new();
    table["login"] = value(&args.login);
    table["identity_pool_id"] = value(&args.identity_pool_id);
    for (key, given) in [("role_arn", &args.role_arn), ("endpoint", &args.endpoint)] {
        if let Some(given) = given {
            table[key] = value(given);
        }
    }
    file.edit(|document| insert(document, "profile", name.as_str(), table))?;
    daemon::reload(file, client)?;

    let shim = shim::path();
    if !shim::is_readable_by_all(&shim) {
        warn(&format!(
            "“{}” has a character that some AWS SDKs do not read in a command; install Poolkey \
             elsewhere, or link to it from a plainer path.",
            shim.display()
        ));
    }
    let mut out = anstream::stdout().lock();
    writeln!(
        out,
        "Added profile “{name}”. Put these lines into ~/.aws/config:\n"
    )?;
    for line in shim::aws_config(&name, &shim) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// A profile as `list --json` prints it.
#[derive(Serialize)]
struct Listed<'a> {
    name: &'a str,
    login: &'a str,
    identity_pool_id: &'a str,
    role_arn: Option<&'a str>,
    endpoint: Option<&'a str>,
}

fn list(json: bool, config: &Config) -> Result<(), Ending> {
    let listed: Vec<Listed<'_>> = config
        .profiles
        .iter()
        .map(|(name, profile)| Listed {
            name: name.as_str(),
            login: profile
                .pool()
                .and_then(|pool| pool.login.as_ref())
                .map_or("", LoginName::as_str),
            identity_pool_id: profile
                .pool()
                .map_or("", |pool| pool.identity_pool_id.as_str()),
            role_arn: profile.role_arn(),
            endpoint: profile.pool().and_then(|pool| pool.endpoint.as_deref()),
        })
        .collect();
    let mut out = anstream::stdout().lock();
    if json {
        let text = serde_json::to_string(&listed).map_err(std::io::Error::from)?;
        return Ok(writeln!(out, "{text}")?);
    }
    if listed.is_empty() {
        return Ok(writeln!(
            out,
            "There are no profiles. Add one: poolkey profile add NAME --login LOGIN \
             --identity-pool-id ID"
        )?);
    }
    let mut rows = vec![["PROFILE", "LOGIN", "IDENTITY POOL", "ROLE"].map(String::from)];
    rows.extend(listed.iter().map(|profile| {
        [
            profile.name,
            profile.login,
            profile.identity_pool_id,
            profile.role_arn.unwrap_or("the pool's choice"),
        ]
        .map(String::from)
    }));
    Ok(write!(out, "{}", table(&rows))?)
}

fn take_out(name: &str, file: &ProfilesFile, client: &Client) -> Result<(), Ending> {
    if !file
        .read()?
        .profiles
        .keys()
        .any(|known| known.as_str() == name)
    {
        return Err(Failure::from(Trouble::UnknownProfile(name.to_owned())).into());
    }
    file.edit(|document| remove(document, "profile", name))?;
    daemon::reload(file, client)?;
    let section = if name == "default" {
        "[default]".to_owned()
    } else {
        format!("[profile {name}]")
    };
    Ok(writeln!(
        anstream::stdout(),
        "Removed profile “{name}”. If ~/.aws/config has it under {section}, remove that, too."
    )?)
}
