//! The file vault on a real disk: full, and killed while it writes.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "tests and what they share")]

mod stage;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use age::secrecy::ExposeSecret;
use poolkey_core::config::VaultChoice;
use poolkey_core::fault::VaultFaultKind;
use poolkey_core::name::LoginName;
use poolkey_core::secret::Secret;
use poolkey_vault::{Place, Vault};
use stage::play;

#[test]
fn a_full_disk_leaves_the_old_record() {
    let under = ["unshare", "--user", "--map-root-user", "--mount"];
    play(
        "a_full_disk_leaves_the_old_record",
        &["mount"],
        &under,
        |home| {
            let disk = home.join("disk");
            fs::create_dir(&disk).unwrap();
            let mounted = Command::new("mount")
                .args(["-t", "tmpfs", "-o", "size=64k,mode=700", "none"])
                .arg(&disk)
                .status();
            assert!(mounted.unwrap().success());
            let mut vault = vault(home, &disk);
            let old = Secret::new("o".repeat(3000));
            vault.keep(&acme(), &old).unwrap();
            vault.probe().unwrap();

            fs::write(disk.join("hog"), vec![0; 1 << 20]).unwrap_err();
            let fault = vault
                .keep(&acme(), &Secret::new("n".repeat(3000)))
                .unwrap_err();
            assert_eq!(fault.kind, VaultFaultKind::Failed);
            assert!(fault.text.contains("No space left"), "{fault}");
            // The daemon asks this before it spends a rotating token.
            assert!(vault.probe().unwrap_err().text.contains("No space left"));
            assert_eq!(vault.recall(&acme()), Ok(Some(old)));
            // Nothing is left under way, and a full disk does not hinder a sign-out.
            assert_eq!(fs::read_dir(disk.join("vault")).unwrap().count(), 1);
            vault.erase(&acme()).unwrap();

            fs::remove_file(disk.join("hog")).unwrap();
            vault.keep(&acme(), &Secret::new("n".repeat(3000))).unwrap();
        },
    );
}

#[test]
fn a_killed_writer_leaves_the_old_record_or_the_new_one() {
    const TEST: &str = "a_killed_writer_leaves_the_old_record_or_the_new_one";
    play(TEST, &[], &[], |home| {
        if home.join("writer").exists() {
            let mut vault = vault(home, home);
            for round in std::process::id()..std::process::id() + 10_000 {
                let letter = char::from_u32(u32::from(b'a') + round % 26)
                    .unwrap()
                    .to_string();
                vault
                    .keep(&acme(), &Secret::new(letter.repeat(3000)))
                    .unwrap();
            }
            return;
        }
        let mut reader = vault(home, home);
        reader
            .keep(&acme(), &Secret::new("a".repeat(3000)))
            .unwrap();
        fs::write(home.join("writer"), "").unwrap();
        let mut seen = std::collections::BTreeSet::new();
        for round in 0..60 {
            // The same test once more: it finds the mark and writes until it is killed.
            let mut writer = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", TEST, "--test-threads=1"])
                .stdout(Stdio::null())
                .spawn()
                .unwrap();
            // Once it writes, where in the middle of it is left to chance.
            let before = identity(home);
            let writes = (0..50_000).any(|_| {
                sleep(Duration::from_micros(100));
                identity(home) != before
            });
            assert!(writes, "the writer did not come to write");
            sleep(Duration::from_micros(round * 97));
            writer.kill().unwrap();
            writer.wait().unwrap();
            let record = reader.recall(&acme()).unwrap().unwrap();
            let letter = &record.expose()[..1];
            assert_eq!(record.expose(), letter.repeat(3000));
            seen.insert(letter.to_owned());
        }
        println!(
            "60 writers killed, {} different records found whole",
            seen.len()
        );
        assert!(seen.len() > 3, "the writers did not get to write: {seen:?}");
        // What they left under way hinders nobody.
        reader.keep(&acme(), &Secret::new("last")).unwrap();
        reader.erase(&acme()).unwrap();
        assert_eq!(fs::read_dir(home.join("vault")).unwrap().count(), 0);
    });
}

/// Which file the record is in, for each write makes a new one.
fn identity(home: &Path) -> u64 {
    fs::metadata(home.join("vault/login-acme.age"))
        .unwrap()
        .ino()
}

/// A vault in this directory, opened by a key that systemd hands out: scrypt would only be slow.
fn vault(home: &Path, state: &Path) -> Vault {
    let credential = home.join("poolkey-vault-key");
    if !credential.exists() {
        let key = age::x25519::Identity::generate().to_string();
        fs::write(&credential, key.expose_secret()).unwrap();
    }
    let mut place = Place::new(state);
    place.credentials = Some(home.to_owned());
    Vault::new(VaultChoice::File, &place)
}

fn acme() -> LoginName {
    "acme".parse().unwrap()
}
