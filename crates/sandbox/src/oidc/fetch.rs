//! Fetching the keys of issuers: discovery, then the key set, each in bounded time and size.

use std::{collections::BTreeMap, time::Duration};

use jsonwebtoken::{decode_header, jwk::Jwk};
use serde_json::Value;

use super::{issuer_name, read_keys};
use crate::{
    http::App,
    outgoing::{Call, Unanswered},
    query::Form,
    web_identity::unverified,
    world::World,
};

const PATIENCE: Duration = Duration::from_secs(3);

/// The tokens of a call that somebody else may have issued.
pub(crate) fn tokens_in(operation: &str, query: &str, body: &[u8]) -> Vec<String> {
    match operation {
        "GetId" | "GetCredentialsForIdentity" | "GetOpenIdToken" => {
            let body: Value = serde_json::from_slice(body).unwrap_or_default();
            let logins = body["Logins"].as_object();
            let logins = logins
                .into_iter()
                .flat_map(serde_json::Map::values)
                .take(10);
            logins
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect()
        }
        "AssumeRoleWithWebIdentity" => {
            let form = Form::read(query, body);
            let token = form.text("WebIdentityToken");
            token.map(str::to_owned).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// Fetches the keys that the tokens need and the world lacks. Only issuers that somebody has
/// registered are asked.
pub(crate) async fn fetch_keys(app: &App, tokens: &[String]) {
    let wanted: BTreeMap<String, String> = {
        let world = app.world();
        tokens
            .iter()
            .filter_map(|token| world.lacking(token))
            .collect()
    };
    for (name, issuer) in wanted {
        let keys = match tokio::time::timeout(PATIENCE, keys_of(&issuer)).await {
            Ok(keys) => keys,
            Err(_) => Err(format!("{issuer} took too long")),
        };
        if let Err(why) = &keys {
            tracing::warn!(%issuer, why, "no keys of a provider");
        }
        let mut world = app.world();
        let now = world.clock.now();
        world.oidc.learn(&name, keys, now);
    }
}

impl World {
    /// The issuer of a token whose keys are to be fetched, by name and address.
    fn lacking(&self, token: &str) -> Option<(String, String)> {
        let claims = unverified(token)?;
        let issuer = claims.get("iss")?.as_str()?;
        let name = issuer_name(issuer);
        let address = match self.oidc.find(name) {
            Some(provider) => provider.issuer.clone(),
            None if self.is_login_provider(name) => format!("https://{name}"),
            None => return None,
        };
        let kid = decode_header(token).ok()?.kid;
        let lacks = self.oidc.lacks(name, kid.as_deref(), self.clock.now());
        (lacks && !self.is_own(issuer)).then(|| (name.to_owned(), address))
    }
}

async fn keys_of(issuer: &str) -> Result<Vec<Jwk>, String> {
    let issuer = issuer.trim_end_matches('/');
    let document = read(&format!("{issuer}/.well-known/openid-configuration")).await?;
    let told = document["issuer"].as_str().unwrap_or_default();
    if issuer_name(told) != issuer_name(issuer) {
        return Err(format!(
            "the discovery document of {issuer} is that of {told:?}"
        ));
    }
    let Some(address) = document["jwks_uri"].as_str() else {
        return Err(format!(
            "the discovery document of {issuer} has no jwks_uri"
        ));
    };
    read_keys(&read(address).await?).map_err(|why| format!("{address}: {why}"))
}

async fn read(address: &str) -> Result<Value, String> {
    match Call::get(address).send().await {
        Ok((200, document)) if document.is_object() => Ok(document),
        Ok((status, _)) => Err(format!("{address} answered {status}, and no JSON to read")),
        Err(Unanswered::Late) => Err(format!("{address} took too long")),
        Err(Unanswered::Broken(why)) => Err(format!("{address}: {why}")),
    }
}
