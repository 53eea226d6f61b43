//! `profiles.toml` as it is on disk, and word of its changes.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
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
pub(crate) async fn watch(daemon: Rc<Daemon>) {
    let (tell, mut told) = mpsc::channel(1);
    let Some(mut lookout) = Lookout::at(&daemon.config, tell) else {
        return;
    };
    while told.recv().await.is_some() {
        // Several changes of one save are one change.
        tokio::time::sleep(TOGETHER).await;
        while told.try_recv().is_ok() {}
        // Before it is read, so that no change falls in between.
        lookout.follow(&daemon.config);
        daemon.reload();
    }
}

/// Watches directories, for editors put a new file in the old one's place: the configuration's
/// own, and those that links lead to, for dotfiles are often linked.
struct Lookout {
    watcher: RecommendedWatcher,
    /// The file by each of its names.
    names: Arc<Mutex<Vec<PathBuf>>>,
    directories: BTreeSet<PathBuf>,
}

impl Lookout {
    fn at(path: &Path, tell: mpsc::Sender<()>) -> Option<Self> {
        let names = Arc::new(Mutex::new(Vec::new()));
        let ours = names.clone();
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            let Ok(event) = event else { return };
            let names = ours.lock().unwrap_or_else(PoisonError::into_inner);
            if !event.kind.is_access() && event.paths.iter().any(|path| names.contains(path)) {
                // One word waiting is enough.
                let _ = tell.try_send(());
            }
        });
        match watcher {
            Ok(watcher) => {
                let mut lookout = Self {
                    watcher,
                    names,
                    directories: BTreeSet::new(),
                };
                lookout.follow(path);
                Some(lookout)
            }
            Err(error) => {
                tracing::warn!("changes of profiles.toml go unnoticed: {error}");
                None
            }
        }
    }

    /// Looks where the links lead by now.
    fn follow(&mut self, path: &Path) {
        let names = names(path);
        let directories: BTreeSet<PathBuf> = names
            .iter()
            .filter_map(|name| name.parent())
            .map(Path::to_owned)
            .collect();
        *self.names.lock().unwrap_or_else(PoisonError::into_inner) = names;
        for left in self.directories.difference(&directories) {
            // Where it is gone, there is nothing to be watched any more.
            let _ = self.watcher.unwatch(left);
        }
        let mut watched = BTreeSet::new();
        for directory in directories {
            if self.directories.contains(&directory) {
                watched.insert(directory);
                continue;
            }
            match self.watcher.watch(&directory, RecursiveMode::NonRecursive) {
                Ok(()) => {
                    watched.insert(directory);
                }
                Err(error) => {
                    tracing::warn!("changes in {} go unnoticed: {error}", directory.display());
                }
            }
        }
        self.directories = watched;
    }
}

/// The file's own name, and where each link leads.
fn names(path: &Path) -> Vec<PathBuf> {
    let mut names = vec![path.to_owned()];
    let mut last = path.to_owned();
    while let Ok(target) = std::fs::read_link(&last) {
        last = match last.parent() {
            Some(parent) => parent.join(target),
            None => target,
        };
        // A circle of links.
        if names.contains(&last) {
            break;
        }
        names.push(last.clone());
    }
    names
}

const TOGETHER: Duration = Duration::from_millis(100);
