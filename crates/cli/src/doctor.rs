//! `poolkey doctor`: what shadows what, and what stands in the way.
//!
//! It looks, and changes nothing without `--fix`. No daemon is started by it, and none is waited for
//! for long.
//!
//! ```text
//!  machine ─▶ environment, aws, helper, files, programs, daemon, vault, logins ─▶ report ─▶ text
//!  daemon  ─▶ the network, which it alone may speak with                               ├─▶ json
//!                                                                                      ├─▶ fix
//!                                                                                      └─▶ bundle
//! ```

use std::io::Write;
use std::time::Duration;

use poolkey_core::failure::{Failure, Trouble};
use poolkey_core::finding::Finding;
use poolkey_ipc::client::Starting;
use poolkey_ipc::{Ask, Client, Reply, Status};
use serde::Serialize;

use crate::args::DoctorArgs;
use crate::ending::Ending;

use aws::Aws;
use codes::Code;
use fix::Consent;
use logins::Scope;
use machine::Machine;
use programs::{Asked, Versions};
use report::{Report, Summary};
use sources::{EnvironmentKeys, Source, Taker};
use text::Detail;

mod aws;
mod bundle;
mod codes;
mod daemon;
mod environment;
mod files;
mod fix;
mod helper;
mod logins;
mod machine;
mod programs;
mod redact;
mod report;
mod sources;
mod text;
mod vault;

/// Examines this machine, tells what was found, and mends what is safe to mend where that is asked.
pub(crate) fn run(args: &DoctorArgs, client: &Client) -> Result<(), Ending> {
    let machine = Machine::of_process();
    let mut seen = look(args, &machine)?;
    let fixes = seen.report.fixes();
    let mut done = Vec::new();
    if args.fix && !fixes.is_empty() {
        if !args.json && !args.yes {
            show(args, &seen)?;
        }
        let consent = if args.yes {
            Consent::Given
        } else {
            Consent::Asked
        };
        done = fix::mend(&fixes, consent, &machine, client)?;
        // What is left is what counts.
        seen = look(args, &Machine::of_process())?;
    }
    if args.json {
        tell_json(&seen, &done)?;
    } else {
        fix::tell(&done)?;
        // Who agreed to nothing has seen it all already.
        if args.yes || !args.fix || fixes.is_empty() || !done.is_empty() {
            show(args, &seen)?;
        }
    }
    if let Some(path) = &args.bundle {
        bundle::write(path, &machine, &seen)?;
    }
    if seen.report.summary().is_well() {
        Ok(())
    } else {
        Err(Ending::Told(UNWELL))
    }
}

/// All that was seen.
struct Seen {
    report: Report,
    versions: Versions,
    status: Option<Status>,
    /// Where each SDK takes the keys of the profile that was named.
    takers: Option<(String, Vec<(Taker, Source)>)>,
}

fn look(args: &DoctorArgs, machine: &Machine) -> Result<Seen, Ending> {
    let asked = Asked::of(machine);
    let mut report = Report::default();
    let aws = Aws::read(machine, &mut report);
    let scope = scope(args, machine, &aws)?;

    let status = daemon::examine(machine, &mut report);
    let snapshot = status.as_ref().map(|status| &status.snapshot);
    vault::examine(
        machine,
        status.as_ref().map(|status| &status.daemon.vault),
        &mut report,
    );
    if let Some(snapshot) = snapshot {
        logins::examine(machine, snapshot, &scope, &mut report);
    }
    logins::ports(machine, snapshot, &scope, &mut report);
    environment::examine(machine, &|profile| aws.has(profile), &mut report);
    let writer = match status {
        Some(_) => aws::Daemon::Runs,
        None => aws::Daemon::Absent,
    };
    aws.examine(writer, &mut report);
    helper::examine(machine, &aws, &mut report);
    files::examine(machine, &mut report);
    let versions = asked.examine(machine, &mut report);
    if !args.offline {
        network(machine, status.is_some(), &scope, &mut report);
    }
    let takers = profile_of(&scope).map(|profile| {
        let ways = aws.ways(profile);
        let rows = sources::table(ways, EnvironmentKeys::of(&machine.vars));
        if rows.iter().all(|(_, source)| *source == Source::Helper) {
            report.good(
                Code::ProfileServed,
                format!("profile {profile}"),
                "Every SDK takes its keys by credential_process.",
            );
        }
        (profile.to_owned(), rows)
    });
    report.sort();
    Ok(Seen {
        report,
        versions,
        status,
        takers,
    })
}

/// What the name is the name of.
fn scope(args: &DoctorArgs, machine: &Machine, aws: &Aws<'_>) -> Result<Scope, Ending> {
    let Some(name) = &args.name else {
        return Ok(Scope::All);
    };
    let config = machine.config.as_ref().ok();
    if let Some(scope) = config.and_then(|config| logins::scope_of(name, config)) {
        return Ok(scope);
    }
    if aws.has(name) || config.is_none() {
        return Ok(Scope::Aws(name.clone()));
    }
    Err(Failure::from(Trouble::UnknownProfile(name.clone())).into())
}

fn profile_of(scope: &Scope) -> Option<&str> {
    match scope {
        Scope::Profile(profile, _) | Scope::Aws(profile) => Some(profile),
        Scope::All | Scope::Login(_) => None,
    }
}

/// The daemon alone speaks with the network; one that is not there is not started for it.
fn network(machine: &Machine, has_daemon: bool, scope: &Scope, report: &mut Report) {
    if !has_daemon {
        report.bad(
            Code::NetworkNotExamined,
            "network",
            "Only the daemon speaks with it, and there is none that answers.",
            "poolkey daemon start, then: poolkey doctor",
        );
        return;
    }
    let client = Client::new(machine.sockets.clone(), Starting::Never).patience(PATIENCE);
    let ask = Ask::Examine {
        login: scope.login().map(str::to_owned),
    };
    match client.ask(&ask) {
        Ok(Reply::Findings(findings)) => {
            // A clock that was just compared tells more than one that was compared at some time.
            if findings.iter().any(|finding| finding.about == "clock") {
                report.found.retain(|found| found.finding.about != "clock");
            }
            findings
                .into_iter()
                .for_each(|finding| report.take(finding));
        }
        Ok(other) => unexamined(&other.unexpected(), report),
        Err(failure) => unexamined(&failure, report),
    }
}

fn unexamined(failure: &Failure, report: &mut Report) {
    report.failure(Code::NetworkNotExamined, "network", failure);
}

fn show(args: &DoctorArgs, seen: &Seen) -> Result<(), Ending> {
    let detail = if args.verbose {
        Detail::Verbose
    } else {
        Detail::Short
    };
    let mut out = anstream::stdout().lock();
    if let Some((profile, rows)) = &seen.takers {
        writeln!(out, "{}", text::takers(profile, rows).trim_end())?;
        writeln!(out)?;
    }
    write!(out, "{}", text::text(&seen.report, detail, width()))?;
    Ok(out.flush()?)
}

/// What `--json` prints, on one line.
#[derive(Serialize)]
struct Told<'a> {
    findings: Vec<&'a Finding>,
    summary: Summary,
    #[serde(skip_serializing_if = "Option::is_none")]
    takers: Option<Vec<TakerTold>>,
    /// What `--fix` did.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    mended: &'a [String],
}

#[derive(Serialize)]
struct TakerTold {
    taker: Taker,
    takes: Source,
}

fn tell_json(seen: &Seen, done: &[String]) -> Result<(), Ending> {
    let told = Told {
        findings: seen
            .report
            .found
            .iter()
            .map(|found| &found.finding)
            .collect(),
        summary: seen.report.summary(),
        takers: seen.takers.as_ref().map(|(_, rows)| {
            let told = |(taker, takes): &(Taker, Source)| TakerTold {
                taker: *taker,
                takes: *takes,
            };
            rows.iter().map(told).collect()
        }),
        mended: done,
    };
    let line = serde_json::to_string(&told).map_err(std::io::Error::from)?;
    Ok(writeln!(anstream::stdout(), "{line}")?)
}

/// That of the terminal, as far as people read lines.
fn width() -> usize {
    #[cfg(unix)]
    let columns = rustix::termios::tcgetwinsize(std::io::stdout()).map_or(0, |size| size.ws_col);
    #[cfg(not(unix))]
    let columns = 0_u16;
    match columns {
        0 => 80,
        columns => usize::from(columns).clamp(40, 100),
    }
}

/// Something is worse than a note.
const UNWELL: u8 = 17;

/// Every endpoint of every login is tried, one beside the other.
const PATIENCE: Duration = Duration::from_secs(40);
