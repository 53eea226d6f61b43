//! The recipe of `docs/containers.md`, in what a container is made of: a network and mounts of its
//! own. The AWS CLI, which nobody here wrote, is the program in it.

use std::fs;
use std::process::{Command, Stdio};

use poolkey_tests::{Ran, Running, Setup, World, skip, story, tied, until};
use serde_json::Value;

use crate::client::{get, port};
use crate::{lend, revoke};

#[test]
fn a_container_has_keys_by_a_forwarder_in_its_own_network() {
    let setup = Setup {
        tools: &["aws", "ip", "socat", "unshare"],
        ..Setup::default()
    };
    story(setup, |world| {
        if !can_contain() {
            return;
        }
        world.sign_in();
        world.keys();
        let grant = lend(world, Some("box"));
        let directory = grant.token_file.clone().unwrap();
        let directory = directory.parent().unwrap().display().to_string();

        // AWS itself is on the way out of every container: here it is the sandbox.
        let sts = world.home().join("sts.sock").display().to_string();
        let mut relay = tied("socat");
        relay
            .arg(format!("UNIX-LISTEN:{sts},fork,backlog=64"))
            .arg(format!("TCP:{}", world.sandbox.address()))
            .stdin(Stdio::null());
        let log = world.home().join("logs/relay.log");
        let _relay = Running::start("socat", &mut relay, &log);
        until("the relay listens", 5, || fs::exists(&sts).unwrap());

        let (port, out) = (port(&grant), world.sandbox.address().port());
        let mounted = "mount -t tmpfs tmpfs /mnt && mkdir /mnt/poolkey && \
                       mount --bind -o ro \"$GRANT\" /mnt/poolkey && ip link set lo up";
        let forwarder = format!(
            "socat TCP-LISTEN:{port},bind=127.0.0.1,reuseaddr,fork UNIX-CONNECT:/mnt/poolkey/socket &"
        );
        let outwards =
            format!("socat TCP-LISTEN:{out},bind=127.0.0.1,reuseaddr,fork \"UNIX-CONNECT:$STS\" &");
        let knock = format!("socat -u OPEN:/dev/null TCP:127.0.0.1:{out}");
        let asks = format!(
            "for _ in $(seq 100); do {knock} 2>/dev/null && break; sleep 0.1; done; \
             aws sts get-caller-identity --output json --endpoint-url \"$AWS\""
        );
        let run = |script: &str| {
            let mut container = contained(world, script);
            container
                .env("GRANT", &directory)
                .env("STS", &sts)
                .env("AWS", world.sandbox.url())
                .env("AWS_CONTAINER_CREDENTIALS_FULL_URI", &grant.url)
                .env(
                    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
                    "/mnt/poolkey/token",
                )
                .env("AWS_DEFAULT_REGION", "us-east-1")
                .env("AWS_EC2_METADATA_DISABLED", "true")
                .env("AWS_CONFIG_FILE", "/dev/null")
                .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
            Ran::of(&mut container, "")
        };

        let whole = format!("{mounted} && {{ {forwarder} {outwards} {asks}; }}");
        let ran = run(&whole);
        assert_eq!(ran.code, 0, "{ran:?}");
        let said: Value = serde_json::from_str(&ran.out).unwrap();
        let arn = said["Arn"].as_str().unwrap();
        assert!(arn.contains("CognitoIdentityCredentials"), "{arn}");
        println!("A CONTAINER is {arn}");

        // Without the forwarder, its own loopback has nobody at that port.
        let ran = run(&format!("{mounted} && {{ {outwards} {asks}; }}"));
        assert_ne!(ran.code, 0, "{ran:?}");

        // Another port in the container is another host: the number has to be the same.
        for (there, works) in [(port, true), (port ^ 1, false)] {
            let forwarder = forwarder.replace(&port.to_string(), &there.to_string());
            let url = grant.url.replace(&port.to_string(), &there.to_string());
            let point = format!("export AWS_CONTAINER_CREDENTIALS_FULL_URI={url};");
            let ran = run(&format!(
                "{mounted} && {{ {point} {forwarder} {outwards} {asks}; }}"
            ));
            assert_eq!(ran.code == 0, works, "{ran:?}");
            // botocore prints what it was told.
            assert_eq!(
                ran.err.contains("does not name this endpoint"),
                !works,
                "{ran:?}"
            );
        }

        // The container cannot change what it was given, and is out as soon as it is revoked.
        let ran = run(&format!("{mounted} && echo x > /mnt/poolkey/token"));
        assert_ne!(ran.code, 0, "{ran:?}");
        assert!(get(&grant).has_keys());
        revoke(world, &grant);
        let ran = run(&whole);
        assert_ne!(ran.code, 0, "{ran:?}");
    });
}

/// The next daemon is found at the same socket: a container that runs on has the directory, not the
/// socket of one moment.
#[test]
fn the_socket_is_there_again_after_a_restart() {
    let setup = Setup {
        tools: &["curl"],
        ..Setup::default()
    };
    story(setup, |world| {
        world.sign_in();
        world.keys();
        let grant = lend(world, Some("box"));
        let socket = grant.token_file.clone().unwrap().with_file_name("socket");
        let ask = |world: &World| {
            let header = format!("header = \"Authorization: {}\"\n", grant.token.expose());
            let mut curl = world.command("curl");
            curl.args(["--silent", "--config", "-", "--unix-socket"])
                .arg(&socket)
                .arg(&grant.url);
            Ran::of(&mut curl, &header).out
        };
        assert!(ask(world).contains("SecretAccessKey"));
        for killed in [false, true] {
            if killed {
                world.kill_daemon();
            } else {
                world.stop_daemon();
                assert!(!socket.exists());
            }
            world.start_daemon();
            until("it answers again", 10, || {
                ask(world).contains("SecretAccessKey")
            });
        }
        revoke(world, &grant);
        assert!(!socket.exists());
    });
}

/// A program that finds no network and no mount but its own.
fn contained(world: &World, script: &str) -> Command {
    let mut command = world.command("setpriv");
    command.args(["--pdeathsig", "KILL", "--"]);
    command.args([
        "unshare",
        "--net",
        "--mount",
        "--pid",
        "--fork",
        "--kill-child",
    ]);
    command.args(["sh", "-c", script]);
    command
}

fn can_contain() -> bool {
    let trial = Command::new("unshare")
        .args(["--net", "--mount", "--pid", "--fork", "true"])
        .stderr(Stdio::null())
        .status();
    trial.is_ok_and(|status| status.success())
        || skip("only root, or who may, can make a network and mounts")
}
