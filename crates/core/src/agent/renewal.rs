//! A login's life: read from the vault, refreshed ahead of expiry, kept, ended.

use std::time::Duration;

use crate::agent::Agent;
use crate::agent::keys::Profile;
use crate::agent::schedule::Key;
use crate::agent::sign_in::{Conversation, Stage};
use crate::agent::sign_out::Leaving;
use crate::config::LoginSpec;
use crate::event::{Effect, Reply, Ticket};
use crate::failure::{Ended, Trouble};
use crate::fault::{Fault, FaultKind, Life, VaultFault, VaultFaultKind};
use crate::name::LoginName;
use crate::pace::{self, Span};
use crate::secret::Secret;
use crate::session::{Stored, StoredSession, Tokens, User};
use crate::time::{Moment, Now};

/// One login and the one thing that may be under way for it.
#[derive(Debug)]
pub(super) struct Login {
    pub(super) spec: LoginSpec,
    pub(super) state: State,
    pub(super) work: Work,
    /// Outlives the session; see [`Stored`].
    pub(super) client_secret: Option<Secret>,
    pub(super) conversation: Option<Conversation>,
    pub(super) leaving: Option<Leaving>,
    /// The vault still has a session that is over.
    pub(super) erase: bool,
    /// It is gone from the configuration, or names another pool, and goes when its work is done.
    pub(super) fate: Fate,
    pub(super) setback: Option<Setback>,
    pub(super) failures: u32,
    /// The moment that was set aside for its next call.
    pub(super) slot: Option<Moment>,
    /// When a write to the vault last succeeded.
    writable: Option<Moment>,
}

/// Whether somebody is signed in.
#[derive(Debug)]
pub(super) enum State {
    /// The vault has not told.
    Unread,
    SignedOut,
    SignedIn(Box<Session>),
    NeedsSignIn(Ended, Option<User>),
}

/// What the configuration wants of a login whose work is still under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Stay,
    Reread,
    Go,
}

/// A login's session in memory.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) stored: StoredSession,
    pub(super) id: Option<IdToken>,
    pub(super) unsaved: Unsaved,
}

/// An ID token and its life.
#[derive(Debug)]
pub(super) struct IdToken {
    pub(super) token: Secret,
    pub(super) span: Span,
}

/// What the vault does not know yet.
#[derive(Debug)]
pub(super) enum Unsaved {
    Nothing,
    /// Notes that cost one call when they are lost.
    Notes,
    /// A rotated refresh token. What came with it is used only after it is durable.
    Token(IdToken),
}

/// The one thing under way for a login's tokens and vault record.
#[derive(Debug)]
pub(super) enum Work {
    /// Nothing; and nothing unasked before `until`.
    Rest {
        until: Moment,
    },
    Recalling,
    Probing,
    Refreshing,
    Keeping(Purpose),
    Revoking,
}

/// What a write to the vault is for.
#[derive(Debug)]
pub(super) enum Purpose {
    /// A rotated token, or notes, of the session in memory.
    Session,
    /// The session of a finished sign-in.
    Adoption(Box<Session>),
    /// To leave nothing of a session that is over.
    Erasure,
}

/// Why the last attempt failed, and since when attempts fail.
#[derive(Clone, Debug)]
pub(super) struct Setback {
    pub(super) kind: SetbackKind,
    pub(super) text: String,
    pub(super) since: Now,
    pub(super) last: Moment,
}

/// Where it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SetbackKind {
    Service(FaultKind),
    Vault(VaultFaultKind),
}

/// How much a token is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    None,
    Ahead,
    Now,
}

impl Login {
    pub(super) fn new(spec: LoginSpec) -> Self {
        Self {
            spec,
            state: State::Unread,
            work: Work::Rest {
                until: Moment::default(),
            },
            client_secret: None,
            conversation: None,
            leaving: None,
            erase: false,
            fate: Fate::Stay,
            setback: None,
            failures: 0,
            slot: None,
            writable: None,
        }
    }

    pub(super) fn session(&self) -> Option<&Session> {
        match &self.state {
            State::SignedIn(session) => Some(session),
            State::Unread | State::SignedOut | State::NeedsSignIn(..) => None,
        }
    }

    pub(super) fn session_mut(&mut self) -> Option<&mut Session> {
        match &mut self.state {
            State::SignedIn(session) => Some(session),
            State::Unread | State::SignedOut | State::NeedsSignIn(..) => None,
        }
    }

    /// Whether nothing is under way, nor waits for the vault.
    pub(super) fn is_quiet(&self) -> bool {
        let saved = match self.session() {
            Some(session) => !matches!(session.unsaved, Unsaved::Token(_)),
            None => true,
        };
        // What the vault has refused cannot be waited for.
        let refused = matches!(
            self.setback,
            Some(Setback {
                kind: SetbackKind::Vault(_),
                ..
            })
        );
        !self.is_busy() && self.leaving.is_none() && ((saved && !self.erase) || refused)
    }

    pub(super) fn is_busy(&self) -> bool {
        !matches!(self.work, Work::Rest { .. })
    }

    /// The ID token, if it may be sent to an identity pool: a fresh one, or any that works while a
    /// fresher one cannot be had.
    pub(super) fn usable_id(&self, now: Moment) -> Option<&Secret> {
        let id = self.session()?.id.as_ref()?;
        let stuck = self.failures > 0 && !self.is_busy();
        (id.span.is_fresh(now) || (stuck && id.span.is_usable(now))).then_some(&id.token)
    }

    pub(super) fn rest(&mut self, until: Moment) {
        self.work = Work::Rest { until };
    }

    pub(super) fn until(&self) -> Moment {
        match self.work {
            Work::Rest { until } => until,
            Work::Recalling
            | Work::Probing
            | Work::Refreshing
            | Work::Keeping(_)
            | Work::Revoking => Moment::default(),
        }
    }

    pub(super) fn record(&self) -> Stored {
        Stored {
            client_secret: self.client_secret.clone(),
            session: self.session().map(|session| session.stored.clone()),
        }
    }

    fn vault_failed(&mut self, fault: VaultFault, now: Now) {
        self.failures += 1;
        self.writable = None;
        self.note(SetbackKind::Vault(fault.kind), fault.text, now);
        self.rest(now.at + pace::vault_backoff(self.failures));
    }

    fn note(&mut self, kind: SetbackKind, text: String, now: Now) {
        Setback::note(&mut self.setback, kind, text, now);
    }

    pub(super) fn succeeded(&mut self, now: Now) {
        self.failures = 0;
        self.setback = None;
        self.slot = None;
        self.rest(now.at);
    }
}

impl Setback {
    pub(super) fn note(slot: &mut Option<Self>, kind: SetbackKind, text: String, now: Now) {
        let since = slot.as_ref().map_or(now, |setback| setback.since);
        *slot = Some(Self {
            kind,
            text,
            since,
            last: now.at,
        });
    }

    /// What people are told, when the next attempt is `wait` away.
    pub(super) fn trouble(&self, wait: Duration) -> Trouble {
        let text = self.text.clone();
        match self.kind {
            SetbackKind::Vault(VaultFaultKind::Locked) => Trouble::VaultLocked(text),
            SetbackKind::Vault(VaultFaultKind::Absent) => Trouble::VaultAbsent(text),
            SetbackKind::Vault(VaultFaultKind::Failed) => Trouble::VaultFailed(text),
            SetbackKind::Service(FaultKind::Unreachable | FaultKind::Lost) => {
                Trouble::Offline(text, wait)
            }
            SetbackKind::Service(FaultKind::Service | FaultKind::Throttled) => {
                Trouble::Service(text, wait)
            }
            SetbackKind::Service(
                FaultKind::Ended(_)
                | FaultKind::Wrong
                | FaultKind::LockedOut
                | FaultKind::Expired
                | FaultKind::Unsupported
                | FaultKind::Misconfigured
                | FaultKind::TokenStale
                | FaultKind::IdentityConflict,
            ) => Trouble::Misconfigured(text),
        }
    }

    /// Whether a tool that asks, or a network that came back, may cause an attempt ahead of time.
    pub(super) fn yields(&self) -> bool {
        match self.kind {
            SetbackKind::Vault(_) | SetbackKind::Service(FaultKind::Unreachable) => true,
            SetbackKind::Service(
                FaultKind::Lost
                | FaultKind::Service
                | FaultKind::Throttled
                | FaultKind::Ended(_)
                | FaultKind::Wrong
                | FaultKind::LockedOut
                | FaultKind::Expired
                | FaultKind::Unsupported
                | FaultKind::Misconfigured
                | FaultKind::TokenStale
                | FaultKind::IdentityConflict,
            ) => false,
        }
    }
}

impl Agent {
    /// Lets a login take its next step, then all that hang on it.
    pub(super) fn settle_login(&mut self, name: &LoginName, now: Now) {
        self.advance_login(name, now);
        let members = self.members.get(name).cloned().unwrap_or_default();
        for profile in &members {
            self.settle_profile(profile, now);
        }
        self.reschedule_login(name, now);
    }

    /// Begins the most pressing thing that a login at rest needs.
    pub(super) fn advance_login(&mut self, name: &LoginName, now: Now) {
        self.expire_question(name, now);
        let Some(login) = self.logins.get_mut(name) else {
            return;
        };
        if login.is_busy() {
            return;
        }
        if login.leaving.is_some() {
            return self.begin_leaving(name, now);
        }
        let until = login.until();
        if let Some(session) = login.session()
            && matches!(session.unsaved, Unsaved::Token(_))
        {
            if until <= now.at {
                self.keep(name, Purpose::Session);
            }
            return;
        }
        match login.fate {
            Fate::Go if !login.erase => return self.drop_login(name),
            Fate::Reread if !login.erase => {
                login.fate = Fate::Stay;
                login.state = State::Unread;
            }
            Fate::Go | Fate::Reread | Fate::Stay => {}
        }
        match login.conversation.as_ref().map(|talk| &talk.stage) {
            Some(Stage::Adopting { .. }) => return self.adopt(name),
            Some(Stage::Vault) => {
                if matches!(login.state, State::Unread) {
                    login.work = Work::Recalling;
                    self.effects.push_back(Effect::Recall {
                        login: name.clone(),
                    });
                } else if login.is_writable(now.at) {
                    self.begin_conversation(name);
                } else {
                    self.probe(name);
                }
                return;
            }
            Some(Stage::Busy | Stage::Asking { .. }) | None => {}
        }
        if until > now.at {
            return;
        }
        if login.erase {
            return self.keep(name, Purpose::Erasure);
        }
        match &login.state {
            State::Unread if self.stopping => {}
            State::Unread => {
                login.work = Work::Recalling;
                self.effects.push_back(Effect::Recall {
                    login: name.clone(),
                });
            }
            State::SignedIn(session) => {
                let notes = matches!(session.unsaved, Unsaved::Notes);
                let refreshing = !self.stopping && self.refresh_if_needed(name, now);
                if !refreshing && notes {
                    self.keep(name, Purpose::Session);
                }
            }
            State::SignedOut | State::NeedsSignIn(..) => {}
        }
    }

    /// Begins a refresh, or the proof that its result can be stored; says whether it did.
    fn refresh_if_needed(&mut self, name: &LoginName, now: Now) -> bool {
        let need = self.need(name, now.at);
        let Some(login) = self.logins.get_mut(name) else {
            return false;
        };
        match need {
            Need::None => {
                login.slot = None;
                return false;
            }
            Need::Now => {
                self.throttle.reserve(1, now.at);
            }
            Need::Ahead => {
                let slot = *login
                    .slot
                    .get_or_insert_with(|| self.throttle.reserve(1, now.at));
                if slot > now.at {
                    return false;
                }
            }
        }
        let Some(session) = login.session() else {
            return false;
        };
        if session.stored.rotates != Some(false) && !login.is_writable(now.at) {
            self.probe(name);
            return true;
        }
        let refresh = Effect::Refresh {
            login: name.clone(),
            spec: login.spec.clone(),
            refresh_token: session.stored.refresh_token.clone(),
            client_secret: login.client_secret.clone(),
            device_key: session.stored.device_key.clone(),
        };
        login.slot = None;
        login.work = Work::Refreshing;
        self.effects.push_back(refresh);
        self.changed();
        true
    }

    fn need(&self, name: &LoginName, now: Moment) -> Need {
        let Some(session) = self.logins.get(name).and_then(Login::session) else {
            return Need::None;
        };
        let span = session.id.as_ref().map(|id| id.span);
        if span.is_some_and(|span| span.is_fresh(now)) {
            return Need::None;
        }
        let dead = !span.is_some_and(|span| span.is_usable(now));
        let rest_after = self.settings.rest_after;
        let mut need = Need::None;
        for profile in self.members_of(name) {
            if !profile.waiting.is_empty() {
                return Need::Now;
            }
            let active = profile.is_active(now, rest_after);
            // A dead token is renewed when keys are due; a dying one, so that it is there then.
            if active && (!dead || !profile.is_fresh(now)) {
                need = Need::Ahead;
            }
        }
        need
    }

    fn probe(&mut self, name: &LoginName) {
        if let Some(login) = self.logins.get_mut(name) {
            login.work = Work::Probing;
            self.effects.push_back(Effect::Probe {
                login: name.clone(),
            });
        }
    }

    pub(super) fn keep(&mut self, name: &LoginName, purpose: Purpose) {
        if let Some(login) = self.logins.get_mut(name) {
            let mut stored = login.record();
            match &purpose {
                Purpose::Session => {}
                Purpose::Adoption(session) => stored.session = Some(session.stored.clone()),
                Purpose::Erasure => stored.session = None,
            }
            login.work = Work::Keeping(purpose);
            self.effects.push_back(Effect::Keep {
                login: name.clone(),
                stored: Box::new(stored),
            });
            self.changed();
        }
    }

    pub(super) fn recalled(
        &mut self,
        name: &LoginName,
        result: Result<Option<Secret>, VaultFault>,
        now: Now,
    ) {
        let Some(login) = self.logins.get_mut(name) else {
            return;
        };
        if !matches!(login.work, Work::Recalling) {
            return;
        }
        match result {
            Ok(record) => {
                login.succeeded(now);
                let stored = record.as_ref().map(Stored::from_record).transpose();
                let stored = stored.unwrap_or_else(|bad| {
                    login.note(
                        SetbackKind::Vault(VaultFaultKind::Failed),
                        format!("What the vault keeps of “{name}” cannot be read: {bad}."),
                        now,
                    );
                    None
                });
                let stored = stored.unwrap_or_default();
                login.client_secret = stored.client_secret;
                login.state = match stored.session {
                    None => State::SignedOut,
                    Some(session) if !session.is_of(&login.spec) => {
                        State::NeedsSignIn(Ended::Moved, Some(session.user))
                    }
                    Some(stored) => State::SignedIn(Box::new(Session {
                        stored,
                        id: None,
                        unsaved: Unsaved::Nothing,
                    })),
                };
            }
            Err(fault) => {
                login.vault_failed(fault, now);
                self.vault_refused(name);
            }
        }
        self.changed();
        self.settle_login(name, now);
    }

    pub(super) fn probed(&mut self, name: &LoginName, result: Result<(), VaultFault>, now: Now) {
        let Some(login) = self.logins.get_mut(name) else {
            return;
        };
        if !matches!(login.work, Work::Probing) {
            return;
        }
        match result {
            Ok(()) => {
                if matches!(
                    login.setback,
                    Some(Setback {
                        kind: SetbackKind::Vault(_),
                        ..
                    })
                ) {
                    login.setback = None;
                    login.failures = 0;
                }
                login.writable = Some(now.at);
                login.rest(now.at);
            }
            Err(fault) => {
                login.vault_failed(fault, now);
                self.vault_refused(name);
            }
        }
        self.changed();
        self.settle_login(name, now);
    }

    pub(super) fn refreshed(
        &mut self,
        name: &LoginName,
        result: Result<Box<Tokens>, Fault>,
        now: Now,
    ) {
        let Some(login) = self.logins.get_mut(name) else {
            return;
        };
        if !matches!(login.work, Work::Refreshing) {
            return;
        }
        match result {
            Ok(tokens) => {
                login.succeeded(now);
                self.observe(tokens.id_life, now);
                self.take_tokens(name, *tokens, now);
            }
            Err(Fault {
                kind: FaultKind::Ended(ended),
                ..
            }) => {
                login.succeeded(now);
                let user = login.session().map(|session| session.stored.user.clone());
                login.state = State::NeedsSignIn(ended, user);
                login.erase = true;
                self.drop_keys(name);
            }
            Err(fault) => {
                login.failures += 1;
                login.slot = None;
                let wait = pace::backoff(fault.kind, login.failures, &mut self.rng);
                login.note(SetbackKind::Service(fault.kind), fault.text, now);
                login.rest(now.at + wait);
            }
        }
        self.changed();
        self.settle_login(name, now);
    }

    fn take_tokens(&mut self, name: &LoginName, tokens: Tokens, now: Now) {
        let id = IdToken {
            token: tokens.id_token,
            span: Span::of_id_token(now.at, tokens.id_life.length, &mut self.rng),
        };
        let Some(session) = self.logins.get_mut(name).and_then(Login::session_mut) else {
            return;
        };
        let rotates = Some(tokens.refresh_token.is_some());
        let learnt = session.stored.rotates != rotates;
        session.stored.rotates = rotates;
        match tokens.refresh_token {
            Some(token) => {
                session.stored.refresh_token = token;
                session.unsaved = Unsaved::Token(id);
            }
            None => {
                session.id = Some(id);
                if learnt {
                    session.unsaved = Unsaved::Notes;
                }
            }
        }
    }

    pub(super) fn kept(&mut self, name: &LoginName, result: Result<(), VaultFault>, now: Now) {
        let Some(login) = self.logins.get_mut(name) else {
            return;
        };
        let work = std::mem::replace(&mut login.work, Work::Rest { until: now.at });
        let Work::Keeping(purpose) = work else {
            login.work = work;
            return;
        };
        match (purpose, result) {
            (purpose, Ok(())) => {
                login.succeeded(now);
                login.writable = Some(now.at);
                match purpose {
                    Purpose::Session => {
                        if let Some(session) = login.session_mut()
                            && let Unsaved::Token(id) =
                                std::mem::replace(&mut session.unsaved, Unsaved::Nothing)
                        {
                            session.id = Some(id);
                        }
                    }
                    Purpose::Adoption(session) => self.adopted(name, session, now),
                    Purpose::Erasure => {
                        login.erase = false;
                        self.erased(name, Ok(()), now);
                    }
                }
            }
            (Purpose::Adoption(session), Err(fault)) => {
                self.adoption_failed(name, &session, fault, now);
            }
            (Purpose::Session, Err(fault)) => login.vault_failed(fault, now),
            (Purpose::Erasure, Err(fault)) => {
                login.vault_failed(fault.clone(), now);
                self.erased(name, Err(fault), now);
            }
        }
        self.changed();
        self.settle_login(name, now);
    }

    pub(super) fn renew(&mut self, ticket: Ticket, name: &str, now: Now) {
        let Some(name) = self.known_login(ticket, name) else {
            return;
        };
        let Some(login) = self.logins.get_mut(&name) else {
            return;
        };
        match &mut login.state {
            State::SignedOut => return self.fail(ticket, Trouble::SignedOut(name)),
            State::NeedsSignIn(ended, _) => {
                let ended = *ended;
                return self.fail(ticket, Trouble::NeedsSignIn(name, ended));
            }
            State::SignedIn(session) => {
                if let Some(id) = &mut session.id {
                    id.span.renew = now.at;
                }
            }
            State::Unread => {}
        }
        if !login.is_busy() {
            login.rest(now.at);
        }
        for profile in self.members.get(&name).into_iter().flatten() {
            if let Some(profile) = self.profiles.get_mut(profile) {
                profile.renew_now(now.at);
            }
        }
        self.reply(ticket, Reply::Done);
        self.settle_login(&name, now);
    }

    /// The login of that name; where there is none, the one who waits is told.
    pub(super) fn known_login(&mut self, ticket: Ticket, name: &str) -> Option<LoginName> {
        let known = name.parse().ok().filter(|name| {
            self.logins
                .get(name)
                .is_some_and(|login| login.fate != Fate::Go)
        });
        if known.is_none() {
            self.fail(ticket, Trouble::UnknownLogin(name.to_owned()));
        }
        known
    }

    /// After a sleep, or where a network came back, nobody waits out what was waited for.
    pub(super) fn forget_waits(&mut self, name: &LoginName) {
        if let Some(login) = self.logins.get_mut(name)
            && !login.is_busy()
            && login.setback.as_ref().is_some_and(Setback::yields)
        {
            login.rest(Moment::default());
        }
        for profile in self.members.get(name).into_iter().flatten() {
            if let Some(profile) = self.profiles.get_mut(profile) {
                profile.forget_wait();
            }
        }
    }

    /// A tool asks: an attempt that reached nobody may be made again.
    pub(super) fn hurry(&mut self, name: &LoginName, now: Now) {
        if let Some(login) = self.logins.get_mut(name)
            && !login.is_busy()
            && let Some(setback) = &login.setback
            && setback.yields()
            && now.at.since(setback.last) >= pace::RETRY_ON_DEMAND
        {
            login.rest(now.at);
        }
    }

    pub(super) fn reschedule_login(&mut self, name: &LoginName, now: Now) {
        let when = self.login_deadline(name, now.at);
        let soon = now.at + Duration::from_millis(1);
        self.schedule
            .set(Key::Login(name.clone()), when.map(|when| when.max(soon)));
    }

    fn login_deadline(&self, name: &LoginName, now: Moment) -> Option<Moment> {
        let login = self.logins.get(name)?;
        let question = login.conversation.as_ref().and_then(Conversation::deadline);
        let Work::Rest { until } = login.work else {
            return question;
        };
        let own = match &login.state {
            _ if login.erase => Some(until),
            State::SignedIn(session) if !matches!(session.unsaved, Unsaved::Nothing) => Some(until),
            _ if self.stopping => None,
            State::Unread => Some(until),
            State::SignedIn(session) => match self.need(name, now) {
                Need::None => {
                    let active = self
                        .members_of(name)
                        .any(|profile| profile.is_active(now, self.settings.rest_after));
                    session
                        .id
                        .as_ref()
                        .map(|id| id.span.renew)
                        .filter(|renew| active && *renew > now)
                }
                Need::Ahead | Need::Now => Some(until.max(login.slot.unwrap_or(until))),
            },
            State::SignedOut | State::NeedsSignIn(..) => None,
        };
        own.into_iter().chain(question).min()
    }

    pub(super) fn members_of(&self, name: &LoginName) -> impl Iterator<Item = &Profile> {
        self.members
            .get(name)
            .into_iter()
            .flatten()
            .filter_map(|profile| self.profiles.get(profile))
    }

    /// A service's time tells how far the local clock is off. Seconds of delay are no error.
    pub(super) fn observe(&mut self, life: Life, now: Now) {
        if let Some(server) = life.server {
            let ahead = now.wall.secs_after(server);
            self.clock_ahead = (ahead.abs() >= CLOCK_TOLERANCE).then_some(ahead);
        }
    }
}

impl Login {
    fn is_writable(&self, now: Moment) -> bool {
        self.writable
            .is_some_and(|when| now.since(when) < WRITABLE_FOR)
    }
}

/// A vault that was written to so lately is still open.
const WRITABLE_FOR: Duration = Duration::from_secs(30);

/// In seconds.
const CLOCK_TOLERANCE: i64 = 120;
