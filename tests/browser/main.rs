//! Sign-in in a browser from end to end: Poolkey's own programs, a real Chromium, and behind its
//! pages the sandbox, ministack's hosted UI and npm's oidc-provider.
//!
//! `scripts/test-browser` installs what this needs and runs it.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests may fail, measure, read the environment and say what they skip"
)]

mod coming_back;
mod endpoint;
mod knock;
mod ministack;
mod people;
mod provider;
mod sign_in;
mod site;
mod stage;
mod strangers;

use std::path::PathBuf;

/// Where `scripts/test-browser` put the servers.
fn tools() -> PathBuf {
    std::env::var_os("POOLKEY_BROWSER_TOOLS")
        .expect("set by scripts/test-browser")
        .into()
}
