//! What was found, as a person reads it: what is bad first, what is good in one line each.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use poolkey_core::finding::{Finding, Severity};

use super::report::{Report, Summary};
use super::sources::{Source, Taker};
use crate::status_text::table;
use crate::words::clean;

/// How much of what is good is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    Short,
    Verbose,
}

/// The whole, for a terminal of that width. Whoever prints it takes the colours out where nobody
/// sees them.
pub(super) fn text(report: &Report, detail: Detail, width: usize) -> String {
    let mut text = String::new();
    let (good, bad): (Vec<&Finding>, Vec<&Finding>) = report
        .found
        .iter()
        .map(|found| &found.finding)
        .partition(|finding| finding.severity == Severity::Good);
    for finding in bad {
        text.push_str(&long(finding, width));
        text.push('\n');
    }
    let about = good
        .iter()
        .map(|finding| finding.about.chars().count())
        .max();
    let column = about.unwrap_or_default().min(COLUMN);
    for finding in &good {
        text.push_str(&short(finding, column, detail, width));
    }
    if !good.is_empty() {
        text.push('\n');
    }
    text.push_str(&last(report.summary(), report.fixes().len()));
    text
}

/// What each SDK takes of a profile.
pub(super) fn takers(profile: &str, rows: &[(Taker, Source)]) -> String {
    let head = [
        format!("WITH AWS_PROFILE={}", clean(profile)),
        "TAKES".to_owned(),
    ];
    let mut all = vec![head];
    for (taker, source) in rows {
        let style = if *source == Source::Helper {
            GOOD
        } else {
            WARNING
        };
        all.push([taker.to_string(), format!("{style}{source}{style:#}")]);
    }
    format!("{}\n", table(&all))
}

/// What it is about and its code; the sentence; the remedy.
fn long(finding: &Finding, width: usize) -> String {
    let (mark, style) = look(finding.severity);
    let about = clean(&finding.about);
    let code = clean(&finding.code);
    let used = 2 + about.chars().count() + code.chars().count();
    let gap = " ".repeat(width.saturating_sub(used).max(2));
    let mut text = format!("{style}{mark}{style:#} {BOLD}{about}{BOLD:#}{gap}{DIM}{code}{DIM:#}\n");
    if used + 2 > width {
        text = format!("{style}{mark}{style:#} {BOLD}{about}{BOLD:#}\n  {DIM}{code}{DIM:#}\n");
    }
    for line in wrapped(&clean(&finding.sentence), width - 2) {
        let _ = writeln!(text, "  {line}");
    }
    for (number, line) in finding
        .remedy
        .iter()
        .flat_map(|remedy| wrapped(&clean(remedy), width - 4))
        .enumerate()
    {
        let mark = if number == 0 { "→" } else { " " };
        let _ = writeln!(text, "  {ACCENT}{mark} {line}{ACCENT:#}");
    }
    text
}

/// One line, shortened to what fits; with --verbose as long as it is.
fn short(finding: &Finding, column: usize, detail: Detail, width: usize) -> String {
    let (mark, style) = look(finding.severity);
    let about = clean(&finding.about);
    let gap = " ".repeat(column.saturating_sub(about.chars().count()) + 2);
    let used = 2 + about.chars().count() + gap.len();
    let sentence = clean(&finding.sentence);
    let room = width.saturating_sub(used).max(10);
    let told = match detail {
        Detail::Verbose => wrapped(&sentence, room),
        Detail::Short => vec![shortened(&sentence, room)],
    };
    let mut text = format!("{style}{mark}{style:#} {about}{gap}");
    for (number, line) in told.iter().enumerate() {
        let margin = if number == 0 { 0 } else { used };
        let _ = writeln!(text, "{}{DIM}{line}{DIM:#}", " ".repeat(margin));
    }
    text
}

fn last(summary: Summary, fixes: usize) -> String {
    let Summary {
        errors,
        warnings,
        notes,
        good,
    } = summary;
    let counted = |count: usize, one: &str, many: &str| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        count => Some(format!("{count} {many}")),
    };
    let parts: Vec<String> = [
        counted(errors, "error", "errors"),
        counted(warnings, "warning", "warnings"),
        counted(notes, "note", "notes"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let style = if errors > 0 {
        ERROR
    } else if warnings > 0 {
        WARNING
    } else {
        GOOD
    };
    let mut text = match &parts[..] {
        [] => format!(
            "{style}All {good} things that were looked at are as they should be.{style:#}\n"
        ),
        parts => format!("{style}{}{style:#}, {good} good.\n", parts.join(", ")),
    };
    match fixes {
        0 => {}
        1 => text.push_str("One thing can be mended at once: poolkey doctor --fix\n"),
        count => {
            let _ = writeln!(
                text,
                "{count} things can be mended at once: poolkey doctor --fix"
            );
        }
    }
    text
}

/// The mark tells by itself, without its colour.
const fn look(severity: Severity) -> (&'static str, Style) {
    match severity {
        Severity::Error => ("✗", ERROR),
        Severity::Warning => ("!", WARNING),
        Severity::Note | Severity::Other => ("·", ACCENT),
        Severity::Good => ("✓", GOOD),
    }
}

/// Lines of at most so many characters, broken between words; a word that is longer stays whole.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > width {
            lines.push(String::new());
            used = 0;
        }
        if let Some(line) = lines.last_mut() {
            if used > 0 {
                line.push(' ');
                used += 1;
            }
            line.push_str(word);
            used += length;
        }
    }
    lines
}

fn shortened(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    let kept: String = text.chars().take(room - 1).collect();
    format!("{}…", kept.trim_end())
}

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default();
const ACCENT: Style = AnsiColor::Cyan.on_default();
const WARNING: Style = AnsiColor::Yellow.on_default();
const ERROR: Style = AnsiColor::Red.on_default().bold();

/// What is longer is not lined up.
const COLUMN: usize = 24;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrapped("a bc def", 4), ["a bc", "def"]);
        assert_eq!(wrapped("a bc def", 80), ["a bc def"]);
        assert_eq!(wrapped("abcdef gh", 3), ["abcdef", "gh"]);
        assert_eq!(wrapped("", 3), [""]);
    }

    #[test]
    fn what_is_too_long_for_a_line_ends_in_dots() {
        assert_eq!(shortened("abc def", 7), "abc def");
        assert_eq!(shortened("abc defg", 5), "abc…");
    }
}
