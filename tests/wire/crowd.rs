//! Thousands of peers.

use std::io::Read;
use std::time::{Duration, Instant};

use poolkey_tests::{Document, Setup, story, until};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::Peer;

#[test]
fn a_crowd_of_2000_idle_peers_keeps_no_shim_waiting() {
    story(Setup::default(), |world| {
        if !open_files(2500) {
            return;
        }
        world.sign_in();
        world.keys();
        let before = world.resident();
        let idle: Vec<Peer> = (0..2000).map(|_| Peer::of(world)).collect();
        let asked = Instant::now();
        let ran = world.shim("dev");
        let took = asked.elapsed();
        assert_eq!((ran.code, ran.err.as_str()), (0, ""));
        Document::parse(&ran.out);
        let after = world.resident();
        println!("2000 IDLE: a shim is served in {took:.0?}; resident {before} → {after} KiB");
        assert!(took < Duration::from_secs(5));
        assert!(after < before + (24 << 10), "{before} → {after} KiB");
        drop(idle);
        until("it is as before", 10, || world.shim("dev").code == 0);
    });
}

#[test]
fn a_crowd_of_5000_connections() {
    story(Setup::default(), |world| {
        if !open_files(1100) {
            return;
        }
        world.sign_in();
        world.keys();
        let before = world.resident();
        let mut served = 0;
        // As many as the test may hold at a time, some of them speaking, some not.
        for wave in 0..5 {
            let mut peers: Vec<Peer> = (0..1000).map(|_| Peer::of(world)).collect();
            for peer in peers.iter_mut().step_by(2) {
                peer.say(b"{\"v\":1,\"ask\":\"credentials\",\"profile\":\"dev\"}\n");
            }
            for peer in peers.iter_mut().step_by(2) {
                let mut head = [0; 32];
                if peer.0.read_exact(&mut head).is_ok()
                    && head.starts_with(b"{\"v\":1,\"reply\":\"document\"")
                {
                    served += 1;
                }
            }
            assert_eq!(world.shim("dev").code, 0, "after {wave} waves");
        }
        let after = world.resident();
        println!(
            "5000 CONNECTIONS: {served} of 2500 that asked were served; resident {before} → {after} KiB"
        );
        assert_eq!(served, 2500);
        assert!(after < before + (24 << 10), "{before} → {after} KiB");
        world.keys();
    });
}

/// Whether this process may have so many files open.
fn open_files(count: u64) -> bool {
    let limit = getrlimit(Resource::Nofile);
    if limit.maximum.is_some_and(|most| most < count) {
        return poolkey_tests::skip("too few open files are allowed");
    }
    let more = Rlimit {
        current: Some(count.max(limit.current.unwrap_or(count))),
        ..limit
    };
    setrlimit(Resource::Nofile, more).is_ok()
}
