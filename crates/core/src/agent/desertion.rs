//! A conversation that comes to nothing: refused, given up, or out of time.

use std::time::Duration;

use crate::agent::Agent;
use crate::agent::conversation::{Attempt, Gained, Sent, Stage};
use crate::config::LoginSpec;
use crate::conversation::{Step, Thread};
use crate::event::{ConversationId, Effect, Ticket};
use crate::failure::Trouble;
use crate::fault::Fault;
use crate::name::LoginName;
use crate::secret::Secret;
use crate::time::Now;

/// A conversation that was given up while the pool was being asked.
#[derive(Debug)]
pub(super) struct Deserted {
    id: ConversationId,
    spec: LoginSpec,
    sent: Box<Sent>,
}

/// A session that a conversation had, while one more question was open, and does not go on with.
#[derive(Debug)]
pub(super) struct Left {
    refresh_token: Secret,
    client_secret: Option<Secret>,
}

impl Left {
    fn of(thread: &Thread) -> Option<Self> {
        Some(Self {
            refresh_token: thread.tokens.as_ref()?.refresh_token.clone()?,
            client_secret: thread.client_secret.clone(),
        })
    }
}

impl Sent {
    /// The session that was there before a step, unless what came of the step has it, too.
    pub(super) fn left_behind(&self, result: &Result<Step, Fault>) -> Option<Left> {
        let tokens = match result {
            Ok(Step::Ask { thread, .. }) => thread.tokens.as_ref(),
            Ok(Step::Done { tokens, .. }) => Some(tokens),
            Ok(Step::Finished { .. }) | Err(_) => None,
        };
        let kept = tokens.and_then(|tokens| tokens.refresh_token.as_ref());
        Left::of(&self.thread).filter(|left| kept != Some(&left.refresh_token))
    }

    /// Whether the step may be made again with another access token.
    pub(super) fn may_try_again(&self) -> bool {
        self.attempt == Attempt::First && self.thread.access_token.is_some()
    }
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
            Stage::Vault | Stage::Access(_) | Stage::Keeping => {}
            Stage::Asking { thread, .. } => {
                self.orphan_left(name, spec, Left::of(&thread));
                self.dismiss(name, &thread);
            }
            Stage::Busy { sent, .. } => {
                let thread = sent.thread.clone();
                login.deserted.push(Deserted {
                    id: talk.id,
                    spec,
                    sent,
                });
                self.dismiss(name, &thread);
            }
            Stage::Recognizing { gained, .. } | Stage::Adopting(gained) => {
                let Gained {
                    tokens,
                    client_secret,
                    ..
                } = *gained;
                self.orphan(name, spec, tokens.refresh_token, client_secret);
            }
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
                leaving.tickets.retain(|(waiting, _)| *waiting != ticket);
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
        let Some(login) = self.logins.get(name) else {
            return;
        };
        let Some(talk) = &login.conversation else {
            return;
        };
        if talk.deadline().is_some_and(|until| until <= now.at) {
            let trouble = match talk.stage {
                Stage::Access(_) => login.why_no_access(name, now),
                Stage::Vault
                | Stage::Busy { .. }
                | Stage::Asking { .. }
                | Stage::Recognizing { .. }
                | Stage::Adopting(_)
                | Stage::Keeping => Trouble::NoConversation,
            };
            self.end_conversation(name, trouble);
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
        let Deserted { spec, sent, .. } = login.deserted.remove(place);
        self.orphan_left(name, spec.clone(), sent.left_behind(&result));
        match result {
            Ok(Step::Done {
                tokens,
                client_secret,
                ..
            }) => self.orphan(name, spec, tokens.refresh_token, client_secret),
            Ok(Step::Ask { thread, .. }) => {
                self.orphan_left(name, spec, Left::of(&thread));
                self.dismiss(name, &thread);
            }
            Ok(Step::Finished { outcome, .. }) => {
                if let Some(login) = self.logins.get_mut(name) {
                    login.learn(&outcome);
                }
            }
            Err(fault) => self.drop_access(name, &sent, fault.kind),
        }
        self.settle_login(name, now);
    }

    /// Whoever gave up waits for no browser: its port is free for the next.
    fn dismiss(&mut self, name: &LoginName, thread: &Thread) {
        if let Some(sent) = &thread.authorization {
            self.effects.push_back(Effect::Dismiss {
                login: name.clone(),
                state: sent.state.clone(),
            });
        }
    }

    pub(super) fn orphan_left(&mut self, name: &LoginName, spec: LoginSpec, left: Option<Left>) {
        if let Some(left) = left {
            self.orphan(name, spec, Some(left.refresh_token), left.client_secret);
        }
    }
}
