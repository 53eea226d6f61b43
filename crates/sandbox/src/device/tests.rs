use serde_json::{Value, json};

use super::*;
use crate::{
    play::{Kept, Play, refused, signed_in},
    srp::Prover,
};

mod own;

const TOTP: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

#[test]
fn a_device_is_offered_where_the_pool_knows_devices() {
    let mut play = Play::new(json!({}));
    let done = play.sign_in(&json!({})).expect("tokens");
    assert!(done["AuthenticationResult"]["NewDeviceMetadata"].is_null());
    assert!(claims(&done)["device_key"].is_null());

    for devices in ["ask", "always"] {
        let mut play = Play::new(json!({ "pool": { "devices": devices } }));
        let done = play.sign_in(&json!({})).expect("tokens");
        let offered = &done["AuthenticationResult"]["NewDeviceMetadata"];
        let key = offered["DeviceKey"].as_str().expect("a text");
        assert!(key.starts_with("us-east-1_") && key.len() <= 55, "{key}");
        assert!(
            offered["DeviceGroupKey"]
                .as_str()
                .is_some_and(|group| group.starts_with('-'))
        );
        assert_eq!(claims(&done)["device_key"], key);
        // Before it is confirmed it is no device.
        let list = json!({ "AccessToken": done["AuthenticationResult"]["AccessToken"] });
        assert_eq!(
            play.call("ListDevices", &list).expect("a list")["Devices"],
            json!([])
        );
        let refusal = refused(play.sign_in(&json!({ "DEVICE_KEY": key })));
        assert_eq!(refusal.1, "Device does not exist.");

        let (kept, confirmed) = play.confirm(&done);
        assert_eq!(confirmed["UserConfirmationNecessary"], devices == "ask");
        let answer = play
            .prove(&json!({ "DEVICE_KEY": kept.key }))
            .expect("a question or tokens");
        assert_eq!(signed_in(&answer), devices == "ask");
    }
}

#[test]
fn a_device_stands_in_for_the_second_factor() {
    for (skips, chain) in [
        (true, &["DEVICE_SRP_AUTH"][..]),
        (false, &["SOFTWARE_TOKEN_MFA", "DEVICE_SRP_AUTH"]),
    ] {
        let (mut play, kept) = remembered(skips);
        play.later(60);
        for by_srp in [true, false] {
            let device = json!({ "DEVICE_KEY": kept.key });
            let mut answer = if by_srp {
                play.prove(&device)
            } else {
                play.sign_in(&device)
            };
            for name in chain {
                let asked = answer.expect("a question");
                assert_eq!(asked["ChallengeName"], *name, "skips: {skips}");
                answer = if *name == "DEVICE_SRP_AUTH" {
                    play.by_device(&asked, &kept)
                } else {
                    let code = play.totp();
                    play.answer(&asked, &json!({ "SOFTWARE_TOKEN_MFA_CODE": code }))
                };
            }
            let done = answer.expect("tokens");
            assert!(done["AuthenticationResult"]["NewDeviceMetadata"].is_null());
            assert_eq!(claims(&done)["device_key"], kept.key);
            play.later(60);
        }
    }
}

#[test]
fn a_device_that_is_not_remembered_stands_in_for_nothing() {
    let (mut play, kept) = remembered(true);
    let status = json!({ "UserPoolId": play.seeded.user_pool_id, "Username": "alice",
        "DeviceKey": kept.key, "DeviceRememberedStatus": "not_remembered" });
    play.call("AdminUpdateDeviceStatus", &status)
        .expect("changed");
    let asked = play
        .sign_in(&json!({ "DEVICE_KEY": kept.key }))
        .expect("a question");
    assert_eq!(asked["ChallengeName"], "SOFTWARE_TOKEN_MFA");
    play.later(60);
    let code = json!({ "SOFTWARE_TOKEN_MFA_CODE": play.totp(), "DEVICE_KEY": kept.key });
    let done = play.answer(&asked, &code).expect("tokens");
    assert!(done["AuthenticationResult"]["NewDeviceMetadata"].is_null());
}

#[test]
fn a_wrong_proof_of_a_device() {
    let (mut play, kept) = remembered(true);
    let spoilt = [
        Kept {
            password: "other".into(),
            ..kept.clone()
        },
        Kept {
            group: "-other".into(),
            ..kept.clone()
        },
    ];
    for wrong in spoilt {
        let asked = play
            .prove(&json!({ "DEVICE_KEY": kept.key }))
            .expect("a question");
        let refusal = refused(play.by_device(&asked, &wrong));
        assert_eq!(
            refusal,
            (
                "NotAuthorizedException".into(),
                "Incorrect username or password.".into()
            )
        );
    }
    // A stale time, though the proof over it is right.
    let asked = play
        .prove(&json!({ "DEVICE_KEY": kept.key }))
        .expect("a question");
    let prover = Prover::new();
    let asked = play
        .offer_proof(&prover, &asked, &kept)
        .expect("a question");
    let mut late = asked.clone();
    let claim = {
        play.later(-301);
        let stamp = play.now().format("%a %b %-d %H:%M:%S UTC %Y");
        play.later(301);
        let parameters = &asked["ChallengeParameters"];
        json!({
            "DEVICE_KEY": kept.key,
            "PASSWORD_CLAIM_SECRET_BLOCK": parameters["SECRET_BLOCK"],
            "PASSWORD_CLAIM_SIGNATURE":
                prover.signature(kept.who(), &kept.password, parameters, &stamp),
            "TIMESTAMP": stamp,
        })
    };
    late["Session"] = Value::Null;
    let refusal = refused(play.answer(&late, &claim));
    assert_eq!(refusal.1, "Incorrect username or password.");
    // Spent by the wrong answer.
    let refusal = refused(play.prove_device(&prover, &asked, &kept));
    assert_eq!(
        refusal.1,
        "Invalid session for the user, session can only be used once."
    );
}

/// pycognito answers without a session, amazon-cognito-identity-js with that of the second factor.
#[test]
fn the_session_of_a_device_may_be_missing() {
    for skips in [true, false] {
        let (mut play, kept) = remembered(skips);
        play.later(60);
        let first = play
            .prove(&json!({ "DEVICE_KEY": kept.key }))
            .expect("a question");
        let mut asked = first.clone();
        if !skips {
            let code = json!({ "SOFTWARE_TOKEN_MFA_CODE": play.totp() });
            asked = play.answer(&first, &code).expect("a question");
        }
        asked["Session"] = if skips {
            Value::Null
        } else {
            first["Session"].clone()
        };
        let prover = Prover::new();
        let mut asked = play
            .offer_proof(&prover, &asked, &kept)
            .expect("a question");
        asked["Session"] = Value::Null;
        assert!(signed_in(
            &play.prove_device(&prover, &asked, &kept).expect("tokens")
        ));
    }
    // But where nobody was asked, nobody can answer.
    let (mut play, kept) = remembered(true);
    let asked = json!({ "ChallengeName": "DEVICE_SRP_AUTH" });
    let refusal = refused(play.offer_proof(&Prover::new(), &asked, &kept));
    assert_eq!(refusal.1, "Invalid session for the user.");
    // And not with a session that is somebody else's.
    let asked = play
        .prove(&json!({ "DEVICE_KEY": kept.key }))
        .expect("a question");
    let mut other = asked.clone();
    other["Session"] = json!("x".repeat(40));
    let refusal = refused(play.offer_proof(&Prover::new(), &other, &kept));
    assert_eq!(refusal.1, "Invalid session for the user.");
}

#[test]
fn a_device_is_its_users_own() {
    let (mut play, kept) = remembered(true);
    let bob = json!({ "client_id": play.seeded.client_id, "user": { "username": "bob" } });
    let bob = play.plant(bob);
    let alice = std::mem::replace(&mut play.seeded, bob.clone());
    let refusal = refused(play.sign_in(&json!({ "DEVICE_KEY": kept.key })));
    assert_eq!(
        refusal,
        (
            "ResourceNotFoundException".into(),
            "Device does not exist.".into()
        )
    );
    play.seeded = alice;
    let asked = play
        .prove(&json!({ "DEVICE_KEY": kept.key }))
        .expect("a question");
    let responses = json!({ "DEVICE_KEY": kept.key, "SRP_A": Prover::new().srp_a() });
    let refusal = refused(play.answer_as(&bob, &asked, &responses));
    assert_eq!(refusal.1, "Invalid session for the user.");
}

/// Clients send the same proof again without the device that is gone.
#[test]
fn a_device_that_is_gone_does_not_spend_the_proof() {
    let (mut play, kept) = remembered(true);
    let forget = json!({ "UserPoolId": play.seeded.user_pool_id, "Username": "alice", "DeviceKey": kept.key });
    play.call("AdminForgetDevice", &forget).expect("forgotten");
    let prover = Prover::new();
    let device = json!({ "DEVICE_KEY": kept.key });
    let asked = play
        .start(
            "USER_SRP_AUTH",
            &json!({ "SRP_A": prover.srp_a(), "DEVICE_KEY": kept.key }),
        )
        .expect("a question");
    let refusal = refused(play.answer_verifier(&prover, &asked, &device));
    assert_eq!(refusal.1, "Device does not exist.");
    let again = play.answer_verifier(&prover, &asked, &json!({ "DEVICE_KEY": null }));
    let asked = again.expect("a question");
    assert_eq!(asked["ChallengeName"], "SOFTWARE_TOKEN_MFA");
    // Nor a session further on.
    play.later(60);
    let mut code = json!({ "SOFTWARE_TOKEN_MFA_CODE": play.totp(), "DEVICE_KEY": kept.key });
    let refusal = refused(play.answer(&asked, &code));
    assert_eq!(refusal.1, "Device does not exist.");
    code["DEVICE_KEY"] = Value::Null;
    assert!(signed_in(&play.answer(&asked, &code).expect("tokens")));
}

#[test]
fn a_refresh_needs_the_device() {
    for (devices, rotation) in [("ask", None), ("always", None), ("always", Some(60))] {
        let mut play = Play::new(json!({
            "pool": { "devices": devices }, "client": { "rotation_grace_seconds": rotation },
        }));
        let done = play.sign_in(&json!({})).expect("tokens");
        let result = &done["AuthenticationResult"];
        let token = result["RefreshToken"].as_str().expect("a token").to_owned();
        let key = result["NewDeviceMetadata"]["DeviceKey"]
            .as_str()
            .expect("a key")
            .to_owned();
        let invalid = "Invalid Refresh Token.";
        // Offered, and not confirmed yet.
        assert_eq!(refused(refresh(&mut play, &token, Some(&key))).1, invalid);
        let (kept, _) = play.confirm(&done);
        for wrong in [
            None,
            Some(""),
            Some("us-east-1_00000000-0000-4000-8000-000000000000"),
        ] {
            assert_eq!(
                refused(refresh(&mut play, &token, wrong)).1,
                invalid,
                "{wrong:?}"
            );
        }
        let renewed = refresh(&mut play, &token, Some(&kept.key)).expect("renewed");
        assert_eq!(claims(&renewed)["device_key"], kept.key);
        let token = renewed["AuthenticationResult"]["RefreshToken"].as_str();
        let token = token.or(result["RefreshToken"].as_str()).expect("a token");
        let token = token.to_owned();

        let forget = json!({ "AccessToken": result["AccessToken"], "DeviceKey": kept.key });
        play.call("ForgetDevice", &forget).expect("forgotten");
        assert_eq!(refused(refresh(&mut play, &token, None)).1, invalid);
        assert_eq!(
            refused(refresh(&mut play, &token, Some(&kept.key))),
            (
                "ResourceNotFoundException".into(),
                "Device does not exist.".into()
            )
        );
        // Where the pool stops to look at devices, so do refreshes.
        let id = play.seeded.user_pool_id.clone();
        play.world.pool_mut(&id).expect("the pool").rules.devices = None;
        refresh(&mut play, &token, None).expect("renewed");
    }
}

/// A user with an authenticator app, in a pool where all have to have one, and a device.
fn remembered(skips: bool) -> (Play, Kept) {
    let pool = json!({ "mfa": "ON", "factors": ["SOFTWARE_TOKEN_MFA"], "devices": "always", "device_skips_mfa": skips });
    let mut play = Play::new(json!({ "pool": pool, "user": { "totp_key": TOTP } }));
    let asked = play.sign_in(&json!({})).expect("a question");
    let code = json!({ "SOFTWARE_TOKEN_MFA_CODE": play.totp() });
    let done = play.answer(&asked, &code).expect("tokens");
    let (kept, _) = play.confirm(&done);
    (play, kept)
}

/// Both ways to refresh, which must agree; the flow knows no rotation.
fn refresh(play: &mut Play, token: &str, device: Option<&str>) -> Answer {
    let client = play.seeded.client_id.clone();
    let rotates = play.world.client(&client)?.rotation != crate::client::Rotation::Off;
    let body = json!({ "ClientId": client, "RefreshToken": token, "DeviceKey": device });
    let answer = play.call("GetTokensFromRefreshToken", &body);
    if !rotates {
        let flow = json!({
            "ClientId": client,
            "AuthFlow": "REFRESH_TOKEN_AUTH",
            "AuthParameters": { "REFRESH_TOKEN": token, "DEVICE_KEY": device },
        });
        let other = play.call("InitiateAuth", &flow);
        assert_eq!(other.as_ref().err(), answer.as_ref().err());
    }
    answer
}

/// The claims of an access token.
fn claims(done: &Value) -> Value {
    let token = done["AuthenticationResult"]["AccessToken"]
        .as_str()
        .expect("a token");
    let body = token.split('.').nth(1).expect("a body");
    let body = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(body);
    serde_json::from_slice(&body.expect("base64")).expect("JSON")
}
