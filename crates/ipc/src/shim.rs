//! Where the shim is, and how AWS tools are told of it.

use std::path::{Path, PathBuf};

use poolkey_core::name::ProfileName;

/// What `~/.aws/config` needs for a profile. Only `default` goes without the word `profile`.
pub fn aws_config(name: &ProfileName, shim: &Path) -> [String; 2] {
    let section = match name.as_str() {
        "default" => "[default]".to_owned(),
        name => format!("[profile {name}]"),
    };
    let command = format!("credential_process = {} {name}", word(shim));
    [section, command]
}

/// The shim's absolute path: as `PATH` names it, for that survives an upgrade, or beside this
/// program.
pub fn path() -> PathBuf {
    let name = format!("{NAME}{}", std::env::consts::EXE_SUFFIX);
    let own = std::env::current_exe().unwrap_or_default();
    let beside = own.with_file_name(&name);
    let named = path_entries()
        .into_iter()
        .filter(|directory| directory.is_absolute())
        .map(|directory| directory.join(&name))
        .find(|named| same(named, &beside));
    named.unwrap_or(beside)
}

/// What a `credential_process` runs, where that is the shim, of whatever installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shim {
    /// The shim, as it was written.
    pub path: PathBuf,
    /// The profile whose keys it prints.
    pub profile: ProfileName,
}

impl Shim {
    /// Reads a command as the tools do that split it themselves.
    pub fn read(command: &str) -> Option<Self> {
        let words = words(command)?;
        let [path, profile] = &words[..] else {
            return None;
        };
        // Both kinds of separators, for whoever shares a file between systems.
        let program = path.rsplit(['/', '\\']).next()?;
        let program = program.strip_suffix(".exe").unwrap_or(program);
        (program == NAME).then_some(Self {
            path: path.into(),
            profile: profile.parse().ok()?,
        })
    }
}

/// Whether a command runs the shim in whatever form, be it one that no tool can read: without its
/// quotes, or without a profile.
pub fn is_ours(command: &str) -> bool {
    let Some((place, rest)) = command.split_once(NAME) else {
        return false;
    };
    let rest = rest.strip_prefix(".exe").unwrap_or(rest);
    let ends_there = !rest.starts_with(|c: char| c.is_alphanumeric() || "-_./\\".contains(c));
    let place = place.trim_start_matches(['"', '\'']);
    let is_path =
        place.starts_with(['/', '~', '$', '.', '%', '\\']) || place.get(1..2) == Some(":");
    let is_directory = is_path && place.ends_with(['/', '\\']) && !place.contains(" -");
    ends_there && (place.is_empty() || is_directory)
}

#[cfg(unix)]
fn words(command: &str) -> Option<Vec<String>> {
    shlex::split(command)
}

/// Double quotes alone are quotes, and a path has none.
#[cfg(not(unix))]
fn words(command: &str) -> Option<Vec<String>> {
    let command = command.trim();
    let (first, rest) = match command.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"')?,
        None => command.split_once(' ')?,
    };
    let words = std::iter::once(first).chain(rest.split_whitespace());
    Some(
        words
            .map(|word| word.trim_matches('"').to_owned())
            .collect(),
    )
}

/// Whether every AWS SDK reads this path in a command. Some SDKs give the command to a shell, some
/// split it themselves; on Windows, where `cmd.exe` knows no quotes but double ones, they do not
/// agree on what stands in them.
pub fn is_readable_by_all(path: &Path) -> bool {
    path.to_str().is_some_and(|text| {
        !text.contains(char::is_control)
            && (cfg!(unix) || !text.contains('%') && !text.contains(" #") && !text.contains(" ;"))
    })
}

/// A path as one word of a command. Older Go SDKs drop all that follows a word in double quotes,
/// so quotes are for a path that needs them; `cmd.exe` knows no others.
fn word(path: &Path) -> String {
    let path = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "/\\._+@:=,-".contains(c);
    if path
        .chars()
        .all(|c| plain(c) && (cfg!(windows) || c != '\\'))
    {
        path
    } else if cfg!(windows) {
        format!("\"{path}\"")
    } else {
        // A blank before these two begins a comment to some SDKs; quotes between them do not.
        let path = path.replace('\'', r"'\''");
        let path = path.replace(" #", " ''#").replace(" ;", " '';");
        format!("'{path}'")
    }
}

/// Whether a path is within what is mounted only while an AppImage runs.
#[expect(
    clippy::disallowed_methods,
    reason = "the runtime of an AppImage tells it by the environment alone"
)]
pub fn is_passing(path: &Path) -> bool {
    let mount = std::env::var_os("APPDIR").filter(|mount| !mount.is_empty());
    mount.is_some_and(|mount| path.starts_with(mount))
}

/// Whether two paths lead to the same program.
pub fn same(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "read once, and an argument from here on"
)]
fn path_entries() -> Vec<PathBuf> {
    std::env::var_os("PATH")
        .iter()
        .flat_map(std::env::split_paths)
        .collect()
}

/// The shim's program.
const NAME: &str = "poolkey-credential-process";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_for_aws() {
        let shim = Path::new("/opt/poolkey/poolkey-credential-process");
        assert_eq!(
            aws_config(&"dev".parse().unwrap(), shim),
            [
                "[profile dev]",
                "credential_process = /opt/poolkey/poolkey-credential-process dev"
            ]
        );
        assert_eq!(
            aws_config(&"default".parse().unwrap(), shim)[0],
            "[default]"
        );
    }

    #[test]
    fn quotes_are_for_a_path_that_needs_them() {
        assert_eq!(
            word(Path::new("/home/jané/a_b-1.2/x")),
            "/home/jané/a_b-1.2/x"
        );
        let spaced = word(Path::new("/opt/pool key/x"));
        if cfg!(windows) {
            assert_eq!(spaced, "\"/opt/pool key/x\"");
        } else {
            assert_eq!(spaced, "'/opt/pool key/x'");
        }
    }

    /// As the AWS CLI, boto3 and the SDKs for JavaScript, Rust, Go, C and C++ read it: see
    /// `tests/consumers`.
    #[cfg(unix)]
    #[test]
    fn a_path_may_have_any_character() {
        for (path, written) in [
            ("/jane's/x", r"'/jane'\''s/x'"),
            ("/a #b ;c/x", "'/a ''#b '';c/x'"),
            (r"/a\b/x", r"'/a\b/x'"),
            ("/$HOME/`a`\"b\"%c!/x", "'/$HOME/`a`\"b\"%c!/x'"),
        ] {
            assert_eq!(word(Path::new(path)), written);
        }
    }

    #[test]
    fn a_damaged_command_is_known_for_what_it_was() {
        for (command, ours) in [
            ("/usr/bin/poolkey-credential-process dev", true),
            ("poolkey-credential-process", true),
            ("/opt/pool key/poolkey-credential-process dev", true),
            ("'/opt/pool key/poolkey-credential-process dev", true),
            ("~/bin/poolkey-credential-process dev --x", true),
            (r"C:\x\poolkey-credential-process.exe dev", true),
            ("/usr/bin/poolkey-credential-process-2 dev", false),
            ("/usr/bin/my-poolkey-credential-process dev", false),
            (
                "/bin/sh -c '/usr/bin/poolkey-credential-process dev'",
                false,
            ),
            ("sh /usr/bin/poolkey-credential-process dev", false),
            ("/usr/bin/aws-vault exec dev", false),
            ("", false),
        ] {
            assert_eq!(is_ours(command), ours, "{command}");
        }
    }

    #[test]
    fn what_was_written_is_read() {
        let paths: &[&str] = if cfg!(windows) {
            &[
                r"C:\a\poolkey-credential-process.exe",
                r"C:\Program Files\poolkey-credential-process.exe",
            ]
        } else {
            &[
                "/usr/bin/poolkey-credential-process",
                "/jane's #1 ;\\\"%/poolkey-credential-process",
            ]
        };
        for path in paths {
            let shim = Shim {
                path: path.into(),
                profile: "dev/a%b".parse().unwrap(),
            };
            let [_, line] = aws_config(&shim.profile, &shim.path);
            let command = line.strip_prefix("credential_process = ").unwrap();
            assert_eq!(Shim::read(command), Some(shim));
        }
        for other in [
            "",
            "/usr/bin/poolkey-credential-process",
            "/usr/bin/poolkey-credential-process dev more",
            "/usr/bin/poolkey-credential-process --help",
            "/usr/bin/aws-vault export dev",
            "/usr/bin/x-poolkey-credential-process dev",
            "sh -c 'poolkey-credential-process dev'",
            "'/usr/bin/poolkey-credential-process dev",
        ] {
            assert_eq!(Shim::read(other), None, "{other}");
        }
    }

    #[test]
    fn paths_that_some_sdk_would_misread() {
        for (path, everywhere, on_unix) in [
            ("/usr/bin/x", true, true),
            ("/opt/pool key/x", true, true),
            ("/home/jané/x", true, true),
            ("/jane's/x", true, true),
            ("/a#b/x", true, true),
            ("/a #b/x", false, true),
            ("/a ;b/x", false, true),
            ("/%HOME%/x", false, true),
            ("/a\nb/x", false, false),
        ] {
            let good = if cfg!(unix) { on_unix } else { everywhere };
            assert_eq!(is_readable_by_all(Path::new(path)), good, "{path}");
        }
    }
}
