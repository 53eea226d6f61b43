//! `USER_AUTH`: the user chooses by what to sign in.

use serde_json::json;

use crate::{
    auth::wrong_password,
    challenge::Response,
    client::Client,
    code::Sent,
    conversation::{Conversation, Question, device_key},
    factor::{FirstFactor, Mfa},
    outbox::Medium,
    pool::Pool,
    proof::WithSession,
    session::invalid_session,
    user::{Status, User},
    wire::{Answer, Failure, Fields},
    world::World,
};

/// What can be chosen, by the names that `AvailableChallenges` has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Choice {
    Password,
    PasswordSrp,
    EmailOtp,
    SmsOtp,
}

impl Choice {
    const ALL: [Self; 4] = [
        Self::PasswordSrp,
        Self::Password,
        Self::EmailOtp,
        Self::SmsOtp,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Password => "PASSWORD",
            Self::PasswordSrp => "PASSWORD_SRP",
            Self::EmailOtp => "EMAIL_OTP",
            Self::SmsOtp => "SMS_OTP",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|choice| choice.name() == name)
    }

    /// Whether a user can sign in by it.
    fn suits(self, pool: &Pool, user: &User) -> bool {
        // A code instead of the password is no way around a second factor.
        let code = |factor: FirstFactor, attribute: &str| {
            pool.rules.first.contains(&factor)
                && user.verified(attribute)
                && user.status == Status::Confirmed
                && pool.rules.mfa != Mfa::On
                && pool.second_factors(user).is_empty()
        };
        match self {
            Self::Password | Self::PasswordSrp => {
                pool.rules.first.contains(&FirstFactor::Password) && user.password.is_some()
            }
            Self::EmailOtp => code(FirstFactor::EmailOtp, "email"),
            Self::SmsOtp => code(FirstFactor::SmsOtp, "phone_number"),
        }
    }

    /// Whether it is offered to somebody who does not exist: what most users are offered.
    fn suits_nobody(self, pool: &Pool) -> bool {
        let first = &pool.rules.first;
        match self {
            Self::Password | Self::PasswordSrp => first.contains(&FirstFactor::Password),
            Self::EmailOtp => first.contains(&FirstFactor::EmailOtp) && pool.rules.mfa != Mfa::On,
            Self::SmsOtp => false,
        }
    }
}

impl World {
    /// `InitiateAuth` with `USER_AUTH`. A session is that of a sign-up which was just confirmed.
    pub(crate) fn start_choice(
        &mut self,
        client: &Client,
        session: Option<&str>,
        parameters: Fields<'_>,
    ) -> Answer {
        let conversation = self.begin(client, parameters)?;
        if let Some(session) = session.filter(|session| !session.is_empty()) {
            return self.enter_confirmed(client, &conversation, session);
        }
        let preferred = parameters.maybe_text("PREFERRED_CHALLENGE")?;
        let available = self.choices(&conversation)?;
        let preferred = match preferred.filter(|name| !name.is_empty()) {
            None => None,
            Some("WEB_AUTHN") => None,
            Some(name) => Some(Choice::named(name).ok_or_else(|| {
                Failure::invalid_parameter(format!("Invalid PREFERRED_CHALLENGE {name}."))
            })?),
        };
        // One that the user cannot take leads to the choice, as without a preference.
        if let Some(choice) = preferred.filter(|choice| available.contains(choice)) {
            return self.choose(client, conversation, choice, parameters);
        }
        let mut names: Vec<_> = available.iter().map(|choice| choice.name()).collect();
        if self.has_passkey(&conversation)? {
            names.push("WEB_AUTHN");
        }
        let parameters = json!({ "USERNAME": conversation.user });
        let mut answer = self.ask(client, conversation, Question::Select, parameters)?;
        answer["AvailableChallenges"] = json!(names);
        Ok(answer)
    }

    /// Signs in whoever has just confirmed a sign-up: that code stands for the one that the user
    /// would choose.
    fn enter_confirmed(&mut self, client: &Client, begun: &Conversation, session: &str) -> Answer {
        let (name, user) = (Question::CONFIRMED, Some(&*begun.user));
        let (mut conversation, question) = self.asked(client, user, session, name)?;
        let Question::Confirmed(medium) = question else {
            return Err(invalid_session());
        };
        let choice = match medium {
            Medium::Email => Choice::EmailOtp,
            Medium::Sms => Choice::SmsOtp,
        };
        if !self.choices(&conversation)?.contains(&choice) {
            return Err(invalid_session());
        }
        self.spend(session)?;
        conversation.device.clone_from(&begun.device);
        self.go_on(client, conversation)
    }

    /// Answers `SELECT_CHALLENGE`.
    pub(crate) fn answer_choice(&mut self, response: &Response<'_>) -> Answer {
        let (conversation, _) = self.asked_for(response)?;
        let answer = response.fields.full_parameter("ANSWER")?;
        let available = self.choices(&conversation)?;
        let choice = Choice::named(answer).filter(|choice| available.contains(choice));
        let choice = choice.ok_or_else(|| {
            Failure::invalid_parameter(format!("Selected challenge {answer} is not available."))
        })?;
        let conversation = self.settle_choice(response)?;
        self.choose(response.client, conversation, choice, response.fields)
    }

    /// Answers `PASSWORD`.
    pub(crate) fn answer_password(&mut self, response: &Response<'_>) -> Answer {
        let password = response.fields.full_parameter("PASSWORD")?;
        let conversation = self.settle_choice(response)?;
        self.password_is(response.client, conversation, password)
    }

    /// Answers `PASSWORD_SRP`.
    pub(crate) fn answer_password_srp(&mut self, response: &Response<'_>) -> Answer {
        let srp_a = response.fields.full_parameter("SRP_A")?;
        let conversation = self.settle_choice(response)?;
        self.ask_proof(response.client, conversation, srp_a, WithSession::Yes)
    }

    /// Begins what was chosen, with as much of it as came along.
    fn choose(
        &mut self,
        client: &Client,
        conversation: Conversation,
        choice: Choice,
        fields: Fields<'_>,
    ) -> Answer {
        let nothing = json!({});
        match choice {
            Choice::Password => match fields.maybe_text("PASSWORD")? {
                Some(password) => self.password_is(client, conversation, password),
                None => self.ask(client, conversation, Question::Password, nothing),
            },
            Choice::PasswordSrp => match fields.maybe_text("SRP_A")? {
                Some(srp_a) => self.ask_proof(client, conversation, srp_a, WithSession::Yes),
                None => self.ask(client, conversation, Question::PasswordSrp, nothing),
            },
            Choice::EmailOtp => self.ask_code(client, conversation, Sent::EmailOtp),
            Choice::SmsOtp => self.ask_code(client, conversation, Sent::SmsOtp),
        }
    }

    /// Ends a question before anything is proven: whether the device is known is not told yet.
    fn settle_choice(&mut self, response: &Response<'_>) -> Result<Conversation, Failure> {
        let (conversation, _) = self.asked_for(response)?;
        self.check_attempts(&conversation)?;
        let device = device_key(response.fields)?;
        let mut conversation = self.spend(response.session()?)?;
        conversation.device = device.or(conversation.device);
        Ok(conversation)
    }

    fn has_passkey(&self, conversation: &Conversation) -> Result<bool, Failure> {
        let pool = self.pool(&conversation.pool)?;
        let user = pool.user(&conversation.user);
        let allowed = pool.rules.first.contains(&FirstFactor::WebAuthn);
        Ok(allowed && user.is_ok_and(|user| user.factors.passkey))
    }

    fn choices(&self, conversation: &Conversation) -> Result<Vec<Choice>, Failure> {
        let pool = self.pool(&conversation.pool)?;
        let user = pool.user(&conversation.user).ok();
        let suits = |choice: &Choice| match user {
            Some(user) => choice.suits(pool, user),
            None => choice.suits_nobody(pool),
        };
        let available: Vec<_> = Choice::ALL.into_iter().filter(suits).collect();
        if available.is_empty() {
            return Err(wrong_password());
        }
        Ok(available)
    }
}

#[cfg(test)]
mod tests;
