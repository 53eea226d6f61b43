//! From nothing to an icon: the bus, the one instance, the parts.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use ksni::TrayMethods;
use poolkey_core::menu::Shown;
use poolkey_core::messages::Language;
use poolkey_ipc::autostart::{Autostart, What};
use poolkey_ipc::client::Starting;
use poolkey_ipc::{Ask, Client, Place};
use tokio::sync::mpsc;
use zbus::fdo::RequestNameFlags;

use crate::desk::Desk;
use crate::icon::Tray;
use crate::programs::Programs;
use crate::{complain, notify, watch};

/// Shows the icon until a person ends it, or the desktop.
pub(crate) fn run() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .thread_keep_alive(Duration::from_secs(1))
        .build();
    match runtime {
        Ok(runtime) => {
            let ended = runtime.block_on(serve());
            // Whoever still waits for an answer of the daemon is not waited for.
            runtime.shutdown_background();
            ended
        }
        Err(error) => {
            complain(&format!("it cannot start: {error}"));
            ExitCode::from(UNAVAILABLE)
        }
    }
}

async fn serve() -> ExitCode {
    let connection = match connect().await {
        Ok(connection) => connection,
        Err(error) => {
            complain(&format!(
                "there is no session bus to show an icon on ({error}); start it in a desktop session"
            ));
            return ExitCode::from(UNAVAILABLE);
        }
    };
    let flags = RequestNameFlags::DoNotQueue;
    match connection.request_name_with_flags(NAME, flags.into()).await {
        Ok(_) => {}
        Err(zbus::Error::NameTaken) => {
            complain("one runs already in this session");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            complain(&format!("the session bus refuses the name {NAME}: {error}"));
            return ExitCode::from(UNAVAILABLE);
        }
    }

    let language = language();
    let programs = Programs::of_process();
    let autostart = autostart(&programs);
    let (events, inbox) = mpsc::channel(EVENTS);
    let shown = Shown {
        snapshot: None,
        language,
        at_login: autostart
            .as_ref()
            .is_some_and(|autostart| autostart.is_on(What::Icon)),
        window: programs.has_window(),
    };
    let tray = Tray::new(shown, events.clone()).assume_sni_available(true);
    let icon = match tray.spawn().await {
        Ok(icon) => icon,
        Err(error) => {
            complain(&format!("the icon cannot be shown: {error}"));
            return ExitCode::from(UNAVAILABLE);
        }
    };
    let nudge = watch::begin(events.clone(), programs.own().map(PathBuf::from));
    let (bell, ringing) = mpsc::channel(EVENTS);
    tokio::spawn(notify::run(connection, ringing, events.clone()));
    Desk {
        language,
        programs,
        autostart,
        told_of_no_tray: Place::of_process()
            .ok()
            .map(|place| place.state_dir().join(TOLD)),
        icon,
        bell,
        nudge,
        events,
        client: Client::of_process().starting(Starting::Never),
        notices: poolkey_core::notice::Notices::default(),
        wanted: poolkey_core::wanted::Wanted::default(),
        snapshot: None,
        clipboard: None,
        no_tray_at: None,
    }
    .run(inbox)
    .await
}

/// A program of its own for a moment, so that the daemon is nobody's child who lives long: it would
/// stay in the process table when it ends.
pub(crate) fn start_daemon() -> ExitCode {
    match Client::of_process().ask(&Ask::Status) {
        Ok(_) => ExitCode::SUCCESS,
        Err(failure) => {
            complain(&failure.to_string());
            ExitCode::from(failure.code.exit_code())
        }
    }
}

async fn connect() -> zbus::Result<zbus::Connection> {
    zbus::connection::Builder::session()?
        .method_timeout(PATIENCE)
        .build()
        .await
}

#[expect(
    clippy::disallowed_methods,
    reason = "the environment is read here, once"
)]
fn language() -> Language {
    let variable = |name| std::env::var(name).ok();
    let variables = ["LC_ALL", "LC_MESSAGES", "LANG"].map(variable);
    Language::of_posix(variables.iter().map(Option::as_deref))
}

fn autostart(programs: &Programs) -> Option<Autostart> {
    let own = programs.own()?.to_owned();
    Autostart::of_process(own)
        .inspect_err(|failure| complain(&failure.to_string()))
        .ok()
}

pub(crate) const START_DAEMON: &str = "--start-daemon";

/// What is the one instance's on a session bus.
const NAME: &str = "io.github.poolkey.Tray";
/// The file that remembers that a person knows of a desktop without icons.
const TOLD: &str = "no-tray-told";
/// `EX_UNAVAILABLE` of `sysexits.h`.
const UNAVAILABLE: u8 = 69;
/// A peer that is silent for so long does not answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// Clicks that are not yet done. More than that no person makes.
const EVENTS: usize = 64;
