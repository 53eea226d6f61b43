//! Stories about the agent, told by events alone.

mod account;
mod chain;
mod config;
mod console;
mod desk;
mod device;
mod guest;
mod keys;
mod line;
mod parting;
mod recent;
mod recognition;
mod renewal;
mod sign_in;
mod sign_out;
mod spent;
mod stop;
mod token;
mod vault;
mod view;
mod who_am_i;
mod written;
