//! (d) From nothing to the first answer.

use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::figures::Figures;
use crate::report::{Limit, Report};
use crate::stage::{Plan, Stage};
use crate::{Pace, Programs, Result, wire};

pub(crate) fn measure(programs: &Programs, pace: Pace, report: &mut Report) -> Result<()> {
    eprintln!("(d) cold start");
    let stage = Stage::bare(programs)?;
    let seeded = json!({
        "user_pool_id": "us-east-1_Bench0001",
        "client_id": "bench0000000000000000000001",
        "identity_pool_id": "us-east-1:00000000-0000-4000-8000-000000000001",
    });
    stage.configure(&Plan::usual(), &seeded, "http://127.0.0.1:9")?;
    let bytes = stage.home.join("bytes");
    std::fs::write(&bytes, "\n")?;
    let bare = stage.home.join("run/bare");

    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..pace.pick(60, 20) {
        theirs.push(first_answer(&bare, || {
            let mut command = stage.command(programs.bench.join("bare"));
            command.arg(&bare).arg(&bytes).spawn()
        })?);
        ours.push(first_answer(&stage.socket(), || {
            let mut command = stage.command(programs.installed.join("poolkeyd"));
            command.stderr(Stdio::null()).spawn()
        })?);
    }
    let (ours, theirs) = (Figures::new(ours, "ms"), Figures::new(theirs, "ms"));
    report.bar(
        "(d) cold start to the first answer",
        ours.median(),
        Limit::AtMost(10.0),
        "ms",
    );
    report.note("(d) daemon, 30 profiles", ours);
    report.note("(d) bare server", theirs);
    Ok(())
}

/// Milliseconds from before the start until an answer was read.
fn first_answer(socket: &Path, start: impl FnOnce() -> std::io::Result<Child>) -> Result<f64> {
    let begun = Instant::now();
    let mut child = start()?;
    loop {
        let reply = wire::exchange(socket, b"{\"v\":1,\"ask\":\"status\"}\n");
        if reply.is_ok_and(|reply| reply.ends_with(b"\n")) {
            break;
        }
        if begun.elapsed() > Duration::from_secs(10) {
            return Err("it does not start".into());
        }
        std::thread::sleep(Duration::from_micros(100));
    }
    let took = begun.elapsed();
    child.kill()?;
    child.wait()?;
    std::fs::remove_file(socket)?;
    Ok(took.as_nanos() as f64 / 1e6)
}
