//! Where refresh tokens are kept, and whether it works.

use std::path::Path;

use poolkey_core::config::VaultChoice;
use poolkey_ipc::VaultView;

use super::codes::Code;
use super::machine::Machine;
use super::report::Report;

pub(super) fn examine(machine: &Machine, vault: Option<&VaultView>, report: &mut Report) {
    let Some(vault) = vault else {
        if cfg!(target_os = "linux") && machine.settings().vault == VaultChoice::Keychain {
            bus(machine, report);
        }
        return;
    };
    if vault.choice == VaultChoice::Kernel {
        report.bad(
            Code::VaultForgets,
            "vault",
            "It is the kernel's keyring, which forgets all sessions when the machine starts anew.",
            "Set vault = \"keychain\" or \"file\" under [settings] in profiles.toml",
        );
    }
    match &vault.trouble {
        Some(failure) => report.failure(Code::VaultTroubled, "vault", failure),
        None => report.good(
            Code::VaultWorks,
            "vault",
            format!("{}, {}.", vault.description, meaning(vault.choice)),
        ),
    }
}

const fn meaning(choice: VaultChoice) -> &'static str {
    match choice {
        VaultChoice::Keychain => "the system's keychain",
        VaultChoice::File => "an encrypted file: it opens with its passphrase",
        VaultChoice::Kernel => "in memory until the machine starts anew",
    }
}

/// A daemon that this shell starts gets what this shell has.
fn bus(machine: &Machine, report: &mut Report) {
    let address = machine.vars.has("DBUS_SESSION_BUS_ADDRESS");
    let directory = machine.vars.get("XDG_RUNTIME_DIR");
    let socket = directory.is_some_and(|directory| Path::new(directory).join("bus").exists());
    let standard = format!("/run/user/{}/bus", machine.sockets.user);
    if !address && !socket && !Path::new(&standard).exists() {
        report.bad(
            Code::SessionBusMissing,
            "DBUS_SESSION_BUS_ADDRESS",
            "There is no session bus here, so that a daemon started from this shell finds no \
             keychain.",
            "Start it in your desktop session, or set vault = \"file\" under [settings] in \
             profiles.toml",
        );
    }
}
