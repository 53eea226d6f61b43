//! A desk with a tray icon: a world, and a place of programs of its own.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use poolkey_tests::{Running, World, program, until};

/// The directory from which the tray is started: what lies beside it is what it finds.
pub(crate) fn programs(world: &World) -> PathBuf {
    let directory = world.home().join("bin");
    if !directory.exists() {
        fs::create_dir(&directory).unwrap();
        let tray = std::env::var_os("POOLKEY_TRAY").map(PathBuf::from);
        let tray = tray.map(|tray| root().join(tray));
        // A link would lead it back to where everything lies.
        let tray = tray.unwrap_or_else(|| program("poolkey-tray"));
        fs::copy(tray, directory.join("poolkey-tray")).unwrap();
        for name in ["poolkeyd", "poolkey"] {
            symlink(program(name), directory.join(name)).unwrap();
        }
    }
    directory
}

/// Puts a program there that writes down how it was started.
pub(crate) fn put_program(world: &World, name: &str) -> PathBuf {
    let directory = programs(world);
    let log = world.home().join("logs").join(name);
    let text = format!(
        "#!/bin/sh\necho \"$* $XDG_ACTIVATION_TOKEN\" >> '{}'\n",
        log.display()
    );
    let path = directory.join(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    log
}

/// What such a program wrote down, once it did.
pub(crate) fn started_with(log: &Path) -> String {
    let read = || fs::read_to_string(log).unwrap_or_default();
    until("the program is started", 5, || read().ends_with('\n'));
    read().trim_end().to_owned()
}

pub(crate) fn command(world: &World) -> Command {
    let directory = programs(world);
    let mut command = world.command("setpriv");
    command
        .args(["--pdeathsig", "KILL", "--"])
        .arg(directory.join("poolkey-tray"))
        .env("PATH", "/usr/bin:/bin")
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    command
}

/// Starts the tray.
pub(crate) fn start(world: &World) -> Running {
    start_as(world, &mut command(world))
}

pub(crate) fn start_as(world: &World, command: &mut Command) -> Running {
    Running::start("poolkey-tray", command, &world.home().join("logs/tray.log"))
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}
