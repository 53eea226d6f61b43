//! Planting a seed.

use serde_json::{Value, json};

mod browser;
mod identity;

use super::{
    ClientSeed, DeviceChoice, IdentityPoolChoice, IdentityPoolSeed, PoolSeed, Seed, Seeded,
    UserSeed,
};
use crate::{
    client::Client,
    factor::{Factor, FirstFactor, Mfa},
    random,
    wire::{Failure, Fields},
    world::World,
};

/// Sets everything up through the same operations that AWS's tools call.
pub(crate) fn plant(world: &mut World, seed: Seed) -> Result<Seeded, Failure> {
    let idp = match seed.idp {
        Some(idp) => Some(browser::plant_idp(world, idp)?),
        None => None,
    };
    let pool = match seed.user_pool_id {
        Some(id) => world.pool(&id)?.id.clone(),
        None => plant_pool(world, seed.pool)?,
    };
    let client = match seed.client_id {
        Some(id) => id,
        None => plant_client(world, &pool, seed.client)?,
    };
    let client = world.client(&client)?;
    let (username, password) = plant_user(world, &client, seed.user)?;
    let identity = match seed.identity_pool {
        IdentityPoolChoice::Word(false) => None,
        IdentityPoolChoice::Word(true) => Some(IdentityPoolSeed::default()),
        IdentityPoolChoice::Pool(mut identity) => {
            for provider in &mut identity.oidc_providers {
                if provider.issuer.starts_with(crate::idp::PREFIX) {
                    provider.issuer.insert_str(0, &world.place.url);
                }
            }
            Some(identity)
        }
    };
    let identity = match identity {
        Some(identity) => Some(identity::plant_identity_pool(
            world, &pool, &client.id, identity,
        )?),
        None => None,
    };
    let (identity_pool_id, role_arn) = identity.unzip();
    let role_arns = identity::plant_roles(world, identity_pool_id.as_deref(), seed.roles)?;
    let guest_role_arn = identity_pool_id.as_ref().and_then(|id| {
        let pool = world.identity_pool(id).ok()?;
        pool.roles.of_guests().map(str::to_owned)
    });
    let user = world.pool(&pool)?.find(&username);
    let user = user.ok_or_else(Failure::no_user)?;
    let attribute = |name: &str| user.attributes.get(name).cloned();
    let token = user.factors.software_token.as_ref();
    Ok(Seeded {
        url: world.place.url.clone(),
        region: world.place.region.clone(),
        issuer: world.issuer(&pool),
        provider_name: world.provider_name(&pool),
        domain: world.login_url(&pool),
        callback_urls: client.oauth.callbacks,
        logout_urls: client.oauth.logouts,
        identity_providers: client.oauth.providers,
        idp,
        client_id: client.id,
        client_secret: client.secret,
        username,
        password,
        sub: user.sub.clone(),
        email: attribute("email"),
        phone: attribute("phone_number"),
        totp_key: token.map(|token| token.key.clone()),
        identity_pool_id,
        role_arn,
        guest_role_arn,
        role_arns,
        user_pool_id: pool.clone(),
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
    let mut request = json!({
        "PoolName": seed.name.unwrap_or_else(|| "people".into()),
        "AutoVerifiedAttributes": ["email"],
    });
    if !seed.first_factors.is_empty() {
        request["Policies"] =
            json!({ "SignInPolicy": { "AllowedFirstAuthFactors": seed.first_factors } });
    }
    if seed.devices != DeviceChoice::Off {
        request["DeviceConfiguration"] = json!({
            "ChallengeRequiredOnNewDevice": seed.device_skips_mfa.unwrap_or(true),
            "DeviceOnlyRememberedOnUserPrompt": seed.devices == DeviceChoice::Ask,
        });
    }
    extend(&mut request, seed.aws);
    world.create_user_pool_as(Fields::of(&request)?, id.clone())?;
    if seed.mfa != Mfa::Off || !seed.factors.is_empty() {
        let factors = if seed.factors.is_empty() {
            vec![Factor::SoftwareToken]
        } else {
            seed.factors
        };
        let mut request = json!({ "UserPoolId": id, "MfaConfiguration": seed.mfa });
        for factor in factors {
            match factor {
                Factor::SoftwareToken => {
                    request["SoftwareTokenMfaConfiguration"] = json!({ "Enabled": true });
                }
                Factor::Sms => request["SmsMfaConfiguration"] = json!({}),
                Factor::Email => request["EmailMfaConfiguration"] = json!({}),
            }
        }
        world.set_user_pool_mfa_config(Fields::of(&request)?)?;
    }
    world.pool_mut(&id)?.rules.custom = seed.custom;
    if let Some(domain) = seed.domain {
        let request = json!({ "UserPoolId": id, "Domain": domain });
        world.create_user_pool_domain(Fields::of(&request)?)?;
    }
    for provider in seed.identity_providers {
        browser::plant_provider(world, &id, provider)?;
    }
    for group in seed.groups {
        let request = json!({
            "UserPoolId": id,
            "GroupName": group.name,
            "RoleArn": group.role_arn.map(|arn| arn.replace("ACCOUNT", &world.place.account)),
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
    let rules = &world.pool(pool)?.rules;
    let choice = rules
        .first
        .iter()
        .any(|first| *first != FirstFactor::Password);
    let custom = !rules.custom.is_empty();
    let usual = || {
        [
            ("USER_SRP", true),
            ("USER_PASSWORD", true),
            ("ADMIN_USER_PASSWORD", true),
            ("REFRESH_TOKEN", true),
            ("USER", choice),
            ("CUSTOM", custom),
        ]
        .into_iter()
        .filter(|(_, on)| *on)
        .map(|(flow, _)| format!("ALLOW_{flow}_AUTH"))
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
    if let Some(minutes) = seed.session_minutes {
        request["AuthSessionValidity"] = json!(minutes);
    }
    if let Some(grace) = seed.rotation_grace_seconds {
        request["RefreshTokenRotation"] =
            json!({ "Feature": "ENABLED", "RetryGracePeriodSeconds": grace });
    }
    let urls = (seed.callback_urls, seed.logout_urls);
    let (scopes, providers) = (seed.scopes, seed.identity_providers);
    browser::open_to_browsers(world, pool, urls, scopes, providers, &mut request)?;
    extend(&mut request, seed.aws);
    world.create_user_pool_client_as(Fields::of(&request)?, id.clone())?;
    Ok(id)
}

/// The name and the password of the new user.
fn plant_user(
    world: &mut World,
    client: &Client,
    seed: UserSeed,
) -> Result<(String, String), Failure> {
    let pool = &client.pool;
    let name = seed.username.unwrap_or_else(|| "alice".into());
    let random = || format!("Aa1!{}", random::text(random::ALNUM, 16));
    let password = seed.password.unwrap_or_else(random);
    let email = seed.email.unwrap_or_else(|| {
        if name.contains('@') {
            name.clone()
        } else {
            format!("{name}@example.com")
        }
    });
    let email = Some(email).filter(|email| !email.is_empty());
    let addresses = [("email", email), ("phone_number", seed.phone)];
    let mut attributes = Vec::new();
    for (attribute, value) in addresses {
        let Some(value) = value else { continue };
        attributes.push(json!({ "Name": attribute, "Value": value }));
        if !seed.unconfirmed {
            let verified = format!("{attribute}_verified");
            attributes.push(json!({ "Name": verified, "Value": "true" }));
        }
    }
    let mut request = json!({
        "UserPoolId": pool,
        "Username": name,
        "UserAttributes": attributes,
        "TemporaryPassword": password,
        "MessageAction": "SUPPRESS",
        "Password": password,
        "Permanent": true,
    });
    match (seed.unconfirmed, seed.temporary) {
        (true, true) => {
            return Err(Failure::invalid_parameter(
                "A user is temporary or unconfirmed, and not both.",
            ));
        }
        (true, false) => {
            request["ClientId"] = json!(client.id);
            request["SecretHash"] = json!(client.hash(&name));
            world.sign_up(Fields::of(&request)?)?;
        }
        (false, true) => {
            world.admin_create_user(Fields::of(&request)?)?;
        }
        (false, false) => {
            world.admin_create_user(Fields::of(&request)?)?;
            world.admin_set_user_password(Fields::of(&request)?)?;
        }
    }
    for group in seed.groups {
        request["GroupName"] = json!(group);
        world.admin_add_user_to_group(Fields::of(&request)?)?;
    }
    let app = seed.totp_key.as_ref().map(|_| Factor::SoftwareToken);
    let on = seed.factors.unwrap_or_else(|| app.into_iter().collect());
    if seed.passkey {
        let user = world.pool(pool)?.find(&name).ok_or_else(Failure::no_user)?;
        let username = user.username.clone();
        let pool = world.pool_mut(pool)?;
        pool.user_mut(&username)?.factors.passkey = true;
    }
    let wants_app = app.is_some() || on.contains(&Factor::SoftwareToken);
    if wants_app {
        let fresh = || random::text(random::BASE32, 52);
        let key = seed.totp_key.unwrap_or_else(fresh);
        world.journal.secret("totp_key", &key);
        let pool = world.pool_mut(pool)?;
        let username = pool
            .find(&name)
            .ok_or_else(Failure::no_user)?
            .username
            .clone();
        pool.user_mut(&username)?.factors.plant(key)?;
    }
    if !on.is_empty() || seed.preferred_factor.is_some() {
        let settings = |factor| {
            let preferred = seed.preferred_factor == Some(factor);
            json!({ "Enabled": on.contains(&factor), "PreferredMfa": preferred })
        };
        request["SMSMfaSettings"] = settings(Factor::Sms);
        request["SoftwareTokenMfaSettings"] = settings(Factor::SoftwareToken);
        request["EmailMfaSettings"] = settings(Factor::Email);
        world.admin_set_user_mfa_preference(Fields::of(&request)?)?;
    }
    Ok((name, password))
}

fn extend(request: &mut Value, more: Option<Value>) {
    if let (Value::Object(request), Some(Value::Object(more))) = (request, more) {
        request.extend(more);
    }
}
