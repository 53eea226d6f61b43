//! Web identities: the tokens that STS takes in place of a signature.
//!
//! Two kinds: those of `GetOpenIdToken`, which speak for an identity of an identity pool, and those
//! of the OIDC providers that the account trusts.

use serde_json::Value;

use crate::{
    keys::{BadToken, Claims},
    oidc::{Bad, issuer_name},
    trust::Context,
    wire::Failure,
    world::World,
};

/// Who a token speaks for, once it has been verified.
#[derive(Clone, Debug)]
pub(crate) struct WebIdentity {
    /// As trust policies name the issuer: `cognito-identity.amazonaws.com`, or a provider's ARN.
    pub(crate) provider: String,
    /// `sub`
    pub(crate) subject: String,
    /// `aud`
    pub(crate) audience: String,
    /// The identity pool behind it.
    pub(crate) pool: Option<String>,
    /// `amr`
    pub(crate) methods: Vec<String>,
    /// What the provider's condition keys begin with.
    prefix: String,
    claims: Claims,
}

/// Who issues the tokens of `GetOpenIdToken`.
pub(crate) const COGNITO: &str = "cognito-identity.amazonaws.com";

impl WebIdentity {
    /// An identity of an identity pool.
    pub(crate) fn of_pool(pool: &str, identity: &str, methods: Vec<String>) -> Self {
        Self {
            provider: COGNITO.into(),
            subject: identity.to_owned(),
            audience: pool.to_owned(),
            pool: Some(pool.to_owned()),
            methods,
            prefix: COGNITO.into(),
            claims: Claims::new(),
        }
    }

    /// Whether somebody signed in.
    pub(crate) fn authenticated(&self) -> bool {
        self.methods.iter().any(|method| method == "authenticated")
    }

    /// The provider's condition keys.
    pub(crate) fn context(&self) -> Context {
        let mut context = Context::new();
        let mut put = |name: &str, values: Vec<String>| {
            let key = format!("{}:{name}", self.prefix).to_lowercase();
            context.insert(key, values);
        };
        for (name, value) in &self.claims {
            let values = match value {
                Value::String(text) => vec![text.clone()],
                Value::Bool(flag) => vec![flag.to_string()],
                Value::Number(number) => vec![number.to_string()],
                Value::Array(_) => texts(value),
                Value::Null | Value::Object(_) => continue,
            };
            put(name, values);
        }
        put("aud", vec![self.audience.clone()]);
        put("sub", vec![self.subject.clone()]);
        put("amr", self.methods.clone());
        context.insert("aws:federatedprovider".into(), vec![self.provider.clone()]);
        context
    }
}

impl World {
    /// Verifies a token as STS does.
    pub(crate) fn web_identity(&self, token: &str) -> Result<WebIdentity, Failure> {
        let claims = unverified(token).ok_or_else(|| {
            invalid("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
        })?;
        let issuer = claims
            .get("iss")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let who = if issuer_name(issuer) == COGNITO {
            self.cognito_identity(token)?
        } else {
            self.oidc_identity(issuer, token)?
        };
        let (now, end) = (
            self.clock.told().seconds(),
            who.claims.get("exp").and_then(Value::as_i64).unwrap_or(0),
        );
        if now >= end {
            return Err(Failure::new(
                "ExpiredTokenException",
                format!(
                    "Token expired: current date/time {now} must be before the expiration date/time {end}"
                ),
            ));
        }
        Ok(who)
    }

    /// A token of `GetOpenIdToken`.
    fn cognito_identity(&self, token: &str) -> Result<WebIdentity, Failure> {
        let claims = self.key.verify(token).map_err(|bad| match bad {
            BadToken::Malformed | BadToken::Forged => unverifiable(),
        })?;
        let text = |name: &str| text(&claims, name).map(str::to_owned);
        let (pool, subject) = (text("aud")?, text("sub")?);
        let methods = claims.get("amr").map(texts).unwrap_or_default();
        Ok(WebIdentity {
            claims,
            ..WebIdentity::of_pool(&pool, &subject, methods)
        })
    }

    /// A token of a provider that the account trusts.
    fn oidc_identity(&self, issuer: &str, token: &str) -> Result<WebIdentity, Failure> {
        let Some(provider) = self.oidc.find(issuer_name(issuer)) else {
            return Err(invalid(format!(
                "No OpenIDConnect provider found in your account for {issuer}"
            )));
        };
        let claims = self
            .verify_oidc(&provider.issuer, token)
            .map_err(|bad| match bad {
                Bad::Malformed | Bad::NoKey => unverifiable(),
                Bad::Forged => invalid("The web identity token's signature is wrong."),
                Bad::Unreachable(why) => Failure::new("IDPCommunicationError", why),
            })?;
        let subject = text(&claims, "sub")?.to_owned();
        let Some(audience) = audience(&claims, &provider.clients)? else {
            return Err(invalid("Incorrect token audience"));
        };
        Ok(WebIdentity {
            provider: provider.arn.clone(),
            subject,
            audience,
            pool: None,
            methods: claims.get("amr").map(texts).unwrap_or_default(),
            prefix: issuer_name(issuer).to_owned(),
            claims,
        })
    }
}

/// The claims of a token that nobody has verified yet.
pub(crate) fn unverified(token: &str) -> Option<Claims> {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let mut parts = token.split('.');
    let (Some(_), Some(claims), Some(_), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
}

/// The client among `clients` that a token is for: `azp` where there is one, else one of `aud`.
fn audience(claims: &Claims, clients: &[String]) -> Result<Option<String>, Failure> {
    let missing = || invalid("Missing a required claim: aud");
    let all = texts(claims.get("aud").ok_or_else(missing)?);
    let azp = claims.get("azp").and_then(Value::as_str);
    let found = clients.iter().find(|client| match azp {
        Some(azp) => azp == *client,
        None => all.contains(client),
    });
    Ok(found.cloned())
}

/// A text, or the texts of a list.
pub(crate) fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
    }
}

fn text<'a>(claims: &'a Claims, name: &str) -> Result<&'a str, Failure> {
    let missing = || invalid(format!("Missing a required claim: {name}"));
    claims.get(name).and_then(Value::as_str).ok_or_else(missing)
}

fn invalid(message: impl Into<String>) -> Failure {
    Failure::new("InvalidIdentityToken", message)
}

fn unverifiable() -> Failure {
    invalid(
        "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements",
    )
}
