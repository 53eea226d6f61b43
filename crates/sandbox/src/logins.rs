//! Logins of an identity pool: the tokens that say who somebody is, and their verification.

use serde_json::Value;

use crate::{
    identity_pool::IdentityPool,
    keys::{BadToken, Claims},
    oidc::{Bad, issuer_name},
    web_identity::texts,
    wire::{Failure, Fields},
    world::World,
};

/// A login whose token was verified.
pub(crate) struct Login {
    /// Pool, provider and subject: what the identity hangs on.
    pub(crate) link: String,
    /// Its key among the logins.
    pub(crate) provider: String,
    /// Under which names `RoleMappings` may know the provider.
    pub(crate) mapped_as: Vec<String>,
    /// What it adds to `amr`.
    method: String,
    pub(crate) claims: Claims,
}

/// The login providers that pools may name in `SupportedLoginProviders` here: those whose tokens are
/// OIDC's.
pub(crate) const LOGIN_PROVIDERS: &[&str] = &["accounts.google.com", "appleid.apple.com"];

/// `amr` of an identity: how it came in.
pub(crate) fn methods(logins: &[Login]) -> Vec<String> {
    if logins.is_empty() {
        return vec!["unauthenticated".into()];
    }
    let each = logins
        .iter()
        .flat_map(|login| [login.provider.clone(), login.method.clone()]);
    ["authenticated".to_owned()]
        .into_iter()
        .chain(each)
        .collect()
}

impl World {
    /// All logins of a request; one that fails fails the call.
    pub(crate) fn verify_logins(
        &mut self,
        pool: &IdentityPool,
        fields: Fields<'_>,
    ) -> Result<Vec<Login>, Failure> {
        if fields.names().count() > 10 {
            return Err(Failure::invalid(
                "1 validation error detected: Value at 'logins' failed to satisfy constraint: Member must have length less than or equal to 10",
            ));
        }
        fields
            .names()
            .map(|key| self.verify_login(pool, key, fields.text(key)?))
            .collect()
    }

    fn verify_login(
        &mut self,
        pool: &IdentityPool,
        key: &str,
        token: &str,
    ) -> Result<Login, Failure> {
        self.journal.secret("id_token", token);
        // With `Issuer::Base` the key that clients derive from `iss` is the sandbox's own address.
        let named = |name: &str| {
            let user_pool = name.rsplit('/').next().unwrap_or_default();
            name == key || issuer_name(&self.issuer(user_pool)) == key
        };
        if pool.providers.iter().any(|provider| named(&provider.name)) {
            let named = pool.providers.iter().filter(|one| named(&one.name));
            let named: Vec<_> = named.cloned().collect();
            return self.verify_user_pool_login(pool, &named, token);
        }
        let arn = pool.oidc.iter().find(|arn| {
            let provider = self.oidc.find_arn(arn);
            provider.is_some_and(|provider| issuer_name(&provider.issuer) == issuer_name(key))
        });
        if let Some(provider) = arn.and_then(|arn| self.oidc.find_arn(arn)) {
            let login = self.verify_oidc_login(key, &provider.issuer, &provider.clients, token)?;
            let name = issuer_name(&provider.issuer).to_owned();
            return Ok(Login {
                link: format!("{}|{name}|{}", pool.id, login.subject),
                method: format!("{}:OIDC:{}", provider.arn, login.subject),
                mapped_as: vec![name.clone(), provider.arn.clone()],
                provider: name,
                claims: login.claims,
            });
        }
        if let Some(clients) = pool.supported.get(key) {
            let clients: Vec<String> = clients.split(';').map(str::to_owned).collect();
            let login = self.verify_oidc_login(key, &format!("https://{key}"), &clients, token)?;
            return Ok(Login {
                link: format!("{}|{key}|{}", pool.id, login.subject),
                method: format!("{key}:{}:{}", login.audience, login.subject),
                mapped_as: vec![key.to_owned()],
                provider: key.to_owned(),
                claims: login.claims,
            });
        }
        Err(foreign())
    }

    fn verify_user_pool_login(
        &mut self,
        pool: &IdentityPool,
        providers: &[crate::identity_pool::UserPoolProvider],
        token: &str,
    ) -> Result<Login, Failure> {
        let name = providers.first().map_or("", |first| first.name.as_str());
        let claims = self.key.verify(token).map_err(|bad| match bad {
            BadToken::Malformed => malformed(),
            BadToken::Forged => forged(),
        })?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let user_pool = name.rsplit('/').next().unwrap_or_default();
        if text("iss") != Some(&self.issuer(user_pool)) {
            return Err(foreign_issuer());
        }
        let audience = text("aud").ok_or_else(no_audience)?;
        let provider = providers.iter().find(|one| one.client == audience);
        let provider = provider.ok_or_else(foreign)?;
        self.check_end(&claims)?;
        let sub = text("sub").unwrap_or_default();
        self.journal.note.username = text("cognito:username").map(str::to_owned);
        self.journal.note.client_id = Some(audience.to_owned());
        if provider.check {
            self.check_sign_in(text("origin_jti").unwrap_or_default())?;
        }
        Ok(Login {
            link: format!("{}|{}|{sub}", pool.id, provider.name),
            provider: provider.name.clone(),
            mapped_as: vec![format!("{}:{}", provider.name, provider.client)],
            method: format!("{}:CognitoSignIn:{sub}", provider.name),
            claims: claims.clone(),
        })
    }

    fn verify_oidc_login(
        &self,
        key: &str,
        issuer: &str,
        clients: &[String],
        token: &str,
    ) -> Result<OidcLogin, Failure> {
        let unread = crate::web_identity::unverified(token).ok_or_else(malformed)?;
        let told = unread
            .get("iss")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if issuer_name(told) != issuer_name(key) {
            return Err(foreign_issuer());
        }
        let claims = self.verify_oidc(issuer, token).map_err(|bad| match bad {
            Bad::Malformed => malformed(),
            Bad::Forged | Bad::NoKey => forged(),
            Bad::Unreachable(why) => Failure::new("ExternalServiceException", why),
        })?;
        let audiences = texts(claims.get("aud").ok_or_else(no_audience)?);
        let audience = clients.iter().find(|client| audiences.contains(client));
        let Some(audience) = audience.cloned() else {
            return Err(invalid("Incorrect token audience."));
        };
        let subject = claims.get("sub").and_then(Value::as_str);
        let Some(subject) = subject.map(str::to_owned) else {
            return Err(invalid("Missing a required claim: sub"));
        };
        self.check_end(&claims)?;
        Ok(OidcLogin {
            subject,
            audience,
            claims,
        })
    }

    fn check_end(&self, claims: &Claims) -> Result<(), Failure> {
        let now = self.clock.told().seconds();
        let end = claims.get("exp").and_then(Value::as_i64).unwrap_or(0);
        if now >= end {
            return Err(invalid(&format!("Token expired: {now} >= {end}")));
        }
        Ok(())
    }

    /// `ServerSideTokenCheck`: asks the user pool whether the sign-in is still one.
    fn check_sign_in(&self, origin: &str) -> Result<(), Failure> {
        let Some(sign_in) = self.sign_ins.find(origin) else {
            return Err(invalid("Token is unknown"));
        };
        if sign_in.revoked {
            return Err(invalid("Token has been revoked"));
        }
        let user = self.pool(&sign_in.pool)?.find(&sign_in.user);
        match user.filter(|user| user.sub == sign_in.sub) {
            None => Err(invalid("User does not exist")),
            Some(user) if !user.enabled => Err(invalid("User is disabled")),
            Some(_) => Ok(()),
        }
    }

    /// Whether some identity pool takes tokens of this public provider.
    pub(crate) fn is_login_provider(&self, name: &str) -> bool {
        self.identity_pools
            .values()
            .any(|pool| pool.supported.contains_key(name))
    }
}

/// What an OIDC provider's token says.
struct OidcLogin {
    subject: String,
    audience: String,
    claims: Claims,
}

fn invalid(why: &str) -> Failure {
    Failure::not_authorized(format!("Invalid login token. {why}"))
}

fn malformed() -> Failure {
    invalid("Not a valid OpenId Connect identity token.")
}

fn forged() -> Failure {
    invalid("Couldn't verify signed token.")
}

fn foreign_issuer() -> Failure {
    invalid("Issuer doesn't match providerName")
}

fn no_audience() -> Failure {
    invalid("Missing a required claim: aud")
}

fn foreign() -> Failure {
    Failure::not_authorized("Token is not from a supported provider of this identity pool.")
}
