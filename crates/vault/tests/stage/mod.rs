//! Plays a test in a process of its own, with a private HOME and an environment that holds
//! nothing of the user's.
#![expect(
    clippy::disallowed_methods,
    reason = "a part of tests, which start programs and read what they were told"
)]

use std::env;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Plays this test, if these programs are installed, under this command line (empty: none).
///
/// What is missing is told, and is a failure where `POOLKEY_REQUIRE_ALL` is set.
pub(crate) fn play(test: &str, programs: &[&str], under: &[&str], act: impl FnOnce(&Path)) {
    if env::var("POOLKEY_VAULT_STAGE").is_ok_and(|name| name == test) {
        act(Path::new(&env::var_os("HOME").expect("the stage sets it")));
        return;
    }
    for program in programs.iter().chain(under.first()) {
        if !is_installed(program) {
            return skipped(test, &format!("{program} is not installed"));
        }
    }
    if let [program, arguments @ ..] = under
        && !works(program, arguments)
    {
        return skipped(test, &format!("“{}” does not work here", under.join(" ")));
    }
    let home = tempfile::tempdir().expect("a directory for the test");
    let (run, exe) = (home.path().join("run"), home.path().join("exe"));
    fs::create_dir(&run).expect("a directory for the test");
    fs::set_permissions(&run, Permissions::from_mode(0o700)).expect("our own directory");
    // Other users, too, can run the copy.
    fs::set_permissions(home.path(), Permissions::from_mode(0o711)).expect("our own directory");
    let this = env::current_exe().expect("a test runs");
    if fs::hard_link(&this, &exe).is_err() {
        fs::copy(&this, &exe).expect("room for a copy of the test");
    }
    let mut command = Command::new(
        under
            .first()
            .map_or(exe.as_os_str(), |first| first.as_ref()),
    );
    if let [_, arguments @ ..] = under {
        command.args(arguments).arg(&exe);
    }
    let status = command
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env_clear()
        .env("PATH", env::var_os("PATH").unwrap_or_default())
        .env("HOME", home.path())
        .env("XDG_RUNTIME_DIR", &run)
        .env("POOLKEY_VAULT_STAGE", test)
        .status()
        .expect("a test runs");
    assert!(status.success(), "{test}: {status}");
}

#[expect(clippy::print_stdout, reason = "whoever runs the tests must know")]
fn skipped(test: &str, why: &str) {
    assert!(env::var("POOLKEY_REQUIRE_ALL").is_err(), "{test}: {why}");
    println!("SKIPPED {test}: {why}");
}

fn works(program: &str, arguments: &[&str]) -> bool {
    Command::new(program)
        .args(arguments)
        .arg("true")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn is_installed(program: &str) -> bool {
    env::split_paths(&env::var_os("PATH").unwrap_or_default())
        .any(|dir: PathBuf| dir.join(program).is_file())
}
