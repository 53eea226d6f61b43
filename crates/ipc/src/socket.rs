//! The client's end of a Unix socket.

use std::os::fd::OwnedFd;

use poolkey_core::failure::Failure;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketType, connect};

use crate::deadline::Deadline;
use crate::{Address, peer, trouble};

/// A connection to a daemon of our own user.
pub(crate) struct Connection(OwnedFd);

impl Connection {
    /// Connects, and looks who is there before anything is said; `None` where nobody listens.
    pub(crate) fn open(address: &Address, deadline: Deadline) -> Result<Option<Self>, Failure> {
        let failed = |error| trouble::unreachable(address.path(), &std::io::Error::from(error));
        let name = SocketAddrUnix::new(address.path()).map_err(failed)?;
        let socket = socket().map_err(failed)?;
        // It bounds `connect`, too: that waits while the daemon's backlog is full.
        set_socket_timeout(&socket, Timeout::Send, deadline.left()).map_err(failed)?;
        match connect(&socket, &name) {
            Ok(()) => {}
            Err(
                Errno::NOENT | Errno::CONNREFUSED | Errno::NOTDIR | Errno::ACCESS | Errno::PERM,
            ) => return Ok(None),
            Err(Errno::AGAIN | Errno::INPROGRESS) => return Err(trouble::silent(&deadline)),
            Err(error) => return Err(failed(error)),
        }
        let server =
            peer::uid_of(&socket).map_err(|error| trouble::unreachable(address.path(), &error))?;
        peer::may_tell(server, peer::our_uid())?;
        Ok(Some(Self(socket)))
    }

    /// Says a whole line.
    pub(crate) fn send(&mut self, mut line: &[u8], deadline: Deadline) -> Result<(), Failure> {
        while !line.is_empty() {
            match rustix::io::write(&self.0, line) {
                Ok(count) => line = &line[count..],
                Err(Errno::INTR) => {}
                // It may have said why before it closed: that is to be read.
                Err(Errno::PIPE | Errno::CONNRESET) => return Ok(()),
                Err(Errno::AGAIN) => return Err(trouble::silent(&deadline)),
                Err(error) => return Err(trouble::broken(&error.into())),
            }
            if deadline.left().is_none() {
                return Err(trouble::silent(&deadline));
            }
        }
        Ok(())
    }

    /// Waits for some bytes; none at all means that the daemon closed the connection.
    pub(crate) fn receive(
        &mut self,
        room: &mut [u8],
        deadline: Option<Deadline>,
    ) -> Result<usize, Failure> {
        loop {
            if let Some(deadline) = deadline {
                let Some(left) = deadline.left() else {
                    return Err(trouble::silent(&deadline));
                };
                let left = Timespec::try_from(left).ok();
                let mut ready = [PollFd::new(&self.0, PollFlags::IN)];
                match poll(&mut ready, left.as_ref()) {
                    Ok(0) => return Err(trouble::silent(&deadline)),
                    Ok(_) => {}
                    Err(Errno::INTR) => continue,
                    Err(error) => return Err(trouble::broken(&error.into())),
                }
            }
            match rustix::io::read(&self.0, &mut *room) {
                Ok(count) => return Ok(count),
                Err(Errno::INTR) => {}
                Err(Errno::CONNRESET) => return Ok(0),
                Err(error) => return Err(trouble::broken(&error.into())),
            }
        }
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn socket() -> rustix::io::Result<OwnedFd> {
    use rustix::net::{SocketFlags, socket_with};
    socket_with(
        AddressFamily::UNIX,
        SocketType::STREAM,
        SocketFlags::CLOEXEC,
        None,
    )
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn socket() -> rustix::io::Result<OwnedFd> {
    use rustix::io::{FdFlags, fcntl_setfd};
    let socket = rustix::net::socket(AddressFamily::UNIX, SocketType::STREAM, None)?;
    fcntl_setfd(&socket, FdFlags::CLOEXEC)?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::net::UnixListener;
    use std::time::Duration;

    use super::*;
    use crate::address::Env;

    #[test]
    fn what_was_said_before_it_hung_up_is_heard() {
        let home = tempfile::tempdir().unwrap();
        let env = Env {
            socket: Some(home.path().join("s").into()),
            ..Env::default()
        };
        let address = Address::candidates(&env).unwrap().remove(0);
        let listener = UnixListener::bind(address.path()).unwrap();
        let deadline = Deadline::after(Duration::from_secs(5));
        let mut connection = Connection::open(&address, deadline).unwrap().unwrap();

        let (mut peer, _) = listener.accept().unwrap();
        peer.write_all(b"busy\n").unwrap();
        drop(peer);
        connection.send(b"a question\n", deadline).unwrap();
        let mut room = [0; 64];
        let count = connection.receive(&mut room, Some(deadline)).unwrap();
        assert_eq!(&room[..count], b"busy\n");
        assert_eq!(connection.receive(&mut room, Some(deadline)), Ok(0));
    }
}
