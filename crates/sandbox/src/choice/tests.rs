use serde_json::{Value, json};

use crate::{
    play::{Play, refused, signed_in},
    srp::Prover,
};

const PHONE: &str = "+12025551234";
const CODES: [&str; 3] = ["PASSWORD", "EMAIL_OTP", "SMS_OTP"];

#[test]
fn what_is_available() {
    let password = ["PASSWORD_SRP", "PASSWORD"];
    let all = ["PASSWORD_SRP", "PASSWORD", "EMAIL_OTP", "SMS_OTP"];
    let with_phone = json!({ "phone": PHONE });
    let with_token = json!({ "phone": PHONE, "totp_key": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" });
    let temporary = json!({ "phone": PHONE, "temporary": true });
    let passkeys = ["PASSWORD", "WEB_AUTHN"];
    for (mfa, first, user, expected) in [
        ("OFF", &CODES[..1], &with_phone, &password[..]),
        ("OFF", &CODES, &with_phone, &all),
        ("OFF", &CODES, &json!({}), &all[..3]),
        ("OFF", &passkeys, &json!({}), &password),
        ("OFF", &CODES, &temporary, &password),
        ("OPTIONAL", &CODES, &with_phone, &all),
        ("OPTIONAL", &CODES, &with_token, &password),
        ("ON", &CODES[..1], &with_token, &password),
    ] {
        let mut play = play(&json!({ "mfa": mfa, "first_factors": first }), user);
        let asked = play.start("USER_AUTH", &json!({})).expect("a question");
        assert_eq!(asked["ChallengeName"], "SELECT_CHALLENGE");
        assert_eq!(
            asked["AvailableChallenges"],
            json!(expected),
            "{mfa} {first:?} {user}"
        );
        for choice in [
            "PASSWORD",
            "PASSWORD_SRP",
            "EMAIL_OTP",
            "SMS_OTP",
            "WEB_AUTHN",
        ] {
            if !expected.contains(&choice) {
                let refusal = refused(play.answer(&asked, &json!({ "ANSWER": choice })));
                assert_eq!(refusal.0, "InvalidParameterException", "{choice}");
                // As a preference it leads to the choice.
                let preferred = json!({ "PREFERRED_CHALLENGE": choice });
                let asked = play.start("USER_AUTH", &preferred).expect("a question");
                assert_eq!(asked["ChallengeName"], "SELECT_CHALLENGE");
            }
        }
    }
}

/// Offered to those who have one; only a browser could show it.
#[test]
fn a_passkey_is_offered_and_not_taken() {
    let first = json!({ "first_factors": ["PASSWORD", "WEB_AUTHN"] });
    let mut play = play(&first, &json!({ "passkey": true }));
    let asked = play.start("USER_AUTH", &json!({})).expect("a question");
    assert_eq!(
        asked["AvailableChallenges"],
        json!(["PASSWORD_SRP", "PASSWORD", "WEB_AUTHN"])
    );
    let refusal = refused(play.answer(&asked, &json!({ "ANSWER": "WEB_AUTHN" })));
    assert_eq!(refusal.0, "InvalidParameterException");
}

#[test]
fn codes_come_first() {
    let mut play = full();
    for (name, medium) in [("EMAIL_OTP", "EMAIL"), ("SMS_OTP", "SMS")] {
        for preferred in [true, false] {
            let asked = if preferred {
                play.start("USER_AUTH", &json!({ "PREFERRED_CHALLENGE": name }))
            } else {
                let asked = play.start("USER_AUTH", &json!({})).expect("a question");
                play.answer(&asked, &json!({ "ANSWER": name }))
            };
            let asked = asked.expect("a question");
            assert_eq!(asked["ChallengeName"], name);
            let parameters = &asked["ChallengeParameters"];
            assert_eq!(parameters["CODE_DELIVERY_DELIVERY_MEDIUM"], medium);
            let member = format!("{name}_CODE");
            let refusal = refused(play.answer(&asked, &json!({ member.as_str(): "x" })));
            assert_eq!(refusal.0, "CodeMismatchException");
            let code = json!({ member: play.code() });
            assert!(signed_in(&play.answer(&asked, &code).expect("tokens")));
        }
    }
}

#[test]
fn passwords_in_every_order() {
    let mut play = full();
    let password = json!({ "PASSWORD": play.seeded.password });
    // At once.
    let mut start = password.clone();
    start["PREFERRED_CHALLENGE"] = json!("PASSWORD");
    assert!(signed_in(&play.start("USER_AUTH", &start).expect("tokens")));
    // Preferred, and asked for.
    let asked = play
        .start("USER_AUTH", &json!({ "PREFERRED_CHALLENGE": "PASSWORD" }))
        .expect("a question");
    assert_eq!(asked["ChallengeName"], "PASSWORD");
    assert!(signed_in(&play.answer(&asked, &password).expect("tokens")));
    // Chosen, with and without the password.
    let asked = play.start("USER_AUTH", &json!({})).expect("a question");
    let mut choice = password.clone();
    choice["ANSWER"] = json!("PASSWORD");
    assert!(signed_in(&play.answer(&asked, &choice).expect("tokens")));
    let asked = play.start("USER_AUTH", &json!({})).expect("a question");
    let asked = play
        .answer(&asked, &json!({ "ANSWER": "PASSWORD" }))
        .expect("a question");
    let refusal = refused(play.answer(&asked, &json!({ "PASSWORD": "wrong" })));
    assert_eq!(refusal.1, "Incorrect username or password.");
    refused(play.answer(&asked, &password));
}

#[test]
fn proofs_in_every_order() {
    let mut play = full();
    let prover = Prover::new();
    let srp_a = json!({ "SRP_A": prover.srp_a() });
    let preferred = json!({ "PREFERRED_CHALLENGE": "PASSWORD_SRP", "SRP_A": prover.srp_a() });
    let chosen = json!({ "ANSWER": "PASSWORD_SRP", "SRP_A": prover.srp_a() });
    let mut verifiers = vec![play.start("USER_AUTH", &preferred)];
    let asked = play.start("USER_AUTH", &json!({})).expect("a question");
    verifiers.push(play.answer(&asked, &chosen));
    let asked = play.start("USER_AUTH", &json!({})).expect("a question");
    let asked = play
        .answer(&asked, &json!({ "ANSWER": "PASSWORD_SRP" }))
        .expect("a question");
    assert_eq!(asked["ChallengeName"], "PASSWORD_SRP");
    verifiers.push(play.answer(&asked, &srp_a));
    for asked in verifiers {
        let asked = asked.expect("a question");
        assert_eq!(asked["ChallengeName"], "PASSWORD_VERIFIER");
        assert!(asked["Session"].is_string());
        let done = play
            .answer_verifier(&prover, &asked, &json!({}))
            .expect("tokens");
        assert!(signed_in(&done));
    }
}

#[test]
fn a_second_factor_follows_the_password() {
    let rules = json!({ "mfa": "OPTIONAL", "first_factors": CODES });
    let user = json!({ "totp_key": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" });
    let mut play = play(&rules, &user);
    let start = json!({ "PREFERRED_CHALLENGE": "PASSWORD", "PASSWORD": play.seeded.password });
    let asked = play.start("USER_AUTH", &start).expect("a question");
    assert_eq!(asked["ChallengeName"], "SOFTWARE_TOKEN_MFA");
}

#[test]
fn somebody_who_does_not_exist_is_offered_as_much() {
    let mut play = full();
    play.seeded.username = "nobody@example.com".into();
    let asked = play.start("USER_AUTH", &json!({})).expect("a question");
    let offered = json!(["PASSWORD_SRP", "PASSWORD", "EMAIL_OTP"]);
    assert_eq!(asked["AvailableChallenges"], offered);
    let before = play.world.outbox.messages().len();
    let asked = play
        .answer(&asked, &json!({ "ANSWER": "EMAIL_OTP" }))
        .expect("a question");
    assert_eq!(
        asked["ChallengeParameters"]["CODE_DELIVERY_DESTINATION"],
        "n***@e***"
    );
    assert_eq!(play.world.outbox.messages().len(), before);
    let refusal = refused(play.answer(&asked, &json!({ "EMAIL_OTP_CODE": "123456" })));
    assert_eq!(refusal.0, "CodeMismatchException");
    let start = json!({ "PREFERRED_CHALLENGE": "PASSWORD", "PASSWORD": "x" });
    let refusal = refused(play.start("USER_AUTH", &start));
    assert_eq!(refusal.1, "Incorrect username or password.");
}

#[test]
fn a_client_without_it() {
    let mut play = Play::new(json!({ "client": { "flows": ["ALLOW_USER_SRP_AUTH"] } }));
    assert_eq!(
        refused(play.start("USER_AUTH", &json!({}))).0,
        "InvalidParameterException"
    );
    let mut play = full();
    let odd = json!({ "PREFERRED_CHALLENGE": "FAITH" });
    assert_eq!(
        refused(play.start("USER_AUTH", &odd)).0,
        "InvalidParameterException"
    );
}

fn full() -> Play {
    play(
        &json!({ "first_factors": CODES }),
        &json!({ "phone": PHONE }),
    )
}

fn play(pool: &Value, user: &Value) -> Play {
    let client = json!({ "flows": ["ALLOW_USER_AUTH"] });
    Play::new(json!({ "pool": pool, "user": user, "client": client }))
}
