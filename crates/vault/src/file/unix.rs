//! A directory of small files that nobody else may read, changed by whole files only.
//!
//! Everything goes through one open handle of the directory, so that it cannot be exchanged
//! between the check and the use, and no symbolic link is followed.

use std::fs::{DirBuilder, File};
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use poolkey_core::fault::VaultFault;
use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use zeroize::Zeroizing;

use crate::keychain::failed;

pub(super) struct Dir {
    handle: OwnedFd,
    path: PathBuf,
}

impl Dir {
    /// The directory, if it is there.
    pub(super) fn open(path: &Path) -> Result<Option<Self>, VaultFault> {
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let handle = match rustix::fs::open(path, flags, Mode::empty()) {
            Ok(handle) => handle,
            Err(Errno::NOENT) => return Ok(None),
            Err(error) => return Err(trouble("opening", path, error)),
        };
        let dir = Self {
            handle,
            path: path.to_owned(),
        };
        let stat =
            rustix::fs::fstat(&dir.handle).map_err(|error| dir.trouble("checking", "", error))?;
        private(&stat, path, "700")?;
        Ok(Some(dir))
    }

    /// The directory, made if need be.
    pub(super) fn create(path: &Path) -> Result<Self, VaultFault> {
        if let Some(dir) = Self::open(path)? {
            return Ok(dir);
        }
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .and_then(|()| {
                path.parent()
                    .map_or(Ok(()), |parent| File::open(parent)?.sync_all())
            })
            .map_err(|error| trouble("making", path, error))?;
        Self::open(path)?.ok_or_else(|| trouble("opening", path, Errno::NOENT))
    }

    /// Whether anything has this name.
    pub(super) fn has(&self, name: &str) -> Result<bool, VaultFault> {
        match rustix::fs::statat(&self.handle, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(_) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(error) => Err(self.trouble("checking", name, error)),
        }
    }

    /// What the file holds; `None` when there is no such file.
    pub(super) fn read(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, VaultFault> {
        // NONBLOCK: a planted pipe must not hold the caller up.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match rustix::fs::openat(&self.handle, name, flags, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(Errno::NOENT) => return Ok(None),
            Err(Errno::LOOP) => {
                return Err(failed(format!(
                    "{} is a symbolic link; Poolkey makes none",
                    self.path.join(name).display()
                )));
            }
            Err(error) => return Err(self.trouble("opening", name, error)),
        };
        let stat =
            rustix::fs::fstat(&file).map_err(|error| self.trouble("checking", name, error))?;
        let path = self.path.join(name);
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(failed(format!("{} is not a file", path.display())));
        }
        private(&stat, &path, "600")?;
        let mut bytes = Zeroizing::new(Vec::new());
        file.take(LARGEST + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| self.trouble("reading", name, error))?;
        if bytes.len() as u64 > LARGEST {
            return Err(failed(format!("{} is too large", path.display())));
        }
        Ok(Some(bytes))
    }

    /// Makes the file hold this, durably: the old file or the new one is there at every moment.
    pub(super) fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), VaultFault> {
        let under_way = format!("{name}.new");
        self.write(&under_way, bytes)
            .and_then(|()| {
                Ok(rustix::fs::renameat(
                    &self.handle,
                    &under_way,
                    &self.handle,
                    name,
                )?)
            })
            .and_then(|()| Ok(rustix::fs::fsync(&self.handle)?))
            .map_err(|error| {
                // Whatever went wrong with the writing is the thing to tell.
                let _ = rustix::fs::unlinkat(&self.handle, &under_way, AtFlags::empty());
                self.trouble("writing", name, error)
            })
    }

    /// Deletes the file, if there is one.
    pub(super) fn remove(&self, name: &str) -> Result<(), VaultFault> {
        self.unlink(name)
            .and_then(|()| self.unlink(&format!("{name}.new")))
            .and_then(|()| Ok(rustix::fs::fsync(&self.handle)?))
            .map_err(|error| self.trouble("deleting", name, error))
    }

    fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        // What a killed process left under way.
        self.unlink(name)?;
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = Mode::RUSR | Mode::WUSR;
        let mut file = File::from(rustix::fs::openat(&self.handle, name, flags, mode)?);
        file.write_all(bytes)?;
        file.sync_all()
    }

    fn unlink(&self, name: &str) -> io::Result<()> {
        match rustix::fs::unlinkat(&self.handle, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn trouble(&self, doing: &str, name: &str, error: impl Into<io::Error>) -> VaultFault {
        trouble(doing, &self.path.join(name), error)
    }
}

/// Refuses what someone else owns or could read.
fn private(stat: &Stat, path: &Path, mode: &str) -> Result<(), VaultFault> {
    let path = path.display();
    if stat.st_uid != rustix::process::geteuid().as_raw() {
        return Err(failed(format!("{path} belongs to another user")));
    }
    if stat.st_mode & 0o077 != 0 {
        return Err(failed(format!(
            "{path} is open to other users; run “chmod {mode} {path}”"
        )));
    }
    Ok(())
}

fn trouble(doing: &str, path: &Path, error: impl Into<io::Error>) -> VaultFault {
    failed(format!("{doing} {}: {}", path.display(), error.into()))
}

/// More than any record has.
const LARGEST: u64 = 1 << 20;
