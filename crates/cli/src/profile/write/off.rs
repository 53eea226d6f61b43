//! `poolkey profile write --off`: the keys go from people's files, whether a daemon runs or not.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;

use poolkey_core::config::AwsFiles;
use poolkey_core::failure::{Code, Failure};
use poolkey_core::name::ProfileName;
use poolkey_files::aws::Kind;
use poolkey_files::owned;
use poolkey_ipc::{Client, Place};

use super::unset;
use crate::daemon;
use crate::ending::Ending;
use crate::profiles_file::ProfilesFile;

/// Those of one profile.
pub(super) fn one(
    name: &ProfileName,
    before: Option<&ProfileName>,
    file: &ProfilesFile,
    client: &Client,
) -> Result<(), Ending> {
    let mut out = anstream::stdout();
    let Some(before) = before else {
        return Ok(writeln!(out, "The keys of “{name}” are not written.")?);
    };
    let files = file.read()?.settings.aws_files;
    file.edit(|document| unset(document, name, "write_profile"))?;
    daemon::reload(file, client)?;
    // The daemon removes them, too, where one runs: whoever is first.
    scrub(&files, |other| other == before.as_str())?;
    Ok(writeln!(
        out,
        "The keys of “{name}” are written as “{before}” no longer; what stands there is removed."
    )?)
}

/// All that Poolkey ever wrote, even where its configuration is damaged or gone.
pub(super) fn all(file: &ProfilesFile, client: &Client) -> Result<(), Ending> {
    let config = file.read();
    let edited = match &config {
        Ok(config) => {
            let written = |name: &&ProfileName| {
                let file = config.files.get(*name);
                file.is_some_and(|file| file.write_profile.is_some())
            };
            let names: Vec<&ProfileName> = config.profiles.keys().filter(written).collect();
            let edited = file.edit(|document| {
                names
                    .iter()
                    .try_for_each(|name| unset(document, name, "write_profile"))
            });
            edited
                .map_err(Ending::from)
                .and_then(|()| daemon::reload(file, client))
        }
        Err(failure) => Err(failure.clone().into()),
    };
    let files = config.map_or_else(|_| AwsFiles::default(), |config| config.settings.aws_files);
    let found = scrub(&files, |_| true)?;
    let mut out = anstream::stdout();
    for (path, names) in &found {
        let names: Vec<String> = names.iter().map(|name| format!("“{name}”")).collect();
        let path = path.display();
        writeln!(out, "Removed {} from “{path}”.", names.join(" and "))?;
    }
    edited?;
    Ok(writeln!(
        out,
        "No profile's keys are written into files any more."
    )?)
}

/// From the files that are configured, and from those in which keys may stand.
fn scrub(
    files: &AwsFiles,
    is_meant: impl Fn(&str) -> bool,
) -> Result<Vec<(PathBuf, Vec<String>)>, Ending> {
    let place = Place::of_process()?;
    let noted = owned::noted(&place.aws_note());
    let noted = noted.map(|[config, credentials]| AwsFiles {
        config,
        credentials,
    });
    let all = [Some(files.clone()), noted];
    let paths: BTreeSet<(bool, PathBuf)> = all
        .into_iter()
        .flatten()
        .flat_map(|files| {
            let usual = |name| place.aws_dir().join(name);
            [
                (
                    false,
                    files.credentials.unwrap_or_else(|| usual("credentials")),
                ),
                (true, files.config.unwrap_or_else(|| usual("config"))),
            ]
        })
        .collect();
    let mut found = Vec::new();
    let mut wrong = Ok(());
    for (is_config, path) in paths {
        let kind = if is_config {
            Kind::Config
        } else {
            Kind::Credentials
        };
        match owned::scrub(kind, &path, &place.aws_lock(), &is_meant) {
            Ok(names) if names.is_empty() => {}
            Ok(names) => found.push((path, names)),
            Err(fault) => {
                wrong = wrong.and(Err(Failure {
                    code: Code::File,
                    sentence: format!(
                        "Keys may be left in “{}”: {}.",
                        path.display(),
                        fault.told()
                    ),
                    remedy:
                        "Put that right, and run the command again; or remove the sections that \
                             have the key x-poolkey-profile by hand."
                            .into(),
                }));
            }
        }
    }
    wrong?;
    Ok(found)
}
