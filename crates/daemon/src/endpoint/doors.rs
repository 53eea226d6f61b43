//! Where the endpoint listens: at no port, until somebody needs one.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinHandle;

use super::http::{Desk, router, serve};

/// The listeners that stand. There is one, unless somebody else has the port of the named grants.
#[derive(Default)]
pub(super) struct Doors {
    ports: Vec<Door>,
    #[cfg(unix)]
    sockets: std::collections::BTreeMap<String, Socket>,
}

struct Door {
    port: u16,
    task: JoinHandle<()>,
}

/// A Unix socket at which one named grant's container finds the endpoint.
#[cfg(unix)]
struct Socket {
    path: std::path::PathBuf,
    task: JoinHandle<()>,
}

impl Doors {
    /// Some port that stands.
    pub(super) fn any(&self) -> Option<u16> {
        self.ports.first().map(|door| door.port)
    }

    /// Listens at this port, or at any that is free.
    pub(super) fn open(&mut self, port: Option<u16>, desk: &Arc<Desk>) -> io::Result<u16> {
        let standing = self.ports.iter().find(|door| Some(door.port) == port);
        if let Some(door) = standing {
            return Ok(door.port);
        }
        let listener = listen(port.unwrap_or(0))?;
        let port = listener.local_addr()?.port();
        let desk = desk.clone();
        let router = router(&desk, port);
        let task = tokio::task::spawn_local(async move {
            loop {
                match listener.accept().await {
                    Ok((stream, _)) => {
                        let place = desk.place().await;
                        tokio::task::spawn_local(serve(router.clone(), stream, place));
                    }
                    Err(_) => tokio::time::sleep(BREATH).await,
                }
            }
        });
        tracing::info!(port, "the container credentials endpoint is open");
        self.ports.push(Door { port, task });
        Ok(port)
    }

    /// Listens at this port; without one, at one that others can be told for good: no system takes
    /// it for a connection of its own.
    pub(super) fn open_fixed(&mut self, port: Option<u16>, desk: &Arc<Desk>) -> io::Result<u16> {
        if port.is_some() {
            return self.open(port, desk);
        }
        for _ in 0..ATTEMPTS {
            if let Ok(port) = self.open(Some(fastrand::u16(FIXED)), desk) {
                return Ok(port);
            }
        }
        self.open(None, desk)
    }

    /// Listens at a socket, too: the same requests, which name the same port as their host.
    #[cfg(unix)]
    pub(super) fn open_socket(
        &mut self,
        name: &str,
        path: &std::path::Path,
        port: u16,
        desk: &Arc<Desk>,
    ) -> io::Result<()> {
        use std::os::unix::fs::PermissionsExt;
        if self.sockets.contains_key(name) {
            return Ok(());
        }
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        // The process's umask is 077, so that it was never open to others; this says so once more.
        let listener = tokio::net::UnixListener::bind(path)?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
        let desk = desk.clone();
        let router = router(&desk, port);
        let task = tokio::task::spawn_local(async move {
            loop {
                match listener.accept().await {
                    Ok((stream, _)) => {
                        let place = desk.place().await;
                        tokio::task::spawn_local(serve(router.clone(), stream, place));
                    }
                    Err(_) => tokio::time::sleep(BREATH).await,
                }
            }
        });
        let path = path.to_owned();
        let socket = Socket { path, task };
        self.sockets.insert(name.to_owned(), socket);
        Ok(())
    }

    /// Ends a grant's socket.
    #[cfg(unix)]
    pub(super) fn close_socket(&mut self, name: &str) {
        self.sockets.remove(name);
    }

    /// Listens nowhere any more. It returns when the ports are free.
    pub(super) fn close(&mut self) -> Vec<JoinHandle<()>> {
        #[cfg(unix)]
        self.sockets.clear();
        let closing: Vec<_> = self.ports.drain(..).map(|door| door.task).collect();
        for task in &closing {
            task.abort();
        }
        if !closing.is_empty() {
            tracing::info!("the container credentials endpoint is closed");
        }
        closing
    }
}

#[cfg(unix)]
impl Drop for Socket {
    fn drop(&mut self) {
        self.task.abort();
        // One that stays behind is found dead.
        let _ = std::fs::remove_file(&self.path);
    }
}

fn listen(port: u16) -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    // Connections of the daemon before this one may still be on their way out. On Windows the same
    // option would let others in beside us.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    socket.listen(BACKLOG)
}

/// Who waits for a place waits here.
const BACKLOG: u32 = 1024;

/// Below what Linux (from 32768), macOS and Windows (from 49152) give to connections.
const FIXED: std::ops::Range<u16> = 20_000..32_000;

const ATTEMPTS: usize = 16;

const BREATH: Duration = Duration::from_millis(100);
