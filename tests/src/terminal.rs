//! A terminal, and a program that was started in it as people start programs.

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

/// A terminal of 120 columns with a program in it. Input, output and errors are the terminal's.
pub struct Terminal {
    master: File,
    child: Child,
    shown: Arc<Mutex<String>>,
    listening: JoinHandle<()>,
    /// What came before it was expected already.
    expected: usize,
}

impl Terminal {
    /// Starts a command in it.
    ///
    /// # Panics
    ///
    /// There is no terminal, or the program does not start.
    pub(crate) fn run(mut command: Command) -> Self {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let master = openpt(flags).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let size = Winsize {
            ws_row: 60,
            ws_col: 120,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&master, size).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let slave = File::options()
            .read(true)
            .write(true)
            .open(name.to_str().unwrap())
            .unwrap();
        command
            .stdin(slave.try_clone().unwrap())
            .stdout(slave.try_clone().unwrap())
            .stderr(slave);
        let child = command.spawn().unwrap();
        // This side's copies of the slave would keep the terminal from its end.
        drop(command);
        let (master, shown) = (File::from(master), Arc::default());
        let listening = listen(&master, &shown);
        Self {
            master,
            child,
            shown,
            listening,
            expected: 0,
        }
    }

    /// Waits until this is shown; what was shown before it, since the last time.
    ///
    /// # Panics
    ///
    /// It is not shown.
    pub fn expect(&mut self, text: &str) -> String {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            let shown = self.shown();
            let rest = &shown[self.expected..];
            if let Some(at) = rest.find(text) {
                self.expected += at + text.len();
                return rest[..at].to_owned();
            }
            sleep(Duration::from_millis(3));
        }
        panic!("“{text}” is not shown after {}", self.shown());
    }

    /// Types a line.
    ///
    /// # Panics
    ///
    /// The terminal is gone.
    pub fn type_line(&mut self, text: &str) {
        self.master
            .write_all(format!("{text}\n").as_bytes())
            .unwrap();
    }

    /// What a prompt asks for, and the answer to it.
    ///
    /// # Panics
    ///
    /// It is not asked for.
    pub fn answer(&mut self, prompt: &str, text: &str) {
        self.expect(prompt);
        self.type_line(text);
    }

    /// The same, where nobody may see what is typed.
    ///
    /// # Panics
    ///
    /// It is not asked for, or it would be seen.
    pub fn answer_unseen(&mut self, prompt: &str, text: &str) {
        self.expect(prompt);
        let start = Instant::now();
        while self.echoes() {
            assert!(start.elapsed() < PATIENCE, "“{prompt}” shows what is typed");
            sleep(Duration::from_millis(1));
        }
        self.type_line(text);
    }

    /// Presses Ctrl-C.
    ///
    /// # Panics
    ///
    /// The terminal is gone.
    pub fn interrupt(&mut self) {
        self.master.write_all(b"\x03").unwrap();
    }

    /// Whether what is typed is seen.
    ///
    /// # Panics
    ///
    /// The terminal is gone.
    pub fn echoes(&self) -> bool {
        let modes = tcgetattr(&self.master).unwrap().local_modes;
        modes.contains(LocalModes::ECHO)
    }

    /// All that was shown so far.
    ///
    /// # Panics
    ///
    /// Whoever listens to it did.
    pub fn shown(&self) -> String {
        self.shown.lock().unwrap().clone()
    }

    /// The program's process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the program's end: its exit code, and all that was shown.
    ///
    /// # Panics
    ///
    /// It does not end.
    pub fn end(mut self) -> (i32, String) {
        let start = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(
                start.elapsed() < PATIENCE,
                "it does not end after {}",
                self.shown()
            );
            sleep(Duration::from_millis(3));
        };
        // What was written last is still on its way until the terminal is nobody's.
        while !self.listening.is_finished() && start.elapsed() < PATIENCE {
            sleep(Duration::from_millis(1));
        }
        let shown = self.shown();
        (status.code().unwrap_or(-1), shown)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("──── a terminal\n{}", self.shown());
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn listen(master: &File, shown: &Arc<Mutex<String>>) -> JoinHandle<()> {
    let (mut reader, told) = (master.try_clone().unwrap(), Arc::clone(shown));
    std::thread::spawn(move || {
        let mut rest = Vec::new();
        let mut piece = [0; 4096];
        while let Ok(count @ 1..) = reader.read(&mut piece) {
            rest.extend_from_slice(&piece[..count]);
            // A character may come in two pieces.
            let whole = match std::str::from_utf8(&rest) {
                Ok(text) => text.len(),
                Err(error) => error.valid_up_to(),
            };
            let text: Vec<u8> = rest.drain(..whole).collect();
            told.lock()
                .unwrap()
                .push_str(&String::from_utf8_lossy(&text));
        }
    })
}

const PATIENCE: Duration = Duration::from_secs(15);
