//! By a pidfd: of the socket, where the kernel gives it (6.5), else of the number it tells.

use std::io;
use std::os::fd::OwnedFd;

use nix::errno::Errno;
use nix::sys::socket::{getsockopt, sockopt};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::net::UnixStream;

/// A process that was at the other end of a socket.
#[derive(Debug)]
pub(crate) struct Process {
    pid: u32,
    handle: AsyncFd<OwnedFd>,
}

impl Process {
    /// Takes hold of who connected this socket.
    #[expect(
        deprecated,
        reason = "what replaces it is unsafe, for descriptors that somebody else closes; this one is ours"
    )]
    pub(crate) fn of_peer(stream: &UnixStream) -> io::Result<Self> {
        let pid = stream.peer_cred()?.pid().filter(|pid| *pid > 0);
        let Some(pid) = pid else {
            // It is told as 0 where it has no number here.
            return Err(io::Error::other("it runs in another PID namespace"));
        };
        let handle = match getsockopt(stream, sockopt::PeerPidfd) {
            Ok(handle) => handle,
            Err(Errno::ENOPROTOOPT) => by_number(stream, pid)?,
            Err(error) => return Err(error.into()),
        };
        Ok(Self {
            pid: pid.unsigned_abs(),
            handle: AsyncFd::with_interest(handle, Interest::READABLE)?,
        })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// Comes back when it has ended.
    pub(crate) async fn ended(self) {
        // What cannot be waited for is taken for ended: that lends less, not more.
        let _ = self.handle.readable().await;
    }
}

/// The number is still its own if it has not hung up by the time that the handle is open.
fn by_number(stream: &UnixStream, pid: i32) -> io::Result<OwnedFd> {
    let gone = || io::Error::other("it is gone");
    let handle = pidfd_open(Pid::from_raw(pid).ok_or_else(gone)?, PidfdFlags::NONBLOCK)?;
    let mut look = [PollFd::new(stream, PollFlags::empty())];
    poll(&mut look, Some(&Timespec::default()))?;
    if look[0]
        .revents()
        .intersects(PollFlags::HUP | PollFlags::ERR)
    {
        return Err(gone());
    }
    Ok(handle)
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};
    use std::time::Duration;

    use tokio::net::UnixListener;
    use tokio::time::timeout;

    use super::*;

    /// Another process connects and waits; its end is seen, and not before.
    #[tokio::test]
    #[expect(deprecated, reason = "as above")]
    async fn the_end_of_a_peer_is_seen() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("s");
        let listener = UnixListener::bind(&path).unwrap();
        let script = format!(
            "import socket,time; s=socket.socket(socket.AF_UNIX); s.connect({path:?}); time.sleep(60)"
        );
        let started = Command::new("python3")
            .args(["-c", &script])
            .stdin(Stdio::null())
            .spawn();
        let Ok(mut child) = started else { return };
        let (stream, _) = listener.accept().await.unwrap();
        for by_socket in [true, false] {
            let process = if by_socket {
                Process::of_peer(&stream).unwrap()
            } else {
                let handle = by_number(&stream, i32::try_from(child.id()).unwrap()).unwrap();
                Process {
                    pid: child.id(),
                    handle: AsyncFd::with_interest(handle, Interest::READABLE).unwrap(),
                }
            };
            assert_eq!(process.pid(), child.id());
            let mut ended = std::pin::pin!(process.ended());
            let early = timeout(Duration::from_millis(200), ended.as_mut()).await;
            assert!(early.is_err(), "it runs");
            if by_socket {
                continue;
            }
            child.kill().unwrap();
            timeout(Duration::from_secs(5), ended).await.unwrap();
        }
        child.wait().unwrap();
        let late = by_number(&stream, i32::try_from(child.id()).unwrap());
        assert!(late.is_err(), "its number may be another's by now");
    }
}
