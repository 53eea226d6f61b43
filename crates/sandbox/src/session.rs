//! Sessions: what was asked of whom, through which client, and until when.
//!
//! A [`Conversation`] goes from challenge to challenge. Each [`Challenge`] has a handle (the
//! `Session`, or the `SECRET_BLOCK` of an SRP handshake), is answered once, and dies when its time
//! is over or after too many wrong answers.

use serde_json::{Value, json};

use crate::{
    auth::Door,
    challenge::Response,
    client::Client,
    clock::Moment,
    conversation::{Conversation, Ending, Question, device_key},
    device, random,
    wire::{Answer, Failure},
    world::World,
};

/// A question that was put to somebody who signs in.
pub(crate) struct Challenge {
    pub(crate) conversation: Conversation,
    until: Moment,
    misses: u32,
    state: State,
}

enum State {
    Open(Question),
    Answered,
    /// Answered wrong too often.
    Over,
}

impl World {
    /// How many wrong answers a challenge takes.
    const MISSES: u32 = 5;

    /// Puts a question, under a new session.
    pub(crate) fn ask(
        &mut self,
        client: &Client,
        conversation: Conversation,
        question: Question,
        parameters: Value,
    ) -> Answer {
        let name = question.name();
        let session = self.put_under_session(client, conversation, question);
        Ok(json!({
            "ChallengeName": name,
            "Session": session,
            "ChallengeParameters": parameters,
        }))
    }

    /// Puts a question under a new session, which is returned.
    pub(crate) fn put_under_session(
        &mut self,
        client: &Client,
        conversation: Conversation,
        question: Question,
    ) -> String {
        let session = self.session();
        self.ask_under(client, session.clone(), conversation, question);
        session
    }

    /// Puts a question under a handle that the answer will bring back.
    pub(crate) fn ask_under(
        &mut self,
        client: &Client,
        handle: String,
        conversation: Conversation,
        mut question: Question,
    ) {
        let until = self.clock.now().plus(client.session_minutes * 60);
        if let Question::Code(_, Some(code)) = &mut question {
            code.until = until;
        }
        let challenge = Challenge {
            conversation,
            until,
            misses: 0,
            state: State::Open(question),
        };
        let owner = owner(&client.id, challenge.conversation.sub.as_deref());
        self.challenges.put(&owner, &handle, challenge);
    }

    /// A new `Session`, as long as AWS's own, so that nobody relies on a short one. It begins as
    /// those do, and so never with the dash that the AWS CLI takes for an option.
    pub(crate) fn session(&mut self) -> String {
        let session = format!("AYABe{}", random::base64url(600));
        self.journal.secret("session", &session);
        session
    }

    /// The question that a response answers.
    pub(crate) fn asked_for(
        &self,
        response: &Response<'_>,
    ) -> Result<(Conversation, &Question), Failure> {
        let (client, username) = (response.client, Some(response.username));
        self.asked(client, username, response.session()?, response.name)
    }

    /// The question of a handle, if it was put to this user, through this client, under this
    /// name, and is still open.
    pub(crate) fn asked(
        &self,
        client: &Client,
        username: Option<&str>,
        handle: &str,
        name: &str,
    ) -> Result<(Conversation, &Question), Failure> {
        let now = self.clock.now();
        let found = self.challenges.find(handle).ok_or_else(invalid_session)?;
        if found.conversation.client != client.id {
            return Err(invalid_session());
        }
        let conversation = &found.conversation;
        let pool = self.pool(&conversation.pool)?;
        let user = pool.user(&conversation.user).ok();
        if user.map(|user| &user.sub) != conversation.sub.as_ref() {
            return Err(invalid_session());
        }
        if let Some(username) = username {
            let same = match (pool.find(username), user) {
                (Some(one), Some(other)) => one.sub == other.sub,
                (None, None) => username == conversation.user,
                (None, Some(_)) | (Some(_), None) => false,
            };
            if !same {
                return Err(invalid_session());
            }
        }
        if now >= found.until {
            return Err(session_expired());
        }
        match &found.state {
            State::Answered => Err(Failure::not_authorized(
                "Invalid session for the user, session can only be used once.",
            )),
            State::Over => Err(session_expired()),
            State::Open(question) if question.name() == name => {
                Ok((conversation.clone(), question))
            }
            State::Open(question)
                if question.wants_code()
                    && ["SMS_MFA", "SOFTWARE_TOKEN_MFA", "EMAIL_OTP", "SMS_OTP"]
                        .contains(&name) =>
            {
                Err(code_mismatch())
            }
            State::Open(_) => Err(invalid_session()),
        }
    }

    /// Refuses a session that was begun through another door: what ends in a browser must not
    /// end in tokens.
    pub(crate) fn check_door(&self, handle: &str, door: Door) -> Result<(), Failure> {
        let Some(found) = self.challenges.find(handle) else {
            return Ok(());
        };
        match (found.conversation.ending, door) {
            (Ending::Tokens, Door::Public | Door::Admin) | (Ending::Browser, Door::Browser) => {
                Ok(())
            }
            (Ending::Tokens, Door::Browser) | (Ending::Browser, Door::Public | Door::Admin) => {
                Err(invalid_session())
            }
        }
    }

    /// Takes an answer for right: the challenge is over, the conversation goes on. A `DEVICE_KEY`
    /// that came with it counts from here on. One that is of no device is refused, and leaves
    /// the challenge open: clients answer again without it.
    pub(crate) fn settle(&mut self, response: &Response<'_>) -> Result<Conversation, Failure> {
        let handle = response.session()?;
        let given = device_key(response.fields)?;
        let found = self.challenges.find(handle).ok_or_else(invalid_session)?;
        let conversation = found.conversation.clone();
        if let Some(key) = &given {
            self.check_device(&conversation, key)?;
        }
        let mut conversation = self.spend(handle)?;
        conversation.device = given.or(conversation.device);
        Ok(conversation)
    }

    /// Ends a challenge, whatever the answer was.
    pub(crate) fn spend(&mut self, handle: &str) -> Result<Conversation, Failure> {
        self.take(handle).map(|(conversation, _)| conversation)
    }

    /// Ends a challenge, and hands out what was asked.
    pub(crate) fn take(&mut self, handle: &str) -> Result<(Conversation, Question), Failure> {
        let found = self.challenges.find_mut(handle);
        let found = found.ok_or_else(invalid_session)?;
        match std::mem::replace(&mut found.state, State::Answered) {
            State::Open(question) => Ok((found.conversation.clone(), question)),
            State::Answered | State::Over => Err(invalid_session()),
        }
    }

    /// Counts a wrong answer, against the challenge and against the user.
    pub(crate) fn missed(&mut self, handle: &str) -> Result<(), Failure> {
        let now = self.clock.now();
        let found = self.challenges.find_mut(handle);
        let found = found.ok_or_else(invalid_session)?;
        found.misses += 1;
        if found.misses >= Self::MISSES {
            found.state = State::Over;
        }
        let (pool, user) = (
            found.conversation.pool.clone(),
            found.conversation.user.clone(),
        );
        if let Ok(user) = self.pool_mut(&pool)?.user_mut(&user) {
            user.attempts.failed(now);
        }
        Ok(())
    }

    /// The open `DEVICE_SRP_AUTH` of a user and a device, for clients that answer it without a
    /// session, or with that of the challenge before.
    pub(crate) fn device_asked(
        &self,
        client: &Client,
        username: &str,
        key: &str,
    ) -> Option<String> {
        let user = self.pool(&client.pool).ok()?.find(username)?;
        let own = owner(&client.id, Some(&user.sub));
        let found = self.challenges.newest_of(&own).find(|(_, challenge)| {
            matches!(challenge.state, State::Open(Question::Device))
                && challenge.conversation.device.as_deref() == Some(key)
        });
        found.map(|(handle, _)| handle.to_owned())
    }

    /// Whether a handle is of a challenge that was answered in the same conversation.
    pub(crate) fn was_before(&self, earlier: &str, later: &str) -> bool {
        let find = |handle| self.challenges.find(handle);
        match (find(earlier), find(later)) {
            (Some(earlier), Some(later)) => {
                matches!(earlier.state, State::Answered)
                    && earlier.conversation.id == later.conversation.id
            }
            (None, _) | (_, None) => false,
        }
    }

    /// Refuses a device that is not the user's, where the pool knows devices at all.
    pub(crate) fn check_device(
        &self,
        conversation: &Conversation,
        key: &str,
    ) -> Result<(), Failure> {
        let pool = self.pool(&conversation.pool)?;
        if pool.rules.devices.is_none() {
            return Ok(());
        }
        let user = pool.user(&conversation.user).map_err(|_| device::gone())?;
        user.check_device(key).map(|_| ())
    }
}

/// Whose challenge it is: a user's at an app client. All who do not exist are one, whatever names
/// they make up.
fn owner(client: &str, sub: Option<&str>) -> String {
    format!("{client} {}", sub.unwrap_or("nobody"))
}

/// What Cognito says to a session that is none, or somebody else's.
pub(crate) fn invalid_session() -> Failure {
    Failure::not_authorized("Invalid session for the user.")
}

/// What Cognito says to a code that it did not send, and to one for another challenge.
pub(crate) fn code_mismatch() -> Failure {
    Failure::new(
        "CodeMismatchException",
        "Invalid code or auth state for the user.",
    )
}

fn session_expired() -> Failure {
    Failure::not_authorized("Invalid session for the user, session is expired.")
}

#[cfg(test)]
mod tests;
