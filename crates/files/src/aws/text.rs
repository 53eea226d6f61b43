//! What a file says: sections and their keys, read as botocore reads them.

use std::collections::BTreeSet;
use std::ops::Range;

use super::lines::{Line, indent, is_blank, is_comment, trim};

/// Which of the two files it is: they name profiles differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `~/.aws/config`: `[default]` and `[profile NAME]`, and values that hold lines of their own.
    Config,
    /// `~/.aws/credentials`: `[NAME]`.
    Credentials,
}

/// A file that is left alone, for others would not read it either.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {text}")]
pub struct Refused {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong with it, and what would be right.
    pub text: String,
}

/// What a file says. It borrows the file's bytes and changes none of them.
#[derive(Clone, Debug)]
pub struct Text<'a> {
    pub(super) kind: Kind,
    pub(super) bytes: &'a [u8],
    pub(super) lines: Vec<Line>,
    pub(super) sections: Vec<Section>,
}

/// A section as whoever looks at a file sees it. Lines are counted from 1.
#[derive(Clone, Debug)]
pub struct Passage<'t> {
    /// Where its header is.
    pub line: usize,
    /// What stands between the brackets.
    pub name: &'t str,
    /// The profile that it is about.
    pub profile: Option<&'t str>,
    /// Line, key in lower case, and value.
    pub entries: Vec<(usize, &'t str, &'t str)>,
}

/// A header and what follows it. Lines are counted from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Section {
    /// Between the brackets.
    pub(super) name: String,
    pub(super) header: usize,
    pub(super) entries: Vec<Entry>,
}

/// A key, its value, and the further lines of that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// As readers compare it.
    pub(super) key: String,
    pub(super) value: Range<usize>,
    pub(super) lines: Range<usize>,
    /// A key that does not begin its line is taken for part of the one above by other readers.
    pub(super) is_indented: bool,
}

impl<'a> Text<'a> {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// botocore would refuse it, or it is larger than anybody's: it is not to be touched.
    pub fn read(kind: Kind, bytes: &'a [u8]) -> Result<Self, Refused> {
        if bytes.len() > LARGEST {
            return Err(refused(
                0,
                format!("the file is larger than {LARGEST} bytes"),
            ));
        }
        let lines = Line::all(bytes);
        check_characters(bytes, &lines)?;
        let mut reading = Reading {
            kind,
            bytes,
            lines: &lines,
            sections: Vec::new(),
            names: BTreeSet::new(),
            keys: BTreeSet::new(),
            entry: false,
            indent: 0,
        };
        for number in 0..lines.len() {
            reading.take(number)?;
        }
        let sections = reading.finish()?;
        Ok(Self {
            kind,
            bytes,
            lines,
            sections,
        })
    }

    /// The file as it is.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The profiles that it speaks of, in its order.
    pub fn profiles(&self) -> impl Iterator<Item = &str> {
        self.sections
            .iter()
            .filter_map(|section| self.profile_of(section))
    }

    /// What a profile's key is set to.
    pub fn value(&self, profile: &str, key: &str) -> Option<&'a str> {
        let section = self.section(profile)?;
        let key = key.to_ascii_lowercase();
        let entry = section.entries.iter().find(|entry| entry.key == key)?;
        std::str::from_utf8(&self.bytes[entry.value.clone()]).ok()
    }

    /// The keys of a profile, as readers compare them: in lower case.
    pub fn keys(&self, profile: &str) -> impl Iterator<Item = &str> {
        self.section(profile)
            .into_iter()
            .flat_map(|section| section.entries.iter().map(|entry| entry.key.as_str()))
    }

    /// Where a profile begins, counted from 1.
    pub fn line_of(&self, profile: &str) -> Option<usize> {
        Some(self.section(profile)?.header + 1)
    }

    /// Everything that it has, profile or not, in its order.
    pub fn passages(&self) -> impl Iterator<Item = Passage<'_>> {
        self.sections.iter().map(|section| Passage {
            line: section.header + 1,
            name: &section.name,
            profile: self.profile_of(section),
            entries: section
                .entries
                .iter()
                .map(|entry| {
                    let value = std::str::from_utf8(&self.bytes[entry.value.clone()]);
                    (
                        entry.lines.start + 1,
                        &*entry.key,
                        value.unwrap_or_default(),
                    )
                })
                .collect(),
        })
    }

    pub(super) fn section(&self, profile: &str) -> Option<&Section> {
        // Of two that name the same, the later counts.
        self.sections
            .iter()
            .rfind(|section| self.profile_of(section) == Some(profile))
    }

    /// The profile that a section is about.
    pub(super) fn profile_of<'s>(&self, section: &'s Section) -> Option<&'s str> {
        let name = section.name.as_str();
        match self.kind {
            // To botocore it is a part of every section.
            Kind::Credentials => (name != "DEFAULT").then_some(name),
            Kind::Config if name == "default" => Some(name),
            Kind::Config => {
                let rest = name.strip_prefix("profile")?;
                let word = rest.trim_start_matches([' ', '\t']);
                if word.len() == rest.len() {
                    return None;
                }
                let word = word.trim_end_matches([' ', '\t']);
                let bare = |quote: char| word.strip_prefix(quote)?.strip_suffix(quote);
                let quoted = bare('"').or_else(|| bare('\''));
                quoted.or_else(|| (!word.contains(char::is_whitespace)).then_some(word))
            }
        }
        .filter(|name| !name.is_empty())
    }

    /// How a section of that profile is named in a file of this kind.
    pub(super) fn header_of(&self, profile: &str) -> String {
        match self.kind {
            Kind::Config if profile != "default" => format!("[profile {profile}]"),
            Kind::Config | Kind::Credentials => format!("[{profile}]"),
        }
    }
}

/// Where the reading stands.
struct Reading<'a> {
    kind: Kind,
    bytes: &'a [u8],
    lines: &'a [Line],
    sections: Vec<Section>,
    names: BTreeSet<String>,
    /// Those of the section under way.
    keys: BTreeSet<String>,
    /// Whether a key was read since the last header: only then can a line go on with its value.
    entry: bool,
    /// How far the last key or header was indented.
    indent: usize,
}

impl Reading<'_> {
    fn take(&mut self, number: usize) -> Result<(), Refused> {
        let line = self.lines[number].of(self.bytes);
        if is_blank(line) || is_comment(line) {
            return Ok(());
        }
        let depth = indent(line);
        if self.entry && depth > self.indent {
            if let Some(entry) = self
                .sections
                .last_mut()
                .and_then(|section| section.entries.last_mut())
            {
                entry.lines.end = number + 1;
            }
            return Ok(());
        }
        self.indent = depth;
        let text = trim(line);
        match header(text) {
            Some(name) => self.begin(number, name),
            None => self.entry(number, text, depth),
        }
    }

    fn begin(&mut self, number: usize, name: &[u8]) -> Result<(), Refused> {
        let name = String::from_utf8_lossy(name).into_owned();
        if name != "DEFAULT" && !self.names.insert(name.clone()) {
            let told = format!("a second [{name}]: put the two together");
            return Err(refused(number, told));
        }
        self.sections.push(Section {
            name,
            header: number,
            entries: Vec::new(),
        });
        self.keys.clear();
        self.entry = false;
        Ok(())
    }

    fn entry(&mut self, number: usize, text: &[u8], depth: usize) -> Result<(), Refused> {
        let Some(section) = self.sections.last_mut() else {
            let told = "this stands before the first [section]";
            return Err(refused(number, told.into()));
        };
        let Some(sign) = text.iter().position(|byte| matches!(byte, b'=' | b':')) else {
            let told = "this is no “key = value”: complete it, or put a # in front of it";
            return Err(refused(number, told.into()));
        };
        let key = String::from_utf8_lossy(trim(&text[..sign])).to_lowercase();
        if key.is_empty() {
            return Err(refused(number, "there is no key before the sign".into()));
        }
        if !self.keys.insert(key.clone()) {
            let told = format!("a second “{key}” in [{}]: remove one", section.name);
            return Err(refused(number, told));
        }
        let line = &self.lines[number];
        let start = line.text.start + depth;
        let value = trim(&text[sign + 1..]);
        let from = match value {
            [] => start + text.len(),
            [..] => start + text.len() - value.len(),
        };
        section.entries.push(Entry {
            key,
            value: from..start + text.len(),
            lines: number..number + 1,
            is_indented: depth > 0,
        });
        self.entry = true;
        Ok(())
    }

    /// Values that hold lines of their own have a key in each.
    fn finish(self) -> Result<Vec<Section>, Refused> {
        if self.kind == Kind::Config {
            let entries = self.sections.iter().flat_map(|section| &section.entries);
            for entry in entries.filter(|entry| entry.value.is_empty()) {
                for number in entry.lines.clone().skip(1) {
                    let line = self.lines[number].of(self.bytes);
                    if !is_blank(line) && !is_comment(line) && !line.contains(&b'=') {
                        let told = format!("this is no “key = value” below “{}”", entry.key);
                        return Err(refused(number, told));
                    }
                }
            }
        }
        Ok(self.sections)
    }
}

/// What stands between the first bracket and the last: the rest of the line says nothing.
fn header(text: &[u8]) -> Option<&[u8]> {
    let rest = text.strip_prefix(b"[")?;
    let end = rest.iter().rposition(|byte| *byte == b']')?;
    (end > 0).then(|| &rest[..end])
}

/// What no reader of text takes.
fn check_characters(bytes: &[u8], lines: &[Line]) -> Result<(), Refused> {
    if bytes.starts_with(b"\xef\xbb\xbf") {
        let told = "the file begins with a byte order mark: save it as UTF-8 without one";
        return Err(refused(0, told.into()));
    }
    for (number, line) in lines.iter().enumerate() {
        let text = line.of(bytes);
        if text.contains(&b'\r') {
            let told = "a carriage return that ends no line: remove it";
            return Err(refused(number, told.into()));
        }
        if std::str::from_utf8(text).is_err() {
            let told = "this is no UTF-8: save the file in that encoding";
            return Err(refused(number, told.into()));
        }
    }
    Ok(())
}

pub(super) fn refused(number: usize, text: String) -> Refused {
    Refused {
        line: number + 1,
        text,
    }
}

/// Ten thousand profiles with long session tokens are below.
const LARGEST: usize = 32 << 20;
