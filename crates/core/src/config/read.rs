//! The text of `profiles.toml` becomes what is configured, or the first mistake in it.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use super::{AwsFiles, Config, ConfigError, Look, Network, ProfileSpec, Settings, VaultChoice};
use crate::messages::Language;
use crate::name::{LoginName, ProfileName};
use crate::secret::Secret;

mod chain;
mod login;
mod profile;
mod values;

use login::RawLogin;
use profile::RawProfile;
pub use values::duration;

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

    let settings = raw.settings.check(&at)?;
    let mut logins = BTreeMap::new();
    for (name, login) in raw.login {
        let span = name.span();
        let name: LoginName = name
            .into_inner()
            .try_into()
            .map_err(|bad| at(span.clone(), format!("[login.…]: {bad}")))?;
        if name.is_guest() {
            let told = "“guest” is kept for guests, who have no login: take another name";
            return Err(at(span, told.into()));
        }
        logins.insert(name, login.check(span, &at)?);
    }
    let mut profiles = BTreeMap::new();
    let mut files = BTreeMap::new();
    let mut targets: Vec<(String, Range<usize>)> = Vec::new();
    let mut links = Vec::new();
    for (name, profile) in raw.profile {
        let span = name.span();
        let name: ProfileName = name
            .into_inner()
            .try_into()
            .map_err(|bad| at(span.clone(), format!("[profile.…]: {bad}")))?;
        if let Some(source) = &profile.source_profile {
            links.push((name.clone(), source.span()));
        }
        if let Some(target) = &profile.write_profile {
            targets.push((target.get_ref().clone(), target.span()));
        }
        if let Some(file) = profile.file(&at)? {
            files.insert(name.clone(), file);
        }
        profiles.insert(name, profile.check(span, &logins, &at)?);
    }
    chain::check(&profiles, links, &at)?;
    apart(&profiles, &targets, &at)?;

    Ok(Config {
        settings,
        logins,
        profiles,
        files,
    })
}

/// Keys that are written under the name of a profile would stand in the way of its
/// `credential_process`: some SDKs would take the one, some the other, and some neither.
fn apart(
    profiles: &BTreeMap<ProfileName, ProfileSpec>,
    targets: &[(String, Range<usize>)],
    at: At<'_>,
) -> Result<(), ConfigError> {
    for (number, (target, span)) in targets.iter().enumerate() {
        if profiles.keys().any(|name| name.as_str() == target) {
            let told = format!(
                "write_profile is another name than that of a profile: [profile.{target}] is there, \
                 and tools would find both its credential_process and these keys"
            );
            return Err(at(span.clone(), told));
        }
        if targets[..number].iter().any(|(other, _)| other == target) {
            let told = format!("the keys of another profile are written as “{target}” already");
            return Err(at(span.clone(), told));
        }
    }
    Ok(())
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
    proxy: Option<Spanned<Secret>>,
    no_proxy: Option<Spanned<Vec<Spanned<String>>>>,
    ca_bundle: Option<Spanned<String>>,
    aws_config_file: Option<Spanned<String>>,
    aws_credentials_file: Option<Spanned<String>>,
}

impl RawSettings {
    fn check(self, at: At<'_>) -> Result<Settings, ConfigError> {
        Ok(Settings {
            vault: self.vault.unwrap_or_default(),
            rest_after: match &self.rest_after {
                None => Settings::default().rest_after,
                Some(length) => {
                    duration(length.get_ref()).map_err(|told| at(length.span(), told))?
                }
            },
            language: self.language,
            look: self.look,
            open_window: self.open_window,
            network: Network {
                proxy: match self.proxy {
                    None => None,
                    Some(proxy) => Some(values::proxy(proxy, at)?),
                },
                no_proxy: values::no_proxy(self.no_proxy, at)?,
                ca_bundle: values::path("ca_bundle", self.ca_bundle, at)?,
            },
            aws_files: AwsFiles {
                config: values::path("aws_config_file", self.aws_config_file, at)?,
                credentials: values::path("aws_credentials_file", self.aws_credentials_file, at)?,
            },
        })
    }
}

/// A key that was given though it says nothing in this place.
fn stray(
    given: &[(&str, Option<Range<usize>>)],
    fits: &[&str],
    place: &str,
    at: At<'_>,
) -> Result<(), ConfigError> {
    for (key, span) in given {
        if let Some(span) = span
            && !fits.contains(key)
        {
            return Err(at(span.clone(), format!("{key} does not go with {place}")));
        }
    }
    Ok(())
}

fn span<T>(given: Option<&Spanned<T>>) -> Option<Range<usize>> {
    given.map(Spanned::span)
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
