use serde_json::{Value, json};

use crate::{
    play::{Play, refused, signed_in},
    srp::Prover,
};

#[test]
fn round_after_round() {
    let mut play = play(&json!({}));
    let asked = play.start("CUSTOM_AUTH", &json!({})).expect("a question");
    assert_eq!(asked["ChallengeName"], "CUSTOM_CHALLENGE");
    assert_eq!(
        asked["ChallengeParameters"],
        json!({ "question": "the cat's name", "USERNAME": "alice" })
    );
    let next = play
        .answer(&asked, &json!({ "ANSWER": "Tom" }))
        .expect("a question");
    assert_eq!(next["ChallengeParameters"]["question"], "the dog's name");
    // An answered round is over.
    let refusal = refused(play.answer(&asked, &json!({ "ANSWER": "Tom" })));
    assert_eq!(
        refusal.1,
        "Invalid session for the user, session can only be used once."
    );
    let done = play
        .answer(&next, &json!({ "ANSWER": "Rex" }))
        .expect("tokens");
    assert!(signed_in(&done));
}

#[test]
fn the_password_may_come_first() {
    let mut play = play(&json!({}));
    let prover = Prover::new();
    let start = json!({ "CHALLENGE_NAME": "SRP_A", "SRP_A": prover.srp_a() });
    let asked = play.start("CUSTOM_AUTH", &start).expect("a question");
    assert_eq!(asked["ChallengeName"], "PASSWORD_VERIFIER");
    assert!(asked["Session"].is_string());
    let mut elsewhere = asked.clone();
    elsewhere["Session"] = json!("x".repeat(40));
    let refusal = refused(play.answer_verifier(&prover, &elsewhere, &json!({})));
    assert_eq!(refusal.1, "Invalid session for the user.");
    let asked = play
        .answer_verifier(&prover, &asked, &json!({}))
        .expect("a question");
    assert_eq!(asked["ChallengeParameters"]["question"], "the cat's name");

    for bad in [
        json!({ "CHALLENGE_NAME": "SRP_A" }),
        json!({ "CHALLENGE_NAME": "PASSWORD" }),
    ] {
        assert_eq!(
            refused(play.start("CUSTOM_AUTH", &bad)).0,
            "InvalidParameterException"
        );
    }
    // With a wrong password there is no question at all.
    play.seeded.password = "wrong".into();
    let start = json!({ "CHALLENGE_NAME": "SRP_A", "SRP_A": prover.srp_a() });
    let asked = play.start("CUSTOM_AUTH", &start).expect("a question");
    let refusal = refused(play.answer_verifier(&prover, &asked, &json!({})));
    assert_eq!(refusal.1, "Incorrect username or password.");
}

#[test]
fn the_third_wrong_answer_ends_it() {
    let mut play = play(&json!({}));
    let mut asked = play.start("CUSTOM_AUTH", &json!({})).expect("a question");
    for wrong in ["tom", ""] {
        asked = play
            .answer(&asked, &json!({ "ANSWER": wrong }))
            .expect("the question again");
        assert_eq!(asked["ChallengeParameters"]["question"], "the cat's name");
    }
    let refusal = refused(play.answer(&asked, &json!({ "ANSWER": "Jerry" })));
    assert_eq!(
        refusal,
        (
            "NotAuthorizedException".into(),
            "Incorrect username or password.".into()
        )
    );
    let refusal = refused(play.answer(&asked, &json!({ "ANSWER": "Tom" })));
    assert_eq!(
        refusal.1,
        "Invalid session for the user, session can only be used once."
    );

    // Wrong answers count over all rounds of one sign-in.
    let mut asked = play.start("CUSTOM_AUTH", &json!({})).expect("a question");
    asked = play
        .answer(&asked, &json!({ "ANSWER": "x" }))
        .expect("the question again");
    asked = play
        .answer(&asked, &json!({ "ANSWER": "Tom" }))
        .expect("the next question");
    assert_eq!(
        refused(play.answer(&asked, &json!({}))).1,
        "Missing required parameter ANSWER"
    );
    let locked = refused(
        play.answer(&asked, &json!({ "ANSWER": "x" }))
            .and_then(|asked| play.answer(&asked, &json!({ "ANSWER": "x" }))),
    );
    assert_eq!(locked.0, "NotAuthorizedException");
}

#[test]
fn a_pool_or_a_client_without_it() {
    let mut play = Play::new(json!({ "client": { "flows": ["ALLOW_CUSTOM_AUTH"] } }));
    let refusal = refused(play.start("CUSTOM_AUTH", &json!({})));
    assert_eq!(
        refusal.1,
        "Custom auth lambda trigger is not configured for the user pool."
    );
    let mut play = self::play(&json!({ "flows": ["ALLOW_USER_SRP_AUTH"] }));
    let refusal = refused(play.start("CUSTOM_AUTH", &json!({})));
    assert_eq!(refusal.0, "InvalidParameterException");
}

#[test]
fn nobody_is_asked_and_never_right() {
    let mut play = play(&json!({}));
    play.seeded.username = "nobody".into();
    let asked = play.start("CUSTOM_AUTH", &json!({})).expect("a question");
    let asked = play
        .answer(&asked, &json!({ "ANSWER": "Tom" }))
        .expect("the question again");
    assert_eq!(asked["ChallengeParameters"]["question"], "the cat's name");
}

/// As Cognito does it: once it asks for something itself, the custom challenge is over. And
/// without a password there is no second factor.
#[test]
fn what_else_is_asked() {
    let mut rules = pool();
    rules["mfa"] = json!("OPTIONAL");
    let user = json!({ "totp_key": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" });
    let mut play = Play::new(json!({ "pool": rules, "user": user }));
    let prover = Prover::new();
    let start = json!({ "CHALLENGE_NAME": "SRP_A", "SRP_A": prover.srp_a() });
    let asked = play.start("CUSTOM_AUTH", &start).expect("a question");
    let asked = play
        .answer_verifier(&prover, &asked, &json!({}))
        .expect("a question");
    assert_eq!(asked["ChallengeName"], "SOFTWARE_TOKEN_MFA");
    let code = json!({ "SOFTWARE_TOKEN_MFA_CODE": play.totp() });
    assert!(signed_in(&play.answer(&asked, &code).expect("tokens")));

    let asked = play.start("CUSTOM_AUTH", &json!({})).expect("a question");
    let asked = play
        .answer(&asked, &json!({ "ANSWER": "Tom" }))
        .expect("a question");
    assert!(signed_in(
        &play
            .answer(&asked, &json!({ "ANSWER": "Rex" }))
            .expect("tokens")
    ));
}

#[test]
fn a_device_follows() {
    let mut rules = pool();
    rules["devices"] = json!("always");
    let mut play = Play::new(json!({ "pool": rules }));
    let answers = [json!({ "ANSWER": "Tom" }), json!({ "ANSWER": "Rex" })];
    let mut done = play.start("CUSTOM_AUTH", &json!({})).expect("a question");
    for answer in &answers {
        done = play.answer(&done, answer).expect("a question or tokens");
    }
    let (kept, _) = play.confirm(&done);
    let device = json!({ "DEVICE_KEY": kept.key });
    let mut asked = play.start("CUSTOM_AUTH", &device).expect("a question");
    for answer in &answers {
        asked = play.answer(&asked, answer).expect("a question");
    }
    assert_eq!(asked["ChallengeName"], "DEVICE_SRP_AUTH");
    assert!(signed_in(&play.by_device(&asked, &kept).expect("tokens")));
}

fn pool() -> Value {
    json!({ "custom": [
        { "parameters": { "question": "the cat's name" }, "answer": "Tom", "metadata": "CAT" },
        { "parameters": { "question": "the dog's name" }, "answer": "Rex" },
    ] })
}

fn play(client: &Value) -> Play {
    Play::new(json!({ "pool": pool(), "client": client }))
}
