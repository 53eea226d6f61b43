//! A conversation: a sign-in, or what people do with their accounts.

use poolkey_core::config::{LoginSpec, UserPoolSpec};
use poolkey_core::conversation::{Answer, Goal, Step, Thread};
use poolkey_core::fault::{Fault, FaultKind};
use poolkey_core::secret::Secret;

use crate::{Cognito, account, browser, sign_in};

/// The first question. Each way has a place of its own: together they would fill a thread's stack.
pub(crate) async fn begin(
    cognito: &Cognito,
    spec: &LoginSpec,
    thread: Thread,
) -> Result<Step, Fault> {
    if thread.goal == Goal::SignIn && spec.signs_in_by_browser() {
        return Box::pin(browser::begin(cognito, spec, thread)).await;
    }
    let pool = user_pool(spec)?;
    if thread.goal == Goal::SignIn {
        Box::pin(sign_in::begin(cognito, pool, thread)).await
    } else {
        Box::pin(account::begin(cognito, pool, thread)).await
    }
}

/// The next question, or the end.
pub(crate) async fn answer(
    cognito: &Cognito,
    spec: &LoginSpec,
    thread: Thread,
    answer: Answer,
) -> Result<Step, Fault> {
    if thread.goal == Goal::SignIn {
        if spec.signs_in_by_browser() || thread.authorization.is_some() {
            return Box::pin(browser::answer(cognito, spec, thread, answer)).await;
        }
        if sign_in::leads_to_browser(thread.asked.as_ref(), &answer) {
            return Box::pin(browser::begin(cognito, spec, thread)).await;
        }
    }
    let answer = plain(answer);
    let pool = user_pool(spec)?;
    if thread.goal == Goal::SignIn {
        Box::pin(sign_in::answer(cognito, pool, thread, answer)).await
    } else {
        Box::pin(account::answer(cognito, pool, thread, answer)).await
    }
}

/// What can be asked of a user pool alone.
pub(crate) fn user_pool(spec: &LoginSpec) -> Result<&UserPoolSpec, Fault> {
    spec.user_pool().ok_or_else(|| {
        Fault::new(
            FaultKind::Unsupported,
            "Only a login of a Cognito user pool can do this.",
        )
    })
}

/// A user name as it was typed. None has a space, but what is pasted may have.
pub(crate) fn username(typed: &str) -> Result<String, Fault> {
    let name = typed.trim();
    if name.is_empty() || name.chars().count() > LONGEST_NAME {
        return Err(wrong("A user name has 1 to 128 characters."));
    }
    Ok(name.to_owned())
}

/// An app client's secret: pasted, as a rule, and without spaces of its own.
pub(crate) fn client_secret(typed: &Secret) -> Result<Secret, Fault> {
    let secret = typed.expose().trim();
    if secret.is_empty() {
        return Err(wrong("A client secret has 1 to 64 characters."));
    }
    Ok(Secret::new(secret))
}

/// What the person answered came to nothing.
pub(crate) fn wrong(text: impl Into<String>) -> Fault {
    Fault::new(FaultKind::Wrong, text)
}

/// Codes are shown in groups, and typed or pasted so; Cognito takes them without.
fn plain(answer: Answer) -> Answer {
    let digits = |code: &Secret| {
        let ignored = |c: char| {
            c.is_whitespace() || c.is_control() || matches!(c, '-' | '\u{2010}'..='\u{2015}')
        };
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
        | Answer::RememberDevice(_)
        | Answer::Wait
        | Answer::Address(_)
        | Answer::Identity(_) => answer,
    }
}

/// What is told to an answer of another kind than its question.
pub(crate) const ANOTHER_QUESTION: &str = "That was the answer to another question.";

const LONGEST_NAME: usize = 128;
