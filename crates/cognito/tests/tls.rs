//! Endpoints over HTTPS: a private authority is trusted where the system is told of it, and only
//! there.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests may fail, and run themselves"
)]

mod support;

use std::process::Command;
use std::sync::Arc;

use poolkey_core::config::Flow;
use poolkey_core::conversation::Step;
use poolkey_core::fault::FaultKind;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use support::{Act, Server, signed_in, try_password};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_private_authority_is_trusted_where_the_system_is_told_of_it() {
    let (authority, acceptor) = authority();
    let home = std::env::temp_dir().join(format!("poolkey-tls-{}", std::process::id()));
    std::fs::create_dir_all(&home).unwrap();
    let told = home.join("authority.pem");
    std::fs::write(&told, authority).unwrap();
    let other = home.join("other.pem");
    std::fs::write(&other, self::authority().0).unwrap();

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            let mut request = Vec::new();
            while !String::from_utf8_lossy(&request).contains("USER_PASSWORD_AUTH") {
                if stream.read_buf(&mut request).await.unwrap() == 0 {
                    break;
                }
            }
            let Act::Bytes(answer) = signed_in() else {
                unreachable!("it answers with bytes")
            };
            stream.write_all(&answer).await.unwrap();
            stream.shutdown().await.ok();
        }
    });

    for (url, trusted, expected) in [
        (format!("https://localhost:{port}"), &told, "signed in"),
        (format!("https://localhost:{port}"), &other, "Unreachable"),
        // The certificate is of another name.
        (format!("https://127.0.0.1:{port}"), &told, "Unreachable"),
    ] {
        let (url, trusted) = (url.clone(), trusted.clone());
        let output = tokio::task::spawn_blocking(move || {
            Command::new(std::env::current_exe().unwrap())
                .args([
                    "the_child_of_the_test_above",
                    "--exact",
                    "--ignored",
                    "--nocapture",
                ])
                .env("SSL_CERT_FILE", trusted)
                .env_remove("SSL_CERT_DIR")
                .env("HTTPS_PROXY", "http://127.0.0.1:9")
                .env("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
                .env("POOLKEY_TEST_URL", url)
                .env("POOLKEY_TEST_EXPECTED", expected)
                .output()
                .unwrap()
        })
        .await
        .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{expected}: {output:?}");
        for line in text.lines().filter(|line| line.starts_with("told: ")) {
            println!("{line}");
        }
    }
    server.abort();
    std::fs::remove_dir_all(&home).unwrap();
}

#[tokio::test]
#[ignore = "run by the test above"]
async fn the_child_of_the_test_above() {
    let server = Server::start([]).await;
    let mut spec = server.login(Flow::UserPassword);
    support::specs::pool(&mut spec).endpoint = std::env::var("POOLKEY_TEST_URL").ok();
    let outcome = match try_password(&spec, None).await {
        Ok(Step::Done { .. } | Step::Finished { .. }) => "signed in".to_owned(),
        Ok(Step::Ask { question, .. }) => panic!("{question:?}"),
        Err(fault) => {
            assert_eq!(fault.kind, FaultKind::Unreachable, "{fault}");
            println!("told: {fault}");
            "Unreachable".to_owned()
        }
    };
    assert_eq!(outcome, std::env::var("POOLKEY_TEST_EXPECTED").unwrap());
}

/// A new authority in PEM, and a server with its certificate for `localhost`.
fn authority() -> (String, TlsAcceptor) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let pem = params.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(params, key);

    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap();
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    (pem, TlsAcceptor::from(Arc::new(config)))
}
