//! A session whose end is in sight.

use std::collections::BTreeMap;

use super::{Change, Notice, Notices, Subject, Target};
use crate::messages::Language;
use crate::snapshot::{LoginState, LoginView, Snapshot};
use crate::time::UnixTime;

impl Notices {
    /// Who signs in again in good time is never cut short.
    pub(super) fn endings(
        &mut self,
        snapshot: &Snapshot,
        now: UnixTime,
        language: Language,
        changes: &mut Vec<Change>,
    ) {
        let in_sight = |login: &LoginView| {
            let ends = session_end(login)?;
            Some((
                login.name.clone(),
                Nearness::of(ends.secs_after(now))?,
                ends,
            ))
        };
        let mut endings = BTreeMap::new();
        for (name, nearness, ends) in snapshot.logins.iter().filter_map(in_sight) {
            let subject = Subject::Ending(name.clone());
            if self.last.is_some() && self.endings.get(&name) != Some(&nearness) {
                let length = language.length(ends.secs_after(now));
                changes.push(Change::Show(Notice {
                    subject: subject.clone(),
                    title: language.say("notice.ending", &[("login", name.as_str())]),
                    body: language.say("notice.ending_body", &[("length", &length)]),
                    target: Target::Login(name.clone()),
                    button: language.say("action.sign_in", &[]),
                }));
                self.told.insert(subject);
            }
            endings.insert(name, nearness);
        }
        for name in self
            .endings
            .keys()
            .filter(|name| !endings.contains_key(*name))
        {
            let subject = Subject::Ending(name.clone());
            if self.told.remove(&subject) {
                changes.push(Change::Withdraw(subject));
            }
        }
        self.endings = endings;
        self.wake_at = self.next_ending(snapshot, now);
    }

    /// When the next session's end comes into sight, or nearer.
    pub(super) fn next_ending(&self, snapshot: &Snapshot, now: UnixTime) -> Option<UnixTime> {
        let ends = snapshot.logins.iter().filter_map(session_end);
        let steps = ends
            .flat_map(|end| [DAY, HOUR, 0].map(|before| UnixTime::from_secs(end.secs() - before)));
        steps.filter(|step| *step > now).min()
    }
}

/// How near a session's end is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nearness {
    Day,
    Hour,
}

impl Nearness {
    fn of(left: i64) -> Option<Self> {
        if left <= 0 || left > DAY {
            None
        } else if left <= HOUR {
            Some(Self::Hour)
        } else {
            Some(Self::Day)
        }
    }
}

fn session_end(login: &LoginView) -> Option<UnixTime> {
    login
        .session_ends
        .filter(|_| login.state == LoginState::SignedIn)
}

/// In seconds.
const HOUR: i64 = 3600;

/// In seconds.
const DAY: i64 = 24 * HOUR;
