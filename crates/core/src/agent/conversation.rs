//! What is known of a conversation under way: a sign-in, or what is asked for an account.

use std::time::Duration;

use crate::agent::account::Sought;
use crate::config::LoginSpec;
use crate::conversation::{Answer, Goal, Question, Thread};
use crate::event::{ConversationId, Ticket};
use crate::failure::Trouble;
use crate::fault::Fault;
use crate::name::LoginName;
use crate::secret::Secret;
use crate::session::{Device, Tokens};
use crate::time::{Moment, Now};

/// A conversation under way. A login has one at most.
#[derive(Debug)]
pub(super) struct Conversation {
    pub(super) id: ConversationId,
    pub(super) goal: Goal,
    pub(super) username: Option<String>,
    /// Whether the person wants another account than the one that the browser is signed in to.
    pub(super) another_account: bool,
    /// Who waits for the next question or the end.
    pub(super) ticket: Option<Ticket>,
    /// When the step was begun that brought the tokens, while one more question is open.
    pub(super) given: Option<Moment>,
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
    /// It is done, and the person is asked whether it is who was meant.
    Recognizing {
        gained: Box<Gained>,
        question: Question,
        until: Moment,
    },
    /// It is done, and the vault is next.
    Adopting(Box<Gained>),
    /// The vault is writing: it is too late to turn back.
    Keeping,
}

/// What a finished sign-in gave.
#[derive(Debug)]
pub(super) struct Gained {
    pub(super) tokens: Box<Tokens>,
    pub(super) client_secret: Option<Secret>,
    pub(super) device: Option<Device>,
    /// When the step was begun that brought the tokens.
    pub(super) begun: Moment,
    pub(super) signed_in: Now,
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
            Stage::Asking { until, .. } | Stage::Recognizing { until, .. } => Some(*until),
            Stage::Access(sought) => Some(sought.until),
            Stage::Vault | Stage::Busy { .. } | Stage::Adopting(_) | Stage::Keeping => None,
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
    pub(super) fn trouble(&self, login: &LoginName, spec: &LoginSpec, fault: Fault) -> Trouble {
        if let LoginSpec::Command(program) = spec {
            Trouble::Program(fault.text, program.command.join(" "), Duration::ZERO)
        } else if self.is_sign_in() {
            Trouble::CannotSignIn(login.clone(), fault.kind, fault.text)
        } else {
            Trouble::CannotDo(login.clone(), self.goal.clone(), fault.kind, fault.text)
        }
    }
}
