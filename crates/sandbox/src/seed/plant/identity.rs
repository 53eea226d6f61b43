//! Planting identity pools, the OIDC providers beside their user pool, and roles.

use serde_json::{Value, json};

use crate::{
    logins::LOGIN_PROVIDERS,
    oidc::issuer_name,
    random,
    seed::{Ambiguous, IdentityPoolSeed, OidcProviderSeed, RoleSeed, TrustChoice, TrustWord},
    wire::{Failure, Fields},
    world::World,
};

/// The id of the new identity pool, and the role of those who signed in.
pub(super) fn plant_identity_pool(
    world: &mut World,
    pool: &str,
    client: &str,
    seed: IdentityPoolSeed,
) -> Result<(String, String), Failure> {
    let account = world.place.account.clone();
    let named = |arn: &str| arn.replace("ACCOUNT", &account);
    let role = seed.role_arn.as_deref();
    let role = named(role.unwrap_or("arn:aws:iam::ACCOUNT:role/Developer"));
    let id = seed
        .id
        .unwrap_or_else(|| format!("{}:{}", world.place.region, random::uuid()));
    if world.identity_pools.contains_key(&id) {
        return Err(Failure::invalid_parameter(format!(
            "The identity pool id {id} is taken."
        )));
    }
    let user_pool = world.provider_name(pool);
    let mut request = json!({
        "IdentityPoolName": seed.name.unwrap_or_else(|| "keys".into()),
        "AllowUnauthenticatedIdentities": seed.guest_role_arn.is_some(),
        "AllowClassicFlow": seed.classic,
        "CognitoIdentityProviders": [{
            "ProviderName": user_pool,
            "ClientId": client,
            "ServerSideTokenCheck": seed.check_tokens,
        }],
        "OpenIdConnectProviderARNs": [],
        "SupportedLoginProviders": {},
    });
    let mut providers = vec![format!("{user_pool}:{client}")];
    for provider in seed.oidc_providers {
        providers.push(plant_provider(world, provider, &mut request)?);
    }
    world.create_identity_pool_as(Fields::of(&request)?, id.clone())?;

    let mut request = json!({ "IdentityPoolId": id, "Roles": { "authenticated": role } });
    if let Some(guest) = &seed.guest_role_arn {
        request["Roles"]["unauthenticated"] = json!(named(guest));
    }
    let otherwise = match seed.ambiguous {
        Ambiguous::Deny => "Deny",
        Ambiguous::Authenticated => "AuthenticatedRole",
    };
    if seed.roles_from_token {
        request["RoleMappings"] = json!({ providers[0].clone(): {
            "Type": "Token", "AmbiguousRoleResolution": otherwise,
        } });
    } else if !seed.rules.is_empty() {
        let rule = |rule: &crate::seed::RoleRuleSeed| {
            json!({
                "Claim": rule.claim,
                "MatchType": rule.r#match,
                "Value": rule.value,
                "RoleARN": named(&rule.role_arn),
            })
        };
        let rules: Vec<Value> = seed.rules.iter().map(rule).collect();
        for provider in providers {
            request["RoleMappings"][provider] = json!({
                "Type": "Rules",
                "AmbiguousRoleResolution": otherwise,
                "RulesConfiguration": { "Rules": rules },
            });
        }
    }
    world.set_identity_pool_roles(Fields::of(&request)?)?;
    Ok((id, role))
}

/// Puts a provider into the request that makes the pool; under which name roles are mapped.
fn plant_provider(
    world: &mut World,
    provider: OidcProviderSeed,
    request: &mut Value,
) -> Result<String, Failure> {
    let name = issuer_name(&provider.issuer).to_owned();
    if LOGIN_PROVIDERS.contains(&name.as_str()) {
        world.plant_keys(&provider.issuer, provider.keys.as_ref())?;
        request["SupportedLoginProviders"][&name] = json!(provider.client_ids.join(";"));
        return Ok(name);
    }
    let arn = world.plant_provider(
        &provider.issuer,
        provider.client_ids,
        provider.keys.as_ref(),
    )?;
    if let Some(all) = request["OpenIdConnectProviderARNs"].as_array_mut() {
        all.push(json!(arn));
    }
    Ok(name)
}

/// Declares roles; their ARNs.
pub(super) fn plant_roles(
    world: &mut World,
    identity_pool: Option<&str>,
    roles: Vec<RoleSeed>,
) -> Result<Vec<String>, Failure> {
    let account = world.place.account.clone();
    let mut arns = Vec::new();
    for role in roles {
        let document = match role.trust {
            TrustChoice::Document(document) => document,
            TrustChoice::Word(word) => usual_trust(word),
        };
        let mut trust = document.to_string().replace("ACCOUNT", &account);
        if trust.contains("IDENTITY_POOL") {
            let Some(pool) = identity_pool else {
                return Err(Failure::invalid_parameter(format!(
                    "The role {} trusts an identity pool, and the seed makes none.",
                    role.arn
                )));
            };
            trust = trust.replace("IDENTITY_POOL", pool);
        }
        let arn = role.arn.replace("ACCOUNT", &account);
        world.plant_role(&arn, &trust, role.max_session_seconds)?;
        arns.push(arn);
    }
    Ok(arns)
}

fn usual_trust(word: TrustWord) -> Value {
    let of_pool = |method: &str| {
        json!({
            "Effect": "Allow",
            "Principal": { "Federated": "cognito-identity.amazonaws.com" },
            "Action": ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"],
            "Condition": {
                "StringEquals": { "cognito-identity.amazonaws.com:aud": "IDENTITY_POOL" },
                "ForAnyValue:StringLike": { "cognito-identity.amazonaws.com:amr": method },
            },
        })
    };
    let statement = match word {
        TrustWord::SignedIn => of_pool("authenticated"),
        TrustWord::Guests => of_pool("unauthenticated"),
        TrustWord::Account => json!({
            "Effect": "Allow",
            "Principal": { "AWS": "arn:aws:iam::ACCOUNT:root" },
            "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
        }),
    };
    json!({ "Version": "2012-10-17", "Statement": [statement] })
}
