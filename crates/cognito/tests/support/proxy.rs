//! A proxy that opens ways to loopback for names that are nowhere else, and an authority of one's own.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "each test program takes what it needs, and may fail"
)]

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// What a proxy does about a request.
#[derive(Clone, Copy, Debug)]
pub enum Manner {
    /// Opens the way.
    Open,
    /// Opens the way to whoever shows this header.
    Asks(&'static str),
    /// Opens no way at all, with this status.
    Refuses(u16),
}

/// A proxy that speaks `CONNECT`; every host is loopback to it.
pub struct Proxy {
    pub port: u16,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    pub async fn start(manner: Manner) -> Self {
        Self::behind(manner, None).await
    }

    /// Behind TLS, where there is a certificate.
    pub async fn behind(manner: Manner, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let heard = seen.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (heard, tls) = (heard.clone(), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => serve(stream, manner, &heard).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                serve(stream, manner, &heard).await;
                            }
                        }
                    }
                });
            }
        });
        Self { port, seen }
    }

    /// The heads of all requests so far.
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    pub fn forget(&self) {
        self.seen.lock().unwrap().clear();
    }
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    manner: Manner,
    seen: &Mutex<Vec<String>>,
) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read_buf(&mut head).await.unwrap_or(0) == 0 {
            return;
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    seen.lock().unwrap().push(head.clone());
    let status = match manner {
        Manner::Open => 200,
        Manner::Asks(header) if head.contains(&format!("{header}\r\n")) => 200,
        Manner::Asks(_) => 407,
        Manner::Refuses(status) => status,
    };
    let target = head.split(' ').nth(1).unwrap_or_default();
    let port: u16 = target.rsplit(':').next().unwrap().parse().unwrap_or(0);
    if status != 200 || !head.starts_with("CONNECT ") {
        let answer = format!("HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n");
        stream.write_all(answer.as_bytes()).await.ok();
        return;
    }
    let Ok(mut there) = TcpStream::connect(("127.0.0.1", port)).await else {
        stream.write_all(b"HTTP/1.1 502 No\r\n\r\n").await.ok();
        return;
    };
    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.ok();
    copy_bidirectional(&mut stream, &mut there).await.ok();
}

/// Takes TLS off before a server that speaks none; its port.
pub async fn front(tls: TlsAcceptor, address: String) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (tls, address) = (tls.clone(), address.clone());
            tokio::spawn(async move {
                let Ok(mut stream) = tls.accept(stream).await else {
                    return;
                };
                let mut there = TcpStream::connect(address).await.unwrap();
                copy_bidirectional(&mut stream, &mut there).await.ok();
            });
        }
    });
    port
}

/// An authority that nobody knows, in a file.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
    pub file: PathBuf,
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        let file = format!("poolkey-authority-{}-{name}.pem", std::process::id());
        let authority = Self {
            issuer: Issuer::new(params, key),
            pem,
            file: std::env::temp_dir().join(file),
        };
        authority.write(&authority.file);
        authority
    }

    pub fn write(&self, path: &Path) {
        std::fs::write(path, &self.pem).unwrap();
    }

    /// A server's side of TLS, for these names.
    pub fn server(&self, names: &[&str]) -> TlsAcceptor {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(names).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
            )
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        std::fs::remove_file(&self.file).ok();
    }
}
