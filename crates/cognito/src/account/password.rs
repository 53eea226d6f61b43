//! New passwords: in place of a forgotten one, by a code; in place of a known one, by that.

use poolkey_core::conversation::{Goal, Outcome, Question, Step};
use poolkey_core::fault::{Fault, FaultKind};
use poolkey_core::secret::Secret;

use crate::account::Talk;
use crate::account::calls::{self, Delivery};
use crate::call::call;
use crate::classify::{Meaning, Operation, Part, Refusal};
use crate::conversation::wrong;

impl Talk<'_> {
    /// `ForgotPassword`, where the person has no code yet, and `ConfirmForgotPassword`, once code
    /// and new password are known. A refused code costs only the code, a refused password only the
    /// password.
    pub(super) async fn reset_password(self) -> Result<Step, Fault> {
        let thread = &self.thread;
        if thread.username.is_none() {
            return Ok(self.ask_name(None));
        }
        if thread.goal == Goal::ForgotPassword && !Delivery::is_noted(thread) {
            return self.send().await;
        }
        let Some(code) = &thread.code else {
            return Ok(self.ask_code(None));
        };
        let Some(password) = &thread.password else {
            return Ok(self.ask_new_password(None));
        };
        match calls::reset_password(self.cognito, self.spec, thread, code, password).await {
            Ok(()) => Ok(self.finish(Outcome::Done)),
            Err(refusal) => self.refused(refusal),
        }
    }

    /// The old password, which the thread keeps until the new one is there, and then the new one.
    pub(super) fn change_password(self) -> Step {
        match self.thread.password {
            None => self.ask_old_password(None),
            Some(_) => self.ask_new_password(None),
        }
    }

    /// `ChangePassword`.
    pub(super) async fn change_password_to(
        mut self,
        asked: Question,
        new: &Secret,
    ) -> Result<Step, Fault> {
        let Some(old) = &self.thread.password else {
            return Ok(self.ask_old_password(None));
        };
        if old == new {
            return Ok(self.again(asked, "The new password is the old one."));
        }
        let access = self.access()?;
        let secrets = calls::secrets(&self.thread, [new]);
        let request = self
            .cognito
            .clients
            .users(self.spec)
            .change_password()
            .access_token(access.expose())
            .previous_password(old.expose())
            .proposed_password(new.expose());
        let answer = call(Operation::ChangePassword, &secrets, |probe| {
            request.customize().interceptor(probe).send()
        })
        .await;
        match answer {
            Ok(_) => Ok(self.finish(Outcome::Done)),
            Err(Refusal {
                meaning: Meaning::Refused(Part::Password),
                fault,
            }) => Ok(self.ask(asked, Some(fault))),
            Err(refusal) if refusal.fault.kind == FaultKind::LockedOut => {
                self.thread.password = None;
                Ok(self.ask_old_password(Some(refusal.fault)))
            }
            Err(refusal) if refusal.fault.kind == FaultKind::Wrong => {
                self.thread.password = None;
                let problem = wrong("The old password is another one.");
                Ok(self.ask_old_password(Some(problem)))
            }
            Err(refusal) => self.refused(refusal),
        }
    }

    fn ask_old_password(self, problem: Option<Fault>) -> Step {
        let username = self.name();
        self.ask(Question::Password { username }, problem)
    }
}
