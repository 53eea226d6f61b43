//! What a person answered, and what Cognito is told of it.

use poolkey_core::conversation::{Answer, ChoiceOf, CodeFor, Factor, Question, Step};
use poolkey_core::fault::{Fault, FaultKind};
use poolkey_core::secret::Secret;

use super::exchange::Parameters;
use super::follow::Hand;
use super::{SignIn, Turn};
use crate::account::{self, Confirmed};
use crate::app::{self, By};
use crate::classify::Refusal;
use crate::conversation::{self, ANOTHER_QUESTION, wrong};

impl SignIn<'_> {
    pub(super) async fn answer(mut self, answer: Answer) -> Result<Step, Fault> {
        let Some(asked) = self.thread.asked.clone() else {
            return self.begin(None).await;
        };
        match (asked, answer) {
            (asked @ Question::Username { .. }, Answer::Username(name)) => {
                match conversation::username(&name) {
                    Ok(name) => self.thread.username = Some(name),
                    Err(problem) => return Ok(self.ask(asked, Some(problem))),
                }
                self.begin(None).await
            }
            (asked @ Question::ClientSecret { .. }, Answer::ClientSecret(secret)) => {
                match conversation::client_secret(&secret) {
                    Ok(secret) => self.thread.client_secret = Some(secret),
                    Err(problem) => return Ok(self.ask(asked, Some(problem))),
                }
                self.begin(None).await
            }
            (asked @ Question::Password { .. }, Answer::Password(password)) => {
                if password.expose().is_empty() {
                    return Ok(self.ask(asked, Some(wrong("Type the password."))));
                }
                self.answer_password(&password).await
            }
            (asked @ Question::Code { .. }, Answer::Code(code)) if code.expose().is_empty() => {
                Ok(self.ask(asked, Some(wrong("Type the code."))))
            }
            (Question::Code { code_for, .. }, Answer::Code(code)) => {
                self.answer_code(code_for, code).await
            }
            (
                asked @ Question::Code {
                    can_resend: true, ..
                },
                Answer::Resend,
            ) => self.resend(asked).await,
            (
                Question::Choice {
                    choice_of,
                    ways,
                    elsewhere,
                },
                Answer::Choice(factor),
            ) => {
                if ways.iter().any(|way| way.factor == factor) {
                    let turn = self.choose(choice_of, factor).await;
                    return self.settle(turn, None).await;
                }
                let problem = not_here(choice_of, factor, &elsewhere);
                let asked = Question::Choice {
                    choice_of,
                    ways,
                    elsewhere,
                };
                Ok(self.ask(asked, Some(problem)))
            }
            (asked @ Question::AppSetup { .. }, Answer::AppSetup { code, .. })
                if code.expose().is_empty() =>
            {
                Ok(self.ask(asked, Some(wrong("Type the code that the app shows."))))
            }
            (Question::AppSetup { .. }, Answer::AppSetup { code, device_name }) => {
                let turn = self.set_app_up(&code, device_name.as_deref()).await;
                self.settle(turn, None).await
            }
            (
                asked @ Question::NewPassword { .. },
                Answer::NewPassword {
                    password,
                    attributes,
                },
            ) => self.answer_new_password(asked, password, &attributes).await,
            (asked @ Question::Attributes { .. }, Answer::Attributes(attributes)) => {
                self.answer_address(asked, &attributes).await
            }
            (Question::Custom { .. }, Answer::Custom(answer)) => {
                let responses = Parameters::from([("ANSWER".into(), answer.expose().to_owned())]);
                let turn = self.tell(responses, &[&answer]).await;
                self.settle(turn, None).await
            }
            (Question::RememberDevice { .. }, Answer::RememberDevice(wanted)) => {
                self.answer_device(wanted).await
            }
            (
                asked @ (Question::Username { .. }
                | Question::Password { .. }
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
                | Question::Other),
                Answer::Username(_)
                | Answer::Password(_)
                | Answer::ClientSecret(_)
                | Answer::Code(_)
                | Answer::Resend
                | Answer::Choice(_)
                | Answer::AppSetup { .. }
                | Answer::NewPassword { .. }
                | Answer::Attributes(_)
                | Answer::Custom(_)
                | Answer::RememberDevice(_)
                | Answer::Wait
                | Answer::Address(_)
                | Answer::Identity(_),
            ) => Ok(self.ask(asked, Some(wrong(ANOTHER_QUESTION)))),
        }
    }

    pub(super) async fn answer_password(mut self, password: &Secret) -> Result<Step, Fault> {
        let wanted = self.preference().map(str::to_owned);
        let turn = self.show(password).await;
        let problem = match &turn {
            Ok(Turn::Asks(question)) => not_taken(question, wanted.as_deref()),
            Ok(Turn::Tokens(_)) | Err(_) => None,
        };
        self.settle(turn, problem).await
    }

    /// Proves the password, or sends it; and once more without a device that the pool does not
    /// know, for then it was not the password that was refused.
    async fn show(&mut self, password: &Secret) -> Result<Turn, Refusal> {
        let turn = match self.challenge() {
            "SELECT_CHALLENGE" | "PASSWORD" | "PASSWORD_SRP" => self.show_chosen(password).await,
            _ => self.start_once(Some(password)).await,
        };
        match turn {
            Err(refusal) if self.device_is_gone(&refusal) => {
                self.thread.session = None;
                self.start_once(Some(password)).await
            }
            turn => turn,
        }
    }

    /// In the session that offered it.
    async fn show_chosen(&mut self, password: &Secret) -> Result<Turn, Refusal> {
        let mut hand = Hand::with(Some(password));
        let mut responses = Parameters::new();
        let chosen = self.preference().unwrap_or_default().to_owned();
        if chosen == "PASSWORD_SRP" {
            hand.open(&mut responses)?;
        } else {
            hand.give(&mut responses);
        }
        if self.challenge() == "SELECT_CHALLENGE" {
            responses.insert("ANSWER".into(), chosen);
        }
        let heard = self.respond(responses, &[password]).await?;
        self.follow(heard, hand).await
    }

    /// Answers the challenge that Cognito waits on; without a device that it does not know.
    pub(super) async fn tell(
        &mut self,
        responses: Parameters,
        hidden: &[&Secret],
    ) -> Result<Turn, Refusal> {
        let heard = match self.respond(responses.clone(), hidden).await {
            Err(refusal) if self.device_is_gone(&refusal) => {
                self.respond(responses, hidden).await?
            }
            outcome => outcome?,
        };
        self.follow(heard, Hand::default()).await
    }

    async fn answer_code(mut self, code_for: CodeFor, code: Secret) -> Result<Step, Fault> {
        match code_for {
            CodeFor::SignIn => {
                let name = format!("{}_CODE", self.challenge());
                let responses = Parameters::from([(name, code.expose().to_owned())]);
                let turn = self.tell(responses, &[&code]).await;
                self.settle(turn, None).await
            }
            CodeFor::Confirm => {
                let done = account::confirm(self.cognito, self.spec, &self.thread, &code).await;
                match done {
                    Ok(Confirmed::Now | Confirmed::Before) => self.begin(None).await,
                    Err(refusal) => self.refused(refusal).await,
                }
            }
            // It goes in one call with the new password.
            CodeFor::Reset => {
                self.thread.code = Some(code);
                let username = self.typed().to_owned();
                let attributes = Vec::new();
                Ok(self.ask(
                    Question::NewPassword {
                        username,
                        attributes,
                    },
                    None,
                ))
            }
            CodeFor::Verify(_) => self.begin(None).await,
        }
    }

    /// Another code, for one that did not come.
    async fn resend(self, asked: Question) -> Result<Step, Fault> {
        let Question::Code { code_for, .. } = asked else {
            return Ok(self.ask(asked, None));
        };
        let sent = match &code_for {
            CodeFor::Confirm => account::resend(self.cognito, self.spec, &self.thread).await,
            CodeFor::Reset => account::send_reset_code(self.cognito, self.spec, &self.thread).await,
            CodeFor::SignIn => return self.begin_with_code().await,
            CodeFor::Verify(_) => return self.begin(None).await,
        };
        match sent {
            Ok(delivery) => {
                let question = Question::Code {
                    code_for,
                    medium: delivery.medium,
                    destination: delivery.destination,
                    can_resend: true,
                };
                Ok(self.ask(question, None))
            }
            Err(refusal) => self.refused(refusal).await,
        }
    }

    /// The sign-in anew, by the same code. While there is none, the one before may still do.
    async fn begin_with_code(mut self) -> Result<Step, Fault> {
        let before = self.thread.clone();
        let chosen = self.challenge().to_owned();
        self.forget();
        self.prefer(chosen);
        let turn = self.start(None).await;
        if turn.is_err() {
            self.thread = before;
            self.moved = false;
        }
        self.settle(turn, None).await
    }

    /// `VerifySoftwareToken`, and its session into the answer to `MFA_SETUP`.
    async fn set_app_up(&mut self, code: &Secret, name: Option<&str>) -> Result<Turn, Refusal> {
        let Some(session) = self.thread.session.clone() else {
            return Err(super::follow::strange(
                "Cognito gave no session to set the app up",
            ));
        };
        let by = By::Session(&session);
        let next = app::verify(self.cognito, self.spec, by, code, name).await?;
        self.thread.session = Some(next.unwrap_or(session));
        self.moved = true;
        self.tell(Parameters::new(), &[]).await
    }
}

/// Nobody types a password twice, or for nothing, without being told why.
fn not_taken(question: &Question, wanted: Option<&str>) -> Option<Fault> {
    match question {
        Question::Password { .. }
        | Question::Choice {
            choice_of: ChoiceOf::FirstFactor,
            ..
        }
        // A code in the password's place, not after it.
        | Question::Code {
            code_for: CodeFor::SignIn,
            can_resend: true,
            ..
        } => Some(Fault::new(
            FaultKind::Misconfigured,
            format!(
                "The user pool does not take the password by {} here.",
                wanted.unwrap_or("the flow that was begun")
            ),
        )),
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
        | Question::Other => None,
    }
}

fn not_here(choice_of: ChoiceOf, factor: Factor, elsewhere: &[Factor]) -> Fault {
    match (choice_of, elsewhere.contains(&factor)) {
        (ChoiceOf::FirstFactor, true) => {
            wrong("Only a browser can show a passkey: add the pool's domain to the login.")
        }
        (ChoiceOf::SetUp, true) => {
            wrong("An administrator must add the phone number that codes are sent to.")
        }
        (ChoiceOf::FirstFactor | ChoiceOf::SecondFactor | ChoiceOf::SetUp, _) => {
            wrong("That is not one of the ways.")
        }
    }
}
