//! Planting what has to do with browsers.

use serde_json::{Value, json};

use crate::{
    idp::IdpClient,
    oauth::SCOPES,
    provider::COGNITO,
    random,
    seed::browser::{IdpClientSeed, IdpSeed, ProviderSeed, SeededIdp},
    wire::{Failure, Fields},
    world::World,
};

/// Puts a provider behind a pool: somebody else's, or one that the sandbox plays.
pub(super) fn plant_provider(
    world: &mut World,
    pool: &str,
    seed: ProviderSeed,
) -> Result<(), Failure> {
    let mut id = seed.client_id;
    let mut secret = seed.client_secret;
    let issuer = match seed.issuer {
        Some(issuer) => issuer,
        None => {
            secret = secret.or_else(|| Some(random::text(random::LOWER, 40)));
            let client = IdpClient {
                secret: secret.clone(),
                redirect_uris: vec![format!("{}/oauth2/idpresponse", world.login_url(pool))],
                logout_uris: Vec::new(),
            };
            let own = id.unwrap_or_else(|| pool.to_owned());
            world
                .idp
                .register(&seed.name, &own, client)
                .map_err(Failure::invalid_parameter)?;
            id = Some(own);
            world.idp_issuer(&seed.name)
        }
    };
    let usual = || {
        ["email", "email_verified", "name"]
            .map(|name| (name.to_owned(), name.to_owned()))
            .into()
    };
    let mut request = json!({
        "UserPoolId": pool,
        "ProviderName": seed.name,
        "ProviderType": "OIDC",
        "ProviderDetails": {
            "oidc_issuer": issuer,
            "client_id": id.unwrap_or_default(),
            "authorize_scopes": seed.scopes.unwrap_or_else(|| "openid email profile".into()),
            "attributes_request_method": "GET",
        },
        "AttributeMapping": seed.mapping.unwrap_or_else(usual),
        "IdpIdentifiers": seed.identifiers,
    });
    if let Some(secret) = secret {
        request["ProviderDetails"]["client_secret"] = json!(secret);
    }
    world.create_identity_provider(Fields::of(&request)?)?;
    Ok(())
}

/// Makes a provider that the sandbox plays, with its apps.
pub(super) fn plant_idp(world: &mut World, seed: IdpSeed) -> Result<SeededIdp, Failure> {
    let name = seed.name.unwrap_or_else(|| "DemoIdp".into());
    let mut clients = seed.clients;
    if clients.is_empty() {
        clients.push(IdpClientSeed::desktop());
    }
    let first = clients[0].clone();
    for client in clients {
        world.journal.secret(
            "client_secret",
            client.secret.as_deref().unwrap_or_default(),
        );
        let app = IdpClient {
            secret: client.secret,
            redirect_uris: client.redirect_uris,
            logout_uris: client.logout_uris,
        };
        world
            .idp
            .register(&name, &client.id, app)
            .map_err(Failure::invalid_parameter)?;
    }
    Ok(SeededIdp {
        issuer: world.idp_issuer(&name),
        name,
        client_id: first.id,
        client_secret: first.secret,
    })
}

/// Adds to `CreateUserPoolClient` what an app client may do in a browser: all that the pool has,
/// unless the seed says otherwise.
pub(super) fn open_to_browsers(
    world: &World,
    pool: &str,
    (callbacks, logouts): (Vec<String>, Vec<String>),
    scopes: Option<Vec<String>>,
    providers: Option<Vec<String>>,
    request: &mut Value,
) -> Result<(), Failure> {
    let providers = match providers {
        Some(providers) => providers,
        None => {
            let others = world.pool(pool)?.providers.keys().cloned();
            [COGNITO.to_owned()].into_iter().chain(others).collect()
        }
    };
    request["SupportedIdentityProviders"] = json!(providers);
    if callbacks.is_empty() {
        return Ok(());
    }
    request["AllowedOAuthFlowsUserPoolClient"] = json!(true);
    request["AllowedOAuthFlows"] = json!(["code"]);
    request["AllowedOAuthScopes"] =
        json!(scopes.unwrap_or_else(|| SCOPES.map(str::to_owned).into()));
    request["CallbackURLs"] = json!(callbacks);
    request["LogoutURLs"] = json!(logouts);
    Ok(())
}
