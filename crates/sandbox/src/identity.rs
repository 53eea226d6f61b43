//! Identity pools: who is behind a login, and keys for them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    keys::{BadToken, Claims},
    random,
    roles::Roles,
    wire::{Answer, Failure, Fields},
    world::World,
};

/// An identity pool.
#[derive(Clone)]
pub(crate) struct IdentityPool {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) guests: bool,
    pub(crate) classic: bool,
    pub(crate) providers: Vec<Provider>,
    pub(crate) roles: Roles,
}

/// One of `CognitoIdentityProviders`.
#[derive(Clone)]
pub(crate) struct Provider {
    pub(crate) name: String,
    pub(crate) client: String,
    /// `ServerSideTokenCheck`: sign-ins that were revoked are refused.
    pub(crate) check: bool,
}

/// Somebody known to an identity pool.
pub(crate) struct Identity {
    pub(crate) pool: String,
    /// The logins that lead to it; none for a guest.
    pub(crate) logins: BTreeSet<String>,
}

/// A login whose token was verified.
pub(crate) struct Login {
    /// Pool, provider and subject: what the identity hangs on.
    pub(crate) link: String,
    pub(crate) provider: String,
    pub(crate) client: String,
    pub(crate) claims: Claims,
}

impl World {
    /// `CreateIdentityPool`
    pub(crate) fn create_identity_pool(&mut self, fields: Fields<'_>) -> Answer {
        let id = format!("{}:{}", self.place.region, random::uuid());
        self.create_identity_pool_as(fields, id)
    }

    /// `CreateIdentityPool`, under a chosen id.
    pub(crate) fn create_identity_pool_as(&mut self, fields: Fields<'_>, id: String) -> Answer {
        self.room_for_pool()?;
        let provider = |fields: &Fields<'_>| {
            Ok(Provider {
                name: fields.text("ProviderName")?.to_owned(),
                client: fields.text("ClientId")?.to_owned(),
                check: fields.flag("ServerSideTokenCheck")?,
            })
        };
        let providers = fields.structures("CognitoIdentityProviders")?;
        let pool = IdentityPool {
            id: id.clone(),
            name: fields.text("IdentityPoolName")?.to_owned(),
            guests: fields.flag("AllowUnauthenticatedIdentities")?,
            classic: fields.flag("AllowClassicFlow")?,
            providers: providers
                .iter()
                .map(provider)
                .collect::<Result<_, Failure>>()?,
            roles: Roles::default(),
        };
        let answer = pool.describe();
        self.identity_pools.insert(id, pool);
        Ok(answer)
    }

    /// `DescribeIdentityPool`
    pub(crate) fn describe_identity_pool(&self, fields: Fields<'_>) -> Answer {
        Ok(self
            .identity_pool(fields.text("IdentityPoolId")?)?
            .describe())
    }

    /// `GetId`
    pub(crate) fn id_of_logins(&mut self, fields: Fields<'_>) -> Answer {
        let pool = self.identity_pool(fields.text("IdentityPoolId")?)?.clone();
        let logins = self.verify_logins(&pool, fields.inside("Logins")?)?;
        if logins.is_empty() && !pool.guests {
            return Err(Failure::not_authorized(
                "Unauthenticated access is not supported for this identity pool.",
            ));
        }
        let known = logins
            .iter()
            .find_map(|login| self.linked.find(&login.link).cloned());
        let id = known.unwrap_or_else(|| {
            let id = format!("{}:{}", self.place.region, random::uuid());
            let identity = Identity {
                pool: pool.id.clone(),
                logins: BTreeSet::new(),
            };
            self.identities.put(&*id, identity);
            id
        });
        self.link(&id, &logins)?;
        self.journal.note.identity_id = Some(id.clone());
        Ok(json!({ "IdentityId": id }))
    }

    /// `GetCredentialsForIdentity`
    pub(crate) fn credentials_for_identity(&mut self, fields: Fields<'_>) -> Answer {
        let id = fields.text("IdentityId")?;
        self.journal.note.identity_id = Some(id.to_owned());
        let custom = fields.maybe_text("CustomRoleArn")?;
        let identity = self
            .identities
            .find(id)
            .ok_or_else(|| Failure::not_found(format!("Identity '{id}' not found.")))?;
        let pool = self.identity_pool(&identity.pool)?.clone();
        let guest = identity.logins.is_empty();
        let logins = self.verify_logins(&pool, fields.inside("Logins")?)?;
        if logins.is_empty() && !(guest && pool.guests) {
            return Err(Failure::not_authorized(format!(
                "Access to Identity '{id}' is forbidden."
            )));
        }
        let identity = self.identities.find(id);
        let known = |login: &Login| identity.is_some_and(|i| i.logins.contains(&login.link));
        if !guest && !logins.iter().any(known) {
            return Err(Failure::not_authorized(
                "Logins don't match. Please include at least one valid login for this identity or identity pool.",
            ));
        }
        self.link(id, &logins)?;

        let role = pool.roles.choose(&logins, custom)?;
        self.journal.note.role_arn = Some(role.clone());
        let keys = self.mint_keys(&role);
        Ok(json!({
            "IdentityId": id,
            "Credentials": {
                "AccessKeyId": keys.access_key,
                "SecretKey": keys.secret,
                "SessionToken": keys.token,
                "Expiration": self.clock.tell(keys.until).seconds(),
            },
        }))
    }

    /// Finds an identity pool.
    pub(crate) fn identity_pool(&self, id: &str) -> Result<&IdentityPool, Failure> {
        let missing = || Failure::not_found(format!("IdentityPool '{id}' not found."));
        self.identity_pools.get(id).ok_or_else(missing)
    }

    /// Finds an identity pool, to change it.
    pub(crate) fn identity_pool_mut(&mut self, id: &str) -> Result<&mut IdentityPool, Failure> {
        let missing = || Failure::not_found(format!("IdentityPool '{id}' not found."));
        self.identity_pools.get_mut(id).ok_or_else(missing)
    }

    fn verify_logins(
        &mut self,
        pool: &IdentityPool,
        fields: Fields<'_>,
    ) -> Result<Vec<Login>, Failure> {
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
        let invalid = |why: &str| Failure::not_authorized(format!("Invalid login token. {why}"));
        let foreign = || {
            Failure::not_authorized("Token is not from a supported provider of this identity pool.")
        };
        // With `Issuer::Base` the key that clients derive from `iss` is the sandbox's own address.
        let named = |provider: &&Provider| {
            let user_pool = provider.name.rsplit('/').next().unwrap_or_default();
            provider.name == key || strip_scheme(&self.issuer(user_pool)) == key
        };
        let providers: Vec<&Provider> = pool.providers.iter().filter(named).collect();
        let Some(first) = providers.first() else {
            return Err(foreign());
        };

        let claims = self.key.verify(token).map_err(|bad| match bad {
            BadToken::Malformed => invalid("Not a valid OpenId Connect identity token."),
            BadToken::Forged => invalid("Couldn't verify signed token."),
        })?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let user_pool = first.name.rsplit('/').next().unwrap_or_default();
        if text("iss") != Some(&self.issuer(user_pool)) {
            return Err(invalid("Issuer doesn't match providerName"));
        }
        let Some(audience) = text("aud") else {
            return Err(invalid("Missing a required claim: aud"));
        };
        let Some(provider) = providers
            .iter()
            .find(|provider| provider.client == audience)
        else {
            return Err(foreign());
        };
        let now = self.clock.told().seconds();
        let end = claims.get("exp").and_then(Value::as_i64).unwrap_or(0);
        if now >= end {
            return Err(invalid(&format!("Token expired: {now} >= {end}")));
        }
        let sub = text("sub").unwrap_or_default();
        self.journal.note.username = text("cognito:username").map(str::to_owned);
        self.journal.note.client_id = Some(audience.to_owned());
        if provider.check {
            self.check_sign_in(text("origin_jti").unwrap_or_default())?;
        }
        Ok(Login {
            link: format!("{}|{}|{sub}", pool.id, provider.name),
            provider: provider.name.clone(),
            client: provider.client.clone(),
            claims: claims.clone(),
        })
    }

    /// `ServerSideTokenCheck`: asks the user pool whether the sign-in is still one.
    fn check_sign_in(&self, origin: &str) -> Result<(), Failure> {
        let refused = |why: &str| {
            Err(Failure::not_authorized(format!(
                "Invalid login token. {why}"
            )))
        };
        let Some(sign_in) = self.sign_ins.find(origin) else {
            return refused("Token is unknown");
        };
        if sign_in.revoked {
            return refused("Token has been revoked");
        }
        let user = self.pool(&sign_in.pool)?.find(&sign_in.user);
        match user.filter(|user| user.sub == sign_in.sub) {
            None => refused("User does not exist"),
            Some(user) if !user.enabled => refused("User is disabled"),
            Some(_) => Ok(()),
        }
    }

    fn link(&mut self, id: &str, logins: &[Login]) -> Result<(), Failure> {
        for login in logins {
            if self
                .linked
                .find(&login.link)
                .is_some_and(|other| other != id)
            {
                return Err(Failure::new(
                    "ResourceConflictException",
                    "The login is already linked to another identity.",
                ));
            }
        }
        for login in logins {
            self.linked.put(&*login.link, id.to_owned());
            if let Some(identity) = self.identities.find_mut(id) {
                identity.logins.insert(login.link.clone());
            }
        }
        Ok(())
    }
}

impl IdentityPool {
    fn describe(&self) -> Value {
        let provider = |p: &Provider| json!({ "ProviderName": p.name, "ClientId": p.client, "ServerSideTokenCheck": p.check });
        json!({
            "IdentityPoolId": self.id,
            "IdentityPoolName": self.name,
            "AllowUnauthenticatedIdentities": self.guests,
            "AllowClassicFlow": self.classic,
            "CognitoIdentityProviders": self.providers.iter().map(provider).collect::<Vec<_>>(),
        })
    }
}

fn strip_scheme(url: &str) -> &str {
    url.split_once("://").map_or(url, |(_, rest)| rest)
}
