//! Chains of roles: each begins at an identity pool.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::At;
use crate::config::{ConfigError, ProfileSpec};
use crate::name::ProfileName;

/// Every `source_profile` is there, and none leads back to itself.
pub(super) fn check(
    profiles: &BTreeMap<ProfileName, ProfileSpec>,
    links: Vec<(ProfileName, Range<usize>)>,
    at: At<'_>,
) -> Result<(), ConfigError> {
    for (name, span) in links {
        let mut seen = BTreeSet::from([&name]);
        let mut here = &name;
        while let Some(source) = profiles.get(here).and_then(ProfileSpec::source_profile) {
            if !profiles.contains_key(source) {
                if here != &name {
                    // It is told where it is written.
                    break;
                }
                let told = format!("there is no [profile.{source}] in this file");
                return Err(at(span, told));
            }
            if source != &name && !seen.insert(source) {
                break;
            }
            if source == &name {
                let told = format!(
                    "the chain of roles of [profile.{name}] never comes to an identity pool"
                );
                return Err(at(span, told));
            }
            if seen.len() > LONGEST {
                let told = format!("a chain of roles has at most {LONGEST} profiles");
                return Err(at(span, told));
            }
            here = source;
        }
    }
    Ok(())
}

/// More than anybody uses: each hop costs its own call whenever keys are renewed.
const LONGEST: usize = 8;
