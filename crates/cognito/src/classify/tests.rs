//! Rows that have a place, and what is told of them; `tests/faults.rs` asks the rest over the wire.

use super::Operation::{
    ConfirmDevice, ConfirmSignUp, ForgetDevice, GetTokensFromRefreshToken, GetUser, InitiateAuth,
    InitiateAuthByRefreshToken, RespondToAuthChallenge, UpdateDeviceStatus, VerifySoftwareToken,
};
use super::*;

#[rustfmt::skip]
const ROWS: &[(&[Operation], &str, &str, FaultKind, Meaning)] = &[
    (SIGN_IN, "CodeMismatchException", "Invalid code received for user", FaultKind::Wrong, CODE),
    (SIGN_IN, "CodeMismatchException", "Invalid code or auth state for the user.", FaultKind::Wrong, CODE),
    (SIGN_IN, "ExpiredCodeException", "Your software token has already been used once.", FaultKind::Wrong, CODE),
    (SIGN_IN, "ExpiredCodeException", "Invalid code provided, please request a code again.", FaultKind::Wrong, CODE),
    (&[VerifySoftwareToken], "EnableSoftwareTokenMFAException", "Code mismatch", FaultKind::Wrong, CODE),
    (&[VerifySoftwareToken], "CodeMismatchException", "Code mismatch", FaultKind::Wrong, CODE),
    (SIGN_IN, "InvalidPasswordException", "Password did not conform with policy: Password not long enough", FaultKind::Wrong, PASSWORD),
    (SIGN_IN, "PasswordHistoryPolicyViolationException", "Password has previously been used and is not allowed", FaultKind::Wrong, PASSWORD),
    (SIGN_IN, "InvalidParameterException", "Attributes did not conform to the schema: email: The attribute is required", FaultKind::Wrong, Meaning::Refused(Part::Attributes)),
    (SIGN_IN, "InvalidParameterException", "Invalid email address format.", FaultKind::Wrong, Meaning::Refused(Part::Attributes)),
    (SIGN_IN, "InvalidParameterException", "Missing required parameter SRP_A", FaultKind::Misconfigured, Meaning::Plain),
    (SIGN_IN, "AliasExistsException", "An account with the email already exists.", FaultKind::Wrong, Meaning::Plain),
    (SIGN_IN, "TooManyFailedAttemptsException", "Too many failed attempts", FaultKind::LockedOut, Meaning::Plain),
    (SIGN_IN, "LimitExceededException", "Attempt limit exceeded, please try after some time.", FaultKind::LockedOut, Meaning::Plain),
    (&[VerifySoftwareToken, ConfirmSignUp], "LimitExceededException", "Attempt limit exceeded", FaultKind::LockedOut, Meaning::Plain),
    (&[GetTokensFromRefreshToken], "LimitExceededException", "Attempt limit exceeded", FaultKind::Throttled, Meaning::Plain),
    (STEPS, "NotAuthorizedException", "Invalid session for the user.", FaultKind::Expired, Meaning::Plain),
    (STEPS, "NotAuthorizedException", "Invalid session for the user, session is expired.", FaultKind::Expired, Meaning::Plain),
    (STEPS, "NotAuthorizedException", "Invalid session for the user, session can only be used once.", FaultKind::Expired, Meaning::Plain),
    (STEPS, "NotAuthorizedException", "The session can only be used once", FaultKind::Expired, Meaning::Plain),
    (SIGN_IN, "WebAuthnChallengeNotFoundException", "x", FaultKind::Expired, Meaning::Plain),
    (SIGN_IN, "WebAuthnClientMismatchException", "x", FaultKind::Misconfigured, Meaning::Plain),
    (SIGN_IN, "WebAuthnConfigurationMissingException", "x", FaultKind::Misconfigured, Meaning::Plain),
    (SIGN_IN, "WebAuthnNotEnabledException", "x", FaultKind::Misconfigured, Meaning::Plain),
    (SIGN_IN, "WebAuthnOriginNotAllowedException", "x", FaultKind::Misconfigured, Meaning::Plain),
    (SIGN_IN, "WebAuthnRelyingPartyMismatchException", "x", FaultKind::Misconfigured, Meaning::Plain),
    (SIGN_IN, "WebAuthnCredentialNotSupportedException", "x", FaultKind::Unsupported, Meaning::Plain),
    (SIGN_IN, "MFAMethodNotFoundException", "x", FaultKind::Misconfigured, Meaning::Plain),
    (&[VerifySoftwareToken], "SoftwareTokenMFANotFoundException", "x", FaultKind::Misconfigured, Meaning::Plain),
    (SIGN_IN, "InvalidUserPoolConfigurationException", "x", FaultKind::Misconfigured, Meaning::Plain),
    (SIGN_IN, "InvalidSmsRoleAccessPolicyException", "x", FaultKind::Misconfigured, Meaning::Plain),
    (SIGN_IN, "InvalidSmsRoleTrustRelationshipException", "x", FaultKind::Misconfigured, Meaning::Plain),
    (SIGN_IN, "InvalidEmailRoleAccessPolicyException", "x", FaultKind::Misconfigured, Meaning::Plain),
    (SIGN_IN, "CodeDeliveryFailureException", "x", FaultKind::Service, Meaning::Plain),
    (&[VerifySoftwareToken], "ConcurrentModificationException", "x", FaultKind::Service, Meaning::Plain),
    (SIGN_IN, "ResourceNotFoundException", "Device does not exist.", FaultKind::DeviceGone, Meaning::Plain),
    (&[GetTokensFromRefreshToken, ForgetDevice, ConfirmDevice], "ResourceNotFoundException", "Device does not exist.", FaultKind::DeviceGone, Meaning::Plain),
    (&[ConfirmDevice], "DeviceKeyExistsException", "Device already exists.", FaultKind::Wrong, Meaning::Refused(Part::Device)),
    (SIGN_IN, "ResourceNotFoundException", "User pool client x does not exist.", FaultKind::Misconfigured, Meaning::ClientGone),
    (&[GetTokensFromRefreshToken], "ResourceNotFoundException", "User pool client x does not exist.", FaultKind::Misconfigured, Meaning::ClientGone),
    (&[InitiateAuth], "InvalidParameterException", "USER_SRP_AUTH is not enabled for the client.", FaultKind::Misconfigured, Meaning::FlowRefused),
    (&[InitiateAuth], "InvalidParameterException", "USER_PASSWORD_AUTH flow not enabled for this client", FaultKind::Misconfigured, Meaning::FlowRefused),
    (&[InitiateAuth], "InvalidParameterException", "Initiate Auth method not supported.", FaultKind::Misconfigured, Meaning::FlowRefused),
    (&[InitiateAuthByRefreshToken], "NotAuthorizedException", "Invalid Refresh Token.", FaultKind::Ended(Ended::Refused), Meaning::Plain),
    (&[InitiateAuth, InitiateAuthByRefreshToken], "NotAuthorizedException", "Client x is configured with secret but SECRET_HASH was not received", FaultKind::Misconfigured, Meaning::SecretMissing),
    (&[GetTokensFromRefreshToken], "NotAuthorizedException", "Client x is configured with secret but client secret was not received", FaultKind::Misconfigured, Meaning::SecretMissing),
    (ACCESS, "NotAuthorizedException", "Access Token has expired", FaultKind::TokenStale, Meaning::Plain),
    (ACCESS, "NotAuthorizedException", "Access Token has been revoked", FaultKind::TokenStale, Meaning::Plain),
    (ACCESS, "NotAuthorizedException", "Invalid Access Token", FaultKind::TokenStale, Meaning::Plain),
    (&[GetTokensFromRefreshToken], "NotAuthorizedException", "Access Token has been revoked", FaultKind::Ended(Ended::Revoked), Meaning::Plain),
    (&[ConfirmSignUp], "UsernameExistsException", "User already exists", FaultKind::Wrong, Meaning::Refused(Part::NameTaken)),
    (SIGN_IN, "UserNotConfirmedException", "User is not confirmed.", FaultKind::Ended(Ended::Unconfirmed), Meaning::Plain),
    (SIGN_IN, "NotAuthorizedException", "Something that is new", FaultKind::Misconfigured, Meaning::Plain),
];

const SIGN_IN: &[Operation] = &[InitiateAuth, RespondToAuthChallenge];
const STEPS: &[Operation] = &[RespondToAuthChallenge, VerifySoftwareToken];
const ACCESS: &[Operation] = &[GetUser, UpdateDeviceStatus, ForgetDevice];
const CODE: Meaning = Meaning::Refused(Part::Code);
const PASSWORD: Meaning = Meaning::Refused(Part::Password);

#[test]
fn every_refusal_is_taken_for_what_it_is_where_it_is() {
    for (operations, code, message, kind, meaning) in ROWS {
        for operation in *operations {
            let refusal = classify(*operation, "host", 400, Some(code), Some(message));
            assert_eq!(
                (refusal.fault.kind, refusal.meaning),
                (*kind, *meaning),
                "{operation:?} {code} {message}"
            );
            assert!(refusal.fault.text.ends_with('.'), "{}", refusal.fault);
        }
    }
}

#[test]
fn a_policy_is_told_in_the_pools_words() {
    let told = |message| {
        let code = Some("InvalidPasswordException");
        let operation = RespondToAuthChallenge;
        classify(operation, "host", 400, code, Some(message))
            .fault
            .text
    };
    assert_eq!(
        told("Password did not conform with policy: Password must have uppercase characters"),
        "The password does not meet the user pool's policy: Password must have uppercase \
         characters."
    );
    assert_eq!(told("Not this one"), "Not this one.");
    assert_eq!(told("… with policy: "), "… with policy:.");
}

#[test]
fn the_federation_endpoint_is_told_in_its_own_words() {
    for (status, body, kind, told) in [
        (
            400,
            "<html><head><style>p{}</style></head><body><h1>HTTP Status 400</h1>\n<p>Invalid \
             credentials parameter</p></body></html>",
            FaultKind::TokenStale,
            "signin.example answered with HTTP status 400: HTTP Status 400 Invalid credentials \
             parameter.",
        ),
        (
            403,
            "",
            FaultKind::TokenStale,
            "signin.example answered with HTTP status 403.",
        ),
        (
            429,
            "Slow down!",
            FaultKind::Throttled,
            "signin.example answered with HTTP status 429: Slow down!",
        ),
        (
            503,
            "<unclosed",
            FaultKind::Service,
            "signin.example answered with HTTP status 503.",
        ),
        (
            404,
            "no",
            FaultKind::Misconfigured,
            "signin.example answered with HTTP status 404: no.",
        ),
    ] {
        let fault = federation("signin.example", status, body);
        assert_eq!((fault.kind, fault.text.as_str()), (kind, told));
    }
    let long = federation("signin.example", 400, &"word ".repeat(10_000));
    assert!(long.text.len() < 400, "{}", long.text.len());
}
