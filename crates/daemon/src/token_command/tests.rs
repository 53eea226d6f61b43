//! On a Unix, where programs are a few lines of shell.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use poolkey_core::time::UnixTime;
use tempfile::TempDir;
use tokio::time::Instant;

use super::*;

/// A program of the test's own.
fn program(dir: &TempDir, body: &str) -> CommandSpec {
    let path: PathBuf = dir.path().join("program");
    fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    CommandSpec {
        command: vec![
            path.to_str().unwrap().into(),
            "one argument; $HOME `id`".into(),
        ],
        issuer: None,
    }
}

fn path() -> Vec<(OsString, OsString)> {
    vec![("PATH".into(), "/usr/bin:/bin".into())]
}

async fn outcome(body: &str) -> Result<Secret, Fault> {
    let dir = TempDir::new().unwrap();
    run(&program(&dir, body), path(), Duration::from_secs(20)).await
}

#[tokio::test]
async fn what_it_prints_is_taken_and_no_shell_reads_its_arguments() {
    let printed = outcome("printf '%s|%s|%s' \"$#\" \"$1\" \"$PWD\"")
        .await
        .unwrap();
    assert_eq!(printed.expose(), "1|one argument; $HOME `id`|/");
}

#[tokio::test]
async fn it_is_asked_nothing_and_sees_nothing_of_ours() {
    let mut given = path();
    given.push(("SHOWN".into(), "yes".into()));
    let dir = TempDir::new().unwrap();
    let spec = program(&dir, "cat; env");
    let printed = run(&spec, given, Duration::from_secs(20)).await.unwrap();
    assert!(printed.expose().contains("SHOWN=yes"));
    assert!(
        !printed.expose().contains("HOME="),
        "only what it was given"
    );
    for name in [
        "POOLKEY_SOCKET",
        "LISTEN_FDS",
        "NOTIFY_SOCKET",
        "WATCHDOG_USEC",
        "CREDENTIALS_DIRECTORY",
    ] {
        assert!(is_ours(name), "{name}");
    }
    for name in ["PATH", "HOME", "CLOUDSDK_CONFIG", "MY_POOLKEY_X"] {
        assert!(!is_ours(name), "{name}");
    }
    assert!(environment().iter().any(|(name, _)| name == "PATH"));
}

#[tokio::test]
async fn a_failure_is_told_by_its_last_line_without_secrets() {
    let fault = outcome(
        "echo first >&2; echo 'no session: eyJhbGciOiJub25lIn0.e30.c2ln' >&2; echo >&2; exit 3",
    )
    .await
    .unwrap_err();
    assert_eq!(fault.kind, FaultKind::Service);
    assert!(
        fault
            .text
            .ends_with("ended with exit code 3: no session: …"),
        "{}",
        fault.text
    );
    let fault = outcome("kill -9 $$").await.unwrap_err();
    assert!(
        fault.text.ends_with("was ended by a signal."),
        "{}",
        fault.text
    );
    // A token that was printed before a failure is none.
    let fault = outcome("echo e30.e30.e30; exit 1").await.unwrap_err();
    assert!(fault.text.ends_with("exit code 1."), "{}", fault.text);
}

#[tokio::test]
async fn much_complaint_is_read_to_its_end_and_much_output_is_refused() {
    let fault = outcome("yes complaint | head -c 1000000 >&2; echo the end >&2; exit 1")
        .await
        .unwrap_err();
    assert!(fault.text.ends_with(": the end"), "{}", fault.text);
    let full = outcome("head -c 65536 /dev/zero | tr '\\0' a")
        .await
        .unwrap();
    assert_eq!(full.expose().len(), MOST_OUT);
    let start = Instant::now();
    let fault = outcome("yes").await.unwrap_err();
    assert!(fault.text.contains("more than 64 KiB"), "{}", fault.text);
    assert!(start.elapsed() < Duration::from_secs(10));
}

/// Its children with it, even those that closed their pipes.
#[tokio::test]
async fn what_does_not_end_is_ended_with_all_that_it_started() {
    let dir = TempDir::new().unwrap();
    let alive = dir.path().join("alive");
    let body = format!(
        "(while :; do date >> {0}; sleep 0.05; done) >/dev/null 2>&1 & sleep 60",
        alive.display()
    );
    let spec = program(&dir, &body);
    let fault = run(&spec, path(), Duration::from_secs(1))
        .await
        .unwrap_err();
    assert!(
        fault.text.contains("did not end within 1 seconds"),
        "{}",
        fault.text
    );
    tokio::time::sleep(Duration::from_millis(300)).await;
    let before = fs::read(&alive).unwrap().len();
    assert!(before > 0);
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(
        fs::read(&alive).unwrap().len(),
        before,
        "its child still writes"
    );
}

/// One that is given up in the middle ends, too.
#[tokio::test]
async fn nobody_waits_any_more_and_it_is_gone() {
    let dir = TempDir::new().unwrap();
    let alive = dir.path().join("alive");
    let body = format!("while :; do date >> {}; sleep 0.05; done", alive.display());
    let spec = program(&dir, &body);
    let given_up = timeout(
        Duration::from_millis(500),
        run(&spec, path(), Duration::from_secs(20)),
    );
    assert!(given_up.await.is_err());
    tokio::time::sleep(Duration::from_millis(300)).await;
    let before = fs::read(&alive).unwrap().len();
    assert!(before > 0);
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(fs::read(&alive).unwrap().len(), before);
}

#[tokio::test]
async fn a_program_that_is_not_there_or_may_not_be_run_is_named() {
    let dir = TempDir::new().unwrap();
    let mut spec = program(&dir, "true");
    fs::set_permissions(&spec.command[0], fs::Permissions::from_mode(0o600)).unwrap();
    let fault = run(&spec, path(), Duration::from_secs(1))
        .await
        .unwrap_err();
    assert!(fault.text.ends_with("it may not be run."), "{}", fault.text);
    spec.command = vec!["/nowhere/at/all".into()];
    let fault = run(&spec, path(), Duration::from_secs(1))
        .await
        .unwrap_err();
    assert!(
        fault.text.contains("/nowhere/at/all (token_command)"),
        "{}",
        fault.text
    );
    assert_eq!(fault.kind, FaultKind::Misconfigured);
}

#[tokio::test]
async fn a_token_becomes_a_session() {
    let dir = TempDir::new().unwrap();
    // {"iss":"https://i.example","sub":"117","exp":4600}
    let payload = "eyJpc3MiOiJodHRwczovL2kuZXhhbXBsZSIsInN1YiI6IjExNyIsImV4cCI6NDYwMH0";
    let spec = program(&dir, &format!("echo e30.{payload}.c2ln"));
    let tokens = tokens(&Cognito::new(|| UnixTime::from_secs(1_000)), &spec)
        .await
        .unwrap();
    assert_eq!(tokens.user.sub, "117");
    assert_eq!(tokens.id_life.length, Duration::from_secs(3_600));
}
