//! Where the daemon listens.
//!
//! | system  | candidates, in order                                                            |
//! |---------|---------------------------------------------------------------------------------|
//! | any     | `$POOLKEY_SOCKET`, and then nothing else                                        |
//! | Linux   | `$XDG_RUNTIME_DIR/poolkey/socket`, `/run/user/UID/poolkey/socket`, `/tmp/poolkey-UID/socket` |
//! | macOS   | `~/.poolkey/s`                                                                  |
//! | Windows | `\\.\pipe\poolkey-SID`                                                          |
//!
//! A tool may be started by cron or `sudo` with next to no environment, so a client tries each
//! candidate, and the daemon takes the first that it can use.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use poolkey_core::failure::Failure;

use crate::trouble;

/// What decides where the daemon listens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Env {
    /// `$POOLKEY_SOCKET`: tests, forwarding, several daemons side by side.
    pub socket: Option<OsString>,
    /// `$XDG_RUNTIME_DIR`.
    pub runtime_dir: Option<OsString>,
    /// The home directory; on Windows the directory of local application data.
    pub home: Option<OsString>,
    /// The user: a number, or on Windows a SID.
    pub user: String,
}

impl Env {
    /// The environment of this process.
    #[expect(
        clippy::disallowed_methods,
        reason = "read once, and an argument from here on"
    )]
    pub fn of_process() -> Self {
        let var = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        Self {
            socket: var("POOLKEY_SOCKET"),
            runtime_dir: var("XDG_RUNTIME_DIR"),
            home: var(if cfg!(windows) {
                "LOCALAPPDATA"
            } else {
                "HOME"
            }),
            user: user(),
        }
    }
}

/// Where a daemon may listen: a socket's path, on Windows a pipe's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    path: PathBuf,
    /// A directory that must be there, and ours, before anything is made in it; on Windows, where
    /// a pipe lies in none, the directory for what lies beside it.
    base: Option<PathBuf>,
    /// Whether it lies where anybody could have made its directory first.
    open_to_all: bool,
}

impl Address {
    /// Where to look for the daemon, in this order. There is at least one.
    ///
    /// # Errors
    ///
    /// The environment names a path that no socket can have.
    pub fn candidates(env: &Env) -> Result<Vec<Self>, Failure> {
        Self::candidates_on(System::OURS, env)
    }

    /// The socket's path or the pipe's name.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The runtime directory that the socket's directory lies in, where it lies in one.
    pub(crate) fn base(&self) -> Option<&Path> {
        self.base.as_deref()
    }

    /// The directory of the socket, and of what else a client and the daemon share.
    pub fn directory(&self) -> &Path {
        match &self.base {
            Some(base) if cfg!(windows) => base,
            Some(_) | None => self.path.parent().unwrap_or(Path::new("/")),
        }
    }

    /// The file whose lock is held by a client that starts the daemon.
    pub fn start_lock(&self) -> PathBuf {
        self.beside("start.lock")
    }

    /// Where a daemon that a client started says why it cannot start.
    pub fn start_log(&self) -> PathBuf {
        self.beside("start.log")
    }

    fn beside(&self, name: &str) -> PathBuf {
        // The socket's own name comes first: two daemons may share a directory.
        let mut file = self.path.file_name().unwrap_or_default().to_owned();
        file.push(".");
        file.push(name);
        self.directory().join(file)
    }

    fn candidates_on(system: System, env: &Env) -> Result<Vec<Self>, Failure> {
        let mut found = Vec::with_capacity(3);
        if let Some(socket) = &env.socket {
            let path = PathBuf::from(socket);
            if system != System::Windows && !path.is_absolute() {
                return Err(trouble::relative("POOLKEY_SOCKET", &path));
            }
            found.push(Self {
                path,
                base: None,
                open_to_all: false,
            });
        } else {
            match system {
                System::Linux => {
                    let standard = Path::new("/run/user").join(&env.user);
                    let named = env.runtime_dir.as_ref().map(PathBuf::from);
                    // The base directory specification: a relative path is to be ignored.
                    let named = named.filter(|dir| dir.is_absolute() && *dir != standard);
                    found.extend(named.map(Self::within));
                    found.push(Self::within(standard));
                    found.push(Self {
                        path: format!("/tmp/poolkey-{}/socket", env.user).into(),
                        base: None,
                        open_to_all: true,
                    });
                }
                System::Mac => {
                    let home = env.home.as_ref().ok_or_else(trouble::nowhere)?;
                    found.push(Self {
                        path: Path::new(home).join(".poolkey/s"),
                        base: None,
                        open_to_all: false,
                    });
                }
                System::Windows => found.push(Self {
                    path: format!(r"\\.\pipe\poolkey-{}", env.user).into(),
                    base: env
                        .home
                        .as_ref()
                        .map(|home| Path::new(home).join("poolkey")),
                    open_to_all: false,
                }),
            }
        }
        match found
            .iter()
            .find(|address| address.path.as_os_str().len() > system.longest_path())
        {
            Some(address) => Err(trouble::too_long(&address.path, system.longest_path())),
            None => Ok(found),
        }
    }

    fn within(base: PathBuf) -> Self {
        Self {
            path: base.join("poolkey/socket"),
            base: Some(base),
            open_to_all: false,
        }
    }
}

#[cfg(unix)]
impl Address {
    /// The first candidate that this user can listen at, its directory made and found safe.
    ///
    /// # Errors
    ///
    /// No candidate will do, or the first that would is not safe: then it is named.
    pub fn to_listen(env: &Env) -> Result<Self, Failure> {
        let ours = crate::peer::our_uid();
        let mut candidates = Self::candidates(env)?.into_iter();
        let address = candidates
            .find(|address| {
                address
                    .base
                    .as_deref()
                    .is_none_or(|base| is_ours(base, ours))
            })
            .ok_or_else(trouble::nowhere)?;
        make(address.directory())?;
        check(address.directory(), ours)?;
        Ok(address)
    }
}

#[cfg(windows)]
impl Address {
    /// The one candidate, with a directory for what lies beside a pipe.
    ///
    /// # Errors
    ///
    /// There is no place for the directory.
    pub fn to_listen(env: &Env) -> Result<Self, Failure> {
        let mut candidates = Self::candidates(env)?.into_iter();
        let address = candidates.next().ok_or_else(trouble::nowhere)?;
        std::fs::create_dir_all(address.directory())
            .map_err(|error| trouble::no_directory(address.directory(), &error))?;
        Ok(address)
    }
}

#[cfg(unix)]
impl Address {
    /// Whether a client may so much as knock: a stranger's directory in `/tmp` could hold a link to
    /// another socket of our own user, who would take what we ask for something else.
    pub(crate) fn is_worth_a_try(&self) -> bool {
        !self.open_to_all || check(self.directory(), crate::peer::our_uid()).is_ok()
    }
}

#[cfg(windows)]
impl Address {
    pub(crate) fn is_worth_a_try(&self) -> bool {
        true
    }
}

/// `su` and `sudo -E` leave the runtime directory of another user in the environment.
#[cfg(unix)]
fn is_ours(base: &Path, ours: u32) -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(base).is_ok_and(|base| base.is_dir() && base.uid() == ours)
}

#[cfg(unix)]
fn make(directory: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::DirBuilderExt;
    match std::fs::DirBuilder::new().mode(0o700).create(directory) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(trouble::no_directory(directory, &error)),
    }
}

/// In `/tmp`, anybody could have made the directory first, or put a link in its place.
#[cfg(unix)]
fn check(directory: &Path, ours: u32) -> Result<(), Failure> {
    use std::os::unix::fs::MetadataExt;
    let found = std::fs::symlink_metadata(directory)
        .map_err(|error| trouble::no_directory(directory, &error))?;
    let fault = if found.is_symlink() {
        "is a symbolic link".to_owned()
    } else if !found.is_dir() {
        "is no directory".to_owned()
    } else if found.uid() != ours {
        format!("belongs to another user (uid {})", found.uid())
    } else if found.mode() & 0o077 != 0 {
        format!("is open to others (mode {:03o})", found.mode() & 0o777)
    } else {
        return Ok(());
    };
    Err(trouble::unsafe_directory(directory, &fault))
}

#[cfg(unix)]
fn user() -> String {
    crate::peer::our_uid().to_string()
}

#[cfg(windows)]
fn user() -> String {
    crate::pipe::our_sid().unwrap_or_default()
}

/// Whose rules hold. All can be tested on any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum System {
    Linux,
    Mac,
    Windows,
}

impl System {
    const OURS: Self = if cfg!(windows) {
        Self::Windows
    } else if cfg!(target_os = "macos") {
        Self::Mac
    } else {
        Self::Linux
    };

    /// `sun_path` without its final NUL; a pipe's name without `\\.\pipe\`.
    const fn longest_path(self) -> usize {
        match self {
            Self::Linux => 107,
            Self::Mac => 103,
            Self::Windows => 256,
        }
    }
}

#[cfg(test)]
mod tests;
