//! A remembered device proves itself: `DEVICE_SRP_AUTH`, `DEVICE_PASSWORD_VERIFIER`.

use serde_json::json;

use crate::{
    auth::wrong_password,
    challenge::Response,
    client::Client,
    conversation::{Conversation, Question},
    proof::{Claim, handshake, secret_block},
    session::invalid_session,
    srp::Who,
    wire::Answer,
    world::World,
};

use super::gone;

impl World {
    /// Asks for the proof of the device that came along.
    pub(crate) fn ask_device(&mut self, client: &Client, conversation: Conversation) -> Answer {
        let parameters = json!({ "USERNAME": conversation.user });
        self.ask(client, conversation, Question::Device, parameters)
    }

    /// Answers `DEVICE_SRP_AUTH`.
    pub(crate) fn answer_device(&mut self, response: &Response<'_>) -> Answer {
        let (client, username) = (response.client, response.username);
        let key = response.fields.full_parameter("DEVICE_KEY")?;
        let srp_a = response.fields.parameter("SRP_A")?;
        // pycognito sends no session here, amazon-cognito-identity-js that of the question before.
        let open = self.device_asked(client, username, key);
        let session = match (response.maybe_session, open) {
            (None, Some(open)) => open,
            (None, None) => return Err(invalid_session()),
            (Some(given), Some(open)) if self.was_before(given, &open) => open,
            (Some(given), _) => given.to_owned(),
        };
        let (conversation, _) = self.asked(client, Some(username), &session, response.name)?;
        if conversation.device.as_deref() != Some(key) {
            return Err(gone());
        }
        self.check_attempts(&conversation)?;
        let user = self.pool(&client.pool)?.user(&conversation.user)?;
        let device = user.check_device(key)?;
        let verifier = device.verifier.as_ref().ok_or_else(gone)?;
        let handshake = handshake(verifier, srp_a)?;
        let block = secret_block();
        self.spend(&session)?;
        let session = self.session();
        let answer = json!({
            "ChallengeName": "DEVICE_PASSWORD_VERIFIER",
            "Session": session,
            "ChallengeParameters": {
                "DEVICE_KEY": key,
                "SALT": handshake.salt(),
                "SECRET_BLOCK": block,
                "SRP_B": handshake.public(),
                "USERNAME": conversation.user,
            },
        });
        let question = Question::DeviceProof(Box::new(handshake), session);
        self.ask_under(client, block, conversation, question);
        Ok(answer)
    }

    /// Answers `DEVICE_PASSWORD_VERIFIER`. Its `SECRET_BLOCK` is the handle; the session may come
    /// along.
    pub(crate) fn answer_device_proof(&mut self, response: &Response<'_>) -> Answer {
        let client = response.client;
        let claim = Claim::read(response.fields)?;
        let key = response.fields.full_parameter("DEVICE_KEY")?;
        let (conversation, question) = self.claimed(response, &claim)?;
        let Question::DeviceProof(_, given_out) = question else {
            return Err(invalid_session());
        };
        response.goes_with(Some(given_out))?;
        self.check_attempts(&conversation)?;
        let now = self.clock.now();
        let (mut conversation, Question::DeviceProof(handshake, _)) = self.take(claim.handle)?
        else {
            return Err(invalid_session());
        };
        let user = self.pool(&client.pool)?.user(&conversation.user)?;
        let device = user.check_device(key)?;
        let who = Who {
            name: &device.group,
            user: key,
        };
        let right = conversation.device.as_deref() == Some(key);
        if !right || !claim.is_proven(&handshake, who) {
            return Err(self.wrong_proof(&conversation));
        }
        if !claim.is_fresh(now) {
            return Err(wrong_password());
        }
        conversation.device_proven = true;
        self.go_on(client, conversation)
    }
}
