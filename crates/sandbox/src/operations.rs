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
    pub(crate) run: Run,
}

type Run = fn(&mut World, Fields<'_>) -> Answer;

/// Finds the operation that `X-Amz-Target` names.
pub(crate) fn find(target: &str) -> Option<Operation> {
    let (service, name) = target.split_once('.')?;
    let scope = match service {
        "AWSCognitoIdentityProviderService" => IDP,
        "AWSCognitoIdentityService" => IDENTITY,
        _ => return None,
    };
    all().find(|operation| operation.scope == scope && operation.name == name)
}

fn all() -> impl Iterator<Item = Operation> {
    TABLE.iter().flat_map(|(scope, access, rows)| {
        rows.iter().map(|(name, run)| Operation {
            name,
            access: *access,
            scope,
            run: *run,
        })
    })
}

const IDP: &str = "cognito-idp";
const IDENTITY: &str = "cognito-identity";

/// What each service offers to whom.
static TABLE: &[(&str, Access, Rows)] = &[
    (IDP, Access::Open, USERS),
    (IDP, Access::Admin, USERS_ADMIN),
    (IDENTITY, Access::Open, IDENTITIES),
    (IDENTITY, Access::Admin, IDENTITIES_ADMIN),
];

type Rows = &'static [(&'static str, Run)];

/// User pools, for everybody.
const USERS: Rows = &[
    ("InitiateAuth", |w, f| w.initiate_auth(f, Door::Public)),
    ("RespondToAuthChallenge", |w, f| {
        w.respond_to_auth_challenge(f, Door::Public)
    }),
    (
        "GetTokensFromRefreshToken",
        World::get_tokens_from_refresh_token,
    ),
    ("RevokeToken", World::revoke_token),
    ("GlobalSignOut", World::global_sign_out),
    ("GetUser", World::user_of_token),
    ("ChangePassword", World::change_password),
    ("SignUp", World::sign_up),
    ("ConfirmSignUp", World::confirm_sign_up),
    ("ResendConfirmationCode", World::resend_confirmation_code),
    ("ForgotPassword", World::forgot_password),
    ("ConfirmForgotPassword", World::confirm_forgot_password),
    ("DeleteUser", World::delete_user),
    ("UpdateUserAttributes", World::update_user_attributes),
    ("DeleteUserAttributes", World::delete_user_attributes),
    (
        "GetUserAttributeVerificationCode",
        World::user_attribute_verification_code,
    ),
    ("VerifyUserAttribute", World::verify_user_attribute),
    ("SetUserMFAPreference", World::set_user_mfa_preference),
    ("AssociateSoftwareToken", World::associate_software_token),
    ("VerifySoftwareToken", World::verify_software_token),
    ("ConfirmDevice", World::confirm_device),
    ("GetDevice", |w, f| w.device(f, Whose::Own)),
    ("ListDevices", |w, f| w.list_devices(f, Whose::Own)),
    ("UpdateDeviceStatus", |w, f| {
        w.update_device_status(f, Whose::Own)
    }),
    ("ForgetDevice", |w, f| w.forget_device(f, Whose::Own)),
];

/// User pools, for the administrator.
const USERS_ADMIN: Rows = &[
    ("AdminGetDevice", |w, f| w.device(f, Whose::Named)),
    ("AdminListDevices", |w, f| w.list_devices(f, Whose::Named)),
    ("AdminUpdateDeviceStatus", |w, f| {
        w.update_device_status(f, Whose::Named)
    }),
    ("AdminForgetDevice", |w, f| w.forget_device(f, Whose::Named)),
    ("AdminInitiateAuth", |w, f| w.initiate_auth(f, Door::Admin)),
    ("AdminRespondToAuthChallenge", |w, f| {
        w.respond_to_auth_challenge(f, Door::Admin)
    }),
    ("CreateUserPool", World::create_user_pool),
    ("DescribeUserPool", |w, f| w.describe_user_pool(f)),
    ("UpdateUserPool", World::update_user_pool),
    ("SetUserPoolMfaConfig", World::set_user_pool_mfa_config),
    ("GetUserPoolMfaConfig", |w, f| w.user_pool_mfa_config(f)),
    ("CreateUserPoolClient", World::create_user_pool_client),
    ("DescribeUserPoolClient", World::describe_user_pool_client),
    ("CreateUserPoolDomain", World::create_user_pool_domain),
    ("DescribeUserPoolDomain", |w, f| {
        w.describe_user_pool_domain(f)
    }),
    ("DeleteUserPoolDomain", World::delete_user_pool_domain),
    ("CreateIdentityProvider", World::create_identity_provider),
    ("UpdateIdentityProvider", World::update_identity_provider),
    ("DeleteIdentityProvider", World::delete_identity_provider),
    ("DescribeIdentityProvider", |w, f| {
        w.describe_identity_provider(f)
    }),
    ("GetIdentityProviderByIdentifier", |w, f| {
        w.identity_provider_by_identifier(f)
    }),
    ("ListIdentityProviders", |w, f| w.list_identity_providers(f)),
    ("CreateGroup", World::create_group),
    ("AdminCreateUser", World::admin_create_user),
    ("AdminSetUserPassword", World::admin_set_user_password),
    ("AdminGetUser", World::admin_get_user),
    ("AdminDisableUser", |w, f| w.admin_set_enabled(f, false)),
    ("AdminEnableUser", |w, f| w.admin_set_enabled(f, true)),
    ("AdminDeleteUser", World::admin_delete_user),
    ("AdminResetUserPassword", World::admin_reset_user_password),
    ("AdminUserGlobalSignOut", World::admin_user_global_sign_out),
    ("AdminConfirmSignUp", World::admin_confirm_sign_up),
    (
        "AdminUpdateUserAttributes",
        World::admin_update_user_attributes,
    ),
    (
        "AdminDeleteUserAttributes",
        World::admin_delete_user_attributes,
    ),
    (
        "AdminSetUserMFAPreference",
        World::admin_set_user_mfa_preference,
    ),
    ("AdminAddUserToGroup", World::admin_add_user_to_group),
    (
        "AdminRemoveUserFromGroup",
        World::admin_remove_user_from_group,
    ),
];

/// Identity pools, for everybody.
const IDENTITIES: Rows = &[
    ("GetId", World::id_of_logins),
    ("GetCredentialsForIdentity", World::credentials_for_identity),
    ("GetOpenIdToken", World::open_id_token),
];

/// Identity pools, for the administrator.
const IDENTITIES_ADMIN: Rows = &[
    ("CreateIdentityPool", World::create_identity_pool),
    ("UpdateIdentityPool", World::update_identity_pool),
    ("DescribeIdentityPool", |w, f| w.describe_identity_pool(f)),
    ("SetIdentityPoolRoles", World::set_identity_pool_roles),
    ("GetIdentityPoolRoles", |w, f| w.identity_pool_roles(f)),
];

#[cfg(test)]
mod tests;
