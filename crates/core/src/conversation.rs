//! A conversation: a question, an answer, the next question, until it is done.
//!
//! Whoever talks to the person (terminal, login window, script) only ever shows a [`Question`]
//! and sends back an [`Answer`]. A further challenge is a further question, not a new path, and
//! what people do with their accounts ([`Goal`]) is a conversation like a sign-in.

mod account;
mod question;

use std::collections::BTreeMap;

use crate::fault::Fault;
use crate::messages::Language;
use crate::name::LoginName;
use crate::secret::Secret;
use crate::session::{Device, Tokens};

pub use account::{Account, FactorState, Goal, KnownDevice, Outcome};
pub use question::{Answer, ChoiceOf, CodeFor, Factor, Medium, Question, Way};

/// What one step of a conversation led to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "there are a few at a time, and they are moved once"
)]
pub enum Step {
    /// The person is asked, or asked again because of `problem`.
    Ask {
        /// What the next step needs.
        thread: Thread,
        /// What to ask.
        question: Question,
        /// What was wrong with the last answer.
        problem: Option<Fault>,
    },
    /// The person is signed in.
    Done {
        /// What the pool gave.
        tokens: Box<Tokens>,
        /// The app client's secret, when the person was asked for it.
        client_secret: Option<Secret>,
        /// The device that the pool remembers from now on; `None` where it remembers none.
        device: Option<Device>,
    },
    /// What was not a sign-in is done.
    Finished {
        /// What to tell.
        outcome: Outcome,
        /// The app client's secret, when the person was asked for it.
        client_secret: Option<Secret>,
    },
}

/// Where a conversation stands: what its next step needs. Only `poolkey-cognito` looks into it,
/// but for `tokens`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Thread {
    /// What it is for.
    pub goal: Goal,
    /// What people call the login.
    pub login: Option<LoginName>,
    /// Who it is, once known.
    pub username: Option<String>,
    /// The app client's secret, where it has one.
    pub client_secret: Option<Secret>,
    /// The device that the pool remembered at an earlier sign-in on this machine.
    pub device: Option<Device>,
    /// The access token, for a goal that needs a session.
    pub access_token: Option<Secret>,
    /// The key of the session's own device, for a goal that needs a session.
    pub device_key: Option<String>,
    /// Whether the person wants another account than the one that the browser is signed in to.
    pub another_account: bool,
    /// What pages speak that the browser is shown; `None` where the browser chooses.
    pub language: Option<Language>,
    /// The authorization that the browser was sent to ask for.
    pub authorization: Option<Authorization>,
    /// What was asked last, and so what may be answered.
    pub asked: Option<Question>,
    /// The challenge that Cognito waits on, by the name of its model.
    pub challenge: Option<String>,
    /// Cognito's handle for the sign-in under way.
    pub session: Option<Secret>,
    /// The challenge's parameters.
    pub parameters: BTreeMap<String, String>,
    /// A code that waits for the new password it is sent with.
    pub code: Option<Secret>,
    /// A new password that waits for what the pool wants beside it.
    pub password: Option<Secret>,
    /// Attributes that wait for the rest.
    pub attributes: BTreeMap<String, String>,
    /// What the pool gave, while one more question is open. Whoever gives the conversation up has
    /// a session to end.
    pub tokens: Option<Box<Tokens>>,
}

/// An authorization request under way (RFC 6749 §4.1, RFC 7636): what its answer is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorization {
    /// Where the browser was sent.
    pub url: String,
    /// Where it comes back to.
    pub redirect_uri: String,
    /// `state`, in hexadecimal digits: Cognito encodes anything else twice.
    pub state: Secret,
    /// `nonce`, which comes back in the ID token.
    pub nonce: Secret,
    /// `code_verifier`, whose hash was sent.
    pub verifier: Secret,
}
