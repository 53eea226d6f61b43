//! (f) What an SDK waits for, in its own process.

use std::fs;
use std::process::{Command, Stdio};

use crate::figures::Figures;
use crate::report::Report;
use crate::stage::{Stage, profile};
use crate::{Pace, Result};

pub(crate) fn measure(stage: &Stage, pace: Pace, report: &mut Report) -> Result<()> {
    eprintln!("(f) in the SDKs");
    let rounds = pace.pick(300, 60).to_string();
    let file = stage.home.join("document");
    let document = stage.command(stage.shim()).arg(profile(1)).output()?.stdout;
    fs::write(&file, document)?;
    let cat = format!("cat {}", file.display());
    let shim = format!("{} {}", stage.shim().display(), profile(1));

    let mut botocore = stage.command(&stage.programs.python);
    botocore.arg(stage.programs.source.join("resolve.py"));
    let rust = stage.command(stage.programs.bench.join("resolve"));
    for (name, mut sdk) in [("botocore", botocore), ("aws-config", rust)] {
        let [cat, shim] = both(sdk.arg(&rounds).arg(&cat).arg(&shim))?;
        let ratio = shim.median() / cat.median();
        report.note(&format!("(f) {name}, cat"), cat);
        report.note(
            &format!("(f) {name}, Poolkey"),
            format!("{shim}: {ratio:.2} × cat"),
        );
    }
    Ok(())
}

fn both(command: &mut Command) -> Result<[Figures; 2]> {
    let out = command.stderr(Stdio::inherit()).output()?;
    if !out.status.success() {
        return Err("the SDK failed".into());
    }
    let mut times = [Vec::new(), Vec::new()];
    for line in String::from_utf8(out.stdout)?.lines() {
        let (index, nanos) = line.split_once(' ').ok_or("no figures")?;
        times[index.parse::<usize>()?].push(nanos.parse::<f64>()? / 1e6);
    }
    Ok(times.map(|times| Figures::new(times, "ms")))
}
