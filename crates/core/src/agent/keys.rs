//! A profile's life: fetched when asked for, renewed while used, handed out while good.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use zeroize::Zeroizing;

use crate::agent::Agent;
use crate::agent::renewal::{Login, Setback, SetbackKind, State, Unsaved, Work};
use crate::agent::schedule::Key;
use crate::config::ProfileSpec;
use crate::event::{Effect, Reply, Ticket};
use crate::failure::Trouble;
use crate::fault::{Fault, FaultKind};
use crate::name::{LoginName, ProfileName};
use crate::pace::{self, Span};
use crate::secret::Secret;
use crate::session::{Fetched, Keys};
use crate::time::{Moment, Now};

/// One profile and the one fetch that may be under way for it.
#[derive(Debug)]
pub(super) struct Profile {
    pub(super) spec: ProfileSpec,
    pub(super) held: Option<Held>,
    fetch: Fetch,
    /// Those who wait, and until when.
    pub(super) waiting: BTreeMap<Ticket, Moment>,
    pub(super) asked: Option<Now>,
    pub(super) setback: Option<Setback>,
    failures: u32,
    slot: Option<Moment>,
    /// What a fault that one new attempt can cure was already answered with.
    cured: bool,
}

/// Keys in memory.
#[derive(Debug)]
pub(super) struct Held {
    keys: Keys,
    pub(super) span: Span,
}

/// The one fetch that may be under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fetch {
    /// None; and none before `until`.
    Rest { until: Moment },
    /// One.
    Busy,
    /// One whose result belongs to a session or a specification that is gone.
    Stale,
    /// One, after which the profile itself goes.
    Last,
}

impl Profile {
    pub(super) fn new(spec: ProfileSpec) -> Self {
        Self {
            spec,
            held: None,
            fetch: Fetch::Rest {
                until: Moment::default(),
            },
            waiting: BTreeMap::new(),
            asked: None,
            setback: None,
            failures: 0,
            slot: None,
            cured: false,
        }
    }

    /// Whether somebody used it lately, or waits.
    pub(super) fn is_active(&self, now: Moment, rest_after: Duration) -> bool {
        !self.waiting.is_empty()
            || self
                .asked
                .is_some_and(|asked| now.since(asked.at) < rest_after)
    }

    pub(super) fn is_fresh(&self, now: Moment) -> bool {
        self.held
            .as_ref()
            .is_some_and(|held| held.span.is_fresh(now))
    }

    pub(super) fn is_going(&self) -> bool {
        self.fetch == Fetch::Last
    }

    pub(super) fn until(&self) -> Moment {
        match self.fetch {
            Fetch::Rest { until } => until,
            Fetch::Busy | Fetch::Stale | Fetch::Last => Moment::default(),
        }
    }

    /// Lets go of keys, and of those that are on their way.
    pub(super) fn forget(&mut self) {
        self.held = None;
        self.setback = None;
        self.failures = 0;
        self.cured = false;
        self.slot = None;
        self.fetch = match self.fetch {
            Fetch::Rest { .. } => Fetch::Rest {
                until: Moment::default(),
            },
            Fetch::Busy | Fetch::Stale => Fetch::Stale,
            Fetch::Last => Fetch::Last,
        };
    }

    /// Leaves the configuration; says whether it can be dropped at once.
    pub(super) fn go(&mut self) -> bool {
        self.forget();
        match self.fetch {
            Fetch::Rest { .. } => true,
            Fetch::Busy | Fetch::Stale | Fetch::Last => {
                self.fetch = Fetch::Last;
                false
            }
        }
    }

    /// Comes back into the configuration while its last fetch is under way.
    pub(super) fn come_back(&mut self, spec: ProfileSpec) {
        self.spec = spec;
        self.forget();
        if self.fetch == Fetch::Last {
            self.fetch = Fetch::Stale;
        }
    }

    pub(super) fn renew_now(&mut self, now: Moment) {
        if let Some(held) = &mut self.held {
            held.span.renew = now;
        }
        if let Fetch::Rest { until } = &mut self.fetch {
            *until = now;
        }
    }

    pub(super) fn forget_wait(&mut self) {
        if self.setback.as_ref().is_some_and(Setback::yields)
            && let Fetch::Rest { until } = &mut self.fetch
        {
            *until = Moment::default();
        }
    }

    fn document(&self, now: Now) -> Option<Secret> {
        let held = self.held.as_ref()?;
        held.span
            .is_usable(now.at)
            .then(|| held.document(self.spec.role_arn.as_deref(), now))
    }
}

impl Agent {
    pub(super) fn ask_keys(&mut self, ticket: Ticket, name: &str, now: Now) {
        let rest_after = self.settings.rest_after;
        let found = name
            .parse::<ProfileName>()
            .ok()
            .and_then(|name| Some((self.profiles.get_mut(&name)?, name)))
            .filter(|(profile, _)| !profile.is_going());
        let Some((profile, name)) = found else {
            return self.fail(ticket, Trouble::UnknownProfile(name.to_owned()));
        };
        let rested = !profile.is_active(now.at, rest_after);
        profile.asked = Some(now);
        if profile.is_fresh(now.at)
            && let Some(document) = profile.document(now)
        {
            self.reply(ticket, Reply::Document(document));
            if rested {
                self.settle_profile(&name, now);
            }
            return;
        }
        profile.waiting.insert(ticket, now.at + pace::PATIENCE);
        if let Some(setback) = &profile.setback
            && setback.yields()
            && now.at.since(setback.last) >= pace::RETRY_ON_DEMAND
        {
            profile.forget_wait();
        }
        let login = profile.spec.login.clone();
        self.waiting.insert(ticket, name.clone());
        self.hurry(&login, now);
        self.settle_profile(&name, now);
    }

    /// Lets a profile take its next step, then answers whom it can.
    pub(super) fn settle_profile(&mut self, name: &ProfileName, now: Now) {
        self.advance_profile(name, now);
        self.answer_waiting(name, now);
        self.reschedule_profile(name, now);
        if let Some(profile) = self.profiles.get(name) {
            let login = profile.spec.login.clone();
            self.reschedule_login(&login, now);
        }
    }

    fn advance_profile(&mut self, name: &ProfileName, now: Now) {
        let rest_after = self.settings.rest_after;
        let Some(profile) = self.profiles.get_mut(name) else {
            return;
        };
        let Fetch::Rest { until } = profile.fetch else {
            return;
        };
        if self.stopping || profile.is_fresh(now.at) || !profile.is_active(now.at, rest_after) {
            profile.slot = None;
            return;
        }
        let login_name = profile.spec.login.clone();
        let usable = |login: &Login| login.usable_id(now.at).cloned();
        let mut id_token = self.logins.get(&login_name).and_then(usable);
        if id_token.is_none() {
            self.advance_login(&login_name, now);
            id_token = self.logins.get(&login_name).and_then(usable);
        }
        let (Some(id_token), Some(profile)) = (id_token, self.profiles.get_mut(name)) else {
            return;
        };
        if until > now.at {
            return;
        }
        let identity = self
            .logins
            .get(&login_name)
            .and_then(Login::session)
            .and_then(|session| {
                session
                    .stored
                    .identities
                    .get(&profile.spec.identity_pool_id)
            })
            .cloned();
        let calls = if identity.is_some() { 1 } else { 2 };
        if profile.waiting.is_empty() {
            let slot = *profile
                .slot
                .get_or_insert_with(|| self.throttle.reserve(calls, now.at));
            if slot > now.at {
                return;
            }
        } else {
            self.throttle.reserve(calls, now.at);
        }
        profile.slot = None;
        profile.fetch = Fetch::Busy;
        let spec = profile.spec.clone();
        self.effects.push_back(Effect::Fetch {
            profile: name.clone(),
            spec,
            id_token,
            identity,
        });
    }

    /// Answers those who need not wait any longer, because there are keys, because nothing that is
    /// under way could bring any, or because they have waited long enough.
    fn answer_waiting(&mut self, name: &ProfileName, now: Now) {
        let hopeful = self.is_hopeful(name, now.at);
        let failing = self.is_failing(name);
        let Some(profile) = self.profiles.get_mut(name) else {
            return;
        };
        if profile.waiting.is_empty() {
            return;
        }
        let document = profile.document(now);
        // While renewing fails, a tool is not made to wait for what may never come.
        let settled = profile.is_fresh(now.at) || !hopeful || (failing && document.is_some());
        let done: Vec<Ticket> = profile
            .waiting
            .iter()
            .filter(|(_, until)| settled || **until <= now.at)
            .map(|(ticket, _)| *ticket)
            .collect();
        if done.is_empty() {
            return;
        }
        for ticket in &done {
            profile.waiting.remove(ticket);
            self.waiting.remove(ticket);
        }
        let reply = match document {
            Some(document) => Reply::Document(document),
            None => Reply::Failed(self.why_no_keys(name, now).into()),
        };
        for ticket in done {
            self.reply(ticket, reply.clone());
        }
    }

    fn is_failing(&self, name: &ProfileName) -> bool {
        self.profiles.get(name).is_some_and(|profile| {
            let login = self.logins.get(&profile.spec.login);
            profile.setback.is_some() || login.is_some_and(|login| login.setback.is_some())
        })
    }

    /// Whether something is under way that may bring keys.
    fn is_hopeful(&self, name: &ProfileName, now: Moment) -> bool {
        let Some(profile) = self.profiles.get(name) else {
            return false;
        };
        let Some(login) = self.logins.get(&profile.spec.login) else {
            return false;
        };
        let possible = match login.state {
            State::Unread | State::SignedIn(_) => login.leaving.is_none(),
            State::SignedOut | State::NeedsSignIn(..) => false,
        };
        let under_way = match (&login.work, profile.fetch) {
            (_, Fetch::Busy | Fetch::Stale) => true,
            (_, Fetch::Last) => false,
            (Work::Rest { until }, Fetch::Rest { .. }) => {
                // A lost answer is asked for again at once, though not within this event.
                let again =
                    |until: Moment, setback: &Option<Setback>| until <= now && setback.is_some();
                again(*until, &login.setback) || again(profile.until(), &profile.setback)
            }
            (
                Work::Recalling | Work::Probing | Work::Refreshing | Work::Keeping(_),
                Fetch::Rest { .. },
            ) => true,
            (Work::Revoking, Fetch::Rest { .. }) => false,
        };
        possible && under_way && !self.stopping
    }

    fn why_no_keys(&self, name: &ProfileName, now: Now) -> Trouble {
        let Some(profile) = self.profiles.get(name) else {
            return Trouble::UnknownProfile(name.to_string());
        };
        let login_name = &profile.spec.login;
        let Some(login) = self.logins.get(login_name) else {
            return Trouble::UnknownLogin(login_name.to_string());
        };
        match &login.state {
            State::SignedOut => return Trouble::SignedOut(login_name.clone()),
            State::NeedsSignIn(ended, _) => {
                return Trouble::NeedsSignIn(login_name.clone(), *ended);
            }
            State::Unread | State::SignedIn(_) => {}
        }
        if login.leaving.is_some() {
            return Trouble::SignedOut(login_name.clone());
        }
        if let Some(setback) = &login.setback {
            return setback.trouble(now.at.until(login.until()));
        }
        match &profile.setback {
            Some(setback) => profile_trouble(name, setback, now.at.until(profile.until())),
            None => Trouble::Slow(login_name.clone()),
        }
    }

    pub(super) fn fetched(
        &mut self,
        name: &ProfileName,
        result: Result<Box<Fetched>, Fault>,
        now: Now,
    ) {
        let Some(profile) = self.profiles.get_mut(name) else {
            return;
        };
        let fetch = profile.fetch;
        profile.fetch = Fetch::Rest { until: now.at };
        match (fetch, result) {
            (Fetch::Rest { .. }, _) => {
                profile.fetch = fetch;
                return;
            }
            (Fetch::Last, _) => {
                self.profiles.remove(name);
                self.schedule.set(Key::Profile(name.clone()), None);
                return;
            }
            (Fetch::Stale, _) => {}
            (Fetch::Busy, Ok(fetched)) => {
                let Fetched { identity, keys } = *fetched;
                let life = keys.life;
                profile.held = Some(Held {
                    span: Span::of_keys(now.at, life.length, &mut self.rng),
                    keys,
                });
                profile.failures = 0;
                profile.setback = None;
                profile.cured = false;
                let pool = profile.spec.identity_pool_id.clone();
                let login = profile.spec.login.clone();
                self.observe(life, now);
                self.note_identity(&login, pool, Some(identity));
            }
            (Fetch::Busy, Err(fault)) => self.fetch_failed(name, fault, now),
        }
        self.changed();
        self.settle_profile(name, now);
        if let Some(profile) = self.profiles.get(name) {
            let login = profile.spec.login.clone();
            self.advance_login(&login, now);
            self.reschedule_login(&login, now);
        }
    }

    fn fetch_failed(&mut self, name: &ProfileName, fault: Fault, now: Now) {
        let Some(profile) = self.profiles.get_mut(name) else {
            return;
        };
        let curable = match fault.kind {
            // A refresh brings a newer token, or the definitive answer that there is none.
            FaultKind::TokenStale | FaultKind::Ended(_) => true,
            FaultKind::IdentityConflict => true,
            FaultKind::Unreachable
            | FaultKind::Lost
            | FaultKind::Throttled
            | FaultKind::Service
            | FaultKind::Wrong
            | FaultKind::LockedOut
            | FaultKind::Expired
            | FaultKind::Unsupported
            | FaultKind::Misconfigured => false,
        };
        if curable && !profile.cured {
            profile.cured = true;
            let pool = profile.spec.identity_pool_id.clone();
            let login = profile.spec.login.clone();
            if fault.kind == FaultKind::IdentityConflict {
                self.note_identity(&login, pool, None);
            } else if let Some(session) = self.logins.get_mut(&login).and_then(Login::session_mut) {
                session.id = None;
            }
            return;
        }
        profile.failures += 1;
        let wait = pace::backoff(fault.kind, profile.failures, &mut self.rng);
        profile.fetch = Fetch::Rest {
            until: now.at + wait,
        };
        Setback::note(
            &mut profile.setback,
            SetbackKind::Service(fault.kind),
            fault.text,
            now,
        );
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
        if old != identity && matches!(session.unsaved, Unsaved::Nothing) {
            session.unsaved = Unsaved::Notes;
        }
    }

    pub(super) fn drop_keys(&mut self, login: &LoginName) {
        for name in self.members.get(login).into_iter().flatten() {
            if let Some(profile) = self.profiles.get_mut(name) {
                profile.forget();
            }
        }
    }

    pub(super) fn reschedule_profile(&mut self, name: &ProfileName, now: Now) {
        let when = self.profile_deadline(name, now.at);
        let soon = now.at + Duration::from_millis(1);
        self.schedule
            .set(Key::Profile(name.clone()), when.map(|when| when.max(soon)));
    }

    fn profile_deadline(&self, name: &ProfileName, now: Moment) -> Option<Moment> {
        let profile = self.profiles.get(name)?;
        let patience = profile.waiting.values().min().copied();
        let Fetch::Rest { until } = profile.fetch else {
            return patience;
        };
        let active = profile.is_active(now, self.settings.rest_after);
        let own = match &profile.held {
            _ if !active || self.stopping => None,
            Some(held) if held.span.is_fresh(now) => Some(held.span.renew),
            // Without a usable ID token it is the login that moves next.
            Some(_) | None => self
                .logins
                .get(&profile.spec.login)
                .and_then(|login| login.usable_id(now))
                .map(|_| until.max(profile.slot.unwrap_or(until))),
        };
        own.into_iter().chain(patience).min()
    }
}

/// What people are told of a profile's own setback.
pub(super) fn profile_trouble(name: &ProfileName, setback: &Setback, wait: Duration) -> Trouble {
    let trouble = setback.trouble(wait);
    if let Trouble::Misconfigured(text) = trouble {
        return Trouble::ProfileMisconfigured(name.clone(), text);
    }
    trouble
}

impl Held {
    /// The document of `credential_process`
    /// (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html>).
    ///
    /// `Expiration` is in the local wall clock's frame, for consumers compare it with that, and
    /// earlier than the keys' end by [`Span::margin`].
    fn document(&self, role_arn: Option<&str>, now: Now) -> Secret {
        let left = now
            .at
            .until(self.span.dead)
            .saturating_sub(self.span.margin());
        let document = Document {
            version: 1,
            access_key_id: self.keys.access_key_id.expose(),
            secret_access_key: self.keys.secret_access_key.expose(),
            session_token: self.keys.session_token.expose(),
            expiration: (now.wall + left).to_string(),
            account_id: role_arn.and_then(|arn| arn.split(':').nth(4)),
        };
        let room = 256 + document.session_token.len() * 2;
        let mut bytes = Zeroizing::new(Vec::with_capacity(room));
        match serde_json::to_writer(&mut *bytes, &document) {
            Ok(()) => Secret::new(String::from_utf8_lossy(&bytes)),
            // A struct of strings always becomes JSON.
            Err(_) => Secret::new("{}"),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Document<'a> {
    version: u32,
    access_key_id: &'a str,
    secret_access_key: &'a str,
    session_token: &'a str,
    expiration: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<&'a str>,
}
