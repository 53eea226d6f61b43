//! Why the last attempt failed, and what that means for the next one.

use std::time::Duration;

use crate::failure::Trouble;
use crate::fault::{FaultKind, VaultFaultKind};
use crate::name::ProfileName;
use crate::pace;
use crate::time::{Moment, Now};

/// Why the last attempt failed, and since when attempts fail.
#[derive(Clone, Debug)]
pub(super) struct Setback {
    pub(super) kind: SetbackKind,
    pub(super) text: String,
    pub(super) since: Now,
    last: Moment,
}

/// Where it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SetbackKind {
    Service(FaultKind),
    Vault(VaultFaultKind),
}

impl Setback {
    pub(super) fn new(kind: SetbackKind, text: String, now: Now) -> Self {
        Self {
            kind,
            text,
            since: now,
            last: now.at,
        }
    }

    /// Notes a failure; it began with the first of a row.
    pub(super) fn note(slot: &mut Option<Self>, kind: SetbackKind, text: String, now: Now) {
        let since = slot.as_ref().map_or(now, |setback| setback.since);
        *slot = Some(Self {
            since,
            ..Self::new(kind, text, now)
        });
    }

    pub(super) fn is_vaults(&self) -> bool {
        matches!(self.kind, SetbackKind::Vault(_))
    }

    /// When a tool that asks may cause an attempt ahead of time, where it may.
    pub(super) fn on_demand(&self) -> Option<Moment> {
        match self.kind {
            SetbackKind::Vault(_) | SetbackKind::Service(FaultKind::Unreachable) => {
                Some(self.last + pace::RETRY_ON_DEMAND)
            }
            SetbackKind::Service(
                FaultKind::Lost
                | FaultKind::Service
                | FaultKind::Throttled
                | FaultKind::Ended(_)
                | FaultKind::Wrong
                | FaultKind::LockedOut
                | FaultKind::Expired
                | FaultKind::Unsupported
                | FaultKind::Misconfigured
                | FaultKind::TokenStale
                | FaultKind::IdentityConflict
                | FaultKind::DeviceGone,
            ) => None,
        }
    }

    /// When a network that came back, or a vault that somebody opened, may cause an attempt ahead
    /// of time, where it may.
    pub(super) fn on_waking(&self) -> Option<Moment> {
        match self.kind {
            SetbackKind::Service(FaultKind::Lost) => Some(self.last + pace::RETRY_ON_DEMAND),
            SetbackKind::Vault(_) => Some(self.last),
            SetbackKind::Service(_) => self.on_demand(),
        }
    }

    /// What people are told, when the next attempt is `wait` away.
    pub(super) fn trouble(&self, wait: Duration) -> Trouble {
        let text = self.text.clone();
        match self.kind {
            SetbackKind::Vault(VaultFaultKind::Locked) => Trouble::VaultLocked(text),
            SetbackKind::Vault(VaultFaultKind::Absent) => Trouble::VaultAbsent(text),
            SetbackKind::Vault(VaultFaultKind::Failed) => Trouble::VaultFailed(text),
            SetbackKind::Service(FaultKind::Unreachable | FaultKind::Lost) => {
                Trouble::Offline(text, wait)
            }
            SetbackKind::Service(FaultKind::Service | FaultKind::Throttled) => {
                Trouble::Service(text, wait)
            }
            SetbackKind::Service(
                FaultKind::Ended(_)
                | FaultKind::Wrong
                | FaultKind::LockedOut
                | FaultKind::Expired
                | FaultKind::Unsupported
                | FaultKind::Misconfigured
                | FaultKind::TokenStale
                | FaultKind::IdentityConflict
                | FaultKind::DeviceGone,
            ) => Trouble::Misconfigured(text),
        }
    }

    /// What people are told of a profile's own setback.
    pub(super) fn profile_trouble(&self, name: &ProfileName, wait: Duration) -> Trouble {
        let trouble = self.trouble(wait);
        if let Trouble::Misconfigured(text) = trouble {
            return Trouble::ProfileMisconfigured(name.clone(), text);
        }
        trouble
    }
}
