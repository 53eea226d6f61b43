//! A machine that a user pool remembers: its proof stands in for a second factor.

use std::time::Duration;

use aws_sdk_cognitoidentityprovider::types::{
    DeviceRememberedStatusType, DeviceSecretVerifierConfigType, NewDeviceMetadataType,
};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use poolkey_core::config::UserPoolSpec;
use poolkey_core::fault::{Fault, FaultKind};
use poolkey_core::secret::Secret;
use poolkey_core::session::Device;
use zeroize::Zeroizing;

use crate::Cognito;
use crate::call::call;
use crate::classify::{Meaning, Operation, Part, Refusal};
use crate::clients::WHOLE;
use crate::srp::{Verifier, Who, verifier};

/// What became of a machine that the pool has just given a key.
pub(crate) enum Confirmed {
    /// The pool remembers it.
    Remembered(Device),
    /// The person decides whether it does.
    PersonDecides(Device),
}

/// Whose machine it is.
pub(crate) struct Owner<'a> {
    /// `cognito:username`.
    pub(crate) username: &'a str,
    /// What the person typed.
    pub(crate) typed: &'a str,
}

/// `ConfirmDevice`: the pool learns by what it will know this machine again, though never the
/// secret itself.
///
/// A pool that gave a machine a key takes no refresh token without it, and none before the key is
/// confirmed: so a failure that passes is not left at one attempt, while `spent`, the time that the
/// step took so far, allows it.
pub(crate) async fn confirm(
    cognito: &Cognito,
    spec: &UserPoolSpec,
    access: &Secret,
    made: &NewDeviceMetadataType,
    owner: &Owner<'_>,
    spent: impl Fn() -> Duration,
) -> Result<Confirmed, Fault> {
    let (Some(key), Some(group_key)) = (made.device_key(), made.device_group_key()) else {
        return Err(Fault::new(
            FaultKind::Service,
            "Cognito gave this computer a key that is not whole.",
        ));
    };
    let (password, verifier) = secret(group_key, key)?;
    let device = Device {
        user_pool_id: spec.user_pool_id.clone(),
        username: owner.username.to_owned(),
        alias: (owner.typed != owner.username).then(|| owner.typed.to_owned()),
        key: key.to_owned(),
        group_key: group_key.to_owned(),
        password,
    };
    let mut pauses = PAUSES.into_iter();
    let mut unheard = false;
    loop {
        let refusal = match confirm_once(cognito, spec, access, key, &verifier).await {
            Ok(Asks::Nobody) => return Ok(Confirmed::Remembered(device)),
            Ok(Asks::Person) => return Ok(Confirmed::PersonDecides(device)),
            Err(refusal) => refusal,
        };
        // It has this very verifier, of the call whose answer was lost.
        if unheard && refusal.meaning == Meaning::Refused(Part::Device) {
            return Ok(Confirmed::Remembered(device));
        }
        let fault = refusal.fault;
        unheard |= fault.kind == FaultKind::Lost;
        match pauses.next() {
            Some(pause) if passes(fault.kind) && fits(spent(), pause) => {
                tracing::info!(device = key, %fault, "confirming this computer once more");
                tokio::time::sleep(pause).await;
            }
            Some(_) | None => return Err(fault),
        }
    }
}

/// Whether the pool wants to know of the person if it shall remember a machine.
enum Asks {
    Nobody,
    Person,
}

async fn confirm_once(
    cognito: &Cognito,
    spec: &UserPoolSpec,
    access: &Secret,
    key: &str,
    verifier: &Verifier,
) -> Result<Asks, Refusal> {
    let request = cognito
        .clients
        .users(spec)
        .confirm_device()
        .access_token(access.expose())
        .device_key(key)
        .device_name(name())
        .device_secret_verifier_config(
            DeviceSecretVerifierConfigType::builder()
                .salt(&verifier.salt)
                .password_verifier(&verifier.verifier)
                .build(),
        );
    let answer = call(Operation::ConfirmDevice, &[access], |probe| {
        request.customize().interceptor(probe).send()
    })
    .await?;
    Ok(if answer.output.user_confirmation_necessary {
        Asks::Person
    } else {
        Asks::Nobody
    })
}

/// Whether another attempt may do better.
const fn passes(kind: FaultKind) -> bool {
    match kind {
        FaultKind::Unreachable | FaultKind::Lost | FaultKind::Throttled | FaultKind::Service => {
            true
        }
        FaultKind::Ended(_)
        | FaultKind::TokenStale
        | FaultKind::Wrong
        | FaultKind::LockedOut
        | FaultKind::Expired
        | FaultKind::Unsupported
        | FaultKind::Misconfigured
        | FaultKind::IdentityConflict
        | FaultKind::DeviceGone => false,
    }
}

/// Whether one more attempt, after this pause, ends within the step's time for sure: what a step
/// brought is lost when it takes longer.
fn fits(spent: Duration, pause: Duration) -> bool {
    spent + pause + WHOLE <= STEP
}

/// `UpdateDeviceStatus`: the person wants it remembered.
pub(crate) async fn remember(
    cognito: &Cognito,
    spec: &UserPoolSpec,
    access: &Secret,
    device: &Device,
) -> Result<(), Refusal> {
    let request = cognito
        .clients
        .users(spec)
        .update_device_status()
        .access_token(access.expose())
        .device_key(&device.key)
        .device_remembered_status(DeviceRememberedStatusType::Remembered);
    call(Operation::UpdateDeviceStatus, &[access], |probe| {
        request.customize().interceptor(probe).send()
    })
    .await?;
    Ok(())
}

/// What this machine is called in the pool's list of devices.
pub(crate) fn name() -> String {
    let host = gethostname::gethostname();
    let host: String = host
        .to_string_lossy()
        .chars()
        .filter(|c| !c.is_control())
        .take(LONGEST_HOST)
        .collect();
    match host.trim() {
        "" => "Poolkey".to_owned(),
        host => format!("Poolkey on {host}"),
    }
}

/// What only this machine will know, and what the pool may know of it.
fn secret(group_key: &str, key: &str) -> Result<(Secret, Verifier), Fault> {
    let mut random = Zeroizing::new([0; 40]);
    let mut salt = [0; 16];
    getrandom::fill(&mut *random)
        .and_then(|()| getrandom::fill(&mut salt))
        .map_err(|_| {
            Fault::new(
                FaultKind::Service,
                "The operating system gave no random numbers.",
            )
        })?;
    let password = Secret::new(BASE64.encode(random.as_slice()));
    let who = Who {
        group: group_key,
        name: key,
        password: password.expose(),
    };
    let verifier = verifier(who, &salt);
    Ok((password, verifier))
}

/// Before the second attempt and before the third.
const PAUSES: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(1)];

/// The daemon waits 60 s for a step.
const STEP: Duration = Duration::from_secs(58);

/// More than a DNS label; the pool's list shows it in one line.
const LONGEST_HOST: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_device_has_a_secret_of_its_own() {
        let (one, first) = secret("g", "k").unwrap();
        let (other, second) = secret("g", "k").unwrap();
        assert_ne!(one, other);
        assert_ne!(first.salt, second.salt);
        assert_ne!(first.verifier, second.verifier);
        assert_eq!(BASE64.decode(one.expose()).unwrap().len(), 40);
        assert!((12..=17).contains(&BASE64.decode(first.salt).unwrap().len()));
    }

    #[test]
    fn no_attempt_is_begun_that_could_outlast_the_step() {
        let at = Duration::from_secs;
        assert!(fits(at(0), PAUSES[0]));
        assert!(fits(at(49), at(1)));
        assert!(!fits(at(50), at(1)));
        assert!(!fits(at(600), PAUSES[0]));
    }

    #[test]
    fn the_name_tells_the_machine() {
        assert!(name().starts_with("Poolkey"));
        assert!(name().chars().count() <= "Poolkey on ".len() + LONGEST_HOST);
    }
}
