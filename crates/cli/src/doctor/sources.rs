//! Where each SDK takes a profile's keys from: they agree as long as a profile says one thing, and
//! on little else.

use std::fmt;

use poolkey_files::aws::Text;
use serde::Serialize;

use super::machine::Vars;

/// Who takes keys. The names are those of their users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Taker {
    /// The AWS CLI with `--profile`.
    CliByOption,
    /// The AWS CLI and boto3 by `AWS_PROFILE`.
    Python,
    JavaScript,
    /// Terraform, too.
    Go,
    Java,
    Rust,
    Cpp,
    Dotnet,
}

/// What it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Source {
    /// `AWS_ACCESS_KEY_ID` and its like, whatever the profile says.
    Environment,
    /// Keys in the credentials file.
    CredentialsKeys,
    /// Keys in the configuration file.
    ConfigKeys,
    /// `credential_process`.
    Helper,
    /// A role that keys of another profile assume.
    Role,
    /// A role and a file with a web identity token.
    WebIdentity,
    /// IAM Identity Center.
    Sso,
    /// `aws login`.
    ConsoleLogin,
    /// It is said in several ways, and it takes none of them.
    Confused,
    /// Nothing says where keys are.
    Nothing,
}

/// The ways in which a profile says where its keys come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Ways {
    pub(super) credentials_keys: bool,
    pub(super) config_keys: bool,
    pub(super) helper_in_config: bool,
    pub(super) helper_in_credentials: bool,
    pub(super) role: bool,
    pub(super) web_identity: bool,
    pub(super) sso: bool,
    pub(super) console_login: bool,
}

/// The keys that an environment has for everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EnvironmentKeys {
    Set,
    Unset,
}

impl EnvironmentKeys {
    pub(super) fn of(vars: &Vars) -> Self {
        if vars.has("AWS_ACCESS_KEY_ID") && vars.has("AWS_SECRET_ACCESS_KEY") {
            Self::Set
        } else {
            Self::Unset
        }
    }
}

impl Ways {
    /// What both files say of a profile.
    pub(super) fn of(
        profile: &str,
        config: Option<&Text<'_>>,
        credentials: Option<&Text<'_>>,
    ) -> Self {
        let has = |text: Option<&Text<'_>>, key: &str| {
            text.is_some_and(|text| text.value(profile, key).is_some())
        };
        let either = |key: &str| has(config, key) || has(credentials, key);
        let role = either("role_arn");
        Self {
            credentials_keys: has(credentials, "aws_access_key_id"),
            config_keys: has(config, "aws_access_key_id"),
            helper_in_config: has(config, "credential_process"),
            helper_in_credentials: has(credentials, "credential_process"),
            role: role && (either("source_profile") || either("credential_source")),
            web_identity: role && either("web_identity_token_file"),
            sso: either("sso_session") || either("sso_start_url"),
            console_login: either("login_session"),
        }
    }

    pub(super) const fn helper(self) -> bool {
        self.helper_in_config || self.helper_in_credentials
    }

    pub(super) const fn keys(self) -> bool {
        self.credentials_keys || self.config_keys
    }

    /// Ways that are neither keys nor a program.
    pub(super) const fn others(self) -> bool {
        self.role || self.web_identity || self.sso || self.console_login
    }

    fn count(self) -> usize {
        [
            self.keys(),
            self.helper(),
            self.role,
            self.web_identity,
            self.sso,
            self.console_login,
        ]
        .into_iter()
        .filter(|is_used| *is_used)
        .count()
    }

    fn offers(self, source: Source) -> bool {
        match source {
            Source::CredentialsKeys => self.credentials_keys,
            Source::ConfigKeys => self.config_keys,
            Source::Helper => self.helper(),
            Source::Role => self.role,
            Source::WebIdentity => self.web_identity,
            Source::Sso => self.sso,
            Source::ConsoleLogin => self.console_login,
            Source::Environment | Source::Confused | Source::Nothing => false,
        }
    }
}

/// What each takes of a profile, named by `AWS_PROFILE` where nothing else is said.
pub(super) fn table(ways: Ways, environment: EnvironmentKeys) -> Vec<(Taker, Source)> {
    ALL.iter()
        .map(|taker| (*taker, takes(*taker, ways, environment)))
        .collect()
}

fn takes(taker: Taker, ways: Ways, environment: EnvironmentKeys) -> Source {
    if environment == EnvironmentKeys::Set && taker.prefers_environment() {
        return Source::Environment;
    }
    let ways = match taker {
        // It reads credential_process in the configuration only.
        Taker::Cpp => Ways {
            helper_in_credentials: false,
            ..ways
        },
        Taker::Dotnet if ways.count() > 1 => return Source::Confused,
        Taker::CliByOption
        | Taker::Python
        | Taker::JavaScript
        | Taker::Go
        | Taker::Java
        | Taker::Rust
        | Taker::Dotnet => ways,
    };
    let mut order = taker.order().iter();
    order
        .find(|source| ways.offers(**source))
        .copied()
        .unwrap_or(Source::Nothing)
}

impl Taker {
    /// Keys in the environment win, unless somebody named a profile on the command line, or in
    /// JavaScript by `AWS_PROFILE`.
    const fn prefers_environment(self) -> bool {
        match self {
            Self::CliByOption | Self::JavaScript => false,
            Self::Python | Self::Go | Self::Java | Self::Rust | Self::Cpp | Self::Dotnet => true,
        }
    }

    /// What it looks for, the first before the last.
    const fn order(self) -> &'static [Source] {
        use Source::{ConfigKeys, ConsoleLogin, CredentialsKeys, Helper, Role, Sso, WebIdentity};
        match self {
            Self::CliByOption | Self::Python => &[
                Role,
                WebIdentity,
                Sso,
                CredentialsKeys,
                ConsoleLogin,
                Helper,
                ConfigKeys,
            ],
            Self::JavaScript => &[
                Role,
                CredentialsKeys,
                ConfigKeys,
                WebIdentity,
                Helper,
                Sso,
                ConsoleLogin,
            ],
            Self::Go => &[
                Role,
                CredentialsKeys,
                ConfigKeys,
                WebIdentity,
                Sso,
                ConsoleLogin,
                Helper,
            ],
            Self::Java => &[
                WebIdentity,
                Role,
                Sso,
                ConsoleLogin,
                Helper,
                CredentialsKeys,
                ConfigKeys,
            ],
            Self::Rust => &[
                Role,
                WebIdentity,
                Sso,
                ConsoleLogin,
                Helper,
                CredentialsKeys,
                ConfigKeys,
            ],
            Self::Cpp => &[CredentialsKeys, Helper, WebIdentity, Sso],
            Self::Dotnet => &[
                Helper,
                CredentialsKeys,
                ConfigKeys,
                Role,
                WebIdentity,
                Sso,
                ConsoleLogin,
            ],
        }
    }
}

impl fmt::Display for Taker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CliByOption => "AWS CLI with --profile",
            Self::Python => "AWS CLI, boto3",
            Self::JavaScript => "JavaScript",
            Self::Go => "Go, Terraform",
            Self::Java => "Java",
            Self::Rust => "Rust",
            Self::Cpp => "C++",
            Self::Dotnet => ".NET",
        })
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Environment => "keys in the environment",
            Self::CredentialsKeys => "keys in the credentials file",
            Self::ConfigKeys => "keys in the config file",
            Self::Helper => "credential_process",
            Self::Role => "role of source_profile",
            Self::WebIdentity => "web identity token file",
            Self::Sso => "IAM Identity Center",
            Self::ConsoleLogin => "aws login",
            Self::Confused => "none: it is said in several ways",
            Self::Nothing => "none",
        })
    }
}

const ALL: &[Taker] = &[
    Taker::CliByOption,
    Taker::Python,
    Taker::JavaScript,
    Taker::Go,
    Taker::Java,
    Taker::Rust,
    Taker::Cpp,
    Taker::Dotnet,
];

#[cfg(test)]
mod tests {
    use poolkey_files::aws::Kind;

    use super::*;

    /// What was measured of each SDK, row by row.
    #[test]
    fn two_ways_at_once_are_read_as_was_measured() {
        use Source::{ConfigKeys, Confused, CredentialsKeys, Environment, Helper, Nothing};
        let helper = "[profile dev]\ncredential_process = /x dev\n";
        let both = "[profile dev]\ncredential_process = /x dev\naws_access_key_id = A\n";
        let keys = "[dev]\naws_access_key_id = A\n";
        let cases: &[(&str, &str, EnvironmentKeys, [Source; 8])] = &[
            (helper, "", EnvironmentKeys::Unset, [Helper; 8]),
            ("", keys, EnvironmentKeys::Unset, [CredentialsKeys; 8]),
            ("", "", EnvironmentKeys::Unset, [Nothing; 8]),
            (
                helper,
                keys,
                EnvironmentKeys::Unset,
                [
                    CredentialsKeys,
                    CredentialsKeys,
                    CredentialsKeys,
                    CredentialsKeys,
                    Helper,
                    Helper,
                    CredentialsKeys,
                    Confused,
                ],
            ),
            (
                both,
                "",
                EnvironmentKeys::Unset,
                [
                    Helper, Helper, ConfigKeys, ConfigKeys, Helper, Helper, Helper, Confused,
                ],
            ),
            (
                "",
                "[dev]\ncredential_process = /x dev\n",
                EnvironmentKeys::Unset,
                [
                    Helper, Helper, Helper, Helper, Helper, Helper, Nothing, Helper,
                ],
            ),
            (
                helper,
                "",
                EnvironmentKeys::Set,
                [
                    Helper,
                    Environment,
                    Helper,
                    Environment,
                    Environment,
                    Environment,
                    Environment,
                    Environment,
                ],
            ),
        ];
        for (config, credentials, environment, expected) in cases {
            let (config, credentials) = (
                Text::read(Kind::Config, config.as_bytes()).unwrap(),
                Text::read(Kind::Credentials, credentials.as_bytes()).unwrap(),
            );
            let ways = Ways::of("dev", Some(&config), Some(&credentials));
            let taken: Vec<Source> = table(ways, *environment).iter().map(|row| row.1).collect();
            assert_eq!(taken, expected, "{ways:?}");
        }
    }
}
