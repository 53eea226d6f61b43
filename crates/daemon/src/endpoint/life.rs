//! From when to when: what an earlier daemon left, the ports and sockets, and how each grant ends.

use std::rc::Rc;
use std::time::Duration;

use poolkey_core::failure::{Failure, Trouble};

use super::grants::{Draft, End, Lent, Tie};
use super::process::Process;
use super::store::Kept;
use super::{Endpoint, trouble};
use crate::clock;

impl Endpoint {
    /// Lends again what was lent by name.
    pub(super) async fn take_up(self: &Rc<Self>) {
        let _turn = self.turn.lock().await;
        // Nobody is served yet, and no thread is needed for it.
        let found = self.store.load();
        self.kept_port.set(found.port);
        for (name, failure) in found.doubtful {
            tracing::warn!("{failure}");
            self.doubtful.borrow_mut().insert(name, failure);
        }
        for kept in found.grants {
            self.take_up_one(kept).await;
        }
        if !self.desk.grants().any_named() {
            return;
        }
        match self.open_named_doors() {
            // It may be another than before, where the note of it is gone.
            Ok(port) => {
                self.kept_port.set(Some(port));
                if found.port.is_none()
                    && let Err(failure) = self.store.keep_port(port)
                {
                    tracing::warn!("{failure}");
                }
            }
            Err(_) => {
                tokio::task::spawn_local(self.clone().go_on_trying());
            }
        }
    }

    async fn take_up_one(self: &Rc<Self>, kept: Kept) {
        let now = clock::now();
        let left = kept.until.map(|until| until.secs_after(now.wall));
        if left.is_some_and(|left| left <= 0) {
            // The next start tries again.
            let _ = self.forget(kept.name).await;
            return;
        }
        let end = kept.until.zip(left).map(|(until, left)| End {
            until,
            at: now.at + Duration::from_secs(left.unsigned_abs()),
        });
        let draft = Draft {
            tie: Tie::Name(kept.name),
            profile: kept.profile,
            token: kept.token,
            since: kept.since,
            end,
        };
        let lent = self.desk.grants().add(draft).cloned();
        if let Ok(lent) = lent {
            tracing::info!(profile = %lent.profile, grant = lent.id(), "lent since an earlier run");
            self.watch(&lent, None);
        }
    }

    /// Opens the port of the named grants, and their sockets, which need no port of this machine.
    fn open_named_doors(&self) -> Result<u16, Failure> {
        let opened = self
            .doors
            .borrow_mut()
            .open_fixed(self.kept_port.get(), &self.desk);
        let port = self.kept_port.get().or(opened.as_ref().ok().copied());
        if let Some(port) = port {
            let all = self.desk.grants().views();
            for view in all.into_iter().filter(|view| view.named) {
                self.open_socket(&view.id, port);
            }
        }
        let error = match opened {
            Ok(port) => {
                *self.port_taken.borrow_mut() = None;
                return Ok(port);
            }
            Err(error) => error,
        };
        let failure = trouble::port_taken(port.unwrap_or_default(), &error);
        let told = self.port_taken.borrow_mut().replace(failure.clone());
        if told.is_none() {
            tracing::warn!("{failure}");
        }
        Err(failure)
    }

    /// Somebody else has the port; they may go.
    async fn go_on_trying(self: Rc<Self>) {
        loop {
            tokio::time::sleep(RETRY).await;
            let _turn = self.turn.lock().await;
            if !self.desk.grants().any_named() {
                *self.port_taken.borrow_mut() = None;
                return;
            }
            if self.port_taken.borrow().is_none() || self.open_named_doors().is_ok() {
                self.engine.announce();
                return;
            }
        }
    }

    /// Some port, for who gets its address anew each time.
    pub(super) fn open_any(&self) -> Result<u16, Failure> {
        let mut doors = self.doors.borrow_mut();
        if let Some(port) = doors.any() {
            return Ok(port);
        }
        doors
            .open(self.kept_port.get(), &self.desk)
            .or_else(|_| doors.open(None, &self.desk))
            .map_err(|error| trouble::no_port(&error))
    }

    /// The port of the named grants. It changes only where there are none.
    pub(super) async fn open_kept(&self) -> Result<u16, Failure> {
        let kept = self.kept_port.get();
        let opened = self.doors.borrow_mut().open_fixed(kept, &self.desk);
        let opened = match opened {
            Err(error) if self.desk.grants().any_named() => {
                return Err(trouble::port_taken(kept.unwrap_or_default(), &error));
            }
            Err(_) => self.doors.borrow_mut().open_fixed(None, &self.desk),
            Ok(port) => Ok(port),
        };
        let port = opened.map_err(|error| trouble::no_port(&error))?;
        *self.port_taken.borrow_mut() = None;
        if kept == Some(port) {
            return Ok(port);
        }
        let store = self.store.clone();
        let done = blocking(move || store.keep_port(port)).await;
        match done.unwrap_or_else(|| Err(Trouble::Stopping.into())) {
            Ok(()) => {
                self.kept_port.set(Some(port));
                Ok(port)
            }
            Err(failure) => {
                self.close_if_idle().await;
                Err(failure)
            }
        }
    }

    /// Containers that have the grant's directory need no port. Where the path is too long for a
    /// socket, or the system has none, there is the port.
    #[cfg(unix)]
    pub(super) fn open_socket(&self, name: &str, port: u16) {
        let path = self.store.socket(name);
        let opened = self
            .doors
            .borrow_mut()
            .open_socket(name, &path, port, &self.desk);
        if let Err(error) = opened {
            tracing::warn!(grant = name, "no socket at “{}”: {error}", path.display());
        }
    }

    #[cfg(not(unix))]
    pub(super) fn open_socket(&self, _name: &str, _port: u16) {}

    /// Ends a grant when its process ends or its time is up, whichever is first.
    pub(super) fn watch(self: &Rc<Self>, lent: &Lent, process: Option<Process>) {
        let (number, end) = (lent.number, lent.end);
        let old = self.ends.borrow_mut().remove(&number);
        if let Some(old) = old {
            old.abort();
        }
        if process.is_none() && end.is_none() {
            return;
        }
        let endpoint = self.clone();
        let task = tokio::task::spawn_local(async move {
            let why = tokio::select! {
                () = ended(process) => "its process has ended",
                () = over(end) => "its time is up",
            };
            // From here on it is not to be stopped any more.
            endpoint.ends.borrow_mut().remove(&number);
            let _turn = endpoint.turn.lock().await;
            // What stays on disk is over by its own word.
            let _ = endpoint.finish(number, why).await;
        });
        let handle = task.abort_handle();
        self.ends.borrow_mut().insert(number, handle);
    }

    /// Ends a grant; whoever calls has the turn.
    pub(super) async fn finish(&self, number: u64, why: &str) -> Result<(), Failure> {
        let waiter = self.ends.borrow_mut().remove(&number);
        if let Some(waiter) = waiter {
            waiter.abort();
        }
        // Nothing is borrowed while it is waited for the disk.
        let lent = self.desk.grants().remove(number);
        let Some(lent) = lent else { return Ok(()) };
        tracing::info!(profile = %lent.profile, grant = lent.id(), "lent no longer: {why}");
        let forgotten = match lent.name() {
            Some(name) => {
                #[cfg(unix)]
                self.doors.borrow_mut().close_socket(name);
                self.forget(name.to_owned()).await.map(drop)
            }
            None => Ok(()),
        };
        self.close_if_idle().await;
        self.engine.announce();
        forgotten
    }

    /// Returns when the port is free.
    async fn close_if_idle(&self) {
        if !self.desk.grants().is_empty() {
            return;
        }
        *self.port_taken.borrow_mut() = None;
        let closing = self.doors.borrow_mut().close();
        for task in closing {
            // It was told to end.
            let _ = task.await;
        }
    }

    pub(super) async fn keep(&self, kept: Kept) -> Result<(), Failure> {
        let store = self.store.clone();
        let done = blocking(move || store.keep(&kept)).await;
        done.unwrap_or_else(|| Err(Trouble::Stopping.into()))
    }

    pub(super) async fn forget(&self, name: String) -> Result<bool, Failure> {
        let store = self.store.clone();
        let done = blocking(move || store.forget(&name)).await;
        done.unwrap_or_else(|| Err(Trouble::Stopping.into()))
    }
}

async fn ended(process: Option<Process>) {
    match process {
        Some(process) => process.ended().await,
        None => std::future::pending().await,
    }
}

/// A timer stands still while the machine sleeps, so that none is trusted for long.
async fn over(end: Option<End>) {
    let Some(end) = end else {
        return std::future::pending().await;
    };
    loop {
        let left = clock::now().at.until(end.at);
        if left.is_zero() {
            return;
        }
        tokio::time::sleep(left.min(LONGEST_NAP)).await;
    }
}

/// What waits for the disk must not hold up who is answered from memory. `None`: the daemon ends.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    tokio::task::spawn_blocking(work).await.ok()
}

const RETRY: Duration = Duration::from_secs(10);
const LONGEST_NAP: Duration = Duration::from_secs(30);
