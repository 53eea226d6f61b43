//! The terminal of a Unix process.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::AsFd;

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};
use zeroize::Zeroizing;

use super::{LONGEST, line_of};
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

    pub(crate) fn line(&mut self, prompt: &str) -> io::Result<Option<Zeroizing<String>>> {
        let terminal = self.file.try_clone()?;
        self.interrupt
            .restores(Some(Box::new(move || end_line(&terminal))));
        let line = self
            .write(prompt)
            .and_then(|()| line_of(&mut self.file, LONGEST));
        self.interrupt.restores(None);
        self.after(line)
    }

    /// How wide it is; 0 where it does not tell.
    pub(crate) fn columns(&self) -> usize {
        tcgetwinsize(&self.file).map_or(0, |size| size.ws_col.into())
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
            end_line(&terminal);
        })));
        set(&self.file, &hidden)?;
        let line = self
            .write(prompt)
            .and_then(|()| line_of(&mut self.file, LONGEST));
        let restored = set(&self.file, &shown);
        self.interrupt.restores(None);
        restored?;
        self.after(line)
    }

    /// Whatever comes after the end of input belongs on a line of its own.
    fn after(
        &self,
        line: io::Result<Option<Zeroizing<String>>>,
    ) -> io::Result<Option<Zeroizing<String>>> {
        if matches!(line, Ok(None)) {
            end_line(&self.file);
        }
        line
    }
}

/// The shell's prompt belongs on a line of its own.
fn end_line(mut terminal: &File) {
    let _ = terminal.write_all(b"\n");
}

/// Whether the terminal takes colours, and shows UTF-8 by its locale.
#[expect(
    clippy::disallowed_methods,
    reason = "the environment is a terminal's only word on what it shows"
)]
pub(crate) fn draws_unicode() -> bool {
    if std::env::var_os("TERM").is_some_and(|term| term == "dumb") {
        return false;
    }
    // The first that is not empty counts, as POSIX has it.
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .filter_map(std::env::var_os)
        .find(|locale| !locale.is_empty());
    locale.is_some_and(|locale| {
        let locale = locale.to_string_lossy().to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
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
