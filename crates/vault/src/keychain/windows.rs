//! Windows Credential Manager.

use std::collections::HashMap;
use std::sync::Arc;

use keyring_core::{CredentialStore, Entry, Error};
use poolkey_core::fault::{VaultFault, VaultFaultKind};
use windows_native_keyring_store::Store;

use super::{Keyring, common_fault};
use crate::Place;

/// Opened by nothing but use: the Credential Manager is there in every logon session.
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
        // The default, Enterprise, would carry the token to every machine of a roaming user.
        store.build(
            service,
            user,
            Some(&HashMap::from([("persistence", "Local")])),
        )
    }

    fn fault(&self, error: Error) -> VaultFault {
        // The store says this of one code only: ERROR_NO_SUCH_LOGON_SESSION.
        if matches!(error, Error::NoStorageAccess(_)) {
            return VaultFault::new(
                VaultFaultKind::Absent,
                "Windows has no Credential Manager in this logon session (a network logon, as over SSH with a key); sign in at the desktop or choose vault = \"file\"",
            );
        }
        common_fault(&error)
    }

    fn largest(&self) -> Option<usize> {
        // CRED_MAX_CREDENTIAL_BLOB_SIZE
        Some(2560)
    }

    fn describe(&self) -> String {
        "Windows Credential Manager".to_owned()
    }
}
