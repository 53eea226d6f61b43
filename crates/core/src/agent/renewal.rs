//! A login's tokens: read from the vault, refreshed ahead of expiry, durable before they are used.

use crate::agent::Agent;
use crate::agent::life::dated;
use crate::agent::login::{Login, State};
use crate::agent::session::{IdToken, Session, Unsaved};
use crate::agent::setback::SetbackKind;
use crate::agent::work::{Purpose, Work};
use crate::event::{Reply, Ticket};
use crate::failure::{Ended, Trouble};
use crate::fault::{Fault, FaultKind, Life, VaultFault, VaultFaultKind};
use crate::name::LoginName;
use crate::secret::Secret;
use crate::session::{Device, Stored, Tokens};
use crate::time::{Moment, Now};

impl Agent {
    pub(super) fn recalled(
        &mut self,
        name: &LoginName,
        result: Result<Option<Secret>, VaultFault>,
        now: Now,
    ) {
        let Some(login) = self.end_work(name, |work| matches!(work, Work::Recalling)) else {
            return;
        };
        match result {
            Ok(record) => {
                login.succeeded(now);
                let stored = record.as_ref().map(Stored::from_record).transpose();
                let stored = stored.unwrap_or_else(|bad| {
                    login.note(
                        SetbackKind::Vault(VaultFaultKind::Failed),
                        format!("What the vault keeps of “{name}” cannot be read: {bad}."),
                        now,
                    );
                    None
                });
                login.take_record(stored.unwrap_or_default());
            }
            Err(fault) => {
                login.vault_failed(fault, now);
                self.vault_refused(name);
                self.cannot_leave(name);
            }
        }
        self.changed();
        self.settle_login(name, now);
    }

    pub(super) fn probed(&mut self, name: &LoginName, result: Result<(), VaultFault>, now: Now) {
        let Some(login) = self.end_work(name, |work| matches!(work, Work::Probing)) else {
            return;
        };
        match result {
            Ok(()) => login.vault_worked(now),
            Err(fault) => {
                login.vault_failed(fault, now);
                self.vault_refused(name);
            }
        }
        self.changed();
        self.settle_login(name, now);
    }

    pub(super) fn refreshed(
        &mut self,
        name: &LoginName,
        result: Result<Box<Tokens>, Fault>,
        now: Now,
    ) {
        let Some(login) = self.logins.get_mut(name) else {
            return;
        };
        let work = std::mem::replace(&mut login.work, Work::Rest);
        let Work::Refreshing { begun, device_key } = work else {
            login.work = work;
            return;
        };
        match result {
            Ok(tokens) => {
                login.forget_losses();
                self.observe(tokens.id_life, begun, now);
                self.take_tokens(name, *tokens, begun, now);
            }
            // A program that fails says nothing of a session.
            Err(Fault {
                kind: FaultKind::Ended(ended),
                ..
            }) if !login.spec.is_program() => {
                login.learn_life(ended, now);
                login.end_session(ended, now);
                self.drop_keys(name);
            }
            Err(Fault {
                kind: FaultKind::DeviceGone,
                ..
            }) if let Some(key) = device_key => {
                // The session may go on without it, and if not, the pool says so.
                login.forget_device(&key);
                login.until = now.at;
            }
            Err(fault) => login.refresh_failed(fault.kind, fault.text, now, &mut self.rng),
        }
        self.changed();
        self.settle_login(name, now);
    }

    fn take_tokens(&mut self, name: &LoginName, tokens: Tokens, begun: Moment, now: Now) {
        let Some(login) = self.logins.get_mut(name) else {
            return;
        };
        let Some(known) = login.session().map(|session| &session.stored) else {
            return;
        };
        if known.user.sub != tokens.user.sub {
            return self.user_changed(name, tokens, now);
        }
        login.renewals += 1;
        login.outlive(dated(tokens.id_life, self.clock_ahead, begun, now));
        let Some(session) = login.session_mut() else {
            return;
        };
        if session.stored.user != tokens.user {
            session.stored.user = tokens.user.clone();
            session.unsaved.notes = true;
        }
        let rotated = tokens
            .refresh_token
            .clone()
            .filter(|token| Some(token) != session.stored.refresh_token.as_ref());
        let rotates = Some(rotated.is_some());
        if session.stored.rotates != rotates {
            session.stored.rotates = rotates;
            session.unsaved.notes = true;
        }
        let number = login.renewals;
        let id = IdToken::new(tokens, begun, number, &mut self.rng);
        let Some(session) = login.session_mut() else {
            return;
        };
        match rotated {
            Some(token) => {
                session.stored.refresh_token = Some(token);
                session.unsaved.token = Some(id);
                // The vault's turn comes at once, whatever the pool was waited for.
                login.until = now.at;
            }
            None => login.take_id(id, now, &mut self.rng),
        }
    }

    /// What came is of another user than the one who signed in: it is not used, and nobody takes the
    /// login over unseen.
    fn user_changed(&mut self, name: &LoginName, tokens: Tokens, now: Now) {
        let Some(login) = self.logins.get_mut(name) else {
            return;
        };
        let spec = login.spec.clone();
        let stored = login.session().map(|session| &session.stored);
        let old = stored.and_then(|stored| stored.refresh_token.clone());
        login.end_session(Ended::UserChanged, now);
        self.orphan(name, spec, tokens.refresh_token.or(old), None);
        self.drop_keys(name);
    }

    /// A session without a refresh token is over with its ID token.
    pub(super) fn end_spent(&mut self, name: &LoginName, now: Now) {
        let Some(login) = self.logins.get_mut(name) else {
            return;
        };
        if login.leaving.is_none() && login.spent_at().is_some_and(|end| end <= now.at) {
            login.end_session(Ended::NoRefreshToken, now);
            self.drop_keys(name);
            self.changed();
        }
    }

    pub(super) fn kept(&mut self, name: &LoginName, result: Result<(), VaultFault>, now: Now) {
        let Some(login) = self.logins.get_mut(name) else {
            return;
        };
        let work = std::mem::replace(&mut login.work, Work::Rest);
        let Work::Keeping(purpose) = work else {
            login.work = work;
            return;
        };
        match result {
            Ok(()) => {
                login.vault_worked(now);
                match purpose {
                    Purpose::Session => {
                        let unsaved = login.session_mut().map(|session| &mut session.unsaved);
                        let id = unsaved.and_then(|unsaved| {
                            unsaved.doubt = false;
                            unsaved.token.take()
                        });
                        if let Some(id) = id {
                            login.take_id(id, now, &mut self.rng);
                        }
                    }
                    Purpose::Adoption(adoption) => self.adopted(name, *adoption, now),
                    Purpose::Erasure => self.erased(name, Ok(()), now),
                }
            }
            Err(fault) => {
                login.vault_failed(fault.clone(), now);
                match purpose {
                    Purpose::Session => {
                        if let Some(session) = login.session_mut() {
                            session.unsaved.notes = true;
                        }
                        self.vault_refused(name);
                    }
                    Purpose::Adoption(adoption) => {
                        self.adoption_failed(name, *adoption, fault, now);
                    }
                    Purpose::Erasure => {
                        login.erase = true;
                        self.erased(name, Err(fault), now);
                    }
                }
            }
        }
        self.changed();
        self.settle_login(name, now);
    }

    /// A person wants new tokens and keys, whatever was waited for.
    pub(super) fn renew(&mut self, ticket: Ticket, name: &str, now: Now) {
        // Guests have no session, and keys all the same.
        let guests = LoginName::guest();
        let name = if name == guests.as_str() && self.logins.contains_key(&guests) {
            guests
        } else {
            let Some(name) = self.known_login(ticket, name) else {
                return;
            };
            name
        };
        let Some(login) = self.logins.get_mut(&name) else {
            return;
        };
        let guest = login.is_guest();
        match &mut login.state {
            State::SignedOut if guest => {}
            State::SignedOut => return self.fail(ticket, Trouble::SignedOut(name)),
            State::NeedsSignIn(ended, _) => {
                let ended = *ended;
                return self.fail(ticket, Trouble::NeedsSignIn(name, ended));
            }
            State::SignedIn(session) => {
                if let Some(id) = &mut session.id {
                    id.span.renew = now.at;
                    if let Some(access) = &mut id.access {
                        access.span.renew = access.span.renew.min(now.at);
                    }
                }
            }
            State::Unread => {}
        }
        login.until = now.at;
        login.urged = !guest;
        for profile in self.members.get(&name).into_iter().flatten() {
            if let Some(profile) = self.profiles.get_mut(profile) {
                profile.renew_now(now);
            }
        }
        self.reply(ticket, Reply::Done);
        self.changed();
        self.settle_login(&name, now);
    }

    /// After a sleep, or where a network came back, nobody waits out what was waited for.
    pub(super) fn forget_waits(&mut self, name: &LoginName, now: Now) {
        if let Some(login) = self.logins.get_mut(name)
            && let Some(when) = login
                .setback
                .as_ref()
                .and_then(|setback| setback.on_waking())
        {
            login.until = login.until.min(when.max(now.at));
        }
        if let Some(login) = self.logins.get_mut(name) {
            login.hurry_orphans(now.at);
        }
        for profile in self.members.get(name).into_iter().flatten() {
            if let Some(profile) = self.profiles.get_mut(profile) {
                profile.forget_wait(now.at);
            }
        }
    }

    /// A tool asks: an attempt that reached nobody may be made again.
    pub(super) fn hurry(&mut self, name: &LoginName, now: Now) {
        if let Some(login) = self.logins.get_mut(name)
            && let Some(when) = login
                .setback
                .as_ref()
                .and_then(|setback| setback.on_demand())
            && when <= now.at
        {
            login.until = login.until.min(now.at);
        }
    }

    /// A service's time tells how far the local clock is off. Seconds of delay are no error, and
    /// an answer that was slept on tells nothing.
    pub(super) fn observe(&mut self, life: Life, begun: Moment, now: Now) {
        if let Some(server) = life.server
            && now.at.since(begun).as_secs() < CLOCK_DELAY
        {
            let ahead = now.wall.secs_after(server);
            self.clock_ahead = (ahead.abs() >= CLOCK_TOLERANCE).then_some(ahead);
        }
    }

    /// Puts a login to rest, if what is under way for it is what has ended.
    fn end_work(&mut self, name: &LoginName, is: impl Fn(&Work) -> bool) -> Option<&mut Login> {
        let login = self.logins.get_mut(name)?;
        is(&login.work).then(|| {
            login.work = Work::Rest;
            login
        })
    }
}

impl Login {
    fn take_record(&mut self, stored: Stored) {
        self.client_secret = stored.client_secret;
        let here = |device: &Device| device.user_pool_id == self.spec.provider();
        self.device = stored.device.filter(here);
        let is_here = stored
            .origin
            .is_none_or(|origin| origin == self.spec.origin());
        self.last_user = stored.last_user;
        self.learnt_life = stored.learnt_life.filter(|_| is_here);
        self.state = match stored.session {
            None => State::SignedOut,
            Some(session) if !session.is_of(&self.spec) => {
                // It belongs to the other app client.
                self.client_secret = None;
                self.learnt_life = None;
                State::NeedsSignIn(Ended::Moved, Some(session.user))
            }
            // Without a refresh token, and with its ID token gone from memory, it ends at once.
            Some(stored) => State::SignedIn(Box::new(Session {
                stored,
                id: None,
                unsaved: Unsaved::default(),
                seen_alive: None,
            })),
        };
        self.take_guests(stored.guests);
    }
}

/// In seconds.
const CLOCK_TOLERANCE: i64 = 120;

/// In seconds.
const CLOCK_DELAY: u64 = 60;
