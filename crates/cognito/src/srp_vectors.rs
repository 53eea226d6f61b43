//! Every vector of `tests/golden/srp-vectors.json`, with every intermediate value that it tells.

use std::collections::BTreeMap;

use crypto_bigint::NonZero;
use poolkey_core::time::UnixTime;
use serde::Deserialize;
use serde_json::Value;

use super::*;
use crate::proof::{secret_hash, timestamp};

#[derive(Deserialize)]
struct File {
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    id: String,
    kind: String,
    inputs: BTreeMap<String, Value>,
    expected: BTreeMap<String, Value>,
}

#[test]
fn every_vector_holds() {
    let file: File = serde_json::from_str(include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/golden/srp-vectors.json"
    )))
    .unwrap();
    assert_eq!(file.vectors.len(), 99);
    let mut compared = 0;
    for vector in &file.vectors {
        let found = vector.compute();
        for (name, expected) in &vector.expected {
            let found = found
                .get(name.as_str())
                .unwrap_or_else(|| panic!("{}: {name} is not computed", vector.id));
            assert_eq!(
                (vector.id.as_str(), name, found),
                (vector.id.as_str(), name, expected)
            );
            compared += 1;
        }
    }
    println!("{compared} values of {} vectors agree", file.vectors.len());
    assert!(compared > 500, "{compared}");
}

/// What no number of the vectors can show: a dishonest server is refused.
#[test]
fn values_that_would_give_the_key_away_are_refused() {
    let opening = Opening::new().unwrap();
    let who = Who {
        group: "AbCdEf123",
        name: "u",
        password: "p",
    };
    let prime = integer_hex(&Prime::PARAMS.modulus().to_be_bytes());
    let long = format!("1{}", "0".repeat(768));
    let cases: &[(&str, &str, BadChallenge)] = &[
        ("1f", "0", BadChallenge::Zero),
        ("1f", "000", BadChallenge::Zero),
        ("1f", &prime, BadChallenge::Zero),
        ("1f", "", BadChallenge::PublicValue),
        ("1f", "-1", BadChallenge::PublicValue),
        ("1f", "+f", BadChallenge::PublicValue),
        ("1f", "0x1f", BadChallenge::PublicValue),
        ("1f", "é", BadChallenge::PublicValue),
        ("1f", &long, BadChallenge::PublicValue),
        ("1f", &"1".repeat(1 << 20), BadChallenge::PublicValue),
        ("", "1f", BadChallenge::Salt),
        ("xyz", "1f", BadChallenge::Salt),
        (&"1".repeat(1 << 20), "1f", BadChallenge::Salt),
    ];
    for (salt, srp_b, expected) in cases {
        let challenge = Challenge {
            salt,
            srp_b,
            secret_block: "AA==",
        };
        assert_eq!(
            opening.prove(who, challenge, "now"),
            Err(*expected),
            "{salt:.20} {srp_b:.20}"
        );
    }
    let challenge = Challenge {
        salt: "1f",
        srp_b: "1f",
        secret_block: "!",
    };
    assert_eq!(
        opening.prove(who, challenge, "now"),
        Err(BadChallenge::SecretBlock)
    );
}

/// What `ConfirmDevice` sends is what the proof is judged by.
#[test]
fn a_device_proves_what_its_verifier_was_made_of() {
    let who = Who {
        group: "-FDRunwQv",
        name: "eu-west-1_627477ae-3631-4248-bed9-d2e934100372",
        password: "icnnkJZijh1LP9/Maz7gtTfysk5eTqTvQtaHHpn5ZLkDitC5SnSCwg==",
    };
    for salt in [[0; 16], [0x7f; 16], [0x80; 16], *b"\0\xffsixteen bytes."] {
        let made = verifier(who, &salt);
        let salt = BASE64.decode(made.salt).unwrap();
        let v = number(significant(&BASE64.decode(made.verifier).unwrap()));
        // The server's half of SRP: B = k·v + g^b, S = (A·v^u)^b.
        let b = U256::from_u64(0x1234_5678_9abc_def1);
        let v = Element::new(&v);
        let public = (multiplier() * v + generator().pow(&b)).retrieve();
        let srp_b = integer_hex(&public.to_be_bytes());
        let opening = Opening::new().unwrap();
        let challenge = Challenge {
            salt: &integer_hex(&salt),
            srp_b: &srp_b,
            secret_block: "AA==",
        };
        let agreed = opening.agree(who, challenge).unwrap();
        let u = U256::from_be_slice(&*agreed.u);
        let server = (Element::new(&opening.public) * v.pow(&u)).pow(&b);
        assert_eq!(*agreed.s, *pad(&server.retrieve().to_be_bytes()));
    }
}

/// `a + u·x` may be one bit longer than `a`.
#[test]
fn the_exponent_has_room_for_its_carry() {
    let ones = U3072::MAX.shr(U3072::BITS - 1024);
    let who = Who {
        group: "AbCdEf123",
        name: "u",
        password: "p",
    };
    let challenge = Challenge {
        salt: "1f",
        srp_b: "1f",
        secret_block: "AA==",
    };
    let proofs = [1024, 2048].map(|bits| Opening::with(ones, bits).prove(who, challenge, "now"));
    assert_eq!(proofs[0], proofs[1]);
}

#[test]
fn every_sign_in_has_a_secret_of_its_own() {
    let (one, other) = (Opening::new().unwrap(), Opening::new().unwrap());
    assert_ne!(one.srp_a(), other.srp_a());
    assert!(one.srp_a().len() > 760);
}

impl Vector {
    fn compute(&self) -> BTreeMap<&'static str, Value> {
        let mut found = BTreeMap::new();
        match self.kind.as_str() {
            "user" | "hkdf_key" | "S" | "device" => self.exchange(&mut found),
            "device_verifier" => self.verifier(&mut found),
            "device_identity_hash" => {
                found.insert("identity_hash", hex(&*identity_hash(self.who())));
            }
            "k" => {
                found.insert("k", hex(&multiplier().retrieve().to_be_bytes()[352..]));
            }
            "u" => {
                let (a, b) = (
                    from_hex(self.text("SRP_A")).unwrap(),
                    from_hex(self.text("SRP_B")).unwrap(),
                );
                found.insert("u", integer(&*sha256(&[&pad(&a), &pad(&b)])));
            }
            "padhex" => {
                let numbers = self.inputs["integers"].as_array().unwrap();
                let padded = numbers
                    .iter()
                    .map(|n| hex(&pad(&n.as_u64().unwrap().to_be_bytes())));
                found.insert("hex", Value::Array(padded.collect()));
            }
            "secret_hash" => {}
            "timestamp" => {}
            kind => panic!("{}: unknown kind {kind}", self.id),
        }
        if let Some(secret) = self.get("client_secret") {
            let hash = |name: &str| secret_hash(secret, name, self.text("client_id")).into();
            if let Some(name) = self.get("username") {
                found.insert("SECRET_HASH_initiate", hash(name));
                found.insert("SECRET_HASH", hash(name));
            }
            if let Some(name) = self.get("user_id_for_srp") {
                found.insert("SECRET_HASH_respond", hash(name));
            }
        }
        if let Some(epoch) = self.inputs.get("epoch") {
            let told = timestamp(UnixTime::from_secs(epoch.as_i64().unwrap()));
            if let Some(expected) = self.get("TIMESTAMP") {
                assert_eq!(told, expected, "{}", self.id);
            }
            found.insert("TIMESTAMP", told.into());
        }
        found
    }

    fn exchange(&self, found: &mut BTreeMap<&'static str, Value>) {
        let opening = self.opening();
        let challenge = Challenge {
            salt: self.text("SALT"),
            srp_b: self.text("SRP_B"),
            secret_block: self.get("SECRET_BLOCK").unwrap_or_default(),
        };
        let agreed = opening.agree(self.who(), challenge).unwrap();
        let verifier = generator().pow(&U256::from_be_slice(&*agreed.x)).retrieve();
        let proof = opening
            .prove(
                self.who(),
                challenge,
                self.get("TIMESTAMP").unwrap_or_default(),
            )
            .unwrap();
        found.insert("SRP_A", opening.srp_a().into());
        found.insert("k", hex(&multiplier().retrieve().to_be_bytes()[352..]));
        found.insert("identity_hash", hex(&*identity_hash(self.who())));
        found.insert("x", integer(&*agreed.x));
        found.insert("verifier", integer(&verifier.to_be_bytes()));
        found.insert("u", integer(&*agreed.u));
        found.insert("S", integer(&agreed.s));
        found.insert("hkdf_key", hex(&*agreed.key));
        found.insert("PASSWORD_CLAIM_SIGNATURE", proof.into());
    }

    /// What `ConfirmDevice` sends.
    fn verifier(&self, found: &mut BTreeMap<&'static str, Value>) {
        let (salt, password) = match self.get("salt_bytes") {
            Some(salt) => (from_hex(salt), self.text("device_password").to_owned()),
            None => (
                from_hex(self.text("random_salt_bytes")),
                BASE64.encode(bytes(self.text("random_password_bytes"))),
            ),
        };
        let who = Who {
            password: &password,
            ..self.who()
        };
        let salt = salt.unwrap();
        let made = verifier(who, &salt);
        let x = sha256(&[&pad(&salt), &*identity_hash(who)]);
        found.insert("DevicePassword", password.as_str().into());
        found.insert("salt_hex", hex(&BASE64.decode(&made.salt).unwrap()));
        found.insert("x", integer(&*x));
        found.insert("verifier_hex", hex(&BASE64.decode(&made.verifier).unwrap()));
        found.insert("Salt", made.salt.into());
        found.insert("PasswordVerifier", made.verifier.into());
    }

    fn who(&self) -> Who<'_> {
        let or = |names: [&str; 3]| names.iter().find_map(|name| self.get(name)).unwrap_or("");
        Who {
            group: or(["device_group_key", "pool_name", "pool_name_and_user"]),
            name: or(["device_key", "user_id_for_srp", ""]),
            password: or(["device_password", "password", ""]),
        }
    }

    /// Some vectors have an `a` wider than the group; only its remainder matters (Fermat).
    fn opening(&self) -> Opening {
        let mut wide = [0; crypto_bigint::U8192::BYTES];
        let digits = self.text("a");
        let a = bytes(&format!("{}{digits}", "0".repeat(digits.len() % 2)));
        wide[1024 - a.len()..].copy_from_slice(&a);
        let order = Prime::PARAMS.modulus().wrapping_sub(&U3072::ONE);
        let order = NonZero::new(order.resize::<128>()).unwrap();
        let a = crypto_bigint::U8192::from_be_slice(&wide).rem(&order);
        Opening::with(a.resize(), a.bits())
    }

    fn text(&self, name: &str) -> &str {
        self.get(name)
            .unwrap_or_else(|| panic!("{}: no {name}", self.id))
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.inputs.get(name)?.as_str()
    }
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect()
}

fn hex(bytes: &[u8]) -> Value {
    bytes
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<String>()
        .into()
}

fn integer(bytes: &[u8]) -> Value {
    integer_hex(bytes).into()
}
