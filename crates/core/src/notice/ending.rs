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
            Some((login.clone(), nearness(login, ends, now)?, ends))
        };
        let mut endings = BTreeMap::new();
        for (login, nearness, ends) in snapshot.logins.iter().filter_map(in_sight) {
            let name = login.name.clone();
            let body = if login.session_end_is_learnt {
                "notice.ending_body_about"
            } else {
                "notice.ending_body"
            };
            let subject = Subject::Ending(name.clone());
            if self.last.is_some() && self.endings.get(&name) != Some(&nearness) {
                let length = language.length(ends.secs_after(now));
                changes.push(Change::Show(Notice {
                    subject: subject.clone(),
                    title: language.say("notice.ending", &[("login", name.as_str())]),
                    body: language.say(body, &[("length", &length)]),
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
        let ends = snapshot.logins.iter().filter_map(|login| {
            let end = session_end(login)?;
            Some(
                told(login, end)
                    .chain([0])
                    .map(move |before| end.secs() - before),
            )
        });
        let steps = ends.flatten().map(UnixTime::from_secs);
        steps.filter(|step| *step > now).min()
    }
}

/// How near a session's end is: the last of the moments at which it is told, in seconds before it.
pub(super) type Nearness = i64;

fn nearness(login: &LoginView, ends: UnixTime, now: UnixTime) -> Option<Nearness> {
    let left = ends.secs_after(now);
    told(login, ends)
        .filter(|before| (1..=*before).contains(&left))
        .min()
}

/// At which moments the end of a session is told: a short one is not said to end as soon as it
/// begins.
fn told(login: &LoginView, ends: UnixTime) -> impl Iterator<Item = Nearness> + use<> {
    let life = login
        .signed_in
        .map_or(i64::MAX, |begin| ends.secs_after(begin));
    let long: &[Nearness] = match life {
        _ if life > 2 * DAY => &[DAY, HOUR],
        _ if life > 2 * HOUR => &[HOUR],
        _ if life > 2 * TEN_MINUTES => &[TEN_MINUTES],
        _ => &[],
    };
    long.iter().copied()
}

fn session_end(login: &LoginView) -> Option<UnixTime> {
    login
        .session_ends
        .filter(|_| login.state == LoginState::SignedIn)
}

/// In seconds.
const TEN_MINUTES: i64 = 600;

/// In seconds.
const HOUR: i64 = 3600;

/// In seconds.
const DAY: i64 = 24 * HOUR;
