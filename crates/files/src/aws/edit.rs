//! One profile's keys put or removed; every other byte stays.

use std::ops::Range;

use zeroize::Zeroizing;

use super::lines::{indent, is_blank, is_comment};
use super::text::{Entry, Kind, Refused, Section, Text, refused};

/// A key or value that no file of `~/.aws` can hold so that all SDKs read the same.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadValue {
    /// A profile's name with a character that some SDK does not read.
    #[error("“{0}” cannot be a profile's name in a file")]
    Profile(String),
    /// A key with a character that some SDK does not read.
    #[error("“{0}” cannot be a key in a file")]
    Key(String),
    /// A value with a line end, spaces around it, or what some SDK takes for a comment.
    #[error("the value of “{0}” cannot stand in a file: some SDKs would read another")]
    Value(String),
    /// The file has a place where it cannot go.
    #[error(transparent)]
    Place(#[from] Refused),
}

impl Text<'_> {
    /// The file with these keys of the profile set to these values. A key that has its value keeps
    /// its line as it is; a profile that is not there comes last.
    ///
    /// # Errors
    ///
    /// A name, key or value cannot stand in such a file, or the profile is written there in a way
    /// that readers do not agree on.
    pub fn with(
        &self,
        profile: &str,
        keys: &[(&str, &str)],
    ) -> Result<Zeroizing<Vec<u8>>, BadValue> {
        check(profile, keys)?;
        let Some(section) = self.editable(profile)? else {
            return Ok(self.appended(profile, keys));
        };
        let mut changes: Vec<(Range<usize>, Zeroizing<String>)> = Vec::new();
        let mut fresh = Zeroizing::new(String::with_capacity(length(keys)));
        let newline = self.newline(section.header);
        for (key, value) in keys {
            let lower = key.to_ascii_lowercase();
            match section.entries.iter().find(|entry| entry.key == lower) {
                Some(entry) if entry.is_indented => {
                    let told = format!("“{key}” is indented: move it to the start of its line");
                    return Err(refused(entry.lines.start, told).into());
                }
                Some(entry) if self.says(entry, value) => {}
                Some(entry) => {
                    let last = &self.lines[entry.lines.end - 1];
                    let place = self.lines[entry.lines.start].text.start..last.text.end;
                    changes.push((place, Zeroizing::new(format!("{key} = {value}"))));
                }
                None => put(&mut fresh, key, value, newline),
            }
        }
        if !fresh.is_empty() {
            let line = &self.lines[self.last_line(section)];
            if line.text.end == line.end {
                // The last line of the file has no end.
                let mut text = Zeroizing::new(String::with_capacity(newline.len() + fresh.len()));
                text.push_str(newline);
                text.push_str(fresh.trim_end());
                fresh = text;
            }
            changes.push((line.end..line.end, fresh));
        }
        Ok(self.changed(changes))
    }

    /// The file without these keys of the profile, and without the profile where nothing of it is
    /// left.
    ///
    /// # Errors
    ///
    /// The profile is written there in a way that readers do not agree on.
    pub fn without(&self, profile: &str, keys: &[&str]) -> Result<Zeroizing<Vec<u8>>, BadValue> {
        let Some(section) = self.editable(profile)? else {
            return Ok(Zeroizing::new(self.bytes.to_vec()));
        };
        let goes = |key: &str| keys.iter().any(|given| given.eq_ignore_ascii_case(key));
        let going = section.entries.iter().filter(|entry| goes(&entry.key));
        let mut changes: Vec<(Range<usize>, Zeroizing<String>)> = Vec::new();
        let nothing = || Zeroizing::new(String::new());
        if section.entries.iter().all(|entry| goes(&entry.key)) && !self.has_comments(section) {
            let first = section.header;
            let begin = match first.checked_sub(1).map(|above| &self.lines[above]) {
                // The blank line that came with it.
                Some(above) if is_blank(above.of(self.bytes)) => above.text.start,
                Some(_) | None => self.lines[first].text.start,
            };
            changes.push((begin..self.lines[self.last_line(section)].end, nothing()));
        } else {
            for entry in going {
                let first = self.lines[entry.lines.start].text.start;
                changes.push((first..self.lines[entry.lines.end - 1].end, nothing()));
            }
        }
        let reaches_end = changes
            .iter()
            .any(|(place, _)| place.end == self.bytes.len());
        let mut bytes = self.changed(changes);
        if reaches_end && self.lacks_end() {
            // So has the line that is the last from here on.
            for end in [b'\n', b'\r'] {
                if bytes.last() == Some(&end) {
                    bytes.pop();
                }
            }
        }
        Ok(bytes)
    }

    /// The file without these keys in whatever section, profile or not.
    pub fn without_anywhere(&self, keys: &[&str]) -> Zeroizing<Vec<u8>> {
        let goes = |key: &str| keys.iter().any(|given| given.eq_ignore_ascii_case(key));
        let changes = self
            .sections
            .iter()
            .flat_map(|section| &section.entries)
            .filter(|entry| goes(&entry.key))
            .map(|entry| {
                let first = self.lines[entry.lines.start].text.start;
                let place = first..self.lines[entry.lines.end - 1].end;
                (place, Zeroizing::new(String::new()))
            });
        self.changed(changes.collect())
    }

    /// Whether all readers see that value there: some know no “key: value”.
    fn says(&self, entry: &Entry, value: &str) -> bool {
        let line = &self.lines[entry.lines.start];
        entry.lines.len() == 1
            && self.bytes[entry.value.clone()] == *value.as_bytes()
            && self.bytes[line.text.start..entry.value.start].contains(&b'=')
    }

    /// The profile's section, if all readers see the same one.
    fn editable(&self, profile: &str) -> Result<Option<&Section>, Refused> {
        let mut found: Option<&Section> = None;
        for section in &self.sections {
            let loose = section.name.trim();
            let same = self.profile_of(section) == Some(profile);
            let alike = match self.kind {
                Kind::Credentials => loose == profile,
                Kind::Config => {
                    same || loose == profile && profile == "default"
                        || loose.split_whitespace().eq(["profile", profile])
                }
            };
            if alike && !same {
                let told = format!("write {} without further spaces", self.header_of(profile));
                return Err(refused(section.header, told));
            }
            if same && let Some(first) = found {
                let told = format!(
                    "the profile “{profile}” is in line {} already: put the two together",
                    first.header + 1
                );
                return Err(refused(section.header, told));
            }
            if same {
                found = Some(section);
            }
        }
        if let Some(next) = found.and_then(|section| self.after(section))
            && indent(self.lines[next].of(self.bytes)) > 0
        {
            // It would go on with the value before it.
            let told = "this [section] is indented: move it to the start of its line";
            return Err(refused(next, told.into()));
        }
        Ok(found)
    }

    /// The header that comes next.
    fn after(&self, section: &Section) -> Option<usize> {
        self.sections
            .iter()
            .map(|other| other.header)
            .find(|header| *header > section.header)
    }

    /// The last line that belongs to a section. Comments at the left margin below it may be about
    /// the next; an indented line could be taken for part of what would come before it.
    fn last_line(&self, section: &Section) -> usize {
        let next = self.after(section).unwrap_or(self.lines.len());
        let told = section
            .entries
            .last()
            .map_or(section.header, |entry| entry.lines.end - 1);
        let is_indented = |number: &usize| {
            let line = self.lines[*number].of(self.bytes);
            indent(line) > 0 && !is_blank(line)
        };
        (told + 1..next).rfind(is_indented).unwrap_or(told)
    }

    /// Whether a person wrote a comment into it.
    pub(super) fn has_comments(&self, section: &Section) -> bool {
        (section.header + 1..=self.last_line(section))
            .any(|number| is_comment(self.lines[number].of(self.bytes)))
    }

    fn appended(&self, profile: &str, keys: &[(&str, &str)]) -> Zeroizing<Vec<u8>> {
        let newline = self.newline(0);
        let header = self.header_of(profile);
        let room = self.bytes.len() + header.len() + 3 * newline.len() + length(keys);
        let mut bytes = Zeroizing::new(Vec::with_capacity(room));
        bytes.extend_from_slice(self.bytes);
        if !self.bytes.is_empty() {
            if self.lacks_end() {
                bytes.extend_from_slice(newline.as_bytes());
            }
            bytes.extend_from_slice(newline.as_bytes());
        }
        let mut text = Zeroizing::new(String::with_capacity(room));
        text.push_str(&header);
        text.push_str(newline);
        for (key, value) in keys {
            put(&mut text, key, value, newline);
        }
        bytes.extend_from_slice(match self.lacks_end() {
            true => text.trim_end().as_bytes(),
            false => text.as_bytes(),
        });
        bytes
    }

    /// Whether the last line has no end. It is kept so, or a removal could not leave what was there.
    fn lacks_end(&self) -> bool {
        !self.bytes.is_empty() && !self.bytes.ends_with(b"\n")
    }

    /// How lines end here.
    fn newline(&self, number: usize) -> &'static str {
        let crlf = self
            .lines
            .get(number)
            .is_some_and(|line| line.end - line.text.end == 2);
        if crlf { "\r\n" } else { "\n" }
    }

    fn changed(&self, mut changes: Vec<(Range<usize>, Zeroizing<String>)>) -> Zeroizing<Vec<u8>> {
        changes.sort_by_key(|(place, _)| place.start);
        let more: usize = changes.iter().map(|(_, text)| text.len()).sum();
        let mut bytes = Zeroizing::new(Vec::with_capacity(self.bytes.len() + more));
        let mut done = 0;
        for (place, text) in changes {
            bytes.extend_from_slice(&self.bytes[done..place.start]);
            bytes.extend_from_slice(text.as_bytes());
            done = place.end;
        }
        bytes.extend_from_slice(&self.bytes[done..]);
        bytes
    }
}

fn put(text: &mut String, key: &str, value: &str, newline: &str) {
    for part in [key, " = ", value, newline] {
        text.push_str(part);
    }
}

fn length(keys: &[(&str, &str)]) -> usize {
    keys.iter()
        .map(|(key, value)| key.len() + value.len() + 5)
        .sum()
}

fn check(profile: &str, keys: &[(&str, &str)]) -> Result<(), BadValue> {
    // A section of that name is to botocore a part of every other.
    if !is_word(profile) || profile == "DEFAULT" {
        return Err(BadValue::Profile(profile.to_owned()));
    }
    for (key, value) in keys {
        if !is_word(key) || key.contains(':') {
            return Err(BadValue::Key((*key).to_owned()));
        }
        let commented = value.contains(" #") || value.contains(" ;") || value.contains("\t#");
        if value.trim() != *value || value.chars().any(char::is_control) || commented {
            return Err(BadValue::Value((*key).to_owned()));
        }
    }
    Ok(())
}

/// The set that every SDK reads in names.
fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_-/.%@:+".contains(c))
}
