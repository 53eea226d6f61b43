//! A sign-in: the vault is tried first, then the pool asks, and the session is kept before anybody
//! is told that it is there.

use std::collections::BTreeMap;

use crate::agent::Agent;
use crate::agent::renewal::{IdToken, Login, Purpose, Session, Setback, State, Unsaved};
use crate::conversation::{Answer, Question, Step, Thread};
use crate::event::{ConversationId, Effect, Reply, Ticket};
use crate::failure::{Failure, Trouble};
use crate::fault::{Fault, VaultFault};
use crate::name::LoginName;
use crate::pace::{QUESTION_LIFE, Span};
use crate::secret::Secret;
use crate::session::{StoredSession, Tokens};
use crate::time::{Moment, Now};

/// A sign-in under way. A login has one at most.
#[derive(Debug)]
pub(super) struct Conversation {
    id: ConversationId,
    username: Option<String>,
    /// Who waits for the next question or the end.
    ticket: Option<Ticket>,
    pub(super) stage: Stage,
}

/// Where it stands.
#[derive(Debug)]
pub(super) enum Stage {
    /// The vault has to be read and proven writable, before a person types anything.
    Vault,
    /// The pool is being asked.
    Busy,
    /// The person is being asked.
    Asking {
        thread: Thread,
        question: Question,
        until: Moment,
    },
    /// It is done, and the vault is next.
    Adopting {
        tokens: Box<Tokens>,
        client_secret: Option<Secret>,
        signed_in: Now,
    },
}

impl Conversation {
    pub(super) fn deadline(&self) -> Option<Moment> {
        match &self.stage {
            Stage::Asking { until, .. } => Some(*until),
            Stage::Vault | Stage::Busy | Stage::Adopting { .. } => None,
        }
    }
}

impl Agent {
    pub(super) fn sign_in(
        &mut self,
        ticket: Ticket,
        name: &str,
        username: Option<String>,
        now: Now,
    ) {
        let Some(name) = self.known_login(ticket, name) else {
            return;
        };
        self.end_conversation(&name, Trouble::Superseded(name.clone()));
        let id = ConversationId(format!("{:016x}", self.rng.u64(..)));
        if let Some(login) = self.logins.get_mut(&name) {
            login.conversation = Some(Conversation {
                id,
                username,
                ticket: Some(ticket),
                stage: Stage::Vault,
            });
        }
        self.changed();
        self.settle_login(&name, now);
    }

    /// Asks the pool for its first question.
    pub(super) fn begin_conversation(&mut self, name: &LoginName) {
        let Some(login) = self.logins.get_mut(name) else {
            return;
        };
        let known = match &login.state {
            State::SignedIn(session) => Some(session.stored.user.username.clone()),
            State::NeedsSignIn(_, user) => user.as_ref().map(|user| user.username.clone()),
            State::Unread | State::SignedOut => None,
        };
        let Some(talk) = &mut login.conversation else {
            return;
        };
        talk.stage = Stage::Busy;
        let username = talk.username.clone();
        let thread = Thread {
            username: username.or_else(|| login.spec.username.clone()).or(known),
            client_secret: login.client_secret.clone(),
            ..Thread::default()
        };
        let converse = Effect::Converse {
            login: name.clone(),
            spec: login.spec.clone(),
            conversation: talk.id.clone(),
            thread,
            answer: None,
        };
        self.effects.push_back(converse);
    }

    pub(super) fn answered(
        &mut self,
        ticket: Ticket,
        id: &ConversationId,
        answer: Answer,
        now: Now,
    ) {
        let Some(name) = self.login_in(id) else {
            return self.fail(ticket, Trouble::NoConversation);
        };
        let Some(login) = self.logins.get_mut(&name) else {
            return;
        };
        let Some(talk) = &mut login.conversation else {
            return;
        };
        let Stage::Asking {
            thread, question, ..
        } = &talk.stage
        else {
            return self.fail(
                ticket,
                Trouble::Protocol("The last answer is still being looked at.".into()),
            );
        };
        if !answer.is_to(question) {
            return self.fail(
                ticket,
                Trouble::Protocol("The answer is not of the question's kind.".into()),
            );
        }
        let converse = Effect::Converse {
            login: name.clone(),
            spec: login.spec.clone(),
            conversation: talk.id.clone(),
            thread: thread.clone(),
            answer: Some(answer),
        };
        talk.ticket = Some(ticket);
        talk.stage = Stage::Busy;
        self.effects.push_back(converse);
        self.reschedule_login(&name, now);
    }

    pub(super) fn cancel(&mut self, ticket: Ticket, id: &ConversationId, now: Now) {
        match self.login_in(id) {
            Some(name) => {
                self.end_conversation(&name, Trouble::NoConversation);
                self.reply(ticket, Reply::Done);
                self.changed();
                self.settle_login(&name, now);
            }
            None => self.fail(ticket, Trouble::NoConversation),
        }
    }

    pub(super) fn conversed(
        &mut self,
        name: &LoginName,
        id: &ConversationId,
        result: Result<Step, Fault>,
        now: Now,
    ) {
        let current = self
            .logins
            .get_mut(name)
            .and_then(|login| login.conversation.as_mut())
            .filter(|talk| talk.id == *id && matches!(talk.stage, Stage::Busy));
        let Some(talk) = current else {
            // The person left. A session that nobody will use must not stay open.
            if let Ok(Step::Done {
                tokens,
                client_secret,
            }) = result
            {
                self.revoke_orphan(name, tokens.refresh_token, client_secret);
            }
            return;
        };
        match result {
            Ok(Step::Ask {
                thread,
                question,
                problem,
            }) => {
                talk.stage = Stage::Asking {
                    thread,
                    question: question.clone(),
                    until: now.at + QUESTION_LIFE,
                };
                let reply = Reply::Question {
                    conversation: id.clone(),
                    question,
                    problem: problem.map(|fault| {
                        Failure::from(Trouble::CannotSignIn(name.clone(), fault.kind, fault.text))
                    }),
                };
                if let Some(ticket) = talk.ticket.take() {
                    self.reply(ticket, reply);
                }
            }
            Ok(Step::Done {
                tokens,
                client_secret,
            }) => {
                talk.stage = Stage::Adopting {
                    tokens,
                    client_secret,
                    signed_in: now,
                };
            }
            Err(fault) => self.end_conversation(
                name,
                Trouble::CannotSignIn(name.clone(), fault.kind, fault.text),
            ),
        }
        self.changed();
        self.settle_login(name, now);
    }

    /// Hands a finished sign-in to the vault.
    pub(super) fn adopt(&mut self, name: &LoginName) {
        let Some(login) = self.logins.get_mut(name) else {
            return;
        };
        let Some(talk) = &mut login.conversation else {
            return;
        };
        let Stage::Adopting {
            tokens,
            client_secret,
            signed_in,
        } = std::mem::replace(&mut talk.stage, Stage::Busy)
        else {
            return;
        };
        if client_secret.is_some() {
            login.client_secret = client_secret;
        }
        let Some(refresh_token) = tokens.refresh_token else {
            return self.end_conversation(
                name,
                Trouble::Misconfigured("The user pool gave no refresh token.".into()),
            );
        };
        // An identity id belongs to a user: another one starts with none.
        let identities = match &login.state {
            State::SignedIn(old) if old.stored.user.sub == tokens.user.sub => {
                old.stored.identities.clone()
            }
            State::SignedIn(_) | State::Unread | State::SignedOut | State::NeedsSignIn(..) => {
                BTreeMap::new()
            }
        };
        let session = Session {
            stored: StoredSession {
                user_pool_id: login.spec.user_pool_id.clone(),
                client_id: login.spec.client_id.clone(),
                refresh_token,
                device_key: tokens.device_key,
                user: tokens.user,
                signed_in: signed_in.wall,
                rotates: None,
                identities,
            },
            id: Some(IdToken {
                token: tokens.id_token,
                span: Span::of_id_token(signed_in.at, tokens.id_life.length, &mut self.rng),
            }),
            unsaved: Unsaved::Nothing,
        };
        self.observe(tokens.id_life, signed_in);
        self.keep(name, Purpose::Adoption(Box::new(session)));
    }

    /// The vault keeps the new session: now it is there.
    pub(super) fn adopted(&mut self, name: &LoginName, session: Box<Session>, now: Now) {
        let Some(login) = self.logins.get_mut(name) else {
            return;
        };
        let user = session.stored.user.clone();
        let token = session.stored.refresh_token.clone();
        let old = std::mem::replace(&mut login.state, State::SignedIn(session));
        login.erase = false;
        let ticket = login.conversation.take().and_then(|talk| talk.ticket);
        if let Some(ticket) = ticket {
            self.reply(ticket, Reply::SignedIn { user });
        }
        if let State::SignedIn(old) = old
            && old.stored.refresh_token != token
        {
            self.revoke_orphan(name, Some(old.stored.refresh_token), None);
        }
        self.drop_keys(name);
        // Who signs in means to work: the first tool shall not have to wait.
        for profile in self.members.get(name).into_iter().flatten() {
            if let Some(profile) = self.profiles.get_mut(profile) {
                profile.asked = Some(now);
            }
        }
    }

    pub(super) fn adoption_failed(
        &mut self,
        name: &LoginName,
        session: &Session,
        fault: VaultFault,
        now: Now,
    ) {
        let mut setback = None;
        let kind = crate::agent::renewal::SetbackKind::Vault(fault.kind);
        Setback::note(&mut setback, kind, fault.text, now);
        if let Some(setback) = setback {
            self.end_conversation(name, setback.trouble(Default::default()));
        }
        self.revoke_orphan(name, Some(session.stored.refresh_token.clone()), None);
    }

    /// The vault cannot be read or written, so that a sign-in could not be kept.
    pub(super) fn vault_refused(&mut self, name: &LoginName) {
        let Some(login) = self.logins.get(name) else {
            return;
        };
        if let Some(talk) = &login.conversation
            && matches!(talk.stage, Stage::Vault)
            && let Some(setback) = &login.setback
        {
            self.end_conversation(name, setback.trouble(Default::default()));
        }
    }

    /// Ends a sign-in, if one is under way, and tells the one who waits for it.
    pub(super) fn end_conversation(&mut self, name: &LoginName, trouble: Trouble) {
        let Some(login) = self.logins.get_mut(name) else {
            return;
        };
        let Some(talk) = login.conversation.take() else {
            return;
        };
        if let Some(ticket) = talk.ticket {
            self.fail(ticket, trouble);
        }
        if let Stage::Adopting {
            tokens,
            client_secret,
            ..
        } = talk.stage
        {
            self.revoke_orphan(name, tokens.refresh_token, client_secret);
        }
    }

    /// One who waited for a sign-in no longer does.
    pub(super) fn abandon(&mut self, ticket: Ticket, now: Now) {
        let name = self.logins.iter().find_map(|(name, login)| {
            let talk = login.conversation.as_ref()?;
            (talk.ticket == Some(ticket)).then(|| name.clone())
        });
        if let Some(name) = name {
            self.end_conversation(&name, Trouble::NoConversation);
            self.changed();
            self.settle_login(&name, now);
        } else {
            for login in self.logins.values_mut() {
                if let Some(leaving) = &mut login.leaving {
                    leaving.tickets.retain(|waiting| *waiting != ticket);
                }
            }
        }
    }

    pub(super) fn expire_question(&mut self, name: &LoginName, now: Now) {
        let over = self
            .logins
            .get(name)
            .and_then(|login| login.conversation.as_ref())
            .and_then(Conversation::deadline)
            .is_some_and(|until| until <= now.at);
        if over {
            self.end_conversation(name, Trouble::NoConversation);
            self.changed();
        }
    }

    fn login_in(&self, id: &ConversationId) -> Option<LoginName> {
        self.logins.iter().find_map(|(name, login)| {
            let talk = login.conversation.as_ref()?;
            (talk.id == *id).then(|| name.clone())
        })
    }

    /// Revokes a session that nobody holds any more. Nothing waits for it: an orphan that cannot
    /// be revoked ends by itself.
    fn revoke_orphan(
        &mut self,
        name: &LoginName,
        refresh_token: Option<Secret>,
        client_secret: Option<Secret>,
    ) {
        if let (Some(login), Some(refresh_token)) = (self.logins.get(name), refresh_token) {
            self.effects.push_back(Effect::Revoke {
                login: name.clone(),
                spec: login.spec.clone(),
                refresh_token,
                client_secret: client_secret.or_else(|| Login::client_secret(login)),
            });
        }
    }
}

impl Login {
    fn client_secret(&self) -> Option<Secret> {
        self.client_secret.clone()
    }
}
