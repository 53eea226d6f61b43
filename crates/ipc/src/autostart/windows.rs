//! A value below the user's `Run` key, by the system's own `reg.exe`.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use poolkey_core::menu::Switch;

use super::What;

/// Where the system's programs lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// `%SystemRoot%\System32`.
    pub system: PathBuf,
}

impl Places {
    #[expect(
        clippy::disallowed_methods,
        reason = "read once, and an argument from here on"
    )]
    pub(super) fn of_process() -> Option<Self> {
        let root = std::env::var_os("SystemRoot")?;
        Some(Self {
            system: Path::new(&root).join("System32"),
        })
    }

    pub(super) fn is_on(&self, what: What) -> bool {
        what == What::Icon && self.reg(&["query", KEY, "/v", VALUE]).is_ok()
    }

    /// What stands in quotes in the value, as `reg.exe` shows it.
    pub(super) fn icon_program(&self) -> Option<PathBuf> {
        let mut command = Command::new(self.system.join("reg.exe"));
        let shown = command
            .args(["query", KEY, "/v", VALUE])
            .stdin(Stdio::null())
            .output()
            .ok()?;
        let shown = String::from_utf8(shown.stdout).ok()?;
        shown.split('"').nth(1).map(PathBuf::from)
    }

    /// There are no units here.
    pub(super) fn daemon_program(&self) -> Option<PathBuf> {
        None
    }

    pub(super) fn turn(
        &self,
        what: What,
        switch: Switch,
        program: &Path,
    ) -> Result<(), (String, io::Error)> {
        let turned = match (what, switch) {
            (What::Icon, Switch::On) => {
                let command = format!("\"{}\" --icon", program.display());
                self.reg(&[
                    "add", KEY, "/v", VALUE, "/t", "REG_SZ", "/d", &command, "/f",
                ])
            }
            (What::Icon, Switch::Off) if self.is_on(What::Icon) => {
                self.reg(&["delete", KEY, "/v", VALUE, "/f"])
            }
            (What::Icon | What::Daemon, Switch::Off) => Ok(()),
            (What::Daemon, Switch::On) => Err(io::ErrorKind::Unsupported.into()),
        };
        turned.map_err(|error| (format!("{KEY}\\{VALUE}"), error))
    }

    fn reg(&self, args: &[&str]) -> io::Result<()> {
        let mut command = Command::new(self.system.join("reg.exe"));
        let status = command
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()?;
        if status.success() {
            Ok(())
        } else {
            Err(io::Error::other(format!("reg.exe: {status}")))
        }
    }
}

const KEY: &str = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Run";
const VALUE: &str = "Poolkey";
