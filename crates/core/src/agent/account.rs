//! A conversation about an account: the vault is only read for it, and where it needs somebody who
//! is signed in, an access token is had first, by one refresh if it must be.

use crate::agent::Agent;
use crate::agent::conversation::{Attempt, Sent, Stage};
use crate::agent::login::{Login, State};
use crate::agent::work::{Purpose, Work};
use crate::conversation::Outcome;
use crate::event::Reply;
use crate::failure::Trouble;
use crate::fault::FaultKind;
use crate::name::LoginName;
use crate::pace::ACCESS_PATIENCE;
use crate::secret::Secret;
use crate::time::{Moment, Now};

/// A step that waits for an access token.
#[derive(Debug)]
pub(super) struct Sought {
    sent: Sent,
    pub(super) until: Moment,
    /// How often the tokens had been renewed when it began to wait: one more time has to do.
    renewals: u64,
}

impl Agent {
    /// Whatever is under way for the login's tokens, what is about an account goes on beside it
    /// as soon as it has what it needs.
    pub(super) fn advance_account(&mut self, name: &LoginName, now: Now) {
        let Some(login) = self.logins.get_mut(name) else {
            return;
        };
        let adopting = matches!(login.work, Work::Keeping(Purpose::Adoption(..)));
        if !login.is_staying() || login.leaving.is_some() || adopting {
            return;
        }
        let ready = login.session().is_none() || login.usable_access(now.at).is_some();
        let Some(talk) = &mut login.conversation else {
            return;
        };
        if talk.is_sign_in() {
            return;
        }
        match std::mem::replace(&mut talk.stage, Stage::Vault) {
            Stage::Vault => {
                if !matches!(login.state, State::Unread) {
                    self.begin_conversation(name, now);
                }
            }
            Stage::Access(sought) if ready => {
                let Sent {
                    thread,
                    answer,
                    attempt,
                } = sought.sent;
                self.step(name, thread, answer, attempt, now);
            }
            stage @ (Stage::Access(_)
            | Stage::Busy { .. }
            | Stage::Asking { .. }
            | Stage::Recognizing { .. }
            | Stage::Adopting(_)
            | Stage::Keeping) => talk.stage = stage,
        }
    }

    /// A step has to wait for an access token, which takes a refresh. Nothing that was waited for
    /// holds that up: a person asks.
    pub(super) fn seek_access(&mut self, name: &LoginName, sent: Sent, now: Now) {
        let Some(login) = self.logins.get_mut(name) else {
            return;
        };
        if login.session().is_none() {
            let trouble = login.why_no_access(name, now);
            return self.end_conversation(name, trouble);
        }
        login.until = login.until.min(now.at);
        if let Some(talk) = &mut login.conversation {
            talk.stage = Stage::Access(Box::new(Sought {
                sent,
                until: now.at + ACCESS_PATIENCE,
                renewals: login.renewals,
            }));
        }
    }

    /// The pool did not take the access token: a newer one may do, once.
    pub(super) fn access_refused(&mut self, name: &LoginName, sent: Sent, now: Now) {
        self.drop_access(name, &sent, FaultKind::TokenStale);
        self.step(name, sent.thread, sent.answer, Attempt::Last, now);
    }

    /// An access token that the pool found stale is not shown to it again.
    pub(super) fn drop_access(&mut self, name: &LoginName, sent: &Sent, kind: FaultKind) {
        let refused = sent.thread.access_token.as_ref();
        let session = self.logins.get_mut(name).and_then(Login::session_mut);
        if kind == FaultKind::TokenStale
            && let Some(id) = session.and_then(|session| session.id.as_mut())
        {
            let shown = id.access.as_mut();
            if let Some(access) = shown.filter(|access| Some(&access.token) == refused) {
                access.refuse();
            }
        }
    }

    /// Where a login rests and there is still no access token, nothing will bring one.
    pub(super) fn give_up_access(&mut self, name: &LoginName, now: Now) {
        let Some(login) = self.logins.get(name) else {
            return;
        };
        if let Some(Stage::Access(_)) = login.conversation.as_ref().map(|talk| &talk.stage)
            && !login.is_busy()
        {
            let trouble = login.why_no_access(name, now);
            self.end_conversation(name, trouble);
        }
    }

    /// What was not a sign-in is done.
    pub(super) fn finished(
        &mut self,
        name: &LoginName,
        outcome: Outcome,
        client_secret: Option<Secret>,
    ) {
        let Some(login) = self.logins.get_mut(name) else {
            return;
        };
        if client_secret.is_some() && client_secret != login.client_secret {
            login.client_secret = client_secret;
            login.note_record();
        }
        login.learn(&outcome);
        let talk = login.conversation.take();
        if let Some(ticket) = talk.and_then(|talk| talk.ticket) {
            self.reply(ticket, Reply::Outcome(outcome));
        }
    }
}

impl Login {
    /// Whether a refresh is wanted for an access token alone.
    pub(super) fn seeks_access(&self) -> bool {
        match self.conversation.as_ref().map(|talk| &talk.stage) {
            Some(Stage::Access(sought)) => sought.renewals == self.renewals,
            Some(
                Stage::Vault
                | Stage::Busy { .. }
                | Stage::Asking { .. }
                | Stage::Recognizing { .. }
                | Stage::Adopting(_)
                | Stage::Keeping,
            )
            | None => false,
        }
    }

    /// What came of a conversation, whether or not somebody still waited for it.
    pub(super) fn learn(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::DeviceForgotten { key } => self.forget_device(key),
            Outcome::Done
            | Outcome::SignedUp { .. }
            | Outcome::Unconfirmed { .. }
            | Outcome::CodeSent { .. }
            | Outcome::Account(_)
            | Outcome::Devices { .. }
            | Outcome::Other => {}
        }
    }

    pub(super) fn why_no_access(&self, name: &LoginName, now: Now) -> Trouble {
        match (&self.state, &self.setback) {
            (State::SignedOut, _) => Trouble::SignedOut(name.clone()),
            (State::NeedsSignIn(ended, _), _) => Trouble::NeedsSignIn(name.clone(), *ended),
            (State::Unread | State::SignedIn(_), Some(setback)) => {
                setback.trouble(now.at.until(self.until))
            }
            (State::Unread | State::SignedIn(_), None) if self.is_busy() => self.work.trouble(name),
            (State::Unread | State::SignedIn(_), None) => {
                Trouble::Misconfigured("The user pool gave no access token that works.".into())
            }
        }
    }
}
