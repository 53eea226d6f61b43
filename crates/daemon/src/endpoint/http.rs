//! The endpoint's HTTP: one small request a connection, answered at once, from whoever comes.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Response;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use poolkey_core::event::Reply;
use poolkey_core::failure::Trouble;
use poolkey_core::name::ProfileName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::{Instant, timeout};

use super::grants::{Grants, Redeemed};
use super::{answer, guard};
use crate::clock;

/// What connections share with the endpoint.
pub(super) struct Desk {
    grants: Mutex<Grants>,
    asking: mpsc::Sender<Asking>,
    crowd: Crowd,
}

/// What one connection wants of the engine.
pub(super) enum Asking {
    /// Keys.
    Keys {
        profile: ProfileName,
        reply: oneshot::Sender<Reply>,
    },
    /// To have it known that a grant was used.
    Used { number: u64 },
    /// To have it known that somebody was sent away.
    Refused(guard::Refusal),
}

impl Desk {
    pub(super) fn new(asking: mpsc::Sender<Asking>) -> Arc<Self> {
        Arc::new(Self {
            grants: Mutex::default(),
            asking,
            crowd: Crowd::new(MOST),
        })
    }

    pub(super) fn grants(&self) -> MutexGuard<'_, Grants> {
        self.grants.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for one more connection, as soon as there is one.
    pub(super) async fn place(&self) -> Place {
        self.crowd.place().await
    }

    async fn keys(&self, redeemed: Redeemed) -> Response<Body> {
        let (reply, told) = oneshot::channel();
        let profile = redeemed.profile;
        let asked = self.asking.send(Asking::Keys { profile, reply });
        // The engine answers sooner, but for a moment in which it has its hands full.
        let told = timeout(LONGEST_ANSWER, async {
            asked.await.ok()?;
            told.await.ok()
        });
        match told.await {
            Ok(Some(Reply::Document(document))) => {
                let number = redeemed.number;
                // Who looks at the status later misses little.
                let _ = self.asking.try_send(Asking::Used { number });
                answer::keys(&document)
            }
            Ok(Some(Reply::Failed(failure))) => answer::failure(&failure),
            Ok(None) => answer::failure(&Trouble::Stopping.into()),
            Err(_)
            | Ok(Some(
                Reply::Question { .. }
                | Reply::SignedIn { .. }
                | Reply::SignedOut(_)
                | Reply::Outcome(_)
                | Reply::WhoAmI(_)
                | Reply::Token(_)
                | Reply::Console(_)
                | Reply::Done,
            )) => answer::failure(&Trouble::Busy.into()),
        }
    }
}

/// What answers at a door: its port is part of the guard.
pub(super) fn router(desk: &Arc<Desk>, port: u16) -> Router {
    Router::new()
        .fallback(serve_request)
        .with_state((desk.clone(), port))
}

/// A body is never read.
async fn serve_request(
    State((desk, port)): State<(Arc<Desk>, u16)>,
    request: Request,
) -> Response<Body> {
    let (parts, _) = request.into_parts();
    let admitted = guard::admit(&parts, port, &desk.grants(), clock::now().at);
    match admitted {
        Ok(redeemed) => desk.keys(redeemed).await,
        Err(refusal) => {
            let _ = desk.asking.try_send(Asking::Refused(refusal));
            answer::refusal(refusal)
        }
    }
}

/// Serves one connection, which has its time and no more.
pub(super) async fn serve(
    router: Router,
    stream: impl AsyncRead + AsyncWrite + Unpin + 'static,
    place: Place,
) {
    let router = TowerToHyperService::new(router);
    let service = service_fn(|request| {
        place.keep();
        let answered = router.call(request);
        async move { Ok::<_, Infallible>(answered.await.unwrap_or_else(|never| match never {})) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(LONGEST_REQUEST)
        .max_buf_size(LARGEST_REQUEST)
        .max_headers(MOST_HEADERS)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    // What goes wrong with a stranger's connection is the stranger's business.
    tokio::select! {
        _ = timeout(LONGEST_VISIT, connection) => {}
        () = place.wanted() => {}
    }
}

/// Those who are connected. Whoever comes when all places are taken waits for one; those who have
/// said nothing for a while have to make room then.
struct Crowd {
    free: Arc<Semaphore>,
    silent: Arc<Mutex<Silent>>,
}

#[derive(Default)]
struct Silent {
    next: u64,
    since: BTreeMap<u64, (Instant, Arc<Notify>)>,
}

/// A place for one connection, for as long as this lives.
pub(super) struct Place {
    _permit: OwnedSemaphorePermit,
    number: u64,
    silent: Arc<Mutex<Silent>>,
    wanted: Arc<Notify>,
}

impl Crowd {
    fn new(most: usize) -> Self {
        Self {
            free: Arc::new(Semaphore::new(most)),
            silent: Arc::default(),
        }
    }

    async fn place(&self) -> Place {
        loop {
            let free = self.free.clone().acquire_owned();
            match timeout(GRACE, free).await {
                Ok(Ok(permit)) => return self.enter(permit),
                // It is never closed.
                Ok(Err(_)) => std::future::pending().await,
                Err(_) => self.make_room(),
            }
        }
    }

    fn enter(&self, permit: OwnedSemaphorePermit) -> Place {
        let wanted = Arc::new(Notify::new());
        let mut silent = lock(&self.silent);
        let number = silent.next;
        silent.next += 1;
        let entry = (Instant::now(), wanted.clone());
        silent.since.insert(number, entry);
        drop(silent);
        Place {
            _permit: permit,
            number,
            silent: self.silent.clone(),
            wanted,
        }
    }

    fn make_room(&self) {
        let now = Instant::now();
        let silent = lock(&self.silent);
        for (since, leave) in silent.since.values() {
            if now.duration_since(*since) >= GRACE {
                leave.notify_one();
            }
        }
    }
}

impl Place {
    /// Its request is there: the place is its own until it is answered.
    fn keep(&self) {
        lock(&self.silent).since.remove(&self.number);
    }

    async fn wanted(&self) {
        self.wanted.notified().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.keep();
    }
}

fn lock(silent: &Mutex<Silent>) -> MutexGuard<'_, Silent> {
    silent.lock().unwrap_or_else(PoisonError::into_inner)
}

/// So many connections at once; more wait until one of them is through.
const MOST: usize = 256;

/// How long somebody may say nothing while others wait for a place.
const GRACE: Duration = Duration::from_millis(250);

/// How long a request may take to arrive.
const LONGEST_REQUEST: Duration = Duration::from_secs(2);

/// SDKs give up after one second; the engine's own patience is shorter.
const LONGEST_ANSWER: Duration = Duration::from_millis(850);

/// All of it: request, answer, and until the answer is taken.
const LONGEST_VISIT: Duration = Duration::from_secs(5);

/// An SDK's request has less than one KiB and a dozen headers.
const LARGEST_REQUEST: usize = 8 << 10;
const MOST_HEADERS: usize = 64;
