//! What is written, what is refused, and what is left when it is removed.
#![allow(clippy::unwrap_used, reason = "tests, which may fail")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use poolkey_core::fault::Life;
use poolkey_core::secret::Secret;
use poolkey_core::session::Keys;
use poolkey_core::time::UnixTime;

use super::*;

mod act;
mod killed;
mod obstacles;

struct Desk {
    /// Where it is gone at the end.
    directory: Option<tempfile::TempDir>,
    writer: Writer,
    files: AwsFiles,
}

impl Desk {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        Self {
            writer: Self::at(directory.path()).writer,
            directory: Some(directory),
            files: AwsFiles::default(),
        }
    }

    fn at(home: &Path) -> Self {
        Self {
            directory: None,
            writer: Writer {
                directory: home.join(".aws"),
                lock: home.join("state/lock"),
                note: home.join("state/note"),
            },
            files: AwsFiles::default(),
        }
    }

    fn home(&self) -> &Path {
        self.directory.as_ref().unwrap().path()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.writer.directory.join(name)
    }

    fn put(&self, name: &str, text: &str) {
        fs::create_dir_all(&self.writer.directory).unwrap();
        fs::write(self.path(name), text).unwrap();
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o600)).unwrap();
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    fn write(&self, keys: Option<&WrittenKeys>) -> Result<(), String> {
        let target = "dev-keys".parse().unwrap();
        self.writer.write(&self.files, &target, keys)
    }
}

fn keys(region: Option<&str>) -> WrittenKeys {
    WrittenKeys {
        profile: "dev".parse().unwrap(),
        keys: Keys {
            access_key_id: Secret::new("ASIAEXAMPLE"),
            secret_access_key: Secret::new("s/e+c="),
            session_token: Secret::new("t=="),
            life: Life {
                length: Duration::from_secs(3600),
                server: None,
            },
        },
        expires: UnixTime::from_secs(1_767_584_889),
        region: region.map(str::to_owned),
        output: None,
    }
}

const WRITTEN: &str = "\
[dev-keys]
x-poolkey-profile = dev
aws_access_key_id = ASIAEXAMPLE
aws_secret_access_key = s/e+c=
aws_session_token = t==
x-expiration = 2026-01-05T03:48:09Z
";

#[test]
fn keys_come_and_go_without_a_trace() {
    let desk = Desk::new();
    let mine = "# mine\n[work]\naws_access_key_id=AK\n";
    desk.put("credentials", mine);
    desk.write(Some(&keys(None))).unwrap();
    assert_eq!(desk.text("credentials"), format!("{mine}\n{WRITTEN}"));
    assert!(!desk.path("config").exists());
    desk.write(None).unwrap();
    assert_eq!(desk.text("credentials"), mine);
}

#[test]
fn a_region_is_written_where_it_is_asked_for_and_goes_with_the_keys() {
    let desk = Desk::new();
    desk.write(Some(&keys(Some("eu-west-1")))).unwrap();
    assert_eq!(desk.text("credentials"), WRITTEN);
    assert_eq!(
        desk.text("config"),
        "[profile dev-keys]\nx-poolkey-profile = dev\nregion = eu-west-1\n"
    );
    desk.write(Some(&keys(None))).unwrap();
    assert_eq!(desk.text("config"), "");
    desk.write(None).unwrap();
    assert_eq!(desk.text("credentials"), "");
}

#[test]
fn what_poolkey_did_not_write_is_refused_and_stays() {
    let desk = Desk::new();
    desk.put(
        "credentials",
        "[other]\n[dev-keys]\naws_access_key_id = AK\n",
    );
    let told = desk.write(Some(&keys(None))).unwrap_err();
    assert!(
        told.contains("line 2") && told.contains("another name"),
        "{told}"
    );
    desk.write(None).unwrap();
    assert!(desk.text("credentials").contains("AK"));

    let desk = Desk::new();
    desk.put("config", "[profile dev-keys]\ncredential_process = x\n");
    let told = desk.write(Some(&keys(None))).unwrap_err();
    assert!(told.contains("credential_process"), "{told}");
    assert_eq!(desk.text("credentials"), "");

    let desk = Desk::new();
    desk.put("config", "[profile dev-keys]\nregion = mine\n");
    desk.write(Some(&keys(None))).unwrap();
    let told = desk.write(Some(&keys(Some("eu-west-1")))).unwrap_err();
    assert!(told.contains("did not write"), "{told}");
    assert_eq!(desk.text("config"), "[profile dev-keys]\nregion = mine\n");
}

#[test]
fn what_a_person_added_stays_and_the_section_can_be_written_again() {
    let desk = Desk::new();
    desk.write(Some(&keys(None))).unwrap();
    desk.put("credentials", &format!("{WRITTEN}region = mine\n"));
    desk.write(None).unwrap();
    assert_eq!(
        desk.text("credentials"),
        "[dev-keys]\nx-poolkey-profile = dev\nregion = mine\n"
    );
    desk.write(Some(&keys(None))).unwrap();
    assert!(desk.text("credentials").contains("ASIAEXAMPLE"));
}

#[test]
fn all_that_was_ever_written_is_scrubbed() {
    let desk = Desk::new();
    let theirs = "[work]\nx = 1\n";
    let old = WRITTEN.replace("dev-keys", "old-keys");
    desk.put("credentials", &format!("{old}{theirs}\n{WRITTEN}"));
    desk.put(
        "config",
        "[default]\n\n[profile gone]\nx-poolkey-profile = dev\nregion = x\n",
    );
    desk.writer.scrub(&desk.files).unwrap();
    assert_eq!(desk.text("credentials"), theirs);
    assert_eq!(desk.text("config"), "[default]\n");
    // Nothing is made where there is nothing.
    let desk = Desk::new();
    desk.writer.scrub(&desk.files).unwrap();
    assert!(!desk.writer.directory.exists());
}

#[test]
fn what_a_killed_daemon_left_is_found_where_it_wrote() {
    let mut desk = Desk::new();
    desk.writer.clear().unwrap();
    assert!(!desk.writer.directory.exists());
    let elsewhere = desk.writer.directory.with_file_name("elsewhere");
    desk.files.credentials = Some(elsewhere.join("keys"));
    desk.write(Some(&keys(None))).unwrap();
    // It is killed, and the configuration names other files since.
    desk.files = AwsFiles::default();
    desk.writer.clear().unwrap();
    assert_eq!(fs::read_to_string(elsewhere.join("keys")).unwrap(), "");
    assert!(!desk.writer.note.exists());
}

#[test]
fn a_file_that_others_read_or_that_is_damaged_is_told_of_with_the_fix() {
    let desk = Desk::new();
    desk.put("credentials", "[work]\n");
    fs::set_permissions(desk.path("credentials"), fs::Permissions::from_mode(0o644)).unwrap();
    let told = desk.write(Some(&keys(None))).unwrap_err();
    assert!(told.contains("chmod 600"), "{told}");
    desk.put("credentials", "[work]\nnonsense\n");
    let told = desk.write(Some(&keys(None))).unwrap_err();
    assert!(
        told.contains("line 2") && told.contains("left as it is"),
        "{told}"
    );
    assert_eq!(desk.text("credentials"), "[work]\nnonsense\n");
}

#[test]
fn the_files_are_where_a_person_says() {
    let mut desk = Desk::new();
    let elsewhere = desk.writer.directory.with_file_name("elsewhere");
    desk.files.credentials = Some(elsewhere.join("keys"));
    desk.write(Some(&keys(None))).unwrap();
    assert_eq!(fs::read_to_string(elsewhere.join("keys")).unwrap(), WRITTEN);
    assert!(!desk.writer.directory.exists());
}
