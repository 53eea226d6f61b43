//! What an authorization server is asked: for a code by way of the browser, for tokens, and to take
//! them back (RFC 6749, 7636, 7009).

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Mutex;

use base64::{Engine, engine::general_purpose::STANDARD};
use oauth2::basic::{
    BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse,
    BasicTokenType,
};
use oauth2::{
    AsyncHttpClient, AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken,
    EndpointNotSet, EndpointSet, ExtraTokenFields, HttpRequest, HttpResponse, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, RefreshToken, RequestTokenError, Scope, StandardRevocableToken,
    StandardTokenResponse, TokenResponse, TokenUrl,
};
use poolkey_core::conversation::Authorization;
use poolkey_core::fault::{Fault, FaultKind};
use poolkey_core::secret::Secret;
use poolkey_core::time::UnixTime;
use serde::{Deserialize, Serialize};
use url::{Url, form_urlencoded};

use crate::Cognito;
use crate::classify::oauth::{self as classify, Refusal};
use crate::oauth::http::Answer;
use crate::transport;

pub(crate) mod http;

/// An authorization server, and the client that is registered there.
#[derive(Clone, Debug)]
pub(crate) struct Provider {
    pub(crate) client_id: String,
    pub(crate) authorization: Url,
    pub(crate) token: Url,
    pub(crate) revocation: Option<Url>,
    /// How the client's secret goes there.
    pub(crate) secret_by: SecretBy,
}

/// How a client shows its secret (RFC 6749 §2.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SecretBy {
    /// `client_secret_basic`
    Header,
    /// `client_secret_post`
    Body,
}

/// What the token endpoint gave.
pub(crate) struct Granted {
    pub(crate) id_token: Option<Secret>,
    pub(crate) access_token: Secret,
    pub(crate) refresh_token: Option<Secret>,
    pub(crate) expires_in: std::time::Duration,
    pub(crate) server: Option<UnixTime>,
}

impl Provider {
    /// The host that is asked for tokens, as people are told.
    pub(crate) fn host(&self) -> String {
        http::authority(&self.token)
    }

    /// An authorization request of its own, and what its answer is compared with.
    pub(crate) fn authorize(
        &self,
        redirect_uri: &str,
        state: Secret,
        scopes: &[String],
        parameters: &BTreeMap<String, String>,
    ) -> Result<Authorization, Fault> {
        let nonce = random::<16>()?;
        let verifier = random::<32>()?;
        let client = self.client(None).set_redirect_uri(redirect(redirect_uri)?);
        let given = CsrfToken::new(state.expose().to_owned());
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(
            verifier.expose().to_owned(),
        ));
        let mut request = client
            .authorize_url(|| given)
            .set_pkce_challenge(challenge)
            .add_scopes(scopes.iter().cloned().map(Scope::new))
            .add_extra_param("nonce", nonce.expose());
        for (name, value) in parameters {
            request = request.add_extra_param(name, value);
        }
        let (url, _) = request.url();
        Ok(Authorization {
            url: url.into(),
            redirect_uri: redirect_uri.to_owned(),
            state,
            nonce,
            verifier,
        })
    }

    /// Turns a code into tokens.
    pub(crate) async fn exchange(
        &self,
        cognito: &Cognito,
        authorization: &Authorization,
        code: &Secret,
        client_secret: Option<&Secret>,
    ) -> Result<Granted, Refusal> {
        let client = self
            .client(client_secret)
            .set_redirect_uri(redirect(&authorization.redirect_uri)?);
        let secrets = [Some(code), Some(&authorization.verifier), client_secret];
        let desk = Desk::new(self, cognito, "token", classify::Place::Exchange, &secrets);
        let verifier = PkceCodeVerifier::new(authorization.verifier.expose().to_owned());
        let request = client
            .exchange_code(AuthorizationCode::new(code.expose().to_owned()))
            .set_pkce_verifier(verifier);
        let sent: Sending<'_, Response> = Box::pin(request.request_async(&desk));
        desk.granted(sent.await)
    }

    /// Turns a refresh token into tokens (RFC 6749 §6).
    pub(crate) async fn refresh(
        &self,
        cognito: &Cognito,
        refresh_token: &Secret,
        client_secret: Option<&Secret>,
    ) -> Result<Granted, Refusal> {
        let client = self.client(client_secret);
        let token = RefreshToken::new(refresh_token.expose().to_owned());
        let secrets = [Some(refresh_token), client_secret];
        let desk = Desk::new(self, cognito, "refresh", classify::Place::Refresh, &secrets);
        let request = client.exchange_refresh_token(&token);
        let sent: Sending<'_, Response> = Box::pin(request.request_async(&desk));
        desk.granted(sent.await)
    }

    /// Makes a refresh token useless, which succeeds for one that already is (RFC 7009).
    pub(crate) async fn revoke(
        &self,
        cognito: &Cognito,
        refresh_token: &Secret,
        client_secret: Option<&Secret>,
    ) -> Result<(), Refusal> {
        let Some(url) = &self.revocation else {
            return Err(Refusal::from(Fault::new(
                FaultKind::Unsupported,
                format!("{} cannot revoke tokens.", self.host()),
            )));
        };
        let secrets = [Some(refresh_token), client_secret];
        let desk = Desk::new(self, cognito, "revoke", classify::Place::Revoke, &secrets);
        let request = self.revocation_request(url, refresh_token, client_secret);
        let answer = desk.exchange(request?).await?;
        if answer.status == 200 {
            return Ok(());
        }
        #[derive(Deserialize)]
        struct Refused {
            error: String,
            error_description: Option<String>,
        }
        match serde_json::from_str::<Refused>(answer.body.expose()) {
            Ok(refused) => Err(desk.refusal(&refused.error, refused.error_description.as_deref())),
            Err(_) => Err(desk.no_answer()),
        }
    }

    /// By hand, because `oauth2` makes none that goes to this very machine without TLS.
    fn revocation_request(
        &self,
        url: &Url,
        refresh_token: &Secret,
        client_secret: Option<&Secret>,
    ) -> Result<HttpRequest, Fault> {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("token", refresh_token.expose())
            .append_pair("token_type_hint", "refresh_token");
        let mut request = ::http::Request::post(url.as_str())
            .header("accept", "application/json")
            .header("content-type", "application/x-www-form-urlencoded");
        match client_secret {
            Some(secret) if self.secret_by == SecretBy::Header => {
                let encoded = |text: &str| -> String {
                    form_urlencoded::byte_serialize(text.as_bytes()).collect()
                };
                let pair = format!("{}:{}", encoded(&self.client_id), encoded(secret.expose()));
                request =
                    request.header("authorization", format!("Basic {}", STANDARD.encode(pair)));
            }
            Some(secret) => {
                form.append_pair("client_id", &self.client_id)
                    .append_pair("client_secret", secret.expose());
            }
            None => {
                form.append_pair("client_id", &self.client_id);
            }
        }
        request.body(form.finish().into_bytes()).map_err(|_| {
            Fault::new(
                FaultKind::Misconfigured,
                format!("No request could be made to {}.", self.host()),
            )
        })
    }

    fn client(&self, client_secret: Option<&Secret>) -> Client {
        let mut client = oauth2::Client::new(ClientId::new(self.client_id.clone()))
            .set_auth_uri(AuthUrl::from_url(self.authorization.clone()))
            .set_token_uri(TokenUrl::from_url(self.token.clone()))
            .set_auth_type(match self.secret_by {
                SecretBy::Header => AuthType::BasicAuth,
                SecretBy::Body => AuthType::RequestBody,
            });
        if let Some(secret) = client_secret {
            client = client.set_client_secret(ClientSecret::new(secret.expose().to_owned()));
        }
        client
    }
}

type Client = oauth2::Client<
    BasicErrorResponse,
    Response,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

type Response = StandardTokenResponse<IdToken, BasicTokenType>;

/// What OpenID Connect adds to OAuth's answer.
#[derive(Debug, Deserialize, Serialize)]
struct IdToken {
    #[serde(skip_serializing)]
    id_token: Option<Secret>,
}

impl ExtraTokenFields for IdToken {}

/// A request under way.
type Sending<'a, T> = Pin<
    Box<dyn Future<Output = Result<T, RequestTokenError<Fault, BasicErrorResponse>>> + Send + 'a>,
>;

/// One request, and what is noted of its answer.
struct Desk<'a> {
    provider: &'a Provider,
    cognito: &'a Cognito,
    name: &'static str,
    place: classify::Place,
    secrets: Vec<&'a Secret>,
    seen: Mutex<Option<(u16, Option<UnixTime>)>>,
}

impl<'a> Desk<'a> {
    fn new(
        provider: &'a Provider,
        cognito: &'a Cognito,
        name: &'static str,
        place: classify::Place,
        secrets: &[Option<&'a Secret>],
    ) -> Self {
        Self {
            provider,
            cognito,
            name,
            place,
            secrets: secrets.iter().copied().flatten().collect(),
            seen: Mutex::default(),
        }
    }

    async fn exchange(&self, request: HttpRequest) -> Result<Answer, Fault> {
        let answer = http::exchange(self.cognito, self.name, request, http::TOKENS).await?;
        *self.seen() = Some((answer.status, answer.server));
        Ok(answer)
    }

    fn granted(
        &self,
        sent: Result<Response, RequestTokenError<Fault, BasicErrorResponse>>,
    ) -> Result<Granted, Refusal> {
        let response = match sent {
            Ok(response) => response,
            Err(RequestTokenError::Request(fault)) => return Err(fault.into()),
            Err(RequestTokenError::ServerResponse(refused)) => {
                let error = refused.error().to_string();
                let description = refused.error_description().map(String::as_str);
                return Err(self.refusal(&error, description));
            }
            // Their texts may repeat what the server sent.
            Err(RequestTokenError::Parse(..) | RequestTokenError::Other(_)) => {
                return Err(self.no_answer());
            }
        };
        let server = (*self.seen()).and_then(|(_, server)| server);
        Ok(Granted {
            id_token: response.extra_fields().id_token.clone(),
            access_token: Secret::new(response.access_token().secret().as_str()),
            refresh_token: response
                .refresh_token()
                .map(|token| token.secret().as_str())
                .filter(|token| !token.is_empty())
                .map(Secret::new),
            expires_in: response.expires_in().unwrap_or_default(),
            server,
        })
    }

    fn refusal(&self, error: &str, description: Option<&str>) -> Refusal {
        let description = description.map(|text| self.hide(text));
        classify::classify(&classify::Refused {
            place: self.place,
            host: &self.provider.host(),
            status: self.status(),
            error: &self.hide(error),
            description: description.as_deref(),
        })
    }

    /// An answer that is none of OAuth.
    fn no_answer(&self) -> Refusal {
        let host = self.provider.host();
        match self.status() {
            200..=299 => transport::garbled(&host).fault.into(),
            status => crate::classify::bare(&host, status).fault.into(),
        }
    }

    fn hide(&self, text: &str) -> String {
        crate::call::hide(text, &self.secrets)
    }

    fn status(&self) -> u16 {
        (*self.seen()).map_or(0, |(status, _)| status)
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Option<(u16, Option<UnixTime>)>> {
        self.seen
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl<'c> AsyncHttpClient<'c> for Desk<'_> {
    type Error = Fault;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Fault>> + Send + 'c>>;

    /// Only status and body go on: `oauth2` would not take JSON by another name.
    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let answer = self.exchange(request).await?;
            let mut response = HttpResponse::new(answer.body.expose().as_bytes().to_vec());
            let status = ::http::StatusCode::from_u16(answer.status);
            *response.status_mut() = status.unwrap_or_default();
            Ok(response)
        })
    }
}

fn redirect(uri: &str) -> Result<RedirectUrl, Fault> {
    RedirectUrl::new(uri.to_owned()).map_err(|_| {
        Fault::new(
            FaultKind::Misconfigured,
            format!("“{uri}” in redirect_uris is no URL."),
        )
    })
}

/// So many bytes of the system's own randomness, in hexadecimal digits: Cognito encodes a `state`
/// of anything else twice.
pub(crate) fn random<const BYTES: usize>() -> Result<Secret, Fault> {
    let mut bytes = [0_u8; BYTES];
    getrandom::fill(&mut bytes).map_err(|_| {
        Fault::new(
            FaultKind::Unsupported,
            "The system gives no random numbers.",
        )
    })?;
    Ok(Secret::new(hex(&bytes)))
}

/// Hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;

    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
