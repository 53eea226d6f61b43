//! One try with one password: what Cognito is told, step by step, until it gives tokens.

use std::collections::HashMap;

use aws_sdk_cognitoidentityprovider::Config;
use aws_sdk_cognitoidentityprovider::types::{
    AuthFlowType, AuthenticationResultType, ChallengeNameType,
};
use poolkey_core::config::{Flow, LoginSpec};
use poolkey_core::fault::{Fault, FaultKind};
use poolkey_core::secret::Secret;

use crate::call::{Answered, call};
use crate::challenge::{self, Demand};
use crate::classify::{Operation, Refusal};
use crate::proof::{secret_hash, timestamp};
use crate::srp::{Challenge, Opening, Who};
use crate::{Cognito, admin};

/// One try with one password.
pub(crate) struct Attempt<'a> {
    pub(crate) cognito: &'a Cognito,
    pub(crate) spec: &'a LoginSpec,
    pub(crate) username: &'a str,
    pub(crate) password: &'a Secret,
    pub(crate) client_secret: Option<&'a Secret>,
}

/// What Cognito says to a step: tokens or the next challenge.
struct Reply {
    result: Option<AuthenticationResultType>,
    challenge: Option<ChallengeNameType>,
    parameters: HashMap<String, String>,
    session: Option<String>,
}

/// The three operations answer in the same members, each by a type of its own.
macro_rules! reply {
    ($answer:expr) => {
        $answer.map(|output| Reply {
            result: output.authentication_result,
            challenge: output.challenge_name,
            parameters: output.challenge_parameters.unwrap_or_default(),
            session: output.session,
        })
    };
}

type Parameters = HashMap<String, String>;
type Outcome = Result<Answered<AuthenticationResultType>, Refusal>;

impl Attempt<'_> {
    pub(crate) async fn make(&self) -> Outcome {
        let mut parameters = self.parameters(self.username);
        match self.spec.flow {
            Flow::UserSrp => {
                let opening = Opening::new().map_err(|error| {
                    Refusal::plain(Fault::new(FaultKind::Service, format!("{error}.")))
                })?;
                parameters.insert("SRP_A".into(), opening.srp_a());
                let reply = self.initiate(AuthFlowType::UserSrpAuth, parameters).await?;
                self.follow(reply, Some(&opening)).await
            }
            Flow::UserPassword => {
                parameters.insert("PASSWORD".into(), self.password.expose().into());
                let reply = self
                    .initiate(AuthFlowType::UserPasswordAuth, parameters)
                    .await?;
                self.follow(reply, None).await
            }
            Flow::UserAuth | Flow::Custom | Flow::CustomSrp => Err(Refusal::plain(Fault::new(
                FaultKind::Unsupported,
                "This flow cannot be begun yet.",
            ))),
            Flow::AdminUserPassword => {
                parameters.insert("PASSWORD".into(), self.password.expose().into());
                let reply = self.initiate_as_admin(parameters).await?;
                self.follow(reply, None).await
            }
        }
    }

    /// Answers what needs nobody, until there are tokens.
    async fn follow(&self, mut reply: Answered<Reply>, mut opening: Option<&Opening>) -> Outcome {
        loop {
            if let Some(result) = reply.output.result {
                return Ok(Answered {
                    output: result,
                    server: reply.server,
                });
            }
            let Some(name) = reply.output.challenge.as_ref().map(|name| name.as_str()) else {
                return Err(Refusal::plain(Fault::new(
                    FaultKind::Lost,
                    "Cognito answered the sign-in without tokens.",
                )));
            };
            match (challenge::demand(name), opening.take()) {
                (Demand::Proof, Some(opening)) => reply = self.show_proof(reply, opening).await?,
                (Demand::Proof, None) => {
                    return Err(strange(
                        "Cognito asked for a proof that does not belong here",
                    ));
                }
                (Demand::Unsupported(words), _) => {
                    return Err(Refusal::plain(Fault::new(
                        FaultKind::Unsupported,
                        format!(
                            "The user pool asks for {words} ({name}), which this version of \
                             Poolkey cannot answer."
                        ),
                    )));
                }
            }
        }
    }

    async fn show_proof(
        &self,
        reply: Answered<Reply>,
        opening: &Opening,
    ) -> Result<Answered<Reply>, Refusal> {
        let parameter = |name: &str| {
            reply
                .output
                .parameters
                .get(name)
                .map(String::as_str)
                .ok_or_else(|| strange(&format!("Cognito sent no {name}")))
        };
        // The name behind an alias: proof and hash are made with it from here on.
        let name = parameter("USER_ID_FOR_SRP")?;
        let secret_block = parameter("SECRET_BLOCK")?;
        let who = Who {
            group: pool_name(self.spec),
            name,
            password: self.password.expose(),
        };
        let challenge = Challenge {
            salt: parameter("SALT")?,
            srp_b: parameter("SRP_B")?,
            secret_block,
        };
        let time = timestamp(reply.server.unwrap_or_else(&*self.cognito.wall));
        let proof = opening.prove(who, challenge, &time).map_err(|error| {
            strange(&format!("Cognito sent an SRP challenge of no use: {error}"))
        })?;

        let mut responses = self.parameters(name);
        responses.insert("PASSWORD_CLAIM_SIGNATURE".into(), proof);
        responses.insert("PASSWORD_CLAIM_SECRET_BLOCK".into(), secret_block.into());
        responses.insert("TIMESTAMP".into(), time);
        self.respond(
            ChallengeNameType::PasswordVerifier,
            responses,
            reply.output.session,
        )
        .await
    }

    /// What goes with every step: the name, and the hash of the client's secret made with it.
    fn parameters(&self, name: &str) -> Parameters {
        let mut parameters = Parameters::from([("USERNAME".to_owned(), name.to_owned())]);
        if let Some(secret) = self.client_secret {
            parameters.insert(
                "SECRET_HASH".into(),
                secret_hash(secret.expose(), name, &self.spec.client_id),
            );
        }
        parameters
    }

    async fn initiate(
        &self,
        flow: AuthFlowType,
        parameters: Parameters,
    ) -> Result<Answered<Reply>, Refusal> {
        let request = self
            .cognito
            .clients
            .users(self.spec)
            .initiate_auth()
            .auth_flow(flow)
            .client_id(&self.spec.client_id)
            .set_auth_parameters(Some(parameters));
        let answer = call(Operation::InitiateAuth, &self.secrets(), |probe| {
            request.customize().interceptor(probe).send()
        })
        .await?;
        Ok(reply!(answer))
    }

    async fn initiate_as_admin(&self, parameters: Parameters) -> Result<Answered<Reply>, Refusal> {
        let clients = &self.cognito.clients;
        let keys = admin::keys(self.spec, clients)
            .await
            .map_err(Refusal::plain)?;
        let token = keys.session_token().map(Secret::new);
        let secrets: Vec<_> = self.secrets().into_iter().chain(&token).collect();
        let keys = Config::builder().credentials_provider(keys);
        let request = clients
            .users(self.spec)
            .admin_initiate_auth()
            .auth_flow(AuthFlowType::AdminUserPasswordAuth)
            .user_pool_id(&self.spec.user_pool_id)
            .client_id(&self.spec.client_id)
            .set_auth_parameters(Some(parameters));
        let answer = call(Operation::AdminInitiateAuth, &secrets, |probe| {
            request
                .customize()
                .config_override(keys)
                .interceptor(probe)
                .send()
        })
        .await?;
        Ok(reply!(answer))
    }

    async fn respond(
        &self,
        challenge: ChallengeNameType,
        responses: Parameters,
        session: Option<String>,
    ) -> Result<Answered<Reply>, Refusal> {
        let handle = session.as_deref().map(Secret::new);
        let secrets: Vec<_> = self.secrets().into_iter().chain(&handle).collect();
        let request = self
            .cognito
            .clients
            .users(self.spec)
            .respond_to_auth_challenge()
            .client_id(&self.spec.client_id)
            .challenge_name(challenge)
            .set_challenge_responses(Some(responses))
            .set_session(session);
        let answer = call(Operation::RespondToAuthChallenge, &secrets, |probe| {
            request.customize().interceptor(probe).send()
        })
        .await?;
        Ok(reply!(answer))
    }

    fn secrets(&self) -> Vec<&Secret> {
        std::iter::once(self.password)
            .chain(self.client_secret)
            .collect()
    }
}

/// The part of the user pool's id that SRP hashes.
fn pool_name(spec: &LoginSpec) -> &str {
    spec.user_pool_id
        .split_once('_')
        .map_or("", |(_, name)| name)
}

/// An answer that Cognito does not give.
fn strange(text: &str) -> Refusal {
    Refusal::plain(Fault::new(FaultKind::Service, format!("{text}.")))
}
