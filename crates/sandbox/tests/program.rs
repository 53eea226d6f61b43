//! The program itself: its ready line, its ends, and what faults do to a connection.

use std::{
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::{Value, json};

mod running;

use running::{Answer, Running, command, request, target};

const GET_USER: &str = "AWSCognitoIdentityProviderService.GetUser";
const GET_ID: &str = "AWSCognitoIdentityService.GetId";

#[test]
fn the_demo_never_changes() {
    let sandbox = Running::start(&["--demo"]);
    let demo = &sandbox.ready["seeded"][0];
    assert_eq!(demo["user_pool_id"], "us-east-1_Demo00001");
    assert_eq!(demo["client_id"], "demo0000000000000000000001");
    assert_eq!(
        demo["identity_pool_id"],
        "us-east-1:00000000-0000-4000-8000-000000000001"
    );
    assert_eq!(
        (&demo["username"], &demo["password"]),
        (&json!("demo"), &json!("Demo-Passw0rd!"))
    );
    assert_eq!(demo["url"], sandbox.ready["url"]);
    let answer = sandbox.call(
        "AWSCognitoIdentityProviderService.InitiateAuth",
        &json!({
            "ClientId": demo["client_id"],
            "AuthFlow": "USER_PASSWORD_AUTH",
            "AuthParameters": { "USERNAME": "demo", "PASSWORD": "Demo-Passw0rd!" },
        }),
    );
    assert!(answer.json()["AuthenticationResult"]["IdToken"].is_string());
}

#[test]
fn a_seed_file_holds_one_or_many() {
    let path = file("seed");
    for (seeds, count) in [
        (r#"{"user":{"username":"ann"}}"#, 1),
        (
            r#"[{"user":{"username":"ann"}},{"user":{"username":"ben"}}]"#,
            2,
        ),
    ] {
        std::fs::write(&path, seeds).expect("written");
        let sandbox = Running::start(&["--seed", text(&path), "--region", "eu-west-1"]);
        let seeded = sandbox.ready["seeded"].as_array().expect("a list");
        assert_eq!(seeded.len(), count);
        assert_eq!(seeded[0]["username"], "ann");
        assert!(
            seeded[0]["user_pool_id"]
                .as_str()
                .expect("a text")
                .starts_with("eu-west-1_")
        );
    }
    std::fs::remove_file(&path).expect("removed");
}

#[test]
fn a_custom_challenge_comes_from_a_file() {
    const INITIATE: &str = "AWSCognitoIdentityProviderService.InitiateAuth";
    const RESPOND: &str = "AWSCognitoIdentityProviderService.RespondToAuthChallenge";
    let path = file("custom");
    let rounds = json!([
        { "parameters": { "question": "2 + 2?" }, "answer": "4" },
        { "parameters": { "question": "And twice that?" }, "answer": "8" },
    ]);
    std::fs::write(&path, rounds.to_string()).expect("written");
    let sandbox = Running::start(&["--demo", "--custom-challenges", text(&path)]);
    let client = &sandbox.ready["seeded"][0]["client_id"];
    let start = json!({
        "ClientId": client,
        "AuthFlow": "CUSTOM_AUTH",
        "AuthParameters": { "USERNAME": "demo" },
    });
    let mut asked = sandbox.call(INITIATE, &start).json();
    for round in rounds.as_array().expect("a list") {
        assert_eq!(asked["ChallengeName"], "CUSTOM_CHALLENGE");
        assert_eq!(
            asked["ChallengeParameters"]["question"],
            round["parameters"]["question"]
        );
        let answer = json!({
            "ClientId": client,
            "ChallengeName": "CUSTOM_CHALLENGE",
            "Session": asked["Session"],
            "ChallengeResponses": { "USERNAME": "demo", "ANSWER": round["answer"] },
        });
        asked = sandbox.call(RESPOND, &answer).json();
    }
    assert!(asked["AuthenticationResult"]["IdToken"].is_string());

    // A pool keeps the challenge that its seed has.
    let seed = json!({ "pool": { "custom": [{ "parameters": { "question": "Own?" } }] } });
    let seeds = file("custom-seed");
    std::fs::write(&seeds, seed.to_string()).expect("written");
    let files = ["--custom-challenges", text(&path), "--seed", text(&seeds)];
    let sandbox = Running::start(&files);
    let start = json!({
        "ClientId": sandbox.ready["seeded"][0]["client_id"],
        "AuthFlow": "CUSTOM_AUTH",
        "AuthParameters": { "USERNAME": "alice" },
    });
    let asked = sandbox.call(INITIATE, &start).json();
    assert_eq!(asked["ChallengeParameters"]["question"], "Own?");
    for path in [path, seeds] {
        std::fs::remove_file(path).expect("removed");
    }
}

#[test]
fn a_file_that_cannot_be_used_is_named() {
    let path = file("bad");
    for (option, content, why) in [
        ("--seed", Some(r#"{"users":[]}"#), "unknown field `users`"),
        ("--seed", Some(r#"[{"user":1}]"#), "line 1 column"),
        ("--seed", Some("[]"), "there is not even a seed in it"),
        ("--seed", None, "No such file"),
        ("--custom-challenges", Some("[]"), "not even a round"),
        (
            "--custom-challenges",
            Some(r#"[{"answers":1}]"#),
            "`answers`",
        ),
    ] {
        match content {
            Some(content) => std::fs::write(&path, content).expect("written"),
            None => std::fs::remove_file(&path).expect("removed"),
        }
        let output = command(&["--demo", option, text(&path)]).output();
        let output = output.expect("it ran");
        assert!(!output.status.success(), "{option} {content:?}");
        let log = String::from_utf8_lossy(&output.stderr);
        assert!(log.contains(text(&path)) && log.contains(why), "{log}");
    }
    let alone = command(&["--custom-challenges", text(&path)]).output();
    let alone = alone.expect("it ran");
    assert!(!alone.status.success());
    let log = String::from_utf8_lossy(&alone.stderr);
    assert!(log.contains("--seed") && log.contains("--demo"), "{log}");
    std::fs::remove_file(&path).expect("removed");
}

#[test]
fn it_stops_when_standard_input_ends() {
    let mut sandbox = Running::start(&[]);
    sandbox.stdin = None;
    assert!(sandbox.child.wait().expect("ended").success());
}

#[cfg(unix)]
#[test]
fn it_stops_when_told_to() {
    let mut sandbox = Running::start(&[]);
    let id = sandbox.child.id().to_string();
    assert!(
        std::process::Command::new("kill")
            .args(["-TERM", &id])
            .status()
            .expect("kill")
            .success()
    );
    assert!(sandbox.child.wait().expect("ended").success());
}

#[test]
fn a_port_that_is_taken_is_named() {
    let sandbox = Running::start(&[]);
    let (_, port) = sandbox.address().rsplit_once(':').expect("a port");
    let output = command(&["--port", port]).output().expect("it ran");
    assert!(!output.status.success());
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(
        log.contains(&format!("port {port} on 127.0.0.1 cannot be had")),
        "{log}"
    );
}

#[test]
fn a_bad_seed_is_named() {
    let sandbox = Running::start(&["--demo"]);
    for (seed, why) in [
        (json!({ "pool": { "id": "us-east-1_Demo00001" } }), "taken"),
        (
            json!({ "pool": { "id": "eu-west-1_Demo00001" } }),
            "not a pool id of the region",
        ),
        (
            json!({ "client": { "rotation_grace_seconds": 61 } }),
            "RetryGracePeriodSeconds",
        ),
        (json!({ "user": { "password": "short" } }), "Password"),
        (json!({ "users": [] }), "unknown field"),
    ] {
        let answer = sandbox.control("POST", "seed", &seed);
        assert_eq!(answer.status(), 400, "{seed}");
        assert!(answer.body.contains(why), "{}", answer.body);
    }
}

#[test]
fn the_control_endpoint_has_a_lock() {
    let sandbox = Running::start(&[]);
    for headers in [
        "",
        "X-Sandbox-Control: wrong\r\n",
        "X-Sandbox-Control: \r\n",
    ] {
        let answer = sandbox.send("GET", "/_sandbox/minted", headers, "");
        assert_eq!(answer.status(), 403, "{headers:?}");
    }
    assert_eq!(
        sandbox.send("GET", "/_sandbox/health", "", "").status(),
        200
    );
    assert_eq!(
        sandbox.control("GET", "nothing", &Value::Null).status(),
        404
    );
}

#[test]
fn a_dropped_reply_is_no_reply() {
    let sandbox = Running::start(&[]);
    for when in ["before", "after"] {
        sandbox.fault(&json!({ "operation": "GetUser", "drop": when }));
        assert_eq!(sandbox.call(GET_USER, &json!({})).all, "", "{when}");
    }
    let calls = sandbox.control("GET", "calls", &Value::Null).json();
    assert_eq!(calls["counts"]["GetUser"], 2);
    assert_eq!(calls["calls"][0]["outcome"], "dropped");
    assert_eq!(calls["calls"][0]["fault"], "drop before");
    assert_eq!(calls["calls"][1]["outcome"], "InvalidParameterException");
    assert_eq!(calls["calls"][1]["fault"], "drop after");
}

#[test]
fn a_cut_reply_has_its_first_bytes() {
    let sandbox = Running::start(&[]);
    let whole = sandbox.call(GET_USER, &json!({}));
    sandbox.fault(&json!({ "operation": "GetUser", "truncate_after_bytes": 10 }));
    let cut = sandbox.call(GET_USER, &json!({}));
    assert_eq!(cut.body, whole.body[..10]);
    let length = |answer: &Answer| answer.header("content-length").map(str::to_owned);
    assert_eq!(length(&cut), length(&whole));
}

#[test]
fn errors_come_as_asked() {
    let sandbox = Running::start(&[]);
    sandbox.fault(&json!([
        { "operation": "GetUser", "error": { "code": "InternalErrorException" } },
        { "operation": "GetUser", "error": { "code": "ForbiddenException", "message": "WAF" } },
        { "operation": "GetUser", "error": { "status": 502, "body": "<html>Bad gateway</html>" } },
        { "operation": "GetCallerIdentity", "error": { "code": "Throttling" } },
    ]));
    let answer = sandbox.call(GET_USER, &json!({}));
    assert_eq!(
        (answer.status(), &answer.json()["__type"]),
        (500, &json!("InternalErrorException"))
    );
    assert_eq!(
        answer.header("x-amzn-errortype"),
        Some("InternalErrorException:")
    );
    let answer = sandbox.call(GET_USER, &json!({}));
    assert_eq!(
        (answer.status(), &answer.json()["message"]),
        (403, &json!("WAF"))
    );
    let answer = sandbox.call(GET_USER, &json!({}));
    assert_eq!(
        (answer.status(), &*answer.body),
        (502, "<html>Bad gateway</html>")
    );
    let answer = sandbox.send(
        "POST",
        "/",
        "",
        "Action=GetCallerIdentity&Version=2011-06-15",
    );
    assert_eq!(answer.status(), 400);
    assert!(
        answer.body.contains("<Code>Throttling</Code>"),
        "{}",
        answer.body
    );
    let answer = sandbox.send(
        "POST",
        "/",
        "",
        "Action=GetCallerIdentity&Version=2011-06-15",
    );
    assert!(
        answer
            .body
            .contains("<Code>MissingAuthenticationToken</Code>"),
        "{}",
        answer.body
    );
}

#[test]
fn a_delay_holds_up_only_its_own_call() {
    let sandbox = Running::start(&[]);
    sandbox.fault(&json!({ "operation": "GetUser", "delay_before_ms": 60_000 }));
    let mut stuck = sandbox.connect();
    stuck
        .write_all(request("POST", "/", &target(GET_USER), "{}").as_bytes())
        .expect("sent");
    assert_eq!(sandbox.call(GET_ID, &json!({})).status(), 400);
    stuck
        .set_read_timeout(Some(Duration::from_millis(100)))
        .expect("a timeout");
    assert!(stuck.read(&mut [0]).is_err());
}

#[test]
fn the_date_follows_the_clock() {
    let sandbox = Running::start(&[]);
    let year = |answer: &Answer| {
        answer
            .header("date")
            .and_then(|d| d[12..16].parse::<i64>().ok())
    };
    let now = year(&sandbox.call(GET_USER, &json!({}))).expect("a year");
    const YEARS: i64 = 10 * 366 * 86_400;
    for body in [
        json!({ "offset_seconds": YEARS }),
        json!({ "offset_seconds": 0, "date_skew_seconds": YEARS }),
    ] {
        sandbox.control("POST", "clock", &body);
        assert_eq!(
            year(&sandbox.call(GET_USER, &json!({}))),
            Some(now + 10),
            "{body}"
        );
    }
    sandbox.control("POST", "reset", &json!({}));
    assert_eq!(year(&sandbox.call(GET_USER, &json!({}))), Some(now));
}

#[test]
fn lifetimes_are_set_one_by_one() {
    let sandbox = Running::start(&[]);
    let set = |body: Value| sandbox.control("POST", "lifetimes", &body);
    set(json!({ "keys_seconds": 20 }));
    let all = set(json!({ "id_token_seconds": 60 })).json();
    assert_eq!(
        (&all["keys_seconds"], &all["id_token_seconds"]),
        (&json!(20), &json!(60))
    );
    assert!(set(json!({ "id_token_seconds": null })).json()["id_token_seconds"].is_null());
    assert_eq!(set(json!({ "keys": 20 })).status(), 400);
}

/// A file of this process for a test.
fn file(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("sandbox-{name}-{}.json", std::process::id()))
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a text")
}
