//! The command takes our place.
//!
//! On Unix it becomes this very process, so that signals, job control, terminal and exit code are
//! its own and nobody stands between. It inherits what we were started with; only a signal mask and
//! an ignored `SIGPIPE` do not come through Rust's runtime.

use std::ffi::OsStr;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::process::Command;

use crate::ending::Ending;

/// Becomes the command. It returns only where that cannot be.
#[cfg(unix)]
pub(super) fn replace(program: &OsStr, mut command: Command) -> Ending {
    let error = std::os::unix::process::CommandExt::exec(&mut command);
    not_run(program, &error)
}

/// Runs the command, and ends as it does. Ctrl-C reaches both, and is the command's to answer.
#[cfg(not(unix))]
pub(super) fn replace(program: &OsStr, mut command: Command) -> Ending {
    // It fails only where a handler is set already; then that one serves.
    let _ = ctrlc::set_handler(|| {});
    match command.status() {
        Ok(status) => std::process::exit(status.code().unwrap_or(1)),
        Err(error) => not_run(program, &error),
    }
}

/// The exit codes are those of shells and of `env`.
fn not_run(program: &OsStr, error: &io::Error) -> Ending {
    let is_missing = error.kind() == ErrorKind::NotFound;
    let path = Path::new(program);
    let hint = if !is_missing {
        "See whether it is a program, and whether it may be executed."
    } else if path.components().count() > 1 && path.exists() {
        "Its first line names an interpreter that is not there."
    } else {
        "See whether it is installed, and whether PATH leads to it."
    };
    Ending::NotRun {
        told: format!("“{}” cannot be run: {error}.", path.display()),
        hint,
        code: if is_missing {
            NOT_FOUND
        } else {
            NOT_EXECUTABLE
        },
    }
}

const NOT_EXECUTABLE: u8 = 126;
const NOT_FOUND: u8 = 127;
