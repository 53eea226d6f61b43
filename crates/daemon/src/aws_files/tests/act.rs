//! A process of its own that writes: it can be killed, and can be somebody else or somewhere else.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};

use super::*;

/// What the process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Write,
    Renew,
    Remove,
}

impl Act {
    pub(super) fn at(self, desk: &Desk) -> Result<(), String> {
        let mut keys = keys(Some("eu-west-1"));
        if self == Self::Renew {
            keys.keys.access_key_id = Secret::new("ASIARENEWED");
            keys.expires = UnixTime::from_secs(1_767_588_489);
        }
        desk.write((self != Self::Remove).then_some(&keys))
    }
}

/// One that waits before it begins.
pub(super) struct Actor {
    child: Child,
    out: BufReader<std::process::ChildStdout>,
    /// The thread that acts.
    pub(super) thread: String,
}

impl Actor {
    /// Has the process started by this command, or by itself.
    pub(super) fn start(home: &Path, act: Act, by: &[&str]) -> Self {
        let program = std::env::current_exe().unwrap();
        let mut command = match by {
            [] => Command::new(&program),
            [by, arguments @ ..] => {
                let mut command = Command::new(by);
                command.args(arguments).arg(&program);
                command
            }
        };
        let mut child = command
            .args(["aws_files::tests::act::the_process", "--exact", "--ignored"])
            .args(["--nocapture", "--test-threads=1"])
            .env(HOME, home)
            .env(ACT, format!("{act:?}"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        let thread = loop {
            line.clear();
            assert_ne!(out.read_line(&mut line).unwrap(), 0, "it did not start");
            // libtest may have begun the line.
            if let Some((_, thread)) = line.split_once("THREAD ") {
                break thread.trim().to_owned();
            }
        };
        Self { child, out, thread }
    }

    /// What came of it, or nothing where it was killed.
    pub(super) fn act(mut self) -> Option<Result<(), String>> {
        // One that is killed before it reads breaks the pipe.
        let _ = self.child.stdin.take().unwrap().write_all(b"\n");
        let mut said = String::new();
        self.out.read_to_string(&mut said).unwrap();
        self.child.wait().unwrap();
        let told = said.lines().find_map(|line| line.strip_prefix("DID "))?;
        Some(match told.strip_prefix("NOT ") {
            Some(why) => Err(why.to_owned()),
            None => Ok(()),
        })
    }
}

#[test]
#[ignore = "the others start it"]
#[allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "it is a process of its own"
)]
fn the_process() {
    let Some(home) = std::env::var_os(HOME) else {
        return;
    };
    let desk = Desk::at(Path::new(&home));
    let wanted = std::env::var(ACT).unwrap();
    let act = [Act::Write, Act::Renew, Act::Remove]
        .into_iter()
        .find(|act| format!("{act:?}") == wanted)
        .unwrap();
    let thread = fs::read_link("/proc/thread-self").unwrap_or_default();
    let thread = thread.file_name().unwrap_or_default().display();
    println!("\nTHREAD {thread}");
    io::stdin().read_line(&mut String::new()).unwrap();
    match act.at(&desk) {
        Ok(()) => println!("DID it"),
        Err(why) => println!("DID NOT {why}"),
    }
}

/// What is missing is told, and is a failure where everything is demanded.
#[allow(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "tests, which tell why"
)]
pub(super) fn skip(why: &str) {
    assert!(
        !std::env::var("POOLKEY_REQUIRE_ALL").is_ok_and(|all| all == "1"),
        "cannot be skipped (POOLKEY_REQUIRE_ALL=1): {why}"
    );
    eprintln!("SKIPPED: {why}");
}

/// Whether a command can be run and is content.
pub(super) fn works(command: &[&str]) -> bool {
    Command::new(command[0])
        .args(&command[1..])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

const HOME: &str = "POOLKEY_TEST_HOME";
const ACT: &str = "POOLKEY_TEST_ACT";
