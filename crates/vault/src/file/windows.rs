//! A directory of small files, changed by whole files only. Nobody else may read it because it is
//! below the user's own `AppData`.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use poolkey_core::fault::VaultFault;
use zeroize::Zeroizing;

use crate::keychain::failed;

pub(super) struct Dir {
    path: PathBuf,
}

impl Dir {
    /// The directory, if it is there.
    pub(super) fn open(path: &Path) -> Result<Option<Self>, VaultFault> {
        match fs::symlink_metadata(path) {
            Ok(found) if found.is_dir() => Ok(Some(Self {
                path: path.to_owned(),
            })),
            Ok(_) => Err(failed(format!("{} is not a directory", path.display()))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(trouble("opening", path, &error)),
        }
    }

    /// The directory, made if need be.
    pub(super) fn create(path: &Path) -> Result<Self, VaultFault> {
        if let Some(dir) = Self::open(path)? {
            return Ok(dir);
        }
        fs::create_dir_all(path).map_err(|error| trouble("making", path, &error))?;
        Ok(Self {
            path: path.to_owned(),
        })
    }

    /// Whether anything has this name.
    pub(super) fn has(&self, name: &str) -> Result<bool, VaultFault> {
        match fs::symlink_metadata(self.path.join(name)) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(trouble("checking", &self.path.join(name), &error)),
        }
    }

    /// What the file holds; `None` when there is no such file.
    pub(super) fn read(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, VaultFault> {
        match fs::read(self.path.join(name)) {
            Ok(bytes) => Ok(Some(Zeroizing::new(bytes))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(trouble("reading", &self.path.join(name), &error)),
        }
    }

    /// Makes the file hold this: the old file or the new one is there at every moment.
    pub(super) fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), VaultFault> {
        let path = self.path.join(name);
        let under_way = self.path.join(format!("{name}.new"));
        let written = || {
            let mut file = File::create(&under_way)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            drop(file);
            fs::rename(&under_way, &path)
        };
        written().map_err(|error: io::Error| {
            // Whatever went wrong with the writing is the thing to tell.
            let _ = fs::remove_file(&under_way);
            trouble("writing", &path, &error)
        })
    }

    /// Deletes the file, if there is one.
    pub(super) fn remove(&self, name: &str) -> Result<(), VaultFault> {
        for name in [name, &format!("{name}.new")] {
            let path = self.path.join(name);
            match fs::remove_file(&path) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(trouble("deleting", &path, &error)),
            }
        }
        Ok(())
    }
}

fn trouble(doing: &str, path: &Path, error: &io::Error) -> VaultFault {
    failed(format!("{doing} {}: {error}", path.display()))
}
