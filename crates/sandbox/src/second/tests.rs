use serde_json::{Value, json};

use crate::{
    play::{Play, refused, signed_in},
    totp::Key,
};

const TOTP: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const PHONE: &str = "+12025551234";

#[test]
fn who_is_asked_for_what() {
    let phone = json!({ "phone": PHONE });
    let token = json!({ "totp_key": TOTP });
    let both =
        json!({ "totp_key": TOTP, "phone": PHONE, "factors": ["SOFTWARE_TOKEN_MFA", "SMS_MFA"] });
    let preferring = json!({ "totp_key": TOTP, "phone": PHONE,
        "factors": ["SOFTWARE_TOKEN_MFA", "SMS_MFA"], "preferred_factor": "SMS_MFA" });
    let email = json!({ "factors": ["EMAIL_OTP"] });
    let sms = json!({ "phone": PHONE, "factors": ["SMS_MFA"] });
    let all = ["SOFTWARE_TOKEN_MFA", "SMS_MFA", "EMAIL_OTP"];
    for (mfa, allowed, user, asked) in [
        ("OFF", &[][..], &json!({}), None),
        ("OPTIONAL", &all, &json!({}), None),
        ("OPTIONAL", &all, &phone, None),
        ("OPTIONAL", &all, &token, Some("SOFTWARE_TOKEN_MFA")),
        ("OPTIONAL", &all, &sms, Some("SMS_MFA")),
        ("OPTIONAL", &all, &email, Some("EMAIL_OTP")),
        ("OPTIONAL", &all, &both, Some("SELECT_MFA_TYPE")),
        ("OPTIONAL", &all, &preferring, Some("SMS_MFA")),
        ("ON", &all[..1], &json!({}), Some("MFA_SETUP")),
        ("ON", &all[..1], &token, Some("SOFTWARE_TOKEN_MFA")),
        ("ON", &all[1..2], &phone, Some("SMS_MFA")),
        ("ON", &all[1..2], &json!({}), Some("MFA_SETUP")),
        ("ON", &all[2..], &json!({}), Some("EMAIL_OTP")),
    ] {
        let mut play =
            Play::new(json!({ "pool": { "mfa": mfa, "factors": allowed }, "user": user }));
        for answer in [play.sign_in(&json!({})), play.prove(&json!({}))] {
            let answer = answer.expect("a question or tokens");
            assert_eq!(
                answer["ChallengeName"].as_str(),
                asked,
                "{mfa} {allowed:?} {user}"
            );
            assert_eq!(signed_in(&answer), asked.is_none());
        }
    }
}

#[test]
fn a_code_by_text_message() {
    let mut play = with_sms();
    let asked = play.sign_in(&json!({})).expect("a question");
    assert_eq!(
        asked["ChallengeParameters"],
        json!({
            "CODE_DELIVERY_DELIVERY_MEDIUM": "SMS",
            "CODE_DELIVERY_DESTINATION": "+*******1234",
            "USER_ID_FOR_SRP": "alice",
        })
    );
    let message = play.world.outbox.messages().back().expect("a message");
    assert_eq!(
        (message.to.as_str(), message.user.as_str()),
        (PHONE, "alice")
    );
    let code = play.code();
    let answer = play
        .answer(&asked, &json!({ "SMS_MFA_CODE": code }))
        .expect("tokens");
    assert!(signed_in(&answer));
    // And only once.
    let again = refused(play.answer(&asked, &json!({ "SMS_MFA_CODE": code })));
    assert_eq!(
        again.1,
        "Invalid session for the user, session can only be used once."
    );
}

#[test]
fn a_code_by_email_verifies_the_address() {
    let pool = json!({ "mfa": "OPTIONAL", "factors": ["EMAIL_OTP"] });
    let mut play = Play::new(json!({ "pool": pool, "user": { "factors": ["EMAIL_OTP"] } }));
    set(&mut play, "email_verified", "false");
    let asked = play.sign_in(&json!({})).expect("a question");
    let parameters = &asked["ChallengeParameters"];
    assert_eq!(parameters["CODE_DELIVERY_DELIVERY_MEDIUM"], "EMAIL");
    assert_eq!(parameters["CODE_DELIVERY_DESTINATION"], "a***@e***");
    let code = play.code();
    let answer = play
        .answer(&asked, &json!({ "EMAIL_OTP_CODE": code }))
        .expect("tokens");
    assert!(signed_in(&answer));
    let pool = play
        .world
        .pool(&play.seeded.user_pool_id)
        .expect("the pool");
    assert!(pool.user("alice").expect("the user").verified("email"));
}

#[test]
fn a_wrong_code_can_be_mended_a_few_times() {
    let mut play = with_sms();
    let asked = play.sign_in(&json!({})).expect("a question");
    let right = play.code();
    let wrong = if right == "000000" {
        "000001"
    } else {
        "000000"
    };
    for _ in 0..4 {
        let refusal = refused(play.answer(&asked, &json!({ "SMS_MFA_CODE": wrong })));
        assert_eq!(
            refusal,
            (
                "CodeMismatchException".into(),
                "Invalid code or auth state for the user.".into()
            )
        );
    }
    assert!(signed_in(
        &play
            .answer(&asked, &json!({ "SMS_MFA_CODE": right }))
            .expect("tokens")
    ));

    let asked = play.sign_in(&json!({})).expect("a question");
    let right = play.code();
    for _ in 0..5 {
        refused(play.answer(&asked, &json!({ "SMS_MFA_CODE": "x" })));
    }
    let refusal = refused(play.answer(&asked, &json!({ "SMS_MFA_CODE": right })));
    assert_eq!(
        refusal.1,
        "Invalid session for the user, session is expired."
    );
    // Wrong codes count like wrong passwords.
    assert_eq!(
        refused(play.sign_in(&json!({}))).1,
        "Password attempts exceeded"
    );
    play.later(1);
    play.sign_in(&json!({})).expect("a question");
}

/// Knowing the password does not buy more guesses at the code.
#[test]
fn a_right_password_does_not_forgive_wrong_codes() {
    let mut play = with_sms();
    for _ in 0..5 {
        let asked = play.sign_in(&json!({})).expect("a question");
        refused(play.answer(&asked, &json!({ "SMS_MFA_CODE": "x" })));
    }
    assert_eq!(
        refused(play.sign_in(&json!({}))).1,
        "Password attempts exceeded"
    );
}

#[test]
fn a_code_of_an_app() {
    let mut play = with_totp();
    let asked = play.sign_in(&json!({})).expect("a question");
    assert_eq!(asked["ChallengeName"], "SOFTWARE_TOKEN_MFA");
    let refusal = refused(play.answer(&asked, &json!({ "SOFTWARE_TOKEN_MFA_CODE": "x" })));
    assert_eq!(
        refusal,
        (
            "CodeMismatchException".into(),
            "Invalid code received for user".into()
        )
    );
    let refusal = refused(play.answer(&asked, &json!({})));
    assert_eq!(
        refusal.1,
        "Missing required parameter SOFTWARE_TOKEN_MFA_CODE"
    );
    let code = json!({ "SOFTWARE_TOKEN_MFA_CODE": play.totp() });
    assert!(signed_in(&play.answer(&asked, &code).expect("tokens")));

    let asked = play.sign_in(&json!({})).expect("a question");
    let refusal = refused(play.answer(&asked, &code));
    assert_eq!(
        refusal,
        (
            "ExpiredCodeException".into(),
            "Your software token has already been used once.".into()
        )
    );
    play.later(30);
    let code = json!({ "SOFTWARE_TOKEN_MFA_CODE": play.totp() });
    assert!(signed_in(&play.answer(&asked, &code).expect("tokens")));
}

#[test]
fn one_of_several_is_chosen() {
    let pool = json!({ "mfa": "ON", "factors": ["SOFTWARE_TOKEN_MFA", "SMS_MFA"] });
    let user =
        json!({ "totp_key": TOTP, "phone": PHONE, "factors": ["SOFTWARE_TOKEN_MFA", "SMS_MFA"] });
    let mut play = Play::new(json!({ "pool": pool, "user": user }));
    let asked = play.sign_in(&json!({})).expect("a question");
    assert_eq!(
        asked["ChallengeParameters"]["MFAS_CAN_CHOOSE"],
        r#"["SOFTWARE_TOKEN_MFA","SMS_MFA"]"#
    );
    for wrong in ["EMAIL_OTP", "PASSWORD", "sms_mfa"] {
        let refusal = refused(play.answer(&asked, &json!({ "ANSWER": wrong })));
        assert_eq!(refusal.0, "InvalidParameterException");
    }
    let asked = play
        .answer(&asked, &json!({ "ANSWER": "SMS_MFA" }))
        .expect("a question");
    assert_eq!(asked["ChallengeName"], "SMS_MFA");
    let code = play.code();
    assert!(signed_in(
        &play
            .answer(&asked, &json!({ "SMS_MFA_CODE": code }))
            .expect("tokens")
    ));
}

#[test]
fn an_app_is_set_up_on_the_way_in() {
    let mut play = must_set_up(&json!({}));
    let first = play.sign_in(&json!({})).expect("a question");
    assert_eq!(first["ChallengeName"], "MFA_SETUP");
    assert_eq!(
        first["ChallengeParameters"]["MFAS_CAN_SETUP"],
        r#"["SOFTWARE_TOKEN_MFA"]"#
    );
    // Nothing is set up yet.
    let refusal = refused(play.answer(&first, &json!({})));
    assert_eq!(refusal.0, "SoftwareTokenMFANotFoundException");

    let given = play
        .call(
            "AssociateSoftwareToken",
            &json!({ "Session": first["Session"] }),
        )
        .expect("a key");
    play.seeded.totp_key = given["SecretCode"].as_str().map(str::to_owned);
    assert_eq!(given["SecretCode"].as_str().map(str::len), Some(52));
    let wrong = json!({ "Session": given["Session"], "UserCode": "000000" });
    let refusal = refused(play.call("VerifySoftwareToken", &wrong));
    assert_eq!(refusal.0, "EnableSoftwareTokenMFAException");
    let right = json!({ "Session": given["Session"], "UserCode": play.totp(), "FriendlyDeviceName": "phone" });
    let spent = json!({ "Session": first["Session"], "UserCode": play.totp() });
    refused(play.call("VerifySoftwareToken", &spent));
    let verified = play.call("VerifySoftwareToken", &right).expect("verified");
    assert_eq!(verified["Status"], "SUCCESS");

    // Only the last session is good for the answer.
    for session in [&first, &given] {
        let asked = json!({ "ChallengeName": "MFA_SETUP", "Session": session["Session"] });
        let refusal = refused(play.answer(&asked, &json!({})));
        assert_eq!(refusal.0, "NotAuthorizedException");
    }
    let asked = json!({ "ChallengeName": "MFA_SETUP", "Session": verified["Session"] });
    assert!(signed_in(&play.answer(&asked, &json!({})).expect("tokens")));

    let asked = play.sign_in(&json!({})).expect("a question");
    assert_eq!(asked["ChallengeName"], "SOFTWARE_TOKEN_MFA");
    assert_eq!(
        asked["ChallengeParameters"]["FRIENDLY_DEVICE_NAME"],
        "phone"
    );
}

#[test]
fn an_address_is_set_up_on_the_way_in() {
    let pool = json!({ "mfa": "ON", "factors": ["EMAIL_OTP"] });
    let mut play = Play::new(json!({ "pool": pool }));
    set(&mut play, "email_verified", "false");
    let asked = play.sign_in(&json!({})).expect("a question");
    assert_eq!(asked["ChallengeName"], "MFA_SETUP");
    refused(play.answer(&asked, &json!({ "EMAIL": "nowhere" })));
    let asked = play
        .answer(&asked, &json!({ "EMAIL": "new@example.org" }))
        .expect("a question");
    assert_eq!(asked["ChallengeName"], "EMAIL_OTP");
    let code = play.code();
    assert!(signed_in(
        &play
            .answer(&asked, &json!({ "EMAIL_OTP_CODE": code }))
            .expect("tokens")
    ));
    let asked = play.sign_in(&json!({})).expect("a question");
    assert_eq!(asked["ChallengeName"], "EMAIL_OTP");
}

/// New password, then set-up, then a device: the longest chain there is.
#[test]
fn the_whole_chain() {
    let mut play = must_set_up(&json!({ "temporary": true }));
    play.world
        .pool_mut(&play.seeded.user_pool_id.clone())
        .expect("the pool")
        .rules
        .devices = Some(crate::factor::DeviceRules {
        skip_mfa: true,
        ask: false,
    });
    let asked = play.prove(&json!({})).expect("a question");
    assert_eq!(asked["ChallengeName"], "NEW_PASSWORD_REQUIRED");
    let asked = play
        .answer(&asked, &json!({ "NEW_PASSWORD": "New-Passw0rd" }))
        .expect("a question");
    assert_eq!(asked["ChallengeName"], "MFA_SETUP");
    let given = play
        .call(
            "AssociateSoftwareToken",
            &json!({ "Session": asked["Session"] }),
        )
        .expect("a key");
    let key = given["SecretCode"].as_str().expect("a text");
    let code = Key::read(key).expect("a key").code(play.now());
    let verified = play
        .call(
            "VerifySoftwareToken",
            &json!({ "Session": given["Session"], "UserCode": code }),
        )
        .expect("verified");
    let asked = json!({ "ChallengeName": "MFA_SETUP", "Session": verified["Session"] });
    let done = play.answer(&asked, &json!({})).expect("tokens");
    let (kept, _) = play.confirm(&done);
    play.seeded.password = "New-Passw0rd".into();

    let asked = play
        .prove(&json!({ "DEVICE_KEY": kept.key }))
        .expect("a question");
    assert_eq!(asked["ChallengeName"], "DEVICE_SRP_AUTH");
    assert!(signed_in(&play.by_device(&asked, &kept).expect("tokens")));
}

#[test]
fn a_set_up_belongs_to_its_sign_in() {
    let mut play = must_set_up(&json!({}));
    let bob =
        play.plant(json!({ "client_id": play.seeded.client_id, "user": { "username": "bob" } }));
    let asked = play.sign_in(&json!({})).expect("a question");
    let given = play
        .call(
            "AssociateSoftwareToken",
            &json!({ "Session": asked["Session"] }),
        )
        .expect("a key");
    let key = Key::read(given["SecretCode"].as_str().expect("a text")).expect("a key");
    let verify = json!({ "Session": given["Session"], "UserCode": key.code(play.now()) });
    let verified = play.call("VerifySoftwareToken", &verify).expect("verified");
    let asked = json!({ "ChallengeName": "MFA_SETUP", "Session": verified["Session"] });
    let refusal = refused(play.answer_as(&bob, &asked, &json!({})));
    assert_eq!(refusal.1, "Invalid session for the user.");
    for session in ["", "x"] {
        let body = json!({ "Session": session });
        refused(play.call("AssociateSoftwareToken", &body));
    }
}

fn with_sms() -> Play {
    let pool = json!({ "mfa": "OPTIONAL", "factors": ["SMS_MFA"] });
    Play::new(json!({ "pool": pool, "user": { "phone": PHONE, "factors": ["SMS_MFA"] } }))
}

fn with_totp() -> Play {
    let pool = json!({ "mfa": "OPTIONAL", "factors": ["SOFTWARE_TOKEN_MFA"] });
    Play::new(json!({ "pool": pool, "user": { "totp_key": TOTP } }))
}

fn must_set_up(user: &Value) -> Play {
    let pool = json!({ "mfa": "ON", "factors": ["SOFTWARE_TOKEN_MFA"] });
    Play::new(json!({ "pool": pool, "user": user }))
}

fn set(play: &mut Play, attribute: &str, value: &str) {
    let pool = play.seeded.user_pool_id.clone();
    let pool = play.world.pool_mut(&pool).expect("the pool");
    let user = pool.user_mut("alice").expect("the user");
    user.attributes.insert(attribute.into(), value.into());
}
