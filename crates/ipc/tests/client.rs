//! The client against daemons that misbehave, and against strangers.
#![cfg(unix)]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test that cannot go on panics; it measures, and is told by the environment what to play"
)]

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::sleep;
use std::time::{Duration, Instant};

use poolkey_core::failure::{Code, Failure};
use poolkey_core::secret::Secret;
use poolkey_core::session::TokenKind;
use poolkey_ipc::address::Env;
use poolkey_ipc::client::Starting;
use poolkey_ipc::frame::LONGEST;
use poolkey_ipc::{Ask, Client, Inbox, Reply, peer};

#[test]
fn keys_come_back() {
    let (client, heard) = served(|mut peer, _| {
        let reply = Reply::Document(Secret::new(r#"{"Version":1}"#));
        peer.write_all(&reply.to_line().unwrap()).unwrap();
    });
    assert_eq!(client.document("dev").unwrap().expose(), r#"{"Version":1}"#);
    assert_eq!(
        heard.recv().unwrap(),
        r#"{"v":1,"ask":"credentials","profile":"dev"}"#
    );
    assert_eq!(
        client.ask(&Ask::Credentials {
            profile: "dev".into()
        }),
        Ok(Reply::Document(Secret::new(r#"{"Version":1}"#)))
    );
}

#[test]
fn a_token_comes_back_and_never_another_kind() {
    let (client, heard) = served(|mut peer, _| {
        let line = br#"{"v":1,"reply":"token","token":{"login":"acme","kind":"id","token":"t","expires":9}}"#;
        peer.write_all(line).unwrap();
        peer.write_all(b"\n").unwrap();
    });
    let token = client.token("acme", TokenKind::Id).unwrap();
    assert_eq!(token.token.expose(), "t");
    assert_eq!(
        heard.recv().unwrap(),
        r#"{"v":1,"ask":"token","login":"acme","token":"id"}"#
    );
    let failure = client.token("acme", TokenKind::Access).unwrap_err();
    assert_eq!(failure.code, Code::Protocol);
}

#[test]
fn a_failure_is_handed_on() {
    let told = Failure {
        code: Code::Offline,
        sentence: "No network.".into(),
        remedy: "Wait.".into(),
    };
    let line = Reply::Failed(told.clone()).to_line().unwrap();
    let (client, _) = served(move |mut peer, _| peer.write_all(&line).unwrap());
    assert_eq!(client.document("dev").unwrap_err(), told);
    assert_eq!(client.ask(&Ask::Reload), Ok(Reply::Failed(told)));
}

#[test]
fn a_daemon_that_says_nothing_is_not_waited_for() {
    let (client, _) = served(|_peer, _| sleep(Duration::from_secs(5)));
    let (failure, took) = timed(|| client.document("dev").unwrap_err());
    assert_eq!(failure.code, Code::Busy);
    assert!(failure.sentence.contains("within 1 seconds"), "{failure}");
    assert!(
        took > PATIENCE - MARGIN && took < PATIENCE + MARGIN,
        "{took:?}"
    );
}

#[test]
fn a_daemon_that_says_it_byte_by_byte_is_not_waited_for() {
    let (client, _) = served(|mut peer, _| {
        for byte in b"{\"v\":1,\"reply\":\"done\"}\n".iter().cycle() {
            if *byte != b'\n' && peer.write_all(&[*byte]).is_err() {
                break;
            }
            sleep(Duration::from_millis(50));
        }
    });
    let (failure, took) = timed(|| client.document("dev").unwrap_err());
    assert_eq!(failure.code, Code::Busy);
    assert!(took < PATIENCE + MARGIN, "{took:?}");
}

#[test]
fn a_daemon_that_never_takes_the_connection_is_not_waited_for() {
    let home = private_directory();
    let path = home.path().join("s");
    let socket = rustix::net::socket(
        rustix::net::AddressFamily::UNIX,
        rustix::net::SocketType::STREAM,
        None,
    )
    .unwrap();
    rustix::net::bind(&socket, &rustix::net::SocketAddrUnix::new(&path).unwrap()).unwrap();
    rustix::net::listen(&socket, 0).unwrap();
    let _first = UnixStream::connect(&path).unwrap();
    let (failure, took) = timed(|| client_at(&path).document("dev").unwrap_err());
    assert_eq!(failure.code, Code::Busy);
    assert!(took < PATIENCE + MARGIN, "{took:?}");
}

#[test]
fn a_flood_is_refused_before_it_is_buffered() {
    let (client, _) = served(|mut peer, _| {
        let flood = vec![b'x'; LONGEST];
        while peer.write_all(&flood).is_ok() {}
    });
    let failure = client.document("dev").unwrap_err();
    assert_eq!(failure.code, Code::Protocol);
    assert!(failure.sentence.contains("longer"), "{failure}");
}

#[test]
fn what_is_no_answer_is_a_failure() {
    for (said, told) in [
        (&b"garbage\n"[..], "cannot be read"),
        (b"\xff\xfe\n", "not UTF-8"),
        (b"\n", "cannot be read"),
        (b"\0\0\0\n", "cannot be read"),
        (br#"{"v":1,"reply":"document","docu"#, "cut off"),
        (
            b"{\"v\":2,\"reply\":\"document\",\"document\":{}}\n",
            "version 2",
        ),
        (b"{\"v\":1,\"reply\":\"song\"}\n", "cannot be read"),
    ] {
        let (client, _) = served(move |mut peer, _| peer.write_all(said).unwrap());
        let failure = client.document("dev").unwrap_err();
        assert_eq!(
            failure.code,
            Code::Protocol,
            "{}",
            String::from_utf8_lossy(said)
        );
        assert!(failure.sentence.contains(told), "{failure}");
    }
}

#[test]
fn a_daemon_that_hangs_up_is_asked_once_more() {
    let (client, heard) = served(|_peer, _| {});
    let failure = client.document("dev").unwrap_err();
    assert_eq!(failure.code, Code::NoDaemon);
    assert_eq!(heard.iter().take(2).count(), 2);
    assert!(heard.try_recv().is_err(), "twice, and no more");

    let (client, heard) = served(|_peer, _| {});
    assert!(client.ask(&Ask::Stop).is_err());
    assert_eq!(heard.iter().take(1).count(), 1);
    assert!(heard.try_recv().is_err(), "not what is not safe to repeat");
}

#[test]
fn why_it_hung_up_is_heard_even_when_it_did_not_listen() {
    let home = private_directory();
    let path = home.path().join("s");
    let listener = UnixListener::bind(&path).unwrap();
    let server = std::thread::spawn(move || {
        let (mut peer, _) = listener.accept().unwrap();
        let busy = Reply::Failed(poolkey_core::failure::Trouble::Busy.into());
        peer.write_all(&busy.to_line().unwrap()).unwrap();
    });
    let failure = client_at(&path).document("dev").unwrap_err();
    assert_eq!(failure.code, Code::Busy);
    server.join().unwrap();
}

#[test]
fn a_watch_brings_each_status_and_ends_with_the_daemon() {
    let (client, _) = served(|mut peer, _| {
        for pid in 1..=3 {
            let status = format!(
                r#"{{"v":1,"reply":"status","status":{{"daemon":{{"version":"0","pid":{pid},"started":0,"socket":"/s","config":"/c","vault":{{"choice":"file","description":"d"}}}},"logins":[],"profiles":[]}}}}"#
            );
            peer.write_all(status.as_bytes()).unwrap();
            peer.write_all(b"\n").unwrap();
        }
    });
    let pids: Vec<u32> = client
        .watch()
        .unwrap()
        .map(|status| status.unwrap().daemon.pid)
        .collect();
    assert_eq!(pids, [1, 2, 3]);
}

#[test]
fn nobody_there_and_nobody_to_be_started() {
    let home = private_directory();
    let client = client_at(&home.path().join("s"));
    assert_eq!(client.is_answered(), Ok(false));
    let failure = client.document("dev").unwrap_err();
    assert_eq!(failure.code, Code::NoDaemon);
    assert!(failure.remedy.contains("daemon start"), "{failure}");
    // What a daemon leaves behind when it is killed.
    drop(UnixListener::bind(home.path().join("s")).unwrap());
    assert_eq!(client.is_answered(), Ok(false));
}

/// Both ways: our client says nothing to a stranger's daemon, and our daemon's rule refuses a
/// stranger's client. It takes root to be somebody else.
#[test]
fn strangers_are_refused() {
    if peer::our_uid() != 0 {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    std::fs::set_permissions(home.path(), PermissionsExt::from_mode(0o777)).unwrap();

    let path = home.path().join("theirs");
    let mut stranger = stranger("stranger_serves", &path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    wait_for(&path);
    let client = client_at(&path);
    for failure in [
        client.document("dev").unwrap_err(),
        client.is_answered().unwrap_err(),
    ] {
        assert_eq!(failure.code, Code::Denied);
        assert!(
            failure.sentence.contains(&format!("uid {STRANGER}")),
            "{failure}"
        );
    }
    assert!(stranger.wait().unwrap().success(), "it heard nothing");

    let path = home.path().join("ours");
    let listener = UnixListener::bind(&path).unwrap();
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o777)).unwrap();
    let mut stranger = self::stranger("stranger_asks", &path).spawn().unwrap();
    listener.set_nonblocking(true).unwrap();
    for _ in 0..2 {
        let peer = accept(&listener);
        let uid = peer::uid_of(&peer).unwrap();
        assert_eq!(uid, STRANGER);
        let refused = peer::may_ask(uid, peer::our_uid()).unwrap_err();
        let _ = (&peer).write_all(&Reply::Failed(refused).to_line().unwrap());
    }
    assert!(stranger.wait().unwrap().success(), "it was refused");
}

/// Run as another user: a daemon to which nothing must be said.
#[test]
#[ignore = "part of strangers_are_refused"]
fn stranger_serves() {
    let listener = UnixListener::bind(std::env::var_os("STRANGER_AT").unwrap()).unwrap();
    std::fs::set_permissions(
        std::env::var_os("STRANGER_AT").unwrap(),
        PermissionsExt::from_mode(0o777),
    )
    .unwrap();
    for _ in 0..2 {
        let (mut peer, _) = listener.accept().unwrap();
        let mut heard = Vec::new();
        peer.read_to_end(&mut heard).unwrap();
        assert_eq!(heard, b"");
    }
}

/// Run as another user: a client that does not care whom it speaks with, and one that does.
#[test]
#[ignore = "part of strangers_are_refused"]
fn stranger_asks() {
    let path = PathBuf::from(std::env::var_os("STRANGER_AT").unwrap());
    let mut peer = UnixStream::connect(&path).unwrap();
    // Whoever is refused may be cut off before it has asked.
    let _ = peer.write_all(&Ask::Status.to_line().unwrap());
    let mut answer = [0; 1024];
    let count = peer.read(&mut answer).unwrap();
    let reply = Reply::parse(std::str::from_utf8(&answer[..count]).unwrap()).unwrap();
    assert!(matches!(reply, Reply::Failed(failure) if failure.code == Code::Denied));
    assert_eq!(
        client_at(&path).document("dev").unwrap_err().code,
        Code::Denied
    );
}

fn stranger(role: &str, path: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--ignored", "--exact", role])
        .env("STRANGER_AT", path)
        .env_remove("XDG_RUNTIME_DIR")
        .current_dir("/")
        .stdout(Stdio::null())
        .uid(STRANGER)
        .gid(STRANGER);
    command
}

fn accept(listener: &UnixListener) -> UnixStream {
    for _ in 0..1000 {
        match listener.accept() {
            Ok((peer, _)) => return peer,
            Err(_) => sleep(Duration::from_millis(5)),
        }
    }
    panic!("nobody came");
}

fn wait_for(path: &Path) {
    for _ in 0..1000 {
        // The mode is set after the socket is there.
        if std::fs::metadata(path).is_ok_and(|socket| socket.permissions().mode() & 0o777 == 0o777)
        {
            return;
        }
        sleep(Duration::from_millis(5));
    }
    panic!("nobody listens at {}", path.display());
}

/// A daemon that reads a line and then does as it is told, and a client of it.
fn served(answer: impl Fn(UnixStream, &str) + Send + 'static) -> (Client, Receiver<String>) {
    let home = private_directory();
    let path = home.path().join("s");
    let listener = UnixListener::bind(&path).unwrap();
    let (told, heard) = channel();
    std::thread::spawn(move || {
        let _home = home;
        for peer in listener.incoming() {
            let mut peer = peer.unwrap();
            let mut inbox = Inbox::new(LONGEST);
            let line = loop {
                let count = peer.read(inbox.room()).unwrap();
                inbox.filled(count);
                match inbox.take_line().unwrap() {
                    Some(line) => break line,
                    None => assert_ne!(count, 0, "half a question"),
                }
            };
            answer(peer, &line);
            // Not every test listens.
            let _ = told.send(line.to_string());
        }
    });
    (client_at(&path), heard)
}

fn client_at(path: &Path) -> Client {
    let env = Env {
        socket: Some(path.into()),
        user: peer::our_uid().to_string(),
        ..Env::default()
    };
    Client::new(env, Starting::Never).patience(PATIENCE)
}

fn private_directory() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}

const PATIENCE: Duration = Duration::from_millis(600);
const MARGIN: Duration = Duration::from_millis(500);
const STRANGER: u32 = 65_534;
