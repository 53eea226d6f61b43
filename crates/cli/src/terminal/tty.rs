//! The terminal of a Unix process.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::AsFd;

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use super::line_of;
use crate::interrupt::Interrupt;

/// The terminal itself, so that a prompt is seen even when stdout goes elsewhere.
pub(crate) struct Tty {
    file: File,
    interrupt: Interrupt,
}

impl Tty {
    pub(crate) fn open(interrupt: &Interrupt) -> io::Result<Self> {
        Ok(Self {
            file: OpenOptions::new().read(true).write(true).open("/dev/tty")?,
            interrupt: interrupt.clone(),
        })
    }

    pub(crate) fn write(&mut self, text: &str) -> io::Result<()> {
        self.file.write_all(text.as_bytes())
    }

    pub(crate) fn line(&mut self) -> io::Result<Option<Zeroizing<String>>> {
        line_of(&mut self.file)
    }

    /// The prompt comes when nothing is shown any more: who types ahead of it is not betrayed.
    pub(crate) fn hidden_line(&mut self, prompt: &str) -> io::Result<Option<Zeroizing<String>>> {
        let shown = tcgetattr(&self.file)?;
        let mut hidden = shown.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        hidden
            .local_modes
            .insert(LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG);

        let (terminal, settings) = (self.file.try_clone()?, shown.clone());
        self.interrupt.restores(Some(Box::new(move || {
            let _ = set(&terminal, &settings);
            // The shell's prompt belongs on a line of its own.
            let _ = (&terminal).write_all(b"\n");
        })));
        set(&self.file, &hidden)?;
        let line = self.write(prompt).and_then(|()| line_of(&mut self.file));
        let restored = set(&self.file, &shown);
        self.interrupt.restores(None);
        restored?;
        line
    }
}

/// What was typed before is dropped, as `getpass` and `ssh` do.
fn set(terminal: &File, settings: &Termios) -> io::Result<()> {
    Ok(tcsetattr(terminal, OptionalActions::Flush, settings)?)
}

/// Standard input without a buffer.
pub(crate) fn stdin() -> Box<dyn Read> {
    match io::stdin().as_fd().try_clone_to_owned() {
        Ok(owned) => Box::new(File::from(owned)),
        Err(_) => Box::new(io::stdin()),
    }
}
