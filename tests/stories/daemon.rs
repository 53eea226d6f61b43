//! The daemon as a process: started, doubled, activated, stopped.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use poolkey_tests::{Ran, Running, Setup, program, require, story, until};
use rustix::process::Signal;
use serde_json::json;

#[test]
fn it_starts_at_once() {
    story(Setup::default(), |world| {
        world.sign_in();
        let mut took: Vec<Duration> = (0..9)
            .map(|_| {
                world.stop_daemon();
                world.start_daemon()
            })
            .collect();
        took.sort();
        println!(
            "START to the first status: {:.1?} (min {:.1?}, max {:.1?})",
            took[4], took[0], took[8]
        );
        assert!(took[4] < Duration::from_millis(50), "{took:?}");
    });
}

#[test]
fn there_is_only_one() {
    story(Setup::default(), |world| {
        let second = |world: &poolkey_tests::World| {
            let ran = Ran::of(&mut world.command(program("poolkeyd")), "");
            world.keep("second.err", &ran.err);
            ran
        };
        let ran = second(world);
        assert_eq!(ran.code, 75, "{ran:?}");
        assert!(ran.err.contains("runs already"), "{ran:?}");
        // Even one that would listen elsewhere.
        let elsewhere = world.home().join("run/elsewhere").display().to_string();
        let mut command = world.command(program("poolkeyd"));
        let ran = Ran::of(command.env("POOLKEY_SOCKET", elsewhere), "");
        assert_eq!(ran.code, 75, "{ran:?}");
        world.status();

        // The lock dies with its holder, however that dies; its socket file stays behind.
        world.kill_daemon();
        assert!(world.socket().exists());
        world.start_daemon();
        assert_eq!(second(world).code, 75);
        world.stop_daemon();
        assert!(!world.socket().exists());
        // Somebody else's socket is not taken away.
        let squatter = std::os::unix::net::UnixListener::bind(world.socket()).unwrap();
        let ran = second(world);
        assert_eq!(ran.code, 69, "{ran:?}");
        assert!(ran.err.contains("listens"), "{ran:?}");
        drop(squatter);
        world.start_daemon();
    });
}

#[test]
fn systemd_hands_it_a_socket() {
    story(Setup::default(), |world| {
        if !require(&["systemd-socket-activate"]) {
            return;
        }
        world.sign_in();
        world.stop_daemon();
        let _ = fs::remove_file(world.socket());
        let notify = world.home().join("run/notify");
        let told = UnixDatagram::bind(&notify).unwrap();
        told.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let mut command = Command::new("setpriv");
        command
            .args(["--pdeathsig", "KILL", "--", "systemd-socket-activate"])
            .arg("-l")
            .arg(world.socket());
        let daemon = world.command("x");
        for (name, value) in daemon.get_envs() {
            let mut pair = name.to_owned();
            pair.push("=");
            pair.push(value.unwrap_or_default());
            command.arg("-E").arg(pair);
        }
        command
            .arg("-E")
            .arg(format!("NOTIFY_SOCKET={}", notify.display()))
            .arg(program("poolkeyd"))
            .env_clear()
            .envs(daemon.get_envs().filter_map(|(n, v)| Some((n, v?))))
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        let mut systemd = Running::start(
            "systemd-socket-activate",
            &mut command,
            &world.home().join("logs/activated.log"),
        );
        until("systemd listens", 5, || world.socket().exists());
        // The first one who asks starts it, and is answered.
        let keys = world.keys();
        assert!(world.sts_takes(&keys));
        assert_eq!(world.status().daemon.socket, world.socket());
        let hear = || {
            let mut text = [0; 256];
            let count = told.recv(&mut text).unwrap();
            String::from_utf8_lossy(&text[..count]).into_owned()
        };
        assert!(hear().contains("READY=1"));
        assert!(systemd.stop().success());
        assert!(hear().contains("STOPPING=1"));
        assert!(world.socket().exists(), "it is systemd's, and stays");
        world.start_daemon();
    });
}

/// With no grace at all, a token that was not kept would be the end of the session.
#[test]
fn a_stop_waits_for_the_vault() {
    let setup = Setup {
        rotation: Some(0),
        ..Setup::default()
    };
    story(setup, |world| {
        world.sign_in();
        world.kill_daemon();
        world.start_daemon();
        world.sandbox.forget_calls();
        world
            .sandbox
            .fault(&json!({"operation": "GetTokensFromRefreshToken", "delay_after_ms": 1500}));
        let mut shim = world.shim_command("dev");
        let asking = std::thread::spawn(move || Ran::of(&mut shim, ""));
        until("it is under way", 5, || {
            world.sandbox.calls("GetTokensFromRefreshToken") == 1 || world.login().working
        });
        std::thread::sleep(Duration::from_millis(400));
        let begun = Instant::now();
        world.daemon().signal(Signal::TERM);
        // The one who waits is told at once, or has keys; it does not hang.
        let ran = asking.join().unwrap();
        world.keep("shim.err", &ran.err);
        assert!(
            ran.code == 0 || (ran.code == 75 && ran.err.lines().count() == 1),
            "{ran:?}"
        );
        let status = world.await_daemon_end(Duration::from_secs(10));
        assert!(status.success());
        assert!(
            begun.elapsed() > Duration::from_millis(700),
            "it did not wait"
        );
        world.start_daemon();
        assert!(world.sts_takes(&world.keys()), "the new token was kept");
        assert_eq!(world.sandbox.calls("InitiateAuth"), 0);
    });
}

#[test]
fn it_speaks_with_whoever_can_write_a_line() {
    story(Setup::default(), |world| {
        world.sign_in();
        let mut stream = UnixStream::connect(world.socket()).unwrap();
        stream
            .write_all(b"{\"v\":1,\"ask\":\"credentials\",\"profile\":\"dev\"}\n")
            .unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).unwrap();
        assert!(line.starts_with(r#"{"v":1,"reply":"document","document":{"Version":1,"#));
        // A signal reloads, and changes nothing else.
        world.daemon().signal(Signal::HUP);
        until("it reloaded", 5, || {
            world.daemon_said().matches("configured").count() >= 2
        });
        world.keys();
    });
}
