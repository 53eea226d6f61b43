//! Which login is meant, and how a new one comes into `profiles.toml`.

use poolkey_core::config::{Config, Flow, LoginSpec, Preference, UserPoolSpec};
use poolkey_core::failure::{Failure, Trouble};
use poolkey_core::name::LoginName;
use toml_edit::{Table, value};

use crate::args::{FlowName, NewLogin, PreferenceName};
use crate::daemon;
use crate::ending::Ending;
use crate::front::Front;
use crate::profiles_file::{ProfilesFile, insert};
use crate::terminal::Person;

/// The login by this name, or the only one.
pub(crate) fn named(given: Option<&str>, front: &mut Front) -> Result<LoginName, Ending> {
    let config = ProfilesFile::of_process()?.read()?;
    let name = name(given, &config, &mut front.person)?;
    if config.logins.contains_key(&name) {
        Ok(name)
    } else {
        Err(unknown(&name).into())
    }
}

/// The login by this name, or the only one, or a new one.
pub(crate) fn named_or_new(
    given: Option<&str>,
    new: &NewLogin,
    username: Option<&str>,
    front: &mut Front,
) -> Result<LoginName, Ending> {
    let file = ProfilesFile::of_process()?;
    let config = file.read()?;
    let name = name(given, &config, &mut front.person)?;
    match config.logins.get(&name) {
        Some(login) => match differing(new, login) {
            Some(what) => Err(Ending::Usage(format!(
                "The login “{name}” is there already, with another {what}. \
                 Take another name, or edit “{}”.",
                file.path().display()
            ))),
            None => Ok(name),
        },
        None => {
            add(&name, new, username, &file, &mut front.person)?;
            daemon::reload(&file, &front.client)?;
            Ok(name)
        }
    }
}

fn name(given: Option<&str>, config: &Config, person: &mut Person) -> Result<LoginName, Ending> {
    let known: Vec<&str> = config.logins.keys().map(LoginName::as_str).collect();
    let named = match (given, &known[..]) {
        (Some(name), _) => name.to_owned(),
        (None, [only]) => (*only).to_owned(),
        (None, []) => person.line("Name of the new login: ", "Name a login.")?,
        (None, _) => person.line(
            &format!("Login ({}): ", known.join(", ")),
            "There are several logins: name one.",
        )?,
    };
    named
        .parse()
        .map_err(|bad| Ending::Usage(format!("“{named}” cannot be a login's name: {bad}.")))
}

/// What was given for a new login and is not what the login has.
fn differing(new: &NewLogin, login: &LoginSpec) -> Option<&'static str> {
    fn other<T: PartialEq>(given: Option<T>, is: Option<T>) -> bool {
        given.is_some() && given != is
    }
    let LoginSpec::UserPool(UserPoolSpec {
        user_pool_id,
        client_id,
        username: _,
        flow,
        preferred_challenge,
        session_life: _,
        admin_profile,
        managed_login: _,
        endpoint,
        variants: _,
    }) = login
    else {
        return Some("provider");
    };
    let ids = other(new.user_pool_id.as_ref(), Some(user_pool_id))
        || other(new.client_id.as_ref(), Some(client_id));
    let differences = [
        (ids, "user pool or app client"),
        (other(new.flow.map(Flow::from), Some(*flow)), "flow"),
        (
            other(
                new.preferred_challenge.map(Preference::from),
                *preferred_challenge,
            ),
            "preferred challenge",
        ),
        (
            other(new.admin_profile.as_ref(), admin_profile.as_ref()),
            "admin profile",
        ),
        (other(new.endpoint.as_ref(), endpoint.as_ref()), "endpoint"),
    ];
    differences
        .into_iter()
        .find_map(|(differs, what)| differs.then_some(what))
}

/// Puts a login into `profiles.toml`, asking for what is missing.
fn add(
    name: &LoginName,
    new: &NewLogin,
    username: Option<&str>,
    file: &ProfilesFile,
    person: &mut Person,
) -> Result<(), Ending> {
    let mut id = |given: &Option<String>, prompt: &str| match given {
        Some(id) => Ok(id.clone()),
        None if person.can_be_asked_again() => person.line(prompt, ""),
        None => Err(unknown(name).into()),
    };
    let user_pool_id = id(&new.user_pool_id, "User pool id: ")?;
    let client_id = id(&new.client_id, "App client id: ")?;

    let mut table = Table::new();
    table["user_pool_id"] = value(user_pool_id);
    table["client_id"] = value(client_id);
    let rest = [
        ("username", username),
        ("flow", new.flow.map(FlowName::name)),
        (
            "preferred_challenge",
            new.preferred_challenge.map(PreferenceName::name),
        ),
        ("admin_profile", new.admin_profile.as_deref()),
        ("endpoint", new.endpoint.as_deref()),
    ];
    for (key, given) in rest {
        if let Some(given) = given {
            table[key] = value(given);
        }
    }
    file.edit(|document| insert(document, "login", name.as_str(), table))?;
    Ok(())
}

fn unknown(name: &LoginName) -> Failure {
    Trouble::UnknownLogin(name.to_string()).into()
}
