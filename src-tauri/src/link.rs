//! What the daemon tells, passed on to every page that watches.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use poolkey_core::failure::Failure;
use poolkey_ipc::client::Starting;
use poolkey_ipc::{Client, Status};
use serde::Serialize;
use tauri::ipc::Channel;

/// All that a page shows of the daemon.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct Shown {
    /// The newest status, also while the daemon is away.
    pub(crate) status: Option<Status>,
    /// Why the daemon cannot be asked.
    pub(crate) away: Option<Failure>,
}

/// The pages that watch, and what they were shown last.
#[derive(Clone, Default)]
pub(crate) struct Link {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    shown: Option<Shown>,
    pages: Vec<Channel<Shown>>,
    /// The icon, where it is part of this program.
    #[cfg(not(target_os = "linux"))]
    icon: Option<Box<dyn Fn(Option<&Status>) + Send>>,
}

impl Link {
    /// Follows the daemon on a thread of its own, for as long as the process lives.
    ///
    /// A daemon is started if there is none. One that goes away is waited for: somebody may have
    /// stopped it.
    pub(crate) fn follow(&self, mut client: Client) {
        let link = self.clone();
        std::thread::spawn(move || {
            let mut pause = SHORTEST;
            loop {
                match client.watch() {
                    Ok(watch) => {
                        for status in watch {
                            match status {
                                Ok(status) => {
                                    link.show(Some(status), None);
                                    client = client.starting(Starting::Never);
                                    pause = SHORTEST;
                                }
                                Err(failure) => link.show(None, Some(failure)),
                            }
                        }
                    }
                    Err(failure) => link.show(None, Some(failure)),
                }
                std::thread::sleep(pause);
                pause = (pause * 2).min(LONGEST);
            }
        });
    }

    /// A page begins to watch: it is shown the newest at once.
    pub(crate) fn join(&self, page: Channel<Shown>) {
        let mut inner = self.lock();
        if let Some(shown) = &inner.shown
            && page.send(shown.clone()).is_err()
        {
            return;
        }
        inner.pages.push(page);
    }

    /// Whom to tell beside the pages: what the daemon tells, or that it is away.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn tell(&self, icon: impl Fn(Option<&Status>) + Send + 'static) {
        self.lock().icon = Some(Box::new(icon));
    }

    fn show(&self, status: Option<Status>, away: Option<Failure>) {
        let mut inner = self.lock();
        #[cfg(not(target_os = "linux"))]
        if let Some(icon) = &inner.icon {
            icon(status.as_ref());
        }
        let old = inner.shown.take().and_then(|shown| shown.status);
        let shown = Shown {
            status: status.or(old),
            away,
        };
        inner.pages.retain(|page| page.send(shown.clone()).is_ok());
        inner.shown = Some(shown);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Between two tries to reach a daemon that is away.
const SHORTEST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(4);
