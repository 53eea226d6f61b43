//! Identity pools: an ID token becomes AWS keys by the enhanced flow.

use std::collections::HashMap;

use aws_sdk_cognitoidentity::types::Credentials;
use poolkey_core::config::{KeySource, PoolFlow, ProfileSpec};
use poolkey_core::fault::{Fault, FaultKind};
use poolkey_core::secret::Secret;
use poolkey_core::session::{Fetched, Keys, Proof, User};
use poolkey_core::time::UnixTime;

use crate::Cognito;
use crate::call::{Answered, call};
use crate::classify::Operation;
use crate::tokens::Claims;

pub(crate) async fn fetch(
    cognito: &Cognito,
    spec: &ProfileSpec,
    proof: &Proof,
    identity: Option<&str>,
    _user: Option<&User>,
) -> Result<Fetched, Fault> {
    let (KeySource::Pool(spec), Proof::IdToken(id_token)) = (&spec.source, proof) else {
        return Err(Fault::new(
            FaultKind::Unsupported,
            "This is not an identity pool's.",
        ));
    };
    let PoolFlow::Enhanced { role_arn } = &spec.flow else {
        return Err(Fault::new(
            FaultKind::Unsupported,
            "This is not the enhanced flow.",
        ));
    };
    let client = cognito.clients.pools(spec);
    // A refresh would not have given it; another one brings another token.
    let claims =
        Claims::of(id_token).map_err(|fault| Fault::new(FaultKind::TokenStale, fault.text))?;
    let login_key = claims.login_key().to_owned();
    let logins = || HashMap::from([(login_key.clone(), id_token.expose().to_owned())]);

    let identity = match identity {
        Some(identity) => identity.to_owned(),
        None => {
            let request = client
                .get_id()
                .identity_pool_id(&spec.identity_pool_id)
                .set_logins(Some(logins()));
            call(Operation::GetId, &[id_token], |probe| {
                request.customize().interceptor(probe).send()
            })
            .await?
            .output
            .identity_id
            .ok_or_else(|| without("an identity id"))?
        }
    };

    let request = client
        .get_credentials_for_identity()
        .identity_id(&identity)
        .set_logins(Some(logins()))
        .set_custom_role_arn(role_arn.clone());
    let answer = call(Operation::GetCredentialsForIdentity, &[id_token], |probe| {
        request.customize().interceptor(probe).send()
    })
    .await?;
    let Answered { output, server } = answer;
    // Logins that were linked to one user may be told under another id.
    let identity = output.identity_id.unwrap_or(identity);
    let credentials = Answered {
        output: output.credentials.ok_or_else(|| without("keys"))?,
        server,
    };
    Ok(Fetched {
        identity: Some(identity),
        keys: keys(credentials, &*cognito.wall)?,
    })
}

fn keys(answer: Answered<Credentials>, wall: &dyn Fn() -> UnixTime) -> Result<Keys, Fault> {
    let expiration = answer
        .output
        .expiration
        .ok_or_else(|| without("an expiry"))?;
    let life = answer.life(UnixTime::from_secs(expiration.secs()), wall);
    let secret = |text: Option<String>, what| {
        text.filter(|text| !text.is_empty())
            .map(Secret::new)
            .ok_or_else(|| without(what))
    };
    Ok(Keys {
        access_key_id: secret(answer.output.access_key_id, "an access key id")?,
        secret_access_key: secret(answer.output.secret_key, "a secret access key")?,
        session_token: secret(answer.output.session_token, "a session token")?,
        life,
    })
}

fn without(what: &str) -> Fault {
    Fault::new(
        FaultKind::Service,
        format!("The identity pool answered without {what}."),
    )
}
