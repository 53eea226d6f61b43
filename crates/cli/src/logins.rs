//! Which login is meant, and how a new one comes into `profiles.toml`.

use poolkey_core::config::Config;
use poolkey_core::failure::{Failure, Trouble};
use poolkey_core::name::LoginName;

use crate::args::NewLogin;
use crate::daemon;
use crate::ending::Ending;
use crate::front::Front;
use crate::profiles_file::ProfilesFile;
use crate::terminal::Person;

mod new;

pub(crate) use self::new::{differing, is_wrong, table};

/// The login by this name, or the only one.
pub(crate) fn named(given: Option<&str>, person: &mut Person) -> Result<LoginName, Ending> {
    let config = ProfilesFile::of_process()?.read()?;
    let name = name(given, &config, person)?;
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
    if !config.logins.contains_key(&name) {
        new::add(&name, new, username, &file, &mut front.person)?;
        daemon::reload(&file, &front.client)?;
        return Ok(name);
    }
    match differing(new, &name, &config, &file) {
        Some(key) => Err(Ending::Usage(format!(
            "The login “{name}” is there already, with another {key} or none. Take another name, \
             or edit “{}”.",
            file.path().display()
        ))),
        None => Ok(name),
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
    let name: LoginName = named
        .parse()
        .map_err(|bad| Ending::Usage(format!("“{named}” cannot be a login's name: {bad}.")))?;
    if name.is_guest() {
        return Err(Failure::from(Trouble::GuestSignIn).into());
    }
    Ok(name)
}

fn unknown(name: &LoginName) -> Failure {
    Trouble::UnknownLogin(name.to_string()).into()
}
