//! Who may call AWS next: renewals that nobody waits for go one after another, so that a machine
//! with a thousand logins goes unnoticed.

use std::collections::VecDeque;
use std::time::Duration;

use crate::agent::Agent;
use crate::agent::schedule::Key;
use crate::pace::SPACING;
use crate::time::{Moment, Now};

/// A login's or profile's place in the [`Line`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    None,
    InLine,
    Since(Moment),
}

/// Those who want to call, in order.
#[derive(Debug, Default)]
pub(super) struct Line {
    waiting: VecDeque<Key>,
    /// When the next may call.
    free: Moment,
}

impl Line {
    /// Whether `key` may call at this moment. Otherwise it stands in line, and is looked at when
    /// its turn has come.
    pub(super) fn may_call(&mut self, key: Key, turn: &mut Turn, calls: u32, now: Moment) -> bool {
        match *turn {
            Turn::Since(when) if now.since(when) <= LATE => return true,
            // It did something else first, or slept. Who comes after it shall not suffer.
            Turn::Since(_) => self.waiting.push_front(key),
            Turn::None if self.waiting.is_empty() && self.free <= now => {
                self.free = now + SPACING * calls;
                *turn = Turn::Since(now);
                return true;
            }
            Turn::None => self.waiting.push_back(key),
            Turn::InLine => return false,
        }
        *turn = Turn::InLine;
        false
    }

    /// Somebody waits for this call, so that it is made at once. Others keep their distance, but
    /// are not put off for ever.
    pub(super) fn charge(&mut self, calls: u32, now: Moment) {
        let free = self.free.max(now) + SPACING * calls;
        if free <= now + LONGEST_CHARGE {
            self.free = free;
        }
    }

    /// When somebody's turn comes.
    pub(super) fn next(&self) -> Option<Moment> {
        (!self.waiting.is_empty()).then_some(self.free)
    }
}

impl Agent {
    /// Lets those whose turn has come call.
    pub(super) fn call_next(&mut self, now: Now) {
        while self.line.free <= now.at {
            let Some(key) = self.line.waiting.pop_front() else {
                break;
            };
            let calls = self.calls(&key);
            let turn = match &key {
                Key::Login(name) => self.logins.get_mut(name).map(|login| &mut login.turn),
                Key::Profile(name) => self.profiles.get_mut(name).map(|profile| &mut profile.turn),
                Key::Line | Key::Files => None,
            };
            let Some(turn @ Turn::InLine) = turn else {
                continue;
            };
            *turn = Turn::Since(now.at);
            self.line.free = now.at + SPACING * calls;
            self.settle(&key, now);
        }
        // Whoever is still in line waits for a moment that lies ahead.
        self.schedule.set(Key::Line, self.line.next());
    }

    fn calls(&self, key: &Key) -> u32 {
        match key {
            Key::Profile(name) => self.fetch_calls(name),
            Key::Login(_) | Key::Line | Key::Files => 1,
        }
    }
}

/// A turn that was not used within this time is used no more: two calls at most coincide.
const LATE: Duration = SPACING;

const LONGEST_CHARGE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> Key {
        Key::Login(name.parse().unwrap())
    }

    #[test]
    fn one_calls_and_the_others_stand_in_line() {
        let mut line = Line::default();
        let now = Moment::from_millis(10_000);
        let (mut a, mut b, mut c) = (Turn::None, Turn::None, Turn::None);
        assert!(line.may_call(key("a"), &mut a, 2, now));
        assert_eq!(line.next(), None);
        assert!(!line.may_call(key("b"), &mut b, 1, now));
        assert!(!line.may_call(key("b"), &mut b, 1, now));
        assert!(!line.may_call(key("c"), &mut c, 1, now));
        assert_eq!((a, b), (Turn::Since(now), Turn::InLine));
        assert_eq!(line.next(), Some(now + SPACING * 2));
        assert_eq!(line.waiting, [key("b"), key("c")]);
        // Its turn is good for a moment; then it comes next, before all others.
        assert!(line.may_call(key("a"), &mut a, 2, now + SPACING));
        let late = now + SPACING + Duration::from_millis(1);
        assert!(!line.may_call(key("a"), &mut a, 2, late));
        assert_eq!(line.waiting, [key("a"), key("b"), key("c")]);
    }

    #[test]
    fn calls_that_somebody_waits_for_put_the_others_off_but_not_for_long() {
        let mut line = Line::default();
        let now = Moment::from_millis(10_000);
        line.charge(2, now);
        assert_eq!(line.free, now + SPACING * 2);
        for _ in 0..1000 {
            line.charge(1, now);
        }
        assert_eq!(line.free, now + Duration::from_secs(1));
        line.charge(3, now + Duration::from_secs(60));
        assert_eq!(line.free, now + Duration::from_secs(60) + SPACING * 3);
    }
}
