//! How a grant without a name ends, and the endpoint with the last of them.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use poolkey_core::secret::Secret;
use poolkey_ipc::grant::{Grant, GrantView};
use poolkey_tests::leaks::Search;
use poolkey_tests::memory::held;
use poolkey_tests::{Setup, World, program, skip, story, until};
use rustix::process::{Pid, Signal, kill_process};

use crate::client::{get, is_open, port};
use crate::{lend, lend_for, revoke};

#[test]
fn it_is_off_until_somebody_needs_it() {
    story(Setup::default(), |world| {
        if !is_root() {
            return;
        }
        world.sign_in();
        world.keys();
        assert!(world.aws("dev").code == 0);
        assert_eq!(listening(world.daemon_pid()), BTreeSet::new());
        assert_eq!(world.status().daemon.endpoint, None);
        assert!(!world.home().join("state/poolkey/grants").exists());

        let grant = lend(world, None);
        // On loopback, and nowhere else.
        let expected = BTreeSet::from([format!("0100007F:{:04X}", port(&grant))]);
        assert_eq!(listening(world.daemon_pid()), expected);
        let more = lend(world, None);
        assert_eq!(port(&more), port(&grant), "one port serves all");
        revoke(world, &grant);
        assert!(get(&more).has_keys());
        revoke(world, &more);
        until("it is off again", 5, || {
            listening(world.daemon_pid()).is_empty()
        });
        assert_eq!(world.status().daemon.endpoint, None);
    });
}

/// `poolkey exec` becomes the command: the grant is the command's then, whatever ends it.
#[test]
fn it_ends_with_the_command_that_it_was_lent_to() {
    story(Setup::default(), |world| {
        world.sign_in();
        world.keys();
        for signal in [Signal::TERM, Signal::KILL] {
            let mut command = Exec::of(world, "exec sleep 60");
            let grant = command.grant(world);
            assert_eq!(grant.view.pid, Some(command.child.id()));
            assert!(get(&grant).has_keys());
            command.signal(signal);
            until("the grant is over", 5, || grants(world).is_empty());
            until("the port is closed", 5, || !is_open(port(&grant)));
        }
        // What it leaves behind in the background has no keys any more.
        let mut command = Exec::of(world, "sleep 9 >/dev/null 2>&1 & sleep 1");
        let grant = command.grant(world);
        assert!(get(&grant).has_keys());
        assert!(command.child.wait().unwrap().success());
        until("the grant is over", 5, || grants(world).is_empty());
        until("the port is closed", 5, || !is_open(port(&grant)));
    });
}

/// Two commands: what ends one is nothing to the other.
#[test]
fn each_command_has_its_own() {
    story(Setup::default(), |world| {
        world.sign_in();
        world.keys();
        let (mut one, mut other) = (
            Exec::of(world, "exec sleep 60"),
            Exec::of(world, "exec sleep 60"),
        );
        let (first, second) = (one.grant(world), other.grant(world));
        assert_ne!(first.token, second.token);
        one.signal(Signal::KILL);
        until("one is over", 5, || grants(world).len() == 1);
        assert_eq!(get(&first).status, 403);
        assert!(get(&second).has_keys());
        other.signal(Signal::KILL);
    });
}

#[test]
fn it_ends_when_its_time_is_up() {
    story(Setup::default(), |world| {
        world.sign_in();
        world.keys();
        let (short, named) = (
            lend_for(world, None, Some(2)),
            lend_for(world, Some("box"), Some(2)),
        );
        let longer = lend(world, None);
        assert!(get(&short).has_keys() && get(&named).has_keys());
        let left = short.view.until.unwrap().secs() - jiff::Timestamp::now().as_second();
        assert!((1..=2).contains(&left), "{left}");
        sleep(Duration::from_millis(2100));
        assert_eq!((get(&short).status, get(&named).status), (403, 403));
        until("one is left", 5, || grants(world).len() == 1);
        assert!(get(&longer).has_keys());
        assert!(!named.token_file.unwrap().exists());
    });
}

/// Of what is revoked, nothing stays in memory. Only root can look.
#[test]
fn its_token_is_zeroed() {
    story(Setup::default(), |world| {
        if !is_root() {
            return;
        }
        world.sign_in();
        world.keys();
        let mut tokens: Vec<Secret> = Vec::new();
        for name in [None, Some("box")] {
            let grant = lend(world, name);
            for _ in 0..20 {
                assert!(get(&grant).has_keys());
            }
            tokens.push(grant.token.clone());
            let secret = || [("token".to_owned(), grant.token.expose().to_owned())];
            if name.is_some() {
                let lent = held(world.daemon_pid(), &Search::for_all(secret()));
                assert!(!lent.kinds().is_empty(), "it must be somewhere");
            } else {
                // The command has it, and the daemon its hash.
                until("it is nowhere while it is lent", 5, || {
                    held(world.daemon_pid(), &Search::for_all(secret()))
                        .kinds()
                        .is_empty()
                });
                assert!(get(&grant).has_keys());
            }
            revoke(world, &grant);
            until("nothing of it is left", 5, || {
                let held = held(world.daemon_pid(), &Search::for_all(secret()));
                println!("{name:?}: {}", held.told());
                held.kinds().is_empty()
            });
        }
    });
}

/// A command that was run by `poolkey exec`.
pub(crate) struct Exec {
    pub(crate) child: Child,
}

impl Exec {
    pub(crate) fn of(world: &World, script: &str) -> Self {
        let mut command: Command = world.command(program("poolkey"));
        let told = "echo $AWS_CONTAINER_CREDENTIALS_FULL_URI \
                    ${AWS_CONTAINER_AUTHORIZATION_TOKEN:-$(cat $AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE)}";
        command
            .args(["exec", "dev", "--", "sh", "-c"])
            .arg(format!("{told}; {script}"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        Self {
            child: command.spawn().unwrap(),
        }
    }

    /// What its environment has.
    pub(crate) fn grant(&mut self, world: &mut World) -> Grant {
        let mut line = String::new();
        let stdout = self.child.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let (url, token) = line.trim().split_once(' ').unwrap_or_else(|| {
            panic!("no grant: {line:?}");
        });
        world.add_secret("grant's token", token);
        let pid = self.child.id();
        let view = grants(world).into_iter().find(|view| view.pid == Some(pid));
        Grant {
            url: url.to_owned(),
            token: Secret::new(token),
            token_file: None,
            view: view.expect("the grant of this process"),
        }
    }

    pub(crate) fn signal(&mut self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Exec {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn grants(world: &World) -> Vec<GrantView> {
    let endpoint = world.status().daemon.endpoint;
    endpoint.map(|endpoint| endpoint.grants).unwrap_or_default()
}

/// The addresses at which a process listens, as the kernel writes them.
fn listening(pid: u32) -> BTreeSet<String> {
    let sockets: BTreeSet<String> = fs::read_dir(format!("/proc/{pid}/fd"))
        .unwrap()
        .flatten()
        .filter_map(|file| fs::read_link(file.path()).ok())
        .filter_map(|link| {
            let link = link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?;
            Some(link.to_owned())
        })
        .collect();
    let mut listening = BTreeSet::new();
    for table in ["tcp", "tcp6", "udp", "udp6"] {
        let table = fs::read_to_string(format!("/proc/{pid}/net/{table}")).unwrap_or_default();
        for line in table.lines().skip(1) {
            let words: Vec<&str> = line.split_ascii_whitespace().collect();
            // 0A: it listens; 07: it takes datagrams.
            if matches!(words[3], "0A" | "07") && sockets.contains(words[9]) {
                listening.insert(words[1].to_owned());
            }
        }
    }
    listening
}

pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root() || skip("only root can look into another process")
}
