//! An OIDC issuer on a port of its own: discovery, a key set that can change, and tokens.

#![allow(
    dead_code,
    reason = "shared by several tests, none of which uses all of it"
)]

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// An issuer that answers until it is dropped.
pub(crate) struct Issuer {
    pub(crate) url: String,
    answers: Arc<Mutex<Answers>>,
    asked: Arc<AtomicUsize>,
}

/// What it answers.
#[derive(Clone)]
pub(crate) struct Answers {
    pub(crate) discovery: String,
    pub(crate) keys: String,
    pub(crate) delay: Duration,
}

/// A key that signs tokens.
pub(crate) enum Key {
    Rsa(Box<KeyPair>, &'static str),
    Ec(Box<EcdsaKeyPair>, &'static str),
}

impl Issuer {
    pub(crate) fn start(keys: &[&Key]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!(
            "http://{}/realm",
            listener.local_addr().expect("an address")
        );
        let answers = Arc::new(Mutex::new(Answers {
            discovery: json!({ "issuer": url, "jwks_uri": format!("{url}/keys") }).to_string(),
            keys: key_set(keys).to_string(),
            delay: Duration::ZERO,
        }));
        let asked = Arc::new(AtomicUsize::new(0));
        let (told, counted) = (Arc::clone(&answers), Arc::clone(&asked));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (told, counted) = (Arc::clone(&told), Arc::clone(&counted));
                thread::spawn(move || answer(stream, &told, &counted));
            }
        });
        Self {
            url,
            answers,
            asked,
        }
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut Answers)) {
        change(&mut self.answers.lock().expect("answers"));
    }

    /// How often its key set was fetched.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// Its key among logins.
    pub(crate) fn name(&self) -> &str {
        self.url.strip_prefix("http://").expect("an address")
    }

    /// Claims of a token for the client `app`, an hour from `now`.
    pub(crate) fn claims(&self, now: i64) -> Value {
        json!({
            "iss": self.url, "aud": "app", "sub": "person-1", "email": "ada@example.org",
            "iat": now, "exp": now + 3600,
        })
    }
}

impl Key {
    pub(crate) fn rsa(id: &'static str) -> Self {
        Self::Rsa(
            Box::new(KeyPair::generate(KeySize::Rsa2048).expect("a key")),
            id,
        )
    }

    pub(crate) fn ec(id: &'static str) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING);
        Self::Ec(Box::new(pair.expect("a key")), id)
    }

    pub(crate) fn sign(&self, claims: &Value) -> String {
        let (algorithm, id) = match self {
            Self::Rsa(_, id) => ("RS256", id),
            Self::Ec(_, id) => ("ES256", id),
        };
        self.sign_as(&json!({ "alg": algorithm, "kid": id }), claims)
    }

    /// A token with any header.
    pub(crate) fn sign_as(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(header), part(claims));
        let random = SystemRandom::new();
        let signature = match self {
            Self::Rsa(pair, _) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(
                    &RSA_PKCS1_SHA256,
                    &random,
                    message.as_bytes(),
                    &mut signature,
                )
                .expect("signed");
                signature
            }
            Self::Ec(pair, _) => {
                let signature = pair.sign(&random, message.as_bytes());
                signature.expect("signed").as_ref().to_vec()
            }
        };
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn public(&self) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match self {
            Self::Rsa(pair, id) => {
                let key = pair.public_key();
                json!({
                    "kty": "RSA", "kid": id, "alg": "RS256", "use": "sig",
                    "n": text(key.modulus().big_endian_without_leading_zero()),
                    "e": text(key.exponent().big_endian_without_leading_zero()),
                })
            }
            Self::Ec(pair, id) => {
                let point = pair.public_key().as_ref();
                json!({
                    "kty": "EC", "crv": "P-256", "kid": id,
                    "x": text(&point[1..33]), "y": text(&point[33..]),
                })
            }
        }
    }
}

/// The key set with these keys, and one that nobody can read.
pub(crate) fn key_set(keys: &[&Key]) -> Value {
    let mut all = vec![json!({ "kty": "XYZ", "kid": "odd" })];
    all.extend(keys.iter().map(|key| key.public()));
    json!({ "keys": all })
}

fn answer(mut stream: TcpStream, answers: &Mutex<Answers>, asked: &AtomicUsize) {
    let mut lines = BufReader::new(stream.try_clone().expect("a stream")).lines();
    let Some(Ok(first)) = lines.next() else {
        return;
    };
    while lines
        .next()
        .is_some_and(|line| line.is_ok_and(|line| !line.is_empty()))
    {}
    let told = answers.lock().expect("answers").clone();
    thread::sleep(told.delay);
    let body = match first.split(' ').nth(1) {
        Some("/realm/.well-known/openid-configuration") => told.discovery,
        Some("/realm/keys") => {
            asked.fetch_add(1, Ordering::SeqCst);
            told.keys
        }
        _ => String::new(),
    };
    let _ = write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
}
