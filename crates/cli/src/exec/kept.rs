//! Where the files lie that take the place of a person's own: among Poolkey's state, named by what
//! they say. They hold no secret. A command may run for weeks, so that nobody can say when its file
//! is done with; one that no exec has named for a season is.

use std::fs::{DirBuilder, File, Metadata};
use std::hash::{DefaultHasher, Hasher};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use poolkey_core::failure::{Code, Failure};

use crate::words;

/// Which of the two it is.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Config,
    Credentials,
}

/// The directory of all of them.
pub(super) fn directory(state: &Path) -> PathBuf {
    state.join("exec")
}

/// A file that says this. One that is there already is taken, if it is whole and nobody else's.
///
/// # Errors
///
/// The directory cannot be made or written, or is somebody else's.
pub(super) fn keep(state: &Path, kind: Kind, text: &[u8]) -> Result<PathBuf, Failure> {
    let directory = directory(state);
    let mut hasher = DefaultHasher::new();
    hasher.write(text);
    let ending = match kind {
        Kind::Config => CONFIG,
        Kind::Credentials => CREDENTIALS,
    };
    let path = directory.join(format!("{:016x}{ending}", hasher.finish()));
    let kept = make(&directory).and_then(|()| {
        if is_kept(&path, text) {
            return Ok(());
        }
        clear(&directory);
        write(&directory, &path, text)
    });
    kept.map_err(|error| Failure {
        code: Code::File,
        sentence: format!("“{}” cannot be written: {error}.", path.display()),
        remedy: format!(
            "See to “{}”, or run the command with --env.",
            directory.display()
        ),
    })?;
    Ok(path)
}

fn make(directory: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)?;
    let seen = directory.symlink_metadata()?;
    if seen.is_dir() && is_ours(&seen) {
        Ok(())
    } else {
        Err(io::Error::other(
            "its directory is a link, or others can write it",
        ))
    }
}

/// Whether it is there as we would write it; then it is marked as used.
fn is_kept(path: &Path, text: &[u8]) -> bool {
    let look = || -> io::Result<bool> {
        let seen = path.symlink_metadata()?;
        if !seen.is_file() || !is_ours(&seen) {
            return Ok(false);
        }
        let file = File::open(path)?;
        let mut bytes = Vec::with_capacity(text.len() + 1);
        (&file)
            .take(text.len() as u64 + 1)
            .read_to_end(&mut bytes)?;
        // Only for how long it is kept: who cannot write that goes without.
        let _ = file.set_modified(now());
        Ok(bytes == text)
    };
    look().unwrap_or(false)
}

fn write(directory: &Path, path: &Path, text: &[u8]) -> io::Result<()> {
    let mut fresh = tempfile::Builder::new()
        .prefix(".")
        .tempfile_in(directory)?;
    fresh.write_all(text)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let permissions = PermissionsExt::from_mode(0o400);
        fresh.as_file().set_permissions(permissions)?;
    }
    fresh.persist(path)?;
    Ok(())
}

/// Those that no exec has named for long go.
fn clear(directory: &Path) {
    for entry in directory.read_dir().into_iter().flatten().flatten() {
        let is_one = entry
            .file_name()
            .to_str()
            .is_some_and(|name| name.ends_with(CONFIG) || name.ends_with(CREDENTIALS));
        let used = entry.metadata().and_then(|seen| seen.modified());
        let is_old = used.is_ok_and(|used| used + SEASON < now());
        if is_one && is_old {
            // Who cannot be removed today may be tomorrow.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

#[cfg(unix)]
fn is_ours(seen: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    seen.uid() == rustix::process::geteuid().as_raw() && seen.mode() & 0o022 == 0
}

/// Who may write is in the access list of the user's own directory.
#[cfg(not(unix))]
fn is_ours(_: &Metadata) -> bool {
    true
}

fn now() -> SystemTime {
    let secs = u64::try_from(words::now().secs()).unwrap_or(0);
    SystemTime::UNIX_EPOCH + Duration::from_secs(secs)
}

const CONFIG: &str = ".config";
const CREDENTIALS: &str = ".credentials";
const SEASON: Duration = Duration::from_secs(120 * 24 * 3600);

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn state() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn the_same_text_is_the_same_file() {
        let state = state();
        let keep = |text: &[u8]| keep(state.path(), Kind::Config, text).unwrap();
        let one = keep(b"a");
        assert_eq!(fs::read(&one).unwrap(), b"a");
        assert_eq!((mode(&one), mode(&directory(state.path()))), (0o400, 0o700));
        assert_ne!(keep(b"b"), one);
        let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(9);
        File::open(&one).unwrap().set_modified(long_ago).unwrap();
        assert_eq!(keep(b"a"), one);
        assert!(one.metadata().unwrap().modified().unwrap() > long_ago);
        assert_eq!(directory(state.path()).read_dir().unwrap().count(), 2);
    }

    #[test]
    fn what_somebody_put_there_is_replaced() {
        let state = state();
        let keep = || keep(state.path(), Kind::Credentials, b"text").unwrap();
        let path = keep();
        let elsewhere = state.path().join("elsewhere");
        fs::write(&elsewhere, "text").unwrap();
        fs::remove_file(&path).unwrap();
        symlink(&elsewhere, &path).unwrap();
        keep();
        assert!(path.symlink_metadata().unwrap().is_file());
        for other in ["tex", "texts", "test"] {
            fs::remove_file(&path).unwrap();
            fs::write(&path, other).unwrap();
            keep();
            assert_eq!(fs::read(&path).unwrap(), b"text");
        }
        fs::set_permissions(&path, PermissionsExt::from_mode(0o666)).unwrap();
        keep();
        assert_eq!(mode(&path), 0o400);
        assert_eq!(fs::read(&elsewhere).unwrap(), b"text");
    }

    #[test]
    fn a_directory_that_others_lead_or_write_is_refused() {
        for bad in ["link", "open", "file", "in the way"] {
            let state = state();
            let directory = directory(state.path());
            match bad {
                "link" => symlink("/tmp", &directory).unwrap(),
                "open" => {
                    fs::create_dir(&directory).unwrap();
                    fs::set_permissions(&directory, PermissionsExt::from_mode(0o777)).unwrap();
                }
                "file" => fs::write(&directory, "").unwrap(),
                _ => {
                    let path = keep(state.path(), Kind::Config, b"x").unwrap();
                    fs::remove_file(&path).unwrap();
                    fs::create_dir(&path).unwrap();
                }
            }
            let failure = keep(state.path(), Kind::Config, b"x").unwrap_err();
            assert_eq!(failure.code, Code::File, "{bad}");
            assert!(failure.sentence.contains("/exec/"), "{}", failure.sentence);
        }
    }

    #[test]
    fn what_was_not_used_for_a_season_goes() {
        let state = state();
        let keep = |text: &[u8]| keep(state.path(), Kind::Config, text).unwrap();
        let (old, recent) = (keep(b"old"), keep(b"recent"));
        let stranger = directory(state.path()).join("notes");
        fs::write(&stranger, "").unwrap();
        for (path, days) in [(&old, 121), (&recent, 119), (&stranger, 999)] {
            let then = now() - Duration::from_secs(days * 24 * 3600);
            File::open(path).unwrap().set_modified(then).unwrap();
        }
        keep(b"new");
        assert_eq!(
            (old.exists(), recent.exists(), stranger.exists()),
            (false, true, true)
        );
    }
}
