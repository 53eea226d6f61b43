//! Poolkey's decisions, and nothing else.

pub mod config;
pub mod conversation;
pub mod failure;
pub mod fault;
pub mod name;
pub mod secret;
pub mod session;
pub mod time;
