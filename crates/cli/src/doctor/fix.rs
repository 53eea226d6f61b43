//! What `--fix` does: each thing told before it is done, and nothing that is not safe.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use poolkey_core::failure::{Code, Failure};
use poolkey_files::aws::Kind;
use poolkey_files::owned;
use poolkey_ipc::Client;

use super::machine::Machine;
use super::report::Fix;
use crate::ending::Ending;
use crate::interrupt::Interrupt;
use crate::terminal::Person;
use crate::words::clean;

/// Whether somebody is asked before each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Consent {
    Asked,
    Given,
}

/// Does what can be done. What fails is told, and the rest is done all the same.
pub(super) fn mend(
    fixes: &[Fix],
    consent: Consent,
    machine: &Machine,
    client: &Client,
) -> Result<Vec<String>, Ending> {
    let mut person = None;
    if consent == Consent::Asked && !fixes.is_empty() {
        if !std::io::stdin().is_terminal() {
            return Err(Ending::Usage(
                "--fix asks before it does anything: add --yes".into(),
            ));
        }
        person = Some(Person::at_hand(&Interrupt::catch(client)));
    }
    let mut done = Vec::new();
    for fix in fixes {
        let told = fix.told(machine);
        if let Some(person) = &mut person {
            let answer = person.typed(&format!("{told}? [y/N]: "))?;
            if !["y", "yes"].contains(&&*answer.expose().trim().to_lowercase()) {
                continue;
            }
        }
        match fix.make(machine) {
            Ok(()) => done.push(told),
            Err(failure) => crate::ending::complain(&failure),
        }
    }
    Ok(done)
}

impl Fix {
    /// What it does, as an instruction.
    pub(super) fn told(&self, machine: &Machine) -> String {
        match self {
            Self::Close(path) => format!("Close {} to other users", machine.shown(path)),
            Self::RepairHelpers => format!(
                "Repair the commands in {} that run the shim",
                machine.shown(&machine.aws_config.path)
            ),
            Self::RestartDaemon => "Restart the daemon".to_owned(),
            Self::RemoveLeftovers(name) => {
                format!("Remove the keys that Poolkey left as “{}”", clean(name))
            }
        }
    }

    fn make(&self, machine: &Machine) -> Result<(), Failure> {
        match self {
            Self::Close(path) => close(path),
            Self::RepairHelpers => command(&["configure", "--repair", "--yes"]),
            Self::RestartDaemon => command(&["daemon", "restart"]),
            Self::RemoveLeftovers(name) => remove_leftovers(name, machine),
        }
    }
}

/// What a person would type. What it says goes where stdout is nobody's document.
fn command(args: &[&str]) -> Result<(), Failure> {
    let failed = |why: String| Failure {
        code: Code::Other,
        sentence: format!("“poolkey {}” failed: {why}.", args.join(" ")),
        remedy: format!("Run: poolkey {}", args.join(" ")),
    };
    let own = std::env::current_exe().map_err(|error| failed(error.to_string()))?;
    let status = Command::new(own)
        .args(args)
        .stdin(Stdio::null())
        .stdout(std::io::stderr())
        .status()
        .map_err(|error| failed(error.to_string()))?;
    if status.success() {
        Ok(())
    } else {
        Err(failed(status.to_string()))
    }
}

/// Only what is our own, and not what a link of another leads to in the meantime.
#[cfg(unix)]
fn close(path: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let failed = |error: &std::io::Error| failure(path, &format!("cannot be closed: {error}"));
    let seen = path.metadata().map_err(|error| failed(&error))?;
    if seen.uid() != poolkey_ipc::peer::our_uid() {
        return Err(failure(path, "belongs to another user"));
    }
    let mode = std::fs::Permissions::from_mode(super::files::private(&seen));
    std::fs::set_permissions(path, mode).map_err(|error| failed(&error))
}

#[cfg(not(unix))]
fn close(path: &Path) -> Result<(), Failure> {
    Err(failure(path, "is closed by access lists here"))
}

/// What is Poolkey's by that name, and nothing else: a daemon that wants it writes it again.
fn remove_leftovers(name: &str, machine: &Machine) -> Result<(), Failure> {
    let Some(place) = &machine.place else {
        return Ok(());
    };
    let files = [
        (Kind::Credentials, &machine.aws_credentials.path),
        (Kind::Config, &machine.aws_config.path),
    ];
    for (kind, path) in files {
        owned::scrub(kind, path, &place.aws_lock(), |found| found == name)
            .map_err(|fault| failure(path, &fault.to_string()))?;
    }
    Ok(())
}

fn failure(path: &Path, why: &str) -> Failure {
    Failure {
        code: Code::File,
        sentence: format!("“{}” {why}.", path.display()),
        remedy: "Mend it by hand.".into(),
    }
}

/// Tells what was done.
pub(super) fn tell(done: &[String]) -> Result<(), Ending> {
    let mut out = anstream::stdout();
    for told in done {
        writeln!(out, "Done: {told}.")?;
    }
    Ok(())
}
