//! A terminal as people sit at one.

use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::sleep;
use std::time::Duration;

use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

/// A terminal, and a command that was started in it.
pub(crate) struct Terminal {
    master: File,
    child: Child,
    shown: Arc<Mutex<String>>,
    /// What came before it was expected already.
    expected: usize,
}

impl Terminal {
    pub(crate) fn run(command: &mut Command) -> Self {
        Self::wide(command, 100)
    }

    /// One of so many columns.
    #[expect(unsafe_code, reason = "std has no safe way to give a child a terminal")]
    pub(crate) fn wide(command: &mut Command, columns: u16) -> Self {
        use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
        let master =
            openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let slave = File::options()
            .read(true)
            .write(true)
            .open(name.to_str().unwrap())
            .unwrap();
        let size = Winsize {
            ws_row: 40,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&master, size).unwrap();
        command
            .stdin(slave.try_clone().unwrap())
            .stderr(slave)
            .stdout(Stdio::piped());
        // SAFETY: between `fork` and `exec` only two system calls are made.
        unsafe {
            command.pre_exec(|| {
                rustix::process::setsid()?;
                rustix::process::ioctl_tiocsctty(rustix::stdio::stdin())?;
                Ok(())
            });
        }
        let child = command.spawn().unwrap();
        // This side's copies of the slave would keep the terminal from its end.
        command.stdin(Stdio::null()).stderr(Stdio::null());
        let master = File::from(master);
        let shown = Arc::new(Mutex::new(String::new()));
        let (mut reader, told) = (master.try_clone().unwrap(), Arc::clone(&shown));
        std::thread::spawn(move || {
            let mut piece = [0; 1024];
            while let Ok(count @ 1..) = reader.read(&mut piece) {
                told.lock()
                    .unwrap()
                    .push_str(&String::from_utf8_lossy(&piece[..count]));
            }
        });
        Self {
            master,
            child,
            shown,
            expected: 0,
        }
    }

    pub(crate) fn expect(&mut self, text: &str) {
        for _ in 0..2000 {
            if let Some(at) = self.shown()[self.expected..].find(text) {
                self.expected += at + text.len();
                return;
            }
            sleep(Duration::from_millis(5));
        }
        panic!("“{text}” is not in {}", self.shown());
    }

    pub(crate) fn type_in(&mut self, text: &str) {
        self.master.write_all(text.as_bytes()).unwrap();
    }

    /// Makes the window another one.
    pub(crate) fn resize(&self, rows: u16, columns: u16) {
        let size = Winsize {
            ws_row: rows,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&self.master, size).unwrap();
    }

    pub(crate) fn echoes(&self) -> bool {
        tcgetattr(&self.master)
            .unwrap()
            .local_modes
            .contains(LocalModes::ECHO)
    }

    pub(crate) fn shown(&self) -> String {
        self.shown.lock().unwrap().clone()
    }

    /// The exit code and what went to stdout.
    pub(crate) fn end(&mut self) -> (Option<i32>, String) {
        let mut out = String::new();
        self.child
            .stdout
            .take()
            .unwrap()
            .read_to_string(&mut out)
            .unwrap();
        (self.child.wait().unwrap().code(), out)
    }
}
