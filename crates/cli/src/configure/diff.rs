//! What changes, line by line, as it is shown before it is done.

use std::path::Path;

use anstyle::{AnsiColor, Style};
use similar::{ChangeTag, TextDiff};

use super::shown;
use crate::words::clean;

/// A unified diff of a file. Secrets around what changes are left out.
pub(super) fn unified(path: &Path, before: &[u8], after: &[u8]) -> String {
    let (before, after) = (lossy(before), lossy(after));
    let diff = TextDiff::from_lines(&*before, &*after);
    let name = clean(&shown(path));
    let was = if before.is_empty() {
        "/dev/null"
    } else {
        &name
    };
    // A file that nothing is left of stays, and is empty.
    let mut text = format!("{HEAD}--- {was}{HEAD:#}\n{HEAD}+++ {name}{HEAD:#}\n");
    for hunk in diff.unified_diff().context_radius(CONTEXT).iter_hunks() {
        let first = hunk.ops().first().map_or(0, |op| op.old_range().start);
        let section = section_above(&before, first);
        text.push_str(&format!("{HUNK}{}{HUNK:#}{section}\n", hunk.header()));
        for change in hunk.iter_changes() {
            let (style, sign) = match change.tag() {
                ChangeTag::Delete => (GONE, '-'),
                ChangeTag::Insert => (NEW, '+'),
                ChangeTag::Equal => (Style::new(), ' '),
            };
            let line = visible(change.value());
            text.push_str(&format!("{style}{sign}{line}{style:#}\n"));
            if change.missing_newline() {
                text.push_str("\\ No newline at end of file\n");
            }
        }
    }
    text
}

/// The section that a line is in, where its header is above what is shown.
fn section_above(text: &str, line: usize) -> String {
    let above: Vec<&str> = text.lines().take(line).collect();
    let header = above.iter().rfind(|line| line.starts_with('['));
    header.map_or_else(String::new, |header| {
        format!(" {}", clean(header.trim_end()))
    })
}

/// The lines that go and come, with their sign, and nothing of where they are.
pub(super) fn changes(before: &[u8], after: &[u8]) -> Vec<String> {
    let (before, after) = (lossy(before), lossy(after));
    let mut lines: Vec<String> = TextDiff::from_lines(&*before, &*after)
        .iter_all_changes()
        .filter(|change| change.tag() != ChangeTag::Equal)
        .map(|change| format!("{}{}", change.tag(), change.value().trim_end()))
        .collect();
    // Of lines that look alike any may be the one that came.
    lines.sort();
    lines
}

fn lossy(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// A line as a terminal may show it, without a secret that somebody keeps there.
fn visible(line: &str) -> String {
    let line = line.trim_end_matches(['\r', '\n']);
    let Some((key, _)) = line.split_once(['=', ':']) else {
        return clean(line);
    };
    let lower = key.to_ascii_lowercase();
    if SECRET.iter().any(|word| lower.contains(word)) {
        return format!("{} = …", clean(key.trim_end()));
    }
    clean(line)
}

/// How keys are called whose values nobody needs to see.
const SECRET: &[&str] = &["secret", "token", "password", "access_key"];

/// Unchanged lines around each change.
const CONTEXT: usize = 3;

const HEAD: Style = Style::new().bold();
const HUNK: Style = AnsiColor::Cyan.on_default();
const GONE: Style = AnsiColor::Red.on_default();
const NEW: Style = AnsiColor::Green.on_default();

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_diff_shows() {
        let before = "[default]\nregion = x\n[a]\nb = 1\r\nc = 2\nd = 3\ne = 4";
        let after = "[default]\nregion = y\n[a]\nb = 1\r\nc = 2\nd = 3\ne = 4\nf = 5";
        let told = unified(Path::new("/f"), before.as_bytes(), after.as_bytes());
        let plain = anstream::adapter::strip_str(&told).to_string();
        assert_eq!(
            plain,
            "--- /f\n+++ /f\n@@ -1,7 +1,8 @@\n [default]\n-region = x\n+region = y\n [a]\n \
             b = 1\n c = 2\n d = 3\n-e = 4\n\\ No newline at end of file\n+e = 4\n+f = 5\n\\ No \
             newline at end of file\n"
        );
        let told = unified(Path::new("/f"), b"", b"a\n");
        assert!(
            anstream::adapter::strip_str(&told)
                .to_string()
                .starts_with("--- /dev/null\n+++ /f\n")
        );
    }

    #[test]
    fn secrets_and_controls_beside_it_are_not_shown() {
        for (line, shown) in [
            ("aws_secret_access_key=wJalr\n", "aws_secret_access_key = …"),
            ("  Aws_Session_Token : x\r\n", "  Aws_Session_Token = …"),
            ("client_secret = x\n", "client_secret = …"),
            ("proxy.password: x\n", "proxy.password = …"),
            ("region = eu-west-1\r\n", "region = eu-west-1"),
            ("# \u{1b}[2J\n", "#  [2J"),
        ] {
            assert_eq!(visible(line), shown);
        }
    }

    #[test]
    fn what_changes_is_the_same_wherever_it_is() {
        let one = changes(b"a\nb\n", b"a\nb\n\nc\n");
        assert_eq!(one, ["+", "+c"]);
        assert_eq!(one, changes(b"x\n\nb\n", b"x\n\nb\n\nc\n"));
        assert_ne!(one, changes(b"a\nb\n", b"a\n\nc\n"));
        assert!(changes(b"a\n", b"a\n").is_empty());
    }
}
