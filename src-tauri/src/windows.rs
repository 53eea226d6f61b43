//! The windows: made when they are asked for, gone when they are closed.

use std::time::Duration;

use tauri::webview::{NewWindowResponse, WebviewWindow};
use tauri::window::Color;
use tauri::{AppHandle, Manager, Runtime, Theme, WebviewUrl, WebviewWindowBuilder};

use crate::preferences::Preferences;
use crate::route::Route;

/// Shows a page, in the window that is there or in a new one.
///
/// A new one stays hidden until its page says that it is painted, so that nobody sees a white
/// flash.
pub(crate) fn open<R: Runtime>(
    app: &AppHandle<R>,
    route: &Route,
    preferences: Preferences,
) -> tauri::Result<()> {
    let label = route.window();
    let fragment = route.fragment();
    if let Some(window) = app.get_webview_window(label) {
        let mut address = window.url()?;
        // What is shown already stays as it is: somebody may be in the middle of typing.
        if !route.is_shown_by(address.fragment()) {
            address.set_fragment(Some(&fragment));
            window.navigate(address)?;
        }
        return bring_forward(&window);
    }
    let size = size(label);
    let url = WebviewUrl::App(format!("index.html#{fragment}").into());
    let mut builder = WebviewWindowBuilder::new(app, label, url)
        .title("Poolkey")
        .inner_size(size.0, size.1)
        .min_inner_size(360.0, 420.0)
        .visible(false)
        .center()
        .theme(preferences.theme())
        .devtools(cfg!(debug_assertions))
        .disable_drag_drop_handler()
        .on_navigation(is_ours)
        .on_new_window(|_, _| NewWindowResponse::Deny);
    if label == "login" {
        builder = builder.maximizable(false);
    }
    // Pages, styles and commands have a scheme of their own; WebKit opens connections ahead of a
    // navigation that is refused then. Elsewhere the pages themselves are served as `http`.
    #[cfg(target_os = "linux")]
    if let Ok(nowhere) = NOWHERE.parse() {
        builder = builder.proxy_url(nowhere);
    }
    let window = builder.build()?;
    see_to_it_that_it_shows(window.clone());
    // What shows before the first frame has the page's own colour.
    window.set_background_color(Some(match window.theme()? {
        Theme::Dark => Color(0x15, 0x19, 0x1e, 0xff),
        Theme::Light | _ => Color(0xf6, 0xf7, 0xf9, 0xff),
    }))
}

/// Brings a window to the front, whatever became of it.
pub(crate) fn bring_forward<R: Runtime>(window: &WebviewWindow<R>) -> tauri::Result<()> {
    window.show()?;
    window.unminimize()?;
    window.set_focus()
}

/// A page that fails before it is painted leaves no window that nobody sees and nobody can close.
fn see_to_it_that_it_shows<R: Runtime>(window: WebviewWindow<R>) {
    std::thread::spawn(move || {
        std::thread::sleep(PATIENCE);
        if let Ok(false) = window.is_visible() {
            tracing::warn!(window = window.label(), "the page is not painted");
            drop(window.show());
        }
    });
}

/// The pages are part of the program: nothing else is ever shown.
fn is_ours(url: &tauri::Url) -> bool {
    match url.scheme() {
        "tauri" => url.host_str() == Some("localhost"),
        // Windows knows no schemes of its own.
        "http" | "https" => cfg!(windows) && url.host_str() == Some("tauri.localhost"),
        _ => false,
    }
}

fn size(label: &str) -> (f64, f64) {
    if label == "login" {
        (440.0, 600.0)
    } else {
        (960.0, 680.0)
    }
}

/// The web view's way to all networks: a port of this machine on which only root could listen.
#[cfg(target_os = "linux")]
const NOWHERE: &str = "http://127.0.0.1:9";
/// For a page to be painted.
const PATIENCE: Duration = Duration::from_secs(10);
