//! `profiles.toml` as forms: what it says, and one change at a time.

use poolkey_core::config::{Config, ProfileSpec};
use poolkey_core::failure::{Failure, Trouble};
use poolkey_core::name::{LoginName, ProfileName};
use poolkey_ipc::profiles_file::{ProfilesFile, remove};
use serde::{Deserialize, Serialize};
use toml_edit::{DocumentMut, Item, Table, TableLike, value};

use crate::preferences::Preferences;

mod forms;
mod written;

use forms::{LoginForm, ProfileForm};

/// What `profiles.toml` says.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct Configuration {
    /// Where it lies.
    path: String,
    /// The file of AWS's tools that keys may be kept in, as people call it.
    credentials_file: String,
    preferences: Preferences,
    logins: Vec<LoginForm>,
    profiles: Vec<ProfileForm>,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) enum Change {
    /// A login, new or in place of the one of that name.
    Login {
        form: LoginForm,
        instead_of: Option<String>,
    },
    /// A profile, new or in place of the one of that name.
    Profile {
        form: ProfileForm,
        instead_of: Option<String>,
    },
    /// No such login any more.
    RemoveLogin { name: String },
    /// No such profile any more.
    RemoveProfile { name: String },
    /// What a person chose of windows.
    Preferences { preferences: Preferences },
}

impl Configuration {
    pub(crate) fn of(file: &ProfilesFile) -> Result<Self, Failure> {
        let config = file.read()?;
        let mut forms = (Vec::new(), Vec::new());
        // As a person wrote it: nothing is spelled out, nothing is left out.
        file.rehearse(|document| {
            forms = (
                all(document, "login", LoginForm::of),
                all(document, "profile", ProfileForm::of),
            );
            Ok(())
        })?;
        Ok(Self {
            path: file.path().display().to_string(),
            credentials_file: match &config.settings.aws_files.credentials {
                Some(path) => path.display().to_string(),
                None => "~/.aws/credentials".to_owned(),
            },
            preferences: Preferences::of(&config),
            logins: forms.0,
            profiles: forms.1,
        })
    }
}

/// All tables of a kind, by name.
fn all<T>(document: &DocumentMut, kind: &str, of: fn(&str, &dyn TableLike) -> T) -> Vec<T> {
    let group = document.get(kind).and_then(Item::as_table_like);
    let tables = group.into_iter().flat_map(|group| group.iter());
    let mut tables: Vec<(&str, &dyn TableLike)> = tables
        .filter_map(|(name, item)| Some((name, item.as_table_like()?)))
        .collect();
    tables.sort_by_key(|(name, _)| *name);
    tables
        .into_iter()
        .map(|(name, table)| of(name, table))
        .collect()
}

impl Change {
    /// Says what is wrong with it; nothing is written.
    pub(crate) fn check(&self, file: &ProfilesFile) -> Result<(), Failure> {
        let config = file.read()?;
        self.fits(&config)?;
        file.rehearse(|document| self.make(document))
    }

    pub(crate) fn write(&self, file: &ProfilesFile) -> Result<(), Failure> {
        self.fits(&file.read()?)?;
        file.edit(|document| self.make(document))
    }

    /// What the file's own rules do not say, or not in a form's words.
    fn fits(&self, config: &Config) -> Result<(), Failure> {
        match self {
            Self::Login { form, instead_of } => {
                let name: LoginName = form.name.trim().parse().map_err(refused)?;
                if instead_of.as_deref() != Some(name.as_str()) && config.logins.contains_key(&name)
                {
                    return Err(refused(format!("there is a login “{name}” already")));
                }
                if let Some(old) = instead_of.as_deref().filter(|old| *old != name.as_str()) {
                    nobody_uses(config, old)?;
                }
                Ok(())
            }
            Self::Profile { form, instead_of } => {
                let name: ProfileName = form.name.trim().parse().map_err(refused)?;
                if instead_of.as_deref() != Some(name.as_str())
                    && config.profiles.contains_key(&name)
                {
                    return Err(refused(format!("there is a profile “{name}” already")));
                }
                if let Some(old) = instead_of.as_deref().filter(|old| *old != name.as_str()) {
                    nobody_builds_on(config, old)?;
                }
                Ok(())
            }
            Self::RemoveLogin { name } => nobody_uses(config, name),
            Self::RemoveProfile { name } => nobody_builds_on(config, name),
            Self::Preferences { .. } => Ok(()),
        }
    }

    fn make(&self, document: &mut DocumentMut) -> Result<(), Failure> {
        match self {
            Self::Login { form, instead_of } => {
                let name = form.name.trim();
                written::put(
                    document,
                    "login",
                    name,
                    instead_of.as_deref(),
                    form.fields(),
                )
            }
            Self::Profile { form, instead_of } => {
                let name = form.name.trim();
                written::put(
                    document,
                    "profile",
                    name,
                    instead_of.as_deref(),
                    form.fields(),
                )
            }
            Self::RemoveLogin { name } => remove(document, "login", name),
            Self::RemoveProfile { name } => remove(document, "profile", name),
            Self::Preferences { preferences } => {
                let settings = document
                    .entry("settings")
                    .or_insert(Item::Table(Table::new()))
                    .as_table_like_mut()
                    .ok_or_else(|| refused("“settings” is no table"))?;
                for (key, chosen) in [
                    ("language", preferences.language.as_ref().and_then(word)),
                    ("look", preferences.look.as_ref().and_then(word)),
                ] {
                    match chosen {
                        Some(chosen) => drop(settings.insert(key, value(chosen))),
                        None => drop(settings.remove(key)),
                    }
                }
                if preferences.open_window {
                    settings.insert("open_window", value(true));
                } else {
                    settings.remove("open_window");
                }
                Ok(())
            }
        }
    }
}

fn nobody_uses(config: &Config, login: &str) -> Result<(), Failure> {
    let uses = |profile: &ProfileSpec| {
        let pool = profile.pool().and_then(|pool| pool.login.as_ref());
        pool.is_some_and(|name| name.as_str() == login)
    };
    nobody(config, uses, format!("the login “{login}”"))
}

fn nobody_builds_on(config: &Config, profile: &str) -> Result<(), Failure> {
    let uses = |other: &ProfileSpec| {
        let source = other.source_profile();
        source.is_some_and(|name| name.as_str() == profile)
    };
    nobody(config, uses, format!("the profile “{profile}”"))
}

fn nobody(
    config: &Config,
    uses: impl Fn(&ProfileSpec) -> bool,
    what: String,
) -> Result<(), Failure> {
    let users = config.profiles.iter().filter(|(_, profile)| uses(profile));
    let users: Vec<&str> = users.map(|(name, _)| name.as_str()).collect();
    if users.is_empty() {
        return Ok(());
    }
    Err(refused(format!("{what} is used by {}", users.join(", "))))
}

/// As the configuration spells it.
fn word(choice: &impl Serialize) -> Option<String> {
    match serde_json::to_value(choice) {
        Ok(serde_json::Value::String(word)) => Some(word),
        Ok(_) | Err(_) => None,
    }
}

fn refused(why: impl std::fmt::Display) -> Failure {
    Failure {
        remedy: "Put that right; nothing was changed.".into(),
        ..Trouble::Config(format!("This cannot be saved: {why}.")).into()
    }
}
