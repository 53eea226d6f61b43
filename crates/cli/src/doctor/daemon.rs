//! The daemon, and the socket where it listens: looked at without starting one.

use std::io::{Seek, SeekFrom};
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use poolkey_core::failure::{Code as FailureCode, Failure};
use poolkey_core::time::UnixTime;
use poolkey_ipc::address::Env;
use poolkey_ipc::client::{Starting, daemon_program};
use poolkey_ipc::{Address, Client, Status};

use super::codes::Code;
use super::machine::{Machine, quoted};
use super::report::{Fix, Report};
use crate::words;

/// The status, where a daemon tells one.
pub(super) fn examine(machine: &Machine, report: &mut Report) -> Option<Status> {
    let addresses = match Address::candidates(&machine.sockets) {
        Ok(addresses) => addresses,
        Err(failure) => {
            report.failure(Code::SocketUnusable, "socket", &failure);
            return None;
        }
    };
    let start = report.found.len();
    for address in &addresses {
        exposed(machine, address, report);
    }
    let is_private = report.is_clear_since(start);
    let answered: Vec<&Address> = addresses
        .iter()
        .filter(|address| answers(address).is_ok_and(|answered| answered))
        .collect();
    if let [first, second, ..] = answered[..] {
        report.bad(
            Code::SocketsTwo,
            "socket",
            format!(
                "Two daemons listen, at “{}” and at “{}”: tools do not all find the same.",
                first.path().display(),
                second.path().display()
            ),
            "poolkey daemon stop",
        );
    }
    let client = Client::new(machine.sockets.clone(), Starting::Never).patience(PATIENCE);
    match crate::daemon::look(&client) {
        Ok(status) => {
            if is_private {
                report.good(
                    Code::SocketPrivate,
                    "socket",
                    format!(
                        "{}, for processes of your user alone (uid {}).",
                        machine.shown(&status.daemon.socket),
                        machine.sockets.user
                    ),
                );
            }
            running(machine, &status, report);
            Some(status)
        }
        Err(crate::ending::Ending::Failed(failure)) => {
            troubled(machine, &failure, &addresses, report);
            None
        }
        Err(_) => None,
    }
}

/// Whether anybody listens there, who is our own user.
fn answers(address: &Address) -> Result<bool, Failure> {
    let env = Env {
        socket: Some(address.path().into()),
        ..Env::default()
    };
    Client::new(env, Starting::Never)
        .patience(PATIENCE)
        .is_answered()
}

fn running(machine: &Machine, status: &Status, report: &mut Report) {
    let daemon = &status.daemon;
    let ours = env!("CARGO_PKG_VERSION");
    let restart = "poolkey daemon restart";
    let version = words::clean(&daemon.version);
    let age = words::since(daemon.started, machine.now);
    let start = report.found.len();
    if daemon.version != ours {
        report.fixable(
            Code::DaemonVersion,
            "daemon",
            format!("It is of version {version}, and this is {ours}."),
            restart,
            Fix::RestartDaemon,
        );
    } else if is_replaced_since(daemon.started) {
        report.fixable(
            Code::DaemonOutdated,
            "daemon",
            format!("Its program was replaced since it started, {age} ago."),
            restart,
            Fix::RestartDaemon,
        );
    }
    let ours = machine.place.as_ref().map(poolkey_ipc::Place::config_file);
    if let Some(ours) = ours.filter(|ours| *ours != daemon.config) {
        report.bad(
            Code::DaemonReadsElsewhere,
            "daemon",
            format!(
                "It reads “{}”, and this shell's profiles are in “{}”.",
                machine.shown(&daemon.config),
                machine.shown(&ours)
            ),
            restart,
        );
    }
    if report.is_clear_since(start) {
        report.good(
            Code::DaemonRuns,
            "daemon",
            format!("Version {version}, process {}, for {age}.", daemon.pid),
        );
    }
    if let Some(endpoint) = &daemon.endpoint {
        if let Some(failure) = &endpoint.trouble {
            report.failure(Code::EndpointTroubled, "container endpoint", failure);
        }
        let named: Vec<&str> = endpoint
            .grants
            .iter()
            .filter(|grant| grant.named)
            .map(|grant| &*grant.id)
            .collect();
        if !named.is_empty() {
            report.note(
                Code::EndpointLent,
                "container endpoint",
                format!(
                    "Keys can be fetched at {} by: {}.",
                    endpoint.url,
                    named.join(", ")
                ),
            );
        }
    }
    if let Some(failure) = &status.snapshot.config
        && machine.config.is_ok()
    {
        report.failure(Code::ConfigRefused, "profiles.toml", failure);
    }
}

fn is_replaced_since(started: UnixTime) -> bool {
    let changed = daemon_program()
        .ok()
        .and_then(|program| program.metadata().ok())
        .and_then(|seen| seen.modified().ok())
        .and_then(|changed| changed.duration_since(UNIX_EPOCH).ok());
    changed.is_some_and(|changed| {
        i64::try_from(changed.as_secs()).is_ok_and(|secs| UnixTime::from_secs(secs) > started)
    })
}

fn troubled(machine: &Machine, failure: &Failure, addresses: &[Address], report: &mut Report) {
    let is_there = addresses
        .iter()
        .any(|address| answers(address).unwrap_or(true));
    match failure.code {
        FailureCode::Busy => report.bad(
            Code::DaemonSilent,
            "daemon",
            "It listens and does not answer, so that no tool gets keys.",
            match addresses.iter().find_map(listener) {
                Some(pid) => format!("kill {pid}, and where that does not end it: kill -9 {pid}"),
                None => "End the process poolkeyd; it starts again when a tool needs it".into(),
            },
        ),
        FailureCode::Denied => report.failure(Code::DaemonForeign, "daemon", failure),
        FailureCode::NoDaemon if !is_there => match last_error(addresses) {
            Some(said) => report.bad(
                Code::DaemonStartFailed,
                "daemon",
                format!("It is not running: its last start failed, {said}."),
                "poolkey daemon run",
            ),
            None => {
                report.bad(
                    Code::DaemonAbsent,
                    "daemon",
                    "It is not running; it starts when a tool needs it.",
                    "poolkey daemon start",
                );
                container(machine, report);
            }
        },
        FailureCode::SignedOut
        | FailureCode::NeedsSignIn
        | FailureCode::UnknownProfile
        | FailureCode::UnknownLogin
        | FailureCode::Config
        | FailureCode::File
        | FailureCode::VaultLocked
        | FailureCode::Vault
        | FailureCode::Offline
        | FailureCode::Service
        | FailureCode::Misconfigured
        | FailureCode::Wrong
        | FailureCode::NoConversation
        | FailureCode::Protocol
        | FailureCode::NoDaemon
        | FailureCode::Other => report.failure(Code::DaemonUnintelligible, "daemon", failure),
    }
}

/// The machine around a container may have a daemon, whose socket is not here.
fn container(machine: &Machine, report: &mut Report) {
    let marks = ["/.dockerenv", "/run/.containerenv"];
    if machine.vars.has("container") || marks.iter().any(|mark| Path::new(mark).exists()) {
        report.bad(
            Code::InContainer,
            "container",
            "The daemon of the machine around this container is not seen here.",
            "Run there: poolkey serve --profile PROFILE",
        );
    }
}

/// The process that listens there, as the system knows it.
#[cfg(target_os = "linux")]
fn listener(address: &Address) -> Option<i32> {
    use rustix::net::{
        AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with, sockopt,
    };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None).ok()?;
    let name = SocketAddrUnix::new(address.path()).ok()?;
    // A queue that is full is not waited for.
    connect(&socket, &name).ok()?;
    let peer = sockopt::socket_peercred(&socket).ok()?;
    Some(peer.pid.as_raw_nonzero().get())
}

#[cfg(not(target_os = "linux"))]
fn listener(_: &Address) -> Option<i32> {
    None
}

/// The end of what a daemon said that was started on demand, where it did not come up.
pub(super) fn last_words(address: &Address) -> Option<String> {
    let mut file = super::machine::open_plain(&address.start_log()).ok()?;
    let length = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))
        .ok()?;
    let mut tail = Vec::new();
    std::io::Read::read_to_end(&mut std::io::Read::take(file, TAIL), &mut tail).ok()?;
    Some(String::from_utf8_lossy(&tail).into_owned())
}

fn last_error(addresses: &[Address]) -> Option<String> {
    let mut logs = addresses.iter().filter_map(last_words);
    logs.find_map(|log| {
        let mut errors = log
            .lines()
            .filter_map(|line| line.split_once("poolkeyd: error: "));
        let (_, said) = errors.next_back()?;
        Some(super::redact::scrubbed(said.trim_end_matches('.')))
    })
}

#[cfg(unix)]
fn exposed(machine: &Machine, address: &Address, report: &mut Report) {
    use std::os::unix::fs::MetadataExt;
    let ours = poolkey_ipc::peer::our_uid();
    let socket = address.path();
    // Only where there is a socket: its directory may be anybody's otherwise.
    let Ok(seen) = socket.symlink_metadata() else {
        return;
    };
    let mut check = |path: &Path, seen: std::fs::Metadata| {
        let shown = machine.shown(path);
        if seen.uid() != ours {
            report.bad(
                Code::SocketExposed,
                shown,
                format!(
                    "It belongs to another user (uid {}), so it is not used.",
                    seen.uid()
                ),
                "unset XDG_RUNTIME_DIR POOLKEY_SOCKET",
            );
        } else if seen.mode() & 0o077 != 0 && !seen.is_symlink() {
            let mode = super::files::private(&seen);
            report.fixable(
                Code::SocketExposed,
                shown,
                format!(
                    "It is open to other users (mode {:03o}).",
                    seen.mode() & 0o777
                ),
                format!("chmod {mode:o} {}", quoted(path)),
                Fix::Close(path.to_owned()),
            );
        }
    };
    check(socket, seen);
    if let Ok(seen) = address.directory().symlink_metadata() {
        check(address.directory(), seen);
    }
}

#[cfg(not(unix))]
fn exposed(_: &Machine, _: &Address, _: &mut Report) {}

/// A status comes at once, or something is wrong.
const PATIENCE: Duration = Duration::from_secs(3);
const TAIL: u64 = 16 << 10;
