//! The console of a Windows process.

use std::io::{self, Read, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use zeroize::Zeroizing;

use super::{Heard, LONGEST, LONGEST_PASTE, line_of};
use crate::interrupt::Interrupt;

/// The console. A shell sets its own mode again after an interrupt.
pub(crate) struct Tty {
    /// A line that is being read. Nobody can take that back, so it answers whatever is asked next.
    pending: Option<Receiver<Line>>,
}

type Line = io::Result<Option<Zeroizing<String>>>;

impl Tty {
    pub(crate) fn open(_interrupt: &Interrupt) -> io::Result<Self> {
        Ok(Self { pending: None })
    }

    pub(crate) fn write(&mut self, text: &str) -> io::Result<()> {
        io::stderr().write_all(text.as_bytes())
    }

    pub(crate) fn line(&mut self, prompt: &str) -> io::Result<Option<Zeroizing<String>>> {
        self.write(prompt)?;
        match self.pending.take() {
            Some(pending) => pending.recv().unwrap_or(Ok(None)),
            None => line_of(&mut io::stdin().lock(), LONGEST),
        }
    }

    pub(crate) fn listen(&mut self) -> io::Result<()> {
        if self.pending.is_none() {
            let (tell, pending) = sync_channel(1);
            std::thread::Builder::new().spawn(move || {
                let _ = tell.send(line_of(&mut io::stdin().lock(), LONGEST_PASTE));
            })?;
            self.pending = Some(pending);
        }
        Ok(())
    }

    pub(crate) fn heard(&mut self, patience: Duration) -> io::Result<Heard> {
        let Some(pending) = &self.pending else {
            std::thread::sleep(patience);
            return Ok(Heard::Nothing);
        };
        let line = match pending.recv_timeout(patience) {
            Ok(line) => line,
            Err(RecvTimeoutError::Timeout) => return Ok(Heard::Nothing),
            Err(RecvTimeoutError::Disconnected) => return Ok(Heard::End),
        };
        self.pending = None;
        match line? {
            Some(line) => {
                self.listen()?;
                Ok(if line.trim().is_empty() {
                    Heard::Nothing
                } else {
                    Heard::Line(line)
                })
            }
            None => Ok(Heard::End),
        }
    }

    /// What was begun goes on: see `pending`.
    pub(crate) fn hush(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// No console is made narrower than this.
    pub(crate) fn columns(&self) -> usize {
        80
    }

    pub(crate) fn hidden_line(&mut self, prompt: &str) -> io::Result<Option<Zeroizing<String>>> {
        self.write(prompt)?;
        match self.pending.take() {
            Some(pending) => pending.recv().unwrap_or(Ok(None)),
            None => rpassword::read_password().map(|line| Some(Zeroizing::new(line))),
        }
    }
}

/// What is written to a console is UTF-16 on its way there.
pub(crate) fn draws_unicode() -> bool {
    true
}

/// Standard input.
pub(crate) fn stdin() -> Box<dyn Read> {
    Box::new(io::stdin())
}

/// A console shows what is pasted.
pub(crate) const HIDES: &str = "";
