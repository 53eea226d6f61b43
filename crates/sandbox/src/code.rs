//! Codes that are sent to somebody who signs in, as the first factor or the second.

use serde_json::{Value, json};

use crate::{
    challenge::Response,
    client::Client,
    conversation::{Conversation, Question, Second},
    factor::Factor,
    outbox::{Medium, Miss, Purpose, masked},
    pool::Claim,
    session::code_mismatch,
    wire::{Answer, Failure},
    world::World,
};

/// What a code was sent for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    /// The second factor, by text message.
    SmsMfa,
    /// The second factor, by e-mail.
    EmailMfa,
    /// The second factor, by e-mail to an address that the user has just named for it.
    EmailSetUp,
    /// The first factor, by text message.
    SmsOtp,
    /// The first factor, by e-mail.
    EmailOtp,
}

impl Sent {
    /// `ChallengeName`
    pub(crate) fn challenge(self) -> &'static str {
        match self {
            Self::SmsMfa => "SMS_MFA",
            Self::EmailMfa | Self::EmailSetUp | Self::EmailOtp => "EMAIL_OTP",
            Self::SmsOtp => "SMS_OTP",
        }
    }

    fn purpose(self) -> Purpose {
        match self {
            Self::SmsMfa => Purpose::SmsMfa,
            Self::EmailMfa | Self::EmailSetUp | Self::EmailOtp => Purpose::EmailOtp,
            Self::SmsOtp => Purpose::SmsOtp,
        }
    }

    fn medium(self) -> Medium {
        match self {
            Self::SmsMfa | Self::SmsOtp => Medium::Sms,
            Self::EmailMfa | Self::EmailSetUp | Self::EmailOtp => Medium::Email,
        }
    }
}

impl World {
    /// Sends a code and asks for it. Somebody who does not exist is asked too, and never right.
    pub(crate) fn ask_code(
        &mut self,
        client: &Client,
        conversation: Conversation,
        sent: Sent,
    ) -> Answer {
        let medium = sent.medium();
        let exists = self.pool(&client.pool)?.user(&conversation.user).is_ok();
        let (code, destination) = if exists {
            let (code, delivery) =
                self.send_code(&client.pool, &conversation.user, sent.purpose(), medium)?;
            (Some(code), delivery.destination)
        } else {
            let nobody = match medium {
                Medium::Email => conversation.user.as_str(),
                Medium::Sms => "+00000000000",
            };
            (None, masked(medium, nobody))
        };
        let parameters = json!({
            "CODE_DELIVERY_DELIVERY_MEDIUM": medium.name(),
            "CODE_DELIVERY_DESTINATION": destination,
            "USER_ID_FOR_SRP": conversation.user,
        });
        self.ask(client, conversation, Question::Code(sent, code), parameters)
    }

    /// Answers `SMS_MFA`, `EMAIL_OTP` or `SMS_OTP`.
    pub(crate) fn answer_code(&mut self, response: &Response<'_>) -> Answer {
        let now = self.clock.now();
        let (conversation, question) = self.asked_for(response)?;
        let member = format!("{}_CODE", response.name);
        let given = response.fields.parameter(&member)?;
        let Question::Code(sent, code) = question else {
            return Err(code_mismatch());
        };
        let sent = *sent;
        let mut code = code.clone();
        self.check_attempts(&conversation)?;
        match code.as_mut().map(|code| code.check(given, now)) {
            Some(Ok(())) => (),
            None | Some(Err(Miss::Wrong | Miss::TooMany | Miss::Expired)) => {
                self.missed(response.session()?)?;
                return Err(code_mismatch());
            }
        }
        let mut conversation = self.settle(response)?;
        let pool = self.pool_mut(&conversation.pool)?;
        let attribute = sent.medium().attribute();
        let mut changed = pool.user(&conversation.user)?.clone();
        let verified = format!("{attribute}_verified");
        changed.attributes.insert(verified, "true".into());
        let sole = pool.claim_alias(&changed, attribute, Claim::Refuse).is_ok();
        let user = pool.user_mut(&conversation.user)?;
        // An address that names another user already stays as it is.
        if sole {
            *user = changed;
        }
        match sent {
            Sent::SmsMfa | Sent::EmailMfa => conversation.second = Second::Settled,
            Sent::EmailSetUp => {
                user.factors.on.insert(Factor::Email);
                conversation.second = Second::Settled;
            }
            Sent::SmsOtp | Sent::EmailOtp => (),
        }
        self.go_on(response.client, conversation)
    }

    /// Refuses everybody while the user is locked out.
    pub(crate) fn check_attempts(&self, conversation: &Conversation) -> Result<(), Failure> {
        let now = self.clock.now();
        match self.pool(&conversation.pool)?.user(&conversation.user) {
            Ok(user) => user.attempts.check(now),
            Err(_) => Ok(()),
        }
    }
}

/// Names, as Cognito puts lists into parameters: JSON in a text.
pub(crate) fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> Value {
    let names: Vec<&str> = names.into_iter().collect();
    json!(json!(names).to_string())
}
