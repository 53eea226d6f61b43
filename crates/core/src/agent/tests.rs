//! Stories about the agent, told by events alone.

mod config;
mod desk;
mod keys;
mod line;
mod renewal;
mod sign_in;
mod sign_out;
mod stop;
mod vault;
mod view;
