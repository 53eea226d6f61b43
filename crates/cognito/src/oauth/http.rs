//! One HTTP exchange with an authorization server, by the HTTP client of the AWS SDK: the same TLS,
//! the same certificate authorities, the same limits of time. A redirect is an answer like another.

use std::convert::Infallible;
use std::time::Instant;

use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_types::body::SdkBody;
use poolkey_core::fault::{Fault, FaultKind};
use poolkey_core::secret::Secret;
use poolkey_core::time::UnixTime;
use tracing::instrument::WithSubscriber;
use tracing::subscriber::NoSubscriber;
use url::Url;

use crate::Cognito;
use crate::call::{Probe, Seen};
use crate::clients::timeouts;
use crate::transport;

/// What an authorization server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) location: Option<String>,
    pub(crate) body: Secret,
    /// What the server's clock showed.
    pub(crate) server: Option<UnixTime>,
}

/// Sends a request, whose name is for the log, and takes an answer of at most `largest` bytes.
pub(crate) async fn exchange(
    cognito: &Cognito,
    name: &'static str,
    request: http::Request<Vec<u8>>,
    largest: usize,
) -> Result<Answer, Fault> {
    let (_, answer) = look(cognito, name, request, largest).await?;
    answer
}

/// The same, and tells what was seen on the way.
///
/// # Errors
///
/// The URL is none that anything may be sent to.
pub(crate) async fn look(
    cognito: &Cognito,
    name: &'static str,
    request: http::Request<Vec<u8>>,
    largest: usize,
) -> Result<(Seen, Result<Answer, Fault>), Fault> {
    let url = safe(&request.uri().to_string())?;
    let host = authority(&url);
    let probe = Probe::bounded(largest);
    let operation = Operation::builder()
        .service_name("OAuth")
        .operation_name(name)
        .behavior_version(BehaviorVersion::latest())
        .http_client(cognito.clients.http())
        .endpoint_url(&url.origin().ascii_serialization())
        .no_auth()
        .no_retry()
        .timeout_config(timeouts())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .interceptor(probe.clone())
        .serializer(|sent: Sent| {
            let mut request = http::Request::builder()
                .method(sent.method)
                .uri(sent.path.expose());
            for (name, value) in &sent.headers {
                request = request.header(name, value.expose());
            }
            Ok(HttpRequest::try_from(
                request.body(SdkBody::from(sent.body.expose()))?,
            )?)
        })
        .deserializer(|response: &HttpResponse| {
            Ok::<_, OrchestratorError<Infallible>>(read(response))
        })
        .build();
    #[expect(
        clippy::disallowed_methods,
        reason = "only the log and an examination learn how long a call took"
    )]
    let start = Instant::now();
    let sent: Result<Answer, SdkError<Infallible, HttpResponse>> = operation
        .invoke(Sent::of(&request))
        .with_subscriber(NoSubscriber::new())
        .await;
    let seen = probe.seen(start.elapsed(), &sent);
    let result = sent.map_err(|error| transport::fault(&host, &error).fault);
    let outcome = match &result {
        Ok(answer) => answer.status.to_string(),
        Err(fault) => format!("{:?}", fault.kind),
    };
    tracing::debug!(
        operation = name,
        host,
        millis = u64::try_from(seen.took.as_millis()).unwrap_or(u64::MAX),
        outcome,
        "called a server"
    );
    let server = seen.server;
    let answer = result.map(|answer| Answer { server, ..answer });
    Ok((seen, answer))
}

/// What tokens may be sent to: `https`, or this very machine.
pub(crate) fn safe(url: &str) -> Result<Url, Fault> {
    let refused = |why: &str| {
        Fault::new(
            FaultKind::Misconfigured,
            format!("“{url}” cannot be called: {why}."),
        )
    };
    let parsed = Url::parse(url).map_err(|_| refused("it is no URL"))?;
    let local = matches!(parsed.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    match parsed.scheme() {
        "https" if parsed.host_str().is_some() => Ok(parsed),
        "http" if local => Ok(parsed),
        _ => Err(refused("it must begin with https://")),
    }
}

/// `host:port`, as people are told.
pub(crate) fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// A request, of which anything may be a secret. Its endpoint has scheme and host.
#[derive(Debug)]
struct Sent {
    method: http::Method,
    path: Secret,
    headers: Vec<(http::HeaderName, Secret)>,
    body: Secret,
}

impl Sent {
    fn of(request: &http::Request<Vec<u8>>) -> Self {
        let path = request.uri().path_and_query();
        let headers = request.headers().iter();
        Self {
            method: request.method().clone(),
            path: Secret::new(path.map_or("/", |path| path.as_str())),
            headers: headers
                .map(|(name, value)| {
                    let value = String::from_utf8_lossy(value.as_bytes());
                    (name.clone(), Secret::new(value))
                })
                .collect(),
            body: Secret::new(String::from_utf8_lossy(request.body())),
        }
    }
}

fn read(response: &HttpResponse) -> Answer {
    let body = response.body().bytes().unwrap_or_default();
    Answer {
        status: response.status().as_u16(),
        location: response.headers().get("location").map(str::to_owned),
        body: Secret::new(String::from_utf8_lossy(body)),
        server: None,
    }
}

/// What a token endpoint says: three tokens of the size that providers give, and room.
pub(crate) const TOKENS: usize = 64 << 10;

/// What a provider says of itself.
pub(crate) const METADATA: usize = 256 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_go_over_tls_or_stay_here() {
        for good in [
            "https://acme.example/oauth2/token",
            "http://127.0.0.1:8080/x",
            "http://localhost/x",
            "http://[::1]:1/x",
        ] {
            assert!(safe(good).is_ok(), "{good}");
        }
        for bad in [
            "http://acme.example/",
            "http://127.0.0.1.example/",
            "http://localhost.example:80/",
            "http://127.0.0.1@acme.example/",
            "ftp://127.0.0.1/",
            "file:///etc/passwd",
            "/oauth2/token",
            "",
        ] {
            assert!(safe(bad).is_err(), "{bad}");
        }
    }
}
