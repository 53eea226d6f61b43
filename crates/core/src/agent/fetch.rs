//! A profile's keys: fetched when due, with a token that the identity pool takes.

use crate::agent::Agent;
use crate::agent::document::expiration;
use crate::agent::line::Turn;
use crate::agent::login::Login;
use crate::agent::profile::{Cured, Fetch, Held};
use crate::agent::schedule::Key;
use crate::agent::session::IdToken;
use crate::agent::setback::{Setback, SetbackKind};
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

    /// Lets a profile take its next step, then answers whom it can.
    pub(super) fn move_profile(&mut self, name: &ProfileName, now: Now) {
        self.advance_profile(name, now);
        self.answer_waiting(name, now);
        self.reschedule_profile(name, now);
    }

    fn advance_profile(&mut self, name: &ProfileName, now: Now) {
        let rest_after = self.settings.rest_after;
        let Some(profile) = self.profiles.get_mut(name) else {
            return;
        };
        let Some(until) = profile.resting_until() else {
            return;
        };
        if self.stopping || profile.is_fresh(now.at) || !profile.is_active(now.at, rest_after) {
            profile.turn = Turn::None;
            if profile.failures > 0 {
                profile.failures = 0;
                profile.setback = None;
                self.changed();
            }
            return;
        }
        let login = profile.owner.clone();
        if self.usable_id(&login, now.at).is_none() {
            self.advance_login(&login, now);
        }
        if until > now.at || self.usable_id(&login, now.at).is_none() {
            return;
        }
        let calls = self.fetch_calls(name);
        let Some(profile) = self.profiles.get_mut(name) else {
            return;
        };
        if profile.waiting.is_empty() {
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
        let Some(profile) = self.profiles.get_mut(name) else {
            return;
        };
        let login = self.logins.get(&profile.owner);
        let Some(id) = login.and_then(|login| login.usable_id(now)) else {
            return;
        };
        let user = login.and_then(Login::user).cloned();
        profile.turn = Turn::None;
        profile.fetch = Fetch::Busy {
            begun: now,
            id: id.number,
        };
        self.effects.push_back(Effect::Fetch {
            profile: name.clone(),
            spec: profile.spec.clone(),
            proof: Proof::IdToken(id.token.clone()),
            identity,
            user,
        });
    }

    fn usable_id(&self, login: &LoginName, now: Moment) -> Option<&IdToken> {
        self.logins.get(login)?.usable_id(now)
    }

    /// The user's identity id in the profile's pool, where it is known.
    fn identity(&self, name: &ProfileName) -> Option<&String> {
        let profile = self.profiles.get(name)?;
        let session = self.logins.get(&profile.owner)?.session()?;
        let pool = profile.spec.pool()?;
        session.stored.identities.get(&pool.identity_pool_id)
    }

    /// How many calls a fetch costs.
    pub(super) fn fetch_calls(&self, name: &ProfileName) -> u32 {
        match self.identity(name) {
            Some(_) => 1,
            None => 2,
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
            Fetch::Busy { begun, id } => {
                profile.fetch = Fetch::Rest { until: now.at };
                match result {
                    Ok(fetched) => self.take_keys(name, *fetched, begun, now),
                    Err(fault) => self.fetch_failed(name, fault, id, now),
                }
            }
        }
        self.changed();
        self.settle_profile(name, now);
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
        let life = fetched.keys.life;
        let span = Span::of_keys(begun, life.length, &mut self.rng);
        if span.is_fresh(now.at) {
            profile.failures = 0;
            profile.setback = None;
            profile.cured = Cured::default();
        } else {
            // The machine slept on the answer, or the pool's keys are of no use. Either way new
            // ones follow, but not in a hurry without end.
            let text = "The identity pool's keys were over before they came.";
            profile.fail(FaultKind::Service, text.to_owned(), now, &mut self.rng);
        }
        profile.held = Some(Held {
            span,
            told: expiration(span, now),
            keys: fetched.keys,
        });
        let pool = profile
            .spec
            .pool()
            .map(|pool| pool.identity_pool_id.clone());
        let login = profile.owner.clone();
        self.observe(life, begun, now);
        if let Some((pool, identity)) = pool.zip(fetched.identity) {
            self.note_identity(&login, pool, Some(identity));
        }
    }

    /// A fault that one new attempt can cure gets one; with others the profile waits.
    fn fetch_failed(&mut self, name: &ProfileName, fault: Fault, id: u64, now: Now) {
        let Some(profile) = self.profiles.get_mut(name) else {
            return;
        };
        let pool = profile
            .spec
            .pool()
            .map(|pool| pool.identity_pool_id.clone());
        let login = profile.owner.clone();
        match fault.kind {
            // A refresh brings a newer token, or the definitive answer that there is none.
            FaultKind::TokenStale | FaultKind::Ended(_) if !profile.cured.token => {
                profile.cured.token = true;
                self.drop_id(&login, id);
            }
            FaultKind::IdentityConflict if !profile.cured.identity => {
                profile.cured.identity = true;
                if let Some(pool) = pool {
                    self.note_identity(&login, pool, None);
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

    fn note_identity(&mut self, login: &LoginName, pool: String, identity: Option<String>) {
        let Some(session) = self.logins.get_mut(login).and_then(Login::session_mut) else {
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
