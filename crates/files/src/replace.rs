//! A file replaced as a whole: whoever reads sees the old one or the new one.

use std::ffi::OsString;
use std::fs::{File, Metadata};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

mod fix;
mod found;

use self::found::{Found, read};

/// Who may read the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposure {
    /// It holds secrets: its owner alone.
    Private,
    /// Whoever may read it already.
    AsItIs,
}

/// Why a file was not replaced. It is as it was.
#[derive(Debug, thiserror::Error)]
pub enum NotReplaced<E> {
    /// What it says is not to be changed so.
    #[error(transparent)]
    Refused(E),
    /// It cannot be read, or its directory cannot be written.
    #[error("“{path}”: {what}")]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What could not be done.
        what: &'static str,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It is no plain file: a directory, a pipe, a device.
    #[error("“{0}” is no file")]
    NoFile(PathBuf),
    /// It belongs to somebody else.
    #[error("“{0}” belongs to another user")]
    Foreign(PathBuf),
    /// Nobody may write it: a person wants it to stay as it is.
    #[error("“{0}” is read-only")]
    ReadOnly(PathBuf),
    /// Others may read it, and it is to hold secrets.
    #[error("“{0}” can be read by others")]
    Exposed(PathBuf),
    /// Something else wrote it again and again in the same moment.
    #[error("“{0}” does not come to rest: something else keeps writing it")]
    Restless(PathBuf),
}

impl<E> NotReplaced<E> {
    /// The same with another refusal.
    pub fn map<F>(self, refusal: impl FnOnce(E) -> F) -> NotReplaced<F> {
        match self {
            Self::Refused(refused) => NotReplaced::Refused(refusal(refused)),
            Self::Io { path, what, source } => NotReplaced::Io { path, what, source },
            Self::NoFile(path) => NotReplaced::NoFile(path),
            Self::Foreign(path) => NotReplaced::Foreign(path),
            Self::ReadOnly(path) => NotReplaced::ReadOnly(path),
            Self::Exposed(path) => NotReplaced::Exposed(path),
            Self::Restless(path) => NotReplaced::Restless(path),
        }
    }
}

/// Replaces a file by what `change` makes of its bytes; a file that is not there has none. `None`
/// leaves it as it is, and so does what it holds already. Says whether it was replaced.
///
/// Whoever uses `lock`, too, waits; others do not know of it, and so the file is looked at again
/// just before, and for a moment after: what they wrote into the old one comes into the new. Where
/// the file is a link its target is replaced and the link stays. Mode and group stay; a new file is
/// its owner's alone.
///
/// # Errors
///
/// [`NotReplaced`]; then the file is as it was.
pub fn replace<E>(
    path: &Path,
    lock: &Path,
    exposure: Exposure,
    mut change: impl FnMut(&[u8]) -> Result<Option<Zeroizing<Vec<u8>>>, E>,
) -> Result<bool, NotReplaced<E>> {
    let _held = hold(lock).map_err(|source| fault(lock, "it cannot be locked", source))?;
    let target =
        target(path).map_err(|source| fault(path, "the link cannot be followed", source))?;
    // Even where nothing is to be changed: what a killed process left may hold keys.
    clear(directory(&target));
    for _ in 0..ATTEMPTS {
        let old = read(&target)?;
        let Some(new) = change(old.bytes()).map_err(NotReplaced::Refused)? else {
            return Ok(false);
        };
        if old.exists() && *new == *old.bytes() {
            return Ok(false);
        }
        old.permits(&target, exposure)?;
        if !swap(&target, &old, &new)? {
            continue;
        }
        let Some(late) = old.late() else {
            return Ok(true);
        };
        // It takes the place of what it was to take the place of, and the change is made anew.
        let ours = read(&target)?;
        if *ours.bytes() == **new {
            swap(&target, &ours, &late)?;
        }
    }
    Err(NotReplaced::Restless(target))
}

/// Puts bytes in the place of what was found, if that is there still.
fn swap<E>(target: &Path, old: &Found, new: &[u8]) -> Result<bool, NotReplaced<E>> {
    let fresh =
        write(target, old, new).map_err(|source| fault(target, "it cannot be written", source))?;
    if read(target)?.bytes() != old.bytes() {
        return Ok(false);
    }
    fresh
        .persist(target)
        .map_err(|refused| fault(target, "it cannot be replaced", refused.error))?;
    if cfg!(unix) {
        let directory = directory(target);
        File::open(directory)
            .and_then(|directory| directory.sync_all())
            .map_err(|source| fault(directory, "it cannot be written through", source))?;
    }
    Ok(true)
}

/// The new file beside the old one, durable and with its mode.
fn write(target: &Path, old: &Found, bytes: &[u8]) -> io::Result<tempfile::NamedTempFile> {
    let directory = directory(target);
    make(directory)?;
    let mut fresh = tempfile::Builder::new()
        .prefix(PREFIX)
        .tempfile_in(directory)?;
    if let Some((_, seen, _)) = &old.0 {
        resemble(fresh.as_file(), seen)?;
    }
    fresh.write_all(bytes)?;
    fresh.as_file().sync_all()?;
    Ok(fresh)
}

/// Owner and mode are those of the old file. A group that may not be given is let go, and with it
/// what it was allowed.
#[cfg(unix)]
fn resemble(fresh: &File, old: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let mut mode = old.mode() & 0o777;
    let group = rustix::fs::Gid::from_raw(old.gid());
    if fresh.metadata()?.gid() != old.gid() && rustix::fs::fchown(fresh, None, Some(group)).is_err()
    {
        mode &= 0o707;
    }
    fresh.set_permissions(std::fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn resemble(_: &File, _: &Metadata) -> io::Result<()> {
    Ok(())
}

/// Where the bytes are, at the end of however many links.
fn target(path: &Path) -> io::Result<PathBuf> {
    let mut here = path.to_owned();
    for _ in 0..LINKS {
        match std::fs::read_link(&here) {
            Ok(next) => here = directory(&here).join(next),
            // It is no link, or not there at all.
            Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::NotFound) => {
                return Ok(here);
            }
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("the links never end"))
}

fn directory(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => path,
    }
}

/// A directory that is not there is its owner's alone.
fn make(directory: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

/// What a process that was killed has left. Whoever may write here holds the lock.
fn clear(directory: &Path) {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return;
    };
    for entry in entries.flatten() {
        let name: OsString = entry.file_name();
        if name.as_encoded_bytes().starts_with(PREFIX.as_bytes()) {
            // Another attempt will find it again.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

fn hold(lock: &Path) -> io::Result<File> {
    make(directory(lock))?;
    let mut options = File::options();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(lock)?;
    file.lock()?;
    Ok(file)
}

fn fault<E>(path: &Path, what: &'static str, source: io::Error) -> NotReplaced<E> {
    NotReplaced::Io {
        path: path.to_owned(),
        what,
        source,
    }
}

/// What new files are called before they take the place of the old.
const PREFIX: &str = ".poolkey-new.";

/// How often it is begun again because something else wrote meanwhile.
const ATTEMPTS: usize = 8;

/// As many as Linux follows.
const LINKS: usize = 40;

#[cfg(all(test, unix))]
mod tests;
