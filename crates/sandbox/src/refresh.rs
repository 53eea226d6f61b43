//! Refresh tokens: `GetTokensFromRefreshToken`, `REFRESH_TOKEN_AUTH`, rotation and revocation.

use serde_json::{Value, json};

use crate::{
    client::{Client, Rotation},
    clock::Moment,
    random,
    tokens::Pair,
    wire::{Answer, Failure, Fields},
    world::World,
};

/// A refresh token that was given out.
pub(crate) struct RefreshToken {
    /// The `origin_jti` of its sign-in.
    pub(crate) sign_in: String,
    client: String,
    /// The end of the sign-in, which rotation does not move.
    until: Moment,
    /// After a rotation: from when on it is dead.
    dead_from: Option<Moment>,
}

impl World {
    /// A new refresh token: opaque, and shaped and sized like the JWE that AWS gives out.
    pub(crate) fn mint_refresh_token(
        &mut self,
        client: &Client,
        sign_in: &str,
        until: Moment,
    ) -> String {
        const HEADER: &str = "eyJjdHkiOiJKV1QiLCJlbmMiOiJBMjU2R0NNIiwiYWxnIjoiUlNBLU9BRVAifQ";
        let parts = [256, 12, 1020, 16].map(random::base64url);
        let token = format!("{HEADER}.{}", parts.join("."));
        self.journal.secret("refresh_token", &token);
        let (sign_in, client) = (sign_in.to_owned(), client.id.clone());
        self.refresh_tokens.put(
            &*token,
            RefreshToken {
                sign_in,
                client,
                until,
                dead_from: None,
            },
        );
        token
    }

    /// `GetTokensFromRefreshToken`
    pub(crate) fn get_tokens_from_refresh_token(&mut self, fields: Fields<'_>) -> Answer {
        let client = self.client(fields.text("ClientId")?)?;
        let token = fields.text("RefreshToken")?;
        let secret = fields.maybe_text("ClientSecret")?;
        self.journal
            .secret("client_secret", secret.unwrap_or_default());
        client.check_secret(secret)?;
        let (pair, next) = self.refresh(&client, token, fields.maybe_text("DeviceKey")?)?;
        Ok(json!({ "AuthenticationResult": pair.result(next.as_deref()) }))
    }

    /// New tokens, and where the client rotates, the refresh token that comes next.
    pub(crate) fn refresh(
        &mut self,
        client: &Client,
        token: &str,
        device: Option<&str>,
    ) -> Result<(Pair, Option<String>), Failure> {
        let origin = self.redeem(client, token, device)?;
        let next = match client.rotation {
            Rotation::Off => None,
            Rotation::On { grace_seconds } => {
                Some(self.rotate(client, token, &origin, grace_seconds)?)
            }
        };
        Ok((self.mint_pair(client, &origin, None)?, next))
    }

    /// `InitiateAuth` with `REFRESH_TOKEN_AUTH`, which cannot rotate.
    pub(crate) fn refresh_by_flow(&mut self, client: &Client, parameters: Fields<'_>) -> Answer {
        let token = parameters.maybe_text("REFRESH_TOKEN")?.ok_or_else(|| {
            Failure::invalid_parameter("Missing required parameter REFRESH_TOKEN")
        })?;
        if client.rotation != Rotation::Off {
            return Err(Failure::invalid_parameter(
                "Refresh token rotation is enabled for the client: use GetTokensFromRefreshToken.",
            ));
        }
        if client.secret.is_some() && !parameters.has("SECRET_HASH") {
            client.check_hash("", None)?;
        }
        let device = parameters.maybe_text("DEVICE_KEY")?;
        let origin = self.redeem(client, token, device)?;
        let username = self
            .sign_ins
            .find(&origin)
            .map(|sign_in| sign_in.user.clone());
        let hash = parameters.maybe_text("SECRET_HASH")?;
        client.check_hash(&username.unwrap_or_default(), hash)?;
        let pair = self.mint_pair(client, &origin, None)?;
        Ok(json!({ "AuthenticationResult": pair.result(None), "ChallengeParameters": {} }))
    }

    /// `RevokeToken`
    pub(crate) fn revoke_token(&mut self, fields: Fields<'_>) -> Answer {
        let client = self.client(fields.text("ClientId")?)?;
        let token = fields.text("Token")?;
        let unauthorized = |_| Failure::new("UnauthorizedException", "Invalid client secret");
        client
            .check_secret(fields.maybe_text("ClientSecret")?)
            .map_err(unauthorized)?;
        if !client.revocation {
            return Err(Failure::new(
                "UnsupportedOperationException",
                "Token revocation is not enabled for this client",
            ));
        }
        if token.split('.').count() == 3 {
            return Err(Failure::new(
                "UnsupportedTokenTypeException",
                "Unsupported token type",
            ));
        }
        // A token that is unknown or already dead is as revoked as can be.
        let Some(found) = self.refresh_tokens.find(token) else {
            return Ok(json!({}));
        };
        if found.client != client.id {
            return Err(Failure::new(
                "UnauthorizedException",
                "Token was not issued to this client",
            ));
        }
        if let Some(sign_in) = self.sign_ins.find_mut(&found.sign_in) {
            sign_in.revoked = true;
            self.journal.note.username = Some(sign_in.user.clone());
        }
        Ok(json!({}))
    }

    /// `POST /_sandbox/revoke-all`
    pub(crate) fn revoke_all(&mut self) -> Value {
        let mut count = 0;
        self.sign_ins.each(|sign_in| {
            count += u32::from(!sign_in.revoked);
            sign_in.revoked = true;
        });
        json!({ "revoked": count })
    }

    /// The sign-in that a refresh token stands for, if it may still be used. One that belongs to a
    /// device is of use only to that device, once it is confirmed and while it is not forgotten.
    fn redeem(
        &mut self,
        client: &Client,
        token: &str,
        device: Option<&str>,
    ) -> Result<String, Failure> {
        self.journal.secret("refresh_token", token);
        self.journal.note.device(device);
        let invalid = || Failure::not_authorized("Invalid Refresh Token.");
        let now = self.clock.now();
        let found = self.refresh_tokens.find(token).ok_or_else(invalid)?;
        if found.client != client.id {
            return Err(invalid());
        }
        let sign_in = self.sign_ins.find(&found.sign_in).ok_or_else(invalid)?;
        self.journal.note.username = Some(sign_in.user.clone());
        if sign_in.revoked {
            return Err(Failure::not_authorized("Refresh Token has been revoked"));
        }
        if now >= found.until {
            return Err(Failure::not_authorized("Refresh Token has expired"));
        }
        if found.dead_from.is_some_and(|end| now >= end) {
            return Err(Failure::new(
                "RefreshTokenReuseException",
                "Refresh token has already been used",
            ));
        }
        let pool = self.pool(&sign_in.pool)?;
        let user = pool.find(&sign_in.user);
        let user = user
            .filter(|u| u.sub == sign_in.sub)
            .ok_or_else(Failure::no_user)?;
        if !user.enabled {
            return Err(Failure::not_authorized("User is disabled."));
        }
        if let (Some(key), Some(_)) = (&sign_in.device, pool.rules.devices) {
            if device != Some(key) || user.devices.is_offered(key) {
                return Err(invalid());
            }
            user.check_device(key)?;
        }
        Ok(found.sign_in.clone())
    }

    /// Spends a token for a new one with the same end.
    fn rotate(
        &mut self,
        client: &Client,
        token: &str,
        sign_in: &str,
        grace_seconds: i64,
    ) -> Result<String, Failure> {
        let dead_from = self.clock.now().plus(grace_seconds);
        let old = self
            .refresh_tokens
            .find_mut(token)
            .ok_or_else(|| Failure::not_authorized("Invalid Refresh Token."))?;
        old.dead_from.get_or_insert(dead_from);
        let until = old.until;
        Ok(self.mint_refresh_token(client, sign_in, until))
    }
}

#[cfg(test)]
mod tests;
