//! What a refusal in OAuth's words means (RFC 6749 §4.1.2.1 and §5.2), by one table: read from the
//! top, first match wins.

use poolkey_core::failure::Ended;
use poolkey_core::fault::Fault;
use poolkey_core::fault::FaultKind::{self, Expired, Misconfigured, Service, Throttled, Wrong};

use super::{by_status, clean, own_words, sentence};
use Place::{Authorize, Exchange, Refresh};
use Verdict::{Is, NeedsSecret, Unregistered};

/// A request that an authorization server refused, or that did not come through.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) meaning: Meaning,
    pub(crate) fault: Fault,
}

/// What a sign-in can do something about beyond the fault's kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// Nothing more than the fault says.
    Plain,
    /// The client has a secret, and it is not what was sent.
    Secret,
    /// Where the browser comes back to is not registered.
    Redirect,
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self {
            meaning: Meaning::Plain,
            fault,
        }
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        match refusal.meaning {
            Meaning::Plain | Meaning::Secret | Meaning::Redirect => refusal.fault,
        }
    }
}

/// Where it was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// To the browser.
    Authorize,
    /// To a code.
    Exchange,
    /// To a refresh token.
    Refresh,
    /// To the revocation of one.
    Revoke,
}

/// A refusal as it came.
pub(crate) struct Refused<'a> {
    pub(crate) place: Place,
    pub(crate) host: &'a str,
    /// Of the answer's HTTP, where the answer is one.
    pub(crate) status: u16,
    /// `error`
    pub(crate) error: &'a str,
    /// `error_description`
    pub(crate) description: Option<&'a str>,
}

/// Turns a refusal into a fault.
pub(crate) fn classify(refused: &Refused<'_>) -> Refusal {
    let error = clean(refused.error);
    let description = refused
        .description
        .map(clean)
        .filter(|text| !text.is_empty());
    let lower = description.as_deref().unwrap_or_default().to_lowercase();
    let row = TABLE.iter().find(|row| {
        row.at.is_none_or(|place| place == refused.place)
            && row.error == error
            && lower.contains(row.text)
    });
    let (kind, meaning) = match row.map(|row| row.verdict) {
        None => (by_status(refused.status), Meaning::Plain),
        Some(Is(kind)) => (kind, Meaning::Plain),
        Some(NeedsSecret) => (Misconfigured, Meaning::Secret),
        Some(Unregistered) => (Misconfigured, Meaning::Redirect),
    };
    let host = refused.host;
    let text = match (kind, refused.place, description) {
        (Wrong, Authorize, Some(words)) => sentence(own_words(words)),
        (Wrong, Authorize, None) => {
            format!("The sign-in was refused in the browser ({error}).")
        }
        (_, _, Some(words)) => sentence(format!("{host} answered {error}: {words}")),
        (_, _, None) => format!("{host} answered {error}."),
    };
    Refusal {
        meaning,
        fault: Fault::new(kind, text),
    }
}

#[derive(Clone, Copy)]
enum Verdict {
    Is(FaultKind),
    NeedsSecret,
    Unregistered,
}

struct Row {
    at: Option<Place>,
    error: &'static str,
    /// A part of the description, in lower case.
    text: &'static str,
    verdict: Verdict,
}

const fn at(place: Place, error: &'static str, text: &'static str, verdict: Verdict) -> Row {
    Row {
        at: Some(place),
        error,
        text,
        verdict,
    }
}

const fn any(error: &'static str, text: &'static str, verdict: Verdict) -> Row {
    Row {
        at: None,
        error,
        text,
        verdict,
    }
}

const fn over(reason: Ended) -> Verdict {
    Is(FaultKind::Ended(reason))
}

#[rustfmt::skip]
const TABLE: &[Row] = &[
    // Definitive answers to a refresh token. This list is closed.
    at(Refresh,   "invalid_grant",           "expired or revoked",     over(Ended::Refused)),
    at(Refresh,   "invalid_grant",           "disabled",               over(Ended::UserDisabled)),
    at(Refresh,   "invalid_grant",           "has expired",            over(Ended::Expired)),
    at(Refresh,   "invalid_grant",           "has been revoked",       over(Ended::Revoked)),
    at(Refresh,   "invalid_grant",           "",                       over(Ended::Refused)),
    at(Refresh,   "interaction_required",    "",                       over(Ended::Refused)),
    at(Refresh,   "login_required",          "",                       over(Ended::Refused)),
    at(Refresh,   "consent_required",        "",                       over(Ended::Refused)),

    // Where the browser comes back to is not registered.
    any("redirect_mismatch",                 "",                       Unregistered),
    any("redirect_uri_mismatch",             "",                       Unregistered),
    any("unauthorized_client",               "invalid_redirect",       Unregistered),
    any("invalid_request",                   "redirect_uri",           Unregistered),
    at(Exchange,  "invalid_grant",           "redirect_uri",           Unregistered),

    // The code is too old, was used before, or was asked for by somebody else.
    at(Exchange,  "invalid_grant",           "",                       Is(Expired)),

    // Google calls a client without its secret a bad request.
    any("invalid_request",                   "client_secret",          NeedsSecret),
    any("invalid_client",                    "",                       NeedsSecret),

    // What a person did in the browser, or a trigger of the pool said.
    at(Authorize, "access_denied",           "",                       Is(Wrong)),
    at(Authorize, "login_required",          "",                       Is(Wrong)),
    at(Authorize, "interaction_required",    "",                       Is(Wrong)),
    at(Authorize, "consent_required",        "",                       Is(Wrong)),
    at(Authorize, "account_selection_required", "",                    Is(Wrong)),
    at(Authorize, "invalid_request",         "user is not enabled",    over(Ended::UserDisabled)),
    at(Authorize, "invalid_request",         "user is disabled",       over(Ended::UserDisabled)),
    at(Authorize, "invalid_request",         "failed with error",      Is(Wrong)),
    at(Authorize, "invalid_request",         "already found an entry", Is(Wrong)),

    any("server_error",                      "",                       Is(Service)),
    any("temporarily_unavailable",           "",                       Is(Service)),
    any("slow_down",                         "",                       Is(Throttled)),
    any("invalid_request",                   "",                       Is(Misconfigured)),
    any("invalid_scope",                     "",                       Is(Misconfigured)),
    any("unauthorized_client",               "",                       Is(Misconfigured)),
    any("unsupported_grant_type",            "",                       Is(Misconfigured)),
    any("unsupported_response_type",         "",                       Is(Misconfigured)),
    any("unsupported_token_type",            "",                       Is(Misconfigured)),
];
