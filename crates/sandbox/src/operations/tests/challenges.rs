//! Right requests of what comes between a sign-in's beginning and its end, and of devices.

use serde_json::{Value, json};

use crate::play::Play;

/// A world, and requests that are right if they are made in this order.
pub(super) fn requests() -> (Play, Vec<(&'static str, Value)>) {
    let custom = json!([{ "parameters": { "q": "?" }, "answer": "!" }]);
    let mut play = Play::new(json!({
        "pool": {
            "mfa": "OPTIONAL",
            "factors": ["SOFTWARE_TOKEN_MFA", "SMS_MFA", "EMAIL_OTP"],
            "devices": "always",
            "first_factors": ["PASSWORD", "EMAIL_OTP", "SMS_OTP"],
            "custom": custom,
        },
        "user": { "phone": "+12025551234" },
    }));
    let mut all = Vec::new();
    let mut tokens = Value::Null;
    let mut keys = Vec::new();
    for _ in 0..2 {
        let done = play.sign_in(&json!({})).expect("tokens");
        keys.push(play.confirm(&done).0);
        tokens = done;
    }
    let result = &tokens["AuthenticationResult"];
    let token = &result["AccessToken"];
    let own = json!({ "AccessToken": token, "DeviceKey": keys[0].key });
    let mut confirm = own.clone();
    let secret = crate::srp::device_secret(keys[0].who(), "x");
    confirm["DeviceSecretVerifierConfig"] = secret;
    let mut status = own.clone();
    status["DeviceRememberedStatus"] = json!("remembered");
    let named = |body: &Value, key: &str| {
        let mut body = body.clone();
        body["UserPoolId"] = json!(play.seeded.user_pool_id);
        body["Username"] = json!("alice");
        body["DeviceKey"] = json!(key);
        body
    };
    let second = &keys[1].key;
    for (name, request) in [
        ("ConfirmDevice", confirm),
        ("GetDevice", own.clone()),
        ("ListDevices", json!({ "AccessToken": token, "Limit": 1 })),
        ("UpdateDeviceStatus", status.clone()),
        ("AdminGetDevice", named(&own, second)),
        ("AdminListDevices", named(&own, second)),
        ("AdminUpdateDeviceStatus", named(&status, second)),
        ("AdminForgetDevice", named(&own, second)),
    ] {
        all.push((name, request));
    }

    let choice = json!({ "ANSWER": "PASSWORD", "PASSWORD": play.seeded.password });
    for (flow, start, answer) in [
        ("USER_AUTH", json!({}), choice),
        (
            "USER_AUTH",
            json!({ "PREFERRED_CHALLENGE": "PASSWORD_SRP" }),
            json!({ "SRP_A": "abcdef" }),
        ),
        ("CUSTOM_AUTH", json!({}), json!({ "ANSWER": "!" })),
    ] {
        let asked = play.start(flow, &start).expect("a question");
        all.push(answer_to(&play, &asked, &answer));
    }
    for name in ["EMAIL_OTP", "SMS_OTP"] {
        let start = json!({ "PREFERRED_CHALLENGE": name });
        let asked = play.start("USER_AUTH", &start).expect("a question");
        let answer = json!({ format!("{name}_CODE"): play.code() });
        all.push(answer_to(&play, &asked, &answer));
    }
    let device = json!({ "DEVICE_KEY": keys[0].key, "SRP_A": "abcdef" });
    let asked = play.sign_in(&device).expect("a question");
    all.push(answer_to(&play, &asked, &device));
    all.push(("ForgetDevice", own));
    (play, all)
}

fn answer_to(play: &Play, asked: &Value, answer: &Value) -> (&'static str, Value) {
    let mut responses = json!({ "USERNAME": play.seeded.username });
    crate::play::extend(&mut responses, answer);
    let body = json!({
        "ClientId": play.seeded.client_id,
        "ChallengeName": asked["ChallengeName"],
        "Session": asked["Session"],
        "ChallengeResponses": responses,
    });
    ("RespondToAuthChallenge", body)
}
