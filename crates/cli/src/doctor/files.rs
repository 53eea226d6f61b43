//! Who may read and change the files that matter, and whether Poolkey can keep its own.

use std::fs::Metadata;
use std::path::{Path, PathBuf};

use super::codes::Code;
use super::machine::{Machine, State, quoted};
use super::report::{Fix, Report};

/// What others must not be able to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kept {
    /// Read it: it holds secrets.
    Secret,
    /// Change it: it says which programs are run.
    Unchanged,
}

/// Whose file it is meant to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Realm {
    Aws,
    Own,
}

pub(super) fn examine(machine: &Machine, report: &mut Report) {
    let Some(place) = &machine.place else {
        report.bad(
            Code::HomeMissing,
            "HOME",
            "The environment names no home, so there is no place for Poolkey's files.",
            "export HOME=/home/NAME",
        );
        return;
    };
    let start = report.found.len();
    profiles(machine, report);
    let config = place.config_file();
    let directory = config.parent().unwrap_or(&config).to_owned();
    let state = place.state_dir();
    for directory in [&*directory, state, place.aws_dir()] {
        writable(machine, directory, report);
    }

    let mut look = |path: &Path, kept, realm| exposed(machine, path, kept, realm, report);
    look(place.aws_dir(), Kept::Unchanged, Realm::Aws);
    for (content, kept) in [
        (&machine.aws_config, Kept::Unchanged),
        (&machine.aws_credentials, Kept::Secret),
    ] {
        if let State::Bytes(_) = content.state {
            look(&content.path, kept, Realm::Aws);
        }
    }
    look(&directory, Kept::Unchanged, Realm::Own);
    let proxy = machine.settings().network.proxy;
    let has_password = proxy.is_some_and(|proxy| proxy.expose().contains('@'));
    let kept = if has_password {
        Kept::Secret
    } else {
        Kept::Unchanged
    };
    look(&config, kept, Realm::Own);
    look(state, Kept::Secret, Realm::Own);
    for path in below(state) {
        look(&path, Kept::Secret, Realm::Own);
    }
    if report.is_clear_since(start) {
        report.good(
            Code::OwnFilesPrivate,
            "files",
            "Nobody else can read or change what matters.",
        );
    }
}

/// Whether `profiles.toml` says what it is to say.
fn profiles(machine: &Machine, report: &mut Report) {
    let content = &machine.profiles;
    let about = machine.shown(&content.path);
    match (&content.state, &machine.config) {
        (State::Dead, _) => report.bad(
            Code::LinkDead,
            about,
            "It is a link that leads nowhere: Poolkey has no logins and profiles.",
            format!(
                "Remove the link, or mend it: ls -l {}",
                quoted(&content.path)
            ),
        ),
        (State::Unreadable(why), _) => report.bad(
            Code::ConfigUnreadable,
            about,
            format!("It cannot be read: {why}."),
            format!(
                "Put a readable file in its place: ls -ld {}",
                quoted(&content.path)
            ),
        ),
        (State::Bytes(_), Err(error)) => report.bad(
            Code::ConfigRefused,
            format!("{about} line {}", error.line),
            format!(
                "{}.",
                crate::words::capital(error.text.trim_end_matches('.'))
            ),
            format!(
                "Edit line {} of {about}: it is read again as soon as it is saved",
                error.line
            ),
        ),
        (State::Bytes(_), Ok(config)) => {
            let (logins, profiles) = (config.logins.len(), config.profiles.len());
            let told = format!(
                "{} and {}.",
                counted(logins, "login"),
                counted(profiles, "profile")
            );
            report.good(Code::ConfigRead, "profiles.toml", told);
        }
        (State::Absent, _) => {
            report.good(
                Code::ConfigRead,
                "profiles.toml",
                "There is none yet: no logins, no profiles.",
            );
        }
    }
}

fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
    }
}

/// Whether the directory can be used, or made in the nearest one that is there.
fn writable(machine: &Machine, directory: &Path, report: &mut Report) {
    let mut above = directory.ancestors();
    let Some(there) = above.find(|path| path.symlink_metadata().is_ok()) else {
        return;
    };
    let fault = if !there.is_dir() {
        "is no directory"
    } else if !may_write(there) {
        "cannot be written by you"
    } else {
        return;
    };
    report.bad(
        Code::HomeUnwritable,
        machine.shown(directory),
        format!(
            "“{}” {fault}, so nothing can be kept there.",
            machine.shown(there)
        ),
        format!("Mend it: ls -ld {}", quoted(there)),
    );
}

#[cfg(unix)]
fn may_write(directory: &Path) -> bool {
    use rustix::fs::{Access, access};
    access(directory, Access::WRITE_OK | Access::EXEC_OK).is_ok()
}

/// What may be done is in access lists, which nobody can read without trying.
#[cfg(not(unix))]
fn may_write(_: &Path) -> bool {
    true
}

#[cfg(unix)]
fn exposed(machine: &Machine, path: &Path, kept: Kept, realm: Realm, report: &mut Report) {
    use std::os::unix::fs::MetadataExt;
    let Ok(seen) = std::fs::metadata(path) else {
        return;
    };
    let about = machine.shown(path);
    let (exposure, foreign) = match realm {
        Realm::Aws => (Code::AwsFileExposed, Code::AwsFileForeign),
        Realm::Own => (Code::OwnFileExposed, Code::OwnFileForeign),
    };
    let ours = poolkey_ipc::peer::our_uid();
    if seen.uid() != ours {
        report.bad(
            foreign,
            about,
            format!(
                "It belongs to another user (uid {}), who can change it.",
                seen.uid()
            ),
            format!("sudo chown {ours} {}", quoted(path)),
        );
        return;
    }
    let bits = seen.mode() & 0o777;
    let told = match kept {
        Kept::Secret if bits & 0o077 != 0 => "open",
        Kept::Unchanged if bits & 0o022 != 0 => "to be changed",
        Kept::Secret | Kept::Unchanged => return,
    };
    let told = match told {
        "open" => format!("It is open to other users (mode {bits:03o})."),
        _ => format!("Other users may change it (mode {bits:03o}), and it says what is run."),
    };
    let remedy = format!("chmod {:o} {}", private(&seen), quoted(path));
    if is_ours_alone(machine, path) {
        report.fixable(exposure, about, told, remedy, Fix::Close(path.to_owned()));
    } else {
        report.bad(exposure, about, told, remedy);
    }
}

/// Whether it is where it seems to be, or at least within the home: what a link leads to elsewhere
/// may be shared with somebody on purpose.
#[cfg(unix)]
fn is_ours_alone(machine: &Machine, path: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().ok();
    let home = machine.home.as_deref().and_then(real);
    real(path).is_some_and(|real| {
        let is_plain = !path.is_symlink() && path.parent().is_none_or(|above| !above.is_symlink());
        is_plain || home.is_some_and(|home| home.parent().is_some() && real.starts_with(home))
    })
}

#[cfg(not(unix))]
fn exposed(_: &Machine, _: &Path, _: Kept, _: Realm, _: &mut Report) {}

/// Its owner's alone.
#[cfg(unix)]
pub(super) fn private(seen: &Metadata) -> u32 {
    if seen.is_dir() { 0o700 } else { 0o600 }
}

/// What lies in Poolkey's own directory, one floor deep.
fn below(directory: &Path) -> Vec<PathBuf> {
    let list = |directory: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(directory).into_iter().flatten();
        let plain = entries.flatten().filter(|entry| {
            entry
                .file_type()
                .is_ok_and(|kind| kind.is_dir() || kind.is_file())
        });
        plain.take(MANY).map(|entry| entry.path()).collect()
    };
    let mut found = list(directory);
    for inner in found.clone().iter().filter(|path| path.is_dir()) {
        found.extend(list(inner));
    }
    found
}

const MANY: usize = 256;
