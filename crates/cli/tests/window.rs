//! `poolkey login --window`.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::support::{Home, Said};

#[test]
fn it_opens_the_window_for_that_login() {
    let home = Home::new();
    let log = home.path().join("started");
    assert_eq!(
        with(&home, &["login", "acme", "--window"], &script(&log, 0)).code,
        Some(0)
    );
    assert_eq!(fs::read_to_string(&log).unwrap(), "--login acme\n");
    assert_eq!(
        with(&home, &["login", "--window"], &script(&log, 0)).code,
        Some(0)
    );
    assert_eq!(
        fs::read_to_string(&log).unwrap(),
        "--login acme\n--page login\n"
    );
}

#[test]
fn what_is_missing_is_told() {
    let home = Home::new();
    // Beside the program of a build may lie the windows of an earlier one.
    let alone = home.install(env!("CARGO_BIN_EXE_poolkey"));
    let said = Said::of(
        home.command(alone)
            .args(["login", "acme", "--window"])
            .env("DISPLAY", ":0"),
    );
    assert_ne!(said.code, Some(0));
    assert!(
        said.err.contains("There is no “poolkey-desktop”"),
        "{said:?}"
    );
    let log = home.path().join("started");
    let said = with(&home, &["login", "--window"], &script(&log, 69));
    assert_ne!(said.code, Some(0));
    assert!(
        said.err.contains("opens no window: exit status: 69"),
        "{said:?}"
    );
    let program = program(&home, &script(&log, 0));
    let said = Said::of(
        home.command(program)
            .args(["login", "--window"])
            .env_remove("DISPLAY"),
    );
    assert!(said.err.contains("There is no screen"), "{said:?}");
    let said = home.poolkey(&["login", "acme", "--window", "--username", "ann"]);
    assert_eq!(said.code, Some(2), "{said:?}");
}

fn with(home: &Home, args: &[&str], script: &str) -> Said {
    let program = program(home, script);
    Said::of(home.command(program).args(args).env("DISPLAY", ":0"))
}

/// Our program in a place of its own, with this beside it as the windows.
fn program(home: &Home, script: &str) -> std::path::PathBuf {
    let program = home.install(env!("CARGO_BIN_EXE_poolkey"));
    let text = home.path().join("poolkey-desktop");
    fs::write(&text, script).unwrap();
    fs::set_permissions(&text, fs::Permissions::from_mode(0o755)).unwrap();
    home.install(text);
    program
}

fn script(log: &std::path::Path, code: u8) -> String {
    format!(
        "#!/bin/sh\necho \"$*\" >> '{}'\nexit {code}\n",
        log.display()
    )
}
