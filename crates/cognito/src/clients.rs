//! The AWS SDK's clients: how they are set up, and one for each endpoint.

use std::collections::VecDeque;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use aws_sdk_cognitoidentity as pools;
use aws_sdk_cognitoidentityprovider as users;
use aws_smithy_http_client::{Builder as HttpBuilder, tls};
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use poolkey_core::config::{PoolSource, UserPoolSpec};

/// Every client that was needed so far.
#[derive(Default)]
pub(crate) struct Clients {
    http: OnceLock<SharedHttpClient>,
    users: Kept<users::Client>,
    pools: Kept<pools::Client>,
}

impl Clients {
    /// The user pool's side.
    pub(crate) fn users(&self, spec: &UserPoolSpec) -> users::Client {
        let endpoint = spec.endpoint.as_deref();
        self.users.at(spec.region(), endpoint, || {
            let mut config = users::Config::builder()
                .behavior_version(BehaviorVersion::latest())
                .region(users::config::Region::new(spec.region().to_owned()))
                .http_client(self.http())
                .retry_config(RetryConfig::disabled())
                .timeout_config(timeouts())
                .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
            config.set_endpoint_url(spec.endpoint.clone());
            users::Client::from_conf(config.build())
        })
    }

    /// The identity pool's side.
    pub(crate) fn pools(&self, spec: &PoolSource) -> pools::Client {
        let endpoint = spec.endpoint.as_deref();
        self.pools.at(spec.region(), endpoint, || {
            let mut config = pools::Config::builder()
                .behavior_version(BehaviorVersion::latest())
                .region(pools::config::Region::new(spec.region().to_owned()))
                .http_client(self.http())
                .retry_config(RetryConfig::disabled())
                .timeout_config(timeouts())
                .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
            config.set_endpoint_url(spec.endpoint.clone());
            pools::Client::from_conf(config.build())
        })
    }

    /// The one HTTP client under all of them: the system's certificate authorities, no proxy.
    /// There is no credentials provider, so that no call can come to run Poolkey itself.
    pub(crate) fn http(&self) -> SharedHttpClient {
        self.http
            .get_or_init(|| {
                HttpBuilder::new()
                    .tls_provider(tls::Provider::Rustls(
                        tls::rustls_provider::CryptoMode::Ring,
                    ))
                    .pool_idle_timeout(IDLE)
                    .build_https()
            })
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

/// The clients of one service by region and endpoint, the one used last at the end.
struct Kept<C>(Mutex<VecDeque<(Key, C)>>);

#[derive(PartialEq)]
struct Key {
    region: String,
    endpoint: Option<String>,
}

impl<C: Clone> Kept<C> {
    fn at(&self, region: &str, endpoint: Option<&str>, build: impl FnOnce() -> C) -> C {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept
            .iter()
            .position(|(key, _)| key.region == region && key.endpoint.as_deref() == endpoint);
        let entry = match found.and_then(|at| kept.remove(at)) {
            Some(entry) => entry,
            None => {
                if kept.len() >= MOST {
                    kept.pop_front();
                }
                let key = Key {
                    region: region.to_owned(),
                    endpoint: endpoint.map(str::to_owned),
                };
                (key, build())
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

/// Long enough for the calls of one sign-in or renewal to share a connection. The next renewal is
/// many minutes away, and a connection that outlived a sleep of the machine would swallow it.
const IDLE: Duration = Duration::from_secs(5);

/// More regions than a person uses. A client is built again in milliseconds.
const MOST: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_are_kept_by_region_and_endpoint_and_the_oldest_goes() {
        let kept = Kept::default();
        let mut built = 0;
        let mut at = |region: &str, endpoint: Option<&str>| {
            kept.at(region, endpoint, || {
                built += 1;
                built
            })
        };
        assert_eq!(at("r0", None), 1);
        assert_eq!(at("r0", Some("e")), 2);
        assert_eq!(at("r0", None), 1);
        for n in 1..MOST {
            at(&format!("r{n}"), None);
        }
        assert_eq!(at("r0", None), 1, "used after the other");
        assert!(at("r0", Some("e")) > MOST, "the oldest was let go");
    }
}
