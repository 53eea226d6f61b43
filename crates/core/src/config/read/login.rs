//! `[login.…]`

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;

use super::values::{self, Port};
use super::{At, span, stray};
use crate::config::ids::{is_pool_id, is_word};
use crate::config::{
    BrowserSpec, CommandSpec, ConfigError, Flow, IdentityProvider, LoginSpec, ManagedLogin,
    OidcSpec, Preference, UserPoolSpec, Variants,
};

/// All keys of all kinds of logins.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLogin {
    user_pool_id: Option<Spanned<String>>,
    client_id: Option<Spanned<String>>,
    username: Option<Spanned<String>>,
    flow: Option<Spanned<Flow>>,
    preferred_challenge: Option<Spanned<Preference>>,
    session_life: Option<Spanned<String>>,
    admin_profile: Option<Spanned<String>>,
    domain: Option<Spanned<String>>,
    redirect_uris: Option<Spanned<Vec<Spanned<String>>>>,
    scopes: Option<Spanned<Vec<Spanned<String>>>>,
    parameters: Option<Spanned<BTreeMap<Spanned<String>, String>>>,
    identity_provider: Option<Spanned<String>>,
    idp_identifier: Option<Spanned<String>>,
    logout_uri: Option<Spanned<String>>,
    endpoint: Option<Spanned<String>>,
    fips: Option<Spanned<bool>>,
    dual_stack: Option<Spanned<bool>>,
    issuer: Option<Spanned<String>>,
    token_command: Option<Spanned<Vec<String>>>,
}

impl RawLogin {
    pub(super) fn check(
        mut self,
        name: Range<usize>,
        at: At<'_>,
    ) -> Result<LoginSpec, ConfigError> {
        if let Some(id) = self.user_pool_id.take() {
            self.user_pool(&id, &name, at).map(LoginSpec::UserPool)
        } else if let Some(command) = self.token_command.take() {
            self.command(&command, at).map(LoginSpec::Command)
        } else if let Some(issuer) = self.issuer.take() {
            self.oidc(&issuer, &name, at).map(LoginSpec::Oidc)
        } else {
            let told = "a login has a user_pool_id, an issuer or a token_command";
            Err(at(name, told.into()))
        }
    }

    fn user_pool(
        self,
        id: &Spanned<String>,
        name: &Range<usize>,
        at: At<'_>,
    ) -> Result<UserPoolSpec, ConfigError> {
        self.fit(
            &[
                "client_id",
                "username",
                "flow",
                "preferred_challenge",
                "session_life",
                "admin_profile",
                "domain",
                "redirect_uris",
                "scopes",
                "parameters",
                "identity_provider",
                "idp_identifier",
                "logout_uri",
                "endpoint",
                "fips",
                "dual_stack",
            ],
            "user_pool_id",
            at,
        )?;
        if !is_pool_id(id.get_ref()) {
            return Err(at(
                id.span(),
                "user_pool_id looks like \"us-east-1_AbCdEf123\"".into(),
            ));
        }
        let client_id = self.client_id(name, at)?;
        if !client_id.chars().all(is_word) {
            let span = span(self.client_id.as_ref()).unwrap_or_else(|| name.clone());
            return Err(at(span, "client_id has 1 to 128 letters and digits".into()));
        }
        let managed_login = self.managed_login(at)?;
        let chosen = self.flow.as_ref().map(|flow| *flow.get_ref());
        let flow = chosen.unwrap_or(if managed_login.is_some() {
            Flow::Browser
        } else {
            Flow::default()
        });
        if let (Flow::Browser, None, Some(chosen)) = (flow, &managed_login, &self.flow) {
            let told = "flow = \"BROWSER\" goes with the domain of managed login";
            return Err(at(chosen.span(), told.into()));
        }
        if let Some(preferred) = &self.preferred_challenge
            && flow != Flow::UserAuth
        {
            return Err(at(
                preferred.span(),
                "preferred_challenge goes with flow = \"USER_AUTH\"".into(),
            ));
        }
        Ok(UserPoolSpec {
            user_pool_id: id.get_ref().clone(),
            client_id,
            username: self.username(at)?,
            flow,
            preferred_challenge: self
                .preferred_challenge
                .as_ref()
                .map(|preferred| *preferred.get_ref()),
            session_life: self.session_life(at)?,
            managed_login,
            variants: Variants {
                fips: is_on(self.fips.as_ref()),
                dual_stack: is_on(self.dual_stack.as_ref()),
            },
            admin_profile: self.admin_profile.map(Spanned::into_inner),
            endpoint: values::endpoint("endpoint", self.endpoint, at)?,
        })
    }

    fn oidc(
        self,
        issuer: &Spanned<String>,
        name: &Range<usize>,
        at: At<'_>,
    ) -> Result<OidcSpec, ConfigError> {
        self.fit(
            &[
                "client_id",
                "username",
                "session_life",
                "redirect_uris",
                "scopes",
                "parameters",
            ],
            "issuer",
            at,
        )?;
        let mut browser = self.browser(Port::Any, at)?;
        if browser.redirect_uris.is_empty() {
            browser.redirect_uris.push(ANY_PORT.to_owned());
        }
        Ok(OidcSpec {
            issuer: values::issuer(issuer, at)?,
            client_id: self.client_id(name, at)?,
            username: self.username(at)?,
            browser,
            session_life: self.session_life(at)?,
        })
    }

    fn command(
        self,
        command: &Spanned<Vec<String>>,
        at: At<'_>,
    ) -> Result<CommandSpec, ConfigError> {
        self.fit(&["issuer"], "token_command", at)?;
        let words = command.get_ref();
        let refused = |told: &str| Err(at(command.span(), told.to_owned()));
        let Some(program) = words.first() else {
            return refused("token_command names a program, and then its arguments");
        };
        if !std::path::Path::new(program).is_absolute() {
            return refused(
                "token_command begins with the absolute path of a program: \
                 no shell looks it up, and no ~ or $VARIABLE is read",
            );
        }
        let length: usize = words.iter().map(String::len).sum();
        if words.len() > 64 || length > 8192 || words.iter().any(|word| word.contains('\0')) {
            return refused("token_command has at most 64 words of 8192 characters together");
        }
        Ok(CommandSpec {
            command: words.clone(),
            issuer: match &self.issuer {
                None => None,
                Some(issuer) => Some(values::issuer(issuer, at)?),
            },
        })
    }

    fn managed_login(&self, at: At<'_>) -> Result<Option<ManagedLogin>, ConfigError> {
        let Some(domain) = &self.domain else {
            self.fit(WITHOUT_DOMAIN, "a login that has no domain", at)?;
            return Ok(None);
        };
        let browser = self.browser(Port::Exact, at)?;
        if browser.redirect_uris.is_empty() {
            let told = "domain needs redirect_uris: callback URLs of the app client such as \
                        \"http://localhost:8400/callback\"";
            return Err(at(domain.span(), told.into()));
        }
        let identity_provider = match (&self.identity_provider, &self.idp_identifier) {
            (Some(_), Some(identifier)) => {
                let told = "there is an identity_provider already";
                return Err(at(identifier.span(), told.into()));
            }
            (Some(name), None) => Some(IdentityProvider::Name(short(name, at)?)),
            (None, Some(identifier)) => Some(IdentityProvider::Identifier(short(identifier, at)?)),
            (None, None) => None,
        };
        Ok(Some(ManagedLogin {
            domain: values::domain(domain, at)?,
            browser,
            identity_provider,
            logout_uri: match &self.logout_uri {
                None => None,
                Some(uri) => Some(logout_uri(uri, at)?),
            },
        }))
    }

    fn browser(&self, port: Port, at: At<'_>) -> Result<BrowserSpec, ConfigError> {
        let mut browser = BrowserSpec::default();
        if let Some(uris) = &self.redirect_uris {
            if !(1..=10).contains(&uris.get_ref().len()) {
                return Err(at(uris.span(), "redirect_uris has 1 to 10 URLs".into()));
            }
            for uri in uris.get_ref() {
                browser
                    .redirect_uris
                    .push(values::redirect_uri(uri, port, at)?);
            }
        }
        if let Some(scopes) = &self.scopes {
            for scope in scopes.get_ref() {
                if !is_scope(scope.get_ref()) {
                    let told = "a scope is one word, such as \"openid\"";
                    return Err(at(scope.span(), told.into()));
                }
                browser.scopes.push(scope.get_ref().clone());
            }
            if scopes.get_ref().len() > 50 || !browser.scopes.iter().any(|scope| scope == "openid")
            {
                let told = "scopes has \"openid\", which alone brings an ID token, \
                            and at most 50 words";
                return Err(at(scopes.span(), told.into()));
            }
        }
        if let Some(parameters) = &self.parameters {
            for (key, value) in parameters.get_ref() {
                if RESERVED.contains(&key.get_ref().as_str()) {
                    let told = format!("Poolkey sets the parameter “{}” itself", key.get_ref());
                    return Err(at(key.span(), told));
                }
                let length = key.get_ref().len() + value.len();
                if key.get_ref().is_empty() || length > 2048 {
                    let told = "a parameter has a name and at most 2048 characters";
                    return Err(at(key.span(), told.into()));
                }
                browser
                    .parameters
                    .insert(key.get_ref().clone(), value.clone());
            }
        }
        Ok(browser)
    }

    fn client_id(&self, name: &Range<usize>, at: At<'_>) -> Result<String, ConfigError> {
        let Some(client) = &self.client_id else {
            return Err(at(name.clone(), "the login lacks a client_id".into()));
        };
        let id = client.get_ref();
        if id.is_empty() || id.len() > 256 || !id.chars().all(|c| c.is_ascii_graphic()) {
            let told = "client_id has letters and digits, and no spaces";
            return Err(at(client.span(), told.into()));
        }
        Ok(id.clone())
    }

    fn username(&self, at: At<'_>) -> Result<Option<String>, ConfigError> {
        let Some(name) = &self.username else {
            return Ok(None);
        };
        if name.get_ref().is_empty() || name.get_ref().len() > 128 {
            return Err(at(name.span(), "username has 1 to 128 characters".into()));
        }
        Ok(Some(name.get_ref().clone()))
    }

    fn session_life(&self, at: At<'_>) -> Result<Option<Duration>, ConfigError> {
        values::duration_within(
            self.session_life.as_ref(),
            SHORTEST_SESSION,
            LONGEST_SESSION,
            "session_life is 1h to 3650d, as the app client has it",
            at,
        )
    }

    /// Nothing is given that says nothing for this kind of login.
    fn fit(&self, fits: &[&str], kind: &str, at: At<'_>) -> Result<(), ConfigError> {
        let given = [
            ("client_id", span(self.client_id.as_ref())),
            ("username", span(self.username.as_ref())),
            ("flow", span(self.flow.as_ref())),
            (
                "preferred_challenge",
                span(self.preferred_challenge.as_ref()),
            ),
            ("session_life", span(self.session_life.as_ref())),
            ("admin_profile", span(self.admin_profile.as_ref())),
            ("domain", span(self.domain.as_ref())),
            ("redirect_uris", span(self.redirect_uris.as_ref())),
            ("scopes", span(self.scopes.as_ref())),
            ("parameters", span(self.parameters.as_ref())),
            ("identity_provider", span(self.identity_provider.as_ref())),
            ("idp_identifier", span(self.idp_identifier.as_ref())),
            ("logout_uri", span(self.logout_uri.as_ref())),
            ("endpoint", span(self.endpoint.as_ref())),
            ("fips", span(self.fips.as_ref())),
            ("dual_stack", span(self.dual_stack.as_ref())),
            ("issuer", span(self.issuer.as_ref())),
            ("token_command", span(self.token_command.as_ref())),
        ];
        stray(&given, fits, kind, at)
    }
}

fn is_on(given: Option<&Spanned<bool>>) -> bool {
    given.is_some_and(|given| *given.get_ref())
}

/// RFC 6749 §3.3.
fn is_scope(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 256
        && text
            .chars()
            .all(|c| c.is_ascii_graphic() && c != '"' && c != '\\')
}

fn short(given: &Spanned<String>, at: At<'_>) -> Result<String, ConfigError> {
    let text = given.get_ref();
    if text.is_empty() || text.len() > 128 || text.chars().any(char::is_control) {
        return Err(at(
            given.span(),
            "the name or identifier of an identity provider has 1 to 128 characters".into(),
        ));
    }
    Ok(text.clone())
}

fn logout_uri(given: &Spanned<String>, at: At<'_>) -> Result<String, ConfigError> {
    let text = given.get_ref();
    if !text.contains("://")
        || text.len() > 1024
        || !text.chars().all(|c| c.is_ascii_graphic() && c != '"')
    {
        return Err(at(
            given.span(),
            "logout_uri is one of the app client's sign-out URLs".into(),
        ));
    }
    Ok(text.clone())
}

/// What says nothing without the pages of managed login.
const WITHOUT_DOMAIN: &[&str] = &[
    "client_id",
    "username",
    "flow",
    "preferred_challenge",
    "session_life",
    "admin_profile",
    "endpoint",
    "fips",
    "dual_stack",
];

/// The parameters that make an authorization request safe, or that have keys of their own.
const RESERVED: &[&str] = &[
    "response_type",
    "response_mode",
    "client_id",
    "client_secret",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "identity_provider",
    "idp_identifier",
    "login_hint",
    "lang",
    "request",
    "request_uri",
];

/// What providers take of programs on a desk (RFC 8252 §7.3).
const ANY_PORT: &str = "http://127.0.0.1/callback";

/// What Cognito takes as `RefreshTokenValidity`.
const SHORTEST_SESSION: Duration = Duration::from_secs(3600);
const LONGEST_SESSION: Duration = Duration::from_secs(3650 * 86400);
