//! Proofs that need nobody: of the password at hand, and of the device.

use std::collections::BTreeMap;

use poolkey_core::secret::Secret;
use poolkey_core::time::UnixTime;

use super::SignIn;
use super::exchange::Parameters;
use super::follow::{out_of_place, strange};
use crate::classify::Refusal;
use crate::proof::timestamp;
use crate::srp::{Challenge, Opening, Who};

impl SignIn<'_> {
    /// The password's proof.
    pub(super) fn prove(
        &self,
        opening: &Opening,
        password: &Secret,
        server: Option<UnixTime>,
    ) -> Result<Parameters, Refusal> {
        // The name behind an alias: Cognito tells it here, and the proof is of no use without.
        let name = self.told("USER_ID_FOR_SRP")?;
        let group = self.spec.user_pool_id.split_once('_');
        let who = Who {
            group: group.map_or("", |(_, name)| name),
            name,
            password: password.expose(),
        };
        self.signature(opening, who, server)
    }

    pub(super) fn prove_device(
        &self,
        opening: &Opening,
        server: Option<UnixTime>,
    ) -> Result<Parameters, Refusal> {
        let Some(device) = self.device() else {
            return Err(out_of_place());
        };
        let who = Who {
            group: &device.group_key,
            name: &device.key,
            password: device.password.expose(),
        };
        self.signature(opening, who, server)
    }

    fn signature(
        &self,
        opening: &Opening,
        who: Who<'_>,
        server: Option<UnixTime>,
    ) -> Result<Parameters, Refusal> {
        let secret_block = self.told("SECRET_BLOCK")?;
        let challenge = Challenge {
            salt: self.told("SALT")?,
            srp_b: self.told("SRP_B")?,
            secret_block,
        };
        let time = timestamp(server.unwrap_or_else(&*self.cognito.wall));
        let signature = opening.prove(who, challenge, &time).map_err(|error| {
            strange(&format!("Cognito sent an SRP challenge of no use: {error}"))
        })?;
        Ok(BTreeMap::from([
            ("PASSWORD_CLAIM_SIGNATURE".into(), signature),
            (
                "PASSWORD_CLAIM_SECRET_BLOCK".into(),
                secret_block.to_owned(),
            ),
            ("TIMESTAMP".into(), time),
        ]))
    }
}
