//! The rows, read from the top: the first that fits is taken.

use super::FaultKind::{
    DeviceGone, Expired, IdentityConflict, LockedOut, Misconfigured, Service, Throttled,
    TokenStale, Unsupported, Wrong,
};
use super::Place::{Access, Account, Any, Pool, Session, SignIn};
use super::Verdict::{HasWrongSecret, Is, NeedsSecret, Refuses};
use super::{Ended, Part, Row, over, row};

#[rustfmt::skip]
pub(super) const TABLE: &[Row] = &[
    // Definitive answers. This list is closed: whatever is not on it leaves people signed in.
    row(Session, "NotAuthorizedException",                 "refresh token has expired",      over(Ended::Expired)),
    row(Session, "NotAuthorizedException",                 "refresh token has been revoked", over(Ended::Revoked)),
    row(Access,  "NotAuthorizedException",                 "access token has been revoked",  Is(TokenStale)),
    row(Any,     "NotAuthorizedException",                 "access token has been revoked",  over(Ended::Revoked)),
    row(Session, "NotAuthorizedException",                 "invalid refresh token",          over(Ended::Refused)),
    row(Any,     "ResourceNotFoundException",              "device does not exist",          Is(DeviceGone)),
    row(Access,  "NotAuthorizedException",                 "access token has expired",       Is(TokenStale)),
    row(Access,  "NotAuthorizedException",                 "invalid access token",           Is(TokenStale)),
    row(Session, "RefreshTokenReuseException",             "",                               over(Ended::Reused)),
    row(Any,     "NotAuthorizedException",                 "user is disabled",               over(Ended::UserDisabled)),
    row(Any,     "UserNotFoundException",                  "",                               over(Ended::UserGone)),
    row(Any,     "PasswordResetRequiredException",         "",                               over(Ended::PasswordReset)),
    row(Any,     "UserNotConfirmedException",              "",                               over(Ended::Unconfirmed)),

    // What a person typed.
    row(SignIn,  "NotAuthorizedException",                 "incorrect username or password", Is(Wrong)),
    row(SignIn,  "NotAuthorizedException",                 "password attempts exceeded",     Is(LockedOut)),
    row(SignIn,  "LimitExceededException",                 "",                               Is(LockedOut)),
    row(Any,     "NotAuthorizedException",                 "invalid session",                Is(Expired)),
    row(Any,     "NotAuthorizedException",                 "session is expired",             Is(Expired)),
    row(Any,     "NotAuthorizedException",                 "can only be used once",          Is(Expired)),
    row(Any,     "WebAuthnChallengeNotFoundException",     "",                               Is(Expired)),
    row(Any,     "NotAuthorizedException",                 "secret_hash was not received",   NeedsSecret),
    row(Any,     "NotAuthorizedException",                 "secrethash does not match",      HasWrongSecret),
    row(Any,     "NotAuthorizedException",                 "unable to verify secret hash",   HasWrongSecret),

    // What a person typed about an account.
    row(Account, "UsernameExistsException",                "",                               Refuses(Part::NameTaken)),
    row(Account, "InvalidParameterException",              "username should be",             Refuses(Part::Name)),
    row(Account, "InvalidParameterException",              "username cannot be",             Refuses(Part::Name)),
    row(Account, "InvalidParameterException",              "value at 'username'",            Refuses(Part::Name)),
    row(Any,     "InvalidPasswordException",               "",                               Refuses(Part::Password)),
    row(Any,     "PasswordHistoryPolicyViolationException", "",                              Refuses(Part::Password)),
    row(Account, "InvalidParameterException",              "value at 'password'",            Refuses(Part::Password)),
    row(Access,  "InvalidParameterException",              "value at 'proposedpassword'",    Refuses(Part::Password)),
    row(Access,  "InvalidParameterException",              "value at 'previouspassword'",    Is(Wrong)),
    row(Access,  "NotAuthorizedException",                 "incorrect username or password", Is(Wrong)),
    row(Access,  "NotAuthorizedException",                 "password attempts exceeded",     Is(LockedOut)),
    row(Any,     "CodeMismatchException",                  "",                               Refuses(Part::Code)),
    row(Any,     "ExpiredCodeException",                   "",                               Refuses(Part::Code)),
    row(Any,     "EnableSoftwareTokenMFAException",        "",                               Refuses(Part::Code)),
    row(Account, "InvalidParameterException",              "value at 'confirmationcode'",    Refuses(Part::Code)),
    row(Access,  "InvalidParameterException",              "value at 'code'",                Refuses(Part::Code)),
    row(Access,  "InvalidParameterException",              "value at 'usercode'",            Refuses(Part::Code)),
    row(Any,     "InvalidParameterException",              "attributes did not conform",     Refuses(Part::Attributes)),
    row(Any,     "InvalidParameterException",              "invalid email address",          Refuses(Part::Attributes)),
    row(Any,     "InvalidParameterException",              "invalid phone number",           Refuses(Part::Attributes)),
    row(Account, "NotAuthorizedException",                 "current status is confirmed",    Refuses(Part::Confirmed)),
    row(Account, "InvalidParameterException",              "already confirmed",              Refuses(Part::Confirmed)),
    row(Account, "InvalidParameterException",              "no registered/verified",         Refuses(Part::Address)),
    row(Access,  "InvalidParameterException",              "delivery config",                Refuses(Part::Factor)),
    row(Access,  "InvalidParameterException",              "has not set up software token",  Refuses(Part::Factor)),
    row(Access,  "DeviceKeyExistsException",               "",                               Refuses(Part::Device)),
    row(Any,     "AliasExistsException",                   "",                               Is(Wrong)),
    row(Account, "UserLambdaValidationException",          "",                               Is(Wrong)),
    row(Account, "LimitExceededException",                 "",                               Is(LockedOut)),
    row(Access,  "LimitExceededException",                 "",                               Is(LockedOut)),
    row(Any,     "TooManyFailedAttemptsException",         "",                               Is(LockedOut)),

    // Passing trouble.
    row(Any,     "TooManyRequestsException",               "",                               Is(Throttled)),
    row(Any,     "ThrottlingException",                    "",                               Is(Throttled)),
    row(Any,     "LimitExceededException",                 "",                               Is(Throttled)),
    row(Any,     "InternalErrorException",                 "",                               Is(Service)),
    row(Any,     "CodeDeliveryFailureException",           "",                               Is(Service)),
    row(Any,     "ConcurrentModificationException",        "",                               Is(Service)),
    row(Any,     "UnexpectedLambdaException",              "",                               Is(Service)),
    row(Any,     "UserLambdaValidationException",          "",                               Is(Service)),
    row(Any,     "InvalidLambdaResponseException",         "",                               Is(Service)),
    row(Pool,    "ExternalServiceException",               "",                               Is(Service)),

    // The identity pool's own.
    row(Pool,    "NotAuthorizedException",                 "token expired",                  Is(TokenStale)),
    row(Pool,    "ResourceConflictException",              "",                               Is(IdentityConflict)),
    // A cached identity that an administrator deleted; a pool that is gone is told as “IdentityPool”.
    row(Pool,    "ResourceNotFoundException",              "identity '",                     Is(IdentityConflict)),
    row(Pool,    "NotAuthorizedException",                 "",                               Is(Misconfigured)),
    row(Pool,    "InvalidIdentityPoolConfigurationException", "",                            Is(Misconfigured)),

    // How things are set up, at AWS or here.
    row(Any,     "MFAMethodNotFoundException",             "",                               Is(Misconfigured)),
    row(Any,     "SoftwareTokenMFANotFoundException",      "",                               Is(Misconfigured)),
    row(Any,     "InvalidSmsRoleAccessPolicyException",    "",                               Is(Misconfigured)),
    row(Any,     "InvalidSmsRoleTrustRelationshipException", "",                             Is(Misconfigured)),
    row(Any,     "InvalidEmailRoleAccessPolicyException",  "",                               Is(Misconfigured)),
    row(Any,     "WebAuthnClientMismatchException",        "",                               Is(Misconfigured)),
    row(Any,     "WebAuthnConfigurationMissingException",  "",                               Is(Misconfigured)),
    row(Any,     "WebAuthnNotEnabledException",            "",                               Is(Misconfigured)),
    row(Any,     "WebAuthnOriginNotAllowedException",      "",                               Is(Misconfigured)),
    row(Any,     "WebAuthnRelyingPartyMismatchException",  "",                               Is(Misconfigured)),
    row(Any,     "WebAuthnCredentialNotSupportedException", "",                              Is(Unsupported)),
    row(Any,     "FeatureUnavailableInTierException",      "",                               Is(Misconfigured)),
    row(Any,     "ForbiddenException",                     "",                               Is(Misconfigured)),
    row(Any,     "InvalidParameterException",              "",                               Is(Misconfigured)),
    row(Any,     "InvalidUserPoolConfigurationException",  "",                               Is(Misconfigured)),
    row(Any,     "OperationNotEnabledException",           "",                               Is(Misconfigured)),
    row(Any,     "ResourceNotFoundException",              "",                               Is(Misconfigured)),
    row(Any,     "UnsupportedOperationException",          "",                               Is(Misconfigured)),
];
