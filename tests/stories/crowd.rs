//! Hundreds of tools at once.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use poolkey_tests::{Document, Setup, World, program, story};
use serde_json::json;

const CROWD: usize = 500;

#[test]
fn a_crowd_on_stale_keys_causes_one_refresh_and_one_fetch() {
    story(Setup::default(), |world| {
        world.sign_in();
        world.keys();
        world.kill_daemon();
        world.start_daemon();
        world.sandbox.forget_calls();
        // All of them are to come while it is under way.
        world
            .sandbox
            .fault(&json!({"operation": "GetTokensFromRefreshToken", "delay_before_ms": 2500}));
        let (document, took) = crowd(world, |_| world.shim_command("dev"));
        println!(
            "STAMPEDE: {CROWD} shims on stale keys, {} refresh, {} fetch, {took:.1?}",
            world.sandbox.calls("GetTokensFromRefreshToken"),
            world.sandbox.calls("GetCredentialsForIdentity"),
        );
        assert_eq!(world.sandbox.calls("GetTokensFromRefreshToken"), 1);
        assert_eq!(world.sandbox.calls("GetCredentialsForIdentity"), 1);
        assert!(world.sts_takes(&document));
    });
}

#[test]
fn a_crowd_without_a_daemon_starts_one() {
    story(Setup::default(), |world| {
        world.sign_in();
        world.stop_daemon();
        world.sandbox.forget_calls();
        // The shim starts the daemon beside it: here, one that can be counted.
        let bin = world.home().join("bin");
        fs::create_dir(&bin).unwrap();
        let shim = bin.join("poolkey-credential-process");
        fs::copy(program("poolkey-credential-process"), &shim).unwrap();
        let counter = world.home().join("started");
        write_script(
            &bin.join("poolkeyd"),
            &format!(
                "#!/bin/sh\necho one >> '{}'\nexec '{}'\n",
                counter.display(),
                program("poolkeyd").display()
            ),
        );
        let (document, took) = crowd(world, |_| {
            let mut command = world.command(&shim);
            command.arg("dev");
            command
        });
        let started = fs::read_to_string(&counter).unwrap().lines().count();
        println!("STAMPEDE: {CROWD} shims without a daemon started {started}, {took:.1?}");
        assert_eq!(started, 1);
        assert_eq!(world.sandbox.calls("GetTokensFromRefreshToken"), 1);
        assert_eq!(world.sandbox.calls("GetCredentialsForIdentity"), 1);
        assert!(world.sts_takes(&document));
        let pid = world.status().daemon.pid;
        world.witness("the daemon that a shim started", pid);
    });
}

/// Runs so many at once; all print the same document and nothing else.
fn crowd(world: &World, command: impl Fn(usize) -> Command) -> (Document, Duration) {
    // What they print is secret, so it is not among the logs.
    let said = tempfile::tempdir().unwrap();
    let path = |n: usize, what: &str| said.path().join(format!("{n}.{what}"));
    let begun = Instant::now();
    let mut children: Vec<Child> = (0..CROWD)
        .map(|n| {
            let file = |what| File::create(path(n, what)).unwrap();
            command(n)
                .stdin(Stdio::null())
                .stdout(file("out"))
                .stderr(file("err"))
                .spawn()
                .unwrap()
        })
        .collect();
    for pid in children.iter().take(3).map(Child::id) {
        world.keep(
            "cmdlines",
            &fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default(),
        );
    }
    let codes: Vec<Option<i32>> = children
        .iter_mut()
        .map(|child| child.wait().unwrap().code())
        .collect();
    let took = begun.elapsed();
    let read = |n, what| fs::read_to_string(path(n, what)).unwrap();
    let first = read(0, "out");
    for (n, code) in codes.into_iter().enumerate() {
        let err = read(n, "err");
        world.keep("shim.err", &err);
        assert_eq!((code, err.as_str()), (Some(0), ""), "shim {n}");
        assert_eq!(read(n, "out"), first, "shim {n}");
    }
    (Document::parse(&first), took)
}

fn write_script(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}
