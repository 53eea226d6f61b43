//! The first step of a sign-in: `InitiateAuth` and `AdminInitiateAuth`.

use crate::{
    client::{Client, Flow, Strangers},
    conversation::{Conversation, Custom},
    proof::WithSession,
    user::{Status, reset_required},
    wire::{Answer, Failure, Fields},
    world::World,
};

/// Which door a sign-in came through.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    /// `InitiateAuth`, `RespondToAuthChallenge`: open to all.
    Public,
    /// `AdminInitiateAuth`, `AdminRespondToAuthChallenge`: signed by the administrator.
    Admin,
    /// The pages of managed login.
    Browser,
}

impl World {
    /// `InitiateAuth`, `AdminInitiateAuth`
    pub(crate) fn initiate_auth(&mut self, fields: Fields<'_>, door: Door) -> Answer {
        let client = self.client_at(fields, door)?;
        let flow = fields.text("AuthFlow")?;
        self.journal.note.flow = Some(flow.to_owned());
        let parameters = fields.inside("AuthParameters")?;
        match (flow, door) {
            ("USER_SRP_AUTH", _) => {
                allow(
                    &client,
                    Flow::Srp,
                    "USER_SRP_AUTH is not enabled for the client.",
                )?;
                self.start_srp(&client, parameters)
            }
            ("USER_PASSWORD_AUTH", _) => {
                let refusal = "USER_PASSWORD_AUTH flow not enabled for this client";
                allow(&client, Flow::Password, refusal)?;
                self.start_password(&client, parameters)
            }
            ("ADMIN_USER_PASSWORD_AUTH" | "ADMIN_NO_SRP_AUTH", Door::Admin) => {
                allow(
                    &client,
                    Flow::AdminPassword,
                    "Auth flow not enabled for this client",
                )?;
                self.start_password(&client, parameters)
            }
            ("USER_AUTH", _) => {
                allow(
                    &client,
                    Flow::Choice,
                    "USER_AUTH is not enabled for the client.",
                )?;
                self.start_choice(&client, fields.maybe_text("Session")?, parameters)
            }
            ("CUSTOM_AUTH", _) => {
                allow(
                    &client,
                    Flow::Custom,
                    "CUSTOM_AUTH is not enabled for the client.",
                )?;
                self.start_custom(&client, parameters)
            }
            ("REFRESH_TOKEN_AUTH" | "REFRESH_TOKEN", _) => {
                allow(
                    &client,
                    Flow::Refresh,
                    "REFRESH_TOKEN_AUTH is not enabled for the client.",
                )?;
                self.refresh_by_flow(&client, parameters)
            }
            ("ADMIN_USER_PASSWORD_AUTH" | "ADMIN_NO_SRP_AUTH", Door::Public | Door::Browser) => {
                Err(Failure::invalid_parameter(
                    "Initiate Auth method not supported.",
                ))
            }
            (_, Door::Public | Door::Admin | Door::Browser) => {
                Err(Failure::invalid_parameter(format!(
                    "1 validation error detected: Value '{flow}' at 'authFlow' failed to satisfy constraint: Member must satisfy enum value set"
                )))
            }
        }
    }

    /// The app client of a call, which an administrator names together with its pool.
    pub(crate) fn client_at(&mut self, fields: Fields<'_>, door: Door) -> Result<Client, Failure> {
        let client = self.client(fields.text("ClientId")?)?;
        if door == Door::Admin && client.pool != self.pool(fields.text("UserPoolId")?)?.id {
            return Err(Failure::not_found(format!(
                "User pool client {} does not exist.",
                client.id
            )));
        }
        Ok(client)
    }

    fn start_srp(&mut self, client: &Client, parameters: Fields<'_>) -> Answer {
        let conversation = self.begin(client, parameters)?;
        let srp_a = parameters.full_parameter("SRP_A")?;
        self.ask_proof(client, conversation, srp_a, WithSession::No)
    }

    fn start_password(&mut self, client: &Client, parameters: Fields<'_>) -> Answer {
        let conversation = self.begin(client, parameters)?;
        let password = parameters.full_parameter("PASSWORD")?;
        self.password_is(client, conversation, password)
    }

    fn start_custom(&mut self, client: &Client, parameters: Fields<'_>) -> Answer {
        self.has_custom(client)?;
        let mut conversation = self.begin(client, parameters)?;
        let custom = Custom::default();
        conversation.custom = Some(custom);
        match parameters.maybe_text("CHALLENGE_NAME")? {
            None => self.ask_custom(client, conversation, custom),
            Some("SRP_A") => {
                let srp_a = parameters.full_parameter("SRP_A")?;
                self.ask_proof(client, conversation, srp_a, WithSession::Yes)
            }
            Some(other) => Err(Failure::invalid_parameter(format!(
                "Invalid challenge name {other}."
            ))),
        }
    }

    /// The beginning of every sign-in: who it is, and whether that user may try at all.
    pub(crate) fn begin(
        &mut self,
        client: &Client,
        parameters: Fields<'_>,
    ) -> Result<Conversation, Failure> {
        let given = parameters.full_parameter("USERNAME")?;
        client.check_hash(given, parameters.maybe_text("SECRET_HASH")?)?;
        self.journal.note.username = Some(given.to_owned());
        self.journal
            .note
            .device(parameters.maybe_text("DEVICE_KEY")?);
        let now = self.clock.now();
        let user = match self.pool(&client.pool)?.find(given) {
            Some(user) => {
                user.attempts.check(now)?;
                if user.status == Status::ExternalProvider {
                    return Err(Failure::not_authorized(
                        "User is not authorized to get auth details.",
                    ));
                }
                if user.status == Status::ResetRequired {
                    return Err(reset_required());
                }
                Ok(user)
            }
            None if client.strangers == Strangers::Named => return Err(Failure::no_user()),
            None => Err(given),
        };
        Conversation::new(client, user, parameters)
    }

    /// Goes on after a password that was sent.
    pub(crate) fn password_is(
        &mut self,
        client: &Client,
        conversation: Conversation,
        password: &str,
    ) -> Answer {
        self.journal.secret("password", password);
        let pool = self.pool(&client.pool)?;
        let user = pool.user(&conversation.user);
        let right = user.is_ok_and(|user| user.has_password(pool.short_name(), password));
        if right {
            self.password_was_right(client, conversation)
        } else {
            Err(self.wrong_proof(&conversation))
        }
    }

    /// Goes on after a password was sent or proven, and is the right one.
    pub(crate) fn password_was_right(
        &mut self,
        client: &Client,
        mut conversation: Conversation,
    ) -> Answer {
        self.journal.note.username = Some(conversation.user.clone());
        conversation.password_known = true;
        self.go_on(client, conversation)
    }
}

/// What Cognito says to a wrong password, and to much else.
pub(crate) fn wrong_password() -> Failure {
    Failure::not_authorized("Incorrect username or password.")
}

fn allow(client: &Client, flow: Flow, refusal: &str) -> Result<(), Failure> {
    if client.flows.contains(&flow) {
        Ok(())
    } else {
        Err(Failure::invalid_parameter(refusal))
    }
}
