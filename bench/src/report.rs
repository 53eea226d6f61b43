//! What was found, as a table: each bar met or missed by how much.

use std::fmt::Write;
use std::path::Path;

use crate::figures::short;
use crate::{Pace, Result};

/// The bars and figures so far.
pub(crate) struct Report {
    pace: Pace,
    bars: Vec<(String, f64, Limit, &'static str)>,
    notes: Vec<(String, String)>,
}

/// What a figure must hold.
#[derive(Clone, Copy)]
pub(crate) enum Limit {
    AtMost(f64),
    AtLeast(f64),
}

impl Report {
    pub(crate) fn new(pace: Pace) -> Self {
        Self {
            pace,
            bars: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Holds a figure against its bar.
    pub(crate) fn bar(&mut self, what: &str, value: f64, limit: Limit, unit: &'static str) {
        eprintln!("  {what}: {} {unit}", short(value));
        self.bars.push((what.to_owned(), value, limit, unit));
    }

    /// A figure that no bar is set for.
    pub(crate) fn note(&mut self, what: &str, figures: impl std::fmt::Display) {
        eprintln!("  {what}: {figures}");
        self.notes.push((what.to_owned(), figures.to_string()));
    }

    /// Prints all, and writes it to a file.
    pub(crate) fn publish(&self, out: &Path) -> Result<()> {
        let processors = std::thread::available_parallelism()?;
        let load = std::fs::read_to_string("/proc/loadavg")?;
        let load: Vec<&str> = load.split(' ').take(3).collect();
        let mut text = format!(
            "# What Poolkey costs\n\nOn {processors} processors; load after 1, 5 and 15 minutes: {}.\n\n",
            load.join(", ")
        );
        if self.pace == Pace::Quick {
            text.push_str("A quick run: fewer rounds and logins than the bars are set for.\n\n");
        }
        text.push_str("| bar | found | limit | |\n|---|---|---|---|\n");
        for (what, value, limit, unit) in &self.bars {
            let (sign, limit, over) = match *limit {
                Limit::AtMost(limit) => ("≤", limit, value - limit),
                Limit::AtLeast(limit) => ("≥", limit, limit - value),
            };
            let verdict = if over <= 0.0 {
                "pass".to_owned()
            } else {
                format!("**MISSED** by {}", short(over))
            };
            writeln!(
                text,
                "| {what} | {} {unit} | {sign} {} | {verdict} |",
                short(*value),
                short(limit),
            )?;
        }
        text.push_str("\n| figure | median (min to max) |\n|---|---|\n");
        for (what, figures) in &self.notes {
            writeln!(text, "| {what} | {figures} |")?;
        }
        print!("{text}");
        Ok(std::fs::write(out, text)?)
    }
}
