//! OIDC providers: which ones are trusted, and whether a token is one of theirs.
//!
//! Their keys come from discovery at the issuer, before the call that needs them takes the lock on
//! the world (`fetch`), or from a seed.

use std::collections::BTreeMap;

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, jwk::Jwk};
use serde_json::Value;

use crate::{
    clock::Moment,
    keys::{BadToken, Claims},
    outgoing::may_be_asked,
    query::{Checks, Form, Xml, element},
    wire::Failure,
    world::World,
};

mod fetch;

pub(crate) use fetch::{fetch_keys, tokens_in};

/// An OIDC provider of the account (`CreateOpenIDConnectProvider`).
#[derive(Clone, Debug)]
pub(crate) struct Provider {
    /// The `iss` of its tokens.
    pub(crate) issuer: String,
    pub(crate) arn: String,
    pub(crate) clients: Vec<String>,
    created: Moment,
}

/// The providers, and the keys of issuers.
#[derive(Default)]
pub(crate) struct Oidc {
    /// By the issuer's name: without its scheme.
    providers: BTreeMap<String, Provider>,
    /// By the same name.
    keys: BTreeMap<String, IssuerKeys>,
}

/// The keys of an issuer, or why there are none.
struct IssuerKeys {
    keys: Result<Vec<Jwk>, String>,
    /// When they were fetched; none for the keys of a seed, which are never fetched.
    at: Option<Moment>,
}

/// Why a token does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Bad {
    Malformed,
    Forged,
    /// The issuer has no such key.
    NoKey,
    /// The issuer's keys could not be had.
    Unreachable(String),
}

impl Oidc {
    const PROVIDERS: usize = 200;

    /// A provider by its issuer's name.
    pub(crate) fn find(&self, name: &str) -> Option<&Provider> {
        self.providers.get(name)
    }

    /// A provider by its ARN.
    pub(crate) fn find_arn(&self, arn: &str) -> Option<&Provider> {
        self.providers.values().find(|provider| provider.arn == arn)
    }

    /// Takes what an issuer answered.
    pub(crate) fn learn(&mut self, issuer: &str, keys: Result<Vec<Jwk>, String>, at: Moment) {
        let name = issuer_name(issuer).to_owned();
        let known = self.keys.get(&name);
        // An issuer that cannot be reached for a moment keeps the keys that it had.
        if keys.is_err() && known.is_some_and(|known| known.keys.is_ok()) {
            return;
        }
        self.keys.insert(name, IssuerKeys { keys, at: Some(at) });
    }

    /// Whether the keys of an issuer have to be fetched before a token with this key id is verified.
    fn lacks(&self, issuer: &str, kid: Option<&str>, now: Moment) -> bool {
        let Some(known) = self.keys.get(issuer_name(issuer)) else {
            return true;
        };
        let Some(at) = known.at else {
            return false;
        };
        let has = known
            .keys
            .as_ref()
            .is_ok_and(|keys| find_key(keys, kid).is_some());
        now < at || now > at.plus(if has { KEPT } else { AGAIN })
    }
}

/// How many seconds keys are kept, and after how many an unknown key is asked for again.
const KEPT: i64 = 3600;
const AGAIN: i64 = 1;

impl World {
    /// A provider of a seed, with its keys where it has no address.
    pub(crate) fn plant_provider(
        &mut self,
        issuer: &str,
        clients: Vec<String>,
        keys: Option<&Value>,
    ) -> Result<String, Failure> {
        self.plant_keys(issuer, keys)?;
        self.trust_provider(issuer, clients)
    }

    /// The keys of an issuer that is not asked for them.
    pub(crate) fn plant_keys(&mut self, issuer: &str, keys: Option<&Value>) -> Result<(), Failure> {
        let Some(keys) = keys else { return Ok(()) };
        let keys = read_keys(keys).map_err(Failure::invalid_parameter)?;
        let keys = IssuerKeys {
            keys: Ok(keys),
            at: None,
        };
        self.oidc.keys.insert(issuer_name(issuer).to_owned(), keys);
        Ok(())
    }

    /// `CreateOpenIDConnectProvider`
    pub(crate) fn create_open_id_connect_provider(&mut self, form: &Form) -> Xml {
        let mut checks = Checks::default();
        let url = checks.text(form, "Url").to_owned();
        checks.end()?;
        let clients = form.list("ClientIDList", "");
        if self.oidc.find(issuer_name(&url)).is_some() {
            return Err(Failure {
                status: 409,
                ..Failure::new(
                    "EntityAlreadyExists",
                    format!("Provider with url {url} already exists."),
                )
            });
        }
        let clients = clients.into_iter().map(str::to_owned).collect();
        let arn = self.trust_provider(&url, clients)?;
        Ok(element("OpenIDConnectProviderArn", &arn))
    }

    fn trust_provider(&mut self, issuer: &str, clients: Vec<String>) -> Result<String, Failure> {
        let invalid = |message: String| Failure::new("InvalidInput", message);
        if !may_be_asked(issuer) || issuer.contains(['?', '#']) || issuer.len() > 255 {
            return Err(invalid(format!(
                "Invalid Open ID Connect Provider URL: {issuer} is neither https:// nor http:// at this computer."
            )));
        }
        if clients.len() > 100 || clients.iter().any(|one| one.is_empty() || one.len() > 255) {
            return Err(invalid(
                "A client id has 1 to 255 characters, and a provider has 100 of them at most."
                    .into(),
            ));
        }
        if self.oidc.providers.len() >= Oidc::PROVIDERS {
            return Err(Failure::new(
                "LimitExceeded",
                "The sandbox has no room for more providers.",
            ));
        }
        let issuer = issuer.trim_end_matches('/');
        let name = issuer_name(issuer).to_owned();
        let arn = format!("arn:aws:iam::{}:oidc-provider/{name}", self.place.account);
        let provider = Provider {
            issuer: issuer.to_owned(),
            arn: arn.clone(),
            clients,
            created: self.clock.now(),
        };
        self.oidc.providers.insert(name, provider);
        Ok(arn)
    }

    /// `GetOpenIDConnectProvider`
    pub(crate) fn open_id_connect_provider(&self, form: &Form) -> Xml {
        let provider = self.provider_of(form)?;
        let clients: String = provider
            .clients
            .iter()
            .map(|client| element("member", client))
            .collect();
        Ok([
            element("Url", issuer_name(&provider.issuer)),
            format!("<ClientIDList>{clients}</ClientIDList>"),
            element("CreateDate", &provider.created.format("%Y-%m-%dT%H:%M:%SZ")),
        ]
        .concat())
    }

    /// `DeleteOpenIDConnectProvider`
    pub(crate) fn delete_open_id_connect_provider(&mut self, form: &Form) -> Xml {
        let name = issuer_name(&self.provider_of(form)?.issuer).to_owned();
        self.oidc.providers.remove(&name);
        self.oidc.keys.remove(&name);
        Ok(String::new())
    }

    fn provider_of(&self, form: &Form) -> Result<&Provider, Failure> {
        let mut checks = Checks::default();
        let arn = checks.text(form, "OpenIDConnectProviderArn");
        checks.end()?;
        self.oidc.find_arn(arn).ok_or_else(|| Failure {
            status: 404,
            ..Failure::new(
                "NoSuchEntity",
                format!("OpenIDConnect Provider not found for arn {arn}"),
            )
        })
    }

    /// Whether the sandbox itself issues these tokens: a user pool does.
    fn is_own(&self, issuer: &str) -> bool {
        self.pools.keys().any(|pool| {
            let name = self.provider_name(pool);
            issuer_name(issuer) == name || issuer_name(&self.issuer(pool)) == issuer_name(issuer)
        })
    }

    /// The claims of a token that this issuer signed. Says nothing of audience or time.
    pub(crate) fn verify_oidc(&self, issuer: &str, token: &str) -> Result<Claims, Bad> {
        if self.is_own(issuer) {
            return self.key.verify(token).map_err(|bad| match bad {
                BadToken::Malformed => Bad::Malformed,
                BadToken::Forged => Bad::Forged,
            });
        }
        let header = decode_header(token).map_err(|_| Bad::Malformed)?;
        let known = self.oidc.keys.get(issuer_name(issuer)).ok_or(Bad::NoKey)?;
        let keys = known.keys.as_ref();
        let keys = keys.map_err(|why| Bad::Unreachable(why.clone()))?;
        let key = find_key(keys, header.kid.as_deref()).ok_or(Bad::NoKey)?;
        if !ALGORITHMS.contains(&header.alg) {
            return Err(Bad::Forged);
        }
        let key = DecodingKey::from_jwk(key).map_err(|_| Bad::NoKey)?;
        let mut only_signature = Validation::new(header.alg);
        only_signature.validate_exp = false;
        only_signature.validate_aud = false;
        only_signature.required_spec_claims.clear();
        let token = decode::<Claims>(token, &key, &only_signature).map_err(|_| Bad::Forged)?;
        Ok(token.claims)
    }
}

/// What AWS takes from OIDC providers.
const ALGORITHMS: &[Algorithm] = &[
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::ES256,
    Algorithm::ES384,
];

/// An issuer without its scheme: its key among logins, and the end of its ARN.
pub(crate) fn issuer_name(issuer: &str) -> &str {
    let name = issuer.split_once("://").map_or(issuer, |(_, rest)| rest);
    name.trim_end_matches('/')
}

/// The keys of a key set that can be read; others are none of our business.
fn read_keys(set: &Value) -> Result<Vec<Jwk>, String> {
    let keys = set.get("keys").and_then(Value::as_array);
    let keys = keys.ok_or("a key set has the member \"keys\"")?;
    let read = |key: &Value| serde_json::from_value(key.clone()).ok();
    Ok(keys.iter().take(100).filter_map(read).collect())
}

fn find_key<'a>(keys: &'a [Jwk], kid: Option<&str>) -> Option<&'a Jwk> {
    match kid {
        Some(kid) => keys
            .iter()
            .find(|key| key.common.key_id.as_deref() == Some(kid)),
        None => match keys {
            [only] => Some(only),
            _ => None,
        },
    }
}
