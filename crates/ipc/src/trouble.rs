//! The failures that only this side of the wire knows: where the daemon is looked for, whether it
//! can be reached, and whether it may be trusted.

use std::path::Path;

use poolkey_core::failure::{Code, Failure};

use crate::deadline::Deadline;

/// A file that could not be read or written.
#[cfg(feature = "profiles")]
pub(crate) fn file(path: &Path, error: &std::io::Error) -> Failure {
    failure(
        Code::Config,
        format!("“{}” cannot be read or written: {error}.", path.display()),
        "Make room or mend its permissions, then run the command again.".into(),
    )
}

/// A path in the environment that names no absolute file.
pub(crate) fn relative(variable: &str, path: &Path) -> Failure {
    failure(
        Code::NoDaemon,
        format!(
            "{variable} is “{}”, which is no absolute path.",
            path.display()
        ),
        format!("Set {variable} to an absolute path, or unset it."),
    )
}

/// A socket that the system could not bind.
pub(crate) fn too_long(path: &Path, limit: usize) -> Failure {
    failure(
        Code::NoDaemon,
        format!(
            "The socket's path “{}” has {} bytes; the system takes at most {limit}.",
            path.display(),
            path.as_os_str().len(),
        ),
        "Set POOLKEY_SOCKET to a shorter path.".into(),
    )
}

/// A directory that others could have put there or could change.
pub(crate) fn unsafe_directory(path: &Path, fault: &str) -> Failure {
    failure(
        Code::NoDaemon,
        format!(
            "The socket's directory “{}” {fault}, so it is not used.",
            path.display()
        ),
        format!(
            "Remove it, or make it yours alone: chmod 700 '{}'",
            path.display()
        ),
    )
}

/// A directory that cannot be made or looked at.
pub(crate) fn no_directory(path: &Path, error: &std::io::Error) -> Failure {
    failure(
        Code::NoDaemon,
        format!(
            "The socket's directory “{}” cannot be used: {error}.",
            path.display()
        ),
        "Make room or mend its permissions, or set POOLKEY_SOCKET to another place.".into(),
    )
}

/// Neither a home nor a runtime directory is known.
pub(crate) fn nowhere() -> Failure {
    failure(
        Code::NoDaemon,
        "There is no place for the daemon's socket: the environment names no home.".into(),
        "Set HOME or POOLKEY_SOCKET.".into(),
    )
}

/// Nobody knows where this user's files lie.
#[cfg(feature = "place")]
pub(crate) fn no_home() -> Failure {
    failure(
        Code::Config,
        "There is no place for Poolkey's files: the environment names no home.".into(),
        "Set HOME.".into(),
    )
}

/// Somebody else listens where our daemon should.
pub(crate) fn foreign_daemon(user: &str) -> Failure {
    failure(
        Code::Denied,
        format!("The daemon's socket is served by another user ({user})."),
        "Run the command as that user, or unset XDG_RUNTIME_DIR and POOLKEY_SOCKET.".into(),
    )
}

/// Nobody listens, and nobody is to be started.
pub(crate) fn nobody_listens() -> Failure {
    failure(
        Code::NoDaemon,
        "The daemon is not running.".into(),
        "Run: poolkey daemon start".into(),
    )
}

/// The daemon's program is not there.
pub(crate) fn no_program(name: &str) -> Failure {
    failure(
        Code::NoDaemon,
        format!("The daemon is not running, and its program {name} is not found."),
        "Install it beside this program or in PATH.".into(),
    )
}

/// The daemon was started and came to nothing.
pub(crate) fn not_started(why: &str) -> Failure {
    let why = why.trim_end_matches('.');
    failure(
        Code::NoDaemon,
        if why.starts_with(NOT_STARTED) {
            format!("{why}.")
        } else {
            format!("{NOT_STARTED}: {why}.")
        },
        "Run “poolkey daemon run” to see it at work.".into(),
    )
}

const NOT_STARTED: &str = "The daemon could not be started";

/// The socket is there, but the system does not let us use it.
pub(crate) fn unreachable(path: &Path, error: &std::io::Error) -> Failure {
    failure(
        Code::NoDaemon,
        format!(
            "The daemon's socket “{}” cannot be reached: {error}.",
            path.display()
        ),
        "Run: poolkey daemon restart".into(),
    )
}

/// The connection broke off.
pub(crate) fn broken(error: &std::io::Error) -> Failure {
    failure(
        Code::NoDaemon,
        format!("The connection to the daemon broke: {error}."),
        "Run the command again.".into(),
    )
}

/// The daemon closed the connection and said nothing.
pub(crate) fn hung_up() -> Failure {
    failure(
        Code::NoDaemon,
        "The daemon closed the connection without an answer.".into(),
        "Run the command again.".into(),
    )
}

/// The daemon takes too long.
pub(crate) fn silent(deadline: &Deadline) -> Failure {
    failure(
        Code::Busy,
        format!(
            "The daemon has not answered within {} seconds.",
            deadline.patience().as_secs_f32().ceil()
        ),
        "Run the command again; if that does not help: poolkey daemon restart".into(),
    )
}

/// An answer to something else.
pub(crate) fn off_the_point() -> Failure {
    failure(
        Code::Protocol,
        "The daemon answered something that was not asked.".into(),
        "Client and daemon may be of different versions; run: poolkey daemon restart".into(),
    )
}

fn failure(code: Code, sentence: String, remedy: String) -> Failure {
    Failure {
        code,
        sentence: one_line(sentence),
        remedy: one_line(remedy),
    }
}

/// A path may hold anything, and a failure is shown as one line.
fn one_line(text: String) -> String {
    text.replace(char::is_control, " ")
}
