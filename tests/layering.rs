//! Arrows point down only, and what must not be in a program is not in it.
//!
//! ```text
//!  4  tests ───────────────▶ everything
//!  3  cli  tray  src-tauri   daemon            sandbox (stands alone)
//!      │    │      │       ╱   │   ╲
//!  2   └────┴▶ ipc ◀───────╯   │    ╲         the same floor never meets
//!                  cognito ◀───┘     ▶ vault
//!                     │                 │
//!  1                  └──────▶ core ◀───┘
//! ```
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests, which may fail and start cargo"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Who may use whom among our own packages, and why.
const ARROWS: &[(&str, &str, &str)] = &[
    (
        "poolkey-ipc",
        "poolkey-core",
        "what is said are core's own words: names, failures, snapshots",
    ),
    (
        "poolkey-cognito",
        "poolkey-core",
        "it classifies answers into the kinds that core decides by",
    ),
    (
        "poolkey-vault",
        "poolkey-core",
        "it keeps core's secrets and names core's vault faults",
    ),
    ("poolkeyd", "poolkey-core", "it drives the agent"),
    ("poolkeyd", "poolkey-ipc", "it answers on the socket"),
    (
        "poolkeyd",
        "poolkey-files",
        "it keeps keys fresh in the files of ~/.aws",
    ),
    (
        "poolkeyd",
        "poolkey-cognito",
        "it is the only program that talks to AWS",
    ),
    (
        "poolkeyd",
        "poolkey-vault",
        "it is the only program that holds a refresh token",
    ),
    (
        "poolkey",
        "poolkey-core",
        "it shows failures and snapshots in core's words",
    ),
    (
        "poolkey",
        "poolkey-files",
        "it writes profiles into ~/.aws/config where a person asks for it",
    ),
    (
        "poolkey",
        "poolkey-ipc",
        "all that it does is ask the daemon",
    ),
    (
        "poolkey-tray",
        "poolkey-core",
        "the menu is one value of core, painted here",
    ),
    ("poolkey-tray", "poolkey-ipc", "it watches the daemon"),
    (
        "poolkey-desktop",
        "poolkey-core",
        "the windows show core's snapshot",
    ),
    (
        "poolkey-desktop",
        "poolkey-ipc",
        "it asks and watches the daemon",
    ),
    ("poolkey-tests", "poolkey-core", "tests may use everything"),
    ("poolkey-tests", "poolkey-ipc", "tests may use everything"),
    (
        "poolkey-tests",
        "poolkey-cognito",
        "tests may use everything",
    ),
    ("poolkey-tests", "poolkey-vault", "tests may use everything"),
    (
        "poolkey-tests",
        "poolkey-sandbox",
        "tests may use everything",
    ),
];

/// What core is made of. Whoever adds a row says why it reads no clock, file, socket, environment
/// or randomness of its own.
const CORE: &[(&str, &str)] = &[
    (
        "fastrand",
        "jitter, from a seed that is an argument; without its own source of seeds",
    ),
    (
        "jiff",
        "writes dates; without the system's clock and time zones in use",
    ),
    ("secrecy", "the type of a secret"),
    ("serde", "events, effects and records are data"),
    (
        "serde_json",
        "the record of the vault and the document for tools",
    ),
    ("thiserror", "errors"),
    (
        "toml",
        "reads the text of profiles.toml, which is an argument",
    ),
    (
        "ts-rs",
        "tells the pages' types to TypeScript; behind the feature `ts`, which no program turns on",
    ),
    ("zeroize", "what was secret is zeroed"),
];

/// What must not be in a program, by the beginnings of names, and why.
const ABSENT: &[(&str, &[&str], &str)] = &[
    (
        "poolkey-core",
        &[
            "tokio",
            "futures",
            "async-",
            "rustix",
            "libc",
            "nix",
            "getrandom",
            "mio",
            "socket2",
            "dirs",
            "directories",
        ],
        "it decides; it does not wait, ask the system or guess",
    ),
    (
        "poolkey-ipc",
        &[
            "tokio", "futures", "async-", "rustls", "aws-", "hyper", "tracing", "clap",
        ],
        "the shim is started for each signature of some SDKs, and must be tiny",
    ),
    (
        "poolkey",
        &[
            "tokio",
            "rustls",
            "ring",
            "aws-",
            "hyper",
            "reqwest",
            "openssl",
            "native-tls",
            "keyring",
            "age",
            "dbus",
            "zbus",
            "poolkey-cognito",
            "poolkey-vault",
            "poolkeyd",
        ],
        "it asks the daemon, and needs neither runtime, TLS nor keychain for that",
    ),
    (
        "poolkey-cognito",
        &[
            "keyring",
            "dbus",
            "zbus",
            "age",
            "openssl",
            "native-tls",
            "reqwest",
            "poolkey-ipc",
            "poolkey-vault",
        ],
        "the same floor never meets; one TLS",
    ),
    (
        "poolkey-files",
        &[
            "tokio",
            "rustls",
            "aws-",
            "hyper",
            "toml",
            "serde",
            "poolkey-core",
        ],
        "it changes bytes, and knows neither profiles of ours nor a network",
    ),
    (
        "poolkey-vault",
        &[
            "aws-",
            "hyper",
            "rustls",
            "tokio",
            "poolkey-ipc",
            "poolkey-cognito",
        ],
        "the same floor never meets; no network where secrets are kept",
    ),
    (
        "poolkeyd",
        &[
            "tauri",
            "webkit",
            "gtk",
            "wry",
            "tao",
            "ksni",
            "openssl",
            "native-tls",
            "clap",
            "poolkey-sandbox",
        ],
        "headless machines need no window, and the sandbox never ships inside",
    ),
    (
        "poolkey-tray",
        &[
            "gtk",
            "gdk",
            "webkit",
            "wry",
            "tauri",
            "keyring",
            "age",
            "aws-",
            "rustls",
            "hyper",
            "image",
            "poolkey-cognito",
            "poolkey-vault",
            "poolkeyd",
        ],
        "it is always there, so it is small; it asks the daemon, and holds no session",
    ),
    (
        "poolkey-sandbox",
        &[
            "poolkey-core",
            "poolkey-ipc",
            "poolkey-cognito",
            "poolkey-vault",
            "poolkeyd",
            "aws-sdk",
            "aws-config",
            "aws-smithy",
        ],
        "a judge who shares code with the judged finds nothing",
    ),
];

#[test]
fn arrows_point_down_only() {
    let metadata = metadata();
    let ours: BTreeSet<&str> = packages(&metadata).map(name).collect();
    for package in packages(&metadata) {
        for dependency in package["dependencies"].as_array().unwrap() {
            let (from, to) = (name(package), name(dependency));
            // A test may look at what is above it; a program may not.
            if !ours.contains(to) || dependency["kind"] == "dev" {
                continue;
            }
            assert!(
                ARROWS.iter().any(|(a, b, _)| (*a, *b) == (from, to)),
                "{from} must not use {to}: see the drawing, or give the arrow a reason in ARROWS"
            );
        }
    }
}

#[test]
fn core_is_made_of_little() {
    let metadata = metadata();
    let core = packages(&metadata)
        .find(|package| name(package) == "poolkey-core")
        .unwrap();
    for dependency in core["dependencies"].as_array().unwrap() {
        let known = CORE.iter().any(|(known, _)| *known == name(dependency));
        assert!(
            known || dependency["kind"] == "dev",
            "core uses {}: give it a reason in CORE, or do without",
            name(dependency)
        );
    }
}

/// The system's clocks, files, sockets and environment are one `use` away in every crate.
#[test]
fn core_reads_nothing_of_the_system() {
    let forbidden = [
        "std::fs",
        "std::net::Tcp",
        "std::net::Udp",
        "ToSocketAddrs",
        "std::env",
        "std::process",
        "std::thread",
        "std::io",
        "std::os",
        "SystemTime",
        "Instant",
        "async ",
        ".await",
        "Timestamp::now",
        "Zoned::now",
        "Rng::new",
        "fastrand::u",
        "fastrand::f",
        "println!",
        "eprintln!",
    ];
    let mut files = 0;
    for file in sources(&root().join("crates/core/src")) {
        files += 1;
        let text = fs::read_to_string(&file).unwrap();
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            for word in forbidden {
                let test_only = file.components().any(|part| part.as_os_str() == "tests");
                assert!(
                    test_only || !code.contains(word),
                    "{}:{}: core must not use {word}",
                    file.display(),
                    number + 1
                );
            }
        }
    }
    assert!(files > 10, "{files} files");
}

#[test]
fn nothing_is_where_it_must_not_be() {
    let metadata = metadata();
    let ours: BTreeSet<&str> = packages(&metadata).map(name).collect();
    for (package, absent, why) in ABSENT {
        if !ours.contains(package) {
            continue;
        }
        let tree = tree(package);
        assert!(tree.contains(*package), "{tree:?}");
        for found in &tree {
            for word in *absent {
                let hit = if word.ends_with('-') {
                    found.starts_with(word)
                } else {
                    found == word || *found == format!("{word}-sys")
                };
                assert!(!hit, "{found} is in {package}: {why}");
            }
        }
    }
}

/// The names of all that is built into a package on this system, with its own features alone.
fn tree(package: &str) -> BTreeSet<String> {
    let output = cargo(&[
        "tree",
        "--offline",
        "-p",
        package,
        "-e",
        "normal",
        "--prefix",
        "none",
        "-f",
        "{p}",
    ]);
    output
        .lines()
        .filter_map(|line| line.split(' ').next())
        .map(str::to_owned)
        .collect()
}

fn metadata() -> Value {
    serde_json::from_str(&cargo(&[
        "metadata",
        "--offline",
        "--no-deps",
        "--format-version",
        "1",
    ]))
    .unwrap()
}

fn cargo(arguments: &[&str]) -> String {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(arguments)
        .current_dir(root())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "cargo {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

fn packages(metadata: &Value) -> impl Iterator<Item = &Value> {
    metadata["packages"].as_array().unwrap().iter()
}

fn name(of: &Value) -> &str {
    of["name"].as_str().unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

fn sources(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}
