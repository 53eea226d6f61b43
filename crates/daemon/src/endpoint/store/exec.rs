//! The grants without a name, which a process of this boot may still have.
//!
//! Their tokens are in those processes and nowhere else: a note holds no more than a hash.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};

use poolkey_core::failure::Failure;
use poolkey_core::name::ProfileName;
use poolkey_core::time::UnixTime;
use serde::{Deserialize, Serialize};

use super::super::grants::{EXEC, MOST, TokenHash};
use super::super::trouble;
use super::{Store, is_private_directory, make_private, read};

/// A grant without a name as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in super::super) struct KeptExec {
    /// The name of its file.
    #[serde(skip)]
    pub(in super::super) number: u64,
    pub(in super::super) pid: u32,
    /// What tells the process from a later one with its number.
    pub(in super::super) mark: String,
    pub(in super::super) port: NonZeroU16,
    pub(in super::super) profile: ProfileName,
    pub(in super::super) since: UnixTime,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in super::super) until: Option<UnixTime>,
    pub(in super::super) token: TokenHash,
}

impl Store {
    /// Reads all, the oldest first, and tells the highest number that was given. What is not
    /// believed is removed: its process can be started again. It waits for the disk.
    pub(in super::super) fn load_exec(&self) -> (Vec<KeptExec>, u64) {
        let directory = self.directory.join(EXEC);
        match is_private_directory(&directory) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => return (Vec::new(), 0),
            Err(error) => {
                tracing::warn!("“{}” {error}: nothing of it is lent", directory.display());
                return (Vec::new(), 0);
            }
        }
        let Ok(entries) = fs::read_dir(&directory) else {
            return (Vec::new(), 0);
        };
        let mut numbers = Vec::new();
        for entry in entries.flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name.starts_with(UNFINISHED) {
                // Its writer was killed.
                let _ = fs::remove_file(entry.path());
            }
            numbers.extend(number(&name));
        }
        numbers.sort_unstable();
        let highest = numbers.last().copied().unwrap_or_default();
        let mut all = Vec::new();
        for number in numbers.into_iter().take(MOST) {
            match self.read_exec(number) {
                Ok(kept) => all.push(kept),
                Err(why) => {
                    let path = self.note_of(number);
                    tracing::warn!("“{}” {why}: nothing is lent by it", path.display());
                    let _ = self.forget_exec(number);
                }
            }
        }
        (all, highest)
    }

    /// Keeps one.
    ///
    /// # Errors
    ///
    /// What the disk does not take. It waits for it.
    pub(in super::super) fn keep_exec(&self, kept: &KeptExec) -> Result<(), Failure> {
        let directory = self.directory.join(EXEC);
        let keep = || {
            make_private(&self.directory)?;
            make_private(&directory)?;
            write(&directory, kept)
        };
        keep().map_err(|error| trouble::not_kept(&directory, &error))
    }

    /// Forgets one, if it is kept.
    ///
    /// # Errors
    ///
    /// What cannot be removed.
    pub(in super::super) fn forget_exec(&self, number: u64) -> Result<(), Failure> {
        let path = self.note_of(number);
        match fs::remove_file(&path) {
            Err(error) if !is_absent(&error) => Err(trouble::not_kept(&path, &error)),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn read_exec(&self, number: u64) -> Result<KeptExec, String> {
        let text = read(&self.note_of(number)).map_err(|error| error.to_string())?;
        let kept: KeptExec = serde_json::from_str(&text)
            .map_err(|error| format!("cannot be understood ({error})"))?;
        Ok(KeptExec { number, ..kept })
    }

    fn note_of(&self, number: u64) -> PathBuf {
        self.directory.join(EXEC).join(number.to_string())
    }
}

/// As we write it, and so that there are always more.
fn number(name: &str) -> Option<u64> {
    let number = name.parse::<u32>().ok()?;
    (number.to_string() == name).then_some(number.into())
}

/// It need not outlive the machine's power: no process does.
fn write(directory: &Path, kept: &KeptExec) -> io::Result<()> {
    let mut fresh = tempfile::Builder::new()
        .prefix(UNFINISHED)
        .tempfile_in(directory)?;
    fresh.write_all(&serde_json::to_vec(kept)?)?;
    fresh.persist(directory.join(kept.number.to_string()))?;
    Ok(())
}

/// Where something else stands in the directory's place, nothing was kept.
fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

const UNFINISHED: &str = ".new-";

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may fail")]

    use std::os::unix::fs::{PermissionsExt, symlink};

    use tempfile::TempDir;

    use super::*;

    fn store() -> (TempDir, Store) {
        let home = tempfile::tempdir().unwrap();
        let store = Store::at(home.path().join("grants"));
        (home, store)
    }

    fn kept(number: u64) -> KeptExec {
        KeptExec {
            number,
            pid: 7,
            mark: "boot 9".into(),
            port: NonZeroU16::new(4711).unwrap(),
            profile: "dev".parse().unwrap(),
            since: UnixTime::from_secs(3),
            until: None,
            token: TokenHash::of(b"the token"),
        }
    }

    fn chmod(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn what_is_kept_comes_back_and_is_its_owners_alone() {
        let (_home, store) = store();
        assert_eq!(store.load_exec(), (vec![], 0));
        for number in [12, 9] {
            store.keep_exec(&kept(number)).unwrap();
        }
        let directory = store.directory.join(EXEC);
        for (path, expected) in [(&directory, 0o700), (&store.note_of(9), 0o600)] {
            let mode = fs::metadata(path).unwrap().permissions().mode();
            assert_eq!(mode & 0o7777, expected, "{}", path.display());
        }
        fs::write(directory.join(".new-x"), "").unwrap();
        assert_eq!(store.load_exec(), (vec![kept(9), kept(12)], 12));
        assert!(!directory.join(".new-x").exists());
        store.forget_exec(12).unwrap();
        store.forget_exec(12).unwrap();
        assert_eq!(store.load_exec(), (vec![kept(9)], 9));
        assert!(store.load().grants.is_empty() && store.load().doubtful.is_empty());
    }

    #[test]
    fn what_others_may_have_written_is_not_believed() {
        type Spoil = fn(&Path);
        let spoilt: [Spoil; 6] = [
            |note| chmod(note, 0o640),
            |note| chmod(note, 0o602),
            |note| {
                let aside = note.with_file_name("aside");
                fs::rename(note, &aside).unwrap();
                symlink(&aside, note).unwrap();
            },
            |note| fs::write(note, "{}").unwrap(),
            |note| {
                let text = fs::read_to_string(note).unwrap();
                fs::write(note, text.replace("4711", "0")).unwrap();
            },
            |note| fs::rename(note, note.with_file_name("09")).unwrap(),
        ];
        for spoil in spoilt {
            let (_home, store) = store();
            for number in [8, 9] {
                store.keep_exec(&kept(number)).unwrap();
            }
            spoil(&store.note_of(9));
            assert_eq!(store.load_exec().0, [kept(8)]);
            assert!(fs::symlink_metadata(store.note_of(9)).is_err());
        }
    }

    #[test]
    fn nothing_in_a_directory_of_others_is_believed() {
        let (home, store) = store();
        store.keep_exec(&kept(9)).unwrap();
        let directory = store.directory.join(EXEC);
        chmod(&directory, 0o770);
        assert_eq!(store.load_exec(), (vec![], 0));
        chmod(&directory, 0o700);
        let aside = home.path().join("aside");
        fs::rename(&directory, &aside).unwrap();
        symlink(&aside, &directory).unwrap();
        assert_eq!(store.load_exec(), (vec![], 0));
        assert!(store.keep_exec(&kept(10)).is_err());
        assert!(aside.join("9").exists() && !aside.join("10").exists());
    }

    #[test]
    fn there_is_an_end_to_how_many_are_read() {
        let (_home, store) = store();
        for number in 1..=300 {
            store.keep_exec(&kept(number)).unwrap();
        }
        let (all, highest) = store.load_exec();
        assert_eq!((all.len(), highest), (MOST, 300));
    }
}
