//! What is known of one profile, and the one fetch that may be under way for it.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::agent::line::Turn;
use crate::agent::setback::Setback;
use crate::config::ProfileSpec;
use crate::console::Destination;
use crate::event::Ticket;
use crate::name::LoginName;
use crate::pace::Span;
use crate::secret::Secret;
use crate::session::Keys;
use crate::time::{Moment, Now, UnixTime};

/// One profile.
#[derive(Debug)]
pub(super) struct Profile {
    pub(super) spec: ProfileSpec,
    /// Whose tokens pay for its keys: [`LoginName::guest`] where it is nobody's.
    pub(super) owner: LoginName,
    pub(super) held: Option<Held>,
    /// How many times keys came.
    pub(super) renewals: u64,
    /// How many times keys were let go of: what was made with them before is of another time.
    pub(super) epoch: u64,
    pub(super) fetch: Fetch,
    /// The identity that it was last made for, where that was known.
    pub(super) sent: Option<String>,
    /// Those who wait.
    pub(super) waiting: BTreeMap<Ticket, Waiter>,
    pub(super) asked: Option<Now>,
    /// Whether files hold its keys, so that whoever reads them asks nobody.
    pub(super) is_written: bool,
    /// Whether nobody has been given keys since it was last at rest.
    pub(super) idle: bool,
    /// When people were last shown that a tool asked and got nothing.
    pub(super) in_vain: Option<Moment>,
    pub(super) setback: Option<Setback>,
    pub(super) failures: u32,
    /// Its place among the fetches that nobody waits for.
    pub(super) turn: Turn,
    pub(super) cured: Cured,
}

/// One who waits.
#[derive(Clone, Debug)]
pub(super) struct Waiter {
    /// Until then.
    pub(super) until: Moment,
    pub(super) wants: Wants,
}

/// What keys are wanted for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wants {
    /// A tool wants them.
    Document,
    /// A person wants to know who they are.
    Identity,
    /// A person wants to be in the AWS console.
    Console(Destination),
}

/// Keys in memory.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) keys: Keys,
    /// Counts the keys, so that a verdict on some is not taken for a verdict on the next.
    pub(super) number: u64,
    /// The identity that an identity pool gave them to.
    pub(super) identity: Option<String>,
    pub(super) span: Span,
    /// The `Expiration` that was told first.
    pub(super) told: UnixTime,
}

/// The one fetch that may be under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fetch {
    /// None; and none before `until`.
    Rest { until: Moment },
    /// One, with the ID token or the keys of this number.
    Busy { begun: Moment, proof: u64 },
    /// One whose result belongs to a session or a specification that is gone.
    Stale,
    /// One, after which the profile itself goes.
    Last,
}

/// The faults that one new attempt can cure, and which were already given one since keys came.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cured {
    pub(super) token: bool,
    pub(super) identity: bool,
}

impl Profile {
    pub(super) fn new(spec: ProfileSpec, owner: LoginName) -> Self {
        Self {
            spec,
            owner,
            held: None,
            renewals: 0,
            epoch: 0,
            fetch: Fetch::Rest {
                until: Moment::default(),
            },
            sent: None,
            waiting: BTreeMap::new(),
            asked: None,
            is_written: false,
            idle: true,
            in_vain: None,
            setback: None,
            failures: 0,
            turn: Turn::None,
            cured: Cured::default(),
        }
    }

    /// Whether somebody used it lately, or waits.
    pub(super) fn is_active(&self, now: Moment, rest_after: Duration) -> bool {
        !self.waiting.is_empty()
            || self.is_written
            || self
                .asked
                .is_some_and(|asked| now.since(asked.at) < rest_after)
    }

    pub(super) fn is_fresh(&self, now: Moment) -> bool {
        self.fresh_until(now).is_some()
    }

    /// When keys that are fresh become due.
    pub(super) fn fresh_until(&self, now: Moment) -> Option<Moment> {
        let span = self.held.as_ref()?.span;
        span.is_fresh(now).then_some(span.renew)
    }

    pub(super) fn is_going(&self) -> bool {
        self.fetch == Fetch::Last
    }

    /// Before when nothing is fetched; `None` while something is.
    pub(super) fn resting_until(&self) -> Option<Moment> {
        match self.fetch {
            Fetch::Rest { until } => Some(until),
            Fetch::Busy { .. } | Fetch::Stale | Fetch::Last => None,
        }
    }

    /// How far away the next attempt is.
    pub(super) fn wait(&self, now: Moment) -> Duration {
        now.until(self.resting_until().unwrap_or_default())
    }

    /// Lets go of keys, and of those that are on their way.
    pub(super) fn forget(&mut self) {
        self.held = None;
        self.epoch += 1;
        self.setback = None;
        self.failures = 0;
        self.cured = Cured::default();
        self.turn = Turn::None;
        self.fetch = match self.fetch {
            Fetch::Rest { .. } => Fetch::Rest {
                until: Moment::default(),
            },
            Fetch::Busy { .. } | Fetch::Stale => Fetch::Stale,
            Fetch::Last => Fetch::Last,
        };
    }

    /// Leaves the configuration; says whether it can be dropped at once.
    pub(super) fn go(&mut self) -> bool {
        self.forget();
        match self.fetch {
            Fetch::Rest { .. } => true,
            Fetch::Busy { .. } | Fetch::Stale | Fetch::Last => {
                self.fetch = Fetch::Last;
                false
            }
        }
    }

    /// Changes, or comes back into the configuration while its last fetch is under way.
    pub(super) fn come_back(&mut self, spec: ProfileSpec, owner: LoginName) {
        self.spec = spec;
        self.owner = owner;
        self.forget();
        if self.fetch == Fetch::Last {
            self.fetch = Fetch::Stale;
        }
    }

    /// A person wants it renewed, and so means to use it.
    pub(super) fn renew_now(&mut self, now: Now) {
        self.asked = Some(now);
        if let Some(held) = &mut self.held {
            held.span.renew = held.span.renew.min(now.at);
        }
        if let Fetch::Rest { until } = &mut self.fetch {
            *until = now.at;
        }
    }

    /// A network came back.
    pub(super) fn forget_wait(&mut self, now: Moment) {
        let when = self.setback.as_ref().and_then(Setback::on_waking);
        if let (Some(when), Fetch::Rest { until }) = (when, &mut self.fetch) {
            *until = (*until).min(when.max(now));
        }
    }

    /// A tool asks.
    pub(super) fn hurry(&mut self, now: Moment) {
        let when = self.setback.as_ref().and_then(Setback::on_demand);
        if let (Some(when), Fetch::Rest { until }) = (when, &mut self.fetch)
            && when <= now
        {
            *until = (*until).min(now);
        }
    }

    /// Keys that work.
    pub(super) fn working(&self, now: Now) -> Option<&Held> {
        let held = self.held.as_ref()?;
        // A document that says itself that it is over is refused by those who read it.
        let good = held.span.is_usable(now.at) && held.expiration(now).secs_after(now.wall) > 0;
        good.then_some(held)
    }

    /// What a tool is given, if there are keys that work.
    pub(super) fn document(&self, now: Now) -> Option<Secret> {
        let held = self.working(now)?;
        Some(held.document(self.spec.role_arn(), now))
    }
}
