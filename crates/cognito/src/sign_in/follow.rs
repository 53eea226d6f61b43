//! What Cognito wants next: a proof that needs nobody, or something that only the person knows.

use std::collections::BTreeMap;

use aws_sdk_cognitoidentityprovider::types::AuthenticationResultType;
use poolkey_core::config::Flow;
use poolkey_core::conversation::{CodeFor, Medium, Question};
use poolkey_core::fault::{Fault, FaultKind};
use poolkey_core::secret::Secret;
use poolkey_core::time::UnixTime;

use super::exchange::{Parameters, Reply};
use super::ways::{self, medium};
use super::{PREFERRED, SignIn, Turn};
use crate::call::Answered;
use crate::classify::Refusal;
use crate::srp::Opening;

/// What is at hand while Cognito is answered without asking the person: a password that was not
/// sent yet, and proofs that were begun.
#[derive(Default)]
pub(super) struct Hand<'a> {
    pub(super) password: Option<&'a Secret>,
    pub(super) opening: Option<Opening>,
    device: Option<Opening>,
}

pub(super) enum Next {
    Heard(Box<Answered<Reply>>),
    Asks(Question),
}

impl From<Answered<Reply>> for Next {
    fn from(heard: Answered<Reply>) -> Self {
        Self::Heard(Box::new(heard))
    }
}

impl<'a> Hand<'a> {
    pub(super) fn with(password: Option<&'a Secret>) -> Self {
        Self {
            password,
            ..Self::default()
        }
    }

    /// Begins the password's proof: `SRP_A`.
    pub(super) fn open(&mut self, parameters: &mut Parameters) -> Result<(), Refusal> {
        let opening = open()?;
        parameters.insert("SRP_A".into(), opening.srp_a());
        self.opening = Some(opening);
        Ok(())
    }

    /// The password, to be sent as it is; and only once.
    pub(super) fn give(&mut self, parameters: &mut Parameters) -> Option<&'a Secret> {
        let password = self.password.take()?;
        parameters.insert("PASSWORD".into(), password.expose().to_owned());
        Some(password)
    }
}

impl SignIn<'_> {
    /// Answers what needs nobody, until the person is asked or there are tokens.
    pub(super) async fn follow(
        &mut self,
        mut reply: Answered<Reply>,
        mut hand: Hand<'_>,
    ) -> Result<Turn, Refusal> {
        for _ in 0..MOST {
            self.moved = true;
            let Answered { output, server } = reply;
            if let Some(output) = output.result {
                return Ok(Turn::Tokens(Box::new(Answered { output, server })));
            }
            self.note(output)?;
            match self.next(server, &mut hand).await? {
                Next::Heard(heard) => reply = *heard,
                Next::Asks(question) => return Ok(Turn::Asks(question)),
            }
        }
        Err(strange("Cognito asks for one proof after the other"))
    }

    /// The challenge that Cognito waits on from here on.
    fn note(&mut self, reply: Reply) -> Result<(), Refusal> {
        let Some(challenge) = reply.challenge else {
            return Err(Refusal::plain(Fault::new(
                FaultKind::Lost,
                "Cognito answered the sign-in without tokens.",
            )));
        };
        let name = self.name().to_owned();
        let chosen = self.thread.parameters.remove(PREFERRED);
        self.thread.challenge = Some(challenge.as_str().to_owned());
        self.thread.session = reply.session.map(Secret::new);
        self.thread.parameters = reply.parameters.into_iter().collect();
        // The name behind an alias is told once.
        if name != self.typed() && self.name() == self.typed() {
            let parameters = &mut self.thread.parameters;
            parameters.insert("USER_ID_FOR_SRP".into(), name);
        }
        if let Some(chosen) = chosen {
            self.prefer(chosen);
        }
        if !reply.available.is_empty() {
            let names: Vec<_> = reply.available.iter().map(|name| name.as_str()).collect();
            let parameters = &mut self.thread.parameters;
            parameters.insert(ways::AVAILABLE.into(), names.join(","));
        }
        Ok(())
    }

    async fn next(
        &mut self,
        server: Option<UnixTime>,
        hand: &mut Hand<'_>,
    ) -> Result<Next, Refusal> {
        match self.challenge() {
            "PASSWORD_VERIFIER" => {
                let (Some(opening), Some(password)) = (hand.opening.take(), hand.password.take())
                else {
                    return Err(out_of_place());
                };
                let responses = self.prove(&opening, password, server)?;
                self.respond(responses, &[password]).await.map(Next::from)
            }
            name @ ("PASSWORD" | "PASSWORD_SRP") if self.spec.flow == Flow::UserAuth => {
                let wanted = name.to_owned();
                let Some(password) = hand.password else {
                    self.prefer(wanted);
                    return Ok(Next::Asks(self.password()));
                };
                let mut responses = Parameters::new();
                match (wanted.as_str(), self.preference()) {
                    ("PASSWORD_SRP", _) => hand.open(&mut responses)?,
                    ("PASSWORD", Some("PASSWORD")) => {
                        hand.give(&mut responses);
                    }
                    // A password that was to be proven is not sent because a server says so.
                    (_, _) => return Err(out_of_place()),
                }
                self.respond(responses, &[password]).await.map(Next::from)
            }
            "SELECT_CHALLENGE" if self.spec.flow == Flow::UserAuth => self.select_first().await,
            "PASSWORD" | "PASSWORD_SRP" | "SELECT_CHALLENGE" => Err(out_of_place()),
            "SELECT_MFA_TYPE" => self.select_second().await,
            "MFA_SETUP" => self.select_set_up().await.map(Next::Asks),
            "DEVICE_SRP_AUTH" => {
                if self.device().is_none() {
                    return Err(out_of_place());
                }
                let opening = open()?;
                let responses = Parameters::from([("SRP_A".into(), opening.srp_a())]);
                hand.device = Some(opening);
                self.respond(responses, &[]).await.map(Next::from)
            }
            "DEVICE_PASSWORD_VERIFIER" => {
                let Some(opening) = hand.device.take() else {
                    return Err(out_of_place());
                };
                let responses = self.prove_device(&opening, server)?;
                match self.respond(responses, &[]).await {
                    Ok(heard) => Ok(heard.into()),
                    Err(refusal) => Err(of_device(refusal)),
                }
            }
            "SMS_MFA" | "SMS_OTP" | "EMAIL_OTP" | "EMAIL_MFA" | "SOFTWARE_TOKEN_MFA" => {
                Ok(Next::Asks(self.code()))
            }
            "NEW_PASSWORD_REQUIRED" => {
                let required = self.parameter("requiredAttributes").unwrap_or_default();
                let attributes = ways::list(required)
                    .into_iter()
                    .map(|name| match name.strip_prefix("userAttributes.") {
                        Some(name) => name.to_owned(),
                        None => name,
                    })
                    .collect();
                Ok(Next::Asks(Question::NewPassword {
                    username: self.typed().to_owned(),
                    attributes,
                }))
            }
            "CUSTOM_CHALLENGE" => Ok(Next::Asks(Question::Custom {
                parameters: self.own_parameters(),
            })),
            "WEB_AUTHN" => Err(unsupported(PASSKEY)),
            "ADMIN_NO_SRP_AUTH" => Err(unsupported(
                "The user pool asks for an administrator's call with the password \
                 (ADMIN_NO_SRP_AUTH): set the login's flow to ADMIN_USER_PASSWORD_AUTH.",
            )),
            name => Err(unsupported(format!(
                "The user pool asks for something that is new ({name}), which this version of \
                 Poolkey cannot answer."
            ))),
        }
    }

    fn code(&self) -> Question {
        let medium = medium(self.challenge());
        let destination = match medium {
            Medium::App => self.parameter("FRIENDLY_DEVICE_NAME"),
            Medium::Email | Medium::Sms | Medium::Unknown => {
                self.parameter("CODE_DELIVERY_DESTINATION")
            }
        };
        Question::Code {
            code_for: CodeFor::SignIn,
            medium,
            destination: destination.map(str::to_owned),
            can_resend: self.is_first_factor(),
        }
    }

    /// Whether Cognito waits on a code that the sign-in began with, so that another one may be had
    /// by beginning so again.
    fn is_first_factor(&self) -> bool {
        let challenge = self.challenge();
        self.spec.flow == Flow::UserAuth
            && matches!(challenge, "EMAIL_OTP" | "SMS_OTP")
            && self.preference() == Some(challenge)
    }

    /// The parameters that are the pool's own.
    fn own_parameters(&self) -> BTreeMap<String, String> {
        let parameters = self.thread.parameters.iter();
        let mut room = MOST_SHOWN;
        parameters
            .filter(|(name, _)| !COGNITOS.contains(&name.as_str()))
            .filter_map(|(name, value)| {
                room = room.checked_sub(name.len() + value.len())?;
                Some((name.clone(), value.clone()))
            })
            .collect()
    }

    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let value = self.thread.parameters.get(name)?;
        (!value.is_empty()).then_some(value)
    }

    pub(super) fn told(&self, name: &str) -> Result<&str, Refusal> {
        self.parameter(name)
            .ok_or_else(|| strange(&format!("Cognito sent no {name}")))
    }
}

fn open() -> Result<Opening, Refusal> {
    Opening::new().map_err(|error| strange(&error.to_string()))
}

/// A device's proof that is not taken is not the person's fault, and the device is of no use.
fn of_device(mut refusal: Refusal) -> Refusal {
    if refusal.fault.kind == FaultKind::Wrong {
        refusal.fault.kind = FaultKind::DeviceGone;
        return Refusal::plain(refusal.fault);
    }
    refusal
}

/// An answer that Cognito does not give.
pub(super) fn strange(text: &str) -> Refusal {
    Refusal::plain(Fault::new(FaultKind::Service, format!("{text}.")))
}

pub(super) fn out_of_place() -> Refusal {
    strange("Cognito asked for a proof that does not belong here")
}

pub(super) fn unsupported(text: impl Into<String>) -> Refusal {
    Refusal::plain(Fault::new(FaultKind::Unsupported, text))
}

pub(super) const PASSKEY: &str = "The user pool asks for a passkey (WEB_AUTHN), which only a \
                                  browser can show: add the pool's domain to the login.";

/// What Cognito adds to a pool's own parameters, and what Poolkey notes beside them.
const COGNITOS: [&str; 4] = ["USERNAME", "USER_ID_FOR_SRP", ways::AVAILABLE, PREFERRED];

/// More than a person reads, and less than a line between daemon and front end may hold.
const MOST_SHOWN: usize = 24 << 10;

/// More proofs than any chain has: password, device, and a way that was chosen.
const MOST: usize = 8;

/// What the tokens came in.
pub(super) type Given = Box<Answered<AuthenticationResultType>>;
