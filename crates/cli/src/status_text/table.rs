//! Columns.

use std::fmt::Write;

use anstyle::Style;

/// Columns as wide as they need to be; the first row is the head.
pub(crate) fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| plain(&row[column]).chars().count());
        cells.max().unwrap_or_default()
    };
    let widths: [usize; N] = std::array::from_fn(width);
    let mut text = String::new();
    for (number, row) in rows.iter().enumerate() {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            let gap = width - plain(cell).chars().count() + 2;
            match number {
                0 => _ = write!(line, "{HEAD}{cell}{HEAD:#}"),
                _ => line.push_str(cell),
            }
            line.extend(std::iter::repeat_n(' ', gap));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Names and values, a pair a line.
pub(crate) fn columns<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)> + Clone) -> String {
    let names = pairs.clone().map(|(name, _)| name.chars().count());
    let width = names.max().unwrap_or_default();
    let mut text = String::new();
    for (name, value) in pairs {
        let gap = " ".repeat(width - name.chars().count() + 2);
        text.push_str(format!("{name}{gap}{value}").trim_end());
        text.push('\n');
    }
    text
}

pub(super) fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

const HEAD: Style = Style::new().dimmed();
