//! How a command ends when it does not end well.

use std::io::Write;
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use poolkey_core::failure::{Code, Failure};

use crate::exit_codes;
use crate::words::clean;

/// Why a command stops.
#[derive(Debug)]
pub(crate) enum Ending {
    /// It was not done.
    Failed(Failure),
    /// What was typed does not make sense together.
    Usage(String),
    /// The output cannot be written.
    Output(std::io::Error),
    /// The command that was to be run was not.
    NotRun {
        told: String,
        hint: &'static str,
        code: u8,
    },
    /// All is told already: by another program of ours that failed, or by what was found.
    Told(u8),
}

impl From<Failure> for Ending {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<std::io::Error> for Ending {
    fn from(error: std::io::Error) -> Self {
        Self::Output(error)
    }
}

impl Ending {
    /// Tells the person, and gives the exit code.
    pub(crate) fn tell(self) -> ExitCode {
        match self {
            Self::Failed(failure) => {
                complain(&failure);
                ExitCode::from(failure.code.exit_code())
            }
            Self::Usage(told) => {
                say(ERROR, "error", &told);
                say(HINT, "hint", USAGE_HINT);
                ExitCode::from(exit_codes::USAGE)
            }
            // Whoever read the output had enough.
            Self::Output(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {
                ExitCode::SUCCESS
            }
            Self::Output(error) => {
                say(
                    ERROR,
                    "error",
                    &format!("The output cannot be written: {error}."),
                );
                ExitCode::from(exit_codes::OUTPUT)
            }
            Self::NotRun { told, hint, code } => {
                say(ERROR, "error", &told);
                say(HINT, "hint", hint);
                ExitCode::from(code)
            }
            Self::Told(code) => ExitCode::from(code),
        }
    }
}

/// What happened and what to do about it.
pub(crate) fn complain(failure: &Failure) {
    say(ERROR, "error", &failure.sentence);
    say(HINT, "hint", &failure.remedy);
}

/// Something that is no failure but should be known.
pub(crate) fn warn(told: &str) {
    say(WARNING, "warning", told);
}

/// A file that cannot be read or written.
pub(crate) fn file_failure(path: &std::path::Path, error: &std::io::Error) -> Failure {
    Failure {
        code: Code::Config,
        sentence: format!("“{}” cannot be read or written: {error}.", path.display()),
        remedy: "Make room or mend its permissions, then run the command again.".into(),
    }
}

fn say(style: Style, kind: &str, told: &str) {
    let told = clean(told);
    // When nobody can be told, the exit code still tells.
    let _ = writeln!(
        anstream::stderr(),
        "poolkey: {style}{kind}:{style:#} {told}"
    );
}

/// What to do about wrong arguments.
pub(crate) const USAGE_HINT: &str = "Run the command with --help to see how.";

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default();
