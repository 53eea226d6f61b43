//! What a person makes new on the way in: a password, and the attributes that the pool requires.

use std::collections::BTreeMap;

use poolkey_core::conversation::{CodeFor, Question, Step};
use poolkey_core::fault::Fault;
use poolkey_core::secret::Secret;

use super::SignIn;
use super::exchange::Parameters;
use crate::account;
use crate::classify::{Meaning, Part};
use crate::conversation::wrong;

impl SignIn<'_> {
    pub(super) async fn answer_new_password(
        mut self,
        asked: Question,
        password: Secret,
        given: &BTreeMap<String, String>,
    ) -> Result<Step, Fault> {
        if password.expose().is_empty() {
            return Ok(self.ask(asked, Some(wrong("Type the new password."))));
        }
        if let Some(code) = self.thread.code.clone() {
            return self.reset(&code, &password).await;
        }
        let mut responses =
            Parameters::from([("NEW_PASSWORD".to_owned(), password.expose().to_owned())]);
        if let Question::NewPassword { attributes, .. } = &asked {
            for name in attributes {
                let Some(value) = told(given, name) else {
                    return Ok(self.ask(asked.clone(), Some(missing(name))));
                };
                responses.insert(format!("userAttributes.{name}"), value);
            }
        }
        let turn = self.tell(responses, &[&password]).await;
        self.settle(turn, None).await
    }

    /// Sets the new password, and signs in with it where that is how the flow begins.
    async fn reset(mut self, code: &Secret, password: &Secret) -> Result<Step, Fault> {
        let (cognito, spec, thread) = (self.cognito, self.spec, &self.thread);
        if let Err(refusal) = account::reset_password(cognito, spec, thread, code, password).await {
            if refusal.meaning == Meaning::Refused(Part::Code) {
                return Ok(self.ask_code(CodeFor::Reset, refusal.fault));
            }
            return self.refused(refusal).await;
        }
        self.forget();
        if !self.needs_password() {
            return self.begin(None).await;
        }
        self.thread.asked = Some(self.password());
        self.answer_password(password).await
    }

    /// `MFA_SETUP` by e-mail: the address, which a code proves in the next challenge.
    pub(super) async fn answer_address(
        mut self,
        asked: Question,
        given: &BTreeMap<String, String>,
    ) -> Result<Step, Fault> {
        let Some(address) = told(given, "email") else {
            return Ok(self.ask(asked, Some(missing("email"))));
        };
        let turn = self
            .tell(Parameters::from([("EMAIL".into(), address)]), &[])
            .await;
        self.settle(turn, None).await
    }
}

fn told(given: &BTreeMap<String, String>, name: &str) -> Option<String> {
    let value = given.get(name)?.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

fn missing(name: &str) -> Fault {
    wrong(format!("The user pool requires “{name}”."))
}
