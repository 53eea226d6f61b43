//! One record over several small entries, for a keychain whose entries hold less than a record.
//!
//! ```text
//! NAME        poolkey 1 SLOT COUNT LENGTH SHA-256     the header
//! NAME#0#0 …  the record in slot 0
//! NAME#1#0 …  the record in slot 1
//! ```
//!
//! A new record goes to the slot that the header does not name, and the header is written last: a
//! write that is torn anywhere leaves the old record, whole. Two slots that take turns, rather than
//! ever new ones, so that what a torn write leaves behind is overwritten and deleted by the next.

use poolkey_core::fault::VaultFault;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::failed;

/// Named entries of bytes.
pub(crate) trait Entries {
    /// What the entry holds; `None` when there is no such entry.
    fn get(&mut self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, VaultFault>;
    /// Makes the entry hold this.
    fn set(&mut self, name: &str, bytes: &[u8]) -> Result<(), VaultFault>;
    /// Deletes the entry, if there is one.
    fn delete(&mut self, name: &str) -> Result<(), VaultFault>;
}

/// The record of this name.
pub(crate) fn recall(
    entries: &mut dyn Entries,
    name: &str,
    largest: usize,
) -> Result<Option<Zeroizing<Vec<u8>>>, VaultFault> {
    let Some(header) = entries.get(name)? else {
        return Ok(None);
    };
    let Some(header) = Header::parse(&header) else {
        return Err(damaged(name));
    };
    if header.length > header.count.saturating_mul(largest) {
        return Err(damaged(name));
    }
    let mut record = Zeroizing::new(Vec::with_capacity(header.length));
    for index in 0..header.count {
        let Some(chunk) = entries.get(&chunk(name, header.slot, index))? else {
            return Err(damaged(name));
        };
        if record.len() + chunk.len() > header.length {
            return Err(damaged(name));
        }
        record.extend_from_slice(&chunk);
    }
    if record.len() != header.length || hash(&record) != header.hash {
        return Err(damaged(name));
    }
    Ok(Some(record))
}

/// Keeps this record under this name.
pub(crate) fn keep(
    entries: &mut dyn Entries,
    name: &str,
    record: &[u8],
    largest: usize,
) -> Result<(), VaultFault> {
    let old = entries.get(name)?.and_then(|bytes| Header::parse(&bytes));
    let slot = match old {
        Some(Header {
            slot: Slot::Zero, ..
        }) => Slot::One,
        Some(Header {
            slot: Slot::One, ..
        })
        | None => Slot::Zero,
    };
    let mut count = 0;
    for bytes in record.chunks(largest) {
        entries.set(&chunk(name, slot, count), bytes)?;
        count += 1;
    }
    let header = Header {
        slot,
        count,
        length: record.len(),
        hash: hash(record),
    };
    entries.set(name, header.to_text().as_bytes())?;
    clear(entries, name, slot, count)?;
    clear(entries, name, slot.other(), 0)
}

/// Deletes the record of this name: the header first, so that a torn deletion leaves no record.
pub(crate) fn erase(entries: &mut dyn Entries, name: &str) -> Result<(), VaultFault> {
    entries.delete(name)?;
    clear(entries, name, Slot::Zero, 0)?;
    clear(entries, name, Slot::One, 0)
}

/// Deletes the chunks of a slot from this one on; the last goes first, so that what a torn
/// deletion leaves still begins at `from` and is found by the next.
fn clear(entries: &mut dyn Entries, name: &str, slot: Slot, from: usize) -> Result<(), VaultFault> {
    let mut end = from;
    while entries.get(&chunk(name, slot, end))?.is_some() {
        end += 1;
    }
    for index in (from..end).rev() {
        entries.delete(&chunk(name, slot, index))?;
    }
    Ok(())
}

/// No login's name has a “#”, so no chunk is taken for another login's header.
fn chunk(name: &str, slot: Slot, index: usize) -> String {
    format!("{name}#{}#{index}", slot.digit())
}

fn hash(record: &[u8]) -> String {
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(record) {
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

fn damaged(name: &str) -> VaultFault {
    failed(format!(
        "the keychain's entries of “{name}” are damaged; sign in again"
    ))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    Zero,
    One,
}

impl Slot {
    fn digit(self) -> char {
        match self {
            Self::Zero => '0',
            Self::One => '1',
        }
    }

    fn other(self) -> Self {
        match self {
            Self::Zero => Self::One,
            Self::One => Self::Zero,
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Header {
    slot: Slot,
    count: usize,
    length: usize,
    hash: String,
}

impl Header {
    fn to_text(&self) -> String {
        let Self {
            slot,
            count,
            length,
            hash,
        } = self;
        format!("{MARK} {} {count} {length} {hash}", slot.digit())
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?.strip_prefix(MARK)?;
        let [slot, count, length, hash] = text
            .strip_prefix(' ')?
            .split(' ')
            .collect::<Vec<_>>()
            .try_into()
            .ok()?;
        let (count, length) = (count.parse().ok()?, length.parse().ok()?);
        if count > MOST {
            return None;
        }
        Some(Self {
            slot: match slot {
                "0" => Slot::Zero,
                "1" => Slot::One,
                _ => return None,
            },
            count,
            length,
            hash: hash.to_owned(),
        })
    }
}

const MARK: &str = "poolkey 1";

/// More chunks than any record has.
const MOST: usize = 1000;

#[cfg(test)]
mod tests;
