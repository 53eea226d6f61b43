//! (e) A thousand logins with three profiles each.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::process::resident;
use crate::report::{Limit, Report};
use crate::shim::laps;
use crate::stage::{Plan, Road, Stage, Vault, profile};
use crate::{Pace, Programs, Result};

pub(crate) fn measure(programs: &Programs, pace: Pace, report: &mut Report) -> Result<()> {
    let logins = pace.pick(1000, 200);
    eprintln!("(e) {logins} logins");
    let plan = |logins, lifetimes| Plan {
        logins,
        profiles: 3 * logins,
        vault: Vault::File,
        road: Road::Plain,
        lifetimes,
    };
    let one = Stage::set(programs, &plan(1, json!({})))?;
    let many = Stage::set(programs, &plan(logins, json!({})))?;
    std::thread::sleep(SETTLED);
    let grown = resident(many.daemon())? - resident(one.daemon())?;
    report.bar(
        &format!(
            "(e) bytes a profile, {logins} logins with {} profiles",
            3 * logins
        ),
        grown / (3 * logins - 3) as f64,
        Limit::AtMost(10_240.0),
        "",
    );
    report.note("(e) resident, 1 login with 3 profiles", kibibytes(&one)?);
    report.note("(e) resident, all of them", kibibytes(&many)?);

    let shim = |stage: &Stage| {
        vec![
            format!("POOLKEY_SOCKET={}", stage.socket().display()),
            stage.shim().display().to_string(),
            profile(2),
        ]
    };
    let both = [shim(&one), shim(&many)];
    let laps = laps(&one, pace.pick(600, 300), Path::new("/dev/null"), &both)?;
    let (few, all) = (laps[0].milliseconds(), laps[1].milliseconds());
    report.bar(
        "(e) shim p50 ÷ with 1 login",
        all.median() / few.median(),
        Limit::AtMost(1.1),
        "",
    );
    report.note("(e) shim, 1 login", few);
    report.note("(e) shim, all of them", all);
    drop(one);
    drop(many);
    renewals(programs, &plan(logins, json!({})), pace, report)
}

/// Counts the calls of each second while everything comes to be renewed.
fn renewals(programs: &Programs, plan: &Plan, pace: Pace, report: &mut Report) -> Result<()> {
    eprintln!("(e) renewals");
    // Long enough that all are signed in before the first is due, which is after 58 to 67 %.
    let life = pace.pick(240, 60);
    let lifetimes = json!({"keys_seconds": life, "id_token_seconds": life});
    let begun = Instant::now();
    let stage = Stage::set(programs, &Plan { lifetimes, ..*plan })?;
    let filled = begun.elapsed();
    let due = Duration::from_secs(life) * 58 / 100;
    if filled > due {
        report.note(
            "(e) renewals began before all were signed in",
            filled.as_secs(),
        );
    }
    stage.sandbox.call("DELETE", "calls", &Value::Null)?;
    std::thread::sleep(due.saturating_sub(filled) + Duration::from_secs(pace.pick(150, 45)));
    let told = stage.sandbox.call("GET", "calls", &Value::Null)?;
    let mut times = Vec::new();
    let mut kinds = BTreeMap::new();
    for call in told["calls"].as_array().into_iter().flatten() {
        times.extend(call["time_ms"].as_i64());
        let kind = (call["operation"].to_string(), call["outcome"].to_string());
        *kinds.entry(kind).or_insert(0) += 1;
    }
    times.sort_unstable();
    // Any second, wherever it begins.
    let busiest = (0..times.len())
        .map(|first| times.partition_point(|time| *time < times[first] + 1000) - first)
        .max();
    report.bar(
        "(e) calls to AWS in the busiest second",
        busiest.map_or(f64::INFINITY, |calls| calls as f64),
        Limit::AtMost(10.0),
        "",
    );
    let kinds: Vec<String> = kinds
        .iter()
        .map(|((operation, outcome), count)| format!("{operation} {outcome}: {count}"))
        .collect();
    report.note("(e) calls", kinds.join("; ").replace('"', ""));
    Ok(())
}

fn kibibytes(stage: &Stage) -> Result<String> {
    Ok(format!("{:.0} KiB", resident(stage.daemon())? / 1024.0))
}

const SETTLED: Duration = Duration::from_secs(5);
