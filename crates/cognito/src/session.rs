//! What is done with a refresh token: it is renewed, or its session ends.
//!
//! A sign-out has the device forgotten first, then all sessions ended where that is wanted, and then
//! this one revoked: what comes later leaves nothing to do the earlier with.

use poolkey_core::config::{Flow, LoginSpec, UserPoolSpec};
use poolkey_core::event::{Farewell, Parting};
use poolkey_core::fault::{Fault, FaultKind};
use poolkey_core::secret::Secret;
use poolkey_core::session::Tokens;

use crate::Cognito;
use crate::browser;
use crate::call::{Answered, call};
use crate::classify::Operation;
use crate::tokens::tokens;

/// `GetTokensFromRefreshToken`, which works with rotation and without it, and takes the client's
/// secret as it is: `REFRESH_TOKEN_AUTH` is refused where tokens rotate.
pub(crate) async fn refresh(
    cognito: &Cognito,
    spec: &UserPoolSpec,
    refresh_token: &Secret,
    client_secret: Option<&Secret>,
    device_key: Option<&str>,
) -> Result<Tokens, Fault> {
    let request = cognito
        .clients
        .users(spec)
        .get_tokens_from_refresh_token()
        .refresh_token(refresh_token.expose())
        .client_id(&spec.client_id)
        .set_client_secret(client_secret.map(|secret| secret.expose().to_owned()))
        .set_device_key(device_key.map(str::to_owned));
    let secrets = secrets(refresh_token, client_secret);
    let answer = call(Operation::GetTokensFromRefreshToken, &secrets, |probe| {
        request.customize().interceptor(probe).send()
    })
    .await?;
    let Some(result) = answer.output.authentication_result else {
        return Err(Fault::new(
            FaultKind::Lost,
            "Cognito answered the refresh without tokens.",
        ));
    };
    let answer = Answered {
        output: result,
        server: answer.server,
    };
    tokens(answer, &*cognito.wall)
}

/// Ends a session as far as its provider can be told, and says what came of each step.
pub(crate) async fn revoke(
    cognito: &Cognito,
    spec: &LoginSpec,
    refresh_token: Option<&Secret>,
    client_secret: Option<&Secret>,
    farewell: &Farewell,
) -> Parting {
    match spec {
        LoginSpec::UserPool(pool) => {
            let leaving = Leaving {
                cognito,
                login: spec,
                spec: pool,
                client_secret,
                device_key: farewell.forget.as_deref(),
                refresh_token: refresh_token.cloned(),
                access_token: farewell.access_token.clone(),
            };
            let parting = leaving.end(farewell).await;
            let logout_url = match &pool.managed_login {
                Some(_) => browser::logout_url(cognito, spec).await,
                None => None,
            };
            Parting {
                logout_url,
                ..parting
            }
        }
        LoginSpec::Oidc(_) => Parting {
            revoked: match refresh_token {
                Some(token) => browser::revoke(cognito, spec, token, client_secret).await,
                None => Ok(()),
            },
            everywhere: only_here(farewell),
            logout_url: browser::logout_url(cognito, spec).await,
            ..nothing_to_do()
        },
        LoginSpec::Command(_) | LoginSpec::Guest => Parting {
            everywhere: only_here(farewell),
            ..nothing_to_do()
        },
    }
}

const fn nothing_to_do() -> Parting {
    Parting {
        revoked: Ok(()),
        forgotten: Ok(()),
        everywhere: Ok(()),
        rotated: None,
        logout_url: None,
    }
}

/// No OpenID provider has a call that ends what was begun elsewhere.
fn only_here(farewell: &Farewell) -> Result<(), Fault> {
    if !farewell.everywhere {
        return Ok(());
    }
    Err(Fault::new(
        FaultKind::Unsupported,
        "only a Cognito user pool can be asked for that; a provider's own page of one's account can.",
    ))
}

/// A session of a user pool that ends.
struct Leaving<'a> {
    cognito: &'a Cognito,
    login: &'a LoginSpec,
    spec: &'a UserPoolSpec,
    client_secret: Option<&'a Secret>,
    device_key: Option<&'a str>,
    /// The newest there is.
    refresh_token: Option<Secret>,
    access_token: Option<Secret>,
}

/// What only an access token can ask for.
#[derive(Clone, Copy)]
enum Ask<'a> {
    /// `ForgetDevice`
    Forget(&'a str),
    /// `GlobalSignOut`
    Everywhere,
}

impl Leaving<'_> {
    /// The device first, for it takes a session; then all sessions, then this one.
    async fn end(mut self, farewell: &Farewell) -> Parting {
        let sent = self.refresh_token.clone();
        let forgotten = match self.device_key {
            None => Ok(()),
            Some(device_key) => match self.ask(Ask::Forget(device_key)).await {
                Err(fault) if fault.kind == FaultKind::DeviceGone => Ok(()),
                outcome @ (Ok(()) | Err(_)) => outcome,
            },
        };
        let everywhere = match farewell.everywhere {
            true => self.ask(Ask::Everywhere).await,
            false => Ok(()),
        };
        let revoked = match &everywhere {
            // Without its refresh token nothing could ask for it another time.
            Err(fault) if fault.kind.is_passing() => Err(fault.clone()),
            Ok(()) | Err(_) => self.revoke().await,
        };
        Parting {
            revoked,
            forgotten,
            everywhere,
            rotated: self
                .refresh_token
                .filter(|newest| Some(newest) != sent.as_ref()),
            logout_url: None,
        }
    }

    /// Asks with the access token at hand, or else with a new one.
    async fn ask(&mut self, what: Ask<'_>) -> Result<(), Fault> {
        if let Some(access) = self.access_token.clone() {
            match self.ask_with(what, &access).await {
                // Another access token may do what this one did not.
                Err(fault) if fault.kind == FaultKind::TokenStale => self.access_token = None,
                outcome @ (Ok(()) | Err(_)) => return outcome,
            }
        }
        let access = self.renew().await?;
        self.ask_with(what, &access).await
    }

    /// A new access token, by a refresh that may rotate the refresh token.
    async fn renew(&mut self) -> Result<Secret, Fault> {
        let Some(refresh_token) = &self.refresh_token else {
            return Err(Fault::new(
                FaultKind::Misconfigured,
                "The session has no refresh token, and no access token that works.",
            ));
        };
        let renewed = self.cognito.refresh(
            self.login,
            refresh_token,
            self.client_secret,
            self.device_key,
        );
        let tokens = renewed.await?;
        if let Some(rotated) = tokens.refresh_token {
            self.refresh_token = Some(rotated);
        }
        let Some(access) = tokens.access else {
            return Err(Fault::new(
                FaultKind::Lost,
                "Cognito gave no access token, which alone can ask for this.",
            ));
        };
        self.access_token = Some(access.token.clone());
        Ok(access.token)
    }

    async fn ask_with(&self, what: Ask<'_>, access: &Secret) -> Result<(), Fault> {
        let users = self.cognito.clients.users(self.spec);
        match what {
            Ask::Forget(device_key) => {
                let request = users
                    .forget_device()
                    .access_token(access.expose())
                    .device_key(device_key);
                call(Operation::ForgetDevice, &[access], |probe| {
                    request.customize().interceptor(probe).send()
                })
                .await?;
            }
            Ask::Everywhere => {
                let request = users.global_sign_out().access_token(access.expose());
                let outcome = call(Operation::GlobalSignOut, &[access], |probe| {
                    request.customize().interceptor(probe).send()
                })
                .await;
                outcome.map_err(|refusal| beyond_scope(refusal.into()))?;
            }
        }
        Ok(())
    }

    async fn revoke(&self) -> Result<(), Fault> {
        match &self.refresh_token {
            Some(token) if self.spec.flow == Flow::Browser && self.device_key.is_none() => {
                browser::revoke(self.cognito, self.login, token, self.client_secret).await
            }
            Some(token) => revoke_token(self.cognito, self.spec, token, self.client_secret).await,
            None => Ok(()),
        }
    }
}

/// What an administrator of the app client, or whoever wrote its configuration, has to know.
fn beyond_scope(fault: Fault) -> Fault {
    if fault.kind != FaultKind::Misconfigured {
        return fault;
    }
    let text = format!(
        "{} It takes an access token with the scope “{SIGN_OUT_SCOPE}”: the app client has to allow \
         it, and a sign-in by browser to ask for it (scopes in profiles.toml).",
        fault.text
    );
    Fault::new(fault.kind, text)
}

const SIGN_OUT_SCOPE: &str = "aws.cognito.signin.user.admin";

/// `RevokeToken`, which succeeds for a token that is already of no use.
async fn revoke_token(
    cognito: &Cognito,
    spec: &UserPoolSpec,
    refresh_token: &Secret,
    client_secret: Option<&Secret>,
) -> Result<(), Fault> {
    let request = cognito
        .clients
        .users(spec)
        .revoke_token()
        .token(refresh_token.expose())
        .client_id(&spec.client_id)
        .set_client_secret(client_secret.map(|secret| secret.expose().to_owned()));
    let secrets = secrets(refresh_token, client_secret);
    call(Operation::RevokeToken, &secrets, |probe| {
        request.customize().interceptor(probe).send()
    })
    .await?;
    Ok(())
}

fn secrets<'a>(refresh_token: &'a Secret, client_secret: Option<&'a Secret>) -> Vec<&'a Secret> {
    std::iter::once(refresh_token)
        .chain(client_secret)
        .collect()
}
