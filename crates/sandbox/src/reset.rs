//! Passwords that are reset by a code: `ForgotPassword`, `ConfirmForgotPassword`,
//! `AdminResetUserPassword`.

use serde_json::json;

use crate::{
    client::Strangers,
    limits::Limited,
    outbox::{Medium, Miss, Purpose, expired_code},
    settings::Recovery,
    sign_up::no_combination,
    user::{Status, User},
    wire::{Answer, Failure, Fields},
    world::World,
};

impl World {
    /// `ForgotPassword`
    pub(crate) fn forgot_password(&mut self, fields: Fields<'_>) -> Answer {
        let (client, name) = self.speaker(fields)?;
        let now = self.clock.now();
        let pool = self.pool_mut(&client.pool)?;
        let recovery = pool.recovery.clone();
        if recovery == Recovery::AdminOnly {
            return Err(Failure::not_authorized(
                "Contact administrator to reset password.",
            ));
        }
        let simulated = pool.simulated(name);
        let pretend = || Ok(json!({ "CodeDeliveryDetails": simulated.details() }));
        let Some(user) = pool.find(name) else {
            return match client.strangers {
                Strangers::Named => Err(no_combination()),
                Strangers::Hidden => pretend(),
            };
        };
        let name = user.username.clone();
        let user = pool.user_mut(&name)?;
        let medium = match (user.may_reset(&recovery), client.strangers) {
            (Ok(medium), _) => medium,
            (Err(failure), Strangers::Named) => return Err(failure),
            // A user who must still choose a first password is told so even by AWS.
            (Err(failure), Strangers::Hidden) if user.status == Status::ForceChangePassword => {
                return Err(failure);
            }
            (Err(_), Strangers::Hidden) => return pretend(),
        };
        user.limits.attempt(Limited::ForgotPassword, now)?;
        let keep = |user: &mut User, code| user.reset_code = Some(code);
        let pool = &client.pool;
        let delivery = self.send_code_for(pool, &name, Purpose::ForgotPassword, medium, keep)?;
        Ok(json!({ "CodeDeliveryDetails": delivery.details() }))
    }

    /// `ConfirmForgotPassword`
    pub(crate) fn confirm_forgot_password(&mut self, fields: Fields<'_>) -> Answer {
        let (client, name) = self.speaker(fields)?;
        let given = fields.text("ConfirmationCode")?;
        let password = fields.text("Password")?;
        self.journal.secret("password", password);
        let now = self.clock.now();
        let pool = self.pool_mut(&client.pool)?;
        pool.policy.check(password)?;
        let short_name = pool.short_name().to_owned();
        let Some(user) = pool.find(name).filter(|user| user.enabled) else {
            return Err(match (client.strangers, pool.find(name)) {
                (Strangers::Hidden, _) => Miss::Wrong.into(),
                (Strangers::Named, None) => no_combination(),
                (Strangers::Named, Some(_)) => Failure::not_authorized("User is disabled."),
            });
        };
        let name = user.username.clone();
        let user = pool.user_mut(&name)?;
        user.limits.attempt(Limited::ConfirmForgotPassword, now)?;
        let code = user.reset_code.as_mut().ok_or_else(expired_code)?;
        code.check(given, now)?;
        user.set_password(&short_name, password);
        user.reset_code = None;
        user.status = Status::Confirmed;
        user.temporary_until = None;
        user.attempts.succeeded();
        user.modified = now;
        Ok(json!({}))
    }

    /// `AdminResetUserPassword`
    pub(crate) fn admin_reset_user_password(&mut self, fields: Fields<'_>) -> Answer {
        let pool = fields.text("UserPoolId")?;
        let recovery = self.pool(pool)?.recovery.clone();
        let recovery = match recovery {
            Recovery::By(_) => recovery,
            // What users may not do, the administrator may.
            Recovery::AdminOnly => Recovery::usual(),
        };
        let user = self.user_named(fields)?;
        let name = user.username.clone();
        let medium = user.may_reset(&recovery)?;
        user.status = Status::ResetRequired;
        let keep = |user: &mut User, code| user.reset_code = Some(code);
        let delivery = self.send_code_for(pool, &name, Purpose::AdminReset, medium, keep)?;
        Ok(json!({ "CodeDeliveryDetails": delivery.details() }))
    }
}

impl User {
    /// Where a code goes that resets the password, or why none does.
    fn may_reset(&self, recovery: &Recovery) -> Result<Medium, Failure> {
        if !self.enabled {
            return Err(Failure::not_authorized("User is disabled."));
        }
        if matches!(
            self.status,
            Status::ForceChangePassword | Status::ExternalProvider
        ) {
            return Err(Failure::not_authorized(
                "User password cannot be reset in the current state.",
            ));
        }
        recovery.medium(self).ok_or_else(|| {
            Failure::invalid_parameter(
                "Cannot reset password for the user as there is no registered/verified email or phone_number",
            )
        })
    }
}
