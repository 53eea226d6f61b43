//! How a pool is set up: `CreateUserPool`, `UpdateUserPool`, `DescribeUserPool`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::{
    factor::{DeviceRules, Factor, FirstFactor, Mfa, Rules},
    outbox::Medium,
    policy::Policy,
    pool::Pool,
    random,
    schema::Schema,
    user::User,
    wire::{Answer, Failure, Fields},
    world::World,
};

/// `AccountRecoverySetting`: where a code goes that resets a forgotten password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Recovery {
    /// To the first of these that is verified.
    By(Vec<Medium>),
    /// Nowhere: only the administrator resets passwords.
    AdminOnly,
}

impl Recovery {
    /// The telephone if it is verified, else e-mail.
    const USUAL: [Medium; 2] = [Medium::Sms, Medium::Email];

    /// AWS's default.
    pub(crate) fn usual() -> Self {
        Self::By(Self::USUAL.to_vec())
    }

    fn read(fields: Fields<'_>) -> Result<Self, Failure> {
        let mut list = Vec::new();
        let mut admin_only = false;
        for mechanism in fields.structures("RecoveryMechanisms")? {
            let priority = mechanism.maybe_number("Priority")?.unwrap_or(0);
            if !(1..=2).contains(&priority) {
                return Err(Failure::invalid_parameter("Priority must be 1 or 2."));
            }
            match mechanism.text("Name")? {
                "verified_email" => list.push((priority, Medium::Email)),
                "verified_phone_number" => list.push((priority, Medium::Sms)),
                "admin_only" => admin_only = true,
                other => {
                    return Err(Failure::invalid_parameter(format!(
                        "Invalid recovery mechanism {other}."
                    )));
                }
            }
        }
        if admin_only {
            if !list.is_empty() {
                return Err(Failure::invalid_parameter(
                    "admin_only cannot be used with other recovery mechanisms.",
                ));
            }
            return Ok(Self::AdminOnly);
        }
        if list.is_empty() {
            return Ok(Self::usual());
        }
        list.sort_unstable_by_key(|(priority, _)| *priority);
        Ok(Self::By(
            list.into_iter().map(|(_, medium)| medium).collect(),
        ))
    }

    /// Where a code for a forgotten password goes, if it can go anywhere.
    pub(crate) fn medium(&self, user: &User) -> Option<Medium> {
        let Self::By(media) = self else { return None };
        let verified = |medium: &&Medium| user.verified(medium.attribute());
        media.iter().find(verified).copied()
    }

    fn describe(&self) -> Value {
        let mechanism = |name: String, priority| json!({ "Name": name, "Priority": priority });
        let list: Vec<Value> = match self {
            Self::AdminOnly => vec![mechanism("admin_only".into(), 1)],
            Self::By(media) => (1..)
                .zip(media)
                .map(|(n, medium)| mechanism(format!("verified_{}", medium.attribute()), n))
                .collect(),
        };
        json!({ "RecoveryMechanisms": list })
    }
}

impl Pool {
    fn describe(&self, world: &World) -> Value {
        let told = |moment| world.clock.tell(moment).fraction();
        let mut answer = json!({
            "Id": self.id,
            "Name": self.name,
            "Arn": format!("arn:aws:cognito-idp:{}:{}:userpool/{}", world.place.region, world.place.account, self.id),
            "CreationDate": told(self.created),
            "LastModifiedDate": told(self.modified),
            "Policies": {
                "PasswordPolicy": self.policy.describe(),
                "SignInPolicy": { "AllowedFirstAuthFactors":
                    self.rules.first.iter().map(|factor| factor.name()).collect::<Vec<_>>() },
            },
            "SchemaAttributes": self.schema.describe(),
            "UsernameAttributes": self.username_attributes,
            "AliasAttributes": self.alias_attributes,
            "AutoVerifiedAttributes": self.verified_attributes,
            "UsernameConfiguration": { "CaseSensitive": self.case_sensitive },
            "AdminCreateUserConfig": { "AllowAdminCreateUserOnly": self.admin_only },
            "AccountRecoverySetting": self.recovery.describe(),
            "MfaConfiguration": self.rules.mfa.name(),
            "UserPoolTier": "ESSENTIALS",
            "EstimatedNumberOfUsers": self.users.len(),
        });
        if let Some(domain) = &self.domain {
            answer["Domain"] = json!(domain);
        }
        if let Some(devices) = self.rules.devices {
            answer["DeviceConfiguration"] = json!({
                "ChallengeRequiredOnNewDevice": devices.skip_mfa,
                "DeviceOnlyRememberedOnUserPrompt": devices.ask,
            });
        }
        answer
    }
}

impl World {
    /// `CreateUserPool`
    pub(crate) fn create_user_pool(&mut self, fields: Fields<'_>) -> Answer {
        let id = format!("{}_{}", self.place.region, random::text(random::ALNUM, 9));
        self.create_user_pool_as(fields, id)
    }

    /// `CreateUserPool`, under a chosen id.
    pub(crate) fn create_user_pool_as(&mut self, fields: Fields<'_>, id: String) -> Answer {
        self.room_for_pool()?;
        let name = fields.text("PoolName")?;
        if name.is_empty() || name.chars().count() > 128 {
            return Err(Failure::invalid_parameter(
                "PoolName must have 1 to 128 characters.",
            ));
        }
        let username_attributes = among(fields, "UsernameAttributes", &["email", "phone_number"])?;
        let aliases = ["email", "phone_number", "preferred_username"];
        let alias_attributes = among(fields, "AliasAttributes", &aliases)?;
        if !username_attributes.is_empty() && !alias_attributes.is_empty() {
            return Err(Failure::invalid_parameter(
                "Only one of aliasAttributes or usernameAttributes can be set in user pool.",
            ));
        }
        let schema = Schema::read(&fields.structures("Schema")?)?;
        let now = self.clock.now();
        let pool = Pool {
            id: id.clone(),
            name: name.to_owned(),
            created: now,
            modified: now,
            policy: policy(fields)?,
            username_attributes,
            alias_attributes,
            verified_attributes: verified_attributes(fields)?,
            required: schema.required(),
            schema,
            case_sensitive: fields
                .inside("UsernameConfiguration")?
                .flag("CaseSensitive")?,
            admin_only: admin_only(fields)?,
            recovery: Recovery::read(fields.inside("AccountRecoverySetting")?)?,
            rules: rules(fields, &Rules::default())?,
            groups: BTreeMap::new(),
            domain: None,
            providers: BTreeMap::new(),
            users: BTreeMap::new(),
            secret: random::bytes(),
        };
        let answer = pool.describe(self);
        self.pools.insert(id, pool);
        Ok(json!({ "UserPool": answer }))
    }

    /// `UpdateUserPool`: as with AWS, what is not named goes back to its default.
    pub(crate) fn update_user_pool(&mut self, fields: Fields<'_>) -> Answer {
        let now = self.clock.now();
        let pool = self.pool_mut(fields.text("UserPoolId")?)?;
        let policy = policy(fields)?;
        let verified_attributes = verified_attributes(fields)?;
        let admin_only = admin_only(fields)?;
        let recovery = Recovery::read(fields.inside("AccountRecoverySetting")?)?;
        pool.rules = rules(fields, &pool.rules)?;
        pool.policy = policy;
        pool.verified_attributes = verified_attributes;
        pool.admin_only = admin_only;
        pool.recovery = recovery;
        pool.modified = now;
        Ok(json!({}))
    }

    /// `DescribeUserPool`
    pub(crate) fn describe_user_pool(&self, fields: Fields<'_>) -> Answer {
        let pool = self.pool(fields.text("UserPoolId")?)?;
        Ok(json!({ "UserPool": pool.describe(self) }))
    }
}

fn policy(fields: Fields<'_>) -> Result<Policy, Failure> {
    Policy::read(fields.inside("Policies")?.inside("PasswordPolicy")?)
}

fn verified_attributes(fields: Fields<'_>) -> Result<Vec<String>, Failure> {
    among(fields, "AutoVerifiedAttributes", &["email", "phone_number"])
}

fn admin_only(fields: Fields<'_>) -> Result<bool, Failure> {
    let config = fields.inside("AdminCreateUserConfig")?;
    config.flag("AllowAdminCreateUserOnly")
}

/// Reads what the pool asks for beside the password. Factors and the custom challenge are set
/// elsewhere, and stay.
fn rules(fields: Fields<'_>, before: &Rules) -> Result<Rules, Failure> {
    let mfa = mfa(fields)?;
    let mut allowed = match mfa {
        Mfa::Off => BTreeSet::new(),
        Mfa::Optional | Mfa::On => before.allowed.clone(),
    };
    if mfa != Mfa::Off && fields.has("SmsConfiguration") {
        allowed.insert(Factor::Sms);
    }
    if mfa != Mfa::Off && allowed.is_empty() {
        return Err(Failure::invalid_parameter(
            "SMS configuration and Auto verification for phone_number are required when MFA is required/optional",
        ));
    }
    let policy = fields.inside("Policies")?.inside("SignInPolicy")?;
    let names = FirstFactor::ALL.map(FirstFactor::name);
    let first = among(policy, "AllowedFirstAuthFactors", &names)?;
    let named = |factor: &FirstFactor| first.iter().any(|name| name == factor.name());
    Ok(Rules {
        mfa,
        allowed,
        devices: devices(fields)?,
        first: if first.is_empty() {
            Rules::default().first
        } else {
            FirstFactor::ALL.into_iter().filter(named).collect()
        },
        custom: before.custom.clone(),
    })
}

/// `MfaConfiguration`
pub(crate) fn mfa(fields: Fields<'_>) -> Result<Mfa, Failure> {
    match fields.maybe_text("MfaConfiguration")? {
        Some("OFF") | None => Ok(Mfa::Off),
        Some("OPTIONAL") => Ok(Mfa::Optional),
        Some("ON") => Ok(Mfa::On),
        Some(other) => Err(Failure::invalid_parameter(format!(
            "1 validation error detected: Value '{other}' at 'mfaConfiguration' failed to satisfy constraint: Member must satisfy enum value set: [OFF, ON, OPTIONAL]"
        ))),
    }
}

fn devices(fields: Fields<'_>) -> Result<Option<DeviceRules>, Failure> {
    let devices = fields.inside("DeviceConfiguration")?;
    if devices.names().next().is_none() {
        return Ok(None);
    }
    Ok(Some(DeviceRules {
        skip_mfa: devices.flag("ChallengeRequiredOnNewDevice")?,
        ask: devices.flag("DeviceOnlyRememberedOnUserPrompt")?,
    }))
}

/// A list of which every member is one of these.
fn among(fields: Fields<'_>, name: &str, allowed: &[&str]) -> Result<Vec<String>, Failure> {
    let list = fields.texts(name)?;
    match list.iter().find(|one| !allowed.contains(&one.as_str())) {
        None => Ok(list),
        Some(other) => Err(Failure::invalid_parameter(format!(
            "1 validation error detected: Value '[{other}]' at '{name}' failed to satisfy constraint: Member must satisfy enum value set: [{}]",
            allowed.join(", ")
        ))),
    }
}
