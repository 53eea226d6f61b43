//! What browsers and OAuth clients ask for: requests by path, with forms, cookies and redirects.

use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderValue, Method, header, request::Parts},
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::{
    call::under_fault,
    domain::PREFIX,
    faults::Rule,
    http::App,
    idp,
    journal::Note,
    login,
    reply::respond,
    sigv4::{encode, pairs},
    world::World,
};

/// Whose endpoint a path is.
pub(crate) enum Target {
    /// Managed login, at a domain or at the root.
    Login(login::Endpoint, Option<String>),
    /// A provider of the sandbox's own, by name.
    Idp(idp::Endpoint, String),
}

impl Target {
    /// The endpoint at a path, if there is one.
    pub(crate) fn of(path: &str) -> Option<Self> {
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
        }
    }

    /// Whether it is a program that reads the answer, rather than a person.
    fn speaks_json(&self) -> bool {
        match self {
            Self::Login(endpoint, _) => endpoint.speaks_json(),
            Self::Idp(endpoint, _) => endpoint.speaks_json(),
        }
    }
}

/// One request of a browser or an OAuth client.
pub(crate) struct Visit {
    pub(crate) method: Method,
    /// The query as it came.
    pub(crate) raw_query: String,
    pub(crate) query: Params,
    /// The body, where it is a form.
    pub(crate) form: Params,
    cookies: Vec<(String, String)>,
    authorization: Option<String>,
    /// The pool whose domain was called.
    pub(crate) pool: Option<String>,
}

/// The parameters of a query or a form.
#[derive(Clone, Default)]
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    /// What a query or a form says.
    pub(crate) fn read(text: &str) -> Self {
        Self(pairs(text))
    }

    /// A parameter that is there and not empty.
    pub(crate) fn one(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(one, _)| one == name);
        found
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// Whether a parameter comes more than once, which OAuth forbids.
    pub(crate) fn has_twice(&self) -> bool {
        let mut names: Vec<_> = self.0.iter().map(|(name, _)| name).collect();
        let all = names.len();
        names.sort();
        names.dedup();
        names.len() < all
    }

    /// All of them.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl Visit {
    fn new(parts: &Parts, body: &[u8]) -> Self {
        let raw_query = parts.uri.query().unwrap_or_default().to_owned();
        let text = |name: header::HeaderName| parts.headers.get(name)?.to_str().ok();
        let is_form = text(header::CONTENT_TYPE).is_some_and(|kind| {
            let kind = kind.split(';').next().unwrap_or_default().trim();
            kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
        });
        let form = match is_form {
            true => Params::read(&String::from_utf8_lossy(body)),
            false => Params::default(),
        };
        Self {
            method: parts.method.clone(),
            query: Params::read(&raw_query),
            raw_query,
            form,
            cookies: cookies(&parts.headers),
            authorization: text(header::AUTHORIZATION).map(str::to_owned),
            pool: None,
        }
    }

    /// A cookie.
    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        let found = self.cookies.iter().find(|(one, _)| one == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The client and its secret, as the form or `Authorization: Basic` has them. Nothing where
    /// both do, or the header is no good.
    pub(crate) fn credentials(&self) -> Option<(String, Option<String>)> {
        let secret = self.form.one("client_secret");
        let Some(given) = &self.authorization else {
            return Some((
                self.form.one("client_id")?.to_owned(),
                secret.map(str::to_owned),
            ));
        };
        let (scheme, given) = given.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") || secret.is_some() {
            return None;
        }
        let given = String::from_utf8(STANDARD.decode(given.trim()).ok()?).ok()?;
        let (id, secret) = given.split_once(':')?;
        // OAuth has both form-encoded before they are joined.
        let plain = |text: &str| {
            let params = Params::read(&format!("x={text}"));
            params.one("x").unwrap_or_default().to_owned()
        };
        let id = plain(id);
        if self.form.one("client_id").is_some_and(|other| other != id) {
            return None;
        }
        Some((id, Some(plain(secret)).filter(|secret| !secret.is_empty())))
    }

    /// The token of `Authorization: Bearer`.
    pub(crate) fn bearer(&self) -> Option<&str> {
        let (scheme, token) = self.authorization.as_ref()?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
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

fn cookies(headers: &HeaderMap) -> Vec<(String, String)> {
    let all = headers.get_all(header::COOKIE).into_iter();
    all.filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
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
