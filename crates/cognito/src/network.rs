//! The way out of this machine: straight, or through a proxy, and whose certificates are trusted.
//!
//! Every call takes it: those of the AWS SDK, of OAuth, of OpenID discovery and of the console.
//! What is configured and cannot be used stops all of them with the reason: nothing goes another way
//! than a person asked for. The environment of whoever started the daemon does not count.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{self, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder as HttpBuilder, Connector};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use poolkey_core::config::Network;

use self::authorities::Bundle;
use self::bypass::Bypass;

pub(crate) mod authorities;
mod bypass;
mod proxy;

pub(crate) use self::proxy::Proxy;

/// The one HTTP client under all calls, whose way out can be changed while it is used.
#[derive(Clone, Default)]
pub(crate) struct Road(Arc<Mutex<Laid>>);

/// What is configured, and what came of it.
#[derive(Default)]
struct Laid {
    network: Network,
    paths: Option<Arc<Paths>>,
}

/// The ways that there are, each with its own connections.
struct Paths {
    bundle: Option<Bundle>,
    state: State,
}

enum State {
    Open {
        direct: SharedHttpClient,
        proxied: Option<Box<(Proxy, SharedHttpClient)>>,
        bypass: Bypass,
    },
    /// What is configured cannot be used, and why.
    Blocked(Obstruction),
}

/// Why nothing is sent at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub(crate) struct Obstruction {
    pub(crate) place: Place,
    pub(crate) text: String,
}

/// Which setting it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Proxy,
    CaBundle,
}

/// How a host is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Direct,
    /// Through the proxy of this name.
    Proxy(String),
}

/// A failure on the way through a proxy.
#[derive(Debug, thiserror::Error)]
#[error("through the proxy {proxy}")]
pub(crate) struct Through {
    /// `host:port`
    pub(crate) proxy: String,
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl Road {
    /// Takes another way from here on. Connections that are open are let go where it is another one,
    /// or where the file of authorities has changed; calls under way end as they began.
    pub(crate) fn lead(&self, network: &Network) {
        let mut laid = self.laid();
        let same = laid.network == *network;
        let bundle = network.ca_bundle.as_deref().map(Bundle::read);
        let kept = laid.paths.as_ref().is_some_and(|paths| {
            same && !paths.is_blocked() && bundle == paths.bundle.clone().map(Ok)
        });
        if !kept {
            laid.network = network.clone();
            laid.paths = Some(Arc::new(Paths::new(network, bundle)));
        }
    }

    /// Why nothing can be sent, where something is in the way.
    pub(crate) fn obstruction(&self) -> Option<Obstruction> {
        match &self.paths().state {
            State::Open { .. } => None,
            State::Blocked(obstruction) => Some(obstruction.clone()),
        }
    }

    /// How this URL is reached.
    pub(crate) fn way(&self, url: &str) -> Way {
        match &self.paths().state {
            State::Open {
                proxied: Some(proxied),
                bypass,
                ..
            } if !bypass.spares(url) => Way::Proxy(proxied.0.name.clone()),
            State::Open { .. } | State::Blocked(_) => Way::Direct,
        }
    }

    /// How many authorities the configured file adds.
    pub(crate) fn bundled(&self) -> Option<usize> {
        self.paths().bundle.as_ref().map(Bundle::len)
    }

    /// What is configured.
    pub(crate) fn network(&self) -> Network {
        self.laid().network.clone()
    }

    /// The ways as they are. What is in the way may have been mended meanwhile: a file that could
    /// not be read is looked at again.
    fn paths(&self) -> Arc<Paths> {
        let mut laid = self.laid();
        match &laid.paths {
            Some(paths) if !paths.is_blocked() => paths.clone(),
            Some(_) | None => {
                let network = &laid.network;
                let bundle = network.ca_bundle.as_deref().map(Bundle::read);
                let paths = Arc::new(Paths::new(network, bundle));
                laid.paths = Some(paths.clone());
                paths
            }
        }
    }

    fn laid(&self) -> MutexGuard<'_, Laid> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Paths {
    fn new(network: &Network, bundle: Option<Result<Bundle, String>>) -> Self {
        let blocked = |place, text| State::Blocked(Obstruction { place, text });
        let bundle = match bundle.transpose() {
            Ok(bundle) => bundle,
            Err(text) => {
                return Self {
                    bundle: None,
                    state: blocked(Place::CaBundle, text),
                };
            }
        };
        let proxy = network.proxy.as_ref().map(Proxy::parse).transpose();
        let state = match (proxy, Bypass::parse(&network.no_proxy)) {
            (Err(text), _) | (_, Err(text)) => blocked(Place::Proxy, text),
            (Ok(proxy), Ok(bypass)) => State::Open {
                direct: client(bundle.as_ref(), None),
                proxied: proxy.map(|proxy| {
                    let client = client(bundle.as_ref(), Some(proxy.config.clone()));
                    Box::new((proxy, client))
                }),
                bypass,
            },
        };
        Self { bundle, state }
    }

    const fn is_blocked(&self) -> bool {
        matches!(self.state, State::Blocked(_))
    }
}

/// A client that takes one way, with connections of its own.
fn client(bundle: Option<&Bundle>, proxy: Option<ProxyConfig>) -> SharedHttpClient {
    let mut trust = TrustStore::default().with_native_roots(true);
    if let Some(bundle) = bundle {
        trust = trust.with_pem_certificate(bundle.pem());
    }
    let context = TlsContext::builder().with_trust_store(trust);
    let context = context.build().expect("a trust store is all that it has");
    let proxy = proxy.unwrap_or_else(ProxyConfig::disabled);
    HttpBuilder::new().build_with_connector_fn(move |settings, components| {
        let ring = tls::rustls_provider::CryptoMode::Ring;
        let mut builder = Connector::builder()
            .pool_idle_timeout(IDLE)
            .proxy_config(proxy.clone());
        builder.set_connector_settings(settings.cloned());
        builder.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        builder
            .tls_provider(tls::Provider::Rustls(ring))
            .tls_context(context.clone())
            .build()
    })
}

impl HttpClient for Road {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let paths = self.paths();
        SharedHttpConnector::new(match &paths.state {
            State::Blocked(obstruction) => Fork::Blocked(obstruction.clone()),
            State::Open {
                direct,
                proxied,
                bypass,
            } => Fork::Open {
                direct: direct.http_connector(settings, components),
                proxied: proxied.as_deref().map(|(proxy, client)| {
                    let connector = client.http_connector(settings, components);
                    (proxy.name.clone(), connector)
                }),
                bypass: bypass.clone(),
            },
        })
    }
}

impl fmt::Debug for Road {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Road").finish_non_exhaustive()
    }
}

/// Where each request goes one way or the other.
enum Fork {
    Open {
        direct: SharedHttpConnector,
        proxied: Option<(String, SharedHttpConnector)>,
        bypass: Bypass,
    },
    Blocked(Obstruction),
}

impl HttpConnector for Fork {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        match self {
            Self::Blocked(obstruction) => HttpConnectorFuture::ready(Err(ConnectorError::other(
                obstruction.clone().into(),
                None,
            ))),
            Self::Open {
                direct,
                proxied,
                bypass,
            } => match proxied {
                Some((proxy, connector)) if !bypass.spares(request.uri()) => {
                    let proxy = proxy.clone();
                    let sent = connector.call(request);
                    HttpConnectorFuture::new(async move {
                        sent.await.map_err(|error| through(proxy, error))
                    })
                }
                Some(_) | None => direct.call(request),
            },
        }
    }
}

impl fmt::Debug for Fork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fork").finish_non_exhaustive()
    }
}

/// The same failure, but it says which proxy it met.
fn through(proxy: String, error: ConnectorError) -> ConnectorError {
    let rebuild = match (error.is_timeout(), error.is_user(), error.is_io()) {
        (true, _, _) => ConnectorError::timeout,
        (_, true, _) => ConnectorError::user,
        (_, _, true) => ConnectorError::io,
        (false, false, false) => |source| ConnectorError::other(source, None),
    };
    let source = error.into_source();
    rebuild(Through { proxy, source }.into())
}

/// Long enough for the calls of one sign-in or renewal to share a connection. The next renewal is
/// many minutes away, and a connection that outlived a sleep of the machine would swallow it.
const IDLE: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests;
