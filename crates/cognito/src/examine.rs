//! What can be seen from here of the network, of pools and of providers, without anybody being
//! signed in and without anything being changed.
//!
//! ```text
//!  examine ─▶ probe    what is looked at ─▶ calls    that make nothing, and count against nobody
//!      ╰────▶ told     what came of it, in sentences
//! ```
//!
//! *What is asked.* A pool's published keys. `InitiateAuth` with a refresh token that nobody has, and
//! with a flow but no user name: an app client that wants its secret, does not allow a flow or is not
//! there says so before it looks for anybody, and no trigger of the pool runs. With the client's
//! secret, where it is known, `GetTokensFromRefreshToken` with the same token. The authorization
//! request of each callback URL, as before a sign-in. `GetCredentialsForIdentity` of an identity that
//! nobody is: whoever asks an identity pool for an identity gets a new one, so that whether the pool
//! itself is there shows by keys that it gave. `AssumeRoleWithWebIdentity` with a token that is none.
//!
//! Each finding has one of these codes; they stay what they are. A good finding tells what was
//! looked at.
//!
//! | code | severity | about | |
//! |---|---|---|---|
//! | `network_direct` | good | `network` | no proxy is configured |
//! | `network_proxied` | good | `network` | which proxy is used, and for what not |
//! | `network_offline` | error | `network` | no endpoint could be reached; nothing else is told |
//! | `proxy_unusable` | error | `network` | what `proxy` says is no address |
//! | `proxy_unreachable` | error | `network` | no connection to the proxy |
//! | `proxy_refuses` | error | `network` | the proxy wants a password, or another one |
//! | `proxy_blocks` | error | an endpoint | the proxy does not let it be reached |
//! | `authorities_trusted` | good | `certificates` | how many authorities, and whose |
//! | `authorities_missing` | error | `certificates` | this system trusts none |
//! | `ca_bundle_unusable` | error | `certificates` | the file cannot be read, or holds none |
//! | `clock_right` | good | `clock` | this computer's clock agrees with AWS's |
//! | `clock_wrong` | warning | `clock` | it is off; Poolkey compensates, other tools may not |
//! | `endpoint_reachable` | good | an endpoint | it answered, by which way and how fast |
//! | `endpoint_slow` | warning | an endpoint | it answered, but late |
//! | `endpoint_unreachable` | error | an endpoint | no address, no connection, no TLS |
//! | `endpoint_untrusted` | error | an endpoint | its certificate is of an unknown authority |
//! | `endpoint_failing` | warning | an endpoint | it answers with errors, or asks for fewer calls |
//! | `user_pool_found` | good | `login NAME` | the pool publishes its keys |
//! | `user_pool_missing` | error | `login NAME` | there is no such pool |
//! | `app_client_found` | good | `login NAME` | the pool knows the app client |
//! | `app_client_missing` | error | `login NAME` | it does not |
//! | `client_secret_none` | good | `login NAME` | the app client has none |
//! | `client_secret_right` | good | `login NAME` | it has one, and it is the one that is kept |
//! | `client_secret_wanted` | note | `login NAME` | it has one that is not known here yet |
//! | `client_secret_wrong` | error | `login NAME` | it is not the one that is kept |
//! | `auth_flow_refused` | error | `login NAME` | the app client does not allow the login's flow |
//! | `managed_login_answers` | good | `login NAME` | the pool's sign-in pages are there |
//! | `managed_login_missing` | error | `login NAME` | they are not |
//! | `callback_registered` | good | `login NAME` | a browser may come back to this URL |
//! | `callback_unregistered` | error | `login NAME` | it may not |
//! | `authorization_refused` | error | `login NAME` | sign-in by a browser would fail for another reason |
//! | `provider_answers` | good | `login NAME` | the OpenID provider tells what it is like |
//! | `provider_unusable` | error | `login NAME` | it does not, or not rightly |
//! | `program_not_examined` | note | `login NAME` | a program supplies the tokens; it is not run |
//! | `identity_pool_found` | good | `profile NAME` | the identity pool gave keys that still work |
//! | `identity_pool_unproven` | note | `profile NAME` | that shows when keys are asked for |
//! | `not_examined` | note | what it is | there was no time left for it |

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use poolkey_core::config::{LoginSpec, ProfileSpec};
use poolkey_core::finding::Finding;
use poolkey_core::name::{LoginName, ProfileName};
use poolkey_core::secret::Secret;
use tokio::time::timeout;

use crate::Cognito;

mod calls;
mod probe;
mod told;

use calls::Outcome;
use probe::Probe;

/// A login that is examined.
#[derive(Clone, Debug)]
pub struct LoginSubject {
    /// Its name.
    pub name: LoginName,
    /// What is configured.
    pub spec: LoginSpec,
    /// The app client's secret, where it is known.
    pub client_secret: Option<Secret>,
}

/// A profile that is examined.
#[derive(Clone, Debug)]
pub struct ProfileSubject {
    /// Its name.
    pub name: ProfileName,
    /// What is configured, with the region of its STS.
    pub spec: ProfileSpec,
    /// What is known of its keys.
    pub keys: KeysSubject,
}

/// What is known of a profile's keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeysSubject {
    /// They work.
    Held,
    /// There are none.
    None,
}

/// Looks at all of it, some things side by side, and comes back within [`LONGEST`].
pub(crate) async fn examine(
    cognito: &Cognito,
    logins: &[LoginSubject],
    profiles: &[ProfileSubject],
) -> Vec<Finding> {
    let mut findings = told::network(&cognito.clients.road);
    if cognito.clients.road.obstruction().is_some() {
        return findings;
    }
    findings.extend(told::authorities(&cognito.clients.road));
    let probes = probes(logins, profiles);
    let mut outcomes: Vec<Option<Outcome>> = probes.iter().map(|_| None).collect();
    let mut running = stream::iter(probes.iter().enumerate())
        .map(|(place, probe)| async move {
            let outcome = timeout(EACH, probe.run(cognito)).await;
            (place, outcome.unwrap_or_else(|_| probe.silent(EACH)))
        })
        .buffer_unordered(AT_ONCE);
    let all = async {
        while let Some((place, outcome)) = running.next().await {
            outcomes[place] = Some(outcome);
        }
    };
    // What is not back by then is told as not examined.
    let _ = timeout(LONGEST, all).await;
    drop(running);

    let done: Vec<&Outcome> = outcomes.iter().flatten().collect();
    if let Some(offline) = told::offline(&done) {
        findings.push(offline);
        return findings;
    }
    findings.extend(told::clock(&done));
    findings.extend(told::endpoints(&cognito.clients.road, &done));
    for (probe, outcome) in probes.iter().zip(&outcomes) {
        match outcome {
            Some(outcome) => findings.extend(outcome.findings.iter().cloned()),
            None => findings.push(told::not_examined(&probe.about)),
        }
    }
    findings
}

/// What there is to be asked, nothing of it twice.
fn probes<'a>(logins: &'a [LoginSubject], profiles: &'a [ProfileSubject]) -> Vec<Probe<'a>> {
    let of_logins = logins.iter().flat_map(Probe::of_login);
    let of_profiles = profiles.iter().flat_map(Probe::of_profile);
    let mut asked = BTreeSet::new();
    of_logins
        .chain(of_profiles)
        .filter(|probe| probe.key().is_none_or(|key| asked.insert(key)))
        .collect()
}

/// The longest that whoever asks is made to wait.
const LONGEST: Duration = Duration::from_secs(18);

/// One thing that is looked at.
const EACH: Duration = Duration::from_secs(6);

/// As many as no service takes for an attack.
const AT_ONCE: usize = 8;
