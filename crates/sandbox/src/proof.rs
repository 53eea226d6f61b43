//! A password that is proven and not sent: `SRP_A`, then `PASSWORD_VERIFIER`.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;

use crate::{
    auth::wrong_password,
    challenge::Response,
    client::Client,
    clock::{Moment, Stamp, stamp},
    conversation::{Conversation, Question, device_key},
    random,
    session::invalid_session,
    srp::{Handshake, Verifier, Who},
    wire::{Answer, Failure, Fields},
    world::World,
};

/// What somebody claims who knows a password, or the secret of a device.
pub(crate) struct Claim<'a> {
    /// `PASSWORD_CLAIM_SECRET_BLOCK`, which says which handshake it belongs to.
    pub(crate) handle: &'a str,
    signature: &'a str,
    timestamp: &'a str,
    stamp: Stamp,
}

/// Whether `PASSWORD_VERIFIER` goes out with a `Session`: AWS sends none in `USER_SRP_AUTH`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum WithSession {
    Yes,
    No,
}

impl<'a> Claim<'a> {
    /// Reads what `PASSWORD_VERIFIER` and `DEVICE_PASSWORD_VERIFIER` bring.
    pub(crate) fn read(responses: Fields<'a>) -> Result<Self, Failure> {
        let handle = responses.parameter("PASSWORD_CLAIM_SECRET_BLOCK")?;
        let signature = responses.parameter("PASSWORD_CLAIM_SIGNATURE")?;
        let timestamp = responses.parameter("TIMESTAMP")?;
        let stamp = stamp(timestamp);
        if stamp == Stamp::Unreadable {
            return Err(Failure::invalid_parameter(
                "TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english.",
            ));
        }
        Ok(Self {
            handle,
            signature,
            timestamp,
            stamp,
        })
    }

    /// Whether the claim is proven.
    pub(crate) fn is_proven(&self, handshake: &Handshake, who: Who<'_>) -> bool {
        let bytes = |text| STANDARD.decode(text);
        match (bytes(self.handle), bytes(self.signature)) {
            (Ok(block), Ok(signature)) => handshake.proves(who, &block, self.timestamp, &signature),
            (Err(_), _) | (_, Err(_)) => false,
        }
    }

    /// Whether its time is that of the server, or near enough.
    pub(crate) fn is_fresh(&self, now: Moment) -> bool {
        match self.stamp {
            Stamp::At(time) => (now.seconds() - time.seconds()).abs() <= Handshake::TOLERANCE,
            Stamp::Odd | Stamp::Unreadable => false,
        }
    }
}

impl World {
    /// Answers `SRP_A` with `PASSWORD_VERIFIER`.
    pub(crate) fn ask_proof(
        &mut self,
        client: &Client,
        conversation: Conversation,
        srp_a: &str,
        with_session: WithSession,
    ) -> Answer {
        let pool = self.pool(&client.pool)?;
        let known = pool.user(&conversation.user).ok();
        let verifier = known.and_then(|user| user.password.clone());
        let verifier = verifier.unwrap_or_else(|| {
            let who = Who {
                name: pool.short_name(),
                user: &conversation.user,
            };
            Verifier::of_nobody(who, &pool.secret)
        });
        let handshake = handshake(&verifier, srp_a)?;
        let block = secret_block();
        let mut answer = json!({
            "ChallengeName": "PASSWORD_VERIFIER",
            "ChallengeParameters": {
                "SALT": handshake.salt(),
                "SECRET_BLOCK": block,
                "SRP_B": handshake.public(),
                "USERNAME": conversation.user,
                "USER_ID_FOR_SRP": conversation.user,
            },
        });
        let session = match with_session {
            WithSession::Yes => Some(self.session()),
            WithSession::No => None,
        };
        if let Some(session) = &session {
            answer["Session"] = json!(session);
        }
        let question = Question::Proof(Box::new(handshake), session);
        self.ask_under(client, block, conversation, question);
        Ok(answer)
    }

    /// Answers `PASSWORD_VERIFIER`. The secret block says which one; the session, where there is
    /// one, may come along.
    pub(crate) fn answer_proof(&mut self, response: &Response<'_>) -> Answer {
        let client = response.client;
        let claim = Claim::read(response.fields)?;
        let device = device_key(response.fields)?;
        let now = self.clock.now();
        let short_name = self.pool(&client.pool)?.short_name().to_owned();
        let (conversation, question) = self.claimed(response, &claim)?;
        let Question::Proof(handshake, given_out) = question else {
            return Err(invalid_session());
        };
        response.goes_with(given_out.as_deref())?;
        let who = Who {
            name: &short_name,
            user: &conversation.user,
        };
        let proven = claim.is_proven(handshake, who);
        let checked = self.check_attempts(&conversation);
        if checked.is_ok() && proven && claim.is_fresh(now) {
            if let Some(key) = &device {
                // Refused without spending the handshake: clients answer again without the key.
                self.check_device(&conversation, key)?;
            }
            let mut conversation = self.spend(claim.handle)?;
            // As AWS has it, what counts is the device of this answer, not that of the beginning.
            conversation.device = device;
            return self.password_was_right(client, conversation);
        }
        self.spend(claim.handle)?;
        checked?;
        if proven {
            return Err(wrong_password());
        }
        Err(self.wrong_proof(&conversation))
    }

    /// The question that a claim answers: its secret block is the handle.
    pub(crate) fn claimed(
        &self,
        response: &Response<'_>,
        claim: &Claim<'_>,
    ) -> Result<(Conversation, &Question), Failure> {
        let (client, username) = (response.client, Some(response.username));
        self.asked(client, username, claim.handle, response.name)
    }

    /// Counts a wrong password, and says what Cognito says to it.
    pub(crate) fn wrong_proof(&mut self, conversation: &Conversation) -> Failure {
        let now = self.clock.now();
        if let Ok(pool) = self.pool_mut(&conversation.pool)
            && let Ok(user) = pool.user_mut(&conversation.user)
        {
            user.attempts.failed(now);
        }
        wrong_password()
    }
}

/// Opens a handshake with whatever `SRP_A` came.
pub(crate) fn handshake(verifier: &Verifier, srp_a: &str) -> Result<Handshake, Failure> {
    Handshake::open(verifier, srp_a).map_err(|_| Failure::invalid_parameter("Invalid SRP_A"))
}

/// As long as AWS's own, so that nobody relies on a short one.
pub(crate) fn secret_block() -> String {
    let mut block = vec![0; 900];
    random::fill(&mut block);
    STANDARD.encode(block)
}
