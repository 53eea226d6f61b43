//! The server's half of Cognito's SRP-6a (3072-bit group of RFC 5054, SHA-256).
//!
//! Every number is hashed in the form of Java's `BigInteger.toByteArray()` ([`pad`]), because that
//! is what all of Cognito's clients do. Secret exponents only meet constant-time arithmetic.

use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    digest::{SHA256, digest},
    hmac,
};
use crypto_bigint::{
    NonZero, U256, U3072, Uint, const_monty_params, modular::ConstMontyForm,
    modular::ConstMontyParams,
};

use crate::random;

/// What a user pool keeps of a password: never the password itself.
#[derive(Clone)]
pub(crate) struct Verifier {
    salt: Vec<u8>,
    value: U3072,
}

/// Whose password: `name` is the part of the pool id after `_`, `user` is `USER_ID_FOR_SRP`.
/// For a device: the device group key and the device key.
#[derive(Clone, Copy)]
pub(crate) struct Who<'a> {
    pub(crate) name: &'a str,
    pub(crate) user: &'a str,
}

/// One sign-in between `SRP_A` and the proof.
pub(crate) struct Handshake {
    salt: Vec<u8>,
    public: U3072,
    key: [u8; 16],
}

/// `SRP_A` is no number, or one that would let anybody in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BadPublicValue;

impl Verifier {
    /// A verifier under a new salt.
    pub(crate) fn new(who: Who<'_>, password: &str) -> Self {
        let mut salt = random::bytes::<16>();
        // Some clients hash the text of the salt, others the integer. They agree only where the
        // first byte is not zero.
        salt[0] |= 0x80 >> (salt[1] & 0x03);
        Self::with_salt(who, password, &salt)
    }

    /// The verifier that a user who does not exist would have: the same answer at every try.
    pub(crate) fn of_nobody(who: Who<'_>, pool_secret: &[u8]) -> Self {
        let tag = hmac_sha256(pool_secret, who.user.as_bytes());
        let mut salt = tag[..16].to_vec();
        salt[0] |= 0x80;
        Self::with_salt(who, &crate::wire::hex(&tag[16..]), &salt)
    }

    /// The verifier that a device has made of itself, if it is one: between 1 and N, and with a salt
    /// of a size that makes sense.
    pub(crate) fn of_device(salt: &[u8], value: &[u8]) -> Option<Self> {
        let (salt, value) = (minimal(salt), minimal(value));
        if !(1..=64).contains(&salt.len()) || value.len() > U3072::BITS as usize / 8 {
            return None;
        }
        let mut full = [0_u8; U3072::BITS as usize / 8];
        let start = full.len() - value.len();
        full[start..].copy_from_slice(value);
        let value = U3072::from_be_slice(&full);
        let least = value > U3072::ONE && value < *Prime::PARAMS.modulus().as_ref();
        least.then(|| Self {
            salt: salt.to_vec(),
            value,
        })
    }

    fn with_salt(who: Who<'_>, password: &str, salt: &[u8]) -> Self {
        let x = private_key(salt, &identity_hash(who, password));
        Self {
            salt: salt.to_vec(),
            value: generator().pow(&x).retrieve(),
        }
    }

    /// Whether this is the password, for the flows that send it.
    pub(crate) fn accepts(&self, who: Who<'_>, password: &str) -> bool {
        let other = Self::with_salt(who, password, &self.salt);
        same(&self.value.to_be_bytes(), &other.value.to_be_bytes())
    }
}

impl Handshake {
    /// How many seconds `TIMESTAMP` may be off. AWS does not say; this is what its signatures allow.
    pub(crate) const TOLERANCE: i64 = 300;

    /// Answers `SRP_A` with `SALT` and `SRP_B`.
    pub(crate) fn open(verifier: &Verifier, srp_a: &str) -> Result<Self, BadPublicValue> {
        loop {
            let b = U256::from_be_slice(&random::bytes::<32>());
            let handshake = Self::open_with(verifier, srp_a, &b)?;
            // Same reason as for the salt: no leading zero byte ever leaves the server.
            if handshake.public.to_be_bytes()[0] != 0 {
                return Ok(handshake);
            }
        }
    }

    fn open_with(verifier: &Verifier, srp_a: &str, b: &U256) -> Result<Self, BadPublicValue> {
        let a = PublicValue::parse(srp_a)?;
        let v = Element::new(&verifier.value);
        let k = Element::new(&wide(&multiplier()));
        let public = (k * v + generator().pow(b)).retrieve();
        let u = scramble(&a.bytes, &public.to_be_bytes());
        if u.iter().all(|byte| *byte == 0) {
            return Err(BadPublicValue);
        }
        let secret = (a.element * v.pow(&U256::from_be_slice(&u)))
            .pow(b)
            .retrieve();
        let key = session_key(&u, &secret.to_be_bytes());
        Ok(Self {
            salt: verifier.salt.clone(),
            public,
            key,
        })
    }

    /// `SALT`, as Cognito writes it: an integer in hex.
    pub(crate) fn salt(&self) -> String {
        integer_hex(&self.salt)
    }

    /// `SRP_B`, as Cognito writes it: an integer in hex.
    pub(crate) fn public(&self) -> String {
        integer_hex(&self.public.to_be_bytes())
    }

    /// Whether `proof` is the `PASSWORD_CLAIM_SIGNATURE` of somebody who knows the password.
    pub(crate) fn proves(
        &self,
        who: Who<'_>,
        secret_block: &[u8],
        timestamp: &str,
        proof: &[u8],
    ) -> bool {
        same(&signature(&self.key, who, secret_block, timestamp), proof)
    }
}

type Element = ConstMontyForm<Prime, { U3072::LIMBS }>;

const_monty_params!(
    Prime,
    U3072,
    "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404dd\
     ef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7ed\
     ee386bfb5a899fa5ae9f24117c4b1fe649286651ece45b3dc2007cb8a163bf0598da48361c55d39a69163fa8fd24cf5f\
     83655d23dca3ad961c62f356208552bb9ed529077096966d670c354e4abc9804f1746c08ca18217c32905e462e36ce3b\
     e39e772c180e86039b2783a2ec07a28fb5c55df06f4c52c9de2bcbf6955817183995497cea956ae515d2261898fa0510\
     15728e5a8aaac42dad33170d04507a33a85521abdf1cba64ecfb850458dbef0a8aea71575d060c7db3970f85a6e1e4c7\
     abf5ae8cdb0933d71e8c94e04a25619dcee3d2261ad2ee6bf12ffa06d98a0864d87602733ec86a64521f2b18177b200c\
     bbe117577a615d6c770988c0bad946e208e24fa074e5ab3143db5bfce0fd108e4b82d120a93ad2caffffffffffffffff"
);

/// `SRP_A`: the bytes as sent, for the hash, and the element, for the arithmetic.
struct PublicValue {
    bytes: Vec<u8>,
    element: Element,
}

impl PublicValue {
    /// More digits than any client sends (N has 768), and few enough to reduce.
    const DIGITS: usize = 1024;

    fn parse(hex: &str) -> Result<Self, BadPublicValue> {
        if hex.is_empty() || hex.len() > Self::DIGITS {
            return Err(BadPublicValue);
        }
        let bytes = unhex(hex).ok_or(BadPublicValue)?;
        let mut full = [0_u8; Self::DIGITS / 2];
        full[Self::DIGITS / 2 - bytes.len()..].copy_from_slice(&bytes);
        let value = Uint::<{ Self::DIGITS * 4 / 64 }>::from_be_slice(&full);
        let modulus = NonZero::new(*Prime::PARAMS.modulus().as_ref()).into_option();
        let reduced = value.rem(&modulus.ok_or(BadPublicValue)?);
        if reduced == U3072::ZERO {
            return Err(BadPublicValue);
        }
        Ok(Self {
            bytes,
            element: Element::new(&reduced),
        })
    }
}

fn generator() -> Element {
    Element::new(&U3072::from_u8(2))
}

/// k = H(PAD(N) | PAD(g))
fn multiplier() -> [u8; 32] {
    sha256(&[&pad(&Prime::PARAMS.modulus().to_be_bytes()), &[2]])
}

/// H(poolName | USER_ID_FOR_SRP | ":" | password): raw bytes, never an integer.
fn identity_hash(who: Who<'_>, password: &str) -> [u8; 32] {
    sha256(&[
        who.name.as_bytes(),
        who.user.as_bytes(),
        b":",
        password.as_bytes(),
    ])
}

/// x = H(PAD(salt) | identity hash)
fn private_key(salt: &[u8], identity_hash: &[u8; 32]) -> U256 {
    U256::from_be_slice(&sha256(&[&pad(salt), identity_hash]))
}

/// u = H(PAD(A) | PAD(B))
fn scramble(a: &[u8], b: &[u8]) -> [u8; 32] {
    sha256(&[&pad(a), &pad(b)])
}

fn session_key(u: &[u8; 32], secret: &[u8]) -> [u8; 16] {
    let extracted = hmac_sha256(&pad(u), &pad(secret));
    let expanded = hmac_sha256(&extracted, b"Caldera Derived Key\x01");
    let mut key = [0; 16];
    key.copy_from_slice(&expanded[..16]);
    key
}

fn signature(key: &[u8; 16], who: Who<'_>, secret_block: &[u8], timestamp: &str) -> [u8; 32] {
    let parts = [
        who.name.as_bytes(),
        who.user.as_bytes(),
        secret_block,
        timestamp.as_bytes(),
    ];
    hmac_sha256(key, &parts.concat())
}

/// The bytes of an integer without zeros in front.
fn minimal(number: &[u8]) -> &[u8] {
    let first = number.iter().position(|byte| *byte != 0);
    &number[first.unwrap_or(number.len())..]
}

/// The integer in as few bytes as hold it, with a 00 in front when the top bit is set.
fn pad(number: &[u8]) -> Vec<u8> {
    let digits = minimal(number);
    if digits.is_empty() {
        return vec![0];
    }
    let mut padded = Vec::with_capacity(digits.len() + 1);
    if digits[0] >= 0x80 {
        padded.push(0);
    }
    padded.extend_from_slice(digits);
    padded
}

fn integer_hex(number: &[u8]) -> String {
    let text = crate::wire::hex(number);
    match text.trim_start_matches('0') {
        "" => "0".to_owned(),
        digits => digits.to_owned(),
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let nibbles: Option<Vec<u8>> = text
        .chars()
        .map(|c| c.to_digit(16).and_then(|n| u8::try_from(n).ok()))
        .collect();
    let nibbles = nibbles?;
    let (odd, pairs) = nibbles.split_at(nibbles.len() % 2);
    Some(
        odd.iter()
            .copied()
            .chain(pairs.chunks_exact(2).map(|p| p[0] << 4 | p[1]))
            .collect(),
    )
}

fn wide(number: &[u8; 32]) -> U3072 {
    U256::from_be_slice(number).resize()
}

fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, &parts.concat()).as_ref());
    hash
}

/// HMAC-SHA256, as every signature of this house uses it.
pub(crate) fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut tag = [0; 32];
    tag.copy_from_slice(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message).as_ref());
    tag
}

/// Equality that takes the same time wherever the difference is.
pub(crate) fn same(one: &[u8], other: &[u8]) -> bool {
    verify_slices_are_equal(one, other).is_ok()
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::{Prover, device_secret, vectors};
