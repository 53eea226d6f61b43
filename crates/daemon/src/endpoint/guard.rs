//! Which requests get an answer with keys. Loopback is open to every program of this machine, to
//! its other users, and by way of a browser to every page on the internet.

use axum::http::header::{AUTHORIZATION, HOST, ORIGIN, REFERER};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use poolkey_core::failure::{Code, Failure};
use poolkey_core::time::Moment;

use super::grants::{Grants, Redeemed};

/// Why a request is sent away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It does not name this place: a name of somebody else's may have been made to point here.
    Host,
    /// A browser sends it.
    Browser,
    /// It is no `GET`.
    Method,
    /// There is nothing at its path.
    Path,
    /// It has no token, or more than one.
    NoToken,
    /// Its token is of no grant that holds for its path.
    Token,
}

/// Whose keys a request gets that came to this port, or why it gets none.
///
/// That a path is of no grant and that a token is not the one of its grant are told by the same
/// words, so that nobody learns which grants there are.
pub(super) fn admit(
    request: &Parts,
    port: u16,
    grants: &Grants,
    now: Moment,
) -> Result<Redeemed, Refusal> {
    if !is_meant_for(request, port) {
        return Err(Refusal::Host);
    }
    if is_of_a_browser(&request.headers) {
        return Err(Refusal::Browser);
    }
    if request.method != Method::GET {
        return Err(Refusal::Method);
    }
    let Some(id) = request.uri.path().strip_prefix(PATH) else {
        return Err(Refusal::Path);
    };
    let mut tokens = request.headers.get_all(AUTHORIZATION).iter();
    let (Some(token), None) = (tokens.next(), tokens.next()) else {
        return Err(Refusal::NoToken);
    };
    grants
        .redeem(id, token.as_bytes(), now)
        .ok_or(Refusal::Token)
}

/// It was sent to this machine by one of its own names, and by no other.
fn is_meant_for(request: &Parts, port: u16) -> bool {
    let mut hosts = request.headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return false;
    };
    let is_ours = |host: &str| {
        host.rsplit_once(':').is_some_and(|(name, number)| {
            NAMES.contains(&name) && number == port.to_string().as_str()
        })
    };
    // The AWS Common Runtime (C) leaves the port out. It is the name that a page cannot choose.
    let is_our_name = |host: &str| NAMES.contains(&host);
    // A whole URL in place of the path names its host itself.
    let named = request.uri.authority().map(|named| named.as_str());
    host.to_str()
        .is_ok_and(|host| is_ours(host) || is_our_name(host))
        && named.is_none_or(is_ours)
}

/// No SDK sends these, and no page can keep its browser from sending any of them.
fn is_of_a_browser(headers: &HeaderMap) -> bool {
    headers.contains_key(ORIGIN)
        || headers.contains_key(REFERER)
        || headers
            .keys()
            .any(|name| PREFIXES.iter().any(|it| name.as_str().starts_with(it)))
}

impl Refusal {
    /// The status by which SDKs know it: 4xx, so that they do not try again.
    pub(super) const fn status(self) -> StatusCode {
        match self {
            // 401 would have to name a scheme by which to try again, and there is none.
            Self::Host | Self::Browser | Self::NoToken | Self::Token => StatusCode::FORBIDDEN,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Path => StatusCode::NOT_FOUND,
        }
    }

    /// What is told.
    pub(super) fn failure(self) -> Failure {
        let (sentence, remedy) = match self {
            Self::Host => (
                "The request does not name this endpoint as its host.",
                "Use the URL as Poolkey gave it.",
            ),
            Self::Browser => ("Browsers get no keys here.", "Use a tool."),
            Self::Method => ("Only GET is answered here.", "Use the AWS SDK as it is."),
            Self::Path => (
                "There is nothing at this path.",
                "Use the URL as Poolkey gave it.",
            ),
            Self::NoToken => (
                "The request has no token.",
                "Set AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE or AWS_CONTAINER_AUTHORIZATION_TOKEN.",
            ),
            Self::Token => (
                "No grant goes with this token and this URL: it was revoked, or is over.",
                "Run “poolkey serve list” to see what there is, or start the command again.",
            ),
        };
        Failure {
            code: Code::Denied,
            sentence: sentence.into(),
            remedy: remedy.into(),
        }
    }
}

/// What stands before a grant's id.
pub(super) const PATH: &str = "/v1/credentials/";

const NAMES: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];

/// `Sec-Fetch-Site` and its like, and what asks before a request of a page's own making.
const PREFIXES: [&str; 2] = ["sec-", "access-control-request-"];

#[cfg(test)]
mod tests;
