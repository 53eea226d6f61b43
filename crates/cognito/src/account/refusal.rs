//! What a refusal leads to: the question that mends it, or the end of the conversation.

use poolkey_core::conversation::{Question, Step};
use poolkey_core::failure::Ended;
use poolkey_core::fault::{Fault, FaultKind};

use crate::account::{SEND, Talk};
use crate::classify::{self, Meaning, Part, Refusal};
use crate::conversation::wrong;

impl Talk<'_> {
    /// Asks for the one thing that was refused, and keeps the rest.
    pub(super) fn refused(mut self, refusal: Refusal) -> Result<Step, Fault> {
        let Refusal { meaning, fault } = refusal;
        match meaning {
            Meaning::SecretMissing => Ok(self.ask_client_secret(None)),
            // Some operations say so where none was sent at all.
            Meaning::SecretWrong if self.thread.client_secret.is_none() => {
                Ok(self.ask_client_secret(None))
            }
            Meaning::SecretWrong => {
                self.thread.client_secret = None;
                let problem = wrong("The app client has another secret than this.");
                Ok(self.ask_client_secret(Some(problem)))
            }
            Meaning::Refused(Part::NameTaken) => {
                let problem = wrong(format!(
                    "The name “{}” is taken. If the account is yours, confirm it or reset its \
                     password; if not, take another name.",
                    self.name()
                ));
                Ok(self.ask_name(Some(problem)))
            }
            Meaning::Refused(Part::Name) => Ok(self.ask_name(Some(fault))),
            Meaning::Refused(Part::Password) => {
                self.thread.password = None;
                Ok(self.ask_new_password(Some(fault)))
            }
            Meaning::Refused(Part::Code) => {
                self.thread.code = None;
                Ok(self.ask_code(Some(fault)))
            }
            Meaning::Refused(Part::Confirmed) => self.confirmed(),
            Meaning::Refused(Part::Address) => Err(Fault::new(
                FaultKind::Misconfigured,
                format!(
                    "The user pool has no verified e-mail address or phone number of “{}” to \
                     send a code to: its administrator can set a new password.",
                    self.name()
                ),
            )),
            Meaning::Refused(Part::Attributes | Part::Factor | Part::Device)
            | Meaning::ClientGone
            | Meaning::FlowRefused
            | Meaning::Needs(_)
            | Meaning::Plain => self.ended(fault),
        }
    }

    /// A code that was not sent. While one is waited for, the one sent before may still be of use.
    pub(super) fn not_sent(mut self, refusal: Refusal) -> Result<Step, Fault> {
        let again = self.thread.challenge.as_deref() == Some(SEND);
        let passing = refusal.meaning == Meaning::Plain
            && matches!(
                refusal.fault.kind,
                FaultKind::LockedOut
                    | FaultKind::Throttled
                    | FaultKind::Service
                    | FaultKind::Unreachable
                    | FaultKind::Lost
            );
        if again && passing {
            self.thread.challenge = None;
            return Ok(self.ask_code(Some(refusal.fault)));
        }
        self.refused(refusal)
    }

    /// Asks for the attributes that a new account lacks, or that were malformed.
    pub(super) fn ask_attributes(
        mut self,
        fault: Fault,
        given: impl Fn(&String) -> bool,
    ) -> Result<Step, Fault> {
        let names = classify::attributes(&fault);
        if names.is_empty() {
            return Err(fault);
        }
        // What was never asked for is no mistake of the person's.
        let problem = names.iter().any(given).then_some(fault);
        for name in &names {
            self.thread.attributes.remove(name);
        }
        Ok(self.ask(Question::Attributes { names }, problem))
    }

    /// What neither mends by itself nor by another answer, unless it is a matter of time.
    fn ended(mut self, fault: Fault) -> Result<Step, Fault> {
        match fault.kind {
            // Whether the session is over is for the refresh to find out.
            FaultKind::Ended(_) if self.thread.goal.needs_session() => {
                Err(Fault::new(FaultKind::TokenStale, fault.text))
            }
            FaultKind::Ended(Ended::UserGone) => Ok(self.ask_name(Some(wrong(fault.text)))),
            FaultKind::Ended(Ended::Unconfirmed) => Err(wrong(format!(
                "The account “{}” is not confirmed yet: confirm it first.",
                self.name()
            ))),
            FaultKind::Ended(
                Ended::UserDisabled
                | Ended::PasswordReset
                | Ended::Expired
                | Ended::Revoked
                | Ended::Reused
                | Ended::Refused
                | Ended::Moved
                | Ended::NoRefreshToken
                | Ended::UserChanged,
            ) => Err(Fault::new(FaultKind::Misconfigured, fault.text)),
            // The attempt limit passes, and what was typed beside the code is still good.
            FaultKind::LockedOut if self.thread.code.is_some() => {
                self.thread.code = None;
                Ok(self.ask_code(Some(fault)))
            }
            FaultKind::LockedOut
            | FaultKind::Unreachable
            | FaultKind::Lost
            | FaultKind::Throttled
            | FaultKind::Service
            | FaultKind::Wrong
            | FaultKind::Expired
            | FaultKind::Unsupported
            | FaultKind::Misconfigured
            | FaultKind::TokenStale
            | FaultKind::IdentityConflict
            | FaultKind::DeviceGone => Err(fault),
        }
    }
}
