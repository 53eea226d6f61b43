//! What the tokens tell of a user, and for what they are good.

use aws_lc_rs::digest;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::{oauth::OWN_ACCOUNT, pool::Pool, user::User};

/// What the tokens of a sign-in are for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Scopes {
    /// One's own account: what `InitiateAuth` gives.
    Own,
    /// What an app asked for in a browser.
    Asked(Vec<String>),
}

impl Scopes {
    pub(super) fn has(&self, scope: &str) -> bool {
        match self {
            Self::Own => scope == OWN_ACCOUNT,
            Self::Asked(asked) => asked.iter().any(|one| one == scope),
        }
    }

    pub(super) fn text(&self) -> String {
        match self {
            Self::Own => OWN_ACCOUNT.to_owned(),
            Self::Asked(asked) => asked.join(" "),
        }
    }

    /// Whether an attribute is told under these scopes: all are, unless some are asked for.
    pub(crate) fn tell(&self, attribute: &str) -> bool {
        let scope = match attribute {
            "sub" | "identities" => return true,
            "email" | "email_verified" => "email",
            "phone_number" | "phone_number_verified" => "phone",
            _ => "profile",
        };
        let narrow = ["email", "phone", "profile"]
            .iter()
            .any(|one| self.has(one));
        !narrow || self.has(scope)
    }
}

/// The user's attributes, as far as the scopes allow.
pub(super) fn add_attributes(id: &mut Value, user: &User, scopes: &Scopes) {
    for (name, value) in &user.attributes {
        if name == "identities" {
            id[name] = identities(value);
            continue;
        }
        if !scopes.tell(name) {
            continue;
        }
        id[name] = match (name.ends_with("_verified"), value.as_str()) {
            (true, "true") => json!(true),
            (true, "false") => json!(false),
            (true | false, text) => json!(text),
        };
    }
}

/// Who a user is elsewhere: in an ID token all of it is text.
fn identities(attribute: &str) -> Value {
    let mut identities: Value = serde_json::from_str(attribute).unwrap_or_default();
    for identity in identities.as_array_mut().into_iter().flatten() {
        for member in ["primary", "dateCreated"] {
            identity[member] = json!(identity[member].to_string());
        }
    }
    identities
}

/// What binds an ID token to its access token.
pub(crate) fn at_hash(access: &str) -> String {
    let digest = digest::digest(&digest::SHA256, access.as_bytes());
    URL_SAFE_NO_PAD.encode(&digest.as_ref()[..16])
}

/// Groups go into both tokens, their roles only into the ID token. The preferred role is that of
/// the group with the lowest precedence number, if one such role is the only one.
pub(super) fn add_groups(id: &mut Value, access: &mut Value, pool: &Pool, user: &User) {
    let mut groups: Vec<_> = user
        .groups
        .iter()
        .filter_map(|name| Some((name, pool.groups.get(name)?)))
        .collect();
    if groups.is_empty() {
        return;
    }
    groups.sort_by_key(|(_, group)| group.precedence.unwrap_or(i64::MAX));
    let names: Vec<&String> = groups.iter().map(|(name, _)| *name).collect();
    id["cognito:groups"] = json!(names);
    access["cognito:groups"] = json!(names);

    let mut roles: Vec<&String> = Vec::new();
    let mut best: Vec<&String> = Vec::new();
    let mut first = None;
    for (_, group) in &groups {
        let Some(role) = &group.role else { continue };
        let precedence = group.precedence.unwrap_or(i64::MAX);
        if *first.get_or_insert(precedence) == precedence && !best.contains(&role) {
            best.push(role);
        }
        if !roles.contains(&role) {
            roles.push(role);
        }
    }
    if !roles.is_empty() {
        id["cognito:roles"] = json!(roles);
    }
    if let [only] = best[..] {
        id["cognito:preferred_role"] = json!(only);
    }
}
