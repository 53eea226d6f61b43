//! What a sign-in says to Cognito and hears from it, by the public operations or an
//! administrator's.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_cognitoidentityprovider::Config;
use aws_sdk_cognitoidentityprovider::config::Builder;
use aws_sdk_cognitoidentityprovider::types::{
    AuthFlowType, AuthenticationResultType, ChallengeNameType,
};
use poolkey_core::config::Flow;
use poolkey_core::secret::Secret;
use poolkey_core::session::Device;

use super::SignIn;
use crate::admin;
use crate::call::{Answered, call};
use crate::classify::{Operation, Refusal};
use crate::proof::secret_hash;

/// What Cognito says to a step: tokens or the next challenge.
pub(super) struct Reply {
    pub(super) result: Option<AuthenticationResultType>,
    pub(super) challenge: Option<ChallengeNameType>,
    pub(super) parameters: HashMap<String, String>,
    pub(super) session: Option<String>,
    pub(super) available: Vec<ChallengeNameType>,
}

/// The four operations answer in the same members, each by a type of its own.
macro_rules! reply {
    ($answer:expr) => {
        $answer.map(|output| Reply {
            result: output.authentication_result,
            challenge: output.challenge_name,
            parameters: output.challenge_parameters.unwrap_or_default(),
            session: output.session,
            available: output.available_challenges.unwrap_or_default(),
        })
    };
}

pub(super) type Parameters = BTreeMap<String, String>;

impl SignIn<'_> {
    /// `InitiateAuth`, with the name that the person typed.
    pub(super) async fn initiate(
        &self,
        flow: AuthFlowType,
        mut parameters: Parameters,
        hidden: &[&Secret],
    ) -> Result<Answered<Reply>, Refusal> {
        self.identify(self.typed(), &mut parameters);
        let parameters = parameters.into_iter().collect();
        let users = self.cognito.clients.users(self.spec);
        if self.spec.flow != Flow::AdminUserPassword {
            let request = users
                .initiate_auth()
                .auth_flow(flow)
                .client_id(&self.spec.client_id)
                .set_auth_parameters(Some(parameters));
            let secrets = self.secrets(hidden, None);
            let answer = call(Operation::InitiateAuth, &secrets, |probe| {
                request.customize().interceptor(probe).send()
            })
            .await?;
            return Ok(reply!(answer));
        }
        let (keys, token) = self.administrator().await?;
        let request = users
            .admin_initiate_auth()
            .auth_flow(flow)
            .user_pool_id(&self.spec.user_pool_id)
            .client_id(&self.spec.client_id)
            .set_auth_parameters(Some(parameters));
        let secrets = self.secrets(hidden, token.as_ref());
        let answer = call(Operation::AdminInitiateAuth, &secrets, |probe| {
            let request = request.customize().config_override(keys);
            request.interceptor(probe).send()
        })
        .await?;
        Ok(reply!(answer))
    }

    /// `RespondToAuthChallenge` to the challenge that the thread waits on, with the name behind
    /// an alias.
    pub(super) async fn respond(
        &self,
        mut responses: Parameters,
        hidden: &[&Secret],
    ) -> Result<Answered<Reply>, Refusal> {
        self.identify(self.name(), &mut responses);
        let responses = responses.into_iter().collect();
        let challenge = ChallengeNameType::from(self.challenge());
        let session = self.thread.session.as_ref();
        let session = session.map(|session| session.expose().to_owned());
        let users = self.cognito.clients.users(self.spec);
        if self.spec.flow != Flow::AdminUserPassword {
            let request = users
                .respond_to_auth_challenge()
                .client_id(&self.spec.client_id)
                .challenge_name(challenge)
                .set_challenge_responses(Some(responses))
                .set_session(session);
            let secrets = self.secrets(hidden, None);
            let answer = call(Operation::RespondToAuthChallenge, &secrets, |probe| {
                request.customize().interceptor(probe).send()
            })
            .await?;
            return Ok(reply!(answer));
        }
        let (keys, token) = self.administrator().await?;
        let request = users
            .admin_respond_to_auth_challenge()
            .user_pool_id(&self.spec.user_pool_id)
            .client_id(&self.spec.client_id)
            .challenge_name(challenge)
            .set_challenge_responses(Some(responses))
            .set_session(session);
        let secrets = self.secrets(hidden, token.as_ref());
        let answer = call(Operation::AdminRespondToAuthChallenge, &secrets, |probe| {
            let request = request.customize().config_override(keys);
            request.interceptor(probe).send()
        })
        .await?;
        Ok(reply!(answer))
    }

    /// What goes with every step: the name, the hash of the client's secret made with it, and the
    /// device.
    fn identify(&self, name: &str, parameters: &mut Parameters) {
        parameters.insert("USERNAME".into(), name.to_owned());
        if let Some(secret) = &self.thread.client_secret {
            let hash = secret_hash(secret.expose(), name, &self.spec.client_id);
            parameters.insert("SECRET_HASH".into(), hash);
        }
        if let Some(device) = self.device() {
            parameters.insert("DEVICE_KEY".into(), device.key.clone());
        }
    }

    async fn administrator(&self) -> Result<(Builder, Option<Secret>), Refusal> {
        let keys = admin::keys(self.spec, &self.cognito.clients)
            .await
            .map_err(Refusal::plain)?;
        let token = keys.session_token().map(Secret::new);
        Ok((Config::builder().credentials_provider(keys), token))
    }

    fn secrets<'a>(&'a self, hidden: &[&'a Secret], token: Option<&'a Secret>) -> Vec<&'a Secret> {
        hidden
            .iter()
            .copied()
            .chain(&self.thread.client_secret)
            .chain(&self.thread.session)
            .chain(token)
            .collect()
    }

    /// What the person typed.
    pub(super) fn typed(&self) -> &str {
        self.thread.username.as_deref().unwrap_or_default()
    }

    /// The name behind an alias, once Cognito has told it: proofs and hashes are made with it.
    pub(super) fn name(&self) -> &str {
        ["USER_ID_FOR_SRP", "USERNAME"]
            .iter()
            .find_map(|key| self.thread.parameters.get(*key))
            .map_or_else(|| self.typed(), String::as_str)
    }

    /// The remembered device, where it is this user's.
    pub(super) fn device(&self) -> Option<&Device> {
        let device = self.thread.device.as_ref()?;
        let is_theirs =
            device.is_of(self.spec, self.typed()) || device.is_of(self.spec, self.name());
        is_theirs.then_some(device)
    }

    /// The challenge that Cognito waits on; empty where it waits on none.
    pub(super) fn challenge(&self) -> &str {
        self.thread.challenge.as_deref().unwrap_or_default()
    }
}
