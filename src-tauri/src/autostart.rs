//! What starts when the person logs in to this computer: shown and switched on the settings page.

use poolkey_core::failure::{Code, Failure};
use poolkey_core::menu::Switch;
use poolkey_ipc::autostart::{Autostart, What};
use serde::{Deserialize, Serialize};

use crate::commands::{Done, beside};

/// What starts at login; `None`: there is nothing to switch here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct AtLogin {
    icon: Option<bool>,
    daemon: Option<bool>,
}

/// One of them.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) enum Starter {
    Icon,
    Daemon,
}

/// What starts at login.
#[tauri::command]
pub(crate) async fn autostart() -> Done<AtLogin> {
    beside(|| {
        let icon = of_process().ok();
        let is_on = |what| icon.as_ref().map(|autostart| autostart.is_on(what));
        Ok(AtLogin {
            icon: is_on(What::Icon),
            daemon: is_on(What::Daemon).filter(|_| cfg!(target_os = "linux")),
        })
    })
    .await
}

/// Switches one of them.
#[tauri::command]
pub(crate) async fn set_autostart(what: Starter, on: bool) -> Done<()> {
    beside(move || {
        let what = match what {
            Starter::Icon => What::Icon,
            Starter::Daemon => What::Daemon,
        };
        of_process()?.turn(what, Switch::from(on))
    })
    .await
}

/// With the program of the icon, which on Linux is one of its own.
pub(crate) fn of_process() -> Result<Autostart, Failure> {
    let program = if cfg!(target_os = "linux") {
        poolkey_ipc::installed("poolkey-tray")
    } else {
        std::env::current_exe().ok()
    };
    Autostart::of_process(program.ok_or_else(no_icon)?)
}

fn no_icon() -> Failure {
    Failure {
        code: Code::Other,
        sentence: "There is no “poolkey-tray” to start.".into(),
        remedy: "Install it beside this program.".into(),
    }
}
