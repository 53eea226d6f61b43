//! Who may speak with whom.

use poolkey_core::failure::{Failure, Trouble};

use crate::trouble;

/// Whether the daemon of user `ours` answers a process of user `peer`.
///
/// The same user is the only sound rule: a process id can be reused between the look and the
/// answer, and whoever runs as the user could read what the user's own tools are told.
///
/// # Errors
///
/// [`Code::Denied`](poolkey_core::failure::Code::Denied).
pub fn may_ask(peer: u32, ours: u32) -> Result<(), Failure> {
    if peer == ours {
        Ok(())
    } else {
        Err(Trouble::Denied.into())
    }
}

/// Whether a client of user `ours` says anything to a daemon of user `server`: what it asks may
/// hold a password, and what it is told is handed on as keys.
///
/// # Errors
///
/// [`Code::Denied`](poolkey_core::failure::Code::Denied).
pub fn may_tell(server: u32, ours: u32) -> Result<(), Failure> {
    may_ask(server, ours).map_err(|_| trouble::foreign_daemon(&format!("uid {server}")))
}

/// The user that this process acts as.
#[cfg(unix)]
pub fn our_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// The user at the other end of a Unix socket, as of the moment of its `connect` or `listen`.
///
/// # Errors
///
/// The system does not tell.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub fn uid_of(socket: impl std::os::fd::AsFd) -> std::io::Result<u32> {
    Ok(rustix::net::sockopt::socket_peercred(socket)?.uid.as_raw())
}

/// The user at the other end of a Unix socket, as of the moment of its `connect` or `listen`.
///
/// # Errors
///
/// The system does not tell.
#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
pub fn uid_of(socket: impl std::os::fd::AsFd) -> std::io::Result<u32> {
    let (uid, _) = nix::unistd::getpeereid(socket)?;
    Ok(uid.as_raw())
}

#[cfg(test)]
mod tests {
    use poolkey_core::failure::Code;

    use super::*;

    #[test]
    fn only_the_same_user_may_ask() {
        assert_eq!(may_ask(1000, 1000), Ok(()));
        assert_eq!(may_ask(0, 0), Ok(()));
        for (peer, ours) in [(1001, 1000), (0, 1000), (1000, 0), (u32::MAX, 1000)] {
            assert_eq!(may_ask(peer, ours).unwrap_err().code, Code::Denied);
            assert_eq!(may_tell(peer, ours).unwrap_err().code, Code::Denied);
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_other_end_of_our_own_socket_is_us() {
        let (left, _right) = std::os::unix::net::UnixStream::pair().unwrap();
        assert_eq!(uid_of(left).unwrap(), our_uid());
    }
}
