//! A sign-out: the vault loses the session, then the pool is told, then the person.

use std::time::Duration;

use crate::agent::Agent;
use crate::agent::login::{Login, State};
use crate::agent::orphan::Orphan;
use crate::agent::setback::{Setback, SetbackKind};
use crate::agent::work::{Purpose, Whose};
use crate::config::LoginSpec;
use crate::event::{Farewell, Parting, Reply, SignOutScope, SignedOut, Ticket};
use crate::failure::{Ended, Failure, Trouble};
use crate::fault::VaultFault;
use crate::name::LoginName;
use crate::time::{Moment, Now};

/// A sign-out under way.
#[derive(Debug, Default)]
pub(super) struct Leaving {
    /// Who waits for its end, and how far each wants it to go.
    pub(super) tickets: Vec<(Ticket, SignOutScope)>,
    /// What began, once the session in memory is gone; before, what is under way has its end first.
    begun: Option<SignOutScope>,
    /// What its provider has to revoke.
    session: Option<Orphan>,
    /// What will be told.
    told: SignedOut,
    /// When the last keys end that were handed out.
    keys_end: Option<Moment>,
    /// Why the vault could not lose the session.
    unerased: Option<Failure>,
}

impl Leaving {
    /// As far as the one goes who wants most.
    fn scope(&self) -> SignOutScope {
        let scopes = self.tickets.iter().map(|(_, scope)| *scope);
        scopes.max_by_key(|scope| reach(*scope)).unwrap_or_default()
    }

    /// What one is told who wanted it to go that far.
    fn told(&self, wanted: SignOutScope) -> SignedOut {
        let mut told = self.told.clone();
        let begun = self.begun.unwrap_or_default();
        let less = told.had_session && reach(begun) < reach(wanted);
        match wanted {
            SignOutScope::Local => {}
            SignOutScope::Session if less => told.not_revoked = Some(too_late(Trouble::NotRevoked)),
            SignOutScope::Everywhere if less => {
                told.not_everywhere = Some(too_late(Trouble::NotEverywhere));
            }
            SignOutScope::Session => told.not_everywhere = None,
            SignOutScope::Everywhere => {}
        }
        told
    }
}

/// Another sign-out, which does not go so far, had begun already.
fn too_late(trouble: impl FnOnce(String) -> Trouble) -> Failure {
    trouble("another sign-out of the same session was faster.".into()).into()
}

const fn reach(scope: SignOutScope) -> u8 {
    match scope {
        SignOutScope::Local => 0,
        SignOutScope::Session => 1,
        SignOutScope::Everywhere => 2,
    }
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

    /// What the provider has to be told at a sign-out, where there is somebody to be told.
    fn parting_session(&self, scope: SignOutScope, now: Now) -> Option<Orphan> {
        let session = self.session()?;
        let tells = match &self.spec {
            LoginSpec::UserPool(_) | LoginSpec::Oidc(_) => scope != SignOutScope::Local,
            LoginSpec::Command(_) | LoginSpec::Guest => false,
        };
        let access = self.usable_access(now.at);
        let farewell = Farewell {
            forget: session.stored.device_key.clone(),
            everywhere: scope == SignOutScope::Everywhere,
            access_token: access.map(|access| access.token.clone()),
        };
        let orphan = Orphan::new(
            self.spec.clone(),
            session.stored.refresh_token.clone(),
            self.client_secret.clone(),
            farewell,
        );
        tells.then(|| orphan.ending(self.end_in_sight(now)))
    }

    /// Without a session there is nothing to prove to the pool whose device it is.
    fn why_not_forgotten(&self, scope: SignOutScope) -> Option<Failure> {
        self.device.as_ref()?;
        let is_sessions = self
            .session()
            .is_some_and(|session| session.stored.device_key.is_some());
        let text = match scope {
            SignOutScope::Local => return None,
            _ if is_sessions => return None,
            SignOutScope::Session | SignOutScope::Everywhere => {
                "the session that it belonged to is over."
            }
        };
        Some(Trouble::NotForgotten(text.into()).into())
    }

    /// Only a session can ask for the end of all.
    fn why_not_everywhere(&self, scope: SignOutScope) -> Option<Failure> {
        let text = match (&self.spec, scope) {
            (_, SignOutScope::Local | SignOutScope::Session) => return None,
            (LoginSpec::Command(_) | LoginSpec::Guest, SignOutScope::Everywhere) => {
                "a program supplies the tokens, and Poolkey knows of no other session."
            }
            (LoginSpec::UserPool(_) | LoginSpec::Oidc(_), SignOutScope::Everywhere) => self
                .session()
                .is_none()
                .then_some("nobody is signed in here who could ask for it.")?,
        };
        Some(Trouble::NotEverywhere(text.into()).into())
    }
}

impl Agent {
    pub(super) fn sign_out(&mut self, ticket: Ticket, name: &str, scope: SignOutScope, now: Now) {
        let Some(name) = self.known_login(ticket, name) else {
            return;
        };
        self.end_conversation(&name, Trouble::Superseded(name.clone()));
        let dead = self
            .members_of(&name)
            .filter_map(|profile| profile.held.as_ref())
            .map(|held| held.span.dead)
            .max();
        if let Some(login) = self.logins.get_mut(&name) {
            let leaving = login.leaving.get_or_insert_default();
            leaving.tickets.push((ticket, scope));
            leaving.keys_end = leaving.keys_end.max(dead);
        }
        // Whatever is under way still has its end: no tool gets keys meanwhile.
        self.drop_keys(&name);
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
        let Some(login) = self.logins.get_mut(name) else {
            return;
        };
        let Some(mut leaving) = login.leaving.take() else {
            return;
        };
        let scope = leaving.scope();
        let session = login.parting_session(scope, now);
        let beyond_reach = login.why_beyond_reach();
        leaving.told = SignedOut {
            had_session: login.session().is_some() || beyond_reach.is_some(),
            not_revoked: beyond_reach
                .filter(|_| scope != SignOutScope::Local)
                .map(|text| Trouble::NotRevoked(text.into()).into()),
            not_forgotten: login.why_not_forgotten(scope),
            not_everywhere: login.why_not_everywhere(scope),
            keys_live_until: leaving
                .keys_end
                .filter(|end| *end > now.at)
                .map(|dead| now.wall + now.at.until(dead)),
            ..SignedOut::default()
        };
        leaving.begun = Some(scope);
        leaving.session = session;
        login.leaving = Some(leaving);
        if scope == SignOutScope::Local {
            // Whoever wants nothing told wants nothing kept that could tell.
            login.orphans.clear();
        }
        login.state = State::SignedOut;
        login.device = None;
        login.last_user = None;
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
        let Some(leaving) = login.leaving.as_mut().filter(|it| it.begun.is_some()) else {
            return;
        };
        if let Err(fault) = result {
            let setback = Setback::new(SetbackKind::Vault(fault.kind), fault.text, now);
            leaving.unerased = Some(setback.trouble(Duration::ZERO).into());
        }
        match leaving.session.take() {
            Some(session) => self.revoke(name, Whose::Leaver, session),
            None => self.left_for_good(name),
        }
    }

    /// The provider was told of a sign-out, or could not be.
    pub(super) fn parted(&mut self, name: &LoginName, parting: Parting, retrying: bool) {
        let login = self.logins.get_mut(name);
        if let Some(leaving) = login.and_then(|login| login.leaving.as_mut()) {
            let told = &mut leaving.told;
            told.retrying = retrying;
            told.logout_url = parting.logout_url;
            if let Err(fault) = parting.revoked {
                let trouble = match retrying {
                    true => Trouble::NotYetRevoked(name.clone(), fault.text),
                    false => Trouble::NotRevoked(fault.text),
                };
                told.not_revoked = Some(trouble.into());
            }
            if let Err(fault) = parting.forgotten {
                told.not_forgotten = Some(Trouble::NotForgotten(fault.text).into());
            }
            if let Err(fault) = parting.everywhere {
                told.not_everywhere = Some(Trouble::NotEverywhere(fault.text).into());
            }
        }
        self.left_for_good(name);
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
        for (ticket, _) in leaving.tickets {
            self.fail(ticket, trouble.clone());
        }
    }

    /// It is over when the files of `~/.aws` hold nothing of it either.
    fn left_for_good(&mut self, name: &LoginName) {
        let leaving = self
            .logins
            .get_mut(name)
            .and_then(|login: &mut Login| login.leaving.take());
        if let Some(leaving) = leaving {
            self.clearing.push((name.clone(), leaving));
            self.files_cleared();
        }
    }

    /// Answers those whose files are clear, or cannot be cleared: that is told with the profile.
    pub(super) fn files_cleared(&mut self) {
        let mut clearing = std::mem::take(&mut self.clearing);
        clearing.retain(|(name, leaving)| {
            let holds = self.files_hold(name);
            if !holds {
                self.tell_parting(leaving);
            }
            holds
        });
        self.clearing = clearing;
    }

    fn tell_parting(&mut self, leaving: &Leaving) {
        for (ticket, scope) in &leaving.tickets {
            let reply = match &leaving.unerased {
                Some(failure) => Reply::Failed(failure.clone()),
                None => Reply::SignedOut(leaving.told(*scope)),
            };
            self.reply(*ticket, reply);
        }
    }
}
