//! OpenID Connect providers of the sandbox's own, at `/_idp/NAME`: they let everybody be whoever
//! they want to be.
//!
//! One can stand behind a user pool, be trusted by an identity pool, or be signed in to directly by
//! an app on a desktop: public clients with PKCE, loopback redirects on any port (RFC 8252), and
//! refresh tokens that rotate.

use std::{collections::BTreeMap, sync::LazyLock};

use axum::http::Method;
use serde_json::{Value, json};

use crate::{
    clock::Moment,
    http::App,
    journal::Note,
    keys::SigningKey,
    login::error_page,
    shelf::Shelf,
    web::{Reply, Visit, at_once},
    world::World,
};

mod authorize;
mod token;

/// Where they are.
pub(crate) const PREFIX: &str = "/_idp/";

/// All of them, and what they have given out.
pub(crate) struct State {
    providers: BTreeMap<String, Idp>,
    /// By cookie.
    browsers: Shelf<Person>,
    /// By code.
    codes: Shelf<authorize::Code>,
    /// By refresh token.
    refresh_tokens: Shelf<token::Refresh>,
    /// By access token.
    access_tokens: Shelf<token::Access>,
    /// By id: what all tokens of one sign-in hang on.
    sign_ins: Shelf<SignIn>,
}

/// One provider.
#[derive(Default)]
pub(crate) struct Idp {
    pub(crate) clients: BTreeMap<String, IdpClient>,
}

/// An app that people sign in to.
#[derive(Clone, Default)]
pub(crate) struct IdpClient {
    /// Without one it is public, and must use PKCE.
    pub(crate) secret: Option<String>,
    pub(crate) redirect_uris: Vec<String>,
    pub(crate) logout_uris: Vec<String>,
}

/// Somebody, as they say.
#[derive(Clone)]
struct Person {
    idp: String,
    subject: String,
    email: String,
    time: Moment,
}

/// A sign-in of a person to an app.
#[derive(Clone)]
struct SignIn {
    person: Person,
    client: String,
    scopes: Vec<String>,
    revoked: bool,
}

/// An endpoint of a provider.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endpoint {
    Configuration,
    Keys,
    Authorize,
    Token,
    Revoke,
    UserInfo,
    Logout,
}

impl State {
    const ALL: usize = 20_000;
    const PROVIDERS: usize = 100;
    const CLIENTS: usize = 1000;

    /// None.
    pub(crate) fn new() -> Self {
        Self {
            providers: BTreeMap::new(),
            browsers: Shelf::new(Self::ALL),
            codes: Shelf::new(Self::ALL),
            refresh_tokens: Shelf::new(Self::ALL),
            access_tokens: Shelf::new(Self::ALL),
            sign_ins: Shelf::new(Self::ALL),
        }
    }

    /// Adds an app to a provider, which is made where it does not exist.
    pub(crate) fn register(
        &mut self,
        idp: &str,
        id: &str,
        client: IdpClient,
    ) -> Result<(), &'static str> {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if idp.is_empty() || idp.len() > 32 || !idp.chars().all(plain) {
            return Err("A provider's name has 1 to 32 letters, digits and dashes.");
        }
        if self.providers.len() >= Self::PROVIDERS && !self.providers.contains_key(idp) {
            return Err("The sandbox has no room for more providers.");
        }
        let clients = &mut self.providers.entry(idp.to_owned()).or_default().clients;
        if clients.len() >= Self::CLIENTS {
            return Err("The provider has no room for more clients.");
        }
        clients.insert(id.to_owned(), client);
        Ok(())
    }
}

impl Endpoint {
    const ALL: [Self; 7] = [
        Self::Configuration,
        Self::Keys,
        Self::Authorize,
        Self::Token,
        Self::Revoke,
        Self::UserInfo,
        Self::Logout,
    ];

    /// The endpoint at a path.
    pub(crate) fn of(path: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|endpoint| endpoint.path() == path)
    }

    fn path(self) -> &'static str {
        match self {
            Self::Configuration => ".well-known/openid-configuration",
            Self::Keys => "jwks",
            Self::Authorize => "authorize",
            Self::Token => "token",
            Self::Revoke => "revoke",
            Self::UserInfo => "userinfo",
            Self::Logout => "logout",
        }
    }

    /// Its name in the journal and in fault rules.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Configuration => "idp/configuration",
            Self::Keys => "idp/jwks",
            Self::Authorize => "idp/authorize",
            Self::Token => "idp/token",
            Self::Revoke => "idp/revoke",
            Self::UserInfo => "idp/userinfo",
            Self::Logout => "idp/logout",
        }
    }

    /// Whether it is a program that reads the answer, rather than a person.
    pub(crate) fn speaks_json(self) -> bool {
        match self {
            Self::Authorize | Self::Logout => false,
            Self::Configuration | Self::Keys | Self::Token | Self::Revoke | Self::UserInfo => true,
        }
    }
}

/// Answers a request to a provider.
pub(crate) fn answer(app: &App, endpoint: Endpoint, name: &str, visit: &Visit) -> (Reply, Note) {
    let get = visit.method == Method::GET || visit.method == Method::HEAD;
    let post = visit.method == Method::POST;
    at_once(app, |world| {
        if !world.idp.providers.contains_key(name) {
            let page = error_page("There is no such provider.");
            return Reply::page(404, page).outcome("no such provider");
        }
        match endpoint {
            Endpoint::Configuration if get => Reply::json(200, &world.idp_configuration(name)),
            Endpoint::Keys if get => Reply::json(200, &KEY.key_set()),
            Endpoint::Authorize if get || post => world.idp_authorize(name, visit),
            Endpoint::Token if post => world.idp_token(name, visit),
            Endpoint::Revoke if post => world.idp_revoke(name, visit),
            Endpoint::UserInfo if get || post => world.idp_user_info(name, visit),
            Endpoint::Logout if get => world.idp_log_out(name, visit),
            Endpoint::Configuration
            | Endpoint::Keys
            | Endpoint::Authorize
            | Endpoint::Token
            | Endpoint::Revoke
            | Endpoint::UserInfo
            | Endpoint::Logout => Reply::error(405, "invalid_request", None),
        }
    })
}

impl World {
    /// The `iss` of a provider's tokens.
    pub(crate) fn idp_issuer(&self, name: &str) -> String {
        format!("{}{PREFIX}{name}", self.place.url)
    }

    fn idp_configuration(&self, name: &str) -> Value {
        let issuer = self.idp_issuer(name);
        let at = |endpoint: Endpoint| format!("{issuer}/{}", endpoint.path());
        json!({
            "issuer": issuer,
            "authorization_endpoint": at(Endpoint::Authorize),
            "token_endpoint": at(Endpoint::Token),
            "revocation_endpoint": at(Endpoint::Revoke),
            "userinfo_endpoint": at(Endpoint::UserInfo),
            "end_session_endpoint": at(Endpoint::Logout),
            "jwks_uri": at(Endpoint::Keys),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "scopes_supported": ["openid", "email", "profile", "offline_access"],
            "claims_supported": ["sub", "email", "email_verified", "name", "preferred_username"],
            "prompt_values_supported": ["none", "login", "consent", "select_account"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported":
                ["client_secret_basic", "client_secret_post", "none"],
            "authorization_response_iss_parameter_supported": true,
        })
    }
}

impl IdpClient {
    /// Whether answers may go to a URL: one that is registered, or a loopback address that differs
    /// from a registered one in its port only.
    pub(crate) fn may_redirect(&self, url: &str) -> bool {
        let same = |registered: &String| {
            registered == url
                || match (
                    loopback_without_port(registered),
                    loopback_without_port(url),
                ) {
                    (Some(one), Some(other)) => one == other,
                    (None, _) | (_, None) => false,
                }
        };
        self.redirect_uris.iter().any(same)
    }
}

/// A loopback URL without its port. `localhost` is a name, and so none.
fn loopback_without_port(url: &str) -> Option<(&str, &str)> {
    let rest = url.strip_prefix("http://")?;
    let at = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(at);
    let host = ["127.0.0.1", "[::1]"]
        .into_iter()
        .find(|host| authority.starts_with(host))?;
    let port = &authority[host.len()..];
    let ported = port.is_empty()
        || port
            .strip_prefix(':')
            .is_some_and(|port| port.parse::<u16>().is_ok());
    ported.then_some((host, path))
}

/// The key that signs the tokens of all providers; the pools have their own.
static KEY: LazyLock<SigningKey> =
    LazyLock::new(|| SigningKey::generate().expect("one RSA key was made before"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_port_of_a_loopback_address_is_free() {
        let client = IdpClient {
            redirect_uris: [
                "http://127.0.0.1/callback",
                "http://[::1]:1/x",
                "http://localhost:8400/callback",
            ]
            .map(str::to_owned)
            .into(),
            ..IdpClient::default()
        };
        for good in [
            "http://127.0.0.1/callback",
            "http://127.0.0.1:51234/callback",
            "http://[::1]:9/x",
            "http://localhost:8400/callback",
        ] {
            assert!(client.may_redirect(good), "{good}");
        }
        for bad in [
            "http://127.0.0.1:51234/callback/",
            "http://127.0.0.1:51234/callback?x=y",
            "http://127.0.0.1:51234@example.com/callback",
            "http://127.0.0.1.example.com/callback",
            "http://127.0.0.1:99999/callback",
            "https://127.0.0.1/callback",
            "http://[::1]/callback",
            "http://localhost:8401/callback",
            "",
        ] {
            assert!(!client.may_redirect(bad), "{bad}");
        }
    }
}
