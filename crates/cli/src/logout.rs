//! `poolkey logout`.

use std::io::Write;

use poolkey_core::config::LoginSpec;
use poolkey_core::event::{SignOutScope, SignedOut};
use poolkey_core::failure::{Code, Failure};
use poolkey_core::name::LoginName;
use poolkey_ipc::{Ask, Client, Reply};
use url::Url;

use crate::args::LogoutArgs;
use crate::browser::{self, Surroundings};
use crate::ending::{Ending, warn};
use crate::interrupt::Interrupt;
use crate::profiles_file::ProfilesFile;
use crate::terminal::Person;
use crate::{logins, words};

mod told;

use told::{lines, provider, undone, warnings};

/// Signs out, and says what came of each step. What was asked for and could not be done is how the
/// command ends, after all else was done and told.
pub(crate) fn run(args: &LogoutArgs, client: &Client) -> Result<(), Ending> {
    let mut person = if args.json {
        Person::absent()
    } else {
        Person::at_hand(&Interrupt::catch(client))
    };
    let login = match &args.login {
        Some(login) => login.clone(),
        None => logins::named(None, &mut person)?.to_string(),
    };
    let scope = match (args.everywhere, args.local) {
        (true, _) => SignOutScope::Everywhere,
        (false, true) => SignOutScope::Local,
        (false, false) => SignOutScope::Session,
    };
    if scope == SignOutScope::Everywhere && !args.yes {
        agree(&login, &mut person)?;
    }
    let spec = spec(&login);
    let mut told = ask(&login, scope, client)?;
    if scope != SignOutScope::Local && told.logout_url.is_none() {
        told.logout_url = spec.as_ref().and_then(page);
    }
    let mut out = anstream::stdout().lock();
    if args.json {
        let line = serde_json::to_string(&told).map_err(std::io::Error::from)?;
        writeln!(out, "{line}")?;
    } else {
        for line in lines(&login, &told, scope, provider(spec.as_ref()), words::now()) {
            writeln!(out, "{line}")?;
        }
    }
    drop(out);
    let browser = match (args.browser, &told.logout_url) {
        (true, Some(url)) => sign_browser_out(url, args.json),
        (true, None) => Err(no_page(scope, spec.as_ref()).into()),
        (false, _) => Ok(()),
    };
    let mut undone = undone(&told);
    // The last is how the command ends.
    let last = undone.pop();
    for failure in undone {
        warn(&failure.to_string());
    }
    for warning in warnings(&told) {
        warn(&warning);
    }
    match (browser, last) {
        (Err(ending), Some(failure)) => {
            warn(&failure.to_string());
            Err(ending)
        }
        (Err(ending), None) => Err(ending),
        (Ok(()), Some(failure)) => Err(failure.clone().into()),
        (Ok(()), None) => Ok(()),
    }
}

/// A script that says it means it; so is not asked.
fn agree(login: &str, person: &mut Person) -> Result<(), Ending> {
    if !person.can_be_asked_again() {
        return Ok(());
    }
    let prompt = format!(
        "End all sessions of whoever is signed in to “{login}”, on every machine and in every \
         program? [y/N]: "
    );
    loop {
        match &*person.line(&prompt, "")?.to_lowercase() {
            "y" | "yes" => return Ok(()),
            "" | "n" | "no" => {
                return Err(Failure {
                    code: Code::Wrong,
                    sentence: "Nobody was signed out.".into(),
                    remedy: format!("To end this session alone, run: poolkey logout {login}"),
                }
                .into());
            }
            _ => {}
        }
    }
}

fn ask(login: &str, scope: SignOutScope, client: &Client) -> Result<SignedOut, Ending> {
    let ask = Ask::SignOut {
        login: login.to_owned(),
        scope,
    };
    let reply = client.ask(&ask)?;
    let Reply::SignedOut(told) = reply else {
        return Err(reply.unexpected().into());
    };
    Ok(told)
}

/// The link is shown where the browser does not open.
fn sign_browser_out(url: &str, json: bool) -> Result<(), Ending> {
    let why = match Surroundings::of_process().hindrance() {
        Some(why) => why.to_owned(),
        None => match browser::open(url) {
            Ok(()) if json => return Ok(()),
            Ok(()) => {
                let told = "The browser opens the provider's page that signs it out.";
                return Ok(writeln!(anstream::stdout(), "{told}")?);
            }
            Err(why) => format!("The browser did not open. {}", why.trim()),
        },
    };
    if json {
        // The line that is printed already has it.
        warn(&why);
        return Ok(());
    }
    let url = words::clean(url);
    Ok(writeln!(
        anstream::stdout(),
        "{} Open this link in the one that you signed in with:\n{url}",
        words::clean(&why)
    )?)
}

fn spec(login: &str) -> Option<LoginSpec> {
    let name: LoginName = login.parse().ok()?;
    let config = ProfilesFile::of_process().and_then(|file| file.read());
    config.ok()?.logins.remove(&name)
}

/// The page of a user pool's domain that signs the browser out. It asks for no session, so that it
/// is there where nobody was signed in, too, and the daemon names none.
fn page(spec: &LoginSpec) -> Option<String> {
    let LoginSpec::UserPool(pool) = spec else {
        return None;
    };
    let pages = pool.managed_login.as_ref()?;
    let page = format!("{}/logout", pages.domain);
    let client = ("client_id", &pool.client_id);
    let url = match (&pages.logout_uri, pages.browser.redirect_uris.first()) {
        (Some(uri), _) => Url::parse_with_params(&page, [client, ("logout_uri", uri)]),
        (None, Some(uri)) => {
            let code = ("response_type", &"code".to_owned());
            Url::parse_with_params(&page, [client, code, ("redirect_uri", uri)])
        }
        (None, None) => return None,
    };
    Some(url.ok()?.into())
}

fn no_page(scope: SignOutScope, spec: Option<&LoginSpec>) -> Failure {
    let (why, remedy) = match (scope, spec) {
        (SignOutScope::Local, _) => (
            "with --local the provider is asked nothing",
            "Sign out in the browser itself, or without --local.".to_owned(),
        ),
        (SignOutScope::Session | SignOutScope::Everywhere, Some(LoginSpec::Oidc(oidc))) => (
            "no page of the provider's is known that does it",
            format!("Open {} in the browser and sign out there.", oidc.issuer),
        ),
        (
            SignOutScope::Session | SignOutScope::Everywhere,
            Some(LoginSpec::Command(_) | LoginSpec::Guest),
        ) => (
            "this login uses none",
            "Sign out in the browser itself.".to_owned(),
        ),
        (SignOutScope::Session | SignOutScope::Everywhere, Some(LoginSpec::UserPool(_)) | None) => {
            (
                "no page of the provider's is known that does it",
                "Sign out in the browser itself; for a user pool's pages, give the login their \
                 domain."
                    .to_owned(),
            )
        }
    };
    Failure {
        code: Code::Misconfigured,
        sentence: format!("The browser was not signed out: {why}."),
        remedy,
    }
}
