//! What users do to themselves: sign up, look at their account, change the password, sign out.

use serde_json::json;

use crate::{
    auth::wrong_password,
    client::Strangers,
    outbox::{Medium, Purpose, expired_code},
    srp::{Verifier, Who},
    user::{Status, User},
    wire::{Answer, Failure, Fields},
    world::World,
};

impl World {
    /// `SignUp`
    pub(crate) fn sign_up(&mut self, fields: Fields<'_>) -> Answer {
        let client = self.client(fields.text("ClientId")?)?;
        let name = fields.text("Username")?;
        let password = fields.text("Password")?;
        self.journal.note.username = Some(name.to_owned());
        self.journal.secret("password", password);
        client.check_hash(name, fields.maybe_text("SecretHash")?)?;
        let attributes = fields.attributes("UserAttributes")?;
        let now = self.clock.now();

        let pool = self.pool_mut(&client.pool)?;
        if pool.admin_only {
            return Err(Failure::not_authorized(
                "SignUp is not permitted for this user pool",
            ));
        }
        pool.policy.check(password)?;
        let short_name = pool.short_name().to_owned();
        let user = pool.admit(name, User::new(name, attributes, now))?;
        let who = Who {
            name: &short_name,
            user: &user.username,
        };
        user.password = Some(Verifier::new(who, password));
        let mut answer = json!({ "UserConfirmed": false, "UserSub": user.sub });
        let username = user.username.clone();
        let medium = pool.user(&username)?.medium();
        if let Some(medium) = medium {
            let (code, delivery) =
                self.send_code(&client.pool, &username, Purpose::SignUp, medium)?;
            answer["CodeDeliveryDetails"] = delivery.details();
            self.pool_mut(&client.pool)?
                .user_mut(&username)?
                .sign_up_code = Some(code);
        }
        Ok(answer)
    }

    /// `ConfirmSignUp`
    pub(crate) fn confirm_sign_up(&mut self, fields: Fields<'_>) -> Answer {
        let client = self.client(fields.text("ClientId")?)?;
        let name = fields.text("Username")?;
        let given = fields.text("ConfirmationCode")?;
        client.check_hash(name, fields.maybe_text("SecretHash")?)?;
        let now = self.clock.now();
        let pool = self.pool_mut(&client.pool)?;
        let verified = pool.verified_attributes.clone();
        let Some(key) = pool.find(name).map(|user| pool.fold(&user.username)) else {
            return Err(match client.strangers {
                Strangers::Named => Failure::no_user(),
                Strangers::Hidden => expired_code(),
            });
        };
        let user = pool.users.get_mut(&key).ok_or_else(expired_code)?;
        if user.status != Status::Unconfirmed {
            return Err(Failure::not_authorized(
                "User cannot be confirmed. Current status is CONFIRMED",
            ));
        }
        let code = user.sign_up_code.as_mut().ok_or_else(expired_code)?;
        code.check(given, now)?;
        user.status = Status::Confirmed;
        user.sign_up_code = None;
        for attribute in verified {
            user.attributes
                .insert(format!("{attribute}_verified"), "true".into());
        }
        Ok(json!({}))
    }

    /// `GetUser`
    pub(crate) fn user_of_token(&mut self, fields: Fields<'_>) -> Answer {
        let origin = self.access(fields.text("AccessToken")?)?;
        let sign_in = self.sign_ins.find(&origin).ok_or_else(Failure::no_user)?;
        let user = self
            .pool(&sign_in.pool)?
            .find(&sign_in.user)
            .ok_or_else(Failure::no_user)?;
        Ok(json!({ "Username": user.username, "UserAttributes": user.attribute_list() }))
    }

    /// `ChangePassword`
    pub(crate) fn change_password(&mut self, fields: Fields<'_>) -> Answer {
        let origin = self.access(fields.text("AccessToken")?)?;
        let old = fields.text("PreviousPassword")?;
        let new = fields.text("ProposedPassword")?;
        self.journal.secret("password", old);
        self.journal.secret("password", new);
        let now = self.clock.now();
        let sign_in = self.sign_ins.find(&origin).ok_or_else(Failure::no_user)?;
        let (pool, name) = (sign_in.pool.clone(), sign_in.user.clone());
        let pool = self.pool_mut(&pool)?;
        let (short_name, key) = (pool.short_name().to_owned(), pool.fold(&name));
        let policy = pool.policy.clone();
        let user = pool.users.get_mut(&key).ok_or_else(Failure::no_user)?;
        user.attempts.check(now)?;
        let who = Who {
            name: &short_name,
            user: &user.username,
        };
        if !user
            .password
            .as_ref()
            .is_some_and(|verifier| verifier.accepts(who, old))
        {
            user.attempts.failed(now);
            return Err(wrong_password());
        }
        policy.check(new)?;
        user.password = Some(Verifier::new(who, new));
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
}
