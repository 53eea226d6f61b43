//! By a pidfd: of the socket, where the kernel gives it (6.5), else of the number it tells.
//!
//! A daemon that comes after knows a process by its number, the moment of its start and the boot of
//! the machine, which no other process has all of, and an `exec` does not change.

use std::fs;
use std::io;
use std::os::fd::{AsFd, OwnedFd};

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
    mark: Option<String>,
    handle: AsyncFd<OwnedFd>,
}

impl Process {
    /// Takes hold of who connected this socket.
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
        Self::held(pid.unsigned_abs(), handle)
    }

    /// Takes hold of a process that an earlier daemon knew by this number and mark.
    pub(crate) fn again(pid: u32, mark: &str) -> io::Result<Self> {
        let number = i32::try_from(pid).ok().and_then(Pid::from_raw);
        let handle = pidfd_open(number.ok_or_else(gone)?, PidfdFlags::NONBLOCK)?;
        let process = Self::held(pid, handle)?;
        if process.mark() == Some(mark) {
            Ok(process)
        } else {
            Err(gone())
        }
    }

    #[expect(
        deprecated,
        reason = "what replaces it is unsafe, for descriptors that somebody else closes; this one is ours"
    )]
    fn held(pid: u32, handle: OwnedFd) -> io::Result<Self> {
        // While the handle's process lives, its number is its own, and what is read by it is of it.
        let mark = mark(pid).filter(|_| has_ended(&handle).is_ok_and(|ended| !ended));
        Ok(Self {
            pid,
            mark,
            handle: AsyncFd::with_interest(handle, Interest::READABLE)?,
        })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// What tells it from every other process, for a daemon that comes after.
    pub(crate) fn mark(&self) -> Option<&str> {
        self.mark.as_deref()
    }

    /// Comes back when it has ended.
    pub(crate) async fn ended(self) {
        // What cannot be waited for is taken for ended: that lends less, not more.
        let _ = self.handle.readable().await;
    }
}

/// The number is still its own if it has not hung up by the time that the handle is open.
fn by_number(stream: &UnixStream, pid: i32) -> io::Result<OwnedFd> {
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

fn has_ended(handle: &impl AsFd) -> io::Result<bool> {
    let mut look = [PollFd::new(handle, PollFlags::IN)];
    poll(&mut look, Some(&Timespec::default()))?;
    Ok(!look[0].revents().is_empty())
}

/// The boot, and in it the moment of the start.
fn mark(pid: u32) -> Option<String> {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    Some(format!("{} {}", boot.trim_end(), start(&stat)?))
}

/// Field 22 of `/proc/PID/stat`. The second is a name, in which there may be anything.
fn start(stat: &str) -> Option<&str> {
    let (_, rest) = stat.rsplit_once(')')?;
    let start = rest.split_ascii_whitespace().nth(22 - 3)?;
    start.bytes().all(|b| b.is_ascii_digit()).then_some(start)
}

fn gone() -> io::Error {
    io::Error::other("it is gone")
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
                Process::held(child.id(), handle).unwrap()
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

    #[tokio::test]
    async fn a_process_is_taken_hold_of_again_by_its_mark() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let pid = child.id();
        let mark = mark(pid).unwrap();
        let again = Process::again(pid, &mark).unwrap();
        assert_eq!((again.pid(), again.mark()), (pid, Some(mark.as_str())));
        // As another's that has its number, or has it after the machine was started anew.
        let (boot, start) = mark.split_once(' ').unwrap();
        for other in [
            format!("{boot} {start}0"),
            format!("x{boot} {start}"),
            String::new(),
        ] {
            assert!(Process::again(pid, &other).is_err(), "{other}");
        }
        child.kill().unwrap();
        timeout(Duration::from_secs(5), again.ended())
            .await
            .unwrap();
        // It has its number and its start until somebody asks how it ended.
        assert!(Process::again(pid, &mark).is_err());
        child.wait().unwrap();
        for pid in [pid, 0, u32::MAX] {
            assert!(Process::again(pid, &mark).is_err(), "{pid}");
        }
    }

    #[test]
    fn a_name_does_not_lead_astray() {
        let rest = "S 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 4711 23";
        assert_eq!(start(&format!("7 (sh) {rest}")), Some("4711"));
        assert_eq!(start(&format!("7 (a ) S (1) 2) {rest}")), Some("4711"));
        assert_eq!(start("7 (sh) S 1 2"), None);
        assert_eq!(start(""), None);
    }
}
