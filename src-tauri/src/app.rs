//! The life of the program: it starts with a window and ends with the last one.

use poolkey_core::failure::{Code, Failure};
use poolkey_ipc::Client;
use poolkey_ipc::profiles_file::ProfilesFile;
use tauri::{AppHandle, Manager, RunEvent, Runtime, WindowEvent};

use crate::conversation::Conversations;
use crate::link::Link;
use crate::preferences::Preferences;
use crate::route::Route;
use crate::{Started, args, autostart, commands, display, lent, session, windows};

/// Runs until the last window closes; where the tray icon is part of this program, until a person
/// quits.
#[cfg_attr(
    not(target_os = "linux"),
    expect(unused_variables, reason = "elsewhere no start meets another's end so")
)]
pub(crate) fn run(route: Option<Route>, started: Started, tries: u8) -> Result<(), Failure> {
    let client = Client::of_process();
    let link = Link::default();
    let file = ProfilesFile::of_process()?;
    display::expect();
    let app = tauri::Builder::default()
        // The first of all: a second start must get no further.
        .plugin(tauri_plugin_single_instance::init(|app, words, _| {
            if let Some(route) = args::route_of(words) {
                show(app, &route);
            }
        }))
        .manage(started)
        .manage(client.clone())
        .manage(link.clone())
        .manage(Conversations::default())
        .manage(file)
        .invoke_handler(tauri::generate_handler![
            commands::answer,
            commands::apply,
            autostart::autostart,
            autostart::set_autostart,
            commands::begin,
            commands::check,
            commands::close,
            commands::configuration,
            commands::copy_address,
            commands::copy_keys,
            commands::copy_setup_key,
            commands::copy_text,
            commands::open_address,
            lent::open_console,
            commands::open_login,
            commands::open_main,
            commands::read_outputs,
            commands::ready,
            commands::renew,
            commands::restart_daemon,
            lent::revoke,
            session::sign_out,
            commands::watch,
            session::who_am_i,
        ])
        .setup(move |app| {
            display::reached();
            #[cfg(not(target_os = "linux"))]
            crate::tray::show(app.handle(), &link)?;
            link.follow(client);
            if let Some(route) = route {
                windows::open(app.handle(), &route, preferences(app.handle()))?;
            }
            Ok(())
        })
        .build(tauri::generate_context!())
        .map_err(|error| {
            #[cfg(target_os = "linux")]
            crate::again::start(&error, tries);
            no_window(&error)
        })?;
    app.run(|app, event| {
        // The process may end with this window: the daemon is told before.
        if let RunEvent::WindowEvent {
            label,
            event: WindowEvent::CloseRequested { .. },
            ..
        } = &event
        {
            let conversations = app.state::<Conversations>();
            conversations.leave(label, &app.state::<Client>());
        }
        // From here on another start shows its window itself: none would come of it here.
        #[cfg(target_os = "linux")]
        if let RunEvent::ExitRequested { .. } = &event {
            tauri_plugin_single_instance::destroy(app);
        }
        // The icon stays. A window that is closed is destroyed, and its web view with it.
        #[cfg(not(target_os = "linux"))]
        if let RunEvent::ExitRequested {
            code: None, api, ..
        } = &event
        {
            api.prevent_exit();
        }
    });
    Ok(())
}

/// Shows a page, on whatever thread this is.
pub(crate) fn show<R: Runtime>(app: &AppHandle<R>, route: &Route) {
    let (to, route) = (app.clone(), route.clone());
    drop(app.run_on_main_thread(move || {
        drop(windows::open(&to, &route, preferences(&to)));
    }));
}

/// A file that cannot be read is told about elsewhere: windows open all the same.
pub(crate) fn preferences<R: Runtime>(app: &AppHandle<R>) -> Preferences {
    let config = app.state::<ProfilesFile>().read();
    config
        .map(|config| Preferences::of(&config))
        .unwrap_or_default()
}

fn no_window(error: &tauri::Error) -> Failure {
    Failure {
        code: Code::Other,
        sentence: format!("No window can be shown: {error}."),
        remedy: "Run “poolkey login” in a terminal.".into(),
    }
}
