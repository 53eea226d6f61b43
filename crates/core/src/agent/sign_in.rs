//! A sign-in: the vault is tried first, then the pool asks and a person answers.

use crate::agent::Agent;
use crate::agent::login::State;
use crate::conversation::{Answer, Goal, Question, Step, Thread};
use crate::event::{ConversationId, Effect, Reply, Ticket};
use crate::failure::{Failure, Trouble};
use crate::fault::Fault;
use crate::name::LoginName;
use crate::pace::QUESTION_LIFE;
use crate::secret::Secret;
use crate::session::{Device, Tokens};
use crate::time::{Moment, Now};

/// A sign-in under way. A login has one at most.
#[derive(Debug)]
pub(super) struct Conversation {
    pub(super) id: ConversationId,
    pub(super) goal: Goal,
    username: Option<String>,
    /// Who waits for the next question or the end.
    pub(super) ticket: Option<Ticket>,
    pub(super) stage: Stage,
}

/// Where it stands.
#[derive(Debug)]
pub(super) enum Stage {
    /// The vault has to be read and proven writable, before a person types anything.
    Vault,
    /// The pool is being asked.
    Busy { begun: Moment },
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
        device: Option<Device>,
        begun: Moment,
        signed_in: Now,
    },
    /// The vault is writing: it is too late to turn back.
    Keeping,
}

impl Conversation {
    pub(super) fn deadline(&self) -> Option<Moment> {
        match &self.stage {
            Stage::Asking { until, .. } => Some(*until),
            Stage::Vault | Stage::Busy { .. } | Stage::Adopting { .. } | Stage::Keeping => None,
        }
    }

    pub(super) fn is_before_pool(&self) -> bool {
        matches!(self.stage, Stage::Vault)
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
        let known = match &login.state {
            State::SignedIn(session) => Some(session.stored.user.username.clone()),
            State::NeedsSignIn(_, user) => user.as_ref().map(|user| user.username.clone()),
            State::Unread | State::SignedOut => None,
        };
        let Some(talk) = &mut login.conversation else {
            return;
        };
        talk.stage = Stage::Busy { begun: now.at };
        let username = talk.username.clone();
        let thread = Thread {
            goal: talk.goal.clone(),
            device: login.device.clone(),
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
        talk.stage = Stage::Busy { begun: now.at };
        self.effects.push_back(converse);
        self.reschedule_login(&name, now);
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
        let Stage::Busy { begun } = talk.stage else {
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
            Ok(Step::Finished { outcome, .. }) => {
                let talk = login.conversation.take();
                if let Some(ticket) = talk.and_then(|talk| talk.ticket) {
                    self.reply(ticket, Reply::Outcome(outcome));
                }
            }
            Err(fault) => self.end_conversation(
                name,
                Trouble::CannotSignIn(name.clone(), fault.kind, fault.text),
            ),
        }
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
