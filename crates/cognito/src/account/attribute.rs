//! An address or number is proven by a code.

use poolkey_core::conversation::{Outcome, Step};
use poolkey_core::fault::Fault;

use crate::account::Talk;
use crate::account::calls::{self, Delivery};
use crate::call::call;
use crate::classify::{Operation, Refusal};

impl Talk<'_> {
    /// `GetUserAttributeVerificationCode`, and `VerifyUserAttribute` once the code is known.
    pub(super) async fn verify_attribute(self, attribute: &str) -> Result<Step, Fault> {
        if !Delivery::is_noted(&self.thread) {
            return self.send().await;
        }
        let Some(code) = &self.thread.code else {
            return Ok(self.ask_code(None));
        };
        let access = self.access()?;
        let secrets = calls::secrets(&self.thread, []);
        let request = self
            .cognito
            .clients
            .users(self.spec)
            .verify_user_attribute()
            .access_token(access.expose())
            .attribute_name(attribute)
            .code(code.expose());
        let answer = call(Operation::VerifyUserAttribute, &secrets, |probe| {
            request.customize().interceptor(probe).send()
        })
        .await;
        match answer {
            Ok(_) => Ok(self.finish(Outcome::Done)),
            Err(refusal) => self.refused(refusal),
        }
    }

    pub(super) async fn send_attribute_code(&self, attribute: &str) -> Result<Delivery, Refusal> {
        let access = self.access().map_err(Refusal::plain)?;
        let secrets = calls::secrets(&self.thread, []);
        let request = self
            .cognito
            .clients
            .users(self.spec)
            .get_user_attribute_verification_code()
            .access_token(access.expose())
            .attribute_name(attribute);
        let operation = Operation::GetUserAttributeVerificationCode;
        let answer = call(operation, &secrets, |probe| {
            request.customize().interceptor(probe).send()
        })
        .await?;
        Ok(Delivery::told(answer.output.code_delivery_details.as_ref()))
    }
}
