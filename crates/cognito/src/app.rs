//! An authenticator app: it learns a key, and shows that it has it by a code.

use std::fmt::Write;

use aws_sdk_cognitoidentityprovider::types::VerifySoftwareTokenResponseType;
use poolkey_core::config::UserPoolSpec;
use poolkey_core::conversation::{Question, Thread};
use poolkey_core::fault::{Fault, FaultKind};
use poolkey_core::name::LoginName;
use poolkey_core::secret::Secret;

use crate::Cognito;
use crate::call::call;
use crate::classify::{Meaning, Operation, Part, Refusal};

/// What allows somebody to set an app up.
#[derive(Clone, Copy)]
pub(crate) enum By<'a> {
    /// A sign-in under way that demands it (`MFA_SETUP`).
    Session(&'a Secret),
    /// An access token.
    Access(&'a Secret),
}

/// A key that no app has yet.
pub(crate) struct Key {
    /// In base 32.
    pub(crate) key: Secret,
    /// What takes the session's place, for a sign-in under way.
    pub(crate) session: Option<Secret>,
}

/// `AssociateSoftwareToken`.
pub(crate) async fn associate(
    cognito: &Cognito,
    spec: &UserPoolSpec,
    by: By<'_>,
) -> Result<Key, Refusal> {
    let request = cognito.clients.users(spec).associate_software_token();
    let (request, hidden) = match by {
        By::Session(session) => (request.session(session.expose()), session),
        By::Access(token) => (request.access_token(token.expose()), token),
    };
    let answer = call(Operation::AssociateSoftwareToken, &[hidden], |probe| {
        request.customize().interceptor(probe).send()
    })
    .await?;
    let Some(key) = answer.output.secret_code.filter(|key| !key.is_empty()) else {
        return Err(Refusal::plain(Fault::new(
            FaultKind::Lost,
            "Cognito gave no key for the authenticator app.",
        )));
    };
    Ok(Key {
        key: Secret::new(key),
        session: answer.output.session.map(Secret::new),
    })
}

/// `VerifySoftwareToken`: what takes the session's place, for a sign-in under way.
pub(crate) async fn verify(
    cognito: &Cognito,
    spec: &UserPoolSpec,
    by: By<'_>,
    code: &Secret,
    device_name: Option<&str>,
) -> Result<Option<Secret>, Refusal> {
    let name = device_name.map(str::trim).filter(|name| !name.is_empty());
    let request = cognito
        .clients
        .users(spec)
        .verify_software_token()
        .user_code(code.expose())
        .set_friendly_device_name(name.map(|name| name.chars().take(LONGEST_NAME).collect()));
    let (request, hidden) = match by {
        By::Session(session) => (request.session(session.expose()), session),
        By::Access(token) => (request.access_token(token.expose()), token),
    };
    let secrets = [hidden, code];
    let answer = call(Operation::VerifySoftwareToken, &secrets, |probe| {
        request.customize().interceptor(probe).send()
    })
    .await?;
    if answer.output.status != Some(VerifySoftwareTokenResponseType::Success) {
        return Err(Refusal {
            meaning: Meaning::Refused(Part::Code),
            fault: Fault::new(FaultKind::Wrong, "The code is not of this key."),
        });
    }
    Ok(answer.output.session.map(Secret::new))
}

/// Shows a key to its owner, whose app will list it by the login and the name.
pub(crate) fn question(spec: &UserPoolSpec, thread: &Thread, key: &Secret) -> Question {
    let login = thread.login.as_ref().map(LoginName::as_str);
    let username = thread.username.as_deref().unwrap_or_default();
    Question::AppSetup {
        key: key.clone(),
        uri: uri(login.unwrap_or(&spec.user_pool_id), username, key),
    }
}

/// The Key URI format that every authenticator app reads out of a QR code. Cognito's codes are of
/// its defaults: SHA-1, six digits, 30 s.
fn uri(issuer: &str, username: &str, key: &Secret) -> Secret {
    let issuer = percent(issuer);
    Secret::new(format!(
        "otpauth://totp/{issuer}:{}?secret={}&issuer={issuer}",
        percent(username),
        percent(key.expose())
    ))
}

/// All but RFC 3986's unreserved characters.
fn percent(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            _ => {
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
    }
    encoded
}

/// Cognito's model has no limit that a person would reach; an app's list has.
const LONGEST_NAME: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_uri_is_of_the_form_that_apps_read() {
        let uri = uri(
            "acme & co",
            "ada lovelace+x@exämple.com:/?#&=",
            &Secret::new("JBSWY3DPEHPK3PXP"),
        );
        assert_eq!(
            uri.expose(),
            "otpauth://totp/acme%20%26%20co:ada%20lovelace%2Bx%40ex%C3%A4mple.com%3A%2F%3F%23%26%3D\
             ?secret=JBSWY3DPEHPK3PXP&issuer=acme%20%26%20co"
        );
    }
}
