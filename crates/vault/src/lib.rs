//! All that is known about keychains.
//!
//! One record per login, as opaque text, in the store that a person chose. There is no fallback
//! from one store to another, and nothing is ever written in the clear.
//!
//! ```text
//!                    Vault   recall  keep  erase  probe  unlock  create  describe
//!              ┌───────┴────────┐
//!          Keychain         FileVault          one record per entry   |   one age file per login
//!       (keyring-core)          │
//!   ┌─────────┬─┴───────┬───────────┐
//! Secret    macOS    Windows     kernel        what differs: opening, waiting for the owner,
//! Service  Keychain  (chunks)   keyring        naming the cause of a failure
//! ```
//!
//! Three promises carry the crate:
//!
//! - [`Vault::recall`] says "nothing there" only when an open store said so. A keychain that is
//!   locked or missing is a fault, for "nothing there" means "signed out".
//! - [`Vault::keep`] returns when the record is durable, and a torn write leaves the old record or
//!   the new one, never a mixture.
//! - A keychain asks its owner to unlock it once, and again only when [`Vault::unlock`] is called:
//!   a daemon that retries must not pop up a prompt each time.

mod file;
mod keychain;

use std::path::PathBuf;
use std::time::Duration;

use poolkey_core::config::VaultChoice;
use poolkey_core::fault::{VaultFault, VaultFaultKind};
use poolkey_core::name::LoginName;
use poolkey_core::secret::Secret;

use file::FileVault;
use keychain::Keychain;

/// Where the stores live on this machine.
#[derive(Clone, Debug)]
pub struct Place {
    /// Poolkey's directory for state: the file vault is `vault` in it.
    pub state: PathBuf,
    /// systemd's `$CREDENTIALS_DIRECTORY`, where there is one: `poolkey-vault-key` in it opens the
    /// file vault without a passphrase.
    pub credentials: Option<PathBuf>,
    /// The name under which a keychain files Poolkey's entries.
    pub service: String,
    /// How long a verb waits for a person who is asked to unlock the keychain. The prompt outlives
    /// the wait: whoever answers later finds the next verb working.
    pub patience: Duration,
}

impl Place {
    /// The usual place: this directory, no credentials of systemd, entries filed under `poolkey`,
    /// 20 seconds for a person.
    pub fn new(state: impl Into<PathBuf>) -> Self {
        Self {
            state: state.into(),
            credentials: None,
            service: "poolkey".to_owned(),
            patience: Duration::from_secs(20),
        }
    }
}

/// Keeps one record per login.
///
/// Every verb blocks: on the disk, on another process, and up to
/// [`Place::patience`] on a person who is asked to unlock the keychain. Use it from one thread.
pub struct Vault {
    store: Store,
}

enum Store {
    Keychain(Keychain),
    File(FileVault),
    /// Chosen, but not to be had on this system.
    None(&'static str),
}

impl Vault {
    /// Names the store and touches nothing: it is opened by the first verb that needs it, and
    /// opened again after a failure, so that the keychain may come up later than its user.
    pub fn new(choice: VaultChoice, place: &Place) -> Self {
        let store = match choice {
            VaultChoice::Keychain => Store::Keychain(Keychain::of_this_system(place)),
            VaultChoice::File => Store::File(FileVault::new(place)),
            VaultChoice::Kernel => match Keychain::of_the_kernel(place) {
                Some(keychain) => Store::Keychain(keychain),
                None => Store::None("only Linux has a kernel keyring; choose another vault"),
            },
        };
        Self { store }
    }

    /// The record of this login; `None` only when an open store said that there is none.
    ///
    /// # Errors
    ///
    /// The store is locked, absent, or did not give what it holds.
    pub fn recall(&mut self, login: &LoginName) -> Result<Option<Secret>, VaultFault> {
        match &mut self.store {
            Store::Keychain(keychain) => keychain.recall(login.as_str()),
            Store::File(file) => file.recall(login),
            Store::None(why) => Err(none(why)),
        }
    }

    /// Keeps this record in place of the one before. It is durable when this returns, and an
    /// unchanged record is not written again.
    ///
    /// # Errors
    ///
    /// The store is locked, absent, or did not take it; the old record or the new one is there.
    pub fn keep(&mut self, login: &LoginName, record: &Secret) -> Result<(), VaultFault> {
        match &mut self.store {
            Store::Keychain(keychain) => keychain.keep(login.as_str(), record),
            Store::File(file) => file.keep(login, record),
            Store::None(why) => Err(none(why)),
        }
    }

    /// Forgets the record of this login, if there is one.
    ///
    /// # Errors
    ///
    /// The store is locked, absent, or did not delete it.
    pub fn erase(&mut self, login: &LoginName) -> Result<(), VaultFault> {
        match &mut self.store {
            Store::Keychain(keychain) => keychain.erase(login.as_str()),
            Store::File(file) => file.erase(login),
            Store::None(why) => Err(none(why)),
        }
    }

    /// Proves that a write works, by writing and deleting an entry of its own: a rotating refresh
    /// token must not be spent while its successor cannot be stored, and a keychain that was never
    /// set up answers reads as if it were empty.
    ///
    /// # Errors
    ///
    /// What [`Vault::keep`] would say.
    pub fn probe(&mut self) -> Result<(), VaultFault> {
        match &mut self.store {
            Store::Keychain(keychain) => keychain.probe(),
            Store::File(file) => file.probe(),
            Store::None(why) => Err(none(why)),
        }
    }

    /// A person wants it open: the file vault is opened with this passphrase, a keychain shows its
    /// own prompt again and takes no heed of the passphrase.
    ///
    /// # Errors
    ///
    /// `Locked`: the passphrase is not right, or the prompt was not answered. `Absent`: there is
    /// nothing to open; a file vault must first be made by [`Vault::create`].
    pub fn unlock(&mut self, passphrase: &Secret) -> Result<(), VaultFault> {
        match &mut self.store {
            Store::Keychain(keychain) => keychain.unlock(),
            Store::File(file) => file.unlock(passphrase),
            Store::None(why) => Err(none(why)),
        }
    }

    /// Makes a new file vault with this passphrase, and leaves it open. A verb of its own, so that
    /// a mistyped passphrase never makes a second, empty vault.
    ///
    /// # Errors
    ///
    /// There is one, the passphrase is empty, the disk did not take it, or the chosen store is not
    /// the file vault.
    pub fn create(&mut self, passphrase: &Secret) -> Result<(), VaultFault> {
        match &mut self.store {
            Store::Keychain(_) => Err(VaultFault::new(
                VaultFaultKind::Failed,
                "only the file vault is created by Poolkey",
            )),
            Store::File(file) => file.create(passphrase),
            Store::None(why) => Err(none(why)),
        }
    }

    /// Which store it is, for a person: `Secret Service (gnome-keyring)`.
    pub fn describe(&self) -> String {
        match &self.store {
            Store::Keychain(keychain) => keychain.describe(),
            Store::File(file) => file.describe(),
            Store::None(why) => (*why).to_owned(),
        }
    }
}

fn none(why: &str) -> VaultFault {
    VaultFault::new(VaultFaultKind::Absent, why)
}
