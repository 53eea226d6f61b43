//! The server: binds loopback, serves connections, closes them where a fault says so.

use std::{convert::Infallible, io, net::Ipv4Addr, sync::Arc, time::Duration};

use axum::{extract::Request, response::Response};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};

use hyper::service::Service as _;

use crate::{
    http::{App, router},
    keys::{NoKey, SigningKey},
    random,
    reply::HangUp,
    seed::{Seed, Seeded, plant},
    world::{Issuer, Place, World},
};

/// How a sandbox is to be.
#[derive(Clone)]
pub struct Options {
    /// The port on 127.0.0.1; 0 for any.
    pub port: u16,
    /// The region in which it plays.
    pub region: String,
    /// The account in which it plays.
    pub account: String,
    /// Whose tokens they are.
    pub issuer: Issuer,
    /// The administrator's access key id.
    pub admin_key: String,
    /// The administrator's secret access key.
    pub admin_secret: String,
    /// The token of the control endpoint; a random one when absent.
    pub control_token: Option<String>,
}

/// A sandbox that has a port and a key, and serves once [`Sandbox::serve`] runs.
pub struct Sandbox {
    listener: TcpListener,
    app: Arc<App>,
}

/// Why a sandbox does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The port is taken, or forbidden.
    #[error("port {port} on 127.0.0.1 cannot be had")]
    Port {
        /// The port.
        port: u16,
        /// What the system says.
        source: io::Error,
    },
    /// No key, no tokens.
    #[error(transparent)]
    Key(#[from] NoKey),
    /// The seed asks for something impossible.
    #[error("the seed cannot be planted: {0}")]
    Seed(String),
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            region: "us-east-1".into(),
            account: "000000000000".into(),
            issuer: Issuer::Aws,
            admin_key: "sandbox".into(),
            admin_secret: "sandbox-secret".into(),
            control_token: None,
        }
    }
}

impl Sandbox {
    /// Takes the port and makes the signing key.
    pub async fn bind(options: Options) -> Result<Self, StartError> {
        let port = options.port;
        let taken = |source| StartError::Port { port, source };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .await
            .map_err(taken)?;
        let address = listener.local_addr().map_err(taken)?;
        let place = Place {
            region: options.region,
            account: options.account,
            url: format!("http://{address}"),
            issuer: options.issuer,
            admin_key: options.admin_key,
            admin_secret: options.admin_secret,
        };
        let world = World::new(place, Arc::new(SigningKey::generate()?)).into();
        let random = || random::text(random::ALNUM, 32);
        let control_token = options.control_token.unwrap_or_else(random);
        Ok(Self {
            listener,
            app: Arc::new(App {
                world,
                control_token,
            }),
        })
    }

    /// `http://127.0.0.1:PORT`, the endpoint URL of all services.
    pub fn url(&self) -> String {
        self.app.world().place.url.clone()
    }

    /// What `X-Sandbox-Control` must hold.
    pub fn control_token(&self) -> &str {
        &self.app.control_token
    }

    /// Sets up pools and users.
    pub fn plant(&self, seed: Seed) -> Result<Seeded, StartError> {
        plant(&mut self.app.world(), seed).map_err(|failure| StartError::Seed(failure.message))
    }

    /// Serves for ever. Drop the future to stop.
    pub async fn serve(self) -> Infallible {
        let room = Arc::new(Semaphore::new(CONNECTIONS));
        loop {
            let permit = Arc::clone(&room).acquire_owned().await;
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let app = Arc::clone(&self.app);
                    tokio::spawn(async move {
                        connection(stream, app).await;
                        drop(permit);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "no connection could be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }
}

const CONNECTIONS: usize = 1024;
const PATIENCE: Duration = Duration::from_secs(60);

async fn connection(stream: TcpStream, app: Arc<App>) {
    // Without it a reply in two packets may wait 40 ms for the client's acknowledgement.
    let _ = stream.set_nodelay(true);
    let service = TowerToHyperService::new(router(app));
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let answer = service.call(request.map(axum::body::Body::new) as Request);
        async move {
            let response: Response = answer.await?;
            match response.extensions().get::<HangUp>() {
                Some(HangUp) => Err(Hung::Up),
                None => Ok(response),
            }
        }
    });
    let result = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = result {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// Makes hyper close a connection without a reply.
#[derive(Debug, thiserror::Error)]
enum Hung {
    #[error("the connection is closed, as asked")]
    Up,
}

impl From<Infallible> for Hung {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}
