//! What the SDKs demand of `poolkey-credential-process`.

use std::process::Stdio;
use std::time::{Duration, Instant};

use poolkey_core::failure::{Code, Failure, Trouble};
use poolkey_core::secret::Secret;
use poolkey_ipc::address::Env;
use poolkey_ipc::client::Starting;
use poolkey_ipc::{Ask, Client, Reply};

use crate::support::Home;

#[test]
fn keys_are_one_line_and_stderr_is_silent() {
    let home = Home::new();
    let asked = home.daemon(|_| Reply::Document(Secret::new(document())));
    let said = home.shim(&["dev"]);
    assert_eq!(said.out, format!("{}\n", document()));
    assert_eq!(
        said.err, "",
        "the C++ SDK reads stderr as part of the document"
    );
    assert_eq!(said.code, Some(0));
    assert_eq!(
        asked.all(),
        [Ask::Credentials {
            profile: "dev".into()
        }]
    );
}

#[test]
fn a_failure_is_one_line_on_stderr_and_its_exit_code() {
    let failures = [
        (Trouble::SignedOut("acme".parse().unwrap()).into(), 10),
        (Trouble::UnknownProfile("dev".into()).into(), 11),
        (Trouble::VaultLocked("Locked.".into()).into(), 12),
        (
            Trouble::Offline("No net.".into(), Duration::from_secs(5)).into(),
            13,
        ),
        (Trouble::Denied.into(), 77),
        (
            Failure {
                code: Code::Other,
                sentence: "A line\nand\u{1b}[2J another".into(),
                remedy: "Ünïcode\r\nremedy.".into(),
            },
            70,
        ),
    ];
    for (failure, code) in failures {
        let failure: Failure = failure;
        let home = Home::new();
        let told = failure.clone();
        home.daemon(move |_| Reply::Failed(told.clone()));
        let said = home.shim(&["dev"]);
        assert_eq!(said.out, "", "{failure}");
        assert_eq!(said.code, Some(code), "{failure}");
        let line = said.err.strip_suffix('\n').unwrap();
        assert!(line.starts_with("poolkey: "), "{line}");
        assert!(!line.contains(char::is_control), "{line:?}");
        let told = failure.to_string().replace(char::is_control, " ");
        assert_eq!(line, format!("poolkey: {told}"));
    }
}

#[test]
fn without_a_daemon_it_fails_at_once_with_the_remedy() {
    let said = Home::new().shim(&["dev"]);
    assert_eq!(said.code, Some(69));
    assert_eq!(
        said.err,
        "poolkey: The daemon is not running. Run: poolkey daemon start\n"
    );
    assert_eq!(said.out, "");
}

#[test]
fn arguments_that_make_no_sense() {
    for args in [
        &[][..],
        &["a", "b"],
        &["--frobnicate"],
        &[""],
        &["--help", "x"],
    ] {
        let said = Home::new().shim(args);
        assert_eq!(said.code, Some(2), "{args:?}");
        assert_eq!(
            (said.out.as_str(), said.err.lines().count()),
            ("", 1),
            "{args:?}"
        );
    }
}

#[test]
fn it_answers_within_five_seconds_whatever_the_daemon_does() {
    for silent in [true, false] {
        let home = Home::new();
        home.raw_daemon(move |_| {
            if silent {
                std::thread::sleep(Duration::from_secs(7));
            }
            b"{\"v\":1,\"reply\":\"docu".to_vec()
        });
        let (said, took) = timed(|| home.shim(&["dev"]));
        assert!(took < Duration::from_secs(5), "{took:?}");
        assert_eq!(said.err.lines().count(), 1);
        assert_eq!(said.code, Some(if silent { 75 } else { 76 }), "{said:?}");
    }
}

#[test]
fn it_neither_reads_stdin_nor_needs_any_environment() {
    let home = Home::new();
    home.daemon(|_| Reply::Document(Secret::new(document())));
    let mut command = home.command(env!("CARGO_BIN_EXE_poolkey-credential-process"));
    // A pipe whose other end stays open and silent: reading it would take for ever.
    let mut child = command
        .env_clear()
        .env("POOLKEY_SOCKET", home.socket())
        .arg("dev")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let stdin = child.stdin.take();
    assert!(child.wait().unwrap().success());
    drop(stdin);
}

#[test]
fn output_that_cannot_be_written_is_a_failure() {
    let home = Home::new();
    home.daemon(|_| Reply::Document(Secret::new(document())));
    let full = std::fs::File::options()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let mut command = home.command(env!("CARGO_BIN_EXE_poolkey-credential-process"));
    let child = command
        .arg("dev")
        .stdout(full)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(74), "never an empty success");
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(
        err.starts_with("poolkey: The output cannot be written"),
        "{err}"
    );
}

/// The program beside the shim is what it starts, so both are put into one directory.
#[test]
fn five_hundred_shims_start_one_daemon_and_all_get_keys() {
    let home = Home::new();
    let shim = home.install(env!("CARGO_BIN_EXE_poolkey-credential-process"));
    home.install_daemon(&format!(
        "XDG_FAKE_HOME='{}' exec '{}' --ignored --exact shim::fake_daemon",
        home.path().display(),
        std::env::current_exe().unwrap().display()
    ));

    let shims: Vec<_> = (0..500)
        .map(|_| {
            home.command(&shim)
                .env("POOLKEY_NO_START", "0")
                .arg("dev")
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    for shim in shims {
        let output = shim.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            format!("{}\n", document())
        );
    }
    let starts = std::fs::read_to_string(home.path().join("starts")).unwrap();
    assert_eq!(starts, "started\n", "one daemon");
    let stopped = Client::new(
        Env {
            socket: Some(home.socket().into()),
            ..Env::default()
        },
        Starting::Never,
    )
    .ask(&Ask::Stop);
    assert_eq!(stopped, Ok(Reply::Done));
}

/// Serves until it is stopped.
#[test]
#[ignore = "the daemon of the test above"]
fn fake_daemon() {
    use std::io::{Read, Write};
    let home = std::path::PathBuf::from(std::env::var_os("XDG_FAKE_HOME").unwrap());
    let mut starts = std::fs::File::options()
        .append(true)
        .create(true)
        .open(home.join("starts"))
        .unwrap();
    writeln!(starts, "started").unwrap();
    let listener = std::os::unix::net::UnixListener::bind(home.join("s")).unwrap();
    for peer in listener.incoming() {
        let mut peer = peer.unwrap();
        let mut line = [0; 1024];
        let count = peer.read(&mut line).unwrap();
        let Ok(ask) = Ask::parse(std::str::from_utf8(&line[..count]).unwrap()) else {
            continue;
        };
        let stops = ask == Ask::Stop;
        let reply = if stops {
            Reply::Done
        } else {
            Reply::Document(Secret::new(document()))
        };
        let _ = peer.write_all(&reply.to_line().unwrap());
        if stops {
            return;
        }
    }
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}

fn document() -> String {
    format!(
        r#"{{"Version":1,"AccessKeyId":"ASIA","SecretAccessKey":"{}","SessionToken":"{}","Expiration":"2026-01-05T03:48:09Z"}}"#,
        "s".repeat(40),
        "t".repeat(1300)
    )
}
