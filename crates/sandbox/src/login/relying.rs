//! The pool as client of a provider: discovery, the exchange of a code, and what the provider says
//! of its user.

use axum::http::Method;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, jwk::Jwk};
use serde_json::Value;

use crate::{
    clock::Moment,
    keys::Claims,
    outgoing::{Call, Unanswered, may_be_asked},
    provider::IdentityProvider,
    sigv4::encode,
};

/// Why a provider cannot be used, as the app is told.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Trouble(pub(crate) String);

/// Where a provider does what.
pub(crate) struct Endpoints {
    pub(crate) authorize: String,
    token: String,
    user_info: Option<String>,
    keys: String,
    /// The provider takes the secret only by `Authorization: Basic`.
    basic: bool,
}

/// The endpoints: those that the pool names, or those that the issuer tells.
pub(crate) async fn discover(provider: &IdentityProvider) -> Result<Endpoints, Trouble> {
    let named = |name: &str| provider.detail(name).map(str::to_owned);
    if let (Some(authorize), Some(token), Some(keys)) = (
        named("authorize_url"),
        named("token_url"),
        named("jwks_uri"),
    ) {
        return Ok(Endpoints {
            authorize,
            token,
            user_info: named("attributes_url"),
            keys,
            basic: false,
        });
    }
    let issuer = provider.detail("oidc_issuer").unwrap_or_default();
    let base = issuer.trim_end_matches('/');
    let url = format!("{base}/.well-known/openid-configuration");
    let (status, document) = ask(Call::get(&url), "configuration", provider).await?;
    if status != 200 || document["issuer"].as_str() != Some(issuer) {
        let text = format!(
            "{} tells no OpenID configuration of {issuer}",
            provider.name
        );
        return Err(Trouble(text));
    }
    let told = |name: &str| match document[name].as_str() {
        Some(url) if may_be_asked(url) => Ok(url.to_owned()),
        Some(_) | None => Err(Trouble(format!("{} has no usable {name}", provider.name))),
    };
    let methods = document["token_endpoint_auth_methods_supported"].as_array();
    let takes = |method: &str| methods.is_some_and(|all| all.iter().any(|one| one == method));
    Ok(Endpoints {
        authorize: told("authorization_endpoint")?,
        token: told("token_endpoint")?,
        user_info: told("userinfo_endpoint").ok(),
        keys: told("jwks_uri")?,
        basic: takes("client_secret_basic") && !takes("client_secret_post"),
    })
}

/// What a provider says of the user whom a code stands for.
pub(crate) async fn claims(
    provider: &IdentityProvider,
    code: &str,
    redirect_uri: &str,
    nonce: &str,
    now: Moment,
) -> Result<Claims, Trouble> {
    let endpoints = discover(provider).await?;
    let id = provider.detail("client_id").unwrap_or_default();
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", redirect_uri),
    ];
    let mut authorization = None;
    match provider.detail("client_secret") {
        Some(secret) if endpoints.basic => {
            let pair = STANDARD.encode(format!("{}:{}", encode(id), encode(secret)));
            authorization = Some(format!("Basic {pair}"));
        }
        Some(secret) => form.extend([("client_id", id), ("client_secret", secret)]),
        None => form.push(("client_id", id)),
    }
    let call = Call {
        method: Method::POST,
        url: &endpoints.token,
        authorization,
        form: &form,
    };
    let (status, tokens) = ask(call, "token", provider).await?;
    if status != 200 {
        let text = format!("{} Error - {status} error getting token", provider.name);
        return Err(Trouble(text));
    }
    let (_, keys) = ask(Call::get(&endpoints.keys), "jwks", provider).await?;
    let token = tokens["id_token"].as_str().unwrap_or_default();
    let mut claims = check(provider, verified(token, &keys), nonce, now)?;
    if let (Some(url), Some(access)) = (&endpoints.user_info, tokens["access_token"].as_str()) {
        let post = provider.detail("attributes_request_method") == Some("POST");
        let call = Call {
            method: if post { Method::POST } else { Method::GET },
            authorization: Some(format!("Bearer {access}")),
            ..Call::get(url)
        };
        let (status, told) = ask(call, "userInfo", provider).await?;
        if status == 200 && told["sub"] == claims["sub"] {
            for (name, value) in told.as_object().into_iter().flatten() {
                claims.entry(name).or_insert_with(|| value.clone());
            }
        }
    }
    Ok(claims)
}

async fn ask(
    call: Call<'_>,
    endpoint: &str,
    provider: &IdentityProvider,
) -> Result<(u16, Value), Trouble> {
    call.send().await.map_err(|unanswered| match unanswered {
        Unanswered::Late => Trouble(format!(
            "Timeout occurred in calling IdP {endpoint} endpoint"
        )),
        Unanswered::Broken(why) => {
            tracing::info!(why, endpoint, "a provider cannot be reached");
            let name = &provider.name;
            Trouble(format!(
                "{name} cannot be reached at its {endpoint} endpoint"
            ))
        }
    })
}

/// The claims of a token that one of the keys has signed. Says nothing of issuer, audience or
/// time. An unsigned token, or one by a shared secret, is never right.
fn verified(token: &str, key_set: &Value) -> Option<Claims> {
    const ALGORITHMS: &[Algorithm] = &[
        Algorithm::RS256,
        Algorithm::RS384,
        Algorithm::RS512,
        Algorithm::PS256,
        Algorithm::ES256,
        Algorithm::ES384,
    ];
    let header = decode_header(token).ok()?;
    if !ALGORITHMS.contains(&header.alg) {
        return None;
    }
    let mut rules = Validation::new(header.alg);
    rules.validate_exp = false;
    rules.validate_aud = false;
    rules.required_spec_claims.clear();
    let keys = key_set["keys"].as_array()?.iter().take(100);
    keys.filter_map(|key| serde_json::from_value::<Jwk>(key.clone()).ok())
        .filter(|key| header.kid.is_none() || key.common.key_id == header.kid)
        .filter_map(|key| DecodingKey::from_jwk(&key).ok())
        .find_map(|key| Some(decode::<Claims>(token, &key, &rules).ok()?.claims))
}

/// Refuses an ID token that is not meant for this pool and this sign-in.
fn check(
    provider: &IdentityProvider,
    claims: Option<Claims>,
    nonce: &str,
    now: Moment,
) -> Result<Claims, Trouble> {
    const LEEWAY: i64 = 60;
    let name = &provider.name;
    let bad = |what: &str| Trouble(format!("Bad id_token {what} from {name}"));
    let claims = claims.ok_or_else(|| bad("signature"))?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if text("iss") != provider.detail("oidc_issuer") {
        return Err(bad("issuer"));
    }
    let own = provider.detail("client_id");
    let for_us = match claims.get("aud") {
        Some(Value::String(one)) => Some(one.as_str()) == own,
        Some(Value::Array(all)) => {
            let named = all.iter().any(|one| one.as_str() == own);
            named && (all.len() == 1 || text("azp") == own)
        }
        Some(_) | None => false,
    };
    if !for_us {
        return Err(bad("audience"));
    }
    let expires = claims.get("exp").and_then(Value::as_i64).unwrap_or(0);
    if expires.saturating_add(LEEWAY) <= now.seconds() {
        return Err(bad("expiry"));
    }
    if text("nonce") != Some(nonce) {
        return Err(bad("nonce"));
    }
    Ok(claims)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{keys::SigningKey, provider::tests::provider};

    #[test]
    fn only_the_key_set_counts() {
        let keys = [SigningKey::generate(), SigningKey::generate()];
        let [own, other] = keys.map(|key| key.expect("a key"));
        let claims = json!({ "sub": "ann" });
        let claims = claims.as_object().expect("an object");
        let token = own.sign(claims);
        assert_eq!(verified(&token, &own.key_set()).as_ref(), Some(claims));
        assert_eq!(verified(&token, &other.key_set()), None);
        assert_eq!(verified(&token, &json!({ "keys": [] })), None);

        let parts: Vec<&str> = token.split('.').collect();
        // {"alg":"none"}, {"alg":"HS256"}, {"sub":"bob"}
        let (none, hmac) = ("eyJhbGciOiJub25lIn0", "eyJhbGciOiJIUzI1NiJ9");
        let changed = "eyJzdWIiOiJib2IifQ";
        for forged in [
            format!("{none}.{}.", parts[1]),
            format!("{hmac}.{}.{}", parts[1], parts[2]),
            format!("{}.{changed}.{}", parts[0], parts[2]),
            format!("{}.{}.", parts[0], parts[1]),
            format!("{}.{}", parts[0], parts[1]),
            String::new(),
        ] {
            assert_eq!(verified(&forged, &own.key_set()), None, "{forged}");
        }
    }

    #[test]
    fn an_id_token_is_for_this_pool_and_this_sign_in() {
        let provider = provider("http://127.0.0.1:1", "pool");
        let right = json!({
            "iss": "http://127.0.0.1:1", "aud": "pool", "exp": 1000, "nonce": "n", "sub": "ann",
        });
        let judge = |change: Value, now: i64| {
            let mut claims = right.as_object().expect("an object").clone();
            claims.extend(change.as_object().expect("an object").clone());
            check(&provider, Some(claims), "n", Moment(now * 1000)).err()
        };
        for (change, now, what) in [
            (json!({}), 999, None),
            (json!({ "aud": ["pool"] }), 999, None),
            (
                json!({ "aud": ["pool", "other"], "azp": "pool" }),
                999,
                None,
            ),
            (json!({}), 1060, Some("expiry")),
            (json!({ "exp": null }), 999, Some("expiry")),
            (json!({ "nonce": "other" }), 999, Some("nonce")),
            (json!({ "nonce": null }), 999, Some("nonce")),
            (json!({ "aud": "other" }), 999, Some("audience")),
            (json!({ "aud": ["pool", "other"] }), 999, Some("audience")),
            (json!({ "iss": "http://127.0.0.1:2" }), 999, Some("issuer")),
        ] {
            let text = what.map(|what| Trouble(format!("Bad id_token {what} from Work")));
            assert_eq!(judge(change.clone(), now), text, "{change}");
        }
        let unsigned = check(&provider, None, "n", Moment(0)).err();
        assert_eq!(
            unsigned,
            Some(Trouble("Bad id_token signature from Work".into()))
        );
    }
}
