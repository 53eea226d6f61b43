//! What a successful sign-in or refresh holds.

use std::time::Duration;

use aws_sdk_cognitoidentityprovider::types::AuthenticationResultType;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use poolkey_core::fault::{Fault, FaultKind, Life};
use poolkey_core::secret::Secret;
use poolkey_core::session::{Access, Roles, Tokens, User};
use poolkey_core::time::UnixTime;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::call::Answered;

/// Takes the tokens out of an answer.
pub(crate) fn tokens(
    answer: Answered<AuthenticationResultType>,
    wall: &dyn Fn() -> UnixTime,
) -> Result<Tokens, Fault> {
    let Some(id_token) = answer.output.id_token() else {
        return Err(Fault::new(
            FaultKind::Misconfigured,
            "Cognito gave no ID token: the app client must allow the scope “openid”.",
        ));
    };
    let id_token = Secret::new(id_token);
    let claims = Claims::of(&id_token)?;
    let secret = |token: Option<&str>| token.filter(|t| !t.is_empty()).map(Secret::new);
    Ok(Tokens {
        id_life: answer.life(claims.exp, wall),
        access: secret(answer.output.access_token()).map(|token| Access {
            token,
            life: Life {
                length: Duration::from_secs(answer.output.expires_in().try_into().unwrap_or(0)),
                server: answer.server,
            },
        }),
        refresh_token: secret(answer.output.refresh_token()),
        user: User {
            username: claims.username.unwrap_or_else(|| claims.sub.clone()),
            sub: claims.sub,
            email: claims.email,
        },
        device_key: answer
            .output
            .new_device_metadata()
            .and_then(|device| device.device_key())
            .map(str::to_owned),
        roles: Roles {
            offered: claims.roles,
            preferred: claims.preferred_role,
        },
        id_token,
    })
}

/// What an ID token says.
///
/// Its signature is not looked at: the token came from its issuer over TLS in this very call, and
/// nothing is granted because of it here. Those who grant something, the identity pools, verify it.
#[derive(Deserialize)]
pub(crate) struct Claims {
    iss: String,
    sub: String,
    #[serde(default)]
    aud: serde_json::Value,
    #[serde(deserialize_with = "seconds")]
    exp: UnixTime,
    #[serde(rename = "cognito:username")]
    username: Option<String>,
    email: Option<String>,
    #[serde(rename = "cognito:roles", default)]
    roles: Vec<String>,
    #[serde(rename = "cognito:preferred_role")]
    preferred_role: Option<String>,
}

impl Claims {
    pub(crate) fn of(token: &Secret) -> Result<Self, Fault> {
        payload(token)
    }

    /// The issuer as identity pools name it: right in every partition, whatever its host.
    pub(crate) fn login_key(&self) -> &str {
        self.iss
            .split_once("://")
            .map_or(self.iss.as_str(), |(_, rest)| rest)
    }

    /// The client that the token was issued to, where it is one.
    pub(crate) fn audience(&self) -> Option<&str> {
        self.aud.as_str()
    }

    /// The roles that the token offers.
    pub(crate) fn offered(&self) -> &[String] {
        &self.roles
    }
}

/// What an ID token says, in whatever shape it is wanted.
pub(crate) fn payload<T: DeserializeOwned>(token: &Secret) -> Result<T, Fault> {
    let unreadable = || {
        Fault::new(
            FaultKind::Lost,
            "The ID token that Cognito gave cannot be read.",
        )
    };
    let mut parts = token.expose().split('.');
    let (Some(_), Some(payload), Some(_), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(unreadable());
    };
    let payload = URL_SAFE_NO_PAD
        .decode(payload)
        .map(Zeroizing::new)
        .map_err(|_| unreadable())?;
    serde_json::from_slice(&payload).map_err(|_| unreadable())
}

/// RFC 7519 allows a fraction.
fn seconds<'de, D: serde::Deserializer<'de>>(source: D) -> Result<UnixTime, D::Error> {
    let number = serde_json::Number::deserialize(source)?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "saturates, and no date has more digits than a float"
    )]
    let whole = number
        .as_i64()
        .or_else(|| number.as_f64().map(|float| float.floor() as i64))
        .ok_or_else(|| serde::de::Error::custom("not a time"))?;
    Ok(UnixTime::from_secs(whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(payload: &str) -> Secret {
        Secret::new(format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(payload)))
    }

    #[test]
    fn claims_are_read_without_trust() {
        let claims = Claims::of(&token(
            r#"{"iss":"https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_A","sub":"s",
                "exp":1767584889.75,"cognito:username":"u","more":[1]}"#,
        ))
        .unwrap();
        assert_eq!(
            claims.login_key(),
            "cognito-idp.eu-west-1.amazonaws.com/eu-west-1_A"
        );
        assert_eq!(claims.exp, UnixTime::from_secs(1_767_584_889));
        assert_eq!(claims.username.as_deref(), Some("u"));
    }

    #[test]
    fn a_malformed_token_is_a_fault() {
        for bad in [
            Secret::new(""),
            Secret::new("a.b"),
            Secret::new("e30.e30.e30.e30"),
            Secret::new("e30.!!!.x"),
            token("[]"),
            token("{}"),
            token(r#"{"iss":"i","sub":"s","exp":"soon"}"#),
            token(r#"{"iss":"i","sub":"s"}"#),
        ] {
            let fault = Claims::of(&bad).err().unwrap();
            assert_eq!(fault.kind, FaultKind::Lost);
        }
    }
}
