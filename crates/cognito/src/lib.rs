//! All that Poolkey knows about Amazon Cognito, behind a handful of verbs.
//!
//! This crate speaks to user pools and identity pools and tells what came of it. It decides
//! nothing: it makes every call once, remembers no token, and has no clock to plan by. Only a device
//! is confirmed at the second or third attempt if need be: its session is of no use without.
//!
//! ```text
//!  begin, answer ─▶ conversation ─▶ sign_in ─▶ srp, proof, device     proofs that need nobody
//!                        │             ├───────▶ app                   an authenticator app's key
//!                        │             ╰───────▶ admin                 an administrator's keys
//!                        ├──────────▶ account                          what people do with theirs
//!                        ╰──────────▶ browser ─▶ landing, oauth, oidc    managed login, providers
//!  refresh, revoke ─▶ session ─╮
//!                        ╰──────┴▶ tokens             what a successful answer holds
//!  fetch ─▶ keys ─▶ identity, sts             an identity pool's two flows, a chain of roles
//!  open_console ─▶ console ─▶ oauth::http         AWS's federation endpoint
//!  examine ─▶ examine                          what can be seen without signing in
//!  identify ─────────────▶ sts ─╮
//!              ╰─▶ call ◀───────╯
//!                    ├─▶ clients ─▶ AWS SDK         one call, once, without a trace of secrets
//!                    ├──▶ classify                    what a refusal means: the only file that
//!                    │                                matches the service's texts
//!                    ╰──▶ transport                   whether a call that failed was ever sent
//!        all of them ─────▶ network                     proxy, certificate authorities
//! ```
//!
//! *Secrets.* The AWS SDK writes whole requests and answers to the log at TRACE, so every call runs
//! where no subscriber hears it; what Poolkey logs of a call is its own. The texts of faults are
//! searched for the secrets of their call before they leave.
//!
//! *Lives.* When something ends is told as a length from the moment of the answer, by the server's
//! own clock (its `Date` header), so that a wrong local clock does no harm.

mod account;
mod admin;
mod app;
mod browser;
mod call;
mod classify;
mod clients;
mod clock;
mod console;
mod conversation;
mod device;
mod examine;
mod identity;
mod keys;
mod landing;
mod network;
mod oauth;
mod oidc;
mod proof;
mod session;
mod setup;
mod sign_in;
mod srp;
mod sts;
mod supplied;
mod tokens;
mod transport;

use std::sync::Arc;

use poolkey_core::config::{CommandSpec, Flow, LoginSpec, Network, ProfileSpec};
use poolkey_core::console::{ConsoleSession, Destination};
use poolkey_core::conversation::{Answer, Step, Thread};
use poolkey_core::event::{Farewell, Identified, Parting};
use poolkey_core::fault::{Fault, FaultKind};
use poolkey_core::finding::Finding;
use poolkey_core::name::LoginName;
use poolkey_core::secret::Secret;
use poolkey_core::session::{Fetched, Keys, Proof, Tokens, User};
use poolkey_core::time::UnixTime;

pub use crate::examine::{KeysSubject, LoginSubject, ProfileSubject};

use crate::clients::Clients;
use crate::clock::Clock;
use crate::landing::{Landings, Sent};
use crate::oidc::Providers;

/// Cognito, for every login and profile.
///
/// Clients are built at the first call to an endpoint and kept for the next.
pub struct Cognito {
    clients: Clients,
    landings: Landings,
    providers: Providers,
    wall: Arc<dyn Fn() -> UnixTime + Send + Sync>,
}

impl Cognito {
    /// Builds nothing and reads nothing yet.
    ///
    /// `wall` tells the local time, which is asked only where a server did not tell its own.
    pub fn new(wall: impl Fn() -> UnixTime + Send + Sync + 'static) -> Self {
        let wall: Arc<dyn Fn() -> UnixTime + Send + Sync> = Arc::new(wall);
        Self {
            clients: Clients::new(Clock::new(wall.clone())),
            landings: Landings::default(),
            providers: Providers::default(),
            wall,
        }
    }

    /// Reaches the network this way from here on; whatever is under way ends as it began. Before the
    /// first time it is reached straight, with the certificate authorities of the system.
    pub fn use_network(&self, network: &Network) {
        self.clients.road.lead(network);
    }

    /// What of the network's configuration cannot be used: until it is mended, nothing is sent, and
    /// every call fails with this sentence.
    pub fn network_trouble(&self) -> Option<String> {
        let obstruction = self.clients.road.obstruction();
        obstruction.map(|obstruction| obstruction.text)
    }

    /// Begins a sign-in, or what else the thread is for. It may already hold a user name and the app client's secret.
    ///
    /// # Errors
    ///
    /// The service would not begin it.
    pub async fn begin(&self, spec: &LoginSpec, thread: Thread) -> Result<Step, Fault> {
        conversation::begin(self, spec, thread).await
    }

    /// Takes the answer to the question that was asked last.
    ///
    /// An answer that was not right is asked for again, with the problem; it is never tried twice.
    /// A client secret that turns out to be needed is asked for when Cognito says so; after it the
    /// password is asked for again, because a thread that waits for a person keeps none.
    ///
    /// # Errors
    ///
    /// The sign-in cannot go on from here; the thread may be answered once more after a passing
    /// fault.
    pub async fn answer(
        &self,
        spec: &LoginSpec,
        thread: Thread,
        answer: Answer,
    ) -> Result<Step, Fault> {
        conversation::answer(self, spec, thread, answer).await
    }

    /// Waits no longer for a browser that was sent off for this login with this `state`.
    pub async fn dismiss(&self, login: &LoginName, state: &Secret) {
        let login = Some(login);
        self.landings.close(&Sent { login, state }).await;
    }

    /// Turns a refresh token into new ID and access tokens, and into a new refresh token where the
    /// app client rotates them: then `refresh_token` is `Some`, and the old one dies within the
    /// client's grace period.
    ///
    /// # Errors
    ///
    /// Only [`poolkey_core::fault::FaultKind::Ended`] says that the refresh token is of no more
    /// use. After [`poolkey_core::fault::FaultKind::Lost`] it may have been rotated.
    pub async fn refresh(
        &self,
        spec: &LoginSpec,
        refresh_token: &Secret,
        client_secret: Option<&Secret>,
        device_key: Option<&str>,
    ) -> Result<Tokens, Fault> {
        match spec {
            // What a sign-in by the API is tied to a device for, the token endpoint does not take.
            LoginSpec::UserPool(pool) if device_key.is_some() || pool.flow != Flow::Browser => {
                session::refresh(self, pool, refresh_token, client_secret, device_key).await
            }
            LoginSpec::UserPool(_) | LoginSpec::Oidc(_) => {
                browser::refresh(self, spec, refresh_token, client_secret).await
            }
            LoginSpec::Command(_) | LoginSpec::Guest => Err(Fault::new(
                FaultKind::Unsupported,
                "There is no refresh token to renew this with.",
            )),
        }
    }

    /// Takes the ID token that a program printed, by itself or in JSON. Nobody is asked.
    ///
    /// # Errors
    ///
    /// It is none, is of another issuer, or has ended.
    pub fn supplied(&self, spec: &CommandSpec, printed: &Secret) -> Result<Tokens, Fault> {
        supplied::tokens(spec, printed, &*self.wall)
    }

    /// Makes a refresh token useless, and the access tokens that came of it; has the pool forget a
    /// device before. AWS keys that were given out live on to their own end.
    pub async fn revoke(
        &self,
        spec: &LoginSpec,
        refresh_token: Option<&Secret>,
        client_secret: Option<&Secret>,
        farewell: &Farewell,
    ) -> Parting {
        session::revoke(self, spec, refresh_token, client_secret, farewell).await
    }

    /// Turns an ID token, or the keys of another profile, into AWS keys. Without an identity id it is
    /// looked up first, where there is an identity pool; `user` names a role's session.
    ///
    /// # Errors
    ///
    /// [`poolkey_core::fault::FaultKind::TokenStale`] asks for newer proof,
    /// [`poolkey_core::fault::FaultKind::IdentityConflict`] for a call without the identity id.
    pub async fn fetch(
        &self,
        spec: &ProfileSpec,
        proof: &Proof,
        identity: Option<&str>,
        user: Option<&User>,
    ) -> Result<Fetched, Fault> {
        keys::fetch(self, spec, proof, identity, user).await
    }

    /// Has AWS's federation endpoint make an address that signs a browser in to the console. A
    /// length that AWS does not take for these keys is left out, and the answer says so.
    ///
    /// # Errors
    ///
    /// [`poolkey_core::fault::FaultKind::TokenStale`] says that the keys are of no more use.
    pub async fn open_console(
        &self,
        spec: &ProfileSpec,
        keys: &Keys,
        destination: &Destination,
    ) -> Result<ConsoleSession, Fault> {
        console::open(self, spec, keys, destination).await
    }

    /// Looks at what can be seen from here of the network, of the pools and of the providers of these
    /// logins and profiles. Nothing is changed by it, and nobody is signed in or counted against.
    pub async fn examine(
        &self,
        logins: &[LoginSubject],
        profiles: &[ProfileSubject],
    ) -> Vec<Finding> {
        examine::examine(self, logins, profiles).await
    }

    /// Asks AWS who keys are, and reads what the ID token says of its user.
    ///
    /// # Errors
    ///
    /// [`poolkey_core::fault::FaultKind::TokenStale`] says that the keys are of no more use.
    pub async fn identify(
        &self,
        spec: &ProfileSpec,
        keys: &Keys,
        id_token: Option<&Secret>,
    ) -> Result<Identified, Fault> {
        sts::identify(self, &spec.sts, keys, id_token).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The daemon spawns them.
    #[test]
    fn calls_can_move_between_threads() {
        fn moves<T: Send>(_: &T) {}
        let cognito = Cognito::new(|| UnixTime::from_secs(0));
        moves(&cognito);
        moves(&cognito.answer(
            &LoginSpec::UserPool(poolkey_core::config::UserPoolSpec {
                user_pool_id: "us-east-1_A".into(),
                client_id: "c".into(),
                username: None,
                flow: Flow::UserSrp,
                preferred_challenge: None,
                session_life: None,
                admin_profile: None,
                managed_login: None,
                endpoint: None,
                variants: poolkey_core::config::Variants::default(),
            }),
            Thread::default(),
            Answer::Username("u".into()),
        ));
    }
}
