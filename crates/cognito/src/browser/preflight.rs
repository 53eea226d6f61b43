//! The authorization request, tried before a browser opens: a request that managed login does not
//! take leads to a page which tells a person nothing, and nothing comes back from it.

use poolkey_core::config::{IdentityProvider, ManagedLogin};
use poolkey_core::conversation::Authorization;
use poolkey_core::fault::{Fault, FaultKind};
use url::Url;

use super::source::Source;
use crate::Cognito;
use crate::call::Seen;
use crate::classify::oauth::{self, Meaning};
use crate::oauth::http::{TOKENS, look};

/// What managed login makes of an authorization request.
#[derive(Debug)]
pub(crate) enum Tried {
    /// A page to sign in at, or something that a browser may make more of.
    Page,
    /// It does not know where the browser would come back to.
    Unregistered(Fault),
    /// It does not take the request for another reason.
    Refused(Fault),
    /// No page, and this status.
    Nothing(u16),
}

/// Tries the request, and says what is wrong with it.
pub(super) async fn preflight(
    cognito: &Cognito,
    source: &Source<'_>,
    managed: &ManagedLogin,
    authorization: &Authorization,
) -> Result<(), Fault> {
    let (_, tried) = attempt(cognito, source, managed, authorization).await?;
    match tried? {
        // A firewall in front of the domain may take a program for no browser.
        Tried::Page | Tried::Nothing(_) => Ok(()),
        Tried::Unregistered(fault) | Tried::Refused(fault) => Err(fault),
    }
}

/// Asks for the page as a browser would that was never there, and goes nowhere from it.
///
/// # Errors
///
/// There is no URL to be asked.
pub(super) async fn attempt(
    cognito: &Cognito,
    source: &Source<'_>,
    managed: &ManagedLogin,
    authorization: &Authorization,
) -> Result<(Seen, Result<Tried, Fault>), Fault> {
    let request = http::Request::get(authorization.url.as_str())
        .header("accept", "text/html")
        .body(Vec::new())
        .map_err(|_| Fault::new(FaultKind::Misconfigured, "The domain makes no URL."))?;
    let (seen, answer) = look(cognito, "authorize", request, TOKENS).await?;
    let tried = answer.map(|answer| match answer.location.as_deref() {
        Some(location) if (300..400).contains(&answer.status) => {
            refusal(source, managed, authorization, location).unwrap_or(Tried::Page)
        }
        Some(_) | None if answer.status >= 400 => Tried::Nothing(answer.status),
        Some(_) | None => Tried::Page,
    });
    Ok((seen, tried))
}

/// What the place that a browser would be sent to says of the request; `None` where it is a page to
/// sign in at.
fn refusal(
    source: &Source<'_>,
    managed: &ManagedLogin,
    authorization: &Authorization,
    location: &str,
) -> Option<Tried> {
    let location = Url::parse(&authorization.url).ok()?.join(location).ok()?;
    let named = |name: &str| {
        let mut pairs = location.query_pairs();
        pairs
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    };
    let is_back = location.as_str().starts_with(&authorization.redirect_uri);
    let is_error_page = location.path() == "/error" || location.path().ends_with("/error");
    if !is_back && !is_error_page {
        return None;
    }
    let error = named("error")?;
    let description = named("error_description");
    // Managed login's error page shows sentences, where OAuth has words.
    let is_sentence = error.contains(' ');
    let host = source.provider.host();
    let refused = oauth::Refused {
        place: oauth::Place::Authorize,
        host: &host,
        status: 400,
        error: if is_sentence {
            "invalid_request"
        } else {
            &error
        },
        description: if is_sentence {
            Some(&error)
        } else {
            description.as_deref()
        },
    };
    let refusal = oauth::classify(&refused);
    Some(match refusal.meaning {
        Meaning::Redirect => Tried::Unregistered(source.unregistered(&authorization.redirect_uri)),
        Meaning::Plain | Meaning::Secret => {
            let client = &source.provider.client_id;
            let text = advice(&error, managed, client).map_or_else(
                || refusal.fault.text.clone(),
                |advice| format!("{} {advice}", refusal.fault.text),
            );
            Tried::Refused(Fault::new(refusal.fault.kind, text))
        }
    })
}

/// What to change where the words alone do not tell.
fn advice(error: &str, managed: &ManagedLogin, client: &str) -> Option<String> {
    let lower = error.to_lowercase();
    if lower.contains("client does not exist") {
        Some(format!(
            "There is no app client {client} at {}.",
            managed.domain
        ))
    } else if lower == "unauthorized_client" {
        Some(format!(
            "App client {client} must allow the authorization code grant."
        ))
    } else if lower == "invalid_scope" {
        Some(format!(
            "App client {client} must allow all that scopes has: {}.",
            managed.browser.scopes.join(", ")
        ))
    } else if lower.contains("login option is not available") {
        match &managed.identity_provider {
            Some(IdentityProvider::Name(name)) => Some(format!(
                "App client {client} has no identity provider “{name}”."
            )),
            Some(IdentityProvider::Identifier(identifier)) => Some(format!(
                "App client {client} has no identity provider for “{identifier}”."
            )),
            None => None,
        }
    } else {
        None
    }
}
