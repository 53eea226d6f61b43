//! Which role an identity gets: `SetIdentityPoolRoles`, and the choice.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{
    identity::Login,
    keys::Claims,
    wire::{Answer, Failure, Fields},
    world::World,
};

/// The roles of an identity pool.
#[derive(Clone, Default)]
pub(crate) struct Roles {
    authenticated: Option<String>,
    guests: Option<String>,
    /// By `PROVIDER:CLIENT`.
    mappings: BTreeMap<String, Mapping>,
    /// As they came, for `GetIdentityPoolRoles`.
    text: Value,
}

/// One of `RoleMappings`.
#[derive(Clone)]
struct Mapping {
    /// None for `Token`: the token itself says which role.
    rules: Option<Vec<Rule>>,
    otherwise: Otherwise,
}

/// `AmbiguousRoleResolution`
#[derive(Clone, Copy)]
enum Otherwise {
    AuthenticatedRole,
    Deny,
}

#[derive(Clone)]
struct Rule {
    claim: String,
    kind: String,
    value: String,
    role: String,
}

impl World {
    /// `SetIdentityPoolRoles`
    pub(crate) fn set_identity_pool_roles(&mut self, fields: Fields<'_>) -> Answer {
        let roles = Roles::read(fields)?;
        self.identity_pool_mut(fields.text("IdentityPoolId")?)?
            .roles = roles;
        Ok(json!({}))
    }

    /// `GetIdentityPoolRoles`
    pub(crate) fn identity_pool_roles(&self, fields: Fields<'_>) -> Answer {
        let pool = self.identity_pool(fields.text("IdentityPoolId")?)?;
        let mut answer = json!({ "IdentityPoolId": pool.id, "Roles": {} });
        if let (Value::Object(answer), Value::Object(text)) = (&mut answer, &pool.roles.text) {
            answer.extend(text.clone());
        }
        Ok(answer)
    }
}

impl Roles {
    fn read(fields: Fields<'_>) -> Result<Self, Failure> {
        let roles = fields.inside("Roles")?;
        let role = |name| Ok::<_, Failure>(roles.maybe_text(name)?.map(str::to_owned));
        let mappings = fields.inside("RoleMappings")?;
        let mut read = BTreeMap::new();
        let mut text = json!({ "Roles": {}, "RoleMappings": {} });
        for name in roles.names() {
            text["Roles"][name] = json!(arn(roles.text(name)?)?);
        }
        for name in mappings.names() {
            let mapping = mappings.inside(name)?;
            read.insert(name.to_owned(), Mapping::read(mapping)?);
            text["RoleMappings"][name] = mapping.to_value();
        }
        Ok(Self {
            authenticated: role("authenticated")?,
            guests: role("unauthenticated")?,
            mappings: read,
            text,
        })
    }

    /// The role for these logins; none for a guest.
    pub(crate) fn choose(&self, logins: &[Login], custom: Option<&str>) -> Result<String, Failure> {
        let unset = || {
            Failure::new(
                "InvalidIdentityPoolConfigurationException",
                "Invalid identity pool configuration. Check assigned IAM roles for this pool.",
            )
        };
        if let Some(custom) = custom {
            let allowed = logins
                .iter()
                .any(|login| claimed(&login.claims).contains(&custom));
            let refusal = || Failure::not_authorized("Invalid custom role.");
            return if allowed {
                Ok(custom.to_owned())
            } else {
                Err(refusal())
            };
        }
        let Some(login) = logins.first() else {
            return self.guests.clone().ok_or_else(unset);
        };
        let key = format!("{}:{}", login.provider, login.client);
        match self.mappings.get(&key) {
            None => self.authenticated.clone().ok_or_else(unset),
            Some(mapping) => match (mapping.role(&login.claims), mapping.otherwise) {
                (Some(role), Otherwise::AuthenticatedRole | Otherwise::Deny) => Ok(role),
                (None, Otherwise::AuthenticatedRole) => {
                    self.authenticated.clone().ok_or_else(unset)
                }
                (None, Otherwise::Deny) => Err(Failure::not_authorized(
                    "Access to Identity is forbidden: the role is ambiguous.",
                )),
            },
        }
    }
}

impl Mapping {
    fn read(fields: Fields<'_>) -> Result<Self, Failure> {
        let bad = |what| {
            Err(Failure::invalid_parameter(format!(
                "Invalid {what} in role mapping."
            )))
        };
        let rule = |fields: &Fields<'_>| {
            Ok(Rule {
                claim: fields.text("Claim")?.to_owned(),
                kind: fields.text("MatchType")?.to_owned(),
                value: fields.text("Value")?.to_owned(),
                role: arn(fields.text("RoleARN")?)?.to_owned(),
            })
        };
        let rules = match fields.text("Type")? {
            "Token" => None,
            "Rules" => {
                let list = fields.inside("RulesConfiguration")?.structures("Rules")?;
                Some(list.iter().map(rule).collect::<Result<_, Failure>>()?)
            }
            _ => return bad("Type"),
        };
        let otherwise = match fields.maybe_text("AmbiguousRoleResolution")? {
            Some("AuthenticatedRole") => Otherwise::AuthenticatedRole,
            Some("Deny") => Otherwise::Deny,
            Some(_) | None => return bad("AmbiguousRoleResolution"),
        };
        Ok(Self { rules, otherwise })
    }

    fn role(&self, claims: &Claims) -> Option<String> {
        let Some(rules) = &self.rules else {
            let preferred = claims.get("cognito:preferred_role").and_then(Value::as_str);
            let only = match claimed(claims)[..] {
                [role] => Some(role),
                _ => None,
            };
            return preferred.or(only).map(str::to_owned);
        };
        let found = rules.iter().find(|rule| match claims.get(&rule.claim) {
            Some(Value::String(text)) => rule.matches(text),
            Some(Value::Array(items)) => items
                .iter()
                .filter_map(Value::as_str)
                .any(|item| rule.matches(item)),
            Some(other) => rule.matches(&other.to_string()),
            None => false,
        });
        found.map(|rule| rule.role.clone())
    }
}

impl Rule {
    fn matches(&self, text: &str) -> bool {
        match self.kind.as_str() {
            "Equals" => text == self.value,
            "NotEqual" => text != self.value,
            "Contains" => text.contains(&self.value),
            "StartsWith" => text.starts_with(&self.value),
            _ => false,
        }
    }
}

fn claimed(claims: &Claims) -> Vec<&str> {
    let roles = claims.get("cognito:roles").and_then(Value::as_array);
    roles
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

fn arn(text: &str) -> Result<&str, Failure> {
    let right = text.starts_with("arn:") && text.contains(":role/") && text.split(':').count() == 6;
    let refusal = || Failure::invalid_parameter(format!("{text} is not the ARN of a role."));
    if right { Ok(text) } else { Err(refusal()) }
}
