//! An authorization server that answers as it is told, and a browser that goes where it is told.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "each test program takes what it needs, and may fail"
)]

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use poolkey_cognito::Cognito;
use poolkey_core::config::{
    BrowserSpec, Flow, LoginSpec, ManagedLogin, OidcSpec, UserPoolSpec, Variants,
};
use poolkey_core::conversation::{Answer, Question, Step, Thread};
use poolkey_core::fault::Fault;
use poolkey_core::time::UnixTime;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub const POOL: &str = "eu-west-1_AbCdEf123";
pub const CLIENT: &str = "3n4b5urk1ft4fl3mg5e62d9ado";
pub const SECRET: &str = "the-client-secret-of-this-test";
pub const CODE: &str = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";
pub const ACCESS: &str = "access-token-of-this-test";
pub const REFRESH: &str = "refresh-token-of-this-test";
/// The server's clock: far from the local one, so that a mix-up shows.
pub const SERVER: UnixTime = UnixTime::from_secs(1_767_584_889);
pub const DATE: &str = "Mon, 05 Jan 2026 03:48:09 GMT";
/// The local clock of the tests, a day and more behind.
pub const WALL: UnixTime = UnixTime::from_secs(1_767_400_000);

pub fn cognito() -> Cognito {
    Cognito::new(|| WALL)
}

/// A request as it came.
#[derive(Clone, Debug, Default)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub query: BTreeMap<String, String>,
    pub headers: BTreeMap<String, String>,
    pub form: BTreeMap<String, String>,
}

/// What is answered.
#[derive(Clone, Debug)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
    /// Whether the connection breaks instead.
    pub breaks: bool,
}

impl Response {
    pub fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            headers: vec![("content-type".into(), "application/json".into())],
            body: body.to_string(),
            breaks: false,
        }
    }

    pub fn redirect(to: &str) -> Self {
        Self {
            status: 302,
            headers: vec![("location".into(), to.into())],
            body: String::new(),
            breaks: false,
        }
    }

    pub fn refuse(status: u16, error: &str, description: Option<&str>) -> Self {
        let mut body = json!({"error": error});
        if let Some(text) = description {
            body["error_description"] = text.into();
        }
        Self::json(status, &body)
    }

    pub fn broken() -> Self {
        Self {
            breaks: true,
            ..Self::json(500, &json!({}))
        }
    }
}

/// The server. What is not scripted for a path is answered as a good provider would.
pub struct Provider {
    pub url: String,
    state: Arc<Mutex<State>>,
    task: tokio::task::JoinHandle<()>,
}

#[derive(Default)]
struct State {
    seen: Vec<Request>,
    scripts: BTreeMap<String, VecDeque<Response>>,
    /// Members of ID tokens that differ from a good one's.
    claims: BTreeMap<String, Value>,
    /// Members of the discovery document that differ.
    metadata: BTreeMap<String, Value>,
    /// The nonce of the last authorization request.
    nonce: Option<String>,
    id_token: bool,
}

impl Provider {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State {
            id_token: true,
            ..State::default()
        }));
        let task = tokio::spawn({
            let (state, url) = (state.clone(), url.clone());
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(serve(stream, state.clone(), url.clone()));
                }
            }
        });
        Self { url, state, task }
    }

    /// The next request to this path is answered so.
    pub fn then(&self, path: &str, response: Response) {
        let mut state = self.state.lock().unwrap();
        let script = state.scripts.entry(path.to_owned()).or_default();
        script.push_back(response);
    }

    pub fn claim(&self, name: &str, value: Value) {
        self.state.lock().unwrap().claims.insert(name.into(), value);
    }

    pub fn metadata(&self, name: &str, value: Value) {
        self.state
            .lock()
            .unwrap()
            .metadata
            .insert(name.into(), value);
    }

    pub fn no_id_token(&self) {
        self.state.lock().unwrap().id_token = false;
    }

    /// As if the browser had asked for this, where nobody tries it before.
    pub fn authorized(&self, nonce: &str) {
        self.state.lock().unwrap().nonce = Some(nonce.to_owned());
    }

    pub fn seen(&self) -> Vec<Request> {
        self.state.lock().unwrap().seen.clone()
    }

    /// Those to this path.
    pub fn seen_at(&self, path: &str) -> Vec<Request> {
        let seen = self.seen().into_iter();
        seen.filter(|request| request.path == path).collect()
    }

    pub fn id_token(&self) -> String {
        id_token(&self.state.lock().unwrap(), &self.url)
    }

    /// A user pool with managed login here.
    pub fn managed(&self, redirect_uris: &[&str]) -> LoginSpec {
        LoginSpec::UserPool(self.pool(redirect_uris))
    }

    pub fn pool(&self, redirect_uris: &[&str]) -> UserPoolSpec {
        UserPoolSpec {
            user_pool_id: POOL.into(),
            client_id: CLIENT.into(),
            username: None,
            flow: Flow::Browser,
            preferred_challenge: None,
            session_life: None,
            admin_profile: None,
            managed_login: Some(ManagedLogin {
                domain: self.url.clone(),
                browser: browser(redirect_uris),
                identity_provider: None,
                logout_uri: None,
            }),
            endpoint: Some(self.url.clone()),
            variants: Variants::default(),
        }
    }

    /// An OpenID provider.
    pub fn oidc(&self, redirect_uris: &[&str]) -> LoginSpec {
        LoginSpec::Oidc(self.oidc_spec(redirect_uris))
    }

    pub fn oidc_spec(&self, redirect_uris: &[&str]) -> OidcSpec {
        OidcSpec {
            issuer: self.url.clone(),
            client_id: CLIENT.into(),
            username: None,
            browser: browser(redirect_uris),
            session_life: None,
        }
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn browser(redirect_uris: &[&str]) -> BrowserSpec {
    BrowserSpec {
        redirect_uris: redirect_uris.iter().map(|uri| (*uri).to_owned()).collect(),
        scopes: Vec::new(),
        parameters: BTreeMap::new(),
    }
}

async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>, url: String) -> Option<()> {
    let request = read(&mut stream).await?;
    let response = {
        let mut state = state.lock().unwrap();
        if let Some(nonce) = request.query.get("nonce") {
            state.nonce = Some(nonce.clone());
        }
        state.seen.push(request.clone());
        let script = state.scripts.get_mut(&request.path);
        let scripted = script.and_then(VecDeque::pop_front);
        scripted.unwrap_or_else(|| good(&state, &request, &url))
    };
    if response.breaks {
        stream.set_zero_linger().unwrap();
        return None;
    }
    let headers: String = response
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    let text = format!(
        "HTTP/1.1 {} X\r\ndate: {DATE}\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n{}",
        response.status,
        response.body.len(),
        response.body
    );
    stream.write_all(text.as_bytes()).await.ok()?;
    stream.shutdown().await.ok()
}

fn good(state: &State, request: &Request, url: &str) -> Response {
    match request.path.as_str() {
        "/oauth2/authorize" => Response::redirect("/login?client_id=x"),
        "/oauth2/token" => {
            let mut body = json!({
                "access_token": ACCESS, "expires_in": 300, "token_type": "Bearer",
            });
            if state.id_token {
                body["id_token"] = id_token(state, url).into();
            }
            if request.form.get("grant_type").map(String::as_str) == Some("authorization_code") {
                body["refresh_token"] = REFRESH.into();
            }
            Response::json(200, &body)
        }
        "/oauth2/revoke" => Response::json(200, &json!({})),
        "/.well-known/openid-configuration" => {
            let mut body = json!({
                "issuer": url,
                "authorization_endpoint": format!("{url}/oauth2/authorize"),
                "token_endpoint": format!("{url}/oauth2/token"),
                "revocation_endpoint": format!("{url}/oauth2/revoke"),
                "end_session_endpoint": format!("{url}/end"),
            });
            for (name, value) in &state.metadata {
                body[name] = value.clone();
            }
            Response::json(200, &body)
        }
        _ => Response::json(404, &json!({})),
    }
}

fn id_token(state: &State, url: &str) -> String {
    let mut payload = json!({
        "iss": format!("{url}/{POOL}"),
        "aud": CLIENT, "sub": "cfcd2084-95d5-65ef-66e7-dff9f98764da",
        "cognito:username": "ada", "email": "ada@example.com",
        "token_use": "id", "exp": SERVER.secs() + 3600,
    });
    if let Some(nonce) = &state.nonce {
        payload["nonce"] = nonce.clone().into();
    }
    for (name, value) in &state.claims {
        payload[name] = value.clone();
    }
    format!(
        "eyJhbGciOiJSUzI1NiJ9.{}.c2lnbmF0dXJlLW9mLXRoaXMtdGVzdA",
        URL_SAFE_NO_PAD.encode(payload.to_string())
    )
}

async fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 8192];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let mut lines = head.lines();
            let mut first = lines.next()?.split(' ');
            let (method, target) = (first.next()?, first.next()?);
            let headers: BTreeMap<_, _> = lines
                .filter_map(|line| line.split_once(':'))
                .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
                .collect();
            let length: usize = headers
                .get("content-length")
                .map_or(0, |n| n.parse().unwrap());
            if body.len() >= length {
                let (path, query) = target.split_once('?').unwrap_or((target, ""));
                return Some(Request {
                    method: method.into(),
                    path: path.into(),
                    query: pairs(query),
                    headers,
                    form: pairs(body),
                });
            }
        }
        match tokio::time::timeout(Duration::from_secs(20), stream.read(&mut chunk)).await {
            Ok(Ok(n)) if n > 0 => bytes.extend_from_slice(&chunk[..n]),
            Ok(_) | Err(_) => return None,
        }
    }
}

pub fn pairs(query: &str) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(query.as_bytes())
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

/// A sign-in that waits for its browser.
pub struct Waiting {
    pub thread: Thread,
    pub url: String,
    pub redirect_uri: String,
}

impl Waiting {
    /// Begins one.
    pub async fn begin(cognito: &Cognito, spec: &LoginSpec, thread: Thread) -> Self {
        Self::at(cognito.begin(spec, thread).await)
    }

    pub fn at(step: Result<Step, Fault>) -> Self {
        let Ok(Step::Ask {
            thread,
            question: Question::Browser { url, redirect_uri },
            problem: None,
        }) = step
        else {
            panic!("no browser is asked for: {step:?}")
        };
        Self {
            thread,
            url,
            redirect_uri,
        }
    }

    /// The parameters of the authorization request.
    pub fn asked(&self) -> BTreeMap<String, String> {
        pairs(self.url.split_once('?').unwrap().1)
    }

    pub fn state(&self) -> String {
        self.asked()["state"].clone()
    }

    /// The address that the browser comes back to with a code.
    pub fn back(&self) -> String {
        format!("{}?code={CODE}&state={}", self.redirect_uri, self.state())
    }

    /// One more step, by waiting.
    pub async fn wait(&self, cognito: &Cognito, spec: &LoginSpec) -> Result<Step, Fault> {
        cognito
            .answer(spec, self.thread.clone(), Answer::Wait)
            .await
    }

    /// Waits until something came of it.
    pub async fn end(self, cognito: &Cognito, spec: &LoginSpec) -> Result<Step, Fault> {
        let mut thread = self.thread;
        for _ in 0..20 {
            match cognito.answer(spec, thread, Answer::Wait).await {
                Ok(Step::Ask {
                    thread: next,
                    question: Question::Browser { .. },
                    problem: None,
                }) => thread = next,
                other => return other,
            }
        }
        panic!("nothing came of it");
    }
}

/// Somebody who signs in to this login.
pub fn login(name: &str) -> Thread {
    Thread {
        login: Some(name.parse().unwrap()),
        ..Thread::default()
    }
}

/// What a listener answered.
#[derive(Clone, Debug)]
pub struct Page {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

/// Goes to an address as a browser does, without following redirects.
pub async fn visit(url: &str) -> Page {
    visit_as("GET", url, &[]).await
}

pub async fn visit_as(method: &str, url: &str, headers: &[(&str, &str)]) -> Page {
    let (host, path) = url.trim_start_matches("http://").split_once('/').unwrap();
    let mut lines = format!("{method} /{path} HTTP/1.1\r\n");
    if !headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case("host"))
    {
        lines.push_str(&format!("Host: {host}\r\n"));
    }
    for (name, value) in headers {
        lines.push_str(&format!("{name}: {value}\r\n"));
    }
    lines.push_str("\r\n");
    send(host, lines.as_bytes()).await.unwrap()
}

/// Sends bytes and reads a page, if one comes.
pub async fn send(host: &str, bytes: &[u8]) -> Option<Page> {
    let mut stream = TcpStream::connect(host).await.ok()?;
    stream.write_all(bytes).await.ok()?;
    let mut answer = Vec::new();
    let mut chunk = [0; 8192];
    // A reset after the answer does not take the answer away.
    while let Ok(Ok(n)) =
        tokio::time::timeout(Duration::from_secs(30), stream.read(&mut chunk)).await
    {
        if n == 0 {
            break;
        }
        answer.extend_from_slice(&chunk[..n]);
    }
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    Some(Page {
        status,
        headers: lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
            .collect(),
        body: body.to_owned(),
    })
}

/// Comes back, and goes on to the page.
pub async fn come_back(url: &str) -> Page {
    let page = visit(url).await;
    assert_eq!(page.status, 303, "{page:?}");
    let location = &page.headers["location"];
    assert!(location.starts_with('/'), "{location}");
    let host = url.trim_start_matches("http://").split('/').next().unwrap();
    visit(&format!("http://{host}{location}")).await
}

/// A port that nobody has, of either family.
pub fn free_port() -> u16 {
    loop {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        if std::net::TcpListener::bind(("::1", port)).is_ok() {
            return port;
        }
    }
}

/// A redirect URI of one's own.
pub fn free_uri() -> String {
    format!("http://localhost:{}/callback", free_port())
}

pub async fn answer(
    cognito: &Cognito,
    spec: &LoginSpec,
    waiting: &Waiting,
    answer: Answer,
) -> Result<Step, Fault> {
    cognito.answer(spec, waiting.thread.clone(), answer).await
}

/// The tokens that a step ended with.
pub fn done(step: Result<Step, Fault>) -> poolkey_core::session::Tokens {
    let Ok(Step::Done { tokens, .. }) = step else {
        panic!("not signed in: {step:?}")
    };
    *tokens
}

/// The question that is asked again, and why.
pub fn again(step: Result<Step, Fault>) -> (Waiting, Fault) {
    let Ok(Step::Ask {
        thread,
        question: Question::Browser { url, redirect_uri },
        problem: Some(problem),
    }) = step
    else {
        panic!("not asked again: {step:?}")
    };
    let waiting = Waiting {
        thread,
        url,
        redirect_uri,
    };
    (waiting, problem)
}
