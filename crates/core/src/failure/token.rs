//! Why a login has no token of the kind that was asked for.

use super::Code;
use crate::name::LoginName;

/// Why a login has no token of the kind that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoToken {
    /// Guests are nobody.
    Guest,
    /// A program supplies ID tokens, and nothing else.
    Program,
    /// The provider gave no access token.
    Provider,
    /// It is over, and there is no refresh token.
    Over,
    /// The provider gives one that is over before it can be used.
    Late,
}

pub(super) fn no_token(login: &LoginName, why: NoToken) -> (Code, String, String) {
    let id_token = format!("Ask for the ID token instead: poolkey token {login} --id");
    match why {
        NoToken::Guest => (
            Code::Misconfigured,
            "Guests have no tokens.".into(),
            "Name a login, or ask for the keys of a profile without one.".into(),
        ),
        NoToken::Program => (
            Code::Misconfigured,
            format!("There is no access token of “{login}”: its program supplies ID tokens."),
            id_token,
        ),
        NoToken::Provider => (
            Code::Misconfigured,
            format!("There is no access token of “{login}”: its provider gave none."),
            id_token,
        ),
        NoToken::Over => (
            Code::NeedsSignIn,
            format!(
                "The token of “{login}” is over, and the provider gave no refresh token to renew \
                 it with."
            ),
            format!("Run: poolkey login {login}"),
        ),
        NoToken::Late => (
            Code::Misconfigured,
            format!("The provider gave a token of “{login}” that was over before it came."),
            "Run the command again; if that does not help, look at how long the provider has \
             tokens live."
                .into(),
        ),
    }
}
