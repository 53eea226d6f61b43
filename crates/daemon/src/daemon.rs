//! The parts put together, from start to stop.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use poolkey_cognito::Cognito;
use poolkey_core::agent::Agent;
use poolkey_core::config::Config;
use poolkey_core::event::Event;
use poolkey_core::failure::{Failure, Trouble};
use poolkey_core::time::UnixTime;
use poolkey_ipc::address::Env;
use poolkey_vault::Place;
use tokio::sync::Notify;
use tokio::task::LocalSet;

use crate::aws_files::Writer;
use crate::door::{Door, NoDoor};
use crate::endpoint::Endpoint;
use crate::engine::Engine;
use crate::keeper::Keeper;
use crate::perform::Performer;
use crate::{clock, files, wake};

/// A running daemon.
pub(crate) struct Daemon {
    pub(crate) engine: Rc<Engine>,
    pub(crate) endpoint: Rc<Endpoint>,
    pub(crate) socket: PathBuf,
    pub(crate) config: PathBuf,
    pub(crate) started: UnixTime,
    pub(crate) stop: Notify,
}

/// What the daemon is told by its surroundings, read once in `main`.
#[derive(Debug)]
pub(crate) struct Surroundings {
    /// Decides where it listens.
    pub(crate) env: Env,
    /// `profiles.toml`.
    pub(crate) config: PathBuf,
    /// Where the file vault is.
    pub(crate) state: PathBuf,
    /// What the one daemon of this user holds.
    pub(crate) lock: PathBuf,
    /// `~/.aws`.
    pub(crate) aws: PathBuf,
    /// What whoever changes a file of `~/.aws` holds.
    pub(crate) aws_lock: PathBuf,
    /// In which of them keys may stand.
    pub(crate) aws_note: PathBuf,
    /// systemd's `$CREDENTIALS_DIRECTORY`.
    pub(crate) credentials: Option<PathBuf>,
}

/// Why the daemon does not run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoStart {
    #[error("another daemon of this user runs already (it holds {0})")]
    Running(PathBuf),
    #[error("cannot use {path}")]
    State {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{0}")]
    Place(Failure),
    #[error(transparent)]
    Door(#[from] NoDoor),
    #[error("the runtime does not start")]
    Runtime(#[source] io::Error),
}

/// Runs until somebody stops it.
pub(crate) fn run(surroundings: Surroundings) -> Result<(), NoStart> {
    let _lock = be_the_only_one(&surroundings.lock)?;
    if let Some(directory) = surroundings.config.parent() {
        // It must be there to be watched.
        make_private(directory).map_err(|source| NoStart::State {
            path: directory.to_owned(),
            source,
        })?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(NoStart::Runtime)?;
    LocalSet::new().block_on(&runtime, live(surroundings))
}

async fn live(surroundings: Surroundings) -> Result<(), NoStart> {
    let door = Door::open(&surroundings.env)?;
    let first = files::read(&surroundings.config);
    let writer = Writer {
        directory: surroundings.aws,
        lock: surroundings.aws_lock,
        note: surroundings.aws_note,
    };
    if let Err(text) = writer.clear() {
        tracing::warn!("keys of an earlier run may stand in files: {text}");
    }
    let lent = surroundings.state.join("grants");
    let place = Place {
        credentials: surroundings.credentials,
        ..Place::new(surroundings.state)
    };
    let choice = first.as_ref().map(|config: &Config| config.settings.vault);
    let keeper = Keeper::start(choice.unwrap_or_default(), place).map_err(NoStart::Runtime)?;
    let performer = Performer::new(keeper, Cognito::new(clock::wall), writer);
    let engine = Engine::new(Agent::new(fastrand::u64(..)), performer);
    let daemon = Rc::new(Daemon {
        endpoint: Endpoint::open(engine.clone(), lent).await,
        engine,
        socket: door.path.clone(),
        config: surroundings.config,
        started: clock::wall(),
        stop: Notify::new(),
    });
    daemon.engine.feed(match first {
        Ok(config) => Event::Configured(config),
        Err(error) => Event::Misread(error),
    });
    tracing::info!(socket = %door.path.display(), "listening");
    tell_systemd(Stage::Ready);

    tokio::task::spawn_local(files::watch(daemon.clone()));
    tokio::task::spawn_local(wake::listen(daemon.engine.clone()));
    tokio::task::spawn_local(daemon.engine.clone().keep_time());
    tokio::task::spawn_local(door.receive(daemon.clone()));
    tokio::select! {
        () = signalled(&daemon) => {}
        () = daemon.stop.notified() => {}
    }

    tell_systemd(Stage::Stopping);
    daemon.engine.feed(Event::Stopping);
    if tokio::time::timeout(FAREWELL, daemon.engine.settle())
        .await
        .is_err()
    {
        tracing::warn!("stopped while something was still under way");
    }
    for login in daemon.engine.left_behind() {
        tracing::warn!(
            %login,
            "a session that was signed out here could not be revoked: at its provider it lives to its end"
        );
    }
    daemon.endpoint.close();
    // Those who wait are being told; give the socket the time to take it.
    tokio::time::sleep(LAST_WORDS).await;
    Ok(())
}

impl Daemon {
    /// Reads the configuration again.
    pub(crate) fn reload(&self) {
        self.engine.feed(files::event(&self.config));
    }

    /// The vault is chosen at the start; what to say when the configuration wants another since.
    pub(crate) fn vault_moved(&self) -> Option<Failure> {
        let wanted = self.engine.config().settings.vault;
        (wanted != self.engine.performer.keeper.choice()).then(|| Trouble::VaultMoved.into())
    }
}

/// Comes back when the process is asked to end. `SIGHUP` reloads.
#[cfg(unix)]
async fn signalled(daemon: &Daemon) {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut end), Ok(mut interrupt), Ok(mut reload)) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
        signal(SignalKind::hangup()),
    ) else {
        return std::future::pending().await;
    };
    loop {
        tokio::select! {
            _ = end.recv() => return,
            _ = interrupt.recv() => return,
            _ = reload.recv() => daemon.reload(),
        }
    }
}

#[cfg(not(unix))]
async fn signalled(_daemon: &Daemon) {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending().await
    }
}

/// Two daemons would rotate each other's refresh tokens away. The lock belongs to the process, so
/// that it does not survive it, however it ends.
fn be_the_only_one(path: &Path) -> Result<File, NoStart> {
    let failed = |source| NoStart::State {
        path: path.to_owned(),
        source,
    };
    make_private(path.parent().unwrap_or(path)).map_err(failed)?;
    let file = File::options()
        .create(true)
        .append(true)
        .open(path)
        .map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(NoStart::Running(path.to_owned())),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

fn make_private(directory: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

enum Stage {
    Ready,
    Stopping,
}

#[cfg(target_os = "linux")]
fn tell_systemd(stage: Stage) {
    let state = match stage {
        Stage::Ready => sd_notify::NotifyState::Ready,
        Stage::Stopping => sd_notify::NotifyState::Stopping,
    };
    // Without systemd there is nobody to tell.
    let _ = sd_notify::notify(&[state]);
}

#[cfg(not(target_os = "linux"))]
fn tell_systemd(_stage: Stage) {}

/// A refresh that is under way, and the vault's answer to it.
const FAREWELL: Duration = Duration::from_secs(12);

const LAST_WORDS: Duration = Duration::from_millis(20);
