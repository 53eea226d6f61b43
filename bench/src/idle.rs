//! (c) A daemon that nobody asks.

use std::collections::BTreeMap;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::process::{resident, switches};
use crate::report::{Limit, Report};
use crate::stage::{Plan, Road, Stage, login};
use crate::{Pace, Programs, Result, wire};

/// A daemon that is watched while it lies idle.
pub(crate) struct Watched {
    stage: Stage,
    after_refresh: f64,
    watcher: JoinHandle<Result<Wakes>>,
}

/// How often each thread woke, in so many seconds.
struct Wakes {
    seconds: f64,
    threads: BTreeMap<String, u64>,
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
    let daemon = stage.daemon();
    let length = Duration::from_secs(pace.pick(300, 60));
    Ok(Watched {
        after_refresh: resident(daemon)?,
        stage,
        watcher: std::thread::spawn(move || watch(daemon, length)),
    })
}

fn watch(daemon: u32, length: Duration) -> Result<Wakes> {
    // Connections that are kept for the next call are closed by then.
    std::thread::sleep(SETTLED);
    let start = Instant::now();
    let before = switches(daemon)?;
    std::thread::sleep(length);
    let mut threads = switches(daemon)?;
    for (thread, count) in &mut threads {
        *count -= before.get(thread).unwrap_or(&0);
    }
    Ok(Wakes {
        seconds: start.elapsed().as_secs_f64(),
        threads,
    })
}

impl Watched {
    /// Waits until it has lain long enough.
    pub(crate) fn end(self, report: &mut Report) -> Result<()> {
        eprintln!("(c) a daemon that nobody asks");
        let wakes = self.watcher.join().map_err(|_| "the watcher panicked")??;
        let mebibytes = |bytes: f64| bytes / f64::from(1 << 20);
        report.bar(
            "(c) idle, wake-ups a second",
            wakes.threads.values().sum::<u64>() as f64 / wakes.seconds,
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
        let threads: Vec<String> = wakes
            .threads
            .iter()
            .map(|(thread, count)| format!("{thread}: {count}"))
            .collect();
        report.note(
            &format!("(c) wake-ups in {:.0} s", wakes.seconds),
            threads.join("; "),
        );
        Ok(())
    }
}

const SETTLED: Duration = Duration::from_secs(45);
