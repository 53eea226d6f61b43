//! Grants without a name, which outlive the daemon that gave them, and no more than that.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;

use poolkey_ipc::grant::Grant;
use poolkey_tests::{Setup, World, story, until};
use rustix::process::Signal;

use crate::client::{get, is_open, port};
use crate::ends::{Exec, grants};
use crate::{lend, lend_for, revoke};

#[test]
fn a_command_goes_on_with_its_grant_after_a_restart() {
    story(Setup::default(), |world| {
        world.sign_in();
        world.keys();
        let mut command = Exec::of(world, "exec sleep 120");
        let grant = command.grant(world);
        let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
        assert_eq!(mode(note(world, &grant)), 0o600);
        assert_eq!(mode(note(world, &grant).parent().unwrap().into()), 0o700);
        for killed in [false, true, false] {
            if killed {
                world.kill_daemon();
            } else {
                world.stop_daemon();
            }
            assert!(!is_open(port(&grant)));
            world.start_daemon();
            // The same address and token, and the same to look at.
            until("it is lent on", 10, || get(&grant).has_keys());
            let all = grants(world);
            assert_eq!((all.len(), &all[0].id), (1, &grant.view.id));
            assert_eq!(
                (all[0].pid, all[0].since),
                (grant.view.pid, grant.view.since)
            );
            // Who comes later gets a number of its own, and the same port.
            let other = lend(world, None);
            assert_ne!(other.view.id, grant.view.id);
            assert_eq!(port(&other), port(&grant));
            revoke(world, &other);
            // Its token is looked for while it is lent: no file may have it.
            assert!(note(world, &grant).exists());
            world.no_leaks();
        }
        // It ends as it would have with its own daemon.
        command.signal(Signal::KILL);
        until("the grant is over", 5, || grants(world).is_empty());
        until("the port is closed", 5, || !is_open(port(&grant)));
        assert!(!note(world, &grant).exists());
    });
}

#[test]
fn what_is_over_is_not_lent_again() {
    story(Setup::default(), |world| {
        world.sign_in();
        world.keys();
        let mut ended = Exec::of(world, "exec sleep 120");
        let mut revoked = Exec::of(world, "exec sleep 120");
        let (first, second) = (ended.grant(world), revoked.grant(world));
        let late = lend_for(world, None, Some(1));
        revoke(world, &second);
        assert!(!note(world, &second).exists());
        assert!(note(world, &first).exists());
        world.stop_daemon();
        assert!(note(world, &first).exists(), "a stop leaves it");
        ended.signal(Signal::TERM);
        std::thread::sleep(std::time::Duration::from_millis(1500));
        world.start_daemon();
        assert_eq!(world.status().daemon.endpoint, None);
        assert!(!is_open(port(&first)));
        assert!(!note(world, &first).exists() && !note(world, &late).exists());
        // The highest number that was given and kept is not given again.
        let fresh = lend(world, None);
        let number = |grant: &Grant| grant.view.id.parse::<u64>().unwrap();
        assert!(number(&fresh) > number(&late));
        for old in [&first, &second, &late] {
            assert_eq!(get(old).status, 403);
        }
        revoke(world, &fresh);
    });
}

/// Another process that has the number of the one it was lent to, in this boot or the next.
#[test]
fn another_process_with_its_number_has_no_grant() {
    story(Setup::default(), |world| {
        world.sign_in();
        world.keys();
        let mut command = Exec::of(world, "exec sleep 120");
        let mut other = Exec::of(world, "exec sleep 120");
        let spoilt: [fn(&str) -> String; 3] = [
            |mark| {
                let (boot, start) = mark.split_once(' ').unwrap();
                format!("{boot} {}", start.parse::<u64>().unwrap() - 1)
            },
            |mark| mark.replace('-', "+"),
            |_| String::new(),
        ];
        let grant = command.grant(world);
        let kept = fs::read_to_string(note(world, &grant)).unwrap();
        let beside = other.grant(world);
        let told: serde_json::Value = serde_json::from_str(&kept).unwrap();
        let mark = told["mark"].as_str().unwrap();
        for spoil in spoilt {
            world.stop_daemon();
            fs::write(note(world, &grant), kept.replace(mark, &spoil(mark))).unwrap();
            chmod(note(world, &grant), 0o600);
            world.start_daemon();
            until("the other is lent on", 10, || get(&beside).has_keys());
            assert_eq!(get(&grant).status, 403);
            assert_eq!(grants(world).len(), 1);
            assert!(!note(world, &grant).exists());
        }
        // What was written is what is read.
        world.stop_daemon();
        fs::write(note(world, &grant), &kept).unwrap();
        chmod(note(world, &grant), 0o600);
        world.start_daemon();
        until("it is lent on", 10, || get(&grant).has_keys());
        for command in [&mut command, &mut other] {
            command.signal(Signal::KILL);
        }
    });
}

#[test]
fn what_others_may_have_written_is_not_lent_by() {
    story(Setup::default(), |world| {
        world.sign_in();
        world.keys();
        let spoilt: [fn(PathBuf); 4] = [
            |note| chmod(note, 0o620),
            |note| chmod(note.parent().unwrap().into(), 0o730),
            |note| {
                let aside = note.with_file_name("aside");
                fs::rename(&note, &aside).unwrap();
                symlink(&aside, &note).unwrap();
            },
            |note| fs::write(note, "{").unwrap(),
        ];
        for spoil in spoilt {
            let mut command = Exec::of(world, "exec sleep 120");
            let grant = command.grant(world);
            world.stop_daemon();
            spoil(note(world, &grant));
            world.start_daemon();
            assert_eq!(world.status().daemon.endpoint, None);
            assert!(!is_open(port(&grant)));
            command.signal(Signal::KILL);
        }
    });
}

/// Another program took the port while no daemon ran.
#[test]
fn its_port_is_waited_for() {
    story(Setup::default(), |world| {
        world.sign_in();
        world.keys();
        let mut command = Exec::of(world, "exec sleep 120");
        let grant = command.grant(world);
        world.stop_daemon();
        let taken = TcpListener::bind(("127.0.0.1", port(&grant))).unwrap();
        world.start_daemon();
        let trouble = world.status().daemon.endpoint.unwrap().trouble.unwrap();
        assert!(
            trouble.sentence.contains(&port(&grant).to_string()),
            "{trouble}"
        );
        drop(taken);
        until("it goes on by itself", 30, || {
            is_open(port(&grant)) && get(&grant).has_keys()
        });
        assert_eq!(world.status().daemon.endpoint.unwrap().trouble, None);
        command.signal(Signal::KILL);
    });
}

fn note(world: &World, grant: &Grant) -> PathBuf {
    let all = world.home().join("state/poolkey/grants/.exec");
    all.join(&grant.view.id)
}

fn chmod(path: PathBuf, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}
