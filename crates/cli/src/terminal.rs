//! Asking a person, or whatever stands in for one.

use std::io::{self, ErrorKind, IsTerminal, Read, Write};

use poolkey_core::failure::{Code, Failure};
use poolkey_core::secret::Secret;
use zeroize::Zeroizing;

use crate::ending::Ending;
use crate::interrupt::Interrupt;

#[cfg(unix)]
mod tty;
#[cfg(windows)]
#[path = "terminal/console.rs"]
mod tty;

/// Who answers questions.
pub(crate) enum Person {
    /// Somebody at a terminal, whether or not stdout goes elsewhere.
    AtTerminal(tty::Tty),
    /// A script: each line of stdin answers one question for a secret.
    Script(Box<dyn Read>),
}

impl Person {
    /// The person at the terminal, where stdin is one, or else the script at stdin.
    pub(crate) fn at_hand(interrupt: &Interrupt) -> Self {
        let tty = io::stdin().is_terminal().then(|| tty::Tty::open(interrupt));
        match tty {
            Some(Ok(tty)) => Self::AtTerminal(tty),
            Some(Err(_)) | None => Self::Script(tty::stdin()),
        }
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
            Self::AtTerminal(tty) => {
                tty.write(prompt)?;
                let line = tty.line()?.ok_or_else(no_answer)?;
                Ok(line.trim().to_owned())
            }
            Self::Script(_) => Err(Ending::Usage(missing.to_owned())),
        }
    }

    /// Asks for a line that nobody may see.
    pub(crate) fn secret(&mut self, prompt: &str) -> Result<Secret, Ending> {
        let line = match self {
            Self::AtTerminal(tty) => tty.hidden_line(prompt)?,
            Self::Script(stdin) => line_of(stdin)?,
        };
        let line = line.ok_or_else(no_answer)?;
        Ok(Secret::new(line.as_str()))
    }

    /// Tells the person something between two questions.
    pub(crate) fn tell(&mut self, told: &str) -> Result<(), Ending> {
        let told = told.replace(char::is_control, " ");
        match self {
            Self::AtTerminal(tty) => Ok(tty.write(&format!("{told}\n"))?),
            Self::Script(_) => Ok(writeln!(io::stderr(), "poolkey: {told}")?),
        }
    }
}

/// One line without its newline, `None` at the end. It is read byte by byte, so that what comes
/// after it stays for whoever reads next, and no buffer keeps a copy.
pub(crate) fn line_of(from: &mut impl Read) -> io::Result<Option<Zeroizing<String>>> {
    let mut line = Zeroizing::new(Vec::with_capacity(LONGEST));
    let mut byte = Zeroizing::new([0; 1]);
    loop {
        match from.read(&mut *byte) {
            Ok(0) if line.is_empty() => return Ok(None),
            Ok(0) => break,
            Ok(_) if byte[0] == b'\n' => break,
            Ok(_) if line.len() == LONGEST => return Err(ErrorKind::FileTooLarge.into()),
            Ok(_) => line.push(byte[0]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    let text = std::str::from_utf8(&line).map_err(|_| ErrorKind::InvalidData)?;
    let mut copy = Zeroizing::new(String::with_capacity(text.len()));
    copy.push_str(text);
    Ok(Some(copy))
}

fn no_answer() -> Failure {
    Failure {
        code: Code::Wrong,
        sentence: "No answer was given.".into(),
        remedy: "Run the command again.".into(),
    }
}

/// Cognito takes at most 256 characters for a password.
const LONGEST: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_answers_line_by_line() {
        let mut script: &[u8] = b"one\r\n\ntwo";
        let mut next = || line_of(&mut script).unwrap().map(|line| line.to_string());
        assert_eq!(next().as_deref(), Some("one"));
        assert_eq!(next().as_deref(), Some(""));
        assert_eq!(next().as_deref(), Some("two"));
        assert_eq!(next(), None);
        assert!(line_of(&mut &b"\xff\n"[..]).is_err());
        assert!(line_of(&mut &vec![b'x'; LONGEST + 1][..]).is_err());
    }
}
