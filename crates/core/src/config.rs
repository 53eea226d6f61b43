//! `profiles.toml`: which logins and profiles there are. Names and ids only, never a secret.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::name::{LoginName, ProfileName};

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
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            vault: VaultChoice::default(),
            rest_after: Duration::from_secs(12 * 3600),
        }
    }
}

/// Where refresh tokens are kept. There is no silent fallback from one to another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The AWS profile of an administrator, for [`Flow::AdminUserPassword`].
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

/// How a sign-in proves the password; the names are Cognito's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
        if text.len() > LARGEST {
            return Err(ConfigError {
                line: 1,
                text: format!("the file is larger than {LARGEST} bytes"),
            });
        }
        let raw: RawConfig = toml::from_str(text).map_err(|error| ConfigError {
            line: line_of(text, error.span()),
            text: error.message().trim_end().replace('\n', "; "),
        })?;
        let at = |span: Range<usize>, told: String| ConfigError {
            line: line_of(text, Some(span)),
            text: told,
        };

        let settings = Settings {
            vault: raw.settings.vault.unwrap_or_default(),
            rest_after: match &raw.settings.rest_after {
                None => Settings::default().rest_after,
                Some(length) => {
                    duration(length.get_ref()).map_err(|told| at(length.span(), told))?
                }
            },
        };
        let mut logins = BTreeMap::new();
        for (name, login) in raw.login {
            let span = name.span();
            let name: LoginName = name
                .into_inner()
                .try_into()
                .map_err(|bad| at(span, format!("[login.…]: {bad}")))?;
            logins.insert(name, login.check(&at)?);
        }
        let mut profiles = BTreeMap::new();
        for (name, profile) in raw.profile {
            let span = name.span();
            let name: ProfileName = name
                .into_inner()
                .try_into()
                .map_err(|bad| at(span, format!("[profile.…]: {bad}")))?;
            profiles.insert(name, profile.check(&logins, &at)?);
        }
        Ok(Self {
            settings,
            logins,
            profiles,
        })
    }
}

type At<'a> = &'a dyn Fn(Range<usize>, String) -> ConfigError;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawConfig {
    #[serde(default)]
    settings: RawSettings,
    #[serde(default)]
    login: BTreeMap<Spanned<String>, RawLogin>,
    #[serde(default)]
    profile: BTreeMap<Spanned<String>, RawProfile>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSettings {
    vault: Option<VaultChoice>,
    rest_after: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLogin {
    user_pool_id: Spanned<String>,
    client_id: Spanned<String>,
    username: Option<Spanned<String>>,
    #[serde(default)]
    flow: Option<Spanned<Flow>>,
    admin_profile: Option<Spanned<String>>,
    endpoint: Option<Spanned<String>>,
}

impl RawLogin {
    fn check(self, at: At<'_>) -> Result<LoginSpec, ConfigError> {
        if !is_pool_id(self.user_pool_id.get_ref()) {
            return Err(at(
                self.user_pool_id.span(),
                "user_pool_id looks like \"us-east-1_AbCdEf123\"".into(),
            ));
        }
        let client = self.client_id.get_ref();
        if client.is_empty() || client.len() > 128 || !client.chars().all(is_word) {
            return Err(at(
                self.client_id.span(),
                "client_id has 1 to 128 letters and digits".into(),
            ));
        }
        if let Some(name) = &self.username
            && (name.get_ref().is_empty() || name.get_ref().len() > 128)
        {
            return Err(at(name.span(), "username has 1 to 128 characters".into()));
        }
        let flow = self.flow.as_ref().map(|flow| *flow.get_ref());
        let admin = flow == Some(Flow::AdminUserPassword);
        if let Some(profile) = &self.admin_profile
            && !admin
        {
            return Err(at(
                profile.span(),
                "admin_profile goes with flow = \"ADMIN_USER_PASSWORD_AUTH\"".into(),
            ));
        }
        Ok(LoginSpec {
            user_pool_id: self.user_pool_id.into_inner(),
            client_id: self.client_id.into_inner(),
            username: self.username.map(Spanned::into_inner),
            flow: flow.unwrap_or_default(),
            admin_profile: self.admin_profile.map(Spanned::into_inner),
            endpoint: endpoint(self.endpoint, at)?,
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawProfile {
    login: Spanned<String>,
    identity_pool_id: Spanned<String>,
    role_arn: Option<Spanned<String>>,
    endpoint: Option<Spanned<String>>,
}

impl RawProfile {
    fn check(
        self,
        logins: &BTreeMap<LoginName, LoginSpec>,
        at: At<'_>,
    ) -> Result<ProfileSpec, ConfigError> {
        let login = self
            .login
            .get_ref()
            .parse()
            .ok()
            .filter(|name: &LoginName| logins.contains_key(name))
            .ok_or_else(|| {
                let name = self.login.get_ref();
                at(
                    self.login.span(),
                    format!("there is no [login.{name}] in this file"),
                )
            })?;
        if !is_identity_pool_id(self.identity_pool_id.get_ref()) {
            return Err(at(
                self.identity_pool_id.span(),
                "identity_pool_id looks like \
                 \"us-east-1:01234567-89ab-cdef-0123-456789abcdef\""
                    .into(),
            ));
        }
        if let Some(role) = &self.role_arn
            && !is_role_arn(role.get_ref())
        {
            return Err(at(
                role.span(),
                "role_arn looks like \"arn:aws:iam::123456789012:role/NAME\"".into(),
            ));
        }
        Ok(ProfileSpec {
            login,
            identity_pool_id: self.identity_pool_id.into_inner(),
            role_arn: self.role_arn.map(Spanned::into_inner),
            endpoint: endpoint(self.endpoint, at)?,
        })
    }
}

/// Tokens and passwords go to an endpoint, so it is `https`, or `http` to this very machine.
fn endpoint(given: Option<Spanned<String>>, at: At<'_>) -> Result<Option<String>, ConfigError> {
    let Some(given) = given else { return Ok(None) };
    let url = given.get_ref();
    let clean = !url
        .chars()
        .any(|c| c.is_control() || c.is_whitespace() || c == '@');
    let secure = url
        .strip_prefix("https://")
        .is_some_and(|rest| !rest.is_empty());
    let local = url.strip_prefix("http://").is_some_and(is_loopback);
    if clean && (secure || local) {
        Ok(Some(given.into_inner()))
    } else {
        Err(at(
            given.span(),
            "endpoint is an https:// URL, or http:// to 127.0.0.1, [::1] or localhost".into(),
        ))
    }
}

fn is_loopback(rest: &str) -> bool {
    let authority = rest.split('/').next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.is_loopback())
}

/// `[\w-]+_[0-9a-zA-Z]+`, at most 55 characters (`UserPoolIdType` of Cognito's model).
fn is_pool_id(text: &str) -> bool {
    text.len() <= 55
        && text.split_once('_').is_some_and(|(region, id)| {
            is_region(region) && !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric())
        })
}

/// `[\w-]+:[0-9a-f-]+`, at most 55 characters (`IdentityPoolId` of Cognito's model).
fn is_identity_pool_id(text: &str) -> bool {
    text.len() <= 55
        && text.split_once(':').is_some_and(|(region, id)| {
            is_region(region)
                && !id.is_empty()
                && id.chars().all(|c| c.is_ascii_hexdigit() || c == '-')
        })
}

/// The region becomes part of a host name.
fn is_region(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

fn is_role_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let [arn, partition, "iam", "", account, resource] = parts[..] else {
        return false;
    };
    arn == "arn"
        && partition.starts_with("aws")
        && account.len() == 12
        && account.chars().all(|c| c.is_ascii_digit())
        && resource.strip_prefix("role/").is_some_and(|name| {
            !name.is_empty() && name.chars().all(|c| is_word(c) || "+=,.@-/".contains(c))
        })
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '+'
}

/// `90s`, `30m`, `12h` or `7d`.
fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "a length of time looks like \"90s\", \"30m\", \"12h\" or \"7d\"".to_owned();
    let (number, unit) = text
        .split_at_checked(text.len().saturating_sub(1))
        .ok_or_else(wrong)?;
    let number: u32 = number.parse().map_err(|_| wrong())?;
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86400,
        _ => return Err(wrong()),
    };
    Ok(Duration::from_secs(u64::from(number) * unit))
}

fn line_of(text: &str, span: Option<Range<usize>>) -> usize {
    let end = span.map_or(0, |span| span.start).min(text.len());
    1 + text.as_bytes()[..end]
        .iter()
        .filter(|b| **b == b'\n')
        .count()
}

/// Ten thousand profiles fit.
const LARGEST: usize = 4 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
[login.acme]
user_pool_id = "eu-west-1_AbCdEf123"
client_id = "3n4b5urk1ft4fl3mg5e62d9ado"

[profile.dev]
login = "acme"
identity_pool_id = "us-east-1:01234567-89ab-cdef-0123-456789abcdef"
"#;

    #[test]
    fn the_least_that_works() {
        let config = Config::parse(GOOD).unwrap();
        let login = &config.logins[&"acme".parse().unwrap()];
        assert_eq!(login.region(), "eu-west-1");
        assert_eq!(login.flow, Flow::UserSrp);
        let profile = &config.profiles[&"dev".parse().unwrap()];
        assert_eq!(profile.region(), "us-east-1");
        assert_eq!(config.settings, Settings::default());
        assert_eq!(Config::parse("").unwrap(), Config::default());
    }

    /// Each kind of mistake: the line, and a word of what is told.
    #[test]
    fn each_mistake_names_its_line_and_the_fix() {
        let cases: &[(&str, usize, &str)] = &[
            ("[login.acme", 1, "expected"),
            ("[login.acme]\nclient_id = \"x\"\n", 1, "user_pool_id"),
            ("[settings]\nvault = \"plain\"\n", 2, "keychain"),
            ("[settings]\nrest_after = \"soon\"\n", 2, "12h"),
            ("[logins.acme]\n", 1, "unknown field"),
            (
                "[login.acme]\nuser_pool_id = \"AbCd\"\nclient_id = \"x\"\n",
                2,
                "us-east-1_AbCdEf123",
            ),
            (
                "[login.acme]\nuser_pool_id = \"a.evil/_x\"\nclient_id = \"x\"\n",
                2,
                "us-east-1_AbCdEf123",
            ),
            (
                "[login.acme]\nuser_pool_id = \"us-east-1_A\"\nclient_id = \"x y\"\n",
                3,
                "letters and digits",
            ),
            (
                "[login.acme]\nuser_pool_id = \"us-east-1_A\"\nclient_id = \"x\"\nclient_secret = \"s\"\n",
                4,
                "unknown field",
            ),
            (
                "[login.acme]\nuser_pool_id = \"us-east-1_A\"\nclient_id = \"x\"\nflow = \"SRP\"\n",
                4,
                "USER_SRP_AUTH",
            ),
            (
                "[login.acme]\nuser_pool_id = \"us-east-1_A\"\nclient_id = \"x\"\nadmin_profile = \"root\"\n",
                4,
                "ADMIN_USER_PASSWORD_AUTH",
            ),
            (
                "[login.acme]\nuser_pool_id = \"us-east-1_A\"\nclient_id = \"x\"\nendpoint = \"http://example.com\"\n",
                4,
                "https://",
            ),
            (
                "[login.acme]\nuser_pool_id = \"us-east-1_A\"\nclient_id = \"x\"\nendpoint = \"http://127.0.0.1@example.com\"\n",
                4,
                "https://",
            ),
            (
                "[login.\"a b\"]\nuser_pool_id = \"us-east-1_A\"\nclient_id = \"x\"\n",
                1,
                "cannot stand in a name",
            ),
            (
                "[profile.dev]\nlogin = \"acme\"\nidentity_pool_id = \"us-east-1:0-1\"\n",
                2,
                "[login.acme]",
            ),
        ];
        for (text, line, word) in cases {
            let error = Config::parse(text).unwrap_err();
            assert_eq!(error.line, *line, "{text}: {error}");
            assert!(error.text.contains(word), "{text}: {error}");
        }
        for (from, to, line, word) in [
            ("us-east-1:0", "us-east-1_0", 8, "identity_pool_id looks"),
            (
                "login = \"acme\"",
                "login = \"acme\"\nrole_arn = \"admin\"",
                8,
                "role_arn looks",
            ),
            (
                "login = \"acme\"",
                "login = \"acme\"\nlogin = \"acme\"",
                8,
                "duplicate",
            ),
        ] {
            let error = Config::parse(&GOOD.replace(from, to)).unwrap_err();
            assert_eq!(error.line, line, "{to}: {error}");
            assert!(error.text.contains(word), "{to}: {error}");
        }
    }

    #[test]
    fn endpoints_on_this_machine_may_be_plain() {
        for (url, good) in [
            ("https://idp.example.com", true),
            ("http://127.0.0.1:4567", true),
            ("http://127.1.2.3/", true),
            ("http://localhost:1/x", true),
            ("http://[::1]:4567", true),
            ("http://localhost.example.com", false),
            ("http://[::2]:4567", false),
            ("https://", false),
            ("ftp://127.0.0.1", false),
            ("http://127.0.0.1:1 x", false),
        ] {
            let text = format!(
                "[login.a]\nuser_pool_id = \"us-east-1_A\"\nclient_id = \"x\"\nendpoint = \"{url}\"\n"
            );
            assert_eq!(Config::parse(&text).is_ok(), good, "{url}");
        }
    }

    #[test]
    fn role_arns_of_every_partition() {
        assert!(is_role_arn("arn:aws:iam::123456789012:role/x"));
        assert!(is_role_arn("arn:aws-us-gov:iam::123456789012:role/path/x"));
        assert!(!is_role_arn("arn:aws:iam::12345678901:role/x"));
        assert!(!is_role_arn("arn:aws:iam::123456789012:user/x"));
        assert!(!is_role_arn("arn:aws:iam::123456789012:role/"));
    }

    #[test]
    fn lengths_of_time() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("7d"), Ok(Duration::from_secs(7 * 86400)));
        for bad in ["", "h", "12", "-1h", "1w", "1 h", "ü"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
