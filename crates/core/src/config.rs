//! `profiles.toml`: which logins and profiles there are. Names and ids only, never a secret.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::messages::Language;
use crate::name::{LoginName, ProfileName};
use crate::secret::Secret;

mod ids;
mod read;

pub use read::duration;

/// All that a person configured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// What holds for all logins.
    pub settings: Settings,
    /// The logins by name.
    pub logins: BTreeMap<LoginName, LoginSpec>,
    /// The profiles by name.
    pub profiles: BTreeMap<ProfileName, ProfileSpec>,
    /// What is written of profiles into people's own files.
    pub files: BTreeMap<ProfileName, FileSpec>,
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
    /// How the daemon reaches the network: it has no shell's environment.
    pub network: Network,
    /// Where the files of AWS's tools are.
    pub aws_files: AwsFiles,
}

/// How the network is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Network {
    /// The proxy for all that leaves this machine: `http://proxy:3128`. What it holds of a user name
    /// and password is kept out of logs.
    pub proxy: Option<Secret>,
    /// What is reached without it: hosts with all below them, addresses, networks, each perhaps with
    /// a port; `*` is everything. What is on this machine always is.
    pub no_proxy: Vec<String>,
    /// A PEM file of certificate authorities that are trusted beside the system's.
    pub ca_bundle: Option<PathBuf>,
}

/// Where the files of AWS's tools are, where that is not `~/.aws`: what a person's shell says in
/// `AWS_CONFIG_FILE` and `AWS_SHARED_CREDENTIALS_FILE`, which a daemon does not see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AwsFiles {
    /// In place of `~/.aws/config`.
    pub config: Option<PathBuf>,
    /// In place of `~/.aws/credentials`.
    pub credentials: Option<PathBuf>,
}

/// What is written of a profile into people's own files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileSpec {
    /// Under which name `~/.aws/credentials` holds its keys, always fresh.
    pub write_profile: Option<ProfileName>,
    /// `region` of the profiles of AWS's tools that get its keys.
    pub region: Option<String>,
    /// `output` of them.
    pub output: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            vault: VaultChoice::default(),
            rest_after: Duration::from_secs(12 * 3600),
            language: None,
            look: None,
            open_window: false,
            network: Network::default(),
            aws_files: AwsFiles::default(),
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

/// Who you are, at whatever proves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoginSpec {
    /// A user of a Cognito user pool.
    UserPool(UserPoolSpec),
    /// A user of an OpenID provider that an identity pool trusts by itself.
    Oidc(OidcSpec),
    /// A program supplies ID tokens.
    Command(CommandSpec),
    /// Nobody: guests of identity pools. It is never written down; the agent makes it for profiles
    /// without a login.
    Guest,
}

impl LoginSpec {
    /// What tells this provider from others: the user pool's id, the issuer, or the program.
    pub fn provider(&self) -> &str {
        match self {
            Self::UserPool(pool) => &pool.user_pool_id,
            Self::Oidc(oidc) => &oidc.issuer,
            Self::Command(program) => program.command.first().map_or("", String::as_str),
            Self::Guest => "",
        }
    }

    /// The app client, where there is one.
    pub fn client_id(&self) -> &str {
        match self {
            Self::UserPool(pool) => &pool.client_id,
            Self::Oidc(oidc) => &oidc.client_id,
            Self::Command(_) | Self::Guest => "",
        }
    }

    /// What tells the sessions of this login from those of another: provider and app client.
    pub fn origin(&self) -> String {
        format!("{} {}", self.provider(), self.client_id())
    }

    /// The user name to offer.
    pub fn username(&self) -> Option<&str> {
        match self {
            Self::UserPool(pool) => pool.username.as_deref(),
            Self::Oidc(oidc) => oidc.username.as_deref(),
            Self::Command(_) | Self::Guest => None,
        }
    }

    /// How long a session lives, where the configuration tells.
    pub fn session_life(&self) -> Option<Duration> {
        match self {
            Self::UserPool(pool) => pool.session_life,
            Self::Oidc(oidc) => oidc.session_life,
            Self::Command(_) | Self::Guest => None,
        }
    }

    /// The user pool, where it is one.
    pub fn user_pool(&self) -> Option<&UserPoolSpec> {
        match self {
            Self::UserPool(pool) => Some(pool),
            Self::Oidc(_) | Self::Command(_) | Self::Guest => None,
        }
    }

    /// Whether a session of the one is a session of the other.
    pub fn shares_sessions_with(&self, other: &Self) -> bool {
        self.provider() == other.provider() && self.client_id() == other.client_id()
    }

    /// Whether a program supplies its tokens.
    pub const fn is_program(&self) -> bool {
        match self {
            Self::Command(_) => true,
            Self::UserPool(_) | Self::Oidc(_) | Self::Guest => false,
        }
    }

    /// Whether people sign in in their browser.
    pub fn signs_in_by_browser(&self) -> bool {
        match self {
            Self::UserPool(pool) => pool.flow == Flow::Browser,
            Self::Oidc(_) => true,
            Self::Command(_) | Self::Guest => false,
        }
    }
}

/// A user pool and one of its app clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserPoolSpec {
    /// `us-east-1_AbCdEf123`; the part before `_` is the region.
    pub user_pool_id: String,
    /// The app client.
    pub client_id: String,
    /// The user name to offer.
    pub username: Option<String>,
    /// How people sign in.
    pub flow: Flow,
    /// What a sign-in by [`Flow::UserAuth`] begins with, in place of the pool's list.
    pub preferred_challenge: Option<Preference>,
    /// How long a session lives at the pool: `RefreshTokenValidity` of the app client, which no
    /// answer of Cognito tells.
    pub session_life: Option<Duration>,
    /// The AWS profile of an administrator, for [`Flow::AdminUserPassword`] and for what else an
    /// administrator does.
    pub admin_profile: Option<String>,
    /// Managed login, for [`Flow::Browser`] and for what only its pages can do.
    pub managed_login: Option<ManagedLogin>,
    /// Another endpoint than AWS's own.
    pub endpoint: Option<String>,
    /// Which of AWS's own endpoints.
    pub variants: Variants,
}

impl UserPoolSpec {
    /// The user pool's region.
    pub fn region(&self) -> &str {
        self.user_pool_id
            .split_once('_')
            .map_or("", |(region, _)| region)
    }
}

/// The sign-in pages of a user pool's domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManagedLogin {
    /// `https://acme.auth.us-east-1.amazoncognito.com` or a domain of one's own, without a slash at
    /// the end.
    pub domain: String,
    /// How the browser is sent there, and comes back.
    pub browser: BrowserSpec,
    /// Which provider behind the pool people go to at once, in place of the pool's own page.
    pub identity_provider: Option<IdentityProvider>,
    /// Where `/logout` sends the browser: one of the app client's sign-out URLs.
    pub logout_uri: Option<String>,
}

/// A provider behind a user pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdentityProvider {
    /// `identity_provider`: by its name in the pool.
    Name(String),
    /// `idp_identifier`: by one of its identifiers, such as a domain of addresses.
    Identifier(String),
}

/// How the browser is sent to an authorization endpoint, and how it comes back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BrowserSpec {
    /// Where it comes back to, the first that is free: registered URLs of this machine, exact to the
    /// character. One without a port takes any port (RFC 8252 §7.3), which Cognito does not.
    pub redirect_uris: Vec<String>,
    /// What is asked for; `openid` is always among it.
    pub scopes: Vec<String>,
    /// Further parameters of the authorization request, as a provider of its own kind wants them.
    pub parameters: BTreeMap<String, String>,
}

/// An OpenID provider and one of its clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OidcSpec {
    /// `https://accounts.google.com`: without a slash at the end, unless the provider has one.
    pub issuer: String,
    /// The client.
    pub client_id: String,
    /// The user name to offer (`login_hint`).
    pub username: Option<String>,
    /// How the browser is sent there, and comes back.
    pub browser: BrowserSpec,
    /// How long a session lives at the provider.
    pub session_life: Option<Duration>,
}

/// A program that prints an ID token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandSpec {
    /// The program by its absolute path, and its arguments. No shell reads them.
    pub command: Vec<String>,
    /// The `iss` that its tokens must have.
    pub issuer: Option<String>,
}

/// Which of AWS's endpoints of one service in one region.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Variants {
    /// One with validated cryptography.
    pub fips: bool,
    /// One that speaks IPv6, too.
    pub dual_stack: bool,
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
    /// Managed login in the system's own browser: authorization code with PKCE. The word is
    /// Poolkey's.
    #[serde(rename = "BROWSER")]
    Browser,
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

/// What keys you get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileSpec {
    /// Where they come from.
    pub source: KeySource,
    /// How STS is reached, for what is done there: roles, and who somebody is.
    pub sts: StsSpec,
    /// Another sign-in endpoint of the AWS console than AWS's own.
    pub signin_endpoint: Option<String>,
}

/// Where a profile's keys come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// An identity pool gives them.
    Pool(PoolSource),
    /// STS gives them for the keys of another profile (role chaining).
    Role(RoleSource),
}

/// Keys of an identity pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolSource {
    /// Whose tokens pay for the keys; `None` for guests.
    pub login: Option<LoginName>,
    /// `us-east-1:guid`; the part before `:` is the region.
    pub identity_pool_id: String,
    /// By which of its two flows.
    pub flow: PoolFlow,
    /// Another endpoint than AWS's own.
    pub endpoint: Option<String>,
    /// Which of AWS's own endpoints.
    pub variants: Variants,
}

/// The two flows of identity pools.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PoolFlow {
    /// `GetCredentialsForIdentity`: the pool chooses the role, or takes one of those that the token
    /// offers (`CustomRoleArn`).
    Enhanced {
        /// The role to ask for.
        role_arn: Option<String>,
    },
    /// `GetOpenIdToken` and `AssumeRoleWithWebIdentity`, where the pool allows the classic flow.
    Classic {
        /// The role.
        role_arn: String,
        /// How it is assumed.
        session: RoleSession,
    },
}

/// A role that the keys of another profile may assume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleSource {
    /// Whose keys ask for it.
    pub source_profile: ProfileName,
    /// The role.
    pub role_arn: String,
    /// How it is assumed: for an hour at most.
    pub session: RoleSession,
    /// `ExternalId`.
    pub external_id: Option<String>,
    /// Session tags.
    pub tags: BTreeMap<String, String>,
    /// Those of them that go on to the next role of a chain.
    pub transitive_tags: Vec<String>,
}

/// How a role is assumed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoleSession {
    /// `RoleSessionName`; by default who is signed in.
    pub name: Option<String>,
    /// `DurationSeconds`; by default an hour.
    pub duration: Option<Duration>,
    /// `Policy`: a document that the session is restricted to.
    pub policy: Option<String>,
    /// `PolicyArns`.
    pub policy_arns: Vec<String>,
}

/// How STS is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StsSpec {
    /// Its region; by default the identity pool's.
    pub region: Option<String>,
    /// Another endpoint than AWS's own.
    pub endpoint: Option<String>,
    /// Which of AWS's own endpoints.
    pub variants: Variants,
}

impl ProfileSpec {
    /// The role that is asked for by name.
    pub fn role_arn(&self) -> Option<&str> {
        match &self.source {
            KeySource::Pool(pool) => match &pool.flow {
                PoolFlow::Enhanced { role_arn } => role_arn.as_deref(),
                PoolFlow::Classic { role_arn, .. } => Some(role_arn),
            },
            KeySource::Role(role) => Some(&role.role_arn),
        }
    }

    /// The identity pool, where it is one that gives the keys.
    pub fn pool(&self) -> Option<&PoolSource> {
        match &self.source {
            KeySource::Pool(pool) => Some(pool),
            KeySource::Role(_) => None,
        }
    }

    /// The profile whose keys ask for these.
    pub fn source_profile(&self) -> Option<&ProfileName> {
        match &self.source {
            KeySource::Pool(_) => None,
            KeySource::Role(role) => Some(&role.source_profile),
        }
    }
}

impl PoolSource {
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

    /// The profile at the beginning of a chain of roles: the one whose keys an identity pool gives.
    /// A configuration that was read has no chain without end.
    pub fn root<'a>(&'a self, name: &'a ProfileName) -> Option<(&'a ProfileName, &'a PoolSource)> {
        let mut name = name;
        for _ in 0..=self.profiles.len() {
            match &self.profiles.get(name)?.source {
                KeySource::Pool(pool) => return Some((name, pool)),
                KeySource::Role(role) => name = &role.source_profile,
            }
        }
        None
    }

    /// Whose tokens pay for a profile's keys, at whatever end of a chain: [`LoginName::guest`] where
    /// it is nobody's.
    pub fn login_of(&self, name: &ProfileName) -> Option<LoginName> {
        let (_, pool) = self.root(name)?;
        Some(pool.login.clone().unwrap_or_else(LoginName::guest))
    }

    /// Whether any profile is of guests.
    pub fn has_guests(&self) -> bool {
        let mut pools = self.profiles.values().filter_map(ProfileSpec::pool);
        pools.any(|pool| pool.login.is_none())
    }
}

#[cfg(test)]
mod tests;
