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

/// Takes the tokens out of an answer of the user pool's API.
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
    let id_life = answer.life(claims.exp, wall);
    Ok(Tokens {
        access: secret(answer.output.access_token()).map(|token| Access {
            token,
            life: Life {
                length: Duration::from_secs(answer.output.expires_in().try_into().unwrap_or(0)),
                server: answer.server,
            },
        }),
        refresh_token: secret(answer.output.refresh_token()),
        device_key: answer
            .output
            .new_device_metadata()
            .and_then(|device| device.device_key())
            .map(str::to_owned),
        ..claims.tokens(id_token, id_life)
    })
}

/// What an ID token says.
///
/// Its signature is not looked at: the token came from its issuer over TLS in this very call, and
/// nothing is granted because of it here. Those who grant something, the identity pools, verify it.
#[derive(Deserialize)]
pub(crate) struct Claims {
    pub(crate) iss: String,
    pub(crate) sub: String,
    #[serde(deserialize_with = "seconds")]
    pub(crate) exp: UnixTime,
    #[serde(default)]
    aud: Audience,
    azp: Option<String>,
    nonce: Option<Secret>,
    token_use: Option<String>,
    #[serde(rename = "cognito:username")]
    username: Option<String>,
    preferred_username: Option<String>,
    email: Option<String>,
    #[serde(rename = "cognito:roles", default)]
    roles: Vec<String>,
    #[serde(rename = "cognito:preferred_role")]
    preferred_role: Option<String>,
}

/// One, or several.
#[derive(Default, Deserialize)]
#[serde(untagged)]
enum Audience {
    #[default]
    Nobody,
    One(String),
    Several(Vec<String>),
}

/// Whose tokens a token must be among.
pub(crate) struct Expected<'a> {
    pub(crate) issuer: Issuer<'a>,
    pub(crate) client_id: &'a str,
    /// What the request sent; `None` for a refresh, which sends none.
    pub(crate) nonce: Option<&'a Secret>,
}

/// Who must have issued a token.
#[derive(Clone, Copy)]
pub(crate) enum Issuer<'a> {
    /// Exactly this one.
    Provider(&'a str),
    /// This user pool, whose issuer is its endpoint's URL and its id.
    Pool(&'a str),
}

impl Claims {
    /// Reads an ID token.
    pub(crate) fn of(token: &Secret) -> Result<Self, Fault> {
        payload(token)
    }

    /// What OpenID Connect Core 3.1.3.7 wants of an ID token that came straight from its issuer:
    /// all but the signature, for which TLS stands in (rule 6). Its age is looked at by whoever has
    /// the server's clock.
    pub(crate) fn check(&self, expected: &Expected<'_>) -> Result<(), String> {
        let issued = match expected.issuer {
            Issuer::Provider(issuer) => self.is_of(issuer),
            Issuer::Pool(id) => self.iss.rsplit('/').next() == Some(id),
        };
        if !issued {
            return Err(format!("it was issued by “{}”", self.iss));
        }
        let client = expected.client_id;
        let (meant, several) = match &self.aud {
            Audience::Nobody => (false, false),
            Audience::One(one) => (one == client, false),
            Audience::Several(all) => (all.iter().any(|one| one == client), all.len() > 1),
        };
        if !meant {
            return Err("it was issued to another client".into());
        }
        match &self.azp {
            Some(party) if party != client => {
                return Err("it was issued to another client (azp)".into());
            }
            None if several => return Err("it does not say which client it was issued to".into()),
            Some(_) | None => {}
        }
        if self.token_use.as_deref().is_some_and(|kind| kind != "id") {
            return Err("it is no ID token".into());
        }
        if expected.nonce.is_some() && self.nonce.as_ref() != expected.nonce {
            return Err("it belongs to another sign-in (nonce)".into());
        }
        Ok(())
    }

    /// Whether this is the issuer. Google's own tokens may leave its scheme out.
    pub(crate) fn is_of(&self, issuer: &str) -> bool {
        self.iss == issuer
            || (self.iss == GOOGLE && issuer.strip_prefix("https://") == Some(GOOGLE))
    }

    /// Tokens that are an ID token alone.
    pub(crate) fn tokens(self, id_token: Secret, id_life: Life) -> Tokens {
        Tokens {
            id_token,
            id_life,
            access: None,
            refresh_token: None,
            user: User {
                username: self
                    .username
                    .or(self.preferred_username)
                    .or_else(|| self.email.clone())
                    .unwrap_or_else(|| self.sub.clone()),
                sub: self.sub,
                email: self.email,
            },
            device_key: None,
            roles: Roles {
                offered: self.roles,
                preferred: self.preferred_role,
            },
        }
    }

    /// The issuer as identity pools name it: right in every partition, whatever its host.
    pub(crate) fn login_key(&self) -> &str {
        self.iss
            .split_once("://")
            .map_or(self.iss.as_str(), |(_, rest)| rest)
    }

    /// The client that the token was issued to, where it is one.
    pub(crate) fn audience(&self) -> Option<&str> {
        match &self.aud {
            Audience::One(one) => Some(one),
            Audience::Nobody | Audience::Several(_) => None,
        }
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

/// The issuer that may stand in tokens without its scheme.
const GOOGLE: &str = "accounts.google.com";

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
