//! What browsers and OAuth clients ask for: requests by path, with forms, cookies and redirects.

use axum::{
    body::Bytes,
    http::{HeaderValue, Method, header, request::Parts},
    response::Response,
};
use serde_json::{Value, json};

use crate::{
    call::under_fault, domain::PREFIX, faults::Rule, federation, http::App, idp, journal::Note,
    login, reply::respond, sigv4::encode, world::World,
};

mod visit;

pub(crate) use visit::{Params, Visit};

/// Whose endpoint a path is.
pub(crate) enum Target {
    /// Managed login, at a domain or at the root.
    Login(login::Endpoint, Option<String>),
    /// A provider of the sandbox's own, by name.
    Idp(idp::Endpoint, String),
    /// The console's.
    Federation,
}

impl Target {
    /// The endpoint at a path, if there is one.
    pub(crate) fn of(path: &str) -> Option<Self> {
        if path == federation::PATH {
            return Some(Self::Federation);
        }
        if let Some(rest) = path.strip_prefix(idp::PREFIX) {
            let (name, rest) = rest.split_once('/')?;
            return Some(Self::Idp(idp::Endpoint::of(rest)?, name.to_owned()));
        }
        let (domain, rest) = match path.strip_prefix(PREFIX) {
            Some(rest) => {
                let (domain, rest) = rest.split_once('/')?;
                (Some(domain.to_owned()), rest)
            }
            None => (None, path.strip_prefix('/')?),
        };
        Some(Self::Login(login::Endpoint::of(rest)?, domain))
    }

    /// Its name in the journal and in fault rules.
    fn name(&self) -> &'static str {
        match self {
            Self::Login(endpoint, _) => endpoint.name(),
            Self::Idp(endpoint, _) => endpoint.name(),
            Self::Federation => "federation",
        }
    }

    /// Whether it is a program that reads the answer, rather than a person.
    fn speaks_json(&self) -> bool {
        match self {
            Self::Login(endpoint, _) => endpoint.speaks_json(),
            Self::Idp(endpoint, _) => endpoint.speaks_json(),
            // Its errors are pages, and no page of another origin reads it.
            Self::Federation => false,
        }
    }
}

/// An answer to a browser or an OAuth client.
pub(crate) struct Reply {
    status: u16,
    kind: &'static str,
    body: String,
    headers: Vec<(header::HeaderName, String)>,
    /// What the journal says: `ok`, or the error's code.
    outcome: String,
}

impl Reply {
    const HTML: &str = "text/html;charset=UTF-8";
    const JSON: &str = "application/json;charset=UTF-8";

    /// A page for a person.
    pub(crate) fn page(status: u16, html: String) -> Self {
        let policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'";
        Self {
            status,
            kind: Self::HTML,
            body: html,
            headers: vec![
                (header::CONTENT_SECURITY_POLICY, policy.to_owned()),
                (header::REFERRER_POLICY, "no-referrer".to_owned()),
            ],
            outcome: "ok".into(),
        }
    }

    /// On to another URL.
    pub(crate) fn redirect(location: &str) -> Self {
        Self {
            status: 302,
            kind: Self::HTML,
            body: String::new(),
            headers: vec![(header::LOCATION, location.to_owned())],
            outcome: "ok".into(),
        }
    }

    /// A document for a program, on whatever page it runs.
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            kind: Self::JSON,
            body: body.to_string(),
            headers: Vec::new(),
            outcome: "ok".into(),
        }
    }

    /// An error as OAuth writes it.
    pub(crate) fn error(status: u16, code: &str, description: Option<&str>) -> Self {
        let mut body = json!({ "error": code });
        if let Some(description) = description {
            body["error_description"] = json!(description);
        }
        Self::json(status, &body).outcome(code)
    }

    /// Nothing but a status.
    pub(crate) fn empty(status: u16) -> Self {
        Self {
            body: String::new(),
            ..Self::json(status, &Value::Null)
        }
    }

    /// Says in the journal how it went.
    pub(crate) fn outcome(mut self, outcome: &str) -> Self {
        outcome.clone_into(&mut self.outcome);
        self
    }

    /// One more header.
    pub(crate) fn header(mut self, name: header::HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// A cookie that scripts do not see and other sites do not send.
    pub(crate) fn cookie(self, name: &str, value: &str, seconds: i64) -> Self {
        let cookie = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax");
        self.header(header::SET_COOKIE, cookie)
    }

    fn into_response(self, app: &App) -> Response {
        let mut response = respond(app, self.status, self.kind, self.body.into_bytes());
        let headers = response.headers_mut();
        let fixed = [
            (header::CACHE_CONTROL, "no-store"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ];
        for (name, value) in fixed {
            headers.insert(name, HeaderValue::from_static(value));
        }
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.append(name, value);
            }
        }
        response
    }
}

/// Answers a request, with whatever fault is due.
pub(crate) async fn answer(app: &App, target: Target, parts: &Parts, body: Bytes) -> Response {
    let visit = Visit::new(parts, &body);
    if target.speaks_json() && visit.method == Method::OPTIONS {
        return cross_origin(Reply::empty(200)).into_response(app);
    }
    let run = |fault| run(app, &target, visit, fault);
    under_fault(app, target.name(), run, |rule| wrong(app, &target, rule)).await
}

async fn run(app: &App, target: &Target, visit: Visit, fault: Option<&str>) -> Response {
    let (reply, note) = match target {
        Target::Login(endpoint, domain) => {
            login::answer(app, *endpoint, domain.as_deref(), visit).await
        }
        Target::Idp(endpoint, name) => idp::answer(app, *endpoint, name, &visit),
        Target::Federation => at_once(app, |world| world.federation(&visit)),
    };
    let reply = match target.speaks_json() {
        true => cross_origin(reply),
        false => reply,
    };
    let outcome = reply.outcome.clone();
    let mut world = app.world();
    let now = world.clock.now();
    world.journal.note = note;
    world
        .journal
        .call(now, target.name(), &outcome, fault.map(str::to_owned));
    drop(world);
    tracing::info!(operation = target.name(), outcome, fault, "call");
    reply.into_response(app)
}

/// Runs what needs the world for one moment only.
pub(crate) fn at_once(app: &App, run: impl FnOnce(&mut World) -> Reply) -> (Reply, Note) {
    let mut world = app.world();
    world.journal.note = Note::default();
    let reply = run(&mut world);
    (reply, std::mem::take(&mut world.journal.note))
}

/// Lets pages of all origins read the answer.
fn cross_origin(reply: Reply) -> Reply {
    reply
        .header(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")
        .header(
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "authorization, content-type",
        )
        .header(header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST")
}

fn wrong(app: &App, target: &Target, rule: &Rule) -> Response {
    let error = rule.error.clone().unwrap_or_default();
    let status = error.status();
    if let Some(body) = error.body {
        return respond(app, status, "text/html", body.into_bytes());
    }
    let code = error.code.unwrap_or_else(|| "server_error".into());
    let message = error.message.as_deref();
    let reply = match target.speaks_json() {
        true => cross_origin(Reply::error(status, &code, message)),
        false => Reply::page(status, login::error_page(message.unwrap_or(&code))),
    };
    reply.into_response(app)
}

/// A URL with more parameters.
pub(crate) fn with_params<'a>(
    url: &str,
    params: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> String {
    let mut url = url.to_owned();
    for (name, value) in params {
        url.push(if url.contains('?') { '&' } else { '?' });
        url.push_str(&encode(name));
        url.push('=');
        url.push_str(&encode(value));
    }
    url
}

#[cfg(test)]
mod tests;
