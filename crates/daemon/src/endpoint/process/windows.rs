//! By a handle to it, which a thread waits for.

use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};

use tokio::sync::oneshot;
use windows_sys::Win32::System::Threading::{
    INFINITE, OpenProcess, PROCESS_SYNCHRONIZE, WaitForSingleObject,
};

use crate::door::Stream;

/// A process that was at the other end of a pipe.
#[derive(Debug)]
pub(crate) struct Process {
    pid: u32,
    mark: Option<&'static str>,
    ended: oneshot::Receiver<()>,
}

impl Process {
    /// Takes hold of who opened this pipe: it waits for its answer, so that the number is its own.
    #[expect(unsafe_code, reason = "the Windows API")]
    pub(crate) fn of_peer(stream: &Stream) -> io::Result<Self> {
        let pid = stream.client_process_id()?;
        // SAFETY: it takes no pointer; what it gives is looked at before it is used.
        let process = unsafe { OpenProcess(PROCESS_SYNCHRONIZE, 0, pid) };
        if process.is_null() {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the handle was just given to us, is no null, and nobody else closes it.
        let process = unsafe { OwnedHandle::from_raw_handle(process) };
        // The same pipe, asked again: had its client gone, there would be an error.
        if stream.client_process_id()? != pid {
            return Err(io::Error::other("it is gone"));
        }
        let (tell, ended) = oneshot::channel();
        // At most one for each grant, and no longer than the process lives.
        std::thread::Builder::new()
            .name("end of a process".into())
            .spawn(move || {
                // SAFETY: the handle is open for the length of the call.
                unsafe { WaitForSingleObject(process.as_raw_handle(), INFINITE) };
                // The grant may have been revoked before.
                let _ = tell.send(());
            })?;
        Ok(Self {
            pid,
            mark: None,
            ended,
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
        let _ = self.ended.await;
    }
}
