//! The two programs as people and SDKs run them.
#![cfg(unix)]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test that cannot go on panics; it measures, and is told by the environment what to play"
)]

mod account;
#[cfg(target_os = "linux")]
mod browser;
mod commands;
mod configure;
mod console;
mod doctor;
mod documents;
mod env;
mod exec;
mod help;
#[cfg(target_os = "linux")]
mod identity;
mod json;
mod logins;
#[cfg(target_os = "linux")]
mod logout;
mod profiles;
#[cfg(target_os = "linux")]
mod prompts;
#[cfg(target_os = "linux")]
mod pty;
mod script;
#[cfg(target_os = "linux")]
mod setup;
mod shim;
mod support;
#[cfg(target_os = "linux")]
mod terminal;
mod token;
mod whoami;
mod window;
mod written;
