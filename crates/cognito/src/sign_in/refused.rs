//! What a refusal leads to: the question again, an earlier one, or the end.

use poolkey_core::conversation::{CodeFor, Medium, Question, Step};
use poolkey_core::failure::Ended;
use poolkey_core::fault::{Fault, FaultKind};

use super::{PREFERRED, SignIn};
use crate::classify::{Meaning, Refusal};
use crate::conversation::wrong;

impl SignIn<'_> {
    /// What a refusal leads to.
    pub(super) async fn refused(
        mut self,
        Refusal { meaning, fault }: Refusal,
    ) -> Result<Step, Fault> {
        match (meaning, fault.kind) {
            (Meaning::SecretMissing, _) => Ok(self.ask_client_secret(None)),
            (Meaning::SecretWrong, _) => {
                self.thread.client_secret = None;
                let problem = wrong("The app client has another secret than this.");
                Ok(self.ask_client_secret(Some(problem)))
            }
            (Meaning::Refused(_), _)
            | (Meaning::Plain, FaultKind::Wrong | FaultKind::LockedOut) => self.again(fault).await,
            // Nobody is signed in whose session could end: it is the name that is not right.
            (Meaning::Plain, FaultKind::Ended(Ended::UserGone)) => {
                Ok(self.ask_username(wrong(fault.text)))
            }
            (Meaning::Plain, FaultKind::Ended(Ended::Unconfirmed)) => {
                let problem = wrong(
                    "The account is not confirmed yet: type the code that was sent, or have \
                     another one sent.",
                );
                Ok(self.ask_code(CodeFor::Confirm, problem))
            }
            (Meaning::Plain, FaultKind::Ended(Ended::PasswordReset)) => {
                let problem = wrong(
                    "The password must be set anew: type the code that was sent, or have another \
                     one sent.",
                );
                Ok(self.ask_code(CodeFor::Reset, problem))
            }
            (Meaning::Plain, FaultKind::Expired) if self.thread.asked.is_some() => {
                Box::pin(self.begin(Some(fault))).await
            }
            (Meaning::Plain, FaultKind::DeviceGone) if self.thread.asked.is_some() => {
                self.thread.device = None;
                let problem = wrong(
                    "The user pool does not know this computer any more: sign in without it.",
                );
                Box::pin(self.begin(Some(problem))).await
            }
            (
                Meaning::Plain,
                FaultKind::Unreachable
                | FaultKind::Lost
                | FaultKind::Throttled
                | FaultKind::Service,
            ) if self.is_under_way() => self.again(fault).await,
            (
                Meaning::Plain,
                FaultKind::Unreachable
                | FaultKind::Lost
                | FaultKind::Throttled
                | FaultKind::Service
                | FaultKind::Ended(_)
                | FaultKind::Expired
                | FaultKind::Unsupported
                | FaultKind::Misconfigured
                | FaultKind::TokenStale
                | FaultKind::IdentityConflict
                | FaultKind::DeviceGone,
            )
            | (Meaning::ClientGone | Meaning::FlowRefused | Meaning::Needs(_), _) => Err(fault),
        }
    }

    /// The last question again, where Cognito still waits for its answer; or else the first.
    async fn again(mut self, fault: Fault) -> Result<Step, Fault> {
        match self.thread.asked.clone() {
            // Nothing was asked: it is the name that Cognito does not take.
            None | Some(Question::Username { .. }) if fault.kind == FaultKind::Wrong => {
                Ok(self.ask_username(fault))
            }
            None => Err(fault),
            Some(asked @ Question::Password { .. }) => {
                let chosen = self.thread.parameters.remove(PREFERRED);
                self.forget();
                if let Some(chosen) = chosen {
                    self.prefer(chosen);
                }
                Ok(self.ask(asked, Some(fault)))
            }
            // The pool's own question is not asked twice once it was answered: it makes another.
            Some(Question::Custom { .. })
                if matches!(fault.kind, FaultKind::Wrong | FaultKind::LockedOut) =>
            {
                Box::pin(self.begin(Some(fault))).await
            }
            Some(
                asked @ (Question::Code { .. }
                | Question::Custom { .. }
                | Question::Choice { .. }
                | Question::AppSetup { .. }
                | Question::NewPassword { .. }
                | Question::Attributes { .. }
                | Question::RememberDevice { .. }
                | Question::Browser { .. }
                | Question::Identity { .. }),
            ) if !self.moved => Ok(self.ask(asked, Some(fault))),
            Some(
                Question::Username { .. }
                | Question::ClientSecret { .. }
                | Question::Code { .. }
                | Question::Choice { .. }
                | Question::AppSetup { .. }
                | Question::NewPassword { .. }
                | Question::Attributes { .. }
                | Question::Custom { .. }
                | Question::RememberDevice { .. }
                | Question::Browser { .. }
                | Question::Identity { .. }
                | Question::Other,
            ) => Box::pin(self.begin(Some(fault))).await,
        }
    }

    /// Whether a call that did not come through leaves the last question open, and the earlier
    /// answers good.
    fn is_under_way(&self) -> bool {
        let open = match &self.thread.asked {
            None
            | Some(
                Question::Username { .. }
                | Question::Password { .. }
                | Question::ClientSecret { .. }
                | Question::RememberDevice { .. }
                | Question::Browser { .. }
                | Question::Identity { .. }
                | Question::Other,
            ) => false,
            Some(
                Question::Code { .. }
                | Question::Custom { .. }
                | Question::Choice { .. }
                | Question::AppSetup { .. }
                | Question::NewPassword { .. }
                | Question::Attributes { .. },
            ) => true,
        };
        open && !self.moved
    }

    fn ask_username(mut self, problem: Fault) -> Step {
        self.forget();
        let hint = self.thread.username.take();
        self.ask(Question::Username { hint }, Some(problem))
    }

    fn ask_client_secret(mut self, problem: Option<Fault>) -> Step {
        self.forget();
        let client_id = self.spec.client_id.clone();
        self.ask(Question::ClientSecret { client_id }, problem)
    }

    /// A code that was sent at another time, and to an address that Cognito does not tell here.
    pub(super) fn ask_code(mut self, code_for: CodeFor, problem: Fault) -> Step {
        self.forget();
        let question = Question::Code {
            code_for,
            medium: Medium::Unknown,
            destination: None,
            can_resend: true,
        };
        self.ask(question, Some(problem))
    }
}
