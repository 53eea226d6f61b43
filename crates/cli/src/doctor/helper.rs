//! The commands by which tools run the shim.

use std::collections::BTreeMap;
use std::path::Path;

use poolkey_core::name::ProfileName;
use poolkey_files::aws::{Kind, Text};
use poolkey_ipc::shim::{self, Shim};

use super::aws::Aws;
use super::codes::Code;
use super::machine::Machine;
use super::report::{Fix, Report};

/// Which of Poolkey's profiles AWS tools know, and by which names.
pub(super) type Callers = BTreeMap<String, Vec<String>>;

/// Looks at each command that runs the shim, and at profiles that none runs it for.
pub(super) fn examine(machine: &Machine, aws: &Aws<'_>, report: &mut Report) -> Callers {
    let ours = shim::path();
    let mut callers = Callers::new();
    let config = machine.config.as_ref().ok();
    let knows = |name: &str| {
        config.is_none_or(|config| config.profiles.keys().any(|known| known.as_str() == name))
    };
    for (kind, text) in [
        (Kind::Config, &aws.config),
        (Kind::Credentials, &aws.credentials),
    ] {
        for passage in text.iter().flat_map(Text::passages) {
            let Some(section) = passage.profile else {
                continue;
            };
            let command = passage
                .entries
                .iter()
                .find(|(_, key, _)| *key == "credential_process");
            let Some((line, _, command)) = command else {
                continue;
            };
            let about = aws.place(kind, *line);
            if !command.contains(SHIM) {
                if config
                    .is_some_and(|config| config.profiles.keys().any(|n| n.as_str() == section))
                {
                    report.bad(
                        Code::HelperForeign,
                        about,
                        format!("“{section}” is a profile of Poolkey's, and tools run another program for it."),
                        anew(section),
                    );
                }
                continue;
            }
            let before = report.found.len();
            let called = check(command, &ours, machine, &about, section, report);
            if let Some(called) = called {
                if !knows(&called) {
                    report.bad(
                        Code::HelperUnknownProfile,
                        about,
                        format!("“{section}” asks for the keys of “{called}”, and Poolkey has no such profile."),
                        format!("poolkey configure --remove {section}"),
                    );
                } else if called != section {
                    report.note(
                        Code::HelperUnderOtherName,
                        about,
                        format!("Tools know Poolkey's profile “{called}” as “{section}”."),
                    );
                }
                if report.is_clear_since(before) {
                    region(machine, aws, section, report);
                }
                callers.entry(called).or_default().push(section.to_owned());
            }
        }
    }
    unused(machine, aws, &callers, report);
    callers
}

/// The one thing that keeps a command from running for all, if any does; and whose keys it asks for.
fn check(
    command: &str,
    ours: &Path,
    machine: &Machine,
    about: &str,
    section: &str,
    report: &mut Report,
) -> Option<String> {
    // What can be read can be repaired; of the rest the profile is written anew.
    let can_repair = Shim::read(command).is_some();
    let mut bad = |code, told: String| {
        if can_repair {
            report.fixable(
                code,
                about,
                told,
                "poolkey configure --repair",
                Fix::RepairHelpers,
            );
        } else {
            report.bad(code, about, told, anew(section));
        }
    };
    let Some(words) = words(command) else {
        bad(
            Code::HelperUnquoted,
            format!("The command of “{section}” has a quote that does not end."),
        );
        return None;
    };
    let at = words.iter().position(|word| word.contains(SHIM))?;
    let (program, rest) = (&words[at], &words[at + 1..]);
    if at > 0 {
        // Another program runs the shim, unless a space split its path.
        let whole = words[..=at].join(" ");
        if !exists(machine, &words[0]) {
            let told = if Path::new(&whole).is_file() {
                "The path has spaces and no quotes"
            } else {
                "The program is not there, or its path has spaces and no quotes"
            };
            bad(
                Code::HelperUnquoted,
                format!("{told}: no tool can run it for “{section}”."),
            );
        }
        return rest.first().cloned();
    }
    let path = Path::new(program);
    if program.starts_with('~') || program.contains('$') || program.contains('%') {
        bad(
            Code::HelperUnexpanded,
            format!("Python tools, which ask no shell, do not know what “{program}” means."),
        );
    } else if path.is_absolute() && !path.exists() {
        bad(
            Code::HelperMissing,
            format!("There is no program “{}”.", machine.shown(path)),
        );
    } else if !path.is_absolute() && !exists(machine, program) {
        bad(
            Code::HelperMissing,
            format!("There is no program “{program}” in PATH."),
        );
    } else if !path.is_absolute() {
        bad(
            Code::HelperRelative,
            format!(
                "“{program}” is looked for in PATH, which is another one in a desktop, an editor or cron."
            ),
        );
    } else if !is_executable(path) {
        bad(
            Code::HelperNotExecutable,
            format!("“{}” cannot be run.", machine.shown(path)),
        );
    } else if !shim::same(path, ours) && ours.is_file() {
        bad(
            Code::HelperElsewhere,
            format!(
                "“{}” is of another installation than this one.",
                machine.shown(path)
            ),
        );
    } else if !shim::is_readable_by_all(path) {
        report.bad(
            Code::HelperPathHard,
            about,
            format!(
                "Some SDKs read the path “{program}” differently, for it has quotes or the like."
            ),
            "Install Poolkey at a path without them, then run: poolkey configure --repair",
        );
    }
    match rest {
        [profile] => Some(profile.clone()),
        [] | [..] => {
            report.bad(
                Code::HelperArguments,
                about,
                format!(
                    "The shim takes one profile, and the command of “{section}” names {}.",
                    rest.len()
                ),
                anew(section),
            );
            None
        }
    }
}

/// A command that cannot be read is not repaired: nobody knows what else it does.
fn anew(section: &str) -> String {
    format!("Remove that line, then run: poolkey configure {section}")
}

/// Tools want to know where to go.
fn region(machine: &Machine, aws: &Aws<'_>, section: &str, report: &mut Report) {
    let is_set = ["AWS_REGION", "AWS_DEFAULT_REGION"]
        .iter()
        .any(|name| machine.vars.has(name));
    let texts = [&aws.config, &aws.credentials];
    let mut texts = texts.into_iter().flatten();
    if !is_set && !texts.any(|text| text.value(section, "region").is_some()) {
        report.bad(
            Code::RegionMissing,
            format!("profile {section}"),
            "No region is set for it, and most commands want one.",
            format!("aws configure set region REGION --profile {section}"),
        );
    }
}

/// Profiles that no tool gets keys of.
fn unused(machine: &Machine, aws: &Aws<'_>, callers: &Callers, report: &mut Report) {
    let Ok(config) = &machine.config else { return };
    if aws.config.is_none() && !matches!(machine.aws_config.state, super::machine::State::Absent) {
        return;
    }
    let is_source = |name: &ProfileName| {
        let mut profiles = config.profiles.values();
        profiles.any(|profile| profile.source_profile() == Some(name))
    };
    for name in config.profiles.keys() {
        let file = config.files.get(name);
        let is_written = file.is_some_and(|file| file.write_profile.is_some());
        let ways = aws.ways(name.as_str());
        if !callers.contains_key(name.as_str()) && !is_written && !is_source(name) && !ways.helper()
        {
            report.bad(
                Code::ProfileUnused,
                format!("profile {name}"),
                "AWS tools do not know of it: no section of ~/.aws/config runs the shim for it.",
                format!("poolkey configure {name}"),
            );
        }
    }
}

fn exists(machine: &Machine, program: &str) -> bool {
    if program.contains('/') {
        Path::new(program).is_file()
    } else {
        !machine.in_path(program).is_empty()
    }
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use rustix::fs::{Access, access};
    path.is_file() && access(path, Access::EXEC_OK).is_ok()
}

#[cfg(not(unix))]
fn is_executable(path: &Path) -> bool {
    path.is_file()
}

/// The words of a command, as tools split it that ask no shell.
#[cfg(unix)]
fn words(command: &str) -> Option<Vec<String>> {
    shlex::split(command)
}

/// A backslash is part of a path there, and only double quotes are quotes.
#[cfg(not(unix))]
fn words(command: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    for (number, part) in command.split('"').enumerate() {
        if number % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    (command.matches('"').count() % 2 == 0).then_some(words)
}

const SHIM: &str = "poolkey-credential-process";
