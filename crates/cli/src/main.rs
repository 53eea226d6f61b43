//! `poolkey`: sign in once to Amazon Cognito, and every AWS tool on the desktop just works.
//!
//! Each command is one file. It reads arguments, asks the daemon, and tells a person what came of
//! it; it decides nothing and keeps nothing.

use std::process::ExitCode;

use clap::Parser;
use poolkey_ipc::Client;

use crate::args::{Args, Command};
use crate::ending::Ending;

mod account;
mod args;
mod aws_files;
mod browser;
mod configure;
mod console;
mod conversation;
mod daemon;
mod doctor;
mod ending;
mod env;
mod exec;
mod exit_codes;
mod front;
mod interrupt;
mod json;
mod keys;
mod login;
mod logins;
mod logout;
mod manual;
mod outcome;
mod profile;
mod profiles_file;
mod prompts;
mod qr;
mod serve;
mod status;
mod status_text;
mod terminal;
mod token;
mod vault;
mod whoami;
mod window;
mod words;

fn main() -> ExitCode {
    let ended = if browser::is_opener() {
        browser::open_link()
    } else {
        run(&Args::parse().command, &Client::of_process())
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(ending) => ending.tell(),
    }
}

fn run(command: &Command, client: &Client) -> Result<(), Ending> {
    match command {
        Command::Configure(args) => configure::run(args, client),
        Command::Login(args) => login::run(args, client),
        Command::Logout(args) => logout::run(args, client),
        Command::Whoami { profile, json } => whoami::run(profile.as_deref(), *json, client),
        Command::Doctor(args) => doctor::run(args, client),
        Command::Status { json, watch } => status::run(*json, *watch, client),
        Command::Profile(command) => profile::run(command, client),
        Command::Exec(args) => exec::run(args, client),
        Command::Env(args) => env::run(args, client),
        Command::Token(args) => token::run(args, client),
        Command::Console(args) => console::run(args, client),
        Command::Serve(args) => serve::run(args, client),
        Command::Credentials { profile, format } => keys::run(profile, *format, client),
        Command::Account(command) => account::run(command, client),
        Command::Renew { login } => login::renew(login, client),
        Command::Vault(command) => vault::run(command, client),
        Command::Daemon(command) => daemon::run(*command, client),
        Command::Completions { shell } => manual::completions(*shell),
        Command::Man { dir } => manual::pages(dir),
    }
}
