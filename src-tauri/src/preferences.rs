//! What a person chose of windows: `[settings]` of `profiles.toml`.

use poolkey_core::config::{Config, Look};
use poolkey_core::messages::Language;
use serde::{Deserialize, Serialize};

/// What a person chose; `None` where the system chooses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct Preferences {
    pub(crate) language: Option<Language>,
    pub(crate) look: Option<Look>,
    pub(crate) open_window: bool,
}

impl Preferences {
    pub(crate) fn of(config: &Config) -> Self {
        Self {
            language: config.settings.language,
            look: config.settings.look,
            open_window: config.settings.open_window,
        }
    }

    pub(crate) fn theme(self) -> Option<tauri::Theme> {
        self.look.map(|look| match look {
            Look::Light => tauri::Theme::Light,
            Look::Dark => tauri::Theme::Dark,
        })
    }
}
