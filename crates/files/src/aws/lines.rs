//! Lines of bytes, and what each is to the strictest reader.

use std::ops::Range;

/// A line, without its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Where its text is.
    pub(super) text: Range<usize>,
    /// Where it ends, its `\n` or `\r\n` included.
    pub(super) end: usize,
}

impl Line {
    /// All lines of a text.
    pub(super) fn all(bytes: &[u8]) -> Vec<Self> {
        let mut lines = Vec::new();
        let mut start = 0;
        while start < bytes.len() {
            let feed = bytes[start..].iter().position(|b| *b == b'\n');
            let (mut stop, end) = match feed {
                Some(at) => (start + at, start + at + 1),
                None => (bytes.len(), bytes.len()),
            };
            if feed.is_some() && stop > start && bytes[stop - 1] == b'\r' {
                stop -= 1;
            }
            lines.push(Self {
                text: start..stop,
                end,
            });
            start = end;
        }
        lines
    }

    /// Its bytes.
    pub(super) fn of<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        &bytes[self.text.clone()]
    }
}

/// Without the spaces around it: those of Unicode, as Python's `str.strip` takes them away.
pub(super) fn trim(bytes: &[u8]) -> &[u8] {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.trim_matches(is_space).as_bytes(),
        // No file with such a line is read.
        Err(_) => bytes,
    }
}

/// How many bytes of spaces a line begins with.
pub(super) fn indent(bytes: &[u8]) -> usize {
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    text.len() - text.trim_start_matches(is_space).len()
}

fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\x1c'..='\x1f').contains(&c)
}

/// Whether a line says nothing.
pub(super) fn is_blank(bytes: &[u8]) -> bool {
    trim(bytes).is_empty()
}

/// Whether a line is a comment, wherever it begins.
pub(super) fn is_comment(bytes: &[u8]) -> bool {
    matches!(trim(bytes).first(), Some(b'#' | b';'))
}
