//! Where peers come in, and which of them may stay.

use std::io;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use poolkey_core::failure::{Failure, Trouble};
use poolkey_ipc::Reply;
use tokio::sync::Semaphore;

use crate::daemon::Daemon;
use crate::serve;

#[cfg(unix)]
#[path = "door/unix.rs"]
mod system;
#[cfg(windows)]
#[path = "door/windows.rs"]
mod system;

pub(crate) use system::Door;

/// Why there is nothing to listen at.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoDoor {
    #[error("{0}")]
    Address(Failure),
    #[error("another daemon listens at {0} already")]
    Taken(PathBuf),
    #[error("cannot listen at {path}")]
    Open {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
}

impl Door {
    /// Lets peers in, for ever.
    pub(crate) async fn receive(mut self, daemon: Rc<Daemon>) {
        let slots = Arc::new(Semaphore::new(SLOTS));
        loop {
            let stream = match self.accept().await {
                Ok(stream) => stream,
                Err(error) => {
                    // Out of file descriptors, most likely: what is open will be closed soon.
                    tracing::warn!("cannot let a peer in: {error}");
                    tokio::time::sleep(BREATH).await;
                    continue;
                }
            };
            let Ok(slot) = slots.clone().try_acquire_owned() else {
                if let Ok(line) = Reply::Failed(Trouble::Busy.into()).to_line() {
                    system::toss(&stream, &line);
                }
                continue;
            };
            let daemon = daemon.clone();
            tokio::task::spawn_local(async move {
                let _slot = slot;
                match system::admit(&stream) {
                    Ok(()) => serve::serve(daemon, stream).await,
                    Err(failure) => {
                        tracing::warn!("refused another user");
                        serve::refuse(stream, failure).await;
                    }
                }
            });
        }
    }
}

/// So many peers at once. A hung one costs one slot for some seconds.
const SLOTS: usize = 1024;

const BREATH: Duration = Duration::from_millis(100);
