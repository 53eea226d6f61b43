//! `poolkeyd`: the only process that ever holds a refresh token, and the only one that talks to
//! AWS.
//!
//! ```text
//!  peers ───▶ door ──▶ serve ──▶ engine ──▶ core's agent
//!                        │        ▲ │  ▲
//!                        ▼        │ │  │
//!  SDKs by HTTP ──▶ endpoint ─────╯ │  │
//!                           effects │  │ events
//!                                   ▼  │
//!                         lanes ──▶ perform ──▶ keeper (vault), cognito
//!  files, wake, the clock ─────────▶ engine
//! ```

mod aws_files;
mod clock;
mod daemon;
mod door;
mod endpoint;
mod engine;
mod examine;
mod files;
mod harden;
mod journal;
mod keeper;
mod nap;
mod perform;
mod serve;
mod token_command;
mod wake;

use std::alloc::System;
use std::process::ExitCode;

use poolkey_ipc::address::Env;
use poolkey_ipc::place;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::prelude::*;
use zeroizing_alloc::ZeroAlloc;

use crate::daemon::{NoStart, Surroundings};

/// Memory is zeroed when it is given back: what libraries had of a token in their buffers is gone
/// with them.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        None => {}
        Some("--version") => return say(concat!("poolkeyd ", env!("CARGO_PKG_VERSION"))),
        Some("--help") => return say(HELP),
        Some(_) => {
            complain("it takes no arguments; see poolkeyd --help");
            return ExitCode::from(64);
        }
    }
    log();
    harden::harden();
    match surroundings().and_then(daemon::run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let mut text = error.to_string();
            let mut cause = std::error::Error::source(&error);
            while let Some(error) = cause {
                text.push_str(": ");
                text.push_str(&error.to_string());
                cause = error.source();
            }
            complain(&text);
            match error {
                NoStart::Running(_) => ExitCode::from(75),
                NoStart::Place(_)
                | NoStart::State { .. }
                | NoStart::Door(_)
                | NoStart::Runtime(_) => ExitCode::from(69),
            }
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the environment is read here, once"
)]
fn surroundings() -> Result<Surroundings, NoStart> {
    let place = place::Place::of_process().map_err(NoStart::Place)?;
    Ok(Surroundings {
        env: Env::of_process(),
        config: place.config_file(),
        state: place.state_dir().to_owned(),
        lock: place.daemon_lock(),
        aws: place.aws_dir().to_owned(),
        aws_lock: place.aws_lock(),
        aws_note: place.aws_note(),
        credentials: std::env::var_os("CREDENTIALS_DIRECTORY").map(Into::into),
    })
}

/// To stderr, which is systemd's journal or the file that the client who started it names. What is
/// logged, `POOLKEY_LOG` says (`info`, `poolkeyd=debug`, …).
#[expect(
    clippy::disallowed_methods,
    reason = "the environment is read here, once"
)]
fn log() {
    let wanted = std::env::var("POOLKEY_LOG").unwrap_or_default();
    let targets: Targets = wanted
        .parse()
        .ok()
        .filter(|_| !wanted.is_empty())
        .unwrap_or_else(|| Targets::new().with_default(tracing::Level::INFO));
    tracing_subscriber::registry()
        .with(
            tracing_subscriber::fmt::layer()
                .with_writer(std::io::stderr)
                .with_ansi(false),
        )
        .with(targets)
        .init();
}

#[expect(clippy::print_stdout, reason = "to answer is what it is run for")]
fn say(text: &str) -> ExitCode {
    println!("{text}");
    ExitCode::SUCCESS
}

#[expect(clippy::print_stderr, reason = "there may be no log yet")]
fn complain(text: &str) {
    eprintln!("poolkeyd: error: {text}");
}

const HELP: &str = "\
poolkeyd keeps the refresh tokens of your Cognito logins and serves AWS keys over a local socket.

It takes no arguments. Poolkey's tools start it when they need it; “poolkey daemon” controls it.

It reads   profiles.toml in Poolkey's configuration directory, again whenever it changes.
It heeds   POOLKEY_SOCKET   where to listen (an absolute path)
           POOLKEY_LOG      what to log to stderr: error, warn, info (default), debug, trace
           LISTEN_FDS, NOTIFY_SOCKET, CREDENTIALS_DIRECTORY   from systemd
Signals    TERM, INT: stop when what is under way is safe; HUP: read the configuration again

Exit codes 0 stopped, 64 wrong arguments, 69 cannot start, 75 another daemon runs already";
