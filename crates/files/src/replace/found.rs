//! A file as it is at one moment, and what comes into it after that.

use std::fs::{File, Metadata};
use std::io::{self, ErrorKind, Read, Seek};
use std::path::Path;

use zeroize::Zeroizing;

use super::{Exposure, NotReplaced, fault};

/// What is there at one moment.
pub(super) struct Found(pub(super) Option<(Zeroizing<Vec<u8>>, Metadata, Kept)>);

/// On Unix the file itself, which is there when its name leads to another.
#[cfg(unix)]
pub(super) type Kept = File;
/// On Windows one that is open has its place taken by nobody.
#[cfg(not(unix))]
pub(super) type Kept = ();

impl Found {
    pub(super) fn bytes(&self) -> &[u8] {
        self.0.as_ref().map_or(&[], |(bytes, ..)| bytes)
    }

    pub(super) fn exists(&self) -> bool {
        self.0.is_some()
    }

    /// Whether something else may take its place.
    pub(super) fn permits<E>(&self, path: &Path, exposure: Exposure) -> Result<(), NotReplaced<E>> {
        let Some((_, seen, _)) = &self.0 else {
            return Ok(());
        };
        is_fit(path, seen, exposure)?;
        if seen.permissions().readonly() {
            return Err(NotReplaced::ReadOnly(path.to_owned()));
        }
        Ok(())
    }

    /// What somebody wrote into it who had opened it before its place was taken.
    #[cfg(unix)]
    pub(super) fn late(&self) -> Option<Zeroizing<Vec<u8>>> {
        let (bytes, _, file) = self.0.as_ref()?;
        let mut last = None;
        for _ in 0..LATE_LOOKS {
            std::thread::sleep(LATE_PAUSE);
            let Ok(now) = read_whole(file) else {
                break;
            };
            // Who begins by emptying it is not at an end.
            if *now != **bytes && !now.is_empty() {
                last = Some(now);
            }
        }
        last
    }

    #[cfg(not(unix))]
    pub(super) fn late(&self) -> Option<Zeroizing<Vec<u8>>> {
        None
    }
}

pub(super) fn read<E>(path: &Path) -> Result<Found, NotReplaced<E>> {
    let unreadable = |source| fault(path, "it cannot be read", source);
    let seen = match std::fs::metadata(path) {
        Ok(seen) => seen,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Found(None)),
        Err(error) => return Err(unreadable(error)),
    };
    // A pipe would not even be opened before somebody writes into it.
    if !seen.is_file() {
        return Err(NotReplaced::NoFile(path.to_owned()));
    }
    let file = File::open(path).map_err(unreadable)?;
    let bytes = read_whole(&file).map_err(unreadable)?;
    #[cfg(not(unix))]
    let file = drop(file);
    Ok(Found(Some((bytes, seen, file))))
}

/// From its beginning, wherever it was read before.
fn read_whole(mut file: &File) -> io::Result<Zeroizing<Vec<u8>>> {
    file.rewind()?;
    let room = usize::try_from(file.metadata()?.len()).unwrap_or(0);
    let mut bytes = Zeroizing::new(Vec::with_capacity(room.min(LARGEST) + 1));
    file.take(LARGEST as u64).read_to_end(&mut bytes)?;
    if bytes.len() == LARGEST {
        return Err(io::Error::from(ErrorKind::FileTooLarge));
    }
    Ok(bytes)
}

/// Whether it is our own, and so that secrets may come into it.
#[cfg(unix)]
fn is_fit<E>(path: &Path, seen: &Metadata, exposure: Exposure) -> Result<(), NotReplaced<E>> {
    use std::os::unix::fs::MetadataExt;
    if seen.uid() != rustix::process::geteuid().as_raw() {
        return Err(NotReplaced::Foreign(path.to_owned()));
    }
    if exposure == Exposure::Private && seen.mode() & 0o077 != 0 {
        return Err(NotReplaced::Exposed(path.to_owned()));
    }
    Ok(())
}

/// What may be done is in the directory's access list, which a new file inherits.
#[cfg(not(unix))]
fn is_fit<E>(_: &Path, _: &Metadata, _: Exposure) -> Result<(), NotReplaced<E>> {
    Ok(())
}

/// How often a file whose place was taken is looked at, and how long after one another. The AWS CLI
/// opens, writes and closes within a fraction of that.
#[cfg(unix)]
const LATE_LOOKS: usize = 4;
#[cfg(unix)]
const LATE_PAUSE: std::time::Duration = std::time::Duration::from_millis(3);

/// No file of settings is larger.
const LARGEST: usize = 64 << 20;
