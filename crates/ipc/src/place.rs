//! Where Poolkey's files lie.
//!
//! | what            | Linux                            | macOS, Windows                  |
//! |-----------------|----------------------------------|---------------------------------|
//! | `profiles.toml` | `$XDG_CONFIG_HOME/poolkey/`      | the application's own directory |
//! | lock, log, encrypted vault | `$XDG_STATE_HOME/poolkey/` | the application's local data |
//!
//! Daemon and command line find them by this; the shim needs none.

use std::path::{Path, PathBuf};

use directories::{BaseDirs, ProjectDirs};
use poolkey_core::failure::Failure;

use crate::trouble;

/// Where Poolkey's files lie. Nothing is made here: whoever writes makes the directory, for its
/// owner alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    config: PathBuf,
    state: PathBuf,
    aws: PathBuf,
}

impl Place {
    /// The place of the user that this process runs as.
    ///
    /// # Errors
    ///
    /// The user has no home.
    pub fn of_process() -> Result<Self, Failure> {
        let dirs = ProjectDirs::from("", "", "poolkey").ok_or_else(trouble::no_home)?;
        Ok(Self {
            config: dirs.config_dir().to_owned(),
            state: dirs
                .state_dir()
                .unwrap_or_else(|| dirs.data_local_dir())
                .to_owned(),
            aws: BaseDirs::new()
                .ok_or_else(trouble::no_home)?
                .home_dir()
                .join(".aws"),
        })
    }

    /// `profiles.toml`.
    pub fn config_file(&self) -> PathBuf {
        self.config.join("profiles.toml")
    }

    /// The directory of what outlives the daemon and is no configuration.
    pub fn state_dir(&self) -> &Path {
        &self.state
    }

    /// `~/.aws`, where AWS's tools have their files unless they are told otherwise.
    pub fn aws_dir(&self) -> &Path {
        &self.aws
    }

    /// The file whose lock is held by whoever changes a file of `~/.aws`: daemon and command line
    /// alike.
    pub fn aws_lock(&self) -> PathBuf {
        self.state.join("aws-files.lock")
    }

    /// Says in which files keys may stand, for whoever comes after a daemon that was killed.
    pub fn aws_note(&self) -> PathBuf {
        self.state.join("aws-files.written")
    }

    /// The file whose lock the one daemon of this user holds.
    pub fn daemon_lock(&self) -> PathBuf {
        self.state.join("poolkeyd.lock")
    }

    /// The daemon's log, where nothing else takes what it says.
    pub fn log_file(&self) -> PathBuf {
        self.state.join("poolkeyd.log")
    }

    /// The encrypted file that can be chosen as a vault.
    pub fn vault_file(&self) -> PathBuf {
        self.state.join("vault.age")
    }
}
