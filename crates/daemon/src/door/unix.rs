//! A Unix socket, made here or handed over by systemd.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use poolkey_core::failure::Failure;
use poolkey_ipc::address::{Address, Env};
use poolkey_ipc::peer;
use tokio::net::{UnixListener, UnixStream};

use crate::door::NoDoor;

/// One peer.
pub(crate) type Stream = UnixStream;

/// A socket that listens, and what of it must be removed in the end.
#[derive(Debug)]
pub(crate) struct Door {
    listener: UnixListener,
    pub(crate) path: PathBuf,
    ours: bool,
}

impl Door {
    /// Opens the socket.
    ///
    /// The caller holds the lock that makes it the only daemon of this state directory, so that a
    /// socket which nobody answers at is a dead daemon's.
    pub(crate) fn open(env: &Env) -> Result<Self, NoDoor> {
        let handed = handed_over().map_err(|source| NoDoor::Open {
            path: "the socket that systemd handed over".into(),
            source,
        })?;
        if let Some((listener, path)) = handed {
            return Ok(Self {
                listener,
                path,
                ours: false,
            });
        }
        let address = Address::to_listen(env).map_err(NoDoor::Address)?;
        let path = address.path().to_owned();
        if std::os::unix::net::UnixStream::connect(&path).is_ok() {
            return Err(NoDoor::Taken(path));
        }
        match bind(&path) {
            Ok(listener) => Ok(Self {
                listener,
                path,
                ours: true,
            }),
            Err(source) => Err(NoDoor::Open { path, source }),
        }
    }

    /// The next peer.
    pub(crate) async fn accept(&mut self) -> io::Result<Stream> {
        self.listener.accept().await.map(|(stream, _)| stream)
    }
}

/// Whether this peer may ask.
pub(crate) fn admit(stream: &Stream) -> Result<(), Failure> {
    match peer::uid_of(stream) {
        Ok(uid) => peer::may_ask(uid, peer::our_uid()),
        Err(error) => {
            tracing::warn!("a peer of unknown user: {error}");
            Err(poolkey_core::failure::Trouble::Denied.into())
        }
    }
}

/// Tells a peer something, if that takes no waiting.
pub(crate) fn toss(stream: &Stream, line: &[u8]) {
    // Who takes nothing is told nothing.
    let _ = stream.try_write(line);
}

impl Drop for Door {
    fn drop(&mut self) {
        if self.ours {
            // A socket file that stays behind is found dead by the next daemon.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn bind(path: &Path) -> io::Result<UnixListener> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    // The process's umask is 077, so that it was never open to others; this says so once more.
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

#[cfg(target_os = "linux")]
fn handed_over() -> io::Result<Option<(UnixListener, PathBuf)>> {
    let Some(listener) = listenfd::ListenFd::from_env().take_unix_listener(0)? else {
        return Ok(None);
    };
    listener.set_nonblocking(true)?;
    let path = listener
        .local_addr()?
        .as_pathname()
        .map(PathBuf::from)
        .unwrap_or_default();
    Ok(Some((UnixListener::from_std(listener)?, path)))
}

#[cfg(not(target_os = "linux"))]
#[expect(clippy::unnecessary_wraps, reason = "on Linux it can fail")]
fn handed_over() -> io::Result<Option<(UnixListener, PathBuf)>> {
    Ok(None)
}
