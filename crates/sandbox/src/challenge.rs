//! The next steps of a sign-in: `RespondToAuthChallenge` and `AdminRespondToAuthChallenge`.

use serde_json::{Value, json};

use crate::{
    auth::Door,
    client::Client,
    conversation::{Conversation, Question},
    schema::{Writer, Writing},
    session::invalid_session,
    user::Status,
    wire::{Answer, Failure, Fields, missing_parameter},
    world::World,
};

/// What somebody answers to a challenge.
pub(crate) struct Response<'a> {
    pub(crate) client: &'a Client,
    /// `USERNAME`
    pub(crate) username: &'a str,
    /// `ChallengeName`
    pub(crate) name: &'a str,
    /// `Session`, where one came along. Handshakes are known by their secret block; all else by
    /// its session.
    pub(crate) maybe_session: Option<&'a str>,
    /// `ChallengeResponses`
    pub(crate) fields: Fields<'a>,
}

impl<'a> Response<'a> {
    /// The session of a challenge that is known by it.
    pub(crate) fn session(&self) -> Result<&'a str, Failure> {
        self.maybe_session
            .ok_or_else(|| missing_parameter("Session"))
    }

    /// Refuses a session other than the one that went out with a handshake.
    pub(crate) fn goes_with(&self, given_out: Option<&str>) -> Result<(), Failure> {
        if self.maybe_session.is_some() && self.maybe_session != given_out {
            return Err(invalid_session());
        }
        Ok(())
    }
}

impl World {
    /// `RespondToAuthChallenge`, `AdminRespondToAuthChallenge`
    pub(crate) fn respond_to_auth_challenge(&mut self, fields: Fields<'_>, door: Door) -> Answer {
        let client = self.client_at(fields, door)?;
        let name = fields.text("ChallengeName")?;
        self.journal.note.flow = Some(name.to_owned());
        let responses = fields.inside("ChallengeResponses")?;
        let username = responses.full_parameter("USERNAME")?;
        self.journal.note.username = Some(username.to_owned());
        self.journal
            .note
            .device(responses.maybe_text("DEVICE_KEY")?);
        client.check_hash(username, responses.maybe_text("SECRET_HASH")?)?;
        let session = fields.maybe_text("Session")?;
        let response = Response {
            client: &client,
            username,
            name,
            maybe_session: session.filter(|text| !text.is_empty()),
            fields: responses,
        };
        if let Some(session) = response.maybe_session {
            self.check_door(session, door)?;
        }
        match name {
            "PASSWORD_VERIFIER" => self.answer_proof(&response),
            "DEVICE_SRP_AUTH" => self.answer_device(&response),
            "DEVICE_PASSWORD_VERIFIER" => self.answer_device_proof(&response),
            "NEW_PASSWORD_REQUIRED" => self.answer_new_password(&response),
            "SMS_MFA" | "EMAIL_OTP" | "SMS_OTP" => self.answer_code(&response),
            "SOFTWARE_TOKEN_MFA" => self.answer_software_token(&response),
            "SELECT_MFA_TYPE" => self.answer_selection(&response),
            "MFA_SETUP" => self.answer_set_up(&response),
            "SELECT_CHALLENGE" => self.answer_choice(&response),
            "PASSWORD" => self.answer_password(&response),
            "PASSWORD_SRP" => self.answer_password_srp(&response),
            "CUSTOM_CHALLENGE" => self.answer_custom(&response),
            "WEB_AUTHN" => Err(Failure::invalid_parameter(
                "The sandbox has no WEB_AUTHN challenge.",
            )),
            _ => Err(Failure::invalid_parameter(format!(
                "1 validation error detected: Value '{name}' at 'challengeName' failed to satisfy constraint: Member must satisfy enum value set"
            ))),
        }
    }

    /// Asks for a new password in place of a temporary one.
    pub(crate) fn ask_new_password(
        &mut self,
        client: &Client,
        conversation: Conversation,
    ) -> Answer {
        let pool = self.pool(&client.pool)?;
        let user = pool.user(&conversation.user)?;
        let missing = |attribute: &&String| !user.attributes.contains_key(*attribute);
        let required: Vec<String> = pool
            .required
            .iter()
            .filter(missing)
            .map(|attribute| format!("userAttributes.{attribute}"))
            .collect();
        let shown: Value = user
            .attributes
            .iter()
            .filter(|(attribute, _)| *attribute != "sub")
            .map(|(attribute, value)| (attribute.clone(), json!(value)))
            .collect::<serde_json::Map<_, _>>()
            .into();
        let parameters = json!({
            "USER_ID_FOR_SRP": conversation.user,
            "requiredAttributes": json!(required).to_string(),
            "userAttributes": shown.to_string(),
        });
        self.ask(client, conversation, Question::NewPassword, parameters)
    }

    fn answer_new_password(&mut self, response: &Response<'_>) -> Answer {
        let (conversation, _) = self.asked_for(response)?;
        let password = response.fields.full_parameter("NEW_PASSWORD")?;
        self.journal.secret("password", password);
        let pool = self.pool(&conversation.pool)?;
        pool.policy.check(password)?;
        let fields = response.fields;
        let given: Vec<(String, String)> = fields
            .names()
            .filter_map(|name| Some((name, name.strip_prefix("userAttributes.")?)))
            .map(|(name, attribute)| Ok((attribute.to_owned(), fields.text(name)?.to_owned())))
            .collect::<Result<_, Failure>>()?;
        let user = pool.user(&conversation.user)?;
        let has = |name: &String| user.attributes.get(name).is_some_and(|v| !v.is_empty());
        let again = |(name, _): &&(String, String)| pool.required.contains(name) && has(name);
        if let Some((name, _)) = given.iter().find(again) {
            return Err(Failure::not_authorized(format!(
                "Cannot modify an already provided {name}"
            )));
        }
        for attribute in &pool.required {
            let told = |(name, value): &(String, String)| name == attribute && !value.is_empty();
            if !user.attributes.contains_key(attribute) && !given.iter().any(told) {
                return Err(Failure::invalid_parameter(format!(
                    "Invalid attributes given, {attribute} is missing"
                )));
            }
        }
        pool.schema.check(&given, Writer::User, Writing::New)?;
        let now = self.clock.now();
        user.may_enter(now)?;
        let conversation = self.settle(response)?;
        let pool = self.pool_mut(&conversation.pool)?;
        let short_name = pool.short_name().to_owned();
        let user = pool.user_mut(&conversation.user)?;
        for (name, value) in given {
            let verified = format!("{name}_verified");
            if user.attributes.get(&name) != Some(&value) {
                user.attributes.remove(&verified);
            }
            user.attributes.insert(name, value);
        }
        user.set_password(&short_name, password);
        user.status = Status::Confirmed;
        user.temporary_until = None;
        user.modified = now;
        self.go_on(response.client, conversation)
    }
}
