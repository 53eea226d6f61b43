use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;
use crate::{
    factor::{Factor, Mfa},
    seed::{PoolSeed, Seed, UserSeed, plant},
    totp,
};

mod challenges;

#[test]
fn targets() {
    assert!(find("AWSCognitoIdentityProviderService.InitiateAuth").is_some());
    assert!(find("AWSCognitoIdentityService.GetId").is_some());
    for unknown in [
        "AWSCognitoIdentityService.InitiateAuth",
        "AWSCognitoIdentityProviderService.Initiate",
        "InitiateAuth",
        "",
    ] {
        assert!(find(unknown).is_none(), "{unknown}");
    }
}

#[test]
fn every_operation_answers_a_right_request() {
    let mut world = World::for_tests();
    let mut answered = BTreeSet::new();
    for index in 0..requests(&mut world).len() {
        let (name, request) = requests(&mut world).swap_remove(index);
        let answer = run(&mut world, name, &request);
        assert!(answer.is_ok(), "{name}: {answer:?}");
        answered.insert(name);
    }
    let (mut play, more) = challenges::requests();
    for (name, request) in more {
        let answer = run(&mut play.world, name, &request);
        assert!(answer.is_ok(), "{name} {request}: {answer:?}");
        answered.insert(name);
    }
    let known: BTreeSet<&str> = all().map(|operation| operation.name).collect();
    let apart = [
        "RespondToAuthChallenge",
        "AdminRespondToAuthChallenge",
        "ConfirmSignUp",
    ];
    let missing: Vec<_> = known
        .difference(&answered)
        .filter(|name| !apart.contains(name))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Right requests with one or two members that are not.
#[test]
fn no_request_panics() {
    let mut world = World::for_tests();
    let mut dice = fastrand::Rng::with_seed(1);
    let mut outcomes = BTreeSet::new();
    for _ in 0..40 {
        let right = requests(&mut world);
        let proof = ("RespondToAuthChallenge", wrong_proof(&mut world));
        for (name, mut request) in right.into_iter().chain([proof]) {
            for _ in 0..dice.u8(1..3) {
                spoil(&mut request, &mut dice);
            }
            let outcome = run(&mut world, name, &request)
                .err()
                .map(|failure| failure.code);
            outcomes.insert((name, outcome));
        }
    }
    for _ in 0..20 {
        let (mut play, more) = challenges::requests();
        for (name, mut request) in more {
            spoil(&mut request, &mut dice);
            let outcome = run(&mut play.world, name, &request);
            outcomes.insert((name, outcome.err().map(|failure| failure.code)));
        }
    }
    // Were they few, the requests would all fail at the door.
    assert!(outcomes.len() > 90, "{}: {outcomes:#?}", outcomes.len());
}

fn run(world: &mut World, name: &str, request: &Value) -> Answer {
    let operation = all().find(|operation| operation.name == name);
    (operation.expect("a known name").run)(world, Fields::of(request)?)
}

/// Puts something strange in the place of one member, at any depth.
fn spoil(value: &mut Value, dice: &mut fastrand::Rng) {
    let inner: Vec<&mut Value> = match value {
        Value::Object(members) => members.values_mut().collect(),
        Value::Array(items) => items.iter_mut().collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    if !inner.is_empty() && dice.u8(0..8) != 0 {
        let count = inner.len();
        if let Some(member) = inner.into_iter().nth(dice.usize(0..count)) {
            return spoil(member, dice);
        }
    }
    *value = match dice.u8(0..11) {
        0 => Value::Null,
        1 => json!(i64::MAX),
        2 => json!(i64::MIN),
        3 => json!(0.5),
        4 => json!(true),
        5 => json!([{}]),
        6 => json!({ "": "" }),
        7 => json!(""),
        8 => json!("ä\0\n😀"),
        9 => json!("a.b.c"),
        _ => json!("f".repeat(5000)),
    };
}

/// A `PASSWORD_VERIFIER` that is right in all but the proof.
fn wrong_proof(world: &mut World) -> Value {
    let client = world.clients.keys().next().expect("a client").clone();
    let start = json!({
        "ClientId": client,
        "AuthFlow": "USER_SRP_AUTH",
        "AuthParameters": { "USERNAME": "alice", "SRP_A": "abcdef" },
    });
    let asked = run(world, "InitiateAuth", &start).expect("a challenge");
    let timestamp = world.clock.now().format("%a %b %-d %H:%M:%S UTC %Y");
    json!({
        "ClientId": client,
        "ChallengeName": "PASSWORD_VERIFIER",
        "ChallengeResponses": {
            "USERNAME": "alice",
            "PASSWORD_CLAIM_SECRET_BLOCK": asked["ChallengeParameters"]["SECRET_BLOCK"],
            "PASSWORD_CLAIM_SIGNATURE": "A".repeat(44),
            "TIMESTAMP": timestamp,
        },
    })
}

/// A user who has to choose a new password, asked to do so.
fn new_password(world: &mut World, pool: &str, client: &str, name: &str) -> Value {
    let user = json!({
        "UserPoolId": pool,
        "Username": name,
        "TemporaryPassword": "Temp-Passw0rd",
        "MessageAction": "SUPPRESS",
    });
    run(world, "AdminCreateUser", &user).expect("a user");
    let start = json!({
        "ClientId": client,
        "AuthFlow": "USER_PASSWORD_AUTH",
        "AuthParameters": { "USERNAME": name, "PASSWORD": "Temp-Passw0rd" },
    });
    let asked = run(world, "InitiateAuth", &start).expect("a challenge");
    json!({
        "UserPoolId": pool,
        "ClientId": client,
        "ChallengeName": "NEW_PASSWORD_REQUIRED",
        "Session": asked["Session"],
        "ChallengeResponses": {
            "USERNAME": name,
            "NEW_PASSWORD": "New-Passw0rd",
            "userAttributes.email": "x@example.com",
        },
    })
}

/// The code of the last message.
fn last_code(world: &World) -> String {
    let message = world.outbox.messages().back();
    message.expect("a message").code.clone()
}

/// A right request of each operation, in a world of its own.
fn requests(world: &mut World) -> Vec<(&'static str, Value)> {
    world.reset();
    let seed = Seed {
        pool: PoolSeed {
            mfa: Mfa::Optional,
            factors: vec![Factor::SoftwareToken, Factor::Sms],
            ..PoolSeed::default()
        },
        user: UserSeed {
            phone: Some("+12025550123".into()),
            ..UserSeed::default()
        },
        ..Seed::default()
    };
    let seeded = plant(world, seed).expect("a seed");
    let (pool, client) = (&seeded.user_pool_id, &seeded.client_id);
    let sign_in = json!({
        "ClientId": client,
        "UserPoolId": pool,
        "AuthFlow": "USER_PASSWORD_AUTH",
        "AuthParameters": { "USERNAME": seeded.username, "PASSWORD": seeded.password },
    });
    let tokens = run(world, "InitiateAuth", &sign_in).expect("signed in");
    let tokens = &tokens["AuthenticationResult"];
    let srp = json!({
        "ClientId": client,
        "UserPoolId": pool,
        "AuthFlow": "USER_SRP_AUTH",
        "AuthParameters": { "USERNAME": seeded.username, "SRP_A": "abcdef" },
    });
    let refresh = json!({
        "ClientId": client,
        "AuthFlow": "REFRESH_TOKEN_AUTH",
        "AuthParameters": { "REFRESH_TOKEN": tokens["RefreshToken"] },
    });
    let logins = json!({ seeded.provider_name.clone(): tokens["IdToken"] });
    let get_id = json!({ "IdentityPoolId": seeded.identity_pool_id, "Logins": logins });
    let identity = run(world, "GetId", &get_id).expect("an identity");
    let group = json!({ "UserPoolId": pool, "GroupName": "g" });
    run(world, "CreateGroup", &group).expect("a group");
    let user = json!({ "UserPoolId": pool, "Username": "alice" });
    let member = json!({ "UserPoolId": pool, "Username": "alice", "GroupName": "g" });
    let attributes = json!([{ "Name": "email", "Value": "zoe@example.com" }]);
    let sign_up = json!({
        "ClientId": client,
        "Username": "newcomer",
        "Password": "New-Passw0rd",
        "UserAttributes": attributes,
    });
    run(world, "SignUp", &sign_up).expect("signed up");
    let newcomer = json!({ "UserPoolId": pool, "Username": "newcomer" });
    let second = json!({
        "ClientId": client,
        "Username": "second",
        "Password": "New-Passw0rd",
        "UserAttributes": attributes,
    });
    run(world, "SignUp", &second).expect("signed up");
    let code = last_code(world);
    let confirm = json!({ "ClientId": client, "Username": "second", "ConfirmationCode": code });
    let token = &tokens["AccessToken"];
    let key = run(
        world,
        "AssociateSoftwareToken",
        &json!({ "AccessToken": token }),
    );
    let key = key.expect("a key")["SecretCode"].clone();
    let key = totp::Key::read(key.as_str().expect("a text")).expect("BASE32");
    let app_code = key.code(world.clock.now());
    let address = json!({ "AccessToken": token, "AttributeName": "email" });
    run(world, "GetUserAttributeVerificationCode", &address).expect("sent");
    let email_code = last_code(world);
    let forgot = json!({ "ClientId": client, "Username": "alice" });
    run(world, "ForgotPassword", &forgot).expect("sent");
    let reset_code = last_code(world);
    let answer = new_password(world, pool, client, "one");
    let admin_answer = new_password(world, pool, client, "two");
    let roles = json!({
        "IdentityPoolId": seeded.identity_pool_id,
        "Roles": { "authenticated": seeded.role_arn },
        "RoleMappings": { format!("{}:{client}", seeded.provider_name): {
            "Type": "Rules",
            "AmbiguousRoleResolution": "AuthenticatedRole",
            "RulesConfiguration": { "Rules": [{
                "Claim": "email", "MatchType": "Equals", "Value": "x", "RoleARN": seeded.role_arn,
            }] },
        } },
    });
    vec![
        ("InitiateAuth", sign_in.clone()),
        ("InitiateAuth", srp.clone()),
        ("InitiateAuth", refresh),
        ("AdminInitiateAuth", sign_in),
        ("RespondToAuthChallenge", answer),
        ("AdminRespondToAuthChallenge", admin_answer),
        ("ConfirmSignUp", confirm),
        ("AdminInitiateAuth", srp),
        (
            "GetTokensFromRefreshToken",
            json!({ "ClientId": client, "RefreshToken": tokens["RefreshToken"] }),
        ),
        (
            "RevokeToken",
            json!({ "ClientId": client, "Token": tokens["RefreshToken"] }),
        ),
        (
            "GlobalSignOut",
            json!({ "AccessToken": tokens["AccessToken"] }),
        ),
        ("GetUser", json!({ "AccessToken": tokens["AccessToken"] })),
        (
            "ChangePassword",
            json!({
                "AccessToken": tokens["AccessToken"],
                "PreviousPassword": seeded.password,
                "ProposedPassword": "New-Passw0rd",
            }),
        ),
        ("DeleteUser", json!({ "AccessToken": token })),
        (
            "UpdateUserAttributes",
            json!({
                "AccessToken": token,
                "UserAttributes": [{ "Name": "email", "Value": "new@example.com" }],
            }),
        ),
        (
            "DeleteUserAttributes",
            json!({ "AccessToken": token, "UserAttributeNames": ["phone_number"] }),
        ),
        ("GetUserAttributeVerificationCode", address),
        (
            "VerifyUserAttribute",
            json!({ "AccessToken": token, "AttributeName": "email", "Code": email_code }),
        ),
        (
            "SetUserMFAPreference",
            json!({
                "AccessToken": token,
                "SMSMfaSettings": { "Enabled": true, "PreferredMfa": true },
                "SoftwareTokenMfaSettings": { "Enabled": false },
            }),
        ),
        ("AssociateSoftwareToken", json!({ "AccessToken": token })),
        (
            "VerifySoftwareToken",
            json!({
                "AccessToken": token,
                "UserCode": app_code,
                "FriendlyDeviceName": "telephone",
            }),
        ),
        ("ForgotPassword", forgot.clone()),
        (
            "ConfirmForgotPassword",
            json!({
                "ClientId": client,
                "Username": "alice",
                "ConfirmationCode": reset_code,
                "Password": "New-Passw0rd",
            }),
        ),
        (
            "ResendConfirmationCode",
            json!({ "ClientId": client, "Username": "newcomer" }),
        ),
        (
            "SignUp",
            json!({
                "ClientId": client,
                "Username": "zoe",
                "Password": "New-Passw0rd",
                "UserAttributes": attributes,
            }),
        ),
        (
            "CreateUserPool",
            json!({
                "PoolName": "p",
                "Policies": { "PasswordPolicy": { "MinimumLength": 9, "RequireSymbols": false } },
                "Schema": [
                    { "Name": "email", "Required": true },
                    { "Name": "age", "AttributeDataType": "Number",
                      "NumberAttributeConstraints": { "MinValue": "1" } },
                ],
                "UsernameAttributes": ["email"],
            }),
        ),
        (
            "UpdateUserPool",
            json!({
                "UserPoolId": pool,
                "MfaConfiguration": "ON",
                "DeviceConfiguration": { "ChallengeRequiredOnNewDevice": true },
                "Policies": { "SignInPolicy": { "AllowedFirstAuthFactors": ["PASSWORD"] } },
                "AccountRecoverySetting": { "RecoveryMechanisms": [
                    { "Name": "verified_email", "Priority": 1 },
                ] },
            }),
        ),
        (
            "SetUserPoolMfaConfig",
            json!({
                "UserPoolId": pool,
                "MfaConfiguration": "OPTIONAL",
                "SoftwareTokenMfaConfiguration": { "Enabled": true },
            }),
        ),
        ("GetUserPoolMfaConfig", json!({ "UserPoolId": pool })),
        ("DescribeUserPool", json!({ "UserPoolId": pool })),
        (
            "CreateUserPoolClient",
            json!({
                "UserPoolId": pool,
                "ClientName": "c",
                "GenerateSecret": true,
                "ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH"],
                "IdTokenValidity": 5,
                "TokenValidityUnits": { "IdToken": "minutes" },
                "RefreshTokenRotation": { "Feature": "ENABLED", "RetryGracePeriodSeconds": 60 },
            }),
        ),
        (
            "DescribeUserPoolClient",
            json!({ "UserPoolId": pool, "ClientId": client }),
        ),
        (
            "CreateGroup",
            json!({ "UserPoolId": pool, "GroupName": "h", "RoleArn": "r", "Precedence": 1 }),
        ),
        (
            "AdminCreateUser",
            json!({
                "UserPoolId": pool,
                "Username": "yan",
                "TemporaryPassword": "New-Passw0rd",
                "UserAttributes": attributes,
            }),
        ),
        (
            "AdminSetUserPassword",
            json!({
                "UserPoolId": pool,
                "Username": "alice",
                "Password": "New-Passw0rd",
                "Permanent": true,
            }),
        ),
        ("AdminGetUser", user.clone()),
        ("AdminDisableUser", user.clone()),
        ("AdminEnableUser", user.clone()),
        ("AdminResetUserPassword", user.clone()),
        ("AdminUserGlobalSignOut", user.clone()),
        ("AdminDeleteUser", user),
        ("AdminConfirmSignUp", newcomer),
        (
            "AdminUpdateUserAttributes",
            json!({ "UserPoolId": pool, "Username": "alice", "UserAttributes": attributes }),
        ),
        (
            "AdminDeleteUserAttributes",
            json!({ "UserPoolId": pool, "Username": "alice", "UserAttributeNames": ["email"] }),
        ),
        (
            "AdminSetUserMFAPreference",
            json!({
                "UserPoolId": pool,
                "Username": "alice",
                "SMSMfaSettings": { "Enabled": true },
            }),
        ),
        ("AdminAddUserToGroup", member.clone()),
        ("AdminRemoveUserFromGroup", member),
        ("GetId", get_id),
        (
            "GetCredentialsForIdentity",
            json!({ "IdentityId": identity["IdentityId"], "Logins": logins }),
        ),
        (
            "CreateIdentityPool",
            json!({
                "IdentityPoolName": "i",
                "AllowUnauthenticatedIdentities": true,
                "CognitoIdentityProviders": [{
                    "ProviderName": seeded.provider_name,
                    "ClientId": client,
                    "ServerSideTokenCheck": true,
                }],
            }),
        ),
        (
            "DescribeIdentityPool",
            json!({ "IdentityPoolId": seeded.identity_pool_id }),
        ),
        (
            "GetIdentityPoolRoles",
            json!({ "IdentityPoolId": seeded.identity_pool_id }),
        ),
        ("SetIdentityPoolRoles", roles),
    ]
}
