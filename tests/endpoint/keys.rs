//! What SDKs get: keys, at once, or word whether to ask again.

use std::thread::sleep;
use std::time::{Duration, Instant};

use poolkey_core::failure::Code;
use poolkey_core::session::TokenKind;
use poolkey_ipc::{Ask, Reply};
use poolkey_tests::{Setup, story, until};
use serde_json::{Value, json};

use crate::client::{Answer, get};
use crate::{lend, revoke};

#[test]
fn the_answer_is_what_sdks_read() {
    story(Setup::default(), |world| {
        world.sign_in();
        world.keys();
        let grant = lend(world, None);
        let shim = world.keys();
        let answer = get(&grant);
        assert_eq!(answer.status, 200);
        assert!(answer.head.contains("content-type: application/json"));
        assert!(answer.head.contains("cache-control: no-store"));
        assert!(!answer.head.contains("access-control"));
        let keys = answer.json();
        assert_eq!(keys["AccessKeyId"], shim.access_key_id.as_str());
        assert_eq!(keys["SecretAccessKey"], shim.secret_access_key.as_str());
        assert_eq!(keys["Token"], shim.session_token.as_str());
        assert_eq!(expires(&keys), shim.expiration);
        let names: Vec<&String> = keys.as_object().unwrap().keys().collect();
        assert_eq!(
            names,
            ["AccessKeyId", "Expiration", "SecretAccessKey", "Token"]
        );

        let mut slowest = Duration::ZERO;
        for _ in 0..100 {
            let asked = Instant::now();
            assert!(get(&grant).has_keys());
            slowest = slowest.max(asked.elapsed());
        }
        println!("ANSWERED from memory within {slowest:.1?}, the slowest of 100");
        assert!(slowest < Duration::from_secs(1));
        assert_eq!(world.sandbox.calls("GetCredentialsForIdentity"), 1);
        let endpoint = world.status().daemon.endpoint.unwrap();
        assert!(endpoint.grants[0].used.is_some());
        assert!(grant.url.starts_with(&format!("{}/", endpoint.url)));
    });
}

/// The life of these keys is shorter than the test, and there is never a moment without.
#[test]
fn keys_are_renewed_underneath() {
    let setup = Setup {
        keys_seconds: 12,
        ..Setup::default()
    };
    story(setup, |world| {
        world.sign_in();
        world.keys();
        let grant = lend(world, Some("box"));
        let (begun, mut seen) = (Instant::now(), std::collections::BTreeSet::new());
        while begun.elapsed() < Duration::from_secs(26) {
            let asked = Instant::now();
            let answer = get(&grant);
            assert_eq!(answer.status, 200, "{answer:?}");
            assert!(asked.elapsed() < Duration::from_secs(1));
            let keys = answer.json();
            let left = expires(&keys) - jiff::Timestamp::now().as_second();
            assert!(left > 0, "they expired {left} s ago");
            seen.insert(keys["AccessKeyId"].as_str().unwrap().to_owned());
            sleep(Duration::from_millis(300));
        }
        println!("RENEWED: {} sets of keys in 26 s", seen.len());
        assert!(seen.len() >= 3, "{}", seen.len());
        revoke(world, &grant);
    });
}

/// SDKs wait for one second, Cognito takes three: they are told to ask again, and it is worth it.
#[test]
fn who_asks_while_keys_are_fetched_is_told_in_time() {
    story(Setup::default(), |world| {
        world.sign_in();
        world.keys();
        // A new daemon has none.
        world.kill_daemon();
        world
            .sandbox
            .fault(&json!({"operation": "GetCredentialsForIdentity", "delay_before_ms": 3000}));
        world.start_daemon();
        let grant = lend(world, None);
        let (begun, mut asked) = (Instant::now(), 0);
        let keys = loop {
            let sent = Instant::now();
            let answer = get(&grant);
            assert!(
                sent.elapsed() < Duration::from_secs(1),
                "{:?}",
                sent.elapsed()
            );
            if answer.status == 200 {
                break answer.json();
            }
            assert_eq!(answer.status, 503, "{answer:?}");
            assert!(answer.head.contains("retry-after: 1"), "{answer:?}");
            asked += 1;
            // As botocore and the SDK for JavaScript do.
            sleep(Duration::from_secs(1));
            assert!(begun.elapsed() < Duration::from_secs(8));
        };
        println!(
            "FETCHED after {asked} times “not yet” in {:.1?}",
            begun.elapsed()
        );
        assert!(asked >= 1 && keys["Token"].is_string());
        assert_eq!(
            world.sandbox.calls("GetCredentialsForIdentity"),
            2,
            "one each"
        );
    });
}

#[test]
fn without_keys_it_says_why() {
    story(Setup::default(), |world| {
        let grant = lend(world, Some("box"));
        let told = assert_failed(&get(&grant), 403, Code::SignedOut);
        assert!(told.contains("poolkey login acme"), "{told}");

        world.sign_in();
        world.keys();
        assert!(get(&grant).has_keys());

        // The network is away, and the keys still work: nobody notices.
        world.road.cut();
        assert!(get(&grant).has_keys());
        world.road.mend();

        // Somebody else ended the session.
        world.sandbox.revoke_all();
        world.renew();
        until("the session is over", 10, || get(&grant).status != 200);
        let told = assert_failed(&get(&grant), 403, Code::NeedsSignIn);
        assert!(told.contains("poolkey login acme"), "{told}");

        // The same grant, the same token: it is the person's to sign in, not the container's.
        world.sign_in();
        world.keys();
        until("there are keys again", 10, || get(&grant).has_keys());
        let out = world.poolkey(&["logout", "acme"], "");
        assert_eq!(out.code, 0, "{out:?}");
        assert_failed(&get(&grant), 403, Code::SignedOut);

        let config = world
            .usual_config()
            .replace("[profile.dev]", "[profile.other]");
        world.configure(&config);
        assert_eq!(world.ask(&Ask::Reload), Reply::Done);
        until("the profile is gone", 5, || {
            get(&grant).json()["Code"] == "unknown_profile"
        });
        assert_failed(&get(&grant), 404, Code::UnknownProfile);
        revoke(world, &grant);
    });
}

/// Offline with nothing in memory.
#[test]
fn who_is_offline_may_ask_again() {
    story(Setup::default(), |world| {
        world.sign_in();
        world.keys();
        world.kill_daemon();
        world.road.cut();
        world.start_daemon();
        let grant = lend(world, None);
        let asked = Instant::now();
        let answer = get(&grant);
        assert!(asked.elapsed() < Duration::from_secs(1));
        assert_eq!(answer.status, 503, "{answer:?}");
        until("it says so", 10, || get(&grant).json()["Code"] == "offline");
        world.road.mend();
        until("there are keys", 20, || get(&grant).has_keys());
    });
}

/// The endpoint has keys of a profile, and nothing else of its login.
#[test]
fn tokens_are_not_for_the_endpoint() {
    story(Setup::default(), |world| {
        world.sign_in();
        world.keys();
        let grant = lend(world, None);
        let ask = Ask::Token {
            login: "acme".into(),
            kind: TokenKind::Id,
        };
        let body = get(&grant).body;
        if let Reply::Token(token) = world.ask(&ask) {
            assert!(!body.contains(token.token.expose()));
        }
        assert!(!body.contains("refresh"));
    });
}

fn expires(keys: &Value) -> i64 {
    let text = keys["Expiration"].as_str().unwrap();
    assert!(text.len() == 20 && text.ends_with('Z'), "{text}");
    text.parse::<jiff::Timestamp>().unwrap().as_second()
}

fn assert_failed(answer: &Answer, status: u16, code: Code) -> String {
    assert_eq!(answer.status, status, "{answer:?}");
    assert!(!answer.has_keys());
    let told = answer.json();
    assert_eq!(told["Code"], serde_json::to_value(code).unwrap());
    told["Message"].as_str().unwrap().to_owned()
}
