//! `poolkey completions` and `poolkey man`.

use std::io::{Write, stdout};
use std::path::Path;

use clap::{Arg, Command, CommandFactory};
use clap_complete::Shell;

use crate::args::Args;
use crate::ending::{Ending, file_failure};
use crate::exit_codes::EXIT_CODES;

/// Prints a completion script.
pub(crate) fn completions(shell: Shell) -> Result<(), Ending> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "poolkey", &mut script);
    Ok(stdout().write_all(&script)?)
}

/// Writes a page for each command, and one for the shim.
pub(crate) fn pages(directory: &Path) -> Result<(), Ending> {
    let written = std::fs::create_dir_all(directory)
        .and_then(|()| clap_mangen::generate_to(Args::command(), directory))
        .and_then(|()| clap_mangen::generate_to(shim(), directory));
    written.map_err(|error| Ending::from(file_failure(directory, &error)))
}

/// The shim reads its arguments by hand; this is for its page only.
fn shim() -> Command {
    Command::new("poolkey-credential-process")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Prints the AWS keys of a profile, for the AWS CLI and SDKs to read")
        .long_about(
            "Prints the AWS keys of a profile, for the AWS CLI and SDKs to read: one line of JSON \
             and nothing else, or one line on stderr that says what to do. It answers within five \
             seconds, asks nothing and opens no browser.",
        )
        .arg(Arg::new("PROFILE").required(true).help("The profile"))
        .after_long_help(EXIT_CODES)
}
