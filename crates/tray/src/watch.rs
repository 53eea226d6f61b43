//! What the daemon tells, by a thread that waits for it.
//!
//! At the beginning a daemon is started if there is none. One that goes away is waited for, but not
//! started again: somebody may have stopped it. It is looked for less and less often, and at once
//! when somebody opens the menu.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use poolkey_core::failure::Failure;
use poolkey_ipc::Client;
use poolkey_ipc::client::Starting;
use tokio::sync::mpsc::Sender;

use crate::desk::Event;
use crate::start::START_DAEMON;

/// What makes the watch look at once.
#[derive(Clone, Debug)]
pub(crate) struct Nudge(SyncSender<Wanted>);

enum Wanted {
    Look,
    Start,
}

impl Nudge {
    /// Somebody wants to see how things stand.
    pub(crate) fn look(&self) {
        // One is enough, however many come.
        let _ = self.0.try_send(Wanted::Look);
    }

    /// Somebody wants the daemon to be there.
    pub(crate) fn start(&self) {
        let _ = self.0.try_send(Wanted::Start);
    }
}

/// Begins to watch, with our own program as the one that starts a daemon.
pub(crate) fn begin(events: Sender<Event>, own: Option<PathBuf>) -> Nudge {
    let (nudge, nudged) = sync_channel(1);
    let spawned = thread::Builder::new()
        .name("watch".into())
        .stack_size(STACK)
        .spawn(move || watch(&events, &nudged, own));
    if let Err(error) = spawned {
        crate::complain(&format!("the daemon cannot be watched: {error}"));
    }
    Nudge(nudge)
}

fn watch(events: &Sender<Event>, nudged: &Receiver<Wanted>, own: Option<PathBuf>) {
    let client = Client::of_process().starting(Starting::Never);
    let mut wanted = Some(Wanted::Start);
    let mut pause = SHORTEST;
    loop {
        if let Some(Wanted::Start) = wanted {
            start(own.as_deref());
        }
        match follow(&client, events) {
            Followed::Seen => pause = SHORTEST,
            Followed::Nobody => {}
            Followed::Unwatched => return,
        }
        wanted = match nudged.recv_timeout(pause) {
            Ok(wanted) => Some(wanted),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => return,
        };
        pause = (pause * 2).min(LONGEST);
    }
}

enum Followed {
    /// A daemon told something, and is gone.
    Seen,
    /// There is none.
    Nobody,
    /// Nobody wants to know any more.
    Unwatched,
}

fn follow(client: &Client, events: &Sender<Event>) -> Followed {
    let statuses = client.watch().into_iter().flatten();
    let mut seen = false;
    for status in statuses.map_while(Result::<_, Failure>::ok) {
        seen = true;
        let told = Event::Told(Some(Box::new(status.snapshot)));
        if events.blocking_send(told).is_err() {
            return Followed::Unwatched;
        }
    }
    if events.blocking_send(Event::Told(None)).is_err() {
        return Followed::Unwatched;
    }
    if seen {
        Followed::Seen
    } else {
        Followed::Nobody
    }
}

/// What it says if it fails, it says in our place.
fn start(own: Option<&std::path::Path>) {
    let Some(own) = own else { return };
    let started = Command::new(own)
        .arg(START_DAEMON)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status();
    if let Err(error) = started {
        crate::complain(&format!("the daemon cannot be started: {error}"));
    }
}

const SHORTEST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(300);
const STACK: usize = 256 << 10;
