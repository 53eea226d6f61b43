//! What is done with a refresh token.

use poolkey_core::config::LoginSpec;
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
    spec: &LoginSpec,
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

/// `RevokeToken`, which succeeds for a token that is already of no use.
pub(crate) async fn revoke(
    cognito: &Cognito,
    spec: &LoginSpec,
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
