//! A keychain that survives everything, but does not always answer.

use std::collections::BTreeMap;

use fastrand::Rng;
use poolkey_core::fault::{VaultFault, VaultFaultKind};
use poolkey_core::name::LoginName;
use poolkey_core::secret::Secret;
use poolkey_core::session::{Stored, StoredSession};

use crate::cognito::{family_of, read_device, read_token};
use crate::weather::Mood;

#[derive(Debug, Default)]
pub struct Vault {
    records: BTreeMap<LoginName, Secret>,
    /// The sessions in them: the family and the generation of its token.
    sessions: BTreeMap<LoginName, (usize, usize)>,
    devices: BTreeMap<LoginName, usize>,
    /// Whose they are or were, and at which provider where that is known.
    known: BTreeMap<LoginName, (String, String)>,
}

impl Vault {
    pub fn read(&self, login: &LoginName, mood: Mood) -> Result<Option<Secret>, VaultFault> {
        match mood {
            Mood::Locked => Err(locked()),
            Mood::Open | Mood::Slow | Mood::Hanging | Mood::Full => {
                Ok(self.records.get(login).cloned())
            }
        }
    }

    pub fn probe(&self, mood: Mood) -> Result<(), VaultFault> {
        match mood {
            Mood::Locked => Err(locked()),
            Mood::Full => Err(full()),
            Mood::Open | Mood::Slow | Mood::Hanging => Ok(()),
        }
    }

    /// What a write comes to, and whether it took place.
    pub fn may_write(&self, mood: Mood, rng: &mut Rng) -> (Result<(), VaultFault>, bool) {
        match mood {
            Mood::Locked => (Err(locked()), false),
            Mood::Full => (Err(full()), rng.u8(..5) == 0),
            Mood::Open | Mood::Slow | Mood::Hanging => (Ok(()), true),
        }
    }

    pub fn write(&mut self, login: &LoginName, stored: &Stored) {
        if stored.is_empty() {
            self.records.remove(login);
        } else {
            self.records.insert(login.clone(), stored.to_record());
        }
        match stored.device.as_ref().and_then(read_device) {
            Some(device) => self.devices.insert(login.clone(), device),
            None => self.devices.remove(login),
        };
        let session = stored.session.as_ref();
        let known = session.map(|session| (session.provider.clone(), session.user.sub.clone()));
        let last = stored.last_user.as_ref();
        match known.or_else(|| Some((String::new(), last?.sub.clone()))) {
            Some(known) => self.known.insert(login.clone(), known),
            None => self.known.remove(login),
        };
        match session.and_then(read_session) {
            Some(session) => self.sessions.insert(login.clone(), session),
            None => self.sessions.remove(login),
        };
    }

    /// The device that is kept.
    pub fn device(&self, login: &LoginName) -> Option<usize> {
        self.devices.get(login).copied()
    }

    /// Who is or was signed in there.
    pub fn known(&self, login: &LoginName, provider: &str) -> Option<&str> {
        let (at, sub) = self.known.get(login)?;
        (at.is_empty() || at == provider).then_some(sub)
    }

    /// The session that is kept: its family and the generation of its token.
    pub fn session(&self, login: &LoginName) -> Option<(usize, usize)> {
        self.sessions.get(login).copied()
    }
}

/// The family of a session, and the generation of its token.
pub fn read_session(session: &StoredSession) -> Option<(usize, usize)> {
    match &session.refresh_token {
        Some(token) => read_token(token.expose()),
        None => Some((family_of(&session.user)?, 0)),
    }
}

fn locked() -> VaultFault {
    VaultFault::new(VaultFaultKind::Locked, "The keychain is locked.")
}

fn full() -> VaultFault {
    VaultFault::new(VaultFaultKind::Failed, "The disk is full.")
}
