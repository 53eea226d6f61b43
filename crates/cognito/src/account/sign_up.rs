//! New accounts: signed up, sent a code, confirmed.

use std::collections::BTreeMap;

use aws_sdk_cognitoidentityprovider::Config;
use poolkey_core::conversation::{Goal, Outcome, Step};
use poolkey_core::fault::Fault;
use poolkey_core::secret::Secret;

use crate::account::Talk;
use crate::account::calls::{self, Confirmed, Delivery, SignedUp};
use crate::admin;
use crate::call::call;
use crate::classify::{Meaning, Operation, Part, Refusal};
use crate::conversation::wrong;

impl Talk<'_> {
    /// `SignUp`, once name and password are known, and then the confirmation.
    pub(super) async fn sign_up(
        mut self,
        mut attributes: BTreeMap<String, String>,
    ) -> Result<Step, Fault> {
        if Delivery::is_noted(&self.thread) {
            return self.confirm().await;
        }
        let thread = &self.thread;
        if thread.username.is_none() {
            return Ok(self.ask_name(None));
        }
        let Some(password) = &thread.password else {
            return Ok(self.ask_new_password(None));
        };
        attributes.extend(thread.attributes.clone());
        let signed_up =
            calls::sign_up(self.cognito, self.spec, thread, password, &attributes).await;
        match signed_up {
            Ok(SignedUp::Confirmed) => Ok(self.signed_up()),
            Ok(SignedUp::Unconfirmed) => {
                let username = self.name();
                Ok(self.finish(Outcome::Unconfirmed { username }))
            }
            Ok(SignedUp::Sent(delivery)) => {
                self.thread.password = None;
                self.thread.attributes.clear();
                delivery.note(&mut self.thread);
                Ok(self.ask_code(None))
            }
            Err(refusal) if refusal.meaning == Meaning::Refused(Part::Attributes) => {
                let given = |name: &String| attributes.contains_key(name);
                self.ask_attributes(refusal.fault, given)
            }
            Err(refusal) => self.refused(refusal),
        }
    }

    /// `ConfirmSignUp`, once name and code are known.
    pub(super) async fn confirm(self) -> Result<Step, Fault> {
        let thread = &self.thread;
        if thread.username.is_none() {
            return Ok(self.ask_name(None));
        }
        let Some(code) = &thread.code else {
            return Ok(self.ask_code(None));
        };
        match calls::confirm(self.cognito, self.spec, thread, code).await {
            Ok(Confirmed::Now | Confirmed::Before) => self.confirmed(),
            Err(refusal) => self.refused(refusal),
        }
    }

    /// `AdminConfirmSignUp`, signed by an administrator's AWS keys.
    pub(super) async fn confirm_as_admin(self) -> Result<Step, Fault> {
        if self.thread.username.is_none() {
            return Ok(self.ask_name(None));
        }
        match self.call_as_admin().await {
            Ok(()) => Ok(self.finish(Outcome::Done)),
            Err(refusal) => self.refused(refusal),
        }
    }

    async fn call_as_admin(&self) -> Result<(), Refusal> {
        let clients = &self.cognito.clients;
        let keys = admin::keys(self.spec, clients)
            .await
            .map_err(Refusal::plain)?;
        let secret = Secret::new(keys.secret_access_key());
        let token = keys.session_token().map(Secret::new);
        let secrets: Vec<_> = std::iter::once(&secret).chain(&token).collect();
        let keys = Config::builder().credentials_provider(keys);
        let request = clients
            .users(self.spec)
            .admin_confirm_sign_up()
            .user_pool_id(&self.spec.user_pool_id)
            .username(calls::name(&self.thread));
        call(Operation::AdminConfirmSignUp, &secrets, |probe| {
            request
                .customize()
                .config_override(keys)
                .interceptor(probe)
                .send()
        })
        .await?;
        Ok(())
    }

    /// `ResendConfirmationCode`, and no question after it.
    pub(super) async fn resend(self) -> Result<Step, Fault> {
        if self.thread.username.is_none() {
            return Ok(self.ask_name(None));
        }
        match calls::resend(self.cognito, self.spec, &self.thread).await {
            Ok(Delivery {
                medium,
                destination,
            }) => Ok(self.finish(Outcome::CodeSent {
                medium,
                destination,
            })),
            Err(refusal) => self.refused(refusal),
        }
    }

    /// What was wanted is so, whoever did it: the code, a link in a message, an administrator.
    pub(super) fn confirmed(self) -> Result<Step, Fault> {
        match &self.thread.goal {
            Goal::SignUp { .. } => Ok(self.signed_up()),
            Goal::Confirm | Goal::ConfirmAsAdmin => Ok(self.finish(Outcome::Done)),
            Goal::SignIn
            | Goal::ResendCode
            | Goal::ForgotPassword
            | Goal::ResetPassword
            | Goal::ChangePassword
            | Goal::Show
            | Goal::SetUpApp
            | Goal::SetFactor { .. }
            | Goal::ListDevices
            | Goal::ForgetDevice { .. }
            | Goal::VerifyAttribute { .. } => Err(wrong(format!(
                "The account “{}” is confirmed already: sign in.",
                self.name()
            ))),
        }
    }

    fn signed_up(self) -> Step {
        let username = self.name();
        self.finish(Outcome::SignedUp { username })
    }
}
