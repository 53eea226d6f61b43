//! `profiles.toml` as forms: what it says, and one change at a time.

use poolkey_core::config::{Config, Flow, LoginSpec, Preference, ProfileSpec};
use poolkey_core::failure::{Failure, Trouble};
use poolkey_core::name::{LoginName, ProfileName};
use poolkey_ipc::profiles_file::{ProfilesFile, insert, remove};
use poolkey_ipc::shim;
use serde::{Deserialize, Serialize};
use toml_edit::{DocumentMut, Item, Table, value};

use crate::preferences::Preferences;

/// What `profiles.toml` says.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct Configuration {
    /// Where it lies.
    path: String,
    preferences: Preferences,
    logins: Vec<LoginForm>,
    profiles: Vec<ProfileForm>,
}

/// A login as a form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(test, ts(optional_fields))]
pub(crate) struct LoginForm {
    name: String,
    user_pool_id: String,
    client_id: String,
    username: Option<String>,
    flow: Option<Flow>,
    preferred_challenge: Option<Preference>,
    endpoint: Option<String>,
}

/// A profile as a form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(test, ts(optional_fields))]
pub(crate) struct ProfileForm {
    name: String,
    login: String,
    identity_pool_id: String,
    role_arn: Option<String>,
    endpoint: Option<String>,
    /// The lines that `~/.aws/config` needs.
    #[serde(skip_deserializing)]
    aws_config: String,
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
        Ok(Self {
            path: file.path().display().to_string(),
            preferences: Preferences::of(&config),
            logins: config
                .logins
                .iter()
                .map(|(name, spec)| LoginForm::of(name, spec))
                .collect(),
            profiles: config
                .profiles
                .iter()
                .map(|(name, spec)| ProfileForm::of(name, spec))
                .collect(),
        })
    }
}

impl LoginForm {
    fn of(name: &LoginName, spec: &LoginSpec) -> Self {
        Self {
            name: name.to_string(),
            user_pool_id: spec.user_pool_id.clone(),
            client_id: spec.client_id.clone(),
            username: spec.username.clone(),
            flow: (spec.flow != Flow::default()).then_some(spec.flow),
            preferred_challenge: spec.preferred_challenge,
            endpoint: spec.endpoint.clone(),
        }
    }

    fn fields(&self) -> Fields<'_> {
        vec![
            ("user_pool_id", Some(self.user_pool_id.trim().to_owned())),
            ("client_id", Some(self.client_id.trim().to_owned())),
            ("username", given(self.username.as_deref())),
            ("flow", self.flow.as_ref().and_then(word)),
            (
                "preferred_challenge",
                self.preferred_challenge.as_ref().and_then(word),
            ),
            ("endpoint", given(self.endpoint.as_deref())),
        ]
    }
}

impl ProfileForm {
    fn of(name: &ProfileName, spec: &ProfileSpec) -> Self {
        Self {
            name: name.to_string(),
            login: spec.login.to_string(),
            identity_pool_id: spec.identity_pool_id.clone(),
            role_arn: spec.role_arn.clone(),
            endpoint: spec.endpoint.clone(),
            aws_config: shim::aws_config(name, &shim::path()).join("\n"),
        }
    }

    fn fields(&self) -> Fields<'_> {
        vec![
            ("login", Some(self.login.clone())),
            (
                "identity_pool_id",
                Some(self.identity_pool_id.trim().to_owned()),
            ),
            ("role_arn", given(self.role_arn.as_deref())),
            ("endpoint", given(self.endpoint.as_deref())),
        ]
    }
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
                Ok(())
            }
            Self::RemoveLogin { name } => nobody_uses(config, name),
            Self::RemoveProfile { .. } | Self::Preferences { .. } => Ok(()),
        }
    }

    fn make(&self, document: &mut DocumentMut) -> Result<(), Failure> {
        match self {
            Self::Login { form, instead_of } => {
                let name = form.name.trim();
                put(
                    document,
                    "login",
                    name,
                    instead_of.as_deref(),
                    form.fields(),
                )
            }
            Self::Profile { form, instead_of } => {
                let name = form.name.trim();
                put(
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

type Fields<'a> = Vec<(&'a str, Option<String>)>;

/// Writes the fields into the table that is there, so that comments in it stay, or into a new one.
fn put(
    document: &mut DocumentMut,
    kind: &str,
    name: &str,
    instead_of: Option<&str>,
    fields: Fields<'_>,
) -> Result<(), Failure> {
    let old = instead_of.filter(|old| *old == name);
    let known = old.and_then(|old| document.get_mut(kind)?.as_table_like_mut()?.get_mut(old));
    if let Some(table) = known.and_then(Item::as_table_like_mut) {
        for (key, given) in fields {
            match given {
                Some(given) if table.get(key).and_then(Item::as_str) == Some(&given) => {}
                Some(given) => drop(table.insert(key, value(given))),
                None => drop(table.remove(key)),
            }
        }
        return Ok(());
    }
    if let Some(old) = instead_of {
        remove(document, kind, old)?;
    }
    let mut table = Table::new();
    for (key, given) in fields {
        if let Some(given) = given {
            table[key] = value(given);
        }
    }
    insert(document, kind, name, table)
}

fn nobody_uses(config: &Config, login: &str) -> Result<(), Failure> {
    let users: Vec<&str> = config
        .profiles
        .iter()
        .filter(|(_, profile)| profile.login.as_str() == login)
        .map(|(name, _)| name.as_str())
        .collect();
    if users.is_empty() {
        return Ok(());
    }
    Err(refused(format!(
        "the login “{login}” is used by {}",
        users.join(", ")
    )))
}

fn given(text: Option<&str>) -> Option<String> {
    text.map(str::trim)
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
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
