//! What stands in the way: each is told of with the fix, and nothing is lost.

use std::os::unix::fs::{MetadataExt, chown, symlink};

use super::act::{Act, Actor, skip, works};
use super::*;

#[test]
fn a_file_that_is_read_only() {
    let desk = with_mine();
    set_mode(&desk, "credentials", 0o400);
    let told = desk.write(Some(&keys(None))).unwrap_err();
    assert!(told.contains("run “chmod u+w "), "{told}");
    names(&told, &desk.path("credentials"));
    assert_eq!(desk.text("credentials"), MINE);
    // Where nothing is to be changed, nothing stands in the way.
    desk.write(None).unwrap();
    set_mode(&desk, "credentials", 0o600);
    set_mode(&desk, "config", 0o444);
    desk.write(Some(&keys(None))).unwrap();
    let told = desk.write(Some(&keys(Some("eu-west-1")))).unwrap_err();
    names(&told, &desk.path("config"));
}

#[test]
fn keys_go_from_a_file_that_others_read_by_now() {
    let desk = with_mine();
    Act::Write.at(&desk).unwrap();
    set_mode(&desk, "credentials", 0o644);
    let told = Act::Renew.at(&desk).unwrap_err();
    assert!(told.contains("run “chmod 600 "), "{told}");
    Act::Remove.at(&desk).unwrap();
    assert_eq!(desk.text("credentials"), MINE);
}

#[test]
fn keys_go_though_the_other_file_is_damaged() {
    let desk = with_mine();
    Act::Write.at(&desk).unwrap();
    desk.put("config", "nonsense\n");
    let told = Act::Remove.at(&desk).unwrap_err();
    assert!(told.contains("line 1"), "{told}");
    assert_eq!(desk.text("credentials"), MINE);
    assert!(desk.writer.clear().is_err());
    assert!(desk.writer.note.exists(), "the next start tries again");
}

#[test]
fn a_directory_a_pipe_or_a_file_in_the_place_of_another() {
    let desk = Desk::new();
    fs::create_dir_all(desk.path("credentials")).unwrap();
    let told = desk.write(Some(&keys(None))).unwrap_err();
    assert!(told.contains("is no file; move “"), "{told}");
    fs::remove_dir(desk.path("credentials")).unwrap();

    assert!(works(&[
        "mkfifo",
        desk.path("credentials").to_str().unwrap()
    ]));
    let told = desk.write(Some(&keys(None))).unwrap_err();
    names(&told, &desk.path("credentials"));
    fs::remove_file(desk.path("credentials")).unwrap();

    fs::remove_dir(&desk.writer.directory).unwrap();
    fs::write(&desk.writer.directory, "mine").unwrap();
    let told = desk.write(Some(&keys(None))).unwrap_err();
    assert!(told.contains("make a directory of “"), "{told}");
    assert_eq!(fs::read_to_string(&desk.writer.directory).unwrap(), "mine");
}

#[test]
fn links_are_followed_unless_they_lead_nowhere() {
    let desk = Desk::new();
    let dotfiles = desk.home().join("dotfiles");
    fs::create_dir(&dotfiles).unwrap();
    fs::create_dir(&desk.writer.directory).unwrap();
    let real = dotfiles.join("credentials");
    symlink("../dotfiles/middle", desk.path("credentials")).unwrap();
    symlink("credentials", dotfiles.join("middle")).unwrap();
    // The last of the chain is not there yet.
    desk.write(Some(&keys(None))).unwrap();
    assert_eq!(fs::read_to_string(&real).unwrap(), WRITTEN);
    assert!(desk.path("credentials").is_symlink());
    desk.write(None).unwrap();
    assert_eq!(fs::read_to_string(&real).unwrap(), "");

    fs::remove_file(dotfiles.join("middle")).unwrap();
    symlink("middle", dotfiles.join("middle")).unwrap();
    let told = desk.write(Some(&keys(None))).unwrap_err();
    assert!(told.contains("the link cannot be followed"), "{told}");
    names(&told, &desk.path("credentials"));
}

#[test]
fn somebody_elses_file_and_directory() {
    if !is_root() {
        return skip("only root can make files of others");
    }
    let desk = with_mine();
    chown(desk.path("credentials"), Some(NOBODY), None).unwrap();
    let told = desk.write(Some(&keys(None))).unwrap_err();
    assert!(
        told.contains("belongs to another user; have it given"),
        "{told}"
    );
    assert_eq!(desk.text("credentials"), MINE);
    let owner = fs::metadata(desk.path("credentials")).unwrap().uid();
    assert_eq!(owner, NOBODY);

    // A directory that cannot be written, for somebody who is not root.
    let desk = with_mine();
    for path in [desk.home().to_owned(), desk.path("credentials")] {
        chown(path, Some(NOBODY), None).unwrap();
    }
    set_mode(&desk, "", 0o755);
    let by = ["setpriv", "--reuid=65534", "--clear-groups", "--"];
    let told = act(&desk, Act::Write, &by).unwrap_err();
    assert!(told.contains("write there: see “ls -ld "), "{told}");
    assert_eq!(desk.text("credentials"), MINE);
}

#[test]
fn a_disk_that_is_full_or_cannot_be_written() {
    let mounts = ["unshare", "--mount", "--propagation", "private"];
    if !is_root() || !works(&[&mounts[..], &["true"]].concat()) {
        return skip("only root can mount, and only where that is allowed");
    }
    let desk = with_mine();
    let mine = desk.path("credentials");
    let aws = desk.writer.directory.display();
    // All but the last page is taken, which is what the person's file has.
    let full = format!(
        "cp {mine} {home}/mine && mount -t tmpfs -o size=8k,mode=700 none {aws} && \
         cat {home}/mine >{aws}/credentials && chmod 600 {aws}/credentials && \
         printf x >{aws}/other && \"$@\"; code=$?; cp {aws}/credentials {home}/after; \
         ls -A {aws} >{home}/names; exit $code",
        mine = mine.display(),
        home = desk.home().display(),
    );
    let told = act(&desk, Act::Write, &in_shell(&mounts, &full)).unwrap_err();
    assert!(told.contains("make room: see “df -h "), "{told}");
    let after = |name: &str| fs::read_to_string(desk.home().join(name)).unwrap();
    assert_eq!(after("after"), MINE);
    assert_eq!(after("names"), "credentials\nother\n");

    let fixed = format!("mount --bind {aws} {aws} && mount -o remount,ro,bind {aws} && \"$@\"");
    let told = act(&desk, Act::Write, &in_shell(&mounts, &fixed)).unwrap_err();
    assert!(told.contains("mounted so that it can be written"), "{told}");

    // In a container often the file alone is there.
    let alone = format!("mount --bind {0} {0} && \"$@\"", mine.display());
    let told = act(&desk, Act::Write, &in_shell(&mounts, &alone)).unwrap_err();
    assert!(told.contains("the file is mounted by itself"), "{told}");
    names(&told, &mine);
    assert_eq!(desk.text("credentials"), MINE);
    // Nothing of what failed is left, and it works once nothing is in the way.
    let mut left: Vec<_> = fs::read_dir(&desk.writer.directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    left.sort();
    assert_eq!(left, ["config", "credentials"]);
    assert_eq!(act(&desk, Act::Write, &[]), Ok(()));
}

fn in_shell<'a>(mounts: &[&'a str], script: &'a str) -> Vec<&'a str> {
    [mounts, &["sh", "-c", script, "sh"]].concat()
}

fn act(desk: &Desk, act: Act, by: &[&str]) -> Result<(), String> {
    Actor::start(desk.home(), act, by).act().unwrap()
}

fn with_mine() -> Desk {
    let desk = Desk::new();
    desk.put("credentials", MINE);
    desk.put("config", "[default]\n");
    desk
}

fn set_mode(desk: &Desk, name: &str, mode: u32) {
    fs::set_permissions(desk.path(name), fs::Permissions::from_mode(mode)).unwrap();
}

fn names(told: &str, path: &Path) {
    assert!(told.contains(path.to_str().unwrap()), "{told}");
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

const NOBODY: u32 = 65534;
const MINE: &str = "# mine\n[work]\naws_access_key_id=AK\n";
