//! Signing up: `SignUp`, `ConfirmSignUp`, `ResendConfirmationCode`.

use serde_json::json;

use crate::{
    client::{Client, Flow, Strangers},
    conversation::{Conversation, Question},
    factor::FirstFactor,
    limits::Limited,
    outbox::{Delivery, Medium, Purpose, expired_code},
    pool::{Claim, Pool},
    schema::{Writer, is_email, is_phone},
    srp::hmac_sha256,
    user::{Status, User},
    wire::{Answer, Failure, Fields},
    world::World,
};

impl World {
    /// `SignUp`
    pub(crate) fn sign_up(&mut self, fields: Fields<'_>) -> Answer {
        let (client, name) = self.speaker(fields)?;
        let password = fields.maybe_text("Password")?;
        self.journal
            .secret("password", password.unwrap_or_default());
        let attributes = fields.attributes("UserAttributes")?;
        let now = self.clock.now();

        let pool = self.pool_mut(&client.pool)?;
        if pool.admin_only {
            return Err(Failure::not_authorized(
                "SignUp is not permitted for this user pool",
            ));
        }
        match password {
            Some(password) => pool.policy.check(password)?,
            None if pool.rules.first.iter().any(|f| *f != FirstFactor::Password) => (),
            None => {
                return Err(Failure::invalid_parameter(
                    "Password is required for this user pool.",
                ));
            }
        }
        let short_name = pool.short_name().to_owned();
        let verified = pool.verified_attributes.clone();
        let user = pool.admit(name, &attributes, Writer::User, now)?;
        if let Some(password) = password {
            user.set_password(&short_name, password);
        }
        let mut answer = json!({ "UserConfirmed": false, "UserSub": user.sub });
        let medium = user.medium_to_confirm(&verified);
        let name = user.username.clone();
        if let Some(medium) = medium {
            let keep = |user: &mut User, code| user.sign_up_code = Some(code);
            let pool = &client.pool;
            let delivery = self.send_code_for(pool, &name, Purpose::SignUp, medium, keep)?;
            answer["CodeDeliveryDetails"] = delivery.details();
        }
        if client.flows.contains(&Flow::Choice) {
            let user = self.pool(&client.pool)?.user(&name)?;
            let conversation = Conversation::new(&client, Ok(user), fields)?;
            let session = self.put_under_session(&client, conversation, Question::SignUp);
            answer["Session"] = json!(session);
        }
        Ok(answer)
    }

    /// `ConfirmSignUp`
    pub(crate) fn confirm_sign_up(&mut self, fields: Fields<'_>) -> Answer {
        let (client, name) = self.speaker(fields)?;
        let given = fields.text("ConfirmationCode")?;
        let session = fields.maybe_text("Session")?;
        let claim = if fields.flag("ForceAliasCreation")? {
            Claim::Take
        } else {
            Claim::Refuse
        };
        let now = self.clock.now();
        let pool = self.pool_mut(&client.pool)?;
        let Some(user) = pool.find(name) else {
            return Err(match client.strangers {
                Strangers::Named => no_combination(),
                Strangers::Hidden => expired_code(),
            });
        };
        let name = user.username.clone();
        let user = pool.user_mut(&name)?;
        user.must_be_unconfirmed()?;
        user.limits.attempt(Limited::ConfirmSignUp, now)?;
        let code = user.sign_up_code.as_mut().ok_or_else(expired_code)?;
        code.check(given, now)?;
        let medium = code.medium;
        let attribute = medium.attribute();
        let owner = user.clone();
        pool.claim_alias(&owner, attribute, claim)?;
        let user = pool.user_mut(&name)?;
        user.status = Status::Confirmed;
        user.sign_up_code = None;
        user.modified = now;
        let verified = format!("{attribute}_verified");
        user.attributes.insert(verified, "true".into());
        // Whoever comes too late with the session of the sign-up has confirmed it all the same.
        let open = |session: &&str| {
            let asked = self.asked(&client, Some(&name), session, Question::SIGN_UP);
            asked.is_ok()
        };
        let Some(session) = session.filter(open) else {
            return Ok(json!({}));
        };
        let conversation = self.spend(session)?;
        let question = Question::Confirmed(medium);
        Ok(json!({ "Session": self.put_under_session(&client, conversation, question) }))
    }

    /// `ResendConfirmationCode`
    pub(crate) fn resend_confirmation_code(&mut self, fields: Fields<'_>) -> Answer {
        let (client, name) = self.speaker(fields)?;
        let now = self.clock.now();
        let pool = self.pool_mut(&client.pool)?;
        let Some(user) = pool.find(name) else {
            return match client.strangers {
                Strangers::Named => Err(no_combination()),
                Strangers::Hidden => {
                    let delivery = pool.simulated(name);
                    Ok(json!({ "CodeDeliveryDetails": delivery.details() }))
                }
            };
        };
        let name = user.username.clone();
        let verified = pool.verified_attributes.clone();
        let user = pool.user_mut(&name)?;
        if user.status != Status::Unconfirmed {
            return Err(Failure::invalid_parameter("User is already confirmed."));
        }
        let Some(medium) = user.medium_to_confirm(&verified) else {
            return Err(Failure::invalid_parameter(
                "Cannot resend codes. Auto verification not turned on.",
            ));
        };
        user.limits.attempt(Limited::Resend, now)?;
        let keep = |user: &mut User, code| user.sign_up_code = Some(code);
        let delivery = self.send_code_for(&client.pool, &name, Purpose::Resend, medium, keep)?;
        Ok(json!({ "CodeDeliveryDetails": delivery.details() }))
    }

    /// The app client of an unsigned call and the user name it is about, by `SecretHash`.
    pub(crate) fn speaker<'a>(&mut self, fields: Fields<'a>) -> Result<(Client, &'a str), Failure> {
        let client = self.client(fields.text("ClientId")?)?;
        let name = fields.text("Username")?;
        self.journal.note.username = Some(name.to_owned());
        client.check_hash(name, fields.maybe_text("SecretHash")?)?;
        Ok((client, name))
    }
}

impl User {
    /// Where the code goes that confirms a sign-up: to an address that the pool verifies, the
    /// telephone first.
    fn medium_to_confirm(&self, verified: &[String]) -> Option<Medium> {
        [Medium::Sms, Medium::Email].into_iter().find(|medium| {
            let attribute = medium.attribute();
            verified.iter().any(|one| one == attribute) && self.attributes.contains_key(attribute)
        })
    }

    /// Refuses to confirm a user twice.
    pub(crate) fn must_be_unconfirmed(&self) -> Result<(), Failure> {
        if self.status == Status::Unconfirmed {
            return Ok(());
        }
        Err(Failure::not_authorized(format!(
            "User cannot be confirmed. Current status is {}",
            self.status.name()
        )))
    }
}

impl Pool {
    /// Where a code would go, were there such a user: by the form of the name, or by what the pool
    /// verifies.
    pub(crate) fn simulated(&self, name: &str) -> Delivery {
        if is_email(name) {
            return Delivery::to(Medium::Email, name);
        }
        if is_phone(name) {
            return Delivery::to(Medium::Sms, name);
        }
        // The same for the same name, and not to be guessed from it.
        let noise = hmac_sha256(&self.secret, name.as_bytes());
        if self.verified_attributes == ["phone_number"] {
            let digits = noise
                .iter()
                .take(11)
                .map(|byte| char::from(b'0' + byte % 10));
            return Delivery::to(Medium::Sms, &digits.collect::<String>());
        }
        let letter = |byte: u8| char::from(b'a' + byte % 26);
        let address = format!("{}@{}", letter(noise[0]), letter(noise[1]));
        Delivery::to(Medium::Email, &address)
    }
}

/// `UserNotFoundException`, as it is worded where an app client speaks.
pub(crate) fn no_combination() -> Failure {
    Failure::new(
        "UserNotFoundException",
        "Username/client id combination not found.",
    )
}
