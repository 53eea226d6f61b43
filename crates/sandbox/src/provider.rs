//! Identity providers behind a user pool: `CreateIdentityProvider` and its like.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{
    clock::Moment,
    outgoing::may_be_asked,
    pool::Pool,
    wire::{Answer, Failure, Fields},
    world::World,
};

/// The name of the pool itself among `SupportedIdentityProviders`.
pub(crate) const COGNITO: &str = "COGNITO";

/// An OpenID Connect provider that a pool trusts.
#[derive(Clone)]
pub(crate) struct IdentityProvider {
    pub(crate) name: String,
    created: Moment,
    modified: Moment,
    /// `ProviderDetails`
    pub(crate) details: BTreeMap<String, String>,
    /// `AttributeMapping`: from the pool's attribute to the provider's claim.
    pub(crate) mapping: BTreeMap<String, String>,
    /// `IdpIdentifiers`
    pub(crate) identifiers: Vec<String>,
}

impl IdentityProvider {
    const OF_A_POOL: usize = 300;
    const IDENTIFIERS: usize = 50;

    /// A member of `ProviderDetails`.
    pub(crate) fn detail(&self, name: &str) -> Option<&str> {
        let text = self.details.get(name).map(String::as_str);
        text.filter(|text| !text.is_empty())
    }

    fn describe(&self, pool: &str, world: &World) -> Value {
        json!({
            "UserPoolId": pool,
            "ProviderName": self.name,
            "ProviderType": "OIDC",
            "ProviderDetails": self.details,
            "AttributeMapping": self.mapping,
            "IdpIdentifiers": self.identifiers,
            "CreationDate": world.clock.tell(self.created).fraction(),
            "LastModifiedDate": world.clock.tell(self.modified).fraction(),
        })
    }
}

impl Pool {
    /// The provider that goes by a name.
    pub(crate) fn provider(&self, name: &str) -> Result<&IdentityProvider, Failure> {
        self.providers
            .get(name)
            .ok_or_else(|| Failure::not_found(format!("Identity provider {name} does not exist.")))
    }

    /// The provider that one of its `IdpIdentifiers` names.
    pub(crate) fn provider_identified(&self, identifier: &str) -> Option<&IdentityProvider> {
        let named =
            |provider: &&IdentityProvider| provider.identifiers.iter().any(|one| one == identifier);
        self.providers.values().find(named)
    }
}

impl World {
    /// `CreateIdentityProvider`
    pub(crate) fn create_identity_provider(&mut self, fields: Fields<'_>) -> Answer {
        let pool_id = fields.text("UserPoolId")?;
        let name = fields.text("ProviderName")?;
        let kind = fields.text("ProviderType")?;
        let now = self.clock.now();
        if kind != "OIDC" {
            return Err(Failure::invalid_parameter(format!(
                "The sandbox has no identity providers of the type {kind}: only OIDC."
            )));
        }
        check_name(name)?;
        let provider = IdentityProvider {
            name: name.to_owned(),
            created: now,
            modified: now,
            details: details(fields)?,
            mapping: mapping(fields)?,
            identifiers: identifiers(fields)?,
        };
        let pool = self.pool_mut(pool_id)?;
        if pool.providers.contains_key(name) {
            return Err(Failure::new(
                "DuplicateProviderException",
                format!("A provider with the name {name} already exists in this user pool."),
            ));
        }
        if pool.providers.len() >= IdentityProvider::OF_A_POOL {
            return Err(Failure::new(
                "LimitExceededException",
                "Too many identity providers.",
            ));
        }
        let taken = |one: &&String| pool.provider_identified(one).is_some();
        if let Some(taken) = provider.identifiers.iter().find(taken) {
            return Err(Failure::invalid_parameter(format!(
                "The identifier {taken} is used by another identity provider."
            )));
        }
        pool.providers.insert(name.to_owned(), provider.clone());
        if let Some(secret) = provider.detail("client_secret") {
            self.journal.secret("client_secret", secret);
        }
        Ok(json!({ "IdentityProvider": provider.describe(pool_id, self) }))
    }

    /// `DescribeIdentityProvider`
    pub(crate) fn describe_identity_provider(&self, fields: Fields<'_>) -> Answer {
        let pool = self.pool(fields.text("UserPoolId")?)?;
        let provider = pool.provider(fields.text("ProviderName")?)?;
        Ok(json!({ "IdentityProvider": provider.describe(&pool.id, self) }))
    }

    /// `GetIdentityProviderByIdentifier`
    pub(crate) fn identity_provider_by_identifier(&self, fields: Fields<'_>) -> Answer {
        let pool = self.pool(fields.text("UserPoolId")?)?;
        let identifier = fields.text("IdpIdentifier")?;
        let provider = pool.provider_identified(identifier).ok_or_else(|| {
            Failure::not_found(format!("Identity provider {identifier} does not exist."))
        })?;
        Ok(json!({ "IdentityProvider": provider.describe(&pool.id, self) }))
    }

    /// `ListIdentityProviders`, all on one page.
    pub(crate) fn list_identity_providers(&self, fields: Fields<'_>) -> Answer {
        let pool = self.pool(fields.text("UserPoolId")?)?;
        let row = |provider: &IdentityProvider| {
            json!({
                "ProviderName": provider.name,
                "ProviderType": "OIDC",
                "CreationDate": self.clock.tell(provider.created).fraction(),
                "LastModifiedDate": self.clock.tell(provider.modified).fraction(),
            })
        };
        let rows: Vec<_> = pool.providers.values().map(row).collect();
        Ok(json!({ "Providers": rows }))
    }

    /// `UpdateIdentityProvider`: what is not named stays.
    pub(crate) fn update_identity_provider(&mut self, fields: Fields<'_>) -> Answer {
        let pool_id = fields.text("UserPoolId")?;
        let name = fields.text("ProviderName")?;
        let now = self.clock.now();
        let mut changed = self.pool(pool_id)?.provider(name)?.clone();
        if fields.has("ProviderDetails") {
            changed.details = details(fields)?;
        }
        if fields.has("AttributeMapping") {
            changed.mapping = mapping(fields)?;
        }
        if fields.has("IdpIdentifiers") {
            changed.identifiers = identifiers(fields)?;
        }
        changed.modified = now;
        let answer = changed.describe(pool_id, self);
        self.pool_mut(pool_id)?
            .providers
            .insert(name.to_owned(), changed);
        Ok(json!({ "IdentityProvider": answer }))
    }

    /// `DeleteIdentityProvider`
    pub(crate) fn delete_identity_provider(&mut self, fields: Fields<'_>) -> Answer {
        let pool = self.pool_mut(fields.text("UserPoolId")?)?;
        let name = fields.text("ProviderName")?;
        pool.provider(name)?;
        pool.providers.remove(name);
        Ok(json!({}))
    }
}

fn check_name(name: &str) -> Result<(), Failure> {
    let plain = |c: char| c.is_alphanumeric() || "-.@+".contains(c);
    if name == COGNITO || !(3..=32).contains(&name.chars().count()) || !name.chars().all(plain) {
        return Err(Failure::invalid_parameter(format!(
            "1 validation error detected: Value '{name}' at 'providerName' failed to satisfy constraint: Member must satisfy regular expression pattern: [^_\\p{{Z}}][\\p{{L}}\\p{{M}}\\p{{S}}\\p{{N}}\\p{{P}}][^_\\p{{Z}}]+"
        )));
    }
    Ok(())
}

fn details(fields: Fields<'_>) -> Result<BTreeMap<String, String>, Failure> {
    let details = texts(fields.inside("ProviderDetails")?)?;
    for member in [
        "client_id",
        "authorize_scopes",
        "oidc_issuer",
        "attributes_request_method",
    ] {
        if details.get(member).is_none_or(String::is_empty) {
            return Err(Failure::invalid_parameter(format!(
                "{member} is missing or empty in ProviderDetails."
            )));
        }
    }
    let asks = details
        .get("authorize_scopes")
        .is_some_and(|scopes| scopes.split([' ', ',']).any(|scope| scope == "openid"));
    if !asks {
        return Err(Failure::invalid_parameter(
            "authorize_scopes must have openid in it, or there is no ID token.",
        ));
    }
    for member in [
        "oidc_issuer",
        "authorize_url",
        "token_url",
        "attributes_url",
        "jwks_uri",
    ] {
        let Some(url) = details.get(member) else {
            continue;
        };
        if !may_be_asked(url) {
            return Err(Failure::invalid_parameter(format!(
                "{url} as {member} cannot be used: https, or http on this computer."
            )));
        }
    }
    Ok(details)
}

fn mapping(fields: Fields<'_>) -> Result<BTreeMap<String, String>, Failure> {
    let mapping = texts(fields.inside("AttributeMapping")?)?;
    if mapping.get("username").is_some_and(|claim| claim != "sub") {
        return Err(Failure::invalid_parameter(
            "Invalid AttributeMapping: username is always mapped to sub.",
        ));
    }
    Ok(mapping)
}

fn identifiers(fields: Fields<'_>) -> Result<Vec<String>, Failure> {
    let identifiers = fields.texts("IdpIdentifiers")?;
    if identifiers.len() > IdentityProvider::IDENTIFIERS {
        return Err(Failure::invalid_parameter(
            "A provider has at most 50 IdpIdentifiers.",
        ));
    }
    Ok(identifiers)
}

fn texts(fields: Fields<'_>) -> Result<BTreeMap<String, String>, Failure> {
    fields
        .names()
        .map(|name| Ok((name.to_owned(), fields.text(name)?.to_owned())))
        .collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A provider called `Work`.
    pub(crate) fn provider(issuer: &str, client_id: &str) -> IdentityProvider {
        let details = [
            ("oidc_issuer", issuer),
            ("client_id", client_id),
            ("authorize_scopes", "openid email"),
            ("attributes_request_method", "GET"),
        ];
        IdentityProvider {
            name: "Work".into(),
            created: Moment(0),
            modified: Moment(0),
            details: details
                .map(|(name, value)| (name.into(), value.into()))
                .into(),
            mapping: BTreeMap::new(),
            identifiers: Vec::new(),
        }
    }
}
