//! The loop around the agent: events in, effects out, each lane in order.
//!
//! Everything here runs on one thread, so that a request is answered without a lock or a hop.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use poolkey_core::agent::Agent;
use poolkey_core::config::Config;
use poolkey_core::event::{Effect, Event, Lane, Reply, Request, Ticket};
use poolkey_core::name::LoginName;
use poolkey_core::secret::Secret;
use poolkey_core::snapshot::Snapshot;
use poolkey_core::time::Moment;
use tokio::sync::{Notify, oneshot, watch};

use crate::clock;
use crate::journal::Journal;
use crate::nap::Napper;
use crate::perform::Performer;

/// Drives an [`Agent`].
pub(crate) struct Engine {
    agent: RefCell<Agent>,
    pub(crate) performer: Performer,
    /// The lanes in which something is being done, with what comes after it.
    lanes: RefCell<BTreeMap<Lane, VecDeque<Effect>>>,
    waiting: RefCell<BTreeMap<Ticket, oneshot::Sender<Reply>>>,
    tickets: Cell<u64>,
    /// When the timer will look at the agent.
    alarm: Cell<Option<Moment>>,
    reset: Notify,
    fed: Notify,
    changes: watch::Sender<u64>,
    journal: Journal,
}

impl Engine {
    pub(crate) fn new(agent: Agent, performer: Performer) -> Rc<Self> {
        Rc::new(Self {
            agent: RefCell::new(agent),
            performer,
            lanes: RefCell::default(),
            waiting: RefCell::default(),
            tickets: Cell::new(0),
            alarm: Cell::new(None),
            reset: Notify::new(),
            fed: Notify::new(),
            changes: watch::Sender::new(0),
            journal: Journal::default(),
        })
    }

    /// Asks the agent. The answer may be there already.
    pub(crate) fn ask(self: &Rc<Self>, request: Request) -> Waiting {
        let ticket = Ticket(self.tickets.get());
        self.tickets.set(ticket.0 + 1);
        let (answer, answered) = oneshot::channel();
        self.waiting.borrow_mut().insert(ticket, answer);
        self.feed(Event::Asked { ticket, request });
        Waiting {
            engine: self.clone(),
            ticket,
            answered,
        }
    }

    /// Tells the agent what happened, and sees to what it wants done.
    pub(crate) fn feed(self: &Rc<Self>, event: Event) {
        self.journal.note(&event);
        if let Event::Configured(config) = &event {
            // Before the agent has anything done by it.
            self.performer.configure(config);
        }
        let mut agent = self.agent.borrow_mut();
        agent.handle(event, clock::now());
        while let Some(effect) = agent.effect() {
            match effect {
                Effect::Answer { ticket, reply } => {
                    if let Some(answer) = self.waiting.borrow_mut().remove(&ticket) {
                        // Who left needs no answer.
                        let _ = answer.send(reply);
                    }
                }
                Effect::Dismiss { .. } => {
                    let engine = self.clone();
                    tokio::task::spawn_local(async move {
                        engine.performer.perform(effect).await;
                    });
                }
                Effect::Recall { .. }
                | Effect::Probe { .. }
                | Effect::Keep { .. }
                | Effect::Refresh { .. }
                | Effect::Revoke { .. }
                | Effect::Converse { .. }
                | Effect::Fetch { .. }
                | Effect::Identify { .. }
                | Effect::OpenConsole { .. }
                | Effect::ScrubFiles { .. }
                | Effect::WriteKeys { .. } => self.line_up(effect),
            }
        }
        let (wake, changes) = (agent.wake_at(), agent.changes());
        drop(agent);
        if wake.is_some_and(|wake| self.alarm.get().is_none_or(|alarm| wake < alarm)) {
            self.reset.notify_one();
        }
        if *self.changes.borrow() != changes {
            self.changes.send_replace(changes);
        }
        self.fed.notify_waiters();
    }

    fn line_up(self: &Rc<Self>, effect: Effect) {
        let Some(lane) = effect.lane() else { return };
        let mut lanes = self.lanes.borrow_mut();
        if let Some(queue) = lanes.get_mut(&lane) {
            queue.push_back(effect);
            return;
        }
        lanes.insert(lane.clone(), VecDeque::new());
        let engine = self.clone();
        tokio::task::spawn_local(async move { engine.work(lane, effect).await });
    }

    async fn work(self: Rc<Self>, lane: Lane, first: Effect) {
        let mut next = Some(first);
        while let Some(effect) = next {
            if let Some(event) = self.performer.perform(effect).await {
                self.feed(event);
            }
            let mut lanes = self.lanes.borrow_mut();
            next = lanes.get_mut(&lane).and_then(VecDeque::pop_front);
            if next.is_none() {
                lanes.remove(&lane);
            }
        }
    }

    /// Wakes the agent when it wants, for ever.
    ///
    /// Not every system's timer counts the machine's sleep, so that no nap is longer than
    /// [`LONGEST_NAP`]; a nap that took longer than it should was a sleep.
    pub(crate) async fn keep_time(self: Rc<Self>) {
        let napper = Napper::new();
        loop {
            let before = clock::now().at;
            let (wake, watchful) = {
                let agent = self.agent.borrow();
                (agent.wake_at(), agent.is_signed_in())
            };
            let nap = match wake {
                Some(wake) => Some(before.until(wake).min(LONGEST_NAP)),
                None => watchful.then_some(LONGEST_NAP),
            };
            self.alarm.set(nap.map(|nap| before + nap));
            match nap {
                Some(nap) => {
                    tokio::select! {
                        () = napper.nap(nap) => {
                            let slept = clock::now().at.since(before);
                            if slept > nap + OVERSLEPT {
                                tracing::info!(seconds = slept.as_secs(), "the machine slept");
                                self.feed(Event::Woke);
                            } else if wake.is_some_and(|wake| wake <= clock::now().at) {
                                self.feed(Event::Tick);
                            }
                        }
                        () = self.reset.notified() => {}
                    }
                }
                None => self.reset.notified().await,
            }
        }
    }

    /// Comes back when nothing is under way that a stop would cut short.
    pub(crate) async fn settle(&self) {
        loop {
            let fed = self.fed.notified();
            if self.agent.borrow().is_quiet() {
                return;
            }
            fed.await;
        }
    }

    /// The logins with sessions that were signed out here and not revoked, one entry for each.
    pub(crate) fn left_behind(&self) -> Vec<LoginName> {
        self.agent.borrow().left_behind()
    }

    /// The configuration in force.
    pub(crate) fn config(&self) -> Config {
        self.agent.borrow().config()
    }

    /// The secret of a login's app client, where it is known.
    pub(crate) fn client_secret(&self, login: &LoginName) -> Option<Secret> {
        self.agent.borrow().client_secret(login)
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        self.agent.borrow().snapshot(clock::now())
    }

    /// Tells those who watch that something beside the snapshot is shown otherwise.
    pub(crate) fn announce(&self) {
        self.changes.send_modify(|_| {});
    }

    /// Tells each change of what a snapshot shows.
    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }
}

/// An answer that is there or will be. Dropping it tells the agent that nobody waits.
pub(crate) struct Waiting {
    engine: Rc<Engine>,
    ticket: Ticket,
    answered: oneshot::Receiver<Reply>,
}

impl Waiting {
    /// The answer; `None` if the daemon ends before there is one.
    pub(crate) async fn answer(&mut self) -> Option<Reply> {
        (&mut self.answered).await.ok()
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let unanswered = self.engine.waiting.borrow_mut().remove(&self.ticket);
        if unanswered.is_some() {
            self.engine.feed(Event::Left {
                ticket: self.ticket,
            });
        }
    }
}

const LONGEST_NAP: Duration = Duration::from_secs(30);

/// A busy machine may be late by less.
const OVERSLEPT: Duration = Duration::from_secs(5);
