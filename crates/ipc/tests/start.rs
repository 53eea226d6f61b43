//! Starting the daemon on demand, with programs that stand in for it.
#![cfg(target_os = "linux")]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test that cannot go on panics; it measures, and is told by the environment what to play"
)]

use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use poolkey_core::failure::Code;
use poolkey_core::secret::Secret;
use poolkey_ipc::address::Env;
use poolkey_ipc::client::Starting;
use poolkey_ipc::{Ask, Client, Reply, peer};

#[test]
fn five_hundred_clients_start_one_daemon() {
    let home = private_directory();
    let client = client(&home, &fake(&home)).patience(Duration::from_secs(30));
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..500)
            .map(|_| scope.spawn(|| client.document("dev")))
            .collect();
        for asked in clients {
            assert_eq!(asked.join().unwrap().unwrap().expose(), DOCUMENT);
        }
    });
    let starts = std::fs::read_to_string(home.path().join("starts")).unwrap();
    assert_eq!(starts.lines().count(), 1, "{starts}");
    end(&client);
}

#[test]
fn a_daemon_is_free_of_who_started_it() {
    let home = private_directory();
    let client = client(&home, &fake(&home));

    // A pipe that a shell left open in us: whoever reads it waits for the last writer to end.
    let (mut read, write) = std::io::pipe().unwrap();
    rustix::io::fcntl_setfd(&write, rustix::io::FdFlags::empty()).unwrap();
    client.document("dev").unwrap();
    drop(write);
    let mut rest = Vec::new();
    let (_, took) = timed(|| read.read_to_end(&mut rest).unwrap());
    assert!(took < Duration::from_secs(1), "the daemon keeps the pipe");

    let told = std::fs::read_to_string(home.path().join("told")).unwrap();
    let said = |key: &str| {
        told.lines()
            .find_map(|line| line.strip_prefix(key))
            .unwrap_or_else(|| panic!("{key} in {told}"))
            .to_owned()
    };
    assert_eq!(said("cwd="), "/");
    let stat = said("stat=");
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    let pid = stat.split(' ').next().unwrap();
    assert_eq!(fields[3], pid, "a session of its own: {stat}");
    assert_eq!(fields[4], "0", "no terminal: {stat}");
    for name in said("env=").split(' ') {
        let kept = ["XDG_", "LC_", "POOLKEY_", "SSL_CERT_"];
        assert!(
            ["HOME", "PATH", "DBUS_SESSION_BUS_ADDRESS", "LANG", "TZ"].contains(&name)
                || kept.iter().any(|prefix| name.starts_with(prefix))
                // The shell that stands between sets these.
                || ["PWD", "OLDPWD", "SHLVL", "_"].contains(&name),
            "{name}"
        );
    }
    end(&client);
}

#[test]
fn why_it_does_not_start_is_told_to_all_who_wait() {
    let home = private_directory();
    let program = script(
        &home,
        "echo started >> \"$(dirname \"$0\")/starts\"\n\
         sleep 0.3\n\
         echo 'first line' >&2\n\
         echo 'poolkeyd: error: the state directory is full.' >&2; echo hint >&2\n\
         exit 78",
    );
    let client = client(&home, &program);
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..40)
            .map(|_| scope.spawn(|| client.document("dev").unwrap_err()))
            .collect();
        for asked in clients {
            let failure = asked.join().unwrap();
            assert_eq!(failure.code, Code::NoDaemon);
            assert!(
                failure.sentence.contains("the state directory is full"),
                "{failure}"
            );
            assert!(failure.sentence.contains("78"), "{failure}");
            assert_eq!(
                failure.sentence.matches("could not be started").count(),
                1,
                "{failure}"
            );
        }
    });
    let starts = std::fs::read_to_string(home.path().join("starts")).unwrap();
    assert!(starts.lines().count() <= 3, "not each in turn: {starts}");

    client.document("dev").unwrap_err();
    let again = std::fs::read_to_string(home.path().join("starts")).unwrap();
    assert_eq!(
        again.lines().count(),
        starts.lines().count() + 1,
        "who comes later tries anew"
    );
}

#[test]
fn a_daemon_that_does_not_answer_is_not_waited_for() {
    let home = private_directory();
    let program = script(&home, "exec sleep 6");
    let client = client(&home, &program);
    let (failure, took) = timed(|| client.document("dev").unwrap_err());
    assert_eq!(failure.code, Code::NoDaemon);
    assert!(failure.sentence.contains("in time"), "{failure}");
    assert!(took < Duration::from_secs(4), "{took:?}");
}

#[test]
fn a_program_that_is_not_there() {
    let home = private_directory();
    let failure = client(&home, Path::new("/nonexistent/poolkeyd"))
        .document("dev")
        .unwrap_err();
    assert_eq!(failure.code, Code::NoDaemon);
    assert!(
        failure.sentence.contains("/nonexistent/poolkeyd"),
        "{failure}"
    );
}

#[test]
fn a_socket_that_a_killed_daemon_left_is_no_daemon() {
    let home = private_directory();
    drop(UnixListener::bind(home.path().join("s")).unwrap());
    let client = client(&home, &fake(&home));
    assert_eq!(client.document("dev").unwrap().expose(), DOCUMENT);
    end(&client);
}

/// Stands in for the daemon when a script below runs it: it says what it was given, and serves
/// until it is told to stop.
#[test]
#[ignore = "the daemon of the other tests"]
fn fake_daemon() {
    let home = PathBuf::from(std::env::var_os("XDG_FAKE_HOME").unwrap());
    let mut starts = File::options()
        .append(true)
        .create(true)
        .open(home.join("starts"))
        .unwrap();
    writeln!(starts, "{}", std::process::id()).unwrap();
    let names: Vec<String> = std::env::vars().map(|(name, _)| name).collect();
    let told = format!(
        "cwd={}\nstat={}\nenv={}\n",
        std::env::current_dir().unwrap().display(),
        std::fs::read_to_string("/proc/self/stat").unwrap().trim(),
        names.join(" "),
    );
    std::fs::write(home.join("told"), told).unwrap();

    let socket = home.join("s");
    let _ = std::fs::remove_file(&socket);
    let listener = UnixListener::bind(socket).unwrap();
    for peer in listener.incoming() {
        let mut peer = peer.unwrap();
        let mut line = vec![0; 1024];
        let count = peer.read(&mut line).unwrap();
        let line = String::from_utf8(line[..count].to_vec()).unwrap();
        // A client that finds us closes at once when it only wants to know whether we are there.
        let Ok(ask) = Ask::parse(&line) else { continue };
        let stops = ask == Ask::Stop;
        let reply = match ask {
            Ask::Credentials { .. } => Reply::Document(Secret::new(DOCUMENT)),
            _ => Reply::Done,
        };
        let _ = peer.write_all(&reply.to_line().unwrap());
        if stops {
            std::process::exit(0);
        }
    }
}

fn private_directory() -> tempfile::TempDir {
    tempfile::Builder::new()
        .permissions(PermissionsExt::from_mode(0o700))
        .tempdir()
        .unwrap()
}

fn fake(home: &tempfile::TempDir) -> PathBuf {
    let program = std::env::current_exe().unwrap();
    script(
        home,
        &format!(
            "XDG_FAKE_HOME='{}' exec '{}' --ignored --exact fake_daemon",
            home.path().display(),
            program.display()
        ),
    )
}

/// Another process writes it: a file that this one has open for writing, be it only in a child that
/// another test is about to start, cannot be run.
fn script(home: &tempfile::TempDir, body: &str) -> PathBuf {
    let (text, program) = (home.path().join("text"), home.path().join("poolkeyd"));
    std::fs::write(&text, format!("#!/bin/sh\n{body}\n")).unwrap();
    std::fs::set_permissions(&text, PermissionsExt::from_mode(0o700)).unwrap();
    let copied = std::process::Command::new("cp")
        .arg(text)
        .arg(&program)
        .status();
    assert!(copied.unwrap().success());
    program
}

fn client(home: &tempfile::TempDir, program: &Path) -> Client {
    let env = Env {
        socket: Some(home.path().join("s").into()),
        user: peer::our_uid().to_string(),
        ..Env::default()
    };
    Client::new(env, Starting::With(program.to_owned()))
}

fn end(client: &Client) {
    let stop = client.clone().starting(Starting::Never).ask(&Ask::Stop);
    assert_eq!(stop, Ok(Reply::Done));
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}

const DOCUMENT: &str = r#"{"Version":1}"#;
