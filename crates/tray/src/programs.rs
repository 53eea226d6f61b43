//! Other programs: the window, and a terminal where there is none.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use poolkey_core::name::LoginName;

/// Where programs are looked for: beside our own, where a package puts them, then in `PATH`.
#[derive(Clone, Debug)]
pub(crate) struct Programs {
    own: Option<PathBuf>,
    path: OsString,
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Started {
    /// It runs.
    Yes,
    /// There is no program for it.
    No,
}

impl Programs {
    #[expect(
        clippy::disallowed_methods,
        reason = "the environment is read here, once"
    )]
    pub(crate) fn of_process() -> Self {
        Self {
            own: std::env::current_exe().ok(),
            path: std::env::var_os("PATH").unwrap_or_default(),
        }
    }

    /// Our own program.
    pub(crate) fn own(&self) -> Option<&Path> {
        self.own.as_deref()
    }

    /// Whether there is a program that shows windows.
    pub(crate) fn has_window(&self) -> bool {
        self.find(WINDOW).is_some()
    }

    /// Opens the main window.
    pub(crate) fn open(&self, token: Option<&str>) -> Started {
        self.find(WINDOW).map_or(Started::No, |window| {
            start(&mut Command::new(window), token)
        })
    }

    /// Opens the login window, or a terminal that asks the same.
    pub(crate) fn sign_in(&self, login: &LoginName, token: Option<&str>) -> Started {
        if let Some(window) = self.find(WINDOW) {
            let mut command = Command::new(window);
            command.arg("--login").arg(login.as_str());
            return start(&mut command, token);
        }
        let Some(poolkey) = self.find("poolkey") else {
            return Started::No;
        };
        for (terminal, execute) in TERMINALS {
            let Some(terminal) = self.find(terminal) else {
                continue;
            };
            let mut command = Command::new(terminal);
            command.args(execute.iter());
            // It stays open where it did not go well, so that a person can read why.
            command.args(["sh", "-c", "\"$0\" login \"$1\" || read -r _"]);
            command.arg(&poolkey).arg(login.as_str());
            if start(&mut command, token) == Started::Yes {
                return Started::Yes;
            }
        }
        Started::No
    }

    fn find(&self, name: &str) -> Option<PathBuf> {
        let beside = self
            .own
            .as_deref()
            .and_then(Path::parent)
            .map(Path::to_owned);
        let path = std::env::split_paths(&self.path);
        beside
            .into_iter()
            .chain(path)
            .filter(|directory| directory.is_absolute())
            .map(|directory| directory.join(name))
            .find(|program| program.is_file())
    }
}

/// Starts it on its own, with the desktop's leave to come to the front, and waits for its end so
/// that it does not stay in the process table.
fn start(command: &mut Command, token: Option<&str>) -> Started {
    use std::os::unix::process::CommandExt;

    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0);
    if let Some(token) = token {
        command.env("XDG_ACTIVATION_TOKEN", token);
    }
    let Ok(mut child) = command.spawn() else {
        return Started::No;
    };
    let waiting = std::thread::Builder::new().stack_size(64 << 10);
    // Should there be no thread, it ends all the same.
    let _ = waiting.spawn(move || child.wait());
    Started::Yes
}

const WINDOW: &str = "poolkey-desktop";

/// Terminals, and the argument after which each takes a command: the desktop's own choice first.
const TERMINALS: [(&str, &[&str]); 7] = [
    ("xdg-terminal-exec", &[]),
    ("x-terminal-emulator", &["-e"]),
    ("gnome-terminal", &["--"]),
    ("konsole", &["-e"]),
    ("xfce4-terminal", &["-x"]),
    ("foot", &[]),
    ("xterm", &["-e"]),
];

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests, which may fail")]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_window_is_preferred_and_told_which_login() {
        let bin = Bin::new(&["poolkey-desktop", "poolkey", "xterm"]);
        let programs = bin.programs();
        assert!(programs.has_window());
        assert_eq!(
            programs.sign_in(&"acme".parse().unwrap(), Some("t1")),
            Started::Yes
        );
        assert_eq!(bin.said("poolkey-desktop", 1), "--login acme token=t1\n");
        assert_eq!(programs.open(None), Started::Yes);
        assert_eq!(
            bin.said("poolkey-desktop", 2),
            "--login acme token=t1\n token=\n"
        );
    }

    #[test]
    fn a_terminal_serves_where_there_is_no_window() {
        let bin = Bin::new(&["poolkey", "x-terminal-emulator", "xterm"]);
        let programs = bin.programs();
        assert!(!programs.has_window());
        assert_eq!(programs.open(None), Started::No);
        assert_eq!(
            programs.sign_in(&"acme".parse().unwrap(), None),
            Started::Yes
        );
        let poolkey = bin.0.path().join("poolkey");
        let expected = format!(
            "-e sh -c \"$0\" login \"$1\" || read -r _ {} acme token=\n",
            poolkey.display()
        );
        assert_eq!(bin.said("x-terminal-emulator", 1), expected);
    }

    #[test]
    fn without_either_it_says_so() {
        let bin = Bin::new(&["poolkey"]);
        assert_eq!(
            bin.programs().sign_in(&"acme".parse().unwrap(), None),
            Started::No
        );
        let bin = Bin::new(&["xterm"]);
        assert_eq!(
            bin.programs().sign_in(&"acme".parse().unwrap(), None),
            Started::No
        );
    }

    struct Bin(tempfile::TempDir);

    impl Bin {
        fn new(names: &[&str]) -> Self {
            let directory = tempfile::tempdir().unwrap();
            for name in names {
                let program = directory.path().join(name);
                let log = directory.path().join(format!("{name}.log"));
                let text = format!(
                    "#!/bin/sh\necho \"$* token=$XDG_ACTIVATION_TOKEN\" >> '{}'\n",
                    log.display()
                );
                fs::write(&program, text).unwrap();
                fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
            }
            Self(directory)
        }

        fn programs(&self) -> Programs {
            Programs {
                own: Some(self.0.path().join("poolkey-tray")),
                path: OsString::new(),
            }
        }

        /// What a program said once it has said so many lines.
        fn said(&self, name: &str, lines: usize) -> String {
            let log = self.0.path().join(format!("{name}.log"));
            for _ in 0..500 {
                let said = fs::read_to_string(&log).unwrap_or_default();
                if said.matches('\n').count() >= lines {
                    return said;
                }
                std::thread::sleep(Duration::from_millis(10));
            }
            panic!("{name} did not say {lines} lines");
        }
    }
}
