//! The system's own browser: whether one can be shown here, and how it is opened.

use std::io::{self, Read, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use poolkey_core::failure::{Code, Failure};

use crate::ending::Ending;

/// What tells whether a browser can be shown to whoever typed the command.
#[derive(Clone, Copy, Default)]
pub(crate) struct Surroundings {
    /// `BROWSER` names one.
    browser: bool,
    /// The person sits at another machine.
    ssh: bool,
    /// There is something to show it on.
    display: bool,
}

impl Surroundings {
    #[expect(
        clippy::disallowed_methods,
        reason = "read once, and an argument from here on"
    )]
    pub(crate) fn of_process() -> Self {
        let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let ssh = is_set("SSH_CONNECTION") || is_set("SSH_CLIENT");
        // macOS and Windows always have one, though not for who comes from elsewhere; WSL has that
        // of its Windows.
        let own = !cfg!(all(unix, not(target_os = "macos"))) || is_set("WSL_DISTRO_NAME");
        Self {
            browser: is_set("BROWSER"),
            ssh,
            display: is_set("DISPLAY") || is_set("WAYLAND_DISPLAY") || (own && !ssh),
        }
    }

    /// Why no browser is opened here, where that is so.
    pub(crate) const fn hindrance(self) -> Option<&'static str> {
        match self {
            Self { browser: true, .. } | Self { display: true, .. } => None,
            Self { ssh: true, .. } => {
                Some("This is a session over SSH without a display, so no browser opens here.")
            }
            Self { ssh: false, .. } => Some("There is no display here, so no browser opens."),
        }
    }
}

/// Opens the browser by a process of its own in a group of its own: Ctrl-C in this terminal ends
/// this program, and not a browser that it happened to start.
pub(crate) fn open(url: &str) -> Result<(), String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Command::new(program);
    command
        .arg(OPEN_LINK)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    #[cfg(windows)]
    std::os::windows::process::CommandExt::creation_flags(&mut command, NEW_PROCESS_GROUP);
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    if let Some(mut stdin) = child.stdin.take() {
        // One that is gone already says why by its end.
        let _ = stdin.write_all(url.as_bytes());
    }
    for _ in 0..LOOKS {
        match child.try_wait().map_err(|error| error.to_string())? {
            Some(status) if status.success() => return Ok(()),
            Some(_) => {
                let mut told = String::new();
                if let Some(stderr) = child.stderr.take() {
                    let _ = stderr.take(LONGEST_REASON).read_to_string(&mut told);
                }
                return Err(told.trim().to_owned());
            }
            None => std::thread::sleep(PAUSE),
        }
    }
    // It shows a browser itself, and will as long as that runs.
    Ok(())
}

/// Why no browser opened, in the words of the process that tried, as one sentence.
pub(crate) fn not_opened(why: &str) -> String {
    let why = why.lines().next().unwrap_or_default();
    let why = why.trim_start_matches("poolkey: error: ");
    format!("The browser did not open. {why}")
}

/// Whether this process is the one that opens a link. It is no command: completions and manual
/// pages would offer it to people.
pub(crate) fn is_opener() -> bool {
    std::env::args_os()
        .nth(1)
        .is_some_and(|arg| arg == OPEN_LINK)
}

/// The other process: reads the link from stdin and opens it. No shell reads it, and it is a web
/// address or nothing, so no browser takes it for an option.
pub(crate) fn open_link() -> Result<(), Ending> {
    let mut url = String::new();
    let read = io::stdin().take(LONGEST_LINK).read_to_string(&mut url);
    let opened = read.and_then(|_| webbrowser::open(url.trim()));
    opened.map_err(|error| {
        Ending::Failed(Failure {
            code: Code::Other,
            sentence: format!("No browser opens: {error}."),
            remedy: "Set BROWSER to a browser's command.".into(),
        })
    })
}

const OPEN_LINK: &str = "open-link";

#[cfg(windows)]
const NEW_PROCESS_GROUP: u32 = 0x0000_0200;

/// A launcher hands on at once.
const LOOKS: u32 = 60;
const PAUSE: Duration = Duration::from_millis(50);

const LONGEST_LINK: u64 = 64 << 10;
const LONGEST_REASON: u64 = 1 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_opens_where_somebody_can_see_it() {
        let of = |browser, ssh, display| Surroundings {
            browser,
            ssh,
            display,
        };
        for (surroundings, opens) in [
            (of(false, false, true), true),
            (of(false, false, false), false),
            (of(false, true, false), false),
            (of(false, true, true), true),
            (of(true, false, false), true),
            (of(true, true, false), true),
        ] {
            assert_eq!(surroundings.hindrance().is_none(), opens);
        }
        assert!(of(false, true, false).hindrance().unwrap().contains("SSH"));
    }
}
