//! User pools: what names a user in them, and their groups. How a pool is set up is in `settings`.

use std::collections::BTreeMap;

use serde_json::json;

use crate::{
    clock::Moment,
    factor::Rules,
    policy::Policy,
    provider::IdentityProvider,
    schema::{Schema, Writer, Writing, is_email, is_phone},
    settings::Recovery,
    user::User,
    wire::{Answer, Failure, Fields},
    world::World,
};

/// A user pool.
pub(crate) struct Pool {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) created: Moment,
    pub(crate) modified: Moment,
    pub(crate) policy: Policy,
    /// `UsernameAttributes`: users sign up with one of these, and get a UUID as user name.
    pub(crate) username_attributes: Vec<String>,
    /// `AliasAttributes`: users may sign in with one of these too.
    pub(crate) alias_attributes: Vec<String>,
    /// `AutoVerifiedAttributes`
    pub(crate) verified_attributes: Vec<String>,
    pub(crate) schema: Schema,
    /// Attributes that the schema demands.
    pub(crate) required: Vec<String>,
    pub(crate) case_sensitive: bool,
    /// `AllowAdminCreateUserOnly`
    pub(crate) admin_only: bool,
    /// `AccountRecoverySetting`
    pub(crate) recovery: Recovery,
    /// What it asks for beside the password.
    pub(crate) rules: Rules,
    pub(crate) groups: BTreeMap<String, Group>,
    /// Where its managed login is.
    pub(crate) domain: Option<String>,
    /// By name.
    pub(crate) providers: BTreeMap<String, IdentityProvider>,
    /// By folded user name.
    pub(crate) users: BTreeMap<String, User>,
    /// What the answers for users who do not exist are derived from.
    pub(crate) secret: [u8; 32],
}

/// A group of users, and the role that its members may take.
pub(crate) struct Group {
    pub(crate) role: Option<String>,
    pub(crate) precedence: Option<i64>,
}

impl Pool {
    pub(crate) const USERS: usize = 50_000;

    /// The part of the id after `_`, which SRP hashes.
    pub(crate) fn short_name(&self) -> &str {
        self.id
            .split_once('_')
            .map_or(self.id.as_str(), |(_, name)| name)
    }

    /// The form of a user name under which it is found.
    pub(crate) fn fold(&self, name: &str) -> String {
        if self.case_sensitive {
            name.to_owned()
        } else {
            name.to_lowercase()
        }
    }

    /// Finds a user by name or by an attribute that this pool accepts in its place.
    pub(crate) fn find(&self, name: &str) -> Option<&User> {
        let folded = self.fold(name);
        if let Some(user) = self.users.get(&folded) {
            return Some(user);
        }
        let known_by = |user: &User, attribute: &String| {
            user.attributes
                .get(attribute)
                .is_some_and(|value| self.fold(value) == folded)
        };
        self.users.values().find(|user| {
            self.username_attributes
                .iter()
                .any(|attribute| known_by(user, attribute))
                || self.alias_attributes.iter().any(|attribute| {
                    // Nobody verifies a preferred user name.
                    (attribute == "preferred_username" || user.verified(attribute))
                        && known_by(user, attribute)
                })
        })
    }

    /// A user by the exact user name.
    pub(crate) fn user(&self, username: &str) -> Result<&User, Failure> {
        let user = self.users.get(&self.fold(username));
        user.ok_or_else(Failure::no_user)
    }

    /// A user by the exact user name, to change.
    pub(crate) fn user_mut(&mut self, username: &str) -> Result<&mut User, Failure> {
        let key = self.fold(username);
        self.users.get_mut(&key).ok_or_else(Failure::no_user)
    }

    /// Puts a new user into the pool.
    pub(crate) fn admit(
        &mut self,
        name: &str,
        attributes: &[(String, String)],
        writer: Writer,
        now: Moment,
    ) -> Result<&mut User, Failure> {
        if self.users.len() >= Self::USERS {
            return Err(Failure::new(
                "LimitExceededException",
                "The user pool is full.",
            ));
        }
        if name.is_empty() || name.chars().count() > 128 || name.contains(char::is_whitespace) {
            return Err(Failure::invalid_parameter(
                "1 validation error detected: Value at 'username' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}]+",
            ));
        }
        self.schema.check(attributes, writer, Writing::New)?;
        let named_by = self.name_is_allowed(name)?;
        if self.find(name).is_some() {
            return Err(Failure::new(
                "UsernameExistsException",
                match (named_by, writer) {
                    (Some(attribute), _) => {
                        format!("An account with the given {attribute} already exists.")
                    }
                    (None, Writer::User) => "User already exists".into(),
                    (None, Writer::Admin) => "User account already exists".into(),
                },
            ));
        }
        let mut user = User::new(name, attributes.to_vec(), now);
        if let Some(attribute) = named_by {
            user.attributes.insert(attribute.into(), name.to_owned());
            user.username.clone_from(&user.sub);
        }
        if writer == Writer::User {
            self.has_required(&user)?;
        }
        for alias in self.alias_attributes.clone() {
            if user.verified(&alias) || alias == "preferred_username" {
                self.claim_alias(&user, &alias, Claim::Refuse)?;
            }
        }
        let key = self.fold(&user.username);
        Ok(self.users.entry(key).or_insert(user))
    }

    /// The attribute that a user name stands for in this pool, if it does.
    fn name_is_allowed(&self, name: &str) -> Result<Option<&'static str>, Failure> {
        let has = |list: &[String], attribute: &str| list.iter().any(|one| one == attribute);
        let named = &self.username_attributes;
        if !named.is_empty() {
            return match (has(named, "email"), has(named, "phone_number")) {
                (true, _) if is_email(name) => Ok(Some("email")),
                (_, true) if is_phone(name) => Ok(Some("phone_number")),
                (true, true) => Err("Username should be either an email or a phone number."),
                (true, false) => Err("Username should be an email."),
                (false, _) => Err("Username should be a phone number."),
            }
            .map_err(Failure::invalid_parameter);
        }
        let aliases = &self.alias_attributes;
        if has(aliases, "email") && is_email(name) {
            return Err(Failure::invalid_parameter(
                "Username cannot be of email format, since user pool is configured for email alias.",
            ));
        }
        if has(aliases, "phone_number") && is_phone(name) {
            return Err(Failure::invalid_parameter(
                "Username cannot be of phone number format, since user pool is configured for phone number alias.",
            ));
        }
        Ok(None)
    }

    fn has_required(&self, user: &User) -> Result<(), Failure> {
        let missing = |name: &&String| user.attributes.get(*name).is_none_or(String::is_empty);
        let missing: String = self
            .required
            .iter()
            .filter(missing)
            .map(|name| format!("{name}: The attribute is required\n"))
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(Failure::invalid_parameter(format!(
            "Attributes did not conform to the schema: {missing}"
        )))
    }

    /// Makes sure that an address names one user only, where it may stand in for the user name.
    pub(crate) fn claim_alias(
        &mut self,
        user: &User,
        attribute: &str,
        claim: Claim,
    ) -> Result<(), Failure> {
        let alias = |list: &[String]| list.iter().any(|one| one == attribute);
        let Some(value) = user.attributes.get(attribute) else {
            return Ok(());
        };
        if !alias(&self.alias_attributes) && !alias(&self.username_attributes) {
            return Ok(());
        }
        let Some(owner) = self.find(value).filter(|owner| owner.sub != user.sub) else {
            return Ok(());
        };
        match claim {
            Claim::Refuse => Err(Failure::new(
                "AliasExistsException",
                format!("An account with the {attribute} already exists."),
            )),
            Claim::Take => {
                let owner = owner.username.clone();
                let verified = format!("{attribute}_verified");
                let owner = self.user_mut(&owner)?;
                owner.attributes.insert(verified, "false".into());
                Ok(())
            }
        }
    }
}

/// What happens to an alias that another user has: `ForceAliasCreation`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Claim {
    Refuse,
    Take,
}

impl World {
    /// Finds a user pool.
    pub(crate) fn pool(&self, id: &str) -> Result<&Pool, Failure> {
        self.pools.get(id).ok_or_else(|| no_pool(id))
    }

    /// Finds a user pool, to change it.
    pub(crate) fn pool_mut(&mut self, id: &str) -> Result<&mut Pool, Failure> {
        self.pools.get_mut(id).ok_or_else(|| no_pool(id))
    }

    /// `CreateGroup`
    pub(crate) fn create_group(&mut self, fields: Fields<'_>) -> Answer {
        let id = fields.text("UserPoolId")?;
        let name = fields.text("GroupName")?;
        let role = fields.maybe_text("RoleArn")?.map(str::to_owned);
        let precedence = fields.maybe_number("Precedence")?;
        let groups = &mut self.pool_mut(id)?.groups;
        if groups.contains_key(name) {
            let message = format!("A group with the name {name} already exists.");
            return Err(Failure::new("GroupExistsException", message));
        }
        if groups.len() >= 10_000 {
            return Err(Failure::new("LimitExceededException", "Too many groups."));
        }
        groups.insert(
            name.to_owned(),
            Group {
                role: role.clone(),
                precedence,
            },
        );
        Ok(json!({ "Group": {
            "GroupName": name, "UserPoolId": id, "RoleArn": role, "Precedence": precedence,
        } }))
    }
}

fn no_pool(id: &str) -> Failure {
    Failure::not_found(format!("User pool {id} does not exist."))
}
