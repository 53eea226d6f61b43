//! Planting a seed.

use serde_json::{Value, json};

use super::{ClientSeed, IdentityPoolChoice, IdentityPoolSeed, PoolSeed, Seed, Seeded, UserSeed};
use crate::{
    random,
    wire::{Failure, Fields},
    world::World,
};

/// Sets everything up through the same operations that AWS's tools call.
pub(crate) fn plant(world: &mut World, seed: Seed) -> Result<Seeded, Failure> {
    let pool = match seed.user_pool_id {
        Some(id) => world.pool(&id)?.id.clone(),
        None => plant_pool(world, seed.pool)?,
    };
    let client = match seed.client_id {
        Some(id) => id,
        None => plant_client(world, &pool, seed.client)?,
    };
    let secret = world.client(&client)?.secret;
    let (username, password, sub) = plant_user(world, &pool, seed.user)?;
    let identity = match seed.identity_pool {
        IdentityPoolChoice::Word(false) => None,
        IdentityPoolChoice::Word(true) => Some(IdentityPoolSeed::default()),
        IdentityPoolChoice::Pool(identity) => Some(identity),
    };
    let identity = match identity {
        Some(identity) => Some(plant_identity_pool(world, &pool, &client, identity)?),
        None => None,
    };
    let (identity_pool_id, role_arn) = identity.unzip();
    Ok(Seeded {
        url: world.place.url.clone(),
        region: world.place.region.clone(),
        issuer: world.issuer(&pool),
        provider_name: world.provider_name(&pool),
        user_pool_id: pool,
        client_id: client,
        client_secret: secret,
        username,
        password,
        sub,
        identity_pool_id,
        role_arn,
    })
}

fn plant_pool(world: &mut World, seed: PoolSeed) -> Result<String, Failure> {
    let region = &world.place.region;
    let fresh = || format!("{region}_{}", random::text(random::ALNUM, 9));
    let id = seed.id.unwrap_or_else(fresh);
    if !id.starts_with(&format!("{region}_")) || world.pools.contains_key(&id) {
        let message = format!("{id} is taken, or is not a pool id of the region {region}.");
        return Err(Failure::invalid_parameter(message));
    }
    let mut request = json!({ "PoolName": seed.name.unwrap_or_else(|| "people".into()) });
    extend(&mut request, seed.aws);
    world.create_user_pool_as(Fields::of(&request)?, id.clone())?;
    for group in seed.groups {
        let request = json!({
            "UserPoolId": id,
            "GroupName": group.name,
            "RoleArn": group.role_arn,
            "Precedence": group.precedence,
        });
        world.create_group(Fields::of(&request)?)?;
    }
    Ok(id)
}

fn plant_client(world: &mut World, pool: &str, seed: ClientSeed) -> Result<String, Failure> {
    let id = seed.id.unwrap_or_else(|| random::text(random::LOWER, 26));
    if world.clients.contains_key(&id) {
        return Err(Failure::invalid_parameter(format!(
            "The client id {id} is taken."
        )));
    }
    let usual = [
        "USER_SRP",
        "USER_PASSWORD",
        "ADMIN_USER_PASSWORD",
        "REFRESH_TOKEN",
    ];
    let usual = || {
        usual
            .iter()
            .map(|flow| format!("ALLOW_{flow}_AUTH"))
            .collect()
    };
    let mut request = json!({
        "UserPoolId": pool,
        "ClientName": seed.name.unwrap_or_else(|| "desktop".into()),
        "GenerateSecret": seed.secret,
        "ExplicitAuthFlows": seed.flows.unwrap_or_else(usual),
        "EnableTokenRevocation": seed.revocation.unwrap_or(true),
        "PreventUserExistenceErrors":
            if seed.hide_strangers.unwrap_or(true) { "ENABLED" } else { "LEGACY" },
    });
    if let Some(grace) = seed.rotation_grace_seconds {
        request["RefreshTokenRotation"] =
            json!({ "Feature": "ENABLED", "RetryGracePeriodSeconds": grace });
    }
    extend(&mut request, seed.aws);
    world.create_user_pool_client_as(Fields::of(&request)?, id.clone())?;
    Ok(id)
}

fn plant_user(
    world: &mut World,
    pool: &str,
    seed: UserSeed,
) -> Result<(String, String, String), Failure> {
    let name = seed.username.unwrap_or_else(|| "alice".into());
    let random = || format!("Aa1!{}", random::text(random::ALNUM, 16));
    let password = seed.password.unwrap_or_else(random);
    let email = seed.email.unwrap_or_else(|| format!("{name}@example.com"));
    let mut request = json!({
        "UserPoolId": pool,
        "Username": name,
        "TemporaryPassword": password,
        "MessageAction": "SUPPRESS",
        "UserAttributes": [
            { "Name": "email", "Value": email }, { "Name": "email_verified", "Value": "true" },
        ],
    });
    world.admin_create_user(Fields::of(&request)?)?;
    if !seed.temporary {
        extend(
            &mut request,
            Some(json!({ "Password": password, "Permanent": true })),
        );
        world.admin_set_user_password(Fields::of(&request)?)?;
    }
    for group in seed.groups {
        request["GroupName"] = json!(group);
        world.admin_add_user_to_group(Fields::of(&request)?)?;
    }
    let sub = world.pool(pool)?.find(&name).map(|user| user.sub.clone());
    Ok((name, password, sub.unwrap_or_default()))
}

fn plant_identity_pool(
    world: &mut World,
    pool: &str,
    client: &str,
    seed: IdentityPoolSeed,
) -> Result<(String, String), Failure> {
    let account = &world.place.account;
    let role = seed
        .role_arn
        .unwrap_or_else(|| format!("arn:aws:iam::{account}:role/Developer"));
    let id = seed
        .id
        .unwrap_or_else(|| format!("{}:{}", world.place.region, random::uuid()));
    if world.identity_pools.contains_key(&id) {
        return Err(Failure::invalid_parameter(format!(
            "The identity pool id {id} is taken."
        )));
    }
    let provider = world.provider_name(pool);
    let request = json!({
        "IdentityPoolName": seed.name.unwrap_or_else(|| "keys".into()),
        "AllowUnauthenticatedIdentities": seed.guest_role_arn.is_some(),
        "CognitoIdentityProviders": [{
            "ProviderName": provider,
            "ClientId": client,
            "ServerSideTokenCheck": seed.check_tokens,
        }],
    });
    world.create_identity_pool_as(Fields::of(&request)?, id.clone())?;
    let mut request = json!({ "IdentityPoolId": id, "Roles": { "authenticated": role } });
    if let Some(guest) = seed.guest_role_arn {
        request["Roles"]["unauthenticated"] = json!(guest);
    }
    if seed.roles_from_token {
        request["RoleMappings"] = json!({ format!("{provider}:{client}"): {
            "Type": "Token", "AmbiguousRoleResolution": "Deny",
        } });
    }
    world.set_identity_pool_roles(Fields::of(&request)?)?;
    Ok((id, role))
}

fn extend(request: &mut Value, more: Option<Value>) {
    if let (Value::Object(request), Some(Value::Object(more))) = (request, more) {
        request.extend(more);
    }
}
