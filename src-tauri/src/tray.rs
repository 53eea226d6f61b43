//! The tray icon on Windows and macOS: core's menu, painted by Tauri. On Linux it is
//! `poolkey-tray`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use poolkey_core::environment::environment;
use poolkey_core::event::SignOutScope;
use poolkey_core::failure::Failure;
use poolkey_core::menu::{Action, Icon, Item, Menu, Shown, Switch, icon, menu};
use poolkey_core::messages::Language;
use poolkey_core::snapshot::Snapshot;
use poolkey_core::time::UnixTime;
use poolkey_ipc::autostart::What;
use poolkey_ipc::client::Starting;
use poolkey_ipc::{Ask, Client};
use tauri::image::Image;
use tauri::menu::{CheckMenuItem, IsMenuItem, MenuEvent, MenuItem, PredefinedMenuItem, Submenu};
use tauri::tray::{TrayIcon, TrayIconBuilder, TrayIconEvent};
use tauri::{AppHandle, Manager, Runtime};

use crate::link::Link;
use crate::route::Route;
use crate::{app, autostart, clipboard};

/// What is painted, and what each item of it means.
#[derive(Default)]
struct Painted {
    shown: Shown,
    icon: Option<Icon>,
    chosen: BTreeMap<String, Action>,
}

type State = Arc<Mutex<Painted>>;

/// Shows the icon, and paints it anew whenever the daemon tells something.
pub(crate) fn show<R: Runtime>(app: &AppHandle<R>, link: &Link) -> tauri::Result<()> {
    let state = State::default();
    {
        let mut painted = lock(&state);
        painted.shown.window = true;
        painted.shown.language = language(app);
        painted.shown.at_login = is_at_login();
    }
    let (of_menu, of_icon) = (state.clone(), state.clone());
    let tray = TrayIconBuilder::new()
        .on_menu_event(move |app, event| chosen(app, &of_menu, &event))
        .on_tray_icon_event(move |tray, event| {
            // The menu may be opened next: the times in it are to be true.
            if let TrayIconEvent::Enter { .. } = event {
                lock(&of_icon).shown.at_login = is_at_login();
                drop(paint(tray, &of_icon));
            }
        })
        .build(app)?;
    paint(&tray, &state)?;
    let app = app.clone();
    link.tell(move |status| {
        let snapshot = status.map(|status| status.snapshot.clone());
        repaint(&app, &tray, &state, snapshot);
    });
    Ok(())
}

/// Menus belong to the main thread.
fn repaint<R: Runtime>(
    app: &AppHandle<R>,
    tray: &TrayIcon<R>,
    state: &State,
    snapshot: Option<Snapshot>,
) {
    lock(state).shown.snapshot = snapshot;
    let (tray, state) = (tray.clone(), state.clone());
    drop(app.run_on_main_thread(move || drop(paint(&tray, &state))));
}

fn paint<R: Runtime>(tray: &TrayIcon<R>, state: &State) -> tauri::Result<()> {
    let mut painted = lock(state);
    let Menu {
        icon,
        tooltip,
        items,
    } = menu(&painted.shown, now());
    if painted.icon != Some(icon) {
        painted.icon = Some(icon);
        tray.set_icon(Some(picture(icon)))?;
    }
    tray.set_tooltip(Some(tooltip))?;
    painted.chosen.clear();
    let app = tray.app_handle();
    let root = tauri::menu::Menu::new(app)?;
    for item in &items {
        root.append(&*of_item(app, item, &mut painted.chosen)?)?;
    }
    tray.set_menu(Some(root))
}

fn of_item<R: Runtime>(
    app: &AppHandle<R>,
    item: &Item,
    chosen: &mut BTreeMap<String, Action>,
) -> tauri::Result<Box<dyn IsMenuItem<R>>> {
    let key: Option<&str> = None;
    Ok(match item {
        Item::Separator => Box::new(PredefinedMenuItem::separator(app)?),
        Item::Label(label) => Box::new(MenuItem::new(app, text(label), false, key)?),
        Item::Action(label, action) => {
            let id = note(chosen, action);
            Box::new(MenuItem::with_id(app, id, text(label), true, key)?)
        }
        Item::Check(label, switch, action) => {
            let (id, on) = (note(chosen, action), *switch == Switch::On);
            Box::new(CheckMenuItem::with_id(app, id, text(label), true, on, key)?)
        }
        Item::Submenu(label, items) => {
            let submenu = Submenu::new(app, text(label), true)?;
            for item in items {
                submenu.append(&*of_item(app, item, chosen)?)?;
            }
            Box::new(submenu)
        }
    })
}

/// An item's id says what it does, so that a click on a menu that has been painted anew meanwhile
/// still means the same.
fn note(chosen: &mut BTreeMap<String, Action>, action: &Action) -> String {
    let id = format!("{action:?}");
    chosen.insert(id.clone(), action.clone());
    id
}

fn chosen<R: Runtime>(app: &AppHandle<R>, state: &State, event: &MenuEvent) {
    let action = lock(state).chosen.get(event.id().as_ref()).cloned();
    let Some(action) = action else { return };
    let client = app.state::<Client>().inner().clone();
    match action {
        Action::SignIn(login) => {
            let login = Some(login.to_string());
            app::show(app, &Route::Login { login });
        }
        Action::Open | Action::AddLogin => app::show(app, &Route::Overview),
        Action::SignOut(login) => beside(app, move || {
            let login = login.to_string();
            let scope = SignOutScope::Session;
            client.ask(&Ask::SignOut { login, scope }).map(drop)
        }),
        Action::Renew(login) => beside(app, move || {
            let login = login.to_string();
            client.ask(&Ask::Renew { login }).map(drop)
        }),
        Action::Copy(profile, shell) => beside(app, move || {
            let document = client.document(profile.as_str())?;
            clipboard::copy_secret(environment(&document, shell)?)
        }),
        Action::StartDaemon => beside(app, move || client.ask(&Ask::Status).map(drop)),
        Action::StartAtLogin(switch) => beside(app, move || {
            autostart::of_process()?.turn(What::Icon, switch)
        }),
        Action::QuitIcon => app.exit(0),
        Action::QuitAll => {
            let app = app.clone();
            std::thread::spawn(move || {
                // A daemon that is not there is what was wanted.
                drop(client.starting(Starting::Never).ask(&Ask::Stop));
                app.exit(0);
            });
        }
    }
}

/// Does what blocks, and opens the page that says what is wrong when it fails.
fn beside<R: Runtime>(
    app: &AppHandle<R>,
    work: impl FnOnce() -> Result<(), Failure> + Send + 'static,
) {
    let app = app.clone();
    std::thread::spawn(move || {
        if let Err(failure) = work() {
            tracing::warn!("{failure}");
            app::show(&app, &Route::Diagnosis);
        }
    });
}

/// What the person chose; the system's own language is known to the pages alone.
fn language<R: Runtime>(app: &AppHandle<R>) -> Language {
    app::preferences(app).language.unwrap_or_default()
}

fn is_at_login() -> bool {
    autostart::of_process().is_ok_and(|autostart| autostart.is_on(What::Icon))
}

/// An ampersand would mark the access key.
fn text(label: &str) -> String {
    label.replace('&', "&&")
}

/// Tauri has the alpha last.
fn picture(icon: Icon) -> Image<'static> {
    let mut pixels = icon::argb(icon, SIZE);
    for pixel in pixels.chunks_exact_mut(4) {
        pixel.rotate_left(1);
    }
    Image::new_owned(pixels, SIZE, SIZE)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the icon's one look at the clock"
)]
fn now() -> UnixTime {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let secs = since.map_or(0, |since| since.as_secs());
    UnixTime::from_secs(i64::try_from(secs).unwrap_or(i64::MAX))
}

fn lock(state: &State) -> MutexGuard<'_, Painted> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// In pixels; systems scale it.
const SIZE: u32 = 32;
