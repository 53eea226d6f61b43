//! What goes back over HTTP: <https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html>.

use std::borrow::Cow;

use axum::body::Body;
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, Response, StatusCode};
use poolkey_core::failure::{Code, Failure};
use poolkey_core::secret::Secret;
use serde::{Deserialize, Serialize};

use super::guard::Refusal;

/// The keys of a finished `credential_process` document, which is the one place that knows what
/// SDKs are told of them.
pub(super) fn keys(document: &Secret) -> Response<Body> {
    let body = serde_json::from_str::<Document<'_>>(document.expose())
        .and_then(|document| {
            let mut body = Vec::with_capacity(document.session_token.len() + 512);
            serde_json::to_writer(&mut body, &Keys::of(&document))?;
            Ok(body)
        })
        .unwrap_or_default();
    if body.is_empty() {
        return respond(StatusCode::INTERNAL_SERVER_ERROR, Vec::new());
    }
    respond(StatusCode::OK, body)
}

/// Why there are none.
pub(super) fn failure(failure: &Failure) -> Response<Body> {
    let status = status(failure.code);
    let mut response = respond(status, told(failure));
    if status == StatusCode::SERVICE_UNAVAILABLE {
        let soon = HeaderValue::from_static("1");
        response.headers_mut().insert(RETRY_AFTER, soon);
    }
    response
}

/// Why nothing is looked for.
pub(super) fn refusal(refusal: Refusal) -> Response<Body> {
    let mut response = respond(refusal.status(), told(&refusal.failure()));
    if refusal == Refusal::Method {
        let only = HeaderValue::from_static("GET");
        response.headers_mut().insert(ALLOW, only);
    }
    response
}

/// 4xx is for what stays as it is until a person does something; SDKs that tell the two apart try
/// again after 5xx alone.
const fn status(code: Code) -> StatusCode {
    match code {
        Code::SignedOut | Code::NeedsSignIn | Code::Denied => StatusCode::FORBIDDEN,
        Code::UnknownProfile | Code::UnknownLogin => StatusCode::NOT_FOUND,
        Code::Config
        | Code::File
        | Code::Misconfigured
        | Code::Wrong
        | Code::NoConversation
        | Code::Protocol => StatusCode::BAD_REQUEST,
        Code::VaultLocked
        | Code::Vault
        | Code::Offline
        | Code::Service
        | Code::Busy
        | Code::NoDaemon => StatusCode::SERVICE_UNAVAILABLE,
        Code::Other => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn told(failure: &Failure) -> Vec<u8> {
    let told = Told {
        code: failure.code,
        message: failure.to_string(),
    };
    // A struct of texts always becomes JSON.
    serde_json::to_vec(&told).unwrap_or_default()
}

/// No page reads it, for no header of CORS is ever sent, and nobody in between keeps it.
fn respond(status: StatusCode, body: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document<'a> {
    #[serde(borrow)]
    access_key_id: Cow<'a, str>,
    #[serde(borrow)]
    secret_access_key: Cow<'a, str>,
    #[serde(borrow)]
    session_token: Cow<'a, str>,
    #[serde(borrow)]
    expiration: Cow<'a, str>,
    #[serde(borrow)]
    account_id: Option<Cow<'a, str>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Keys<'a> {
    access_key_id: &'a str,
    secret_access_key: &'a str,
    token: &'a str,
    expiration: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<&'a str>,
}

impl<'a> Keys<'a> {
    fn of(document: &'a Document<'a>) -> Self {
        Self {
            access_key_id: &document.access_key_id,
            secret_access_key: &document.secret_access_key,
            token: &document.session_token,
            expiration: &document.expiration,
            account_id: document.account_id.as_deref(),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Told {
    code: Code,
    message: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn body(response: Response<Body>) -> String {
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 16).await;
        String::from_utf8(bytes.unwrap().to_vec()).unwrap()
    }

    #[tokio::test]
    async fn keys_are_as_sdks_read_them() {
        let document = r#"{"Version":1,"AccessKeyId":"ASIA","SecretAccessKey":"s/+","SessionToken":"t==","Expiration":"2027-01-15T08:59:00Z","AccountId":"123456789012"}"#;
        let response = keys(&Secret::new(document));
        assert_eq!(response.status(), StatusCode::OK);
        let headers = response.headers();
        assert_eq!(headers[CACHE_CONTROL], "no-store");
        assert_eq!(headers[CONTENT_TYPE], "application/json");
        assert_eq!(headers.len(), 2);
        let expected = r#"{"AccessKeyId":"ASIA","SecretAccessKey":"s/+","Token":"t==","Expiration":"2027-01-15T08:59:00Z","AccountId":"123456789012"}"#;
        assert_eq!(body(response).await, expected);
        let other = keys(&Secret::new("{}"));
        assert_eq!(other.status(), StatusCode::INTERNAL_SERVER_ERROR);
    }

    #[tokio::test]
    async fn a_failure_says_whether_to_try_again() {
        for (code, status) in [
            (Code::SignedOut, 403),
            (Code::NeedsSignIn, 403),
            (Code::UnknownProfile, 404),
            (Code::Misconfigured, 400),
            (Code::Offline, 503),
            (Code::Service, 503),
            (Code::VaultLocked, 503),
            (Code::Busy, 503),
            (Code::Other, 500),
        ] {
            let response = failure(&Failure {
                code,
                sentence: "No “keys”.".into(),
                remedy: "Run: x".into(),
            });
            assert_eq!(response.status().as_u16(), status, "{code:?}");
            let again = response.headers().contains_key(RETRY_AFTER);
            assert_eq!(again, status == 503, "{code:?}");
            let told = body(response).await;
            assert!(
                told.ends_with(r#""Message":"No “keys”. Run: x"}"#),
                "{told}"
            );
            assert!(told.starts_with(r#"{"Code":""#), "{told}");
        }
        assert_eq!(refusal(Refusal::Method).headers()[ALLOW], "GET");
    }
}
