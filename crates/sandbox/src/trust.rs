//! Trust policies of roles: who may assume one, and under which conditions.
//!
//! What the sandbox cannot judge (an operator, an element, a policy variable) is refused when the
//! policy is set, so that no condition is passed over in silence.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::wire::Failure;

mod condition;

use condition::Condition;

/// A trust policy that was read.
#[derive(Clone, Debug)]
pub(crate) struct Trust {
    statements: Vec<Statement>,
    /// As it came.
    pub(crate) text: String,
}

/// Who asks for a role.
pub(crate) enum Asker<'a> {
    /// `Principal.Federated`: `cognito-identity.amazonaws.com`, or the ARN of an OIDC provider.
    Federated(&'a str),
    /// `Principal.AWS`: somebody of an account, by all ARNs that name them.
    Caller { account: &'a str, arns: Vec<String> },
}

/// What conditions look at, by the key's name in lower case.
pub(crate) type Context = BTreeMap<String, Vec<String>>;

#[derive(Clone, Debug)]
struct Statement {
    effect: Effect,
    principals: Vec<Principal>,
    actions: Vec<String>,
    conditions: Vec<Condition>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    Allow,
    Deny,
}

#[derive(Clone, Debug)]
enum Principal {
    Anyone,
    Aws(String),
    Federated(String),
    /// A service of AWS, as which nobody asks here.
    Service,
}

impl Trust {
    /// Reads a policy document.
    pub(crate) fn read(text: &str) -> Result<Self, Failure> {
        let document: Value = serde_json::from_str(text)
            .map_err(|_| malformed("This policy contains invalid Json"))?;
        let document = object(&document)?;
        allow_only(document, &["Version", "Id", "Statement"])?;
        let version = document.get("Version").and_then(Value::as_str);
        if version.is_some_and(|version| version != "2012-10-17" && version != "2008-10-17") {
            return Err(malformed("Syntax errors in policy."));
        }
        let statements = match document.get("Statement") {
            Some(Value::Array(statements)) if !statements.is_empty() => statements
                .iter()
                .map(|one| Statement::read(object(one)?))
                .collect::<Result<_, _>>()?,
            Some(Value::Object(one)) => vec![Statement::read(one)?],
            Some(_) | None => return Err(malformed("Syntax errors in policy.")),
        };
        Ok(Self {
            statements,
            text: text.to_owned(),
        })
    }

    /// A policy that lets nobody in.
    pub(crate) fn nobody() -> Self {
        Self {
            statements: Vec::new(),
            text: String::new(),
        }
    }

    /// Whether the policy lets somebody do something. A `Deny` wins.
    pub(crate) fn allows(&self, action: &str, asker: &Asker<'_>, context: &Context) -> bool {
        let mut applies = self
            .statements
            .iter()
            .filter(|statement| statement.applies(action, asker, context))
            .peekable();
        applies.peek().is_some() && applies.all(|statement| statement.effect == Effect::Allow)
    }
}

impl Statement {
    fn read(members: &Map<String, Value>) -> Result<Self, Failure> {
        for prohibited in ["Resource", "NotResource"] {
            if members.contains_key(prohibited) {
                return Err(malformed(format!("Has prohibited field {prohibited}")));
            }
        }
        allow_only(
            members,
            &["Sid", "Effect", "Principal", "Action", "Condition"],
        )?;
        let effect = match members.get("Effect").and_then(Value::as_str) {
            Some("Allow") => Effect::Allow,
            Some("Deny") => Effect::Deny,
            Some(_) | None => return Err(malformed("Syntax errors in policy.")),
        };
        let principals = match members.get("Principal") {
            Some(Value::String(anyone)) if anyone == "*" => vec![Principal::Anyone],
            Some(Value::Object(kinds)) if !kinds.is_empty() => principals(kinds)?,
            Some(_) => return Err(malformed("Invalid principal in policy.")),
            None => return Err(malformed("Missing required field Principal")),
        };
        let actions = match members.get("Action") {
            Some(actions) => texts(actions)?,
            None => return Err(malformed("Missing required field Action")),
        };
        if let Some(foreign) = actions
            .iter()
            .find(|action| *action != "*" && !action.to_ascii_lowercase().starts_with("sts:"))
        {
            return Err(malformed(format!(
                "AssumeRolepolicy contained an invalid principal or action: {foreign}"
            )));
        }
        Ok(Self {
            effect,
            principals,
            actions,
            conditions: match members.get("Condition") {
                Some(conditions) => Condition::read_all(object(conditions)?)?,
                None => Vec::new(),
            },
        })
    }

    fn applies(&self, action: &str, asker: &Asker<'_>, context: &Context) -> bool {
        let action = action.to_ascii_lowercase();
        self.actions
            .iter()
            .any(|pattern| like(&pattern.to_ascii_lowercase(), &action))
            && self.principals.iter().any(|one| one.is(asker))
            && self.conditions.iter().all(|one| one.holds(context))
    }
}

impl Principal {
    fn is(&self, asker: &Asker<'_>) -> bool {
        match (self, asker) {
            (Self::Anyone, _) => true,
            (Self::Federated(name), Asker::Federated(asker)) => name == asker,
            (Self::Aws(name), Asker::Caller { account, arns }) => {
                let root = name.split(':').nth(4).unwrap_or(name);
                let whole = name.ends_with(":root") || !name.contains(':');
                name == "*" || (whole && root == *account) || arns.contains(name)
            }
            (Self::Aws(_), Asker::Federated(_))
            | (Self::Federated(_), Asker::Caller { .. })
            | (Self::Service, _) => false,
        }
    }
}

fn principals(kinds: &Map<String, Value>) -> Result<Vec<Principal>, Failure> {
    let mut all = Vec::new();
    for (kind, names) in kinds {
        for name in texts(names)? {
            all.push(match kind.as_str() {
                "AWS" if aws_principal(&name) => Principal::Aws(name),
                "Federated" if !name.is_empty() && name != "*" => Principal::Federated(name),
                "Service" => Principal::Service,
                _ => {
                    return Err(malformed(format!(
                        "Invalid principal in policy: \"{kind}\":\"{name}\""
                    )));
                }
            });
        }
    }
    Ok(all)
}

/// An account, its root, or somebody in it.
fn aws_principal(name: &str) -> bool {
    let account = |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = name.splitn(6, ':').collect();
    match parts[..] {
        ["arn", _, "iam" | "sts", "", number, rest] => account(number) && !rest.contains('*'),
        [alone] => alone == "*" || account(alone),
        _ => false,
    }
}

/// `MalformedPolicyDocument`
pub(crate) fn malformed(message: impl Into<String>) -> Failure {
    Failure::new("MalformedPolicyDocument", message)
}

fn object(value: &Value) -> Result<&Map<String, Value>, Failure> {
    let refusal = || malformed("Syntax errors in policy.");
    value.as_object().ok_or_else(refusal)
}

fn allow_only(members: &Map<String, Value>, known: &[&str]) -> Result<(), Failure> {
    match members.keys().find(|name| !known.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => Err(malformed(format!(
            "The sandbox does not know the element {name} in a trust policy."
        ))),
    }
}

/// A text or a list of texts.
fn texts(value: &Value) -> Result<Vec<String>, Failure> {
    let refusal = || malformed("Syntax errors in policy.");
    let text = |value: &Value| match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(flag) => Ok(flag.to_string()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => Err(refusal()),
    };
    let Value::Array(items) = value else {
        return Ok(vec![text(value)?]);
    };
    if items.is_empty() {
        return Err(refusal());
    }
    items.iter().map(text).collect()
}

/// Whether a text fits a pattern of `*` and `?`.
fn like(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut on) = (0, 0);
    let mut star = None;
    while on < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, on));
                at += 1;
            }
            Some(letter) if *letter == '?' || *letter == text[on] => {
                at += 1;
                on += 1;
            }
            Some(_) | None => {
                let Some((before, taken)) = star else {
                    return false;
                };
                star = Some((before, taken + 1));
                at = before + 1;
                on = taken + 1;
            }
        }
    }
    pattern[at..].iter().all(|letter| *letter == '*')
}

#[cfg(test)]
mod tests;
