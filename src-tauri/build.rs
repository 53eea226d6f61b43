//! Makes the pages part of the program, and names each command, so that a window may be allowed
//! exactly those that it needs.

use std::path::Path;

fn main() {
    let pages = Path::new("../ui/dist/index.html");
    println!("cargo::rerun-if-changed={}", pages.display());
    assert!(
        pages.exists(),
        "the pages are not built: run `npm ci && npm run build` in ui/, or scripts/build --desktop"
    );
    let manifest = tauri_build::AppManifest::new().commands(COMMANDS);
    let attributes = tauri_build::Attributes::new().app_manifest(manifest);
    if let Err(error) = tauri_build::try_build(attributes) {
        panic!("{error:#}");
    }
}

/// Each is allowed by name in `capabilities/`.
const COMMANDS: &[&str] = &[
    "answer",
    "apply",
    "autostart",
    "begin",
    "check",
    "close",
    "configuration",
    "copy_address",
    "copy_keys",
    "copy_setup_key",
    "copy_text",
    "open_address",
    "open_console",
    "open_login",
    "open_main",
    "read_outputs",
    "ready",
    "renew",
    "restart_daemon",
    "revoke",
    "set_autostart",
    "sign_out",
    "watch",
    "who_am_i",
];
