//! What is done for a login: one thing at a time.

use crate::agent::Agent;
use crate::agent::adoption::Adoption;
use crate::agent::login::Login;
use crate::agent::orphan::Orphan;
use crate::event::Effect;
use crate::failure::Trouble;
use crate::name::LoginName;
use crate::time::Moment;

/// The one thing under way for a login's tokens and vault record.
#[derive(Debug)]
pub(super) enum Work {
    Rest,
    Recalling,
    Probing,
    Refreshing {
        begun: Moment,
        /// The device that went with it.
        device_key: Option<String>,
    },
    Keeping(Purpose),
    Revoking(Whose, Box<Orphan>),
}

/// What a write to the vault is for.
#[derive(Debug)]
pub(super) enum Purpose {
    /// A rotated token, or notes, of the session in memory.
    Session,
    /// The session of a finished sign-in.
    Adoption(Box<Adoption>),
    /// To leave nothing of a session that is over.
    Erasure,
}

impl Work {
    /// Whether tokens may come of it, or of what follows it.
    pub(super) const fn may_bring_tokens(&self) -> bool {
        match self {
            Self::Rest | Self::Revoking(Whose::Leaver, _) => false,
            Self::Recalling
            | Self::Probing
            | Self::Refreshing { .. }
            | Self::Keeping(_)
            | Self::Revoking(Whose::Orphan, _) => true,
        }
    }

    /// Why it is still waited for.
    pub(super) fn trouble(&self, login: &LoginName) -> Trouble {
        match self {
            Self::Recalling | Self::Probing | Self::Keeping(_) => {
                Trouble::VaultLocked("The keychain has not answered yet.".into())
            }
            Self::Rest | Self::Refreshing { .. } | Self::Revoking(..) => {
                Trouble::Slow(login.clone())
            }
        }
    }
}

/// Whose refresh token is being revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// That of the session which a person signed out.
    Leaver,
    Orphan,
}

impl Agent {
    pub(super) fn recall(&mut self, name: &LoginName) {
        self.begin(name, Work::Recalling, |login, _| Effect::Recall { login });
    }

    pub(super) fn probe(&mut self, name: &LoginName) {
        self.begin(name, Work::Probing, |login, _| Effect::Probe { login });
    }

    pub(super) fn keep(&mut self, name: &LoginName, purpose: Purpose) {
        let Some(login) = self.logins.get_mut(name) else {
            return;
        };
        let mut stored = login.record();
        match &purpose {
            Purpose::Session => {
                if let Some(session) = login.session_mut() {
                    session.unsaved.notes = false;
                }
            }
            Purpose::Adoption(adoption) => {
                stored.session = Some(adoption.session.stored.clone());
                stored.device.clone_from(&adoption.device);
                stored.last_user = None;
            }
            Purpose::Erasure => {
                stored.session = None;
                // What changes while it is written is written after it.
                login.erase = false;
            }
        }
        let stored = Box::new(stored);
        self.begin(name, Work::Keeping(purpose), |login, _| Effect::Keep {
            login,
            stored,
        });
    }

    pub(super) fn begin(
        &mut self,
        name: &LoginName,
        work: Work,
        effect: impl FnOnce(LoginName, &Login) -> Effect,
    ) {
        if let Some(login) = self.logins.get_mut(name) {
            login.work = work;
            let effect = effect(name.clone(), login);
            self.effects.push_back(effect);
            self.changed();
        }
    }
}
