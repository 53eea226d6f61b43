//! Sections that some tools read and others do not.

use poolkey_files::aws::{Kind, Passage, Text};

use super::Aws;
use crate::doctor::codes::Code;
use crate::doctor::report::Report;

impl Aws<'_> {
    /// Looks at each section's header.
    pub(super) fn headers(&self, report: &mut Report) {
        for passage in self.config.iter().flat_map(Text::passages) {
            let place = || self.place(Kind::Config, passage.line);
            let (name, line) = (passage.name, passage.line);
            if name == "DEFAULT" && !passage.entries.is_empty() {
                report.bad(
                    Code::DefaultLeaks,
                    place(),
                    "Python tools take what is in [DEFAULT], in capitals, for part of every profile.",
                    format!("Rename it to [default] in line {line}"),
                );
            } else if passage.profile.is_none() && is_meant_as_profile(&passage) {
                report.bad(
                    Code::SectionUnread,
                    place(),
                    format!("No tool reads [{name}]: in this file a profile's header has the word profile."),
                    format!("Write [profile {name}] in line {line}"),
                );
            }
        }
        for passage in self.credentials.iter().flat_map(Text::passages) {
            if let Some(name) = passage.name.strip_prefix("profile ") {
                report.bad(
                    Code::SectionUnread,
                    self.place(Kind::Credentials, passage.line),
                    format!(
                        "Tools do not find “{}” here: in this file a profile's header is its name \
                         alone.",
                        name.trim()
                    ),
                    format!("Write [{}] in line {}", name.trim(), passage.line),
                );
            }
        }
        let named = |name: &str| {
            let mut passages = self.config.iter().flat_map(Text::passages);
            passages
                .find(|passage| passage.name == name)
                .map(|passage| passage.line)
        };
        if let (Some(one), Some(other)) = (named("default"), named("profile default")) {
            report.bad(
                Code::DefaultTwice,
                self.place(Kind::Config, one.max(other)),
                "[default] and [profile default] are both there, and tools do not agree which counts.",
                format!("Put lines {one} and {other} together into one [default]"),
            );
        }
    }
}

/// A section without a kind that has what profiles have.
fn is_meant_as_profile(passage: &Passage<'_>) -> bool {
    let kind = passage.name.split([' ', '\t']).next().unwrap_or_default();
    let known = ["profile", "sso-session", "services", "plugins", "preview"];
    !known.contains(&kind)
        && passage.name != "DEFAULT"
        && passage.entries.iter().any(|(_, key, _)| {
            PROFILE_KEYS.contains(key) || key.starts_with("sso_") || key.starts_with("aws_")
        })
}

const PROFILE_KEYS: &[&str] = &[
    "credential_process",
    "credential_source",
    "login_session",
    "output",
    "region",
    "role_arn",
    "source_profile",
    "web_identity_token_file",
];
