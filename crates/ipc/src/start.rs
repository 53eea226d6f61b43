//! Starting the daemon on demand: once, however many clients want it.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};

use poolkey_core::failure::Failure;

use crate::address::Env;
use crate::client::find;
use crate::deadline::Deadline;
use crate::{Address, trouble};

#[cfg(windows)]
use crate::pipe::Connection;
#[cfg(unix)]
use crate::socket::Connection;

/// Starts the daemon and connects to it.
///
/// Clients that want it at the same time queue at a lock. Whoever holds it looks again before it
/// starts one; and when that one failed, those who waited meanwhile are told the same instead of
/// trying in turn.
pub(crate) fn start(env: &Env, program: &Path, deadline: Deadline) -> Result<Connection, Failure> {
    let address = Address::to_listen(env)?;
    let path = address.start_lock();
    let mut lock = private()
        .open(&path)
        .map_err(|error| trouble::no_directory(address.directory(), &error))?;
    let came = lock.metadata().and_then(|lock| lock.modified()).ok();

    let mut pause = PAUSE;
    loop {
        if let Some(connection) = find(env, deadline)? {
            return Ok(connection);
        }
        match lock.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) => rest(&mut pause, &deadline)?,
            Err(TryLockError::Error(error)) => {
                return Err(trouble::no_directory(address.directory(), &error));
            }
        }
    }
    if let Some(connection) = find(env, deadline)? {
        return Ok(connection);
    }
    if let Some(told) = told_since(&mut lock, came) {
        return Err(trouble::not_started(&told));
    }
    await_answer(env, program, &address, deadline).inspect_err(|failure| {
        // Best effort: without it, the next in the queue finds out for itself.
        let _ = tell(&mut lock, &failure.sentence);
    })
}

/// The daemon's program.
pub(crate) fn program() -> Result<PathBuf, Failure> {
    installed("poolkeyd").ok_or_else(|| trouble::no_program("poolkeyd"))
}

/// A program of Poolkey's: beside our own, where a package puts it, or in `PATH`.
pub fn installed(name: &str) -> Option<PathBuf> {
    let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    // The system resolves links to our program; then it is the installed one's directory.
    let own = std::env::current_exe().ok();
    let beside = own.as_deref().and_then(Path::parent);
    find_program(&name, beside, env_path().as_deref())
}

fn find_program(name: &str, beside: Option<&Path>, path: Option<&OsStr>) -> Option<PathBuf> {
    let path = path.map(std::env::split_paths).into_iter().flatten();
    beside
        .map(Path::to_owned)
        .into_iter()
        .chain(path)
        .filter(|directory| directory.is_absolute())
        .map(|directory| directory.join(name))
        .find(|program| program.is_file())
}

fn await_answer(
    env: &Env,
    program: &Path,
    address: &Address,
    deadline: Deadline,
) -> Result<Connection, Failure> {
    let deadline = deadline.within(START);
    let log = address.start_log();
    let mut child = spawn(program, address, &log)
        .map_err(|error| trouble::not_started(&format!("{}: {error}", program.display())))?;
    let mut pause = PAUSE;
    loop {
        if let Some(connection) = find(env, deadline)? {
            bury(child);
            return Ok(connection);
        }
        if let Ok(Some(status)) = child.try_wait() {
            let said = last_error(&log).unwrap_or_else(|| "it does not say why".into());
            return Err(trouble::not_started(&format!("{said} ({status})")));
        }
        if rest(&mut pause, &deadline).is_err() {
            return Err(trouble::not_started("it does not answer in time"));
        }
    }
}

/// The daemon is a child of who started it: while that one lives, somebody has to take note of its
/// end, or what ended would go on looking alive.
fn bury(mut child: Child) {
    let wait = move || {
        // That it ended is all there is to know.
        let _ = child.wait();
    };
    // Without a thread it is the system that takes note, at our own end.
    let _ = std::thread::Builder::new()
        .name("daemon's end".into())
        .spawn(wait);
}

/// What it says goes to the log until it has a log of its own: nobody else could read why it
/// failed.
fn spawn(program: &Path, address: &Address, log: &Path) -> std::io::Result<Child> {
    let said = private().open(log)?;
    said.set_len(0)?;
    let mut command = Command::new(program);
    command
        .env_clear()
        .envs(std::env::vars_os().filter(|(name, _)| is_kept(name)))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(said);
    if let Some(base) = address.base().filter(|_| cfg!(unix)) {
        // A client of cron has none, and one of `sudo -E` another user's. Without it the daemon
        // would not find the session bus, and so the keychain.
        command.env("XDG_RUNTIME_DIR", base);
    }
    detach(&mut command);
    command.spawn()
}

/// A daemon outlives who started it, so it gets nothing of the caller's environment but what says
/// who and where the user is. `AWS_*` least of all: Poolkey must not run on the keys it serves.
fn is_kept(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else {
        return false;
    };
    let known = [
        "HOME",
        "PATH",
        "DBUS_SESSION_BUS_ADDRESS",
        "LANG",
        "TZ",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
    ];
    let windows = [
        "APPDATA",
        "LOCALAPPDATA",
        "SYSTEMROOT",
        "TEMP",
        "TMP",
        "USERPROFILE",
    ];
    known.contains(&name)
        || ["XDG_", "LC_", "POOLKEY_"]
            .iter()
            .any(|prefix| name.starts_with(prefix))
        || (cfg!(windows) && windows.contains(&&*name.to_ascii_uppercase()))
}

/// Ends every tie to the caller: its terminal, its directory, and whatever pipe it inherited. A
/// shell that waits for the end of such a pipe would wait as long as the daemon lives.
#[cfg(unix)]
#[expect(
    unsafe_code,
    reason = "std has no safe way to begin a session or to name an open file"
)]
fn detach(command: &mut Command) {
    use std::os::fd::BorrowedFd;
    use std::os::unix::process::CommandExt;

    for entry in std::fs::read_dir("/dev/fd").into_iter().flatten().flatten() {
        let Some(number) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok())
        else {
            continue;
        };
        if number > 2 {
            // SAFETY: the number is that of a file that was open a moment ago; should it have been
            // closed since, `fcntl` fails, and nothing is read, written or closed through it.
            let file = unsafe { BorrowedFd::borrow_raw(number) };
            let _ = rustix::io::fcntl_setfd(file, rustix::io::FdFlags::CLOEXEC);
        }
    }
    command.current_dir("/");
    // SAFETY: between `fork` and `exec` only `setsid` is called, which is async-signal-safe, and
    // nothing is allocated.
    unsafe {
        command.pre_exec(|| {
            rustix::process::setsid()?;
            Ok(())
        });
    }
}

#[cfg(windows)]
fn detach(command: &mut Command) {
    use std::os::windows::process::CommandExt;
    const CREATE_NO_WINDOW: u32 = 0x0800_0000;
    const CREATE_NEW_PROCESS_GROUP: u32 = 0x0000_0200;
    command.creation_flags(CREATE_NO_WINDOW | CREATE_NEW_PROCESS_GROUP);
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// What the one before us told, if that was after we came.
fn told_since(lock: &mut File, came: Option<SystemTime>) -> Option<String> {
    if lock.metadata().ok()?.modified().ok() == came {
        return None;
    }
    let mut told = String::new();
    lock.read_to_string(&mut told).ok()?;
    (!told.is_empty()).then_some(told)
}

fn tell(lock: &mut File, sentence: &str) -> std::io::Result<()> {
    lock.set_len(0)?;
    lock.seek(SeekFrom::Start(0))?;
    lock.write_all(sentence.as_bytes())
}

/// The last line that speaks of an error, or else the last.
fn last_error(log: &Path) -> Option<String> {
    let mut file = File::open(log).ok()?;
    let length = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))
        .ok()?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail).ok()?;
    let tail = String::from_utf8_lossy(&tail);
    let lines = || tail.lines().map(str::trim);
    let error = lines()
        .filter_map(|line| line.split_once("error: "))
        .next_back();
    let said = match error {
        Some((_, said)) => said,
        None => lines().rfind(|line| !line.is_empty())?,
    };
    Some(said.trim_end_matches('.').to_owned())
}

/// Naps get longer, so that hundreds who wait do not keep from work the one that they wait for.
fn rest(pause: &mut Duration, deadline: &Deadline) -> Result<(), Failure> {
    let left = deadline.left().ok_or_else(|| trouble::silent(deadline))?;
    std::thread::sleep((*pause).min(left));
    *pause = (*pause + *pause / 4).min(LONGEST_PAUSE);
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "read once, and an argument from here on"
)]
fn env_path() -> Option<std::ffi::OsString> {
    std::env::var_os("PATH")
}

/// The daemon is up within some milliseconds, unless the machine is very busy.
const START: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(64);
const TAIL: u64 = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_daemon_gets_no_keys_from_the_environment() {
        for kept in [
            "HOME",
            "PATH",
            "XDG_RUNTIME_DIR",
            "LC_ALL",
            "POOLKEY_SOCKET",
            "TZ",
        ] {
            assert!(is_kept(OsStr::new(kept)), "{kept}");
        }
        for dropped in [
            "AWS_PROFILE",
            "AWS_ACCESS_KEY_ID",
            "HOMER",
            "LD_PRELOAD",
            "SHELL",
            "LANGUAGE",
        ] {
            assert!(!is_kept(OsStr::new(dropped)), "{dropped}");
        }
    }

    #[test]
    fn the_program_beside_ours_is_preferred() {
        let (beside, path) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let find = || {
            find_program(
                "poolkeyd",
                Some(beside.path()),
                Some(path.path().as_os_str()),
            )
        };
        assert_eq!(find(), None);
        std::fs::write(path.path().join("poolkeyd"), "").unwrap();
        assert_eq!(find(), Some(path.path().join("poolkeyd")));
        std::fs::write(beside.path().join("poolkeyd"), "").unwrap();
        assert_eq!(find(), Some(beside.path().join("poolkeyd")));
        assert_eq!(find_program("sh", None, Some(OsStr::new("bin:."))), None);
    }
}
