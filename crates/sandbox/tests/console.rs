//! The console's federation endpoint: which keys it takes, for how long, and who is in then.

mod desk;
mod running;

use desk::{Desk, Keys, encode};
use serde_json::{Value, json};

const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";
const HOME: &str = "https://console.aws.amazon.com/console/home?region=us-east-1";
const ROLE: &str = "arn:aws:iam::000000000000:role/";
const SESSION: &str = "arn:aws:sts::000000000000:assumed-role/";

fn desk() -> Desk {
    Desk::new(&json!({
        "user": {},
        "identity_pool": { "classic": true },
        "roles": [
            { "arn": format!("{ROLE}Signed"), "max_session_seconds": 43200 },
            { "arn": format!("{ROLE}Deploy"), "trust": "account" },
        ],
    }))
}

/// An identity of the seeded user, and the logins that prove it.
fn identity(desk: &Desk) -> Value {
    let text = |name: &str| desk.seeded[name].as_str().expect("a text");
    let tokens = desk.sign_in(text("username"), text("password"));
    let tokens = tokens.expect("signed in");
    let provider = format!(
        "cognito-idp.us-east-1.amazonaws.com/{}",
        text("user_pool_id")
    );
    let logins = json!({ provider: tokens["AuthenticationResult"]["IdToken"] });
    let pool = json!({ "IdentityPoolId": text("identity_pool_id"), "Logins": logins });
    let id = desk.identities("GetId", &pool).expect("an identity");
    json!({ "IdentityId": id["IdentityId"], "Logins": logins })
}

/// Keys of the enhanced flow.
fn keys(desk: &Desk) -> Keys {
    let given = desk.identities("GetCredentialsForIdentity", &identity(desk));
    Keys::of_json(&given.expect("keys"))
}

/// Keys of the basic flow.
fn classic(desk: &Desk) -> Keys {
    let token = desk.identities("GetOpenIdToken", &identity(desk));
    let token = token.expect("a token")["Token"].clone();
    let parameters = [
        ("RoleArn", &*format!("{ROLE}Signed")),
        ("RoleSessionName", "me"),
        ("WebIdentityToken", token.as_str().expect("a text")),
    ];
    let given = desk.form("sts", "AssumeRoleWithWebIdentity", &parameters, None);
    Keys::of_xml(&given.expect("keys"))
}

fn assumed(desk: &Desk, by: &Keys) -> Keys {
    let role = format!("{ROLE}Deploy");
    let parameters = [("RoleArn", &*role), ("RoleSessionName", "me")];
    Keys::of_xml(
        &desk
            .form("sts", "AssumeRole", &parameters, Some(by))
            .expect("keys"),
    )
}

fn session(keys: &Keys) -> String {
    let session = json!({
        "sessionId": keys.access_key, "sessionKey": keys.secret, "sessionToken": keys.token,
    });
    format!(
        "Action=getSigninToken&SessionType=json&Session={}",
        encode(&session.to_string())
    )
}

/// The status, and the token or what is refused.
fn ask(desk: &Desk, form: &str) -> (u16, String) {
    let answer = desk.sandbox.send("POST", "/federation", FORM, form);
    match answer.status() {
        200 => (
            200,
            answer.json()["SigninToken"]
                .as_str()
                .expect("a token")
                .to_owned(),
        ),
        status => (status, error(&answer.body)),
    }
}

fn error(page: &str) -> String {
    let (_, rest) = page.split_once(r#"<p id="error">"#).expect("a refusal");
    rest.split_once("</p>").expect("its end").0.to_owned()
}

fn login(desk: &Desk, token: &str) -> (u16, String) {
    let query = format!(
        "/federation?Action=login&Issuer=test&Destination={}&SigninToken={}",
        encode(HOME),
        encode(token)
    );
    let answer = desk.sandbox.send("GET", &query, "", "");
    (answer.status(), answer.body)
}

#[test]
fn keys_open_the_console_once() {
    let desk = desk();
    let (status, token) = ask(&desk, &session(&keys(&desk)));
    assert_eq!(status, 200, "{token}");
    let (status, page) = login(&desk, &token);
    assert_eq!(status, 200, "{page}");
    let role = desk.seeded["role_arn"]
        .as_str()
        .expect("a text")
        .rsplit('/')
        .next();
    let arn = format!(
        "{SESSION}{}/CognitoIdentityCredentials",
        role.expect("a name")
    );
    assert!(page.contains(&arn), "{page}");
    assert!(page.contains(&HOME.replace('&', "&amp;")), "{page}");
    assert_eq!(login(&desk, &token).0, 400, "a second time");

    // As the documentation shows it.
    let path = format!("/federation?{}", session(&keys(&desk)));
    let answer = desk.sandbox.send("GET", &path, "", "");
    assert_eq!(answer.status(), 200, "{}", answer.body);
}

#[test]
fn a_token_waits_for_a_quarter_of_an_hour() {
    let mut desk = desk();
    let token = |desk: &Desk| ask(desk, &session(&keys(desk))).1;
    let (early, late) = (token(&desk), token(&desk));
    desk.wait(890);
    assert_eq!(login(&desk, &early).0, 200);
    desk.wait(20);
    let (status, page) = login(&desk, &late);
    assert_eq!((status, error(&page).as_str()), (400, "Token Expired"));
}

#[test]
fn only_keys_that_live_are_taken() {
    let mut desk = desk();
    let good = keys(&desk);
    let changed = |change: fn(&mut Keys)| {
        let mut keys = good.clone();
        change(&mut keys);
        ask(&desk, &session(&keys))
    };
    let unsuitable = (400, "Invalid credentials parameter".to_owned());
    for change in [
        (|keys| keys.secret.push('x')) as fn(&mut Keys),
        |keys| keys.token = Some("x".into()),
        |keys| keys.access_key = "ASIAUNKNOWN".into(),
    ] {
        assert_eq!(changed(change), unsuitable);
    }
    assert_eq!(ask(&desk, &session(&desk.admin_keys())).0, 400);
    for form in [
        "",
        "Action=getSigninToken",
        "Action=getSigninToken&Session=x",
        "Action=logout",
    ] {
        assert_eq!(ask(&desk, form).0, 400, "{form}");
    }
    desk.wait(3700);
    let (status, told) = ask(&desk, &session(&good));
    assert!(status == 400 && told.contains("expired"), "{status} {told}");
}

#[test]
fn a_length_is_for_keys_of_one_step() {
    let desk = desk();
    let (enhanced, basic) = (keys(&desk), classic(&desk));
    let by_user = assumed(&desk, &desk.admin_keys());
    let chained = assumed(&desk, &enhanced);
    let long = |keys: &Keys, seconds: &str| {
        ask(
            &desk,
            &format!("{}&SessionDuration={seconds}", session(keys)),
        )
        .0
    };
    for (name, keys, expected) in [
        ("enhanced", &enhanced, 400),
        ("basic", &basic, 200),
        ("assumed by a user", &by_user, 200),
        ("chained", &chained, 400),
    ] {
        assert_eq!(long(keys, "7200"), expected, "{name}");
        assert_eq!(ask(&desk, &session(keys)).0, 200, "{name}, without");
    }
    for seconds in ["899", "43201", "x", "-900"] {
        assert_eq!(long(&basic, seconds), 400, "{seconds}");
    }
}

#[test]
fn nobody_is_in_without_a_token_and_a_destination() {
    let desk = desk();
    assert_eq!(login(&desk, "made-up").0, 400);
    let (_, token) = ask(&desk, &session(&keys(&desk)));
    for query in [
        format!("Action=login&SigninToken={token}"),
        format!("Action=login&Destination=javascript:alert(1)&SigninToken={token}"),
        format!("Action=login&Destination={}", encode(HOME)),
    ] {
        let answer = desk
            .sandbox
            .send("GET", &format!("/federation?{query}"), "", "");
        assert_eq!(answer.status(), 400, "{query}");
    }
    assert_eq!(
        desk.sandbox.send("DELETE", "/federation", "", "").status(),
        405
    );
    assert_eq!(
        login(&desk, &token).0,
        200,
        "what was refused has not used it up"
    );
}
