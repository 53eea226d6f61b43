//! Tokens are there: what becomes of the device that they came for.

use aws_sdk_cognitoidentityprovider::types::AuthenticationResultType;
use poolkey_core::conversation::{Question, Step};
use poolkey_core::fault::Fault;
use poolkey_core::session::{Device, Tokens};

use super::SignIn;
use crate::call::Answered;
use crate::device::{self, Confirmed, Owner};
use crate::tokens::tokens;

impl SignIn<'_> {
    /// Takes the tokens, and makes the pool's device of this machine good. A device that comes to
    /// nothing does not undo a sign-in.
    pub(super) async fn done(
        mut self,
        given: Answered<AuthenticationResultType>,
    ) -> Result<Step, Fault> {
        let made = given.output.new_device_metadata().cloned();
        let mut tokens = Box::new(tokens(given, &*self.cognito.wall)?);
        let known = self.known(&tokens);
        let Some(made) = made else {
            // The session is tied to the device that was sent: no refresh goes without its key.
            tokens.device_key = known.as_ref().map(|device| device.key.clone());
            return Ok(self.finish(tokens, known));
        };
        let Some(access) = &tokens.access else {
            return Ok(self.finish(tokens, None));
        };
        let owner = Owner {
            username: &tokens.user.username,
            typed: self.typed(),
        };
        let spent = || self.begun.elapsed();
        let (cognito, spec) = (self.cognito, self.spec);
        match device::confirm(cognito, spec, &access.token, &made, &owner, spent).await {
            Ok(Confirmed::Remembered(device)) => Ok(self.finish(tokens, Some(device))),
            Ok(Confirmed::PersonDecides(device)) => {
                self.forget();
                self.thread.device = Some(device);
                self.thread.tokens = Some(tokens);
                let name = device::name();
                Ok(self.ask(Question::RememberDevice { name }, None))
            }
            Err(fault) => {
                tracing::warn!(
                    device = tokens.device_key,
                    %fault,
                    "the user pool could not be told of this computer: the session will end with \
                     its ID token"
                );
                Ok(self.finish(tokens, None))
            }
        }
    }

    /// Takes the answer to the last question of all.
    pub(super) async fn answer_device(mut self, wanted: bool) -> Result<Step, Fault> {
        let Some(tokens) = self.thread.tokens.take() else {
            return self.begin(None).await;
        };
        let device = self.thread.device.take().filter(|_| wanted);
        let (Some(device), Some(access)) = (device, &tokens.access) else {
            return Ok(self.finish(tokens, None));
        };
        match device::remember(self.cognito, self.spec, &access.token, &device).await {
            Ok(()) => Ok(self.finish(tokens, Some(device))),
            Err(refusal) => {
                tracing::warn!(
                    device = device.key,
                    fault = %refusal.fault,
                    "the user pool does not remember this computer"
                );
                Ok(self.finish(tokens, None))
            }
        }
    }

    /// The device that this sign-in was made with.
    fn known(&self, tokens: &Tokens) -> Option<Device> {
        let mut device = self.device().cloned()?;
        if device.username != tokens.user.username {
            return None;
        }
        let typed = self.typed();
        if typed != device.username {
            device.alias = Some(typed.to_owned());
        }
        Some(device)
    }

    fn finish(self, tokens: Box<Tokens>, device: Option<Device>) -> Step {
        Step::Done {
            tokens,
            client_secret: self.thread.client_secret,
            device,
        }
    }
}
