//! One call of one of the three services: what it means, what it runs, what goes wrong with it.

use std::time::Duration;

use axum::{body::Bytes, http::request::Parts, response::Response};
use serde_json::{Value, json};

use crate::{
    faults::{DropAt, Rule},
    http::App,
    journal::Note,
    oidc::{fetch_keys, tokens_in},
    operations::{self, Access, Operation},
    query::{self, Form, Query, QueryOperation, Service, error_xml},
    reply::{cut, hang_up, json_response, respond, xml_response},
    sigv4::Message,
    sts::{Caller, Dialect},
    wire::{Failure, Fields},
    world::World,
};

/// An operation of one of the three services, with whatever fault is due.
pub(crate) async fn answer(app: &App, parts: &Parts, body: Bytes) -> Response {
    let call = Call::of(parts, &body);
    let (meant, body) = (&call, &body);
    let run = |fault| async move {
        fetch_keys(app, &tokens_in(meant.name(), call_query(parts), body)).await;
        run(app, meant, parts, body, fault)
    };
    under_fault(app, call.name(), run, |rule| wrong(app, meant, rule)).await
}

/// Runs what was asked for, with whatever fault is due. `run` is told which, for the journal;
/// `wrong` makes the error that a rule asks for.
pub(crate) async fn under_fault<F: Future<Output = Response>>(
    app: &App,
    name: &str,
    run: impl FnOnce(Option<&'static str>) -> F,
    wrong: impl FnOnce(&Rule) -> Response,
) -> Response {
    let fault = app.world().faults.hit(name);
    let wait = |ms: Option<u64>| tokio::time::sleep(Duration::from_millis(ms.unwrap_or(0)));
    let Some(rule) = fault else {
        return run(None).await;
    };

    wait(rule.delay_before_ms).await;
    if rule.drop == Some(DropAt::Before) {
        note_fault(app, name, "drop before", "dropped");
        return hang_up();
    }
    let mut response = match &rule.error {
        Some(error) if !rule.effect => {
            let code = error.code.as_deref().unwrap_or("InternalErrorException");
            note_fault(app, name, "error", code);
            wrong(&rule)
        }
        Some(_) => {
            run(Some("error after effect")).await;
            wrong(&rule)
        }
        None => run(Some(describe(&rule))).await,
    };
    wait(rule.delay_after_ms).await;
    if rule.drop == Some(DropAt::After) {
        return hang_up();
    }
    if let Some(bytes) = rule.truncate_after_bytes {
        response = cut(response, bytes);
    }
    response
}

/// Which operation a request means.
enum Call {
    Known(Operation),
    /// A call of the query protocol.
    Form(QueryOperation),
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
        let form = Form::read(call_query(parts), body);
        let Some(action) = form.text("Action") else {
            return Self::Unknown("none".into(), Dialect::Json);
        };
        let unknown = || Self::Unknown(action.to_owned(), Dialect::Query);
        query::find(action).map_or_else(unknown, Self::Form)
    }

    fn name(&self) -> &str {
        match self {
            Self::Known(operation) => operation.name,
            Self::Form(operation) => operation.name,
            Self::Unknown(name, _) => name,
        }
    }

    fn dialect(&self) -> Dialect {
        match self {
            Self::Known(_) => Dialect::Json,
            Self::Form(_) => Dialect::Query,
            Self::Unknown(_, dialect) => *dialect,
        }
    }

    /// The service that is meant, among those of the query protocol.
    fn service(&self) -> Service {
        match self {
            Self::Form(operation) => operation.service,
            Self::Known(_) | Self::Unknown(..) => Service::Sts,
        }
    }
}

fn call_query(parts: &Parts) -> &str {
    parts.uri.query().unwrap_or_default()
}

fn run(app: &App, call: &Call, parts: &Parts, body: &[u8], fault: Option<&str>) -> Response {
    let message = Message {
        method: parts.method.as_str(),
        path: parts.uri.path(),
        query: call_query(parts),
        headers: &parts.headers,
        body,
    };
    let mut world = app.world();
    world.journal.note = Note::default();
    let result = match call {
        Call::Known(operation) => authorize(&world, operation, &message)
            .and_then(|()| execute(&mut world, operation, body)),
        Call::Form(operation) => {
            let form = &Form::read(message.query, body);
            let query = Query {
                form,
                message: &message,
            };
            operation.run(&mut world, &query).map(Value::String)
        }
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
        Call::Known(_) | Call::Form(_) => call.name(),
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
        (Dialect::Query, Err(failure)) => {
            let body = error_xml(call.service(), &failure);
            xml_response(app, failure.status, body)
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
                    keys.session.arn(),
                    operation.name
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
        Dialect::Query => {
            let failure = Failure {
                code: code.into(),
                message,
                status,
            };
            xml_response(app, status, error_xml(call.service(), &failure))
        }
    }
}

fn note_fault(app: &App, name: &str, fault: &str, outcome: &str) {
    let mut world = app.world();
    world.journal.note = Note::default();
    let now = world.clock.now();
    world
        .journal
        .call(now, name, outcome, Some(fault.to_owned()));
    tracing::info!(operation = name, outcome, fault, "call");
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
