//! The Secret Service, as a real gnome-keyring provides it.
#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests, which measure"
)]

mod desktop;
mod stage;

use std::time::{Duration, Instant};

use dbus::blocking::Connection;
use desktop::{Activation, login, scene};
use poolkey_core::fault::VaultFaultKind;
use poolkey_core::secret::Secret;

#[test]
fn keeps_recalls_and_erases() {
    scene("keeps_recalls_and_erases", |desktop| {
        desktop.start_bus(Activation::None);
        desktop.start_keyring("pw");
        let mut vault = desktop.vault();
        let (acme, other) = (login("acme"), login("acme/prod"));

        assert_eq!(vault.recall(&acme), Ok(None));
        vault.probe().unwrap();
        for size in [1, 4 << 10, 20 << 10, 256 << 10] {
            let record = Secret::new("é".repeat(size / 2) + "x");
            vault.keep(&acme, &record).unwrap();
            assert_eq!(vault.recall(&acme), Ok(Some(record)), "{size}");
        }
        vault.keep(&other, &Secret::new("other")).unwrap();
        vault.erase(&acme).unwrap();
        vault.erase(&acme).unwrap();
        assert_eq!(vault.recall(&acme), Ok(None));
        assert_eq!(vault.recall(&other), Ok(Some(Secret::new("other"))));
        assert_eq!(vault.describe(), "Secret Service (gnome-keyring)");
    });
}

#[test]
fn another_program_finds_exactly_one_item() {
    scene("another_program_finds_exactly_one_item", |desktop| {
        desktop.start_bus(Activation::None);
        desktop.start_keyring("pw");
        let mut vault = desktop.vault();
        for record in ["first", "second", "second"] {
            vault.probe().unwrap();
            vault.keep(&login("acme"), &Secret::new(record)).unwrap();
        }
        let found = desktop
            .command("secret-tool")
            .args(["search", "--all", "service", "poolkey"])
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&found.stdout).into_owned();
        assert_eq!(text.matches("secret = ").count(), 1, "{text}");
        assert!(text.contains("secret = second"), "{text}");
        assert!(text.contains("label = Poolkey: acme"), "{text}");
    });
}

#[test]
fn copies_of_an_entry_are_no_riddle() {
    scene("copies_of_an_entry_are_no_riddle", |desktop| {
        desktop.start_bus(Activation::None);
        desktop.start_keyring("pw");
        let (mut vault, acme) = (desktop.vault(), login("acme"));
        let copy = |extra: &str, secret: &str| {
            let line = format!(
                "printf %s {secret} | secret-tool store --label=copy service poolkey username acme extra {extra}"
            );
            let done = desktop.command("sh").args(["-c", &line]).status().unwrap();
            assert!(done.success());
        };
        vault.keep(&acme, &Secret::new("same")).unwrap();
        copy("a", "same");
        assert_eq!(vault.recall(&acme), Ok(Some(Secret::new("same"))));
        copy("b", "different");
        let fault = vault.recall(&acme).unwrap_err();
        assert_eq!(fault.kind, VaultFaultKind::Failed, "{fault}");
        assert!(fault.text.contains("3 different entries"), "{fault}");

        vault.keep(&acme, &Secret::new("new")).unwrap();
        assert_eq!(vault.recall(&acme), Ok(Some(Secret::new("new"))));
        copy("c", "new");
        vault.erase(&acme).unwrap();
        assert_eq!(vault.recall(&acme), Ok(None));
    });
}

#[test]
fn a_record_outlives_a_killed_keyring() {
    scene("a_record_outlives_a_killed_keyring", |desktop| {
        desktop.start_bus(Activation::None);
        desktop.start_keyring("pw");
        let mut vault = desktop.vault();
        for round in 0..5 {
            let record = Secret::new(format!("record {round}"));
            vault.keep(&login("acme"), &record).unwrap();
            desktop.kill("gnome-keyring-daemon");
            desktop.start_keyring("pw");
            // The same vault: its connections are stale, and it makes new ones by itself.
            assert_eq!(vault.recall(&login("acme")), Ok(Some(record)));
        }
    });
}

#[test]
fn locked_is_not_signed_out() {
    scene("locked_is_not_signed_out", |desktop| {
        desktop.start_bus(Activation::None);
        desktop.start_keyring("pw");
        let (mut vault, acme) = (desktop.vault(), login("acme"));
        vault.keep(&acme, &Secret::new("record")).unwrap();
        desktop.lock();

        // No display: the prompt cannot be shown.
        for login in [&acme, &login("never-kept")] {
            let fault = vault.recall(login).unwrap_err();
            assert_eq!(fault.kind, VaultFaultKind::Locked, "{fault}");
        }
        let fault = vault.probe().unwrap_err();
        assert_eq!(fault.kind, VaultFaultKind::Locked, "{fault}");
        let fault = vault.keep(&acme, &Secret::new("new")).unwrap_err();
        assert_eq!(fault.kind, VaultFaultKind::Locked, "{fault}");
        let fault = vault.erase(&acme).unwrap_err();
        assert_eq!(fault.kind, VaultFaultKind::Locked, "{fault}");
        let fault = vault.unlock(&Secret::new("")).unwrap_err();
        assert_eq!(fault.kind, VaultFaultKind::Locked, "{fault}");

        desktop.unlock("pw");
        assert_eq!(vault.recall(&acme), Ok(Some(Secret::new("record"))));
        assert_eq!(vault.recall(&login("never-kept")), Ok(None));
    });
}

#[test]
fn a_prompt_is_shown_once_and_waited_for_with_a_limit() {
    scene(
        "a_prompt_is_shown_once_and_waited_for_with_a_limit",
        |desktop| {
            desktop.start_bus(Activation::None);
            desktop.start_keyring("pw");
            let (mut vault, acme) = (desktop.vault(), login("acme"));
            vault.keep(&acme, &Secret::new("record")).unwrap();
            desktop.lock();
            // Owns the name of the program that shows prompts, and never answers: a person who is
            // having lunch.
            let lunch = Connection::new_session().unwrap();
            lunch
                .request_name("org.gnome.keyring.SystemPrompter", false, true, false)
                .unwrap();

            let first = Instant::now();
            let fault = vault.recall(&acme).unwrap_err();
            assert_eq!(fault.kind, VaultFaultKind::Locked, "{fault}");
            let waited = first.elapsed();
            assert!(waited > Duration::from_secs(1), "{waited:?}");
            assert!(waited < Duration::from_secs(5), "{waited:?}");
            let second = Instant::now();
            assert_eq!(vault.recall(&acme), Err(fault));
            assert!(second.elapsed() < Duration::from_millis(500));

            drop(lunch);
            desktop.unlock("pw");
            assert_eq!(vault.recall(&acme), Ok(Some(Secret::new("record"))));
        },
    );
}

#[test]
fn without_a_bus_the_keychain_is_absent_until_there_is_one() {
    scene(
        "without_a_bus_the_keychain_is_absent_until_there_is_one",
        |desktop| {
            let (mut vault, acme) = (desktop.vault(), login("acme"));
            let absent = |fault: poolkey_core::fault::VaultFault, cause: &str| {
                assert_eq!(fault.kind, VaultFaultKind::Absent, "{fault}");
                assert!(fault.text.contains(cause), "{fault}");
            };
            absent(vault.recall(&acme).unwrap_err(), "no session bus");
            absent(vault.probe().unwrap_err(), "no session bus");
            assert_eq!(vault.describe(), "Secret Service");

            desktop.start_bus(Activation::None);
            absent(
                vault.recall(&acme).unwrap_err(),
                "no program on this session bus",
            );
            absent(
                vault.keep(&acme, &Secret::new("x")).unwrap_err(),
                "no program on this session bus",
            );

            desktop.start_keyring("pw");
            assert_eq!(vault.recall(&acme), Ok(None));
            vault.keep(&acme, &Secret::new("record")).unwrap();

            // The bus goes, and with it the keyring; this process stays.
            desktop.kill("dbus-daemon");
            absent(vault.recall(&acme).unwrap_err(), "no session bus");
            desktop.kill("gnome-keyring-daemon");
            desktop.start_bus(Activation::None);
            desktop.start_keyring("pw");
            assert_eq!(vault.recall(&acme), Ok(Some(Secret::new("record"))));
        },
    );
}

#[test]
fn a_keyring_that_was_never_set_up_is_absent() {
    scene("a_keyring_that_was_never_set_up_is_absent", |desktop| {
        // The bus starts gnome-keyring, which has no collection that anything could go to.
        desktop.start_bus(Activation::Installed);
        let (mut vault, acme) = (desktop.vault(), login("acme"));
        for fault in [
            vault.recall(&acme).unwrap_err(),
            vault.probe().unwrap_err(),
            vault.keep(&acme, &Secret::new("x")).unwrap_err(),
        ] {
            assert_eq!(fault.kind, VaultFaultKind::Absent, "{fault}");
            assert!(fault.text.contains("no default keyring"), "{fault}");
        }
    });
}

#[test]
fn an_open_secret_service_costs_less_than_3_mib() {
    scene("an_open_secret_service_costs_less_than_3_mib", |desktop| {
        desktop.start_bus(Activation::None);
        desktop.start_keyring("pw");
        // Kept by another program, so that this process has touched no page of the vault's code.
        let line = "head -c 4096 /dev/zero | tr '\\0' x | secret-tool store --label=x service poolkey username acme";
        let kept = desktop.command("sh").args(["-c", line]).status().unwrap();
        assert!(kept.success());

        let before = status("VmRSS:");
        let mut vault = desktop.vault();
        let record = vault.recall(&login("acme")).unwrap();
        let cost = status("VmRSS:") - before;

        assert_eq!(record, Some(Secret::new("x".repeat(4096))));
        println!(
            "opening the Secret Service and one recall: {cost} KiB over {before} KiB, {} threads of which the test has 2",
            status("Threads:")
        );
        assert!(cost < 3 << 10, "{cost} KiB");
    });
}

/// A figure from `/proc/self/status`.
fn status(field: &str) -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(field));
    let word = line.and_then(|rest| rest.split_whitespace().next());
    word.unwrap().parse().unwrap()
}
