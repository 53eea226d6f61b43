use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::Path;

use super::*;

#[test]
fn opens_with_its_passphrase_only() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = vault(home.path());
    let kind = |fault: VaultFault| fault.kind;
    assert_eq!(
        vault.recall(&acme()).map_err(kind),
        Err(VaultFaultKind::Absent)
    );
    assert_eq!(
        vault.unlock(&pass()).map_err(kind),
        Err(VaultFaultKind::Absent)
    );
    assert!(!home.path().join("vault").exists(), "asking made a vault");
    assert_eq!(
        vault.create(&Secret::new("")).map_err(kind),
        Err(VaultFaultKind::Failed)
    );

    vault.create(&pass()).unwrap();
    vault.keep(&acme(), &Secret::new("record")).unwrap();
    assert_eq!(
        vault.create(&pass()).map_err(kind),
        Err(VaultFaultKind::Failed)
    );

    let mut vault = self::vault(home.path());
    let locked = Err(VaultFaultKind::Locked);
    assert_eq!(vault.recall(&acme()).map_err(kind), locked);
    assert_eq!(vault.probe().map_err(kind), Err(VaultFaultKind::Locked));
    assert_eq!(
        vault.erase(&acme()).map_err(kind),
        Err(VaultFaultKind::Locked)
    );
    assert_eq!(
        vault.unlock(&Secret::new("passphrasf")).map_err(kind),
        Err(VaultFaultKind::Locked)
    );
    assert_eq!(
        vault.recall(&acme()).map_err(kind),
        Err(VaultFaultKind::Locked)
    );
    vault.unlock(&pass()).unwrap();
    assert_eq!(vault.recall(&acme()), Ok(Some(Secret::new("record"))));
    vault.probe().unwrap();
    vault.erase(&acme()).unwrap();
    vault.erase(&acme()).unwrap();
    assert_eq!(vault.recall(&acme()), Ok(None));
    assert_eq!(names(home.path()), ["identity.age"]);
}

#[test]
fn systemd_hands_out_the_key() {
    let home = tempfile::tempdir().unwrap();
    let credential = home.path().join(CREDENTIAL);
    let key = x25519::Identity::generate().to_string();
    fs::write(
        &credential,
        format!("# made today\n{}\n", key.expose_secret()),
    )
    .unwrap();
    let mut vault = vault_with_credential(home.path());
    vault.probe().unwrap();
    vault.keep(&acme(), &Secret::new("record")).unwrap();
    let mut vault = vault_with_credential(home.path());
    assert_eq!(vault.recall(&acme()), Ok(Some(Secret::new("record"))));

    let other = x25519::Identity::generate().to_string();
    fs::write(&credential, other.expose_secret()).unwrap();
    let mut vault = vault_with_credential(home.path());
    let fault = vault.recall(&acme()).unwrap_err();
    assert!(fault.text.contains("another key"), "{fault}");

    let two = format!("{}\n{}\n", key.expose_secret(), other.expose_secret());
    for strange in ["", "nonsense", &two, "AGE-SECRET-KEY-1QQQ"] {
        fs::write(&credential, strange).unwrap();
        let fault = vault_with_credential(home.path()).probe().unwrap_err();
        assert!(fault.text.contains("no age identity"), "{fault}");
        assert!(
            strange.is_empty() || !fault.text.contains(strange),
            "{fault}"
        );
    }
}

#[test]
fn what_was_changed_or_cut_is_refused() {
    let (home, mut vault) = made();
    vault.keep(&acme(), &Secret::new("record")).unwrap();
    let path = home.path().join("vault/login-acme.age");
    let good = fs::read(&path).unwrap();
    for index in 0..good.len() {
        let mut bad = good.clone();
        bad[index] ^= 1;
        fs::write(&path, bad).unwrap();
        let fault = vault.recall(&acme()).unwrap_err();
        assert_eq!(fault.kind, VaultFaultKind::Failed, "byte {index}: {fault}");
    }
    for length in 0..good.len() {
        fs::write(&path, &good[..length]).unwrap();
        let fault = vault.recall(&acme()).unwrap_err();
        assert_eq!(
            fault.kind,
            VaultFaultKind::Failed,
            "{length} bytes: {fault}"
        );
    }
    // And a new record heals it.
    vault.keep(&acme(), &Secret::new("new")).unwrap();
    assert_eq!(vault.recall(&acme()), Ok(Some(Secret::new("new"))));

    let identity = home.path().join("vault/identity.age");
    let good = fs::read(&identity).unwrap();
    for length in (0..good.len()).step_by(29) {
        fs::write(&identity, &good[..length]).unwrap();
        let fault = self::vault(home.path()).unlock(&pass()).unwrap_err();
        assert_eq!(
            fault.kind,
            VaultFaultKind::Failed,
            "{length} bytes: {fault}"
        );
    }
    // Work without end is not done: a factor one above the limit, which is still bearable.
    let text = String::from_utf8_lossy(&good);
    let stanza = text.lines().nth(1).unwrap();
    let at = text.find(stanza).unwrap();
    let heavier = format!("{} {}", stanza.rsplit_once(' ').unwrap().0, MOST_WORK + 1);
    let heavy = [&good[..at], heavier.as_bytes(), &good[at + stanza.len()..]].concat();
    fs::write(&identity, heavy).unwrap();
    let fault = self::vault(home.path()).unlock(&pass()).unwrap_err();
    assert!(fault.text.contains("more work"), "{fault}");
}

#[test]
fn files_that_changed_places_are_refused() {
    let (home, mut vault) = made();
    let other: LoginName = "other".parse().unwrap();
    vault.keep(&acme(), &Secret::new("of acme")).unwrap();
    vault.keep(&other, &Secret::new("of other")).unwrap();
    let dir = home.path().join("vault");
    fs::rename(dir.join("login-other.age"), dir.join("login-acme.age")).unwrap();
    let fault = vault.recall(&acme()).unwrap_err();
    assert_eq!(fault.kind, VaultFaultKind::Failed);
    assert!(fault.text.contains("something else"), "{fault}");
    fs::copy(dir.join(IDENTITY), dir.join("login-acme.age")).unwrap();
    assert!(vault.recall(&acme()).is_err());
}

#[test]
fn planted_things_are_refused() {
    let (home, mut vault) = made();
    vault.keep(&acme(), &Secret::new("record")).unwrap();
    let dir = home.path().join("vault");
    let file = dir.join("login-acme.age");
    let elsewhere = home.path().join("elsewhere");
    fs::rename(&file, &elsewhere).unwrap();

    symlink(&elsewhere, &file).unwrap();
    let fault = vault.recall(&acme()).unwrap_err();
    assert!(fault.text.contains("symbolic link"), "{fault}");
    fs::remove_file(&file).unwrap();

    fs::create_dir(&file).unwrap();
    let fault = vault.recall(&acme()).unwrap_err();
    assert!(fault.text.contains("not a file"), "{fault}");
    fs::remove_dir(&file).unwrap();

    let made = std::process::Command::new("mkfifo").arg(&file).status();
    assert!(made.unwrap().success());
    let fault = vault.recall(&acme()).unwrap_err();
    assert!(fault.text.contains("not a file"), "{fault}");

    // A link where the new file is made is not written through.
    fs::write(&elsewhere, "untouched").unwrap();
    symlink(&elsewhere, dir.join("login-acme.age.new")).unwrap();
    vault.keep(&acme(), &Secret::new("new")).unwrap();
    assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "untouched");
    assert_eq!(vault.recall(&acme()), Ok(Some(Secret::new("new"))));

    // Nor is the directory itself followed elsewhere.
    fs::rename(&dir, home.path().join("moved")).unwrap();
    symlink(home.path().join("moved"), &dir).unwrap();
    let fault = vault.recall(&acme()).unwrap_err();
    assert_eq!(fault.kind, VaultFaultKind::Failed, "{fault}");
}

#[test]
fn what_others_may_read_is_refused() {
    let (home, mut vault) = made();
    vault.keep(&acme(), &Secret::new("record")).unwrap();
    let dir = home.path().join("vault");
    let file = dir.join("login-acme.age");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode(&dir), 0o700);
    assert_eq!(mode(&file), 0o600);
    assert_eq!(mode(&dir.join(IDENTITY)), 0o600);

    for (path, open, shut) in [(&file, 0o644, 0o600), (&dir, 0o750, 0o700)] {
        fs::set_permissions(path, fs::Permissions::from_mode(open)).unwrap();
        let fault = vault.recall(&acme()).unwrap_err();
        assert_eq!(fault.kind, VaultFaultKind::Failed);
        assert!(fault.text.contains(&format!("chmod {shut:o}")), "{fault}");
        fs::set_permissions(path, fs::Permissions::from_mode(shut)).unwrap();
    }
    if !rustix::process::geteuid().is_root() {
        println!("SKIPPED: only root can give a file to another user");
        return;
    }
    for path in [&file, &dir] {
        chown(path, Some(65534), None).unwrap();
        let fault = vault.recall(&acme()).unwrap_err();
        assert!(fault.text.contains("another user"), "{fault}");
        chown(path, Some(0), None).unwrap();
    }
}

#[test]
fn nothing_is_written_in_the_clear() {
    let (home, mut vault) = made();
    vault
        .keep(&acme(), &Secret::new("hunter2-hunter2"))
        .unwrap();
    for name in names(home.path()) {
        let bytes = fs::read(home.path().join("vault").join(&name)).unwrap();
        for secret in [&b"hunter2"[..], b"AGE-SECRET-KEY", b"passphrase"] {
            assert!(
                !bytes.windows(secret.len()).any(|text| text == secret),
                "{name}"
            );
        }
    }
}

fn made() -> (tempfile::TempDir, FileVault) {
    let home = tempfile::tempdir().unwrap();
    let mut vault = vault(home.path());
    vault.create(&pass()).unwrap();
    (home, vault)
}

/// A vault whose scrypt is quick.
fn vault(home: &Path) -> FileVault {
    FileVault {
        work_factor: 2,
        ..FileVault::new(&Place::new(home))
    }
}

fn vault_with_credential(home: &Path) -> FileVault {
    let mut place = Place::new(home);
    place.credentials = Some(home.to_owned());
    FileVault::new(&place)
}

fn names(home: &Path) -> Vec<String> {
    let entries = fs::read_dir(home.join("vault")).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn acme() -> LoginName {
    "acme".parse().unwrap()
}

fn pass() -> Secret {
    Secret::new("passphrase")
}
