//! Ctrl-C within a sign-in.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use poolkey_core::event::ConversationId;
use poolkey_ipc::client::Starting;
use poolkey_ipc::{Ask, Client};

/// What to undo when the person interrupts: the terminal's settings and the sign-in under way.
#[derive(Clone, Default)]
pub(crate) struct Interrupt(Arc<Mutex<Undo>>);

#[derive(Default)]
struct Undo {
    conversation: Option<ConversationId>,
    terminal: Option<Box<dyn Fn() + Send>>,
    has_come: bool,
}

impl Interrupt {
    /// From here on, an interrupt undoes and exits with 130.
    pub(crate) fn catch(client: &Client) -> Self {
        let interrupt = Self::default();
        let (undo, client) = (interrupt.clone(), client.clone());
        // It fails only where a handler is set already; then that one serves.
        let _ = ctrlc::set_handler(move || {
            undo.undo(&client);
            std::process::exit(INTERRUPTED);
        });
        interrupt
    }

    /// A sign-in is under way.
    pub(crate) fn cancels(&self, conversation: Option<ConversationId>) {
        self.locked(|undo| undo.conversation = conversation);
    }

    /// The terminal does not show what is typed, until `None`.
    pub(crate) fn restores(&self, terminal: Option<Box<dyn Fn() + Send>>) {
        self.locked(|undo| undo.terminal = terminal);
    }

    /// Where an interrupt has come, this thread does no more: what the daemon answers to somebody
    /// who has just given up is not how the command ends.
    pub(crate) fn stops_here(&self) {
        while self.locked(|undo| undo.has_come) {
            std::thread::sleep(BRIEF);
        }
    }

    fn undo(&self, client: &Client) {
        let undo = self.locked(|undo| {
            let all = std::mem::take(undo);
            undo.has_come = true;
            all
        });
        if let Some(terminal) = undo.terminal {
            terminal();
        }
        if let Some(conversation) = undo.conversation {
            let client = client.clone().starting(Starting::Never).patience(BRIEF);
            // The daemon forgets it by itself, only later.
            let _ = client.ask(&Ask::Cancel { conversation });
        }
    }

    fn locked<T>(&self, change: impl FnOnce(&mut Undo) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What a shell shows for SIGINT.
const INTERRUPTED: i32 = 130;

const BRIEF: Duration = Duration::from_secs(1);
