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
    let name = format!("poolkey-credential-process{}", std::env::consts::EXE_SUFFIX);
    let own = std::env::current_exe().unwrap_or_default();
    let beside = own.with_file_name(&name);
    let named = path_entries()
        .into_iter()
        .filter(|directory| directory.is_absolute())
        .map(|directory| directory.join(&name))
        .find(|named| same(named, &beside));
    named.unwrap_or(beside)
}

/// Whether every AWS SDK reads this path in a command. Some SDKs give the command to a shell, some
/// split it themselves, and none agrees with another on an escape; and ` #` or ` ;` begins a
/// comment for some.
pub fn is_readable_by_all(path: &Path) -> bool {
    path.to_str().is_some_and(|text| {
        let plain = |c: char| !c.is_control() && !"\"'$`!%".contains(c);
        text.chars().all(plain)
            && (cfg!(windows) || !text.contains('\\'))
            && !text.contains(" #")
            && !text.contains(" ;")
    })
}

/// A path as one word of a command. Older Go SDKs drop all that follows a word in double quotes,
/// so quotes are for a path that needs them; `cmd.exe` knows no others.
fn word(path: &Path) -> String {
    let path = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "/\\._+@:=,-".contains(c);
    if path.chars().all(plain) {
        path
    } else if cfg!(windows) {
        format!("\"{path}\"")
    } else {
        format!("'{path}'")
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

fn same(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

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

    #[test]
    fn paths_that_some_sdk_would_misread() {
        for (path, good) in [
            ("/usr/bin/x", true),
            ("/opt/pool key/x", true),
            ("/home/jané/x", true),
            ("/a#b/x", true),
            ("/a #b/x", false),
            ("/a ;b/x", false),
            ("/$HOME/x", false),
            ("/a\"b/x", false),
            ("/jane's/x", false),
        ] {
            assert_eq!(is_readable_by_all(Path::new(path)), good, "{path}");
        }
    }
}
