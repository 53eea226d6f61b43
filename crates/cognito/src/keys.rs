//! AWS keys: an identity pool gives them, or STS does for the keys of another profile.

use std::time::Duration;

use poolkey_core::config::{KeySource, ProfileSpec};
use poolkey_core::fault::{Fault, FaultKind};
use poolkey_core::secret::Secret;
use poolkey_core::session::{Fetched, Keys, Proof, User};
use poolkey_core::time::UnixTime;

use crate::Cognito;
use crate::call::Answered;
use crate::{identity, sts};

/// Keys for a proof. `identity` is what the pool called it before; `user` names a role's session.
pub(crate) async fn fetch(
    cognito: &Cognito,
    spec: &ProfileSpec,
    proof: &Proof,
    identity: Option<&str>,
    user: Option<&User>,
) -> Result<Fetched, Fault> {
    match (&spec.source, proof) {
        (KeySource::Pool(pool), Proof::IdToken(id_token)) => {
            let pool = identity::Pool::of(cognito, pool, &spec.sts, Some(id_token))?;
            pool.keys(identity, user).await
        }
        (KeySource::Pool(pool), Proof::Guest) => {
            let pool = identity::Pool::of(cognito, pool, &spec.sts, None)?;
            pool.keys(identity, user).await
        }
        (KeySource::Role(role), Proof::Keys(keys)) => {
            let keys = sts::assume_role(cognito, &spec.sts, role, keys, user).await?;
            Ok(Fetched {
                identity: None,
                keys,
            })
        }
        (KeySource::Pool(_), Proof::Keys(_))
        | (KeySource::Role(_), Proof::IdToken(_) | Proof::Guest) => Err(Fault::new(
            FaultKind::Unsupported,
            "The profile's keys are given for something else.",
        )),
    }
}

/// What AWS calls credentials, whichever service gave them.
pub(crate) struct Given {
    pub(crate) access_key_id: Option<String>,
    pub(crate) secret_access_key: Option<String>,
    pub(crate) session_token: Option<String>,
    pub(crate) expiration: Option<UnixTime>,
}

/// Keys that are whole, or none.
pub(crate) fn keys(
    given: Answered<Given>,
    whose: &str,
    wall: &dyn Fn() -> UnixTime,
) -> Result<Keys, Fault> {
    let without = |what| without(whose, what);
    let end = given.output.expiration;
    let life = given.life(end.ok_or_else(|| without("an expiry"))?, wall);
    let secret = |text: Option<String>, what| {
        text.filter(|text| !text.is_empty())
            .map(Secret::new)
            .ok_or_else(|| without(what))
    };
    Ok(Keys {
        access_key_id: secret(given.output.access_key_id, "an access key id")?,
        secret_access_key: secret(given.output.secret_access_key, "a secret access key")?,
        session_token: secret(given.output.session_token, "a session token")?,
        life,
    })
}

pub(crate) fn without(whose: &str, what: &str) -> Fault {
    Fault::new(
        FaultKind::Service,
        format!("{whose} answered without {what}."),
    )
}

/// `DurationSeconds`
pub(crate) fn seconds(duration: Option<Duration>) -> Option<i32> {
    duration.map(|duration| i32::try_from(duration.as_secs()).unwrap_or(i32::MAX))
}
