//! Codes, and the messages that carry them to users.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{user::User, wire::Failure, world::World};

mod code;

pub(crate) use code::{Code, Miss, attempt_limit, expired_code};

/// What a message is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Purpose {
    /// A code that confirms a sign-up.
    #[serde(rename = "sign_up")]
    SignUp,
    /// Another code that confirms a sign-up.
    #[serde(rename = "resend")]
    Resend,
    /// A code that resets a password which the user has forgotten.
    #[serde(rename = "forgot_password")]
    ForgotPassword,
    /// A code that resets a password which the administrator has withdrawn.
    #[serde(rename = "admin_reset")]
    AdminReset,
    /// A code that verifies an address.
    #[serde(rename = "verify_attribute")]
    VerifyAttribute,
    /// A temporary password, from the administrator.
    #[serde(rename = "invitation")]
    Invitation,
    /// The second factor by text message.
    #[serde(rename = "SMS_MFA")]
    SmsMfa,
    /// The first or second factor by e-mail.
    #[serde(rename = "EMAIL_OTP")]
    EmailOtp,
    /// The first factor by text message.
    #[serde(rename = "SMS_OTP")]
    SmsOtp,
    /// A code of a custom challenge.
    #[serde(rename = "custom")]
    Custom,
}

/// How a message travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Medium {
    /// To `email`.
    Email,
    /// To `phone_number`.
    Sms,
}

/// A message that would have gone to a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The address or telephone number.
    pub to: String,
    /// How it travels.
    pub medium: Medium,
    /// The user name.
    pub user: String,
    /// The user pool.
    pub pool: String,
    /// What it is for.
    pub purpose: Purpose,
    /// The code, or the temporary password.
    pub code: String,
    /// The server's time, in seconds since 1970.
    pub at: i64,
}

/// The last messages.
pub(crate) struct Outbox(VecDeque<Message>);

/// Where a code went, as the user may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Delivery {
    pub(crate) medium: Medium,
    /// Masked, as AWS masks it: `a***@e***`, `+*******1234`.
    pub(crate) destination: String,
}

impl Purpose {
    /// How long its code works. A code of a challenge works as long as the challenge's session.
    fn seconds(self) -> i64 {
        match self {
            Self::SignUp | Self::Resend | Self::VerifyAttribute => 86_400,
            Self::ForgotPassword | Self::AdminReset => 3600,
            Self::Invitation => 7 * 86_400,
            Self::SmsMfa | Self::EmailOtp | Self::SmsOtp | Self::Custom => 180,
        }
    }
}

impl Medium {
    /// The attribute that holds the address.
    pub(crate) fn attribute(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "phone_number",
        }
    }

    /// `DeliveryMedium`
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Email => "EMAIL",
            Self::Sms => "SMS",
        }
    }

    /// The medium that reaches what this attribute holds.
    pub(crate) fn of(attribute: &str) -> Option<Self> {
        [Self::Email, Self::Sms]
            .into_iter()
            .find(|medium| medium.attribute() == attribute)
    }
}

impl Delivery {
    /// To this address.
    pub(crate) fn to(medium: Medium, address: &str) -> Self {
        Self {
            medium,
            destination: masked(medium, address),
        }
    }

    /// `CodeDeliveryDetails`
    pub(crate) fn details(&self) -> Value {
        json!({
            "AttributeName": self.medium.attribute(),
            "DeliveryMedium": self.medium.name(),
            "Destination": self.destination,
        })
    }
}

impl Outbox {
    const MESSAGES: usize = 1000;
    /// Messages to one user: a stranger may have codes sent to others.
    const MESSAGES_TO_ONE: usize = 100;

    /// An empty outbox.
    pub(crate) fn new() -> Self {
        Self(VecDeque::new())
    }

    /// Puts a message behind the others. The user's oldest leaves when there are too many to that
    /// user, and the oldest of all when there are too many.
    pub(crate) fn put(&mut self, message: Message) {
        let same = |one: &Message| one.user == message.user && one.pool == message.pool;
        let own = self.0.iter().filter(|one| same(one)).count();
        if own >= Self::MESSAGES_TO_ONE {
            let oldest = self.0.iter().position(same);
            oldest.and_then(|oldest| self.0.remove(oldest));
        } else if self.0.len() >= Self::MESSAGES {
            self.0.pop_front();
        }
        self.0.push_back(message);
    }

    /// All messages, oldest first.
    pub(crate) fn messages(&self) -> &VecDeque<Message> {
        &self.0
    }
}

impl World {
    /// Makes a code of six digits and sends it to a user. Whoever asks keeps the code, where it can
    /// be checked and will be forgotten.
    pub(crate) fn send_code(
        &mut self,
        pool: &str,
        user: &str,
        purpose: Purpose,
        medium: Medium,
    ) -> Result<(Code, Delivery), Failure> {
        let code = Code::new(medium, self.clock.now().plus(purpose.seconds()));
        let delivery = self.send(pool, user, purpose, medium, code.text.clone())?;
        Ok((code, delivery))
    }

    /// Makes a code, sends it to a user and puts it where the user has such codes, in place of the
    /// one before.
    pub(crate) fn send_code_for(
        &mut self,
        pool: &str,
        user: &str,
        purpose: Purpose,
        medium: Medium,
        keep: fn(&mut User, Code),
    ) -> Result<Delivery, Failure> {
        let (code, delivery) = self.send_code(pool, user, purpose, medium)?;
        keep(self.pool_mut(pool)?.user_mut(user)?, code);
        Ok(delivery)
    }

    /// Sends a text to a user.
    pub(crate) fn send(
        &mut self,
        pool: &str,
        user: &str,
        purpose: Purpose,
        medium: Medium,
        text: String,
    ) -> Result<Delivery, Failure> {
        let at = self.clock.now().seconds();
        let user = self.pool(pool)?.find(user).ok_or_else(Failure::no_user)?;
        let Some(to) = user.attributes.get(medium.attribute()).cloned() else {
            let attribute = medium.attribute();
            return Err(Failure::invalid_parameter(format!(
                "User does not have a {attribute}."
            )));
        };
        let user = user.username.clone();
        let delivery = Delivery::to(medium, &to);
        self.journal.secret("code", &text);
        self.outbox.put(Message {
            to,
            medium,
            user,
            pool: pool.to_owned(),
            purpose,
            code: text,
            at,
        });
        Ok(delivery)
    }
}

/// The address as AWS shows it to somebody who may not be its owner.
pub(crate) fn masked(medium: Medium, to: &str) -> String {
    match medium {
        Medium::Email => {
            let (name, host) = to.split_once('@').unwrap_or((to, ""));
            let first = |part: &str| part.chars().take(1).collect::<String>();
            format!("{}***@{}***", first(name), first(host))
        }
        Medium::Sms => {
            let digits: Vec<char> = to.chars().filter(char::is_ascii_digit).collect();
            let shown = digits.len().saturating_sub(4);
            let last: String = digits[shown..].iter().collect();
            format!("+{}{last}", "*".repeat(shown))
        }
    }
}

impl User {
    /// How a message reaches the user: text message first, as AWS does.
    pub(crate) fn medium(&self) -> Option<Medium> {
        let mut media = [Medium::Sms, Medium::Email].into_iter();
        media.find(|medium| self.attributes.contains_key(medium.attribute()))
    }
}

#[cfg(test)]
mod tests;
