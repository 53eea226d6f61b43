//! Custom challenges: what a pool's Lambda functions would ask, by a table.
//!
//! Each row of `Rules::custom` is one round. As the usual `DefineAuthChallenge` does, the third
//! wrong answer ends the sign-in, and the last right one brings the tokens.

use serde_json::{Map, Value, json};

use crate::{
    auth::wrong_password,
    challenge::Response,
    client::Client,
    conversation::{Conversation, Custom, Question, Second},
    srp::same,
    wire::{Answer, Failure},
    world::World,
};

/// So many wrong answers end the sign-in.
const WRONG: u32 = 3;

impl World {
    /// Refuses a flow that the pool has no custom challenge for.
    pub(crate) fn has_custom(&self, client: &Client) -> Result<(), Failure> {
        if self.pool(&client.pool)?.rules.custom.is_empty() {
            return Err(Failure::invalid_parameter(
                "Custom auth lambda trigger is not configured for the user pool.",
            ));
        }
        Ok(())
    }

    /// Puts the round at which the custom challenge stands, or ends it.
    pub(crate) fn ask_custom(
        &mut self,
        client: &Client,
        mut conversation: Conversation,
        custom: Custom,
    ) -> Answer {
        let pool = self.pool(&client.pool)?;
        let Some(round) = pool.rules.custom.get(custom.round) else {
            conversation.custom = None;
            return self.go_on(client, conversation);
        };
        let mut parameters: Map<String, Value> = round
            .parameters
            .iter()
            .map(|(name, value)| (name.clone(), json!(value)))
            .collect();
        parameters.insert("USERNAME".into(), json!(conversation.user));
        conversation.custom = Some(custom);
        self.ask(client, conversation, Question::Custom, parameters.into())
    }

    /// Answers `CUSTOM_CHALLENGE`.
    pub(crate) fn answer_custom(&mut self, response: &Response<'_>) -> Answer {
        let client = response.client;
        let (conversation, _) = self.asked_for(response)?;
        let given = response.fields.parameter("ANSWER")?;
        self.check_attempts(&conversation)?;
        let custom = conversation.custom.unwrap_or_default();
        let pool = self.pool(&client.pool)?;
        let exists = pool.user(&conversation.user).is_ok();
        let right = pool
            .rules
            .custom
            .get(custom.round)
            .is_some_and(|round| exists && same(round.answer.as_bytes(), given.as_bytes()));
        if !right {
            let failure = self.wrong_proof(&conversation);
            let conversation = self.spend(response.session()?)?;
            let wrong = custom.wrong + 1;
            if wrong >= WRONG {
                return Err(failure);
            }
            return self.ask_custom(client, conversation, Custom { wrong, ..custom });
        }
        let mut conversation = self.settle(response)?;
        conversation.custom = Some(Custom {
            round: custom.round + 1,
            ..custom
        });
        if self.pool(&client.pool)?.user(&conversation.user).is_err() {
            return Err(wrong_password());
        }
        // Cognito asks for a second factor only where a password was verified before.
        conversation.second = Second::Settled;
        self.go_on(client, conversation)
    }
}

#[cfg(test)]
mod tests;
