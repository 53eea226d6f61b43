//! A profile of one's own ids, and the login that it belongs to: from a file, from options, and by
//! questions for what they lack.

use poolkey_core::config::{Config, KeySource};
use poolkey_core::name::{LoginName, ProfileName};
use poolkey_files::aws::{Kind, Text, is_source};
use poolkey_ipc::shim;
use toml_edit::{DocumentMut, Table, value};

use super::section::{PROCESS, entries};
use super::writing::{Written, moved, write_profiles};
use super::{Desk, check, found, introduce};
use crate::args::{ConfigureArgs, NewLogin, NewProfile};
use crate::aws_files::AwsFiles;
use crate::ending::Ending;
use crate::logins;
use crate::profiles_file::insert;

pub(super) fn run(args: &ConfigureArgs, config: &Config, desk: &mut Desk) -> Result<(), Ending> {
    let mut new = args.new.clone();
    if let Some(path) = &args.new.import {
        found::take(path, &mut new, desk)?;
    }
    is_enough(&new, config, desk)?;
    let login = login_of(&new, config, desk)?;
    let login_table = login_table(&login, &new, config, desk)?;
    let identity_pool_id = match new.identity_pool_id.clone() {
        Some(id) => id,
        None => ask_identity_pool(desk)?,
    };
    let region = region(args, &identity_pool_id, desk)?;
    let profile = profile_of(&new, (&login, &identity_pool_id), config, desk)?;
    let mut table = Table::new();
    table["login"] = value(login.as_str());
    table["identity_pool_id"] = value(&identity_pool_id);
    if let Some(endpoint) = &new.of_login.endpoint {
        // What stands in for AWS stands in for all of it.
        table["endpoint"] = value(endpoint);
        table["sts_endpoint"] = value(endpoint);
    }
    let given = [("region", region), ("output", args.settings.output.clone())];
    for (key, text) in given {
        if let Some(text) = text {
            table[key] = value(text);
        }
    }
    let path = desk.file.path().to_owned();
    let known = config.profiles.contains_key(&profile);
    let change = |document: &mut DocumentMut| {
        if let Some(login_table) = &login_table {
            is_free(document, "login", login.as_str()).map_err(|()| moved(&path))?;
            insert(document, "login", login.as_str(), login_table.clone())?;
        }
        if known {
            return Ok(());
        }
        is_free(document, "profile", profile.as_str()).map_err(|()| moved(&path))?;
        insert(document, "profile", profile.as_str(), table.clone())
    };
    let (written, config) = write_profiles(&change, desk)?;
    match written {
        Written::Done | Written::AsItIs => check::tell(&login, &desk.client)?,
        Written::Shown => {}
    }
    introduce(&[profile], args, &config, desk)
}

/// Where nobody can be asked, options say all of it.
fn is_enough(new: &NewProfile, config: &Config, desk: &Desk) -> Result<(), Ending> {
    if desk.person.can_be_asked_again() {
        return Ok(());
    }
    let login = &new.of_login;
    let names_one = |name: &String| is_login(name, config);
    let is_known = new.login.as_ref().is_some_and(names_one);
    let is_pool = login.issuer.is_none() && login.token_command.is_empty();
    let missing: Vec<&str> = [
        (
            "--user-pool-id",
            !is_known && is_pool && login.user_pool_id.is_none(),
        ),
        (
            "--client-id",
            !is_known && login.token_command.is_empty() && login.client_id.is_none(),
        ),
        ("--identity-pool-id", new.identity_pool_id.is_none()),
        ("--login", new.login.is_none()),
        ("--profile", new.profile.is_none()),
    ]
    .into_iter()
    .filter_map(|(option, is_missing)| is_missing.then_some(option))
    .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let import = if new.import.is_none() {
        ", or a file that has the ids: --import"
    } else {
        ""
    };
    Err(Ending::Usage(format!(
        "There is no terminal to ask at. For a new profile, give {}{import}",
        missing.join(", ")
    )))
}

/// The login that is named, or a new one.
fn login_of(new: &NewProfile, config: &Config, desk: &mut Desk) -> Result<LoginName, Ending> {
    // The pool that is meant may have a login already.
    let same = config.logins.iter().find(|(_, spec)| {
        let ids = &new.of_login;
        ids.user_pool_id.as_deref() == Some(spec.provider())
            && ids.client_id.as_deref() == Some(spec.client_id())
    });
    // Without ids, the only login there is.
    let mut known = config.logins.keys();
    let only = known.next().filter(|_| known.next().is_none());
    let only = only.filter(|_| !new.of_login.is_given());
    let same = same.map(|(name, _)| name).or(only);
    let offered = match (same, &new.of_login.domain) {
        (Some(name), _) => name.to_string(),
        (None, Some(domain)) => free(label(domain), |name| is_login(name, config)),
        (None, None) => free("main", |name| is_login(name, config)),
    };
    let named = match &new.login {
        Some(name) => name.clone(),
        None => name("login", &offered, "--login NAME", desk)?,
    };
    let name: LoginName = named
        .parse()
        .map_err(|bad| Ending::Usage(format!("“{named}” cannot be a login's name: {bad}.")))?;
    if name.is_guest() {
        return Err(Ending::Usage(format!(
            "“{name}” is what guests are called: take another name."
        )));
    }
    Ok(name)
}

/// What a login is made of that is not there yet.
fn login_table(
    login: &LoginName,
    new: &NewProfile,
    config: &Config,
    desk: &mut Desk,
) -> Result<Option<Table>, Ending> {
    if !config.logins.contains_key(login) {
        let username = new.username.as_deref();
        let table = logins::table(login, &new.of_login, username, &mut desk.person)?;
        return Ok(Some(table));
    }
    let ids = NewLogin {
        user_pool_id: new.of_login.user_pool_id.clone(),
        client_id: new.of_login.client_id.clone(),
        ..NewLogin::default()
    };
    match logins::differing(&ids, login, config, &desk.file) {
        Some(key) => Err(Ending::Usage(format!(
            "The login “{login}” is there already, with another {key} or none. Take another name: \
             --login NAME"
        ))),
        None => Ok(None),
    }
}

fn ask_identity_pool(desk: &mut Desk) -> Result<String, Ending> {
    let prompt = "Identity pool id (like us-east-1:01234567-89ab-cdef-0123-456789abcdef): ";
    let missing = "Name the identity pool that gives the keys: --identity-pool-id ID";
    loop {
        let typed = desk.person.line(prompt, missing)?;
        if let Some(why) = logins::is_wrong("profile", "identity_pool_id", &typed) {
            desk.person.tell(&why)?;
        } else {
            return Ok(typed);
        }
    }
}

/// Tools need one, and the pool's own is as good as any.
fn region(
    args: &ConfigureArgs,
    identity_pool_id: &str,
    desk: &mut Desk,
) -> Result<Option<String>, Ending> {
    if args.settings.region.is_some() {
        return Ok(args.settings.region.clone());
    }
    let offered = identity_pool_id.split_once(':').map(|(region, _)| region);
    let Some(offered) = offered else {
        return Ok(None);
    };
    if !desk.person.can_be_asked_again() {
        return Ok(Some(offered.to_owned()));
    }
    let typed = desk
        .person
        .line(&format!("Region for AWS tools [{offered}]: "), "")?;
    let region = if typed.is_empty() { offered } else { &typed };
    Ok(Some(region.to_owned()))
}

/// The profile that is named. What is offered is free in the files of AWS's tools, too.
fn profile_of(
    new: &NewProfile,
    (login, identity_pool_id): (&LoginName, &str),
    config: &Config,
    desk: &mut Desk,
) -> Result<ProfileName, Ending> {
    let files = AwsFiles::of_process(&config.settings.aws_files)?;
    let taken = [
        (Kind::Config, files.read(&files.config)?),
        (Kind::Credentials, files.read(&files.credentials)?),
    ];
    let is_taken = |name: &str| {
        config.profiles.keys().any(|known| known.as_str() == name)
            || taken
                .iter()
                .any(|(kind, bytes)| has_source(*kind, bytes, name))
    };
    let offered = if is_taken("default") {
        free(login.as_str(), is_taken)
    } else {
        "default".to_owned()
    };
    let named = match &new.profile {
        Some(name) => name.clone(),
        None => name("profile", &offered, "--profile NAME", desk)?,
    };
    let name: ProfileName = named
        .parse()
        .map_err(|bad| Ending::Usage(format!("“{named}” cannot be a profile's name: {bad}.")))?;
    let Some(known) = config.profiles.get(&name) else {
        return Ok(name);
    };
    if let KeySource::Pool(pool) = &known.source
        && pool.login.as_ref() == Some(login)
        && pool.identity_pool_id == identity_pool_id
    {
        return Ok(name);
    }
    Err(Ending::Usage(format!(
        "There is a profile “{name}” already, and it is another. Take another name: --profile NAME"
    )))
}

fn has_source(kind: Kind, bytes: &[u8], name: &str) -> bool {
    Text::read(kind, bytes).is_ok_and(|text| {
        entries(&text, name).any(|(_, key, value)| {
            let is_ours = key == PROCESS && shim::is_ours(value);
            is_source(key) && !is_ours
        })
    })
}

fn name(kind: &str, offered: &str, option: &str, desk: &mut Desk) -> Result<String, Ending> {
    let prompt = format!("Name of the {kind} [{offered}]: ");
    let typed = desk
        .person
        .line(&prompt, &format!("Name the {kind}: {option}"))?;
    Ok(if typed.is_empty() {
        offered.to_owned()
    } else {
        typed
    })
}

/// The name, or with the first number that makes it one of its own.
fn free(name: &str, is_taken: impl Fn(&str) -> bool) -> String {
    if !is_taken(name) {
        return name.to_owned();
    }
    let mut numbered = (2..).map(|number| format!("{name}-{number}"));
    numbered.find(|name| !is_taken(name)).unwrap_or_default()
}

fn is_login(name: &str, config: &Config) -> bool {
    config.logins.keys().any(|known| known.as_str() == name)
}

/// What a domain's owner calls it: `acme` of `acme.auth.eu-west-1.amazoncognito.com`.
fn label(domain: &str) -> &str {
    let host = domain.trim_start_matches("https://");
    let label = host.split('.').next().unwrap_or_default();
    match label {
        "" | "auth" | "login" | "sso" => "main",
        label if label.parse::<LoginName>().is_ok() => label,
        _ => "main",
    }
}

fn is_free(document: &DocumentMut, kind: &str, name: &str) -> Result<(), ()> {
    let group = document.get(kind).and_then(|group| group.as_table_like());
    match group {
        Some(group) if group.contains_key(name) => Err(()),
        Some(_) | None => Ok(()),
    }
}
