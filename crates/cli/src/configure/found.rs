//! What a file tells of a deployment, and what it leaves to a person.

use std::path::Path;

use poolkey_core::outputs::{Ambiguity, IdKind, Outputs};

use super::writing::yes;
use super::{Desk, import};
use crate::args::NewProfile;
use crate::ending::{Ending, warn};

/// Puts what the file tells where no option does.
pub(super) fn take(path: &Path, new: &mut NewProfile, desk: &mut Desk) -> Result<(), Ending> {
    let found = import::read(path)?;
    let outputs = choose(found.outputs, &found.ambiguous, new, desk)?;
    fill(outputs, new, desk)
}

/// What the file has several of, as options or a person choose.
fn choose(
    mut outputs: Outputs,
    ambiguous: &[Ambiguity],
    new: &NewProfile,
    desk: &mut Desk,
) -> Result<Outputs, Ending> {
    for several in ambiguous {
        let (place, given, what, option) = match several.kind {
            IdKind::UserPool => (
                &mut outputs.user_pool_id,
                &new.of_login.user_pool_id,
                "user pools",
                "--user-pool-id",
            ),
            IdKind::Client => (
                &mut outputs.client_id,
                &new.of_login.client_id,
                "app clients",
                "--client-id",
            ),
            IdKind::IdentityPool => (
                &mut outputs.identity_pool_id,
                &new.identity_pool_id,
                "identity pools",
                "--identity-pool-id",
            ),
            IdKind::Domain => (
                &mut outputs.domain,
                &new.of_login.domain,
                "domains",
                "--domain",
            ),
        };
        if given.is_some() {
            continue;
        }
        if !desk.person.can_be_asked_again() {
            let ids: Vec<&str> = several.candidates.iter().map(|one| &*one.id).collect();
            return Err(Ending::Usage(format!(
                "The file has several {what}: name one by {option}: {}",
                ids.join(", ")
            )));
        }
        desk.person.tell(&format!("The file has several {what}:"))?;
        for (at, one) in several.candidates.iter().enumerate() {
            let line = format!("  {}  {}  ({})", at + 1, one.id, one.name);
            desk.person.tell(&line)?;
        }
        let prompt = format!("Number (1 to {}): ", several.candidates.len());
        *place = loop {
            let number = desk.person.line(&prompt, "")?.parse::<usize>().ok();
            let chosen = number.and_then(|number| several.candidates.get(number.checked_sub(1)?));
            if let Some(chosen) = chosen {
                break Some(chosen.id.clone());
            }
        };
    }
    Ok(outputs)
}

/// Without an address of this machine a browser could not come back.
fn fill(found: Outputs, new: &mut NewProfile, desk: &mut Desk) -> Result<(), Ending> {
    let login = &mut new.of_login;
    if let (Some(_), Some(known)) = (&login.issuer, &found.user_pool_id) {
        return Err(Ending::Usage(format!(
            "The file is of the user pool {known}: --issuer does not go with it."
        )));
    }
    let or = |given: &mut Option<String>, found: Option<String>| {
        if given.is_none() {
            *given = found;
        }
    };
    or(&mut login.user_pool_id, found.user_pool_id);
    or(&mut login.client_id, found.client_id);
    or(&mut new.identity_pool_id, found.identity_pool_id);
    if login.redirect_uri.is_empty() {
        login.redirect_uri = found.redirect_uris;
    }
    let by_password = login.flow.is_some() && login.domain.is_none();
    let Some(domain) = found.domain.filter(|_| !by_password) else {
        return Ok(());
    };
    let comes_back = !login.redirect_uri.is_empty() || login.domain.is_some();
    if comes_back || by_browser(&domain, desk)? {
        or(&mut login.domain, Some(domain));
        or(&mut login.logout_uri, found.logout_uri);
        if login.scope.is_empty() {
            login.scope = found.scopes;
        }
    }
    Ok(())
}

fn by_browser(domain: &str, desk: &mut Desk) -> Result<bool, Ending> {
    let why = "The app client has no callback URL of this machine that the file tells of";
    if !desk.person.can_be_asked_again() {
        warn(&format!(
            "{why}, so that people sign in with a password. For a sign-in in the browser at \
             “{domain}”, add one there, and name it by --redirect-uri."
        ));
        return Ok(false);
    }
    desk.person.tell(&format!(
        "{why}. A sign-in in the browser at “{domain}” needs one; with a password none."
    ))?;
    yes("Sign in with a password? [Y/n]: ", desk).map(|password| !password)
}
