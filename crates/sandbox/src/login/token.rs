//! `/oauth2/token` and `/oauth2/revoke`.

use aws_lc_rs::digest;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;

use crate::{
    client::Client,
    srp::same,
    tokens::{Pair, Scopes, SignIn},
    web::{Reply, Visit},
    wire::Fields,
    world::World,
};

/// An error in OAuth's words, with Cognito's description where it has one.
struct Refused(&'static str, Option<&'static str>);

impl World {
    /// `POST /oauth2/token`
    pub(crate) fn token_endpoint(&mut self, visit: &Visit) -> Reply {
        match self.exchange(visit) {
            Ok((pair, refresh)) => {
                let mut body = json!({
                    "access_token": pair.access,
                    "expires_in": pair.expires_in,
                    "token_type": "Bearer",
                });
                if let Some(id) = &pair.id {
                    body["id_token"] = json!(id);
                }
                if let Some(refresh) = refresh {
                    body["refresh_token"] = json!(refresh);
                }
                Reply::json(200, &body)
            }
            Err(Refused(code, description)) => Reply::error(400, code, description),
        }
    }

    fn exchange(&mut self, visit: &Visit) -> Result<(Pair, Option<String>), Refused> {
        let form = &visit.form;
        let grant = form.one("grant_type");
        let grant = grant.filter(|_| !form.has_twice());
        let grant = grant.ok_or(Refused("invalid_request", None))?;
        self.journal.note.flow = Some(grant.to_owned());
        for (member, kind) in [
            ("code", "authorization_code"),
            ("refresh_token", "refresh_token"),
        ] {
            self.journal
                .secret(kind, form.one(member).unwrap_or_default());
        }
        let client = self
            .oauth_client(visit)
            .ok_or(Refused("invalid_client", None))?;
        match grant {
            "authorization_code" => {
                if !client.oauth.on || !client.oauth.allows("code") {
                    return Err(Refused("unauthorized_client", None));
                }
                self.exchange_code(&client, visit)
            }
            "refresh_token" => {
                if !client.oauth.on {
                    return Err(Refused("unauthorized_client", None));
                }
                let token = form.one("refresh_token");
                let token = token.ok_or(Refused("invalid_request", None))?;
                // There is no member for the key of a device: with one, only the API refreshes.
                let refreshed = self.refresh(&client, token, None);
                refreshed.map_err(|failure| {
                    tracing::info!(reason = failure.message, "refused");
                    Refused("invalid_grant", None)
                })
            }
            "client_credentials" => Err(Refused("unauthorized_client", None)),
            _ => Err(Refused("unsupported_grant_type", None)),
        }
    }

    fn exchange_code(
        &mut self,
        client: &Client,
        visit: &Visit,
    ) -> Result<(Pair, Option<String>), Refused> {
        let invalid_grant = Refused("invalid_grant", None);
        let code = visit.form.one("code");
        let redirect_uri = visit.form.one("redirect_uri");
        let (Some(code), Some(redirect_uri)) = (code, redirect_uri) else {
            return Err(Refused("invalid_request", None));
        };
        let verifier = visit.form.one("code_verifier");
        let Some(grant) = self.spend_code(client, code) else {
            return Err(invalid_grant);
        };
        if grant.redirect_uri != redirect_uri {
            return Err(Refused("unauthorized_client", Some("invalid_redirect")));
        }
        if !proves(grant.challenge.as_deref(), verifier) {
            return Err(invalid_grant);
        }
        let (browser, nonce) = (grant.browser.clone(), grant.nonce.clone());
        let scopes = Scopes::Asked(grant.scopes.clone());
        let Some(user) = self.browser_user(&browser) else {
            return Err(invalid_grant);
        };
        let sign_in = SignIn::new(&browser.pool, user, browser.time, None, scopes);
        self.journal.note.username = Some(browser.user);
        let (origin, refresh) = self.open_sign_in(client, sign_in);
        let pair = self.mint_pair(client, &origin, nonce.as_deref());
        Ok((pair.map_err(|_| invalid_grant)?, Some(refresh)))
    }

    /// `POST /oauth2/revoke`
    pub(crate) fn revoke_endpoint(&mut self, visit: &Visit) -> Reply {
        let Some(client) = self.oauth_client(visit) else {
            return Reply::error(401, "invalid_client", None);
        };
        let token = visit.form.one("token").unwrap_or_default();
        self.journal.secret("refresh_token", token);
        let request = json!({
            "ClientId": client.id,
            "ClientSecret": client.secret,
            "Token": token,
        });
        if token.is_empty() {
            return Reply::error(400, "invalid_request", None);
        }
        let revoked = Fields::of(&request).and_then(|fields| self.revoke_token(fields));
        match revoked.map_err(|failure| failure.code) {
            Ok(_) => Reply::empty(200),
            Err(code) => match code.as_ref() {
                "UnsupportedTokenTypeException" => {
                    Reply::error(400, "unsupported_token_type", None)
                }
                "UnauthorizedException" => Reply::error(401, "invalid_client", None),
                _ => Reply::error(400, "invalid_request", None),
            },
        }
    }

    /// The client that a request comes from, if its secret is right.
    fn oauth_client(&mut self, visit: &Visit) -> Option<Client> {
        let (id, secret) = visit.credentials()?;
        self.journal
            .secret("client_secret", secret.as_deref().unwrap_or_default());
        let client = self.client(&id).ok()?;
        let here = visit.pool.as_ref().is_none_or(|pool| *pool == client.pool);
        (here && client.check_secret(secret.as_deref()).is_ok()).then_some(client)
    }
}

/// Whether a verifier is the one that a code was asked for with. Without a challenge there must be
/// none: else a code that was asked for without PKCE could be slipped to a client that uses it.
pub(crate) fn proves(challenge: Option<&str>, verifier: Option<&str>) -> bool {
    match (challenge, verifier) {
        (None, None) => true,
        (Some(challenge), Some(verifier)) => {
            let digest = digest::digest(&digest::SHA256, verifier.as_bytes());
            let hash = URL_SAFE_NO_PAD.encode(digest.as_ref());
            same(hash.as_bytes(), challenge.as_bytes())
        }
        (None, Some(_)) | (Some(_), None) => false,
    }
}
