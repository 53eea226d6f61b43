//! Which programs there are, of which version, and what starts at login.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use poolkey_ipc::installed;

use super::codes::Code;
use super::machine::Machine;
use super::report::Report;

mod start;

/// Programs that are asked for their version while other things are looked at.
pub(super) struct Asked {
    ours: Vec<(&'static str, Option<Answer>)>,
    aws: Option<Answer>,
}

impl Asked {
    /// Asks each by `--version`, which starts nothing.
    pub(super) fn of(machine: &Machine) -> Self {
        Self {
            ours: PROGRAMS
                .map(|name| (name, installed(name).map(Answer::of)))
                .into(),
            aws: machine.in_path("aws").into_iter().next().map(Answer::of),
        }
    }

    /// What they say, by name.
    pub(super) fn examine(self, machine: &Machine, report: &mut Report) -> Versions {
        let mut versions = Versions(vec![("poolkey".to_owned(), OURS.to_owned())]);
        let start = report.found.len();
        for (name, asked) in self.ours {
            match asked {
                None if NEEDED.contains(&name) => report.bad(
                    Code::ProgramMissing,
                    name,
                    "It is neither beside this program nor in PATH, and nothing works without it.",
                    "Install Poolkey again",
                ),
                None => {}
                Some(asked) => {
                    let (path, said) = asked.heard();
                    let said = version(&said);
                    if said.as_deref() != Some(OURS) {
                        let shown = machine.shown(&path);
                        report.bad(
                            Code::ProgramVersions,
                            name,
                            match &said {
                                Some(said) => {
                                    format!("“{shown}” is of version {said}, and this is {OURS}.")
                                }
                                None => format!("“{shown}” does not tell its version."),
                            },
                            "Install Poolkey again",
                        );
                    }
                    versions
                        .0
                        .push((name.to_owned(), said.unwrap_or_else(|| "unknown".into())));
                }
            }
        }
        twice(machine, report);
        if report.is_clear_since(start) {
            let names: Vec<&str> = versions.0.iter().map(|(name, _)| called(name)).collect();
            report.good(
                Code::ProgramsAgree,
                "programs",
                format!("Version {OURS}: {}.", names.join(", ")),
            );
        }
        aws_cli(self.aws, machine, report, &mut versions);
        start::examine(machine, report);
        versions
    }
}

/// What people call a program.
fn called(name: &str) -> &str {
    match name {
        "poolkeyd" => "daemon",
        "poolkey-credential-process" => "shim",
        "poolkey-tray" => "icon",
        "poolkey-desktop" => "windows",
        other => other,
    }
}

/// Names and versions.
pub(super) struct Versions(pub(super) Vec<(String, String)>);

/// A program that was asked something.
struct Answer {
    path: PathBuf,
    child: Option<Child>,
    said: Receiver<String>,
}

impl Answer {
    /// Runs it, and has somebody listen.
    fn of(path: PathBuf) -> Self {
        let (tell, said) = channel();
        let mut command = Command::new(&path);
        command
            .arg("--version")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command.spawn().ok();
        if let Some(out) = child.as_mut().and_then(|child| child.stdout.take()) {
            // It ends with what it listens to, and nobody waits for it: what that one has started
            // may outlive it.
            let _ = std::thread::Builder::new().spawn(move || {
                let mut said = Vec::new();
                let _ = out.take(LONGEST).read_to_end(&mut said);
                let _ = tell.send(String::from_utf8_lossy(&said).into_owned());
            });
        }
        Self { path, child, said }
    }

    /// What it says within the time that anybody waits; then it ends.
    fn heard(mut self) -> (PathBuf, String) {
        let said = self.said.recv_timeout(PATIENCE).unwrap_or_default();
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
        (self.path, said)
    }
}

/// The last word: `poolkeyd 0.1.0`.
fn version(said: &str) -> Option<String> {
    let word = said.lines().next()?.split(' ').next_back()?.to_owned();
    (word.len() < 40 && word.starts_with(|c: char| c.is_ascii_digit())).then_some(word)
}

/// Which of two is run depends on who asks.
fn twice(machine: &Machine, report: &mut Report) {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    for name in ["poolkey", "poolkeyd", "poolkey-credential-process"] {
        let Some(first) = installed(name) else {
            continue;
        };
        let other = machine
            .in_path(name)
            .into_iter()
            .find(|path| real(path) != real(&first));
        if let Some(other) = other {
            report.bad(
                Code::InstallationsTwo,
                name,
                format!(
                    "It is installed twice: “{}” and “{}”.",
                    machine.shown(&first),
                    machine.shown(&other)
                ),
                "Remove one of them, or put its directory last in PATH",
            );
        }
    }
}

/// `aws-cli/2.15.0 Python/3.11 …`
fn aws_cli(asked: Option<Answer>, machine: &Machine, report: &mut Report, versions: &mut Versions) {
    let Some(asked) = asked else {
        report.note(
            Code::AwsCliMissing,
            "aws",
            "There is no AWS CLI in PATH; SDKs need none.",
        );
        return;
    };
    let (path, said) = asked.heard();
    let word = said
        .strip_prefix("aws-cli/")
        .and_then(|rest| rest.split(' ').next());
    let shown = machine.shown(&path);
    match word.filter(|word| word.len() < 40) {
        Some(word) => {
            versions.0.push(("aws".to_owned(), word.to_owned()));
            if word.starts_with("1.") {
                report.note(
                    Code::AwsCliOne,
                    "aws",
                    format!(
                        "“{shown}” is of version {word}, of the old line; Poolkey serves both."
                    ),
                );
            } else {
                report.good(
                    Code::AwsCliFound,
                    "aws",
                    format!("Version {word}, “{shown}”."),
                );
            }
        }
        None => report.note(
            Code::AwsCliMissing,
            "aws",
            format!("“{shown}” does not tell its version."),
        ),
    }
}

const OURS: &str = env!("CARGO_PKG_VERSION");

const PROGRAMS: [&str; 4] = [
    "poolkeyd",
    "poolkey-credential-process",
    "poolkey-tray",
    "poolkey-desktop",
];

const NEEDED: [&str; 2] = ["poolkeyd", "poolkey-credential-process"];

/// The AWS CLI takes a second on a slow machine.
const PATIENCE: Duration = Duration::from_secs(5);
const LONGEST: u64 = 4096;
