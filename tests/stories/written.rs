//! Keys in the files of `~/.aws`: always fresh, never in anybody's way, gone when they should be.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use poolkey_tests::{Setup, World, story, until};
use serde_json::json;

fn setup(keys_seconds: u32) -> Setup {
    Setup {
        keys_seconds,
        tools: &["aws"],
        seed: json!({}),
        ..Setup::default()
    }
}

/// Has the keys of `dev` written as `dev-keys`.
fn opt_in(world: &World) {
    let text = world.usual_config().replace(
        "[profile.dev]\n",
        "[profile.dev]\nwrite_profile = \"dev-keys\"\nregion = \"us-east-1\"\n",
    );
    world.configure(&text);
    until("it is read", 10, || {
        let profiles = world.status().snapshot.profiles;
        profiles.iter().any(|profile| profile.written.is_some())
    });
}

fn path(world: &World, name: &str) -> PathBuf {
    world.home().join(".aws").join(name)
}

fn text(world: &World, name: &str) -> String {
    fs::read_to_string(path(world, name)).unwrap_or_default()
}

/// The key id that stands in the file.
fn written(world: &World) -> Option<String> {
    let text = text(world, "credentials");
    let (_, ours) = text.split_once("[dev-keys]")?;
    let line = ours
        .lines()
        .find_map(|line| line.strip_prefix("aws_access_key_id = "))?;
    Some(line.to_owned())
}

fn aws(world: &World, args: &[&str]) -> String {
    let mut command = world.command("aws");
    command
        .args(args)
        .env("AWS_ENDPOINT_URL", world.road.url())
        .env("AWS_EC2_METADATA_DISABLED", "true");
    let ran = command.output().unwrap();
    assert!(
        ran.status.success(),
        "{args:?}: {}",
        String::from_utf8_lossy(&ran.stderr)
    );
    String::from_utf8(ran.stdout).unwrap()
}

const CALLER: &[&str] = &[
    "sts",
    "get-caller-identity",
    "--profile",
    "dev-keys",
    "--query",
    "Arn",
    "--output",
    "text",
];

#[test]
fn a_tool_that_reads_files_alone_has_keys_that_are_renewed_until_the_sign_out() {
    story(setup(12), |world| {
        opt_in(world);
        world.sign_in();
        until("keys are written", 10, || written(world).is_some());
        let arn = "arn:aws:sts::000000000000:assumed-role/Developer/CognitoIdentityCredentials";
        assert_eq!(aws(world, CALLER).trim(), arn);
        for _ in 0..2 {
            let before = written(world);
            until("newer ones are written", 30, || {
                let now = written(world);
                now.is_some() && now != before
            });
            assert_eq!(aws(world, CALLER).trim(), arn);
        }
        assert!(text(world, "config").contains("[profile dev-keys]"));
        assert_eq!(world.poolkey(&["logout", "acme"], "").code, 0);
        assert_eq!(text(world, "credentials"), "");
        assert_eq!(text(world, "config"), "");
    });
}

#[test]
fn what_a_killed_daemon_left_is_gone_before_anything_is_written() {
    story(setup(3600), |world| {
        opt_in(world);
        world.sign_in();
        until("keys are written", 10, || written(world).is_some());
        let old = written(world);
        world.kill_daemon();
        assert_eq!(written(world), old, "nobody was there to remove it");
        world.start_daemon();
        until("new keys are written", 10, || {
            let now = written(world);
            now.is_some() && now != old
        });
        world.stop_daemon();
        assert_eq!(text(world, "credentials"), "");
    });
}

/// `aws configure set` knows of no lock: what it writes in the same moment must not be lost.
#[test]
fn another_writer_loses_nothing_by_it() {
    story(setup(12), |world| {
        let mine = "# mine\n[work]\naws_access_key_id = AKIAEXAMPLE\n# and this\n";
        fs::create_dir_all(path(world, "")).unwrap();
        fs::write(path(world, "credentials"), mine).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let owner = fs::Permissions::from_mode(0o600);
            fs::set_permissions(path(world, "credentials"), owner).unwrap();
        }
        opt_in(world);
        world.sign_in();
        until("keys are written", 10, || written(world).is_some());
        let enough = AtomicBool::new(false);
        let shared: &World = world;
        let (rounds, seen) = std::thread::scope(|scope| {
            let other = scope.spawn(|| {
                let mut rounds = 0;
                while !enough.load(Ordering::Relaxed) {
                    rounds += 1;
                    let value = format!("round-{rounds}");
                    let set = [
                        "configure",
                        "set",
                        "aws_secret_access_key",
                        &value,
                        "--profile",
                        "work",
                    ];
                    aws(shared, &set);
                    let now = text(shared, "credentials");
                    assert!(now.contains(&value), "{value} is lost:\n{now}");
                }
                rounds
            });
            let mut seen = Vec::new();
            for _ in 0..150 {
                std::thread::sleep(Duration::from_millis(200));
                let now = written(shared);
                if now.is_some() && seen.last() != Some(&now) {
                    seen.push(now);
                }
            }
            enough.store(true, Ordering::Relaxed);
            (other.join().unwrap(), seen.len())
        });
        assert!(rounds > 5 && seen >= 3, "{rounds} rounds, {seen} keys");
        println!("{rounds} edits by the AWS CLI, {seen} sets of keys by Poolkey");
        let left = text(world, "credentials");
        assert!(left.starts_with("# mine\n[work]\n"), "{left}");
        assert!(left.contains("# and this\n"), "{left}");
        assert!(left.contains("aws_access_key_id = AKIAEXAMPLE\n"), "{left}");
        world.stop_daemon();
        let left = text(world, "credentials");
        assert!(!left.contains("dev-keys"), "{left}");
        assert!(left.contains(&format!("round-{rounds}\n")), "{left}");
    });
}

/// Each is told of in the status, with the file and what to do, and keys come once it is done.
#[cfg(unix)]
#[test]
fn what_stands_in_the_way_is_told_until_it_is_put_right() {
    type Act = fn(&World);
    let obstacles: &[(&str, Act, Act)] = &[
        (
            "run “chmod 600 ",
            |world| put(world, "[work]\n", 0o644),
            |world| put(world, "[work]\n", 0o600),
        ),
        (
            "run “chmod u+w ",
            |world| put(world, "[work]\n", 0o400),
            |world| put(world, "[work]\n", 0o600),
        ),
        (
            "line 2: this is no “key = value”",
            |world| put(world, "[work]\nnonsense\n", 0o600),
            |world| put(world, "[work]\n", 0o600),
        ),
        (
            "line 1: there is a profile “dev-keys” that Poolkey did not write",
            |world| put(world, "[dev-keys]\nregion = x\n", 0o600),
            |world| put(world, "[work]\n", 0o600),
        ),
        (
            "is no file; move “",
            |world| fs::create_dir(path(world, "credentials")).unwrap(),
            |world| fs::remove_dir(path(world, "credentials")).unwrap(),
        ),
        (
            "the link cannot be followed",
            |world| {
                let link = path(world, "credentials");
                std::os::unix::fs::symlink("credentials", link).unwrap();
            },
            |world| fs::remove_file(path(world, "credentials")).unwrap(),
        ),
    ];
    story(setup(3600), |world| {
        fs::create_dir_all(path(world, "")).unwrap();
        opt_in(world);
        for (told, spoil, mend) in obstacles {
            spoil(world);
            world.sign_in();
            let status = || world.poolkey(&["status"], "").out;
            until("it is told", 20, || status().contains(told));
            let file = path(world, "credentials").display().to_string();
            assert!(status().contains(&file), "{}", status());
            mend(world);
            until("keys are written", 40, || written(world).is_some());
            until("it is told no more", 5, || !status().contains(told));
            assert_eq!(world.poolkey(&["logout", "acme"], "").code, 0);
            assert_eq!(written(world), None);
            let _ = fs::remove_file(path(world, "credentials"));
        }
    });
}

#[test]
fn an_uninstallation_leaves_no_keys_though_the_daemon_was_killed() {
    story(setup(3600), |world| {
        opt_in(world);
        world.sign_in();
        until("keys are written", 10, || written(world).is_some());
        world.kill_daemon();
        let said = world.poolkey(&["profile", "write", "--off", "--all"], "");
        assert_eq!(said.code, 0, "{said:?}");
        assert!(said.out.contains("Removed “dev-keys” from"), "{said:?}");
        assert_eq!(text(world, "credentials"), "");
        assert_eq!(text(world, "config"), "");
    });
}

#[cfg(unix)]
fn put(world: &World, text: &str, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    let path = path(world, "credentials");
    let _ = fs::remove_file(&path);
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
}
