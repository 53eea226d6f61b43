//! The Linux kernel's keyring: no daemon, no passphrase, nothing on disk; lost at reboot.
//!
//! A key hangs in two keyrings. The *session* keyring lives as long as the login session (or the
//! service) that made it. The user's *persistent* keyring outlives sessions and is dropped three
//! days after its last use (`/proc/sys/kernel/keys/persistent_keyring_expiry`), so that a key
//! survives the end of a session, but not the next boot. All keys of a user share a quota of 20,000
//! bytes (`/proc/sys/kernel/keys/maxbytes`), which holds about six records.

use std::sync::Arc;

use keyring_core::{CredentialStore, Entry, Error};
use linux_keyutils::{KeyError, KeyRing, KeyRingIdentifier};
use linux_keyutils_keyring_store::Store;
use poolkey_core::fault::{VaultFault, VaultFaultKind};

use super::{Keyring, cause, common_fault, failed};

/// The keyrings of this process' session and user.
pub(crate) struct Kernel;

impl Keyring for Kernel {
    fn open(&mut self) -> Result<Arc<CredentialStore>, VaultFault> {
        match Store::new() {
            Ok(store) => Ok(store),
            Err(error) => Err(self.fault(error)),
        }
    }

    /// The store goes on without the persistent keyring when it cannot be had, and would then not
    /// find what is only there. A kernel built without it is another matter.
    fn ready(&mut self, _service: &str, _user: &str) -> Result<(), VaultFault> {
        match KeyRing::get_persistent(KeyRingIdentifier::Session) {
            Ok(_) | Err(KeyError::OperationNotSupported) => Ok(()),
            Err(error) => Err(named(error)),
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
        if let Some(cause) = cause::<KeyError>(&error) {
            return named(*cause);
        }
        // The store's word for EINVAL, which the kernel says to more than 32,767 bytes.
        if matches!(error, Error::Invalid(..)) {
            return failed("the record is larger than the 32,767 bytes of a kernel key".to_owned());
        }
        common_fault(&error)
    }

    fn describe(&self) -> String {
        "Linux kernel keyring (lost at reboot)".to_owned()
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "most of the errors that the kernel has are none of its keyrings'"
)]
fn named(error: KeyError) -> VaultFault {
    match error {
        KeyError::QuotaExceeded => VaultFault::new(
            VaultFaultKind::Failed,
            "the kernel's quota for this user's keys is used up (/proc/sys/kernel/keys/maxbytes); delete some keys or choose vault = \"file\"",
        ),
        KeyError::AccessDenied
        | KeyError::KeyDoesNotExist
        | KeyError::KeyringDoesNotExist
        | KeyError::KeyExpired
        | KeyError::KeyRevoked => VaultFault::new(
            VaultFaultKind::Absent,
            "this process has no session keyring (cron, a container, a session that ended); start the daemon from a login session or under “keyctl session -”",
        ),
        KeyError::PermissionDenied | KeyError::OperationNotSupported | KeyError::Unknown(_) => {
            VaultFault::new(
                VaultFaultKind::Absent,
                format!(
                    "the kernel's keyrings are closed to this process, as they are in many containers ({error})"
                ),
            )
        }
        other => failed(format!("the kernel's keyring failed: {other}")),
    }
}
