//! A conversation: for a sign-in the vault is tried first, then the pool asks and a person answers.
//! What is about an account ([`crate::agent::account`]) goes the same way, but for its ends.

use crate::agent::Agent;
use crate::agent::account::Sought;
use crate::conversation::{Answer, Goal, Question, Step, Thread};
use crate::event::{ConversationId, Effect, Reply, Ticket};
use crate::failure::{Failure, Trouble};
use crate::fault::{Fault, FaultKind};
use crate::name::LoginName;
use crate::pace::QUESTION_LIFE;
use crate::secret::Secret;
use crate::session::{Device, Tokens};
use crate::time::{Moment, Now};

/// A conversation under way. A login has one at most.
#[derive(Debug)]
pub(super) struct Conversation {
    pub(super) id: ConversationId,
    pub(super) goal: Goal,
    username: Option<String>,
    /// Who waits for the next question or the end.
    pub(super) ticket: Option<Ticket>,
    /// When the step was begun that brought the tokens, while one more question is open.
    given: Option<Moment>,
    pub(super) stage: Stage,
}

/// Where it stands.
#[derive(Debug)]
pub(super) enum Stage {
    /// The vault has to be read, and for a sign-in proven writable, before a person types anything.
    Vault,
    /// An access token has to be had, before the pool is asked.
    Access(Box<Sought>),
    /// The pool is being asked.
    Busy { begun: Moment, sent: Box<Sent> },
    /// The person is being asked.
    Asking {
        thread: Box<Thread>,
        question: Question,
        until: Moment,
    },
    /// It is done, and the vault is next.
    Adopting {
        tokens: Box<Tokens>,
        client_secret: Option<Secret>,
        device: Option<Device>,
        begun: Moment,
        signed_in: Now,
    },
    /// The vault is writing: it is too late to turn back.
    Keeping,
}

/// What the pool is asked.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) thread: Thread,
    /// Kept only while it may have to be asked again.
    pub(super) answer: Option<Answer>,
    pub(super) attempt: Attempt,
}

/// Whether a step may be made again with a newer access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attempt {
    First,
    Last,
}

impl Conversation {
    pub(super) fn deadline(&self) -> Option<Moment> {
        match &self.stage {
            Stage::Asking { until, .. } => Some(*until),
            Stage::Access(sought) => Some(sought.until),
            Stage::Vault | Stage::Busy { .. } | Stage::Adopting { .. } | Stage::Keeping => None,
        }
    }

    /// Whether a person is about to sign in, and waits for the vault.
    pub(super) fn is_before_pool(&self) -> bool {
        matches!(self.stage, Stage::Vault) && self.is_sign_in()
    }

    pub(super) fn is_sign_in(&self) -> bool {
        self.goal == Goal::SignIn
    }

    /// Why it failed, as people are told.
    fn trouble(&self, login: &LoginName, fault: Fault) -> Trouble {
        if self.is_sign_in() {
            Trouble::CannotSignIn(login.clone(), fault.kind, fault.text)
        } else {
            Trouble::CannotDo(login.clone(), fault.kind, fault.text)
        }
    }
}

impl Agent {
    pub(super) fn converse(
        &mut self,
        ticket: Ticket,
        name: &str,
        username: Option<String>,
        goal: Goal,
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
                goal,
                username,
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
        let known = login.user().map(|user| user.username.clone());
        let Some(talk) = &login.conversation else {
            return;
        };
        let given = talk
            .username
            .clone()
            .or_else(|| login.spec.username.clone());
        let thread = Thread {
            // With an access token it is the session's user, whatever name was given.
            username: match talk.goal.needs_session() {
                true => known,
                false => given.or(known),
            },
            device: login.device.clone().filter(|_| talk.is_sign_in()),
            client_secret: login.client_secret.clone(),
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
        let thread = Thread::clone(thread);
        talk.ticket = Some(ticket);
        self.step(&name, thread, Some(answer), Attempt::First, now);
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
                    problem: problem.map(|fault| Failure::from(talk.trouble(name, fault))),
                };
                if let Some(ticket) = talk.ticket.take() {
                    self.reply(ticket, reply);
                }
            }
            Ok(Step::Done { tokens, .. }) if !talk.is_sign_in() => {
                let spec = login.spec.clone();
                self.orphan(name, spec, tokens.refresh_token, None);
                let text = "The user pool signed in where it was not asked to.".to_owned();
                let trouble = Trouble::CannotDo(name.clone(), FaultKind::Unsupported, text);
                self.end_conversation(name, trouble);
            }
            Ok(Step::Done {
                tokens,
                client_secret,
                device,
            }) => {
                talk.stage = Stage::Adopting {
                    tokens,
                    client_secret,
                    device,
                    begun,
                    signed_in: now,
                };
            }
            Ok(Step::Finished {
                outcome,
                client_secret,
            }) => self.finished(name, outcome, client_secret),
            Err(fault) if fault.kind == FaultKind::TokenStale && sent.may_try_again() => {
                self.access_refused(name, *sent, now);
            }
            Err(fault) => {
                let trouble = talk.trouble(name, fault);
                self.end_conversation(name, trouble);
            }
        }
        self.orphan_left(name, spec, left);
        self.changed();
        self.settle_login(name, now);
    }

    fn login_in(&self, id: &ConversationId) -> Option<LoginName> {
        self.logins.iter().find_map(|(name, login)| {
            let talk = login.conversation.as_ref()?;
            (talk.id == *id).then(|| name.clone())
        })
    }
}
