//! App clients: which flows they may use, their secret, how long their tokens live.

use std::collections::BTreeSet;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::{
    clock::Moment,
    oauth::OAuth,
    random,
    srp::{hmac_sha256, same},
    wire::{Answer, Failure, Fields},
    world::World,
};

/// An app client.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) id: String,
    pub(crate) pool: String,
    pub(crate) name: String,
    pub(crate) secret: Option<String>,
    pub(crate) created: Moment,
    pub(crate) flows: BTreeSet<Flow>,
    pub(crate) rotation: Rotation,
    pub(crate) access_seconds: i64,
    pub(crate) id_seconds: i64,
    pub(crate) refresh_seconds: i64,
    /// `AuthSessionValidity`, in minutes.
    pub(crate) session_minutes: i64,
    /// `EnableTokenRevocation`
    pub(crate) revocation: bool,
    /// `PreventUserExistenceErrors`
    pub(crate) strangers: Strangers,
    /// What it may do in a browser.
    pub(crate) oauth: OAuth,
}

/// `RefreshTokenRotation`
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rotation {
    /// A refresh token lives until its end.
    Off,
    /// Each use makes a new one; the old one works for that many seconds more.
    On { grace_seconds: i64 },
}

/// How a sign-in of a user who does not exist is answered.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strangers {
    /// `LEGACY`: `UserNotFoundException`.
    Named,
    /// `ENABLED`: like a wrong password.
    Hidden,
}

/// `ExplicitAuthFlows`
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Flow {
    Srp,
    Password,
    AdminPassword,
    Refresh,
    Custom,
    Choice,
}

impl Flow {
    const ALL: [Self; 6] = [
        Self::Srp,
        Self::Password,
        Self::AdminPassword,
        Self::Refresh,
        Self::Custom,
        Self::Choice,
    ];

    fn allow(self) -> &'static str {
        match self {
            Self::Srp => "ALLOW_USER_SRP_AUTH",
            Self::Password => "ALLOW_USER_PASSWORD_AUTH",
            Self::AdminPassword => "ALLOW_ADMIN_USER_PASSWORD_AUTH",
            Self::Refresh => "ALLOW_REFRESH_TOKEN_AUTH",
            Self::Custom => "ALLOW_CUSTOM_AUTH",
            Self::Choice => "ALLOW_USER_AUTH",
        }
    }

    fn read(names: &[String]) -> Result<BTreeSet<Self>, Failure> {
        if names.is_empty() {
            return Ok([Self::Srp, Self::Custom, Self::Refresh].into());
        }
        let flow = |name: &String| Self::ALL.into_iter().find(|flow| flow.allow() == name);
        names
            .iter()
            .map(|name| {
                flow(name).ok_or_else(|| {
                    Failure::invalid_parameter(format!("Invalid explicit auth flow {name}"))
                })
            })
            .collect()
    }
}

impl Client {
    /// `SECRET_HASH` of a user name, where the client has a secret.
    pub(crate) fn hash(&self, username: &str) -> Option<String> {
        let message = format!("{username}{}", self.id);
        let secret = self.secret.as_ref()?;
        Some(STANDARD.encode(hmac_sha256(secret.as_bytes(), message.as_bytes())))
    }

    /// Checks `SECRET_HASH`: base64 of HMAC-SHA256 over user name and client id, by the secret.
    pub(crate) fn check_hash(&self, username: &str, hash: Option<&str>) -> Result<(), Failure> {
        let right = match (&self.secret, hash) {
            (None, None) => return Ok(()),
            (Some(_), None) => {
                return Err(Failure::not_authorized(format!(
                    "Client {} is configured with secret but SECRET_HASH was not received",
                    self.id
                )));
            }
            (None, Some(_)) => false,
            (Some(secret), Some(hash)) => {
                let message = format!("{username}{}", self.id);
                let right = hmac_sha256(secret.as_bytes(), message.as_bytes());
                STANDARD.decode(hash).is_ok_and(|hash| same(&right, &hash))
            }
        };
        if right {
            Ok(())
        } else {
            Err(self.wrong_secret())
        }
    }

    /// Checks a client secret that is sent as it is.
    pub(crate) fn check_secret(&self, secret: Option<&str>) -> Result<(), Failure> {
        match (&self.secret, secret) {
            (None, None) => Ok(()),
            (Some(right), Some(secret)) if same(right.as_bytes(), secret.as_bytes()) => Ok(()),
            (Some(_), None) => Err(Failure::not_authorized(format!(
                "Client {} is configured with secret but client secret was not received",
                self.id
            ))),
            (None | Some(_), Some(_)) => Err(self.wrong_secret()),
        }
    }

    fn wrong_secret(&self) -> Failure {
        Failure::not_authorized(format!(
            "Unable to verify secret hash for client {}",
            self.id
        ))
    }

    fn describe(&self, world: &World) -> Value {
        let created = world.clock.tell(self.created).fraction();
        let rotation = match self.rotation {
            Rotation::Off => json!({ "Feature": "DISABLED" }),
            Rotation::On { grace_seconds } => {
                json!({ "Feature": "ENABLED", "RetryGracePeriodSeconds": grace_seconds })
            }
        };
        let mut answer = json!({
            "UserPoolId": self.pool,
            "ClientId": self.id,
            "ClientName": self.name,
            "CreationDate": created,
            "LastModifiedDate": created,
            "ExplicitAuthFlows": self.flows.iter().map(|flow| flow.allow()).collect::<Vec<_>>(),
            "AccessTokenValidity": self.access_seconds,
            "IdTokenValidity": self.id_seconds,
            "RefreshTokenValidity": self.refresh_seconds,
            "TokenValidityUnits": {
                "AccessToken": "seconds", "IdToken": "seconds", "RefreshToken": "seconds",
            },
            "AuthSessionValidity": self.session_minutes,
            "EnableTokenRevocation": self.revocation,
            "RefreshTokenRotation": rotation,
            "PreventUserExistenceErrors": match self.strangers {
                Strangers::Named => "LEGACY",
                Strangers::Hidden => "ENABLED",
            },
        });
        self.oauth.describe(&mut answer);
        if let Some(secret) = &self.secret {
            answer["ClientSecret"] = json!(secret);
        }
        answer
    }
}

impl World {
    /// Finds an app client.
    pub(crate) fn client(&mut self, id: &str) -> Result<Client, Failure> {
        self.journal.note.client_id = Some(id.to_owned());
        self.clients.get(id).cloned().ok_or_else(|| no_client(id))
    }

    /// `CreateUserPoolClient`
    pub(crate) fn create_user_pool_client(&mut self, fields: Fields<'_>) -> Answer {
        self.create_user_pool_client_as(fields, random::text(random::LOWER, 26))
    }

    /// `CreateUserPoolClient`, under a chosen id.
    pub(crate) fn create_user_pool_client_as(&mut self, fields: Fields<'_>, id: String) -> Answer {
        self.room_for_client()?;
        let pool = self.pool(fields.text("UserPoolId")?)?.id.clone();
        let secret = fields
            .flag("GenerateSecret")?
            .then(|| random::text(random::LOWER, 52));
        let units = fields.inside("TokenValidityUnits")?;
        let life = |name: &str, unit: &str, default: (i64, &str), range: (i64, i64)| {
            let amount = fields
                .maybe_number(name)?
                .filter(|n| *n != 0)
                .unwrap_or(default.0);
            let seconds =
                amount.saturating_mul(seconds_in(units.maybe_text(unit)?.unwrap_or(default.1))?);
            if (range.0..=range.1).contains(&seconds) {
                Ok(seconds)
            } else {
                Err(Failure::invalid_parameter(format!(
                    "Invalid range for token validity: {name}"
                )))
            }
        };
        let client = Client {
            name: fields.text("ClientName")?.to_owned(),
            created: self.clock.now(),
            flows: Flow::read(&fields.texts("ExplicitAuthFlows")?)?,
            rotation: rotation(fields.inside("RefreshTokenRotation")?)?,
            access_seconds: life(
                "AccessTokenValidity",
                "AccessToken",
                (1, "hours"),
                (300, DAY),
            )?,
            id_seconds: life("IdTokenValidity", "IdToken", (1, "hours"), (300, DAY))?,
            refresh_seconds: life(
                "RefreshTokenValidity",
                "RefreshToken",
                (30, "days"),
                (3600, 3650 * DAY),
            )?,
            session_minutes: fields.maybe_number("AuthSessionValidity")?.unwrap_or(3),
            revocation: fields.maybe_flag("EnableTokenRevocation")?.unwrap_or(true),
            strangers: match fields.maybe_text("PreventUserExistenceErrors")? {
                Some("ENABLED") => Strangers::Hidden,
                Some("LEGACY") | None => Strangers::Named,
                Some(_) => {
                    return Err(Failure::invalid_parameter(
                        "Invalid PreventUserExistenceErrors",
                    ));
                }
            },
            oauth: OAuth::read(self, &pool, fields, secret.is_some())?,
            id: id.clone(),
            pool,
            secret,
        };
        if !(3..=15).contains(&client.session_minutes) {
            return Err(Failure::invalid_parameter(
                "AuthSessionValidity must be between 3 and 15.",
            ));
        }
        if let Some(secret) = &client.secret {
            self.journal.secret("client_secret", secret);
        }
        let answer = client.describe(self);
        self.clients.insert(id, client);
        Ok(json!({ "UserPoolClient": answer }))
    }

    /// `DescribeUserPoolClient`
    pub(crate) fn describe_user_pool_client(&mut self, fields: Fields<'_>) -> Answer {
        let client = self.client(fields.text("ClientId")?)?;
        if client.pool != fields.text("UserPoolId")? {
            return Err(no_client(&client.id));
        }
        Ok(json!({ "UserPoolClient": client.describe(self) }))
    }
}

const DAY: i64 = 86_400;

fn seconds_in(unit: &str) -> Result<i64, Failure> {
    match unit {
        "seconds" => Ok(1),
        "minutes" => Ok(60),
        "hours" => Ok(3600),
        "days" => Ok(DAY),
        _ => Err(Failure::invalid_parameter(format!(
            "Invalid token validity unit {unit}"
        ))),
    }
}

fn rotation(fields: Fields<'_>) -> Result<Rotation, Failure> {
    let grace_seconds = fields.maybe_number("RetryGracePeriodSeconds")?.unwrap_or(0);
    if !(0..=60).contains(&grace_seconds) {
        return Err(Failure::invalid_parameter(
            "RetryGracePeriodSeconds must be between 0 and 60.",
        ));
    }
    match fields.maybe_text("Feature")? {
        Some("ENABLED") => Ok(Rotation::On { grace_seconds }),
        Some("DISABLED") | None => Ok(Rotation::Off),
        Some(_) => Err(Failure::invalid_parameter(
            "Invalid RefreshTokenRotation feature",
        )),
    }
}

fn no_client(id: &str) -> Failure {
    Failure::not_found(format!("User pool client {id} does not exist."))
}
