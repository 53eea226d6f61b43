//! How a new login comes into `profiles.toml`: by options, and by questions for what they lack.

use poolkey_core::config::Config;
use poolkey_core::name::LoginName;
use toml_edit::{DocumentMut, Item, Table, value};

use super::unknown;
use crate::args::{FlowName, NewLogin, PreferenceName};
use crate::ending::Ending;
use crate::profiles_file::{ProfilesFile, insert, pairs, texts};
use crate::terminal::Person;

/// Puts a login into `profiles.toml`, asking for what is missing.
pub(super) fn add(
    name: &LoginName,
    new: &NewLogin,
    username: Option<&str>,
    file: &ProfilesFile,
    person: &mut Person,
) -> Result<(), Ending> {
    let table = table(name, new, username, person)?;
    Ok(file.edit(|document| insert(document, "login", name.as_str(), table))?)
}

/// What `profiles.toml` says of a new login.
pub(crate) fn table(
    name: &LoginName,
    new: &NewLogin,
    username: Option<&str>,
    person: &mut Person,
) -> Result<Table, Ending> {
    let whole = complete(name, new, person)?;
    let mut table = Table::new();
    for (key, item) in entries(&whole) {
        table[key] = item;
        if let ("client_id", Some(username)) = (key, username) {
            table["username"] = value(username);
        }
    }
    Ok(table)
}

/// What is wrong with an id, so that it is asked for again before all the others are.
pub(crate) fn is_wrong(kind: &str, key: &str, typed: &str) -> Option<String> {
    let mut document = DocumentMut::new();
    let mut table = Table::new();
    if kind == "login" {
        table["client_id"] = value("x");
    }
    table[key] = value(typed);
    insert(&mut document, kind, "x", table).ok()?;
    Config::parse(&document.to_string())
        .err()
        .map(|error| error.text)
}

/// The first of these that is not what the login has: a file in which it stood, too, would say
/// something else.
pub(crate) fn differing(
    new: &NewLogin,
    name: &LoginName,
    config: &Config,
    file: &ProfilesFile,
) -> Option<&'static str> {
    let is_same = |key: &str, item: &Item| {
        let with = file.preview(|document| {
            set(document, name, key, item.clone());
            Ok(())
        });
        with.is_ok_and(|with| with.logins.get(name) == config.logins.get(name))
    };
    entries(new)
        .into_iter()
        .find_map(|(key, item)| (!is_same(key, &item)).then_some(key))
}

fn set(document: &mut DocumentMut, name: &LoginName, key: &str, item: Item) {
    let login = document
        .get_mut("login")
        .and_then(Item::as_table_like_mut)
        .and_then(|logins| logins.get_mut(name.as_str()))
        .and_then(Item::as_table_like_mut);
    if let Some(login) = login {
        login.insert(key, item);
    }
}

/// What was given, under the keys of `profiles.toml`.
fn entries(new: &NewLogin) -> Vec<(&'static str, Item)> {
    let NewLogin {
        user_pool_id,
        client_id,
        flow,
        preferred_challenge,
        admin_profile,
        session_life,
        endpoint,
        fips,
        dual_stack,
        domain,
        redirect_uri,
        scope,
        identity_provider,
        idp_identifier,
        logout_uri,
        parameter,
        issuer,
        token_command,
    } = new;
    let text = |text: &Option<String>| text.as_ref().map(value);
    let list = |all: &[String]| (!all.is_empty()).then(|| texts(all));
    let on = |on: bool| on.then(|| value(true));
    let all = [
        ("user_pool_id", text(user_pool_id)),
        ("issuer", text(issuer)),
        ("token_command", list(token_command)),
        ("client_id", text(client_id)),
        ("flow", flow.map(|flow| value(FlowName::name(flow)))),
        (
            "preferred_challenge",
            preferred_challenge.map(|name| value(PreferenceName::name(name))),
        ),
        ("domain", text(domain)),
        ("redirect_uris", list(redirect_uri)),
        ("scopes", list(scope)),
        ("identity_provider", text(identity_provider)),
        ("idp_identifier", text(idp_identifier)),
        ("logout_uri", text(logout_uri)),
        (
            "parameters",
            (!parameter.is_empty()).then(|| pairs(parameter.iter().cloned())),
        ),
        ("session_life", text(session_life)),
        ("admin_profile", text(admin_profile)),
        ("endpoint", text(endpoint)),
        ("fips", on(*fips)),
        ("dual_stack", on(*dual_stack)),
    ];
    all.into_iter()
        .filter_map(|(key, item)| Some((key, item?)))
        .collect()
}

/// The kinds of logins, as people tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Password,
    ManagedLogin,
    Provider,
    Program,
}

/// The same with what a person adds to it. Nobody is asked for what need not be there.
fn complete(name: &LoginName, new: &NewLogin, person: &mut Person) -> Result<NewLogin, Ending> {
    let mut whole = new.clone();
    let kind = match kind_of(new) {
        Some(kind) => kind,
        None if person.can_be_asked_again() => ask_kind(person)?,
        None => return Err(unknown(name).into()),
    };
    match kind {
        Kind::Password | Kind::ManagedLogin => {
            ask(&mut whole.user_pool_id, POOL_ID, name, person)?;
            ask(&mut whole.client_id, "App client id: ", name, person)?;
            if kind == Kind::ManagedLogin {
                let prompt = "Domain (like acme.auth.eu-west-1.amazoncognito.com): ";
                ask(&mut whole.domain, prompt, name, person)?;
                ask_redirect_uris(&mut whole.redirect_uri, person)?;
            }
        }
        Kind::Provider => {
            let prompt = "Issuer (like https://accounts.google.com): ";
            ask(&mut whole.issuer, prompt, name, person)?;
            ask(&mut whole.client_id, "Client id: ", name, person)?;
        }
        Kind::Program => ask_command(&mut whole.token_command, person)?,
    }
    Ok(whole)
}

fn kind_of(new: &NewLogin) -> Option<Kind> {
    let for_pages = new.domain.is_some()
        || new.identity_provider.is_some()
        || new.idp_identifier.is_some()
        || new.logout_uri.is_some()
        || matches!(new.flow, Some(FlowName::Browser));
    let for_pool = new.user_pool_id.is_some()
        || new.flow.is_some()
        || new.preferred_challenge.is_some()
        || new.admin_profile.is_some()
        || new.endpoint.is_some();
    if !new.token_command.is_empty() {
        Some(Kind::Program)
    } else if new.issuer.is_some() {
        Some(Kind::Provider)
    } else if for_pages {
        Some(Kind::ManagedLogin)
    } else {
        for_pool.then_some(Kind::Password)
    }
}

fn ask_kind(person: &mut Person) -> Result<Kind, Ending> {
    for line in KINDS {
        person.tell(line)?;
    }
    loop {
        match &*person.line("Number [1]: ", "")? {
            "" | "1" => return Ok(Kind::Password),
            "2" => return Ok(Kind::ManagedLogin),
            "3" => return Ok(Kind::Provider),
            "4" => return Ok(Kind::Program),
            _ => {}
        }
    }
}

fn ask(
    given: &mut Option<String>,
    prompt: &str,
    name: &LoginName,
    person: &mut Person,
) -> Result<(), Ending> {
    if given.is_none() {
        if !person.can_be_asked_again() {
            return Err(unknown(name).into());
        }
        *given = Some(loop {
            let typed = answered(prompt, person)?;
            match is_wrong("login", "user_pool_id", &typed).filter(|_| prompt == POOL_ID) {
                Some(why) => person.tell(&why)?,
                None => break typed,
            }
        });
    }
    Ok(())
}

/// Without a terminal the configuration says that they are missing.
fn ask_redirect_uris(given: &mut Vec<String>, person: &mut Person) -> Result<(), Ending> {
    if given.is_empty() && person.can_be_asked_again() {
        let prompt = format!("Callback URLs of the app client [{COMMON_REDIRECT}]: ");
        let typed = person.line(&prompt, "")?;
        given.extend(
            typed
                .split([' ', ','])
                .filter(|url| !url.is_empty())
                .map(String::from),
        );
        if given.is_empty() {
            given.push(COMMON_REDIRECT.to_owned());
        }
    }
    Ok(())
}

fn ask_command(given: &mut Vec<String>, person: &mut Person) -> Result<(), Ending> {
    if given.is_empty() {
        given.push(answered(
            "Program that prints an ID token, by its path: ",
            person,
        )?);
        loop {
            match person.line("Its next argument [no more]: ", "")? {
                argument if argument.is_empty() => break,
                argument => given.push(argument),
            }
        }
    }
    Ok(())
}

fn answered(prompt: &str, person: &mut Person) -> Result<String, Ending> {
    loop {
        let typed = person.line(prompt, "")?;
        if !typed.is_empty() {
            return Ok(typed);
        }
    }
}

const POOL_ID: &str = "User pool id: ";

const KINDS: [&str; 5] = [
    "How do you sign in to it?",
    "  1  With a user name and a password, at a Cognito user pool",
    "  2  In the browser, at the pages of a Cognito user pool: managed login, SAML, social sign-in",
    "  3  In the browser, at an OpenID provider: Google, Microsoft Entra, Okta, Auth0, Keycloak …",
    "  4  Not at all: a program prints an ID token",
];

/// What the documentation has people register.
const COMMON_REDIRECT: &str = "http://localhost:8400/callback";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_tell_the_kind() {
        let some = || Some("x".to_owned());
        for (new, kind) in [
            (NewLogin::default(), None),
            (
                NewLogin {
                    client_id: some(),
                    ..NewLogin::default()
                },
                None,
            ),
            (
                NewLogin {
                    user_pool_id: some(),
                    ..NewLogin::default()
                },
                Some(Kind::Password),
            ),
            (
                NewLogin {
                    user_pool_id: some(),
                    flow: Some(FlowName::Browser),
                    ..NewLogin::default()
                },
                Some(Kind::ManagedLogin),
            ),
            (
                NewLogin {
                    idp_identifier: some(),
                    ..NewLogin::default()
                },
                Some(Kind::ManagedLogin),
            ),
            (
                NewLogin {
                    issuer: some(),
                    ..NewLogin::default()
                },
                Some(Kind::Provider),
            ),
            (
                NewLogin {
                    issuer: some(),
                    token_command: vec!["/x".into()],
                    ..NewLogin::default()
                },
                Some(Kind::Program),
            ),
        ] {
            assert_eq!(kind_of(&new), kind);
        }
    }
}
