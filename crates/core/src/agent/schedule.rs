//! Who is to be looked at when: one deadline for each login and profile, and one for the line.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::agent::Agent;
use crate::agent::advance::Need;
use crate::agent::conversation::Conversation;
use crate::agent::line::Turn;
use crate::agent::login::{Login, State};
use crate::name::{LoginName, ProfileName};
use crate::time::{Moment, Now};

/// Something with a deadline of its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Login(LoginName),
    Profile(ProfileName),
    Line,
    Files,
}

/// The deadlines, by time and by owner.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    order: BTreeSet<(Moment, Key)>,
    of: BTreeMap<Key, Moment>,
}

impl Schedule {
    /// Sets, moves or clears a deadline.
    pub(super) fn set(&mut self, key: Key, when: Option<Moment>) {
        let old = match when {
            Some(when) => self.of.insert(key.clone(), when),
            None => self.of.remove(&key),
        };
        if old == when {
            return;
        }
        if let Some(old) = old {
            self.order.remove(&(old, key.clone()));
        }
        if let Some(when) = when {
            self.order.insert((when, key));
        }
    }

    /// The earliest deadline.
    pub(super) fn first(&self) -> Option<Moment> {
        self.order.first().map(|(when, _)| *when)
    }

    /// Takes one whose deadline has come.
    pub(super) fn take_due(&mut self, now: Moment) -> Option<Key> {
        if self.first()? > now {
            return None;
        }
        let (_, key) = self.order.pop_first()?;
        self.of.remove(&key);
        Some(key)
    }
}

impl Agent {
    pub(super) fn reschedule_login(&mut self, name: &LoginName, now: Now) {
        self.touched.insert(name.clone());
        let when = self.login_deadline(name, now.at);
        self.schedule.set(
            Key::Login(name.clone()),
            when.map(|when| when.max(soon(now))),
        );
    }

    pub(super) fn reschedule_profile(&mut self, name: &ProfileName, now: Now) {
        let when = self.profile_deadline(name, now.at);
        self.schedule.set(
            Key::Profile(name.clone()),
            when.map(|when| when.max(soon(now))),
        );
    }

    fn login_deadline(&self, name: &LoginName, now: Moment) -> Option<Moment> {
        let login = self.logins.get(name)?;
        let question = login.conversation.as_ref().and_then(Conversation::deadline);
        let patience = login.askers.patience();
        if login.is_busy() {
            return question.into_iter().chain(patience).min();
        }
        let until = Some(login.until);
        let own = match &login.state {
            _ if login.owes_vault() => until,
            _ if self.stopping || !login.is_staying() => None,
            State::Unread => until,
            State::SignedIn(_) => match self.need(name, now) {
                Need::None if login.failures > 0 => until,
                Need::None => self.next_renewal(name, login, now),
                Need::Ahead if login.turn == Turn::InLine => None,
                Need::Ahead | Need::Now => until,
            },
            // To forget that something failed which is not needed any more.
            State::SignedOut | State::NeedsSignIn(..) => until.filter(|_| login.failures > 0),
        };
        own.into_iter()
            .chain(question)
            .chain(patience)
            .chain(login.spent_at())
            .chain(login.orphan_due())
            .min()
    }

    /// When a login whose ID token is good, or not needed, has to be looked at again.
    fn next_renewal(&self, name: &LoginName, login: &Login, now: Moment) -> Option<Moment> {
        let rest_after = self.settings.rest_after;
        let renew = login.session()?.id.as_ref()?.span.renew;
        let active = self
            .members_of(name)
            .any(|profile| profile.is_active(now, rest_after));
        let own = (active && renew > now).then_some(renew);
        own.into_iter()
            .chain(login.askers_due(now, rest_after))
            .min()
    }

    fn profile_deadline(&self, name: &ProfileName, now: Moment) -> Option<Moment> {
        let profile = self.profiles.get(name)?;
        let patience = profile.waiting.values().map(|waiter| waiter.until).min();
        let own = profile.resting_until().and_then(|until| {
            if self.stopping || !self.is_used(name, now) {
                return None;
            }
            if let Some(renew) = profile.fresh_until(now) {
                return Some(renew);
            }
            if self.payment(name, now).is_none() {
                // It is the login, or the profile before it, that moves next; only the vault is not
                // waited for without end.
                return self.logins.get(&profile.owner)?.patience_ends();
            }
            (profile.turn != Turn::InLine && !self.is_being_named(name)).then_some(until)
        });
        own.into_iter().chain(patience).min()
    }
}

/// Time always moves on between two looks at the same thing.
fn soon(now: Now) -> Moment {
    now.at + Duration::from_millis(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_moved_cleared_and_taken_once() {
        let key = |name: &str| Key::Login(name.parse().unwrap());
        let at = Moment::from_millis;
        let mut schedule = Schedule::default();
        schedule.set(key("a"), Some(at(5)));
        schedule.set(key("b"), Some(at(3)));
        schedule.set(key("a"), Some(at(1)));
        assert_eq!(schedule.first(), Some(at(1)));
        assert_eq!(schedule.take_due(at(0)), None);
        assert_eq!(schedule.take_due(at(1)), Some(key("a")));
        assert_eq!(schedule.take_due(at(1)), None);
        schedule.set(key("b"), None);
        assert_eq!(schedule.first(), None);
    }
}
