//! A named pipe that only its owner can open.

use std::io;
use std::path::PathBuf;

use interprocess::os::windows::named_pipe::tokio::{
    DuplexPipeStream, PipeListener, PipeListenerOptionsExt,
};
use interprocess::os::windows::named_pipe::{PipeListenerOptions, pipe_mode};
use interprocess::os::windows::security_descriptor::SecurityDescriptor;
use poolkey_core::failure::Failure;
use poolkey_ipc::address::{Address, Env};
use widestring::U16CString;

use crate::door::NoDoor;

/// One peer.
pub(crate) type Stream = DuplexPipeStream<pipe_mode::Bytes>;

/// A pipe that listens.
#[derive(Debug)]
pub(crate) struct Door {
    listener: PipeListener<pipe_mode::Bytes, pipe_mode::Bytes>,
    pub(crate) path: PathBuf,
}

impl Door {
    /// Opens the pipe: its first instance, so that nobody else can have taken its name; for local
    /// clients; with full access for its owner and none for others.
    pub(crate) fn open(env: &Env) -> Result<Self, NoDoor> {
        let path = Address::candidates(env)
            .map_err(NoDoor::Address)?
            .remove(0)
            .path()
            .to_owned();
        let open = || -> io::Result<_> {
            let rules = U16CString::from_str(format!("D:P(A;;GA;;;{})", env.user))
                .map_err(io::Error::other)?;
            PipeListenerOptions::new()
                .path(path.as_path())
                .accept_remote(false)
                .security_descriptor(Some(SecurityDescriptor::deserialize(&rules)?))
                .create_tokio_duplex::<pipe_mode::Bytes>()
        };
        match open() {
            Ok(listener) => Ok(Self { listener, path }),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                Err(NoDoor::Taken(path))
            }
            Err(source) => Err(NoDoor::Open { path, source }),
        }
    }

    /// The next peer.
    pub(crate) async fn accept(&mut self) -> io::Result<Stream> {
        self.listener.accept().await
    }
}

/// Whoever could open the pipe is its owner.
#[expect(clippy::unnecessary_wraps, reason = "on Unix a peer can be refused")]
pub(crate) fn admit(_stream: &Stream) -> Result<(), Failure> {
    Ok(())
}

/// Closing tells a peer enough.
pub(crate) fn toss(_stream: &Stream, _line: &[u8]) {}
