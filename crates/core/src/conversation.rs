//! A sign-in as a conversation: a question, an answer, the next question, until it is done.
//!
//! Whoever talks to the person (terminal, login window, script) only ever shows a [`Question`]
//! and sends back an [`Answer`]. A further challenge is a further question, not a new path.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::secret::Secret;
use crate::session::Tokens;

/// What a sign-in asks a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Question {
    /// Who signs in. `hint` is what was used last.
    Username {
        /// The name to offer.
        hint: Option<String>,
    },
    /// The password of `username`.
    Password {
        /// Who signs in.
        username: String,
    },
    /// The app client's secret, which Cognito demands and Poolkey does not have yet.
    ClientSecret {
        /// The app client that has a secret.
        client_id: String,
    },
}

/// What a person answered. It must be of the question's own kind.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", content = "text", rename_all = "snake_case")]
pub enum Answer {
    /// To [`Question::Username`].
    Username(String),
    /// To [`Question::Password`].
    Password(Secret),
    /// To [`Question::ClientSecret`].
    ClientSecret(Secret),
}

impl Answer {
    /// Whether this answers that question.
    pub const fn is_to(&self, question: &Question) -> bool {
        matches!(
            (self, question),
            (Self::Username(_), Question::Username { .. })
                | (Self::Password(_), Question::Password { .. })
                | (Self::ClientSecret(_), Question::ClientSecret { .. })
        )
    }
}

/// What one step of a sign-in led to.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    },
}

/// Where a sign-in stands: what its next step needs. Only `poolkey-cognito` reads it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Thread {
    /// Who signs in, once known.
    pub username: Option<String>,
    /// The app client's secret, where it has one.
    pub client_secret: Option<Secret>,
    /// What was asked last, and so what may be answered.
    pub asked: Option<Question>,
    /// The challenge that Cognito waits on, by the name of its model.
    pub challenge: Option<String>,
    /// Cognito's handle for the sign-in under way.
    pub session: Option<Secret>,
    /// The challenge's parameters.
    pub parameters: BTreeMap<String, String>,
}
