//! What happened lately: noted where a login is seen to stand otherwise than before, so that no
//! decision has to think of it.

use std::collections::VecDeque;
use std::time::Duration;

use crate::agent::Agent;
use crate::agent::login::{Login, State};
use crate::agent::setback::Setback;
use crate::agent::view::wall;
use crate::failure::{Code, Ended, Failure};
use crate::name::{LoginName, ProfileName};
use crate::snapshot::{Happened, Recent};
use crate::time::{Moment, Now, UnixTime};

/// What happened, the oldest first, and no more of it than a person reads.
#[derive(Debug, Default)]
pub(super) struct Log {
    entries: VecDeque<Entry>,
}

#[derive(Debug)]
struct Entry {
    at: Moment,
    login: LoginName,
    profile: Option<ProfileName>,
    what: Happened,
}

/// How a login stood when it was last looked at.
#[derive(Debug, Default)]
pub(super) struct Seen {
    stands: Stands,
    away: Option<Away>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stands {
    #[default]
    Unread,
    SignedOut,
    /// Since then.
    SignedIn(UnixTime),
    NeedsSignIn(Ended),
}

/// What stands in the way of a login, or of one of its profiles.
#[derive(Clone, Debug)]
struct Away {
    code: Code,
    since: Now,
    profile: Option<ProfileName>,
}

impl Log {
    fn push(&mut self, entry: Entry) {
        if self.entries.len() == LONGEST {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
    }

    /// All of it, with times in the local wall clock's frame.
    pub(super) fn view(&self, now: Now) -> Vec<Recent> {
        let view = |entry: &Entry| Recent {
            at: wall(entry.at, now),
            login: entry.login.clone(),
            profile: entry.profile.clone(),
            what: entry.what,
        };
        self.entries.iter().map(view).collect()
    }
}

impl Agent {
    /// A tool was given keys of a profile that nobody had used for a while.
    pub(super) fn note_taken(&mut self, name: &ProfileName, now: Now) {
        let Some(profile) = self.profiles.get(name) else {
            return;
        };
        self.recent.push(Entry {
            at: now.at,
            login: profile.owner.clone(),
            profile: Some(name.clone()),
            what: Happened::Taken,
        });
        self.changed();
    }

    /// Looks at the logins that something happened to.
    pub(super) fn note_recent(&mut self, now: Now) {
        for name in std::mem::take(&mut self.touched) {
            self.look_at(&name, now);
        }
    }

    fn look_at(&mut self, name: &LoginName, now: Now) {
        let Some(login) = self.logins.get(name) else {
            return;
        };
        let (stands, away) = (stands(login), self.away(name, login));
        let ended = login
            .seen
            .away
            .clone()
            .filter(|_| away.is_none())
            .filter(|before| self.is_over(name, before, now));
        let happened = match (login.seen.stands, stands) {
            (before, after) if before == after => None,
            (Stands::Unread, _) | (_, Stands::Unread) => None,
            (_, Stands::SignedIn(_)) => Some(Happened::SignedIn),
            (_, Stands::SignedOut) => Some(Happened::SignedOut),
            (_, Stands::NeedsSignIn(reason)) => Some(Happened::Ended { reason }),
        };
        let back = ended.map(|away| {
            let what = Happened::Back {
                code: away.code,
                secs: now.at.since(away.since.at).as_secs(),
            };
            (away.profile, what)
        });
        if let Some(login) = self.logins.get_mut(name) {
            login.seen = Seen { stands, away };
        }
        for (profile, what) in happened.map(|what| (None, what)).into_iter().chain(back) {
            self.recent.push(Entry {
                at: now.at,
                login: name.clone(),
                profile,
                what,
            });
            self.changed();
        }
    }

    fn away(&self, name: &LoginName, login: &Login) -> Option<Away> {
        let of = |setback: &Setback, profile: Option<&ProfileName>| Away {
            code: Failure::from(login.trouble(setback, Duration::ZERO)).code,
            since: setback.since,
            profile: profile.cloned(),
        };
        let own = login.setback.iter().map(|setback| of(setback, None));
        let members = self.members.get(name).into_iter().flatten();
        let theirs = members.filter_map(|name| {
            let setback = self.profiles.get(name)?.setback.as_ref()?;
            Some(of(setback, Some(name)))
        });
        // The trouble of a row is one, wherever it shows at the moment.
        own.chain(theirs)
            .min_by_key(|away| away.since.at)
            .map(|away| match &login.seen.away {
                Some(before) if before.since.at < away.since.at => Away {
                    since: before.since,
                    ..away
                },
                Some(_) | None => away,
            })
    }

    /// Whether a trouble that does not show any more is over, and was worth a word: it also stops
    /// to show where nobody wants anything any more.
    fn is_over(&self, name: &LoginName, away: &Away, now: Now) -> bool {
        let works = match &away.profile {
            Some(profile) => {
                let profile = self.profiles.get(profile);
                profile.is_some_and(|profile| profile.is_fresh(now.at))
            }
            None => {
                let login = self.logins.get(name);
                login.is_some_and(|login| login.usable_id(now.at).is_some())
            }
        };
        works && now.at.since(away.since.at).as_secs() >= BLIP
    }
}

fn stands(login: &Login) -> Stands {
    match &login.state {
        _ if login.is_moving() || login.is_going() => Stands::Unread,
        State::Unread => Stands::Unread,
        State::SignedOut => Stands::SignedOut,
        State::SignedIn(session) => Stands::SignedIn(session.stored.signed_in),
        State::NeedsSignIn(ended, _) => Stands::NeedsSignIn(*ended),
    }
}

/// More than that nobody reads.
const LONGEST: usize = 50;
/// What lasts less is nobody's business, in seconds.
const BLIP: u64 = 10;
