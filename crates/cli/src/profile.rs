//! `poolkey profile`.

use std::io::Write;

use poolkey_core::config::{Config, FileSpec, KeySource, PoolFlow, ProfileSpec};
use poolkey_core::failure::{Code, Failure, Trouble};
use poolkey_core::name::{LoginName, ProfileName};
use poolkey_core::session::Roles;
use poolkey_core::snapshot::LoginState;
use poolkey_ipc::Client;
use serde::Serialize;

use crate::args::ProfileCommand;
use crate::daemon::{self, look};
use crate::ending::Ending;
use crate::interrupt::Interrupt;
use crate::profiles_file::{ProfilesFile, remove};
use crate::status_text::table;
use crate::terminal::Person;
use crate::{configure, logins, words};

mod add;
mod write;

pub(crate) use self::write::note;

/// Adds, lists and removes profiles, and has their keys written. The daemon need not run for it, but where roles are told.
pub(crate) fn run(command: &ProfileCommand, client: &Client) -> Result<(), Ending> {
    let file = ProfilesFile::of_process()?;
    match command {
        ProfileCommand::Add(args) => add::run(args, &file, client),
        ProfileCommand::List { json } => list(*json, &file.read()?),
        ProfileCommand::Write(args) => write::run(args, &file, client),
        ProfileCommand::Roles { login, json } => roles(login.as_deref(), *json, client),
        ProfileCommand::Remove { name } => take_out(name, &file, client),
    }
}

/// A profile as `list --json` prints it.
#[derive(Serialize)]
struct Listed<'a> {
    name: &'a str,
    login: Option<&'a str>,
    source_profile: Option<&'a str>,
    identity_pool_id: Option<&'a str>,
    flow: Option<&'static str>,
    role_arn: Option<&'a str>,
    endpoint: Option<&'a str>,
    write_profile: Option<&'a str>,
    region: Option<&'a str>,
    output: Option<&'a str>,
}

impl<'a> Listed<'a> {
    fn of(name: &'a ProfileName, profile: &'a ProfileSpec, file: Option<&'a FileSpec>) -> Self {
        let (name, role_arn) = (name.as_str(), profile.role_arn());
        let target = file.and_then(|file| file.write_profile.as_ref());
        let write_profile = target.map(ProfileName::as_str);
        let region = file.and_then(|file| file.region.as_deref());
        let output = file.and_then(|file| file.output.as_deref());
        match &profile.source {
            KeySource::Pool(pool) => Self {
                name,
                login: pool.login.as_ref().map(LoginName::as_str),
                source_profile: None,
                identity_pool_id: Some(&pool.identity_pool_id),
                flow: Some(match pool.flow {
                    PoolFlow::Enhanced { .. } => "enhanced",
                    PoolFlow::Classic { .. } => "classic",
                }),
                role_arn,
                endpoint: pool.endpoint.as_deref(),
                write_profile,
                region,
                output,
            },
            KeySource::Role(role) => Self {
                name,
                login: None,
                source_profile: Some(role.source_profile.as_str()),
                identity_pool_id: None,
                flow: None,
                role_arn,
                endpoint: None,
                write_profile,
                region,
                output,
            },
        }
    }

    fn row(&self) -> [String; 5] {
        let from = match (self.login, self.source_profile) {
            (Some(login), _) => login.to_owned(),
            (None, Some(source)) => format!("profile {source}"),
            (None, None) => "guests".to_owned(),
        };
        let role = match (self.role_arn, self.flow) {
            (Some(role), Some("classic")) => format!("{role} (classic flow)"),
            (Some(role), _) => role.to_owned(),
            (None, _) => "the pool's choice".to_owned(),
        };
        let pool = self.identity_pool_id.unwrap_or("–");
        let written = self.write_profile.unwrap_or("–");
        [self.name, &from, pool, &role, written].map(str::to_owned)
    }
}

fn list(json: bool, config: &Config) -> Result<(), Ending> {
    let listed: Vec<Listed<'_>> = config
        .profiles
        .iter()
        .map(|(name, profile)| Listed::of(name, profile, config.files.get(name)))
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
    let head = ["PROFILE", "KEYS OF", "IDENTITY POOL", "ROLE", "WRITTEN AS"];
    let mut rows = vec![head.map(String::from)];
    rows.extend(listed.iter().map(Listed::row));
    Ok(write!(out, "{}", table(&rows))?)
}

fn roles(login: Option<&str>, json: bool, client: &Client) -> Result<(), Ending> {
    let mut person = if json {
        Person::absent()
    } else {
        Person::at_hand(&Interrupt::catch(client))
    };
    let name = logins::named(login, &mut person)?;
    let status = look(client)?;
    let Some(view) = status.snapshot.logins.iter().find(|view| view.name == name) else {
        return Err(Failure::from(Trouble::UnknownLogin(name.to_string())).into());
    };
    match (view.state, view.ended) {
        (LoginState::SignedIn | LoginState::Unread, _) => {}
        (LoginState::NeedsSignIn, Some(ended)) => {
            return Err(Failure::from(Trouble::NeedsSignIn(name, ended)).into());
        }
        (LoginState::NeedsSignIn | LoginState::SignedOut | LoginState::SigningIn, _) => {
            return Err(Failure::from(Trouble::SignedOut(name)).into());
        }
    }
    if view.id_token_expires.is_none() && view.roles.offered.is_empty() {
        return Err(Failure {
            code: Code::Busy,
            sentence: format!("The daemon has no ID token of “{name}” yet."),
            remedy: format!("Run “poolkey renew {name}”, then the command again."),
        }
        .into());
    }
    let mut out = anstream::stdout().lock();
    if json {
        let text = serde_json::to_string(&view.roles).map_err(std::io::Error::from)?;
        return Ok(writeln!(out, "{text}")?);
    }
    if view.roles.offered.is_empty() {
        return Ok(writeln!(
            out,
            "The ID token of “{name}” offers no roles: identity pools choose."
        )?);
    }
    for line in offered(&view.roles) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// The roles, the preferred one marked.
fn offered(roles: &Roles) -> Vec<String> {
    let line = |role: &String| {
        let is_preferred = roles.preferred.as_ref() == Some(role);
        let mark = if is_preferred { "  (preferred)" } else { "" };
        format!("{}{mark}", words::clean(role))
    };
    roles.offered.iter().map(line).collect()
}

fn take_out(name: &str, file: &ProfilesFile, client: &Client) -> Result<(), Ending> {
    let config = file.read()?;
    if !config.profiles.keys().any(|known| known.as_str() == name) {
        return Err(Failure::from(Trouble::UnknownProfile(name.to_owned())).into());
    }
    let heirs: Vec<String> = config
        .profiles
        .iter()
        .filter(|(_, profile)| profile.source_profile().map(ProfileName::as_str) == Some(name))
        .map(|(heir, _)| format!("“{heir}”"))
        .collect();
    if !heirs.is_empty() {
        return Err(Ending::Usage(format!(
            "The keys of “{name}” are the source of {}. Remove that first.",
            heirs.join(" and ")
        )));
    }
    file.edit(|document| remove(document, "profile", name))?;
    daemon::reload(file, client)?;
    writeln!(anstream::stdout(), "Removed profile “{name}”.")?;
    configure::offer_removal(name, &config, file, client)
}
