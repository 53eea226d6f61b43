//! Asking a person, or whatever stands in for one.

use std::io::{self, ErrorKind, IsTerminal, Read, Write};
use std::time::Duration;

use poolkey_core::failure::{Code, Failure};
use poolkey_core::secret::Secret;
use zeroize::Zeroizing;

use crate::ending::Ending;
use crate::interrupt::Interrupt;
use crate::words::clean;

pub(crate) use tty::stdin;

#[cfg(unix)]
mod tty;
#[cfg(windows)]
#[path = "terminal/console.rs"]
mod tty;

/// Who answers questions.
pub(crate) enum Person {
    /// Somebody at a terminal, whether or not stdout goes elsewhere.
    AtTerminal(tty::Tty),
    /// A script: each line of stdin answers one question.
    Script(Box<dyn Read>),
}

impl Person {
    /// The person at the terminal, where stdin is one, or else the script at stdin.
    pub(crate) fn at_hand(interrupt: &Interrupt) -> Self {
        let tty = io::stdin().is_terminal().then(|| tty::Tty::open(interrupt));
        match tty {
            Some(Ok(tty)) => Self::AtTerminal(tty),
            Some(Err(_)) | None => Self::Script(stdin()),
        }
    }

    /// Nobody: what arguments do not say is not said.
    pub(crate) fn absent() -> Self {
        Self::Script(Box::new(io::empty()))
    }

    /// Whether a wrong answer can be given again.
    pub(crate) fn can_be_asked_again(&self) -> bool {
        match self {
            Self::AtTerminal(_) => true,
            Self::Script(_) => false,
        }
    }

    /// Asks for a line. A script is not asked: it gives arguments.
    pub(crate) fn line(&mut self, prompt: &str, missing: &str) -> Result<String, Ending> {
        match self {
            Self::AtTerminal(_) => Ok(self.typed(prompt)?.expose().trim().to_owned()),
            Self::Script(_) => Err(Ending::Usage(missing.to_owned())),
        }
    }

    /// Asks for a line that may be seen while it is typed.
    pub(crate) fn typed(&mut self, prompt: &str) -> Result<Secret, Ending> {
        let line = match self {
            Self::AtTerminal(tty) => tty.line(&clean(prompt)),
            Self::Script(stdin) => line_of(stdin, LONGEST),
        };
        answered(line)
    }

    /// Asks for a line that nobody may see.
    pub(crate) fn secret(&mut self, prompt: &str) -> Result<Secret, Ending> {
        let line = match self {
            Self::AtTerminal(tty) => tty.hidden_line(&clean(prompt)),
            Self::Script(stdin) => line_of(stdin, LONGEST),
        };
        answered(line)
    }

    /// From here on, what is pasted at the terminal is noted while something else is waited for.
    pub(crate) fn listen(&mut self) -> Result<(), Ending> {
        match self {
            Self::AtTerminal(tty) => Ok(tty.listen()?),
            Self::Script(_) => Ok(()),
        }
    }

    /// A line that was pasted meanwhile. It waits for so long at most.
    pub(crate) fn heard(&mut self, patience: Duration) -> Result<Option<Secret>, Ending> {
        let Self::AtTerminal(tty) = self else {
            std::thread::sleep(patience);
            return Ok(None);
        };
        match tty.heard(patience) {
            Ok(Heard::Nothing) => Ok(None),
            Ok(Heard::Line(line)) => Ok(Some(Secret::new(line.trim()))),
            Ok(Heard::End) => Err(no_answer().into()),
            Err(error) => Err(unreadable(&error).into()),
        }
    }

    /// Nothing is noted any more.
    pub(crate) fn hush(&mut self) -> Result<(), Ending> {
        match self {
            Self::AtTerminal(tty) => Ok(tty.hush()?),
            Self::Script(_) => Ok(()),
        }
    }

    /// What to say of how a pasted line looks.
    pub(crate) fn hides(&self) -> &'static str {
        match self {
            Self::AtTerminal(_) => tty::HIDES,
            Self::Script(_) => "",
        }
    }

    /// Tells the person something between two questions.
    pub(crate) fn tell(&mut self, told: &str) -> Result<(), Ending> {
        let told = clean(told);
        match self {
            Self::AtTerminal(tty) => Ok(tty.write(&format!("{told}\n"))?),
            Self::Script(_) => Ok(writeln!(io::stderr(), "poolkey: {told}")?),
        }
    }

    /// Shows somebody at a terminal a picture, where it can be seen there.
    pub(crate) fn show(&mut self, picture: &Picture) -> Result<Shown, Ending> {
        match self {
            Self::AtTerminal(tty) if tty::draws_unicode() => {
                if tty.columns() < picture.columns {
                    return Ok(Shown::TooNarrow);
                }
                tty.write(&picture.text)?;
                Ok(Shown::Whole)
            }
            Self::AtTerminal(_) | Self::Script(_) => Ok(Shown::Nothing),
        }
    }
}

/// What came of listening.
pub(crate) enum Heard {
    Nothing,
    Line(Zeroizing<String>),
    /// There will be nothing any more.
    End,
}

/// What is drawn on a terminal, controls and all. It may hold a secret.
pub(crate) struct Picture {
    pub(crate) text: Zeroizing<String>,
    pub(crate) columns: usize,
}

/// What became of a picture.
#[derive(PartialEq, Eq)]
pub(crate) enum Shown {
    Whole,
    /// A wider terminal would show it.
    TooNarrow,
    Nothing,
}

fn answered(line: io::Result<Option<Zeroizing<String>>>) -> Result<Secret, Ending> {
    match line {
        Ok(Some(line)) => Ok(Secret::new(line.as_str())),
        Ok(None) => Err(no_answer().into()),
        Err(error) => Err(unreadable(&error).into()),
    }
}

/// One line without its newline, `None` at the end. It is read byte by byte, so that what comes
/// after it stays for whoever reads next, and no buffer keeps a copy.
pub(crate) fn line_of(
    from: &mut impl Read,
    longest: usize,
) -> io::Result<Option<Zeroizing<String>>> {
    let mut line = Zeroizing::new(Vec::with_capacity(longest));
    let mut byte = Zeroizing::new([0; 1]);
    loop {
        match from.read(&mut *byte) {
            Ok(0) if line.is_empty() => return Ok(None),
            Ok(0) => break,
            Ok(_) if byte[0] == b'\n' => break,
            Ok(_) if line.len() == longest => return Err(ErrorKind::FileTooLarge.into()),
            Ok(_) => line.push(byte[0]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    text_of(&line).map(Some)
}

fn text_of(line: &[u8]) -> io::Result<Zeroizing<String>> {
    let text = std::str::from_utf8(line).map_err(|_| ErrorKind::InvalidData)?;
    let mut copy = Zeroizing::new(String::with_capacity(text.len()));
    copy.push_str(text);
    Ok(copy)
}

/// Nobody answers any more.
pub(crate) fn no_answer() -> Failure {
    Failure {
        code: Code::Wrong,
        sentence: "No answer was given.".into(),
        remedy: "Run the command again.".into(),
    }
}

/// An answer that is no line of text.
pub(crate) fn unreadable(error: &io::Error) -> Failure {
    let sentence = if error.kind() == ErrorKind::FileTooLarge {
        "An answer is longer than Poolkey takes.".into()
    } else if error.kind() == ErrorKind::InvalidData {
        "An answer is not UTF-8.".into()
    } else {
        format!("An answer cannot be read: {error}.")
    };
    Failure {
        code: Code::Wrong,
        sentence,
        remedy: "Run the command again.".into(),
    }
}

/// Cognito takes at most 256 characters for a password.
const LONGEST: usize = 4096;

/// An address with a code and a state; some providers' codes have two thousand characters.
const LONGEST_PASTE: usize = 16 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_answers_line_by_line() {
        let mut script: &[u8] = b"one\r\n\ntwo";
        let mut next = || {
            line_of(&mut script, 5)
                .unwrap()
                .map(|line| line.to_string())
        };
        assert_eq!(next().as_deref(), Some("one"));
        assert_eq!(next().as_deref(), Some(""));
        assert_eq!(next().as_deref(), Some("two"));
        assert_eq!(next(), None);
        assert!(line_of(&mut &b"\xff\n"[..], 5).is_err());
        assert!(line_of(&mut &b"longer"[..], 5).is_err());
    }
}
