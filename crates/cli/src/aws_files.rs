//! Where the files of AWS's tools are, and changing them.

use std::error::Error;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use poolkey_core::config;
use poolkey_core::failure::{Code, Failure};
use poolkey_files::{Exposure, NotReplaced, replace};
use poolkey_ipc::Place;
use zeroize::Zeroizing;

use crate::words::capital;

/// The two files, as the tools of this shell find them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AwsFiles {
    pub(crate) config: PathBuf,
    pub(crate) credentials: PathBuf,
    /// Who writes either of them holds it.
    lock: PathBuf,
}

impl AwsFiles {
    /// What the shell says comes before what `profiles.toml` says of it.
    pub(crate) fn of_process(settings: &config::AwsFiles) -> Result<Self, Failure> {
        let place = Place::of_process()?;
        let path = |variable: &str, setting: &Option<PathBuf>, name: &str| {
            let told = told(variable).map(|path| expanded(path, &place));
            told.or_else(|| setting.clone())
                .unwrap_or_else(|| place.aws_dir().join(name))
        };
        Ok(Self {
            config: path("AWS_CONFIG_FILE", &settings.config, "config"),
            credentials: path(
                "AWS_SHARED_CREDENTIALS_FILE",
                &settings.credentials,
                "credentials",
            ),
            lock: place.aws_lock(),
        })
    }

    /// Of paths that nobody reads.
    #[cfg(test)]
    pub(crate) fn at(config: PathBuf, credentials: PathBuf) -> Self {
        Self {
            config,
            credentials,
            lock: PathBuf::new(),
        }
    }

    /// What a file holds; nothing, where it is not there.
    pub(crate) fn read(&self, path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let mut held = Zeroizing::new(Vec::new());
        self.edit(path, |bytes| {
            held = Zeroizing::new(bytes.to_vec());
            Ok(None)
        })?;
        Ok(held)
    }

    /// Replaces a file by what `change` makes of it; `None` leaves it as it is.
    pub(crate) fn edit(
        &self,
        path: &Path,
        mut change: impl FnMut(&[u8]) -> Result<Option<Zeroizing<Vec<u8>>>, Failure>,
    ) -> Result<bool, Failure> {
        let change = |bytes: &[u8]| change(bytes).map_err(Refusal);
        replace(path, &self.lock, Exposure::AsItIs, change).map_err(in_words)
    }
}

/// What is wrong with the file itself.
#[derive(Debug)]
struct Refusal(Failure);

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.sentence)
    }
}

impl Error for Refusal {}

fn in_words(fault: NotReplaced<Refusal>) -> Failure {
    let fix = fault.fix();
    let why = fault.source().map(|source| format!(" ({source})"));
    match fault {
        NotReplaced::Refused(Refusal(failure)) => failure,
        NotReplaced::Io { .. }
        | NotReplaced::NoFile(_)
        | NotReplaced::Foreign(_)
        | NotReplaced::ReadOnly(_)
        | NotReplaced::Exposed(_)
        | NotReplaced::Restless(_) => Failure {
            code: Code::File,
            sentence: format!("{fault}{}.", why.unwrap_or_default()),
            remedy: match fix {
                Some(fix) => format!("{}, then run the command again.", capital(&fix)),
                None => "Run the command again.".into(),
            },
        },
    }
}

/// botocore takes the tilde for the home directory, whatever the shell made of it.
fn expanded(path: OsString, place: &Place) -> PathBuf {
    let path = PathBuf::from(path);
    match (path.strip_prefix("~"), place.aws_dir().parent()) {
        (Ok(rest), Some(home)) => home.join(rest),
        (Ok(_), None) | (Err(_), _) => path,
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "read once, and an argument from here on"
)]
fn told(variable: &str) -> Option<OsString> {
    std::env::var_os(variable).filter(|told| !told.is_empty())
}
