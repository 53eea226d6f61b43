//! `poolkey profile add`.

use std::io::Write;
use std::path::Path;

use poolkey_core::config::Config;
use poolkey_core::failure::{Failure, Trouble};
use poolkey_core::name::{LoginName, ProfileName};
use poolkey_core::session::Roles;
use poolkey_ipc::client::Starting;
use poolkey_ipc::{Client, shim};
use toml_edit::{Item, Table, value};

use super::write;
use crate::args::{AddArgs, PoolFlowName, SettingsArgs};
use crate::daemon::{self, look};
use crate::ending::{Ending, file_failure, warn};
use crate::interrupt::Interrupt;
use crate::profiles_file::{ProfilesFile, insert, pairs, texts};
use crate::terminal::Person;

pub(super) fn run(args: &AddArgs, file: &ProfilesFile, client: &Client) -> Result<(), Ending> {
    let name: ProfileName = args.name.parse().map_err(|bad| {
        Ending::Usage(format!(
            "“{}” cannot be a profile's name: {bad}.",
            args.name
        ))
    })?;
    let config = file.read()?;
    is_possible(&name, args, &config, file)?;
    let mut table = Table::new();
    for (key, item) in entries(args)? {
        table[key] = item;
    }
    let insert_it = |table: &Table| {
        let table = table.clone();
        let name = name.as_str();
        move |document: &mut toml_edit::DocumentMut| insert(document, "profile", name, table)
    };
    if may_choose(args) {
        // A person is asked for a role only where the rest is right.
        file.rehearse(insert_it(&table))?;
        if let Some(role) = choose_role(args, client)? {
            table["role_arn"] = value(role);
        }
    }
    file.edit(insert_it(&table))?;
    daemon::reload(file, client)?;
    tell(&name, &args.file.settings)?;
    write::tell(&name, &file.read()?)
}

/// The name is free, and what it names is there.
fn is_possible(
    name: &ProfileName,
    args: &AddArgs,
    config: &Config,
    file: &ProfilesFile,
) -> Result<(), Ending> {
    if config.profiles.contains_key(name) {
        return Err(Ending::Usage(format!(
            "The profile “{name}” is there already. Remove it first, or edit “{}”.",
            file.path().display()
        )));
    }
    if args.login.as_deref() == Some(LoginName::guest().as_str()) {
        return Err(Failure {
            remedy: "For keys of guests, give --guest in place of --login.".into(),
            ..Trouble::GuestSignIn.into()
        }
        .into());
    }
    if let Some(login) = &args.login
        && !config.logins.keys().any(|known| known.as_str() == login)
    {
        return Err(Failure::from(Trouble::UnknownLogin(login.clone())).into());
    }
    if let Some(source) = &args.chain.source_profile
        && !config.profiles.keys().any(|known| known.as_str() == source)
    {
        return Err(Failure::from(Trouble::UnknownProfile(source.clone())).into());
    }
    Ok(())
}

/// What was given, under the keys of `profiles.toml`.
fn entries(args: &AddArgs) -> Result<Vec<(&'static str, Item)>, Ending> {
    let AddArgs {
        name: _,
        login,
        guest: _,
        identity_pool_id,
        role_arn,
        any_role: _,
        endpoint,
        role,
        chain,
        sts,
        file,
    } = args;
    let text = |text: &Option<String>| text.as_ref().map(value);
    let list = |all: &[String]| (!all.is_empty()).then(|| texts(all));
    let on = |on: bool| on.then(|| value(true));
    let flow = match (role.flow, role.classic) {
        (Some(PoolFlowName::Classic), _) | (None, true) => Some("classic"),
        (Some(PoolFlowName::Enhanced), _) => Some("enhanced"),
        (None, false) => None,
    };
    let policy = match &role.session_policy {
        Some(path) => Some(read_policy(path)?),
        None => None,
    };
    let tags = chain.tag.iter().cloned();
    let all = [
        ("login", text(login)),
        ("identity_pool_id", text(identity_pool_id)),
        ("flow", flow.map(value)),
        ("source_profile", text(&chain.source_profile)),
        ("role_arn", text(role_arn)),
        ("session_name", text(&role.session_name)),
        ("duration", text(&role.duration)),
        ("session_policy", policy.map(value)),
        ("policy_arns", list(&role.policy_arn)),
        ("external_id", text(&chain.external_id)),
        ("tags", (!chain.tag.is_empty()).then(|| pairs(tags))),
        ("transitive_tags", list(&chain.transitive_tag)),
        ("endpoint", text(endpoint)),
        ("sts_endpoint", text(&sts.sts_endpoint)),
        ("sts_region", text(&sts.sts_region)),
        ("fips", on(sts.fips)),
        ("dual_stack", on(sts.dual_stack)),
        ("write_profile", text(&file.write_profile)),
        ("region", text(&file.settings.region)),
        ("output", text(&file.settings.output)),
    ];
    let given = all
        .into_iter()
        .filter_map(|(key, item)| Some((key, item?)))
        .collect();
    Ok(given)
}

fn read_policy(path: &Path) -> Result<String, Ending> {
    let text = std::fs::read_to_string(path).map_err(|error| file_failure(path, &error))?;
    Ok(text.trim().to_owned())
}

/// Only the enhanced flow takes a role or leaves the choice to the identity pool.
fn may_choose(args: &AddArgs) -> bool {
    let enhanced = !args.role.classic && args.role.flow != Some(PoolFlowName::Classic);
    args.login.is_some() && args.role_arn.is_none() && !args.any_role && enhanced
}

/// What a person chooses of the roles that the login's token offers. No daemon is started for it,
/// and nobody is asked where there is nothing to choose.
fn choose_role(args: &AddArgs, client: &Client) -> Result<Option<String>, Ending> {
    let mut person = Person::at_hand(&Interrupt::catch(client));
    let client = client.clone().starting(Starting::Never);
    if !person.can_be_asked_again() || !client.is_answered()? {
        return Ok(None);
    }
    let status = look(&client)?;
    let login = args.login.as_deref().unwrap_or_default();
    let mut views = status.snapshot.logins.into_iter();
    match views.find(|view| view.name.as_str() == login) {
        Some(view) if view.roles.offered.len() > 1 => ask_role(login, &view.roles, &mut person),
        Some(_) | None => Ok(None),
    }
}

fn ask_role(login: &str, roles: &Roles, person: &mut Person) -> Result<Option<String>, Ending> {
    person.tell(&format!("“{login}” may have one of these roles:"))?;
    for (at, line) in super::offered(roles).iter().enumerate() {
        person.tell(&format!("  {}  {line}", at + 1))?;
    }
    let last = roles.offered.len();
    let prompt = format!("Number (1 to {last}), or Enter for the identity pool's choice: ");
    loop {
        let typed = person.line(&prompt, "")?;
        if typed.is_empty() {
            return Ok(None);
        }
        let number = typed.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
        if let Some(role) = number.and_then(|n| roles.offered.get(n)) {
            return Ok(Some(role.clone()));
        }
    }
}

fn tell(name: &ProfileName, settings: &SettingsArgs) -> Result<(), Ending> {
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
        "Added profile “{name}”. “poolkey configure {name}” puts these lines into \
         ~/.aws/config:\n"
    )?;
    for line in shim::aws_config(name, &shim) {
        writeln!(out, "{line}")?;
    }
    for (key, value) in [("region", &settings.region), ("output", &settings.output)] {
        if let Some(value) = value {
            writeln!(out, "{key} = {value}")?;
        }
    }
    Ok(())
}
