//! The agent: every decision about logins and profiles.
//!
//! ```text
//!   Event ──▶ handle ──▶ one login or profile changes ──▶ advance ──▶ Effect
//!                                                            │
//!   wake_at ◀── schedule ◀───────────────────────────────────┘
//! ```
//!
//! Each login and each profile has one slot for work, so that a second refresh or a second fetch
//! cannot be begun while one is under way: there is no place to note it.

mod account;
mod adoption;
mod advance;
mod chain;
mod configure;
mod console;
mod conversation;
mod desertion;
mod document;
mod fetch;
mod guest;
mod inquiry;
mod keys;
mod life;
mod line;
mod login;
mod orphan;
mod profile;
mod recent;
mod recognition;
mod renewal;
mod schedule;
mod session;
mod setback;
mod sign_in;
mod sign_out;
mod token;
mod view;
mod who_am_i;
mod work;
mod written;

#[cfg(test)]
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a story names what it expects, and anything else is its failure"
)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use fastrand::Rng;

use crate::config::{ConfigError, FileSpec, Settings};
use crate::conversation::Goal;
use crate::event::{Effect, Event, Reply, Request, Ticket};
use crate::failure::{Failure, Trouble};
use crate::name::{LoginName, ProfileName};
use crate::time::{Moment, Now};

use inquiry::Inquiry;
use line::Line;
use login::Login;
use profile::{Profile, Wants};
use schedule::{Key, Schedule};
use sign_in::Wanted;

/// Decides for many logins and many profiles what to do when.
///
/// It is a value: it reads no clock, file or environment, and does nothing by itself. After each
/// [`Agent::handle`] the caller drains [`Agent::effect`] and sleeps until [`Agent::wake_at`].
#[derive(Debug)]
pub struct Agent {
    settings: Settings,
    logins: BTreeMap<LoginName, Login>,
    profiles: BTreeMap<ProfileName, Profile>,
    files: BTreeMap<ProfileName, FileSpec>,
    /// The profiles of each login.
    members: BTreeMap<LoginName, BTreeSet<ProfileName>>,
    /// The profiles whose keys are given for those of another.
    chained: BTreeMap<ProfileName, BTreeSet<ProfileName>>,
    /// Those who wait for a profile's keys.
    waiting: BTreeMap<Ticket, ProfileName>,
    /// Those for whom AWS is asked about keys.
    inquiries: BTreeMap<Ticket, Inquiry>,
    /// Those who wait for a login's token.
    asking: BTreeMap<Ticket, LoginName>,
    misread: Option<ConfigError>,
    clock_ahead: Option<i64>,
    line: Line,
    schedule: Schedule,
    effects: VecDeque<Effect>,
    rng: Rng,
    stopping: bool,
    changes: u64,
    /// Logins that something happened to since they were last looked at.
    touched: BTreeSet<LoginName>,
    recent: recent::Log,
    /// Logins with sessions that could not be revoked before a stop.
    left_behind: Vec<LoginName>,
    written: written::Written,
    /// Sign-outs that wait for files alone.
    clearing: Vec<(LoginName, sign_out::Leaving)>,
}

impl Agent {
    /// An agent that knows of nothing yet. `seed` drives its jitter and the numbers of sign-ins.
    pub fn new(seed: u64) -> Self {
        Self {
            settings: Settings::default(),
            logins: BTreeMap::new(),
            profiles: BTreeMap::new(),
            files: BTreeMap::new(),
            members: BTreeMap::new(),
            chained: BTreeMap::new(),
            waiting: BTreeMap::new(),
            inquiries: BTreeMap::new(),
            asking: BTreeMap::new(),
            misread: None,
            clock_ahead: None,
            line: Line::default(),
            schedule: Schedule::default(),
            effects: VecDeque::new(),
            rng: Rng::with_seed(seed),
            stopping: false,
            changes: 0,
            touched: BTreeSet::new(),
            recent: recent::Log::default(),
            left_behind: Vec::new(),
            written: written::Written::default(),
            clearing: Vec::new(),
        }
    }

    /// Takes in what happened.
    pub fn handle(&mut self, event: Event, now: Now) {
        match event {
            Event::Configured(config) => self.configure(config, now),
            Event::Misread(error) => {
                self.misread = Some(error);
                self.changed();
            }
            Event::Asked { ticket, request } => self.asked(ticket, request, now),
            Event::Left { ticket } => self.left(ticket, now),
            Event::Recalled { login, result } => self.recalled(&login, result, now),
            Event::Probed { login, result } => self.probed(&login, result, now),
            Event::Kept { login, result } => self.kept(&login, result, now),
            Event::Refreshed { login, result } => self.refreshed(&login, result, now),
            Event::Revoked { login, parting } => self.revoked(&login, parting, now),
            Event::Conversed {
                login,
                conversation,
                result,
            } => self.conversed(&login, &conversation, result, now),
            Event::Fetched { profile, result } => self.fetched(&profile, result, now),
            Event::Identified { ticket, result } => self.identified(ticket, result, now),
            Event::ConsoleOpened { ticket, result } => self.console_opened(ticket, result, now),
            Event::Scrubbed { result } => self.scrubbed(result),
            Event::Wrote { target, result } => self.wrote(&target, result, now),
            Event::Woke => self.woke(now),
            Event::Stopping => self.stop(now),
            Event::Tick => {}
        }
        self.tick(now);
        self.write_files(now);
        self.note_recent(now);
    }

    /// The next thing to do, until there is none.
    pub fn effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// When [`Event::Tick`] is due, if nothing else happens before.
    pub fn wake_at(&self) -> Option<Moment> {
        self.schedule.first()
    }

    /// Counts what could show in a [`crate::snapshot::Snapshot`]: when it has not moved, neither
    /// has what people see, but for times that go on by themselves and when a tool last asked.
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// Whether nothing is under way that a stop would cut short.
    pub fn is_quiet(&self) -> bool {
        self.effects.is_empty()
            && self.files_are_quiet()
            && self.logins.values().all(Login::is_quiet)
    }

    /// Whether any login has a session, or a guest has keys: only then is there anything to watch the
    /// clock for.
    pub fn is_signed_in(&self) -> bool {
        self.logins.values().any(|login| login.session().is_some())
            || self.profiles.values().any(|profile| profile.held.is_some())
    }

    fn asked(&mut self, ticket: Ticket, request: Request, now: Now) {
        if self.stopping {
            return self.fail(ticket, Trouble::Stopping);
        }
        match request {
            Request::Credentials { profile, patience } => {
                self.ask_keys_within(patience, ticket, &profile, Wants::Document, now);
            }
            Request::SignIn {
                login,
                username,
                another_account,
            } => {
                let wanted = Wanted {
                    goal: Goal::SignIn,
                    username,
                    another_account,
                };
                self.converse(ticket, &login, wanted, now);
            }
            Request::Account {
                login,
                username,
                goal,
            } => {
                let wanted = Wanted {
                    goal,
                    username,
                    another_account: false,
                };
                self.converse(ticket, &login, wanted, now);
            }
            Request::Answer {
                conversation,
                answer,
            } => self.answered(ticket, &conversation, answer, now),
            Request::Cancel { conversation } => self.cancel(ticket, &conversation, now),
            Request::SignOut { login, scope } => self.sign_out(ticket, &login, scope, now),
            Request::WhoAmI { profile } => {
                self.ask_keys(ticket, &profile, Wants::Identity, now);
            }
            Request::Token { login, kind } => self.ask_token(ticket, &login, kind, now),
            Request::Console {
                profile,
                destination,
            } => self.ask_console(ticket, &profile, destination, now),
            Request::Renew { login } => self.renew(ticket, &login, now),
        }
    }

    fn left(&mut self, ticket: Ticket, now: Now) {
        if let Some(profile) = self.waiting.remove(&ticket) {
            if let Some(known) = self.profiles.get_mut(&profile) {
                known.waiting.remove(&ticket);
            }
            self.reschedule_profile(&profile, now);
        } else if self.inquiries.remove(&ticket).is_none() && !self.asker_left(ticket, now) {
            self.abandon(ticket, now);
        }
    }

    /// Whatever is due moves on; each step moves its own deadline, so that this comes to an end.
    fn tick(&mut self, now: Now) {
        while let Some(key) = self.schedule.take_due(now.at) {
            self.settle(&key, now);
        }
        self.call_next(now);
    }

    fn settle(&mut self, key: &Key, now: Now) {
        match key {
            Key::Login(name) => self.settle_login(name, now),
            Key::Profile(name) => self.settle_profile(name, now),
            Key::Line | Key::Files => {}
        }
    }

    fn woke(&mut self, now: Now) {
        let names: Vec<LoginName> = self.logins.keys().cloned().collect();
        for name in names {
            self.forget_waits(&name, now);
            self.settle_login(&name, now);
        }
    }

    fn stop(&mut self, now: Now) {
        self.stopping = true;
        for ticket in std::mem::take(&mut self.inquiries).into_keys() {
            self.fail(ticket, Trouble::Stopping);
        }
        let waiting = std::mem::take(&mut self.waiting);
        for (ticket, profile) in waiting {
            if let Some(profile) = self.profiles.get_mut(&profile) {
                profile.waiting.clear();
            }
            self.fail(ticket, Trouble::Stopping);
        }
        let names: Vec<LoginName> = self.logins.keys().cloned().collect();
        for name in names {
            self.dismiss_askers(&name, &Trouble::Stopping);
            self.give_up_conversation(&name, Trouble::Stopping);
            if let Some(login) = self.logins.get_mut(&name) {
                login.try_orphans_at_once(now.at);
            }
            self.settle_login(&name, now);
        }
    }

    /// The login of that name; where there is none, or nobody is it, the one who waits is told.
    fn known_login(&mut self, ticket: Ticket, name: &str) -> Option<LoginName> {
        if name == LoginName::guest().as_str() {
            self.fail(ticket, Trouble::GuestSignIn);
            return None;
        }
        let known = name
            .parse()
            .ok()
            .filter(|name| self.logins.get(name).is_some_and(|login| !login.is_going()));
        if known.is_none() {
            self.fail(ticket, Trouble::UnknownLogin(name.to_owned()));
        }
        known
    }

    fn reply(&mut self, ticket: Ticket, reply: Reply) {
        self.effects.push_back(Effect::Answer { ticket, reply });
    }

    fn fail(&mut self, ticket: Ticket, trouble: Trouble) {
        self.reply(ticket, Reply::Failed(Failure::from(trouble)));
    }

    fn changed(&mut self) {
        self.changes += 1;
    }
}
