//! What a user does with an access token: look, change attributes, verify addresses, set up second
//! factors, leave.

mod desk;
mod running;

use desk::{Desk, Reply, refusal};
use serde_json::{Value, json};

/// A right request of each operation that takes an access token, without the token.
fn requests() -> [(&'static str, Value); 11] {
    let password = json!({ "PreviousPassword": "A", "ProposedPassword": "New-Passw0rd" });
    [
        ("GetUser", json!({})),
        ("ChangePassword", password),
        ("UpdateUserAttributes", json!({ "UserAttributes": [] })),
        ("DeleteUserAttributes", json!({ "UserAttributeNames": [] })),
        (
            "GetUserAttributeVerificationCode",
            json!({ "AttributeName": "email" }),
        ),
        (
            "VerifyUserAttribute",
            json!({ "AttributeName": "email", "Code": "123456" }),
        ),
        ("SetUserMFAPreference", json!({})),
        ("AssociateSoftwareToken", json!({})),
        ("VerifySoftwareToken", json!({ "UserCode": "123456" })),
        ("GlobalSignOut", json!({})),
        ("DeleteUser", json!({})),
    ]
}

fn refused_for(desk: &Desk, token: &Value, why: &str) {
    for (operation, mut request) in requests() {
        request["AccessToken"] = token.clone();
        let refused = desk.call(operation, request).expect_err(operation);
        assert_eq!(
            (&*refused.code, &*refused.message),
            ("NotAuthorizedException", why),
            "{operation}"
        );
    }
}

#[test]
fn a_token_must_be_in_force() {
    let mut desk = Desk::new(&json!({ "user": { "password": "Old-Passw0rd" } }));
    let answer = desk.sign_in("alice", "Old-Passw0rd").expect("signed in");
    let tokens = &answer["AuthenticationResult"];
    let invalid = "Invalid Access Token";
    refused_for(&desk, &json!("a.b.c"), invalid);
    refused_for(&desk, &tokens["IdToken"], invalid);
    refused_for(&desk, &tokens["RefreshToken"], invalid);
    let mut forged = tokens["AccessToken"].as_str().expect("a text").to_owned();
    forged.replace_range(forged.len() - 8.., "AAAAAAAA");
    refused_for(&desk, &json!(forged), invalid);
    for (operation, request) in requests() {
        let code = refusal(desk.call(operation, request));
        assert_eq!(code, "InvalidParameterException", "{operation}");
    }

    desk.wait(3600);
    refused_for(&desk, &tokens["AccessToken"], "Access Token has expired");
    let token = desk.token();
    desk.call("GlobalSignOut", json!({ "AccessToken": token }))
        .expect("signed out");
    refused_for(&desk, &token, "Access Token has been revoked");

    let token = desk.token();
    desk.call("DeleteUser", json!({ "AccessToken": token }))
        .expect("deleted");
    let gone = desk
        .call("GetUser", json!({ "AccessToken": token }))
        .expect_err("refused");
    assert_eq!(gone.code, "UserNotFoundException");
    assert_eq!(
        refusal(desk.sign_in("alice", "Old-Passw0rd")),
        "NotAuthorizedException"
    );
}

fn update(desk: &Desk, token: &Value, name: &str, value: &str) -> Reply {
    desk.call(
        "UpdateUserAttributes",
        json!({ "AccessToken": token, "UserAttributes": [{ "Name": name, "Value": value }] }),
    )
}

#[test]
fn attributes_change() {
    let schema = json!([
        { "Name": "email", "Required": true },
        { "Name": "badge", "AttributeDataType": "String", "Mutable": false },
    ]);
    let desk = Desk::new(&json!({ "pool": { "aws": { "Schema": schema } } }));
    let token = desk.token();
    let answer = update(&desk, &token, "given_name", "Alice").expect("updated");
    assert_eq!(answer, json!({ "CodeDeliveryDetailsList": [] }));
    assert_eq!(desk.attribute(&token, "given_name"), "Alice");

    let denied = "A client attempted to write unauthorized attribute";
    for (name, value, code, message) in [
        ("sub", "x", "NotAuthorizedException", denied),
        ("email_verified", "true", "NotAuthorizedException", denied),
        (
            "custom:badge",
            "7",
            "InvalidParameterException",
            "user.custom:badge: Attribute cannot be updated.\n",
        ),
        (
            "shoe",
            "44",
            "InvalidParameterException",
            "user.shoe: Attribute does not exist in the schema.\n",
        ),
        (
            "email",
            "x",
            "InvalidParameterException",
            "Invalid email address format.",
        ),
        (
            "phone_number",
            "1",
            "InvalidParameterException",
            "Invalid phone number format.",
        ),
        (
            "email",
            "",
            "InvalidParameterException",
            "user.email: Attribute cannot be deleted.\n",
        ),
    ] {
        let refused = update(&desk, &token, name, value).expect_err(name);
        assert_eq!((&*refused.code, &*refused.message), (code, message));
    }
    assert_eq!(desk.attribute(&token, "email"), "alice@example.com");

    let delete = |names: Value| {
        let request = json!({ "AccessToken": token, "UserAttributeNames": names });
        desk.call("DeleteUserAttributes", request)
    };
    assert_eq!(
        refusal(delete(json!(["email"]))),
        "InvalidParameterException"
    );
    assert_eq!(
        refusal(delete(json!(["given_name", "shoe"]))),
        "InvalidParameterException"
    );
    assert_eq!(desk.attribute(&token, "given_name"), "Alice");
    delete(json!(["given_name"])).expect("deleted");
    assert_eq!(desk.attribute(&token, "given_name"), Value::Null);
    update(&desk, &token, "nickname", "Al").expect("updated");
    update(&desk, &token, "nickname", "").expect("an empty value deletes");
    assert_eq!(desk.attribute(&token, "nickname"), Value::Null);
}

#[test]
fn a_new_address_is_verified() {
    let mut desk = Desk::new(&json!({ "user": { "phone": "+12025550123" } }));
    let token = desk.token();
    let answer = update(&desk, &token, "email", "new@example.org").expect("updated");
    assert_eq!(
        answer["CodeDeliveryDetailsList"],
        json!([{ "AttributeName": "email", "DeliveryMedium": "EMAIL", "Destination": "n***@e***" }])
    );
    assert_eq!(desk.attribute(&token, "email_verified"), "false");
    let message = desk.messages().pop().expect("a message");
    assert_eq!(
        (&message["to"], &message["purpose"]),
        (&json!("new@example.org"), &json!("verify_attribute"))
    );
    let verify = |desk: &Desk, token: &Value, name: &str, code: &str| {
        let request = json!({ "AccessToken": token, "AttributeName": name, "Code": code });
        desk.call("VerifyUserAttribute", request)
    };
    let ask = |desk: &Desk, token: &Value, name: &str| {
        let request = json!({ "AccessToken": token, "AttributeName": name });
        desk.call("GetUserAttributeVerificationCode", request)
    };
    let code = desk.code();
    assert_eq!(
        refusal(verify(&desk, &token, "email", "x")),
        "CodeMismatchException"
    );
    assert_eq!(
        refusal(verify(&desk, &token, "phone_number", &code)),
        "ExpiredCodeException"
    );
    verify(&desk, &token, "email", &code).expect("verified");
    assert_eq!(desk.attribute(&token, "email_verified"), "true");
    assert_eq!(
        refusal(verify(&desk, &token, "email", &code)),
        "ExpiredCodeException"
    );

    assert_eq!(
        refusal(ask(&desk, &token, "nickname")),
        "InvalidParameterException"
    );
    let details = ask(&desk, &token, "phone_number").expect("sent");
    assert_eq!(
        details["CodeDeliveryDetails"]["Destination"],
        "+*******0123"
    );
    let code = desk.code();
    desk.wait(86_401);
    let token = desk.token();
    assert_eq!(
        refusal(verify(&desk, &token, "phone_number", &code)),
        "ExpiredCodeException"
    );
    for _ in 0..5 {
        ask(&desk, &token, "phone_number").expect("sent");
    }
    assert_eq!(
        refusal(ask(&desk, &token, "phone_number")),
        "LimitExceededException"
    );
    verify(&desk, &token, "phone_number", &desk.code()).expect("verified");

    let request = json!({ "AccessToken": token, "UserAttributeNames": ["phone_number"] });
    desk.call("DeleteUserAttributes", request).expect("deleted");
    assert_eq!(desk.attribute(&token, "phone_number_verified"), Value::Null);
    let refused = ask(&desk, &token, "phone_number").expect_err("refused");
    assert_eq!(refused.code, "InvalidParameterException");
}

#[test]
fn the_administrator_writes_attributes() {
    let desk = Desk::new(&json!({}));
    let write = |attributes: Value| {
        let request = json!({ "Username": "alice", "UserAttributes": attributes });
        desk.admin("AdminUpdateUserAttributes", request)
    };
    write(json!([
        { "Name": "email", "Value": "new@example.org" },
        { "Name": "email_verified", "Value": "true" },
    ]))
    .expect("written");
    assert_eq!(desk.messages(), Vec::<Value>::new());
    let token = desk.token();
    assert_eq!(desk.attribute(&token, "email_verified"), "true");
    assert_eq!(
        refusal(write(json!([{ "Name": "sub", "Value": "x" }]))),
        "InvalidParameterException"
    );
    let request = json!({ "Username": "alice", "UserAttributeNames": ["email"] });
    desk.admin("AdminDeleteUserAttributes", request)
        .expect("deleted");
    assert_eq!(desk.attribute(&token, "email"), Value::Null);
}

fn prefer(desk: &Desk, token: &Value, mut settings: Value) -> Reply {
    settings["AccessToken"] = token.clone();
    desk.call("SetUserMFAPreference", settings)
}

#[test]
fn an_authenticator_app_is_set_up() {
    let desk =
        Desk::new(&json!({ "pool": { "mfa": "OPTIONAL", "factors": ["SOFTWARE_TOKEN_MFA"] } }));
    let token = desk.token();
    let app = json!({ "SoftwareTokenMfaSettings": { "Enabled": true, "PreferredMfa": true } });
    let refused = prefer(&desk, &token, app.clone()).expect_err("refused");
    assert_eq!(
        (&*refused.code, &*refused.message),
        (
            "InvalidParameterException",
            "User does not have delivery config set to turn on SOFTWARE_TOKEN_MFA"
        )
    );
    let verify = |code: &str| {
        let request = json!({
            "AccessToken": token, "UserCode": code, "FriendlyDeviceName": "telephone",
        });
        desk.call("VerifySoftwareToken", request)
    };
    assert_eq!(refusal(verify("123456")), "InvalidParameterException");
    let associate = || {
        let answer = desk.call("AssociateSoftwareToken", json!({ "AccessToken": token }));
        answer.expect("a key")["SecretCode"].clone()
    };
    let (first, key) = (associate(), associate());
    assert_ne!(first, key);
    assert_eq!(
        refusal(verify(&desk.app_code(&first))),
        "EnableSoftwareTokenMFAException"
    );
    assert_eq!(refusal(verify("12345")), "InvalidParameterException");
    assert_eq!(
        refusal(prefer(&desk, &token, app.clone())),
        "InvalidParameterException"
    );
    assert_eq!(
        verify(&desk.app_code(&key)),
        Ok(json!({ "Status": "SUCCESS" }))
    );

    // The key is set up, and none waits for a code.
    assert_eq!(
        refusal(verify(&desk.app_code(&key))),
        "InvalidParameterException"
    );

    let me = || {
        desk.call("GetUser", json!({ "AccessToken": token }))
            .expect("a user")
    };
    assert_eq!(me().get("UserMFASettingList"), None);
    prefer(&desk, &token, app).expect("preferred");
    assert_eq!(me()["UserMFASettingList"], json!(["SOFTWARE_TOKEN_MFA"]));
    assert_eq!(me()["PreferredMfaSetting"], "SOFTWARE_TOKEN_MFA");
    let off = json!({ "SoftwareTokenMfaSettings": { "Enabled": false } });
    prefer(&desk, &token, off).expect("off");
    assert_eq!(me().get("UserMFASettingList"), None);
    assert_eq!(me().get("PreferredMfaSetting"), None);
}

#[test]
fn factors_are_preferred() {
    let desk = Desk::new(&json!({
        "pool": { "mfa": "OPTIONAL", "factors": ["SMS_MFA", "EMAIL_OTP"] },
        "user": { "phone": "+12025550123" },
    }));
    let token = desk.token();
    let on = |preferred: bool| json!({ "Enabled": true, "PreferredMfa": preferred });
    for (settings, why) in [
        (
            json!({ "SMSMfaSettings": on(true), "EmailMfaSettings": on(true) }),
            "Only one MFA method can be preferred.",
        ),
        (
            json!({ "SMSMfaSettings": { "Enabled": false, "PreferredMfa": true } }),
            "SMS_MFA cannot be preferred while it is not enabled.",
        ),
        (
            json!({ "SoftwareTokenMfaSettings": on(false) }),
            "User does not have delivery config set to turn on SOFTWARE_TOKEN_MFA",
        ),
    ] {
        let refused = prefer(&desk, &token, settings).expect_err(why);
        assert_eq!(
            (&*refused.code, &*refused.message),
            ("InvalidParameterException", why)
        );
    }
    let app = desk.call("AssociateSoftwareToken", json!({ "AccessToken": token }));
    assert_eq!(refusal(app), "SoftwareTokenMFANotFoundException");

    let me = || {
        desk.call("GetUser", json!({ "AccessToken": token }))
            .expect("a user")
    };
    let both = json!({ "SMSMfaSettings": on(true), "EmailMfaSettings": on(false) });
    prefer(&desk, &token, both).expect("set");
    assert_eq!(me()["UserMFASettingList"], json!(["SMS_MFA", "EMAIL_OTP"]));
    assert_eq!(me()["PreferredMfaSetting"], "SMS_MFA");
    prefer(&desk, &token, json!({ "EmailMfaSettings": on(true) })).expect("set");
    assert_eq!(me()["PreferredMfaSetting"], "EMAIL_OTP");
    prefer(&desk, &token, json!({ "EmailMfaSettings": on(false) })).expect("set");
    assert_eq!(me().get("PreferredMfaSetting"), None);

    let request = json!({ "Username": "alice", "SMSMfaSettings": on(true) });
    desk.admin("AdminSetUserMFAPreference", request)
        .expect("set");
    let user = desk
        .admin("AdminGetUser", json!({ "Username": "alice" }))
        .expect("a user");
    assert_eq!(user["PreferredMfaSetting"], "SMS_MFA");
    let request = json!({ "AccessToken": token, "UserAttributeNames": ["phone_number"] });
    desk.call("DeleteUserAttributes", request).expect("deleted");
    assert_eq!(
        refusal(prefer(&desk, &token, json!({ "SMSMfaSettings": on(true) }))),
        "InvalidParameterException"
    );
}

#[test]
fn an_app_speaks_for_a_token_or_a_session() {
    let desk = Desk::new(&json!({ "pool": { "mfa": "OPTIONAL" } }));
    let both = json!({ "AccessToken": desk.token(), "Session": "s" });
    for request in [json!({}), both] {
        for operation in ["AssociateSoftwareToken", "VerifySoftwareToken"] {
            let code = refusal(desk.call(operation, request.clone()));
            assert_eq!(code, "InvalidParameterException", "{operation}");
        }
    }
}

#[test]
fn a_pool_that_allows_no_text_messages() {
    let desk = Desk::new(&json!({
        "pool": { "mfa": "OPTIONAL" }, "user": { "phone": "+12025550123" },
    }));
    let texts = json!({ "SMSMfaSettings": { "Enabled": true } });
    let refused = prefer(&desk, &desk.token(), texts).expect_err("refused");
    assert_eq!(
        refused.message,
        "User does not have delivery config set to turn on SMS_MFA"
    );
}

#[test]
fn guesses_have_a_limit() {
    let mut desk = Desk::new(&json!({}));
    let token = desk.token();
    let ask = |desk: &Desk, token: &Value| {
        let request = json!({ "AccessToken": token, "AttributeName": "email" });
        let answer = desk.call("GetUserAttributeVerificationCode", request);
        answer.expect("sent");
        desk.code()
    };
    let verify = |desk: &Desk, token: &Value, code: &str| {
        let request = json!({ "AccessToken": token, "AttributeName": "email", "Code": code });
        desk.call("VerifyUserAttribute", request)
    };
    // New codes give no more than fifteen guesses an hour.
    for _ in 0..3 {
        ask(&desk, &token);
        for _ in 0..5 {
            assert_eq!(refusal(verify(&desk, &token, "x")), "CodeMismatchException");
        }
    }
    let code = ask(&desk, &token);
    assert_eq!(
        refusal(verify(&desk, &token, &code)),
        "LimitExceededException"
    );
    desk.wait(3601);
    let token = desk.token();
    verify(&desk, &token, &code).expect("verified");
}
