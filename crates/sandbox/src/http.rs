//! HTTP: which request goes where.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderValue, Method, request::Parts},
    response::Response,
};
use serde_json::json;

use crate::{
    call, control,
    reply::{json_response, plain},
    srp::same,
    web::{self, Target},
    wire::Failure,
    world::World,
};

/// What every request shares.
pub(crate) struct App {
    pub(crate) world: Mutex<World>,
    pub(crate) control_token: String,
}

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
        return Ok(call::answer(&app, &parts, body).await);
    }
    if let Some(target) = Target::of(&path) {
        return Ok(web::answer(&app, target, &parts, body).await);
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
    let login = world.login_url(pool);
    drop(world);
    match document {
        "jwks.json" => plain(app, 200, &key_set),
        "openid-configuration" => {
            let answer = json!({
                "issuer": issuer,
                "authorization_endpoint": format!("{login}/oauth2/authorize"),
                "token_endpoint": format!("{login}/oauth2/token"),
                "revocation_endpoint": format!("{login}/oauth2/revoke"),
                "userinfo_endpoint": format!("{login}/oauth2/userInfo"),
                "end_session_endpoint": format!("{login}/logout"),
                "scopes_supported": ["openid", "email", "phone", "profile"],
                "token_endpoint_auth_methods_supported":
                    ["client_secret_basic", "client_secret_post"],
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
