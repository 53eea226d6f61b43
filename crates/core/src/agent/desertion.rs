//! A sign-in that comes to nothing: refused, given up, or out of time.

use std::time::Duration;

use crate::agent::Agent;
use crate::agent::sign_in::{Conversation, Stage};
use crate::config::LoginSpec;
use crate::conversation::Step;
use crate::event::{ConversationId, Ticket};
use crate::failure::Trouble;
use crate::fault::Fault;
use crate::name::LoginName;
use crate::time::Now;

/// A sign-in that was given up while the pool was being asked.
#[derive(Debug)]
pub(super) struct Deserted {
    id: ConversationId,
    spec: LoginSpec,
}

impl Agent {
    /// The vault cannot be read or written, so that a sign-in could not be kept.
    pub(super) fn vault_refused(&mut self, name: &LoginName) {
        let Some(login) = self.logins.get(name) else {
            return;
        };
        if let Some(talk) = &login.conversation
            && matches!(talk.stage, Stage::Vault)
            && let Some(setback) = &login.setback
        {
            let trouble = setback.trouble(Duration::ZERO);
            self.end_conversation(name, trouble);
        }
    }

    /// Ends a sign-in that can still be ended, and tells the one who waits for it; says whether it
    /// did.
    pub(super) fn give_up_conversation(&mut self, name: &LoginName, trouble: Trouble) -> bool {
        let talk = self
            .logins
            .get(name)
            .and_then(|login| login.conversation.as_ref());
        if talk.is_none_or(|talk| matches!(talk.stage, Stage::Keeping)) {
            return false;
        }
        self.end_conversation(name, trouble);
        true
    }

    /// Ends a sign-in, if one is under way, and tells the one who waits for it.
    pub(super) fn end_conversation(&mut self, name: &LoginName, trouble: Trouble) {
        let Some(login) = self.logins.get_mut(name) else {
            return;
        };
        let Some(talk) = login.conversation.take() else {
            return;
        };
        let spec = login.spec.clone();
        match talk.stage {
            Stage::Vault | Stage::Asking { .. } | Stage::Keeping => {}
            Stage::Busy { .. } => login.deserted.push(Deserted { id: talk.id, spec }),
            Stage::Adopting {
                tokens,
                client_secret,
                ..
            } => self.orphan(name, spec, tokens.refresh_token, client_secret),
        }
        self.changed();
        if let Some(ticket) = talk.ticket {
            self.fail(ticket, trouble);
        }
    }

    /// One who waited for a sign-in or a sign-out no longer does.
    pub(super) fn abandon(&mut self, ticket: Ticket, now: Now) {
        for login in self.logins.values_mut() {
            if let Some(leaving) = &mut login.leaving {
                leaving.tickets.retain(|waiting| *waiting != ticket);
            }
        }
        let found = self.logins.iter_mut().find_map(|(name, login)| {
            let talk = login.conversation.as_mut()?;
            talk.ticket.take_if(|waiting| *waiting == ticket)?;
            Some(name.clone())
        });
        if let Some(name) = found
            && self.give_up_conversation(&name, Trouble::NoConversation)
        {
            self.changed();
            self.settle_login(&name, now);
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

    /// The person left. A session that nobody will use must not stay open.
    pub(super) fn conversed_with_nobody(
        &mut self,
        name: &LoginName,
        id: &ConversationId,
        result: Result<Step, Fault>,
        now: Now,
    ) {
        let Some(login) = self.logins.get_mut(name) else {
            return;
        };
        let Some(place) = login.deserted.iter().position(|gone| gone.id == *id) else {
            return;
        };
        let spec = login.deserted.remove(place).spec;
        if let Ok(Step::Done {
            tokens,
            client_secret,
            ..
        }) = result
        {
            self.orphan(name, spec, tokens.refresh_token, client_secret);
        }
        self.settle_login(name, now);
    }
}
