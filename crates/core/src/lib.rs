//! Poolkey's decisions, and nothing else.
//!
//! There is no async here, no clock, no randomness, no file, no socket and no environment: time and
//! a seed come in as arguments, what happened comes in as an [`event::Event`], and what is to be
//! done goes out as an [`event::Effect`]. So every decision can be tested, logged and replayed.
//!
//! ```text
//!  config ─────────────╮
//!  event::Event, Now ──┼─▶ agent::Agent ──┬─▶ event::Effect     for the daemon to do
//!  pace (the numbers) ─╯                  ╰─▶ snapshot ──┬─▶ menu      for people to see
//!                                messages (languages) ──┴─▶ notice    for people to be told
//!
//!  conversation, session, fault, failure, name, secret, time    the words that all of it is in
//! ```

pub mod agent;
pub mod config;
pub mod console;
pub mod conversation;
pub mod environment;
pub mod event;
pub mod failure;
pub mod fault;
pub mod finding;
pub mod menu;
pub mod messages;
pub mod name;
pub mod notice;
pub mod outputs;
pub mod pace;
pub mod secret;
pub mod session;
pub mod snapshot;
pub mod time;
pub mod wanted;
