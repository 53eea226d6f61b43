//! What follows the first factor: a new password, a second factor, a device, and then tokens.

use serde_json::json;

use crate::{
    challenge::Response,
    client::Client,
    code::{Sent, listed},
    conversation::{Conversation, Question, Second, SetUp, device_key},
    factor::{Factor, Mfa},
    outbox::Medium,
    session::invalid_session,
    totp::Verdict,
    user::Status,
    wire::{Answer, Failure, Fields},
    world::World,
};

/// What the pool wants of a user beside the first factor.
enum Wanted {
    Nothing,
    /// One of these.
    One(Vec<Factor>),
    /// One of these, set up here and now.
    SetUp(Vec<Factor>),
}

impl World {
    /// Asks what is still open, or lets the user in.
    pub(crate) fn go_on(&mut self, client: &Client, mut conversation: Conversation) -> Answer {
        let now = self.clock.now();
        if let Some(key) = &conversation.device {
            self.check_device(&conversation, key)?;
        }
        let pool = self.pool(&client.pool)?;
        let user = pool.user(&conversation.user)?;
        user.may_enter(now)?;
        if user.status == Status::ForceChangePassword && conversation.password_known {
            // Cognito asks for the custom challenge no more once it has asked for something itself.
            conversation.custom = None;
            return self.ask_new_password(client, conversation);
        }

        let device = conversation.device.as_ref();
        let device = pool.rules.devices.zip(device).and_then(|(rules, key)| {
            let device = user.devices.find(key)?;
            let due = device.remembered && !conversation.device_proven;
            Some((due, rules.skip_mfa && device.remembered))
        });
        let (device_due, device_suffices) = device.unwrap_or((false, false));
        let settled = conversation.second == Second::Settled;
        let wanted = match pool.rules.mfa {
            Mfa::Off => Wanted::Nothing,
            Mfa::Optional | Mfa::On if settled => Wanted::Nothing,
            Mfa::Optional | Mfa::On => match pool.second_factors(user) {
                factors if !factors.is_empty() => Wanted::One(factors),
                _ if pool.rules.mfa == Mfa::On => {
                    Wanted::SetUp(pool.rules.allowed.iter().copied().collect())
                }
                _ => Wanted::Nothing,
            },
        };
        match wanted {
            Wanted::One(_) | Wanted::SetUp(_) if device_suffices && device_due => {
                self.ask_device(client, conversation)
            }
            Wanted::One(factors) if !device_suffices => {
                conversation.custom = None;
                self.ask_second(client, conversation, &factors)
            }
            Wanted::SetUp(factors) if !device_suffices => {
                conversation.custom = None;
                let parameters = json!({
                    "MFAS_CAN_SETUP": listed(factors.iter().map(|factor| factor.name())),
                    "USER_ID_FOR_SRP": conversation.user,
                });
                self.ask(
                    client,
                    conversation,
                    Question::SetUp(SetUp::Open),
                    parameters,
                )
            }
            Wanted::Nothing | Wanted::One(_) | Wanted::SetUp(_) => match conversation.custom {
                Some(custom) => self.ask_custom(client, conversation, custom),
                None if device_due => self.ask_device(client, conversation),
                None => self.sign_in(client, &conversation),
            },
        }
    }

    /// Asks for a second factor, or which of several.
    fn ask_second(
        &mut self,
        client: &Client,
        conversation: Conversation,
        factors: &[Factor],
    ) -> Answer {
        let [only] = factors else {
            let parameters = json!({
                "MFAS_CAN_CHOOSE": listed(factors.iter().map(|factor| factor.name())),
                "USER_ID_FOR_SRP": conversation.user,
            });
            let question = Question::SelectFactor(factors.to_vec());
            return self.ask(client, conversation, question, parameters);
        };
        match only {
            Factor::Sms => self.ask_code(client, conversation, Sent::SmsMfa),
            Factor::Email => self.ask_code(client, conversation, Sent::EmailMfa),
            Factor::SoftwareToken => {
                let user = self.pool(&client.pool)?.user(&conversation.user)?;
                let token = user.factors.software_token.as_ref();
                let name = token.and_then(|token| token.name.clone());
                let mut parameters = json!({ "USER_ID_FOR_SRP": conversation.user });
                if let Some(name) = name {
                    parameters["FRIENDLY_DEVICE_NAME"] = json!(name);
                }
                self.ask(client, conversation, Question::SoftwareToken, parameters)
            }
        }
    }

    /// Answers `SELECT_MFA_TYPE`.
    pub(crate) fn answer_selection(&mut self, response: &Response<'_>) -> Answer {
        let (_, question) = self.asked_for(response)?;
        let Question::SelectFactor(factors) = question else {
            return Err(invalid_session());
        };
        let answer = response.fields.parameter("ANSWER")?;
        // The documentation has both names.
        let chosen = match answer {
            "EMAIL_MFA" => Some(Factor::Email),
            other => Factor::named(other),
        };
        let Some(chosen) = chosen.filter(|factor| factors.contains(factor)) else {
            return Err(Failure::invalid_parameter(format!(
                "Invalid MFA type selected: {answer}"
            )));
        };
        let conversation = self.settle(response)?;
        self.ask_second(response.client, conversation, &[chosen])
    }

    /// Answers `SOFTWARE_TOKEN_MFA`.
    pub(crate) fn answer_software_token(&mut self, response: &Response<'_>) -> Answer {
        let (conversation, _) = self.asked_for(response)?;
        let code = response.fields.parameter("SOFTWARE_TOKEN_MFA_CODE")?;
        self.check_attempts(&conversation)?;
        // Before the code is used up: it comes again without a device that is gone.
        if let Some(key) = device_key(response.fields)? {
            self.check_device(&conversation, &key)?;
        }
        let now = self.clock.now();
        let pool = self.pool_mut(&conversation.pool)?;
        let user = pool.user_mut(&conversation.user)?;
        let Some(token) = &mut user.factors.software_token else {
            return Err(no_software_token());
        };
        match token.judge(code, now) {
            Verdict::Right(_) => (),
            Verdict::Used => {
                return Err(Failure::new(
                    "ExpiredCodeException",
                    "Your software token has already been used once.",
                ));
            }
            Verdict::Wrong => {
                self.missed(response.session()?)?;
                return Err(Failure::new(
                    "CodeMismatchException",
                    "Invalid code received for user",
                ));
            }
        }
        let mut conversation = self.settle(response)?;
        conversation.second = Second::Settled;
        self.go_on(response.client, conversation)
    }

    /// Answers `MFA_SETUP`: a software token that was verified, or an address for codes.
    pub(crate) fn answer_set_up(&mut self, response: &Response<'_>) -> Answer {
        let (conversation, question) = self.asked_for(response)?;
        let Question::SetUp(state) = question else {
            return Err(invalid_session());
        };
        let state = *state;
        let client = response.client;
        let pool = self.pool_mut(&client.pool)?;
        let emails = pool.rules.allowed.contains(&Factor::Email);
        if let Some(address) = response.fields.maybe_text("EMAIL")? {
            if !emails || !address.contains('@') || address.len() > 2048 {
                return Err(Failure::invalid_parameter("Invalid email address format."));
            }
            let conversation = self.settle(response)?;
            let user = self.pool_mut(&client.pool)?.user_mut(&conversation.user)?;
            let attribute = Medium::Email.attribute();
            user.attributes.insert(attribute.into(), address.to_owned());
            let verified = format!("{attribute}_verified");
            user.attributes.insert(verified, "false".into());
            return self.ask_code(client, conversation, Sent::EmailSetUp);
        }
        let user = pool.user_mut(&conversation.user)?;
        if state != SetUp::Verified || user.factors.software_token.is_none() {
            return Err(no_software_token());
        }
        user.factors.on.insert(Factor::SoftwareToken);
        let mut conversation = self.settle(response)?;
        conversation.second = Second::Settled;
        self.go_on(response.client, conversation)
    }

    /// `AssociateSoftwareToken` in the session of an `MFA_SETUP`: a key, and the next session.
    pub(crate) fn associate_in_session(&mut self, fields: Fields<'_>) -> Answer {
        let session = fields.text("Session")?;
        let conversation = self.setting_up(session, |_| true)?;
        let key = self.associate(&conversation.pool, &conversation.user)?;
        let session = self.next_set_up(session, SetUp::Associated)?;
        Ok(json!({ "SecretCode": key, "Session": session }))
    }

    /// `VerifySoftwareToken` in the session that `AssociateSoftwareToken` gave: the session that
    /// it returns is the one that answers `MFA_SETUP`.
    pub(crate) fn verify_in_session(&mut self, fields: Fields<'_>) -> Answer {
        let session = fields.text("Session")?;
        let conversation = self.setting_up(session, |state| state == SetUp::Associated)?;
        self.check_attempts(&conversation)?;
        if let Err(failure) = self.prove_key(&conversation.pool, &conversation.user, fields) {
            if failure.code == "EnableSoftwareTokenMFAException" {
                self.missed(session)?;
            }
            return Err(failure);
        }
        let session = self.next_set_up(session, SetUp::Verified)?;
        Ok(json!({ "Status": "SUCCESS", "Session": session }))
    }

    /// The conversation of an `MFA_SETUP` that has come as far as it must.
    fn setting_up(
        &mut self,
        session: &str,
        far_enough: impl Fn(SetUp) -> bool,
    ) -> Result<Conversation, Failure> {
        let found = self.challenges.find(session).ok_or_else(invalid_session)?;
        let client = found.conversation.client.clone();
        let client = self.client(&client)?;
        let (conversation, question) = self.asked(&client, None, session, "MFA_SETUP")?;
        let Question::SetUp(state) = question else {
            return Err(invalid_session());
        };
        if far_enough(*state) {
            Ok(conversation)
        } else {
            Err(invalid_session())
        }
    }

    /// Puts the same `MFA_SETUP` under a new session.
    fn next_set_up(&mut self, session: &str, state: SetUp) -> Result<String, Failure> {
        let conversation = self.spend(session)?;
        let client = self.client(&conversation.client)?;
        Ok(self.put_under_session(&client, conversation, Question::SetUp(state)))
    }
}

fn no_software_token() -> Failure {
    Failure::new(
        "SoftwareTokenMFANotFoundException",
        "Software Token MFA does not exist for the user.",
    )
}

#[cfg(test)]
mod tests;
