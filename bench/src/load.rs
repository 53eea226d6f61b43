//! (b) The daemon under load, a new connection for each request.

use std::path::Path;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::figures::Figures;
use crate::report::{Limit, Report};
use crate::shim::Floor;
use crate::stage::{Stage, profile};
use crate::{Pace, Result, wire};

pub(crate) fn measure(stage: &Stage, pace: Pace, report: &mut Report) -> Result<()> {
    eprintln!("(b) the daemon under load");
    let line = wire::keys_of(&profile(1));
    let bytes = wire::exchange(&stage.socket(), line.as_bytes())?;
    let floor = Floor::start(stage, &bytes)?;
    let daemon = stage.socket();

    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..pace.pick(20_000, 5000) {
        theirs.push(one(&floor.socket, &line)?);
        ours.push(one(&daemon, &line)?);
    }
    let (ours, theirs) = (Figures::new(ours, "µs"), Figures::new(theirs, "µs"));
    report.bar(
        "(b) p50 at 1 client ÷ bare server",
        ours.median() / theirs.median(),
        Limit::AtMost(1.5),
        "",
    );
    report.note("(b) 1 client, bare server", theirs);
    report.note("(b) 1 client, daemon", ours);

    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..pace.pick(30, 10) {
        theirs.push(rate(&floor.socket, &line)?);
        ours.push(rate(&daemon, &line)?);
    }
    let (ours, theirs) = (
        Figures::new(ours, "requests/s"),
        Figures::new(theirs, "requests/s"),
    );
    report.bar(
        "(b) requests/s at 8 clients ÷ bare server",
        ours.median() / theirs.median(),
        Limit::AtLeast(0.6),
        "",
    );
    report.note("(b) 8 clients, bare server", theirs);
    report.note("(b) 8 clients, daemon", ours);

    let (asked, failed) = flood(&daemon, &line, pace.pick(40, 10));
    report.bar(
        &format!("(b) errors at 256 clients, {asked} requests"),
        failed as f64,
        Limit::AtMost(0.0),
        "",
    );
    Ok(())
}

/// Microseconds of one request.
fn one(socket: &Path, line: &str) -> Result<f64> {
    let start = Instant::now();
    let reply = wire::exchange(socket, line.as_bytes())?;
    let took = start.elapsed();
    if reply.ends_with(b"}}\n") {
        Ok(took.as_nanos() as f64 / 1e3)
    } else {
        Err("it did not answer".into())
    }
}

/// Requests a second of eight clients.
fn rate(socket: &Path, line: &str) -> Result<f64> {
    let start = Instant::now();
    let counts: Vec<Result<u64>> = std::thread::scope(|scope| {
        let client = || {
            let mut count = 0;
            while start.elapsed() < SLICE {
                one(socket, line)?;
                count += 1;
            }
            Ok(count)
        };
        let clients: Vec<_> = (0..8).map(|_| scope.spawn(client)).collect();
        let joined = clients.into_iter().map(|client| client.join());
        joined
            .map(|count| count.unwrap_or_else(|_| Err("it panicked".into())))
            .collect()
    });
    let count: u64 = counts.into_iter().sum::<Result<u64>>()?;
    Ok(count as f64 / start.elapsed().as_secs_f64())
}

/// How many requests of 256 clients at once were made, and how many had no answer.
fn flood(socket: &Path, line: &str, each: u64) -> (u64, u64) {
    let failed = AtomicU64::new(0);
    let together = Barrier::new(CLIENTS);
    std::thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                for _ in 0..each {
                    together.wait();
                    if one(socket, line).is_err() {
                        failed.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    (each * CLIENTS as u64, failed.into_inner())
}

const SLICE: Duration = Duration::from_millis(400);
const CLIENTS: usize = 256;
