//! The tray icon, seen by a real panel and a real notification server over a real bus.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::wildcard_enum_match_arm,
    reason = "tests, which may fail, measure and say what they measured"
)]

mod alone;
mod bell;
mod clipboard;
mod desk;
mod panel;
mod told;
mod used;
mod wanted;
mod weight;
