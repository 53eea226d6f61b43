//! The answers that hold a secret, as they stand on the wire: a [`Secret`] does not write itself.

use std::path::{Path, PathBuf};

use poolkey_core::console::ConsoleLink;
use poolkey_core::name::{LoginName, ProfileName};
use poolkey_core::secret::Secret;
use poolkey_core::session::{IssuedToken, TokenKind};
use poolkey_core::time::UnixTime;
use serde::{Deserialize, Serialize};

use crate::grant::{Grant, GrantView};

#[derive(Deserialize)]
pub(super) struct TokenIn {
    login: LoginName,
    kind: TokenKind,
    token: Secret,
    expires: UnixTime,
}

impl From<TokenIn> for IssuedToken {
    fn from(token: TokenIn) -> Self {
        Self {
            login: token.login,
            kind: token.kind,
            token: token.token,
            expires: token.expires,
        }
    }
}

#[derive(Serialize)]
pub(super) struct TokenOut<'a> {
    login: &'a LoginName,
    kind: TokenKind,
    token: &'a str,
    expires: UnixTime,
}

impl<'a> TokenOut<'a> {
    pub(super) fn of(token: &'a IssuedToken) -> Self {
        Self {
            login: &token.login,
            kind: token.kind,
            token: token.token.expose(),
            expires: token.expires,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct ConsoleIn {
    profile: ProfileName,
    url: Secret,
    open_until: UnixTime,
    session_ends: UnixTime,
}

impl From<ConsoleIn> for ConsoleLink {
    fn from(link: ConsoleIn) -> Self {
        Self {
            profile: link.profile,
            url: link.url,
            open_until: link.open_until,
            session_ends: link.session_ends,
        }
    }
}

#[derive(Serialize)]
pub(super) struct ConsoleOut<'a> {
    profile: &'a ProfileName,
    url: &'a str,
    open_until: UnixTime,
    session_ends: UnixTime,
}

impl<'a> ConsoleOut<'a> {
    pub(super) fn of(link: &'a ConsoleLink) -> Self {
        Self {
            profile: &link.profile,
            url: link.url.expose(),
            open_until: link.open_until,
            session_ends: link.session_ends,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct GrantIn {
    url: String,
    token: Secret,
    token_file: Option<PathBuf>,
    #[serde(flatten)]
    view: GrantView,
}

impl From<GrantIn> for Grant {
    fn from(grant: GrantIn) -> Self {
        Self {
            url: grant.url,
            token: grant.token,
            token_file: grant.token_file,
            view: grant.view,
        }
    }
}

#[derive(Serialize)]
pub(super) struct GrantOut<'a> {
    url: &'a str,
    token: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_file: Option<&'a Path>,
    #[serde(flatten)]
    view: &'a GrantView,
}

impl<'a> GrantOut<'a> {
    pub(super) fn of(grant: &'a Grant) -> Self {
        Self {
            url: &grant.url,
            token: grant.token.expose(),
            token_file: grant.token_file.as_deref(),
            view: &grant.view,
        }
    }
}
