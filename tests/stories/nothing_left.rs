//! After a sign-out nothing that the machine still has can obtain keys: not the vault, not a file,
//! and not the memory of the daemon, be it in use or given back.
//!
//! Memory is read as root reads it, all of it, and searched for every secret that the sandbox made
//! or was sent: tokens, keys, the password. What is in it while somebody is signed in shows that the
//! search finds what is there.

use std::process::Stdio;
use std::time::Duration;

use poolkey_core::event::{SignOutScope, SignedOut};
use poolkey_core::snapshot::LoginState;
use poolkey_ipc::{Ask, Reply};
use poolkey_tests::leaks::Search;
use poolkey_tests::memory::{Held, held};
use poolkey_tests::{Setup, World, program, skip, story, until};
use serde_json::json;

#[test]
fn a_sign_out_leaves_nothing_in_memory() {
    remembering(|world| {
        for scope in [
            SignOutScope::Session,
            SignOutScope::Everywhere,
            SignOutScope::Local,
        ] {
            works_a_while(world);
            let told = sign_out(world, scope);
            assert!(told.had_session && told.not_revoked.is_none(), "{told:?}");
            forgets_all(world, &format!("after a sign-out ({scope:?})"));
        }
    });
}

/// While the network is down the refresh token is kept for its revocation, and nothing else; once
/// that is done, it is not.
#[test]
fn a_token_that_could_not_be_revoked_is_held_until_it_is() {
    remembering(|world| {
        works_a_while(world);
        world.road.cut();
        let told = sign_out(world, SignOutScope::Session);
        assert!(told.retrying && told.not_revoked.is_some(), "{told:?}");
        assert_eq!(world.desktop.secrets_of_poolkey(), "", "the vault is first");
        no_file_has_any(world);
        forgets_all_but(world, &["refresh_token"], "while the network is down");
        assert_eq!(world.login().state, LoginState::SignedOut);
        assert_eq!(world.login().unrevoked, 1);

        world.road.mend();
        until("it is revoked", 30, || world.login().unrevoked == 0);
        assert_eq!(world.sandbox.calls("RevokeToken"), 1);
        forgets_all(world, "once it is revoked");
    });
}

/// Whoever wants nothing kept has nothing kept, neither of this session nor of one that waits.
#[test]
fn a_local_sign_out_gives_up_what_waits() {
    remembering(|world| {
        works_a_while(world);
        world.road.cut();
        assert!(sign_out(world, SignOutScope::Session).retrying);
        let told = sign_out(world, SignOutScope::Local);
        assert!(!told.retrying, "{told:?}");
        assert_eq!(world.login().unrevoked, 0);
        forgets_all(world, "after a local sign-out");
        world.road.mend();
        std::thread::sleep(Duration::from_secs(3));
        assert_eq!(world.sandbox.calls("RevokeToken"), 0, "nobody was told");
    });
}

/// Each step of a sign-out by itself, with the daemon killed in the midst of it.
#[test]
fn whenever_it_is_killed_nothing_is_left() {
    remembering(|world| {
        for (step, fault) in [
            (
                "before the pool is told",
                json!({"operation": "RevokeToken", "delay_before_ms": 3000}),
            ),
            (
                "after the pool was told",
                json!({"operation": "RevokeToken", "delay_after_ms": 3000}),
            ),
        ] {
            works_a_while(world);
            world.sandbox.fault(&fault);
            let mut client = world.command(program("poolkey"));
            client
                .args(["logout", "acme"])
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            let mut leaving = client.spawn().unwrap();
            until("the vault is empty", 5, || {
                world.desktop.secrets_of_poolkey().is_empty()
            });
            forgets_all_but(world, &["refresh_token"], step);
            world.kill_daemon();
            let _ = leaving.wait();
            assert_eq!(world.desktop.secrets_of_poolkey(), "", "{step}");
            no_file_has_any(world);
            world.start_daemon();
            until("the vault is read", 5, || !world.login().working);
            assert!(world.try_keys().is_err(), "{step}");
            forgets_all(world, step);
        }
    });
}

/// A stop tries once more, and says what is left at the pool.
#[test]
fn a_stop_says_what_could_not_be_revoked() {
    remembering(|world| {
        works_a_while(world);
        world.road.cut();
        assert!(sign_out(world, SignOutScope::Session).retrying);
        world.stop_daemon();
        assert!(
            world.daemon_said().contains("could not be revoked"),
            "{}",
            world.daemon_said()
        );
        world.road.mend();

        world.start_daemon();
        works_a_while(world);
        world.road.cut();
        assert!(sign_out(world, SignOutScope::Session).retrying);
        world.road.mend();
        world.sandbox.forget_calls();
        world.stop_daemon();
        assert_eq!(world.sandbox.calls("RevokeToken"), 1);
    });
}

/// A story about memory, which takes whoever may read it.
fn remembering(act: impl FnOnce(&mut World)) {
    if !rustix::process::geteuid().is_root() {
        skip("only root reads the memory of a daemon that is closed to its own user");
        return;
    }
    story(Setup::default(), act);
}

/// Signs in, and has tokens and keys renewed, so that there is much to forget.
fn works_a_while(world: &World) {
    world.sign_in();
    world.keys();
    world.renew();
    world.keys();
    let held = remembers(world);
    for kind in ["refresh_token", "id_token", "access_token", "session_token"] {
        assert!(
            held.kinds().contains(&kind),
            "no {kind} is found in memory, where one must be: {:?}",
            held.kinds()
        );
    }
}

fn forgets_all(world: &World, when: &str) {
    forgets_all_but(world, &[], when);
}

/// What a connection that is idle had in its buffers goes with it, within a moment.
fn forgets_all_but(world: &World, kept: &[&str], when: &str) {
    let mut left = Held::default();
    for _ in 0..20 {
        left = remembers(world).except(kept);
        if left.kinds().is_empty() {
            return;
        }
        std::thread::sleep(Duration::from_millis(250));
    }
    panic!("{when} the daemon remembers:\n{}", left.told());
}

fn remembers(world: &World) -> Held {
    held(world.daemon_pid(), &Search::for_all(world.secrets()))
}

fn no_file_has_any(world: &World) {
    let found = world.leaks();
    let told: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert!(found.is_empty(), "{}", told.join("\n"));
}

fn sign_out(world: &World, scope: SignOutScope) -> SignedOut {
    let ask = Ask::SignOut {
        login: "acme".into(),
        scope,
    };
    match world.ask(&ask) {
        Reply::SignedOut(told) => told,
        other => panic!("{other:?}"),
    }
}
