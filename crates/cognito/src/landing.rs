//! Where the browser lands: a listener on loopback that stands before the browser is sent off, and
//! until it is back.
//!
//! The port is the lock: there is no look before the leap. Whatever comes meanwhile that is not the
//! answer (a favicon, a look ahead, a page of somebody else's) is answered and changes nothing. The
//! answer is taken out of the address bar at once, by a redirect to a page that tells how it went.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use poolkey_core::fault::{Fault, FaultKind};
use poolkey_core::messages::Language;
use poolkey_core::name::LoginName;
use poolkey_core::secret::Secret;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use crate::oauth::random;
use place::Place;

mod callback;
mod page;
mod place;
mod request;
mod server;

pub(crate) use callback::{Callback, NoAnswer, Outcome};

/// The listeners that stand, one a login at most.
#[derive(Default)]
pub(crate) struct Landings {
    all: Mutex<BTreeMap<Option<LoginName>, Landing>>,
    /// Held by whoever opens or closes one: between the end of a listener's entry and that of its
    /// port, another would find the port taken.
    turn: tokio::sync::Mutex<()>,
}

/// What waiting came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Waited {
    /// Nothing yet.
    Nothing,
    /// The browser is back.
    Came(Callback),
    /// Nobody listens any more.
    Closed,
}

/// How a sign-in went, as its page tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Somebody signed in, by this name.
    SignedIn(String),
    /// There is one more question.
    GoesOn,
    /// It came to nothing.
    Failed(String),
}

/// A browser that was sent off.
pub(crate) struct Sent<'a> {
    pub(crate) login: Option<&'a LoginName>,
    pub(crate) state: &'a Secret,
}

impl Landings {
    /// Listens at the first of these URIs that is free, in place of what listened for the login
    /// before, and tells which it is.
    pub(crate) async fn open(
        &self,
        sent: &Sent<'_>,
        uris: &[String],
        language: Option<Language>,
    ) -> Result<String, Fault> {
        let _turn = self.turn.lock().await;
        let old = self.all().remove(&sent.login.cloned());
        if let Some(old) = old {
            old.close().await;
        }
        let (uri, place, listeners, port) = match self.bind(uris).await {
            Ok(bound) => bound,
            Err(_) if self.retire().await => self.bind(uris).await?,
            Err(fault) => return Err(fault),
        };
        let page = random::<16>()?;
        let landing = Landing::open(
            Desk {
                place,
                port,
                page: format!("/{}", page.expose()),
                state: sent.state.clone(),
                language,
                opened: Instant::now(),
                waited: Mutex::new(Instant::now()),
                progress: watch::Sender::new(Progress::Waiting),
            },
            listeners,
        );
        self.all().insert(sent.login.cloned(), landing);
        tracing::debug!(
            login = sent.login.map(LoginName::as_str),
            port,
            "a browser is waited for"
        );
        Ok(uri)
    }

    /// Waits for the browser, for two seconds at most.
    pub(crate) async fn wait(&self, sent: &Sent<'_>) -> Waited {
        let Some(desk) = self.desk(sent) else {
            return Waited::Closed;
        };
        desk.wait(LONGEST_WAIT).await
    }

    /// Tells the browser how it went; nothing else is taken from it.
    pub(crate) fn tell(&self, sent: &Sent<'_>, ending: Ending) {
        if let Some(desk) = self.desk(sent) {
            desk.progress
                .send_replace(Progress::Told(ending, Instant::now()));
        }
    }

    /// Listens no longer.
    pub(crate) async fn close(&self, sent: &Sent<'_>) {
        let _turn = self.turn.lock().await;
        if self.desk(sent).is_none() {
            return;
        }
        let landing = self.all().remove(&sent.login.cloned());
        if let Some(landing) = landing {
            landing.close().await;
        }
    }

    /// The listener of this very question.
    fn desk(&self, sent: &Sent<'_>) -> Option<Arc<Desk>> {
        let mut all = self.all();
        let key = sent.login.cloned();
        if all
            .get(&key)
            .is_some_and(|landing| landing.task.is_finished())
        {
            all.remove(&key);
        }
        let landing = all.get(&key)?;
        (landing.desk.state == *sent.state).then(|| landing.desk.clone())
    }

    async fn bind(&self, uris: &[String]) -> Result<(String, Place, Vec<TcpListener>, u16), Fault> {
        let mut busy = Vec::new();
        for uri in uris {
            let place = Place::of(uri).ok_or_else(|| {
                Fault::new(
                    FaultKind::Misconfigured,
                    format!("“{uri}” in redirect_uris is no http:// URL of this machine."),
                )
            })?;
            match place.bind().await {
                Ok((listeners, port)) => {
                    let uri = match place.port {
                        Some(_) => uri.clone(),
                        None => place.uri(port),
                    };
                    return Ok((uri, place, listeners, port));
                }
                Err(error) => busy.push(self.told(&place, &error)),
            }
        }
        Err(Fault::new(
            FaultKind::Misconfigured,
            format!(
                "Nothing of redirect_uris can be listened at: {}. Free one, or register another \
                 URL with the app client and add it to redirect_uris.",
                busy.join("; ")
            ),
        ))
    }

    /// Why a place cannot be listened at, and who is there.
    fn told(&self, place: &Place, error: &std::io::Error) -> String {
        let port = place.port.unwrap_or_default();
        if error.kind() != std::io::ErrorKind::AddrInUse {
            return format!("port {port} is refused ({})", error.kind());
        }
        let all = self.all();
        let holder = all
            .iter()
            .find(|(_, landing)| landing.desk.port == port && !landing.task.is_finished());
        match holder {
            Some((Some(login), _)) => {
                format!("port {port} is held by the sign-in to “{login}” that is under way")
            }
            Some((None, _)) => format!("port {port} is held by another sign-in"),
            None => format!("port {port} is held by another program"),
        }
    }

    /// Closes those that only stand to show their page; says whether there were any.
    async fn retire(&self) -> bool {
        let done: Vec<_> = {
            let mut all = self.all();
            let is_done = |landing: &Landing| {
                landing.task.is_finished()
                    || matches!(*landing.desk.progress.borrow(), Progress::Told(..))
            };
            let names: Vec<_> = all
                .iter()
                .filter(|(_, landing)| is_done(landing))
                .map(|(name, _)| name.clone())
                .collect();
            names.iter().filter_map(|name| all.remove(name)).collect()
        };
        let any = !done.is_empty();
        for landing in done {
            landing.close().await;
        }
        any
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<Option<LoginName>, Landing>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One listener, which ends with this.
struct Landing {
    desk: Arc<Desk>,
    task: JoinHandle<()>,
}

impl Landing {
    fn open(desk: Desk, listeners: Vec<TcpListener>) -> Self {
        let desk = Arc::new(desk);
        Self {
            task: tokio::spawn(server::run(desk.clone(), listeners)),
            desk,
        }
    }

    /// Returns when the port is free.
    async fn close(mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
    }
}

impl Drop for Landing {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What a listener and those who wait for it share.
struct Desk {
    place: Place,
    port: u16,
    /// The path of the page, which nobody guesses: it names who signed in.
    page: String,
    state: Secret,
    language: Option<Language>,
    opened: Instant,
    /// When somebody waited last.
    waited: Mutex<Instant>,
    progress: watch::Sender<Progress>,
}

/// How far a listener is.
#[derive(Debug)]
enum Progress {
    Waiting,
    /// The browser is back; what it brought is taken once.
    Came(Option<Callback>),
    /// Its page can tell how it went, since then.
    Told(Ending, Instant),
}

impl Desk {
    async fn wait(&self, longest: Duration) -> Waited {
        self.touch();
        let mut progress = self.progress.subscribe();
        let came = progress.wait_for(|progress| !matches!(progress, Progress::Waiting));
        let waited = timeout(longest, came).await.is_ok();
        self.touch();
        if !waited {
            return Waited::Nothing;
        }
        let mut taken = None;
        self.progress.send_if_modified(|progress| {
            if let Progress::Came(callback) = progress {
                taken = callback.take();
            }
            false
        });
        taken.map_or(Waited::Closed, Waited::Came)
    }

    /// Takes what the browser brought, once; says whether it was the first.
    fn land(&self, callback: Callback) -> bool {
        self.progress.send_if_modified(|progress| {
            let first = matches!(progress, Progress::Waiting);
            if first {
                *progress = Progress::Came(Some(callback));
            }
            first
        })
    }

    /// How it went, once that is known.
    async fn ending(&self) -> Option<Ending> {
        let mut progress = self.progress.subscribe();
        let told = progress.wait_for(|progress| matches!(progress, Progress::Told(..)));
        let told = timeout(LONGEST_PAGE, told).await.ok()?.ok()?;
        match &*told {
            Progress::Told(ending, _) => Some(ending.clone()),
            Progress::Waiting | Progress::Came(_) => None,
        }
    }

    /// When nothing is listened for any more, unless somebody waits again.
    fn closes_at(&self) -> Instant {
        if let Progress::Told(_, since) = *self.progress.borrow() {
            return since + SHOWN;
        }
        let waited = *self.waited.lock().unwrap_or_else(PoisonError::into_inner);
        (waited + UNATTENDED).min(self.opened + LONGEST)
    }

    fn touch(&self) {
        *self.waited.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }
}

/// Whoever waits hears something within two seconds.
const LONGEST_WAIT: Duration = Duration::from_millis(1800);

/// How long a page holds the browser before it says that it does not know yet.
const LONGEST_PAGE: Duration = Duration::from_secs(10);

/// How long a listener stands that nobody waits for.
const UNATTENDED: Duration = Duration::from_secs(30);

/// How long a person may take in the browser.
const LONGEST: Duration = Duration::from_secs(600);

/// How long the page can be had once it is known what it says.
const SHOWN: Duration = Duration::from_secs(15);
