//! HTTP: which request goes where, and how faults reach the connection.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes, HttpBody},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    response::Response,
};
use hyper::body::{Frame, SizeHint};
use serde_json::{Value, json};

use crate::{
    control,
    faults::{DropAt, Rule},
    operations::{self, Access, Operation},
    random,
    sigv4::{Message, pairs},
    srp::same,
    sts::{Caller, Dialect, error_xml},
    wire::{Failure, Fields},
    world::World,
};

/// What every request shares.
pub(crate) struct App {
    pub(crate) world: Mutex<World>,
    pub(crate) control_token: String,
}

/// In a response's extensions: close the connection in place of answering.
#[derive(Clone, Copy)]
pub(crate) struct HangUp;

impl App {
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The one handler behind every path.
pub(crate) fn router(app: Arc<App>) -> Router {
    Router::new().fallback(handle).with_state(app)
}

const LIMIT: usize = 256 * 1024;
const PATIENCE: Duration = Duration::from_secs(30);

async fn handle(State(app): State<Arc<App>>, request: Request) -> Result<Response, Infallible> {
    let (parts, body) = request.into_parts();
    let body = match tokio::time::timeout(PATIENCE, axum::body::to_bytes(body, LIMIT)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => {
            let failure = Failure {
                status: 413,
                ..Failure::serialization("Request is too large")
            };
            return Ok(json_response(
                &app,
                413,
                &failure.body(),
                Some(&failure.code),
            ));
        }
        Err(_) => {
            return Ok(plain(
                &app,
                408,
                &json!({ "error": "the request took too long" }),
            ));
        }
    };
    let path = parts.uri.path().to_owned();
    if let Some(path) = path.strip_prefix("/_sandbox/") {
        return Ok(control(&app, &parts, path, &body));
    }
    if path == "/" {
        return Ok(call(&app, &parts, body).await);
    }
    Ok(well_known(&app, &parts.method, &path))
}

fn control(app: &App, parts: &Parts, path: &str, body: &[u8]) -> Response {
    if (&parts.method, path) == (&Method::GET, "health") {
        let answer = control::health(&app.world());
        return plain(app, 200, &answer);
    }
    let token = parts
        .headers
        .get("x-sandbox-control")
        .map_or(&b""[..], HeaderValue::as_bytes);
    if !same(token, app.control_token.as_bytes()) {
        let answer = json!({ "error": "the header X-Sandbox-Control must hold the control token" });
        return plain(app, 403, &answer);
    }
    let query = parts.uri.query().unwrap_or_default();
    let (status, answer) = control::answer(&mut app.world(), &parts.method, path, query, body);
    plain(app, status.as_u16(), &answer)
}

/// The key set and the OpenID configuration of a user pool.
fn well_known(app: &App, method: &Method, path: &str) -> Response {
    let missing = || plain(app, 404, &json!({ "error": "not found" }));
    let Some((pool, document)) = path[1..].split_once("/.well-known/") else {
        return missing();
    };
    let world = app.world();
    if method != Method::GET || !world.pools.contains_key(pool) {
        drop(world);
        return missing();
    }
    let issuer = world.issuer(pool);
    let key_set = world.key.key_set();
    let base = format!("{}/{pool}", world.place.url);
    drop(world);
    match document {
        "jwks.json" => plain(app, 200, &key_set),
        "openid-configuration" => {
            let answer = json!({
                "issuer": issuer,
                "jwks_uri": format!("{base}/.well-known/jwks.json"),
                "id_token_signing_alg_values_supported": ["RS256"],
                "subject_types_supported": ["public"],
                "response_types_supported": ["code", "token"],
            });
            plain(app, 200, &answer)
        }
        _ => missing(),
    }
}

/// An operation of one of the three services, with whatever fault is due.
async fn call(app: &App, parts: &Parts, body: Bytes) -> Response {
    let call = Call::of(parts, &body);
    let fault = app.world().faults.hit(call.name());
    let wait = |ms: Option<u64>| tokio::time::sleep(Duration::from_millis(ms.unwrap_or(0)));
    let Some(rule) = fault else {
        return run(app, &call, parts, &body, None);
    };

    wait(rule.delay_before_ms).await;
    if rule.drop == Some(DropAt::Before) {
        note_fault(app, &call, "drop before", "dropped");
        return hang_up();
    }
    let mut response = match &rule.error {
        Some(error) if !rule.effect => {
            let code = error.code.as_deref().unwrap_or("InternalErrorException");
            note_fault(app, &call, "error", code);
            wrong(app, &call, &rule)
        }
        Some(_) => {
            run(app, &call, parts, &body, Some("error after effect"));
            wrong(app, &call, &rule)
        }
        None => run(app, &call, parts, &body, Some(describe(&rule))),
    };
    wait(rule.delay_after_ms).await;
    if rule.drop == Some(DropAt::After) {
        return hang_up();
    }
    if let Some(bytes) = rule.truncate_after_bytes {
        response = response.map(|body| Body::new(Cut { body, left: bytes }));
    }
    response
}

/// Which operation a request means.
enum Call {
    Known(&'static Operation),
    CallerIdentity,
    /// The name, and whether it is a call of the query protocol.
    Unknown(String, Dialect),
}

impl Call {
    fn of(parts: &Parts, body: &[u8]) -> Self {
        if let Some(target) = parts.headers.get("x-amz-target") {
            let target = target.to_str().unwrap_or_default();
            let name = || target.rsplit('.').next().unwrap_or_default().to_owned();
            return operations::find(target)
                .map_or_else(|| Self::Unknown(name(), Dialect::Json), Self::Known);
        }
        let form = String::from_utf8_lossy(body);
        let fields = pairs(parts.uri.query().unwrap_or_default())
            .into_iter()
            .chain(pairs(&form));
        let action = fields.into_iter().find(|(name, _)| name == "Action");
        match action {
            Some((_, action)) if action == "GetCallerIdentity" => Self::CallerIdentity,
            Some((_, action)) => Self::Unknown(action, Dialect::Query),
            None => Self::Unknown("none".into(), Dialect::Json),
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::Known(operation) => operation.name,
            Self::CallerIdentity => "GetCallerIdentity",
            Self::Unknown(name, _) => name,
        }
    }

    fn dialect(&self) -> Dialect {
        match self {
            Self::Known(_) => Dialect::Json,
            Self::CallerIdentity => Dialect::Query,
            Self::Unknown(_, dialect) => *dialect,
        }
    }
}

fn run(app: &App, call: &Call, parts: &Parts, body: &[u8], fault: Option<&str>) -> Response {
    let message = Message {
        method: parts.method.as_str(),
        path: parts.uri.path(),
        query: parts.uri.query().unwrap_or_default(),
        headers: &parts.headers,
        body,
    };
    let mut world = app.world();
    world.journal.note = crate::journal::Note::default();
    let result = match call {
        Call::Known(operation) => authorize(&world, operation, &message)
            .and_then(|()| execute(&mut world, operation, body)),
        Call::CallerIdentity => world.caller_identity(&message).map(Value::String),
        Call::Unknown(name, Dialect::Json) => Err(Failure::new(
            "UnknownOperationException",
            format!("The sandbox has no operation {name}."),
        )),
        Call::Unknown(name, Dialect::Query) => Err(Failure::new(
            "InvalidAction",
            format!("Could not find operation {name} for version 2011-06-15"),
        )),
    };
    let outcome = result
        .as_ref()
        .err()
        .map_or("ok", |failure| failure.code.as_ref())
        .to_owned();
    let now = world.clock.now();
    // A call that failed its own table look-up is counted under one name, not under any text.
    let name = match call {
        Call::Unknown(..) => "unknown",
        Call::Known(_) | Call::CallerIdentity => call.name(),
    };
    world
        .journal
        .call(now, name, &outcome, fault.map(str::to_owned));
    drop(world);
    tracing::info!(operation = call.name(), outcome, fault, "call");

    match (call.dialect(), result) {
        (Dialect::Json, Ok(answer)) => json_response(app, 200, &answer, None),
        (Dialect::Json, Err(failure)) => {
            json_response(app, failure.status, &failure.body(), Some(&failure.code))
        }
        (Dialect::Query, Ok(xml)) => {
            xml_response(app, 200, xml.as_str().unwrap_or_default().to_owned())
        }
        (Dialect::Query, Err(f)) => {
            let body = error_xml(&f.code, &f.message, f.status, &random::uuid());
            xml_response(app, f.status, body)
        }
    }
}

fn authorize(world: &World, operation: &Operation, message: &Message<'_>) -> Result<(), Failure> {
    match operation.access {
        Access::Open => Ok(()),
        Access::Admin => match world.caller(message, operation.scope) {
            Ok(Caller::Admin) => Ok(()),
            Ok(Caller::Role(keys)) => Err(Failure::new(
                "AccessDeniedException",
                format!(
                    "{} is not authorized to perform {}",
                    keys.role, operation.name
                ),
            )),
            Err(refusal) => Err(refusal.worded(Dialect::Json)),
        },
    }
}

fn execute(world: &mut World, operation: &Operation, body: &[u8]) -> Result<Value, Failure> {
    let body: Value = serde_json::from_slice(body)
        .map_err(|_| Failure::serialization("The request is not valid JSON"))?;
    (operation.run)(world, Fields::of(&body)?)
}

fn wrong(app: &App, call: &Call, rule: &Rule) -> Response {
    let error = rule.error.clone().unwrap_or_default();
    let status = error.status();
    if let Some(body) = error.body {
        return respond(app, status, "text/html", body.into_bytes());
    }
    let code = error
        .code
        .unwrap_or_else(|| "InternalErrorException".into());
    let message = error
        .message
        .unwrap_or_else(|| "A fault that was asked for.".into());
    match call.dialect() {
        Dialect::Json => json_response(
            app,
            status,
            &json!({ "__type": code, "message": message }),
            Some(&code),
        ),
        Dialect::Query => xml_response(
            app,
            status,
            error_xml(&code, &message, status, &random::uuid()),
        ),
    }
}

fn note_fault(app: &App, call: &Call, fault: &str, outcome: &str) {
    let mut world = app.world();
    world.journal.note = crate::journal::Note::default();
    let now = world.clock.now();
    world
        .journal
        .call(now, call.name(), outcome, Some(fault.to_owned()));
    tracing::info!(operation = call.name(), outcome, fault, "call");
}

fn describe(rule: &Rule) -> &'static str {
    if rule.drop == Some(DropAt::After) {
        "drop after"
    } else if rule.truncate_after_bytes.is_some() {
        "truncate"
    } else {
        "delay"
    }
}

fn json_response(app: &App, status: u16, body: &Value, error: Option<&str>) -> Response {
    let mut response = respond(
        app,
        status,
        "application/x-amz-json-1.1",
        body.to_string().into_bytes(),
    );
    if let Some(code) = error {
        let message = body["message"].as_str().unwrap_or_default();
        put(
            response.headers_mut(),
            "x-amzn-errortype",
            &format!("{code}:"),
        );
        put(response.headers_mut(), "x-amzn-errormessage", message);
    }
    response
}

fn xml_response(app: &App, status: u16, body: String) -> Response {
    respond(app, status, "text/xml", body.into_bytes())
}

fn plain(app: &App, status: u16, body: &Value) -> Response {
    respond(
        app,
        status,
        "application/json",
        body.to_string().into_bytes(),
    )
}

fn respond(app: &App, status: u16, kind: &'static str, body: Vec<u8>) -> Response {
    let date = app.world().clock.told().http_date();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    put(headers, "date", &date);
    put(headers, "x-amzn-requestid", &random::uuid());
    response
}

fn put(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

fn hang_up() -> Response {
    let mut response = Response::new(Body::empty());
    response.extensions_mut().insert(HangUp);
    response
}

/// A body that promises its whole length and breaks off.
struct Cut {
    body: Body,
    left: usize,
}

/// What hyper sees when a body breaks off.
#[derive(Debug, thiserror::Error)]
#[error("the answer is cut short, as asked")]
struct CutShort;

impl HttpBody for Cut {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::BoxError>>> {
        if self.left == 0 {
            return Poll::Ready(Some(Err(CutShort.into())));
        }
        match Pin::new(&mut self.body).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => {
                let mut data = frame.into_data().unwrap_or_default();
                data.truncate(self.left);
                self.left -= data.len();
                Poll::Ready(Some(Ok(Frame::data(data))))
            }
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(error.into()))),
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
