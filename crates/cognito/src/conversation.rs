//! A sign-in: what to ask a person, and what to tell Cognito of the answer.

use std::collections::HashMap;

use aws_sdk_cognitoidentityprovider::types::{
    AuthFlowType, AuthenticationResultType, ChallengeNameType,
};
use poolkey_core::config::{Flow, LoginSpec};
use poolkey_core::conversation::{Answer, Question, Thread};
use poolkey_core::failure::Ended;
use poolkey_core::fault::{Fault, FaultKind};
use poolkey_core::secret::Secret;

use crate::call::{Answered, call};
use crate::challenge::{self, Demand};
use crate::classify::{Meaning, Operation, Refusal};
use crate::proof::{secret_hash, timestamp};
use crate::srp::{Challenge, Opening, Who};
use crate::tokens::tokens;
use crate::{Cognito, Step, admin};

/// The first question: the user name, or the password of a user whose name is known.
pub(crate) fn begin(spec: &LoginSpec, thread: Thread) -> Step {
    let question = match &thread.username {
        Some(username) => Question::Password {
            username: username.clone(),
        },
        None => username(spec),
    };
    ask(thread, question, None)
}

/// The next question, or the end.
pub(crate) async fn answer(
    cognito: &Cognito,
    spec: &LoginSpec,
    mut thread: Thread,
    answer: Answer,
) -> Result<Step, Fault> {
    let Some(asked) = thread.asked.clone() else {
        return Ok(begin(spec, thread));
    };
    match (asked, answer) {
        (asked @ Question::Username { .. }, Answer::Username(name)) => {
            if name.is_empty() || name.chars().count() > LONGEST_NAME {
                let problem = wrong("A user name has 1 to 128 characters.");
                return Ok(ask(thread, asked, Some(problem)));
            }
            thread.username = Some(name);
            Ok(begin(spec, thread))
        }
        (asked @ Question::ClientSecret { .. }, Answer::ClientSecret(secret)) => {
            // Pasted, as a rule, and without spaces of its own.
            let secret = secret.expose().trim();
            if secret.is_empty() {
                let problem = wrong("A client secret has 1 to 64 characters.");
                return Ok(ask(thread, asked, Some(problem)));
            }
            thread.client_secret = Some(Secret::new(secret));
            Ok(begin(spec, thread))
        }
        (asked @ Question::Password { .. }, Answer::Password(password)) => {
            if password.expose().is_empty() {
                return Ok(ask(thread, asked, Some(wrong("Type the password."))));
            }
            prove(cognito, spec, thread, asked, &password).await
        }
        (
            asked @ (Question::Username { .. }
            | Question::Password { .. }
            | Question::ClientSecret { .. }),
            Answer::Username(_) | Answer::Password(_) | Answer::ClientSecret(_),
        ) => {
            let problem = wrong("That was the answer to another question.");
            Ok(ask(thread, asked, Some(problem)))
        }
    }
}

/// Proves the password and goes on from what Cognito says to it.
async fn prove(
    cognito: &Cognito,
    spec: &LoginSpec,
    mut thread: Thread,
    asked: Question,
    password: &Secret,
) -> Result<Step, Fault> {
    let attempt = Attempt {
        cognito,
        spec,
        username: thread.username.as_deref().unwrap_or_default(),
        password,
        client_secret: thread.client_secret.as_ref(),
    };
    match attempt.make().await {
        Ok(result) => Ok(Step::Done {
            tokens: Box::new(tokens(result, &*cognito.wall)?),
            client_secret: thread.client_secret,
        }),
        Err(Refusal { meaning, fault }) => match (meaning, fault.kind) {
            (Meaning::SecretMissing, _) => Ok(ask(thread, client_secret(spec), None)),
            (Meaning::SecretWrong, _) => {
                thread.client_secret = None;
                let problem = wrong("The app client has another secret than this.");
                Ok(ask(thread, client_secret(spec), Some(problem)))
            }
            (Meaning::Plain, FaultKind::Wrong | FaultKind::LockedOut) => {
                Ok(ask(thread, asked, Some(fault)))
            }
            // Nobody is signed in whose session could end: it is the name that is not right.
            (Meaning::Plain, FaultKind::Ended(Ended::UserGone)) => {
                let hint = thread.username.take();
                Ok(ask(
                    thread,
                    Question::Username { hint },
                    Some(wrong(fault.text)),
                ))
            }
            (
                Meaning::Plain,
                FaultKind::Unreachable
                | FaultKind::Lost
                | FaultKind::Throttled
                | FaultKind::Service
                | FaultKind::Ended(_)
                | FaultKind::Expired
                | FaultKind::Unsupported
                | FaultKind::Misconfigured
                | FaultKind::TokenStale
                | FaultKind::IdentityConflict,
            ) => Err(fault),
        },
    }
}

fn ask(thread: Thread, question: Question, problem: Option<Fault>) -> Step {
    let thread = Thread {
        username: thread.username,
        client_secret: thread.client_secret,
        asked: Some(question.clone()),
        ..Thread::default()
    };
    Step::Ask {
        thread,
        question,
        problem,
    }
}

fn username(spec: &LoginSpec) -> Question {
    Question::Username {
        hint: spec.username.clone(),
    }
}

fn client_secret(spec: &LoginSpec) -> Question {
    Question::ClientSecret {
        client_id: spec.client_id.clone(),
    }
}

fn wrong(text: impl Into<String>) -> Fault {
    Fault::new(FaultKind::Wrong, text)
}

/// One try with one password.
struct Attempt<'a> {
    cognito: &'a Cognito,
    spec: &'a LoginSpec,
    username: &'a str,
    password: &'a Secret,
    client_secret: Option<&'a Secret>,
}

/// What Cognito says to a step: tokens or the next challenge.
struct Reply {
    result: Option<AuthenticationResultType>,
    challenge: Option<ChallengeNameType>,
    parameters: HashMap<String, String>,
    session: Option<String>,
}

type Parameters = HashMap<String, String>;
type Outcome = Result<Answered<AuthenticationResultType>, Refusal>;

impl Attempt<'_> {
    async fn make(&self) -> Outcome {
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
            let name = reply
                .output
                .challenge
                .as_ref()
                .map_or("", |name| name.as_str());
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
                            "The user pool asks for {words} ({}), which this version of Poolkey \
                             cannot answer.",
                            if name.is_empty() { "no name" } else { name }
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
        Ok(answer.map(|output| Reply {
            result: output.authentication_result,
            challenge: output.challenge_name,
            parameters: output.challenge_parameters.unwrap_or_default(),
            session: output.session,
        }))
    }

    async fn initiate_as_admin(&self, parameters: Parameters) -> Result<Answered<Reply>, Refusal> {
        let clients = &self.cognito.clients;
        let keys = admin::keys(self.spec, clients)
            .await
            .map_err(Refusal::plain)?;
        let request = clients
            .users(self.spec)
            .admin_initiate_auth()
            .auth_flow(AuthFlowType::AdminUserPasswordAuth)
            .user_pool_id(&self.spec.user_pool_id)
            .client_id(&self.spec.client_id)
            .set_auth_parameters(Some(parameters));
        let answer = call(Operation::AdminInitiateAuth, &self.secrets(), |probe| {
            request
                .customize()
                .config_override(keys)
                .interceptor(probe)
                .send()
        })
        .await?;
        Ok(answer.map(|output| Reply {
            result: output.authentication_result,
            challenge: output.challenge_name,
            parameters: output.challenge_parameters.unwrap_or_default(),
            session: output.session,
        }))
    }

    async fn respond(
        &self,
        challenge: ChallengeNameType,
        responses: Parameters,
        session: Option<String>,
    ) -> Result<Answered<Reply>, Refusal> {
        let request = self
            .cognito
            .clients
            .users(self.spec)
            .respond_to_auth_challenge()
            .client_id(&self.spec.client_id)
            .challenge_name(challenge)
            .set_challenge_responses(Some(responses))
            .set_session(session);
        let answer = call(
            Operation::RespondToAuthChallenge,
            &self.secrets(),
            |probe| request.customize().interceptor(probe).send(),
        )
        .await?;
        Ok(answer.map(|output| Reply {
            result: output.authentication_result,
            challenge: output.challenge_name,
            parameters: output.challenge_parameters.unwrap_or_default(),
            session: output.session,
        }))
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

const LONGEST_NAME: usize = 128;
