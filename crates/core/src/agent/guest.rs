//! Guests: nobody signs in, and their identity ids live in the vault like a session would.
//!
//! The login that stands for them has neither tokens nor a sign-in, and is shown to nobody.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::agent::Agent;
use crate::agent::login::{Login, State};
use crate::agent::profile::{Fetch, Profile};
use crate::config::LoginSpec;
use crate::name::{LoginName, ProfileName};
use crate::time::{Moment, Now};

/// What guests have.
#[derive(Debug, Default)]
pub(super) struct Guests {
    /// The identity id in each identity pool.
    pub(super) ids: BTreeMap<String, String>,
    /// Since when somebody wants keys, and the vault has not told.
    wanted: Option<Moment>,
}

impl Login {
    pub(super) fn is_guest(&self) -> bool {
        match self.spec {
            LoginSpec::Guest => true,
            LoginSpec::UserPool(_) | LoginSpec::Oidc(_) | LoginSpec::Command(_) => false,
        }
    }

    /// Whether an identity pool may be asked: the vault has told which identity is theirs, or it
    /// cannot, or takes too long about it.
    pub(super) fn guests_may_ask(&self, now: Moment) -> bool {
        let told = match self.state {
            State::Unread => false,
            State::SignedOut | State::SignedIn(_) | State::NeedsSignIn(..) => true,
        };
        told || self.failures > 0 || self.patience_ends().is_some_and(|end| end <= now)
    }

    /// Whether nothing stands in the way but the vault, which may tell in time.
    pub(super) fn waits_for_vault(&self, now: Moment) -> bool {
        !self.guests_may_ask(now)
    }

    /// Until when the vault is waited for.
    pub(super) fn patience_ends(&self) -> Option<Moment> {
        Some(self.guests.wanted? + VAULT_PATIENCE)
    }

    /// What the vault keeps of guests has come. It is older than what is in memory, and stays.
    pub(super) fn take_guests(&mut self, mut stored: BTreeMap<String, String>) {
        self.guests.wanted = None;
        let ids = std::mem::take(&mut self.guests.ids);
        let mut news = false;
        for (pool, id) in ids {
            stored.entry(pool).or_insert_with(|| {
                news = true;
                id
            });
        }
        self.guests.ids = stored;
        if news {
            self.note_record();
        }
    }

    /// An identity pool told, or took back, which identity a guest is. The first that is told
    /// stays: another may have been made while the vault kept silent.
    pub(super) fn note_guest(&mut self, pool: String, sent: Option<&str>, told: Option<String>) {
        let known = self.guests.ids.get(&pool).map(String::as_str);
        if known != sent || known == told.as_deref() {
            return;
        }
        match told {
            Some(id) => self.guests.ids.insert(pool, id),
            None => self.guests.ids.remove(&pool),
        };
        self.note_record();
    }
}

impl Agent {
    /// Somebody wants keys of a guest: the vault is waited for, but not for long.
    pub(super) fn want_guests(&mut self, login: &LoginName, now: Now) {
        if let Some(login) = self.logins.get_mut(login)
            && login.is_guest()
            && matches!(login.state, State::Unread)
        {
            login.guests.wanted.get_or_insert(now.at);
        }
    }

    /// Whether another profile is about to be told who the guest is in the same identity pool: each
    /// who asks without a name is given a new one.
    pub(super) fn is_being_named(&self, name: &ProfileName) -> bool {
        let Some(profile) = self.profiles.get(name) else {
            return false;
        };
        let pool = |profile: &Profile| {
            let pool = profile.spec.pool()?;
            Some(pool.identity_pool_id.clone())
        };
        let ours = pool(profile);
        profile.owner.is_guest()
            && self.identity(name).is_none()
            && self.members_of(&profile.owner).any(|other| {
                matches!(other.fetch, Fetch::Busy { .. })
                    && other.sent.is_none()
                    && pool(other) == ours
            })
    }
}

/// Of the time that a tool waits, half: a keychain that asks to be unlocked is waited for no longer.
const VAULT_PATIENCE: Duration = Duration::from_secs(2);
