//! The first step of a sign-in: `InitiateAuth` and `AdminInitiateAuth`.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::{
    client::{Client, Flow, Strangers},
    clock::Moment,
    random,
    srp::{Handshake, Verifier, Who},
    user::{Status, reset_required},
    wire::{Answer, Failure, Fields},
    world::World,
};

/// A question that was put to somebody who signs in.
pub(crate) struct Challenge {
    pub(crate) client: String,
    pub(crate) pool: String,
    /// The user's name; of somebody who does not exist, the name that was given.
    pub(crate) user: String,
    pub(crate) until: Moment,
    pub(crate) question: Question,
}

/// What is asked.
pub(crate) enum Question {
    /// `PASSWORD_VERIFIER`
    Proof(Box<Handshake>),
    /// `NEW_PASSWORD_REQUIRED`
    NewPassword,
}

/// Which door a sign-in came through.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    /// `InitiateAuth`, `RespondToAuthChallenge`: open to all.
    Public,
    /// `AdminInitiateAuth`, `AdminRespondToAuthChallenge`: signed by the administrator.
    Admin,
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
            ("REFRESH_TOKEN_AUTH" | "REFRESH_TOKEN", _) => {
                allow(
                    &client,
                    Flow::Refresh,
                    "REFRESH_TOKEN_AUTH is not enabled for the client.",
                )?;
                self.refresh_by_flow(&client, parameters)
            }
            ("ADMIN_USER_PASSWORD_AUTH" | "ADMIN_NO_SRP_AUTH", Door::Public) => Err(
                Failure::invalid_parameter("Initiate Auth method not supported."),
            ),
            ("USER_AUTH" | "CUSTOM_AUTH", _) => Err(Failure::invalid_parameter(format!(
                "The sandbox has no {flow} flow."
            ))),
            (_, Door::Public | Door::Admin) => Err(Failure::invalid_parameter(format!(
                "1 validation error detected: Value '{flow}' at 'authFlow' failed to satisfy constraint: Member must satisfy enum value set"
            ))),
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
        let given = username(parameters)?;
        client.check_hash(given, parameters.maybe_text("SECRET_HASH")?)?;
        let srp_a = parameters
            .maybe_text("SRP_A")?
            .ok_or_else(|| Failure::invalid_parameter("Missing required parameter SRP_A"))?;
        self.journal.note.username = Some(given.to_owned());
        let now = self.clock.now();
        let pool = self.pool(&client.pool)?;

        let known = match pool.find(given) {
            Some(user) => {
                user.attempts.check(now)?;
                if user.status == Status::ResetRequired {
                    return Err(reset_required());
                }
                user.password
                    .clone()
                    .map(|verifier| (user.username.clone(), verifier))
            }
            None if client.strangers == Strangers::Named => return Err(Failure::no_user()),
            None => None,
        };
        let (user, verifier) = known.unwrap_or_else(|| {
            let who = Who {
                name: pool.short_name(),
                user: given,
            };
            (given.to_owned(), Verifier::of_nobody(who, &pool.secret))
        });
        let handshake = Handshake::open(&verifier, srp_a)
            .map_err(|_| Failure::invalid_parameter("Invalid SRP_A"))?;

        // As long as AWS's own, so that nobody relies on a short one.
        let mut block = vec![0; 900];
        random::fill(&mut block);
        let block = STANDARD.encode(block);
        let answer = json!({
            "ChallengeName": "PASSWORD_VERIFIER",
            "ChallengeParameters": {
                "SALT": handshake.salt(),
                "SECRET_BLOCK": block,
                "SRP_B": handshake.public(),
                "USERNAME": user,
                "USER_ID_FOR_SRP": user,
            },
        });
        self.ask(client, block, user, Question::Proof(Box::new(handshake)));
        Ok(answer)
    }

    fn start_password(&mut self, client: &Client, parameters: Fields<'_>) -> Answer {
        let given = username(parameters)?;
        client.check_hash(given, parameters.maybe_text("SECRET_HASH")?)?;
        let password = parameters
            .maybe_text("PASSWORD")?
            .ok_or_else(|| Failure::invalid_parameter("Missing required parameter PASSWORD"))?;
        self.journal.note.username = Some(given.to_owned());
        self.journal.secret("password", password);
        let now = self.clock.now();
        let pool = self.pool(&client.pool)?;

        let Some(user) = pool.find(given) else {
            return Err(match client.strangers {
                Strangers::Named => Failure::no_user(),
                Strangers::Hidden => wrong_password(),
            });
        };
        user.attempts.check(now)?;
        if user.status == Status::ResetRequired {
            return Err(reset_required());
        }
        let who = Who {
            name: pool.short_name(),
            user: &user.username,
        };
        let right = user
            .password
            .as_ref()
            .is_some_and(|v| v.accepts(who, password));
        let name = user.username.clone();
        self.password_was(client, &name, right)
    }

    /// Goes on after a password was proven, or was not.
    pub(crate) fn password_was(&mut self, client: &Client, name: &str, right: bool) -> Answer {
        self.journal.note.username = Some(name.to_owned());
        let now = self.clock.now();
        let pool = self.pool_mut(&client.pool)?;
        let key = pool.fold(name);
        let user = pool.users.get_mut(&key).ok_or_else(wrong_password)?;
        if !right {
            user.attempts.failed(now);
            return Err(wrong_password());
        }
        user.attempts.succeeded();
        user.may_enter(now)?;
        if user.status != Status::ForceChangePassword {
            return self.sign_in(client, name);
        }

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
        let session = random::base64url(600);
        self.journal.secret("session", &session);
        self.ask(
            client,
            session.clone(),
            name.to_owned(),
            Question::NewPassword,
        );
        Ok(json!({
            "ChallengeName": "NEW_PASSWORD_REQUIRED",
            "Session": session,
            "ChallengeParameters": {
                "USER_ID_FOR_SRP": name,
                "requiredAttributes": json!(required).to_string(),
                "userAttributes": shown.to_string(),
            },
        }))
    }

    fn ask(&mut self, client: &Client, handle: String, user: String, question: Question) {
        let until = self.clock.now().plus(client.session_minutes * 60);
        let (pool, client) = (client.pool.clone(), client.id.clone());
        self.challenges.put(
            handle,
            Challenge {
                client,
                pool,
                user,
                until,
                question,
            },
        );
    }
}

/// What Cognito says to a wrong password, and to much else.
pub(crate) fn wrong_password() -> Failure {
    Failure::not_authorized("Incorrect username or password.")
}

fn username<'a>(parameters: Fields<'a>) -> Result<&'a str, Failure> {
    parameters
        .maybe_text("USERNAME")?
        .filter(|name| !name.is_empty())
        .ok_or_else(|| Failure::invalid_parameter("Missing required parameter USERNAME"))
}

fn allow(client: &Client, flow: Flow, refusal: &str) -> Result<(), Failure> {
    if client.flows.contains(&flow) {
        Ok(())
    } else {
        Err(Failure::invalid_parameter(refusal))
    }
}
