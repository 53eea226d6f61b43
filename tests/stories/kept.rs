//! Vaults of every kind, open, locked, absent, full and damaged.

use std::fs;
use std::time::{Duration, Instant};

use poolkey_core::failure::Code;
use poolkey_core::secret::Secret;
use poolkey_core::snapshot::LoginState;
use poolkey_ipc::{Ask, Reply};
use poolkey_tests::{Ran, Setup, VaultKind, World, story, under, until};

fn with(vault: VaultKind) -> Setup {
    Setup {
        vault,
        ..Setup::default()
    }
}

#[test]
fn a_locked_keychain_is_waited_for() {
    story(Setup::default(), |world| {
        world.sign_in();
        world.keys();
        world.stop_daemon();
        world.desktop.lock();
        let took = world.start_daemon();
        println!("first status with a locked keychain after {took:.0?}");
        let asked = Instant::now();
        let failure = world.try_keys().err().expect("it is locked");
        assert!(asked.elapsed() < Duration::from_secs(5));
        assert_eq!(failure.code, Code::VaultLocked, "{failure}");
        let Ran { code, out, err } = world.shim("dev");
        assert_eq!(
            (code, out.as_str(), err.lines().count()),
            (12, "", 1),
            "{err}"
        );
        assert_eq!(world.login().state, LoginState::Unread, "not signed out");
        assert!(world.status().daemon.vault.trouble.is_some());

        world.desktop.restart_keyring();
        until("it is noticed", 10, || world.try_keys().is_ok());
        assert_eq!(world.status().daemon.vault.trouble, None);
        assert_eq!(world.sandbox.calls("InitiateAuth"), 1);
    });
}

/// It is locked while a rotating token would be spent: keys are served, and nothing is spent.
#[test]
fn a_rotating_token_is_not_spent_while_it_cannot_be_kept() {
    story(Setup::default(), |world| {
        world.sign_in();
        world.kill_daemon();
        world.start_daemon();
        until("the vault is read", 5, || {
            world.login().state == LoginState::SignedIn
        });
        world.desktop.lock();
        let failure = world.try_keys().err().expect("no keys");
        assert_eq!(failure.code, Code::VaultLocked, "{failure}");
        assert_eq!(world.sandbox.calls("GetTokensFromRefreshToken"), 0);
        world.desktop.restart_keyring();
        until("it goes on", 10, || world.try_keys().is_ok());
    });
}

#[test]
fn a_keychain_that_restarts_is_found_again() {
    story(Setup::default(), |world| {
        world.sign_in();
        world.desktop.stop_keyring();
        world.kill_daemon();
        world.start_daemon();
        let failure = world.try_keys().err().expect("no keychain");
        assert_eq!(failure.code, Code::Vault, "{failure}");
        world.desktop.start_keyring();
        until("it is found", 10, || world.try_keys().is_ok());
    });
}

#[test]
fn no_bus_no_keychain_and_the_cause_is_named() {
    story(with(VaultKind::Nothing), |world| {
        let failure = world.try_keys().err().expect("no keychain");
        assert_eq!(failure.code, Code::Vault);
        assert!(failure.sentence.contains("session bus"), "{failure}");
        assert!(failure.remedy.contains("vault = \"file\""), "{failure}");
        let Reply::Failed(failure) = world.try_sign_in(world.password()) else {
            panic!("nowhere to keep a session");
        };
        assert_eq!(failure.code, Code::Vault, "{failure}");
        assert_eq!(world.sandbox.calls("InitiateAuth"), 0, "nothing was begun");
        // Nor is there a fallback of any kind.
        assert!(!world.home().join("state/poolkey/vault").exists());
    });
}

#[test]
fn an_encrypted_file() {
    story(with(VaultKind::File), |world| {
        const RIGHT: &str = "correct horse battery staple 2718";
        const WRONG: &str = "incorrect horse battery staple 31";
        world.add_secret("passphrase", RIGHT);
        world.add_secret("passphrase", WRONG);
        let Reply::Failed(failure) = unlock(world, RIGHT, false) else {
            panic!("there is none to open");
        };
        assert_eq!(failure.code, Code::Vault, "{failure}");
        assert_eq!(unlock(world, RIGHT, true), Reply::Done);
        let Reply::Failed(failure) = unlock(world, RIGHT, true) else {
            panic!("there is one already");
        };
        assert_eq!(failure.code, Code::Vault, "{failure}");
        world.sign_in();
        assert!(world.sts_takes(&world.keys()));

        world.stop_daemon();
        world.start_daemon();
        let failure = world.try_keys().err().expect("it is locked");
        assert_eq!(failure.code, Code::VaultLocked, "{failure}");
        let Reply::Failed(failure) = unlock(world, WRONG, false) else {
            panic!("it is the wrong one");
        };
        assert_eq!(failure.code, Code::VaultLocked, "{failure}");
        assert!(world.try_keys().is_err());
        let begun = Instant::now();
        assert_eq!(unlock(world, RIGHT, false), Reply::Done);
        assert!(world.sts_takes(&world.keys()));
        println!("unlocked and served in {:.1?}", begun.elapsed());
        assert_eq!(world.sandbox.calls("InitiateAuth"), 1);

        for file in fs::read_dir(world.home().join("state/poolkey/vault")).unwrap() {
            let path = file.unwrap().path();
            let bytes = fs::read(&path).unwrap();
            assert!(
                bytes.starts_with(b"age-encryption.org/"),
                "{}",
                path.display()
            );
            only_ours(&path);
        }
        only_ours(&world.home().join("state/poolkey/vault"));
    });
}

fn unlock(world: &World, passphrase: &str, create: bool) -> Reply {
    world.ask(&Ask::Unlock {
        passphrase: Secret::new(passphrase),
        create,
    })
}

fn only_ours(path: &std::path::Path) {
    use std::os::unix::fs::MetadataExt;
    let mode = fs::metadata(path).unwrap().mode() & 0o777;
    assert_eq!(mode & 0o077, 0, "{}: {mode:03o}", path.display());
}

#[test]
fn the_kernels_keyring() {
    if !under(
        "kept::the_kernels_keyring",
        &[
            "unshare",
            "--user",
            "--map-root-user",
            "keyctl",
            "session",
            "-",
        ],
    ) {
        return;
    }
    story(with(VaultKind::Kernel), |world| {
        world.sign_in();
        world.keys();
        world.kill_daemon();
        world.start_daemon();
        assert!(world.sts_takes(&world.keys()));
        assert_eq!(world.sandbox.calls("InitiateAuth"), 1);
    });
}

#[test]
fn a_full_disk() {
    if !under(
        "kept::a_full_disk",
        &["unshare", "--user", "--map-root-user", "--mount"],
    ) {
        return;
    }
    story(with(VaultKind::File), |world| {
        world.stop_daemon();
        let disk = world.home().join("state/poolkey");
        let _mount = Mount::at(&disk);
        let key = age::x25519::Identity::generate().to_string();
        let key = age::secrecy::ExposeSecret::expose_secret(&key).to_owned();
        let credentials = tempfile::tempdir().unwrap();
        fs::write(credentials.path().join("poolkey-vault-key"), &key).unwrap();
        world.add_secret("vault key", &key);
        world.set_env(
            "CREDENTIALS_DIRECTORY",
            &credentials.path().display().to_string(),
        );
        world.start_daemon();
        world.sign_in();
        let keys = world.keys();

        let hog = disk.join("hog");
        fs::write(&hog, vec![0; 1 << 20]).unwrap_err();
        world.kill_daemon();
        world.start_daemon();
        until("the vault is read", 5, || {
            world.login().state == LoginState::SignedIn
        });
        world.sandbox.forget_calls();
        let failure = world.try_keys().err().expect("the disk is full");
        assert_eq!(failure.code, Code::Vault, "{failure}");
        assert!(failure.sentence.contains("No space left"), "{failure}");
        assert!(failure.remedy.contains("room"), "{failure}");
        assert_eq!(
            world.sandbox.calls("GetTokensFromRefreshToken"),
            0,
            "not spent"
        );

        fs::remove_file(&hog).unwrap();
        until("nothing was lost", 10, || world.try_keys().is_ok());
        assert_ne!(world.keys().access_key_id, keys.access_key_id);
        assert_eq!(world.sandbox.calls("InitiateAuth"), 0);
    });
}

/// A small disk. It is taken away before the world is, which could not be removed otherwise.
struct Mount(std::path::PathBuf);

impl Mount {
    fn at(place: &std::path::Path) -> Self {
        let mut mount = std::process::Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=256k,mode=700", "none"]);
        let ran = Ran::of(mount.arg(place), "");
        assert_eq!(ran.code, 0, "{ran:?}");
        Self(place.to_owned())
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let mut umount = std::process::Command::new("umount");
        let _ = umount.arg("--lazy").arg(&self.0).status();
    }
}

#[test]
fn a_damaged_record() {
    story(Setup::default(), |world| {
        world.sign_in();
        world.stop_daemon();
        world
            .desktop
            .overwrite("acme", "{\"v\":1,\"session\":{\"refresh_tok");
        world.start_daemon();
        until("it is read", 5, || !world.login().working);
        let trouble = world.login().trouble.expect("it is said");
        assert!(trouble.sentence.contains("cannot be read"), "{trouble}");
        let failure = world.try_keys().err().expect("no keys");
        assert!(
            failure.sentence.contains("cannot be read")
                || failure.remedy.contains("poolkey login acme"),
            "{failure}"
        );
        world.sign_in();
        world.keys();
        assert_eq!(world.login().trouble, None, "a sign-in mends it");
    });
}
