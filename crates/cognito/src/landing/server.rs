//! The listener's HTTP: a few requests, small, answered at once, from whoever comes.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::callback::{Callback, NoAnswer};
use super::page::{self, Scene};
use super::request::{self, Asked};
use super::{Desk, Ending};

/// Answers whoever comes, until the desk closes.
pub(super) async fn run(desk: Arc<Desk>, listeners: Vec<TcpListener>) {
    let mut progress = desk.progress.subscribe();
    let mut guests = Guests::default();
    loop {
        let closing = desk.closes_at();
        if closing <= Instant::now() {
            tracing::debug!(port = desk.port, "a browser is waited for no longer");
            return;
        }
        tokio::select! {
            came = accept(&listeners) => match came {
                Ok(stream) => guests.admit(&desk, stream),
                // No descriptors, or a peer that left at once.
                Err(_) => sleep(Duration::from_millis(100)).await,
            },
            () = sleep_until(closing) => {}
            _ = progress.changed() => {}
        }
    }
}

async fn accept(listeners: &[TcpListener]) -> io::Result<TcpStream> {
    poll_fn(|context| {
        for listener in listeners {
            if let Poll::Ready(came) = listener.poll_accept(context) {
                return Poll::Ready(came.map(|(stream, _)| stream));
            }
        }
        Poll::Pending
    })
    .await
}

/// The connections that are open.
#[derive(Default)]
struct Guests {
    tasks: JoinSet<()>,
    /// The oldest first, and whether each has said what it wants.
    open: VecDeque<(AbortHandle, Arc<AtomicBool>)>,
}

impl Guests {
    /// Lets one in. When there are too many, the oldest that has said nothing leaves.
    fn admit(&mut self, desk: &Arc<Desk>, stream: TcpStream) {
        while self.tasks.try_join_next().is_some() {}
        self.open.retain(|(task, _)| !task.is_finished());
        if self.open.len() >= MOST {
            let silent =
                |(_, spoke): &(AbortHandle, Arc<AtomicBool>)| !spoke.load(Ordering::Relaxed);
            let Some(place) = self.open.iter().position(silent) else {
                return;
            };
            if let Some((task, _)) = self.open.remove(place) {
                task.abort();
            }
        }
        let spoke = Arc::new(AtomicBool::new(false));
        let task = self.tasks.spawn(serve(desk.clone(), stream, spoke.clone()));
        self.open.push_back((task, spoke));
    }
}

async fn serve(desk: Arc<Desk>, stream: TcpStream, spoke: Arc<AtomicBool>) {
    let service = service_fn(|request: Request<Incoming>| {
        spoke.store(true, Ordering::Relaxed);
        let desk = desk.clone();
        async move { Ok::<_, Infallible>(answer(&desk, request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(LONGEST_HEAD)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    // What goes wrong with a stranger's connection is the stranger's business.
    let _ = timeout(VISIT, connection).await;
}

/// A body is never read.
async fn answer(desk: &Desk, request: Request<Incoming>) -> page::Response {
    let (parts, _) = request.into_parts();
    let language = desk
        .language
        .unwrap_or_else(|| request::language(&parts.headers));
    match request::read(&parts, &desk.place, desk.port, &desk.page) {
        Asked::Nothing(status) => page::nothing(status),
        Asked::Callback(query) => match Callback::of(query.expose(), &desk.state) {
            Ok(callback) => {
                if desk.land(callback) {
                    tracing::debug!(port = desk.port, "the browser is back");
                    page::redirect(&desk.page)
                } else {
                    page::show(StatusCode::CONFLICT, language, &Scene::Used)
                }
            }
            Err(why @ (NoAnswer::Stateless | NoAnswer::Another | NoAnswer::Broken)) => {
                tracing::info!(port = desk.port, ?why, "an answer that was not asked for");
                page::show(StatusCode::BAD_REQUEST, language, &Scene::NotOurs)
            }
        },
        Asked::Page => {
            let scene = match desk.ending().await {
                Some(Ending::SignedIn(user)) => Scene::SignedIn(user),
                Some(Ending::GoesOn) | None => Scene::GoesOn,
                Some(Ending::Failed(text)) => Scene::Failed(text),
            };
            page::show(StatusCode::OK, language, &scene)
        }
    }
}

/// Browsers open a few connections ahead of their need.
const MOST: usize = 16;

/// Whoever sends no whole head by then is not a browser.
const HEAD: Duration = Duration::from_secs(5);

/// A head, the wait of a page, and its way back.
const VISIT: Duration = Duration::from_secs(20);

/// Cookies go to every port of a host, and whoever develops on `localhost` has many.
const LONGEST_HEAD: usize = 32 << 10;
