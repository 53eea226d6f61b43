//! The classic flow: `GetOpenIdToken`, whose token STS takes.

use serde_json::{Value, json};

use crate::{
    web_identity::COGNITO,
    wire::{Answer, Failure, Fields},
    world::World,
};

/// How long a token works.
const LIFE: i64 = 600;

impl World {
    /// `GetOpenIdToken`
    pub(crate) fn open_id_token(&mut self, fields: Fields<'_>) -> Answer {
        let id = fields.text("IdentityId")?;
        self.journal.note.identity_id = Some(id.to_owned());
        let pool = self.pool_of_identity(id)?;
        if !pool.classic {
            return Err(Failure::invalid_parameter(
                "Basic (classic) flow is not enabled, please use enhanced flow.",
            ));
        }
        let (id, logins) = self.resume(&pool, id, fields)?;
        let now = self.clock.told().seconds();
        let life = self.lifetimes.open_id_token_seconds.unwrap_or(LIFE);
        let claims = json!({
            "sub": id,
            "aud": pool.id,
            "amr": crate::logins::methods(&logins),
            "iss": format!("https://{COGNITO}"),
            "exp": now + life,
            "iat": now,
        });
        let Value::Object(claims) = claims else {
            return Err(Failure::new("InternalErrorException", "No claims."));
        };
        let token = self.key.sign(&claims);
        self.journal.secret("open_id_token", &token);
        Ok(json!({ "IdentityId": id, "Token": token }))
    }
}
