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

/// The toolkit panics where it cannot reach the screen that the environment names: a person is told
/// in one sentence, and the program ends, until [`reached`].
pub(crate) fn expect() {
    std::panic::set_hook(Box::new(|_| {
        let failure = Failure {
            code: Code::NoDaemon,
            sentence: "The screen that DISPLAY or WAYLAND_DISPLAY names cannot be reached.".into(),
            remedy: "Run “poolkey login” here, or start it in your desktop's session.".into(),
        };
        let code = crate::complain(&failure);
        std::process::exit(code.into());
    }));
}

/// The screen is there: what panics from here on is a bug, and says where.
pub(crate) fn reached() {
    drop(std::panic::take_hook());
}

/// Elsewhere whoever runs a program has a screen.
#[cfg(not(all(unix, not(target_os = "macos"))))]
pub(crate) fn check() -> Result<(), Failure> {
    Ok(())
}
