//! Attributes that users and administrators change, and addresses that users verify.

use serde_json::json;

use crate::{
    limits::Limited,
    outbox::{Code, Delivery, Medium, Purpose, expired_code},
    pool::Claim,
    schema::{Writer, Writing},
    user::User,
    wire::{Answer, Failure, Fields},
    world::World,
};

impl World {
    /// `UpdateUserAttributes`
    pub(crate) fn update_user_attributes(&mut self, fields: Fields<'_>) -> Answer {
        let (pool, name) = self.owner(fields)?;
        let attributes = fields.attributes("UserAttributes")?;
        self.write_attributes(&pool, &name, attributes, Writer::User)
    }

    /// `AdminUpdateUserAttributes`
    pub(crate) fn admin_update_user_attributes(&mut self, fields: Fields<'_>) -> Answer {
        let pool = fields.text("UserPoolId")?;
        let name = self.user_named(fields)?.username.clone();
        let attributes = fields.attributes("UserAttributes")?;
        self.write_attributes(pool, &name, attributes, Writer::Admin)?;
        Ok(json!({}))
    }

    fn write_attributes(
        &mut self,
        pool_id: &str,
        name: &str,
        attributes: Vec<(String, String)>,
        writer: Writer,
    ) -> Answer {
        let now = self.clock.now();
        let pool = self.pool_mut(pool_id)?;
        pool.schema.check(&attributes, writer, Writing::Change)?;
        let mut new = pool.user(name)?.clone();
        let mut moved = Vec::new();
        for (attribute, value) in &attributes {
            if value.is_empty() {
                pool.schema.may_go(attribute)?;
                new.forget_attribute(attribute);
                continue;
            }
            let before = new.attributes.insert(attribute.clone(), value.clone());
            if let Some(medium) = Medium::of(attribute)
                && before.as_ref() != Some(value)
            {
                moved.push(medium);
            }
        }
        for medium in &moved {
            // What an administrator says of the new address counts; else nobody has verified it.
            let verified = format!("{}_verified", medium.attribute());
            if !attributes
                .iter()
                .any(|(attribute, _)| *attribute == verified)
            {
                new.attributes.insert(verified, "false".into());
            }
            new.verify_codes.remove(medium.attribute());
        }
        for alias in ["email", "phone_number", "preferred_username"] {
            let named = pool.username_attributes.iter().any(|one| one == alias);
            if named || new.verified(alias) || alias == "preferred_username" {
                pool.claim_alias(&new, alias, Claim::Refuse)?;
            }
        }
        new.modified = now;
        let verifies = pool.verified_attributes.clone();
        let unverified = |medium: &Medium| {
            verifies.iter().any(|one| one == medium.attribute())
                && !new.verified(medium.attribute())
        };
        moved.retain(unverified);
        *pool.user_mut(name)? = new;
        let mut told = Vec::new();
        for medium in moved {
            told.push(self.send_verify_code(pool_id, name, medium)?.details());
        }
        Ok(json!({ "CodeDeliveryDetailsList": told }))
    }

    /// `DeleteUserAttributes`
    pub(crate) fn delete_user_attributes(&mut self, fields: Fields<'_>) -> Answer {
        let (pool, name) = self.owner(fields)?;
        self.forget_attributes(&pool, &name, fields)
    }

    /// `AdminDeleteUserAttributes`
    pub(crate) fn admin_delete_user_attributes(&mut self, fields: Fields<'_>) -> Answer {
        let name = self.user_named(fields)?.username.clone();
        self.forget_attributes(fields.text("UserPoolId")?, &name, fields)
    }

    fn forget_attributes(&mut self, pool: &str, name: &str, fields: Fields<'_>) -> Answer {
        let names = fields.texts("UserAttributeNames")?;
        let now = self.clock.now();
        let pool = self.pool_mut(pool)?;
        for attribute in &names {
            pool.schema.may_go(attribute)?;
        }
        let user = pool.user_mut(name)?;
        for attribute in &names {
            user.forget_attribute(attribute);
        }
        user.modified = now;
        Ok(json!({}))
    }

    /// `GetUserAttributeVerificationCode`
    pub(crate) fn user_attribute_verification_code(&mut self, fields: Fields<'_>) -> Answer {
        let (pool, name) = self.owner(fields)?;
        let medium = address(fields)?;
        let now = self.clock.now();
        let user = self.pool_mut(&pool)?.user_mut(&name)?;
        if !user.attributes.contains_key(medium.attribute()) {
            return Err(Failure::invalid_parameter(format!(
                "User does not have a {}.",
                medium.attribute()
            )));
        }
        user.limits.attempt(Limited::AttributeCode, now)?;
        let delivery = self.send_verify_code(&pool, &name, medium)?;
        Ok(json!({ "CodeDeliveryDetails": delivery.details() }))
    }

    /// `VerifyUserAttribute`
    pub(crate) fn verify_user_attribute(&mut self, fields: Fields<'_>) -> Answer {
        let (pool, name) = self.owner(fields)?;
        let attribute = address(fields)?.attribute();
        let given = fields.text("Code")?;
        let now = self.clock.now();
        let pool = self.pool_mut(&pool)?;
        let user = pool.user_mut(&name)?;
        user.limits.attempt(Limited::VerifyAttribute, now)?;
        let code = user.verify_codes.get_mut(attribute);
        code.ok_or_else(expired_code)?.check(given, now)?;
        let owner = user.clone();
        pool.claim_alias(&owner, attribute, Claim::Refuse)?;
        let user = pool.user_mut(&name)?;
        user.verify_codes.remove(attribute);
        user.attributes
            .insert(format!("{attribute}_verified"), "true".into());
        user.modified = now;
        Ok(json!({}))
    }

    fn send_verify_code(
        &mut self,
        pool: &str,
        name: &str,
        medium: Medium,
    ) -> Result<Delivery, Failure> {
        let keep = |user: &mut User, code: Code| {
            user.verify_codes
                .insert(code.medium.attribute().into(), code);
        };
        self.send_code_for(pool, name, Purpose::VerifyAttribute, medium, keep)
    }
}

/// `AttributeName`, which must be an address.
fn address(fields: Fields<'_>) -> Result<Medium, Failure> {
    let name = fields.text("AttributeName")?;
    Medium::of(name).ok_or_else(|| {
        Failure::invalid_parameter(format!("Invalid attribute {name}: email or phone_number."))
    })
}
