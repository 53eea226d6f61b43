//! Identities: who is behind a login, or a guest, and keys for them.

use std::collections::BTreeSet;

use serde_json::json;

use crate::{
    identity_pool::{IdentityPool, check_id},
    logins::{Login, methods},
    random,
    sts::{Keys, Origin, Session},
    web_identity::WebIdentity,
    wire::{Answer, Failure, Fields},
    world::World,
};

/// Somebody known to an identity pool.
pub(crate) struct Identity {
    pub(crate) pool: String,
    /// The logins that lead to it, each by its link, with its provider; none for a guest.
    logins: BTreeSet<(String, String)>,
    /// It went into another identity.
    disabled: bool,
}

/// `RoleSessionName` of the enhanced flow.
const SESSION_NAME: &str = "CognitoIdentityCredentials";

impl World {
    /// `GetId`
    pub(crate) fn id_of_logins(&mut self, fields: Fields<'_>) -> Answer {
        let pool = self.identity_pool(fields.text("IdentityPoolId")?)?.clone();
        let logins = self.verify_logins(&pool, fields.inside("Logins")?)?;
        if logins.is_empty() && !pool.guests {
            return Err(no_guests());
        }
        let known = logins
            .iter()
            .find_map(|login| self.linked.find(&login.link).cloned());
        let id = known.unwrap_or_else(|| {
            let id = format!("{}:{}", self.place.region, random::uuid());
            let identity = Identity {
                pool: pool.id.clone(),
                logins: BTreeSet::new(),
                disabled: false,
            };
            self.identities.put(&*id, identity);
            id
        });
        let id = self.link(&id, &logins)?;
        self.journal.note.identity_id = Some(id.clone());
        Ok(json!({ "IdentityId": id }))
    }

    /// `GetCredentialsForIdentity`
    pub(crate) fn credentials_for_identity(&mut self, fields: Fields<'_>) -> Answer {
        let id = fields.text("IdentityId")?;
        self.journal.note.identity_id = Some(id.to_owned());
        let custom = fields.maybe_text("CustomRoleArn")?;
        let pool = self.pool_of_identity(id)?;
        let (id, logins) = self.resume(&pool, id, fields)?;
        let role = pool.roles.choose(&logins, custom)?;
        let keys = self.enhanced_keys(&pool, &id, &logins, &role)?;
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

    /// The enhanced flow asks STS itself, as the classic flow has clients do.
    fn enhanced_keys(
        &mut self,
        pool: &IdentityPool,
        id: &str,
        logins: &[Login],
        role: &str,
    ) -> Result<Keys, Failure> {
        self.journal.note.role_arn = Some(role.to_owned());
        let role = if self.roles.contains_key(role) || self.deleted_roles.contains(role) {
            let who = WebIdentity::of_pool(&pool.id, id, methods(logins));
            let mut context = who.context();
            context.insert("sts:rolesessionname".into(), vec![SESSION_NAME.into()]);
            let trusting = self.role_for(role, &who, &context);
            trusting.ok_or_else(bad_roles)?
        } else {
            self.undeclared(role)
        };
        let session = Session {
            role: role.arn,
            role_id: role.id,
            name: SESSION_NAME.into(),
            ..Session::default()
        };
        Ok(self.mint_keys(session, Origin::Pool, self.lifetimes.keys_seconds))
    }

    /// The identity pool that an identity is in.
    pub(crate) fn pool_of_identity(&self, id: &str) -> Result<IdentityPool, Failure> {
        check_id("identityId", id)?;
        let identity = self
            .identities
            .find(id)
            .ok_or_else(|| Failure::not_found(format!("Identity '{id}' not found.")))?;
        self.identity_pool(&identity.pool).cloned()
    }

    /// An identity comes again, with logins or as a guest: whether it may, and under which id.
    pub(crate) fn resume(
        &mut self,
        pool: &IdentityPool,
        id: &str,
        fields: Fields<'_>,
    ) -> Result<(String, Vec<Login>), Failure> {
        let logins = self.verify_logins(pool, fields.inside("Logins")?)?;
        let forbidden =
            || Failure::not_authorized(format!("Access to Identity '{id}' is forbidden."));
        let identity = self.identities.find(id).ok_or_else(forbidden)?;
        let guest = identity.logins.is_empty();
        if identity.disabled || (logins.is_empty() && !guest) {
            return Err(forbidden());
        }
        if logins.is_empty() && !pool.guests {
            return Err(no_guests());
        }
        let known = |login: &Login| identity.logins.iter().any(|(link, _)| *link == login.link);
        if !guest && !logins.iter().any(known) {
            return Err(Failure::not_authorized(
                "Logins don't match. Please include at least one valid login for this identity or identity pool.",
            ));
        }
        let id = self.link(id, &logins)?;
        self.journal.note.identity_id = Some(id.clone());
        Ok((id, logins))
    }

    /// Links logins to an identity. One that belongs to another identity already takes this one in,
    /// and the other's id is the answer.
    fn link(&mut self, id: &str, logins: &[Login]) -> Result<String, Failure> {
        let owner = logins
            .iter()
            .filter_map(|login| self.linked.find(&login.link))
            .find(|owner| *owner != id)
            .cloned();
        let target = owner.unwrap_or_else(|| id.to_owned());
        let logins_of = |id: &str| {
            let identity = self.identities.find(id);
            identity.map(|one| one.logins.clone()).unwrap_or_default()
        };
        let mut all = logins_of(&target);
        all.extend(logins_of(id));
        all.extend(
            logins
                .iter()
                .map(|login| (login.link.clone(), login.provider.clone())),
        );
        let providers: BTreeSet<&String> = all.iter().map(|(_, provider)| provider).collect();
        let strangers = logins.iter().any(|login| {
            let other = self.linked.find(&login.link);
            other.is_some_and(|other| *other != target && other != id)
        });
        if providers.len() < all.len() || strangers {
            return Err(Failure::new(
                "ResourceConflictException",
                "Login is already linked to another account.",
            ));
        }
        for (link, _) in &all {
            self.linked.put(link.as_str(), target.clone());
        }
        if target != id
            && let Some(merged) = self.identities.find_mut(id)
        {
            merged.disabled = true;
            merged.logins.clear();
        }
        if let Some(identity) = self.identities.find_mut(&target) {
            identity.logins = all;
        }
        Ok(target)
    }
}

/// What the enhanced flow says of a role that it has not got, or that does not trust it.
pub(crate) fn bad_roles() -> Failure {
    Failure::new(
        "InvalidIdentityPoolConfigurationException",
        "Invalid identity pool configuration. Check assigned IAM roles for this pool.",
    )
}

fn no_guests() -> Failure {
    Failure::not_authorized("Unauthenticated access is not supported for this identity pool.")
}
