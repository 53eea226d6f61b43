//! A conversation: for a sign-in the vault is tried first, then the pool asks and a person answers.
//! What is about an account ([`crate::agent::account`]) goes the same way, but for its ends.

use crate::agent::Agent;
use crate::agent::conversation::{Attempt, Conversation, Gained, Sent, Stage};
use crate::config::LoginSpec;
use crate::conversation::{Answer, Goal, Step, Thread};
use crate::event::{ConversationId, Effect, Reply, Ticket};
use crate::failure::{Failure, Trouble};
use crate::fault::{Fault, FaultKind};
use crate::name::LoginName;
use crate::pace::QUESTION_LIFE;
use crate::time::Now;

/// What a conversation is begun for.
pub(super) struct Wanted {
    pub(super) goal: Goal,
    pub(super) username: Option<String>,
    pub(super) another_account: bool,
}

impl Agent {
    pub(super) fn converse(&mut self, ticket: Ticket, name: &str, wanted: Wanted, now: Now) {
        let Some(name) = self.known_login(ticket, name) else {
            return;
        };
        if let Some(trouble) = self.why_no_conversation(&name, &wanted.goal) {
            return self.fail(ticket, trouble);
        }
        self.end_conversation(&name, Trouble::Superseded(name.clone()));
        let id = ConversationId(format!("{:016x}", self.rng.u64(..)));
        if let Some(login) = self.logins.get_mut(&name) {
            login.conversation = Some(Conversation {
                id,
                goal: wanted.goal,
                username: wanted.username,
                another_account: wanted.another_account,
                ticket: Some(ticket),
                given: None,
                stage: Stage::Vault,
            });
        }
        self.changed();
        self.settle_login(&name, now);
    }

    /// Asks the pool for its first question.
    pub(super) fn begin_conversation(&mut self, name: &LoginName, now: Now) {
        let Some(login) = self.logins.get_mut(name) else {
            return;
        };
        let known = login.known_user().map(|user| user.username.clone());
        let Some(talk) = &login.conversation else {
            return;
        };
        let given = talk
            .username
            .clone()
            .or_else(|| login.spec.username().map(str::to_owned));
        let thread = Thread {
            username: if talk.goal.needs_session() {
                // With an access token it is the session's user, whatever name was given.
                known
            } else if matches!(talk.goal, Goal::SignUp { .. }) {
                // Whoever makes an account is nobody that the pool knows.
                talk.username.clone()
            } else {
                given.or_else(|| known.filter(|_| !talk.another_account))
            },
            device: login.device.clone().filter(|_| talk.is_sign_in()),
            client_secret: login.client_secret.clone(),
            another_account: talk.another_account,
            language: self.settings.language,
            ..Thread::default()
        };
        self.step(name, thread, None, Attempt::First, now);
    }

    /// Asks the pool, with an access token where that is needed: then that comes first.
    pub(super) fn step(
        &mut self,
        name: &LoginName,
        mut thread: Thread,
        answer: Option<Answer>,
        attempt: Attempt,
        now: Now,
    ) {
        let Some(login) = self.logins.get_mut(name) else {
            return;
        };
        let Some(talk) = &login.conversation else {
            return;
        };
        thread.goal = talk.goal.clone();
        thread.login = Some(name.clone());
        let needs_session = talk.goal.needs_session();
        if needs_session {
            let Some(access) = login.usable_access(now.at) else {
                let sent = Sent {
                    thread,
                    answer,
                    attempt,
                };
                return self.seek_access(name, sent, now);
            };
            thread.access_token = Some(access.token.clone());
            thread.device_key = login
                .session()
                .and_then(|session| session.stored.device_key.clone());
        }
        let Some(talk) = &mut login.conversation else {
            return;
        };
        let converse = Effect::Converse {
            login: name.clone(),
            spec: login.spec.clone(),
            conversation: talk.id.clone(),
            thread: thread.clone(),
            answer: answer.clone(),
        };
        talk.stage = Stage::Busy {
            begun: now.at,
            sent: Box::new(Sent {
                thread,
                answer: answer.filter(|_| needs_session && attempt == Attempt::First),
                attempt,
            }),
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
        let (question, thread) = match &talk.stage {
            Stage::Asking {
                thread, question, ..
            } => (question, Some(Thread::clone(thread))),
            Stage::Recognizing { question, .. } => (question, None),
            Stage::Vault
            | Stage::Access(_)
            | Stage::Busy { .. }
            | Stage::Adopting(_)
            | Stage::Keeping => {
                let text = "The last answer is still being looked at.";
                return self.fail(ticket, Trouble::Protocol(text.into()));
            }
        };
        if !answer.is_to(question) {
            let text = "The answer is not of the question's kind.";
            return self.fail(ticket, Trouble::Protocol(text.into()));
        }
        match (thread, answer) {
            (Some(thread), answer) => {
                talk.ticket = Some(ticket);
                self.step(&name, thread, Some(answer), Attempt::First, now);
            }
            (None, answer) => {
                self.recognized(&name, ticket, answer == Answer::Identity(true));
            }
        }
        self.settle_login(&name, now);
    }

    pub(super) fn cancel(&mut self, ticket: Ticket, id: &ConversationId, now: Now) {
        let Some(name) = self.login_in(id) else {
            return self.fail(ticket, Trouble::NoConversation);
        };
        if !self.give_up_conversation(&name, Trouble::NoConversation) {
            return self.fail(ticket, Trouble::NoConversation);
        }
        self.reply(ticket, Reply::Done);
        self.changed();
        self.settle_login(&name, now);
    }

    pub(super) fn conversed(
        &mut self,
        name: &LoginName,
        id: &ConversationId,
        result: Result<Step, Fault>,
        now: Now,
    ) {
        let Some(login) = self.logins.get_mut(name) else {
            return;
        };
        let current = login.conversation.as_mut().filter(|talk| talk.id == *id);
        let Some(talk) = current else {
            return self.conversed_with_nobody(name, id, result, now);
        };
        let stage = std::mem::replace(&mut talk.stage, Stage::Vault);
        let Stage::Busy { begun, sent } = stage else {
            talk.stage = stage;
            return;
        };
        let left = sent.left_behind(&result);
        // What lives counts from when it was given, however long a person thinks meanwhile.
        let begun = talk.given.take_if(|_| left.is_none()).unwrap_or(begun);
        let spec = login.spec.clone();
        match result {
            Ok(Step::Ask {
                thread,
                question,
                problem,
            }) => {
                talk.given = thread.tokens.as_ref().map(|_| begun);
                talk.stage = Stage::Asking {
                    thread: Box::new(thread),
                    question: question.clone(),
                    until: now.at + QUESTION_LIFE,
                };
                let reply = Reply::Question {
                    conversation: id.clone(),
                    question,
                    problem: problem.map(|fault| {
                        let Fault { kind, text } = fault;
                        let goal = talk.goal.clone();
                        Failure::from(Trouble::AskedAgain(name.clone(), goal, kind, text))
                    }),
                };
                if let Some(ticket) = talk.ticket.take() {
                    self.reply(ticket, reply);
                }
            }
            Ok(Step::Done { tokens, .. }) if !talk.is_sign_in() => {
                let spec = login.spec.clone();
                let goal = talk.goal.clone();
                self.orphan(name, spec, tokens.refresh_token, None);
                let text = "The user pool signed in where it was not asked to.".to_owned();
                let trouble = Trouble::CannotDo(name.clone(), goal, FaultKind::Unsupported, text);
                self.end_conversation(name, trouble);
            }
            Ok(Step::Done {
                tokens,
                client_secret,
                device,
            }) => {
                let gained = Gained {
                    tokens,
                    client_secret,
                    device,
                    begun,
                    signed_in: now,
                };
                self.recognize(name, gained, now);
            }
            Ok(Step::Finished {
                outcome,
                client_secret,
            }) => self.finished(name, outcome, client_secret),
            Err(fault) if fault.kind == FaultKind::TokenStale && sent.may_try_again() => {
                self.access_refused(name, *sent, now);
            }
            Err(fault) => {
                let kind = fault.kind;
                let trouble = talk.trouble(name, &spec, fault);
                self.end_conversation(name, trouble);
                self.drop_access(name, &sent, kind);
            }
        }
        self.orphan_left(name, spec, left);
        self.changed();
        self.settle_login(name, now);
    }

    /// Guests are nobody, and what is done about accounts is a matter of user pools.
    fn why_no_conversation(&self, name: &LoginName, goal: &Goal) -> Option<Trouble> {
        match self.logins.get(name)?.configured() {
            LoginSpec::Guest => Some(Trouble::GuestSignIn),
            LoginSpec::Oidc(_) | LoginSpec::Command(_) if *goal != Goal::SignIn => {
                let text = "Only a login of a Cognito user pool can do this.".to_owned();
                let kind = FaultKind::Unsupported;
                Some(Trouble::CannotDo(name.clone(), goal.clone(), kind, text))
            }
            LoginSpec::UserPool(_) | LoginSpec::Oidc(_) | LoginSpec::Command(_) => None,
        }
    }

    fn login_in(&self, id: &ConversationId) -> Option<LoginName> {
        self.logins.iter().find_map(|(name, login)| {
            let talk = login.conversation.as_ref()?;
            (talk.id == *id).then(|| name.clone())
        })
    }
}
