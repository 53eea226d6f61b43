//! The calls of an examination: none makes or changes anything, and none is about a person.

use aws_sdk_cognitoidentityprovider::types::AuthFlowType;
use poolkey_core::config::{PoolSource, StsSpec, UserPoolSpec};
use poolkey_core::fault::{Fault, FaultKind};
use poolkey_core::finding::Finding;
use poolkey_core::secret::Secret;

use crate::Cognito;
use crate::call::{self, Seen};
use crate::classify::{Operation, Refusal};
use crate::oauth::http::{self, METADATA};

/// What came of it.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) looked: Vec<Looked>,
    pub(super) findings: Vec<Finding>,
}

/// One call.
pub(super) struct Looked {
    pub(super) seen: Seen,
    /// Why there is no answer, or none that says anything.
    pub(super) fault: Option<Fault>,
    /// By how many seconds the server's clock is ahead of this computer's.
    pub(super) ahead: Option<i64>,
}

impl Outcome {
    /// Notes how a call went; only what says nothing of pools and clients is a fault of the endpoint.
    pub(super) fn note(&mut self, cognito: &Cognito, seen: Seen, fault: Option<&Fault>) {
        let ahead = seen
            .server
            .map(|server| server.secs_after((cognito.wall)()));
        let fault = fault.filter(|fault| fault.kind.is_passing()).cloned();
        self.looked.push(Looked { seen, fault, ahead });
    }

    pub(super) async fn get(
        &mut self,
        cognito: &Cognito,
        name: &'static str,
        url: &str,
    ) -> Option<http::Answer> {
        let request = ::http::Request::get(url).body(Vec::new()).ok()?;
        let looked = http::look(cognito, name, request, METADATA).await;
        let (seen, answer) = looked.ok()?;
        let failing = match &answer {
            Ok(answer) if answer.status >= 500 || answer.status == 429 => Some(Fault::new(
                FaultKind::Service,
                format!("{} answered with HTTP status {}.", seen.host, answer.status),
            )),
            Ok(_) => None,
            Err(fault) => Some(fault.clone()),
        };
        self.note(cognito, seen, failing.as_ref());
        answer.ok().filter(|_| failing.is_none())
    }

    /// `InitiateAuth` with a refresh token that nobody has.
    pub(super) async fn refresh_by_flow(
        &mut self,
        cognito: &Cognito,
        pool: &UserPoolSpec,
    ) -> Option<Refusal> {
        let request = cognito
            .clients
            .users(pool)
            .initiate_auth()
            .client_id(&pool.client_id)
            .auth_flow(AuthFlowType::RefreshTokenAuth)
            .auth_parameters("REFRESH_TOKEN", NO_TOKEN);
        let (seen, result) = call::look(Operation::InitiateAuthByRefreshToken, &[], |probe| {
            request.customize().interceptor(probe).send()
        })
        .await;
        self.refused(cognito, seen, result.err())
    }

    pub(super) async fn refresh(
        &mut self,
        cognito: &Cognito,
        pool: &UserPoolSpec,
        secret: Option<&Secret>,
    ) -> Option<Refusal> {
        let request = cognito
            .clients
            .users(pool)
            .get_tokens_from_refresh_token()
            .client_id(&pool.client_id)
            .set_client_secret(secret.map(|secret| secret.expose().to_owned()))
            .refresh_token(NO_TOKEN);
        let secrets: Vec<&Secret> = secret.into_iter().collect();
        let (seen, result) = call::look(Operation::GetTokensFromRefreshToken, &secrets, |probe| {
            request.customize().interceptor(probe).send()
        })
        .await;
        self.refused(cognito, seen, result.err())
    }

    /// `InitiateAuth` with a flow and nobody's name.
    pub(super) async fn begin(
        &mut self,
        cognito: &Cognito,
        pool: &UserPoolSpec,
        flow: AuthFlowType,
    ) -> Option<Refusal> {
        let request = cognito
            .clients
            .users(pool)
            .initiate_auth()
            .client_id(&pool.client_id)
            .auth_flow(flow);
        let (seen, result) = call::look(Operation::InitiateAuth, &[], |probe| {
            request.customize().interceptor(probe).send()
        })
        .await;
        self.refused(cognito, seen, result.err())
    }

    fn refused(
        &mut self,
        cognito: &Cognito,
        seen: Seen,
        refusal: Option<Refusal>,
    ) -> Option<Refusal> {
        self.note(
            cognito,
            seen,
            refusal.as_ref().map(|refusal| &refusal.fault),
        );
        refusal.filter(|refusal| !refusal.fault.kind.is_passing())
    }

    /// `GetCredentialsForIdentity` of an identity that nobody is.
    pub(super) async fn nobody(&mut self, cognito: &Cognito, pool: &PoolSource) {
        let request = cognito
            .clients
            .pools(pool)
            .get_credentials_for_identity()
            .identity_id(format!("{}:{NOBODY}", pool.region()));
        let (seen, result) = call::look(Operation::GetCredentialsForIdentity, &[], |probe| {
            request.customize().interceptor(probe).send()
        })
        .await;
        self.note(cognito, seen, result.err().map(Fault::from).as_ref());
    }

    /// `AssumeRoleWithWebIdentity` with a token that is none.
    pub(super) async fn no_role(&mut self, cognito: &Cognito, sts: &StsSpec) {
        let request = cognito
            .clients
            .sts(sts)
            .assume_role_with_web_identity()
            .role_arn(NO_ROLE)
            .role_session_name("poolkey")
            .web_identity_token(NO_TOKEN);
        let (seen, result) = call::look(Operation::AssumeRoleWithWebIdentity, &[], |probe| {
            request.customize().interceptor(probe).send()
        })
        .await;
        self.note(cognito, seen, result.err().map(Fault::from).as_ref());
    }
}

/// No token that any service gave.
const NO_TOKEN: &str = "poolkey-examines";

/// No identity that any pool made.
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

const NO_ROLE: &str = "arn:aws:iam::000000000000:role/poolkey-examines";
