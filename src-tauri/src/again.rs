//! A start that met the end of another: the one that still had the name on the bus was handed what
//! this one is for, and ended without a word. This one starts anew; by then the name is free.

use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

use tauri::Error;

/// Starts the program anew in this process, where the error says that the other has ended. It comes
/// back only where that cannot be, or has been tried often enough.
pub(crate) fn start(error: &Error, tries: u8) {
    let Error::PluginInitialization(plugin, _) = error else {
        return;
    };
    if plugin != "single-instance" || tries >= MOST {
        return;
    }
    tracing::info!("another instance ended just now: {error}");
    std::thread::sleep(PAUSE);
    let Ok(program) = std::env::current_exe() else {
        return;
    };
    let mut words: Vec<_> = std::env::args_os().skip(1).collect();
    if tries > 0 {
        words.truncate(words.len().saturating_sub(2));
    }
    let error = Command::new(program)
        .args(words)
        .args(["--tries", &(tries + 1).to_string()])
        .exec();
    tracing::warn!("the program does not start anew: {error}");
}

const MOST: u8 = 5;
const PAUSE: Duration = Duration::from_millis(300);
