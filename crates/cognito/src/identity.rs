//! Identity pools: an ID token, or nothing at all, becomes AWS keys by one of the two flows.

use std::collections::HashMap;

use aws_sdk_cognitoidentity::Client;
use aws_sdk_cognitoidentity::types::Credentials;
use poolkey_core::config::{PoolFlow, PoolSource, RoleSession, StsSpec};
use poolkey_core::fault::{Fault, FaultKind};
use poolkey_core::secret::Secret;
use poolkey_core::session::{Fetched, User};
use poolkey_core::time::UnixTime;

use crate::Cognito;
use crate::call::call;
use crate::classify::Operation;
use crate::keys::{Given, keys, without};
use crate::setup::{self, Scene};
use crate::sts;
use crate::tokens::Claims;

/// An identity pool that is asked for somebody, or for a guest.
pub(crate) struct Pool<'a> {
    cognito: &'a Cognito,
    spec: &'a PoolSource,
    sts: &'a StsSpec,
    client: Client,
    proof: Option<(&'a Secret, Claims)>,
}

impl<'a> Pool<'a> {
    /// Without an ID token it is a guest who asks.
    pub(crate) fn of(
        cognito: &'a Cognito,
        spec: &'a PoolSource,
        sts: &'a StsSpec,
        id_token: Option<&'a Secret>,
    ) -> Result<Self, Fault> {
        let proof = match id_token {
            None => None,
            // A refresh would not have given it; another one brings another token.
            Some(token) => Some((
                token,
                Claims::of(token).map_err(|fault| Fault::new(FaultKind::TokenStale, fault.text))?,
            )),
        };
        Ok(Self {
            client: cognito.clients.pools(spec),
            cognito,
            spec,
            sts,
            proof,
        })
    }

    pub(crate) async fn keys(
        &self,
        identity: Option<&str>,
        user: Option<&User>,
    ) -> Result<Fetched, Fault> {
        let identity = match identity {
            Some(identity) => identity.to_owned(),
            None => self.id().await?,
        };
        match &self.spec.flow {
            PoolFlow::Enhanced { role_arn } => self.enhanced(identity, role_arn.as_deref()).await,
            PoolFlow::Classic { role_arn, session } => {
                self.classic(identity, role_arn, session, user).await
            }
        }
    }

    /// `GetId`
    async fn id(&self) -> Result<String, Fault> {
        let request = self
            .client
            .get_id()
            .identity_pool_id(&self.spec.identity_pool_id)
            .set_logins(self.logins());
        call(Operation::GetId, &self.secrets(), |probe| {
            request.customize().interceptor(probe).send()
        })
        .await
        .map_err(|refusal| setup::tell(refusal, &self.scene(None)))?
        .output
        .identity_id
        .ok_or_else(|| without(WHOSE, "an identity id"))
    }

    /// `GetCredentialsForIdentity`
    async fn enhanced(&self, identity: String, role_arn: Option<&str>) -> Result<Fetched, Fault> {
        let request = self
            .client
            .get_credentials_for_identity()
            .identity_id(&identity)
            .set_logins(self.logins())
            .set_custom_role_arn(role_arn.map(str::to_owned));
        let answer = call(
            Operation::GetCredentialsForIdentity,
            &self.secrets(),
            |probe| request.customize().interceptor(probe).send(),
        )
        .await
        .map_err(|refusal| setup::tell(refusal, &self.scene(role_arn)))?;
        // Logins that were linked to one user may be told under another id.
        let told = answer.output.identity_id.clone();
        let given = answer.map(|output| output.credentials.map(Given::from));
        let given = given.whole().ok_or_else(|| without(WHOSE, "keys"))?;
        Ok(Fetched {
            identity: Some(told.unwrap_or(identity)),
            keys: keys(given, WHOSE, &*self.cognito.wall)?,
        })
    }

    /// `GetOpenIdToken`, whose token lives for ten minutes, and `AssumeRoleWithWebIdentity`.
    async fn classic(
        &self,
        identity: String,
        role_arn: &str,
        session: &RoleSession,
        user: Option<&User>,
    ) -> Result<Fetched, Fault> {
        let scene = self.scene(Some(role_arn));
        let request = self
            .client
            .get_open_id_token()
            .identity_id(&identity)
            .set_logins(self.logins());
        let output = call(Operation::GetOpenIdToken, &self.secrets(), |probe| {
            request.customize().interceptor(probe).send()
        })
        .await
        .map_err(|refusal| setup::tell(refusal, &scene))?
        .output;
        let token = output
            .token
            .filter(|token| !token.is_empty())
            .map(Secret::new)
            .ok_or_else(|| without(WHOSE, "a token"))?;
        let role = sts::WebRole {
            role_arn,
            session,
            name: sts::session_name(session, user),
        };
        Ok(Fetched {
            identity: Some(output.identity_id.unwrap_or(identity)),
            keys: role.assume(self.cognito, self.sts, &token, &scene).await?,
        })
    }

    fn logins(&self) -> Option<HashMap<String, String>> {
        self.proof.as_ref().map(|(token, claims)| {
            HashMap::from([(claims.login_key().to_owned(), token.expose().to_owned())])
        })
    }

    fn secrets(&self) -> Vec<&Secret> {
        self.proof.iter().map(|(token, _)| *token).collect()
    }

    fn scene<'s>(&'s self, role_arn: Option<&'s str>) -> Scene<'s> {
        Scene::Pool {
            identity_pool: &self.spec.identity_pool_id,
            claims: self.proof.as_ref().map(|(_, claims)| claims),
            role_arn,
            sts: self.sts,
        }
    }
}

impl From<Credentials> for Given {
    fn from(credentials: Credentials) -> Self {
        Self {
            access_key_id: credentials.access_key_id,
            secret_access_key: credentials.secret_key,
            session_token: credentials.session_token,
            expiration: credentials
                .expiration
                .map(|end| UnixTime::from_secs(end.secs())),
        }
    }
}

const WHOSE: &str = "The identity pool";
