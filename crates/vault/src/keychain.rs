//! The OS keychains: everything that keyring-core has a store for.

pub(crate) mod chunks;
#[cfg(target_os = "linux")]
mod kernel;
#[cfg(target_os = "macos")]
#[path = "keychain/macos.rs"]
mod system;
#[cfg(target_os = "linux")]
#[path = "keychain/secret_service.rs"]
mod system;
#[cfg(windows)]
#[path = "keychain/windows.rs"]
mod system;

use std::sync::Arc;

use keyring_core::{CredentialStore, Entry, Error};
use poolkey_core::fault::{VaultFault, VaultFaultKind};
use poolkey_core::secret::Secret;
use zeroize::Zeroizing;

use crate::Place;
use chunks::Entries;

/// What differs from one keychain to another.
pub(crate) trait Keyring: Send {
    /// Connects to the store.
    fn open(&mut self) -> Result<Arc<CredentialStore>, VaultFault>;

    /// Lets go of all connections.
    fn close(&mut self) {}

    /// Makes sure that the store can be believed when it says "no such entry", and that using the
    /// entry will not wait for a person without end.
    fn ready(&mut self, _service: &str, _user: &str) -> Result<(), VaultFault> {
        Ok(())
    }

    /// The store's handle for an entry.
    fn entry(
        &self,
        store: &CredentialStore,
        service: &str,
        user: &str,
    ) -> keyring_core::Result<Entry>;

    /// Names the cause of a failure.
    fn fault(&self, error: Error) -> VaultFault;

    /// The most bytes that one entry holds, where that is less than a record may have.
    fn largest(&self) -> Option<usize> {
        None
    }

    /// The owner may be asked to unlock it again.
    fn ask_again(&mut self) {}

    /// Which keychain it is, for a person.
    fn describe(&self) -> String;
}

/// A keychain behind keyring-core.
pub(crate) struct Keychain {
    keyring: Box<dyn Keyring>,
    service: String,
    /// Open, as far as is known.
    store: Option<Arc<CredentialStore>>,
}

impl Keychain {
    pub(crate) fn of_this_system(place: &Place) -> Self {
        Self::new(Box::new(system::System::new(place)), &place.service)
    }

    #[cfg(target_os = "linux")]
    pub(crate) fn of_the_kernel(place: &Place) -> Option<Self> {
        Some(Self::new(Box::new(kernel::Kernel), &place.service))
    }

    #[cfg(not(target_os = "linux"))]
    pub(crate) fn of_the_kernel(_place: &Place) -> Option<Self> {
        None
    }

    fn new(keyring: Box<dyn Keyring>, service: &str) -> Self {
        Self {
            keyring,
            service: service.to_owned(),
            store: None,
        }
    }

    pub(crate) fn recall(&mut self, login: &str) -> Result<Option<Secret>, VaultFault> {
        let bytes = match self.keyring.largest() {
            Some(largest) => chunks::recall(self, login, largest)?,
            None => self.get(login)?,
        };
        let Some(bytes) = bytes else { return Ok(None) };
        match std::str::from_utf8(&bytes) {
            Ok(text) => Ok(Some(Secret::new(text))),
            Err(_) => Err(failed(format!(
                "the keychain's entry of “{login}” is not text; something else wrote it"
            ))),
        }
    }

    pub(crate) fn keep(&mut self, login: &str, record: &Secret) -> Result<(), VaultFault> {
        // Some keychains ask their owner about each change, so an unchanged entry is left alone.
        // One that cannot be read is overwritten: that is the cure for it.
        match self.recall(login) {
            Ok(Some(old)) if old == *record => return Ok(()),
            Ok(_) => {}
            Err(fault) => match fault.kind {
                VaultFaultKind::Locked | VaultFaultKind::Absent => return Err(fault),
                VaultFaultKind::Failed => {}
            },
        }
        self.write(login, record.expose().as_bytes())
    }

    pub(crate) fn erase(&mut self, login: &str) -> Result<(), VaultFault> {
        match self.keyring.largest() {
            Some(_) => chunks::erase(self, login),
            None => self.delete(login),
        }
    }

    pub(crate) fn probe(&mut self) -> Result<(), VaultFault> {
        self.write(
            PROBE,
            b"Poolkey tries whether this keychain can be written.",
        )?;
        self.erase(PROBE)
    }

    pub(crate) fn unlock(&mut self) -> Result<(), VaultFault> {
        self.keyring.ask_again();
        self.get(PROBE).map(drop)
    }

    pub(crate) fn describe(&self) -> String {
        self.keyring.describe()
    }

    fn write(&mut self, user: &str, bytes: &[u8]) -> Result<(), VaultFault> {
        match self.keyring.largest() {
            Some(largest) => chunks::keep(self, user, bytes, largest),
            None => self.set(user, bytes),
        }
    }

    /// Does one thing to one entry; `None` when there is no such entry. A connection from earlier
    /// may be stale (the keychain was restarted), so its first failure is answered by a new one.
    fn with<T>(
        &mut self,
        user: &str,
        act: impl Fn(&Entry) -> keyring_core::Result<T>,
    ) -> Result<Option<T>, VaultFault> {
        let stale = self.store.is_some();
        let fault = match self.attempt(user, &act) {
            Ok(done) => return Ok(done),
            Err(fault) => fault,
        };
        match fault.kind {
            VaultFaultKind::Locked => return Err(fault),
            VaultFaultKind::Absent | VaultFaultKind::Failed => self.close(),
        }
        if !stale {
            return Err(fault);
        }
        let second = self.attempt(user, &act);
        if second.is_err() {
            self.close();
        }
        second
    }

    fn attempt<T>(
        &mut self,
        user: &str,
        act: impl Fn(&Entry) -> keyring_core::Result<T>,
    ) -> Result<Option<T>, VaultFault> {
        let store = match &self.store {
            Some(store) => Arc::clone(store),
            None => {
                let store = self.keyring.open()?;
                self.store = Some(Arc::clone(&store));
                store
            }
        };
        self.keyring.ready(&self.service, user)?;
        let done = self
            .keyring
            .entry(store.as_ref(), &self.service, user)
            .and_then(|entry| act(&entry));
        match done {
            Ok(done) => Ok(Some(done)),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(self.keyring.fault(error)),
        }
    }

    fn close(&mut self) {
        self.store = None;
        self.keyring.close();
    }
}

impl Entries for Keychain {
    fn get(&mut self, user: &str) -> Result<Option<Zeroizing<Vec<u8>>>, VaultFault> {
        self.with(user, |entry| match entry.get_secret() {
            Err(Error::Ambiguous(twins)) => the_same_of(twins),
            single => single.map(Zeroizing::new),
        })
    }

    fn set(&mut self, user: &str, bytes: &[u8]) -> Result<(), VaultFault> {
        let set = self.with(user, |entry| match entry.set_secret(bytes) {
            // Someone copied the entry. One is written and the others go, in this order, so that
            // a newest copy exists at every moment.
            Err(Error::Ambiguous(twins)) => {
                let mut twins = twins.into_iter();
                if let Some(first) = twins.next() {
                    first.set_secret(bytes)?;
                }
                twins.try_for_each(|twin| gone(twin.delete_credential()))
            }
            single => single,
        })?;
        // "No such entry" is no answer to a write: the entry went away in between.
        set.ok_or_else(|| failed("the keychain lost the entry while it was written".to_owned()))
    }

    fn delete(&mut self, user: &str) -> Result<(), VaultFault> {
        self.with(user, |entry| match entry.delete_credential() {
            Err(Error::Ambiguous(twins)) => twins
                .into_iter()
                .try_for_each(|twin| gone(twin.delete_credential())),
            single => single,
        })
        .map(drop)
    }
}

/// What several entries of one name hold, if all hold the same.
fn the_same_of(twins: Vec<Entry>) -> keyring_core::Result<Zeroizing<Vec<u8>>> {
    let mut held: Option<Zeroizing<Vec<u8>>> = None;
    for twin in &twins {
        let bytes = Zeroizing::new(twin.get_secret()?);
        if *held.get_or_insert_with(|| bytes.clone()) != bytes {
            return Err(Error::Ambiguous(twins));
        }
    }
    held.ok_or(Error::NoEntry)
}

fn gone(deleted: keyring_core::Result<()>) -> keyring_core::Result<()> {
    match deleted {
        Err(Error::NoEntry) => Ok(()),
        other => other,
    }
}

#[cfg(not(windows))]
/// The store's own error inside keyring's, where it is of this type.
fn cause<T: std::error::Error + 'static>(error: &Error) -> Option<&T> {
    if let Error::PlatformFailure(cause) | Error::NoStorageAccess(cause) = error {
        return cause.downcast_ref();
    }
    None
}

/// The causes that every keychain names alike.
fn common_fault(error: &Error) -> VaultFault {
    if let Error::Ambiguous(twins) = error {
        return failed(format!(
            "the keychain has {} different entries for this login; delete them and sign in again",
            twins.len()
        ));
    }
    failed(format!("the keychain failed: {error}"))
}

pub(crate) fn failed(text: String) -> VaultFault {
    VaultFault::new(VaultFaultKind::Failed, text)
}

/// No login has this name, for “#” cannot stand in one.
const PROBE: &str = "#probe";

#[cfg(test)]
mod tests;
