//! Commands that run with a profile's keys: whatever would shadow them, and for how long.

use std::fs;
use std::io::Read;
use std::process::{Command, Stdio};
use std::time::Duration;

use poolkey_tests::{Ran, Running, Setup, World, program, skip, story, until};
use serde_json::Value;

const WAYS: [&str; 3] = ["--container", "--env", "--config"];

/// One process that asks who it is again and again, with one client. Of its keys it tells a hash.
const LONG_RUN: &str = r#"
import hashlib, sys, time
try:
    from botocore.session import Session
except ImportError:
    from awscli.botocore.session import Session
session = Session()
client = session.create_client("sts", region_name="us-east-1", endpoint_url=sys.argv[1])
end = time.time() + float(sys.argv[2])
while time.time() < end:
    try:
        arn = client.get_caller_identity()["Arn"]
        key = session.get_credentials().get_frozen_credentials().access_key
        print("ok", hashlib.sha256(key.encode()).hexdigest()[:12], arn, flush=True)
    except Exception as error:
        print("failed", type(error).__name__, str(error).replace("\n", " "), flush=True)
    time.sleep(0.4)
"#;

fn exec(world: &World, args: &[&str]) -> Command {
    let mut command = world.command(program("poolkey"));
    command
        .arg("exec")
        .args(args)
        .env("POOLKEY_NO_START", "1")
        .env("AWS_EC2_METADATA_DISABLED", "true");
    command
}

/// A person who has static keys as `[default]`, and for one more profile.
fn write_static_keys(world: &World) {
    let directory = world.home().join(".aws");
    fs::create_dir_all(&directory).unwrap();
    let config =
        "[default]\nregion = eu-west-1\noutput = text\n[profile other]\nregion = eu-north-1\n";
    fs::write(directory.join("config"), config).unwrap();
    let keys = "aws_access_key_id = AKIASTATIC\naws_secret_access_key = static\n";
    let credentials = format!("[default]\n{keys}[other]\n{keys}");
    fs::write(directory.join("credentials"), credentials).unwrap();
}

#[test]
fn every_way_leads_to_the_keys_whatever_would_shadow_them() {
    let setup = Setup {
        tools: &["aws"],
        ..Setup::default()
    };
    story(setup, |world| {
        world.sign_in();
        let shadows = |command: &mut Command| {
            command
                .env("AWS_ACCESS_KEY_ID", "AKIASHADOW")
                .env("AWS_SECRET_ACCESS_KEY", "shadow")
                .env("AWS_SECURITY_TOKEN", "shadow")
                .env("AWS_CREDENTIAL_EXPIRATION", "2020-01-01T00:00:00Z")
                .env("AWS_PROFILE", "nobody")
                .env("AWS_ROLE_ARN", "arn:aws:iam::000000000000:role/Other")
                .env("AWS_WEB_IDENTITY_TOKEN_FILE", "/nowhere")
                .env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/nowhere")
                .env("AWS_CREDENTIAL_FILE", "/nowhere");
        };
        for files in ["none", "static keys"] {
            if files == "static keys" {
                write_static_keys(world);
            }
            for way in WAYS {
                let url = world.sandbox.url().to_owned();
                let mut command = exec(world, &["dev", way, "--region", "us-east-1", "--"]);
                command.args(["aws", "sts", "get-caller-identity", "--output", "json"]);
                command.args(["--endpoint-url", &url]);
                shadows(&mut command);
                let ran = Ran::of(&mut command, "");
                world.keep("exec.err", &ran.err);
                assert_eq!(
                    (ran.code, ran.err.as_str()),
                    (0, ""),
                    "{way}, {files}: {ran:?}"
                );
                let said: Value = serde_json::from_str(&ran.out).unwrap();
                let arn = said["Arn"].as_str().unwrap();
                assert!(
                    arn.contains("assumed-role/Developer/"),
                    "{way}, {files}: {arn}"
                );
            }
        }
        // Other profiles keep their settings, and by the endpoint their keys as well.
        let mut command = exec(world, &["dev", "aws", "configure", "get", "region"]);
        let ran = Ran::of(command.args(["--profile", "other"]), "");
        assert_eq!(ran.out, "eu-north-1\n", "{ran:?}");
        let mut command = exec(world, &["dev", "aws", "configure", "get"]);
        let ran = Ran::of(
            command.args(["aws_access_key_id", "--profile", "other"]),
            "",
        );
        assert_eq!(ran.out, "AKIASTATIC\n", "{ran:?}");
        let mut command = exec(world, &["dev", "aws", "configure", "get", "output"]);
        assert_eq!(Ran::of(&mut command, "").out, "text\n");
    });
}

#[test]
fn what_can_be_renewed_is_renewed_while_the_command_runs() {
    let setup = Setup {
        keys_seconds: 12,
        tools: &["aws", "python3"],
        ..Setup::default()
    };
    story(setup, |world| {
        let has_botocore = |name: &str| {
            let import = format!("import {name}.session");
            let ran = Ran::of(world.command("python3").args(["-c", &import]), "");
            ran.code == 0
        };
        if !["botocore", "awscli.botocore"]
            .iter()
            .any(|name| has_botocore(name))
        {
            skip("python3 has no botocore");
            return;
        }
        world.sign_in();
        write_static_keys(world);
        let url = world.sandbox.url().to_owned();
        let mut running = WAYS.map(|way| {
            let mut command = exec(world, &["dev", way, "--", "python3", "-c", LONG_RUN]);
            command.args([&url, "40"]).stdout(Stdio::piped());
            let log = world.home().join(format!("logs/exec{way}.err"));
            Running::start(way, &mut command, &log)
        });
        let endpoint = || world.status().daemon.endpoint;
        until("the endpoint is lent", 10, || endpoint().is_some());
        let lent: Vec<_> = endpoint().unwrap().grants;
        assert_eq!(lent.len(), 1);
        // The command took the place of the one who asked.
        assert_eq!(lent[0].pid, Some(running[0].pid()));
        for (way, running) in WAYS.iter().zip(&mut running) {
            let mut said = String::new();
            let mut stdout = running.stdout().unwrap();
            stdout.read_to_string(&mut said).unwrap();
            assert!(running.wait(Duration::from_secs(5)).success(), "{way}");
            let (good, bad): (Vec<&str>, Vec<&str>) =
                said.lines().partition(|line| line.starts_with("ok "));
            assert!(
                good.iter().all(|line| line.contains("role/Developer/")),
                "{good:?}"
            );
            let mut keys: Vec<&str> = good.iter().map(|line| &line[3..15]).collect();
            keys.dedup();
            if *way == "--env" {
                assert_eq!(keys.len(), 1, "{way}: {said}");
                assert!(
                    bad.last().is_some_and(|line| line.contains("expired")),
                    "{said}"
                );
                assert!(said.lines().last().unwrap().starts_with("failed"), "{said}");
            } else {
                assert!(keys.len() >= 3, "{way}: {keys:?}");
                assert_eq!(bad, Vec::<&str>::new(), "{way}");
            }
        }
        until("the endpoint is lent no longer", 10, || {
            endpoint().is_none()
        });
    });
}

#[test]
fn a_daemon_that_is_started_for_it_is_nobodys_child() {
    story(Setup::default(), |world| {
        world.sign_in();
        world.stop_daemon();
        let mut command = exec(world, &["dev", "--", "sh", "-c"]);
        command
            .arg("read -r children < /proc/$$/task/$$/children; echo \"[$children]\"")
            .env_remove("POOLKEY_NO_START");
        let ran = Ran::of(&mut command, "");
        assert_eq!((ran.code, ran.out.as_str()), (0, "[]\n"), "{ran:?}");
        assert_ne!(world.status().daemon.pid, 0);
    });
}

#[test]
fn who_has_no_keys_runs_nothing() {
    story(Setup::default(), |world| {
        for way in WAYS {
            let ran = Ran::of(&mut exec(world, &["dev", way, "echo", "run"]), "");
            assert_eq!((ran.code, ran.out.as_str()), (10, ""), "{way}: {ran:?}");
            assert!(ran.err.contains("poolkey login acme"), "{way}: {ran:?}");
        }
        let ran = Ran::of(&mut exec(world, &["nobody", "echo", "run"]), "");
        assert_eq!((ran.code, ran.out.as_str()), (11, ""), "{ran:?}");
    });
}
