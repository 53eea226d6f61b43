//! Right requests of every operation but those between a sign-in's beginning and its end.

use serde_json::{Value, json};

use super::run;
use crate::{
    factor::{Factor, Mfa},
    seed::{PoolSeed, Seed, Seeded, UserSeed, plant},
    totp,
    world::World,
};

mod providers;

type Request = (&'static str, Value);

/// A world in which something can be asked for: `alice` has signed in, `newcomer` and `second` have
/// signed up.
struct Ground {
    seeded: Seeded,
    tokens: Value,
}

/// A right request of each operation, in a world of its own.
pub(super) fn requests(world: &mut World) -> Vec<Request> {
    let ground = Ground::new(world);
    let mut all = ground.sign_ins(world);
    all.append(&mut ground.sign_ups(world));
    all.append(&mut ground.own_account(world));
    all.append(&mut ground.pools());
    all.append(&mut ground.users());
    all.append(&mut ground.identities(world));
    all.append(&mut ground.providers(world));
    all
}

impl Ground {
    fn new(world: &mut World) -> Self {
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
        let mut ground = Self {
            seeded,
            tokens: Value::Null,
        };
        let answer = run(world, "InitiateAuth", &ground.sign_in()).expect("signed in");
        ground.tokens = answer["AuthenticationResult"].clone();
        let group = json!({ "UserPoolId": ground.seeded.user_pool_id, "GroupName": "g" });
        run(world, "CreateGroup", &group).expect("a group");
        for name in ["newcomer", "second"] {
            run(world, "SignUp", &ground.sign_up(name)).expect("signed up");
        }
        ground
    }

    fn sign_in(&self) -> Value {
        json!({
            "ClientId": self.seeded.client_id,
            "UserPoolId": self.seeded.user_pool_id,
            "AuthFlow": "USER_PASSWORD_AUTH",
            "AuthParameters": { "USERNAME": self.seeded.username, "PASSWORD": self.seeded.password },
        })
    }

    fn sign_up(&self, name: &str) -> Value {
        json!({
            "ClientId": self.seeded.client_id,
            "Username": name,
            "Password": "New-Passw0rd",
            "UserAttributes": attributes(),
        })
    }

    fn sign_ins(&self, world: &mut World) -> Vec<Request> {
        let (pool, client, tokens) = (
            &self.seeded.user_pool_id,
            &self.seeded.client_id,
            &self.tokens,
        );
        let srp = json!({
            "ClientId": client,
            "UserPoolId": pool,
            "AuthFlow": "USER_SRP_AUTH",
            "AuthParameters": { "USERNAME": self.seeded.username, "SRP_A": "abcdef" },
        });
        let refresh = json!({
            "ClientId": client,
            "AuthFlow": "REFRESH_TOKEN_AUTH",
            "AuthParameters": { "REFRESH_TOKEN": tokens["RefreshToken"] },
        });
        let sign_in = self.sign_in();
        let answer = new_password(world, pool, client, "one");
        let admin_answer = new_password(world, pool, client, "two");
        vec![
            ("InitiateAuth", sign_in.clone()),
            ("InitiateAuth", srp.clone()),
            ("InitiateAuth", refresh),
            ("AdminInitiateAuth", sign_in),
            ("RespondToAuthChallenge", answer),
            ("AdminRespondToAuthChallenge", admin_answer),
            ("AdminInitiateAuth", srp),
            (
                "GetTokensFromRefreshToken",
                json!({ "ClientId": client, "RefreshToken": tokens["RefreshToken"] }),
            ),
            (
                "RevokeToken",
                json!({ "ClientId": client, "Token": tokens["RefreshToken"] }),
            ),
        ]
    }

    fn sign_ups(&self, world: &mut World) -> Vec<Request> {
        let client = &self.seeded.client_id;
        // The code of `second`, who was the last.
        let code = last_code(world);
        let confirm = json!({ "ClientId": client, "Username": "second", "ConfirmationCode": code });
        let forgot = json!({ "ClientId": client, "Username": "alice" });
        run(world, "ForgotPassword", &forgot).expect("sent");
        let reset_code = last_code(world);
        vec![
            ("ConfirmSignUp", confirm),
            ("ForgotPassword", forgot),
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
            ("SignUp", self.sign_up("zoe")),
        ]
    }

    fn own_account(&self, world: &mut World) -> Vec<Request> {
        let token = &self.tokens["AccessToken"];
        let own = json!({ "AccessToken": token });
        let key = run(world, "AssociateSoftwareToken", &own).expect("a key")["SecretCode"].clone();
        let key = totp::Key::read(key.as_str().expect("a text")).expect("BASE32");
        let app_code = key.code(world.clock.now());
        let address = json!({ "AccessToken": token, "AttributeName": "email" });
        run(world, "GetUserAttributeVerificationCode", &address).expect("sent");
        let email_code = last_code(world);
        vec![
            ("GlobalSignOut", own.clone()),
            ("GetUser", own.clone()),
            (
                "ChangePassword",
                json!({
                    "AccessToken": token,
                    "PreviousPassword": self.seeded.password,
                    "ProposedPassword": "New-Passw0rd",
                }),
            ),
            ("DeleteUser", own.clone()),
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
            ("AssociateSoftwareToken", own.clone()),
            (
                "VerifySoftwareToken",
                json!({
                    "AccessToken": token,
                    "UserCode": app_code,
                    "FriendlyDeviceName": "telephone",
                }),
            ),
        ]
    }

    fn pools(&self) -> Vec<Request> {
        let (pool, client) = (&self.seeded.user_pool_id, &self.seeded.client_id);
        vec![
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
        ]
    }

    fn users(&self) -> Vec<Request> {
        let pool = &self.seeded.user_pool_id;
        let user = json!({ "UserPoolId": pool, "Username": "alice" });
        let member = json!({ "UserPoolId": pool, "Username": "alice", "GroupName": "g" });
        let newcomer = json!({ "UserPoolId": pool, "Username": "newcomer" });
        let attributes = attributes();
        vec![
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
        ]
    }

    fn identities(&self, world: &mut World) -> Vec<Request> {
        let (seeded, client) = (&self.seeded, &self.seeded.client_id);
        let logins = json!({ seeded.provider_name.clone(): self.tokens["IdToken"] });
        let get_id = json!({ "IdentityPoolId": seeded.identity_pool_id, "Logins": logins });
        let identity = run(world, "GetId", &get_id).expect("an identity");
        let classic = json!({
            "IdentityPoolName": "classic",
            "AllowClassicFlow": true,
            "CognitoIdentityProviders": [{
                "ProviderName": seeded.provider_name,
                "ClientId": client,
            }],
        });
        let classic = run(world, "CreateIdentityPool", &classic).expect("a pool");
        let classic = json!({ "IdentityPoolId": classic["IdentityPoolId"], "Logins": logins });
        let classic_identity =
            run(world, "GetId", &classic).expect("an identity")["IdentityId"].clone();
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
                "UpdateIdentityPool",
                json!({
                    "IdentityPoolId": seeded.identity_pool_id,
                    "IdentityPoolName": "i",
                    "AllowUnauthenticatedIdentities": false,
                    "AllowClassicFlow": true,
                    "SupportedLoginProviders": { "accounts.google.com": "app" },
                }),
            ),
            (
                "GetOpenIdToken",
                json!({ "IdentityId": classic_identity, "Logins": logins }),
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
}

fn attributes() -> Value {
    json!([{ "Name": "email", "Value": "zoe@example.com" }])
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
