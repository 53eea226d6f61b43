//! What a person answered: it is put into the thread, from where the next call takes it.

use poolkey_core::conversation::{Answer, Goal, Question, Step};
use poolkey_core::fault::Fault;

use crate::account::{SEND, Talk};
use crate::conversation::{self, ANOTHER_QUESTION};

impl Talk<'_> {
    /// Puts the answer where it is looked for, and goes on.
    pub(super) async fn take(mut self, asked: Question, answer: Answer) -> Result<Step, Fault> {
        match (&asked, answer) {
            (Question::Username { .. }, Answer::Username(name)) => {
                match conversation::username(&name) {
                    Ok(name) => self.thread.username = Some(name),
                    Err(problem) => return Ok(self.ask(asked, Some(problem))),
                }
            }
            (Question::ClientSecret { .. }, Answer::ClientSecret(secret)) => {
                match conversation::client_secret(&secret) {
                    Ok(secret) => self.thread.client_secret = Some(secret),
                    Err(problem) => return Ok(self.ask(asked, Some(problem))),
                }
            }
            (Question::Password { .. }, Answer::Password(password)) => {
                if password.expose().is_empty() {
                    return Ok(self.again(asked, "Type the password."));
                }
                self.thread.password = Some(password);
            }
            (Question::Code { .. }, Answer::Code(code)) => {
                if code.expose().is_empty() {
                    return Ok(self.again(asked, "Type the code."));
                }
                self.thread.code = Some(code);
            }
            (
                Question::Code {
                    can_resend: true, ..
                },
                Answer::Resend,
            ) => self.thread.challenge = Some(SEND.to_owned()),
            (
                Question::NewPassword { .. },
                Answer::NewPassword {
                    password,
                    attributes,
                },
            ) => {
                if password.expose().is_empty() {
                    return Ok(self.again(asked, "Type a new password."));
                }
                if self.thread.goal == Goal::ChangePassword {
                    return self.change_password_to(asked, &password).await;
                }
                self.thread.password = Some(password);
                self.thread.attributes.extend(attributes);
            }
            (Question::Attributes { names }, Answer::Attributes(mut given)) => {
                given.retain(|name, value| names.contains(name) && !value.trim().is_empty());
                let missing: Vec<_> = names
                    .iter()
                    .filter(|name| !given.contains_key(*name))
                    .map(String::as_str)
                    .collect();
                let missing = missing.join(", ");
                self.thread.attributes.extend(given);
                if !missing.is_empty() {
                    return Ok(self.again(asked, format!("The user pool requires {missing}.")));
                }
            }
            (Question::AppSetup { .. }, Answer::AppSetup { code, device_name }) => {
                return self.verify_app(asked, &code, device_name.as_deref()).await;
            }
            (
                Question::Username { .. }
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
                | Question::Other,
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
            ) => return Ok(self.again(asked, ANOTHER_QUESTION)),
        }
        self.go_on().await
    }
}
