//! A small world for Poolkey's own programs: everything real, everything private, nothing left.
//!
//! ```text
//!  story ──▶ World ──┬─ home, runtime directory, profiles.toml        (a temporary directory)
//!                    ├─ Desktop     dbus-daemon, gnome-keyring-daemon (a session of its own)
//!                    ├─ Sandbox     poolkey-sandbox, its control endpoint
//!                    ├─ Road        the TCP way to it, which can be cut and mended
//!                    ├─ poolkeyd    started, stopped, killed, frozen
//!                    └─ shim, CLI   real processes, the CLI also in a terminal of its own
//! ```
//!
//! [`story`] plays a test in such a world and, when it is over, searches all that was logged,
//! printed and left on disk for every secret that was minted in it ([`leaks`]). Programs are those
//! beside the test: `cargo build -p poolkeyd -p poolkey -p poolkey-sandbox` makes them.
//!
//! Where something is not installed, a story is skipped and says so; with `POOLKEY_REQUIRE_ALL=1`
//! it fails.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::wildcard_enum_match_arm,
    reason = "tests and what they share: they may fail, measure, read the environment and say what they skip"
)]

mod chromium;
mod desktop;
pub mod leaks;
pub mod loopback;
pub mod memory;
mod process;
mod road;
mod sandbox;
mod terminal;
mod tools;
mod webdriver;
mod world;

pub use chromium::{Chromium, Doorman};
pub use desktop::Desktop;
pub use process::{Ran, Running, tied};
pub use road::Road;
pub use sandbox::Sandbox;
pub use terminal::Terminal;
pub use tools::{program, require, skip, under, until};
pub use webdriver::{WebDriver, free_port};
pub use world::{Document, Setup, VaultKind, World, story};
