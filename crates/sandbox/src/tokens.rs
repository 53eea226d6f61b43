//! ID and access tokens: what they claim, and whether an access token still counts.

use serde_json::{Value, json};

use crate::{
    client::Client,
    clock::Moment,
    conversation::{Conversation, Ending},
    keys::Claims,
    oauth::OWN_ACCOUNT,
    random,
    user::User,
    wire::{Answer, Failure},
    world::World,
};

mod claims;

pub(crate) use claims::{Scopes, at_hash};
use claims::{add_attributes, add_groups};

/// One sign-in of one user; everything that comes of it carries its `origin_jti`.
pub(crate) struct SignIn {
    pub(crate) pool: String,
    pub(crate) user: String,
    pub(crate) sub: String,
    pub(crate) time: Moment,
    pub(crate) revoked: bool,
    /// The device that it belongs to, where the pool knows devices.
    pub(crate) device: Option<String>,
    pub(crate) scopes: Scopes,
    event: String,
}

/// The two tokens that carry claims, and the life of the access token, which `ExpiresIn` means.
pub(crate) struct Pair {
    /// None where `openid` was not asked for.
    pub(crate) id: Option<String>,
    pub(crate) access: String,
    pub(crate) expires_in: i64,
}

impl World {
    /// Signs a user in: the end of every successful conversation. In a pool that knows devices, a
    /// user without one is offered a key for this one.
    pub(crate) fn sign_in(&mut self, client: &Client, conversation: &Conversation) -> Answer {
        let now = self.clock.now();
        let region = self.place.region.clone();
        let pool = self.pool_mut(&client.pool)?;
        let tracks = pool.rules.devices.is_some();
        let user = pool.user_mut(&conversation.user)?;
        user.attempts.succeeded();
        match conversation.ending {
            Ending::Tokens => (),
            Ending::Browser => return Ok(json!({ "LetIn": user.username })),
        }
        let mut offered = None;
        let known = conversation.device.as_ref();
        let known = known.and_then(|key| user.devices.find_mut(key));
        let device = match known.filter(|_| tracks) {
            Some(device) => {
                device.used(now);
                Some(device.key.clone())
            }
            None if tracks => {
                let device = user.devices.offer(&region, now);
                offered = Some(json!({
                    "DeviceKey": device.key,
                    "DeviceGroupKey": device.group,
                }));
                Some(device.key.clone())
            }
            None => None,
        };
        let sign_in = SignIn::new(&client.pool, user, now, device, Scopes::Own);
        let (origin, refresh) = self.open_sign_in(client, sign_in);
        let pair = self.mint_pair(client, &origin, None)?;
        let mut result = pair.result(Some(&refresh));
        if let Some(offered) = offered {
            result["NewDeviceMetadata"] = offered;
        }
        Ok(json!({ "AuthenticationResult": result, "ChallengeParameters": {} }))
    }

    /// Remembers a sign-in, and mints its first refresh token.
    pub(crate) fn open_sign_in(&mut self, client: &Client, sign_in: SignIn) -> (String, String) {
        let origin = random::uuid();
        self.sign_ins.put(&*origin, sign_in);
        let seconds = self
            .lifetimes
            .refresh_token_seconds
            .unwrap_or(client.refresh_seconds);
        let until = self.clock.now().plus(seconds);
        let refresh = self.mint_refresh_token(client, &origin, until);
        (origin, refresh)
    }

    /// New ID and access tokens of a sign-in.
    pub(crate) fn mint_pair(
        &mut self,
        client: &Client,
        origin: &str,
        nonce: Option<&str>,
    ) -> Result<Pair, Failure> {
        let sign_in = self.sign_ins.find(origin).ok_or_else(Failure::no_user)?;
        let pool = self.pool(&sign_in.pool)?;
        let user = pool.find(&sign_in.user).ok_or_else(Failure::no_user)?;
        let expires_in = self
            .lifetimes
            .access_token_seconds
            .unwrap_or(client.access_seconds);
        let id_seconds = self.lifetimes.id_token_seconds.unwrap_or(client.id_seconds);

        let told = self.clock.told().seconds();
        let common = |use_: &str, seconds: i64| {
            json!({
                "sub": user.sub,
                "iss": self.issuer(&pool.id),
                "origin_jti": origin,
                "event_id": sign_in.event,
                "token_use": use_,
                "auth_time": self.clock.tell(sign_in.time).seconds(),
                "iat": told,
                "exp": told + seconds,
                "jti": random::uuid(),
            })
        };
        let mut access = common("access", expires_in);
        access["client_id"] = json!(client.id);
        access["username"] = json!(user.username);
        access["scope"] = json!(sign_in.scopes.text());
        if let Some(device) = &sign_in.device {
            access["device_key"] = json!(device);
        }
        let mut id = common("id", id_seconds);
        id["aud"] = json!(client.id);
        id["cognito:username"] = json!(user.username);
        add_attributes(&mut id, user, &sign_in.scopes);
        add_groups(&mut id, &mut access, pool, user);
        if let Some(nonce) = nonce {
            id["nonce"] = json!(nonce);
        }
        let wants_id = match &sign_in.scopes {
            Scopes::Own => true,
            Scopes::Asked(_) => {
                access["version"] = json!(2);
                sign_in.scopes.has("openid")
            }
        };

        let access = self.key.sign(as_claims(&access));
        if let Scopes::Asked(_) = &sign_in.scopes {
            id["at_hash"] = json!(at_hash(&access));
        }
        let pair = Pair {
            id: wants_id.then(|| self.key.sign(as_claims(&id))),
            access,
            expires_in,
        };
        self.journal
            .secret("id_token", pair.id.as_deref().unwrap_or_default());
        self.journal.secret("access_token", &pair.access);
        Ok(pair)
    }

    /// The sign-in behind an access token that is in force, and speaks for its user's own account.
    pub(crate) fn access(&mut self, token: &str) -> Result<String, Failure> {
        self.access_for(token, OWN_ACCOUNT)
    }

    /// The sign-in behind an access token that is in force, and has a scope.
    pub(crate) fn access_for(&mut self, token: &str, scope: &str) -> Result<String, Failure> {
        self.journal.secret("access_token", token);
        let invalid = || Failure::not_authorized("Invalid Access Token");
        let claims = self.key.verify(token).map_err(|_| invalid())?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        if text("token_use") != Some("access") {
            return Err(invalid());
        }
        if claims.get("exp").and_then(Value::as_i64).unwrap_or(0) <= self.clock.told().seconds() {
            return Err(Failure::not_authorized("Access Token has expired"));
        }
        if !text("scope").is_some_and(|scopes| scopes.split(' ').any(|one| one == scope)) {
            return Err(Failure::not_authorized(
                "Access Token does not have required scopes",
            ));
        }
        let origin = text("origin_jti").ok_or_else(invalid)?;
        let sign_in = self.sign_ins.find(origin).ok_or_else(invalid)?;
        if text("iss") != Some(&self.issuer(&sign_in.pool)) {
            return Err(invalid());
        }
        if sign_in.revoked {
            return Err(Failure::not_authorized("Access Token has been revoked"));
        }
        let user = self.pool(&sign_in.pool)?.find(&sign_in.user);
        let user = user
            .filter(|u| u.sub == sign_in.sub)
            .ok_or_else(Failure::no_user)?;
        if !user.enabled {
            return Err(Failure::not_authorized("User is disabled."));
        }
        self.journal.note.username = Some(user.username.clone());
        Ok(origin.to_owned())
    }

    /// Ends every sign-in of a user.
    pub(crate) fn sign_out_everywhere(&mut self, pool: &str, sub: &str) {
        self.sign_ins.each(|sign_in| {
            if sign_in.pool == pool && sign_in.sub == sub {
                sign_in.revoked = true;
            }
        });
    }
}

impl SignIn {
    /// A sign-in of a user. `time` is when the user was asked.
    pub(crate) fn new(
        pool: &str,
        user: &User,
        time: Moment,
        device: Option<String>,
        scopes: Scopes,
    ) -> Self {
        Self {
            pool: pool.to_owned(),
            user: user.username.clone(),
            sub: user.sub.clone(),
            time,
            revoked: false,
            device,
            scopes,
            event: random::uuid(),
        }
    }
}

impl Pair {
    /// `AuthenticationResult`
    pub(crate) fn result(&self, refresh: Option<&str>) -> Value {
        let mut result = json!({
            "AccessToken": self.access,
            "ExpiresIn": self.expires_in,
            "TokenType": "Bearer",
        });
        if let Some(id) = &self.id {
            result["IdToken"] = json!(id);
        }
        if let Some(refresh) = refresh {
            result["RefreshToken"] = json!(refresh);
        }
        result
    }
}

fn as_claims(value: &Value) -> &Claims {
    value.as_object().expect("claims are made as an object")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        seed::{Seed, plant},
        wire::Fields,
    };

    #[test]
    fn a_token_needs_the_scope() {
        let mut world = World::for_tests();
        let seeded = plant(&mut world, Seed::default()).expect("a seed");
        let request = json!({
            "ClientId": seeded.client_id,
            "AuthFlow": "USER_PASSWORD_AUTH",
            "AuthParameters": { "USERNAME": seeded.username, "PASSWORD": seeded.password },
        });
        let request = Fields::of(&request).expect("fields");
        let answer = world.initiate_auth(request, crate::auth::Door::Public);
        let answer = answer.expect("signed in");
        let token = answer["AuthenticationResult"]["AccessToken"].as_str();
        let right = world.key.verify(token.expect("a text")).expect("claims");
        for (scope, outcome) in [
            (json!("openid aws.cognito.signin.user.admin"), None),
            (
                json!("openid email"),
                Some("Access Token does not have required scopes"),
            ),
            (
                json!("aws.cognito.signin.user.administrator"),
                Some("Access Token does not have required scopes"),
            ),
            (
                Value::Null,
                Some("Access Token does not have required scopes"),
            ),
        ] {
            let mut claims = right.clone();
            claims.insert("scope".into(), scope.clone());
            let token = world.key.sign(&claims);
            let refused = world.access(&token).err().map(|failure| failure.message);
            assert_eq!(refused.as_deref(), outcome, "{scope}");
        }
    }
}
