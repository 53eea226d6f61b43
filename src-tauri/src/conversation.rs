//! The conversation of each window: what its page asks, and what is left when it closes.

use std::collections::BTreeMap;
use std::sync::mpsc::channel;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use poolkey_core::conversation::{Outcome, Question};
use poolkey_core::event::ConversationId;
use poolkey_core::failure::Failure;
use poolkey_core::secret::Secret;
use poolkey_core::session::User;
use poolkey_ipc::client::Starting;
use poolkey_ipc::{Ask, Client, Reply};
use serde::Serialize;

/// What a conversation came to next.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "turn", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) enum Turn {
    /// The person is asked.
    Question {
        question: Question,
        problem: Option<Failure>,
    },
    /// The person is signed in.
    SignedIn { user: User },
    /// What was wanted of the account is done.
    Outcome { outcome: Outcome },
}

/// What a window is in the middle of.
struct Open {
    id: ConversationId,
    /// The key of the authenticator app that is being set up.
    setup_key: Option<Secret>,
    /// Where the browser goes.
    address: Option<String>,
}

/// The conversation that each window has under way.
#[derive(Default)]
pub(crate) struct Conversations {
    open: Mutex<BTreeMap<String, Open>>,
}

impl Conversations {
    /// Asks the daemon for the window of that label, and notes what is under way there.
    pub(crate) fn ask(&self, window: &str, client: &Client, ask: &Ask) -> Result<Turn, Failure> {
        let reply = client.ask(ask);
        if self.is_over(window, ask) {
            // Another was begun meanwhile, and what is noted is of that one.
        } else if let Ok(Reply::Question {
            conversation,
            question,
            ..
        }) = &reply
        {
            let open = Open {
                id: conversation.clone(),
                setup_key: None,
                address: None,
            };
            let open = match question {
                Question::AppSetup { key, .. } => Open {
                    setup_key: Some(key.clone()),
                    ..open
                },
                Question::Browser { url, .. } => Open {
                    address: Some(url.clone()),
                    ..open
                },
                Question::Username { .. }
                | Question::Password { .. }
                | Question::ClientSecret { .. }
                | Question::Code { .. }
                | Question::Choice { .. }
                | Question::NewPassword { .. }
                | Question::Attributes { .. }
                | Question::Custom { .. }
                | Question::RememberDevice { .. }
                | Question::Identity { .. }
                | Question::Other => open,
            };
            self.lock().insert(window.to_owned(), open);
        } else {
            self.lock().remove(window);
        }
        match reply? {
            Reply::Question {
                question, problem, ..
            } => Ok(Turn::Question { question, problem }),
            Reply::SignedIn { user } => Ok(Turn::SignedIn { user }),
            Reply::Outcome(outcome) => Ok(Turn::Outcome { outcome }),
            Reply::Failed(failure) => Err(failure),
            other @ (Reply::Document(_)
            | Reply::Status(_)
            | Reply::SignedOut(_)
            | Reply::WhoAmI(_)
            | Reply::Token(_)
            | Reply::Console(_)
            | Reply::Grant(_)
            | Reply::Findings(_)
            | Reply::Done
            | Reply::Other(_)) => Err(other.unexpected()),
        }
    }

    /// Whether this answers a question of a conversation that the window is not in any more.
    fn is_over(&self, window: &str, ask: &Ask) -> bool {
        let Ask::Answer { conversation, .. } = ask else {
            return false;
        };
        self.under_way(window).as_ref() != Some(conversation)
    }

    /// What the window is in the middle of.
    pub(crate) fn under_way(&self, window: &str) -> Option<ConversationId> {
        self.lock().get(window).map(|open| open.id.clone())
    }

    /// The key of the authenticator app that the window is setting up.
    pub(crate) fn setup_key(&self, window: &str) -> Option<Secret> {
        self.lock().get(window)?.setup_key.clone()
    }

    /// Where the browser goes by which the window signs somebody in.
    pub(crate) fn address(&self, window: &str) -> Option<String> {
        self.lock().get(window)?.address.clone()
    }

    /// Gives up what the window is in the middle of. The daemon, which may be away, forgets it by
    /// itself in the end.
    pub(crate) fn give_up(&self, window: &str, client: &Client) {
        let open = self.lock().remove(window);
        if let Some(Open {
            id: conversation, ..
        }) = open
        {
            let client = client.clone().starting(Starting::Never);
            drop(client.ask(&Ask::Cancel { conversation }));
        }
    }

    /// The same for a window that closes: a daemon that does not answer does not keep it open.
    pub(crate) fn leave(&self, window: &str, client: &Client) {
        let Some(open) = self.lock().remove(window) else {
            return;
        };
        let client = client.clone().starting(Starting::Never);
        let (done, told) = channel();
        std::thread::spawn(move || {
            drop(client.ask(&Ask::Cancel {
                conversation: open.id,
            }));
            done.send(())
        });
        let _ = told.recv_timeout(PATIENCE);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// For the daemon to hear that a window closed.
const PATIENCE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;
    use poolkey_core::conversation::Answer;

    #[test]
    fn what_comes_of_another_conversation_is_not_noted() {
        let conversations = Conversations::default();
        let id = |text: &str| ConversationId(text.into());
        let answers = |text: &str| Ask::Answer {
            conversation: id(text),
            answer: Answer::Wait,
        };
        assert!(conversations.is_over("login", &answers("first")));
        let open = Open {
            id: id("second"),
            setup_key: None,
            address: Some("https://idp.example/".into()),
        };
        conversations.lock().insert("login".into(), open);
        assert!(conversations.is_over("login", &answers("first")));
        assert!(!conversations.is_over("login", &answers("second")));
        assert!(conversations.is_over("main", &answers("second")));
        assert_eq!(conversations.address("main"), None);
        // Nobody answers here: the conversation of the window stays what it is.
        let nobody = Client::new(poolkey_ipc::address::Env::default(), Starting::Never);
        assert!(
            conversations
                .ask("login", &nobody, &answers("first"))
                .is_err()
        );
        assert_eq!(conversations.under_way("login"), Some(id("second")));
    }
}
