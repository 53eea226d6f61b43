//! Bytes that are no request.

use std::thread::sleep;
use std::time::{Duration, Instant};

use poolkey_core::failure::Code;
use poolkey_ipc::Reply;
use poolkey_tests::{Ran, Setup, World, story};

use crate::Peer;

#[test]
fn garbage_is_refused_in_one_line() {
    story(Setup::default(), |world| {
        world.sign_in();
        let long = format!(
            "{{\"v\":1,\"ask\":\"credentials\",\"profile\":\"{}\"}}\n",
            "x".repeat(60_000)
        );
        let deep = format!(
            "{{\"v\":1,\"ask\":\"status\",\"answer\":{}\n",
            "[".repeat(60_000)
        );
        let cases: &[(&[u8], &str)] = &[
            (b"\n", "ends too early"),
            (b"hello\n", "no JSON"),
            (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "no JSON"),
            (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n", "UTF-8"),
            (b"\xff\xfe\xfd\n", "UTF-8"),
            (b"\0\0\0\0\n", "no JSON"),
            (b"null\n", ""),
            (b"[]\n", ""),
            (b"{}\n", "missing"),
            (b"{\"v\":1}\n", "missing"),
            (b"{\"v\":1,\"ask\":\"frobnicate\"}\n", "frobnicate"),
            (b"{\"v\":1,\"ask\":\"credentials\"}\n", "profile"),
            (b"{\"v\":1,\"ask\":\"status\",\"more\":1}\n", "unknown"),
            (b"{\"v\":2,\"ask\":\"status\"}\n", "version 2"),
            (
                b"{\"v\":99,\"question\":{\"kind\":\"status\"}}\n",
                "version 99",
            ),
            (b"{\"v\":1,\"ask\":\"status\"", "cut off"),
            (b"{\"v\":1,\"ask\":\"st\xc3", "cut off"),
            (deep.as_bytes(), ""),
        ];
        for (bytes, told) in cases {
            let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(60)]).into_owned();
            let mut peer = Peer::of(world);
            peer.say(bytes);
            peer.end();
            let Reply::Failed(failure) = peer.reply() else {
                panic!("{shown}: it was understood");
            };
            assert_eq!(failure.code, Code::Protocol, "{shown}: {failure}");
            assert!(failure.sentence.contains(told), "{shown}: {failure}");
            assert!(!failure.remedy.is_empty());
        }
        let mut peer = Peer::of(world);
        peer.say(long.as_bytes());
        let Reply::Failed(failure) = peer.reply() else {
            panic!("there is no such profile");
        };
        assert_eq!(failure.code, Code::UnknownProfile);
        assert!(
            failure.sentence.len() < 2000,
            "it is not repeated at length"
        );

        // Nothing at all is no request, and no mistake.
        let mut peer = Peer::of(world);
        peer.end();
        assert_eq!(peer.hear(), "");
        world.keys();
    });
}

#[test]
fn unknown_names_are_told_in_one_line() {
    story(Setup::default(), |world| {
        world.sign_in();
        let names = [
            "nobody",
            "../etc/passwd",
            "a\nb",
            "\u{202e}x",
            "",
            &"x".repeat(70_000),
        ];
        for name in names {
            let Ran { code, out, err } = world.shim(name);
            assert_eq!(out, "");
            assert_ne!(code, 0);
            assert!(code != 101 && code != -1, "it panicked: {err}");
            assert_eq!(err.lines().count(), 1, "{name:?}: {err}");
        }
        assert_eq!(world.shim("nobody").code, 11);
        world.keys();
    });
}

/// Half a gigabyte without an end is refused long before it is sent.
#[test]
fn a_flood_is_refused_before_it_is_buffered() {
    story(Setup::default(), |world| {
        world.sign_in();
        world.keys();
        let before = world.resident();
        let mut peer = Peer::of(world);
        let chunk = vec![b'x'; 64 << 10];
        let mut said = 0;
        while said < 512 << 20 && peer.say(&chunk) {
            said += chunk.len();
        }
        assert!(said < 8 << 20, "it took {said} bytes");
        let after = world.resident();
        println!("FLOOD: {said} bytes taken; resident {before} → {after} KiB");
        assert!(after < before + 4096, "{before} → {after} KiB");
        world.keys();
    });
}

/// A second one is served while a slow one has its time.
#[test]
fn slow_and_silent_peers_cost_nobody_anything() {
    story(Setup::default(), |world| {
        world.sign_in();
        world.keys();
        let begun = Instant::now();
        let mut silent = Peer::of(world);
        let mut slow = Peer::of(world);
        let mut deaf = Peer::of(world);
        // One that takes no answer.
        deaf.say(b"{\"v\":1,\"ask\":\"watch\"}\n");
        for byte in b"{\"v\":1,\"ask\"" {
            if !slow.say(&[*byte]) {
                break;
            }
            answered_at_once(world);
            sleep(Duration::from_millis(700));
        }
        for (who, heard) in [("silent", silent.hear()), ("slow", slow.hear())] {
            assert!(
                heard.contains("No request came within its time"),
                "{who}: {heard}"
            );
        }
        let took = begun.elapsed();
        assert!(took < Duration::from_secs(15), "{took:?}");
        drop(deaf);
        answered_at_once(world);
    });
}

fn answered_at_once(world: &World) {
    let asked = Instant::now();
    world.keys();
    let took = asked.elapsed();
    assert!(took < Duration::from_secs(1), "{took:?}");
}
