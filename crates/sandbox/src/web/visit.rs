//! One request: its query, its form, its cookies, and who it says it is.

use axum::http::{HeaderMap, Method, header, request::Parts};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::sigv4::pairs;

/// One request of a browser or an OAuth client.
pub(crate) struct Visit {
    pub(crate) method: Method,
    /// The query as it came.
    pub(crate) raw_query: String,
    pub(crate) query: Params,
    /// The body, where it is a form.
    pub(crate) form: Params,
    cookies: Vec<(String, String)>,
    authorization: Option<String>,
    /// The pool whose domain was called.
    pub(crate) pool: Option<String>,
}

/// The parameters of a query or a form.
#[derive(Clone, Default)]
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    /// What a query or a form says.
    pub(crate) fn read(text: &str) -> Self {
        Self(pairs(text))
    }

    /// A parameter that is there and not empty.
    pub(crate) fn one(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(one, _)| one == name);
        found
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// Whether a parameter comes more than once, which OAuth forbids.
    pub(crate) fn has_twice(&self) -> bool {
        let mut names: Vec<_> = self.0.iter().map(|(name, _)| name).collect();
        let all = names.len();
        names.sort();
        names.dedup();
        names.len() < all
    }

    /// All of them.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl Visit {
    pub(super) fn new(parts: &Parts, body: &[u8]) -> Self {
        let raw_query = parts.uri.query().unwrap_or_default().to_owned();
        let text = |name: header::HeaderName| parts.headers.get(name)?.to_str().ok();
        let is_form = text(header::CONTENT_TYPE).is_some_and(|kind| {
            let kind = kind.split(';').next().unwrap_or_default().trim();
            kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
        });
        let form = match is_form {
            true => Params::read(&String::from_utf8_lossy(body)),
            false => Params::default(),
        };
        Self {
            method: parts.method.clone(),
            query: Params::read(&raw_query),
            raw_query,
            form,
            cookies: cookies(&parts.headers),
            authorization: text(header::AUTHORIZATION).map(str::to_owned),
            pool: None,
        }
    }

    /// A cookie.
    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        let found = self.cookies.iter().find(|(one, _)| one == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The client and its secret, as the form or `Authorization: Basic` has them. Nothing where
    /// both do, or the header is no good.
    pub(crate) fn credentials(&self) -> Option<(String, Option<String>)> {
        let secret = self.form.one("client_secret");
        let Some(given) = &self.authorization else {
            return Some((
                self.form.one("client_id")?.to_owned(),
                secret.map(str::to_owned),
            ));
        };
        let (scheme, given) = given.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") || secret.is_some() {
            return None;
        }
        let given = String::from_utf8(STANDARD.decode(given.trim()).ok()?).ok()?;
        let (id, secret) = given.split_once(':')?;
        // OAuth has both form-encoded before they are joined.
        let plain = |text: &str| {
            let params = Params::read(&format!("x={text}"));
            params.one("x").unwrap_or_default().to_owned()
        };
        let id = plain(id);
        if self.form.one("client_id").is_some_and(|other| other != id) {
            return None;
        }
        Some((id, Some(plain(secret)).filter(|secret| !secret.is_empty())))
    }

    /// The token of `Authorization: Bearer`.
    pub(crate) fn bearer(&self) -> Option<&str> {
        let (scheme, token) = self.authorization.as_ref()?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    }
}

fn cookies(headers: &HeaderMap) -> Vec<(String, String)> {
    let all = headers.get_all(header::COOKIE).into_iter();
    all.filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}
