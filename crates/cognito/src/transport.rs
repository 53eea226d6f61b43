//! A call without a usable answer: was it ever sent?
//!
//! It matters where a refresh token rotates. What was never sent can be sent again at leisure; what
//! was sent may have taken effect.

use std::error::Error;
use std::fmt::Write;
use std::io;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use hyper_util::client::legacy::Error as ClientError;
use poolkey_core::fault::{Fault, FaultKind};
use rustls::CertificateError;

use crate::classify::Refusal;
use crate::clients::{CONNECT, WHOLE};
use crate::network::{Obstruction, Place, Through};

/// What kept a request from being sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Obstacle {
    /// The configuration of the network.
    Settings(Place),
    /// There is no connection to the proxy.
    ProxyAway,
    /// The proxy wants to know who asks.
    ProxyAuth,
    /// The proxy does not open a way there.
    ProxyBlocks,
    /// The certificate is of an authority that nobody here trusts.
    Untrusted,
    /// No name, no connection, no TLS.
    Away,
}

/// Why nothing was sent, where that is so, and in which words that is told.
pub(crate) fn obstacle<E: Error + 'static>(
    host: &str,
    error: &SdkError<E, HttpResponse>,
) -> Option<(Obstacle, String)> {
    let SdkError::DispatchFailure(failure) = error else {
        return None;
    };
    let connector = failure.as_connector_error()?;
    if let Some(blocked) = find::<Obstruction>(connector) {
        return Some((Obstacle::Settings(blocked.place), blocked.text.clone()));
    }
    never_connected(connector).then(|| unconnected(host, connector))
}

fn unconnected(host: &str, connector: &ConnectorError) -> (Obstacle, String) {
    let proxy = find::<Through>(connector).map(|through| through.proxy.as_str());
    let tunnel = proxy.and_then(|_| Tunnel::of(connector));
    // Whose certificate it is, and who could not be reached.
    let other = match (proxy, tunnel) {
        (Some(proxy), Some(Tunnel::Unconnected)) => format!("the proxy {proxy}"),
        (Some(_) | None, _) => host.to_owned(),
    };
    if is_untrusted(connector) {
        let text = format!(
            "The certificate of {other} is of an authority that is not trusted here: where a \
             firewall looks into TLS, write ca_bundle = \"/PATH/TO/ITS.pem\" under [settings] in \
             profiles.toml."
        );
        return (Obstacle::Untrusted, text);
    }
    let reason = reason(connector);
    match (proxy, tunnel) {
        (None, _) if connector.is_timeout() => (
            Obstacle::Away,
            format!(
                "Could not connect to {host} within {} seconds.",
                CONNECT.as_secs()
            ),
        ),
        (None, _) => (
            Obstacle::Away,
            format!("Could not connect to {host}{reason}."),
        ),
        (Some(proxy), Some(Tunnel::AuthRequired)) => (
            Obstacle::ProxyAuth,
            format!(
                "The proxy {proxy} wants a user name and a password, or other ones: write \
                 proxy = \"http://USER:PASSWORD@{proxy}\" under [settings] in profiles.toml."
            ),
        ),
        (Some(proxy), Some(Tunnel::Unconnected)) => (
            Obstacle::ProxyAway,
            format!(
                "Could not connect to the proxy {proxy}{reason}. See proxy under [settings] in \
                 profiles.toml."
            ),
        ),
        (Some(proxy), Some(Tunnel::Refused)) => (
            Obstacle::ProxyBlocks,
            format!(
                "The proxy {proxy} does not open a way to {host}: ask who runs it, or name {host} \
                 in no_proxy under [settings] in profiles.toml."
            ),
        ),
        (Some(proxy), None) if connector.is_timeout() => (
            Obstacle::Away,
            format!(
                "Could not connect to {host} through the proxy {proxy} within {} seconds.",
                CONNECT.as_secs()
            ),
        ),
        (Some(proxy), None) => (
            Obstacle::Away,
            format!("Could not connect to {host} through the proxy {proxy}{reason}."),
        ),
    }
}

/// How far the HTTP client came with a proxy. Its error is of a type that it keeps to itself.
#[derive(Clone, Copy)]
enum Tunnel {
    Unconnected,
    AuthRequired,
    Refused,
}

impl Tunnel {
    fn of(error: &(dyn Error + 'static)) -> Option<Self> {
        let told = chain(error)
            .map(ToString::to_string)
            .find_map(|text| text.strip_prefix("tunnel error: ").map(str::to_owned))?;
        Some(match told.as_str() {
            "failed to create underlying connection" => Self::Unconnected,
            "proxy authorization required" => Self::AuthRequired,
            _ => Self::Refused,
        })
    }
}

/// Signed by nobody who is known, or by itself.
fn is_untrusted(error: &(dyn Error + 'static)) -> bool {
    let Some(rustls::Error::InvalidCertificate(bad)) = find::<rustls::Error>(error) else {
        return false;
    };
    // A certificate that vouches for itself is no authority's either.
    let vouches_for_itself = if let CertificateError::Other(other) = bad {
        other.to_string().contains("CaUsedAsEndEntity")
    } else {
        false
    };
    // One of the right name and of another key has been made anew since.
    *bad == CertificateError::UnknownIssuer
        || *bad == CertificateError::BadSignature
        || vouches_for_itself
}

/// The fault of a call that brought no answer of the service.
pub(crate) fn fault<E: Error + 'static>(host: &str, error: &SdkError<E, HttpResponse>) -> Refusal {
    if let Some((_, text)) = obstacle(host, error) {
        return Refusal::plain(Fault::new(FaultKind::Unreachable, text));
    }
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

/// The first of this type among an error and its causes.
fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    chain(error).find_map(|error| error.downcast_ref::<E>())
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
