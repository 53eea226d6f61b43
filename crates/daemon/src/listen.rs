//! Where peers come in: a Unix socket, made here or handed over by systemd.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use poolkey_core::failure::{Failure, Trouble};
use poolkey_ipc::address::{Address, Env};
use poolkey_ipc::peer;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;

use crate::daemon::Daemon;
use crate::serve;

/// A socket that listens, and what of it must be removed in the end.
#[derive(Debug)]
pub(crate) struct Door {
    listener: UnixListener,
    pub(crate) path: PathBuf,
    ours: bool,
}

/// Why there is no socket to listen at.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoDoor {
    #[error("{0}")]
    Address(Failure),
    #[error("another daemon listens at {0} already")]
    Taken(PathBuf),
    #[error("cannot listen at {path}")]
    Bind {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
}

impl Door {
    /// Opens the socket.
    ///
    /// The caller holds the lock that makes it the only daemon of this state directory, so that a
    /// socket which nobody answers at is a dead daemon's.
    pub(crate) fn open(env: &Env) -> Result<Self, NoDoor> {
        let handed = handed_over().map_err(|source| NoDoor::Bind {
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
        bind(&path)
            .map(|listener| Self {
                listener,
                path: path.clone(),
                ours: true,
            })
            .map_err(|source| NoDoor::Bind { path, source })
    }

    /// Lets peers in, for ever.
    pub(crate) async fn receive(&self, daemon: Rc<Daemon>) {
        let ours = peer::our_uid();
        let slots = Arc::new(Semaphore::new(SLOTS));
        loop {
            let stream = match self.listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // Out of file descriptors, most likely: what is open will be closed soon.
                    tracing::warn!("cannot let a peer in: {error}");
                    tokio::time::sleep(BREATH).await;
                    continue;
                }
            };
            let Ok(slot) = slots.clone().try_acquire_owned() else {
                turn_away(&stream);
                continue;
            };
            let daemon = daemon.clone();
            tokio::task::spawn_local(async move {
                let _slot = slot;
                match peer::uid_of(&stream) {
                    Ok(uid) => match peer::may_ask(uid, ours) {
                        Ok(()) => serve::serve(daemon, stream).await,
                        Err(failure) => {
                            tracing::warn!(uid, "refused another user");
                            serve::refuse(stream, failure).await;
                        }
                    },
                    Err(error) => tracing::warn!("a peer of unknown user: {error}"),
                }
            });
        }
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        if self.ours {
            // A socket file that stays behind is found dead by the next daemon.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn bind(path: &std::path::Path) -> io::Result<UnixListener> {
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

/// Says that there is no room, if the peer can be told without waiting for it.
fn turn_away(stream: &UnixStream) {
    let busy = Failure::from(Trouble::Busy);
    if let Ok(line) = poolkey_ipc::Reply::Failed(busy).to_line() {
        let _ = stream.try_write(&line);
    }
}

/// So many peers at once. A hung one costs one slot for some seconds.
const SLOTS: usize = 1024;

const BREATH: Duration = Duration::from_millis(100);
