//! The control endpoint: what a test or a curious person does to the sandbox itself.

use axum::http::{Method, StatusCode};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{faults::Rule, journal::Journal, outbox::Outbox, seed, totp, world::World};

/// How long things live, and how large they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Lifetimes {
    /// AWS keys of the enhanced flow.
    pub keys_seconds: i64,
    /// The size of their session token.
    pub session_token_bytes: usize,
    /// In place of the app client's `IdTokenValidity`.
    pub id_token_seconds: Option<i64>,
    /// In place of the app client's `AccessTokenValidity`.
    pub access_token_seconds: Option<i64>,
    /// In place of the app client's `RefreshTokenValidity`.
    pub refresh_token_seconds: Option<i64>,
    /// Keys of `AssumeRole`, in place of their `DurationSeconds`.
    pub assume_role_seconds: Option<i64>,
    /// Keys of `AssumeRoleWithWebIdentity`, in place of their `DurationSeconds`.
    pub web_identity_seconds: Option<i64>,
    /// The token of `GetOpenIdToken`, in place of ten minutes.
    pub open_id_token_seconds: Option<i64>,
}

/// How the server's clock differs from the computer's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClockChange {
    /// By how much the server's time is later: tokens and keys age by it.
    pub offset_seconds: Option<i64>,
    /// By how much every time that is told (`Date`, `iat`, `exp`, `Expiration`) is later still.
    pub date_skew_seconds: Option<i64>,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self {
            keys_seconds: 3600,
            session_token_bytes: 1000,
            id_token_seconds: None,
            access_token_seconds: None,
            refresh_token_seconds: None,
            assume_role_seconds: None,
            web_identity_seconds: None,
            open_id_token_seconds: None,
        }
    }
}

/// Answers a request under `/_sandbox/`.
pub(crate) fn answer(
    world: &mut World,
    method: &Method,
    path: &str,
    query: &str,
    body: &[u8],
) -> (StatusCode, Value) {
    let result = match (method.as_str(), path) {
        ("GET", "clock") => Ok(clock(world)),
        ("POST", "clock") => read(body).and_then(|change| set_clock(world, change)),
        ("GET", "lifetimes") => Ok(json!(world.lifetimes)),
        ("POST", "lifetimes") => read(body).and_then(|change| set_lifetimes(world, &change)),
        ("GET", "faults") => Ok(json!({ "rules": world.faults.rules() })),
        ("POST", "faults") => read(body).and_then(|rules| add_faults(world, rules)),
        ("DELETE", "faults") => {
            world.faults = crate::faults::Faults::none();
            Ok(json!({}))
        }
        ("GET", "calls") => Ok(calls(&world.journal, query)),
        ("DELETE", "calls") => {
            world.journal.forget_calls();
            Ok(json!({}))
        }
        ("GET", "minted") => Ok(json!({ "secrets": world.journal.secrets() })),
        ("GET", "outbox") => Ok(json!({ "messages": world.outbox.messages() })),
        ("DELETE", "outbox") => {
            world.outbox = Outbox::new();
            Ok(json!({}))
        }
        ("POST", "totp") => read(body).and_then(|request| totp_code(world, &request)),
        ("POST", "seed") => read(body).and_then(|request| {
            seed::plant(world, request)
                .map(|seeded| json!(seeded))
                .map_err(|f| f.message)
        }),
        ("POST", "revoke-all") => Ok(world.revoke_all()),
        ("POST", "reset") => {
            world.reset();
            Ok(json!({}))
        }
        _ => {
            let message = format!("no such control: {method} /_sandbox/{path}");
            return (StatusCode::NOT_FOUND, json!({ "error": message }));
        }
    };
    match result {
        Ok(value) => (StatusCode::OK, value),
        Err(message) => (StatusCode::BAD_REQUEST, json!({ "error": message })),
    }
}

/// `GET /_sandbox/health`, which needs no token.
pub(crate) fn health(world: &World) -> Value {
    json!({ "status": "ok", "url": world.place.url, "region": world.place.region })
}

/// A rule, or a list of rules.
#[derive(Deserialize)]
#[serde(untagged)]
enum Rules {
    Many(Vec<Rule>),
    Wrapped { rules: Vec<Rule> },
    One(Box<Rule>),
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    let body = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(|error| error.to_string())
}

fn clock(world: &World) -> Value {
    json!({
        "now_ms": world.clock.now().0,
        "offset_seconds": world.clock.offset_seconds,
        "date_skew_seconds": world.clock.skew_seconds,
    })
}

fn set_clock(world: &mut World, change: ClockChange) -> Result<Value, String> {
    const CENTURY: i64 = 100 * 366 * 86_400;
    let values = [change.offset_seconds, change.date_skew_seconds];
    if values
        .into_iter()
        .flatten()
        .any(|seconds| seconds.abs() > CENTURY)
    {
        return Err("the clock moves by a century at most".into());
    }
    if let Some(seconds) = change.offset_seconds {
        world.clock.offset_seconds = seconds;
    }
    if let Some(seconds) = change.date_skew_seconds {
        world.clock.skew_seconds = seconds;
    }
    Ok(clock(world))
}

fn set_lifetimes(world: &mut World, change: &Value) -> Result<Value, String> {
    let (Value::Object(new), Value::Object(mut all)) = (change, json!(world.lifetimes)) else {
        return Err("an object is expected".into());
    };
    all.extend(new.clone());
    let lifetimes: Lifetimes =
        serde_json::from_value(Value::Object(all)).map_err(|error| error.to_string())?;
    if lifetimes.session_token_bytes > 16_384 {
        return Err("session_token_bytes is 16384 at most".into());
    }
    world.lifetimes = lifetimes;
    Ok(json!(world.lifetimes))
}

fn add_faults(world: &mut World, rules: Rules) -> Result<Value, String> {
    let rules = match rules {
        Rules::Many(rules) | Rules::Wrapped { rules } => rules,
        Rules::One(rule) => vec![*rule],
    };
    if let Some(rule) = rules.iter().find(|rule| {
        rule.delay_before_ms
            .unwrap_or(0)
            .max(rule.delay_after_ms.unwrap_or(0))
            > 600_000
    }) {
        return Err(format!(
            "a delay of {} is longer than ten minutes",
            rule.operation
        ));
    }
    let status = |rule: &Rule| {
        rule.error
            .as_ref()
            .is_none_or(|e| (200..600).contains(&e.status()))
    };
    if !rules.iter().all(status) {
        return Err("a status is between 200 and 599".into());
    }
    if !world.faults.add(rules) {
        return Err("too many rules".into());
    }
    Ok(json!({ "rules": world.faults.rules() }))
}

/// The key of an authenticator app, in BASE32.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Totp {
    key: String,
}

fn totp_code(world: &World, request: &Totp) -> Result<Value, String> {
    let Some(key) = totp::Key::read(&request.key) else {
        return Err("the key is not BASE32".into());
    };
    Ok(json!({ "code": key.code(world.clock.now()) }))
}

fn calls(journal: &Journal, query: &str) -> Value {
    let pairs = crate::sigv4::pairs(query);
    let only = pairs
        .iter()
        .find(|(name, _)| name == "operation")
        .map(|(_, value)| value);
    let wanted = |name: &str| only.is_none_or(|only| only == name);
    let calls: Vec<_> = journal
        .calls()
        .into_iter()
        .filter(|call| wanted(&call.operation))
        .collect();
    json!({ "counts": journal.counts(), "calls": calls })
}
