//! A sign-out: the vault loses the session, then the pool is told, then the person.

use crate::agent::Agent;
use std::time::Duration;

use crate::agent::login::{Login, State};
use crate::agent::setback::{Setback, SetbackKind};
use crate::agent::work::{Purpose, Whose, Work};
use crate::event::{Effect, Farewell, Parting, Reply, SignedOut, Ticket};
use crate::failure::{Ended, Failure, Trouble};
use crate::fault::VaultFault;
use crate::name::LoginName;
use crate::secret::Secret;
use crate::time::Now;

/// A sign-out under way.
#[derive(Debug, Default)]
pub(super) struct Leaving {
    /// Who waits for its end.
    pub(super) tickets: Vec<Ticket>,
    /// Whether the session in memory is gone; before, what is under way has its end first.
    is_begun: bool,
    /// What the pool has to revoke.
    token: Option<Secret>,
    /// What else the pool has to do.
    farewell: Farewell,
    /// What will be told.
    told: SignedOut,
    /// Why the vault could not lose the session.
    unerased: Option<Failure>,
}

impl Login {
    /// Why there may be a session at a pool that nobody here can end.
    fn why_beyond_reach(&self) -> Option<&'static str> {
        match self.state {
            State::NeedsSignIn(Ended::Reused, _) => {
                Some("its newest refresh token was lost on the way from the pool.")
            }
            State::NeedsSignIn(Ended::Moved, _) => {
                Some("the session was of another user pool or app client.")
            }
            State::NeedsSignIn(
                Ended::Expired
                | Ended::Revoked
                | Ended::Refused
                | Ended::UserGone
                | Ended::UserDisabled
                | Ended::PasswordReset
                | Ended::Unconfirmed
                | Ended::NoRefreshToken
                | Ended::UserChanged,
                _,
            )
            | State::Unread
            | State::SignedOut
            | State::SignedIn(_) => None,
        }
    }
}

impl Agent {
    pub(super) fn sign_out(&mut self, ticket: Ticket, name: &str, now: Now) {
        let Some(name) = self.known_login(ticket, name) else {
            return;
        };
        self.end_conversation(&name, Trouble::Superseded(name.clone()));
        if let Some(login) = self.logins.get_mut(&name) {
            login.leaving.get_or_insert_default().tickets.push(ticket);
        }
        self.changed();
        self.settle_login(&name, now);
    }

    /// What was under way has ended; the newest token is the one to revoke.
    pub(super) fn leave(&mut self, name: &LoginName, now: Now) {
        let state = self.logins.get(name).map(|login| &login.state);
        if matches!(state, Some(State::Unread)) {
            // What is not known cannot be revoked.
            return self.recall(name);
        }
        let dead = self
            .members_of(name)
            .filter_map(|profile| profile.held.as_ref())
            .map(|held| held.span.dead)
            .max()
            .filter(|dead| *dead > now.at);
        let Some(login) = self.logins.get_mut(name) else {
            return;
        };
        let stored = login.session().map(|session| &session.stored);
        let had_session = stored.is_some();
        let token = stored.and_then(|stored| stored.refresh_token.clone());
        let farewell = Farewell {
            forget: stored.and_then(|stored| stored.device_key.clone()),
            access_token: login
                .usable_access(now.at)
                .map(|access| access.token.clone()),
            ..Farewell::default()
        };
        let not_revoked = login
            .why_beyond_reach()
            .map(|text| Trouble::NotRevoked(text.into()).into());
        // Without a session there is nothing to prove to the pool whose device it is.
        let device = login.device.take();
        let not_forgotten = device.filter(|_| farewell.forget.is_none()).map(|_| {
            let text = "the session that it belonged to is over.";
            Trouble::NotForgotten(text.into()).into()
        });
        if let Some(leaving) = &mut login.leaving {
            leaving.is_begun = true;
            leaving.told = SignedOut {
                had_session: had_session || not_revoked.is_some(),
                not_revoked,
                not_forgotten,
                keys_live_until: dead.map(|dead| now.wall + now.at.until(dead)),
                ..SignedOut::default()
            };
            leaving.token = token;
            leaving.farewell = farewell;
        }
        login.state = State::SignedOut;
        login.erase = true;
        login.forget_losses();
        login.succeeded(now);
        self.drop_keys(name);
        self.keep(name, Purpose::Erasure);
    }

    /// The vault has lost the session, or could not.
    pub(super) fn erased(&mut self, name: &LoginName, result: Result<(), VaultFault>, now: Now) {
        let Some(login) = self.logins.get_mut(name) else {
            return;
        };
        let Some(leaving) = login.leaving.as_mut().filter(|leaving| leaving.is_begun) else {
            return;
        };
        if let Err(fault) = result {
            let setback = Setback::new(SetbackKind::Vault(fault.kind), fault.text, now);
            leaving.unerased = Some(setback.trouble(Duration::ZERO).into());
        }
        let Some(refresh_token) = leaving.token.take() else {
            return self.left_for_good(name);
        };
        let farewell = std::mem::take(&mut leaving.farewell);
        self.begin(name, Work::Revoking(Whose::Leaver), |name, login| {
            Effect::Revoke {
                login: name,
                spec: login.spec.clone(),
                refresh_token: Some(refresh_token),
                client_secret: login.client_secret.clone(),
                farewell,
            }
        });
    }

    pub(super) fn revoked(&mut self, name: &LoginName, parting: Parting, now: Now) {
        let Some(login) = self.logins.get_mut(name) else {
            return;
        };
        let Work::Revoking(whose) = login.work else {
            return;
        };
        login.work = Work::Rest;
        if whose == Whose::Leaver {
            if let Some(leaving) = &mut login.leaving {
                let told = &mut leaving.told;
                let revoked = parting
                    .revoked
                    .map_err(|fault| Trouble::NotRevoked(fault.text).into());
                told.not_revoked = revoked.err();
                if let Err(fault) = parting.forgotten {
                    told.not_forgotten = Some(Trouble::NotForgotten(fault.text).into());
                }
            }
            self.left_for_good(name);
        }
        self.changed();
        self.settle_login(name, now);
    }

    /// The vault cannot be read, so that nothing was signed out.
    pub(super) fn cannot_leave(&mut self, name: &LoginName) {
        let Some(login) = self.logins.get_mut(name) else {
            return;
        };
        let (Some(leaving), Some(setback)) = (login.leaving.take(), &login.setback) else {
            return;
        };
        let trouble = setback.trouble(Duration::ZERO);
        for ticket in leaving.tickets {
            self.fail(ticket, trouble.clone());
        }
    }

    fn left_for_good(&mut self, name: &LoginName) {
        let Some(leaving) = self
            .logins
            .get_mut(name)
            .and_then(|login: &mut Login| login.leaving.take())
        else {
            return;
        };
        let reply = match leaving.unerased {
            Some(failure) => Reply::Failed(failure),
            None => Reply::SignedOut(leaving.told),
        };
        for ticket in leaving.tickets {
            self.reply(ticket, reply.clone());
        }
    }
}
