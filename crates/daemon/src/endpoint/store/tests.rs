#![allow(clippy::unwrap_used, reason = "tests may fail")]

use std::os::unix::fs::{PermissionsExt, symlink};

use tempfile::TempDir;

use super::*;

fn store() -> (TempDir, Store) {
    let home = tempfile::tempdir().unwrap();
    let store = Store::at(home.path().join("state/grants"));
    (home, store)
}

fn kept(name: &str) -> Kept {
    Kept {
        name: name.into(),
        profile: "a/b".parse().unwrap(),
        since: UnixTime::from_secs(7),
        until: Some(UnixTime::from_secs(9)),
        token: Secret::new("x".repeat(43)),
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn what_is_kept_comes_back_and_is_its_owners_alone() {
    let (_home, store) = store();
    assert!(store.load().grants.is_empty());
    let second = Kept {
        until: None,
        since: UnixTime::from_secs(3),
        ..kept("ops")
    };
    store.keep(&kept("dev")).unwrap();
    store.keep(&second).unwrap();
    store.keep_port(4711).unwrap();
    let found = store.load();
    assert_eq!(found.port, Some(4711));
    assert_eq!(found.grants, [second, kept("dev")], "the oldest first");
    assert!(found.doubtful.is_empty());

    let directory = store.directory_of("dev");
    assert_eq!(mode(&directory), 0o700);
    for file in ["token", "grant.json"] {
        assert_eq!(mode(&directory.join(file)), 0o600, "{file}");
    }
    let token = fs::read_to_string(store.token_file("dev")).unwrap();
    assert_eq!(token, "x".repeat(43), "no end of line");
    let note = fs::read_to_string(directory.join("grant.json")).unwrap();
    assert_eq!(note, r#"{"profile":"a/b","since":7,"until":9}"#);

    assert!(store.forget("dev").unwrap());
    assert!(!directory.exists());
    assert!(!store.forget("dev").unwrap());
    assert_eq!(store.load().grants.len(), 1);
}

#[test]
fn what_others_may_have_read_or_written_is_not_believed() {
    type Spoil = fn(&Store);
    let spoilt: [(&str, Spoil); 8] = [
        ("token” is open to other users", |s| {
            chmod(&s.token_file("dev"), 0o640)
        }),
        ("grant.json” is open to other users", |s| {
            chmod(&s.directory_of("dev").join("grant.json"), 0o604);
        }),
        ("dev” is open to other users", |s| {
            chmod(&s.directory_of("dev"), 0o755)
        }),
        ("token” is a link", |s| {
            let (file, aside) = (s.token_file("dev"), s.directory_of("dev").join("aside"));
            fs::rename(&file, &aside).unwrap();
            symlink(&aside, &file).unwrap();
        }),
        ("token” is missing", |s| {
            fs::remove_file(s.token_file("dev")).unwrap()
        }),
        ("token” holds no token", |s| {
            fs::write(s.token_file("dev"), "short").unwrap()
        }),
        ("token” is no file", |s| {
            fs::remove_file(s.token_file("dev")).unwrap();
            fs::create_dir(s.token_file("dev")).unwrap();
        }),
        ("grant.json” cannot be understood", |s| {
            fs::write(s.directory_of("dev").join("grant.json"), "{").unwrap();
        }),
    ];
    for (told, spoil) in spoilt {
        let (_home, store) = store();
        store.keep(&kept("dev")).unwrap();
        store.keep(&kept("ops")).unwrap();
        spoil(&store);
        let found = store.load();
        assert_eq!(found.grants, [kept("ops")], "{told}");
        let (name, failure) = &found.doubtful[0];
        assert_eq!((name.as_str(), found.doubtful.len()), ("dev", 1));
        assert!(failure.sentence.contains(told), "{told}: {failure}");
        assert!(failure.remedy.contains("serve revoke dev"), "{failure}");
    }
}

#[test]
fn a_link_in_place_of_a_directory_leads_nowhere() {
    let (home, store) = store();
    store.keep(&kept("ops")).unwrap();
    let elsewhere = home.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    fs::write(elsewhere.join("token"), "theirs").unwrap();
    symlink(&elsewhere, store.directory_of("dev")).unwrap();
    assert!(store.keep(&kept("dev")).is_err());
    assert_eq!(store.load().doubtful.len(), 1);
    assert!(store.forget("dev").unwrap());
    let theirs = fs::read_to_string(elsewhere.join("token")).unwrap();
    assert_eq!(theirs, "theirs");
}

#[test]
fn a_grant_that_was_open_to_others_is_closed_when_it_is_lent_anew() {
    let (_home, store) = store();
    store.keep(&kept("dev")).unwrap();
    chmod(&store.directory_of("dev"), 0o777);
    chmod(&store.token_file("dev"), 0o666);
    store.keep(&kept("dev")).unwrap();
    assert_eq!(mode(&store.directory_of("dev")), 0o700);
    assert_eq!(mode(&store.token_file("dev")), 0o600);
    assert_eq!(store.load().grants.len(), 1);
}
