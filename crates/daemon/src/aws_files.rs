//! Keys in the files of `~/.aws`, for tools that read nothing else.
//!
//! What is Poolkey's there, `poolkey_files::owned` knows.

use std::path::{Path, PathBuf};
use std::{fs, io};

use poolkey_core::config::AwsFiles;
use poolkey_core::event::WrittenKeys;
use poolkey_core::name::ProfileName;
use poolkey_files::aws::{BadValue, Kind, Refused, Text, is_source};
use poolkey_files::owned::{self, EXPIRATION, OWNER};
use poolkey_files::{Exposure, NotReplaced, replace};
use zeroize::Zeroizing;

/// Where the files are, and who keeps two writers apart.
#[derive(Clone, Debug)]
pub(crate) struct Writer {
    /// `~/.aws`, where nothing else is configured.
    pub(crate) directory: PathBuf,
    /// Poolkey's own: no AWS tool knows of it.
    pub(crate) lock: PathBuf,
    /// Says in which files keys may stand, for a daemon that comes after one that was killed.
    pub(crate) note: PathBuf,
}

impl Writer {
    /// Puts keys under a name, or removes what stands there. It waits for the disk.
    ///
    /// # Errors
    ///
    /// What stands in the way; then both files are as they were, but for what was removed.
    pub(crate) fn write(
        &self,
        files: &AwsFiles,
        target: &ProfileName,
        keys: Option<&WrittenKeys>,
    ) -> Result<(), String> {
        let name = target.as_str();
        let Some(keys) = keys else {
            return self.remove(files, |other| other == name);
        };
        self.note(files)
            .map_err(|error| format!("“{}” cannot be written: {error}", self.note.display()))?;
        let settings = settings(keys);
        self.change(Kind::Config, files, |text| {
            free(text, name)?;
            if settings.is_empty() {
                Ok(owned::removed(text, Kind::Config, name)?)
            } else {
                mine(text, name)?;
                Ok(text.with(name, &settings)?)
            }
        })?;
        let expires = keys.expires.to_string();
        let lines = [
            (OWNER, keys.profile.as_str()),
            ("aws_access_key_id", keys.keys.access_key_id.expose()),
            (
                "aws_secret_access_key",
                keys.keys.secret_access_key.expose(),
            ),
            ("aws_session_token", keys.keys.session_token.expose()),
            (EXPIRATION, &expires),
        ];
        self.change(Kind::Credentials, files, |text| {
            mine(text, name)?;
            Ok(text.with(name, &lines)?)
        })
    }

    /// Removes all that Poolkey ever wrote.
    ///
    /// # Errors
    ///
    /// What stands in the way.
    pub(crate) fn scrub(&self, files: &AwsFiles) -> Result<(), String> {
        self.remove(files, |_| true)
    }

    /// The one file goes though the other cannot: keys are not to stand because a region does.
    fn remove(&self, files: &AwsFiles, is_meant: impl Fn(&str) -> bool) -> Result<(), String> {
        let remove = |kind| {
            let path = self.path(kind, files);
            owned::scrub(kind, &path, &self.lock, &is_meant)
                .map(drop)
                .map_err(|fault| told(&path, &fault.map(NotWritten::from)))
        };
        let credentials = remove(Kind::Credentials);
        let config = remove(Kind::Config);
        credentials.and(config)
    }

    /// Removes what a daemon left that was killed, from the files that it wrote: the configuration
    /// may have changed since, or write nothing any more.
    ///
    /// # Errors
    ///
    /// What stands in the way; then the next start tries again.
    pub(crate) fn clear(&self) -> Result<(), String> {
        let Some([config, credentials]) = owned::noted(&self.note) else {
            return Ok(());
        };
        self.scrub(&AwsFiles {
            config,
            credentials,
        })?;
        fs::remove_file(&self.note).map_err(|error| error.to_string())
    }

    fn note(&self, files: &AwsFiles) -> io::Result<()> {
        let line = |path: &Option<PathBuf>| {
            let path = path.as_ref().map(|path| path.display().to_string());
            path.unwrap_or_default()
        };
        let text = format!("{}\n{}\n", line(&files.config), line(&files.credentials));
        if fs::read_to_string(&self.note).is_ok_and(|old| old == text) {
            return Ok(());
        }
        if let Some(directory) = self.note.parent() {
            fs::create_dir_all(directory)?;
        }
        fs::write(&self.note, text)
    }

    fn path(&self, kind: Kind, files: &AwsFiles) -> PathBuf {
        let (given, name) = match kind {
            Kind::Config => (&files.config, "config"),
            Kind::Credentials => (&files.credentials, "credentials"),
        };
        given.clone().unwrap_or_else(|| self.directory.join(name))
    }

    fn change(
        &self,
        kind: Kind,
        files: &AwsFiles,
        mut edit: impl FnMut(&Text<'_>) -> Result<Zeroizing<Vec<u8>>, NotWritten>,
    ) -> Result<(), String> {
        let exposure = match kind {
            Kind::Config => Exposure::AsItIs,
            Kind::Credentials => Exposure::Private,
        };
        let path = self.path(kind, files);
        let change = |bytes: &[u8]| {
            let text = Text::read(kind, bytes).map_err(NotWritten::Refused)?;
            let new = edit(&text)?;
            Ok((*new != *bytes).then_some(new))
        };
        replace(&path, &self.lock, exposure, change)
            .map(drop)
            .map_err(|fault| told(&path, &fault))
    }
}

/// Why a file is not changed though it could be.
#[derive(Debug, thiserror::Error)]
enum NotWritten {
    #[error("{0}")]
    Refused(Refused),
    #[error("line {line}: there is a profile “{name}” that Poolkey did not write")]
    Foreign { line: usize, name: String },
    #[error(
        "line {line}: the profile “{name}” has {key}, which tools would find beside these keys"
    )]
    Shadowed {
        line: usize,
        name: String,
        key: String,
    },
    #[error(transparent)]
    Value(BadValue),
}

impl From<BadValue> for NotWritten {
    fn from(bad: BadValue) -> Self {
        match bad {
            BadValue::Place(refused) => Self::Refused(refused),
            BadValue::Profile(_) | BadValue::Key(_) | BadValue::Value(_) => Self::Value(bad),
        }
    }
}

/// What the configuration says of the profile beside its keys.
fn settings(keys: &WrittenKeys) -> Vec<(&str, &str)> {
    let given = [("region", &keys.region), ("output", &keys.output)];
    let given: Vec<(&str, &str)> = given
        .into_iter()
        .filter_map(|(key, value)| Some((key, value.as_deref()?)))
        .collect();
    if given.is_empty() {
        return given;
    }
    std::iter::once((OWNER, keys.profile.as_str()))
        .chain(given)
        .collect()
}

/// The section is ours, or not there.
fn mine(text: &Text<'_>, name: &str) -> Result<(), NotWritten> {
    match text.line_of(name) {
        Some(line) if !owned::is_owned(text, name) => Err(NotWritten::Foreign {
            line,
            name: name.to_owned(),
        }),
        Some(_) | None => Ok(()),
    }
}

/// Nothing in the configuration would be taken by some tools in place of the keys.
fn free(text: &Text<'_>, name: &str) -> Result<(), NotWritten> {
    let shadow = text.keys(name).find(|key| is_source(key));
    match (shadow, text.line_of(name)) {
        (Some(key), Some(line)) => Err(NotWritten::Shadowed {
            line,
            name: name.to_owned(),
            key: key.to_owned(),
        }),
        _ => Ok(()),
    }
}

/// One sentence that names the file, what is wrong, and how to put it right.
fn told(path: &Path, fault: &NotReplaced<NotWritten>) -> String {
    let path = path.display();
    match fault {
        NotReplaced::Refused(why) => match why {
            NotWritten::Refused(_) => format!("“{path}” is left as it is: {why}"),
            NotWritten::Foreign { .. } => {
                format!("“{path}”, {why}: give write_profile another name, or remove it there")
            }
            NotWritten::Shadowed { .. } => {
                format!("“{path}”, {why}: give write_profile another name")
            }
            NotWritten::Value(_) => format!("“{path}”: {why}"),
        },
        NotReplaced::Io { .. }
        | NotReplaced::NoFile(_)
        | NotReplaced::Foreign(_)
        | NotReplaced::ReadOnly(_)
        | NotReplaced::Exposed(_)
        | NotReplaced::Restless(_) => fault.told(),
    }
}

#[cfg(all(test, unix))]
mod tests;
