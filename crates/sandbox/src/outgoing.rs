//! Calls that the sandbox makes itself, to identity providers: bounded in time and size, without
//! redirects and without a proxy.

use std::time::Duration;

use axum::{
    body::Bytes,
    http::{HeaderValue, Method, Request, Uri, header},
};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::Value;

use crate::{oauth::is_loopback, sigv4::encode};

/// Why a call got no answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unanswered {
    Late,
    Broken(String),
}

/// One call.
pub(crate) struct Call<'a> {
    pub(crate) method: Method,
    pub(crate) url: &'a str,
    pub(crate) authorization: Option<String>,
    pub(crate) form: &'a [(&'a str, &'a str)],
}

impl<'a> Call<'a> {
    /// A plain `GET`.
    pub(crate) fn get(url: &'a str) -> Self {
        Self {
            method: Method::GET,
            url,
            authorization: None,
            form: &[],
        }
    }

    /// The status, and the body if it is JSON.
    pub(crate) async fn send(self) -> Result<(u16, Value), Unanswered> {
        match tokio::time::timeout(PATIENCE, self.send_patiently()).await {
            Ok(answer) => answer.map_err(Unanswered::Broken),
            Err(_) => Err(Unanswered::Late),
        }
    }

    async fn send_patiently(self) -> Result<(u16, Value), String> {
        let words = |error: &dyn std::error::Error| error.to_string();
        if !may_be_asked(self.url) {
            return Err("the address is neither https nor on this computer".into());
        }
        let uri: Uri = self.url.parse().map_err(|error| words(&error))?;
        let body: Vec<String> = self
            .form
            .iter()
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
            .collect();
        let mut request = Request::builder()
            .method(&self.method)
            .uri(uri)
            .header(header::ACCEPT, "application/json");
        if self.method == Method::POST {
            let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
            request = request.header(header::CONTENT_TYPE, kind);
        }
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        let request = request.body(Full::new(Bytes::from(body.join("&"))));
        let request = request.map_err(|error| words(&error))?;
        let builder = Client::builder(TokioExecutor::new());
        let response = if self.url.starts_with("http://") {
            // Needs no certificates, which a small machine may not have.
            builder.build(HttpConnector::new()).request(request).await
        } else {
            let connector = hyper_rustls::HttpsConnectorBuilder::new()
                .with_native_roots()
                .map_err(|error| words(&error))?
                .https_only()
                .enable_http1()
                .build();
            builder.build(connector).request(request).await
        };
        let response = response.map_err(|error| words(&error))?;
        let status = response.status().as_u16();
        let body = Limited::new(response.into_body(), LIMIT).collect().await;
        let body = body.map_err(|error| error.to_string())?.to_bytes();
        Ok((status, serde_json::from_slice(&body).unwrap_or_default()))
    }
}

/// Whether a provider may be asked there: over TLS, or on this very computer.
pub(crate) fn may_be_asked(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else {
        return false;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    match scheme {
        "https" => !authority.is_empty() && !authority.contains('@'),
        "http" => is_loopback(authority),
        _ => false,
    }
}

const PATIENCE: Duration = Duration::from_secs(10);
const LIMIT: usize = 256 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_safe_addresses_are_asked() {
        for good in [
            "https://accounts.example.com",
            "http://127.0.0.1:9/x",
            "http://[::1]:9",
            "http://localhost?x",
        ] {
            assert!(may_be_asked(good), "{good}");
        }
        for bad in [
            "http://example.com/",
            "http://127.0.0.1@example.com/",
            "http://127.0.0.1.example.com/",
            "http://10.0.0.1/",
            "https://",
            "file:///etc/passwd",
            "127.0.0.1:9",
        ] {
            assert!(!may_be_asked(bad), "{bad}");
        }
    }
}
