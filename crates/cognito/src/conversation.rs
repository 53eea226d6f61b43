//! A sign-in: what to ask a person, and what becomes of the answer. What people do with their
//! accounts is `account`'s.

use poolkey_core::config::LoginSpec;
use poolkey_core::conversation::{Answer, Goal, Question, Step, Thread};
use poolkey_core::failure::Ended;
use poolkey_core::fault::{Fault, FaultKind};
use poolkey_core::secret::Secret;

use crate::attempt::Attempt;
use crate::classify::{Meaning, Refusal};
use crate::tokens::tokens;
use crate::{Cognito, account};

/// The first question.
pub(crate) async fn begin(
    cognito: &Cognito,
    spec: &LoginSpec,
    thread: Thread,
) -> Result<Step, Fault> {
    match thread.goal {
        Goal::SignIn => Ok(begin_sign_in(spec, thread)),
        Goal::SignUp { .. }
        | Goal::Confirm
        | Goal::ConfirmAsAdmin
        | Goal::ResendCode
        | Goal::ForgotPassword
        | Goal::ResetPassword
        | Goal::ChangePassword
        | Goal::Show
        | Goal::SetUpApp
        | Goal::SetFactor { .. }
        | Goal::ListDevices
        | Goal::ForgetDevice { .. }
        | Goal::VerifyAttribute { .. } => account::begin(cognito, spec, thread).await,
    }
}

/// The next question, or the end.
pub(crate) async fn answer(
    cognito: &Cognito,
    spec: &LoginSpec,
    thread: Thread,
    answer: Answer,
) -> Result<Step, Fault> {
    let answer = plain(answer);
    match thread.goal {
        Goal::SignIn => answer_sign_in(cognito, spec, thread, answer).await,
        Goal::SignUp { .. }
        | Goal::Confirm
        | Goal::ConfirmAsAdmin
        | Goal::ResendCode
        | Goal::ForgotPassword
        | Goal::ResetPassword
        | Goal::ChangePassword
        | Goal::Show
        | Goal::SetUpApp
        | Goal::SetFactor { .. }
        | Goal::ListDevices
        | Goal::ForgetDevice { .. }
        | Goal::VerifyAttribute { .. } => account::answer(cognito, spec, thread, answer).await,
    }
}

/// Codes are shown in groups, and typed or pasted so; Cognito takes them without.
fn plain(answer: Answer) -> Answer {
    let digits = |code: &Secret| {
        let ignored = |c: char| c.is_whitespace() || c == '-' || c.is_control();
        Secret::new(code.expose().replace(ignored, ""))
    };
    match answer {
        Answer::Code(code) => Answer::Code(digits(&code)),
        Answer::AppSetup { code, device_name } => Answer::AppSetup {
            code: digits(&code),
            device_name,
        },
        Answer::Username(_)
        | Answer::Password(_)
        | Answer::ClientSecret(_)
        | Answer::Resend
        | Answer::Choice(_)
        | Answer::NewPassword { .. }
        | Answer::Attributes(_)
        | Answer::Custom(_)
        | Answer::RememberDevice(_) => answer,
    }
}

/// The user name, or the password of a user whose name is known.
fn begin_sign_in(spec: &LoginSpec, thread: Thread) -> Step {
    let question = match &thread.username {
        Some(username) => Question::Password {
            username: username.clone(),
        },
        None => username(spec),
    };
    ask(thread, question, None)
}

async fn answer_sign_in(
    cognito: &Cognito,
    spec: &LoginSpec,
    mut thread: Thread,
    answer: Answer,
) -> Result<Step, Fault> {
    let Some(asked) = thread.asked.clone() else {
        return Ok(begin_sign_in(spec, thread));
    };
    match (asked, answer) {
        (asked @ Question::Username { .. }, Answer::Username(name)) => {
            if name.is_empty() || name.chars().count() > LONGEST_NAME {
                let problem = wrong("A user name has 1 to 128 characters.");
                return Ok(ask(thread, asked, Some(problem)));
            }
            thread.username = Some(name);
            Ok(begin_sign_in(spec, thread))
        }
        (asked @ Question::ClientSecret { .. }, Answer::ClientSecret(secret)) => {
            // Pasted, as a rule, and without spaces of its own.
            let secret = secret.expose().trim();
            if secret.is_empty() {
                let problem = wrong("A client secret has 1 to 64 characters.");
                return Ok(ask(thread, asked, Some(problem)));
            }
            thread.client_secret = Some(Secret::new(secret));
            Ok(begin_sign_in(spec, thread))
        }
        (asked @ Question::Password { .. }, Answer::Password(password)) => {
            if password.expose().is_empty() {
                return Ok(ask(thread, asked, Some(wrong("Type the password."))));
            }
            prove(cognito, spec, thread, asked, &password).await
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
            | Answer::RememberDevice(_),
        ) => {
            let problem = wrong("That was the answer to another question.");
            Ok(ask(thread, asked, Some(problem)))
        }
    }
}

/// Proves the password and goes on from what Cognito says to it.
async fn prove(
    cognito: &Cognito,
    spec: &LoginSpec,
    mut thread: Thread,
    asked: Question,
    password: &Secret,
) -> Result<Step, Fault> {
    let attempt = Attempt {
        cognito,
        spec,
        username: thread.username.as_deref().unwrap_or_default(),
        password,
        client_secret: thread.client_secret.as_ref(),
    };
    match attempt.make().await {
        Ok(result) => Ok(Step::Done {
            tokens: Box::new(tokens(result, &*cognito.wall)?),
            client_secret: thread.client_secret,
            device: None,
        }),
        Err(Refusal { meaning, fault }) => match (meaning, fault.kind) {
            (Meaning::SecretMissing, _) => Ok(ask(thread, client_secret(spec), None)),
            (Meaning::SecretWrong, _) => {
                thread.client_secret = None;
                let problem = wrong("The app client has another secret than this.");
                Ok(ask(thread, client_secret(spec), Some(problem)))
            }
            (Meaning::Plain | Meaning::Refused(_), FaultKind::Wrong | FaultKind::LockedOut) => {
                Ok(ask(thread, asked, Some(fault)))
            }
            // Nobody is signed in whose session could end: it is the name that is not right.
            (Meaning::Plain | Meaning::Refused(_), FaultKind::Ended(Ended::UserGone)) => {
                let hint = thread.username.take();
                Ok(ask(
                    thread,
                    Question::Username { hint },
                    Some(wrong(fault.text)),
                ))
            }
            (
                Meaning::Plain | Meaning::Refused(_),
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
            ) => Err(fault),
        },
    }
}

fn ask(thread: Thread, question: Question, problem: Option<Fault>) -> Step {
    let thread = Thread {
        username: thread.username,
        client_secret: thread.client_secret,
        asked: Some(question.clone()),
        ..Thread::default()
    };
    Step::Ask {
        thread,
        question,
        problem,
    }
}

fn username(spec: &LoginSpec) -> Question {
    Question::Username {
        hint: spec.username.clone(),
    }
}

fn client_secret(spec: &LoginSpec) -> Question {
    Question::ClientSecret {
        client_id: spec.client_id.clone(),
    }
}

fn wrong(text: impl Into<String>) -> Fault {
    Fault::new(FaultKind::Wrong, text)
}

const LONGEST_NAME: usize = 128;
