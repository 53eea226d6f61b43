//! Sessions that nobody holds any more, and that their providers still have to revoke.
//!
//! One that cannot be revoked at the moment is tried again, for as long as it may live. What it takes
//! is kept in memory alone, so that a process that ends gives it up.

use std::time::Duration;

use crate::agent::Agent;
use crate::agent::login::Login;
use crate::agent::work::{Whose, Work};
use crate::config::LoginSpec;
use crate::event::{Effect, Farewell, Parting};
use crate::fault::Fault;
use crate::name::LoginName;
use crate::pace;
use crate::secret::Secret;
use crate::time::{Moment, Now};

/// A session that nobody holds any more.
#[derive(Debug)]
pub(super) struct Orphan {
    pub(super) spec: LoginSpec,
    pub(super) refresh_token: Option<Secret>,
    pub(super) client_secret: Option<Secret>,
    pub(super) farewell: Farewell,
    /// When it has ended by itself, where that is known.
    pub(super) ends: Option<Moment>,
    /// Before then it is not tried again.
    due: Moment,
    failures: u32,
    last: Moment,
}

impl Orphan {
    pub(super) fn new(
        spec: LoginSpec,
        refresh_token: Option<Secret>,
        client_secret: Option<Secret>,
        farewell: Farewell,
    ) -> Self {
        Self {
            spec,
            refresh_token,
            client_secret,
            farewell,
            ends: None,
            due: Moment::default(),
            failures: 0,
            last: Moment::default(),
        }
    }

    /// The same, where it ends by itself then.
    pub(super) fn ending(self, ends: Option<Moment>) -> Self {
        Self { ends, ..self }
    }

    /// Takes in what its provider said; says whether it is to be asked again.
    fn learn(&mut self, parting: &Parting, now: Moment) -> bool {
        let passing = |outcome: &Result<(), Fault>| {
            let fault = outcome.as_ref().err();
            fault.is_some_and(|fault| fault.kind.is_passing())
        };
        if let Some(rotated) = &parting.rotated {
            self.refresh_token = Some(rotated.clone());
        }
        self.last = now;
        self.failures += 1;
        // Of what is tried again, no more is kept than it takes.
        self.farewell = Farewell {
            forget: self
                .farewell
                .forget
                .take_if(|_| passing(&parting.forgotten)),
            everywhere: passing(&parting.everywhere),
            access_token: None,
        };
        self.refresh_token.is_some() && passing(&parting.revoked) && !self.is_over(now)
    }

    fn is_over(&self, now: Moment) -> bool {
        self.ends.is_some_and(|ends| ends <= now)
    }
}

impl Login {
    /// A session that is over here has to be revoked. There are a few at a time: whoever signs in
    /// and out again and again while nothing can be revoked gives the oldest up.
    pub(super) fn add_orphan(&mut self, orphan: Orphan) {
        if self.orphans.len() == MOST {
            self.orphans.pop_front();
        }
        self.orphans.push_back(orphan);
    }

    /// How many sessions are over here, and could not be revoked so far.
    pub(super) fn unrevoked(&self) -> u32 {
        let waiting = self.orphans.iter().filter(|orphan| orphan.failures > 0);
        let under_way = match &self.work {
            Work::Revoking(_, orphan) => u32::from(orphan.failures > 0),
            Work::Rest
            | Work::Recalling
            | Work::Probing
            | Work::Refreshing { .. }
            | Work::Keeping(_) => 0,
        };
        u32::try_from(waiting.count()).unwrap_or(u32::MAX) + under_way
    }

    /// When the next of them is tried.
    pub(super) fn orphan_due(&self) -> Option<Moment> {
        // A token that the vault does not know yet comes first.
        let orphans = (self.unsaved_token().is_none()).then_some(&self.orphans)?;
        orphans.iter().map(|orphan| orphan.due).min()
    }

    /// A network came back.
    pub(super) fn hurry_orphans(&mut self, now: Moment) {
        for orphan in &mut self.orphans {
            orphan.due = orphan.due.min(now.max(orphan.last + pace::RETRY_ON_DEMAND));
        }
    }

    /// The daemon stops: each has one more try.
    pub(super) fn try_orphans_at_once(&mut self, now: Moment) {
        for orphan in &mut self.orphans {
            orphan.due = orphan.due.min(now);
        }
    }

    /// When a session that is held at this moment ends by itself, where that is known.
    pub(super) fn end_in_sight(&self, now: Now) -> Option<Moment> {
        let signed_in = self.session()?.stored.signed_in;
        let life = self.spec.session_life().or(self.learnt_life)?;
        let left = (signed_in + life + DOUBT).secs_after(now.wall);
        Some(now.at + Duration::from_secs(left.max(0).unsigned_abs()))
    }
}

impl Agent {
    /// A session that nobody holds any more shall be revoked. Nobody waits for it.
    pub(super) fn orphan(
        &mut self,
        name: &LoginName,
        spec: LoginSpec,
        refresh_token: Option<Secret>,
        client_secret: Option<Secret>,
    ) {
        if let (Some(login), Some(_)) = (self.logins.get_mut(name), &refresh_token) {
            let client_secret = client_secret.or_else(|| login.client_secret.clone());
            let farewell = Farewell::default();
            login.add_orphan(Orphan::new(spec, refresh_token, client_secret, farewell));
        }
    }

    /// Revokes the next of the sessions that nobody holds any more.
    pub(super) fn revoke_orphans(&mut self, name: &LoginName, now: Now) {
        let Some(login) = self.logins.get_mut(name) else {
            return;
        };
        let many = login.orphans.len();
        login.orphans.retain(|orphan| !orphan.is_over(now.at));
        let over = many > login.orphans.len();
        let due = |orphan: &Orphan| orphan.due <= now.at;
        let next = login.orphans.iter().position(due);
        let orphan = next.and_then(|place| login.orphans.remove(place));
        if over {
            self.changed();
        }
        if let Some(orphan) = orphan {
            self.revoke(name, Whose::Orphan, orphan);
        }
    }

    pub(super) fn revoke(&mut self, name: &LoginName, whose: Whose, orphan: Orphan) {
        let effect = Effect::Revoke {
            login: name.clone(),
            spec: orphan.spec.clone(),
            refresh_token: orphan.refresh_token.clone(),
            client_secret: orphan.client_secret.clone(),
            farewell: orphan.farewell.clone(),
        };
        let work = Work::Revoking(whose, Box::new(orphan));
        self.begin(name, work, |_, _| effect);
    }

    pub(super) fn revoked(&mut self, name: &LoginName, parting: Parting, now: Now) {
        let Some(login) = self.logins.get_mut(name) else {
            return;
        };
        let work = std::mem::replace(&mut login.work, Work::Rest);
        let Work::Revoking(whose, mut orphan) = work else {
            login.work = work;
            return;
        };
        let again = orphan.learn(&parting, now.at);
        let retrying = again && !self.stopping;
        if retrying {
            let kind = parting.revoked.as_ref().err().map(|fault| fault.kind);
            let wait = pace::revocation_backoff(kind, orphan.failures, &mut self.rng);
            orphan.due = now.at + wait;
            login.add_orphan(*orphan);
        } else if again {
            self.left_behind.push(name.clone());
        }
        if whose == Whose::Leaver {
            self.parted(name, parting, retrying);
        }
        self.changed();
        self.settle_login(name, now);
    }

    /// The logins with sessions that are over here and were not revoked: one entry for each. A
    /// process that ends gives them up, and at their providers they live on to their own ends.
    pub fn left_behind(&self) -> Vec<LoginName> {
        let mut all = self.left_behind.clone();
        for (name, login) in &self.logins {
            let under_way = matches!(login.work, Work::Revoking(..));
            let many = login.orphans.len() + usize::from(under_way);
            all.extend(std::iter::repeat_n(name.clone(), many));
        }
        all
    }
}

/// More sessions of one login do not wait for their revocation.
const MOST: usize = 8;

/// What is learnt or written down of a session's life may be off by so much.
const DOUBT: Duration = Duration::from_secs(3600);
