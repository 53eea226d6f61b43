//! Sign-ins that are asked for more than a password, over HTTP, with what a test sees from outside:
//! the outbox, the clock, an authenticator app's code.

use serde_json::{Value, json};

mod desk;
mod running;

use desk::{Desk, Refused, Reply, refusal};

#[test]
fn the_journal_tells_which_device_came_along() {
    let desk = Desk::new(&json!({}));
    let key = "us-east-1_00000000-0000-4000-8000-000000000000";
    for device in [json!(key), json!(""), json!("x".repeat(56)), Value::Null] {
        let with = |mut parameters: Value| {
            parameters["USERNAME"] = json!("alice");
            parameters["DEVICE_KEY"] = device.clone();
            parameters
        };
        desk.sandbox.control("DELETE", "calls", &Value::Null);
        // Whether it is the right one, and whether all else is right, does not matter.
        for (operation, request) in [
            (
                "InitiateAuth",
                json!({
                    "AuthFlow": "USER_PASSWORD_AUTH",
                    "AuthParameters": with(json!({ "PASSWORD": "wrong" })),
                }),
            ),
            (
                "RespondToAuthChallenge",
                json!({
                    "ChallengeName": "SMS_MFA",
                    "ChallengeResponses": with(json!({})),
                }),
            ),
            (
                "InitiateAuth",
                json!({
                    "AuthFlow": "REFRESH_TOKEN_AUTH",
                    "AuthParameters": with(json!({ "REFRESH_TOKEN": "x" })),
                }),
            ),
            (
                "GetTokensFromRefreshToken",
                json!({ "RefreshToken": "x", "DeviceKey": device }),
            ),
        ] {
            desk.call(operation, request).expect_err("refused");
        }
        let calls = desk.sandbox.control("GET", "calls", &Value::Null).json();
        let calls = calls["calls"].as_array().expect("a list").clone();
        let told: Vec<_> = calls
            .iter()
            .map(|call| call["device_key"].as_str())
            .collect();
        let expected = device.as_str().filter(|device| *device == key);
        assert_eq!(told, [expected; 4], "{device}");
    }
}

#[test]
fn a_code_from_the_outbox() {
    let desk = Desk::new(&json!({
        "pool": { "mfa": "ON", "factors": ["SMS_MFA"] },
        "user": { "phone": "+12025551234" },
    }));
    let asked = sign_in(&desk).expect("a question");
    assert_eq!(asked["ChallengeName"], "SMS_MFA");
    let message = desk.messages().pop().expect("a message");
    assert_eq!(
        (&message["to"], &message["medium"], &message["purpose"]),
        (&json!("+12025551234"), &json!("sms"), &json!("SMS_MFA"))
    );
    let done = answer(&desk, &asked, json!({ "SMS_MFA_CODE": desk.code() }));
    assert!(signed_in(&done.expect("tokens")));
}

#[test]
fn a_code_of_an_app_by_the_moved_clock() {
    let mut desk = Desk::new(&json!({
        "pool": { "mfa": "ON" },
        "user": { "totp_key": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" },
    }));
    for _ in 0..2 {
        let asked = sign_in(&desk).expect("a question");
        let code = json!({ "SOFTWARE_TOKEN_MFA_CODE": desk.app_code(&desk.seeded["totp_key"]) });
        let done = answer(&desk, &asked, code.clone()).expect("tokens");
        assert!(signed_in(&done));
        let asked = sign_in(&desk).expect("a question");
        assert_eq!(refusal(answer(&desk, &asked, code)), "ExpiredCodeException");
        desk.wait(86_400);
    }
}

#[test]
fn an_app_set_up_after_a_new_password() {
    let desk = Desk::new(&json!({ "pool": { "mfa": "ON" }, "user": { "temporary": true } }));
    let asked = sign_in(&desk).expect("a question");
    assert_eq!(asked["ChallengeName"], "NEW_PASSWORD_REQUIRED");
    let asked = answer(&desk, &asked, json!({ "NEW_PASSWORD": "New-Passw0rd" }));
    let asked = asked.expect("a question");
    assert_eq!(asked["ChallengeName"], "MFA_SETUP");
    let given = desk.call(
        "AssociateSoftwareToken",
        json!({ "Session": asked["Session"] }),
    );
    let given = given.expect("a key");
    let code = desk.app_code(&given["SecretCode"]);
    let verify = json!({ "Session": given["Session"], "UserCode": code });
    let verified = desk.call("VerifySoftwareToken", verify).expect("verified");
    let asked = json!({ "ChallengeName": "MFA_SETUP", "Session": verified["Session"] });
    assert!(signed_in(
        &answer(&desk, &asked, json!({})).expect("tokens")
    ));
}

#[test]
fn a_code_in_place_of_a_password() {
    let desk = Desk::new(&json!({ "pool": { "first_factors": ["PASSWORD", "EMAIL_OTP"] } }));
    let asked = start(&desk, "USER_AUTH", json!({})).expect("a question");
    assert_eq!(
        asked["AvailableChallenges"],
        json!(["PASSWORD_SRP", "PASSWORD", "EMAIL_OTP"])
    );
    let asked = answer(&desk, &asked, json!({ "ANSWER": "EMAIL_OTP" })).expect("a question");
    let done = answer(&desk, &asked, json!({ "EMAIL_OTP_CODE": desk.code() }));
    assert!(signed_in(&done.expect("tokens")));
}

#[test]
fn questions_of_the_pools_own() {
    let desk = Desk::new(&json!({ "pool": { "custom": [
        { "parameters": { "question": "who goes there?" }, "answer": "a friend" },
    ] } }));
    let mut asked = start(&desk, "CUSTOM_AUTH", json!({})).expect("a question");
    for _ in 0..2 {
        asked = answer(&desk, &asked, json!({ "ANSWER": "me" })).expect("the question again");
        assert_eq!(asked["ChallengeParameters"]["question"], "who goes there?");
    }
    let done = answer(&desk, &asked, json!({ "ANSWER": "a friend" })).expect("tokens");
    assert!(signed_in(&done));
}

#[test]
fn a_session_that_is_too_old() {
    let mut desk = Desk::new(&json!({
        "pool": { "mfa": "ON", "factors": ["EMAIL_OTP"] },
        "client": { "session_minutes": 5 },
    }));
    let first = sign_in(&desk).expect("a question");
    let code = json!({ "EMAIL_OTP_CODE": desk.code() });
    desk.wait(299);
    assert!(signed_in(
        &answer(&desk, &first, code).expect("just in time")
    ));
    let second = sign_in(&desk).expect("a question");
    let code = json!({ "EMAIL_OTP_CODE": desk.code() });
    desk.wait(300);
    assert_eq!(
        answer(&desk, &second, code),
        Err(Refused {
            code: "NotAuthorizedException".into(),
            message: "Invalid session for the user, session is expired.".into(),
        })
    );
}

#[test]
fn a_refresh_without_its_device() {
    let desk = Desk::new(&json!({ "pool": { "devices": "always" } }));
    let done = sign_in(&desk).expect("tokens");
    let result = &done["AuthenticationResult"];
    assert!(result["NewDeviceMetadata"]["DeviceKey"].is_string());
    let refresh = json!({ "RefreshToken": result["RefreshToken"] });
    assert_eq!(
        desk.call("GetTokensFromRefreshToken", refresh),
        Err(Refused {
            code: "NotAuthorizedException".into(),
            message: "Invalid Refresh Token.".into(),
        })
    );
}

fn sign_in(desk: &Desk) -> Reply {
    let text = |name: &str| desk.seeded[name].as_str().expect("a text");
    desk.sign_in(text("username"), text("password"))
}

fn start(desk: &Desk, flow: &str, more: Value) -> Reply {
    let parameters = named(desk, more);
    let request = json!({ "AuthFlow": flow, "AuthParameters": parameters });
    desk.call("InitiateAuth", request)
}

fn answer(desk: &Desk, asked: &Value, more: Value) -> Reply {
    let request = json!({
        "ChallengeName": asked["ChallengeName"],
        "Session": asked["Session"],
        "ChallengeResponses": named(desk, more),
    });
    desk.call("RespondToAuthChallenge", request)
}

fn named(desk: &Desk, mut more: Value) -> Value {
    more["USERNAME"] = desk.seeded["username"].clone();
    more
}

fn signed_in(done: &Value) -> bool {
    done["AuthenticationResult"]["IdToken"].is_string()
}
