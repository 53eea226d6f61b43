//! User pools: their password policy, their groups, and what names a user in them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{
    clock::Moment,
    factor::Rules,
    random,
    user::User,
    wire::{Answer, Failure, Fields},
    world::World,
};

/// A user pool.
pub(crate) struct Pool {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) created: Moment,
    pub(crate) policy: Policy,
    /// `UsernameAttributes`: users sign up with one of these, and get a UUID as user name.
    pub(crate) username_attributes: Vec<String>,
    /// `AliasAttributes`: users may sign in with one of these too.
    pub(crate) alias_attributes: Vec<String>,
    /// `AutoVerifiedAttributes`
    pub(crate) verified_attributes: Vec<String>,
    /// Attributes that the schema demands.
    pub(crate) required: Vec<String>,
    pub(crate) case_sensitive: bool,
    /// `AllowAdminCreateUserOnly`
    pub(crate) admin_only: bool,
    /// What it asks for beside the password.
    pub(crate) rules: Rules,
    pub(crate) groups: BTreeMap<String, Group>,
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

/// `PasswordPolicy`
#[derive(Clone)]
pub(crate) struct Policy {
    length: usize,
    upper: bool,
    lower: bool,
    numbers: bool,
    symbols: bool,
    temporary_days: i64,
}

impl Pool {
    const USERS: usize = 50_000;

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
                    let verified = user.attributes.get(&format!("{attribute}_verified"));
                    verified.is_some_and(|v| v == "true") && known_by(user, attribute)
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
    pub(crate) fn admit(&mut self, name: &str, mut user: User) -> Result<&mut User, Failure> {
        if self.users.len() >= Self::USERS {
            return Err(Failure::new(
                "LimitExceededException",
                "The user pool is full.",
            ));
        }
        if name.is_empty() || name.chars().count() > 128 {
            return Err(Failure::invalid_parameter(
                "Username must have 1 to 128 characters.",
            ));
        }
        if self.find(name).is_some() {
            return Err(Failure::new(
                "UsernameExistsException",
                "User account already exists",
            ));
        }
        if let Some(attribute) = self.username_attributes.first() {
            if !name.contains('@') && attribute == "email" {
                return Err(Failure::invalid_parameter("Username should be an email."));
            }
            user.attributes.insert(attribute.clone(), name.to_owned());
            user.username.clone_from(&user.sub);
        }
        for attribute in &self.required {
            if !user.attributes.contains_key(attribute) && !user.by_admin {
                return Err(Failure::invalid_parameter(format!(
                    "Attributes did not conform to the schema: {attribute}: The attribute is required"
                )));
            }
        }
        let key = self.fold(&user.username);
        Ok(self.users.entry(key).or_insert(user))
    }

    fn describe(&self, world: &World) -> Value {
        json!({
            "Id": self.id,
            "Name": self.name,
            "Arn": format!("arn:aws:cognito-idp:{}:{}:userpool/{}", world.place.region, world.place.account, self.id),
            "CreationDate": world.clock.tell(self.created).fraction(),
            "LastModifiedDate": world.clock.tell(self.created).fraction(),
            "Policies": { "PasswordPolicy": self.policy.describe() },
            "UsernameAttributes": self.username_attributes,
            "AliasAttributes": self.alias_attributes,
            "AutoVerifiedAttributes": self.verified_attributes,
            "UsernameConfiguration": { "CaseSensitive": self.case_sensitive },
            "AdminCreateUserConfig": { "AllowAdminCreateUserOnly": self.admin_only },
            "MfaConfiguration": "OFF",
            "EstimatedNumberOfUsers": self.users.len(),
        })
    }
}

impl Policy {
    fn read(fields: Fields<'_>) -> Result<Self, Failure> {
        let length = fields.maybe_number("MinimumLength")?.unwrap_or(8);
        let length = usize::try_from(length)
            .ok()
            .filter(|n| (6..=99).contains(n));
        let flag = |name| Ok::<_, Failure>(fields.maybe_flag(name)?.unwrap_or(true));
        Ok(Self {
            length: length.ok_or_else(|| {
                Failure::invalid_parameter("MinimumLength must be between 6 and 99.")
            })?,
            upper: flag("RequireUppercase")?,
            lower: flag("RequireLowercase")?,
            numbers: flag("RequireNumbers")?,
            symbols: flag("RequireSymbols")?,
            temporary_days: fields
                .maybe_number("TemporaryPasswordValidityDays")?
                .unwrap_or(7),
        })
    }

    /// Refuses a password, in Cognito's words.
    pub(crate) fn check(&self, password: &str) -> Result<(), Failure> {
        let has = |class: fn(&char) -> bool| password.chars().any(|c| class(&c));
        let symbol = |c: &char| "^$*.[]{}()?-\"!@#%&/\\,><':;|_~`+= ".contains(*c);
        let wrong = if password.chars().count() < self.length {
            "Password not long enough"
        } else if self.numbers && !has(char::is_ascii_digit) {
            "Password must have numeric characters"
        } else if self.upper && !has(char::is_ascii_uppercase) {
            "Password must have uppercase characters"
        } else if self.lower && !has(char::is_ascii_lowercase) {
            "Password must have lowercase characters"
        } else if self.symbols && !password.chars().any(|c| symbol(&c)) {
            "Password must have symbol characters"
        } else if password.chars().count() > 256 {
            "Password too long"
        } else {
            return Ok(());
        };
        let message = format!("Password did not conform with policy: {wrong}");
        Err(Failure::new("InvalidPasswordException", message))
    }

    /// When a temporary password made at `now` dies.
    pub(crate) fn temporary_until(&self, now: Moment) -> Moment {
        now.plus(self.temporary_days * 86_400)
    }

    fn describe(&self) -> Value {
        json!({
            "MinimumLength": self.length,
            "RequireUppercase": self.upper,
            "RequireLowercase": self.lower,
            "RequireNumbers": self.numbers,
            "RequireSymbols": self.symbols,
            "TemporaryPasswordValidityDays": self.temporary_days,
        })
    }
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

    /// `CreateUserPool`
    pub(crate) fn create_user_pool(&mut self, fields: Fields<'_>) -> Answer {
        let id = format!("{}_{}", self.place.region, random::text(random::ALNUM, 9));
        self.create_user_pool_as(fields, id)
    }

    /// `CreateUserPool`, under a chosen id.
    pub(crate) fn create_user_pool_as(&mut self, fields: Fields<'_>, id: String) -> Answer {
        self.room_for_pool()?;
        let mut required = Vec::new();
        for attribute in fields.structures("Schema")? {
            if attribute.flag("Required")? {
                required.push(attribute.text("Name")?.to_owned());
            }
        }
        let pool = Pool {
            id: id.clone(),
            name: fields.text("PoolName")?.to_owned(),
            created: self.clock.now(),
            policy: Policy::read(fields.inside("Policies")?.inside("PasswordPolicy")?)?,
            username_attributes: fields.texts("UsernameAttributes")?,
            alias_attributes: fields.texts("AliasAttributes")?,
            verified_attributes: fields.texts("AutoVerifiedAttributes")?,
            required,
            case_sensitive: fields
                .inside("UsernameConfiguration")?
                .flag("CaseSensitive")?,
            admin_only: fields
                .inside("AdminCreateUserConfig")?
                .flag("AllowAdminCreateUserOnly")?,
            rules: Rules::default(),
            groups: BTreeMap::new(),
            users: BTreeMap::new(),
            secret: random::bytes(),
        };
        let answer = pool.describe(self);
        self.pools.insert(id, pool);
        Ok(json!({ "UserPool": answer }))
    }

    /// `DescribeUserPool`
    pub(crate) fn describe_user_pool(&self, fields: Fields<'_>) -> Answer {
        let pool = self.pool(fields.text("UserPoolId")?)?;
        Ok(json!({ "UserPool": pool.describe(self) }))
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
