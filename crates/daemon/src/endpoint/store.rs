//! Grants on disk, for a daemon that comes after.
//!
//! ```text
//!  grants/port            where they are fetched: the same from one daemon to the next
//!  grants/NAME/grant.json of whose keys, since when, until when
//!  grants/NAME/token      what opens it, without a line's end
//!  grants/NAME/socket     the endpoint again, for a container that has this directory mounted
//!  grants/.exec/NUMBER    one without a name: whose process, and its token's hash
//! ```
//!
//! A grant has a directory of its own, so that a container can be given one grant and no other, and
//! sees a token that was replaced. All is its owner's alone, and what is not is not believed.

use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use poolkey_core::failure::Failure;
use poolkey_core::name::ProfileName;
use poolkey_core::secret::Secret;
use poolkey_core::time::UnixTime;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::grants::{MOST, RESERVED, check_name};
use super::trouble;

mod exec;

pub(super) use self::exec::KeptExec;

/// The directory of all grants.
#[derive(Clone, Debug)]
pub(super) struct Store {
    directory: PathBuf,
}

/// A named grant as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) name: String,
    pub(super) profile: ProfileName,
    pub(super) since: UnixTime,
    pub(super) until: Option<UnixTime>,
    pub(super) token: Secret,
}

/// All that an earlier daemon kept.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) port: Option<u16>,
    pub(super) grants: Vec<Kept>,
    /// What is not believed.
    pub(super) doubtful: Vec<(String, Failure)>,
}

#[derive(Serialize, Deserialize)]
struct Note {
    profile: ProfileName,
    since: UnixTime,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<UnixTime>,
}

impl Store {
    pub(super) fn at(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// What a container that has this directory sees.
    pub(super) fn directory_of(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    pub(super) fn token_file(&self, name: &str) -> PathBuf {
        self.directory_of(name).join(TOKEN)
    }

    pub(super) fn socket(&self, name: &str) -> PathBuf {
        self.directory_of(name).join("socket")
    }

    /// Reads all. It waits for the disk.
    pub(super) fn load(&self) -> Found {
        let mut found = Found::default();
        let Ok(entries) = fs::read_dir(&self.directory) else {
            return found;
        };
        if let Ok(text) = read(&self.directory.join(PORT)) {
            found.port = text.parse().ok().filter(|port| *port > 0);
        }
        let names = entries.flatten().filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            check_name(&name).is_ok().then_some(name)
        });
        for name in names.take(MOST) {
            match self.read(&name) {
                Ok(kept) => found.grants.push(kept),
                Err((path, why)) => {
                    let failure = trouble::not_taken_up(&name, &path, &why);
                    found.doubtful.push((name, failure));
                }
            }
        }
        found
            .grants
            .sort_by(|a, b| (a.since, &a.name).cmp(&(b.since, &b.name)));
        found
    }

    /// Keeps one. The note is the last to be written: without it there is no grant.
    ///
    /// # Errors
    ///
    /// What the disk does not take. It waits for it.
    pub(super) fn keep(&self, kept: &Kept) -> Result<(), Failure> {
        let directory = self.directory_of(&kept.name);
        let note = Note {
            profile: kept.profile.clone(),
            since: kept.since,
            until: kept.until,
        };
        let keep = || {
            make_private(&directory)?;
            write(&directory, TOKEN, kept.token.expose().as_bytes())?;
            write(&directory, NOTE, &serde_json::to_vec(&note)?)
        };
        keep().map_err(|error| trouble::not_kept(&directory, &error))
    }

    /// Forgets one: the note first. Says whether there was anything.
    ///
    /// # Errors
    ///
    /// What cannot be removed.
    pub(super) fn forget(&self, name: &str) -> Result<bool, Failure> {
        let directory = self.directory_of(name);
        let forget = || -> io::Result<bool> {
            // A link would lead to what is not ours.
            match fs::symlink_metadata(&directory) {
                Ok(seen) if seen.is_dir() => {}
                Ok(_) => return fs::remove_file(&directory).map(|()| true),
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
                Err(error) => return Err(error),
            }
            for file in [
                directory.join(NOTE),
                directory.join(TOKEN),
                self.socket(name),
            ] {
                match fs::remove_file(&file) {
                    Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                    Ok(()) | Err(_) => {}
                }
            }
            // Where a person put something of their own, it stays.
            let _ = fs::remove_dir(&directory);
            Ok(true)
        };
        forget().map_err(|error| trouble::not_kept(&directory, &error))
    }

    /// Keeps the port, for containers and configurations that name it.
    ///
    /// # Errors
    ///
    /// What the disk does not take.
    pub(super) fn keep_port(&self, port: u16) -> Result<(), Failure> {
        make_private(&self.directory)
            .and_then(|()| write(&self.directory, PORT, port.to_string().as_bytes()))
            .map_err(|error| trouble::not_kept(&self.directory.join(PORT), &error))
    }

    fn read(&self, name: &str) -> Result<Kept, (PathBuf, String)> {
        let directory = self.directory_of(name);
        let told = |path: &Path| {
            let path = path.to_owned();
            move |error: io::Error| (path, error.to_string())
        };
        is_private_directory(&directory).map_err(told(&directory))?;
        let (note, token) = (directory.join(NOTE), directory.join(TOKEN));
        let text = read(&note).map_err(told(&note))?;
        let read_note: Note = serde_json::from_str(&text)
            .map_err(|error| (note, format!("cannot be understood ({error})")))?;
        let secret = read(&token).map_err(told(&token))?;
        if secret.len() < SHORTEST_TOKEN || !secret.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err((token, "holds no token of Poolkey's".into()));
        }
        Ok(Kept {
            name: name.to_owned(),
            profile: read_note.profile,
            since: read_note.since,
            until: read_note.until,
            token: Secret::new(&**secret),
        })
    }
}

fn read(path: &Path) -> io::Result<Zeroizing<String>> {
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        // A pipe in its place must not hold the daemon up, a link not lead elsewhere.
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        options.custom_flags(flags.bits().cast_signed());
    }
    let file = options.open(path).map_err(|error| {
        let is_link = fs::symlink_metadata(path).is_ok_and(|seen| seen.is_symlink());
        if is_link {
            io::Error::other("is a link")
        } else if error.kind() == ErrorKind::NotFound {
            io::Error::other("is missing")
        } else {
            io::Error::other(format!("cannot be read ({error})"))
        }
    })?;
    let seen = file.metadata()?;
    if !seen.is_file() {
        return Err(io::Error::other("is no file"));
    }
    is_private(&seen)?;
    let mut text = Zeroizing::new(String::with_capacity(LARGEST));
    file.take(LARGEST as u64).read_to_string(&mut text)?;
    Ok(text)
}

fn is_private_directory(path: &Path) -> io::Result<()> {
    let seen = fs::symlink_metadata(path)?;
    if !seen.is_dir() {
        return Err(io::Error::other("is no directory"));
    }
    is_private(&seen)
}

/// Nobody else may have read it, or have written it.
#[cfg(unix)]
fn is_private(seen: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    if seen.uid() != rustix::process::geteuid().as_raw() {
        return Err(io::Error::other("belongs to another user"));
    }
    if seen.mode() & 0o077 != 0 {
        return Err(io::Error::other("is open to other users"));
    }
    Ok(())
}

/// Who may is in the access list that it inherits of the user's own directory.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "on Unix it can be open to others")]
fn is_private(_: &fs::Metadata) -> io::Result<()> {
    Ok(())
}

fn make_private(directory: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)?;
    let seen = fs::symlink_metadata(directory)?;
    if !seen.is_dir() {
        return Err(io::Error::other("it is a link"));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(directory, fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// A new file in the old one's place, its owner's alone from its first moment.
fn write(directory: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let mut fresh = tempfile::Builder::new()
        .prefix(".new-")
        .tempfile_in(directory)?;
    fresh.write_all(bytes)?;
    fresh.as_file().sync_all()?;
    fresh.persist(directory.join(name))?;
    Ok(())
}

const PORT: &str = RESERVED;
const NOTE: &str = "grant.json";
const TOKEN: &str = "token";
const LARGEST: usize = 4096;

/// 256 bits in base64 are 43 characters.
const SHORTEST_TOKEN: usize = 43;

#[cfg(all(test, unix))]
mod tests;
