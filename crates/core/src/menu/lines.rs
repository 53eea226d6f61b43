//! Texts as wide, and lists as long, as a menu may be.

use crate::failure::Failure;
use crate::messages::Language;

use super::Item;

/// The first so many; the rest below “More…”, and of a multitude only the number.
pub(super) fn bounded(
    language: Language,
    items: impl Iterator<Item = Item>,
    first: usize,
) -> Vec<Item> {
    let mut items: Vec<Item> = items.collect();
    if items.len() <= first + 1 {
        return items;
    }
    let mut more = items.split_off(first);
    if more.len() > MORE {
        let left_out = more.len() - MORE;
        more.truncate(MORE);
        more.push(Item::Label(language.count(
            "menu.left_out",
            u64::try_from(left_out).unwrap_or(u64::MAX),
            &[],
        )));
    }
    items.push(Item::Submenu(language.say("menu.more", &[]), more));
    items
}

/// What the daemon says of a failure, as wide as a menu may be: a menu breaks no lines by itself.
pub(super) fn detail(failure: &Failure) -> Vec<Item> {
    let mut lines = vec![String::new()];
    for word in failure.to_string().split_whitespace() {
        let last = lines.last().map_or(0, |last| last.chars().count());
        if last > 0 && last + 1 + word.chars().count() > WIDTH {
            lines.push(String::new());
        }
        if let Some(last) = lines.last_mut() {
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(word);
        }
    }
    if lines.len() > LINES {
        lines.truncate(LINES);
        if let Some(last) = lines.last_mut() {
            last.push_str(" …");
        }
    }
    lines.iter().map(|text| Item::Label(line(text))).collect()
}

/// A text from elsewhere, cut where it would be wider than a menu, without what would break the
/// line.
pub(super) fn line(text: &str) -> String {
    let mut chars = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut line: String = chars.by_ref().take(WIDEST).collect();
    if chars.next().is_some() {
        line.push('…');
    }
    line
}

/// How many lie below “More…”.
const MORE: usize = 40;
/// How many characters stand in a line of what the daemon says.
const WIDTH: usize = 56;
/// A word may be as wide as this, whatever stands beside it.
const WIDEST: usize = 80;
/// How many such lines there are.
const LINES: usize = 4;
