//! The key that signs tokens, and the tokens' outer form: RS256 JWTs and a key set.

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, UnparsedPublicKey},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

use crate::random;

/// A token's claims.
pub(crate) type Claims = Map<String, Value>;

/// An RSA key pair with its id.
pub(crate) struct SigningKey {
    pair: KeyPair,
    id: String,
}

/// Why a token is not one of ours.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum BadToken {
    /// It is no JWT of this kind at all.
    Malformed,
    /// Somebody else signed it, or it was changed.
    Forged,
}

/// The key could not be made.
#[derive(Debug, thiserror::Error)]
#[error("no RSA key could be made")]
pub struct NoKey;

impl SigningKey {
    /// A new key; nothing of it outlives the process.
    pub(crate) fn generate() -> Result<Self, NoKey> {
        let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| NoKey)?;
        Ok(Self {
            pair,
            id: random::base64url(32),
        })
    }

    /// Signs claims into a JWT.
    pub(crate) fn sign(&self, claims: &Claims) -> String {
        let header = json!({ "kid": self.id, "alg": "RS256" });
        let text = |value: &str| URL_SAFE_NO_PAD.encode(value);
        let body = serde_json::to_string(claims).unwrap_or_default();
        let message = format!("{}.{}", text(&header.to_string()), text(&body));
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                message.as_bytes(),
                &mut signature,
            )
            .expect("a 2048-bit key signs any message");
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// The claims of a token that this key signed. Says nothing of issuer, audience or time.
    pub(crate) fn verify(&self, token: &str) -> Result<Claims, BadToken> {
        let parts: Vec<&str> = token.split('.').collect();
        let [header, claims, signature] = parts[..] else {
            return Err(BadToken::Malformed);
        };
        let object = |part: &str| -> Option<Map<String, Value>> {
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
        };
        let fields = object(header).ok_or(BadToken::Malformed)?;
        let claims_read = object(claims).ok_or(BadToken::Malformed)?;
        if fields.get("alg") != Some(&json!("RS256")) || fields.get("kid") != Some(&json!(self.id))
        {
            return Err(BadToken::Forged);
        }
        let signature = URL_SAFE_NO_PAD
            .decode(signature)
            .map_err(|_| BadToken::Malformed)?;
        let message = format!("{header}.{claims}");
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, self.pair.public_key().as_ref())
            .verify(message.as_bytes(), &signature)
            .map_err(|_| BadToken::Forged)?;
        Ok(claims_read)
    }

    /// The JSON Web Key Set with this key in it.
    pub(crate) fn key_set(&self) -> Value {
        let public = self.pair.public_key();
        let encode = |number: &[u8]| URL_SAFE_NO_PAD.encode(number);
        json!({ "keys": [{
            "alg": "RS256",
            "e": encode(public.exponent().big_endian_without_leading_zero()),
            "kid": self.id,
            "kty": "RSA",
            "n": encode(public.modulus().big_endian_without_leading_zero()),
            "use": "sig",
        }] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_tokens_pass() {
        let key = SigningKey::generate().expect("a key");
        let claims = json!({ "sub": "a", "exp": 1 })
            .as_object()
            .cloned()
            .expect("an object");
        let token = key.sign(&claims);
        assert_eq!(key.verify(&token), Ok(claims.clone()));

        let other = SigningKey {
            pair: SigningKey::generate().expect("a key").pair,
            id: key.id.clone(),
        };
        assert_eq!(key.verify(&other.sign(&claims)), Err(BadToken::Forged));

        let parts: Vec<&str> = token.split('.').collect();
        let changed = URL_SAFE_NO_PAD.encode(r#"{"sub":"b","exp":1}"#);
        let none = URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"none","kid":"{}"}}"#, key.id));
        for (forged, why) in [
            (
                format!("{}.{changed}.{}", parts[0], parts[2]),
                BadToken::Forged,
            ),
            (format!("{none}.{}.", parts[1]), BadToken::Forged),
            (format!("{}.{}.", parts[0], parts[1]), BadToken::Forged),
            (format!("{}.{}", parts[0], parts[1]), BadToken::Malformed),
            (format!("{token}.x"), BadToken::Malformed),
            ("a.b.c".to_owned(), BadToken::Malformed),
            (String::new(), BadToken::Malformed),
        ] {
            assert_eq!(key.verify(&forged), Err(why), "{forged}");
        }
    }
}
