//! The client's end of a Windows named pipe.
//!
//! A pipe's name can be taken by anybody who comes first, so the server's owner is looked at before
//! anything is said, and the pipe is opened such that the server can learn who we are but not act
//! as us.

use std::ffi::c_void;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::windows::fs::OpenOptionsExt;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use poolkey_core::failure::Failure;
use windows_sys::Win32::Foundation::{ERROR_FILE_NOT_FOUND, ERROR_PIPE_BUSY, HANDLE, LocalFree};
use windows_sys::Win32::Security::Authorization::ConvertSidToStringSidW;
use windows_sys::Win32::Security::{GetTokenInformation, TOKEN_QUERY, TOKEN_USER, TokenUser};
use windows_sys::Win32::Storage::FileSystem::SECURITY_IDENTIFICATION;
use windows_sys::Win32::System::Pipes::GetNamedPipeServerProcessId;
use windows_sys::Win32::System::Threading::{
    GetCurrentProcess, OpenProcess, OpenProcessToken, PROCESS_QUERY_LIMITED_INFORMATION,
};
use zeroize::Zeroizing;

use crate::deadline::Deadline;
use crate::{Address, trouble};

/// A connection to a daemon of our own user.
pub(crate) struct Connection(Arc<File>);

impl Connection {
    /// Connects, and looks who is there before anything is said; `None` where nobody listens.
    pub(crate) fn open(address: &Address, deadline: Deadline) -> Result<Option<Self>, Failure> {
        let failed = |error: std::io::Error| trouble::unreachable(address.path(), &error);
        let pipe = loop {
            let opened = OpenOptions::new()
                .read(true)
                .write(true)
                .security_qos_flags(SECURITY_IDENTIFICATION)
                .open(address.path());
            match opened {
                Ok(pipe) => break pipe,
                Err(error) if is(&error, ERROR_FILE_NOT_FOUND) => return Ok(None),
                // Each instance of the pipe serves one client; the daemon is making the next.
                Err(error) if is(&error, ERROR_PIPE_BUSY) => match deadline.left() {
                    Some(left) => std::thread::sleep(PAUSE.min(left)),
                    None => return Err(trouble::silent(&deadline)),
                },
                Err(error) => return Err(failed(error)),
            }
        };
        let server = server_sid(&pipe).map_err(failed)?;
        if server != our_sid().map_err(failed)? {
            return Err(trouble::foreign_daemon(&server));
        }
        Ok(Some(Self(Arc::new(pipe))))
    }

    /// Says a whole line.
    pub(crate) fn send(&mut self, line: &[u8], deadline: Deadline) -> Result<(), Failure> {
        let line = Zeroizing::new(line.to_vec());
        let sent = within(Some(deadline), &self.0, move |mut pipe| {
            pipe.write_all(&line)
        })?;
        match sent {
            Ok(()) => Ok(()),
            // It may have said why before it closed: that is to be read.
            Err(error) if is_closed(&error) => Ok(()),
            Err(error) => Err(trouble::broken(&error)),
        }
    }

    /// Waits for some bytes; none at all means that the daemon closed the connection.
    pub(crate) fn receive(
        &mut self,
        room: &mut [u8],
        deadline: Option<Deadline>,
    ) -> Result<usize, Failure> {
        let length = room.len();
        let (count, bytes) = within(deadline, &self.0, move |mut pipe| {
            let mut bytes = Zeroizing::new(vec![0; length]);
            (pipe.read(&mut bytes), bytes)
        })?;
        match count {
            Ok(count) => {
                room[..count].copy_from_slice(&bytes[..count]);
                Ok(count)
            }
            Err(error) if is_closed(&error) => Ok(0),
            Err(error) => Err(trouble::broken(&error)),
        }
    }
}

/// A pipe that is opened as a file has no time limit of its own, so the waiting is done by a thread
/// that is left behind when it takes too long; the process ends soon after.
fn within<T: Send + 'static>(
    deadline: Option<Deadline>,
    pipe: &Arc<File>,
    work: impl FnOnce(&File) -> T + Send + 'static,
) -> Result<T, Failure> {
    let Some(deadline) = deadline else {
        return Ok(work(pipe));
    };
    let left = deadline.left().ok_or_else(|| trouble::silent(&deadline))?;
    let (done, result) = channel();
    let pipe = Arc::clone(pipe);
    std::thread::spawn(move || {
        // Nobody listens any more when it took too long.
        let _ = done.send(work(&pipe));
    });
    result.recv_timeout(left).map_err(|error| match error {
        RecvTimeoutError::Timeout => trouble::silent(&deadline),
        RecvTimeoutError::Disconnected => trouble::hung_up(),
    })
}

fn is(error: &std::io::Error, code: u32) -> bool {
    error.raw_os_error().and_then(|raw| u32::try_from(raw).ok()) == Some(code)
}

fn is_closed(error: &std::io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::BrokenPipe | ErrorKind::ConnectionReset | ErrorKind::UnexpectedEof
    )
}

/// The SID of the user that this process runs as, as text (`S-1-5-…`).
#[expect(unsafe_code, reason = "the Windows API")]
pub(crate) fn our_sid() -> std::io::Result<String> {
    // SAFETY: it takes nothing and gives a constant that needs no closing.
    sid_of(unsafe { GetCurrentProcess() })
}

/// The SID of the user whose process made the pipe.
#[expect(unsafe_code, reason = "the Windows API")]
fn server_sid(pipe: &File) -> std::io::Result<String> {
    let mut id = 0;
    // SAFETY: the handle is open for the length of the call, and `id` is writable.
    if unsafe { GetNamedPipeServerProcessId(pipe.as_raw_handle(), &raw mut id) } == 0 {
        return Err(std::io::Error::last_os_error());
    }
    // SAFETY: it takes no pointer; what it gives is looked at before it is used.
    let process = unsafe { OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, 0, id) };
    if process.is_null() {
        return Err(std::io::Error::last_os_error());
    }
    // SAFETY: the handle was just given to us, is no null, and nobody else closes it.
    let process = unsafe { OwnedHandle::from_raw_handle(process) };
    sid_of(process.as_raw_handle())
}

#[expect(unsafe_code, reason = "the Windows API")]
fn sid_of(process: HANDLE) -> std::io::Result<String> {
    let mut token: HANDLE = std::ptr::null_mut();
    // SAFETY: the process handle is open for the length of the call, and `token` is writable.
    if unsafe { OpenProcessToken(process, TOKEN_QUERY, &raw mut token) } == 0 {
        return Err(std::io::Error::last_os_error());
    }
    // SAFETY: the handle was just given to us, and nobody else closes it.
    let token = unsafe { OwnedHandle::from_raw_handle(token) };

    // A SID has at most 68 bytes; `u64` keeps the structure aligned.
    let mut room = [0_u64; 32];
    let mut length = 0;
    // SAFETY: `room` is writable for the number of bytes that is told.
    let told = unsafe {
        GetTokenInformation(
            token.as_raw_handle(),
            TokenUser,
            room.as_mut_ptr().cast::<c_void>(),
            size_of_val(&room) as u32,
            &raw mut length,
        )
    };
    if told == 0 {
        return Err(std::io::Error::last_os_error());
    }
    // SAFETY: the call above succeeded, so `room` begins with a `TOKEN_USER`, and is aligned for it.
    let sid = unsafe { (*room.as_ptr().cast::<TOKEN_USER>()).User.Sid };
    let mut text: *mut u16 = std::ptr::null_mut();
    // SAFETY: the SID lies in `room`, which is alive; `text` is writable.
    if unsafe { ConvertSidToStringSidW(sid, &raw mut text) } == 0 {
        return Err(std::io::Error::last_os_error());
    }
    // SAFETY: the call above succeeded, so `text` points at units that end with a zero, and it is
    // freed once, after it was copied.
    unsafe {
        let length = (0..).take_while(|at| *text.add(*at) != 0).count();
        let copy = String::from_utf16_lossy(std::slice::from_raw_parts(text, length));
        LocalFree(text.cast::<c_void>());
        Ok(copy)
    }
}

const PAUSE: Duration = Duration::from_millis(2);
