//! A conversation: a sign-in, or what people do with their accounts.

use poolkey_core::config::LoginSpec;
use poolkey_core::conversation::{Answer, Goal, Step, Thread};
use poolkey_core::fault::Fault;
use poolkey_core::secret::Secret;

use crate::{Cognito, account, sign_in};

/// The first question.
pub(crate) async fn begin(
    cognito: &Cognito,
    spec: &LoginSpec,
    thread: Thread,
) -> Result<Step, Fault> {
    match thread.goal {
        Goal::SignIn => sign_in::begin(cognito, spec, thread).await,
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
        Goal::SignIn => sign_in::answer(cognito, spec, thread, answer).await,
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
        | Answer::RememberDevice(_) => answer,
    }
}
