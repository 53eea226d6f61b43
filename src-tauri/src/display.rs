//! Whether there is a screen to show anything on.

use poolkey_core::failure::{Code, Failure};

/// Says so where no window can be shown; GTK would end the process in the middle of a sentence.
#[cfg(all(unix, not(target_os = "macos")))]
#[expect(
    clippy::disallowed_methods,
    reason = "the toolkit reads the same variables"
)]
pub(crate) fn check() -> Result<(), Failure> {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if is_set("WAYLAND_DISPLAY") || is_set("DISPLAY") {
        return Ok(());
    }
    Err(Failure {
        code: Code::NoDaemon,
        sentence: "There is no screen to show a window on.".into(),
        remedy: "Run “poolkey login” here, or start it in your desktop's session.".into(),
    })
}

/// Elsewhere whoever runs a program has a screen.
#[cfg(not(all(unix, not(target_os = "macos"))))]
pub(crate) fn check() -> Result<(), Failure> {
    Ok(())
}
