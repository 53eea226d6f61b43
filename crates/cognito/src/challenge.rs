//! What Cognito may demand before it gives tokens.

/// What Poolkey does about a challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Demand {
    /// The SRP proof, which needs nobody.
    Proof,
    /// Nothing yet; told in these words.
    Unsupported(&'static str),
}

/// Looks a challenge up by its name in Cognito's model.
pub(crate) fn demand(name: &str) -> Demand {
    TABLE
        .iter()
        .find(|(known, _)| *known == name)
        .map_or(Unsupported("something that is new"), |(_, demand)| *demand)
}

use Demand::{Proof, Unsupported};

#[rustfmt::skip]
const TABLE: &[(&str, Demand)] = &[
    ("PASSWORD_VERIFIER",        Proof),
    ("ADMIN_NO_SRP_AUTH",        Unsupported("a sign-in by an administrator")),
    ("CUSTOM_CHALLENGE",         Unsupported("a question of the user pool's own")),
    ("DEVICE_PASSWORD_VERIFIER", Unsupported("a proof by a remembered device")),
    ("DEVICE_SRP_AUTH",          Unsupported("a proof by a remembered device")),
    ("EMAIL_OTP",                Unsupported("a code sent by e-mail")),
    ("MFA_SETUP",                Unsupported("the set-up of a second factor")),
    ("NEW_PASSWORD_REQUIRED",    Unsupported("a new password")),
    ("PASSWORD",                 Unsupported("a choice of how to sign in")),
    ("PASSWORD_SRP",             Unsupported("a choice of how to sign in")),
    ("SELECT_CHALLENGE",         Unsupported("a choice of how to sign in")),
    ("SELECT_MFA_TYPE",          Unsupported("a choice of the second factor")),
    ("SMS_MFA",                  Unsupported("a code sent by SMS")),
    ("SMS_OTP",                  Unsupported("a code sent by SMS")),
    ("SOFTWARE_TOKEN_MFA",       Unsupported("a code of an authenticator app")),
    ("WEB_AUTHN",                Unsupported("a passkey")),
];

#[cfg(test)]
mod tests {
    use aws_sdk_cognitoidentityprovider::types::ChallengeNameType;

    use super::*;

    #[test]
    fn every_challenge_of_the_model_has_words() {
        for name in ChallengeNameType::values() {
            assert_ne!(demand(name), Unsupported("something that is new"), "{name}");
        }
        assert_eq!(demand("TEA_LEAVES"), Unsupported("something that is new"));
    }
}
