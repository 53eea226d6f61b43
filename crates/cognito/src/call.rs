//! One call to AWS: made once, out of the log's hearing, and told in this crate's words.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeDeserializationInterceptorContextMut, BeforeTransmitInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::date_time::{DateTime, Format};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use http_body_util::Limited;
use poolkey_core::fault::{Fault, Life};
use poolkey_core::secret::Secret;
use poolkey_core::time::UnixTime;
use tracing::instrument::WithSubscriber;
use tracing::subscriber::NoSubscriber;

use crate::classify::{self, Meaning, Operation, Refusal};
use crate::transport::{self, Obstacle, obstacle};

/// What came back, and what the server's clock showed then.
pub(crate) struct Answered<T> {
    pub(crate) output: T,
    pub(crate) server: Option<UnixTime>,
}

impl<T> Answered<T> {
    pub(crate) fn map<U>(self, to: impl FnOnce(T) -> U) -> Answered<U> {
        Answered {
            output: to(self.output),
            server: self.server,
        }
    }

    /// The life of something that ends at `end` by the server's clock.
    pub(crate) fn life(&self, end: UnixTime, wall: &dyn Fn() -> UnixTime) -> Life {
        let answered = self.server.unwrap_or_else(wall);
        let left = u64::try_from(end.secs_after(answered)).unwrap_or(0);
        Life {
            length: Duration::from_secs(left),
            server: self.server,
        }
    }
}

impl<T> Answered<Option<T>> {
    /// What it should hold, where it does.
    pub(crate) fn whole(self) -> Option<Answered<T>> {
        let server = self.server;
        self.output.map(|output| Answered { output, server })
    }
}

/// Makes the call that `send` describes. The [`Probe`] goes along as its interceptor; `secrets`
/// are all that the call sends and that no text may repeat.
pub(crate) async fn call<T, E, F>(
    operation: Operation,
    secrets: &[&Secret],
    send: impl FnOnce(Probe) -> F,
) -> Result<Answered<T>, Refusal>
where
    F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let (seen, result) = look(operation, secrets, send).await;
    let server = seen.server;
    result.map(|output| Answered { output, server })
}

/// What was seen of a call besides its answer.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// `host:port` of the endpoint.
    pub(crate) host: String,
    /// Its URL without the path.
    pub(crate) origin: String,
    /// What the server's clock showed.
    pub(crate) server: Option<UnixTime>,
    pub(crate) took: Duration,
    /// Why nothing was sent, where that is so.
    pub(crate) obstacle: Option<Obstacle>,
}

/// The same, and tells what was seen on the way.
pub(crate) async fn look<T, E, F>(
    operation: Operation,
    secrets: &[&Secret],
    send: impl FnOnce(Probe) -> F,
) -> (Seen, Result<T, Refusal>)
where
    F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let probe = Probe::default();
    #[expect(
        clippy::disallowed_methods,
        reason = "only the log and an examination learn how long a call took"
    )]
    let start = Instant::now();
    // At TRACE the SDK logs whole requests and answers, passwords and tokens among them.
    let sent = send(probe.clone())
        .with_subscriber(NoSubscriber::new())
        .await;
    let seen = probe.seen(start.elapsed(), &sent);
    let result = sent.map_err(|error| refusal(operation, &seen.host, &error, secrets));
    let outcome = match &result {
        Ok(_) => "answered".to_owned(),
        Err(refusal) => format!("{:?}", refusal.fault.kind),
    };
    tracing::debug!(
        operation = operation.name(),
        host = seen.host,
        request_id = probe.take().request_id,
        millis = u64::try_from(seen.took.as_millis()).unwrap_or(u64::MAX),
        outcome,
        "called AWS"
    );
    (seen, result)
}

fn refusal<E>(
    operation: Operation,
    host: &str,
    error: &SdkError<E, HttpResponse>,
    secrets: &[&Secret],
) -> Refusal
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let answer = match error {
        SdkError::ServiceError(service) => {
            let meta = service.err().meta();
            Some((service.raw(), meta.code(), meta.message()))
        }
        // Its body is there if it was whole, and so only not of the service.
        SdkError::ResponseError(answer) if answer.raw().body().bytes().is_some() => {
            Some((answer.raw(), None, None))
        }
        SdkError::ConstructionFailure(_)
        | SdkError::TimeoutError(_)
        | SdkError::DispatchFailure(_)
        | SdkError::ResponseError(_)
        | _ => None,
    };
    match answer {
        Some((answer, None, _)) if answer.status().is_success() => transport::garbled(host),
        Some((answer, code, message)) => {
            let message = message.map(|message| hide(message, secrets));
            let status = answer.status().as_u16();
            classify::classify(operation, host, status, code, message.as_deref())
        }
        None => transport::fault(host, error),
    }
}

/// Messages of AWS repeat what they found wrong: a value that is not valid, headers that were not
/// signed rightly. It is the whole message that is searched, before it is cut to a sentence.
pub(crate) fn hide(message: &str, secrets: &[&Secret]) -> String {
    secrets
        .iter()
        .map(|secret| secret.expose())
        .filter(|secret| secret.len() >= SHORTEST_HIDDEN)
        .fold(message.to_owned(), |text, secret| text.replace(secret, "…"))
}

/// Sees one exchange pass by.
#[derive(Clone, Debug)]
pub(crate) struct Probe {
    notes: Arc<Mutex<Notes>>,
    /// The longest body that is taken.
    largest: usize,
}

#[derive(Debug, Default)]
struct Notes {
    origin: String,
    server: Option<UnixTime>,
    request_id: Option<String>,
}

impl Default for Probe {
    fn default() -> Self {
        Self::bounded(LARGEST)
    }
}

impl Probe {
    /// One that takes a body of so many bytes at most.
    pub(crate) fn bounded(largest: usize) -> Self {
        Self {
            notes: Arc::default(),
            largest,
        }
    }

    /// What was seen of a call that took so long.
    pub(crate) fn seen<T, E: std::error::Error + 'static>(
        &self,
        took: Duration,
        sent: &Result<T, SdkError<E, HttpResponse>>,
    ) -> Seen {
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        let host = host(&notes.origin).to_owned();
        let obstacle = sent.as_ref().err().and_then(|error| obstacle(&host, error));
        Seen {
            host,
            origin: std::mem::take(&mut notes.origin),
            server: notes.server,
            took,
            obstacle: obstacle.map(|(obstacle, _)| obstacle),
        }
    }

    fn take(&self) -> Notes {
        std::mem::take(&mut *self.notes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Intercept for Probe {
    fn name(&self) -> &'static str {
        "Probe"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        notes.origin = origin(context.request().uri());
        Ok(())
    }

    /// Notes the headers and bounds the body, which the SDK reads after this, whole, into memory.
    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        let response = context.response_mut();
        notes.server = date(response);
        notes.request_id = response
            .headers()
            .get("x-amzn-requestid")
            .map(|id| id.chars().take(64).collect());
        let body = std::mem::replace(response.body_mut(), SdkBody::taken());
        *response.body_mut() = SdkBody::from_body_1_x(Limited::new(body, self.largest));
        Ok(())
    }
}

/// What the server's clock showed.
pub(crate) fn date(response: &HttpResponse) -> Option<UnixTime> {
    let date = response.headers().get("date")?;
    let date = DateTime::from_str(date, Format::HttpDate).ok()?;
    Some(UnixTime::from_secs(date.secs()))
}

/// `https://user@host:port/path` without user information and path.
fn origin(uri: &str) -> String {
    let scheme = uri.split_once("://").map_or("https", |(scheme, _)| scheme);
    format!("{scheme}://{}", host(uri))
}

/// `https://host:port/path` without the scheme, user information and path.
fn host(uri: &str) -> &str {
    let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default()
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        match refusal.meaning {
            Meaning::Plain
            | Meaning::SecretMissing
            | Meaning::SecretWrong
            | Meaning::ClientGone
            | Meaning::FlowRefused
            | Meaning::Needs(_)
            | Meaning::Refused(_) => refusal.fault,
        }
    }
}

/// Three tokens of the largest size that Cognito's model allows (128 KiB), and room.
const LARGEST: usize = 1 << 20;

/// Cognito takes no shorter password, and hiding a letter would spell it out.
const SHORTEST_HIDDEN: usize = 6;
