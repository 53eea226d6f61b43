//! What in the files of `~/.aws` is Poolkey's.
//!
//! A section is, when it says so itself: it has the key [`OWNER`]. No other is ever written, and of
//! one's own only the keys that are named here.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::aws::{BadValue, Kind, Text};
use crate::{Exposure, NotReplaced, replace};

/// Whose keys these are. It makes a section Poolkey's.
pub const OWNER: &str = "x-poolkey-profile";

/// When the keys end: no SDK reads it, but people and scripts do.
pub const EXPIRATION: &str = "x-expiration";

/// The keys that Poolkey writes into a section of its own.
pub fn keys(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Credentials => &[
            OWNER,
            "aws_access_key_id",
            "aws_secret_access_key",
            "aws_session_token",
            EXPIRATION,
        ],
        Kind::Config => &[OWNER, "region", "output"],
    }
}

/// Whether Poolkey wrote that section.
pub fn is_owned(text: &Text<'_>, name: &str) -> bool {
    text.value(name, OWNER).is_some()
}

/// The file without what Poolkey wrote there. Where a person added keys of their own, the section
/// stays Poolkey's.
///
/// # Errors
///
/// The section is written in a way that readers do not agree on.
pub fn removed(text: &Text<'_>, kind: Kind, name: &str) -> Result<Zeroizing<Vec<u8>>, BadValue> {
    if !is_owned(text, name) {
        return Ok(Zeroizing::new(text.bytes().to_vec()));
    }
    let keys = keys(kind);
    let more = text.keys(name).any(|key| !keys.contains(&key));
    let going: Vec<&str> = keys
        .iter()
        .copied()
        .filter(|key| !more || *key != OWNER)
        .collect();
    text.without(name, &going)
}

/// Removes from a file what Poolkey wrote under the names that are meant. Says which had any.
///
/// # Errors
///
/// [`NotReplaced`]; then the file is as it was.
pub fn scrub(
    kind: Kind,
    path: &Path,
    lock: &Path,
    is_meant: impl Fn(&str) -> bool,
) -> Result<Vec<String>, NotReplaced<BadValue>> {
    let mut had = Vec::new();
    // What is only taken away may go from a file that others can read, all the more so.
    replace(path, lock, Exposure::AsItIs, |bytes| {
        had.clear();
        let mut new = Zeroizing::new(bytes.to_vec());
        let text = Text::read(kind, bytes).map_err(BadValue::from)?;
        let names = text.profiles().filter(|name| is_owned(&text, name));
        for name in names.filter(|name| is_meant(name)) {
            let text = Text::read(kind, &new).map_err(BadValue::from)?;
            let next = removed(&text, kind, name)?;
            if *next != *new {
                had.push(name.to_owned());
                new = next;
            }
        }
        Ok((!had.is_empty()).then_some(new))
    })?;
    Ok(had)
}

/// The files that a note names: configuration and credentials, where they are not in their usual
/// place. No note, no keys.
pub fn noted(note: &Path) -> Option<[Option<PathBuf>; 2]> {
    let note = std::fs::read_to_string(note).ok()?;
    let mut lines = note.lines();
    let mut path = || {
        lines
            .next()
            .filter(|line| !line.is_empty())
            .map(PathBuf::from)
    };
    Some([path(), path()])
}
