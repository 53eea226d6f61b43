//! The table of operations: their names, who may call them, and what they run.

use crate::{
    auth::Door,
    wire::{Answer, Fields},
    world::World,
};

/// Who may call an operation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Everybody, unsigned: AWS's `noAuth`.
    Open,
    /// The administrator, by signature.
    Admin,
}

/// One operation of a JSON service.
pub(crate) struct Operation {
    pub(crate) name: &'static str,
    pub(crate) access: Access,
    /// The service in the credential scope of a signature.
    pub(crate) scope: &'static str,
    pub(crate) run: fn(&mut World, Fields<'_>) -> Answer,
}

/// Finds the operation that `X-Amz-Target` names.
pub(crate) fn find(target: &str) -> Option<&'static Operation> {
    let (service, name) = target.split_once('.')?;
    let scope = match service {
        "AWSCognitoIdentityProviderService" => IDP,
        "AWSCognitoIdentityService" => IDENTITY,
        _ => return None,
    };
    OPERATIONS
        .iter()
        .find(|operation| operation.scope == scope && operation.name == name)
}

const IDP: &str = "cognito-idp";
const IDENTITY: &str = "cognito-identity";

static OPERATIONS: &[Operation] = &[
    open(IDP, "InitiateAuth", |w, f| w.initiate_auth(f, Door::Public)),
    open(IDP, "RespondToAuthChallenge", |w, f| {
        w.respond_to_auth_challenge(f, Door::Public)
    }),
    open(
        IDP,
        "GetTokensFromRefreshToken",
        World::get_tokens_from_refresh_token,
    ),
    open(IDP, "RevokeToken", World::revoke_token),
    open(IDP, "GlobalSignOut", World::global_sign_out),
    open(IDP, "GetUser", World::user_of_token),
    open(IDP, "ChangePassword", World::change_password),
    open(IDP, "SignUp", World::sign_up),
    open(IDP, "ConfirmSignUp", World::confirm_sign_up),
    admin(IDP, "AdminInitiateAuth", |w, f| {
        w.initiate_auth(f, Door::Admin)
    }),
    admin(IDP, "AdminRespondToAuthChallenge", |w, f| {
        w.respond_to_auth_challenge(f, Door::Admin)
    }),
    admin(IDP, "CreateUserPool", World::create_user_pool),
    admin(IDP, "DescribeUserPool", |w, f| w.describe_user_pool(f)),
    admin(IDP, "CreateUserPoolClient", World::create_user_pool_client),
    admin(
        IDP,
        "DescribeUserPoolClient",
        World::describe_user_pool_client,
    ),
    admin(IDP, "CreateGroup", World::create_group),
    admin(IDP, "AdminCreateUser", World::admin_create_user),
    admin(IDP, "AdminSetUserPassword", World::admin_set_user_password),
    admin(IDP, "AdminGetUser", World::admin_get_user),
    admin(IDP, "AdminDisableUser", |w, f| {
        w.admin_set_enabled(f, false)
    }),
    admin(IDP, "AdminEnableUser", |w, f| w.admin_set_enabled(f, true)),
    admin(IDP, "AdminDeleteUser", World::admin_delete_user),
    admin(
        IDP,
        "AdminResetUserPassword",
        World::admin_reset_user_password,
    ),
    admin(
        IDP,
        "AdminUserGlobalSignOut",
        World::admin_user_global_sign_out,
    ),
    admin(IDP, "AdminConfirmSignUp", World::admin_confirm_sign_up),
    admin(IDP, "AdminAddUserToGroup", World::admin_add_user_to_group),
    admin(
        IDP,
        "AdminRemoveUserFromGroup",
        World::admin_remove_user_from_group,
    ),
    open(IDENTITY, "GetId", World::id_of_logins),
    open(
        IDENTITY,
        "GetCredentialsForIdentity",
        World::credentials_for_identity,
    ),
    admin(IDENTITY, "CreateIdentityPool", World::create_identity_pool),
    admin(IDENTITY, "DescribeIdentityPool", |w, f| {
        w.describe_identity_pool(f)
    }),
    admin(
        IDENTITY,
        "SetIdentityPoolRoles",
        World::set_identity_pool_roles,
    ),
    admin(IDENTITY, "GetIdentityPoolRoles", |w, f| {
        w.identity_pool_roles(f)
    }),
];

const fn open(
    scope: &'static str,
    name: &'static str,
    run: fn(&mut World, Fields<'_>) -> Answer,
) -> Operation {
    Operation {
        name,
        access: Access::Open,
        scope,
        run,
    }
}

const fn admin(
    scope: &'static str,
    name: &'static str,
    run: fn(&mut World, Fields<'_>) -> Answer,
) -> Operation {
    Operation {
        name,
        access: Access::Admin,
        scope,
        run,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// Thousands of requests made of the right words in the wrong places.
    #[test]
    fn no_request_panics() {
        let mut world = World::for_tests();
        let seeded = crate::seed::plant(&mut world, crate::seed::Seed::default()).expect("a seed");
        let known = serde_json::to_value(seeded).expect("an object");
        let mut words: Vec<String> = known
            .as_object()
            .expect("an object")
            .values()
            .filter_map(|v| v.as_str())
            .map(str::to_owned)
            .collect();
        words.extend(WORDS.split_whitespace().map(str::to_owned));
        let mut dice = fastrand::Rng::with_seed(1);
        for _ in 0..4000 {
            let operation = dice.choice(OPERATIONS).expect("some");
            let request = random_object(&mut dice, &words, &known, 0);
            if let Err(failure) = Fields::of(&request).and_then(|f| (operation.run)(&mut world, f))
            {
                assert!(!failure.code.is_empty());
            }
        }
    }

    /// An object with most members that any operation reads.
    fn random_object(
        dice: &mut fastrand::Rng,
        words: &[String],
        known: &Value,
        depth: u32,
    ) -> Value {
        let mut object = serde_json::Map::new();
        for name in words {
            let nested = name.ends_with('s') && depth < 2 && dice.u8(0..3) == 0;
            let value = match dice.u8(0..40) {
                0 => Value::Null,
                1 => json!(dice.i64(-5..100_000)),
                2 => json!(dice.bool()),
                3 => json!([dice.choice(words)]),
                4 => json!("ä\u{0}\n"),
                5 => json!(""),
                6 | 7 => continue,
                8..16 if nested => json!([random_object(dice, words, known, depth + 1)]),
                8.. if nested => random_object(dice, words, known, depth + 1),
                _ => json!(dice.choice(words)),
            };
            object.insert(name.clone(), value);
        }
        // Half of the time the names are right, so that the operation gets on.
        if dice.bool() {
            for (name, value) in [("ClientId", "client_id"), ("UserPoolId", "user_pool_id")] {
                object.insert(name.into(), known[value].clone());
            }
            object.insert("USERNAME".into(), json!("alice"));
            object.insert("Username".into(), json!("alice"));
        }
        Value::Object(object)
    }

    const WORDS: &str = "ClientId UserPoolId Username USERNAME PASSWORD SRP_A SECRET_HASH AuthFlow \
        AuthParameters ChallengeName ChallengeResponses Session NEW_PASSWORD TIMESTAMP \
        PASSWORD_CLAIM_SIGNATURE PASSWORD_CLAIM_SECRET_BLOCK RefreshToken REFRESH_TOKEN Token \
        AccessToken IdentityPoolId IdentityId Logins CustomRoleArn Roles RoleMappings Type Rules \
        AmbiguousRoleResolution RulesConfiguration GroupName RoleArn Precedence PoolName ClientName \
        GenerateSecret ExplicitAuthFlows RefreshTokenRotation Feature RetryGracePeriodSeconds \
        TokenValidityUnits AccessTokenValidity IdToken Policies PasswordPolicy MinimumLength Schema \
        UserAttributes Name Value Password Permanent ConfirmationCode PreviousPassword Required \
        ProposedPassword CognitoIdentityProviders ProviderName IdentityPoolName USER_SRP_AUTH \
        USER_PASSWORD_AUTH REFRESH_TOKEN_AUTH PASSWORD_VERIFIER NEW_PASSWORD_REQUIRED ENABLED \
        seconds abcdef 0 Token Deny AuthenticatedRole authenticated UsernameAttributes email Passw0rd!";

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
}
