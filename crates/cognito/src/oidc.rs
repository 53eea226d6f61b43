//! OpenID providers: what they say of themselves (OpenID Connect Discovery 1.0).

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use poolkey_core::config::OidcSpec;
use poolkey_core::fault::{Fault, FaultKind};
use serde::Deserialize;
use tokio::time::Instant;
use url::Url;

use crate::Cognito;
use crate::classify;
use crate::oauth::http::{METADATA, authority, exchange, safe};
use crate::oauth::{Provider, SecretBy};

/// What a provider says of itself, as far as it is of use here.
#[derive(Debug, Deserialize)]
pub(crate) struct Metadata {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    revocation_endpoint: Option<String>,
    end_session_endpoint: Option<String>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    scopes_supported: Vec<String>,
    #[serde(default)]
    prompt_values_supported: Vec<String>,
    /// RFC 9207.
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

/// What providers said, for a while.
#[derive(Default)]
pub(crate) struct Providers(Mutex<VecDeque<(Instant, Arc<Metadata>)>>);

impl Providers {
    /// What this issuer says of itself.
    pub(crate) async fn discover(
        &self,
        cognito: &Cognito,
        issuer: &str,
    ) -> Result<Arc<Metadata>, Fault> {
        if let Some(known) = self.known(issuer) {
            return Ok(known);
        }
        let metadata = Arc::new(Metadata::fetch(cognito, issuer).await?);
        self.keep(issuer, metadata.clone());
        Ok(metadata)
    }

    /// Asks anew, and takes the answer for good if it is.
    pub(crate) async fn examine(&self, cognito: &Cognito, issuer: &str) -> Result<(), Fault> {
        let metadata = Arc::new(Metadata::fetch(cognito, issuer).await?);
        self.keep(issuer, metadata);
        Ok(())
    }

    fn keep(&self, issuer: &str, metadata: Arc<Metadata>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|(_, known)| known.issuer != issuer);
        if all.len() >= MOST {
            all.pop_front();
        }
        all.push_back((Instant::now(), metadata));
    }

    fn known(&self, issuer: &str) -> Option<Arc<Metadata>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|(since, _)| since.elapsed() < FRESH);
        let mut matching = all.iter().filter(|(_, known)| known.issuer == issuer);
        matching.next().map(|(_, known)| known.clone())
    }
}

impl Metadata {
    async fn fetch(cognito: &Cognito, issuer: &str) -> Result<Self, Fault> {
        let unfit = |why: String| {
            Fault::new(
                FaultKind::Misconfigured,
                format!("The issuer {issuer} cannot be used: {why}."),
            )
        };
        let base = issuer.strip_suffix('/').unwrap_or(issuer);
        let url = safe(&format!("{base}/.well-known/openid-configuration"))?;
        let host = authority(&url);
        let request = http::Request::get(url.as_str())
            .header("accept", "application/json")
            .body(Vec::new())
            .map_err(|_| unfit("it is no URL".into()))?;
        let answer = exchange(cognito, "discover", request, METADATA).await?;
        if answer.status != 200 {
            let mut fault = classify::bare(&host, answer.status).fault;
            fault.text = format!(
                "{host} answered with HTTP status {} instead of telling how people sign in there.",
                answer.status
            );
            return Err(fault);
        }
        let metadata: Self = serde_json::from_str(answer.body.expose())
            .map_err(|_| unfit("what it says of itself cannot be read".into()))?;
        if metadata.issuer != issuer {
            let other: String = metadata.issuer.chars().take(200).collect();
            return Err(unfit(format!("it calls itself “{other}”")));
        }
        let endpoints = [
            Some(&metadata.authorization_endpoint),
            Some(&metadata.token_endpoint),
            metadata.revocation_endpoint.as_ref(),
            metadata.end_session_endpoint.as_ref(),
        ];
        for endpoint in endpoints.into_iter().flatten() {
            safe(endpoint)?;
        }
        Ok(metadata)
    }

    /// How this client asks for tokens there.
    pub(crate) fn provider(&self, spec: &OidcSpec) -> Result<Provider, Fault> {
        Ok(Provider {
            client_id: spec.client_id.clone(),
            authorization: safe(&self.authorization_endpoint)?,
            token: safe(&self.token_endpoint)?,
            revocation: self.revocation_endpoint.as_deref().map(safe).transpose()?,
            secret_by: self.secret_by(),
        })
    }

    /// The default is `client_secret_basic`.
    fn secret_by(&self) -> SecretBy {
        let Some(methods) = &self.token_endpoint_auth_methods_supported else {
            return SecretBy::Header;
        };
        let has = |method: &str| methods.iter().any(|one| one == method);
        if !has("client_secret_basic") && has("client_secret_post") {
            SecretBy::Body
        } else {
            SecretBy::Header
        }
    }

    /// What is asked for: what is configured, or else enough to know who it is and to renew.
    pub(crate) fn scopes(&self, spec: &OidcSpec) -> Vec<String> {
        let mut scopes = spec.browser.scopes.clone();
        if scopes.is_empty() {
            scopes.extend(["openid", "email", "profile"].map(str::to_owned));
            if self.scopes_supported.iter().any(|scope| scope == OFFLINE) {
                scopes.push(OFFLINE.to_owned());
            }
        }
        if !scopes.iter().any(|scope| scope == "openid") {
            scopes.insert(0, "openid".to_owned());
        }
        scopes
    }

    /// The `prompt` for another account than the one that the browser is signed in to.
    pub(crate) fn other_account(&self) -> &'static str {
        let offered = &self.prompt_values_supported;
        if offered.iter().any(|prompt| prompt == SELECT) {
            SELECT
        } else {
            "login"
        }
    }

    /// Whether every answer names its issuer (RFC 9207).
    pub(crate) const fn names_itself(&self) -> bool {
        self.authorization_response_iss_parameter_supported
    }

    /// Where a browser is signed out (OpenID Connect RP-Initiated Logout 1.0).
    pub(crate) fn end_session(&self) -> Option<Url> {
        self.end_session_endpoint
            .as_deref()
            .and_then(|url| safe(url).ok())
    }
}

const OFFLINE: &str = "offline_access";
const SELECT: &str = "select_account";

/// How long a provider's word is taken for.
const FRESH: Duration = Duration::from_secs(3600);

/// More providers than a person uses.
const MOST: usize = 16;
