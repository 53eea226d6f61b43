//! `poolkey-desktop` shows: the login window, the main window, and on Windows and macOS the tray.
//!
//! It is a client of the daemon and owns nothing: no token passes through it, and it can be ended
//! at any moment without anything being lost.
//!
//! ```text
//!  daemon ── watch ──▶ link ── Shown ──▶ pages          whole snapshots, never changes of one
//!    ▲                                     │
//!    ╰── one question at a time ── commands ◀── invoke   each named in build.rs and capabilities/
//! ```

#![cfg_attr(windows, windows_subsystem = "windows")]

use std::process::ExitCode;
use std::time::Instant;

use poolkey_core::failure::Failure;

#[cfg(target_os = "linux")]
mod again;
mod app;
mod args;
mod autostart;
mod browser;
mod clipboard;
mod commands;
mod configuration;
mod conversation;
mod display;
mod lent;
mod link;
mod log;
mod preferences;
mod route;
mod session;
#[cfg(not(target_os = "linux"))]
mod tray;
mod windows;

#[cfg(test)]
mod allowed;
#[cfg(test)]
mod wire;

/// When the program began.
#[derive(Clone, Copy)]
pub(crate) struct Started(pub(crate) Instant);

#[expect(
    clippy::disallowed_methods,
    reason = "how long a window takes is told in the log, and nothing is decided by it"
)]
fn main() -> ExitCode {
    let started = Started(Instant::now());
    let args::Start { route, tries } = args::start();
    log::begin();
    if let Err(failure) = display::check() {
        return tell(&failure);
    }
    match app::run(route, started, tries) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => tell(&failure),
    }
}

fn tell(failure: &Failure) -> ExitCode {
    ExitCode::from(complain(failure))
}

/// Says it, and what to end with.
#[expect(clippy::print_stderr, reason = "no window can say it")]
pub(crate) fn complain(failure: &Failure) -> u8 {
    eprintln!("poolkey-desktop: {failure}");
    failure.code.exit_code()
}
