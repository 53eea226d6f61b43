//! Where peers come in, and which of them may stay.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use poolkey_core::failure::{Failure, Trouble};
use poolkey_ipc::Reply;
use tokio::sync::Notify;

use crate::daemon::Daemon;
use crate::serve;

#[cfg(unix)]
#[path = "door/unix.rs"]
mod system;
#[cfg(windows)]
#[path = "door/windows.rs"]
mod system;

pub(crate) use system::{Door, Stream};

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
        let slots = Rc::new(Slots::default());
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
            let Some(slot) = slots.take() else {
                if let Ok(line) = Reply::Failed(Trouble::Busy.into()).to_line() {
                    system::toss(&stream, &line);
                }
                continue;
            };
            let daemon = daemon.clone();
            tokio::task::spawn_local(async move {
                match system::admit(&stream) {
                    Ok(()) => serve::serve(daemon, stream, &slot).await,
                    Err(failure) => {
                        tracing::warn!("refused another user");
                        serve::refuse(stream, failure).await;
                    }
                }
            });
        }
    }
}

/// Those who are inside. Thousands who say nothing must not keep out the one who asks, so that
/// where there is no room, the one who has been silent for longest makes some.
#[derive(Default)]
struct Slots {
    taken: Cell<usize>,
    next: Cell<u64>,
    silent: RefCell<BTreeMap<u64, Rc<Notify>>>,
}

/// A place inside, for as long as this lives.
pub(crate) struct Slot {
    slots: Rc<Slots>,
    number: u64,
    wanted: Rc<Notify>,
}

impl Slots {
    fn take(self: &Rc<Self>) -> Option<Slot> {
        if self.taken.get() >= SLOTS {
            let (_, longest) = self.silent.borrow_mut().pop_first()?;
            longest.notify_one();
        }
        let slot = Slot {
            slots: self.clone(),
            number: self.next.get(),
            wanted: Rc::default(),
        };
        self.taken.set(self.taken.get() + 1);
        self.next.set(slot.number + 1);
        let wanted = slot.wanted.clone();
        self.silent.borrow_mut().insert(slot.number, wanted);
        Some(slot)
    }
}

impl Slot {
    /// Comes back when somebody else needs the place.
    pub(crate) async fn wanted(&self) {
        self.wanted.notified().await;
    }

    /// The peer has asked: the place is its own until it is answered.
    pub(crate) fn keep(&self) {
        self.slots.silent.borrow_mut().remove(&self.number);
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.keep();
        self.slots.taken.set(self.slots.taken.get() - 1);
    }
}

/// So many peers at once. A hung one costs one slot for some seconds.
const SLOTS: usize = 1024;

const BREATH: Duration = Duration::from_millis(100);
