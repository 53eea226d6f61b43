//! What `AssumeRole` and `AssumeRoleWithWebIdentity` are asked for: its form, and its limits.

use std::collections::BTreeMap;

use serde_json::Value;

use super::is_role;
use crate::{
    query::{Checks, Form, Pattern},
    trust::malformed,
    wire::Failure,
};

/// What both operations are asked for.
pub(super) struct Request {
    pub(super) role: String,
    pub(super) name: String,
    pub(super) seconds: Option<i64>,
    pub(super) policy: Option<String>,
    pub(super) policy_arns: Vec<String>,
}

/// Which of the two operations.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Signed,
    WebIdentity,
}

impl Request {
    pub(super) fn read(form: &Form, way: Way, checks: &mut Checks) -> Result<Self, Failure> {
        let role = checks.text(form, "RoleArn").to_owned();
        if form.text("RoleArn").is_some() {
            checks.form("RoleArn", &role, 20..=2048, Pattern::Any);
        }
        let name = checks.text(form, "RoleSessionName").to_owned();
        if form.text("RoleSessionName").is_some() {
            checks.form("RoleSessionName", &name, 2..=64, Pattern::Name);
        }
        let seconds = checks.number(form, "DurationSeconds", SHORTEST..=LONGEST)?;
        let policy = form.text("Policy").map(str::to_owned);
        if let Some(policy) = &policy {
            let most = match way {
                Way::Signed => usize::MAX,
                Way::WebIdentity => PLAIN,
            };
            checks.form("Policy", policy, 1..=most, Pattern::Any);
        }
        let policy_arns: Vec<String> = form
            .list("PolicyArns", ".arn")
            .into_iter()
            .map(str::to_owned)
            .collect();
        if policy_arns.len() > POLICY_ARNS {
            checks.refuse(
                "PolicyArns",
                &format!("{policy_arns:?}"),
                "Member must have length less than or equal to 10",
            );
        }
        Ok(Self {
            role,
            name,
            seconds: seconds.map(i64::from),
            policy,
            policy_arns,
        })
    }

    /// Whether the role can be one: asked once all constraints are met.
    pub(super) fn names_a_role(&self, way: Way) -> Result<(), Failure> {
        if is_role(&self.role) {
            return Ok(());
        }
        let message = match way {
            Way::Signed => format!("{} is invalid", self.role),
            Way::WebIdentity => "Request ARN is invalid".into(),
        };
        Err(Failure::new("ValidationError", message))
    }

    /// For how long, as far as the role lets anybody.
    pub(super) fn seconds(&self, most: i64) -> Result<i64, Failure> {
        let seconds = self.seconds.unwrap_or(USUAL);
        if seconds > most {
            return Err(Failure::new(
                "ValidationError",
                "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
            ));
        }
        Ok(seconds)
    }

    /// `PackedPolicySize`: what share of the room the session policy and tags take, in percent.
    pub(super) fn packed(&self, tags: &BTreeMap<String, String>) -> Result<Option<usize>, Failure> {
        let mut size = 0;
        if let Some(policy) = &self.policy {
            size += session_policy(policy)?;
        }
        for arn in &self.policy_arns {
            if !arn.starts_with("arn:") || !arn.contains(":policy/") {
                return Err(Failure::new("ValidationError", format!("{arn} is invalid")));
            }
            size += arn.len();
        }
        size += tags
            .iter()
            .map(|(key, value)| key.len() + value.len())
            .sum::<usize>();
        if size == 0 {
            return Ok(None);
        }
        let percent = (size * 100).div_ceil(PLAIN);
        if percent > 100 {
            return Err(Failure::new(
                "PackedPolicyTooLarge",
                format!(
                    "Packed policy consumes {percent}% of allotted space, please use smaller policy."
                ),
            ));
        }
        Ok(Some(percent))
    }
}

/// The size of a session policy without its blanks, if it can be one.
fn session_policy(text: &str) -> Result<usize, Failure> {
    let document: Value = serde_json::from_str(text)
        .map_err(|_| malformed("The policy is not in the valid JSON format."))?;
    let statements = match document.get("Statement") {
        Some(Value::Array(all)) => all.iter().collect(),
        Some(one @ Value::Object(_)) => vec![one],
        Some(_) | None => Vec::new(),
    };
    let right = |one: &&Value| {
        let has = |name: &str| one.get(name).is_some();
        matches!(one["Effect"].as_str(), Some("Allow" | "Deny"))
            && (has("Action") || has("NotAction"))
            && (has("Resource") || has("NotResource"))
    };
    if statements.is_empty() || !statements.iter().all(right) {
        return Err(malformed("Syntax errors in policy."));
    }
    if statements.iter().any(|one| one.get("Principal").is_some()) {
        return Err(malformed("Has prohibited field Principal"));
    }
    Ok(document.to_string().len())
}

/// `DurationSeconds`, as the API knows it.
const SHORTEST: i32 = 900;
const LONGEST: i32 = 43_200;
const USUAL: i64 = 3600;
/// How long session policies and tags may be.
const PLAIN: usize = 2048;
const POLICY_ARNS: usize = 10;
