//! Domains of user pools: under which address a pool's managed login is found.
//!
//! The sandbox has one address, so a domain is a path of it: `/_domain/NAME`. The same endpoints
//! are at the root, too, for every pool: there the app client says which pool is meant.

use serde_json::json;

use crate::{
    wire::{Answer, Failure, Fields},
    world::World,
};

/// What goes before `/login` and the like at a pool's domain.
pub(crate) const PREFIX: &str = "/_domain/";

impl World {
    /// `CreateUserPoolDomain`
    pub(crate) fn create_user_pool_domain(&mut self, fields: Fields<'_>) -> Answer {
        let domain = fields.text("Domain")?;
        let pool = self.pool(fields.text("UserPoolId")?)?;
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
        if domain.is_empty()
            || domain.len() > 63
            || !domain.chars().all(plain)
            || domain.starts_with(['-', '.'])
            || domain.ends_with(['-', '.'])
        {
            return Err(Failure::invalid_parameter(format!(
                "1 validation error detected: Value '{domain}' at 'domain' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-z0-9](?:[a-z0-9\\-]{{0,61}}[a-z0-9])?$"
            )));
        }
        if pool.domain.is_some() {
            return Err(Failure::invalid_parameter(
                "User pool already has a domain.",
            ));
        }
        if self.domain_owner(domain).is_some() {
            return Err(Failure::invalid_parameter(
                "Domain already associated with another user pool.",
            ));
        }
        let id = pool.id.clone();
        self.pool_mut(&id)?.domain = Some(domain.to_owned());
        Ok(json!({}))
    }

    /// `DescribeUserPoolDomain`: of one that does not exist, nothing is told, as by AWS.
    pub(crate) fn describe_user_pool_domain(&self, fields: Fields<'_>) -> Answer {
        let domain = fields.text("Domain")?;
        let description = self.domain_owner(domain).map_or_else(
            || json!({}),
            |pool| {
                json!({
                    "UserPoolId": pool,
                    "AWSAccountId": self.place.account,
                    "Domain": domain,
                    "Status": "ACTIVE",
                    "ManagedLoginVersion": 1,
                })
            },
        );
        Ok(json!({ "DomainDescription": description }))
    }

    /// `DeleteUserPoolDomain`
    pub(crate) fn delete_user_pool_domain(&mut self, fields: Fields<'_>) -> Answer {
        let domain = fields.text("Domain")?;
        let pool = self.pool_mut(fields.text("UserPoolId")?)?;
        if pool.domain.as_deref() != Some(domain) {
            return Err(Failure::invalid_parameter(
                "No such domain or user pool exists.",
            ));
        }
        pool.domain = None;
        Ok(json!({}))
    }

    /// The pool that has a domain.
    pub(crate) fn domain_owner(&self, domain: &str) -> Option<&str> {
        let mut pools = self.pools.values();
        let owner = pools.find(|pool| pool.domain.as_deref() == Some(domain))?;
        Some(&owner.id)
    }

    /// The path of a pool's managed login: nothing where it has no domain of its own.
    pub(crate) fn login_path(&self, pool: &str) -> String {
        let domain = self.pools.get(pool).and_then(|pool| pool.domain.as_ref());
        domain.map_or_else(String::new, |domain| format!("{PREFIX}{domain}"))
    }

    /// The URL of a pool's managed login, without a slash at its end.
    pub(crate) fn login_url(&self, pool: &str) -> String {
        format!("{}{}", self.place.url, self.login_path(pool))
    }
}
