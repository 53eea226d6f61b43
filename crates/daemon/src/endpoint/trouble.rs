//! What people are told when something is not lent.

use std::path::Path;

use poolkey_core::failure::{Code, Failure};
use poolkey_core::name::ProfileName;

/// More grants than the daemon keeps.
pub(super) fn too_many(most: usize) -> Failure {
    failure(
        Code::Busy,
        format!("There are {most} grants already."),
        "Run “poolkey serve list” to see them, and revoke some.",
    )
}

/// No name for a grant.
pub(super) fn bad_name(name: &str) -> Failure {
    let name: String = name.chars().filter(|c| !c.is_control()).take(80).collect();
    failure(
        Code::Wrong,
        format!("“{name}” cannot be the name of a grant."),
        "Give one with --name: up to 64 letters, digits, “_”, “-” and “.”, and no number.",
    )
}

/// The name stands for something else.
pub(super) fn taken(name: &str, known: &str, profile: &ProfileName) -> Failure {
    failure(
        Code::Wrong,
        format!("The grant “{known}” is for the profile “{profile}”."),
        format!(
            "Give another name than “{name}” with --name, or run: poolkey serve revoke {known}"
        ),
    )
}

/// No time at all.
pub(super) fn no_time() -> Failure {
    failure(
        Code::Wrong,
        "A grant for no time is no grant.",
        "Give a time like 8h, or none.",
    )
}

/// Nothing to be revoked.
pub(super) fn unknown(id: &str) -> Failure {
    let id: String = id.chars().filter(|c| !c.is_control()).take(80).collect();
    failure(
        Code::Wrong,
        format!("There is no grant “{id}”."),
        "Run “poolkey serve list” to see them.",
    )
}

/// The process that a grant was to end with cannot be watched.
pub(super) fn unwatched(why: &str) -> Failure {
    failure(
        Code::Denied,
        format!("The process that asks cannot be watched: {why}."),
        "Use a grant with a name instead: poolkey serve --profile PROFILE",
    )
}

/// The system gives no random numbers.
pub(super) fn no_randomness() -> Failure {
    failure(
        Code::Other,
        "The system gives no random numbers.",
        "Restart the machine; a token is made of nothing less.",
    )
}

/// No port at all.
pub(super) fn no_port(error: &std::io::Error) -> Failure {
    failure(
        Code::Busy,
        format!("The endpoint cannot listen on 127.0.0.1: {error}."),
        "Run the command again in a moment.",
    )
}

/// Somebody else has a port that programs were told.
pub(super) fn port_taken(port: u16, error: &std::io::Error) -> Failure {
    failure(
        Code::Busy,
        format!("Port {port}, which programs were told, cannot be listened at: {error}."),
        format!(
            "End the program that has it, and Poolkey goes on by itself; or take a new port with \
             “poolkey serve revoke --all”. Which program it is: ss -ltnp sport = :{port}"
        ),
    )
}

/// A grant's files cannot be written.
pub(super) fn not_kept(path: &Path, error: &std::io::Error) -> Failure {
    failure(
        Code::Config,
        format!(
            "“{}” cannot be written or removed: {error}.",
            path.display()
        ),
        "Make room or mend its permissions, then run the command again.",
    )
}

/// A grant of an earlier daemon is not taken up.
pub(super) fn not_taken_up(name: &str, path: &Path, why: &str) -> Failure {
    failure(
        Code::Config,
        format!(
            "The grant “{name}” is not in force: “{}” {why}.",
            path.display()
        ),
        format!("Revoke it, and lend it anew: poolkey serve revoke {name}"),
    )
}

fn failure(code: Code, sentence: impl Into<String>, remedy: impl Into<String>) -> Failure {
    Failure {
        code,
        sentence: sentence.into(),
        remedy: remedy.into(),
    }
}
