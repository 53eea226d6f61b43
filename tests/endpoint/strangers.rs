//! Another user of the machine: loopback is theirs, too.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use poolkey_tests::{Ran, Setup, World, story, until};

use crate::client::port;
use crate::ends::is_root;
use crate::{lend, revoke};

const STRANGER: &str = "65534";

#[test]
fn another_user_has_no_token_and_gets_no_keys() {
    story(Setup::default(), |world| {
        if !is_root() {
            return;
        }
        world.sign_in();
        world.keys();
        let grant = lend(world, Some("box"));
        let file = grant.token_file.clone().unwrap();
        // As wrong as a home can be set up.
        for place in ["", "state", "state/poolkey"] {
            let place = world.home().join(place);
            fs::set_permissions(place, Permissions::from_mode(0o755)).unwrap();
        }
        let read = Ran::of(stranger(world, "cat").arg(&file), "");
        assert!(read.code != 0 && read.out.is_empty(), "{read:?}");
        let socket = file.with_file_name("socket");
        let mut curl = stranger(world, "curl");
        curl.args(["--silent", "--unix-socket"]).arg(&socket);
        let knocked = Ran::of(curl.arg(&grant.url), "");
        assert!(knocked.code != 0 && knocked.out.is_empty(), "{knocked:?}");

        let ask = |header: &str| {
            let mut curl = stranger(world, "curl");
            curl.args(["--silent", "--config", "-"]).arg(&grant.url);
            Ran::of(&mut curl, header)
        };
        let refused = ask("");
        assert!(refused.out.contains("\"Code\":\"denied\""), "{refused:?}");
        let guessed = ask("header = \"Authorization: guess\"\n");
        assert!(guessed.out.contains("\"Code\":\"denied\""), "{guessed:?}");

        // The token is the guard, and the only one: a dev container's user has another number.
        let header = format!("header = \"Authorization: {}\"\n", grant.token.expose());
        let lent = ask(&header);
        assert!(lent.out.contains("SecretAccessKey"), "{}", lent.code);
        revoke(world, &grant);
        until("the port is closed", 5, || {
            !crate::client::is_open(port(&grant))
        });
    });
}

/// A program run as nobody.
fn stranger(world: &World, program: &str) -> Command {
    let mut command = world.command("setpriv");
    command
        .arg(format!("--reuid={STRANGER}"))
        .arg(format!("--regid={STRANGER}"))
        .args(["--clear-groups", "--pdeathsig", "KILL", "--", program]);
    command
}
