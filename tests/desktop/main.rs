//! The windows, as people use them: the real program in a real WebKit, with the real daemon,
//! keychain and sandbox.
//!
//! `scripts/test-desktop` installs what this needs and runs it.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests may fail, measure and read the environment"
)]

mod access;
mod browser;
mod lent;
mod main_window;
mod native;
mod pictures;
mod questions;
mod sign_in;
mod tour;
mod window;
