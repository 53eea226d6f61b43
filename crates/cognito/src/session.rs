//! What is done with a refresh token: it is renewed, or its session ends.

use poolkey_core::config::UserPoolSpec;
use poolkey_core::event::{Farewell, Parting};
use poolkey_core::fault::{Fault, FaultKind};
use poolkey_core::secret::Secret;
use poolkey_core::session::Tokens;

use crate::Cognito;
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

/// Has the pool forget the device, which only a session can ask for, and then ends the session.
pub(crate) async fn revoke(
    cognito: &Cognito,
    spec: &UserPoolSpec,
    refresh_token: &Secret,
    client_secret: Option<&Secret>,
    farewell: &Farewell,
) -> Parting {
    let mut newest = refresh_token.clone();
    let forgotten = match &farewell.forget {
        None => Ok(()),
        Some(device_key) => {
            let leaving = Leaving {
                cognito,
                spec,
                client_secret,
                device_key,
                access_token: farewell.access_token.as_ref(),
            };
            leaving.forget(&mut newest).await
        }
    };
    Parting {
        revoked: revoke_token(cognito, spec, &newest, client_secret).await,
        forgotten,
        everywhere: Ok(()),
        logout_url: None,
    }
}

struct Leaving<'a> {
    cognito: &'a Cognito,
    spec: &'a UserPoolSpec,
    client_secret: Option<&'a Secret>,
    device_key: &'a str,
    access_token: Option<&'a Secret>,
}

impl Leaving<'_> {
    /// With the access token at hand, or else with a new one. `newest` becomes the refresh token
    /// that a rotation brought.
    async fn forget(&self, newest: &mut Secret) -> Result<(), Fault> {
        if let Some(access) = self.access_token {
            match self.forget_with(access).await {
                // Another access token may do what this one did not.
                Err(fault) if fault.kind == FaultKind::TokenStale => {}
                outcome @ (Ok(()) | Err(_)) => return outcome,
            }
        }
        let key = Some(self.device_key);
        let renewed = refresh(self.cognito, self.spec, newest, self.client_secret, key).await;
        let tokens = match renewed {
            Ok(tokens) => tokens,
            Err(fault) if fault.kind == FaultKind::DeviceGone => return Ok(()),
            Err(fault) => return Err(fault),
        };
        if let Some(rotated) = tokens.refresh_token {
            *newest = rotated;
        }
        let Some(access) = tokens.access else {
            return Err(Fault::new(
                FaultKind::Lost,
                "Cognito gave no access token, which alone can have a device forgotten.",
            ));
        };
        self.forget_with(&access.token).await
    }

    async fn forget_with(&self, access: &Secret) -> Result<(), Fault> {
        let request = self
            .cognito
            .clients
            .users(self.spec)
            .forget_device()
            .access_token(access.expose())
            .device_key(self.device_key);
        let outcome = call(Operation::ForgetDevice, &[access], |probe| {
            request.customize().interceptor(probe).send()
        })
        .await;
        match outcome.map_err(Fault::from) {
            Ok(_) => Ok(()),
            Err(fault) if fault.kind == FaultKind::DeviceGone => Ok(()),
            Err(fault) => Err(fault),
        }
    }
}

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
