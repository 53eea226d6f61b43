//! `scripts/bench`: what Poolkey costs, against floors built and run beside it.
//!
//! ```text
//!  stage   a private desktop: keyring, sandbox, TLS before it, daemon, logins signed in
//!  shim    (a)  programs turn by turn, through `laps.c`
//!  load    (b)  many connections, against `bare`
//!  idle    (c)  wake-ups and memory of a daemon that nobody asks
//!  cold    (d)  from nothing to the first answer
//!  many    (e)  a thousand logins
//!  sdk     (f)  what an SDK waits for
//!  desktop (g)  the windows and the icon
//!  report       bars, met or missed by how much
//! ```
//!
//! Each comparison is of one interleaved run on one machine, so that a busy machine slows both
//! sides.

mod cold;
mod desktop;
mod figures;
mod front;
mod idle;
mod load;
mod many;
mod process;
mod report;
mod sdk;
mod shim;
mod stage;
mod wire;

use std::path::PathBuf;

use report::Report;
use stage::{Plan, Stage};

/// Whatever goes wrong is told and ends the bench.
type Result<T, E = Box<dyn std::error::Error + Send + Sync>> = std::result::Result<T, E>;

/// How much to measure.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pace {
    Full,
    Quick,
}

impl Pace {
    fn pick<T>(self, full: T, quick: T) -> T {
        match self {
            Self::Full => full,
            Self::Quick => quick,
        }
    }
}

/// Where the programs under measurement are.
#[derive(Clone)]
struct Programs {
    /// What people install.
    installed: PathBuf,
    /// What only the bench has.
    bench: PathBuf,
    /// A Python that has botocore, for (f).
    python: PathBuf,
    /// This package.
    source: PathBuf,
}

fn main() -> Result<()> {
    let mut pace = Pace::Full;
    let mut only = String::from("abcdefg");
    let mut paths = Vec::new();
    for arg in std::env::args().skip(1) {
        match arg.as_str() {
            "--quick" => pace = Pace::Quick,
            _ => match arg.strip_prefix("--only=") {
                Some(parts) => parts.clone_into(&mut only),
                None => paths.push(PathBuf::from(arg)),
            },
        }
    }
    let Ok([installed, bench, python, source, out]) = <[PathBuf; 5]>::try_from(paths) else {
        return Err("it is run by scripts/bench".into());
    };
    let programs = Programs {
        installed,
        bench,
        python,
        source,
    };
    let mut report = Report::new(pace);
    let wanted = |part| only.contains(part);

    // It lies idle while the others work: what is counted is its own.
    let watched = if wanted('c') {
        Some(idle::begin(&programs, pace)?)
    } else {
        None
    };
    if wanted('a') || wanted('b') || wanted('f') {
        let stage = Stage::set(&programs, &Plan::usual())?;
        if wanted('a') {
            shim::measure(&stage, pace, &mut report)?;
        }
        if wanted('b') {
            load::measure(&stage, pace, &mut report)?;
        }
        if wanted('f') {
            sdk::measure(&stage, pace, &mut report)?;
        }
    }
    if wanted('d') {
        cold::measure(&programs, pace, &mut report)?;
    }
    if wanted('e') {
        many::measure(&programs, pace, &mut report)?;
    }
    if wanted('g') {
        desktop::measure(&programs, pace, &mut report)?;
    }
    if let Some(watched) = watched {
        watched.end(&mut report)?;
    }
    report.publish(&out)
}
