//! What users do to themselves with an access token: look, change the password, leave.

use serde_json::{Value, json};

use crate::{
    auth::wrong_password,
    limits::Limited,
    wire::{Answer, Failure, Fields},
    world::World,
};

impl World {
    /// The pool and the name of the user whose `AccessToken` came along.
    pub(crate) fn owner(&mut self, fields: Fields<'_>) -> Result<(String, String), Failure> {
        let origin = self.access(fields.text("AccessToken")?)?;
        let sign_in = self.sign_ins.find(&origin).ok_or_else(Failure::no_user)?;
        Ok((sign_in.pool.clone(), sign_in.user.clone()))
    }

    /// `GetUser`
    pub(crate) fn user_of_token(&mut self, fields: Fields<'_>) -> Answer {
        let (pool, name) = self.owner(fields)?;
        let user = self.pool(&pool)?.user(&name)?;
        let mut answer: Value =
            json!({ "Username": user.username, "UserAttributes": user.attribute_list() });
        user.tell_factors(&mut answer);
        Ok(answer)
    }

    /// `ChangePassword`
    pub(crate) fn change_password(&mut self, fields: Fields<'_>) -> Answer {
        let (pool, name) = self.owner(fields)?;
        let old = fields.maybe_text("PreviousPassword")?;
        let new = fields.text("ProposedPassword")?;
        self.journal.secret("password", old.unwrap_or_default());
        self.journal.secret("password", new);
        let now = self.clock.now();
        let pool = self.pool_mut(&pool)?;
        let short_name = pool.short_name().to_owned();
        let policy = pool.policy.clone();
        let user = pool.user_mut(&name)?;
        user.attempts.check(now)?;
        user.limits.attempt(Limited::ChangePassword, now)?;
        let right = match (&user.password, old) {
            (Some(_), Some(old)) => user.has_password(&short_name, old),
            // Who signs in without a password sets the first one.
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        if !right {
            user.attempts.failed(now);
            return Err(wrong_password());
        }
        policy.check(new)?;
        user.set_password(&short_name, new);
        user.modified = now;
        Ok(json!({}))
    }

    /// `GlobalSignOut`
    pub(crate) fn global_sign_out(&mut self, fields: Fields<'_>) -> Answer {
        let origin = self.access(fields.text("AccessToken")?)?;
        let sign_in = self.sign_ins.find(&origin).ok_or_else(Failure::no_user)?;
        let (pool, sub) = (sign_in.pool.clone(), sign_in.sub.clone());
        self.sign_out_everywhere(&pool, &sub);
        Ok(json!({}))
    }

    /// `DeleteUser`
    pub(crate) fn delete_user(&mut self, fields: Fields<'_>) -> Answer {
        let (pool, name) = self.owner(fields)?;
        let pool = self.pool_mut(&pool)?;
        let key = pool.fold(&name);
        pool.users.remove(&key);
        Ok(json!({}))
    }
}
