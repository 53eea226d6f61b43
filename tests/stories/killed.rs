//! `kill -9` at every step of a rotating refresh: nobody is signed out by it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use poolkey_core::snapshot::LoginState;
use poolkey_tests::{Setup, VaultKind, World, story, until};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

#[test]
fn at_every_system_call_of_the_main_thread() {
    story(setup(VaultKind::Keychain), |world| {
        world.sign_in();
        kill_at_every_call(world, "poolkeyd");
    });
}

#[test]
fn at_every_system_call_of_the_vaults_thread() {
    story(setup(VaultKind::Keychain), |world| {
        world.sign_in();
        kill_at_every_call(world, "vault");
    });
}

#[test]
fn at_every_system_call_of_a_file_vault() {
    story(setup(VaultKind::File), |world| {
        let key = age::x25519::Identity::generate().to_string();
        let key = age::secrecy::ExposeSecret::expose_secret(&key).to_owned();
        let credentials = tempfile::tempdir().unwrap();
        fs::write(credentials.path().join("poolkey-vault-key"), &key).unwrap();
        world.add_secret("vault key", &key);
        world.set_env(
            "CREDENTIALS_DIRECTORY",
            &credentials.path().display().to_string(),
        );
        world.stop_daemon();
        world.start_daemon();
        world.sign_in();
        kill_at_every_call(world, "vault");
    });
}

/// The server is in the middle of it when the daemon dies.
#[test]
fn while_the_server_works() {
    story(setup(VaultKind::Keychain), |world| {
        world.sign_in();
        let mut points = 0;
        for (operation, delay) in [
            ("GetTokensFromRefreshToken", "delay_before_ms"),
            ("GetTokensFromRefreshToken", "delay_after_ms"),
            ("GetCredentialsForIdentity", "delay_before_ms"),
            ("GetCredentialsForIdentity", "delay_after_ms"),
        ] {
            world.kill_daemon();
            world.start_daemon();
            world.sandbox.forget_calls();
            world
                .sandbox
                .fault(&json!({"operation": operation, delay: 600}));
            let asking = {
                let client = world.client();
                std::thread::spawn(move || client.document("dev").is_ok())
            };
            std::thread::sleep(Duration::from_millis(350));
            world.kill_daemon();
            assert!(!asking.join().unwrap(), "it was to die before it answered");
            world.start_daemon();
            world.keys();
            points += 1;
        }
        println!("KILL POINTS while the server works: {points}");
        assert_eq!(world.sandbox.calls("InitiateAuth"), 0, "nobody signed in");
    });
}

fn setup(vault: VaultKind) -> Setup {
    Setup {
        vault,
        tools: &["strace"],
        log: "info",
        ..Setup::default()
    }
}

/// Watches one refresh, then lets it run again and again, and each time the daemon dies one system
/// call later.
fn kill_at_every_call(world: &mut World, thread: &str) {
    let begun = Instant::now();
    restart(world);
    let trace = world.home().join("trace");
    let watch = Strace::attach(
        world.daemon_pid(),
        thread,
        &["-y", "-o", trace.to_str().unwrap()],
    );
    world.keys();
    watch.detach();
    let calls = effects(&fs::read_to_string(&trace).unwrap());
    fs::remove_file(trace).unwrap();

    let mut points = 0;
    for (call, turns) in &calls {
        for nth in turns {
            restart(world);
            let inject = format!("--inject={call}:signal=KILL:when={nth}");
            let trap = Strace::attach(world.daemon_pid(), thread, &["-o", "/dev/null", &inject]);
            let answer = world.client().document("dev");
            if answer.is_err() {
                until("it is dead", 5, || !world.daemon().is_alive());
                points += 1;
            }
            trap.detach();
            world.kill_daemon();
            world.start_daemon();
            let keys = world.keys();
            if points % 16 == 0 {
                assert!(world.sts_takes(&keys));
            }
        }
    }
    println!(
        "KILL POINTS of the thread “{thread}”: {points}, in {:.0} s: {calls:?}",
        begun.elapsed().as_secs_f32()
    );
    // A loop may take one turn more or less, but most calls are the same each time.
    let planned: usize = calls.values().map(Vec::len).sum();
    assert!(
        points > 10 && points * 4 > planned * 3,
        "{points} of {planned}"
    );
    assert_eq!(world.sandbox.calls("InitiateAuth"), 1, "one sign-in in all");
}

/// A daemon that knows its session, but has neither tokens nor keys.
fn restart(world: &mut World) {
    world.kill_daemon();
    world.start_daemon();
    until("the vault is read", 10, || {
        world.login().state == LoginState::SignedIn
    });
}

/// The calls that others can see the effect of, or that bring their answers, each with its turns.
/// Whether the daemon dies before or after any other makes no difference to who comes after it.
fn effects(trace: &str) -> BTreeMap<String, Vec<usize>> {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let mut effects: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for line in trace.lines() {
        let Some((call, arguments)) = line.split_once('(') else {
            continue;
        };
        let turn = seen.entry(call).or_default();
        *turn += 1;
        let idle = match call {
            "open" | "openat" => !arguments.contains("O_CREAT"),
            // The system's certificates.
            "close" => arguments.contains("</etc/") || arguments.contains("</usr/"),
            call => !EFFECTS.contains(&call),
        };
        if !idle {
            effects.entry(call.to_owned()).or_default().push(*turn);
        }
    }
    effects
}

/// strace, on one thread of a process.
struct Strace(Child);

impl Strace {
    fn attach(pid: u32, thread: &str, options: &[&str]) -> Self {
        let task = fs::read_dir(format!("/proc/{pid}/task"))
            .unwrap()
            .flatten()
            .map(|task| task.path())
            .find(|task| fs::read_to_string(task.join("comm")).unwrap().trim() == thread)
            .expect("the thread");
        let mut strace = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "--", "strace"])
            .args(options)
            .arg("-p")
            .arg(task.file_name().unwrap())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        let mut stderr = BufReader::new(strace.stderr.take().unwrap());
        stderr.read_line(&mut said).unwrap();
        if !said.contains("attached") {
            stderr.read_to_string(&mut said).unwrap();
            panic!("strace: {said}");
        }
        Self(strace)
    }

    fn detach(mut self) {
        let pid = i32::try_from(self.0.id()).unwrap();
        let _ = kill_process(Pid::from_raw(pid).unwrap(), Signal::TERM);
        self.0.wait().unwrap();
    }
}

const EFFECTS: &[&str] = &[
    "open",
    "openat",
    "creat",
    "write",
    "writev",
    "pwrite64",
    "rename",
    "renameat",
    "renameat2",
    "unlink",
    "unlinkat",
    "mkdir",
    "mkdirat",
    "fsync",
    "fdatasync",
    "ftruncate",
    "fchmod",
    "link",
    "linkat",
    "socket",
    "connect",
    "accept4",
    "sendto",
    "sendmsg",
    "recvfrom",
    "recvmsg",
    "shutdown",
    "close",
];
