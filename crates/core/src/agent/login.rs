//! What is known of one login, and the one thing that may be under way for it.

use std::collections::VecDeque;
use std::time::Duration;

use fastrand::Rng;

use crate::agent::conversation::Conversation;
use crate::agent::desertion::Deserted;
use crate::agent::guest::Guests;
use crate::agent::line::Turn;
use crate::agent::orphan::Orphan;
use crate::agent::recent::Seen;
use crate::agent::session::{AccessToken, IdToken, Session};
use crate::agent::setback::{Setback, SetbackKind};
use crate::agent::sign_out::Leaving;
use crate::agent::token::Askers;
use crate::agent::work::Work;
use crate::config::LoginSpec;
use crate::failure::{Ended, Trouble};
use crate::fault::{FaultKind, VaultFault};
use crate::pace;
use crate::secret::Secret;
use crate::session::{Device, Stored, User};
use crate::time::{Moment, Now};

/// One login.
#[derive(Debug)]
pub(super) struct Login {
    pub(super) spec: LoginSpec,
    pub(super) state: State,
    pub(super) work: Work,
    /// Before then nothing is tried again.
    pub(super) until: Moment,
    /// Outlives the session; see [`Stored`].
    pub(super) client_secret: Option<Secret>,
    /// Outlives a session that ended by itself; see [`Stored`].
    pub(super) device: Option<Device>,
    /// Outlives a session that ended by itself; see [`Stored`].
    pub(super) last_user: Option<User>,
    /// Outlives a session; see [`Stored`].
    pub(super) learnt_life: Option<Duration>,
    pub(super) conversation: Option<Conversation>,
    /// Those who ask for its tokens.
    pub(super) askers: Askers,
    /// What guests have, where it is theirs.
    pub(super) guests: Guests,
    /// Sign-ins that were given up while the pool was being asked.
    pub(super) deserted: Vec<Deserted>,
    pub(super) leaving: Option<Leaving>,
    /// Sessions that nobody holds any more, and that the pool shall revoke.
    pub(super) orphans: VecDeque<Orphan>,
    /// The vault may still have a session that is over.
    pub(super) erase: bool,
    pub(super) fate: Fate,
    pub(super) setback: Option<Setback>,
    pub(super) failures: u32,
    /// How many answers were lost since the last that came, and when the last was. One may have
    /// held a rotated token.
    pub(super) losses: u32,
    lost: Option<Moment>,
    /// Whether the first of them has yet to be asked for again: the old token works for a grace of
    /// a minute at most.
    pub(super) at_once: bool,
    /// Whether a person wants a new token, whoever else needs one.
    pub(super) urged: bool,
    /// Its place among the renewals that nobody waits for.
    pub(super) turn: Turn,
    /// When a write to the vault last succeeded.
    pub(super) writable: Option<Moment>,
    /// Counts the ID tokens, so that a verdict on one is not taken for a verdict on the next.
    pub(super) renewals: u64,
    /// What was noted of it last, for [`crate::agent::recent`].
    pub(super) seen: Seen,
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

/// What the configuration wants of a login whose work may still be under way.
#[derive(Debug)]
pub(super) enum Fate {
    Stay,
    /// It names another pool or app client, and goes there when its work is done.
    Move(Box<LoginSpec>),
    /// It is gone from the configuration, and goes when its work is done.
    Go,
}

impl Login {
    pub(super) fn new(spec: LoginSpec) -> Self {
        Self {
            spec,
            state: State::Unread,
            work: Work::Rest,
            until: Moment::default(),
            client_secret: None,
            device: None,
            last_user: None,
            learnt_life: None,
            guests: Guests::default(),
            conversation: None,
            askers: Askers::default(),
            deserted: Vec::new(),
            leaving: None,
            orphans: VecDeque::new(),
            erase: false,
            fate: Fate::Stay,
            setback: None,
            failures: 0,
            losses: 0,
            lost: None,
            at_once: false,
            urged: false,
            turn: Turn::None,
            writable: None,
            renewals: 0,
            seen: Seen::default(),
        }
    }

    pub(super) fn session(&self) -> Option<&Session> {
        match &self.state {
            State::SignedIn(session) => Some(session),
            State::Unread | State::SignedOut | State::NeedsSignIn(..) => None,
        }
    }

    pub(super) fn user(&self) -> Option<&User> {
        match &self.state {
            State::SignedIn(session) => Some(&session.stored.user),
            State::NeedsSignIn(_, user) => user.as_ref(),
            State::Unread | State::SignedOut => None,
        }
    }

    pub(super) fn session_mut(&mut self) -> Option<&mut Session> {
        match &mut self.state {
            State::SignedIn(session) => Some(session),
            State::Unread | State::SignedOut | State::NeedsSignIn(..) => None,
        }
    }

    pub(super) fn is_signing_in(&self) -> bool {
        self.conversation
            .as_ref()
            .is_some_and(Conversation::is_sign_in)
    }

    pub(super) fn is_busy(&self) -> bool {
        !matches!(self.work, Work::Rest)
    }

    pub(super) fn is_staying(&self) -> bool {
        matches!(self.fate, Fate::Stay)
    }

    pub(super) fn is_moving(&self) -> bool {
        matches!(self.fate, Fate::Move(_))
    }

    pub(super) fn is_going(&self) -> bool {
        matches!(self.fate, Fate::Go)
    }

    /// What the configuration says of it, even while it still works by what that said before.
    pub(super) fn configured(&self) -> &LoginSpec {
        match &self.fate {
            Fate::Move(spec) => spec,
            Fate::Stay | Fate::Go => &self.spec,
        }
    }

    /// Whether nothing is under way, nor waits for the vault, that a stop would cut short.
    pub(super) fn is_quiet(&self) -> bool {
        let working = match self.work {
            // What was only asked of the vault may stay unheard: a person may be unlocking it.
            Work::Rest | Work::Recalling | Work::Probing => false,
            Work::Refreshing { .. } | Work::Keeping(_) | Work::Revoking(..) => true,
        };
        // What the vault has refused cannot be waited for.
        let refused = self.setback.as_ref().is_some_and(Setback::is_vaults);
        !working
            && self.leaving.is_none()
            && self.orphans.is_empty()
            && self.deserted.is_empty()
            && (!self.owes_vault() || refused)
    }

    /// Whether the vault has still to be told something.
    pub(super) fn owes_vault(&self) -> bool {
        let owes = |session: &Session| {
            let unsaved = &session.unsaved;
            unsaved.token.is_some() || unsaved.notes || unsaved.doubt
        };
        self.erase || self.session().is_some_and(owes)
    }

    pub(super) fn unsaved_token(&self) -> Option<&IdToken> {
        self.session()?.unsaved.token.as_ref()
    }

    /// The ID token, if it may be sent to an identity pool: a fresh one, or any that works while a
    /// fresher one cannot be had.
    pub(super) fn usable_id(&self, now: Moment) -> Option<&IdToken> {
        let id = self.session()?.id.as_ref()?;
        let stuck = self.failures > 0 && !self.is_busy();
        let last = stuck || !self.is_renewable();
        let good = id.span.is_fresh(now) || (last && id.span.is_usable(now));
        (good && self.is_staying() && self.leaving.is_none()).then_some(id)
    }

    /// Whether the session goes on when its ID token ends: with a refresh token, or with a program
    /// that supplies another ID token.
    pub(super) fn is_renewable(&self) -> bool {
        let has_token = |session: &Session| session.stored.refresh_token.is_some();
        self.session().is_some_and(has_token) || self.spec.is_program()
    }

    /// When a session that cannot be renewed is over.
    pub(super) fn spent_at(&self) -> Option<Moment> {
        let session = self.session().filter(|_| !self.is_renewable())?;
        Some(session.id.as_ref().map_or(Moment::default(), IdToken::ends))
    }

    /// The access token, if the user pool should take it.
    pub(super) fn usable_access(&self, now: Moment) -> Option<&AccessToken> {
        let access = self.session()?.id.as_ref()?.access.as_ref()?;
        access.span.is_usable(now).then_some(access)
    }

    /// A vault that was written to so lately is still open.
    pub(super) fn is_writable(&self, now: Moment) -> bool {
        self.writable
            .is_some_and(|when| now.since(when) < WRITABLE_FOR)
    }

    pub(super) fn record(&self) -> Stored {
        Stored {
            last_user: self.last_user.clone(),
            learnt_life: self.learnt_life,
            origin: self.learnt_life.map(|_| self.spec.origin()),
            guests: self.guests.ids.clone(),
            client_secret: self.client_secret.clone(),
            session: self.session().map(|session| session.stored.clone()),
            device: self.device.clone(),
        }
    }

    /// What outlives a session has changed: the vault is told when it has time.
    pub(super) fn note_record(&mut self) {
        match &mut self.state {
            State::SignedIn(session) => session.unsaved.notes = true,
            State::SignedOut => self.erase = true,
            // What the vault has there belongs to another pool or app client.
            State::NeedsSignIn(ended, _) => self.erase |= *ended != Ended::Moved,
            State::Unread => {}
        }
    }

    /// The session is over by a definitive answer. The device stays: it may stand in for a second
    /// factor when the same user signs in again.
    pub(super) fn end_session(&mut self, ended: Ended, now: Now) {
        self.forget_losses();
        if ended == Ended::UserGone {
            self.device = None;
        }
        let user = self.user().cloned();
        self.last_user.clone_from(&user);
        self.state = State::NeedsSignIn(ended, user);
        self.erase = true;
        self.succeeded(now);
    }

    /// The pool does not know a device any more.
    pub(super) fn forget_device(&mut self, key: &str) {
        let kept = self.device.take_if(|device| device.key == key).is_some();
        let session = self.session_mut().map(|session| &mut session.stored);
        let sent = session.and_then(|stored| stored.device_key.take_if(|known| known == key));
        if kept || sent.is_some() {
            self.note_record();
        }
    }

    pub(super) fn succeeded(&mut self, now: Now) {
        self.failures = 0;
        self.setback = None;
        self.until = now.at;
    }

    /// What was lost is found, or is of no use any more.
    pub(super) fn forget_losses(&mut self) {
        self.losses = 0;
        self.lost = None;
        self.at_once = false;
    }

    /// Whether a rotated token was lost so lately that the old one may still work.
    pub(super) fn may_save_token(&self, now: Moment) -> bool {
        self.lost
            .is_some_and(|when| now.since(when) < LONGEST_GRACE)
    }

    pub(super) fn vault_failed(&mut self, fault: VaultFault, now: Now) {
        self.failures += 1;
        self.writable = None;
        self.until = now.at + pace::vault_backoff(self.failures);
        self.note(SetbackKind::Vault(fault.kind), fault.text, now);
    }

    /// The vault was written to. What the pool's trouble is, stays.
    pub(super) fn vault_worked(&mut self, now: Now) {
        self.writable = Some(now.at);
        if self.setback.as_ref().is_some_and(Setback::is_vaults) {
            self.succeeded(now);
        }
    }

    pub(super) fn refresh_failed(
        &mut self,
        kind: FaultKind,
        text: String,
        now: Now,
        rng: &mut Rng,
    ) {
        self.failures += 1;
        let lost = kind == FaultKind::Lost;
        if lost {
            self.losses += 1;
            self.lost = Some(now.at);
        }
        self.at_once = lost && self.losses == 1;
        let failures = if lost { self.losses } else { self.failures };
        let wait = pace::backoff(kind, failures, rng);
        self.until = now.at + wait;
        self.note(SetbackKind::Service(kind), text, now);
    }

    /// Puts an ID token to use.
    pub(super) fn take_id(&mut self, mut id: IdToken, now: Now, rng: &mut Rng) {
        id.arrive(now);
        let fresh = id.span.is_fresh(now.at);
        if let Some(session) = self.session_mut() {
            session.id = Some(id);
        }
        if fresh {
            self.succeeded(now);
        } else {
            // The machine slept on the answer, or the pool's tokens are of no use. Either way a
            // new one follows, but not in a hurry without end.
            let text = "The user pool's token was over before it came.".to_owned();
            self.refresh_failed(FaultKind::Service, text, now, rng);
        }
    }

    /// What people are told of a setback, when the next attempt is `wait` away.
    pub(super) fn trouble(&self, setback: &Setback, wait: Duration) -> Trouble {
        match &self.spec {
            LoginSpec::Command(program) if !setback.is_vaults() => {
                Trouble::Program(setback.text.clone(), program.command.join(" "), wait)
            }
            LoginSpec::UserPool(_)
            | LoginSpec::Oidc(_)
            | LoginSpec::Command(_)
            | LoginSpec::Guest => setback.trouble(wait),
        }
    }

    pub(super) fn note(&mut self, kind: SetbackKind, text: String, now: Now) {
        Setback::note(&mut self.setback, kind, text, now);
    }
}

/// Cognito lets an app client have no more.
const LONGEST_GRACE: Duration = Duration::from_secs(60);

const WRITABLE_FOR: Duration = Duration::from_secs(30);
