use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

use super::*;
use crate::wire::hex;

/// The vectors that all crates share.
pub(crate) fn vectors() -> Vec<Value> {
    let text = include_str!("../../../../tests/golden/srp-vectors.json");
    let all: Value = serde_json::from_str(text).expect("JSON");
    all["vectors"].as_array().expect("a list").clone()
}

#[test]
fn every_vector_is_used() {
    let mut used = 0;
    for vector in vectors() {
        let case = Case(&vector);
        match case.kind() {
            "user" | "device" | "hkdf_key" => case.sign_in(),
            "S" => case.sign_in(),
            "device_verifier" => case.device_verifier(),
            "device_identity_hash" => case.identity_only(),
            "u" => case.scramble_only(),
            "k" => case.expect("k", &hex(&multiplier())),
            "padhex" => case.pads(),
            "secret_hash" => case.secret_hash("SECRET_HASH", case.input("username")),
            // In `clock`, which reads them.
            "timestamp" => (),
            other => panic!("a new kind of vector: {other}"),
        }
        used += 1;
    }
    assert_eq!(used, 99);
}

#[test]
fn dangerous_public_values_are_refused() {
    let verifier = verifier();
    let modulus = hex(&Prime::PARAMS.modulus().to_be_bytes());
    let twice = Uint::<50>::from(Prime::PARAMS.modulus().as_ref()).shl(1);
    let twice = hex(&twice.to_be_bytes());
    for bad in [
        "",
        "0",
        "000000",
        &modulus,
        &modulus.to_uppercase(),
        &format!("000{modulus}"),
        &twice,
        "xyz",
        "-1",
        "+1",
        "0x12",
        "12 34",
        "ä",
        &"f".repeat(1025),
    ] {
        assert!(Handshake::open(&verifier, bad).is_err(), "{bad}");
    }
    for good in ["2", "abc", "ABC", &"f".repeat(1024)] {
        assert!(Handshake::open(&verifier, good).is_ok(), "{good}");
    }
}

#[test]
fn no_leading_zero_byte_leaves_the_server() {
    for _ in 0..40 {
        let verifier = verifier();
        assert_ne!(verifier.salt[0], 0);
        let handshake = Handshake::open(&verifier, "1234").expect("a good A");
        assert!(handshake.public().len() >= 767);
        assert!(handshake.salt().len() >= 31);
    }
}

#[test]
fn a_stranger_has_one_salt() {
    let who = Who {
        name: "pool",
        user: "nobody",
    };
    let one = Verifier::of_nobody(who, b"secret");
    assert_eq!(one.salt, Verifier::of_nobody(who, b"secret").salt);
    assert_ne!(one.salt, Verifier::of_nobody(who, b"other").salt);
    assert_ne!(
        one.salt,
        Verifier::of_nobody(
            Who {
                user: "somebody",
                ..who
            },
            b"secret"
        )
        .salt
    );
}

#[test]
fn passwords_that_are_sent() {
    let verifier = verifier();
    assert!(verifier.accepts(WHO, "right"));
    for wrong in ["", "Right", "right ", "wrong"] {
        assert!(!verifier.accepts(WHO, wrong), "{wrong}");
    }
    assert!(!verifier.accepts(Who { user: "bob", ..WHO }, "right"));
}

#[test]
fn verifiers_that_devices_make() {
    let modulus = Prime::PARAMS.modulus().to_be_bytes();
    let mut least = vec![0; 300];
    least.push(2);
    for value in [&least[..], &[2], &modulus[1..]] {
        assert!(Verifier::of_device(&[1], value).is_some());
    }
    let longer = [&[1][..], &modulus].concat();
    for value in [&[][..], &[0], &[1], &[0, 0, 1], &modulus, &longer] {
        assert!(Verifier::of_device(&[1], value).is_none(), "{}", hex(value));
    }
    for salt in [&[][..], &[0; 16], &[1; 65]] {
        assert!(Verifier::of_device(salt, &[2]).is_none(), "{}", hex(salt));
    }
}

/// The client's half of a handshake.
pub(crate) struct Prover(U256);

impl Prover {
    pub(crate) fn new() -> Self {
        Self(U256::from_be_slice(&random::bytes::<32>()))
    }

    pub(crate) fn srp_a(&self) -> String {
        integer_hex(&generator().pow(&self.0).retrieve().to_be_bytes())
    }

    /// `PASSWORD_CLAIM_SIGNATURE`
    pub(crate) fn signature(
        &self,
        who: Who<'_>,
        password: &str,
        asked: &Value,
        timestamp: &str,
    ) -> String {
        let text = |name: &str| asked[name].as_str().expect("a text");
        let salt = unhex(text("SALT")).expect("hex");
        let srp_b = unhex(text("SRP_B")).expect("hex");
        let x = private_key(&salt, &identity_hash(who, password));
        let u = scramble(&unhex(&self.srp_a()).expect("hex"), &srp_b);
        let b = U3072::from_be_slice(&[&vec![0; 384 - srp_b.len()][..], &srp_b].concat());
        let kv = Element::new(&wide(&multiplier())) * generator().pow(&x);
        let wide_u = Uint::<24>::from(&U256::from_be_slice(&u));
        let exponent =
            Uint::<24>::from(&self.0).wrapping_add(&wide_u.wrapping_mul(&Uint::<24>::from(&x)));
        let secret = (Element::new(&b) - kv).pow(&exponent).retrieve();
        let key = session_key(&u, &secret.to_be_bytes());
        let block = STANDARD.decode(text("SECRET_BLOCK")).expect("base64");
        STANDARD.encode(signature(&key, who, &block, timestamp))
    }
}

/// `DeviceSecretVerifierConfig`, as a device makes it.
pub(crate) fn device_secret(who: Who<'_>, password: &str) -> Value {
    let verifier = Verifier::new(who, password);
    serde_json::json!({
        "Salt": STANDARD.encode(pad(&verifier.salt)),
        "PasswordVerifier": STANDARD.encode(pad(&verifier.value.to_be_bytes())),
    })
}

const WHO: Who<'static> = Who {
    name: "AbCdEf123",
    user: "alice",
};

fn verifier() -> Verifier {
    Verifier::new(WHO, "right")
}

struct Case<'a>(&'a Value);

impl<'a> Case<'a> {
    fn id(&self) -> &'a str {
        self.0["id"].as_str().expect("an id")
    }

    fn kind(&self) -> &'a str {
        self.0["kind"].as_str().expect("a kind")
    }

    fn maybe(&self, name: &str) -> Option<&'a str> {
        self.0["inputs"][name].as_str()
    }

    fn input(&self, name: &str) -> &'a str {
        self.maybe(name)
            .unwrap_or_else(|| panic!("{}: no {name}", self.id()))
    }

    fn number(&self, name: &str) -> Vec<u8> {
        unhex(self.input(name)).expect("hex")
    }

    /// Compares with an expected value, if the vector has it.
    fn expect(&self, name: &str, actual: &str) {
        let Some(expected) = self.0["expected"][name].as_str() else {
            return;
        };
        let norm = |text: &str| text.trim_start_matches('0').to_lowercase();
        let hexadecimal = expected.chars().all(|c| c.is_ascii_hexdigit());
        if hexadecimal {
            assert_eq!(norm(actual), norm(expected), "{}: {name}", self.id());
        } else {
            assert_eq!(actual, expected, "{}: {name}", self.id());
        }
    }

    fn who(&self) -> Who<'a> {
        if self.maybe("device_key").is_some() {
            return Who {
                name: self.input("device_group_key"),
                user: self.input("device_key"),
            };
        }
        match self.maybe("user_id_for_srp") {
            Some(user) => Who {
                name: self.input("pool_name"),
                user,
            },
            None => Who {
                name: "",
                user: self.input("pool_name_and_user"),
            },
        }
    }

    fn password(&self) -> &'a str {
        self.maybe("password")
            .unwrap_or_else(|| self.input("device_password"))
    }

    /// Both halves. The server's private value is known in some vectors only; where it is not, the
    /// session key is computed from the client's, and everything after it by the server's code.
    fn sign_in(&self) {
        let who = self.who();
        let salt = self.number("SALT");
        let hash = identity_hash(who, self.password());
        self.expect("identity_hash", &hex(&hash));
        let x = private_key(&salt, &hash);
        self.expect("x", &hex(&x.to_be_bytes()));
        let verifier = Verifier::with_salt(who, self.password(), &salt);
        self.expect("verifier", &hex(&verifier.value.to_be_bytes()));

        // Some libraries' tests use an a longer than N.
        let a = self.number("a");
        let a = Uint::<128>::from_be_slice(&[&vec![0; 1024 - a.len()][..], &a].concat());
        let public = generator().pow_bounded_exp(&a, a.bits()).retrieve();
        self.expect("SRP_A", &integer_hex(&public.to_be_bytes()));
        let srp_b = self.number("SRP_B");
        let u = scramble(&public.to_be_bytes(), &srp_b);
        self.expect("u", &hex(&u));
        self.expect("k", &hex(&multiplier()));

        let b = Uint::<48>::from_be_slice(&[&vec![0; 384 - srp_b.len()][..], &srp_b].concat());
        let kv = Element::new(&wide(&multiplier())) * Element::new(&verifier.value);
        let wide_u = Uint::<128>::from(&U256::from_be_slice(&u));
        let exponent = a.wrapping_add(&wide_u.wrapping_mul(&Uint::<128>::from(&x)));
        assert!(exponent.bits() < 128 * 64);
        let secret = (Element::new(&b) - kv)
            .pow_bounded_exp(&exponent, exponent.bits())
            .retrieve();
        self.expect("S", &integer_hex(&secret.to_be_bytes()));
        let key = session_key(&u, &secret.to_be_bytes());
        self.expect("hkdf_key", &hex(&key));

        // What a device registers is all that the server has of it.
        let verifier = match self.maybe("device_key") {
            Some(_) => Verifier::of_device(&pad(&salt), &pad(&verifier.value.to_be_bytes()))
                .expect("a good one"),
            None => verifier,
        };
        if let Some(private) = self.maybe("b") {
            let private = U256::from_be_slice(&unhex(private).expect("hex"));
            let a_hex = integer_hex(&public.to_be_bytes());
            let opened = Handshake::open_with(&verifier, &a_hex, &private).expect("a good A");
            assert_eq!(
                opened.public.to_be_bytes(),
                b.to_be_bytes(),
                "{}: B",
                self.id()
            );
            assert_eq!(opened.key, key, "{}: both sides have one key", self.id());
        }
        if let Some(stamp) = self.maybe("TIMESTAMP") {
            self.proof(
                &Handshake {
                    salt,
                    public: b,
                    key,
                },
                who,
                stamp,
            );
        }
        if self.maybe("client_secret").is_some() {
            let name = self.input("username");
            self.secret_hash("SECRET_HASH_initiate", name);
            self.secret_hash("SECRET_HASH_respond", self.input("user_id_for_srp"));
            self.secret_hash("SECRET_HASH", name);
        }
    }

    fn proof(&self, handshake: &Handshake, who: Who<'_>, stamp: &str) {
        let decode = |text: &str| STANDARD.decode(text).expect("base64");
        let block = decode(self.input("SECRET_BLOCK"));
        let expected = self.0["expected"]["PASSWORD_CLAIM_SIGNATURE"].as_str();
        let proof = decode(expected.expect("a signature"));
        assert!(
            handshake.proves(who, &block, stamp, &proof),
            "{}: the proof",
            self.id()
        );

        let mut changed = proof.clone();
        changed[0] ^= 1;
        assert!(!handshake.proves(who, &block, stamp, &changed));
        assert!(!handshake.proves(who, &block, stamp, &proof[..31]));
        assert!(!handshake.proves(who, &block, "Mon Jan 5 03:48:10 UTC 2026", &proof));
        assert!(!handshake.proves(
            Who {
                user: "other",
                ..who
            },
            &block,
            stamp,
            &proof
        ));
        assert!(!handshake.proves(who, &block[1..], stamp, &proof));
    }

    fn device_verifier(&self) {
        let password = self.maybe("device_password").map_or_else(
            || STANDARD.encode(self.number("random_password_bytes")),
            str::to_owned,
        );
        let salt = match self.maybe("salt_bytes") {
            Some(_) => self.number("salt_bytes"),
            None => self.number("random_salt_bytes"),
        };
        let hash = identity_hash(self.who(), &password);
        let verifier = Verifier::with_salt(self.who(), &password, &salt);
        self.expect("DevicePassword", &password);
        self.expect("x", &hex(&private_key(&salt, &hash).to_be_bytes()));
        self.expect("Salt", &STANDARD.encode(pad(&salt)));
        let value = verifier.value.to_be_bytes();
        self.expect("PasswordVerifier", &STANDARD.encode(pad(&value)));
        self.expect("salt_hex", &hex(&salt));
        self.expect("verifier_hex", &hex(&value));
        let sent = |name: &str| {
            let text = self.0["expected"][name].as_str().expect("base64");
            STANDARD.decode(text).expect("base64")
        };
        if self.0["expected"]["Salt"].is_string() {
            let registered = Verifier::of_device(&sent("Salt"), &sent("PasswordVerifier"));
            let registered = registered.expect("a good one");
            assert_eq!(registered.value, verifier.value, "{}", self.id());
            assert_eq!(pad(&registered.salt), pad(&salt), "{}", self.id());
        }
    }

    fn identity_only(&self) {
        self.expect(
            "identity_hash",
            &hex(&identity_hash(self.who(), self.password())),
        );
    }

    fn scramble_only(&self) {
        self.expect(
            "u",
            &hex(&scramble(&self.number("SRP_A"), &self.number("SRP_B"))),
        );
    }

    fn pads(&self) {
        let integers = self.0["inputs"]["integers"].as_array().expect("a list");
        let expected = self.0["expected"]["hex"].as_array().expect("a list");
        for (integer, expected) in integers.iter().zip(expected) {
            let bytes = integer.as_u64().expect("a number").to_be_bytes();
            assert_eq!(hex(&pad(&bytes)), expected.as_str().expect("a text"));
        }
    }

    fn secret_hash(&self, name: &str, username: &str) {
        let message = format!("{username}{}", self.input("client_id"));
        let hash = hmac_sha256(self.input("client_secret").as_bytes(), message.as_bytes());
        self.expect(name, &STANDARD.encode(hash));
    }
}
