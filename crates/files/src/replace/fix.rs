//! How a person puts right what stands in the way.

use std::error::Error;
use std::io::{self, ErrorKind};
use std::path::Path;

use super::{NotReplaced, directory};

impl<E: Error + 'static> NotReplaced<E> {
    /// What stands in the way, why, and what to do about it.
    pub fn told(&self) -> String {
        let mut told = self.to_string();
        if let Some(source) = self.source() {
            told = format!("{told} ({source})");
        }
        match self.fix() {
            Some(fix) => format!("{told}; {fix}"),
            None => told,
        }
    }

    /// What to do about it, where that is known, as a part of a sentence.
    pub fn fix(&self) -> Option<String> {
        match self {
            Self::Refused(_) => None,
            Self::Io { path, source, .. } => of_system(path, source),
            Self::NoFile(path) => Some(format!(
                "move “{}” away, and a file is made in its place",
                path.display()
            )),
            Self::Foreign(path) => Some(format!(
                "have it given to you: run “chown $USER {}” as root",
                quoted(path)
            )),
            Self::ReadOnly(path) => Some(format!("allow it: run “chmod u+w {}”", quoted(path))),
            Self::Exposed(path) => Some(format!(
                "keep it to yourself, for keys are to be written there: run “chmod 600 {}”",
                quoted(path)
            )),
            Self::Restless(_) => Some("end whatever keeps writing it".to_owned()),
        }
    }
}

fn of_system(path: &Path, source: &io::Error) -> Option<String> {
    let place = directory(path);
    let (shown, word) = (place.display(), quoted(place));
    let known = [
        (
            ErrorKind::PermissionDenied,
            format!("allow yourself to write there: see “ls -ld {word}”"),
        ),
        (
            ErrorKind::StorageFull,
            format!("make room: see “df -h {word}”"),
        ),
        (
            ErrorKind::QuotaExceeded,
            "make room: see “quota”".to_owned(),
        ),
        (
            ErrorKind::ReadOnlyFilesystem,
            format!("have “{shown}” mounted so that it can be written"),
        ),
        // Written in place, it would be half a file to whoever reads meanwhile.
        (
            ErrorKind::ResourceBusy,
            format!("the file is mounted by itself: mount “{shown}” instead"),
        ),
        (
            ErrorKind::NotADirectory,
            format!("make a directory of “{shown}”"),
        ),
        (
            ErrorKind::AlreadyExists,
            format!("make a directory of “{shown}”"),
        ),
    ];
    let mut known = known.into_iter();
    known
        .find(|(kind, _)| *kind == source.kind())
        .map(|(_, fix)| fix)
}

/// As a shell takes it for one word.
fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "/._-+@%,".contains(c);
    if path.chars().all(plain) {
        return path;
    }
    format!("'{}'", path.replace('\'', "'\\''"))
}
