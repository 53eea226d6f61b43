//! What people sign in to in a browser: managed login of a user pool, or an OpenID provider.

use std::collections::BTreeMap;
use std::sync::Arc;

use poolkey_core::config::{
    BrowserSpec, IdentityProvider, LoginSpec, ManagedLogin, OidcSpec, UserPoolSpec,
};
use poolkey_core::conversation::Thread;
use poolkey_core::fault::Life;
use poolkey_core::fault::{Fault, FaultKind};
use poolkey_core::messages::Language;
use poolkey_core::secret::Secret;
use poolkey_core::session::{Access, Tokens};
use url::Url;

use crate::Cognito;
use crate::call::Answered;
use crate::oauth::http::safe;
use crate::oauth::{Granted, Provider, SecretBy};
use crate::oidc::Metadata;
use crate::tokens::{Claims, Expected, Issuer};

/// Where people sign in, and what is asked for there.
pub(crate) struct Source<'a> {
    pub(super) provider: Provider,
    kind: Kind<'a>,
}

enum Kind<'a> {
    Pool(&'a UserPoolSpec, &'a ManagedLogin),
    Oidc(&'a OidcSpec, Arc<Metadata>),
}

impl<'a> Source<'a> {
    /// Of a login; an OpenID provider is asked what it is like.
    pub(crate) async fn of(cognito: &Cognito, spec: &'a LoginSpec) -> Result<Self, Fault> {
        match spec {
            LoginSpec::UserPool(pool) => {
                let managed = pool.managed_login.as_ref().ok_or_else(|| {
                    Fault::new(
                        FaultKind::Misconfigured,
                        "Signing in with a browser needs the user pool's domain in profiles.toml.",
                    )
                })?;
                Self::pool(pool, managed)
            }
            LoginSpec::Oidc(oidc) => {
                let metadata = cognito.providers.discover(cognito, &oidc.issuer).await?;
                Ok(Self {
                    provider: metadata.provider(oidc)?,
                    kind: Kind::Oidc(oidc, metadata),
                })
            }
            LoginSpec::Command(_) | LoginSpec::Guest => Err(Fault::new(
                FaultKind::Unsupported,
                "Nobody signs in to this with a browser.",
            )),
        }
    }

    fn pool(pool: &'a UserPoolSpec, managed: &'a ManagedLogin) -> Result<Self, Fault> {
        let at = |path: &str| safe(&format!("{}{path}", managed.domain));
        Ok(Self {
            provider: Provider {
                client_id: pool.client_id.clone(),
                authorization: at("/oauth2/authorize")?,
                token: at("/oauth2/token")?,
                revocation: Some(at("/oauth2/revoke")?),
                secret_by: SecretBy::Header,
            },
            kind: Kind::Pool(pool, managed),
        })
    }

    pub(super) fn browser(&self) -> &'a BrowserSpec {
        match &self.kind {
            Kind::Pool(_, managed) => &managed.browser,
            Kind::Oidc(oidc, _) => &oidc.browser,
        }
    }

    /// The managed login, where it is one.
    pub(super) fn managed_login(&self) -> Option<&'a ManagedLogin> {
        match &self.kind {
            Kind::Pool(_, managed) => Some(managed),
            Kind::Oidc(..) => None,
        }
    }

    pub(super) fn scopes(&self) -> Vec<String> {
        match &self.kind {
            // Without any, Cognito grants all that the app client may have.
            Kind::Pool(_, managed) => managed.browser.scopes.clone(),
            Kind::Oidc(oidc, metadata) => metadata.scopes(oidc),
        }
    }

    /// What goes with the request beside OAuth's own: what is configured first, so that nothing of
    /// it replaces what a sign-in needs.
    pub(super) fn parameters(&self, thread: &Thread) -> BTreeMap<String, String> {
        let mut parameters = self.browser().parameters.clone();
        if thread.another_account {
            let wanted = match &self.kind {
                Kind::Pool(..) => "login",
                Kind::Oidc(_, metadata) => metadata.other_account(),
            };
            let prompt = parameters.entry("prompt".into()).or_default();
            *prompt = with_prompt(prompt, wanted);
        }
        if let Some(hint) = self.hint(thread) {
            parameters.insert("login_hint".into(), hint);
        }
        let language = thread.language.map(|language| match language {
            Language::English => "en",
            Language::Japanese => "ja",
        });
        match &self.kind {
            Kind::Pool(_, managed) => {
                match &managed.identity_provider {
                    Some(IdentityProvider::Name(name)) => {
                        parameters.insert("identity_provider".into(), name.clone());
                    }
                    Some(IdentityProvider::Identifier(identifier)) => {
                        parameters.insert("idp_identifier".into(), identifier.clone());
                    }
                    None => {}
                }
                if let Some(language) = language {
                    parameters.insert("lang".into(), language.into());
                }
            }
            Kind::Oidc(..) => {
                if let Some(language) = language {
                    parameters.insert("ui_locales".into(), language.into());
                }
            }
        }
        parameters
    }

    /// A name that a person would know: not one that the pool made up for somebody.
    fn hint(&self, thread: &Thread) -> Option<String> {
        let name = thread.username.clone()?;
        match &self.kind {
            Kind::Pool(_, managed) => {
                let made_up = is_uuid(&name)
                    || match &managed.identity_provider {
                        Some(IdentityProvider::Name(provider)) => {
                            name.get(..provider.len())
                                .is_some_and(|start| start.eq_ignore_ascii_case(provider))
                                && name[provider.len()..].starts_with('_')
                        }
                        Some(IdentityProvider::Identifier(_)) | None => false,
                    };
                (!made_up).then_some(name)
            }
            Kind::Oidc(..) => Some(name),
        }
    }

    /// Whether an answer comes from where the question went (RFC 9207).
    pub(super) fn check_iss(&self, iss: Option<&str>) -> Result<(), Fault> {
        let is_right = match (&self.kind, iss) {
            (Kind::Oidc(oidc, _), Some(iss)) => iss == oidc.issuer,
            (Kind::Oidc(_, metadata), None) => !metadata.names_itself(),
            (Kind::Pool(pool, _), Some(iss)) => iss.rsplit('/').next() == Some(&pool.user_pool_id),
            (Kind::Pool(..), None) => true,
        };
        if is_right {
            Ok(())
        } else {
            Err(Fault::new(
                FaultKind::Misconfigured,
                "The browser came back from another provider than it was sent to.",
            ))
        }
    }

    /// Takes the tokens, if they are for this client and of this request.
    pub(super) fn tokens(
        &self,
        cognito: &Cognito,
        granted: Granted,
        nonce: Option<&Secret>,
    ) -> Result<Tokens, Fault> {
        let host = self.provider.host();
        let Some(id_token) = granted.id_token else {
            return Err(Fault::new(
                FaultKind::Misconfigured,
                match &self.kind {
                    Kind::Pool(pool, _) => format!(
                        "{host} gave no ID token: app client {} must allow the scope “openid”, \
                         and scopes must have it where there are any.",
                        pool.client_id
                    ),
                    Kind::Oidc(..) => {
                        format!("{host} gave no ID token: client and scopes must allow “openid”.")
                    }
                },
            ));
        };
        let refused = |why: &str| {
            Fault::new(
                FaultKind::Misconfigured,
                format!("The ID token of {host} is not taken: {why}."),
            )
        };
        let claims = Claims::of(&id_token).map_err(|_| refused("it cannot be read"))?;
        let expected = Expected {
            issuer: match &self.kind {
                Kind::Pool(pool, _) => Issuer::Pool(&pool.user_pool_id),
                Kind::Oidc(oidc, _) => Issuer::Provider(&oidc.issuer),
            },
            client_id: &self.provider.client_id,
            nonce,
        };
        claims.check(&expected).map_err(|why| refused(&why))?;
        let answered = Answered {
            output: (),
            server: granted.server,
        };
        let id_life = answered.life(claims.exp, &*cognito.wall);
        if id_life.length.is_zero() {
            return Err(refused("it has ended already"));
        }
        let tokens = claims.tokens(id_token, id_life);
        Ok(Tokens {
            // Of an OpenID provider it is for services that Poolkey does not know, and of no use
            // where nobody says how long.
            access: (!granted.expires_in.is_zero()).then_some(Access {
                token: granted.access_token,
                life: Life {
                    length: granted.expires_in,
                    server: granted.server,
                },
            }),
            refresh_token: granted.refresh_token,
            ..tokens
        })
    }

    /// What to do where the provider does not know the URL that the browser comes back to.
    pub(super) fn unregistered(&self, redirect_uri: &str) -> Fault {
        let text = match &self.kind {
            Kind::Pool(pool, _) => format!(
                "Add {redirect_uri} to the callback URLs of app client {}: it must match letter by \
                 letter.",
                pool.client_id
            ),
            Kind::Oidc(oidc, _) => format!(
                "Add {redirect_uri} to the redirect URIs of client {} at {}.",
                oidc.client_id, oidc.issuer
            ),
        };
        Fault::new(FaultKind::Misconfigured, text)
    }

    /// Where a browser goes that shall be signed out there.
    ///
    /// No ID token goes along as a hint: an identity pool would take it from whoever finds it in the
    /// browser's history.
    pub(super) fn logout_url(&self) -> Option<String> {
        match &self.kind {
            Kind::Pool(pool, managed) => {
                let mut url = Url::parse(&format!("{}/logout", managed.domain)).ok()?;
                let mut query = url.query_pairs_mut();
                query.append_pair("client_id", &pool.client_id);
                match &managed.logout_uri {
                    Some(uri) => query.append_pair("logout_uri", uri),
                    // Without a sign-out URL it goes on to the page of the next sign-in.
                    None => query
                        .append_pair("response_type", "code")
                        .append_pair("redirect_uri", managed.browser.redirect_uris.first()?),
                };
                drop(query);
                Some(url.into())
            }
            Kind::Oidc(oidc, metadata) => {
                let mut url = metadata.end_session()?;
                url.query_pairs_mut()
                    .append_pair("client_id", &oidc.client_id);
                Some(url.into())
            }
        }
    }
}

/// A prompt beside those that are configured, without `none`.
fn with_prompt(given: &str, wanted: &str) -> String {
    let mut prompts: Vec<&str> = given
        .split([' ', ','])
        .filter(|prompt| !prompt.is_empty() && *prompt != "none" && *prompt != wanted)
        .collect();
    prompts.push(wanted);
    prompts.join(" ")
}

/// `sub`, which is the user name where people sign in with an address.
fn is_uuid(name: &str) -> bool {
    name.len() == 36
        && name.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}
