//! All that the sandbox knows, in memory, behind one lock.

#[cfg(test)]
use std::sync::LazyLock;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    client::Client,
    clock::Clock,
    control::Lifetimes,
    faults::Faults,
    federation,
    iam::Role,
    identity::Identity,
    identity_pool::IdentityPool,
    idp,
    journal::Journal,
    keys::SigningKey,
    login,
    oidc::Oidc,
    outbox::Outbox,
    pool::Pool,
    refresh::RefreshToken,
    session::Challenge,
    shelf::{SharedShelf, Shelf},
    sts::Keys,
    tokens::SignIn,
    wire::Failure,
};

/// Who issues the tokens, as `iss` says it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Issuer {
    /// `https://cognito-idp.REGION.amazonaws.com/POOL`, as AWS does.
    #[default]
    Aws,
    /// `http://127.0.0.1:PORT/POOL`, for clients that fetch the key set from the issuer.
    Base,
}

/// Where the sandbox is, and in whose name it answers.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) region: String,
    pub(crate) account: String,
    pub(crate) url: String,
    pub(crate) issuer: Issuer,
    /// The key that may call the administrator's operations.
    pub(crate) admin_key: String,
    pub(crate) admin_secret: String,
}

/// The state of one sandbox.
pub(crate) struct World {
    pub(crate) place: Place,
    pub(crate) key: Arc<SigningKey>,
    pub(crate) clock: Clock,
    pub(crate) lifetimes: Lifetimes,
    pub(crate) faults: Faults,
    pub(crate) journal: Journal,
    pub(crate) outbox: Outbox,

    pub(crate) pools: BTreeMap<String, Pool>,
    pub(crate) clients: BTreeMap<String, Client>,
    pub(crate) challenges: SharedShelf<Challenge>,
    pub(crate) login: login::State,
    pub(crate) idp: idp::State,
    /// By `origin_jti`.
    pub(crate) sign_ins: Shelf<SignIn>,
    pub(crate) refresh_tokens: Shelf<RefreshToken>,

    pub(crate) identity_pools: BTreeMap<String, IdentityPool>,
    pub(crate) identities: Shelf<Identity>,
    /// From an identity pool, a provider and a subject to the identity.
    pub(crate) linked: Shelf<String>,
    /// By access key id.
    pub(crate) keys: Shelf<Keys>,
    /// The roles that were declared, by ARN.
    pub(crate) roles: BTreeMap<String, Role>,
    /// Roles that are no more.
    pub(crate) deleted_roles: BTreeSet<String>,
    pub(crate) oidc: Oidc,
    pub(crate) federation: federation::State,
}

impl World {
    const POOLS: usize = 1000;
    const CLIENTS: usize = 10_000;
    const SESSIONS: usize = 50_000;
    /// Challenges of one user at one app client: more than anybody has open side by side.
    const SESSIONS_OF_ONE: usize = 200;

    /// A sandbox with nothing in it.
    pub(crate) fn new(place: Place, key: Arc<SigningKey>) -> Self {
        let mut journal = Journal::new();
        journal.secret("admin_secret_access_key", &place.admin_secret);
        Self {
            place,
            key,
            clock: Clock::system(),
            lifetimes: Lifetimes::default(),
            faults: Faults::none(),
            journal,
            outbox: Outbox::new(),
            pools: BTreeMap::new(),
            clients: BTreeMap::new(),
            challenges: SharedShelf::new(Self::SESSIONS, Self::SESSIONS_OF_ONE),
            login: login::State::new(),
            idp: idp::State::new(),
            sign_ins: Shelf::new(Self::SESSIONS),
            refresh_tokens: Shelf::new(Self::SESSIONS),
            identity_pools: BTreeMap::new(),
            identities: Shelf::new(Self::SESSIONS),
            linked: Shelf::new(Self::SESSIONS),
            keys: Shelf::new(Self::SESSIONS),
            roles: BTreeMap::new(),
            deleted_roles: BTreeSet::new(),
            oidc: Oidc::default(),
            federation: federation::State::new(),
        }
    }

    /// Back to the first moment. The signing key stays.
    pub(crate) fn reset(&mut self) {
        *self = Self::new(self.place.clone(), Arc::clone(&self.key));
    }

    /// Refuses what would make the sandbox grow without end.
    pub(crate) fn room_for_pool(&self) -> Result<(), Failure> {
        let used = self.pools.len() + self.identity_pools.len();
        if used < Self::POOLS {
            Ok(())
        } else {
            Err(full("pools"))
        }
    }

    /// Refuses what would make the sandbox grow without end.
    pub(crate) fn room_for_client(&self) -> Result<(), Failure> {
        if self.clients.len() < Self::CLIENTS {
            Ok(())
        } else {
            Err(full("clients"))
        }
    }

    /// `cognito-idp.REGION.amazonaws.com/POOL`: the pool's name among login providers.
    pub(crate) fn provider_name(&self, pool: &str) -> String {
        format!("cognito-idp.{}.amazonaws.com/{pool}", self.place.region)
    }

    /// The `iss` of a pool's tokens.
    pub(crate) fn issuer(&self, pool: &str) -> String {
        match self.place.issuer {
            Issuer::Aws => format!("https://{}", self.provider_name(pool)),
            Issuer::Base => format!("{}/{pool}", self.place.url),
        }
    }

    #[cfg(test)]
    pub(crate) fn for_tests() -> Self {
        let place = Place {
            region: "us-east-1".into(),
            account: "000000000000".into(),
            url: "http://127.0.0.1:1".into(),
            issuer: Issuer::Aws,
            admin_key: "sandbox".into(),
            admin_secret: "sandbox-secret".into(),
        };
        // One for all tests: an RSA key takes longer to make than most of them to run.
        static KEY: LazyLock<Arc<SigningKey>> =
            LazyLock::new(|| Arc::new(SigningKey::generate().expect("a key")));
        Self {
            clock: Clock::stopped(),
            ..Self::new(place, Arc::clone(&KEY))
        }
    }
}

fn full(what: &str) -> Failure {
    Failure::new(
        "LimitExceededException",
        format!("The sandbox has no room for more {what}."),
    )
}
