//! The text of `profiles.toml` becomes what is configured, or the first mistake in it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;

use super::ids::{is_identity_pool_id, is_loopback, is_pool_id, is_role_arn, is_word};
use super::{
    Config, ConfigError, Flow, KeySource, LoginSpec, Look, PoolFlow, PoolSource, Preference,
    ProfileSpec, Settings, StsSpec, UserPoolSpec, Variants, VaultChoice,
};
use crate::messages::Language;
use crate::name::{LoginName, ProfileName};

pub(super) fn config(text: &str) -> Result<Config, ConfigError> {
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
            Some(length) => duration(length.get_ref()).map_err(|told| at(length.span(), told))?,
        },
        language: raw.settings.language,
        look: raw.settings.look,
        open_window: raw.settings.open_window,
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
    Ok(Config {
        settings,
        logins,
        profiles,
    })
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
    language: Option<Language>,
    look: Option<Look>,
    #[serde(default)]
    open_window: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLogin {
    user_pool_id: Spanned<String>,
    client_id: Spanned<String>,
    username: Option<Spanned<String>>,
    #[serde(default)]
    flow: Option<Spanned<Flow>>,
    preferred_challenge: Option<Spanned<Preference>>,
    session_life: Option<Spanned<String>>,
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
        if let Some(preferred) = &self.preferred_challenge
            && flow != Some(Flow::UserAuth)
        {
            return Err(at(
                preferred.span(),
                "preferred_challenge goes with flow = \"USER_AUTH\"".into(),
            ));
        }
        let session_life = match &self.session_life {
            None => None,
            Some(length) => {
                let life = duration(length.get_ref()).map_err(|told| at(length.span(), told))?;
                if !(SHORTEST_SESSION..=LONGEST_SESSION).contains(&life) {
                    let told = "session_life is 1h to 3650d, as the app client has it";
                    return Err(at(length.span(), told.into()));
                }
                Some(life)
            }
        };
        Ok(LoginSpec::UserPool(UserPoolSpec {
            session_life,
            user_pool_id: self.user_pool_id.into_inner(),
            client_id: self.client_id.into_inner(),
            username: self.username.map(Spanned::into_inner),
            flow: flow.unwrap_or_default(),
            preferred_challenge: self
                .preferred_challenge
                .map(|preferred| *preferred.get_ref()),
            admin_profile: self.admin_profile.map(Spanned::into_inner),
            managed_login: None,
            endpoint: endpoint(self.endpoint, at)?,
            variants: Variants::default(),
        }))
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
            source: KeySource::Pool(PoolSource {
                login: Some(login),
                identity_pool_id: self.identity_pool_id.into_inner(),
                flow: PoolFlow::Enhanced {
                    role_arn: self.role_arn.map(Spanned::into_inner),
                },
                endpoint: endpoint(self.endpoint, at)?,
                variants: Variants::default(),
            }),
            sts: StsSpec::default(),
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

/// `90s`, `30m`, `12h` or `7d`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
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

/// What Cognito takes as `RefreshTokenValidity`.
const SHORTEST_SESSION: Duration = Duration::from_secs(3600);
const LONGEST_SESSION: Duration = Duration::from_secs(3650 * 86400);

/// Ten thousand profiles fit.
const LARGEST: usize = 4 << 20;
