//! What an administrator does to users: the `Admin…` operations.

use serde_json::json;

use crate::{
    outbox::Purpose,
    pool::Pool,
    random,
    schema::Writer,
    user::{Status, User},
    wire::{Answer, Failure, Fields},
    world::World,
};

impl World {
    /// `AdminCreateUser`
    pub(crate) fn admin_create_user(&mut self, fields: Fields<'_>) -> Answer {
        let pool_id = fields.text("UserPoolId")?;
        let name = fields.text("Username")?;
        let attributes = fields.attributes("UserAttributes")?;
        let given = fields.maybe_text("TemporaryPassword")?;
        let silent = match fields.maybe_text("MessageAction")? {
            None => false,
            Some("SUPPRESS") => true,
            Some(_) => {
                return Err(Failure::invalid_parameter(
                    "The sandbox resends no messages.",
                ));
            }
        };
        let now = self.clock.now();
        let clock = self.clock.clone();
        let pool = self.pool_mut(pool_id)?;
        let made = || format!("Aa1!{}", random::text(random::ALNUM, 12));
        let password = given.map_or_else(made, str::to_owned);
        pool.policy.check(&password)?;

        let until = pool.policy.temporary_until(now);
        let short_name = pool.short_name().to_owned();
        let user = pool.admit(name, &attributes, Writer::Admin, now)?;
        user.set_password(&short_name, &password);
        user.status = Status::ForceChangePassword;
        user.temporary_until = Some(until);
        let answer = user.describe("Attributes", &clock);
        let username = user.username.clone();
        let medium = user.medium();
        self.journal.secret("password", &password);
        if let Some(medium) = medium.filter(|_| !silent) {
            self.send(pool_id, &username, Purpose::Invitation, medium, password)?;
        }
        Ok(json!({ "User": answer }))
    }

    /// `AdminSetUserPassword`
    pub(crate) fn admin_set_user_password(&mut self, fields: Fields<'_>) -> Answer {
        let password = fields.text("Password")?;
        let permanent = fields.flag("Permanent")?;
        self.journal.secret("password", password);
        let now = self.clock.now();
        let (pool, key) = self.named(fields)?;
        pool.policy.check(password)?;
        let until = pool.policy.temporary_until(now);
        let short_name = pool.short_name().to_owned();
        let user = pool.users.get_mut(&key).ok_or_else(Failure::no_user)?;
        user.set_password(&short_name, password);
        user.status = if permanent {
            Status::Confirmed
        } else {
            Status::ForceChangePassword
        };
        user.temporary_until = (!permanent).then_some(until);
        user.modified = now;
        Ok(json!({}))
    }

    /// `AdminGetUser`
    pub(crate) fn admin_get_user(&mut self, fields: Fields<'_>) -> Answer {
        let clock = self.clock.clone();
        Ok(self.user_named(fields)?.describe("UserAttributes", &clock))
    }

    /// `AdminDisableUser`, `AdminEnableUser`
    pub(crate) fn admin_set_enabled(&mut self, fields: Fields<'_>, enabled: bool) -> Answer {
        let now = self.clock.now();
        let user = self.user_named(fields)?;
        user.enabled = enabled;
        user.modified = now;
        Ok(json!({}))
    }

    /// `AdminDeleteUser`
    pub(crate) fn admin_delete_user(&mut self, fields: Fields<'_>) -> Answer {
        let (pool, key) = self.named(fields)?;
        pool.users.remove(&key);
        Ok(json!({}))
    }

    /// `AdminConfirmSignUp`
    pub(crate) fn admin_confirm_sign_up(&mut self, fields: Fields<'_>) -> Answer {
        let user = self.user_named(fields)?;
        user.must_be_unconfirmed()?;
        user.status = Status::Confirmed;
        user.sign_up_code = None;
        Ok(json!({}))
    }

    /// `AdminUserGlobalSignOut`
    pub(crate) fn admin_user_global_sign_out(&mut self, fields: Fields<'_>) -> Answer {
        let sub = self.user_named(fields)?.sub.clone();
        self.sign_out_everywhere(fields.text("UserPoolId")?, &sub);
        Ok(json!({}))
    }

    /// `AdminAddUserToGroup`
    pub(crate) fn admin_add_user_to_group(&mut self, fields: Fields<'_>) -> Answer {
        let group = fields.text("GroupName")?;
        let (pool, key) = self.named(fields)?;
        if !pool.groups.contains_key(group) {
            return Err(Failure::not_found("Group not found."));
        }
        if let Some(user) = pool.users.get_mut(&key) {
            user.groups.insert(group.to_owned());
        }
        Ok(json!({}))
    }

    /// `AdminRemoveUserFromGroup`
    pub(crate) fn admin_remove_user_from_group(&mut self, fields: Fields<'_>) -> Answer {
        let group = fields.text("GroupName")?;
        self.user_named(fields)?.groups.remove(group);
        Ok(json!({}))
    }

    /// The pool and the user that a call names.
    fn named(&mut self, fields: Fields<'_>) -> Result<(&mut Pool, String), Failure> {
        let name = fields.text("Username")?;
        self.journal.note.username = Some(name.to_owned());
        let pool = self.pool_mut(fields.text("UserPoolId")?)?;
        let key = pool.find(name).map(|user| pool.fold(&user.username));
        Ok((pool, key.ok_or_else(Failure::no_user)?))
    }

    /// The user that a call names.
    pub(crate) fn user_named(&mut self, fields: Fields<'_>) -> Result<&mut User, Failure> {
        let (pool, key) = self.named(fields)?;
        pool.users.get_mut(&key).ok_or_else(Failure::no_user)
    }
}
