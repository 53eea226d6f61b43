//! Session tags of `AssumeRole`, and which of them go on to the next role.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    query::{Checks, Form, Pattern},
    sts::Session,
    wire::Failure,
};

/// The tags that a request asks for.
pub(super) struct Asked {
    pub(super) tags: BTreeMap<String, String>,
    transitive: Vec<String>,
    /// Two of the keys are the same but for the case of their letters.
    twice: bool,
}

/// Reads `Tags` and `TransitiveTagKeys`.
pub(super) fn read(form: &Form, checks: &mut Checks) -> Asked {
    let keys = form.list("Tags", ".Key");
    let mut tags = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let mut twice = false;
    for (index, key) in keys.iter().enumerate() {
        let value = format!("Tags.member.{}.Value", index + 1);
        let value = form.text(&value).unwrap_or_default();
        checks.form(
            &format!("tags.{}.member.key", index + 1),
            key,
            1..=128,
            Pattern::Any,
        );
        checks.form(
            &format!("tags.{}.member.value", index + 1),
            value,
            0..=256,
            Pattern::Any,
        );
        twice |= !seen.insert(key.to_lowercase());
        tags.insert((*key).to_owned(), value.to_owned());
    }
    let transitive = form.list("TransitiveTagKeys", "");
    for (name, count) in [
        ("Tags", keys.len()),
        ("TransitiveTagKeys", transitive.len()),
    ] {
        if count > 50 {
            let constraint = "Member must have length less than or equal to 50";
            checks.refuse(name, &format!("[{count} members]"), constraint);
        }
    }
    Asked {
        tags,
        transitive: transitive.into_iter().map(str::to_owned).collect(),
        twice,
    }
}

impl Asked {
    /// A session with these tags and those that `from` hands on.
    pub(super) fn session(&self, from: Option<&Session>) -> Result<Session, Failure> {
        let wrong = |message: &str| Err(Failure::new("InvalidParameterValue", message));
        let same = |one: &str, other: &str| one.to_lowercase() == other.to_lowercase();
        if self.twice {
            return wrong(
                "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
            );
        }
        let inherited = from.map(|from| &from.transitive);
        let inherited: Vec<&String> = inherited.into_iter().flatten().collect();
        let clashes = |key: &String| inherited.iter().any(|one| same(one, key));
        if self.tags.keys().any(clashes) {
            return wrong(
                "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
            );
        }
        let asked = |key: &String| self.tags.keys().any(|tag| same(tag, key));
        if !self.transitive.iter().all(asked) {
            return wrong(
                "The specified transitive tag key must be included in the requested tags.",
            );
        }
        let mut session = Session {
            tags: self.tags.clone(),
            transitive: self.transitive.iter().cloned().collect(),
            ..Session::default()
        };
        for (key, value) in from.into_iter().flat_map(|from| &from.tags) {
            if inherited.contains(&key) {
                session.tags.insert(key.clone(), value.clone());
                session.transitive.insert(key.clone());
            }
        }
        Ok(session)
    }
}
