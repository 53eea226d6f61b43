//! (c) A daemon that nobody asks.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::report::{Limit, Report};
use crate::stage::{Plan, Road, Stage, login, proc_figure, resident};
use crate::{Pace, Programs, Result, wire};

/// A daemon that is watched while it lies idle.
pub(crate) struct Watched {
    stage: Stage,
    pace: Pace,
    after_refresh: f64,
    since: Instant,
    switches: BTreeMap<String, u64>,
}

/// Renews by TLS, then leaves the daemon alone.
pub(crate) fn begin(programs: &Programs, pace: Pace) -> Result<Watched> {
    eprintln!("(c) signing in by TLS");
    let plan = Plan {
        road: Road::Tls,
        ..Plan::usual()
    };
    let stage = Stage::set(programs, &plan)?;
    for number in 1..=plan.logins {
        let ask = json!({"ask": "renew", "login": login(number)});
        wire::ask(&stage.socket(), ask)?;
    }
    stage.use_profiles(plan.profiles)?;
    let after_refresh = resident(stage.daemon())?;
    // Connections that are kept for the next call are closed by then.
    std::thread::sleep(SETTLED);
    let switches = switches(stage.daemon())?;
    Ok(Watched {
        stage,
        pace,
        after_refresh,
        since: Instant::now(),
        switches,
    })
}

impl Watched {
    /// Counts, once it has lain long enough.
    pub(crate) fn end(self, report: &mut Report) -> Result<()> {
        let long_enough = Duration::from_secs(self.pace.pick(300, 60));
        eprintln!("(c) a daemon that nobody asks");
        std::thread::sleep(long_enough.saturating_sub(self.since.elapsed()));
        let seconds = self.since.elapsed().as_secs_f64();
        let after = switches(self.stage.daemon())?;
        let mut woken = 0;
        let mut threads = String::new();
        for (thread, now) in &after {
            let count = now - self.switches.get(thread).unwrap_or(&0);
            woken += count;
            threads.push_str(&format!("{thread}: {count}; "));
        }
        let mebibytes = |bytes: f64| bytes / f64::from(1 << 20);
        report.bar(
            "(c) idle, wake-ups a second",
            woken as f64 / seconds,
            Limit::AtMost(0.05),
            "",
        );
        report.bar(
            "(c) resident after a TLS refresh",
            mebibytes(self.after_refresh),
            Limit::AtMost(16.0),
            "MiB",
        );
        report.bar(
            "(c) resident while idle",
            mebibytes(resident(self.stage.daemon())?),
            Limit::AtMost(16.0),
            "MiB",
        );
        report.note(
            &format!("(c) wake-ups in {seconds:.0} s"),
            threads.trim_end_matches("; "),
        );
        Ok(())
    }
}

/// How often each thread of a process went to sleep.
fn switches(process: u32) -> Result<BTreeMap<String, u64>> {
    let mut found = BTreeMap::new();
    for task in fs::read_dir(format!("/proc/{process}/task"))? {
        let task = task?.path();
        let name = fs::read_to_string(task.join("comm"))?;
        let number = Path::file_name(&task).unwrap_or_default();
        found.insert(
            format!("{} {}", name.trim(), number.display()),
            proc_figure(&task.join("status"), "voluntary_ctxt_switches").unwrap_or(0),
        );
    }
    Ok(found)
}

const SETTLED: Duration = Duration::from_secs(45);
