//! TLS before the sandbox, which speaks plain HTTP: a renewal must cost what a real one costs.

use std::path::Path;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::Result;

/// Listens with a new certificate, for as long as the bench runs, and says at which URL. `trust`
/// becomes a bundle of what the system trusts and this certificate's authority.
pub(crate) fn open(sandbox: &str, trust: &Path) -> Result<String> {
    let mut root = CertificateParams::new(Vec::new())?;
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root_key = KeyPair::generate()?;
    let root_pem = root.self_signed(&root_key)?.pem();
    let issuer = Issuer::new(root, root_key);
    let key = KeyPair::generate()?;
    let leaf = CertificateParams::new(vec!["localhost".to_owned()])?.signed_by(&key, &issuer)?;
    let system = std::fs::read_to_string(SYSTEM).unwrap_or_default();
    std::fs::write(trust, system + &root_pem)?;

    let key = PrivateKeyDer::try_from(key.serialize_der())?;
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], key)?;
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let port = listener.local_addr()?.port();
    let sandbox = sandbox.to_owned();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    std::thread::spawn(move || runtime.block_on(accept(listener, acceptor, sandbox)));
    Ok(format!("https://localhost:{port}"))
}

async fn accept(
    listener: std::net::TcpListener,
    acceptor: TlsAcceptor,
    sandbox: String,
) -> std::io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    loop {
        let (client, _) = listener.accept().await?;
        let (acceptor, sandbox) = (acceptor.clone(), sandbox.clone());
        tokio::spawn(async move {
            let mut client = acceptor.accept(client).await?;
            let mut server = TcpStream::connect(sandbox).await?;
            tokio::io::copy_bidirectional(&mut client, &mut server).await
        });
    }
}

/// Debian's and its kin's; elsewhere the daemon under measurement holds fewer roots.
const SYSTEM: &str = "/etc/ssl/certs/ca-certificates.crt";
