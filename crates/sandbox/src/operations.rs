//! The table of operations: their names, who may call them, and what they run.

use crate::{
    auth::Door,
    device::Whose,
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
    open(
        IDP,
        "ResendConfirmationCode",
        World::resend_confirmation_code,
    ),
    open(IDP, "ForgotPassword", World::forgot_password),
    open(IDP, "ConfirmForgotPassword", World::confirm_forgot_password),
    open(IDP, "DeleteUser", World::delete_user),
    open(IDP, "UpdateUserAttributes", World::update_user_attributes),
    open(IDP, "DeleteUserAttributes", World::delete_user_attributes),
    open(
        IDP,
        "GetUserAttributeVerificationCode",
        World::user_attribute_verification_code,
    ),
    open(IDP, "VerifyUserAttribute", World::verify_user_attribute),
    open(IDP, "SetUserMFAPreference", World::set_user_mfa_preference),
    open(
        IDP,
        "AssociateSoftwareToken",
        World::associate_software_token,
    ),
    open(IDP, "VerifySoftwareToken", World::verify_software_token),
    open(IDP, "ConfirmDevice", World::confirm_device),
    open(IDP, "GetDevice", |w, f| w.device(f, Whose::Own)),
    open(IDP, "ListDevices", |w, f| w.list_devices(f, Whose::Own)),
    open(IDP, "UpdateDeviceStatus", |w, f| {
        w.update_device_status(f, Whose::Own)
    }),
    open(IDP, "ForgetDevice", |w, f| w.forget_device(f, Whose::Own)),
    admin(IDP, "AdminGetDevice", |w, f| w.device(f, Whose::Named)),
    admin(IDP, "AdminListDevices", |w, f| {
        w.list_devices(f, Whose::Named)
    }),
    admin(IDP, "AdminUpdateDeviceStatus", |w, f| {
        w.update_device_status(f, Whose::Named)
    }),
    admin(IDP, "AdminForgetDevice", |w, f| {
        w.forget_device(f, Whose::Named)
    }),
    admin(IDP, "AdminInitiateAuth", |w, f| {
        w.initiate_auth(f, Door::Admin)
    }),
    admin(IDP, "AdminRespondToAuthChallenge", |w, f| {
        w.respond_to_auth_challenge(f, Door::Admin)
    }),
    admin(IDP, "CreateUserPool", World::create_user_pool),
    admin(IDP, "DescribeUserPool", |w, f| w.describe_user_pool(f)),
    admin(IDP, "UpdateUserPool", World::update_user_pool),
    admin(IDP, "SetUserPoolMfaConfig", World::set_user_pool_mfa_config),
    admin(IDP, "GetUserPoolMfaConfig", |w, f| {
        w.user_pool_mfa_config(f)
    }),
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
    admin(
        IDP,
        "AdminUpdateUserAttributes",
        World::admin_update_user_attributes,
    ),
    admin(
        IDP,
        "AdminDeleteUserAttributes",
        World::admin_delete_user_attributes,
    ),
    admin(
        IDP,
        "AdminSetUserMFAPreference",
        World::admin_set_user_mfa_preference,
    ),
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
mod tests;
