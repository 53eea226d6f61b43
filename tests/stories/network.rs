//! Networks and servers that fail: everything is kept, what is valid is served.

use std::thread::sleep;
use std::time::{Duration, Instant};

use poolkey_core::failure::Code;
use poolkey_core::snapshot::LoginState;
use poolkey_tests::{Document, Ran, Setup, World, story, until};
use rustix::process::Signal;
use serde_json::{Value, json};

fn short_keys(seconds: u32) -> Setup {
    Setup {
        keys_seconds: seconds,
        ..Setup::default()
    }
}

/// “Offline for an hour”, with keys that live 12 s.
#[test]
fn offline_over_a_whole_life_of_keys() {
    story(short_keys(12), |world| {
        world.sign_in();
        let keys = world.keys();
        world.road.cut();
        let cut = Instant::now();
        let mut served = 0;
        let failure = loop {
            match world.try_keys() {
                Ok(document) => {
                    assert!(document.seconds_left() >= 0, "dead keys were served");
                    assert_eq!(document.access_key_id, keys.access_key_id);
                    assert!(world.sts_takes(&document));
                    served += 1;
                }
                Err(failure) => break failure,
            }
            assert!(cut.elapsed() < Duration::from_secs(15), "they live on");
            sleep(Duration::from_millis(200));
        };
        assert!(
            cut.elapsed() >= Duration::from_secs(9),
            "given up after {:?} though valid",
            cut.elapsed()
        );
        assert_eq!(failure.code, Code::Offline, "{failure}");
        let Ran { code, out, err } = world.shim("dev");
        assert_eq!(
            (code, out.as_str(), err.lines().count()),
            (13, "", 1),
            "{err}"
        );
        assert_eq!(
            world.login().state,
            LoginState::SignedIn,
            "nobody is signed out"
        );

        sleep(Duration::from_secs(3));
        world.road.mend();
        let recovered = until("a tool that asks has keys", 10, || world.try_keys().is_ok());
        assert!(world.sts_takes(&world.keys()));
        println!("OFFLINE: {served} answers while valid; asked, recovered in {recovered:.1?}");
        assert_eq!(world.sandbox.calls("InitiateAuth"), 1);
    });
}

/// The daemon's own network goes down and comes back, as the kernel tells it.
#[test]
fn a_network_that_returns_is_noticed_unasked() {
    let staged = poolkey_tests::under(
        "network::a_network_that_returns_is_noticed_unasked",
        &["unshare", "--user", "--map-root-user", "--net"],
    );
    if !staged {
        return;
    }
    let link = |state: &str| {
        let mut ip = std::process::Command::new("ip");
        let ran = Ran::of(ip.args(["link", "set", "lo", state]), "");
        assert_eq!(ran.code, 0, "{ran:?}");
    };
    link("up");
    let setup = Setup {
        tools: &["ip"],
        ..short_keys(8)
    };
    story(setup, |world| {
        world.sign_in();
        world.keys();
        link("down");
        until("the keys are dead and attempts fail", 20, || {
            let profile = world.profile();
            profile.keys_expire.is_none_or(|at| at.secs() <= jiff_now())
                && (profile.trouble.is_some() || world.login().trouble.is_some())
        });
        // The longer it lasts, the longer the pauses between attempts.
        sleep(Duration::from_secs(12));
        link("up");
        let fresh = || {
            world
                .profile()
                .keys_expire
                .is_some_and(|at| at.secs() > jiff_now())
        };
        let recovered = until("there are keys though nobody asked", 10, fresh);
        println!("OFFLINE: unasked, recovered in {recovered:.1?}");
        assert!(world.sts_takes(&world.keys()));
    });
}

#[test]
fn suspended_over_the_expiry() {
    story(short_keys(6), |world| {
        world.sign_in();
        let before = world.keys();
        world.daemon().signal(Signal::STOP);
        sleep(Duration::from_secs(6));
        assert!(!world.sts_takes(&before), "they are dead by now");
        // One who asks while it still sleeps, and one who asks as it wakes.
        let asleep = {
            let client = world.client();
            std::thread::spawn(move || client.document("dev"))
        };
        sleep(Duration::from_millis(500));
        world.daemon().signal(Signal::CONT);
        let first = world.try_keys();
        for (who, answer) in [
            ("as it wakes", first),
            (
                "asleep",
                asleep
                    .join()
                    .unwrap()
                    .map(|keys| Document::parse(keys.expose())),
            ),
        ] {
            if let Ok(keys) = answer {
                assert!(keys.seconds_left() > 0, "{who}: dead keys");
                assert!(world.sts_takes(&keys), "{who}: dead keys");
            }
        }

        // And the same without a network: an error, never dead keys.
        world.keys();
        world.daemon().signal(Signal::STOP);
        world.road.cut();
        sleep(Duration::from_secs(6));
        world.daemon().signal(Signal::CONT);
        let failure = world.try_keys().err().expect("no dead keys");
        assert_eq!(failure.code, Code::Offline, "{failure}");
        world.road.mend();
        until("there are keys again", 10, || world.try_keys().is_ok());
    });
}

/// A rotated token's reply is lost: the old one is tried again at once, within its grace.
#[test]
fn a_lost_reply_of_a_rotation() {
    story(Setup::default(), |world| {
        world.sign_in();
        for fault in [
            json!({"drop": "after"}),
            json!({"drop": "before"}),
            json!({"truncate_after_bytes": 100}),
            json!({"truncate_after_bytes": 0}),
        ] {
            world.kill_daemon();
            world.start_daemon();
            world.sandbox.forget_calls();
            let mut rule = fault.clone();
            rule["operation"] = "GetTokensFromRefreshToken".into();
            world.sandbox.fault(&rule);
            let asked = Instant::now();
            let keys = world.keys();
            assert!(world.sts_takes(&keys), "{fault}");
            assert!(asked.elapsed() < Duration::from_secs(3), "{fault}");
            assert_eq!(
                world.sandbox.calls("GetTokensFromRefreshToken"),
                2,
                "{fault}"
            );
        }
        world.kill_daemon();
        world.start_daemon();
        world.keys();
    });
}

#[test]
fn a_server_that_fails_to_refresh() {
    story(Setup::default(), |world| {
        failing_server(world, "GetTokensFromRefreshToken");
    });
}

#[test]
fn a_server_that_fails_to_give_keys() {
    story(Setup::default(), |world| {
        failing_server(world, "GetCredentialsForIdentity");
    });
}

fn failing_server(world: &mut World, operation: &str) {
    world.sign_in();
    let error = |code: &str, status: u16| json!({"error": {"code": code, "status": status}});
    let faults: Vec<Value> = vec![
        error("TooManyRequestsException", 400),
        error("InternalErrorException", 500),
        error("UserLambdaValidationException", 400),
        json!({"error": {"status": 503, "body": "<html>Service Unavailable</html>"}}),
        json!({"error": {"code": "ForbiddenException", "message": "Request not allowed due to WAF block.", "status": 403}}),
        json!({"error": {"status": 403, "body": "<html>Forbidden</html>"}}),
        json!({"truncate_after_bytes": 40}),
        json!({"delay_before_ms": 700}),
    ];
    for fault in faults {
        let before = world.keys();
        let mut rule = fault.clone();
        rule["operation"] = operation.into();
        rule["times"] = "forever".into();
        world.sandbox.fault(&rule);
        world.renew();
        // The keys are stale, not dead: they are served, whatever the server says.
        let during = world.keys();
        let slow = fault.get("delay_before_ms").is_some();
        if !slow {
            assert_eq!(during.access_key_id, before.access_key_id, "{fault}");
            let told = world.login().trouble.or(world.profile().trouble);
            let told = told.unwrap_or_else(|| panic!("{fault}: no word of it in the status"));
            assert!(!told.sentence.is_empty() && !told.remedy.is_empty());
        }
        assert_eq!(world.login().state, LoginState::SignedIn, "{fault}");
        world.sandbox.no_faults();
        let waits_long = world
            .profile()
            .trouble
            .or(world.login().trouble)
            .is_some_and(|trouble| trouble.code == Code::Misconfigured);
        if waits_long {
            println!("{operation}: taken for a misconfiguration: {fault}");
            world.renew();
        }
        until(&format!("it recovers from {fault}"), 10, || {
            let (login, profile) = (world.login(), world.profile());
            login.trouble.is_none() && profile.trouble.is_none() && !login.working
        });
        until("the keys are new", 5, || {
            world.keys().access_key_id != before.access_key_id
        });
    }
    assert_eq!(world.sandbox.calls("InitiateAuth"), 1, "one sign-in in all");
}

/// Amazon's clock and ours differ: lifetimes count, not wall times.
#[test]
fn clocks_that_differ() {
    story(Setup::default(), |world| {
        world.sign_in();
        for skew in [600, -600] {
            world.sandbox.clock(&json!({"date_skew_seconds": skew}));
            world.kill_daemon();
            world.start_daemon();
            let keys = world.keys();
            let left = keys.seconds_left();
            assert!((3530..=3545).contains(&left), "{left} s in our frame");
            assert!(world.sts_takes(&keys));
            let ahead = world.status().snapshot.clock_ahead.expect("it is reported");
            assert!((ahead + skew).abs() <= 5, "{ahead} for {skew}");
        }
        world.sandbox.clock(&json!({"date_skew_seconds": 0}));
        world.renew();
        until("it is no longer reported", 5, || {
            world.status().snapshot.clock_ahead.is_none()
        });
    });
}

fn jiff_now() -> i64 {
    jiff::Timestamp::now().as_second()
}
