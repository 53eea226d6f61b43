//! Links, modes, owners, other writers, and what stands in the way.
#![allow(clippy::unwrap_used, reason = "tests, which may fail")]

use std::convert::Infallible;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use super::*;

struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn put(&self, name: &str, text: &str, mode: u32) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    fn replace(&self, path: &Path, exposure: Exposure) -> Result<bool, NotReplaced<Infallible>> {
        replace(path, &self.path("lock"), exposure, |old| {
            Ok(Some(Zeroizing::new([old, b"+"].concat())))
        })
    }

    fn mode(&self, path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().mode() & 0o777
    }

    /// No new file was left behind.
    fn is_clean(&self) -> bool {
        let names = std::fs::read_dir(self.0.path()).unwrap();
        names
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .all(|name| !name.starts_with(PREFIX))
    }
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn a_new_file_is_its_owners_alone() {
    let desk = Desk::new();
    let path = desk.path("new/deep/file");
    assert!(desk.replace(&path, Exposure::Private).unwrap());
    assert_eq!(text(&path), "+");
    assert_eq!(desk.mode(&path), 0o600);
    assert_eq!(desk.mode(path.parent().unwrap()), 0o700);
}

#[test]
fn modes_stay_and_what_is_the_same_is_not_written() {
    let desk = Desk::new();
    let path = desk.put("file", "a", 0o644);
    assert!(desk.replace(&path, Exposure::AsItIs).unwrap());
    assert_eq!((text(&path), desk.mode(&path)), ("a+".into(), 0o644));
    let before = std::fs::metadata(&path).unwrap().ino();
    let same = |old: &[u8]| Ok::<_, Infallible>(Some(Zeroizing::new(old.to_vec())));
    let lock = desk.path("lock");
    assert!(!replace(&path, &lock, Exposure::AsItIs, same).unwrap());
    let none = |_: &[u8]| Ok::<_, Infallible>(None);
    assert!(!replace(&path, &lock, Exposure::AsItIs, none).unwrap());
    assert_eq!(std::fs::metadata(&path).unwrap().ino(), before);
    assert!(desk.is_clean());
}

#[test]
fn what_others_may_read_takes_no_secrets() {
    let desk = Desk::new();
    for mode in [0o644, 0o640, 0o602] {
        let path = desk.put("file", "a", mode);
        let refused = desk.replace(&path, Exposure::Private);
        assert!(matches!(refused, Err(NotReplaced::Exposed(_))), "{mode:o}");
        assert_eq!((text(&path), desk.mode(&path)), ("a".into(), mode));
    }
    let path = desk.put("file", "a", 0o600);
    assert!(desk.replace(&path, Exposure::Private).unwrap());
}

#[test]
fn a_link_stays_and_its_target_is_replaced() {
    let desk = Desk::new();
    std::fs::create_dir(desk.path("dotfiles")).unwrap();
    let real = desk.put("dotfiles/file", "a", 0o600);
    symlink("dotfiles/file", desk.path("middle")).unwrap();
    symlink(desk.path("middle"), desk.path("link")).unwrap();
    assert!(desk.replace(&desk.path("link"), Exposure::Private).unwrap());
    assert_eq!(text(&real), "a+");
    assert!(
        std::fs::symlink_metadata(desk.path("link"))
            .unwrap()
            .is_symlink()
    );
    // A link to what is not there yet.
    symlink("dotfiles/later", desk.path("dangling")).unwrap();
    assert!(
        desk.replace(&desk.path("dangling"), Exposure::Private)
            .unwrap()
    );
    assert_eq!(text(&desk.path("dotfiles/later")), "+");
    symlink("round", desk.path("round")).unwrap();
    assert!(
        desk.replace(&desk.path("round"), Exposure::Private)
            .is_err()
    );
}

#[test]
fn what_is_no_file_is_left_alone() {
    let desk = Desk::new();
    std::fs::create_dir(desk.path("directory")).unwrap();
    let pipe = desk.path("pipe");
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    for path in [desk.path("directory"), pipe] {
        let refused = desk.replace(&path, Exposure::AsItIs);
        assert!(matches!(refused, Err(NotReplaced::NoFile(_))), "{path:?}");
    }
    desk.put("plain", "", 0o600);
    let below = desk.path("plain/file");
    assert!(matches!(
        desk.replace(&below, Exposure::AsItIs),
        Err(NotReplaced::Io { .. })
    ));
}

#[test]
fn what_another_writes_meanwhile_is_not_lost() {
    let desk = Desk::new();
    let path = desk.put("file", "a", 0o600);
    let mut turns = 0;
    let replaced = replace(&path, &desk.path("lock"), Exposure::Private, |old| {
        turns += 1;
        if turns < 3 {
            let mut more = old.to_vec();
            more.push(b'x');
            std::fs::write(&path, more).unwrap();
        }
        Ok::<_, Infallible>(Some(Zeroizing::new([old, b"+"].concat())))
    });
    assert!(replaced.unwrap());
    assert_eq!((text(&path), turns), ("axx+".into(), 3));

    let restless = replace(&path, &desk.path("lock"), Exposure::Private, |old| {
        std::fs::write(&path, [old, b"y"].concat()).unwrap();
        Ok::<_, Infallible>(Some(Zeroizing::new(b"z".to_vec())))
    });
    assert!(matches!(restless, Err(NotReplaced::Restless(_))));
    assert!(text(&path).ends_with("yy"));
    assert!(desk.is_clean());
}

#[test]
fn what_a_killed_process_left_is_cleared_away() {
    let desk = Desk::new();
    let path = desk.put("file", "a", 0o600);
    desk.put(&format!("{PREFIX}abc"), "half", 0o600);
    assert!(desk.replace(&path, Exposure::Private).unwrap());
    assert!(desk.is_clean());
}

#[test]
fn a_refusal_leaves_everything_as_it_is() {
    let desk = Desk::new();
    let path = desk.put("file", "a", 0o600);
    let refused = replace(&path, &desk.path("lock"), Exposure::Private, |_| Err("no"));
    assert!(matches!(refused, Err(NotReplaced::Refused("no"))));
    assert_eq!(text(&path), "a");
    assert!(desk.is_clean());
}

/// The AWS CLI opens a file, writes and closes it, and knows no lock.
#[test]
fn what_is_written_into_a_file_whose_place_was_taken_is_not_lost() {
    let desk = Desk::new();
    // A busy machine may let the other writer come too late for anybody.
    let is_kept = (0..20).any(|_| {
        let path = desk.put("file", "a", 0o600);
        let other = File::options().append(true).open(&path).unwrap();
        let seen = other.metadata().unwrap().ino();
        let mut writer = None;
        let replaced = replace(&path, &desk.path("lock"), Exposure::AsItIs, |old| {
            writer.get_or_insert_with(|| {
                let (path, mut other) = (path.clone(), other.try_clone().unwrap());
                std::thread::spawn(move || {
                    while std::fs::metadata(&path).unwrap().ino() == seen {}
                    other.write_all(b"b").unwrap();
                })
            });
            Ok::<_, Infallible>(Some(Zeroizing::new([old, b"+"].concat())))
        });
        assert!(replaced.unwrap());
        writer.unwrap().join().unwrap();
        assert!(desk.is_clean());
        text(&path) == "ab+"
    });
    assert!(is_kept);
}
