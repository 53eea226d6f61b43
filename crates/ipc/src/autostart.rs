//! What starts when a person logs in to this computer, and how that is switched.
//!
//! | what | Linux | macOS | Windows |
//! |---|---|---|---|
//! | [`What::Icon`] | an XDG autostart entry | a LaunchAgent | a `Run` value |
//! | [`What::Daemon`] | systemd's `poolkeyd.socket` of the user | – | – |
//!
//! The icon starts the daemon when there is none, so that the first is all that a desktop needs.
//! The second is for machines without one. An administrator's entry in `/etc/xdg` is overridden by
//! the user's own, never changed.

use std::io;
use std::path::PathBuf;

use poolkey_core::failure::{Code, Failure};
use poolkey_core::menu::Switch;

#[cfg(all(unix, not(target_os = "macos")))]
mod linux;
#[cfg(target_os = "macos")]
mod macos;
#[cfg(windows)]
mod windows;

#[cfg(all(unix, not(target_os = "macos")))]
use linux as system;
#[cfg(target_os = "macos")]
use macos as system;
#[cfg(windows)]
use windows as system;

pub use system::Places;

/// What may start at login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// The tray icon.
    Icon,
    /// The daemon, without a desktop.
    Daemon,
}

/// What starts at login.
#[derive(Clone, Debug)]
pub struct Autostart {
    places: Places,
    /// The program of the icon.
    program: PathBuf,
}

impl Autostart {
    /// That of the user whom this process runs as, with this program as the icon's.
    ///
    /// # Errors
    ///
    /// The user has no home.
    pub fn of_process(program: PathBuf) -> Result<Self, Failure> {
        let places = Places::of_process().ok_or_else(crate::trouble::no_home)?;
        Ok(Self::new(places, program))
    }

    /// That of these places.
    pub fn new(places: Places, program: PathBuf) -> Self {
        Self { places, program }
    }

    /// Whether it starts at login. What cannot be read does not.
    pub fn is_on(&self, what: What) -> bool {
        self.places.is_on(what)
    }

    /// The program that starts at login as the icon, where one does and the system tells.
    pub fn icon_program(&self) -> Option<PathBuf> {
        self.is_on(What::Icon)
            .then(|| self.places.icon_program())
            .flatten()
    }

    /// The program that a unit of systemd starts as the daemon, where it is switched on.
    pub fn daemon_program(&self) -> Option<PathBuf> {
        self.is_on(What::Daemon)
            .then(|| self.places.daemon_program())
            .flatten()
    }

    /// Switches it.
    ///
    /// # Errors
    ///
    /// The system does not take it, or knows no such thing.
    pub fn turn(&self, what: What, switch: Switch) -> Result<(), Failure> {
        let turned = self.places.turn(what, switch, &self.program);
        turned.map_err(|(place, error)| failure(&place, &error))
    }
}

fn failure(place: &str, error: &io::Error) -> Failure {
    Failure {
        code: Code::Other,
        sentence: format!("“{place}” cannot be changed: {error}."),
        remedy: "Mend its permissions, or switch it in your desktop's settings.".into(),
    }
}
