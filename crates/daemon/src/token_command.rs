//! A program that supplies ID tokens: run by no shell, bounded in time and in what it prints, and
//! out of everybody's sight.
//!
//! It gets the daemon's environment without what is Poolkey's own, no input, and a group of
//! processes for itself, so that whatever it starts ends with it.

use std::ffi::OsString;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use poolkey_cognito::Cognito;
use poolkey_core::config::CommandSpec;
use poolkey_core::fault::{Fault, FaultKind};
use poolkey_core::secret::Secret;
use poolkey_core::session::Tokens;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::time::timeout;
use zeroize::Zeroizing;

mod redact;

/// Runs the program and takes its token.
pub(crate) async fn tokens(cognito: &Cognito, spec: &CommandSpec) -> Result<Tokens, Fault> {
    let printed = run(spec, environment(), LONGEST).await?;
    cognito.supplied(spec, &printed)
}

/// What the program is given to see: all that the daemon was, but for what is Poolkey's own.
/// Nothing is decided by it here.
fn environment() -> Vec<(OsString, OsString)> {
    std::env::vars_os()
        .filter(|(name, _)| !is_ours(&name.to_string_lossy()))
        .collect()
}

/// What steers Poolkey, and what the service manager gave to it alone: its sockets, its watchdog,
/// and where the passphrase of its vault is.
fn is_ours(name: &str) -> bool {
    ["POOLKEY_", "LISTEN_", "WATCHDOG_"]
        .iter()
        .any(|start| name.starts_with(start))
        || ["CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET"].contains(&name)
}

/// What it printed, if all went well.
async fn run(
    spec: &CommandSpec,
    environment: Vec<(OsString, OsString)>,
    longest: Duration,
) -> Result<Secret, Fault> {
    let Some((program, arguments)) = spec.command.split_first() else {
        return Err(misconfigured("token_command names no program.".into()));
    };
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env_clear()
        .envs(environment)
        .current_dir(if cfg!(windows) { "C:\\" } else { "/" })
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    group::set(&mut command);
    let child = command.spawn().map_err(|error| {
        let kind = error.kind();
        let why = if kind == std::io::ErrorKind::NotFound {
            "there is no such file".to_owned()
        } else if kind == std::io::ErrorKind::PermissionDenied {
            "it may not be run".to_owned()
        } else {
            kind.to_string()
        };
        misconfigured(format!(
            "{program} (token_command) could not be run: {why}."
        ))
    })?;
    let mut guarded = Guarded {
        group: group::of(&child),
        child,
    };
    match timeout(longest, guarded.finish()).await {
        Ok(Ok(ended)) => {
            // Its number may be somebody else's by now.
            guarded.group = group::none();
            ended.printed(program)
        }
        Ok(Err(Excess)) => Err(misconfigured(format!(
            "{program} (token_command) printed more than {} KiB: it must print an ID token and \
             nothing else.",
            MOST_OUT >> 10
        ))),
        Err(_) => Err(Fault::new(
            FaultKind::Service,
            format!(
                "{program} (token_command) did not end within {} seconds and was stopped: it must \
                 not ask anything.",
                longest.as_secs()
            ),
        )),
    }
}

/// A child whose group ends when this does, however that comes about.
struct Guarded {
    group: group::Group,
    child: Child,
}

/// It printed too much.
struct Excess;

struct Ended {
    status: ExitStatus,
    out: Secret,
    err: String,
}

impl Guarded {
    async fn finish(&mut self) -> Result<Ended, Excess> {
        let out = self.child.stdout.take();
        let err = self.child.stderr.take();
        let (out, err) = tokio::try_join!(bounded(out), tail(err))?;
        let status = self.child.wait().await.unwrap_or_default();
        Ok(Ended { status, out, err })
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        self.group.kill();
    }
}

impl Ended {
    fn printed(self, program: &str) -> Result<Secret, Fault> {
        if self.status.success() {
            return Ok(self.out);
        }
        let how = match self.status.code() {
            Some(code) => format!("ended with exit code {code}"),
            None => "was ended by a signal".to_owned(),
        };
        let last = self
            .err
            .lines()
            .rev()
            .map(str::trim)
            .find(|line| !line.is_empty());
        let why = last.map_or_else(
            || ".".to_owned(),
            |line| format!(": {}", redact::redact(line)),
        );
        Err(Fault::new(
            FaultKind::Service,
            format!("{program} (token_command) {how}{why}"),
        ))
    }
}

/// All that is printed, unless it is too much.
async fn bounded(source: Option<impl AsyncRead + Unpin>) -> Result<Secret, Excess> {
    // Grown in one piece, so that no copy of a token stays behind in a smaller buffer.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MOST_OUT + 1));
    if let Some(source) = source {
        let mut source = source.take(MOST_OUT as u64 + 1);
        // What was read until a pipe broke is judged like anything else.
        let _ = source.read_to_end(&mut bytes).await;
    }
    if bytes.len() > MOST_OUT {
        return Err(Excess);
    }
    Ok(Secret::new(String::from_utf8_lossy(&bytes)))
}

/// The end of what is printed. All of it is read, so that the program does not wait for a reader.
async fn tail(source: Option<impl AsyncRead + Unpin>) -> Result<String, Excess> {
    let mut kept: Vec<u8> = Vec::new();
    let mut chunk = [0; 1024];
    if let Some(mut source) = source {
        while let Ok(length @ 1..) = source.read(&mut chunk).await {
            kept.extend_from_slice(&chunk[..length]);
            let excess = kept.len().saturating_sub(MOST_ERR);
            kept.drain(..excess);
        }
    }
    Ok(String::from_utf8_lossy(&kept).into_owned())
}

fn misconfigured(text: String) -> Fault {
    Fault::new(FaultKind::Misconfigured, text)
}

#[cfg(unix)]
mod group {
    //! The processes that a program starts belong to its group.

    use rustix::process::{Pid, Signal, kill_process_group};
    use tokio::process::{Child, Command};

    pub(super) struct Group(Option<Pid>);

    pub(super) fn set(command: &mut Command) {
        command.process_group(0);
    }

    pub(super) const fn none() -> Group {
        Group(None)
    }

    /// A group has the number of the process that leads it.
    pub(super) fn of(child: &Child) -> Group {
        Group(
            child
                .id()
                .and_then(|id| i32::try_from(id).ok())
                .and_then(Pid::from_raw),
        )
    }

    impl Group {
        pub(super) fn kill(&self) {
            if let Some(group) = self.0 {
                // There may be nobody left.
                let _ = kill_process_group(group, Signal::KILL);
            }
        }
    }
}

#[cfg(windows)]
mod group {
    //! Windows ends the program alone.

    use tokio::process::{Child, Command};

    pub(super) struct Group;

    pub(super) fn set(command: &mut Command) {
        // CREATE_NO_WINDOW: no console flashes up.
        command.creation_flags(0x0800_0000);
    }

    pub(super) const fn none() -> Group {
        Group
    }

    pub(super) fn of(_: &Child) -> Group {
        Group
    }

    impl Group {
        /// The child ends when it is dropped.
        pub(super) fn kill(&self) {}
    }
}

/// A tool that waits for keys waits no longer than that for a token.
const LONGEST: Duration = Duration::from_secs(20);

/// ID tokens have a few kilobytes.
const MOST_OUT: usize = 64 << 10;

/// The end of what it complained of.
const MOST_ERR: usize = 4 << 10;

#[cfg(test)]
mod tests;
