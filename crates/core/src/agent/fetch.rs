//! A profile's keys: fetched when due, with a token that the identity pool takes.

use crate::agent::Agent;
use crate::agent::chain::Payment;
use crate::agent::document::expiration;
use crate::agent::line::Turn;
use crate::agent::login::Login;
use crate::agent::profile::{Cured, Fetch, Held};
use crate::agent::schedule::Key;
use crate::agent::setback::{Setback, SetbackKind};
use crate::config::{KeySource, PoolFlow};
use crate::event::Effect;
use crate::fault::{Fault, FaultKind};
use crate::name::{LoginName, ProfileName};
use crate::pace::{self, Span};
use crate::session::{self, Proof};
use crate::time::{Moment, Now};

impl Agent {
    /// Lets a profile take its next step, then its login's deadline follow.
    pub(super) fn settle_profile(&mut self, name: &ProfileName, now: Now) {
        self.move_profile(name, now);
        if let Some(profile) = self.profiles.get(name) {
            let login = profile.owner.clone();
            self.reschedule_login(&login, now);
        }
    }

    /// Lets a profile take its next step, after those that it hangs on, then answers whom it can.
    pub(super) fn move_profile(&mut self, name: &ProfileName, now: Now) {
        let chain = self.chain(name);
        for hop in &chain {
            self.advance_profile(hop, now);
        }
        for hop in &chain {
            self.answer_waiting(hop, now);
            self.reschedule_profile(hop, now);
        }
    }

    fn advance_profile(&mut self, name: &ProfileName, now: Now) {
        let used = self.is_used(name, now.at);
        let Some(profile) = self.profiles.get_mut(name) else {
            return;
        };
        let Some(until) = profile.resting_until() else {
            return;
        };
        if self.stopping || profile.is_fresh(now.at) || !used {
            profile.turn = Turn::None;
            if profile.failures > 0 {
                profile.failures = 0;
                profile.setback = None;
                self.changed();
            }
            return;
        }
        let login = profile.owner.clone();
        self.want_guests(&login, now);
        if self.payment(name, now.at).is_none() {
            self.advance_login(&login, now);
        }
        if until > now.at || self.payment(name, now.at).is_none() || self.is_being_named(name) {
            return;
        }
        let calls = self.fetch_calls(name);
        let awaited = self.is_awaited(name, now.at);
        let Some(profile) = self.profiles.get_mut(name) else {
            return;
        };
        if !awaited {
            let key = Key::Profile(name.clone());
            if !self.line.may_call(key, &mut profile.turn, calls, now.at) {
                return;
            }
        } else {
            self.line.charge(calls, now.at);
        }
        self.fetch(name, now.at);
    }

    fn fetch(&mut self, name: &ProfileName, now: Moment) {
        let identity = self.identity(name).cloned();
        let (Some(spec), Some(payment)) = (self.spec_of(name), self.payment(name, now)) else {
            return;
        };
        let (proof, number) = match payment {
            Payment::Token(id) => (Proof::IdToken(id.token.clone()), id.number),
            Payment::Nothing => (Proof::Guest, 0),
            Payment::Keys(held) => (Proof::Keys(held.keys.clone()), held.number),
        };
        let Some(profile) = self.profiles.get_mut(name) else {
            return;
        };
        let user = self.logins.get(&profile.owner).and_then(Login::user);
        profile.turn = Turn::None;
        profile.fetch = Fetch::Busy {
            begun: now,
            proof: number,
        };
        profile.sent.clone_from(&identity);
        self.effects.push_back(Effect::Fetch {
            profile: name.clone(),
            spec,
            proof,
            identity,
            user: user.cloned(),
        });
    }

    /// The user's identity id in the profile's pool, where it is known.
    pub(super) fn identity(&self, name: &ProfileName) -> Option<&String> {
        let profile = self.profiles.get(name)?;
        let login = self.logins.get(&profile.owner)?;
        let pool = &profile.spec.pool()?.identity_pool_id;
        if login.is_guest() {
            return login.guests.ids.get(pool);
        }
        login.session()?.stored.identities.get(pool)
    }

    /// How many calls a fetch costs.
    pub(super) fn fetch_calls(&self, name: &ProfileName) -> u32 {
        let Some(profile) = self.profiles.get(name) else {
            return 0;
        };
        let flow = match &profile.spec.source {
            KeySource::Role(_) => return 1,
            KeySource::Pool(pool) => &pool.flow,
        };
        let lookup = match self.identity(name) {
            Some(_) => 0,
            None => 1,
        };
        lookup
            + match flow {
                PoolFlow::Enhanced { .. } => 1,
                PoolFlow::Classic { .. } => 2,
            }
    }

    pub(super) fn fetched(
        &mut self,
        name: &ProfileName,
        result: Result<Box<session::Fetched>, Fault>,
        now: Now,
    ) {
        let Some(profile) = self.profiles.get_mut(name) else {
            return;
        };
        let login = profile.owner.clone();
        match profile.fetch {
            Fetch::Rest { .. } => return,
            Fetch::Last => {
                self.profiles.remove(name);
                self.schedule.set(Key::Profile(name.clone()), None);
                return;
            }
            Fetch::Stale => profile.fetch = Fetch::Rest { until: now.at },
            Fetch::Busy { begun, proof } => {
                profile.fetch = Fetch::Rest { until: now.at };
                match result {
                    Ok(fetched) => self.take_keys(name, *fetched, begun, now),
                    Err(fault) => self.fetch_failed(name, fault, proof, now),
                }
            }
        }
        self.changed();
        if login.is_guest() {
            // Another of theirs may have waited to learn who the guest is.
            return self.settle_login(&login, now);
        }
        self.settle_profile(name, now);
        for hop in self.chained_to(name) {
            self.move_profile(&hop, now);
        }
        self.advance_login(&login, now);
        self.reschedule_login(&login, now);
    }

    fn take_keys(
        &mut self,
        name: &ProfileName,
        fetched: session::Fetched,
        begun: Moment,
        now: Now,
    ) {
        let Some(profile) = self.profiles.get_mut(name) else {
            return;
        };
        let sent = profile.sent.take();
        let life = fetched.keys.life;
        let span = Span::of_keys(begun, life.length, &mut self.rng);
        if span.is_fresh(now.at) {
            profile.failures = 0;
            profile.setback = None;
            profile.cured = Cured::default();
        } else {
            // The machine slept on the answer, or the pool's keys are of no use. Either way new
            // ones follow, but not in a hurry without end.
            let text = "The keys that AWS gave were over before they came.";
            profile.fail(FaultKind::Service, text.to_owned(), now, &mut self.rng);
        }
        profile.renewals += 1;
        profile.held = Some(Held {
            span,
            told: expiration(span, now),
            keys: fetched.keys,
            number: profile.renewals,
            identity: fetched.identity.clone(),
        });
        let pool = profile
            .spec
            .pool()
            .map(|pool| pool.identity_pool_id.clone());
        let login = profile.owner.clone();
        self.observe(life, begun, now);
        if let Some((pool, identity)) = pool.zip(fetched.identity) {
            self.note_identity(&login, pool, sent, Some(identity));
        }
    }

    /// A fault that one new attempt can cure gets one; with others the profile waits.
    fn fetch_failed(&mut self, name: &ProfileName, fault: Fault, proof: u64, now: Now) {
        let Some(profile) = self.profiles.get_mut(name) else {
            return;
        };
        let sent = profile.sent.take();
        let pool = profile
            .spec
            .pool()
            .map(|pool| pool.identity_pool_id.clone());
        let login = profile.owner.clone();
        match fault.kind {
            // A refresh brings a newer token, or the definitive answer that there is none.
            FaultKind::TokenStale | FaultKind::Ended(_) if !profile.cured.token => {
                profile.cured.token = true;
                match profile.spec.source_profile().cloned() {
                    Some(source) => self.doubt_keys(&source, proof, now),
                    None => self.drop_id(&login, proof),
                }
            }
            FaultKind::IdentityConflict if !profile.cured.identity => {
                profile.cured.identity = true;
                if let Some(pool) = pool {
                    self.note_identity(&login, pool, sent, None);
                }
            }
            FaultKind::TokenStale
            | FaultKind::Ended(_)
            | FaultKind::IdentityConflict
            | FaultKind::Unreachable
            | FaultKind::Lost
            | FaultKind::Throttled
            | FaultKind::Service
            | FaultKind::Wrong
            | FaultKind::LockedOut
            | FaultKind::Expired
            | FaultKind::Unsupported
            | FaultKind::Misconfigured
            | FaultKind::DeviceGone => {
                profile.fail(fault.kind, fault.text, now, &mut self.rng);
            }
        }
    }

    /// Drops the ID token of that number; a newer one has not been judged.
    fn drop_id(&mut self, login: &LoginName, number: u64) {
        if let Some(session) = self.logins.get_mut(login).and_then(Login::session_mut) {
            session.id.take_if(|id| id.number == number);
        }
    }

    /// `sent` is what the pool was asked with, and `identity` what it told.
    fn note_identity(
        &mut self,
        login: &LoginName,
        pool: String,
        sent: Option<String>,
        identity: Option<String>,
    ) {
        let Some(login) = self.logins.get_mut(login) else {
            return;
        };
        if login.is_guest() {
            return login.note_guest(pool, sent.as_deref(), identity);
        }
        let Some(session) = login.session_mut() else {
            return;
        };
        let identities = &mut session.stored.identities;
        let old = match &identity {
            Some(identity) => identities.insert(pool, identity.clone()),
            None => identities.remove(&pool),
        };
        if old != identity {
            session.unsaved.notes = true;
        }
    }

    pub(super) fn drop_keys(&mut self, login: &LoginName) {
        for name in self.members.get(login).into_iter().flatten() {
            if let Some(profile) = self.profiles.get_mut(name) {
                profile.forget();
            }
        }
    }
}

impl super::profile::Profile {
    fn fail(&mut self, kind: FaultKind, text: String, now: Now, rng: &mut fastrand::Rng) {
        self.failures += 1;
        self.fetch = Fetch::Rest {
            until: now.at + pace::backoff(kind, self.failures, rng),
        };
        Setback::note(&mut self.setback, SetbackKind::Service(kind), text, now);
    }
}
