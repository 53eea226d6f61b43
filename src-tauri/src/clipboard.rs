//! What is copied for a person. Pages never see it.

use std::borrow::Cow;
use std::time::Duration;

use arboard::Clipboard;
use poolkey_core::failure::{Code, Failure};
use poolkey_core::secret::Secret;

/// Copies what anybody may see.
pub(crate) fn copy(text: &str) -> Result<(), Failure> {
    let mut clipboard = Clipboard::new().map_err(|error| refused(&error))?;
    clipboard.set_text(text).map_err(|error| refused(&error))?;
    keep(clipboard);
    Ok(())
}

/// Copies a secret, out of sight of clipboard histories where the system has a way to say so, and
/// takes it back after a minute unless something else was copied meanwhile.
pub(crate) fn copy_secret(secret: Secret) -> Result<(), Failure> {
    let mut clipboard = Clipboard::new().map_err(|error| refused(&error))?;
    hidden(clipboard.set())
        .text(Cow::Borrowed(secret.expose()))
        .map_err(|error| refused(&error))?;
    std::thread::spawn(move || {
        std::thread::sleep(SHOWN_FOR);
        if clipboard
            .get_text()
            .is_ok_and(|text| text == secret.expose())
        {
            drop(clipboard.clear());
        }
    });
    Ok(())
}

/// Marks what follows as nothing for a clipboard history.
#[cfg(target_os = "linux")]
fn hidden(set: arboard::Set<'_>) -> arboard::Set<'_> {
    arboard::SetExtLinux::exclude_from_history(set)
}

/// Marks what follows as nothing for a clipboard history.
#[cfg(windows)]
fn hidden(set: arboard::Set<'_>) -> arboard::Set<'_> {
    let set = arboard::SetExtWindows::exclude_from_history(set);
    let set = arboard::SetExtWindows::exclude_from_cloud(set);
    arboard::SetExtWindows::exclude_from_monitoring(set)
}

/// Marks what follows as nothing for a clipboard history.
#[cfg(target_os = "macos")]
fn hidden(set: arboard::Set<'_>) -> arboard::Set<'_> {
    arboard::SetExtApple::exclude_from_history(set)
}

/// On X11 and Wayland what is copied is served by the one who copied it: it stays for as long as
/// anybody may want to paste it.
fn keep(clipboard: Clipboard) {
    std::thread::spawn(move || {
        std::thread::sleep(SHOWN_FOR);
        drop(clipboard);
    });
}

fn refused(error: &arboard::Error) -> Failure {
    Failure {
        code: Code::Other,
        sentence: format!("Nothing was copied: {error}."),
        remedy: "Try again, or copy it from a terminal.".into(),
    }
}

const SHOWN_FOR: Duration = Duration::from_secs(60);
