//! Whether who signed in is who was meant: asked before anything is kept, so that no login changes
//! hands unseen.
//!
//! A browser signs in whoever it remembers, and a program whoever it was set up for. Nobody typed a
//! name, and so the first user of such a login is shown, too. Who is the same as before is not asked
//! about.

use crate::agent::Agent;
use crate::agent::conversation::{Gained, Stage};
use crate::agent::login::{Login, State};
use crate::config::LoginSpec;
use crate::conversation::Question;
use crate::event::{Reply, Ticket};
use crate::failure::{AnotherWay, Ended, Trouble};
use crate::name::LoginName;
use crate::pace::QUESTION_LIFE;
use crate::session::User;
use crate::time::Now;

impl Login {
    /// Who is signed in, or was last: by the provider that is configured.
    pub(super) fn known_user(&self) -> Option<&User> {
        match &self.state {
            State::SignedIn(session) => Some(&session.stored.user),
            // The same person may well be another user there.
            State::NeedsSignIn(Ended::Moved, _) => None,
            State::Unread | State::SignedOut | State::NeedsSignIn(..) => self.last_user.as_ref(),
        }
    }

    /// What has to be asked before this user takes the login.
    fn identity_question(&self, user: &User) -> Option<Question> {
        let was = self.known_user();
        let asks = match was {
            Some(was) => was.sub != user.sub,
            None => self.spec.signs_in_by_browser() || self.spec.is_program(),
        };
        asks.then(|| Question::Identity {
            user: user.clone(),
            was: was.cloned(),
        })
    }

    /// How to sign in as somebody else.
    fn another_way(&self) -> AnotherWay {
        match &self.spec {
            LoginSpec::Command(_) => AnotherWay::Program,
            spec if spec.signs_in_by_browser() => AnotherWay::Browser,
            LoginSpec::UserPool(_) | LoginSpec::Oidc(_) | LoginSpec::Guest => AnotherWay::Name,
        }
    }
}

impl Agent {
    /// A sign-in is done. The person sees who signed in, where that is not clear, or else the vault
    /// is next.
    pub(super) fn recognize(&mut self, name: &LoginName, gained: Gained, now: Now) {
        let Some(login) = self.logins.get_mut(name) else {
            return;
        };
        let question = login.identity_question(&gained.tokens.user);
        let Some(talk) = &mut login.conversation else {
            return;
        };
        let gained = Box::new(gained);
        let Some(question) = question else {
            talk.stage = Stage::Adopting(gained);
            return;
        };
        talk.stage = Stage::Recognizing {
            gained,
            question: question.clone(),
            until: now.at + QUESTION_LIFE,
        };
        let reply = Reply::Question {
            conversation: talk.id.clone(),
            question,
            problem: None,
        };
        if let Some(ticket) = talk.ticket.take() {
            self.reply(ticket, reply);
        }
    }

    /// The person said whether it is who was meant.
    pub(super) fn recognized(&mut self, name: &LoginName, ticket: Ticket, is_meant: bool) {
        let Some(login) = self.logins.get_mut(name) else {
            return;
        };
        let way = login.another_way();
        let Some(talk) = &mut login.conversation else {
            return;
        };
        talk.ticket = Some(ticket);
        match std::mem::replace(&mut talk.stage, Stage::Vault) {
            Stage::Recognizing { gained, .. } if is_meant => talk.stage = Stage::Adopting(gained),
            Stage::Recognizing {
                gained,
                question,
                until,
            } => {
                let user = gained.tokens.user.username.clone();
                talk.stage = Stage::Recognizing {
                    gained,
                    question,
                    until,
                };
                self.end_conversation(name, Trouble::NotMeant(name.clone(), user, way));
            }
            stage @ (Stage::Vault
            | Stage::Access(_)
            | Stage::Busy { .. }
            | Stage::Asking { .. }
            | Stage::Adopting(_)
            | Stage::Keeping) => talk.stage = stage,
        }
        self.changed();
    }
}
