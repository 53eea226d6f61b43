//! `poolkey-tray`: the tray icon on Linux. A client of the daemon that owns no state.
//!
//! ```text
//!  daemon ──▶ watch (a thread) ──▶ desk ──┬─▶ icon ──▶ ksni ──▶ the panel
//!                                   ▲     ╰─▶ notify ─────────▶ notifications
//!                                   ╰── what a person chose ──▶ act, programs, clipboard
//! ```
//!
//! What there is to see and to tell is decided in `poolkey_core::menu` and `poolkey_core::notice`.
//! Everything waits for something to happen: while nothing does, nothing wakes up.

#[cfg(target_os = "linux")]
mod act;
#[cfg(target_os = "linux")]
mod clipboard;
#[cfg(target_os = "linux")]
mod desk;
#[cfg(target_os = "linux")]
mod harden;
#[cfg(target_os = "linux")]
mod icon;
#[cfg(target_os = "linux")]
mod notify;
#[cfg(target_os = "linux")]
mod programs;
#[cfg(target_os = "linux")]
mod start;
#[cfg(target_os = "linux")]
mod watch;

use std::process::ExitCode;

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        None => {}
        Some("--version") => return say(concat!("poolkey-tray ", env!("CARGO_PKG_VERSION"))),
        Some("--help") => return say(HELP),
        Some(start::START_DAEMON) => return start::start_daemon(),
        Some(_) => {
            complain("it takes no arguments; see poolkey-tray --help");
            return ExitCode::from(64);
        }
    }
    harden::harden();
    start::run()
}

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    say("On this system the tray icon is part of poolkey-desktop.")
}

#[expect(clippy::print_stdout, reason = "to answer is what it is run for")]
fn say(text: &str) -> ExitCode {
    println!("{text}");
    ExitCode::SUCCESS
}

/// What it has to say goes to stderr, which is the desktop's own log.
#[cfg(target_os = "linux")]
#[expect(clippy::print_stderr, reason = "there is no other log")]
fn complain(text: &str) {
    eprintln!("poolkey-tray: error: {text}");
}

#[cfg(target_os = "linux")]
const HELP: &str = "\
poolkey-tray shows how your AWS logins stand, in the panel of your desktop.

It takes no arguments. It starts the daemon if there is none. A second one leaves the place to the
first. Where the desktop shows no icons, it waits for that, and uses notifications meanwhile.

It heeds   LC_ALL, LC_MESSAGES, LANG   the language: Japanese (ja…), else English
           POOLKEY_SOCKET              where the daemon listens
           POOLKEY_NO_START=1          start no daemon

Exit codes 0 ended by its menu, with the desktop, or one runs already; 64 wrong arguments;
           69 no session bus";
