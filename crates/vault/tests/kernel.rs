//! The Linux kernel's keyring: a real one, of a user namespace of the test's own.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "tests and what they share")]

mod stage;

use poolkey_core::config::VaultChoice;
use poolkey_core::fault::VaultFaultKind;
use poolkey_core::name::LoginName;
use poolkey_core::secret::Secret;
use poolkey_vault::{Place, Vault};
use stage::play;

#[test]
fn keeps_recalls_and_erases() {
    play("keeps_recalls_and_erases", &[], &SESSION, |home| {
        let mut vault = Vault::new(VaultChoice::Kernel, &Place::new(home));
        assert_eq!(vault.recall(&login("acme")), Ok(None));
        vault.probe().unwrap();
        for size in [1, 4 << 10, 16 << 10] {
            let record = Secret::new("x".repeat(size));
            vault.keep(&login("acme"), &record).unwrap();
            assert_eq!(vault.recall(&login("acme")), Ok(Some(record)));
        }
        assert_eq!(vault.recall(&login("other")), Ok(None));
        let fault = vault
            .keep(&login("acme"), &Secret::new("x".repeat(40 << 10)))
            .unwrap_err();
        assert_eq!(fault.kind, VaultFaultKind::Failed);
        assert!(fault.text.contains("32,767"), "{fault}");

        // Another vault, as after a restart of the daemon.
        let mut vault = Vault::new(VaultChoice::Kernel, &Place::new(home));
        assert_eq!(
            vault.recall(&login("acme")),
            Ok(Some(Secret::new("x".repeat(16 << 10))))
        );
        vault.erase(&login("acme")).unwrap();
        vault.erase(&login("acme")).unwrap();
        assert_eq!(vault.recall(&login("acme")), Ok(None));
        assert_eq!(vault.describe(), "Linux kernel keyring (lost at reboot)");
    });
}

#[test]
fn a_full_quota_is_named_and_harms_nothing() {
    // Another user's quota is used up, and one without a session.
    let under: Vec<&str> = ["setpriv", "--reuid=65534", "--clear-groups"]
        .into_iter()
        .chain(SESSION)
        .collect();
    play(
        "a_full_quota_is_named_and_harms_nothing",
        &[],
        &under,
        |home| {
            let mut vault = Vault::new(VaultChoice::Kernel, &Place::new(home));
            let record = Secret::new("x".repeat(4 << 10));
            let mut kept = Vec::new();
            let fault = loop {
                let login = login(&format!("login-{}", kept.len()));
                match vault.keep(&login, &record) {
                    Ok(()) => kept.push(login),
                    Err(fault) => break fault,
                }
                assert!(kept.len() < 1000, "there is no quota");
            };
            println!("{} records of 4 KiB fit", kept.len());
            assert_eq!(fault.kind, VaultFaultKind::Failed);
            assert!(fault.text.contains("quota"), "{fault}");
            for login in &kept {
                assert_eq!(vault.recall(login).as_ref(), Ok(&Some(record.clone())));
            }
            // A record as large as the one before still fits, and the probe does not say otherwise.
            vault.probe().unwrap();
            vault
                .keep(&kept[0], &Secret::new("y".repeat(4 << 10)))
                .unwrap();
            for login in &kept {
                vault.erase(login).unwrap();
            }
        },
    );
}

#[test]
fn a_revoked_session_is_absent_and_not_empty() {
    play(
        "a_revoked_session_is_absent_and_not_empty",
        &["keyctl"],
        &SESSION,
        |home| {
            let mut vault = Vault::new(VaultChoice::Kernel, &Place::new(home));
            vault.keep(&login("acme"), &Secret::new("record")).unwrap();
            // What pam_keyinit does when the login session ends.
            let revoked = std::process::Command::new("keyctl")
                .args(["revoke", "@s"])
                .status();
            assert!(revoked.unwrap().success());
            let fault = vault.recall(&login("acme")).unwrap_err();
            assert_eq!(fault.kind, VaultFaultKind::Absent, "{fault}");
            let fault = vault.probe().unwrap_err();
            assert_eq!(fault.kind, VaultFaultKind::Absent, "{fault}");
            assert!(fault.text.contains("session keyring"), "{fault}");
        },
    );
}

#[test]
fn a_session_that_cannot_hold_the_persistent_keyring_is_not_empty() {
    const TEST: &str = "a_session_that_cannot_hold_the_persistent_keyring_is_not_empty";
    play(TEST, &["keyctl"], &SESSION, |home| {
        // Without the right to write, only what the session itself holds would be found.
        let barred = std::process::Command::new("keyctl")
            .args(["setperm", "@s", "0x2b000000"])
            .status();
        assert!(barred.unwrap().success());
        let mut vault = Vault::new(VaultChoice::Kernel, &Place::new(home));
        let fault = vault.recall(&login("acme")).unwrap_err();
        assert_eq!(fault.kind, VaultFaultKind::Absent, "{fault}");
    });
}

fn login(name: &str) -> LoginName {
    name.parse().unwrap()
}

/// The keyrings of a user namespace are its own, and so is this session's.
const SESSION: [&str; 6] = [
    "unshare",
    "--user",
    "--map-root-user",
    "keyctl",
    "session",
    "-",
];
