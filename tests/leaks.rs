//! No secret is seen where none may be: one busy story through every door, what protects the
//! daemon's memory and files, and proof that the search finds what is there.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::wildcard_enum_match_arm,
    reason = "tests, which may fail, measure and say what they measured"
)]

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use poolkey_tests::leaks::Search;
use poolkey_tests::{Ran, Running, Setup, World, program, skip, story, until};
use serde_json::json;

/// Sign-in by the command line, wrong and right, an app client with a secret, renewals, faults
/// that answer with secrets, sign-out; each program watched from outside while it runs.
#[test]
fn a_busy_day_at_trace() {
    story(Setup::default(), |world| {
        let wrong = "Wr0ng!password-for-bob";
        world.add_secret("wrong password", wrong);
        let chain = world.sandbox.seed(&json!({
            "client": {"secret": true, "rotation_grace_seconds": 60},
            "user": {"username": "bob"},
        }));
        let id = |name: &str| chain[name].as_str().unwrap().to_owned();
        let url = world.road.url();
        let watcher = Watcher::of(world.home());

        let login = |name: &str, user: &str, pool: &str, client: &str, input: &str| {
            world.poolkey(
                &[
                    "login",
                    name,
                    "--username",
                    user,
                    "--user-pool-id",
                    pool,
                    "--client-id",
                    client,
                    "--endpoint",
                    &url,
                ],
                input,
            )
        };
        let (pool, client) = (id("user_pool_id"), id("client_id"));
        // Only when it has the password does the pool say that the app client has a secret.
        let input = |password: &str| format!("{password}\n{}\n{password}\n", id("client_secret"));
        let ran = login("secret", "bob", &pool, &client, &input(wrong));
        assert_ne!(ran.code, 0, "{ran:?}");
        let ran = login("secret", "bob", &pool, &client, &input(&id("password")));
        assert_eq!(ran.code, 0, "{ran:?}");
        let ran = world.poolkey(
            &[
                "profile",
                "add",
                "two",
                "--login",
                "secret",
                "--identity-pool-id",
                &id("identity_pool_id"),
                "--endpoint",
                &url,
            ],
            "",
        );
        assert_eq!(ran.code, 0, "{ran:?}");
        until("the new profile is taken up", 5, || {
            world.client().document("two").is_ok()
        });

        let ran = world.poolkey(&["login", "acme"], &format!("{}\n", world.password()));
        assert_eq!(ran.code, 0, "{ran:?}");
        world.keys();
        for name in ["dev", "two"] {
            assert_eq!(world.shim(name).code, 0);
            assert_eq!(world.poolkey(&["credentials", name], "").code, 0);
        }
        // A server that repeats what it was sent.
        let minted = world.sandbox.minted();
        let tokens = minted.iter().filter(|(kind, _)| kind == "refresh_token");
        let sent = [
            ("secret", id("client_secret")),
            ("acme", "nobody".to_owned()),
        ];
        for ((login, client), (_, token)) in sent.into_iter().zip(tokens) {
            let told = format!("cannot handle {token} of {client}");
            world.sandbox.no_faults();
            world
                .sandbox
                .fault(&json!({"operation": "GetTokensFromRefreshToken", "error": {
                    "code": "InternalErrorException", "status": 500, "message": told,
                }}));
            let before = world.daemon_said().matches("not refreshed").count();
            assert_eq!(world.poolkey(&["renew", login], "").code, 0);
            until("it failed", 5, || {
                world.daemon_said().matches("not refreshed").count() > before
            });
            assert_eq!(world.poolkey(&["status", "--json"], "").code, 0);
        }
        world.sandbox.no_faults();
        for args in [
            &["status"][..],
            &["status", "--json"],
            &["profile", "list"],
            &["renew", "acme"],
            &["daemon", "status"],
            &["daemon", "reload"],
            &["logout", "acme"],
            &["logout", "secret"],
        ] {
            let ran = world.poolkey(args, "");
            assert_eq!(ran.code, 0, "{args:?}: {ran:?}");
        }
        let seen = watcher.stop();
        println!(
            "{} processes were seen, {} secrets minted",
            seen.len(),
            world.secrets().len()
        );
        assert!(seen.len() >= 5, "{:?}", seen.keys());
        let search = Search::for_all(world.secrets());
        for (name, bytes) in &seen {
            let found = search.look(name, bytes);
            assert!(found.is_empty(), "{}", found[0]);
        }
        only_for_its_owner(world);
    });
}

/// What a pool asks beyond a password: the app's key, codes, a new password, the device's own.
#[test]
fn a_first_sign_in_with_all_that_a_pool_asks() {
    let setup = Setup {
        seed: json!({
            "pool": {"mfa": "ON", "factors": ["SOFTWARE_TOKEN_MFA"], "devices": "always"},
            "user": {"temporary": true},
        }),
        ..Setup::default()
    };
    story(setup, |world| {
        let new = "Another-Passw0rd-2718";
        world.add_secret("new password", new);
        let watcher = Watcher::of(world.home());
        let password = world.password().to_owned();
        let mut terminal = world.terminal(&["login", "acme"]);
        terminal.answer_unseen("Password of alice: ", &password);
        terminal.answer_unseen("New password of alice: ", new);
        terminal.answer_unseen("Once more: ", new);
        terminal.expect("type the key into it:");
        let key: String = terminal.expect("(Type").split_whitespace().collect();
        terminal.answer("Name for this device [none]: ", "phone");
        let code = world.sandbox.totp(&key);
        world.add_secret("code", &code);
        terminal.answer("Code that the app shows: ", &code);
        let (exit, shown) = world.close(terminal);
        assert_eq!(exit, 0, "{shown}");
        world.keys();
        world.renew();
        let ran = world.poolkey(&["account", "show", "acme"], "");
        assert_eq!(ran.code, 0, "{ran:?}");

        // Only the keychain knows what the device proves itself by.
        let kept = world.desktop.secrets_of_poolkey();
        let record = kept.lines().find_map(|line| line.strip_prefix("secret = "));
        let record: serde_json::Value = serde_json::from_str(record.unwrap()).unwrap();
        let device = record["device"]["password"].as_str().unwrap().to_owned();
        assert!(device.len() >= 40);
        world.add_secret("device password", &device);

        let secrets = world.secrets();
        for kind in ["totp_key", "access_token", "session", "code"] {
            assert!(secrets.iter().any(|(known, _)| known == kind), "{kind}");
        }
        let seen = watcher.stop();
        let search = Search::for_all(secrets);
        for (name, bytes) in &seen {
            let found = search.look(name, bytes);
            assert!(found.is_empty(), "{}", found[0]);
        }
    });
}

/// A search that finds nothing proves nothing, unless it finds what is there.
#[test]
fn the_search_finds_what_is_planted() {
    story(Setup::default(), |world| {
        world.sign_in();
        world.keys();
        assert!(world.leaks().is_empty());
        let secrets = world.sandbox.minted();
        let kinds: BTreeMap<&str, &str> = secrets
            .iter()
            .map(|(kind, secret)| (kind.as_str(), secret.as_str()))
            .collect();
        assert!(kinds.len() >= 6, "{:?}", kinds.keys());
        let plant = world.home().join("state/poolkey/plant");
        let mut planted = 0;
        for (kind, secret) in &kinds {
            let mut forms = vec![
                (*secret).to_owned(),
                STANDARD.encode(format!("x{secret}yz")),
            ];
            if secret.len() >= 100 {
                forms.push(secret[secret.len() - 20..].to_owned());
                forms.push(secret[40..61].to_owned());
            }
            for form in forms {
                fs::write(&plant, format!("a line {form} more\n")).unwrap();
                let found = world.leaks();
                assert!(
                    found.iter().any(|found| &found.kind == kind),
                    "{kind}: {form}"
                );
                planted += 1;
            }
        }
        fs::remove_file(&plant).unwrap();

        // In the environment and the arguments of a process.
        let password = kinds["password"].to_owned();
        let mut sleeper = world.command("sleep");
        sleeper.arg("60").env("PASSWORD", &password);
        let sleeper = Running::start("sleep", &mut sleeper, &world.home().join("logs/sleep.log"));
        let watcher = Watcher::of(world.home());
        until("it is seen", 5, || watcher.count() > 0);
        let seen = watcher.stop();
        drop(sleeper);
        let search = Search::for_all(world.secrets());
        let found: usize = seen
            .iter()
            .map(|(name, bytes)| search.look(name, bytes).len())
            .sum();
        assert!(found > 0, "not found in {:?}", seen.keys());
        println!(
            "{} of {} planted secrets were found",
            planted + 1,
            planted + 1
        );
        assert!(world.leaks().is_empty());
    });
}

/// Processes of the same user cannot look into the daemon, and nothing of it ends up in a dump.
#[test]
fn the_daemons_memory_is_closed() {
    story(Setup::default(), |world| {
        let limits = fs::read_to_string(format!("/proc/{}/limits", world.daemon_pid())).unwrap();
        let core = limits
            .lines()
            .find(|line| line.starts_with("Max core file size"))
            .unwrap();
        assert_eq!(
            core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(),
            ["0", "0"]
        );

        // Root may look everywhere, so this daemon runs as nobody, and so does who looks.
        let home = world.home().join("nobody");
        let bin = home.join("bin");
        fs::create_dir_all(&bin).unwrap();
        fs::copy(program("poolkeyd"), bin.join("poolkeyd")).unwrap();
        let root = rustix::process::geteuid().is_root();
        if root {
            fs::set_permissions(world.home(), Permissions::from_mode(0o711)).unwrap();
            for place in [&home, &bin, &bin.join("poolkeyd")] {
                std::os::unix::fs::chown(place, Some(65534), Some(65534)).unwrap();
            }
        }
        let as_nobody = |program: &Path| {
            let mut command = Command::new("setpriv");
            if root {
                command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
            }
            command
                .args(["--pdeathsig", "KILL", "--no-new-privs", "--"])
                .arg(program);
            command
                .env_clear()
                .env("PATH", std::env::var("PATH").unwrap())
                .env("HOME", &home)
                .env("POOLKEY_SOCKET", home.join("s/socket"))
                .stdin(Stdio::null());
            command
        };
        let log = |name: &str| world.home().join("logs").join(name);
        let daemon = Running::start(
            "poolkeyd",
            &mut as_nobody(&bin.join("poolkeyd")),
            &log("nobody.log"),
        );
        until("it listens", 5, || home.join("s/socket").exists());
        let mut open = as_nobody(Path::new("sleep"));
        let open = Running::start("sleep", open.arg("60"), &log("sleep.log"));
        until("it sleeps", 5, || {
            fs::read_to_string(format!("/proc/{}/comm", open.pid()))
                .is_ok_and(|name| name.trim() == "sleep")
        });
        for file in ["environ", "maps", "mem", "fd"] {
            let look = |pid: u32| {
                let path = format!("/proc/{pid}/{file}");
                let tool = if file == "fd" { "ls" } else { "head" };
                let mut command = as_nobody(Path::new(tool));
                if file != "fd" {
                    command.args(["-c", "1"]);
                }
                Ran::of(command.arg(path), "")
            };
            let closed = look(daemon.pid());
            assert!(
                closed.code != 0 && closed.err.contains("Permission denied"),
                "{file}: {closed:?}"
            );
            // The same look at a process that does not protect itself.
            let other = look(open.pid());
            assert!(
                !other.err.contains("Permission denied"),
                "{file}: {other:?}"
            );
        }
        if !root {
            skip("run as root, the test looks as another user, too");
        }
    });
}

/// Whatever Poolkey makes is for its owner alone, even where the umask is open to all.
fn only_for_its_owner(world: &World) {
    let mut seen = 0;
    for place in ["state/poolkey", "run/poolkey", "config/poolkey"] {
        for path in tree(&world.home().join(place)) {
            let mode = fs::symlink_metadata(&path).unwrap().mode() & 0o777;
            assert_eq!(mode & 0o077, 0, "{}: {mode:03o}", path.display());
            seen += 1;
        }
    }
    assert!(seen >= 5, "{seen} files");
}

fn tree(path: &Path) -> Vec<PathBuf> {
    let mut found = vec![path.to_owned()];
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        found.extend(tree(&entry.path()));
    }
    found
}

/// Looks again and again at what everybody can see of a world's processes.
struct Watcher {
    stop: Arc<AtomicBool>,
    seen: Arc<std::sync::Mutex<BTreeMap<String, Vec<u8>>>>,
    thread: std::thread::JoinHandle<()>,
}

impl Watcher {
    fn of(home: &Path) -> Self {
        let mark = format!("HOME={}", home.display()).into_bytes();
        let stop = Arc::new(AtomicBool::new(false));
        let seen = Arc::new(std::sync::Mutex::new(BTreeMap::new()));
        let (stopped, saw) = (stop.clone(), seen.clone());
        let thread = std::thread::spawn(move || {
            while !stopped.load(Ordering::SeqCst) {
                for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
                    let path = entry.path();
                    let Ok(environ) = fs::read(path.join("environ")) else {
                        continue;
                    };
                    if !environ.windows(mark.len()).any(|window| window == mark) {
                        continue;
                    }
                    let cmdline = fs::read(path.join("cmdline")).unwrap_or_default();
                    let name = String::from_utf8_lossy(&cmdline).replace('\0', " ");
                    let bytes = [cmdline, b"\n".to_vec(), environ].concat();
                    saw.lock()
                        .unwrap()
                        .insert(format!("{} {name}", path.display()), bytes);
                }
                std::thread::sleep(Duration::from_millis(4));
            }
        });
        Self { stop, seen, thread }
    }

    fn count(&self) -> usize {
        self.seen.lock().unwrap().len()
    }

    fn stop(self) -> BTreeMap<String, Vec<u8>> {
        self.stop.store(true, Ordering::SeqCst);
        self.thread.join().unwrap();
        std::mem::take(&mut self.seen.lock().unwrap())
    }
}
