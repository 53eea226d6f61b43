//! What people do with their accounts.

use poolkey_core::config::LoginSpec;
use poolkey_core::conversation::{Answer, Step, Thread};
use poolkey_core::fault::{Fault, FaultKind};

use crate::Cognito;

/// The first question, or the outcome where nobody need be asked.
#[expect(clippy::unused_async, reason = "most goals begin with a call")]
pub(crate) async fn begin(_: &Cognito, _: &LoginSpec, thread: Thread) -> Result<Step, Fault> {
    Err(unsupported(&thread))
}

/// The next question, or the outcome.
#[expect(clippy::unused_async, reason = "most answers are sent on")]
pub(crate) async fn answer(
    _: &Cognito,
    _: &LoginSpec,
    thread: Thread,
    _: Answer,
) -> Result<Step, Fault> {
    Err(unsupported(&thread))
}

fn unsupported(thread: &Thread) -> Fault {
    Fault::new(
        FaultKind::Unsupported,
        format!("{:?} cannot be done yet.", thread.goal),
    )
}
