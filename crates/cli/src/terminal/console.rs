//! The console of a Windows process.

use std::io::{self, Read, Write};

use zeroize::Zeroizing;

use super::{LONGEST, line_of};
use crate::interrupt::Interrupt;

/// The console. A shell sets its own mode again after an interrupt.
pub(crate) struct Tty;

impl Tty {
    pub(crate) fn open(_interrupt: &Interrupt) -> io::Result<Self> {
        Ok(Self)
    }

    pub(crate) fn write(&mut self, text: &str) -> io::Result<()> {
        io::stderr().write_all(text.as_bytes())
    }

    pub(crate) fn line(&mut self, prompt: &str) -> io::Result<Option<Zeroizing<String>>> {
        self.write(prompt)?;
        line_of(&mut io::stdin().lock(), LONGEST)
    }

    /// No console is made narrower than this.
    pub(crate) fn columns(&self) -> usize {
        80
    }

    pub(crate) fn hidden_line(&mut self, prompt: &str) -> io::Result<Option<Zeroizing<String>>> {
        self.write(prompt)?;
        rpassword::read_password().map(|line| Some(Zeroizing::new(line)))
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
