use serde_json::{Value, json};

use crate::{
    client::Client,
    play::{Play, refused, signed_in},
};

const PHONE: &str = "+12025551234";

#[test]
fn a_session_has_an_end() {
    for (minutes, lives) in [(None, 3 * 60), (Some(3), 3 * 60), (Some(15), 15 * 60)] {
        let mut play = play(minutes);
        let asked = play.sign_in(&json!({})).expect("a question");
        let code = json!({ "SMS_MFA_CODE": play.code() });
        play.later(lives);
        let refusal = refused(play.answer(&asked, &code));
        assert_eq!(
            refusal,
            (
                "NotAuthorizedException".into(),
                "Invalid session for the user, session is expired.".into()
            )
        );
        let asked = play.sign_in(&json!({})).expect("a question");
        let code = json!({ "SMS_MFA_CODE": play.code() });
        play.later(lives - 1);
        assert!(signed_in(&play.answer(&asked, &code).expect("tokens")));
    }
}

#[test]
fn a_session_belongs_to_its_user_client_and_pool() {
    let mut play = play(None);
    let client = play.plant(json!({ "user": { "username": "carol" } }));
    let bob = play.plant(json!({
        "client_id": play.seeded.client_id,
        "user": { "username": "bob", "phone": PHONE, "factors": ["SMS_MFA"] },
    }));
    let asked = play.sign_in(&json!({})).expect("a question");
    let code = json!({ "SMS_MFA_CODE": play.code() });
    let mut through_another = play.seeded.clone();
    through_another.client_id = client.client_id;
    for other in [&bob, &through_another] {
        let refusal = refused(play.answer_as(other, &asked, &code));
        assert_eq!(refusal.1, "Invalid session for the user.");
    }
    for session in [json!("x".repeat(40)), json!("x")] {
        let mut odd = asked.clone();
        odd["Session"] = session;
        assert_eq!(
            refused(play.answer(&odd, &code)).1,
            "Invalid session for the user."
        );
    }
    for session in [Value::Null, json!("")] {
        let mut none = asked.clone();
        none["Session"] = session;
        assert_eq!(
            refused(play.answer(&none, &code)),
            (
                "InvalidParameterException".into(),
                "Missing required parameter Session".into()
            )
        );
    }
    // None of it was an answer.
    assert!(signed_in(&play.answer(&asked, &code).expect("tokens")));
}

#[test]
fn a_session_belongs_to_its_challenge() {
    let mut play = play(None);
    let asked = play.sign_in(&json!({})).expect("a question");
    let code = play.code();
    let answer = json!({
        "SOFTWARE_TOKEN_MFA_CODE": code, "EMAIL_OTP_CODE": code, "SMS_OTP_CODE": code,
        "ANSWER": code, "PASSWORD": play.seeded.password, "SRP_A": "abc",
        "NEW_PASSWORD": "New-Passw0rd", "DEVICE_KEY": "us-east-1_0",
    });
    for (name, refusal) in [
        ("SOFTWARE_TOKEN_MFA", "CodeMismatchException"),
        ("EMAIL_OTP", "CodeMismatchException"),
        ("SMS_OTP", "CodeMismatchException"),
        ("SELECT_MFA_TYPE", "NotAuthorizedException"),
        ("MFA_SETUP", "NotAuthorizedException"),
        ("NEW_PASSWORD_REQUIRED", "NotAuthorizedException"),
        ("SELECT_CHALLENGE", "NotAuthorizedException"),
        ("PASSWORD", "NotAuthorizedException"),
        ("PASSWORD_SRP", "NotAuthorizedException"),
        ("CUSTOM_CHALLENGE", "NotAuthorizedException"),
        ("DEVICE_SRP_AUTH", "NotAuthorizedException"),
        ("WEB_AUTHN", "InvalidParameterException"),
        ("RIDDLE", "InvalidParameterException"),
    ] {
        let mut other = asked.clone();
        other["ChallengeName"] = json!(name);
        assert_eq!(refused(play.answer(&other, &answer)).0, refusal, "{name}");
    }
    let code = json!({ "SMS_MFA_CODE": code });
    assert!(signed_in(&play.answer(&asked, &code).expect("tokens")));
}

/// A user who was deleted and made again under the same name is another one.
#[test]
fn a_session_dies_with_its_user() {
    let mut play = play(None);
    let asked = play.sign_in(&json!({})).expect("a question");
    let code = json!({ "SMS_MFA_CODE": play.code() });
    let user = json!({ "UserPoolId": play.seeded.user_pool_id, "Username": "alice" });
    play.call("AdminDeleteUser", &user).expect("deleted");
    assert_eq!(
        refused(play.answer(&asked, &code)).1,
        "Invalid session for the user."
    );
    play.plant(json!({
        "client_id": play.seeded.client_id,
        "user": { "username": "alice", "phone": PHONE, "factors": ["SMS_MFA"] },
    }));
    assert_eq!(
        refused(play.answer(&asked, &code)).1,
        "Invalid session for the user."
    );
}

#[test]
fn a_user_who_is_disabled_in_between_does_not_get_in() {
    let mut play = play(None);
    let asked = play.sign_in(&json!({})).expect("a question");
    let code = json!({ "SMS_MFA_CODE": play.code() });
    let user = json!({ "UserPoolId": play.seeded.user_pool_id, "Username": "alice" });
    play.call("AdminDisableUser", &user).expect("disabled");
    assert_eq!(refused(play.answer(&asked, &code)).1, "User is disabled.");
}

/// A dash in front would be an option to the AWS CLI.
#[test]
fn a_session_begins_as_those_of_aws_do() {
    let mut world = play(None).world;
    for _ in 0..200 {
        assert!(world.session().starts_with("AYABe"));
    }
}

/// Whoever knows a name can begin sign-ins without end.
#[test]
fn a_stranger_crowds_out_nobody() {
    let rules = json!({ "first_factors": ["PASSWORD"] });
    let flows = json!({ "flows": ["ALLOW_USER_AUTH"] });
    let mut play = Play::new(json!({ "pool": rules, "client": flows }));
    let bob = json!({ "client_id": play.seeded.client_id, "user": { "username": "bob" } });
    play.plant(bob);
    let begin = |play: &mut Play, name: &str| {
        let user = json!({ "USERNAME": name });
        play.start("USER_AUTH", &user).expect("a question")
    };
    let password = json!({ "ANSWER": "PASSWORD", "PASSWORD": play.seeded.password });
    let asked = begin(&mut play, "alice");
    for number in 0..300 {
        begin(&mut play, "bob");
        begin(&mut play, &format!("nobody-{number}"));
    }
    // As many side by side as anybody needs.
    for _ in 1..200 {
        begin(&mut play, "alice");
    }
    assert!(signed_in(&play.answer(&asked, &password).expect("tokens")));
    let asked = begin(&mut play, "alice");
    for _ in 0..200 {
        begin(&mut play, "alice");
    }
    let refusal = refused(play.answer(&asked, &password));
    assert_eq!(refusal.1, "Invalid session for the user.");
}

#[test]
fn an_administrator_answers_too() {
    let mut play = play(None);
    let seeded = play.seeded.clone();
    let start = json!({
        "UserPoolId": seeded.user_pool_id,
        "ClientId": seeded.client_id,
        "AuthFlow": "ADMIN_USER_PASSWORD_AUTH",
        "AuthParameters": { "USERNAME": "alice", "PASSWORD": seeded.password },
    });
    let asked = play.call("AdminInitiateAuth", &start).expect("a question");
    let answer = json!({
        "UserPoolId": seeded.user_pool_id,
        "ClientId": seeded.client_id,
        "ChallengeName": asked["ChallengeName"],
        "Session": asked["Session"],
        "ChallengeResponses": { "USERNAME": "alice", "SMS_MFA_CODE": play.code() },
    });
    assert!(signed_in(
        &play
            .call("AdminRespondToAuthChallenge", &answer)
            .expect("tokens")
    ));
}

#[test]
fn a_client_with_a_secret_says_so_at_each_step() {
    let rules = json!({ "mfa": "OPTIONAL", "factors": ["SMS_MFA"] });
    let user = json!({ "phone": PHONE, "factors": ["SMS_MFA"] });
    let mut play = Play::new(json!({ "pool": rules, "user": user, "client": { "secret": true } }));
    let id = play.seeded.client_id.clone();
    let client: Client = play.world.client(&id).expect("the client");
    let hash = json!({ "SECRET_HASH": client.hash("alice") });
    assert_eq!(
        refused(play.sign_in(&json!({}))).0,
        "NotAuthorizedException"
    );
    let asked = play.sign_in(&hash).expect("a question");
    let mut answer = json!({ "SMS_MFA_CODE": play.code() });
    assert_eq!(
        refused(play.answer(&asked, &answer)).0,
        "NotAuthorizedException"
    );
    crate::play::extend(&mut answer, &hash);
    assert!(signed_in(&play.answer(&asked, &answer).expect("tokens")));
}

fn play(session_minutes: Option<i64>) -> Play {
    let rules = json!({ "mfa": "OPTIONAL", "factors": ["SMS_MFA"] });
    let user = json!({ "phone": PHONE, "factors": ["SMS_MFA"] });
    let client = json!({ "session_minutes": session_minutes });
    Play::new(json!({ "pool": rules, "user": user, "client": client }))
}
