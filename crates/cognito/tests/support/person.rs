//! Somebody who answers the questions of a sign-in, and spends keys.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "each test program takes what it needs, and may fail"
)]

use std::collections::BTreeMap;

use aws_sdk_sts::config::{BehaviorVersion, Credentials, Region};
use poolkey_cognito::Cognito;
use poolkey_core::config::LoginSpec;
use poolkey_core::conversation::Step;
use poolkey_core::conversation::{Answer, Question, Thread};
use poolkey_core::fault::Fault;
use poolkey_core::secret::Secret;
use poolkey_core::session::{Keys, Tokens};
use serde_json::Value;

/// What a person knows.
#[derive(Clone, Copy)]
pub struct Person<'a> {
    pub username: &'a str,
    pub password: &'a str,
    pub client_secret: Option<&'a str>,
}

impl<'a> Person<'a> {
    /// Somebody in the pool that has these ids.
    pub fn of(username: &'a str, password: &'a str, ids: &'a Value) -> Self {
        Self {
            username,
            password,
            client_secret: ids["client_secret"].as_str(),
        }
    }

    /// Answers each question once and takes the first problem for the end.
    pub async fn sign_in(&self, cognito: &Cognito, spec: &LoginSpec) -> Result<Tokens, Fault> {
        let mut step = cognito.begin(spec, Thread::default()).await?;
        let mut asked = Vec::new();
        loop {
            let (thread, question) = match step {
                Step::Done { tokens, .. } => return Ok(*tokens),
                Step::Finished { outcome, .. } => panic!("{outcome:?}"),
                Step::Ask {
                    problem: Some(fault),
                    ..
                } => return Err(fault),
                Step::Ask {
                    thread, question, ..
                } => (thread, question),
            };
            asked.push(question.clone());
            assert!(asked.len() < 6, "{asked:?}");
            let answer = match question {
                Question::Username { .. } => Answer::Username(self.username.to_owned()),
                Question::Password { .. } => Answer::Password(Secret::new(self.password)),
                Question::ClientSecret { .. } => {
                    Answer::ClientSecret(Secret::new(self.client_secret.unwrap()))
                }
                Question::NewPassword { .. } => Answer::NewPassword {
                    password: Secret::new(format!("{}-2", self.password)),
                    attributes: BTreeMap::new(),
                },
                Question::Code { .. }
                | Question::Choice { .. }
                | Question::AppSetup { .. }
                | Question::Attributes { .. }
                | Question::Custom { .. }
                | Question::RememberDevice { .. }
                | Question::Browser { .. }
                | Question::Identity { .. }
                | Question::Other => panic!("{question:?}"),
            };
            step = cognito.answer(spec, thread, answer).await?;
        }
    }
}

/// `GetCallerIdentity` with the keys: the ARN.
pub async fn spend(keys: &Keys, endpoint: &str) -> Result<String, String> {
    let credentials = Credentials::new(
        keys.access_key_id.expose(),
        keys.secret_access_key.expose(),
        Some(keys.session_token.expose().to_owned()),
        None,
        "test",
    );
    let config = aws_sdk_sts::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(credentials)
        .http_client(
            aws_smithy_http_client::Builder::new()
                .tls_provider(aws_smithy_http_client::tls::Provider::Rustls(
                    aws_smithy_http_client::tls::rustls_provider::CryptoMode::Ring,
                ))
                .build_https(),
        )
        .endpoint_url(endpoint)
        .build();
    aws_sdk_sts::Client::from_conf(config)
        .get_caller_identity()
        .send()
        .await
        .map(|identity| identity.arn.unwrap_or_default())
        .map_err(|error| error.into_service_error().to_string())
}
