//! Many at once, slow ones, and those who say too much.

use std::io::Write;
use std::net::TcpStream;
use std::thread::sleep;
use std::time::{Duration, Instant};

use poolkey_tests::{Setup, skip, story, until};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::client::{Answer, connect, get, heard, path, port, request, say};
use crate::lend;

#[test]
fn a_thousand_clients_at_once_are_all_answered() {
    story(Setup::default(), |world| {
        if !open_files(1200) {
            return;
        }
        world.sign_in();
        world.keys();
        let grant = lend(world, None);
        assert!(get(&grant).has_keys());
        let before = world.resident();
        let (port, asked) = (port(&grant), request(&grant));
        for round in 0..3 {
            let begun = Instant::now();
            let mut clients: Vec<TcpStream> = (0..1000).map(|_| connect(port).unwrap()).collect();
            for client in &mut clients {
                client.write_all(asked.as_bytes()).unwrap();
            }
            // A shim has its keys meanwhile.
            let shim = Instant::now();
            world.keys();
            let shim = shim.elapsed();
            let served = clients
                .iter_mut()
                .map(heard)
                .filter(Answer::has_keys)
                .count();
            let took = begun.elapsed();
            println!(
                "1000 CLIENTS, round {round}: {served} served in {took:.0?}; a shim in {shim:.1?}"
            );
            assert_eq!(served, 1000);
        }
        let after = world.resident();
        println!("1000 CLIENTS: resident {before} → {after} KiB");
        assert!(after < before + (24 << 10), "{before} → {after} KiB");
        assert_eq!(world.sandbox.calls("GetCredentialsForIdentity"), 1);
    });
}

/// They hold every place there is, and more wait behind them.
#[test]
fn the_silent_make_room_for_who_asks() {
    story(Setup::default(), |world| {
        if !open_files(1200) {
            return;
        }
        world.sign_in();
        world.keys();
        let grant = lend(world, None);
        assert!(get(&grant).has_keys());
        let port = port(&grant);
        let silent: Vec<TcpStream> = (0..600).map(|_| connect(port).unwrap()).collect();
        let asked = Instant::now();
        assert!(get(&grant).has_keys());
        println!("600 SILENT: served in {:.0?}", asked.elapsed());
        assert!(
            asked.elapsed() < Duration::from_secs(2),
            "{:?}",
            asked.elapsed()
        );
        world.keys();
        drop(silent);
    });
}

/// A letter now and then: the time is for the whole request.
#[test]
fn slow_clients_are_sent_away() {
    story(Setup::default(), |world| {
        world.sign_in();
        world.keys();
        let grant = lend(world, None);
        let port = port(&grant);
        let begun = Instant::now();
        let mut slow: Vec<TcpStream> = (0..50).map(|_| connect(port).unwrap()).collect();
        let mut said = 0;
        for byte in request(&grant).bytes() {
            let alive = slow
                .iter_mut()
                .filter_map(|one| one.write_all(&[byte]).ok());
            if alive.count() == 0 || begun.elapsed() > Duration::from_secs(10) {
                break;
            }
            said += 1;
            let asked = Instant::now();
            assert!(get(&grant).has_keys());
            assert!(asked.elapsed() < Duration::from_secs(1));
            sleep(Duration::from_millis(200));
        }
        println!(
            "SLOW: sent away after {said} bytes and {:.1?}",
            begun.elapsed()
        );
        assert!(begun.elapsed() < Duration::from_secs(5));

        // One that asks and takes no answer costs nobody anything.
        let mut deaf = connect(port).unwrap();
        deaf.write_all(request(&grant).as_bytes()).unwrap();
        assert!(get(&grant).has_keys());
    });
}

#[test]
fn floods_are_refused_before_they_are_kept() {
    story(Setup::default(), |world| {
        world.sign_in();
        world.keys();
        let grant = lend(world, None);
        let port = port(&grant);
        assert!(get(&grant).has_keys());
        let before = world.resident();
        let head = request(&grant);
        let head = head.strip_suffix("\r\n").unwrap();
        let with = |more: &str| say(port, format!("{head}{more}\r\n").as_bytes());

        let many: String = (0..60).map(|n| format!("X-{n}: x\r\n")).collect();
        assert_eq!(with(&many).status, 200, "a request with much to say");
        let too_many: String = (0..200).map(|n| format!("X-{n}: x\r\n")).collect();
        let answer = with(&too_many);
        assert!(answer.status == 431 || answer.status == 400, "{answer:?}");
        let answer = with(&format!("X: {}\r\n", "x".repeat(60_000)));
        assert!(matches!(answer.status, 0 | 400 | 431), "{answer:?}");
        let long = "x".repeat(60_000);
        let answer = say(port, format!("GET /{long} HTTP/1.1\r\n\r\n").as_bytes());
        assert!(matches!(answer.status, 0 | 400 | 414 | 431), "{answer:?}");

        // Half a gigabyte of headers.
        let mut flood = connect(port).unwrap();
        let chunk = "Y: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n".repeat(1600);
        let mut said = flood.write(b"GET / HTTP/1.1\r\n").unwrap();
        while said < 512 << 20 && flood.write_all(chunk.as_bytes()).is_ok() {
            said += chunk.len();
        }
        assert!(said < 8 << 20, "it took {said} bytes");

        // And a body that nobody asked for.
        let mut body = connect(port).unwrap();
        let length = "Content-Length: 536870912\r\n\r\n";
        body.write_all(format!("{head}{length}").as_bytes())
            .unwrap();
        let mut sent = 0;
        while sent < 512 << 20 && body.write_all(chunk.as_bytes()).is_ok() {
            sent += chunk.len();
        }
        assert!(sent < 16 << 20, "it took {sent} bytes");
        let after = world.resident();
        println!("FLOODS: {said} and {sent} bytes taken; resident {before} → {after} KiB");
        assert!(after < before + 4096, "{before} → {after} KiB");
        assert!(get(&grant).has_keys());
    });
}

/// Thousands who are refused are not thousands of lines in the log.
#[test]
fn the_refused_do_not_fill_the_log() {
    let setup = Setup {
        log: "info",
        ..Setup::default()
    };
    story(setup, |world| {
        world.sign_in();
        world.keys();
        let grant = lend(world, None);
        let before = world.daemon_said().len();
        let asked = format!(
            "GET {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nAuthorization: a-guess\r\n\r\n",
            path(&grant),
            port(&grant)
        );
        for _ in 0..2000 {
            assert_eq!(say(port(&grant), asked.as_bytes()).status, 403);
        }
        let said = world.daemon_said();
        let grown = said.len() - before;
        assert!(said.contains("refused at the container credentials endpoint"));
        assert!(!said.contains("a-guess"), "what they said is not repeated");
        assert!(grown < 1000, "{grown} bytes");
        until("it answers all the same", 5, || get(&grant).has_keys());
    });
}

/// Whether this process may have so many files open.
fn open_files(count: u64) -> bool {
    let limit = getrlimit(Resource::Nofile);
    if limit.maximum.is_some_and(|most| most < count) {
        return skip("too few open files are allowed");
    }
    let more = Rlimit {
        current: Some(count.max(limit.current.unwrap_or(count))),
        ..limit
    };
    setrlimit(Resource::Nofile, more).is_ok()
}
