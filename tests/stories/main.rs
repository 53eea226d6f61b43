//! What happens to people, played with the real programs.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::wildcard_enum_match_arm,
    reason = "tests, which may fail, measure and say what they measured"
)]

mod accounts;
mod challenges;
mod configured;
mod crowd;
mod daemon;
mod devices;
mod ended;
mod exec;
mod federation;
mod guests;
mod kept;
mod killed;
mod network;
mod nothing_left;
mod proxied;
mod roles;
mod sign_in;
mod sign_out;
mod thirty_days;
mod tokens;
mod wake;
mod written;
