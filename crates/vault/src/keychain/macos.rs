//! macOS Keychain.

use std::sync::Arc;

use apple_native_keyring_store::keychain::Store;
use keyring_core::{CredentialStore, Entry, Error};
use poolkey_core::fault::{VaultFault, VaultFaultKind};

use super::{Keyring, cause, common_fault};
use crate::Place;

/// The login keychain. macOS itself asks its owner to unlock it.
pub(crate) struct System;

impl System {
    pub(crate) fn new(_place: &Place) -> Self {
        Self
    }
}

impl Keyring for System {
    fn open(&mut self) -> Result<Arc<CredentialStore>, VaultFault> {
        match Store::new() {
            Ok(store) => Ok(store),
            Err(error) => Err(self.fault(error)),
        }
    }

    fn entry(
        &self,
        store: &CredentialStore,
        service: &str,
        user: &str,
    ) -> keyring_core::Result<Entry> {
        store.build(service, user, None)
    }

    fn fault(&self, error: Error) -> VaultFault {
        let code = cause::<security_framework::base::Error>(&error).map(|cause| cause.code());
        match code {
            Some(INTERACTION_NOT_ALLOWED) => VaultFault::new(
                VaultFaultKind::Locked,
                "the macOS keychain is locked and no prompt can be shown here (as over SSH); unlock it at the desktop or with “security unlock-keychain”",
            ),
            Some(USER_CANCELED | AUTH_FAILED) => VaultFault::new(
                VaultFaultKind::Locked,
                "the macOS keychain was not unlocked for Poolkey",
            ),
            Some(NOT_AVAILABLE | NO_SUCH_KEYCHAIN | NO_DEFAULT_KEYCHAIN) => VaultFault::new(
                VaultFaultKind::Absent,
                "there is no macOS login keychain for this user; sign in at the desktop once or choose vault = \"file\"",
            ),
            _ => common_fault(&error),
        }
    }

    fn describe(&self) -> String {
        "macOS Keychain".to_owned()
    }
}

// SecBase.h
const USER_CANCELED: i32 = -128;
const NOT_AVAILABLE: i32 = -25291;
const AUTH_FAILED: i32 = -25293;
const NO_SUCH_KEYCHAIN: i32 = -25294;
const NO_DEFAULT_KEYCHAIN: i32 = -25307;
const INTERACTION_NOT_ALLOWED: i32 = -25308;
