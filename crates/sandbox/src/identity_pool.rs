//! Identity pools: what they are set up to take.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{
    logins::LOGIN_PROVIDERS,
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
    /// `AllowUnauthenticatedIdentities`
    pub(crate) guests: bool,
    /// `AllowClassicFlow`
    pub(crate) classic: bool,
    pub(crate) providers: Vec<UserPoolProvider>,
    /// `OpenIdConnectProviderARNs`
    pub(crate) oidc: Vec<String>,
    /// `SupportedLoginProviders`: the application's ids by provider.
    pub(crate) supported: BTreeMap<String, String>,
    pub(crate) roles: Roles,
}

/// One of `CognitoIdentityProviders`.
#[derive(Clone)]
pub(crate) struct UserPoolProvider {
    pub(crate) name: String,
    pub(crate) client: String,
    /// `ServerSideTokenCheck`: sign-ins that were revoked are refused.
    pub(crate) check: bool,
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
        let pool = self.read_identity_pool(fields, id)?;
        let answer = pool.describe();
        self.identity_pools.insert(pool.id.clone(), pool);
        Ok(answer)
    }

    /// `UpdateIdentityPool`: what is not named goes back to its default, and roles stay.
    pub(crate) fn update_identity_pool(&mut self, fields: Fields<'_>) -> Answer {
        let known = self.identity_pool(fields.text("IdentityPoolId")?)?;
        let (id, roles) = (known.id.clone(), known.roles.clone());
        let pool = IdentityPool {
            roles,
            ..self.read_identity_pool(fields, id)?
        };
        let answer = pool.describe();
        self.identity_pools.insert(pool.id.clone(), pool);
        Ok(answer)
    }

    fn read_identity_pool(&self, fields: Fields<'_>, id: String) -> Result<IdentityPool, Failure> {
        let providers = fields.structures("CognitoIdentityProviders")?;
        let provider = |fields: &Fields<'_>| {
            Ok(UserPoolProvider {
                name: fields.text("ProviderName")?.to_owned(),
                client: fields.text("ClientId")?.to_owned(),
                check: fields.flag("ServerSideTokenCheck")?,
            })
        };
        let oidc = fields.texts("OpenIdConnectProviderARNs")?;
        if let Some(unknown) = oidc.iter().find(|arn| self.oidc.find_arn(arn).is_none()) {
            return Err(Failure::invalid_parameter(format!(
                "{unknown} is not an OpenID Connect provider of this account."
            )));
        }
        let fields_supported = fields.inside("SupportedLoginProviders")?;
        let mut supported = BTreeMap::new();
        for name in fields_supported.names() {
            if !LOGIN_PROVIDERS.contains(&name) {
                return Err(Failure::invalid_parameter(format!(
                    "The sandbox cannot verify tokens of {name}; it knows {}.",
                    LOGIN_PROVIDERS.join(" and ")
                )));
            }
            supported.insert(name.to_owned(), fields_supported.text(name)?.to_owned());
        }
        Ok(IdentityPool {
            id,
            name: fields.text("IdentityPoolName")?.to_owned(),
            guests: fields.flag("AllowUnauthenticatedIdentities")?,
            classic: fields.flag("AllowClassicFlow")?,
            providers: providers
                .iter()
                .map(provider)
                .collect::<Result<_, Failure>>()?,
            oidc,
            supported,
            roles: Roles::default(),
        })
    }

    /// `DescribeIdentityPool`
    pub(crate) fn describe_identity_pool(&self, fields: Fields<'_>) -> Answer {
        Ok(self
            .identity_pool(fields.text("IdentityPoolId")?)?
            .describe())
    }

    /// Finds an identity pool.
    pub(crate) fn identity_pool(&self, id: &str) -> Result<&IdentityPool, Failure> {
        check_id("identityPoolId", id)?;
        let missing = || Failure::not_found(format!("IdentityPool '{id}' not found."));
        self.identity_pools.get(id).ok_or_else(missing)
    }

    /// Finds an identity pool, to change it.
    pub(crate) fn identity_pool_mut(&mut self, id: &str) -> Result<&mut IdentityPool, Failure> {
        let missing = || Failure::not_found(format!("IdentityPool '{id}' not found."));
        self.identity_pools.get_mut(id).ok_or_else(missing)
    }
}

impl IdentityPool {
    fn describe(&self) -> Value {
        let provider = |p: &UserPoolProvider| json!({ "ProviderName": p.name, "ClientId": p.client, "ServerSideTokenCheck": p.check });
        json!({
            "IdentityPoolId": self.id,
            "IdentityPoolName": self.name,
            "AllowUnauthenticatedIdentities": self.guests,
            "AllowClassicFlow": self.classic,
            "CognitoIdentityProviders": self.providers.iter().map(provider).collect::<Vec<_>>(),
            "OpenIdConnectProviderARNs": self.oidc,
            "SupportedLoginProviders": self.supported,
        })
    }
}

/// The ids of identities and of their pools: `REGION:UUID`.
pub(crate) fn check_id(member: &str, id: &str) -> Result<(), Failure> {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    let right = id.split_once(':').is_some_and(|(region, rest)| {
        !region.is_empty()
            && region.bytes().all(word)
            && !rest.is_empty()
            && rest
                .bytes()
                .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f' | b'-'))
    });
    if !right {
        return Err(Failure::invalid(format!(
            r"1 validation error detected: Value '{id}' at '{member}' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w-]+:[0-9a-f-]+"
        )));
    }
    if id.len() > 55 {
        return Err(Failure::invalid(format!(
            "1 validation error detected: Value '{id}' at '{member}' failed to satisfy constraint: Member must have length less than or equal to 55"
        )));
    }
    Ok(())
}
