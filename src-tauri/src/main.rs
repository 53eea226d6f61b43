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

mod app;
mod args;
mod clipboard;
mod commands;
mod configuration;
mod conversation;
mod display;
mod link;
mod preferences;
mod route;
mod windows;
#[cfg(test)]
mod wire;

fn main() -> ExitCode {
    let route = args::route();
    if let Err(failure) = display::check() {
        return tell(&failure);
    }
    match app::run(route) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => tell(&failure),
    }
}

#[expect(clippy::print_stderr, reason = "no window can say it")]
fn tell(failure: &poolkey_core::failure::Failure) -> ExitCode {
    eprintln!("poolkey-desktop: {failure}");
    ExitCode::from(failure.code.exit_code())
}
