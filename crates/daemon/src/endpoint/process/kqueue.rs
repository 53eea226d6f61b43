//! By a kernel queue of its own, which is readable when the process has ended.

use std::io;
use std::os::fd::OwnedFd;

use nix::sys::event::{EvFlags, EventFilter, FilterFlag, KEvent, Kqueue};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::net::UnixStream;

/// A process that was at the other end of a socket.
#[derive(Debug)]
pub(crate) struct Process {
    pid: u32,
    mark: Option<&'static str>,
    handle: AsyncFd<OwnedFd>,
}

impl Process {
    /// Takes hold of who connected this socket. A process that is gone by then cannot be.
    #[expect(
        deprecated,
        reason = "what replaces it is unsafe, for descriptors that somebody else closes; this one is ours"
    )]
    pub(crate) fn of_peer(stream: &UnixStream) -> io::Result<Self> {
        let pid = stream.peer_cred()?.pid().filter(|pid| *pid > 0);
        let pid = pid.ok_or_else(|| io::Error::other("the system does not tell which it is"))?;
        let queue = Kqueue::new()?;
        let end = KEvent::new(
            usize::try_from(pid).map_err(io::Error::other)?,
            EventFilter::EVFILT_PROC,
            EvFlags::EV_ADD | EvFlags::EV_ONESHOT,
            FilterFlag::NOTE_EXIT,
            0,
            0,
        );
        queue.kevent(&[end], &mut [], None)?;
        // It was watched before this look, so that a number which is another's by now shows here.
        if has_hung_up(stream)? {
            return Err(io::Error::other("it is gone"));
        }
        Ok(Self {
            pid: pid.unsigned_abs(),
            mark: None,
            handle: AsyncFd::with_interest(queue.into(), Interest::READABLE)?,
        })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// What tells it from every other process, for a daemon that comes after: not known here, so
    /// that its grant ends with this one.
    pub(crate) fn mark(&self) -> Option<&str> {
        self.mark
    }

    /// Takes hold of a process of an earlier daemon, which cannot be told here.
    pub(crate) fn again(_pid: u32, _mark: &str) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Comes back when it has ended.
    pub(crate) async fn ended(self) {
        // What cannot be waited for is taken for ended: that lends less, not more.
        let _ = self.handle.readable().await;
    }
}

fn has_hung_up(stream: &UnixStream) -> io::Result<bool> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let mut look = [PollFd::new(stream, PollFlags::empty())];
    poll(&mut look, Some(&Timespec::default()))?;
    Ok(look[0]
        .revents()
        .intersects(PollFlags::HUP | PollFlags::ERR))
}
