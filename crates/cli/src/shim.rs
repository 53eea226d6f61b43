//! `poolkey-credential-process PROFILE`: what the AWS CLI and SDKs run for keys.
//!
//! It asks the daemon and prints one line of JSON. On success nothing goes to stderr: some SDKs
//! read it together with stdout. It never asks a person anything, and never waits long.

use std::ffi::OsString;
use std::io::{Write, stderr, stdout};
use std::process::ExitCode;

use poolkey_core::failure::Failure;
use poolkey_core::secret::Secret;
use poolkey_ipc::Client;

use crate::exit_codes::EXIT_CODES;

mod exit_codes;

fn main() -> ExitCode {
    match asked(std::env::args_os().skip(1)) {
        Asked::Keys(profile) => match Client::of_process().document(&profile) {
            Ok(document) => hand_over(&document),
            Err(failure) => fail(&failure),
        },
        Asked::Help => print(format!("{HELP}\n{EXIT_CODES}").as_bytes()),
        Asked::Version => print(VERSION.as_bytes()),
        Asked::Nonsense => complain(USAGE_ERROR, exit_codes::USAGE),
    }
}

enum Asked {
    Keys(String),
    Help,
    Version,
    Nonsense,
}

fn asked(mut args: impl Iterator<Item = OsString>) -> Asked {
    let (Some(first), None) = (args.next(), args.next()) else {
        return Asked::Nonsense;
    };
    match first.to_str() {
        Some("-h" | "--help") => Asked::Help,
        Some("-V" | "--version") => Asked::Version,
        Some(option) if option.starts_with('-') || option.is_empty() => Asked::Nonsense,
        // A name that is not UTF-8 cannot be a profile's; the daemon says so.
        _ => Asked::Keys(first.to_string_lossy().into_owned()),
    }
}

/// The document and its newline go out in one piece: half a document is worse than none.
fn hand_over(document: &Secret) -> ExitCode {
    let mut line = String::with_capacity(document.expose().len() + 1);
    line.push_str(document.expose());
    line.push('\n');
    let line = Secret::new(line);
    print(line.expose().as_bytes())
}

fn print(text: &[u8]) -> ExitCode {
    let mut out = stdout().lock();
    match out.write_all(text).and_then(|()| out.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => complain(
            &format!("The output cannot be written: {error}. Run the command again."),
            exit_codes::OUTPUT,
        ),
    }
}

fn fail(failure: &Failure) -> ExitCode {
    let told = failure.to_string().replace(char::is_control, " ");
    complain(&told, failure.code.exit_code())
}

fn complain(told: &str, code: u8) -> ExitCode {
    // When nobody can be told, the exit code still tells.
    let _ = stderr().write_all(format!("poolkey: {told}\n").as_bytes());
    ExitCode::from(code)
}

const VERSION: &str = concat!(
    "poolkey-credential-process ",
    env!("CARGO_PKG_VERSION"),
    "\n"
);

const USAGE_ERROR: &str =
    "One profile is to be named. Run “poolkey-credential-process --help” to see how.";

const HELP: &str = "\
Prints the AWS keys of a profile, for the AWS CLI and SDKs to read.

Usage: poolkey-credential-process PROFILE

These lines of ~/.aws/config have it run (“poolkey configure” writes them):

  [profile dev]
  credential_process = /path/to/poolkey-credential-process dev

Options:
  -h, --help     Print this help
  -V, --version  Print the version

It prints one line of JSON and nothing else, or one line on stderr that says what
to do. It answers within five seconds, asks nothing and opens no browser.
";
