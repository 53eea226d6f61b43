//! Lines out of bytes.

use poolkey_core::failure::{Failure, Trouble};
use zeroize::{Zeroize, Zeroizing};

/// The longest line in bytes, its newline included.
pub const LONGEST: usize = 64 << 10;

/// The longest status in bytes, its newline included: some ten thousand profiles.
pub const LONGEST_STATUS: usize = 8 << 20;

/// Why no line comes out of the bytes that came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// So many bytes, and still no newline.
    TooLong,
    /// The line is not UTF-8.
    NotText,
    /// The peer closed the connection within a line.
    Cut,
}

impl From<Broken> for Failure {
    fn from(broken: Broken) -> Self {
        Trouble::Protocol(
            match broken {
                Broken::TooLong => "A message is longer than Poolkey takes.",
                Broken::NotText => "A message is not UTF-8.",
                Broken::Cut => "A message was cut off.",
            }
            .into(),
        )
        .into()
    }
}

/// Bytes that came in and are not a line yet.
///
/// Read into [`room`](Self::room), say how much came with [`filled`](Self::filled), and
/// [`take_line`](Self::take_line). The room never reaches beyond the longest line, so a flood is
/// refused before it is buffered. What was in it is zeroed: a line may hold a password or keys; so there is no `Debug` either.
pub struct Inbox {
    bytes: Zeroizing<Vec<u8>>,
    filled: usize,
    /// So many bytes are known to hold no newline.
    searched: usize,
    longest: usize,
}

impl Inbox {
    /// An empty inbox for lines of at most `longest` bytes, newline included.
    pub fn new(longest: usize) -> Self {
        Self {
            bytes: Zeroizing::new(Vec::new()),
            filled: 0,
            searched: 0,
            longest,
        }
    }

    /// Where the next bytes go. It is empty only when a line is [`Broken::TooLong`].
    pub fn room(&mut self) -> &mut [u8] {
        if self.filled == self.bytes.len() {
            self.grow();
        }
        &mut self.bytes[self.filled..]
    }

    /// The first `count` bytes of the room were filled.
    pub fn filled(&mut self, count: usize) {
        self.filled = (self.filled + count).min(self.bytes.len());
    }

    /// The next whole line without its newline, or `None` while there is none.
    ///
    /// # Errors
    ///
    /// The line is too long or not UTF-8; nothing more can be read after that.
    pub fn take_line(&mut self) -> Result<Option<Zeroizing<String>>, Broken> {
        let fresh = &self.bytes[self.searched..self.filled];
        let Some(at) = fresh.iter().position(|byte| *byte == b'\n') else {
            self.searched = self.filled;
            return if self.filled < self.longest {
                Ok(None)
            } else {
                Err(Broken::TooLong)
            };
        };
        let end = self.searched + at;
        let rest = end + 1..self.filled;
        let mut next = Zeroizing::new(Vec::new());
        if !rest.is_empty() {
            next.extend_from_slice(&self.bytes[rest]);
        }
        let mut line = std::mem::replace(&mut self.bytes, next);
        self.filled = self.bytes.len();
        self.searched = 0;

        line[end..].zeroize();
        line.truncate(end);
        match String::from_utf8(std::mem::take(&mut *line)) {
            Ok(text) => Ok(Some(Zeroizing::new(text))),
            Err(error) => {
                error.into_bytes().zeroize();
                Err(Broken::NotText)
            }
        }
    }

    /// The peer closed the connection: fails if that was within a line.
    ///
    /// # Errors
    ///
    /// [`Broken::Cut`].
    pub fn close(&self) -> Result<(), Broken> {
        if self.filled == 0 {
            Ok(())
        } else {
            Err(Broken::Cut)
        }
    }

    /// A vector that grows by itself would leave its old bytes behind.
    fn grow(&mut self) {
        let length = (self.bytes.len() * 4).clamp(FIRST.min(self.longest), self.longest);
        let mut larger = Zeroizing::new(vec![0; length]);
        larger[..self.filled].copy_from_slice(&self.bytes[..self.filled]);
        self.bytes = larger;
    }
}

/// The common document of 1 to 2 KB fits.
const FIRST: usize = 4 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_out_however_the_bytes_come_in() {
        let text = "{\"a\":1}\n\nzwölf\r\nrest";
        for size in 1..=text.len() {
            let mut inbox = Inbox::new(64);
            let mut lines = Vec::new();
            for chunk in text.as_bytes().chunks(size) {
                feed(&mut inbox, chunk);
                while let Some(line) = inbox.take_line().unwrap() {
                    lines.push(line.to_string());
                }
            }
            assert_eq!(lines, ["{\"a\":1}", "", "zwölf\r"], "in pieces of {size}");
            assert_eq!(inbox.close(), Err(Broken::Cut));
        }
    }

    #[test]
    fn the_longest_line_passes_and_one_byte_more_does_not() {
        let mut inbox = Inbox::new(LONGEST);
        let mut line = vec![b'x'; LONGEST - 1];
        line.push(b'\n');
        feed(&mut inbox, &line);
        assert_eq!(inbox.take_line().unwrap().unwrap().len(), LONGEST - 1);
        assert_eq!(inbox.close(), Ok(()));

        line.insert(0, b'x');
        let mut inbox = Inbox::new(LONGEST);
        let mut left = &line[..];
        loop {
            let room = inbox.room();
            let count = room.len().min(left.len());
            room[..count].copy_from_slice(&left[..count]);
            inbox.filled(count);
            left = &left[count..];
            match inbox.take_line() {
                Ok(None) => assert!(inbox.bytes.len() <= LONGEST, "buffered too much"),
                Ok(Some(_)) => panic!("a line that is too long"),
                Err(broken) => break assert_eq!(broken, Broken::TooLong),
            }
        }
        assert!(inbox.room().is_empty(), "there is no room for a flood");
    }

    #[test]
    fn what_is_not_text_is_refused() {
        let mut inbox = Inbox::new(64);
        feed(&mut inbox, b"\xff\xfe\n");
        assert_eq!(inbox.take_line(), Err(Broken::NotText));
    }

    fn feed(inbox: &mut Inbox, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let room = inbox.room();
            let count = room.len().min(bytes.len());
            assert_ne!(count, 0, "no room");
            room[..count].copy_from_slice(&bytes[..count]);
            inbox.filled(count);
            bytes = &bytes[count..];
        }
    }
}
