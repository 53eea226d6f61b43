//! What people do with their accounts: each goal is a conversation.
//!
//! A thread keeps what was answered, and [`Talk::go_on`] does whatever can be done with what is
//! known: it asks for what is missing, or makes the call. So a step may be made again from its
//! thread, and one that was interrupted by the question for a client secret goes on where it was.
//!
//! A refusal never ends a session. Where it says that the access token is of no use, that is
//! [`FaultKind::TokenStale`]: the refresh that follows will tell whether the session is over.

mod answers;
mod attribute;
mod calls;
mod device;
mod factor;
mod password;
mod refusal;
mod sign_up;

use poolkey_core::config::UserPoolSpec;
use poolkey_core::conversation::{Answer, CodeFor, Goal, Outcome, Question, Step, Thread};
use poolkey_core::fault::{Fault, FaultKind};
use poolkey_core::secret::Secret;

use self::calls::Delivery;
pub(crate) use self::calls::{Confirmed, confirm, resend, reset_password, send_reset_code};
use crate::Cognito;
use crate::conversation::wrong;

/// The first question, or the outcome where nobody need be asked.
pub(crate) async fn begin(
    cognito: &Cognito,
    spec: &UserPoolSpec,
    thread: Thread,
) -> Result<Step, Fault> {
    Talk {
        cognito,
        spec,
        thread,
    }
    .go_on()
    .await
}

/// The next question, or the outcome.
pub(crate) async fn answer(
    cognito: &Cognito,
    spec: &UserPoolSpec,
    mut thread: Thread,
    answer: Answer,
) -> Result<Step, Fault> {
    let asked = thread.asked.take();
    let talk = Talk {
        cognito,
        spec,
        thread,
    };
    match asked {
        Some(asked) => talk.take(asked, answer).await,
        None => talk.go_on().await,
    }
}

/// A conversation at one of its steps.
struct Talk<'a> {
    cognito: &'a Cognito,
    spec: &'a UserPoolSpec,
    thread: Thread,
}

impl Talk<'_> {
    /// Does what can be done with what is known.
    async fn go_on(self) -> Result<Step, Fault> {
        if self.thread.challenge.as_deref() == Some(SEND) {
            return self.send().await;
        }
        match &self.thread.goal {
            Goal::SignUp { attributes } => {
                let attributes = attributes.clone();
                self.sign_up(attributes).await
            }
            Goal::Confirm => self.confirm().await,
            Goal::ConfirmAsAdmin => self.confirm_as_admin().await,
            Goal::ResendCode => self.resend().await,
            Goal::ForgotPassword | Goal::ResetPassword => self.reset_password().await,
            Goal::ChangePassword => Ok(self.change_password()),
            Goal::Show => self.show().await,
            Goal::SetUpApp => self.set_up_app().await,
            Goal::SetFactor { factor, state } => {
                let (factor, state) = (*factor, *state);
                self.set_factor(factor, state).await
            }
            Goal::ListDevices => self.list_devices().await,
            Goal::ForgetDevice { key } => {
                let key = key.clone();
                self.forget_device(key).await
            }
            Goal::VerifyAttribute { name } => {
                let name = name.clone();
                self.verify_attribute(&name).await
            }
            Goal::SignIn => Err(Fault::new(
                FaultKind::Unsupported,
                "A sign-in is not a conversation about an account.",
            )),
        }
    }

    /// Has the pool send a code, and asks for it.
    async fn send(mut self) -> Result<Step, Fault> {
        let sent = match &self.thread.goal {
            Goal::ForgotPassword | Goal::ResetPassword => {
                send_reset_code(self.cognito, self.spec, &self.thread).await
            }
            Goal::VerifyAttribute { name } => self.send_attribute_code(name).await,
            Goal::SignUp { .. }
            | Goal::SignIn
            | Goal::Confirm
            | Goal::ConfirmAsAdmin
            | Goal::ResendCode
            | Goal::ChangePassword
            | Goal::Show
            | Goal::SetUpApp
            | Goal::SetFactor { .. }
            | Goal::ListDevices
            | Goal::ForgetDevice { .. } => resend(self.cognito, self.spec, &self.thread).await,
        };
        match sent {
            Ok(delivery) => {
                self.thread.challenge = None;
                // A code that was typed before is of no use after this one.
                self.thread.code = None;
                delivery.note(&mut self.thread);
                Ok(self.ask_code(None))
            }
            Err(refusal) => self.not_sent(refusal),
        }
    }

    /// The access token of the session.
    fn access(&self) -> Result<&Secret, Fault> {
        self.thread.access_token.as_ref().ok_or_else(|| {
            Fault::new(
                FaultKind::TokenStale,
                "There is no access token for the session.",
            )
        })
    }

    fn ask(mut self, question: Question, problem: Option<Fault>) -> Step {
        self.thread.asked = Some(question.clone());
        Step::Ask {
            thread: self.thread,
            question,
            problem,
        }
    }

    fn again(self, asked: Question, problem: impl Into<String>) -> Step {
        self.ask(asked, Some(wrong(problem)))
    }

    /// Asks for a user name. The one that was refused is not offered again: a script that takes
    /// every offer would send it for ever.
    fn ask_name(mut self, problem: Option<Fault>) -> Step {
        self.thread.username = None;
        // No code was sent to another one yet.
        self.thread.parameters.clear();
        self.thread.challenge = None;
        let hint = match &problem {
            Some(_) => None,
            None => self.spec.username.clone(),
        };
        self.ask(Question::Username { hint }, problem)
    }

    fn ask_code(self, problem: Option<Fault>) -> Step {
        let code_for = match &self.thread.goal {
            Goal::ForgotPassword | Goal::ResetPassword => CodeFor::Reset,
            Goal::VerifyAttribute { name } => CodeFor::Verify(name.clone()),
            Goal::SignIn => CodeFor::SignIn,
            Goal::SignUp { .. }
            | Goal::Confirm
            | Goal::ConfirmAsAdmin
            | Goal::ResendCode
            | Goal::ChangePassword
            | Goal::Show
            | Goal::SetUpApp
            | Goal::SetFactor { .. }
            | Goal::ListDevices
            | Goal::ForgetDevice { .. } => CodeFor::Confirm,
        };
        let Delivery {
            medium,
            destination,
        } = Delivery::noted(&self.thread);
        let question = Question::Code {
            code_for,
            medium,
            destination,
            can_resend: true,
        };
        self.ask(question, problem)
    }

    fn ask_new_password(self, problem: Option<Fault>) -> Step {
        let question = Question::NewPassword {
            username: self.name(),
            attributes: Vec::new(),
        };
        self.ask(question, problem)
    }

    fn ask_client_secret(self, problem: Option<Fault>) -> Step {
        let question = Question::ClientSecret {
            client_id: self.spec.client_id.clone(),
        };
        self.ask(question, problem)
    }

    fn name(&self) -> String {
        self.thread.username.clone().unwrap_or_default()
    }

    fn finish(self, outcome: Outcome) -> Step {
        Step::Finished {
            outcome,
            client_secret: self.thread.client_secret,
        }
    }
}

/// Stands in a thread's `challenge` while a code is to be sent before anything else.
const SEND: &str = "SEND_CODE";
