//! The next steps of a sign-in: `RespondToAuthChallenge` and `AdminRespondToAuthChallenge`.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{
    auth::{Door, Question, wrong_password},
    client::Client,
    clock::{Stamp, stamp},
    srp::{Handshake, Verifier, Who},
    user::Status,
    wire::{Answer, Failure, Fields},
    world::World,
};

impl World {
    /// `RespondToAuthChallenge`, `AdminRespondToAuthChallenge`
    pub(crate) fn respond_to_auth_challenge(&mut self, fields: Fields<'_>, door: Door) -> Answer {
        let client = self.client_at(fields, door)?;
        let name = fields.text("ChallengeName")?;
        self.journal.note.flow = Some(name.to_owned());
        let responses = fields.inside("ChallengeResponses")?;
        let username = responses
            .maybe_text("USERNAME")?
            .ok_or_else(|| Failure::invalid_parameter("Missing required parameter USERNAME"))?;
        self.journal.note.username = Some(username.to_owned());
        client.check_hash(username, responses.maybe_text("SECRET_HASH")?)?;
        match name {
            "PASSWORD_VERIFIER" => self.answer_proof(&client, username, fields, responses),
            "NEW_PASSWORD_REQUIRED" => {
                self.answer_new_password(&client, username, fields, responses)
            }
            _ => Err(Failure::invalid_parameter(format!(
                "The sandbox has no {name} challenge."
            ))),
        }
    }

    fn answer_proof(
        &mut self,
        client: &Client,
        username: &str,
        fields: Fields<'_>,
        responses: Fields<'_>,
    ) -> Answer {
        let part = |name: &str| {
            responses.maybe_text(name)?.ok_or_else(|| {
                Failure::invalid_parameter(format!("Missing required parameter {name}"))
            })
        };
        let handle = part("PASSWORD_CLAIM_SECRET_BLOCK")?;
        let proof = part("PASSWORD_CLAIM_SIGNATURE")?;
        let timestamp = part("TIMESTAMP")?;
        let stamp = stamp(timestamp);
        if stamp == Stamp::Unreadable {
            return Err(Failure::invalid_parameter(
                "TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english.",
            ));
        }
        // No session was given out with this challenge, so none can come back.
        if fields.has("Session") {
            return Err(invalid_session());
        }
        let (name, handshake) =
            self.asked(client, username, handle, |question| match question {
                Question::Proof(handshake) => Some(handshake),
                Question::NewPassword => None,
            })?;

        let now = self.clock.now();
        let pool = self.pool(&client.pool)?;
        if let Some(user) = pool.find(&name) {
            user.attempts.check(now)?;
        }
        let fresh = match stamp {
            Stamp::At(time) => (now.seconds() - time.seconds()).abs() <= Handshake::TOLERANCE,
            Stamp::Odd | Stamp::Unreadable => false,
        };
        let who = Who {
            name: pool.short_name(),
            user: &name,
        };
        let bytes = |text| STANDARD.decode(text).map_err(|_| wrong_password());
        let proven = handshake.proves(who, &bytes(handle)?, timestamp, &bytes(proof)?);
        if proven && !fresh {
            return Err(wrong_password());
        }
        self.password_was(client, &name, proven)
    }

    fn answer_new_password(
        &mut self,
        client: &Client,
        username: &str,
        fields: Fields<'_>,
        responses: Fields<'_>,
    ) -> Answer {
        let password = responses
            .maybe_text("NEW_PASSWORD")?
            .ok_or_else(|| Failure::invalid_parameter("Missing required parameter NEW_PASSWORD"))?;
        self.journal.secret("password", password);
        let session = fields.maybe_text("Session")?.ok_or_else(invalid_session)?;
        self.pool(&client.pool)?.policy.check(password)?;
        let given: Vec<(String, String)> = responses
            .names()
            .filter_map(|name| Some((name, name.strip_prefix("userAttributes.")?)))
            .map(|(name, attribute)| Ok((attribute.to_owned(), responses.text(name)?.to_owned())))
            .collect::<Result<_, Failure>>()?;
        self.require_attributes(client, username, &given)?;
        let (name, ()) = self.asked(client, username, session, |question| match question {
            Question::NewPassword => Some(()),
            Question::Proof(_) => None,
        })?;

        let now = self.clock.now();
        let pool = self.pool_mut(&client.pool)?;
        let short_name = pool.short_name().to_owned();
        let key = pool.fold(&name);
        let user = pool.users.get_mut(&key).ok_or_else(invalid_session)?;
        user.may_enter(now)?;
        user.attributes.extend(given);
        let who = Who {
            name: &short_name,
            user: &user.username,
        };
        user.password = Some(Verifier::new(who, password));
        user.status = Status::Confirmed;
        user.temporary_until = None;
        user.modified = now;
        self.sign_in(client, &name)
    }

    fn require_attributes(
        &self,
        client: &Client,
        username: &str,
        given: &[(String, String)],
    ) -> Result<(), Failure> {
        let pool = self.pool(&client.pool)?;
        let Some(user) = pool.find(username) else {
            return Err(invalid_session());
        };
        for attribute in &pool.required {
            let known = user.attributes.contains_key(attribute)
                || given
                    .iter()
                    .any(|(name, value)| name == attribute && !value.is_empty());
            if !known {
                return Err(Failure::invalid_parameter(format!(
                    "Invalid attributes given, {attribute} is missing"
                )));
            }
        }
        Ok(())
    }

    /// Takes the challenge of this handle, if it was put to this user through this client. Each is
    /// answered once.
    fn asked<T>(
        &mut self,
        client: &Client,
        username: &str,
        handle: &str,
        kind: impl FnOnce(Question) -> Option<T>,
    ) -> Result<(String, T), Failure> {
        let Some(found) = self.challenges.find(handle) else {
            return Err(invalid_session());
        };
        let pool = self.pool(&found.pool)?;
        let same_user = match (pool.find(username), pool.find(&found.user)) {
            (Some(one), Some(other)) => one.sub == other.sub,
            (None, None) => username == found.user,
            (None, Some(_)) | (Some(_), None) => false,
        };
        if found.client != client.id || !same_user {
            return Err(invalid_session());
        }
        let Some(challenge) = self.challenges.take(handle) else {
            return Err(invalid_session());
        };
        if self.clock.now() >= challenge.until {
            return Err(Failure::not_authorized(
                "Invalid session for the user, session is expired.",
            ));
        }
        Ok((
            challenge.user,
            kind(challenge.question).ok_or_else(invalid_session)?,
        ))
    }
}

fn invalid_session() -> Failure {
    Failure::not_authorized("Invalid session for the user.")
}
