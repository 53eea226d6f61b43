//! How pools and app clients are set up, by AWS's own operations and by seeds; and the outbox.

mod desk;
mod running;

use desk::{Desk, Reply, refusal};
use serde_json::{Value, json};

fn create(desk: &Desk, mut members: Value) -> Reply {
    members["PoolName"] = json!("made");
    desk.admin("CreateUserPool", members)
}

#[test]
fn a_pool_is_as_it_was_made() {
    let desk = Desk::new(&json!({}));
    let members = json!({
        "MfaConfiguration": "OPTIONAL",
        "SmsConfiguration": { "SnsCallerArn": "arn:aws:iam::000000000000:role/sms" },
        "DeviceConfiguration": {
            "ChallengeRequiredOnNewDevice": true, "DeviceOnlyRememberedOnUserPrompt": false,
        },
        "AliasAttributes": ["email", "preferred_username"],
        "AutoVerifiedAttributes": ["email", "phone_number"],
        "Policies": {
            "PasswordPolicy": {
                "MinimumLength": 12, "RequireUppercase": true, "RequireLowercase": false,
                "RequireNumbers": true, "RequireSymbols": false, "TemporaryPasswordValidityDays": 3,
            },
            "SignInPolicy": { "AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"] },
        },
        "AccountRecoverySetting": { "RecoveryMechanisms": [{ "Name": "verified_email", "Priority": 1 }] },
        "AdminCreateUserConfig": { "AllowAdminCreateUserOnly": true },
        "UsernameConfiguration": { "CaseSensitive": true },
    });
    let made = create(&desk, members.clone()).expect("a pool")["UserPool"].clone();
    let described = desk.admin("DescribeUserPool", json!({ "UserPoolId": made["Id"] }));
    assert_eq!(described.expect("a pool")["UserPool"], made);
    for (name, value) in members.as_object().expect("an object") {
        if name != "SmsConfiguration" {
            assert_eq!(&made[name], value, "{name}");
        }
    }
    let standard = made["SchemaAttributes"].as_array().expect("a list");
    let sub = standard
        .iter()
        .find(|one| one["Name"] == "sub")
        .expect("sub");
    assert_eq!(
        (&sub["Required"], &sub["Mutable"]),
        (&json!(true), &json!(false))
    );

    let plain = create(&desk, json!({})).expect("a pool")["UserPool"].clone();
    assert_eq!(plain["MfaConfiguration"], "OFF");
    assert_eq!(plain.get("DeviceConfiguration"), None);
    assert_eq!(
        plain["Policies"]["SignInPolicy"]["AllowedFirstAuthFactors"],
        json!(["PASSWORD"])
    );
}

#[test]
fn pools_that_cannot_be() {
    let desk = Desk::new(&json!({}));
    let policy =
        |name: &str, value: Value| json!({ "Policies": { "PasswordPolicy": { name: value } } });
    for (members, why) in [
        (
            json!({ "MfaConfiguration": "SOMETIMES" }),
            "[OFF, ON, OPTIONAL]",
        ),
        (json!({ "MfaConfiguration": "ON" }), "SMS configuration"),
        (
            json!({ "UsernameAttributes": ["name"] }),
            "UsernameAttributes",
        ),
        (json!({ "AliasAttributes": ["name"] }), "AliasAttributes"),
        (
            json!({ "AutoVerifiedAttributes": ["name"] }),
            "AutoVerifiedAttributes",
        ),
        (
            json!({ "AliasAttributes": ["email"], "UsernameAttributes": ["email"] }),
            "Only one of aliasAttributes or usernameAttributes",
        ),
        (policy("MinimumLength", json!(5)), "MinimumLength"),
        (
            policy("PasswordHistorySize", json!(3)),
            "PasswordHistorySize",
        ),
        (
            json!({ "Policies": { "SignInPolicy": { "AllowedFirstAuthFactors": ["FACE"] } } }),
            "AllowedFirstAuthFactors",
        ),
        (
            json!({ "Schema": [{ "Name": "x", "Required": true }] }),
            "Required custom attributes are not supported currently.",
        ),
        (
            json!({ "AccountRecoverySetting": { "RecoveryMechanisms": [
                { "Name": "admin_only", "Priority": 1 }, { "Name": "verified_email", "Priority": 2 },
            ] } }),
            "admin_only",
        ),
        (
            json!({ "AccountRecoverySetting": { "RecoveryMechanisms": [
                { "Name": "pigeon", "Priority": 1 },
            ] } }),
            "pigeon",
        ),
        (
            json!({ "AccountRecoverySetting": { "RecoveryMechanisms": [
                { "Name": "verified_email", "Priority": 3 },
            ] } }),
            "Priority",
        ),
    ] {
        let refused = create(&desk, members).expect_err(why);
        assert_eq!(refused.code, "InvalidParameterException");
        assert!(refused.message.contains(why), "{}", refused.message);
    }
    assert_eq!(
        refusal(desk.call("CreateUserPool", json!({ "PoolName": "p" }))),
        "MissingAuthenticationTokenException"
    );
}

#[test]
fn an_update_resets_what_it_does_not_name() {
    let desk = Desk::new(&json!({
        "pool": { "mfa": "ON", "factors": ["SOFTWARE_TOKEN_MFA", "SMS_MFA"], "devices": "always" },
    }));
    let pool = || desk.admin("DescribeUserPool", json!({})).expect("a pool")["UserPool"].clone();
    let config = || {
        desk.admin("GetUserPoolMfaConfig", json!({}))
            .expect("a configuration")
    };
    assert_eq!(pool()["MfaConfiguration"], "ON");
    assert_eq!(
        pool()["DeviceConfiguration"]["ChallengeRequiredOnNewDevice"],
        true
    );

    desk.admin("UpdateUserPool", json!({ "MfaConfiguration": "OPTIONAL" }))
        .expect("updated");
    assert_eq!(pool()["MfaConfiguration"], "OPTIONAL");
    assert_eq!(pool().get("DeviceConfiguration"), None);
    assert_eq!(pool()["AutoVerifiedAttributes"], json!([]));
    assert_eq!(
        config()["SoftwareTokenMfaConfiguration"],
        json!({ "Enabled": true })
    );

    let wrong = json!({ "MfaConfiguration": "ON", "AutoVerifiedAttributes": ["name"] });
    assert_eq!(
        refusal(desk.admin("UpdateUserPool", wrong)),
        "InvalidParameterException"
    );
    assert_eq!(pool()["MfaConfiguration"], "OPTIONAL");
    desk.admin("UpdateUserPool", json!({})).expect("updated");
    assert_eq!(config(), json!({ "MfaConfiguration": "OFF" }));
    assert_eq!(
        refusal(desk.admin("UpdateUserPool", json!({ "MfaConfiguration": "ON" }))),
        "InvalidParameterException"
    );
}

#[test]
fn second_factors_of_a_pool() {
    let desk = Desk::new(&json!({}));
    let set = |members: Value| desk.admin("SetUserPoolMfaConfig", members);
    let app = json!({ "Enabled": true });
    for (members, why) in [
        (
            json!({ "MfaConfiguration": "OFF", "SoftwareTokenMfaConfiguration": app }),
            "Invalid MFA configuration given, can't turn off MFA and configure an MFA together.",
        ),
        (
            json!({ "MfaConfiguration": "ON" }),
            "Invalid MFA configuration given, can't disable all MFAs with a required or optional configuration.",
        ),
        (
            json!({ "MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": { "Enabled": false } }),
            "Invalid MFA configuration given, can't disable all MFAs with a required or optional configuration.",
        ),
    ] {
        let refused = set(members).expect_err(why);
        assert_eq!(
            (&*refused.code, &*refused.message),
            ("InvalidParameterException", why)
        );
    }
    let all = json!({
        "MfaConfiguration": "ON",
        "SoftwareTokenMfaConfiguration": app,
        "SmsMfaConfiguration": { "SmsConfiguration": { "SnsCallerArn": "arn" } },
        "EmailMfaConfiguration": { "Message": "{####}", "Subject": "Code" },
    });
    let told = set(all).expect("set");
    assert_eq!(told["MfaConfiguration"], "ON");
    for block in [
        "SmsMfaConfiguration",
        "SoftwareTokenMfaConfiguration",
        "EmailMfaConfiguration",
    ] {
        assert!(told[block].is_object(), "{block}");
    }
    assert_eq!(desk.admin("GetUserPoolMfaConfig", json!({})), Ok(told));
    assert_eq!(
        refusal(desk.admin(
            "GetUserPoolMfaConfig",
            json!({ "UserPoolId": "us-east-1_none" })
        )),
        "ResourceNotFoundException"
    );
}

#[test]
fn app_clients() {
    let desk = Desk::new(&json!({}));
    let create = |mut members: Value| {
        members["ClientName"] = json!("made");
        desk.admin("CreateUserPoolClient", members)
    };
    let flows = json!([
        "ALLOW_CUSTOM_AUTH",
        "ALLOW_USER_AUTH",
        "ALLOW_USER_SRP_AUTH"
    ]);
    let made = create(json!({ "ExplicitAuthFlows": flows, "AuthSessionValidity": 15 }));
    let made = made.expect("a client")["UserPoolClient"].clone();
    assert_eq!(made["AuthSessionValidity"], 15);
    let mut told: Vec<_> = made["ExplicitAuthFlows"]
        .as_array()
        .expect("a list")
        .clone();
    told.sort_by_key(Value::to_string);
    assert_eq!(json!(told), flows);
    for (members, why) in [
        (json!({ "AuthSessionValidity": 2 }), "between 3 and 15"),
        (json!({ "AuthSessionValidity": 16 }), "between 3 and 15"),
        (json!({ "ExplicitAuthFlows": ["ALLOW_ALL"] }), "ALLOW_ALL"),
    ] {
        let refused = create(members).expect_err(why);
        assert_eq!(refused.code, "InvalidParameterException");
        assert!(refused.message.contains(why), "{}", refused.message);
    }
}

#[test]
fn a_seed_says_all_of_it() {
    let desk = Desk::new(&json!({
        "pool": {
            "mfa": "OPTIONAL",
            "factors": ["SOFTWARE_TOKEN_MFA", "SMS_MFA", "EMAIL_OTP"],
            "devices": "ask",
            "device_skips_mfa": false,
            "first_factors": ["PASSWORD", "SMS_OTP"],
            "custom": [{ "parameters": { "question": "2+2" }, "answer": "4", "metadata": "SUM" }],
        },
        "client": { "session_minutes": 7 },
        "user": {
            "email": "ada@example.org",
            "phone": "+12025550123",
            "totp_key": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
            "factors": ["SOFTWARE_TOKEN_MFA", "EMAIL_OTP"],
            "preferred_factor": "EMAIL_OTP",
        },
    }));
    let seeded = &desk.seeded;
    assert_eq!(seeded["email"], "ada@example.org");
    assert_eq!(seeded["phone"], "+12025550123");
    assert_eq!(seeded["totp_key"], "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    let pool = desk.admin("DescribeUserPool", json!({})).expect("a pool")["UserPool"].clone();
    assert_eq!(
        pool["DeviceConfiguration"],
        json!({ "ChallengeRequiredOnNewDevice": false, "DeviceOnlyRememberedOnUserPrompt": true })
    );
    assert_eq!(
        pool["Policies"]["SignInPolicy"]["AllowedFirstAuthFactors"],
        json!(["PASSWORD", "SMS_OTP"])
    );
    let request = json!({ "ClientId": seeded["client_id"] });
    let client = desk
        .admin("DescribeUserPoolClient", request)
        .expect("a client");
    assert_eq!(client["UserPoolClient"]["AuthSessionValidity"], 7);
    let flows = client["UserPoolClient"]["ExplicitAuthFlows"].to_string();
    assert!(
        flows.contains("ALLOW_USER_AUTH") && flows.contains("ALLOW_CUSTOM_AUTH"),
        "{flows}"
    );
    let user = desk
        .admin("AdminGetUser", json!({ "Username": "alice" }))
        .expect("a user");
    assert_eq!(
        user["UserMFASettingList"],
        json!(["SOFTWARE_TOKEN_MFA", "EMAIL_OTP"])
    );
    assert_eq!(user["PreferredMfaSetting"], "EMAIL_OTP");
    let attributes = user["UserAttributes"].to_string();
    for verified in ["email_verified", "phone_number_verified"] {
        assert!(attributes.contains(verified), "{attributes}");
    }

    // A user whose app is on gets a key where none is given.
    let more = json!({
        "user_pool_id": seeded["user_pool_id"], "client_id": seeded["client_id"],
        "identity_pool": false,
        "user": { "username": "bob", "factors": ["SOFTWARE_TOKEN_MFA"] },
    });
    let bob = desk.sandbox.control("POST", "seed", &more).json();
    assert_eq!(bob["totp_key"].as_str().map(str::len), Some(52));

    let fresh =
        Desk::new(&json!({ "user": { "unconfirmed": true }, "client": { "secret": true } }));
    let user = fresh
        .admin("AdminGetUser", json!({ "Username": "alice" }))
        .expect("a user");
    assert_eq!(user["UserStatus"], "UNCONFIRMED");
    assert_eq!(fresh.messages()[0]["purpose"], "sign_up");
}

#[test]
fn seeds_that_contradict_themselves() {
    let desk = Desk::new(&json!({}));
    for (seed, why) in [
        (json!({ "pool": { "mfa": "MAYBE" } }), "MAYBE"),
        (
            json!({ "pool": { "factors": ["SMS_MFA"] } }),
            "can't turn off MFA",
        ),
        (json!({ "pool": { "devices": "sometimes" } }), "sometimes"),
        (json!({ "pool": { "first_factors": ["FACE"] } }), "FACE"),
        (json!({ "pool": { "custom": [{ "reply": "4" }] } }), "reply"),
        (
            json!({ "client": { "session_minutes": 16 } }),
            "between 3 and 15",
        ),
        (
            json!({ "pool": { "mfa": "ON" }, "user": { "totp_key": "not base32!" } }),
            "not BASE32",
        ),
        (
            json!({ "user": { "factors": ["SMS_MFA"] } }),
            "User does not have delivery config set to turn on SMS_MFA",
        ),
        (
            json!({ "user": { "unconfirmed": true, "temporary": true } }),
            "temporary or unconfirmed",
        ),
        (
            json!({ "user": { "phone": "555" } }),
            "Invalid phone number format.",
        ),
    ] {
        let answer = desk.sandbox.control("POST", "seed", &seed);
        assert_eq!(answer.status(), 400, "{seed}");
        assert!(answer.body.contains(why), "{}", answer.body);
    }
}

#[test]
fn the_outbox_is_read_and_emptied() {
    let desk = Desk::new(&json!({}));
    assert_eq!(desk.messages(), Vec::<Value>::new());
    let invite = json!({
        "Username": "eve", "TemporaryPassword": "First-Passw0rd",
        "UserAttributes": [{ "Name": "email", "Value": "eve@example.com" }],
    });
    desk.admin("AdminCreateUser", invite).expect("made");
    desk.call("ForgotPassword", json!({ "Username": "alice" }))
        .expect("sent");
    let messages = desk.messages();
    let purposes: Vec<_> = messages.iter().map(|message| &message["purpose"]).collect();
    assert_eq!(purposes, ["invitation", "forgot_password"]);
    assert_eq!(messages[0]["code"], "First-Passw0rd");
    let code = messages[1]["code"].as_str().expect("a text");
    assert!(
        code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()),
        "{code}"
    );
    let minted = desk.sandbox.control("GET", "minted", &Value::Null).json();
    assert!(minted.to_string().contains(code));

    assert_eq!(
        desk.sandbox
            .control("DELETE", "outbox", &Value::Null)
            .status(),
        200
    );
    assert_eq!(desk.messages(), Vec::<Value>::new());
}

#[test]
fn codes_of_an_app_follow_the_sandboxs_clock() {
    let mut desk = Desk::new(&json!({}));
    let key = json!("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    let before = desk.app_code(&key);
    desk.wait(86_400);
    assert_ne!(before, desk.app_code(&key));
    for wrong in [
        json!({ "key": "0189" }),
        json!({ "key": "" }),
        json!({}),
        json!({ "keys": "A" }),
    ] {
        let answer = desk.sandbox.control("POST", "totp", &wrong);
        assert_eq!(answer.status(), 400, "{wrong}");
    }
}
