//! The users that providers vouch for.

use serde_json::{Value, json};

use crate::{
    clock::Moment,
    keys::Claims,
    pool::{Group, Pool},
    provider::IdentityProvider,
    schema::{Writer, Writing},
    user::{Status, User},
    wire::Failure,
};

impl Pool {
    /// The user of a provider: made at the first sign-in, brought up to date at every other.
    pub(super) fn admit_federated(
        &mut self,
        provider: &IdentityProvider,
        claims: &Claims,
        now: Moment,
    ) -> Result<String, Failure> {
        let subject = claims
            .get("sub")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if subject.is_empty() {
            return Err(Failure::invalid_parameter(
                "The provider names no user: sub is missing.",
            ));
        }
        let name = format!("{}_{subject}", provider.name);
        let mut attributes = mapped(provider, claims);
        if attributes.iter().any(|(name, _)| name == "email")
            && !attributes.iter().any(|(name, _)| name == "email_verified")
        {
            attributes.push(("email_verified".into(), "false".into()));
        }
        self.schema
            .check(&attributes, Writer::Admin, Writing::New)?;
        let key = self.fold(&name);
        if !self.users.contains_key(&key) {
            if self.users.len() >= Self::USERS {
                return Err(Failure::new(
                    "LimitExceededException",
                    "The user pool is full.",
                ));
            }
            let told =
                |name: &&String| *name == "sub" || attributes.iter().any(|(one, _)| one == *name);
            let missing: Vec<&str> = self
                .required
                .iter()
                .filter(|name| !told(name))
                .map(String::as_str)
                .collect();
            if !missing.is_empty() {
                return Err(Failure::invalid_parameter(format!(
                    "attributes required: [{}]",
                    missing.join(", ")
                )));
            }
            let mut user = User::new(&name, Vec::new(), now);
            user.status = Status::ExternalProvider;
            let identity = json!([{
                "userId": subject,
                "providerName": provider.name,
                "providerType": "OIDC",
                "issuer": null,
                "primary": true,
                "dateCreated": now.0,
            }]);
            user.attributes
                .insert("identities".into(), identity.to_string());
            // As with AWS, a provider's users are a group.
            let group = format!("{}_{}", self.id, provider.name);
            self.groups.entry(group.clone()).or_insert(Group {
                role: None,
                precedence: None,
            });
            user.groups.insert(group);
            self.users.insert(key.clone(), user);
        }
        let user = self.users.get_mut(&key).ok_or_else(Failure::no_user)?;
        user.attributes.extend(attributes);
        user.modified = now;
        user.may_enter(now)?;
        Ok(user.username.clone())
    }
}

/// What the provider's mapping makes of its claims.
fn mapped(provider: &IdentityProvider, claims: &Claims) -> Vec<(String, String)> {
    let text = |claim: &Value| match claim {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            Some(claim.to_string())
        }
    };
    let mapping = provider.mapping.iter();
    mapping
        .filter(|(attribute, _)| *attribute != "username")
        .filter_map(|(attribute, claim)| Some((attribute.clone(), text(claims.get(claim)?)?)))
        .collect()
}
