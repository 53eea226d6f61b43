//! Signing up: who may, what it asks for, and the code that confirms it.

mod desk;
mod running;

use desk::{Desk, refusal};
use serde_json::{Value, json};

const PASSWORD: &str = "Right-Passw0rd";

fn person(name: &str) -> Value {
    json!({
        "Username": name,
        "Password": PASSWORD,
        "UserAttributes": [{ "Name": "email", "Value": format!("{name}@example.com") }],
    })
}

fn confirm(desk: &Desk, name: &str, code: &str) -> desk::Reply {
    desk.call(
        "ConfirmSignUp",
        json!({ "Username": name, "ConfirmationCode": code }),
    )
}

#[test]
fn from_sign_up_to_sign_in() {
    let desk = Desk::new(&json!({}));
    let answer = desk.call("SignUp", person("ada")).expect("signed up");
    assert_eq!(answer["UserConfirmed"], false);
    assert!(answer["UserSub"].is_string());
    assert_eq!(
        answer["CodeDeliveryDetails"],
        json!({ "AttributeName": "email", "DeliveryMedium": "EMAIL", "Destination": "a***@e***" })
    );
    let message = desk.messages().pop().expect("a message");
    assert_eq!(message["to"], "ada@example.com");
    assert_eq!(message["medium"], "email");
    assert_eq!(message["user"], "ada");
    assert_eq!(message["pool"], desk.seeded["user_pool_id"]);
    assert_eq!(message["purpose"], "sign_up");
    assert!(message["at"].is_i64());

    assert_eq!(
        refusal(desk.sign_in("ada", PASSWORD)),
        "UserNotConfirmedException"
    );
    let again = desk.call("SignUp", person("ada")).expect_err("refused");
    assert_eq!(
        (&*again.code, &*again.message),
        ("UsernameExistsException", "User already exists")
    );
    let first = desk.code();
    let wrong = confirm(&desk, "ada", "12345").expect_err("refused");
    assert_eq!(wrong.code, "CodeMismatchException");
    assert_eq!(
        wrong.message,
        "Invalid verification code provided, please try again."
    );
    let resent = desk.call("ResendConfirmationCode", json!({ "Username": "ada" }));
    assert_eq!(
        resent.expect("sent")["CodeDeliveryDetails"]["DeliveryMedium"],
        "EMAIL"
    );
    assert_eq!(desk.messages()[1]["purpose"], "resend");
    if first != desk.code() {
        assert_eq!(
            refusal(confirm(&desk, "ada", &first)),
            "CodeMismatchException"
        );
    }
    confirm(&desk, "ada", &desk.code()).expect("confirmed");

    let again = confirm(&desk, "ada", &desk.code()).expect_err("refused");
    assert_eq!(
        (&*again.code, &*again.message),
        (
            "NotAuthorizedException",
            "User cannot be confirmed. Current status is CONFIRMED"
        )
    );
    let resent = desk.call("ResendConfirmationCode", json!({ "Username": "ada" }));
    let resent = resent.expect_err("refused");
    assert_eq!(
        (&*resent.code, &*resent.message),
        ("InvalidParameterException", "User is already confirmed.")
    );
    let tokens = desk.sign_in("ada", PASSWORD).expect("signed in");
    let token = &tokens["AuthenticationResult"]["AccessToken"];
    assert_eq!(desk.attribute(token, "email_verified"), "true");
}

#[test]
fn a_sign_up_that_is_confirmed_signs_in() {
    let codes = json!({ "pool": { "first_factors": ["PASSWORD", "EMAIL_OTP"] } });
    let mut desk = Desk::new(&codes);
    let enter = |desk: &Desk, name: &str, session: &Value| {
        let request = json!({
            "AuthFlow": "USER_AUTH",
            "AuthParameters": { "USERNAME": name },
            "Session": session,
        });
        desk.call("InitiateAuth", request)
    };
    let confirm = |desk: &Desk, name: &str, session: &Value| {
        let request = json!({
            "Username": name, "ConfirmationCode": desk.code(), "Session": session,
        });
        desk.call("ConfirmSignUp", request).expect("confirmed")["Session"].clone()
    };
    let sign_up = |desk: &Desk, name: &str| {
        let answer = desk.call("SignUp", person(name)).expect("signed up");
        answer["Session"].clone()
    };
    let session = sign_up(&desk, "ada");
    assert_eq!(
        refusal(enter(&desk, "ada", &session)),
        "NotAuthorizedException"
    );
    let confirmed = confirm(&desk, "ada", &session);
    assert_eq!(
        refusal(enter(&desk, "alice", &confirmed)),
        "NotAuthorizedException"
    );
    let answer = enter(&desk, "ada", &confirmed).expect("signed in");
    assert!(answer["AuthenticationResult"]["AccessToken"].is_string());
    assert_eq!(
        refusal(enter(&desk, "ada", &confirmed)),
        "NotAuthorizedException"
    );

    // Nobody else's sign-up, none that is old, and none that was never begun, signs in.
    let (bob, carol) = (sign_up(&desk, "bob"), sign_up(&desk, "carol"));
    assert_eq!(confirm(&desk, "carol", &bob), Value::Null);
    let session = sign_up(&desk, "dan");
    desk.wait(180);
    assert_eq!(confirm(&desk, "dan", &session), Value::Null);
    assert!(carol.is_string());
    for session in [carol, json!("x")] {
        assert_eq!(
            refusal(enter(&desk, "carol", &session)),
            "NotAuthorizedException"
        );
    }

    // Where no code signs in, that of the sign-up does not either.
    for (pool, flows) in [
        (json!({}), Some(["ALLOW_USER_AUTH"])),
        (
            json!({ "first_factors": ["PASSWORD", "EMAIL_OTP"], "mfa": "ON" }),
            Some(["ALLOW_USER_AUTH"]),
        ),
        (json!({ "first_factors": ["EMAIL_OTP"] }), None),
    ] {
        let usual = ["ALLOW_USER_PASSWORD_AUTH"];
        let flows_of_client = json!({ "flows": flows.unwrap_or(usual) });
        let desk = Desk::new(&json!({ "pool": pool, "client": flows_of_client }));
        let session = sign_up(&desk, "ada");
        assert_eq!(session.is_string(), flows.is_some(), "{pool}");
        let confirmed = confirm(&desk, "ada", &session);
        assert_eq!(confirmed.is_string(), flows.is_some(), "{pool}");
        assert!(enter(&desk, "ada", &confirmed).is_err(), "{pool}");
    }
}

#[test]
fn codes_end_and_have_limits() {
    let mut desk = Desk::new(&json!({ "user": { "unconfirmed": true } }));
    let code = desk.code();
    desk.wait(86_401);
    let late = confirm(&desk, "alice", &code).expect_err("refused");
    assert_eq!(
        (&*late.code, &*late.message),
        (
            "ExpiredCodeException",
            "Invalid code provided, please request a code again."
        )
    );
    let resend = || desk.call("ResendConfirmationCode", json!({ "Username": "alice" }));
    for _ in 0..5 {
        resend().expect("sent");
    }
    let limit = resend().expect_err("refused");
    assert_eq!(
        (&*limit.code, &*limit.message),
        (
            "LimitExceededException",
            "Attempt limit exceeded, please try after some time."
        )
    );
    for _ in 0..5 {
        assert_eq!(
            refusal(confirm(&desk, "alice", "x")),
            "CodeMismatchException"
        );
    }
    let right = desk.code();
    assert_eq!(
        refusal(confirm(&desk, "alice", &right)),
        "LimitExceededException"
    );

    desk.wait(3601);
    desk.call("ResendConfirmationCode", json!({ "Username": "alice" }))
        .expect("sent");
    confirm(&desk, "alice", &desk.code()).expect("confirmed");
}

#[test]
fn what_sign_up_refuses() {
    let schema = json!([
        { "Name": "email", "Required": true },
        { "Name": "given_name", "Required": true },
        { "Name": "team", "AttributeDataType": "String" },
    ]);
    let desk = Desk::new(&json!({
        "pool": { "aws": { "Schema": schema } },
        "user": { "unconfirmed": false },
    }));
    let attempt = |password: &str, attributes: &[(&str, &str)]| {
        let pair = |(name, value): &(&str, &str)| json!({ "Name": name, "Value": value });
        let attributes: Vec<Value> = attributes.iter().map(pair).collect();
        desk.call(
            "SignUp",
            json!({ "Username": "bob", "Password": password, "UserAttributes": attributes }),
        )
    };
    let good = [("email", "bob@example.com"), ("given_name", "Bob")];
    for (attributes, code, message) in [
        (
            &[("given_name", "Bob")][..],
            "InvalidParameterException",
            "Attributes did not conform to the schema: email: The attribute is required\n",
        ),
        (
            &[],
            "InvalidParameterException",
            "Attributes did not conform to the schema: email: The attribute is required\ngiven_name: The attribute is required\n",
        ),
        (
            &[good[0], good[1], ("custom:shoe", "44")],
            "InvalidParameterException",
            "Attributes did not conform to the schema: custom:shoe: Attribute does not exist in the schema.\n",
        ),
        (
            &[("email", "bob"), good[1]],
            "InvalidParameterException",
            "Invalid email address format.",
        ),
        (
            &[good[0], good[1], ("phone_number", "555 0123")],
            "InvalidParameterException",
            "Invalid phone number format.",
        ),
        (
            &[good[0], good[1], ("email_verified", "true")],
            "NotAuthorizedException",
            "A client attempted to write unauthorized attribute",
        ),
    ] {
        let refused = attempt(PASSWORD, attributes).expect_err("refused");
        assert_eq!((&*refused.code, &*refused.message), (code, message));
    }
    for (password, words) in [
        ("Sh0rt!", "Password not long enough"),
        ("NoNumbers!", "Password must have numeric characters"),
        ("n0-uppercase", "Password must have uppercase characters"),
        ("N0-LOWERCASE", "Password must have lowercase characters"),
        ("N0symbolsHere", "Password must have symbol characters"),
    ] {
        let refused = attempt(password, &good).expect_err("refused");
        assert_eq!(refused.code, "InvalidPasswordException");
        assert_eq!(
            refused.message,
            format!("Password did not conform with policy: {words}")
        );
    }
    let nameless = desk.call("SignUp", json!({ "Password": PASSWORD }));
    assert_eq!(refusal(nameless), "InvalidParameterException");
    assert_eq!(desk.messages(), Vec::<Value>::new());
    attempt(PASSWORD, &[good[0], good[1], ("custom:team", "blue")]).expect("signed up");
}

#[test]
fn a_pool_may_not_let_people_sign_up() {
    let closed = json!({ "AdminCreateUserConfig": { "AllowAdminCreateUserOnly": true } });
    let desk = Desk::new(&json!({ "pool": { "aws": closed } }));
    let refused = desk.call("SignUp", person("eve")).expect_err("refused");
    assert_eq!(
        (&*refused.code, &*refused.message),
        (
            "NotAuthorizedException",
            "SignUp is not permitted for this user pool"
        )
    );
}

#[test]
fn a_client_with_a_secret_shows_it() {
    let desk = Desk::new(&json!({ "client": { "secret": true } }));
    let right = desk.hash("ada").expect("a secret");
    for (operation, request) in [
        ("SignUp", person("ada")),
        ("ResendConfirmationCode", json!({ "Username": "ada" })),
        (
            "ConfirmSignUp",
            json!({ "Username": "ada", "ConfirmationCode": "CODE" }),
        ),
        ("ForgotPassword", json!({ "Username": "ada" })),
        (
            "ConfirmForgotPassword",
            json!({ "Username": "ada", "ConfirmationCode": "CODE", "Password": "Other-Passw0rd" }),
        ),
    ] {
        let attempt = |hash: Option<&str>| {
            let mut request = request.clone();
            if request["ConfirmationCode"] == "CODE" {
                request["ConfirmationCode"] = json!(desk.code());
            }
            if let Some(hash) = hash {
                request["SecretHash"] = json!(hash);
            }
            desk.call(operation, request)
        };
        let absent = attempt(None).expect_err("refused");
        assert_eq!(absent.code, "NotAuthorizedException");
        assert!(
            absent.message.contains("SECRET_HASH was not received"),
            "{absent:?}"
        );
        let wrong = attempt(desk.hash("bob").as_deref()).expect_err("refused");
        assert_eq!(wrong.code, "NotAuthorizedException");
        assert!(
            wrong.message.starts_with("Unable to verify secret hash"),
            "{wrong:?}"
        );
        attempt(Some(&right)).expect(operation);
    }
    desk.sign_in("ada", "Other-Passw0rd").expect("signed in");
}

#[test]
fn an_address_in_place_of_a_name() {
    let desk = Desk::new(&json!({
        "pool": { "aws": { "UsernameAttributes": ["email"] } },
        "user": { "username": "alice@example.com" },
    }));
    let refused = desk.call("SignUp", person("ada")).expect_err("refused");
    assert_eq!(refused.message, "Username should be an email.");
    let request = json!({ "Username": "alice@example.com", "Password": PASSWORD });
    let refused = desk.call("SignUp", request).expect_err("refused");
    assert_eq!(
        (&*refused.code, &*refused.message),
        (
            "UsernameExistsException",
            "An account with the given email already exists."
        )
    );
    let request = json!({ "Username": "ada@example.com", "Password": PASSWORD });
    let answer = desk.call("SignUp", request).expect("signed up");
    assert_eq!(desk.messages()[0]["user"], answer["UserSub"]);
    confirm(&desk, "ada@example.com", &desk.code()).expect("confirmed");
    desk.sign_in("ada@example.com", PASSWORD)
        .expect("signed in");
}

#[test]
fn an_alias_is_one_persons() {
    let desk = Desk::new(&json!({ "pool": { "aws": { "AliasAttributes": ["email"] } } }));
    let refused = desk.call(
        "SignUp",
        json!({ "Username": "ada@example.com", "Password": PASSWORD }),
    );
    assert_eq!(
        refused.expect_err("refused").message,
        "Username cannot be of email format, since user pool is configured for email alias."
    );
    let request = json!({
        "Username": "ada",
        "Password": PASSWORD,
        "UserAttributes": [{ "Name": "email", "Value": "alice@example.com" }],
    });
    desk.call("SignUp", request).expect("signed up");
    let code = desk.code();
    let refused = confirm(&desk, "ada", &code).expect_err("refused");
    assert_eq!(
        (&*refused.code, &*refused.message),
        (
            "AliasExistsException",
            "An account with the email already exists."
        )
    );
    let verified = json!({
        "Username": "bob",
        "UserAttributes": [
            { "Name": "email", "Value": "alice@example.com" },
            { "Name": "email_verified", "Value": "true" },
        ],
    });
    assert_eq!(
        refusal(desk.admin("AdminCreateUser", verified)),
        "AliasExistsException"
    );
    let forced = json!({
        "Username": "ada", "ConfirmationCode": code, "ForceAliasCreation": true,
    });
    desk.call("ConfirmSignUp", forced).expect("confirmed");
    desk.sign_in("alice@example.com", PASSWORD)
        .expect("signed in as ada");
}

#[test]
fn strangers_stay_unknown() {
    let resend = json!({ "Username": "nobody" });
    let hiding = Desk::new(&json!({}));
    let details = hiding.call("ResendConfirmationCode", resend.clone());
    let details = details.expect("pretended")["CodeDeliveryDetails"].clone();
    assert_eq!(details["DeliveryMedium"], "EMAIL");
    assert_eq!(
        hiding
            .call("ResendConfirmationCode", resend.clone())
            .expect("pretended")["CodeDeliveryDetails"],
        details
    );
    assert_eq!(hiding.messages(), Vec::<Value>::new());
    assert_eq!(
        refusal(confirm(&hiding, "nobody", "123456")),
        "ExpiredCodeException"
    );

    let by_form = |name: &str| {
        let answer = hiding.call("ResendConfirmationCode", json!({ "Username": name }));
        answer.expect("pretended")["CodeDeliveryDetails"]["Destination"].clone()
    };
    assert_eq!(by_form("nina@example.org"), "n***@e***");
    assert_eq!(by_form("+12025550123"), "+*******0123");
    let texting = json!({ "AutoVerifiedAttributes": ["phone_number"] });
    let texting = Desk::new(&json!({ "pool": { "aws": texting } }));
    let answer = texting
        .call("ResendConfirmationCode", resend.clone())
        .expect("pretended");
    assert_eq!(answer["CodeDeliveryDetails"]["DeliveryMedium"], "SMS");

    let naming = Desk::new(&json!({ "client": { "hide_strangers": false } }));
    let refused = naming
        .call("ResendConfirmationCode", resend)
        .expect_err("refused");
    assert_eq!(
        (&*refused.code, &*refused.message),
        (
            "UserNotFoundException",
            "Username/client id combination not found."
        )
    );
    assert_eq!(
        refusal(confirm(&naming, "nobody", "1")),
        "UserNotFoundException"
    );
}

#[test]
fn without_verification_only_the_administrator_confirms() {
    let desk = Desk::new(&json!({ "pool": { "aws": { "AutoVerifiedAttributes": [] } } }));
    let answer = desk.call("SignUp", person("ada")).expect("signed up");
    assert_eq!(answer.get("CodeDeliveryDetails"), None);
    let refused = desk.call("ResendConfirmationCode", json!({ "Username": "ada" }));
    assert_eq!(
        refused.expect_err("refused").message,
        "Cannot resend codes. Auto verification not turned on."
    );
    assert_eq!(refusal(confirm(&desk, "ada", "1")), "ExpiredCodeException");
    let ada = json!({ "Username": "ada" });
    desk.admin("AdminConfirmSignUp", ada.clone())
        .expect("confirmed");
    assert_eq!(
        refusal(desk.admin("AdminConfirmSignUp", ada)),
        "NotAuthorizedException"
    );
    assert_eq!(
        refusal(desk.call("AdminConfirmSignUp", json!({ "Username": "ada" }))),
        "MissingAuthenticationTokenException"
    );
    let tokens = desk.sign_in("ada", PASSWORD).expect("signed in");
    let token = &tokens["AuthenticationResult"]["AccessToken"];
    assert_eq!(desk.attribute(token, "email_verified"), Value::Null);
}

#[test]
fn a_telephone_is_preferred() {
    let verified = json!({ "AutoVerifiedAttributes": ["email", "phone_number"] });
    let desk = Desk::new(&json!({ "pool": { "aws": verified } }));
    let mut request = person("ada");
    request["UserAttributes"] = json!([
        { "Name": "email", "Value": "ada@example.com" },
        { "Name": "phone_number", "Value": "+12025550123" },
    ]);
    let answer = desk.call("SignUp", request).expect("signed up");
    assert_eq!(
        answer["CodeDeliveryDetails"],
        json!({
            "AttributeName": "phone_number", "DeliveryMedium": "SMS", "Destination": "+*******0123",
        })
    );
    assert_eq!(desk.messages()[0]["medium"], "sms");
    confirm(&desk, "ada", &desk.code()).expect("confirmed");
    let tokens = desk.sign_in("ada", PASSWORD).expect("signed in");
    let token = &tokens["AuthenticationResult"]["AccessToken"];
    assert_eq!(desk.attribute(token, "phone_number_verified"), "true");
    assert_eq!(desk.attribute(token, "email_verified"), Value::Null);
}
