//! A call without a usable answer: was it ever sent?
//!
//! It matters where a refresh token rotates. What was never sent can be sent again at leisure; what
//! was sent may have taken effect.

use std::error::Error;
use std::fmt::Write;
use std::io;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use hyper_util::client::legacy::Error as ClientError;
use poolkey_core::fault::{Fault, FaultKind};

use crate::classify::Refusal;
use crate::clients::{CONNECT, WHOLE};

/// The fault of a call that brought no answer of the service.
pub(crate) fn fault<E: Error + 'static>(host: &str, error: &SdkError<E, HttpResponse>) -> Refusal {
    let (kind, text) = match error {
        SdkError::ConstructionFailure(_) => (
            FaultKind::Misconfigured,
            format!("No request could be made{}.", reason(error)),
        ),
        SdkError::TimeoutError(_) => (
            FaultKind::Lost,
            format!("{host} did not answer within {} seconds.", WHOLE.as_secs()),
        ),
        SdkError::DispatchFailure(failure) => match failure.as_connector_error() {
            Some(connector) if never_connected(connector) => (
                FaultKind::Unreachable,
                if connector.is_timeout() {
                    format!(
                        "Could not connect to {host} within {} seconds.",
                        CONNECT.as_secs()
                    )
                } else {
                    format!("Could not connect to {host}{}.", reason(connector))
                },
            ),
            Some(connector) if connector.is_user() => (
                FaultKind::Misconfigured,
                format!("No request could be made to {host}{}.", reason(connector)),
            ),
            Some(_) | None => (
                FaultKind::Lost,
                format!(
                    "The connection to {host} broke before an answer came{}.",
                    reason(error)
                ),
            ),
        },
        SdkError::ResponseError(_) => (
            FaultKind::Lost,
            format!("The answer of {host} was not whole{}.", reason(error)),
        ),
        // The SDK may grow kinds; none that it has now comes here.
        SdkError::ServiceError(_) | _ => return garbled(host),
    };
    Refusal::plain(Fault::new(kind, text))
}

/// An answer that says it is a success, and is nothing that Cognito would say.
pub(crate) fn garbled(host: &str) -> Refusal {
    Refusal::plain(Fault::new(
        FaultKind::Lost,
        format!("The answer of {host} could not be understood."),
    ))
}

/// No name, no connection, no TLS, or none of them in time.
fn never_connected(error: &(dyn Error + 'static)) -> bool {
    chain(error)
        .filter_map(|error| error.downcast_ref::<ClientError>())
        .any(ClientError::is_connect)
}

/// The innermost cause in a few words, after a colon.
fn reason(error: &(dyn Error + 'static)) -> String {
    let Some(cause) = chain(error).last() else {
        return String::new();
    };
    let words = match cause.downcast_ref::<io::Error>() {
        // Without “(os error 111)”.
        Some(io) if io.raw_os_error().is_some() => io.kind().to_string(),
        Some(_) | None => cause.to_string(),
    };
    let mut told = String::from(": ");
    for word in words.split_whitespace() {
        let _ = write!(told, "{word} ");
    }
    told.truncate(told.trim_end_matches([' ', '.']).len());
    told
}

/// An error and its causes. An `io::Error` shows what it wraps by `get_ref` only.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| {
        match error.downcast_ref::<io::Error>() {
            Some(io) => io.get_ref().map(|inner| inner as &(dyn Error + 'static)),
            None => error.source(),
        }
    })
}
