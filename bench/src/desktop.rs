//! (g) The windows and the icon: how long a click takes, and what stays in memory.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::figures::Figures;
use crate::process::{family, share, wakes};
use crate::report::{Limit, Report};
use crate::stage::{Plan, Stage, login};
use crate::{Pace, Programs, Result};

pub(crate) fn measure(programs: &Programs, pace: Pace, report: &mut Report) -> Result<()> {
    eprintln!("(g) the windows and the icon");
    let mut stage = Stage::set(
        programs,
        &Plan {
            logins: 2,
            profiles: 3,
            ..Plan::usual()
        },
    )?;
    let screen = screen(&mut stage)?;
    let tray = tray(&mut stage)?;
    let always = [stage.daemon(), tray];
    let watched = Duration::from_secs(pace.pick(60, 20));

    // That there is no panel, the icon has told by then.
    std::thread::sleep(3 * SETTLED);
    let before = memory(&always)?;
    report.bar(
        "(g) the icon, PSS",
        mebibytes(share(tray)?),
        Limit::AtMost(6.0),
        "MiB",
    );
    report.note(
        "(g) the daemon, PSS",
        format!("{:.1} MiB", mebibytes(share(stage.daemon())?)),
    );
    report.bar(
        &format!("(g) the icon, wake-ups in {} s", watched.as_secs()),
        woken(&[tray], watched) as f64,
        Limit::AtMost(0.0),
        "",
    );

    let starts = pace.pick(20, 5);
    let mut took = Vec::new();
    for _ in 0..starts {
        let (window, ready) = open(&stage, &screen, &["--login", &login(1)])?;
        took.push(ready.as_secs_f64() * 1e3);
        close(window)?;
    }
    report.note(
        "(g) the first click to a page, ms",
        format!("{:.0}", took[0]),
    );
    let took = Figures::new(took, "ms");
    report.bar(
        "(g) click to ready, median",
        took.median(),
        Limit::AtMost(800.0),
        "ms",
    );
    report.note(&format!("(g) click to ready, {starts} starts"), took);

    let (window, _) = open(&stage, &screen, &[])?;
    std::thread::sleep(SETTLED);
    let processes = family(window.id());
    report.note(
        &format!("(g) a window open, PSS of {} processes", processes.len()),
        format!("{:.0} MiB", mebibytes(memory(&processes)?)),
    );
    report.note(
        &format!("(g) a window open, wake-ups in {} s", watched.as_secs()),
        format!(
            "{} of them, {} of icon and daemon",
            woken(&processes, watched),
            woken(&always, watched)
        ),
    );
    close(window)?;
    std::thread::sleep(SETTLED);
    let left = processes.iter().filter(|process| share(**process).is_ok());
    report.bar(
        "(g) processes that a closed window leaves",
        left.count() as f64,
        Limit::AtMost(0.0),
        "",
    );
    report.bar(
        "(g) icon and daemon, PSS after all windows less before",
        mebibytes(memory(&always)? - before),
        Limit::AtMost(2.0),
        "MiB",
    );
    report.bar(
        "(g) the pages, compressed",
        pages(programs.source.parent().ok_or("no root")?)? as f64 / 1000.0,
        Limit::AtMost(150.0),
        "KB",
    );
    Ok(())
}

fn screen(stage: &mut Stage) -> Result<String> {
    let mut screen = stage
        .command("Xvfb")
        .args([
            "-displayfd",
            "1",
            "-screen",
            "0",
            "1280x1000x24",
            "-nolisten",
            "tcp",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut number = String::new();
    let out = screen.stdout.take().ok_or("no output")?;
    BufReader::new(out).read_line(&mut number)?;
    stage.keep(screen);
    Ok(format!(":{}", number.trim()))
}

fn tray(stage: &mut Stage) -> Result<u32> {
    let tray = stage
        .command(stage.programs.installed.join("poolkey-tray"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(File::create(stage.home.join("tray.log"))?)
        .spawn()?;
    let id = tray.id();
    stage.keep(tray);
    Ok(id)
}

/// Starts the program, and waits until its page says that it is painted.
fn open(stage: &Stage, screen: &str, args: &[&str]) -> Result<(Child, Duration)> {
    let begun = Instant::now();
    let mut window = stage
        .command(stage.programs.installed.join("poolkey-desktop"))
        .args(args)
        .env("DISPLAY", screen)
        .env("GDK_BACKEND", "x11")
        .env("NO_AT_BRIDGE", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let said = window.stderr.take().ok_or("no output")?;
    let mut lines = BufReader::new(said).lines();
    for line in lines.by_ref() {
        if line?.contains(" ready, ") {
            let took = begun.elapsed();
            // What else it says is nobody's business, but must find a reader.
            std::thread::spawn(move || lines.for_each(drop));
            return Ok((window, took));
        }
    }
    Err(format!("it shows nothing: {}", window.wait()?).into())
}

fn close(mut window: Child) -> Result<()> {
    let pid = window.id().to_string();
    Command::new("kill").args(["-TERM", &pid]).status()?;
    window.wait()?;
    Ok(())
}

fn memory(processes: &[u32]) -> Result<f64> {
    processes.iter().map(|process| share(*process)).sum()
}

fn woken(processes: &[u32], length: Duration) -> u64 {
    let before = wakes(processes);
    std::thread::sleep(length);
    let since = |(thread, count): (String, u64)| {
        count.saturating_sub(before.get(&thread).copied().unwrap_or_default())
    };
    wakes(processes).into_iter().map(since).sum()
}

/// What the pages have when each file is compressed.
fn pages(root: &Path) -> Result<usize> {
    let mut bytes = 0;
    let files = Command::new("find")
        .args(["ui/dist", "-type", "f"])
        .current_dir(root)
        .output()?;
    for file in String::from_utf8(files.stdout)?.lines() {
        let zipped = Command::new("gzip")
            .arg("-9c")
            .arg(root.join(file))
            .output()?;
        bytes += zipped.stdout.len();
    }
    Ok(bytes)
}

fn mebibytes(bytes: f64) -> f64 {
    bytes / f64::from(1 << 20)
}

const SETTLED: Duration = Duration::from_secs(8);
