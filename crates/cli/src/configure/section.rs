//! A profile's section of `~/.aws/config`: what it has to say, and what is in its way.

use std::path::Path;

use poolkey_core::config::FileSpec;
use poolkey_core::failure::{Code, Failure};
use poolkey_core::name::ProfileName;
use poolkey_files::aws::{BadValue, Kind, Text, is_source};
use poolkey_ipc::shim::{self, Shim};
use zeroize::Zeroizing;

use super::shown;
use crate::aws_files::AwsFiles;

/// A profile that AWS tools are to find.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) name: ProfileName,
    /// What `profiles.toml` says of it.
    pub(super) file: FileSpec,
    /// What options say: that goes into a section of somebody else's, too.
    pub(super) given: FileSpec,
}

/// What a section is judged by.
pub(super) struct Look<'a> {
    pub(super) files: &'a AwsFiles,
    /// What the other file holds: keys in it would be taken first.
    pub(super) credentials: &'a [u8],
    pub(super) shim: &'a Path,
}

impl Look<'_> {
    /// The file with these profiles.
    ///
    /// # Errors
    ///
    /// What is in the way of the first that cannot be.
    pub(super) fn with(
        &self,
        bytes: &[u8],
        wanted: &[Wanted],
    ) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let path = &self.files.config;
        let mut bytes = Zeroizing::new(bytes.to_vec());
        for one in wanted {
            let text = read(path, Kind::Config, &bytes)?;
            self.judge(&one.name, &text)?;
            let [_, line] = shim::aws_config(&one.name, self.shim);
            let command = line.strip_prefix("credential_process = ").unwrap_or(&line);
            let mut keys = settings(one, &text);
            if !self.is_told(&one.name, &text) {
                keys.insert(0, (PROCESS, command));
            }
            let next = text.with(one.name.as_str(), &keys).map_err(told(path))?;
            bytes = next;
        }
        Ok(bytes)
    }

    /// The section runs this very shim already, by whatever path.
    fn is_told(&self, name: &ProfileName, config: &Text<'_>) -> bool {
        let written = config.value(name.as_str(), PROCESS).and_then(Shim::read);
        written.is_some_and(|written| {
            let leads_here = written.path == self.shim || shim::same(&written.path, self.shim);
            written.profile == *name && leads_here
        })
    }

    /// Nothing else says where the profile's credentials come from.
    fn judge(&self, name: &ProfileName, config: &Text<'_>) -> Result<(), Failure> {
        let path = &self.files.config;
        if let Some((line, key, value)) =
            sources(config, name).find(|(_, key, value)| *key != PROCESS || !shim::is_ours(value))
        {
            let (what, remedy) = match key {
                PROCESS => (
                    format!("runs another program for its keys ({})", program(value)),
                    format!("Remove line {line} there"),
                ),
                key => (
                    format!("has {key} already, and tools do not agree on which of the two counts"),
                    format!("Remove what begins with {key} in line {line} there"),
                ),
            };
            return Err(in_the_way(path, line, name, &what, &remedy));
        }
        let path = &self.files.credentials;
        let credentials = read(path, Kind::Credentials, self.credentials)?;
        if let Some((line, key, _)) = sources(&credentials, name).next() {
            let what = format!("has {key}, which most tools would take in place of Poolkey's keys");
            let remedy = format!("Remove [{name}] from that file, if nothing needs it any more");
            return Err(in_the_way(path, line, name, &what, &remedy));
        }
        Ok(())
    }
}

/// Lines of a file, as all its readers see them.
pub(super) fn read<'a>(path: &Path, kind: Kind, bytes: &'a [u8]) -> Result<Text<'a>, Failure> {
    Text::read(kind, bytes).map_err(|refused| told(path)(refused.into()))
}

/// Why a file is left as it is.
pub(super) fn told(path: &Path) -> impl Fn(BadValue) -> Failure {
    move |bad| Failure {
        code: Code::File,
        sentence: match &bad {
            BadValue::Place(refused) => format!(
                "“{}” is left as it is, line {}: {}.",
                shown(path),
                refused.line,
                refused.text
            ),
            BadValue::Profile(_) | BadValue::Key(_) | BadValue::Value(_) => {
                format!("“{}” is left as it is: {bad}.", shown(path))
            }
        },
        remedy: match bad {
            BadValue::Place(_) => "Put that right, then run the command again.".into(),
            BadValue::Profile(_) | BadValue::Key(_) | BadValue::Value(_) => {
                "Run the command again with another.".into()
            }
        },
    }
}

/// The keys of a profile's section in their order: line, key, value.
pub(super) fn entries<'t>(
    text: &'t Text<'_>,
    name: &str,
) -> impl Iterator<Item = (usize, &'t str, &'t str)> {
    text.passages()
        .filter(move |passage| passage.profile == Some(name))
        .flat_map(|passage| passage.entries)
}

fn sources<'t>(
    text: &'t Text<'_>,
    name: &ProfileName,
) -> impl Iterator<Item = (usize, &'t str, &'t str)> {
    entries(text, name.as_str()).filter(|(_, key, _)| is_source(key))
}

/// What is said beside the command. In a section where a person's own keys are, too, that is what
/// an option says, and what came before.
fn settings<'w>(wanted: &'w Wanted, text: &Text<'_>) -> Vec<(&'static str, &'w str)> {
    let name = wanted.name.as_str();
    let ours = settings_of_ours(text, name);
    let mut keys = text.keys(name);
    let is_ours_alone =
        keys.next().is_none_or(|first| first == PROCESS) && keys.all(|key| ours.contains(&key));
    let given = [
        ("region", &wanted.given.region, &wanted.file.region),
        ("output", &wanted.given.output, &wanted.file.output),
    ];
    given
        .into_iter()
        .filter_map(|(key, given, file)| {
            let file = file
                .as_ref()
                .filter(|_| is_ours_alone || ours.contains(&key));
            Some((key, given.as_ref().or(file)?.as_str()))
        })
        .collect()
}

/// `region` and `output` where they follow Poolkey's line directly, as they do when they came with
/// it: a person's own come before.
pub(super) fn settings_of_ours<'t>(text: &'t Text<'_>, name: &str) -> Vec<&'t str> {
    entries(text, name)
        .map(|(_, key, _)| key)
        .skip_while(|key| *key != PROCESS)
        .skip(1)
        .take_while(|key| SETTINGS.contains(key))
        .collect()
}

/// The program of a command, without its arguments: those may be secret.
fn program(command: &str) -> &str {
    command.split_whitespace().next().unwrap_or_default()
}

fn in_the_way(path: &Path, line: usize, name: &ProfileName, what: &str, remedy: &str) -> Failure {
    Failure {
        code: Code::File,
        sentence: format!(
            "“{}” is left as it is, line {line}: the profile “{name}” {what}.",
            shown(path)
        ),
        remedy: format!("{remedy}, or give Poolkey's profile another name."),
    }
}

pub(super) const PROCESS: &str = "credential_process";

pub(super) const SETTINGS: &[&str] = &["region", "output"];

#[cfg(test)]
mod tests;
