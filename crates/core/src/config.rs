//! `profiles.toml`: which logins and profiles there are. Names and ids only, never a secret.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::messages::Language;
use crate::name::{LoginName, ProfileName};

mod ids;
mod read;

/// All that a person configured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// What holds for all logins.
    pub settings: Settings,
    /// The logins by name.
    pub logins: BTreeMap<LoginName, LoginSpec>,
    /// The profiles by name.
    pub profiles: BTreeMap<ProfileName, ProfileSpec>,
}

/// What holds for all logins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Where refresh tokens are kept.
    pub vault: VaultChoice,
    /// After so long without a consumer a login rests and is renewed on demand: each refresh makes
    /// its user a billed monthly active user.
    pub rest_after: Duration,
    /// What windows and the tray speak; `None` where the system chooses.
    pub language: Option<Language>,
    /// How windows look; `None` where the system chooses.
    pub look: Option<Look>,
    /// Whether the login window opens by itself when a tool needs a sign-in.
    pub open_window: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            vault: VaultChoice::default(),
            rest_after: Duration::from_secs(12 * 3600),
            language: None,
            look: None,
            open_window: false,
        }
    }
}

/// Where refresh tokens are kept. There is no silent fallback from one to another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum VaultChoice {
    /// Secret Service, macOS Keychain or Windows Credential Manager.
    #[default]
    Keychain,
    /// A file encrypted with age, opened by a passphrase or a systemd credential.
    File,
    /// The Linux kernel's keyring: lost at reboot.
    Kernel,
}

/// How windows look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum Look {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

/// Who you are: a user pool and one of its app clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginSpec {
    /// `us-east-1_AbCdEf123`; the part before `_` is the region.
    pub user_pool_id: String,
    /// The app client.
    pub client_id: String,
    /// The user name to offer.
    pub username: Option<String>,
    /// How passwords are proven.
    pub flow: Flow,
    /// What a sign-in by [`Flow::UserAuth`] begins with, in place of the pool's list.
    pub preferred_challenge: Option<Preference>,
    /// How long a session lives at the pool: `RefreshTokenValidity` of the app client, which no
    /// answer of Cognito tells.
    pub session_life: Option<Duration>,
    /// The AWS profile of an administrator, for [`Flow::AdminUserPassword`] and for what else an
    /// administrator does.
    pub admin_profile: Option<String>,
    /// Another endpoint than AWS's own.
    pub endpoint: Option<String>,
}

impl LoginSpec {
    /// The user pool's region.
    pub fn region(&self) -> &str {
        self.user_pool_id
            .split_once('_')
            .map_or("", |(region, _)| region)
    }
}

/// How a sign-in begins; the names are Cognito's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum Flow {
    /// The password never leaves the machine.
    #[default]
    #[serde(rename = "USER_SRP_AUTH")]
    UserSrp,
    /// The password is sent to Cognito.
    #[serde(rename = "USER_PASSWORD_AUTH")]
    UserPassword,
    /// The password is sent to Cognito in a call signed by an administrator's AWS keys.
    #[serde(rename = "ADMIN_USER_PASSWORD_AUTH")]
    AdminUserPassword,
    /// The pool offers ways, and the person chooses one.
    #[serde(rename = "USER_AUTH")]
    UserAuth,
    /// The pool asks questions of its own.
    #[serde(rename = "CUSTOM_AUTH")]
    Custom,
    /// As [`Flow::Custom`], after the password was proven by SRP (`CHALLENGE_NAME=SRP_A`).
    #[serde(rename = "CUSTOM_AUTH_SRP")]
    CustomSrp,
}

/// What a sign-in by [`Flow::UserAuth`] begins with (`PREFERRED_CHALLENGE`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Preference {
    /// The password is proven by SRP.
    PasswordSrp,
    /// The password is sent to Cognito.
    Password,
    /// A code sent by e-mail.
    EmailOtp,
    /// A code sent by SMS.
    SmsOtp,
}

/// What keys you get: a login, an identity pool, and a role where the pool offers several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileSpec {
    /// Whose tokens pay for the keys.
    pub login: LoginName,
    /// `us-east-1:guid`; the part before `:` is the region.
    pub identity_pool_id: String,
    /// The role to ask for (`CustomRoleArn`).
    pub role_arn: Option<String>,
    /// Another endpoint than AWS's own.
    pub endpoint: Option<String>,
}

impl ProfileSpec {
    /// The identity pool's region.
    pub fn region(&self) -> &str {
        self.identity_pool_id
            .split_once(':')
            .map_or("", |(region, _)| region)
    }
}

/// What is wrong with `profiles.toml`, where, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("profiles.toml line {line}: {text}")]
pub struct ConfigError {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong and what would be right.
    pub text: String,
}

impl Config {
    /// Reads the text of `profiles.toml`.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong, with its line.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        read::config(text)
    }
}

#[cfg(test)]
mod tests;
