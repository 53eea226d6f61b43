//! `poolkey daemon`.

use std::io::Write;
use std::process::Command;
use std::time::Duration;

use poolkey_core::failure::{Code, Failure};
use poolkey_ipc::client::{Starting, daemon_program};
use poolkey_ipc::{Ask, Client, Reply, Status};

use crate::args::DaemonCommand;
use crate::ending::Ending;
use crate::profiles_file::ProfilesFile;
use crate::words;

/// Starts, stops and looks at the daemon.
pub(crate) fn run(command: DaemonCommand, client: &Client) -> Result<(), Ending> {
    match command {
        DaemonCommand::Start => start(client),
        DaemonCommand::Stop => stop(client),
        DaemonCommand::Restart => {
            stop(client)?;
            start(client)
        }
        DaemonCommand::Status => status(client),
        DaemonCommand::Run => foreground(client),
        DaemonCommand::Reload => {
            let client = client.clone().starting(Starting::Never);
            expect_done(client.ask(&Ask::Reload)?)?;
            match look(&client)?.snapshot.config {
                Some(failure) => Err(failure.into()),
                None => Ok(writeln!(
                    anstream::stdout(),
                    "profiles.toml was read again."
                )?),
            }
        }
    }
}

/// Makes a running daemon read a file that was just changed; one that starts later reads it anyway.
pub(crate) fn reload(file: &ProfilesFile, client: &Client) -> Result<(), Ending> {
    let client = client.clone().starting(Starting::Never);
    if !client.is_answered()? {
        return Ok(());
    }
    let config = look(&client)?.daemon.config;
    if config != file.path() {
        return Err(Failure {
            code: Code::Config,
            sentence: format!(
                "“{}” was changed, but the daemon reads “{}”.",
                file.path().display(),
                config.display()
            ),
            remedy: "Give both the same HOME and XDG_CONFIG_HOME, or run: poolkey daemon restart"
                .into(),
        }
        .into());
    }
    expect_done(client.ask(&Ask::Reload)?)
}

/// Asks for the status.
pub(crate) fn look(client: &Client) -> Result<Status, Ending> {
    let reply = client.ask(&Ask::Status)?;
    let Reply::Status(status) = reply else {
        return Err(reply.unexpected().into());
    };
    Ok(*status)
}

fn start(client: &Client) -> Result<(), Ending> {
    let mut out = anstream::stdout();
    if client.is_answered()? {
        let pid = look(client)?.daemon.pid;
        return Ok(writeln!(
            out,
            "The daemon is already running (process {pid})."
        )?);
    }
    let pid = look(&client.clone().starting(Starting::OnDemand))?
        .daemon
        .pid;
    Ok(writeln!(out, "The daemon is running (process {pid}).")?)
}

fn stop(client: &Client) -> Result<(), Ending> {
    let client = client.clone().starting(Starting::Never);
    let mut out = anstream::stdout();
    if !client.is_answered()? {
        return Ok(writeln!(out, "The daemon is not running.")?);
    }
    // It may be too busy to say who it is, and stop all the same.
    let pid = look(&client).ok().map(|status| status.daemon.pid);
    expect_done(client.ask(&Ask::Stop)?)?;
    for _ in 0..STOP_LOOKS {
        if !client.is_answered()? && !pid.is_some_and(is_alive) {
            return Ok(writeln!(out, "The daemon has stopped.")?);
        }
        std::thread::sleep(STOP_PAUSE);
    }
    Err(Failure {
        code: Code::Busy,
        sentence: "The daemon was told to stop and is still there.".into(),
        remedy: match pid {
            Some(pid) => format!("Wait for it, or end it: kill {pid}"),
            None => "Wait for it.".into(),
        },
    }
    .into())
}

fn status(client: &Client) -> Result<(), Ending> {
    let client = client.clone().starting(Starting::Never);
    let daemon = look(&client)?.daemon;
    let mut out = anstream::stdout().lock();
    writeln!(
        out,
        "The daemon is running: version {}, process {}, for {}.",
        daemon.version,
        daemon.pid,
        words::since(daemon.started, words::now())
    )?;
    writeln!(out, "It listens at “{}”", daemon.socket.display())?;
    writeln!(out, "and reads “{}”.", daemon.config.display())?;
    Ok(())
}

/// Becomes the daemon, with all that this terminal has in its environment.
fn foreground(client: &Client) -> Result<(), Ending> {
    if client.is_answered()? {
        return Err(Failure {
            code: Code::Busy,
            sentence: "The daemon is already running.".into(),
            remedy: "Run: poolkey daemon stop".into(),
        }
        .into());
    }
    let program = daemon_program()?;
    let failed = |error: std::io::Error| Failure {
        code: Code::NoDaemon,
        sentence: format!("“{}” cannot be run: {error}.", program.display()),
        remedy: "Install Poolkey again.".into(),
    };
    let mut command = Command::new(&program);
    #[cfg(unix)]
    {
        Err(failed(std::os::unix::process::CommandExt::exec(&mut command)).into())
    }
    #[cfg(not(unix))]
    {
        let status = command.status().map_err(failed)?;
        std::process::exit(status.code().unwrap_or(1));
    }
}

pub(crate) fn expect_done(reply: Reply) -> Result<(), Ending> {
    let Reply::Done = reply else {
        return Err(reply.unexpected().into());
    };
    Ok(())
}

#[cfg(unix)]
fn is_alive(pid: u32) -> bool {
    i32::try_from(pid)
        .ok()
        .and_then(rustix::process::Pid::from_raw)
        .is_some_and(|pid| rustix::process::test_kill_process(pid).is_ok())
}

#[cfg(not(unix))]
fn is_alive(_pid: u32) -> bool {
    false
}

/// It lets a running refresh come to its end, so that no rotated token is lost.
const STOP_LOOKS: u32 = 400;
const STOP_PAUSE: Duration = Duration::from_millis(25);
