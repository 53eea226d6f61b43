//! A month of work after one sign-in.

use std::thread::sleep;
use std::time::{Duration, Instant};

use poolkey_core::snapshot::LoginState;
use poolkey_tests::{Ran, Setup, World, story};
use serde_json::json;

const KEY: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
const HOURS: u64 = 30 * 24;

/// The pool wants a second factor and remembers devices, the app client rotates its refresh tokens,
/// and the daemon is killed now and then, also in the middle of a renewal.
#[test]
fn of_renewals_and_kills() {
    let setup = Setup {
        // It outlives the hour that goes by between a refresh and the fetch after it.
        id_token_seconds: 86_400,
        log: "info",
        seed: json!({
            "pool": {"mfa": "ON", "factors": ["SOFTWARE_TOKEN_MFA"], "devices": "always"},
            "user": {"factors": ["SOFTWARE_TOKEN_MFA"], "totp_key": KEY},
            "client": {"aws": {
                "RefreshTokenValidity": 60,
                "TokenValidityUnits": {"RefreshToken": "days"},
            }},
        }),
        ..Setup::default()
    };
    story(setup, |world| {
        let mut terminal = world.terminal(&["login", "acme"]);
        let password = world.password().to_owned();
        terminal.answer_unseen("Password of alice: ", &password);
        terminal.expect("authenticator app");
        let code = world.sandbox.totp(KEY);
        terminal.type_line(&code);
        let (code, shown) = world.close(terminal);
        assert_eq!(code, 0, "{shown}");
        let first = world.keys();

        let begun = Instant::now();
        let mut month = Month {
            random: fastrand::Rng::with_seed(2718),
            kills: 0,
            midway: 0,
        };
        for _ in 0..HOURS {
            month.hour(world);
        }
        let (kills, midway) = (month.kills, month.midway);
        println!(
            "{HOURS} hours and {kills} kills, {midway} of them in a renewal, in {:.0?}",
            begun.elapsed()
        );
        assert!(kills >= 30 && midway >= 10, "{kills}, {midway}");
        assert_eq!(world.login().state, LoginState::SignedIn);
        month.kill(world);
        let last = world.keys();
        // STS is asked by a program that signs by this computer's clock.
        world.sandbox.clock(&json!({"offset_seconds": 0}));
        assert_ne!(first.access_key_id, last.access_key_id);
        assert!(world.sts_takes(&last));
        assert_eq!(world.shim("dev").code, 0);

        assert_eq!(world.sandbox.calls("InitiateAuth"), 1, "one sign-in in all");
        let refreshes = world.sandbox.calls_of(REFRESH);
        assert!(refreshes.len() as u64 >= HOURS, "{}", refreshes.len());
        let devices: std::collections::BTreeSet<&str> = refreshes
            .iter()
            .filter_map(|call| call["device_key"].as_str())
            .collect();
        assert_eq!(devices.len(), 1, "one device: {devices:?}");
        let odd = refreshes
            .iter()
            .find(|call| call["outcome"] != "ok" || !call["device_key"].is_string());
        assert_eq!(odd, None, "each refresh named it and was taken");
    });
}

struct Month {
    random: fastrand::Rng,
    kills: usize,
    midway: usize,
}

impl Month {
    /// An hour goes by at the pool, and the login is renewed, come what may.
    fn hour(&mut self, world: &mut World) {
        world.sandbox.later(3600);
        let before = world.sandbox.calls(REFRESH);
        renew(world);
        match self.random.u8(0..8) {
            0 => {
                // Before the call, on its way, with its answer, at the vault, after it.
                sleep(Duration::from_micros(self.random.u64(0..30_000)));
                self.midway += 1;
                self.kill(world);
                world.keys();
            }
            kind => {
                let asked = Instant::now();
                while world.sandbox.calls(REFRESH) == before || world.login().working {
                    assert!(asked.elapsed() < Duration::from_secs(10), "not renewed");
                    sleep(Duration::from_millis(2));
                }
                if kind == 1 {
                    self.kill(world);
                    world.keys();
                }
            }
        }
        assert_eq!(world.login().state, LoginState::SignedIn);
    }

    fn kill(&mut self, world: &mut World) {
        world.kill_daemon();
        world.start_daemon();
        self.kills += 1;
    }
}

fn renew(world: &World) {
    let Ran { code, err, .. } = world.poolkey(&["renew", "acme"], "");
    assert_eq!(code, 0, "{err}");
}

const REFRESH: &str = "GetTokensFromRefreshToken";
