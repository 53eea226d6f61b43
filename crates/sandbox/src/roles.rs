//! Which role an identity gets: `SetIdentityPoolRoles`, and the choice.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{
    identity::bad_roles,
    keys::Claims,
    logins::Login,
    wire::{Answer, Failure, Fields},
    world::World,
};

/// The roles of an identity pool.
#[derive(Clone, Default)]
pub(crate) struct Roles {
    authenticated: Option<String>,
    guests: Option<String>,
    /// By `PROVIDER:CLIENT` of a user pool, or by the name or ARN of another provider.
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
    kind: MatchType,
    value: String,
    role: String,
}

#[derive(Clone, Copy)]
enum MatchType {
    Equals,
    Contains,
    StartsWith,
    NotEqual,
}

/// How many rules a provider may have.
const RULES: usize = 25;

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
            if !matches!(name, "authenticated" | "unauthenticated") {
                return Err(Failure::invalid(format!(
                    "1 validation error detected: Value '{name}' at 'roles' failed to satisfy constraint: Map keys must satisfy constraint: [Member must satisfy regular expression pattern: (un)?authenticated]"
                )));
            }
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
        if let Some(custom) = custom {
            arn(custom)?;
            let allowed = |login: &Login| match self.mapping(login).and_then(|m| m.rules.as_ref()) {
                Some(rules) => matching(rules, &login.claims).any(|rule| rule.role == custom),
                None => claimed(&login.claims).contains(&custom),
            };
            return if logins.iter().any(allowed) {
                Ok(custom.to_owned())
            } else {
                Err(Failure::not_authorized("Invalid custom role."))
            };
        }
        let Some(login) = logins.first() else {
            return self.guests.clone().ok_or_else(bad_roles);
        };
        let usual = || self.authenticated.clone().ok_or_else(bad_roles);
        let Some(mapping) = self.mapping(login) else {
            return usual();
        };
        match (mapping.role(&login.claims), mapping.otherwise) {
            (Some(role), Otherwise::AuthenticatedRole | Otherwise::Deny) => Ok(role),
            (None, Otherwise::AuthenticatedRole) => usual(),
            (None, Otherwise::Deny) => Err(Failure::not_authorized(
                "Access to Identity is forbidden: the role is ambiguous.",
            )),
        }
    }

    /// The role of guests.
    pub(crate) fn of_guests(&self) -> Option<&str> {
        self.guests.as_deref()
    }

    /// Whether a role is named here: for those who signed in, or for guests.
    pub(crate) fn names(&self, role: &str, authenticated: bool) -> bool {
        let is = |named: &Option<String>| named.as_deref() == Some(role);
        if !authenticated {
            return is(&self.guests);
        }
        let rules = self
            .mappings
            .values()
            .filter_map(|mapping| mapping.rules.as_ref());
        is(&self.authenticated) || rules.flatten().any(|rule| rule.role == role)
    }

    fn mapping(&self, login: &Login) -> Option<&Mapping> {
        login
            .mapped_as
            .iter()
            .find_map(|name| self.mappings.get(name))
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
                kind: MatchType::read(fields.text("MatchType")?)?,
                value: fields.text("Value")?.to_owned(),
                role: arn(fields.text("RoleARN")?)?.to_owned(),
            })
        };
        let rules = match fields.text("Type")? {
            "Token" => None,
            "Rules" => {
                let list = fields.inside("RulesConfiguration")?.structures("Rules")?;
                if list.is_empty() {
                    return bad("RulesConfiguration");
                }
                if list.len() > RULES {
                    return Err(Failure::new(
                        "LimitExceededException",
                        format!("Up to {RULES} rules can be specified per identity provider."),
                    ));
                }
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
        matching(rules, claims).next().map(|rule| rule.role.clone())
    }
}

impl MatchType {
    fn read(text: &str) -> Result<Self, Failure> {
        match text {
            "Equals" => Ok(Self::Equals),
            "Contains" => Ok(Self::Contains),
            "StartsWith" => Ok(Self::StartsWith),
            "NotEqual" => Ok(Self::NotEqual),
            _ => Err(Failure::invalid(format!(
                "1 validation error detected: Value '{text}' at 'matchType' failed to satisfy constraint: Member must satisfy enum value set: [StartsWith, NotEqual, Equals, Contains]"
            ))),
        }
    }
}

impl Rule {
    fn matches(&self, text: &str) -> bool {
        match self.kind {
            MatchType::Equals => text == self.value,
            MatchType::NotEqual => text != self.value,
            MatchType::Contains => text.contains(&self.value),
            MatchType::StartsWith => text.starts_with(&self.value),
        }
    }
}

/// The rules that a token meets, in their order. A claim that is not there meets none.
fn matching<'a>(rules: &'a [Rule], claims: &'a Claims) -> impl Iterator<Item = &'a Rule> {
    rules.iter().filter(|rule| match claims.get(&rule.claim) {
        Some(Value::String(text)) => rule.matches(text),
        Some(Value::Array(items)) => items
            .iter()
            .filter_map(Value::as_str)
            .any(|item| rule.matches(item)),
        Some(other) => rule.matches(&other.to_string()),
        None => false,
    })
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
