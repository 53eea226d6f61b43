//! Poolkey's decisions, and nothing else.

pub mod agent;
pub mod config;
pub mod conversation;
pub mod event;
pub mod failure;
pub mod fault;
pub mod name;
pub mod pace;
pub mod secret;
pub mod session;
pub mod snapshot;
pub mod time;
