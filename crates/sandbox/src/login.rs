//! Managed login: the pages and endpoints by which people sign in with a browser.
//!
//! ```text
//!  /oauth2/authorize ─ request ─▶ silently ──────────────────────▶ grant ─▶ the app's callback URL
//!                          │  ╲                                      ▲            │ code
//!                          │   ▶ /login ─ form ─ the questions of a sign-in       ▼
//!                          ▼                                         │      /oauth2/token
//!                      federate ─▶ provider ─▶ /oauth2/idpresponse ──╯      /oauth2/revoke, userInfo
//! ```
//!
//! A pool's domain is a path of the sandbox (`/_domain/NAME`); the same endpoints are at the root,
//! too, where the app client says which pool is meant.

use axum::http::Method;

use crate::{
    http::App,
    journal::Note,
    shelf::Shelf,
    web::{Reply, Visit, at_once},
};

mod admit;
mod federate;
mod form;
mod grant;
mod info;
mod logout;
mod page;
mod relying;
mod request;
mod token;
mod words;

pub(crate) use page::{document, error_page, escape, hide, input};
pub(crate) use token::proves;
pub(crate) use words::Language;

/// What browsers have open, and what they were given.
pub(crate) struct State {
    /// By cookie.
    browsers: Shelf<grant::Browser>,
    /// By code.
    grants: Shelf<grant::Grant>,
    /// By `state`.
    departures: Shelf<federate::Departure>,
}

/// An endpoint of managed login.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endpoint {
    Authorize,
    Login,
    Token,
    Revoke,
    UserInfo,
    Logout,
    Error,
    IdpResponse,
}

impl State {
    const ALL: usize = 50_000;

    /// Nobody has been here.
    pub(crate) fn new() -> Self {
        Self {
            browsers: Shelf::new(Self::ALL),
            grants: Shelf::new(Self::ALL),
            departures: Shelf::new(Self::ALL),
        }
    }
}

impl Endpoint {
    const ALL: [Self; 8] = [
        Self::Authorize,
        Self::Login,
        Self::Token,
        Self::Revoke,
        Self::UserInfo,
        Self::Logout,
        Self::Error,
        Self::IdpResponse,
    ];

    /// The endpoint at a path, which is its name.
    pub(crate) fn of(path: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|endpoint| endpoint.name() == path)
    }

    /// Its path, which is its name in the journal, too.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Authorize => "oauth2/authorize",
            Self::Login => "login",
            Self::Token => "oauth2/token",
            Self::Revoke => "oauth2/revoke",
            Self::UserInfo => "oauth2/userInfo",
            Self::Logout => "logout",
            Self::Error => "error",
            Self::IdpResponse => "oauth2/idpresponse",
        }
    }

    /// Whether it is a program that reads the answer, rather than a person.
    pub(crate) fn speaks_json(self) -> bool {
        match self {
            Self::Token | Self::Revoke | Self::UserInfo => true,
            Self::Authorize | Self::Login | Self::Logout | Self::Error | Self::IdpResponse => false,
        }
    }
}

/// Answers a request at the root, or at a domain.
pub(crate) async fn answer(
    app: &App,
    endpoint: Endpoint,
    domain: Option<&str>,
    mut visit: Visit,
) -> (Reply, Note) {
    if let Some(domain) = domain {
        visit.pool = app.world().domain_owner(domain).map(str::to_owned);
        if visit.pool.is_none() {
            let page = error_page("There is no such domain.");
            let reply = Reply::page(404, page).outcome("no such domain");
            return (reply, Note::default());
        }
    }
    let get = visit.method == Method::GET || visit.method == Method::HEAD;
    let post = visit.method == Method::POST;
    match endpoint {
        Endpoint::Authorize if get => federate::authorize(app, &visit).await,
        Endpoint::IdpResponse if get => federate::response(app, &visit).await,
        Endpoint::Login if get => at_once(app, |world| world.login_page(&visit)),
        Endpoint::Login if post => at_once(app, |world| world.login_form(&visit)),
        Endpoint::Logout if get => at_once(app, |world| world.log_out_of_browser(&visit)),
        Endpoint::Error if get => {
            let error = visit.query.one("error").unwrap_or("invalid_request");
            let page = Reply::page(400, error_page(error)).outcome(error);
            (page, Note::default())
        }
        Endpoint::Token if post => at_once(app, |world| world.token_endpoint(&visit)),
        Endpoint::Revoke if post => at_once(app, |world| world.revoke_endpoint(&visit)),
        Endpoint::UserInfo if get || post => at_once(app, |world| world.user_info(&visit)),
        Endpoint::Token | Endpoint::Revoke => {
            let reply = Reply::error(405, "invalid_request", Some("Use POST."));
            (reply, Note::default())
        }
        Endpoint::UserInfo
        | Endpoint::Authorize
        | Endpoint::IdpResponse
        | Endpoint::Login
        | Endpoint::Logout
        | Endpoint::Error => {
            let page = error_page("This page cannot be asked for in that way.");
            (Reply::page(405, page).outcome("method"), Note::default())
        }
    }
}
