//! The login window, opened from a terminal.

use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use poolkey_core::failure::{Code, Failure};

/// Opens the login window for this login, or for a choice among all.
pub(crate) fn open(login: Option<&str>) -> Result<(), Failure> {
    let Some(program) = poolkey_ipc::installed(PROGRAM) else {
        return Err(failure(
            format!("There is no “{PROGRAM}” beside this program or in PATH."),
            "Install Poolkey's windows, or sign in here: leave out --window.",
        ));
    };
    if !has_screen() {
        return Err(failure(
            "There is no screen to show a window on.".into(),
            "Sign in here: leave out --window.",
        ));
    }
    let mut command = Command::new(&program);
    match login {
        Some(login) => command.arg("--login").arg(login),
        None => command.args(["--page", "login"]),
    };
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    // It lives on when the terminal is closed or interrupted.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let not_opened = |what: &dyn std::fmt::Display| {
        failure(
            format!("“{}” opens no window: {what}.", program.display()),
            "Run it by itself to see why, or sign in here: leave out --window.",
        )
    };
    let mut child = command.spawn().map_err(|error| not_opened(&error))?;
    // What it lacks, it says at once; one that hands on to another that runs ends well.
    for _ in 0..LOOKS {
        std::thread::sleep(PAUSE);
        let ended = child.try_wait().map_err(|error| not_opened(&error))?;
        match ended {
            Some(status) if ExitStatus::success(&status) => return Ok(()),
            Some(status) => return Err(not_opened(&status)),
            None => {}
        }
    }
    Ok(())
}

#[cfg(all(unix, not(target_os = "macos")))]
#[expect(
    clippy::disallowed_methods,
    reason = "the toolkit reads the same variables"
)]
fn has_screen() -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    is_set("WAYLAND_DISPLAY") || is_set("DISPLAY")
}

#[cfg(not(all(unix, not(target_os = "macos"))))]
fn has_screen() -> bool {
    true
}

fn failure(sentence: String, remedy: &str) -> Failure {
    Failure {
        code: Code::Other,
        sentence,
        remedy: remedy.into(),
    }
}

const PROGRAM: &str = "poolkey-desktop";
const PAUSE: Duration = Duration::from_millis(50);
const LOOKS: u32 = 8;
