//! The next steps of a sign-in: `RespondToAuthChallenge` and `AdminRespondToAuthChallenge`.

use serde_json::{Value, json};

use crate::{
    auth::{Door, parameter},
    client::Client,
    conversation::{Conversation, Question},
    schema::{Writer, Writing},
    srp::{Verifier, Who},
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
        let answers = fields.inside("ChallengeResponses")?;
        let user = parameter(answers, "USERNAME")?;
        self.journal.note.username = Some(user.to_owned());
        self.journal.note.device(answers.maybe_text("DEVICE_KEY")?);
        client.check_hash(user, answers.maybe_text("SECRET_HASH")?)?;
        let session = fields
            .maybe_text("Session")?
            .filter(|text| !text.is_empty());
        // Handshakes are known by their secret block; all else by its session.
        let needed = || {
            session.ok_or_else(|| Failure::invalid_parameter("Missing required parameter Session"))
        };
        match name {
            "PASSWORD_VERIFIER" => self.answer_proof(&client, user, session, answers),
            "DEVICE_SRP_AUTH" => self.answer_device(&client, user, session, answers),
            "DEVICE_PASSWORD_VERIFIER" => self.answer_device_proof(&client, user, session, answers),
            "NEW_PASSWORD_REQUIRED" => self.answer_new_password(&client, user, needed()?, answers),
            "SMS_MFA" | "EMAIL_OTP" | "SMS_OTP" => {
                self.answer_code(&client, user, needed()?, name, answers)
            }
            "SOFTWARE_TOKEN_MFA" => self.answer_software_token(&client, user, needed()?, answers),
            "SELECT_MFA_TYPE" => self.answer_selection(&client, user, needed()?, answers),
            "MFA_SETUP" => self.answer_set_up(&client, user, needed()?, answers),
            "SELECT_CHALLENGE" => self.answer_choice(&client, user, needed()?, answers),
            "PASSWORD" => self.answer_password(&client, user, needed()?, answers),
            "PASSWORD_SRP" => self.answer_password_srp(&client, user, needed()?, answers),
            "CUSTOM_CHALLENGE" => self.answer_custom(&client, user, needed()?, answers),
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

    fn answer_new_password(
        &mut self,
        client: &Client,
        username: &str,
        session: &str,
        responses: Fields<'_>,
    ) -> Answer {
        let name = "NEW_PASSWORD_REQUIRED";
        let (conversation, _) = self.asked(client, Some(username), session, name)?;
        let password = parameter(responses, "NEW_PASSWORD")?;
        self.journal.secret("password", password);
        let pool = self.pool(&client.pool)?;
        pool.policy.check(password)?;
        let given: Vec<(String, String)> = responses
            .names()
            .filter_map(|name| Some((name, name.strip_prefix("userAttributes.")?)))
            .map(|(name, attribute)| Ok((attribute.to_owned(), responses.text(name)?.to_owned())))
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
        let conversation = self.settle(session, responses)?;
        let pool = self.pool_mut(&client.pool)?;
        let short_name = pool.short_name().to_owned();
        let user = pool.user_mut(&conversation.user)?;
        for (name, value) in given {
            let verified = format!("{name}_verified");
            if user.attributes.get(&name) != Some(&value) {
                user.attributes.remove(&verified);
            }
            user.attributes.insert(name, value);
        }
        let who = Who {
            name: &short_name,
            user: &user.username,
        };
        user.password = Some(Verifier::new(who, password));
        user.status = Status::Confirmed;
        user.temporary_until = None;
        user.modified = now;
        self.go_on(client, conversation)
    }
}
