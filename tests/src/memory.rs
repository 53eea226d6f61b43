//! What a process has in its memory, read from outside as only root may: all of it, whether it is in
//! use or was given back.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::FileExt;

use crate::leaks::{Found, Search};

/// Every stretch of a process's memory that is its own, with its name.
///
/// # Panics
///
/// The process is gone, or whoever tests is not root.
pub fn memory(pid: u32) -> Vec<(String, Vec<u8>)> {
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
    let memory = File::open(format!("/proc/{pid}/mem"))
        .expect("only root reads the memory of a process that is closed to its own user");
    let mut stretches = Vec::new();
    for line in maps.lines() {
        let mut words = line.split_ascii_whitespace();
        let (Some(range), Some(rights)) = (words.next(), words.next()) else {
            continue;
        };
        // What cannot be written is as it was in a file; the kernel's own pages cannot be read.
        if !rights.starts_with("rw") || line.ends_with(']') && line.contains("[v") {
            continue;
        }
        let bound = |text: &str| u64::from_str_radix(text, 16).unwrap();
        let (begin, end) = range.split_once('-').unwrap();
        let (begin, end) = (bound(begin), bound(end));
        let mut bytes = vec![0; usize::try_from(end - begin).unwrap()];
        // A stretch may go while it is read, and guard pages of stacks cannot be read at all.
        if memory.read_exact_at(&mut bytes, begin).is_ok() {
            let name = words.nth(3).unwrap_or("anonymous");
            stretches.push((format!("{name} at {begin:x}"), bytes));
        }
    }
    assert!(!stretches.is_empty(), "no memory of {pid} can be read");
    stretches
}

/// Of which of these secrets a process has a trace in memory, and where.
pub fn held(pid: u32, search: &Search) -> Held {
    let mut held = Held::default();
    for (place, bytes) in memory(pid) {
        for found in search.look(&place, &bytes) {
            held.of.entry(found.kind.clone()).or_default().push(found);
        }
    }
    held
}

/// What was found, by its kind.
#[derive(Debug, Default)]
pub struct Held {
    of: BTreeMap<String, Vec<Found>>,
}

impl Held {
    /// The kinds.
    pub fn kinds(&self) -> Vec<&str> {
        self.of.keys().map(String::as_str).collect()
    }

    /// The same without these kinds.
    #[must_use]
    pub fn except(mut self, kinds: &[&str]) -> Self {
        self.of.retain(|kind, _| !kinds.contains(&kind.as_str()));
        self
    }

    /// Where each is, for a person.
    pub fn told(&self) -> String {
        let lines = self.of.values().flatten().map(ToString::to_string);
        lines.collect::<Vec<_>>().join("\n")
    }
}
