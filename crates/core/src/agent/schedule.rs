//! Who is to be looked at when: one deadline for each login and profile.

use std::collections::{BTreeMap, BTreeSet};

use crate::name::{LoginName, ProfileName};
use crate::time::Moment;

/// Something with a deadline of its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Login(LoginName),
    Profile(ProfileName),
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
