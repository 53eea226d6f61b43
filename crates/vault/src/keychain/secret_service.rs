//! The Secret Service of a Linux desktop: gnome-keyring, KDE Wallet, KeePassXC.
//!
//! Two connections. keyring's store reads and writes; it would wait a year for a person, and
//! cannot tell an empty keychain from a locked or missing one. The other, here, goes first: it
//! sees to it that the collection is there and open, and it waits with a limit. No secret passes
//! over it.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use dbus::blocking::Connection;
use dbus_secret_service::{EncryptionType, Error as Cause, Item, SecretService};
use dbus_secret_service_keyring_store::Store;
use keyring_core::{CredentialStore, Entry, Error};
use poolkey_core::fault::{VaultFault, VaultFaultKind};

use super::{Keyring, cause, common_fault, failed};
use crate::Place;

/// The Secret Service on this user's session bus.
pub(crate) struct System {
    patience: Duration,
    /// The connection that looks before keyring's store leaps.
    scout: Option<SecretService>,
    /// The person was asked to unlock, and did not; reset when it is found open.
    asked: bool,
    /// What answers to the name, as far as is known.
    provider: Option<String>,
}

impl System {
    pub(crate) fn new(place: &Place) -> Self {
        Self {
            patience: place.patience,
            scout: None,
            asked: false,
            provider: None,
        }
    }
}

impl Keyring for System {
    fn open(&mut self) -> Result<Arc<CredentialStore>, VaultFault> {
        if !there_is_a_bus() {
            return Err(no_bus());
        }
        self.scout = Some(
            SecretService::connect_with_max_prompt_timeout(
                EncryptionType::Plain,
                self.patience.as_secs().max(1),
            )
            .map_err(|cause| named(&cause))?,
        );
        self.provider = provider();
        match Store::new() {
            Ok(store) => Ok(store),
            Err(error) => Err(self.fault(error)),
        }
    }

    fn close(&mut self) {
        self.scout = None;
    }

    fn ready(&mut self, service: &str, user: &str) -> Result<(), VaultFault> {
        let Some(scout) = &self.scout else {
            return Err(no_bus());
        };
        match opened(scout, service, user, &mut self.asked) {
            Ok(true) => {
                self.asked = false;
                Ok(())
            }
            Ok(false) => Err(locked()),
            Err(cause) => Err(named(&cause)),
        }
    }

    fn entry(
        &self,
        store: &CredentialStore,
        service: &str,
        user: &str,
    ) -> keyring_core::Result<Entry> {
        let label = format!("Poolkey: {user}");
        store.build(
            service,
            user,
            Some(&HashMap::from([("label", label.as_str())])),
        )
    }

    fn fault(&self, error: Error) -> VaultFault {
        match cause(&error) {
            Some(cause) => named(cause),
            None => common_fault(&error),
        }
    }

    fn ask_again(&mut self) {
        self.asked = false;
    }

    fn describe(&self) -> String {
        match &self.provider {
            Some(provider) => format!("Secret Service ({provider})"),
            None => "Secret Service".to_owned(),
        }
    }
}

/// Whether the entry, or else the collection that a new one goes to, is open; asks its owner to
/// open it, once.
fn opened(
    scout: &SecretService,
    service: &str,
    user: &str,
    asked: &mut bool,
) -> Result<bool, Cause> {
    let found = scout.search_items(HashMap::from([("service", service), ("username", user)]))?;
    let locked: Vec<&Item<'_>> = found.locked.iter().collect();
    if !locked.is_empty() {
        if std::mem::replace(asked, true) {
            return Ok(false);
        }
        scout.unlock_all(&locked)?;
        for item in locked {
            if item.is_locked()? {
                return Ok(false);
            }
        }
        return Ok(true);
    }
    if !found.unlocked.is_empty() {
        return Ok(true);
    }
    // Providers differ in whether they show the items of a locked collection, so "none found" is
    // believed only of an open one.
    let collection = scout.get_default_collection()?;
    if !collection.is_locked()? {
        return Ok(true);
    }
    if std::mem::replace(asked, true) {
        return Ok(false);
    }
    collection.unlock()?;
    Ok(!collection.is_locked()?)
}

/// Whether libdbus would find a session bus.
///
/// Asked first, because without one libdbus would start a bus of its own through X11, and because
/// it looks for the address only once in the life of a process.
#[expect(
    clippy::disallowed_methods,
    reason = "the very variables that libdbus reads"
)]
fn there_is_a_bus() -> bool {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    set("DBUS_SESSION_BUS_ADDRESS").is_some()
        || set("XDG_RUNTIME_DIR").is_some_and(|dir| Path::new(&dir).join("bus").exists())
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the enum of another crate, which may grow"
)]
/// Names the cause of a failure, by type and by the D-Bus names of errors.
fn named(cause: &Cause) -> VaultFault {
    match cause {
        Cause::Locked | Cause::Prompt => locked(),
        Cause::NoResult => VaultFault::new(
            VaultFaultKind::Absent,
            "the Secret Service has no default keyring to keep anything in; sign in to the desktop once, or make one with the desktop's password manager",
        ),
        Cause::Unavailable => no_provider(),
        Cause::Dbus(error) => match error.name().unwrap_or_default() {
            "org.freedesktop.DBus.Error.ServiceUnknown"
            | "org.freedesktop.DBus.Error.NameHasNoOwner"
            | "org.freedesktop.DBus.Error.Spawn.ChildExited"
            | "org.freedesktop.DBus.Error.Spawn.ChildSignaled"
            | "org.freedesktop.DBus.Error.Spawn.ServiceNotFound"
            | "org.freedesktop.DBus.Error.TimedOut" => no_provider(),
            "org.freedesktop.DBus.Error.NoServer"
            | "org.freedesktop.DBus.Error.FileNotFound"
            | "org.freedesktop.DBus.Error.NotSupported"
            | "org.freedesktop.DBus.Error.BadAddress"
            | "org.freedesktop.DBus.Error.AuthFailed"
            | "org.freedesktop.DBus.Error.Spawn.ExecFailed" => no_bus(),
            "org.freedesktop.Secret.Error.IsLocked" => locked(),
            _ => other(cause),
        },
        _ => other(cause),
    }
}

fn locked() -> VaultFault {
    VaultFault::new(
        VaultFaultKind::Locked,
        "the keychain is locked; answer the desktop's prompt, or unlock it with the desktop's password manager",
    )
}

fn no_bus() -> VaultFault {
    VaultFault::new(
        VaultFaultKind::Absent,
        "there is no session bus here (SSH, cron, a container), and so no Secret Service; start Poolkey in the desktop's session or choose vault = \"file\"",
    )
}

fn no_provider() -> VaultFault {
    VaultFault::new(
        VaultFaultKind::Absent,
        "no program on this session bus provides the Secret Service; install gnome-keyring, KDE Wallet or KeePassXC, or choose vault = \"file\"",
    )
}

fn other(cause: &Cause) -> VaultFault {
    failed(format!("the Secret Service failed: {cause}"))
}

/// The name of the program that provides the service.
fn provider() -> Option<String> {
    let bus = Connection::new_session().ok()?;
    let (pid,): (u32,) = bus
        .with_proxy(
            "org.freedesktop.DBus",
            "/org/freedesktop/DBus",
            Duration::from_secs(1),
        )
        .method_call(
            "org.freedesktop.DBus",
            "GetConnectionUnixProcessID",
            ("org.freedesktop.secrets",),
        )
        .ok()?;
    let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
    // The kernel keeps 15 characters of the name.
    Some(match name.trim_end() {
        "gnome-keyring-d" => "gnome-keyring".to_owned(),
        name => name.to_owned(),
    })
}
