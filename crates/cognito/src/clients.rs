//! The AWS SDK's clients: how they are set up, and one for each endpoint.

use std::collections::VecDeque;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use aws_sdk_cognitoidentity as pools;
use aws_sdk_cognitoidentityprovider as users;
use aws_sdk_sts as sts;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use poolkey_core::config::{PoolSource, StsSpec, UserPoolSpec, Variants};

use crate::clock::Clock;
use crate::network::Road;

/// Every client that was needed so far.
pub(crate) struct Clients {
    pub(crate) clock: Clock,
    pub(crate) road: Road,
    http: OnceLock<SharedHttpClient>,
    users: Kept<users::Client>,
    pools: Kept<pools::Client>,
    sts: Kept<sts::Client>,
}

/// A client of one service. Each service has types of its own, and all of them are set up alike.
///
/// None has a credentials provider or looks for a profile, so that no call can come to run Poolkey
/// itself: what is signed brings its keys along.
macro_rules! client {
    ($service:ident, $clients:expr, $place:expr) => {{
        let place: &Place = $place;
        let mut config = $service::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region($service::config::Region::new(place.region.clone()))
            .http_client($clients.http())
            .time_source($clients.clock.clone())
            .interceptor($clients.clock.clone())
            // The clock is set right already, by what every service tells and not by its own alone.
            .disable_clock_skew_correction(true)
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        match &place.endpoint {
            // One of its own is what it is.
            Some(endpoint) => config.set_endpoint_url(Some(endpoint.clone())),
            None => config
                .set_use_fips(Some(place.variants.fips))
                .set_use_dual_stack(Some(place.variants.dual_stack)),
        };
        $service::Client::from_conf(config.build())
    }};
}

impl Clients {
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            clock,
            road: Road::default(),
            http: OnceLock::new(),
            users: Kept::default(),
            pools: Kept::default(),
            sts: Kept::default(),
        }
    }

    /// The user pool's side.
    pub(crate) fn users(&self, spec: &UserPoolSpec) -> users::Client {
        let place = Place::new(spec.region(), spec.endpoint.as_ref(), spec.variants);
        self.users.at(place, |place| client!(users, self, place))
    }

    /// The identity pool's side.
    pub(crate) fn pools(&self, spec: &PoolSource) -> pools::Client {
        let place = Place::new(spec.region(), spec.endpoint.as_ref(), spec.variants);
        self.pools.at(place, |place| client!(pools, self, place))
    }

    /// The side of roles, in the region that the profile names.
    pub(crate) fn sts(&self, spec: &StsSpec) -> sts::Client {
        let region = spec.region.as_deref().unwrap_or(STS_REGION);
        let place = Place::new(region, spec.endpoint.as_ref(), spec.variants);
        self.sts.at(place, |place| client!(sts, self, place))
    }

    /// The one HTTP client under all of them.
    pub(crate) fn http(&self) -> SharedHttpClient {
        self.http
            .get_or_init(|| SharedHttpClient::new(self.road.clone()))
            .clone()
    }
}

/// How long a call may take. Whether and when it is made again is not decided here, so the SDK
/// makes each once; and the limit on the whole covers what its stalled-stream protection would.
pub(crate) fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(WHOLE)
        .build()
}

/// The clients of one service by place, the one used last at the end.
struct Kept<C>(Mutex<VecDeque<(Place, C)>>);

/// Where a service is.
#[derive(Clone, PartialEq)]
struct Place {
    region: String,
    endpoint: Option<String>,
    variants: Variants,
}

impl Place {
    fn new(region: &str, endpoint: Option<&String>, variants: Variants) -> Self {
        Self {
            region: region.to_owned(),
            endpoint: endpoint.cloned(),
            variants,
        }
    }
}

impl<C: Clone> Kept<C> {
    fn at(&self, place: Place, build: impl FnOnce(&Place) -> C) -> C {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.iter().position(|(known, _)| *known == place);
        let entry = match found.and_then(|at| kept.remove(at)) {
            Some(entry) => entry,
            None => {
                if kept.len() >= MOST {
                    kept.pop_front();
                }
                let client = build(&place);
                (place, client)
            }
        };
        let client = entry.1.clone();
        kept.push_back(entry);
        client
    }
}

impl<C> Default for Kept<C> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

/// Name, connection and TLS. A tool waits 5 s at most, and from a desktop that is online each of
/// the three takes well under a second.
pub(crate) const CONNECT: Duration = Duration::from_secs(3);

/// From the first byte sent to the last received. Cognito runs the pool's Lambda triggers in
/// between, each for 5 s at most.
pub(crate) const WHOLE: Duration = Duration::from_secs(8);

/// More regions than a person uses. A client is built again in milliseconds.
const MOST: usize = 16;

/// The agent names one always.
const STS_REGION: &str = "us-east-1";

#[cfg(test)]
mod tests;
