//! The files of `~/.aws`, as the strictest reader reads them and as others read them differently.

use std::collections::BTreeSet;

use poolkey_core::name::ProfileName;
use poolkey_files::aws::{Kind, Text};
use poolkey_files::owned;

use super::codes::Code;
use super::environment::moment;
use super::machine::{Content, Machine, State, quoted};
use super::report::{Fix, Report};
use super::sources::Ways;

mod headers;
mod written;

/// What both files say, as far as botocore would read them.
pub(super) struct Aws<'m> {
    machine: &'m Machine,
    pub(super) config: Option<Text<'m>>,
    pub(super) credentials: Option<Text<'m>>,
}

/// Whether somebody renews what Poolkey wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Daemon {
    Runs,
    Absent,
}

impl<'m> Aws<'m> {
    /// Reads both, and tells of what cannot be read.
    pub(super) fn read(machine: &'m Machine, report: &mut Report) -> Self {
        let mut text = |kind, content: &'m Content| {
            let about = machine.shown(&content.path);
            match &content.state {
                State::Absent => {}
                State::Dead => report.bad(
                    Code::LinkDead,
                    &*about,
                    "It is a link that leads nowhere, so tools find no such file.",
                    format!(
                        "Remove the link, or mend it: ls -l {}",
                        quoted(&content.path)
                    ),
                ),
                State::Unreadable(why) => report.bad(
                    Code::AwsFileUnreadable,
                    &*about,
                    format!("Tools cannot read it: {why}."),
                    format!(
                        "Put a readable file in its place: ls -ld {}",
                        quoted(&content.path)
                    ),
                ),
                State::Bytes(bytes) => match Text::read(kind, bytes) {
                    Ok(text) => return Some(text),
                    Err(refused) => report.bad(
                        Code::AwsFileRefused,
                        format!("{about} line {}", refused.line),
                        format!(
                            "The AWS CLI and boto3 refuse the whole file for it: {}.",
                            refused.text
                        ),
                        format!("Edit line {} of {about}", refused.line),
                    ),
                },
            }
            None
        };
        Self {
            config: text(Kind::Config, &machine.aws_config),
            credentials: text(Kind::Credentials, &machine.aws_credentials),
            machine,
        }
    }

    /// Whether either file has the profile.
    pub(super) fn has(&self, profile: &str) -> bool {
        let texts = [&self.config, &self.credentials];
        let mut texts = texts.into_iter().flatten();
        texts.any(|text| text.line_of(profile).is_some())
            // A file that cannot be read may have it.
            || self.config.is_none() && !matches!(self.machine.aws_config.state, State::Absent)
    }

    pub(super) fn ways(&self, profile: &str) -> Ways {
        Ways::of(profile, self.config.as_ref(), self.credentials.as_ref())
    }

    /// All profiles of both files.
    fn profiles(&self) -> BTreeSet<&str> {
        let texts = [&self.config, &self.credentials];
        texts
            .into_iter()
            .flatten()
            .flat_map(|text| text.profiles())
            .collect()
    }

    /// Where a profile is, in words.
    pub(super) fn place(&self, kind: Kind, line: usize) -> String {
        let content = match kind {
            Kind::Config => &self.machine.aws_config,
            Kind::Credentials => &self.machine.aws_credentials,
        };
        format!("{} line {line}", self.machine.shown(&content.path))
    }

    /// Tells what does not fit together.
    pub(super) fn examine(&self, daemon: Daemon, report: &mut Report) {
        let start = report.found.len();
        self.headers(report);
        for profile in self.profiles() {
            self.profile(profile, daemon, report);
        }
        let config = self.machine.config.as_ref().ok();
        for (name, file) in config.iter().flat_map(|config| &config.files) {
            if let Some(target) = &file.write_profile {
                self.written(name, target, report);
            }
        }
        let read = [
            (Kind::Config, &self.config),
            (Kind::Credentials, &self.credentials),
        ];
        for (kind, text) in read {
            if let (Some(text), true) = (text, report.is_clear_since(start)) {
                let count = text.profiles().count();
                let content = match kind {
                    Kind::Config => &self.machine.aws_config,
                    Kind::Credentials => &self.machine.aws_credentials,
                };
                let told = match count {
                    1 => "Every SDK can read it; it has 1 profile.".to_owned(),
                    count => format!("Every SDK can read it; it has {count} profiles."),
                };
                report.good(
                    Code::AwsFilesReadable,
                    self.machine.shown(&content.path),
                    told,
                );
            }
        }
    }

    fn profile(&self, profile: &str, daemon: Daemon, report: &mut Report) {
        let ways = self.ways(profile);
        if profile.parse::<ProfileName>().is_err() && !profile.starts_with("profile ") {
            let (kind, line) = self.first(profile);
            report.bad(
                Code::ProfileNameOdd,
                self.place(kind, line),
                format!("Only Python tools read the profile “{profile}”: its name has characters that the others do not take."),
                "Rename it: letters, digits and any of _ - / . % @ : +",
            );
        }
        self.keys(profile, ways, daemon, report);
        if ways.helper_in_credentials && !ways.credentials_keys {
            let line = self.line(Kind::Credentials, profile, "credential_process");
            report.bad(
                Code::HelperInCredentials,
                self.place(Kind::Credentials, line),
                format!("The SDK for C++ reads credential_process of “{profile}” only in the config file."),
                format!("Move line {line} to [profile {profile}] in the config file"),
            );
        }
        if ways.config_keys && ways.helper_in_config {
            let line = self.line(Kind::Config, profile, "aws_access_key_id");
            report.bad(
                Code::StaticKeysBeside,
                self.place(Kind::Config, line),
                format!("“{profile}” has keys beside its credential_process: JavaScript and Go take those keys, .NET takes nothing."),
                format!("Remove aws_access_key_id and its like from [profile {profile}]"),
            );
        }
        if ways.helper() && ways.others() {
            let (kind, line) = self.first(profile);
            report.bad(
                Code::SourcesMixed,
                self.place(kind, line),
                format!("“{profile}” has a credential_process and another source of keys beside it, and tools do not agree which counts."),
                "Leave one of them",
            );
        }
        self.values(profile, report);
    }

    /// Keys that stand in the credentials file.
    fn keys(&self, profile: &str, ways: Ways, daemon: Daemon, report: &mut Report) {
        let Some(text) = self.credentials.as_ref().filter(|_| ways.credentials_keys) else {
            return;
        };
        let place = self.place(Kind::Credentials, text.line_of(profile).unwrap_or(1));
        let ends = EXPIRATIONS
            .iter()
            .find_map(|key| moment(text.value(profile, key)?));
        let is_over = ends.is_some_and(|ends| ends <= self.machine.now);
        let remove = format!("Remove [{profile}] from the credentials file");
        if owned::is_owned(text, profile) {
            let config = self.machine.config.as_ref().ok();
            let is_wanted = config.is_some_and(|config| {
                let mut files = config.files.values();
                files.any(|file| {
                    file.write_profile
                        .as_ref()
                        .is_some_and(|target| target.as_str() == profile)
                })
            });
            if is_over || !is_wanted || daemon == Daemon::Absent {
                report.fixable(
                    Code::KeysLeftOver,
                    place,
                    format!("Keys that Poolkey wrote as “{profile}” were left there, and nobody renews them."),
                    "poolkey doctor --fix",
                    Fix::RemoveLeftovers(profile.to_owned()),
                );
            }
        } else if is_over {
            report.bad(
                Code::KeysExpired,
                place,
                format!("The keys of “{profile}” have expired, and tools take them all the same."),
                remove,
            );
        } else if ways.helper() {
            report.bad(
                Code::StaticKeysShadow,
                place,
                format!("“{profile}” has keys of its own here: the AWS CLI, boto3, JavaScript, Go and C++ take those in place of its credential_process, and .NET takes nothing."),
                format!("{remove}, or give them another name"),
            );
        }
    }

    /// Values that one SDK reads to their end and another to the comment.
    fn values(&self, profile: &str, report: &mut Report) {
        let both = [
            (Kind::Config, &self.config),
            (Kind::Credentials, &self.credentials),
        ];
        for (kind, text) in both {
            let passages = text.iter().flat_map(Text::passages);
            for passage in passages.filter(|passage| passage.profile == Some(profile)) {
                for (line, key, value) in &passage.entries {
                    if value.contains(" #") || value.contains(" ;") {
                        report.bad(
                            Code::ValueAmbiguous,
                            self.place(kind, *line),
                            format!("What follows # or ; is part of “{key}” to Python tools, and a comment to others."),
                            format!("Move it to a line of its own above line {line}"),
                        );
                    }
                }
            }
        }
    }

    fn first(&self, profile: &str) -> (Kind, usize) {
        let line = |text: &Option<Text<'_>>| text.as_ref().and_then(|text| text.line_of(profile));
        match (line(&self.config), line(&self.credentials)) {
            (Some(line), _) => (Kind::Config, line),
            (None, line) => (Kind::Credentials, line.unwrap_or(1)),
        }
    }

    /// The line of a profile's key.
    pub(super) fn line(&self, kind: Kind, profile: &str, key: &str) -> usize {
        let text = match kind {
            Kind::Config => &self.config,
            Kind::Credentials => &self.credentials,
        };
        let mut passages = text.iter().flat_map(Text::passages);
        passages
            .find(|passage| passage.profile == Some(profile))
            .and_then(|passage| {
                let mut entries = passage.entries.into_iter();
                entries
                    .find(|(_, name, _)| *name == key)
                    .map(|(line, ..)| line)
            })
            .unwrap_or(1)
    }
}

/// What tools call the end of keys, there being no standard: Poolkey and others, saml2aws, more.
const EXPIRATIONS: &[&str] = &[
    owned::EXPIRATION,
    "x_security_token_expires",
    "aws_expiration",
    "aws_session_expiration",
    "expiration",
];
