//! What a login does next.

use crate::agent::Agent;
use crate::agent::conversation::Stage;
use crate::agent::line::Turn;
use crate::agent::login::{Fate, Login, State};
use crate::agent::schedule::Key;
use crate::agent::work::{Purpose, Work};
use crate::config::LoginSpec;
use crate::event::Effect;
use crate::name::LoginName;
use crate::time::{Moment, Now};

/// How much a token is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Need {
    None,
    /// Nobody waits for it.
    Ahead,
    Now,
}

impl Agent {
    /// Lets a login take its next step, then all that hang on it.
    pub(super) fn settle_login(&mut self, name: &LoginName, now: Now) {
        self.advance_login(name, now);
        let members = self.members.get(name).cloned().unwrap_or_default();
        for profile in &members {
            self.move_profile(profile, now);
        }
        self.reschedule_login(name, now);
    }

    /// Begins the most pressing thing that a login at rest needs, and what need not wait for that.
    pub(super) fn advance_login(&mut self, name: &LoginName, now: Now) {
        self.end_spent(name, now);
        self.expire_question(name, now);
        self.advance_account(name, now);
        self.advance_work(name, now);
        self.give_up_access(name, now);
        self.answer_askers(name, now);
    }

    fn advance_work(&mut self, name: &LoginName, now: Now) {
        let Some(login) = self.logins.get(name) else {
            return;
        };
        if login.is_busy() {
            return self.begin_early(name, now);
        }
        if login.leaving.is_some() {
            return self.leave(name, now);
        }
        // A token that may be lost is looked after first, whatever comes next.
        let at_once = login.at_once;
        if at_once && self.refresh_if_needed(name, now) {
            return;
        }
        if self.advance_sign_in(name, now) {
            return;
        }
        let Some(login) = self.logins.get(name) else {
            return;
        };
        let due = login.until <= now.at;
        if login.unsaved_token().is_some() {
            // Who signs in learns at once whether the vault works.
            if due
                || login
                    .conversation
                    .as_ref()
                    .is_some_and(|talk| talk.is_before_pool())
            {
                self.keep(name, Purpose::Session);
            }
            return;
        }
        if !login.erase && self.meet_fate(name, now) {
            return;
        }
        if !(due && self.advance_session(name, now)) {
            self.revoke_orphans(name, now);
        }
    }

    /// A sign-in before or after its conversation; says whether it takes the login's time.
    fn advance_sign_in(&mut self, name: &LoginName, now: Now) -> bool {
        let Some(login) = self.logins.get(name).filter(|login| login.is_staying()) else {
            return false;
        };
        match login.conversation.as_ref().map(|talk| &talk.stage) {
            Some(Stage::Adopting(_)) => self.adopt(name),
            Some(Stage::Vault) if matches!(login.state, State::Unread) => self.recall(name),
            Some(Stage::Vault) if !login.is_writable(now.at) => self.probe(name),
            Some(Stage::Vault) => {
                self.begin_conversation(name, now);
                return false;
            }
            Some(
                Stage::Access(_)
                | Stage::Busy { .. }
                | Stage::Asking { .. }
                | Stage::Recognizing { .. }
                | Stage::Keeping,
            )
            | None => {}
        }
        self.logins.get(name).is_some_and(Login::is_busy)
    }

    /// A person does not wait for a refresh, when the vault was proven just before it.
    fn begin_early(&mut self, name: &LoginName, now: Now) {
        if let Some(login) = self.logins.get(name)
            && matches!(login.work, Work::Refreshing { .. })
            && login.leaving.is_none()
            && login.is_staying()
            && login.is_writable(now.at)
            && login
                .conversation
                .as_ref()
                .is_some_and(|talk| talk.is_before_pool())
        {
            self.begin_conversation(name, now);
        }
    }

    /// Moves or drops a login as the configuration wants; says whether that was all.
    fn meet_fate(&mut self, name: &LoginName, now: Now) -> bool {
        let Some(login) = self.logins.get_mut(name) else {
            return true;
        };
        match &login.fate {
            Fate::Stay => return false,
            Fate::Go => {
                if login.orphans.is_empty() && login.deserted.is_empty() {
                    self.drop_login(name);
                    return true;
                }
                return false;
            }
            Fate::Move(spec) => {
                let spec = LoginSpec::clone(spec);
                self.move_login(name, spec);
            }
        }
        self.advance_login(name, now);
        true
    }

    /// The session's own needs; says whether one is being seen to.
    fn advance_session(&mut self, name: &LoginName, now: Now) -> bool {
        let Some(login) = self.logins.get(name) else {
            return false;
        };
        if login.erase {
            self.keep(name, Purpose::Erasure);
            return true;
        }
        match &login.state {
            State::Unread if !self.stopping => {
                self.recall(name);
                true
            }
            State::SignedIn(session) if session.unsaved.doubt => {
                self.keep(name, Purpose::Session);
                true
            }
            State::SignedIn(session) => {
                let notes = session.unsaved.notes;
                if !self.stopping && self.refresh_if_needed(name, now) {
                    return true;
                }
                if notes {
                    self.keep(name, Purpose::Session);
                } else {
                    self.rest_login(name, now);
                }
                notes
            }
            State::SignedOut | State::NeedsSignIn(..) => {
                self.rest_login(name, now);
                false
            }
            State::Unread => false,
        }
    }

    /// Where nothing is needed, nothing stands in its way.
    fn rest_login(&mut self, name: &LoginName, now: Now) {
        if self.need(name, now.at) == Need::None
            && let Some(login) = self.logins.get_mut(name)
            && login.failures > 0
        {
            login.succeeded(now);
            login.forget_losses();
            self.changed();
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
                login.turn = Turn::None;
                return false;
            }
            Need::Now => {}
            Need::Ahead => {
                let key = Key::Login(name.clone());
                if !self.line.may_call(key, &mut login.turn, 1, now.at) {
                    return false;
                }
            }
        }
        let Some(session) = login.session() else {
            return false;
        };
        // A token that may be spent already is asked for again before it is too late.
        let can_rotate =
            session.stored.refresh_token.is_some() && session.stored.rotates != Some(false);
        let unspent = can_rotate && login.losses == 0;
        if unspent && !login.is_writable(now.at) {
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
        let device_key = session.stored.device_key.clone();
        if need == Need::Now {
            self.line.charge(1, now.at);
        }
        login.turn = Turn::None;
        login.urged = false;
        login.work = Work::Refreshing {
            begun: now.at,
            device_key,
        };
        self.effects.push_back(refresh);
        self.changed();
        true
    }

    pub(super) fn need(&self, name: &LoginName, now: Moment) -> Need {
        let Some(login) = self.logins.get(name) else {
            return Need::None;
        };
        let Some(session) = login.session().filter(|_| login.is_renewable()) else {
            return Need::None;
        };
        if login.at_once || login.may_save_token(now) {
            return Need::Now;
        }
        if !login.is_staying() {
            return Need::None;
        }
        if login.urged || login.seeks_access() {
            return Need::Now;
        }
        let asked = login.need_of_askers(now, self.settings.rest_after);
        let span = session.id.as_ref().map(|id| id.span);
        if span.is_some_and(|span| span.is_fresh(now)) {
            return asked;
        }
        let dead = !span.is_some_and(|span| span.is_usable(now));
        let members = self.members.get(name).into_iter().flatten();
        members
            .map(|profile| self.need_of(profile, dead, now))
            .fold(asked, Need::max)
    }
}
