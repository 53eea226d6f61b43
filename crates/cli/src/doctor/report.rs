//! What is found, as it is found.

use std::path::PathBuf;

use poolkey_core::failure::Failure;
use poolkey_core::finding::{Finding, Severity};
use serde::Serialize;

use super::codes::Code;
use super::redact::hushed;

/// All that was found.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) found: Vec<Found>,
}

/// One thing, and what `--fix` would do about it.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) finding: Finding,
    pub(super) fix: Option<Fix>,
}

/// What is safe to be done by a command: nothing of anybody else's is touched, and nothing is lost.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fix {
    /// Others lose what they may do with it.
    Close(PathBuf),
    /// The lines that name an old place of the shim name the new one.
    RepairHelpers,
    /// The program that is installed takes over.
    RestartDaemon,
    /// What Poolkey wrote by that name into the files of `~/.aws`, and nobody renews, goes.
    RemoveLeftovers(String),
}

/// How many of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Summary {
    pub(super) errors: usize,
    pub(super) warnings: usize,
    pub(super) notes: usize,
    pub(super) good: usize,
}

impl Report {
    /// What the daemon found.
    pub(super) fn take(&mut self, finding: Finding) {
        let finding = Finding {
            about: hushed(&finding.about),
            sentence: hushed(&finding.sentence),
            remedy: finding.remedy.map(|remedy| hushed(&remedy)),
            ..finding
        };
        self.found.push(Found { finding, fix: None });
    }

    /// Something is as it should be.
    pub(super) fn good(
        &mut self,
        code: Code,
        about: impl Into<String>,
        sentence: impl Into<String>,
    ) {
        self.push(code, about.into(), sentence.into(), None, None);
    }

    /// Something should be known, and nothing has to be done.
    pub(super) fn note(
        &mut self,
        code: Code,
        about: impl Into<String>,
        sentence: impl Into<String>,
    ) {
        self.push(code, about.into(), sentence.into(), None, None);
    }

    /// Something should be known or mended; with what does that.
    pub(super) fn bad(
        &mut self,
        code: Code,
        about: impl Into<String>,
        sentence: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.push(
            code,
            about.into(),
            sentence.into(),
            Some(remedy.into()),
            None,
        );
    }

    /// The same, and `--fix` can do it.
    pub(super) fn fixable(
        &mut self,
        code: Code,
        about: impl Into<String>,
        sentence: impl Into<String>,
        remedy: impl Into<String>,
        fix: Fix,
    ) {
        self.push(
            code,
            about.into(),
            sentence.into(),
            Some(remedy.into()),
            Some(fix),
        );
    }

    /// A failure in the words that everybody tells it in.
    pub(super) fn failure(&mut self, code: Code, about: impl Into<String>, failure: &Failure) {
        self.bad(
            code,
            about,
            failure.sentence.clone(),
            failure.remedy.clone(),
        );
    }

    /// Whether anything was found that is not as it should be, from that place on.
    pub(super) fn is_clear_since(&self, place: usize) -> bool {
        self.found[place..]
            .iter()
            .all(|found| found.finding.severity <= Severity::Note)
    }

    /// The worst first, and otherwise as it was found.
    pub(super) fn sort(&mut self) {
        self.found
            .sort_by_key(|found| std::cmp::Reverse(rank(found.finding.severity)));
    }

    pub(super) fn summary(&self) -> Summary {
        let mut summary = Summary::default();
        for found in &self.found {
            match found.finding.severity {
                Severity::Error => summary.errors += 1,
                Severity::Warning => summary.warnings += 1,
                Severity::Note | Severity::Other => summary.notes += 1,
                Severity::Good => summary.good += 1,
            }
        }
        summary
    }

    /// What can be done, each once.
    pub(super) fn fixes(&self) -> Vec<Fix> {
        let mut fixes: Vec<Fix> = self.found.iter().filter_map(|f| f.fix.clone()).collect();
        fixes.sort();
        fixes.dedup();
        fixes
    }

    fn push(
        &mut self,
        code: Code,
        about: String,
        sentence: String,
        remedy: Option<String>,
        fix: Option<Fix>,
    ) {
        let finding = Finding {
            code: code.text().to_owned(),
            severity: code.severity(),
            about: hushed(&about),
            sentence: hushed(&sentence),
            remedy: remedy.map(|remedy| hushed(&remedy)),
        };
        self.found.push(Found { finding, fix });
    }
}

impl Summary {
    /// Whether all is well, or only worth a note.
    pub(super) const fn is_well(self) -> bool {
        self.errors == 0 && self.warnings == 0
    }
}

/// What a newer version found may be bad, and stands before what is good.
const fn rank(severity: Severity) -> u8 {
    match severity {
        Severity::Error => 4,
        Severity::Warning => 3,
        Severity::Other => 2,
        Severity::Note => 1,
        Severity::Good => 0,
    }
}
