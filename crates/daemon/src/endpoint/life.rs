//! From when to when: the ports and sockets, what is kept of each grant, and how it ends.

use std::num::NonZeroU16;
use std::rc::Rc;
use std::time::Duration;

use poolkey_core::failure::{Failure, Trouble};

use super::grants::{End, Lent};
use super::process::Process;
use super::store::{Kept, KeptExec};
use super::{Endpoint, trouble};
use crate::clock;

impl Endpoint {
    /// Opens the ports that programs were told, and the sockets of the named grants, which need no
    /// port of this machine.
    pub(super) fn open_doors(&self) -> Result<(), Failure> {
        let mut refused = None;
        if self.desk.grants().any_named()
            && let Err(failure) = self.open_named_doors()
        {
            refused = Some(failure);
        }
        let ports = self.desk.grants().ports();
        for port in ports {
            let opened = self.doors.borrow_mut().open(Some(port), &self.desk);
            if let Err(error) = opened {
                refused.get_or_insert_with(|| trouble::port_taken(port, &error));
            }
        }
        let told = self.port_taken.replace(refused.clone());
        match refused {
            None => Ok(()),
            Some(failure) => {
                if told.is_none() {
                    tracing::warn!("{failure}");
                }
                Err(failure)
            }
        }
    }

    fn open_named_doors(&self) -> Result<(), Failure> {
        let kept = self.kept_port.get();
        let opened = self.doors.borrow_mut().open_fixed(kept, &self.desk);
        // It may be another than before, where the note of it is gone.
        if let (None, Ok(port)) = (kept, &opened) {
            self.kept_port.set(Some(*port));
            if let Err(failure) = self.store.keep_port(*port) {
                tracing::warn!("{failure}");
            }
        }
        if let Some(port) = self.kept_port.get() {
            let all = self.desk.grants().views();
            for view in all.into_iter().filter(|view| view.named) {
                self.open_socket(&view.id, port);
            }
        }
        match opened {
            Ok(_) => Ok(()),
            Err(error) => Err(trouble::port_taken(kept.unwrap_or_default(), &error)),
        }
    }

    /// Somebody else has a port; they may go.
    pub(super) async fn go_on_trying(self: Rc<Self>) {
        loop {
            tokio::time::sleep(RETRY).await;
            let _turn = self.turn.lock().await;
            if self.open_doors().is_ok() {
                self.engine.announce();
                return;
            }
        }
    }

    /// The port of the named grants for who has its address from us each time, or some port: there
    /// is one, if possible.
    pub(super) async fn open_any(&self) -> Result<u16, Failure> {
        let kept = self.kept_port.get();
        let opened = {
            let mut doors = self.doors.borrow_mut();
            if let Some(port) = doors.any() {
                return Ok(port);
            }
            doors
                .open_fixed(kept, &self.desk)
                .or_else(|_| doors.open_fixed(None, &self.desk))
        };
        let port = opened.map_err(|error| trouble::no_port(&error))?;
        if kept.is_none() && self.keep_port(port).await.is_ok() {
            self.kept_port.set(Some(port));
        }
        Ok(port)
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
        if self.port_taken.borrow().is_some() {
            // Others may need another port still.
            let _ = self.open_doors();
        }
        if kept == Some(port) {
            return Ok(port);
        }
        match self.keep_port(port).await {
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
            None => self.forget_exec(number).await,
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

    async fn keep_port(&self, port: u16) -> Result<(), Failure> {
        let store = self.store.clone();
        let done = blocking(move || store.keep_port(port)).await;
        done.unwrap_or_else(|| Err(Trouble::Stopping.into()))
    }

    /// Keeps a grant without a name, where the system tells its process from later ones.
    pub(super) async fn keep_exec(
        &self,
        lent: &Lent,
        process: &Process,
        port: u16,
    ) -> Result<(), Failure> {
        let (Some(mark), Some(port)) = (process.mark(), NonZeroU16::new(port)) else {
            return Ok(());
        };
        let kept = KeptExec {
            number: lent.number,
            pid: process.pid(),
            mark: mark.to_owned(),
            port,
            profile: lent.profile.clone(),
            since: lent.since,
            until: lent.end.map(|end| end.until),
            token: lent.token,
        };
        let store = self.store.clone();
        let done = blocking(move || store.keep_exec(&kept)).await;
        done.unwrap_or_else(|| Err(Trouble::Stopping.into()))
    }

    pub(super) async fn forget_exec(&self, number: u64) -> Result<(), Failure> {
        let store = self.store.clone();
        let done = blocking(move || store.forget_exec(number)).await;
        done.unwrap_or_else(|| Err(Trouble::Stopping.into()))
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
