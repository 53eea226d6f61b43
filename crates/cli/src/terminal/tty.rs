//! The terminal of a Unix process.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetwinsize, tcsetattr,
};
use zeroize::{Zeroize, Zeroizing};

use super::{Heard, LONGEST, LONGEST_PASTE, line_of, text_of};
use crate::interrupt::Interrupt;

/// The terminal itself, so that a prompt is seen even when stdout goes elsewhere.
pub(crate) struct Tty {
    file: File,
    interrupt: Interrupt,
    listening: Option<Listening>,
}

/// What is noted while something else is waited for.
struct Listening {
    /// How the terminal was before.
    settings: Termios,
    /// The line so far.
    line: Zeroizing<Vec<u8>>,
}

impl Tty {
    pub(crate) fn open(interrupt: &Interrupt) -> io::Result<Self> {
        Ok(Self {
            file: OpenOptions::new().read(true).write(true).open("/dev/tty")?,
            interrupt: interrupt.clone(),
            listening: None,
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

    /// The terminal hands on each character at once: a line of its own would be cut off at 1024 on
    /// macOS and at 4096 on Linux, and an address may be longer. Nothing of it is shown.
    pub(crate) fn listen(&mut self) -> io::Result<()> {
        if self.listening.is_some() {
            return Ok(());
        }
        let settings = tcgetattr(&self.file)?;
        let mut aside = settings.clone();
        aside
            .local_modes
            .remove(LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON);
        aside.local_modes.insert(LocalModes::ISIG);
        aside.special_codes[SpecialCodeIndex::VMIN] = 1;
        aside.special_codes[SpecialCodeIndex::VTIME] = 0;
        let (terminal, before) = (self.file.try_clone()?, settings.clone());
        self.interrupt.restores(Some(Box::new(move || {
            let _ = set(&terminal, &before);
        })));
        set(&self.file, &aside)?;
        self.listening = Some(Listening {
            settings,
            line: Zeroizing::new(Vec::with_capacity(LONGEST_PASTE)),
        });
        Ok(())
    }

    pub(crate) fn heard(&mut self, patience: Duration) -> io::Result<Heard> {
        let Some(listening) = &mut self.listening else {
            std::thread::sleep(patience);
            return Ok(Heard::Nothing);
        };
        let mut left = Timespec::try_from(patience).map_err(|_| io::ErrorKind::InvalidInput)?;
        let mut piece = Zeroizing::new([0; 256]);
        loop {
            match poll(&mut [PollFd::new(&self.file, PollFlags::IN)], Some(&left)) {
                Ok(0) | Err(rustix::io::Errno::INTR) => return Ok(Heard::Nothing),
                Ok(_) => {}
                Err(error) => return Err(error.into()),
            }
            let count = match self.file.read(&mut *piece) {
                Ok(0) => return Ok(Heard::End),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if let Some(heard) = listening.take_in(&piece[..count])? {
                return Ok(heard);
            }
            // Whoever pastes does not pause; the rest is there, or comes at the next look.
            left = Timespec::default();
        }
    }

    pub(crate) fn hush(&mut self) -> io::Result<()> {
        let Some(listening) = self.listening.take() else {
            return Ok(());
        };
        self.interrupt.restores(None);
        set(&self.file, &listening.settings)
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

impl Drop for Tty {
    fn drop(&mut self) {
        let _ = self.hush();
    }
}

impl Listening {
    /// Takes in what was typed, as a terminal does that makes lines of it. An empty line is none,
    /// and what comes after a line is dropped.
    fn take_in(&mut self, piece: &[u8]) -> io::Result<Option<Heard>> {
        for byte in piece {
            match byte {
                b'\r' | b'\n' if self.line.trim_ascii().is_empty() => self.line.zeroize(),
                b'\r' | b'\n' => {
                    let text = text_of(&self.line);
                    self.line.zeroize();
                    return text.map(Heard::Line).map(Some);
                }
                &END_OF_INPUT if self.line.is_empty() => return Ok(Some(Heard::End)),
                &(BACKSPACE | DELETE) => _ = self.line.pop(),
                &ERASE_LINE => self.line.zeroize(),
                _ if self.line.len() == LONGEST_PASTE => {
                    return Err(io::ErrorKind::FileTooLarge.into());
                }
                byte => self.line.push(*byte),
            }
        }
        Ok(None)
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

/// What is pasted is not shown.
pub(crate) const HIDES: &str = " (it is not shown)";

const END_OF_INPUT: u8 = 0x04;
const BACKSPACE: u8 = 0x08;
const ERASE_LINE: u8 = 0x15;
const DELETE: u8 = 0x7f;
