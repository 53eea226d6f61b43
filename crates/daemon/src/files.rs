//! `profiles.toml` as it is on disk, and word of its changes.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use poolkey_core::config::{Config, ConfigError};
use poolkey_core::event::Event;
use tokio::sync::mpsc;

use crate::daemon::Daemon;

/// Reads the configuration. A file that is not there is an empty one.
pub(crate) fn read(path: &Path) -> Result<Config, ConfigError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Config::parse(&text),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Config::default()),
        Err(error) => Err(ConfigError {
            line: 1,
            text: format!("it cannot be read: {error}"),
        }),
    }
}

/// What reading it is, as an event.
pub(crate) fn event(path: &Path) -> Event {
    match read(path) {
        Ok(config) => Event::Configured(config),
        Err(error) => Event::Misread(error),
    }
}

/// Reloads whenever the file changes, for ever.
///
/// It is the directory that is watched, for editors put a new file in the old one's place; and the
/// directory that a link points into, for dotfiles are often linked.
pub(crate) async fn watch(daemon: Rc<Daemon>) {
    let (tell, mut told) = mpsc::channel(1);
    let Some(_watcher) = start(&daemon.config, tell) else {
        return;
    };
    while told.recv().await.is_some() {
        // Several changes of one save are one change.
        tokio::time::sleep(TOGETHER).await;
        while told.try_recv().is_ok() {}
        daemon.reload();
    }
}

fn start(path: &Path, tell: mpsc::Sender<()>) -> Option<RecommendedWatcher> {
    let names: Vec<PathBuf> = [Some(path.to_owned()), std::fs::canonicalize(path).ok()]
        .into_iter()
        .flatten()
        .collect();
    let watched = names.clone();
    let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let ours = event.is_ok_and(|event| {
            !event.kind.is_access() && event.paths.iter().any(|path| watched.contains(path))
        });
        if ours {
            // One word waiting is enough.
            let _ = tell.try_send(());
        }
    });
    let mut watcher = match watcher {
        Ok(watcher) => watcher,
        Err(error) => {
            tracing::warn!("changes of profiles.toml go unnoticed: {error}");
            return None;
        }
    };
    for directory in names.iter().filter_map(|name| name.parent()) {
        if let Err(error) = watcher.watch(directory, RecursiveMode::NonRecursive) {
            tracing::warn!("changes in {} go unnoticed: {error}", directory.display());
        }
    }
    Some(watcher)
}

const TOGETHER: Duration = Duration::from_millis(100);
