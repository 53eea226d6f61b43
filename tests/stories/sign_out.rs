//! Signing out leaves nothing behind.

use std::time::{Duration, Instant};

use poolkey_core::event::{SignOutScope, SignedOut};
use poolkey_core::failure::Code;
use poolkey_ipc::{Ask, Reply};
use poolkey_tests::{Ran, Setup, World, story, until};
use serde_json::json;

#[test]
fn it_is_answered_when_nothing_is_left() {
    story(Setup::default(), |world| {
        world.sign_in();
        world.keys();
        assert!(!world.desktop.secrets_of_poolkey().is_empty());
        let told = sign_out(world);
        // At this very moment:
        assert_eq!(world.desktop.secrets_of_poolkey(), "");
        assert!(told.had_session && told.not_revoked.is_none(), "{told:?}");
        let until = told.keys_live_until.expect("keys live on at AWS").secs();
        assert!((3590..=3600).contains(&(until - jiff::Timestamp::now().as_second())));
        assert_eq!(world.sandbox.calls("RevokeToken"), 1);
        no_keys(world);

        let again = sign_out(world);
        assert_eq!(again, SignedOut::default(), "a second time is no error");

        world.stop_daemon();
        world.start_daemon();
        no_keys(world);
    });
}

#[test]
fn it_works_offline() {
    story(Setup::default(), |world| {
        world.sign_in();
        world.keys();
        world.road.cut();
        let told = sign_out(world);
        assert_eq!(world.desktop.secrets_of_poolkey(), "");
        let failure = told.not_revoked.expect("the pool could not be told");
        assert!(!failure.remedy.is_empty(), "{failure}");
        no_keys(world);
        world.road.mend();
        world.stop_daemon();
        world.start_daemon();
        no_keys(world);
    });
}

/// Tools that wait for a refresh are told, and what the refresh brings is not kept.
#[test]
fn it_ends_a_refresh_under_way() {
    story(Setup::default(), |world| {
        world.sign_in();
        world.kill_daemon();
        world.start_daemon();
        world
            .sandbox
            .fault(&json!({"operation": "GetTokensFromRefreshToken", "delay_before_ms": 1500}));
        let begun = Instant::now();
        let mut shim = world.shim_command("dev");
        let waiting = std::thread::spawn(move || Ran::of(&mut shim, ""));
        until("it is under way", 5, || world.login().working);
        std::thread::sleep(Duration::from_millis(200));
        let told = sign_out(world);
        assert!(told.had_session);
        assert_eq!(world.desktop.secrets_of_poolkey(), "");
        let Ran { code, out, err } = waiting.join().unwrap();
        world.keep("shim.err", &err);
        assert_eq!(
            (code, out.as_str(), err.lines().count()),
            (10, "", 1),
            "{err}"
        );
        assert!(begun.elapsed() < Duration::from_secs(5));
        no_keys(world);
        // The session that the refresh brought is revoked, not only the one before.
        assert_eq!(world.sandbox.calls("RevokeToken"), 1);
        world.stop_daemon();
        world.start_daemon();
        no_keys(world);
    });
}

fn sign_out(world: &World) -> SignedOut {
    let ask = Ask::SignOut {
        login: "acme".into(),
        scope: SignOutScope::Session,
    };
    match world.ask(&ask) {
        Reply::SignedOut(told) => told,
        other => panic!("{other:?}"),
    }
}

fn no_keys(world: &World) {
    until("the vault is read", 5, || !world.login().working);
    let failure = world.try_keys().err().expect("no keys");
    assert_eq!(failure.code, Code::SignedOut, "{failure}");
    assert!(failure.remedy.contains("poolkey login acme"));
    assert_eq!(world.shim("dev").code, 10);
}
