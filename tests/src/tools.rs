//! What is needed to play, and how to wait.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::process::tied;

/// A program of this workspace: the one that was built with the test.
///
/// # Panics
///
/// It was not built.
pub fn program(name: &str) -> PathBuf {
    // target/PROFILE/deps/test-hash
    let test = env::current_exe().unwrap();
    let profile = test.ancestors().nth(2).unwrap();
    let path = profile.join(name);
    let release = if profile.ends_with("release") {
        " --release"
    } else {
        ""
    };
    assert!(
        path.is_file(),
        "{} is not built; run: cargo build{release} -p poolkeyd -p poolkey -p poolkey-sandbox",
        path.display()
    );
    path
}

/// Whether these programs are installed; says which is not.
///
/// # Panics
///
/// One is not, and `POOLKEY_REQUIRE_ALL=1` demands them.
pub fn require(programs: &[&str]) -> bool {
    let missing: Vec<&&str> = programs
        .iter()
        .filter(|program| !is_installed(program))
        .collect();
    missing.is_empty() || skip(&format!("{missing:?} not installed"))
}

/// Says that the test is skipped and why. Always `false`.
///
/// # Panics
///
/// `POOLKEY_REQUIRE_ALL=1` demands everything.
pub fn skip(why: &str) -> bool {
    assert!(
        !env::var("POOLKEY_REQUIRE_ALL").is_ok_and(|all| all == "1"),
        "cannot be skipped (POOLKEY_REQUIRE_ALL=1): {why}"
    );
    println!("SKIPPED: {why}");
    false
}

fn is_installed(program: &str) -> bool {
    env::split_paths(&env::var_os("PATH").unwrap_or_default())
        .any(|dir| dir.join(program).is_file())
}

/// Waits until it is so.
///
/// # Panics
///
/// It does not become so within these seconds.
pub fn until(what: &str, seconds: u64, mut so: impl FnMut() -> bool) -> Duration {
    let start = Instant::now();
    while !so() {
        assert!(
            start.elapsed() < Duration::from_secs(seconds),
            "not within {seconds} s: {what}"
        );
        sleep(Duration::from_millis(20));
    }
    start.elapsed()
}

/// A directory for one world. Its path is short: a socket's has at most 107 bytes.
pub(crate) fn scratch() -> tempfile::TempDir {
    let parent = match env::temp_dir() {
        short if short.as_os_str().len() < 40 => short,
        _ => Path::new("/tmp").to_owned(),
    };
    tempfile::Builder::new()
        .prefix("pk")
        .tempdir_in(parent)
        .unwrap()
}

/// Plays this test once more under a command line such as `unshare --net`, where it is `true`;
/// out here it is `false` once that is done.
///
/// # Panics
///
/// The test fails there.
pub fn under(test: &str, command: &[&str]) -> bool {
    if env::var(STAGED).is_ok() {
        return true;
    }
    let [program, arguments @ ..] = command else {
        return true;
    };
    let works = require(&[program]) && {
        let mut trial = Command::new(program);
        trial.args(arguments).arg("true");
        let quiet = trial.stdout(Stdio::null()).stderr(Stdio::null()).status();
        quiet.is_ok_and(|status| status.success())
            || skip(&format!("“{}” does not work here", command.join(" ")))
    };
    if works {
        let status = tied(program)
            .args(arguments)
            .arg(env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture", "--test-threads=1"])
            .env(STAGED, "1")
            .status()
            .unwrap();
        assert!(status.success(), "{test} under {command:?}: {status}");
    }
    false
}

const STAGED: &str = "POOLKEY_TEST_STAGED";
