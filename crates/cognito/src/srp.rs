//! The client's half of Cognito's SRP-6a: proves a password without sending it.
//!
//! The 3072-bit group of RFC 5054, SHA-256, and two habits of Cognito's own: every number is
//! hashed as Java's `BigInteger.toByteArray()` writes it ([`pad`]), and the session key is the
//! first half of an HKDF with its own label. Secret exponents meet constant-time arithmetic only,
//! and whatever is derived from a password is zeroed.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use crypto_bigint::{
    U256, U512, U3072, Uint, const_monty_params,
    modular::{ConstMontyForm, ConstMontyParams},
};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

/// Whose secret is proven.
#[derive(Clone, Copy)]
pub(crate) struct Who<'a> {
    /// The part of the user pool's id after `_`; for a device its group key.
    pub(crate) group: &'a str,
    /// `USER_ID_FOR_SRP`; for a device its key.
    pub(crate) name: &'a str,
    /// The password; for a device the one that Poolkey made up.
    pub(crate) password: &'a str,
}

/// What the server answers to `SRP_A`.
#[derive(Clone, Copy)]
pub(crate) struct Challenge<'a> {
    pub(crate) salt: &'a str,
    pub(crate) srp_b: &'a str,
    pub(crate) secret_block: &'a str,
}

/// Why no proof can be made of what the server sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadChallenge {
    #[error("its salt is no number")]
    Salt,
    #[error("its public value is no number of the group")]
    PublicValue,
    /// The key would be known to everybody.
    #[error("its public value is zero")]
    Zero,
    #[error("its secret block is not Base64")]
    SecretBlock,
}

/// The operating system gave no random numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gave no random numbers")]
pub(crate) struct NoRandomness;

/// A sign-in that has said `SRP_A` and waits for the server's challenge.
pub(crate) struct Opening {
    a: Zeroizing<U3072>,
    /// How many bits of `a` may be set: a constant of the caller, so it tells nothing of `a`.
    bits: u32,
    public: U3072,
}

impl Opening {
    /// A new secret `a`, and what is public of it.
    pub(crate) fn new() -> Result<Self, NoRandomness> {
        let mut bytes = Zeroizing::new([0; U256::BYTES]);
        loop {
            getrandom::fill(&mut *bytes).map_err(|_| NoRandomness)?;
            let a = Zeroizing::new(U256::from_be_slice(&*bytes));
            let opening = Self::with(a.resize(), U256::BITS);
            // A of 0 or 1 would give the password away; it takes 2^256 tries to see it.
            if opening.public > U3072::ONE {
                return Ok(opening);
            }
        }
    }

    fn with(a: U3072, bits: u32) -> Self {
        let public = generator().pow_bounded_exp(&a, bits).retrieve();
        Self {
            a: Zeroizing::new(a),
            bits,
            public,
        }
    }

    /// `SRP_A`.
    pub(crate) fn srp_a(&self) -> String {
        integer_hex(&self.public.to_be_bytes())
    }

    /// `PASSWORD_CLAIM_SIGNATURE`.
    pub(crate) fn prove(
        &self,
        who: Who<'_>,
        challenge: Challenge<'_>,
        timestamp: &str,
    ) -> Result<String, BadChallenge> {
        let block = BASE64
            .decode(challenge.secret_block)
            .map_err(|_| BadChallenge::SecretBlock)?;
        let key = self.agree(who, challenge)?.key;
        let mut mac = hmac(&*key);
        mac.update(who.group.as_bytes());
        mac.update(who.name.as_bytes());
        mac.update(&block);
        mac.update(timestamp.as_bytes());
        Ok(BASE64.encode(mac.finalize().into_bytes()))
    }

    fn agree(&self, who: Who<'_>, challenge: Challenge<'_>) -> Result<Agreement, BadChallenge> {
        let salt = from_hex(challenge.salt).ok_or(BadChallenge::Salt)?;
        let srp_b = from_hex(challenge.srp_b).ok_or(BadChallenge::PublicValue)?;
        if srp_b.len() > U3072::BYTES {
            return Err(BadChallenge::PublicValue);
        }
        let b = Element::new(&number(&srp_b));
        if b == Element::ZERO {
            return Err(BadChallenge::Zero);
        }

        let u = sha256(&[&pad(&self.public.to_be_bytes()), &pad(&srp_b)]);
        if u.iter().all(|byte| *byte == 0) {
            return Err(BadChallenge::Zero);
        }
        let x = sha256(&[&pad(&salt), &*identity_hash(who)]);

        // S = (B - k·g^x)^(a + u·x). The exponent is a number, not one modulo the group's order:
        // its width is that of the longer summand and one bit of carry.
        let exponent_u = Zeroizing::new(U256::from_be_slice(&*u));
        let exponent_x = Zeroizing::new(U256::from_be_slice(&*x));
        let product: Zeroizing<U512> = Zeroizing::new(exponent_u.concatenating_mul(&*exponent_x));
        let exponent: Zeroizing<Exponent> =
            Zeroizing::new(self.a.resize::<LIMBS>().wrapping_add(&product.resize()));
        let width = self.bits.max(U512::BITS) + 1;

        let verifier = Zeroizing::new(generator().pow(&*exponent_x));
        let base = Zeroizing::new(b - multiplier() * *verifier);
        let shared = Zeroizing::new(base.pow_bounded_exp(&exponent, width));
        let mut bytes = shared.retrieve().to_be_bytes();
        let s = pad(bytes.as_ref());
        bytes.zeroize();
        let key = session_key(&pad(&*u), &s);
        Ok(Agreement {
            #[cfg(test)]
            u,
            #[cfg(test)]
            x,
            #[cfg(test)]
            s,
            key,
        })
    }
}

/// What a server needs to know of a secret in order to have it proven.
pub(crate) struct Verifier {
    /// `Salt`, in Base64.
    pub(crate) salt: String,
    /// `PasswordVerifier`, in Base64.
    pub(crate) verifier: String,
}

/// Of a secret that this client makes up: a device's. The salt is random.
pub(crate) fn verifier(who: Who<'_>, salt: &[u8]) -> Verifier {
    let salt = pad(salt);
    let x = sha256(&[&salt, &*identity_hash(who)]);
    let exponent = Zeroizing::new(U256::from_be_slice(&*x));
    let verifier = generator().pow(&*exponent).retrieve();
    Verifier {
        salt: BASE64.encode(&*salt),
        verifier: BASE64.encode(&*pad(&verifier.to_be_bytes())),
    }
}

/// What both sides know in the end, and for the vectors the way there.
struct Agreement {
    #[cfg(test)]
    u: Digest32,
    #[cfg(test)]
    x: Digest32,
    #[cfg(test)]
    s: Zeroizing<Vec<u8>>,
    key: Zeroizing<[u8; 16]>,
}

type Digest32 = Zeroizing<[u8; 32]>;
type Element = ConstMontyForm<Prime, { U3072::LIMBS }>;
/// One limb more than the group, for the carry of `a + u·x`.
const LIMBS: usize = U3072::LIMBS + 1;
type Exponent = Uint<LIMBS>;

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

fn generator() -> Element {
    Element::new(&U3072::from_u8(2))
}

/// `k = H(PAD(N) | PAD(g))`.
fn multiplier() -> Element {
    let k = sha256(&[&pad(&Prime::PARAMS.modulus().to_be_bytes()), &[2]]);
    Element::new(&number(&*k))
}

/// `H(group | name | ":" | password)`: always 32 bytes, never taken for a number.
fn identity_hash(who: Who<'_>) -> Digest32 {
    sha256(&[
        who.group.as_bytes(),
        who.name.as_bytes(),
        b":",
        who.password.as_bytes(),
    ])
}

/// HKDF's extract and the first half of its expand.
fn session_key(salt: &[u8], material: &[u8]) -> Zeroizing<[u8; 16]> {
    let mut extract = hmac(salt);
    extract.update(material);
    let mut extracted = extract.finalize().into_bytes();
    let mut expand = hmac(&extracted);
    expand.update(b"Caldera Derived Key\x01");
    let mut expanded = expand.finalize().into_bytes();
    let mut key = Zeroizing::new([0; 16]);
    key.copy_from_slice(&expanded[..16]);
    extracted.zeroize();
    expanded.zeroize();
    key
}

/// The form of Java's `BigInteger.toByteArray()`: as few bytes as can be, and a zero in front
/// where the first would otherwise read as a sign.
fn pad(bytes: &[u8]) -> Zeroizing<Vec<u8>> {
    let digits = significant(bytes);
    let mut padded = Zeroizing::new(Vec::with_capacity(digits.len() + 1));
    if digits.first().is_none_or(|first| first & 0x80 != 0) {
        padded.push(0);
    }
    padded.extend_from_slice(digits);
    padded
}

/// A number as Cognito writes it: hex, no zeros in front.
fn integer_hex(bytes: &[u8]) -> String {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    match hex.trim_start_matches('0') {
        "" => "0".to_owned(),
        digits => digits.to_owned(),
    }
}

/// Reads a number in hex, with an odd count of digits too; zeros in front fall away.
fn from_hex(hex: &str) -> Option<Vec<u8>> {
    if hex.is_empty() || hex.len() > LONGEST_HEX || !hex.bytes().all(|c| c.is_ascii_hexdigit()) {
        return None;
    }
    let even = format!(
        "{}{hex}",
        if hex.len().is_multiple_of(2) { "" } else { "0" }
    );
    let bytes: Option<Vec<u8>> = (0..even.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&even[at..at + 2], 16).ok())
        .collect();
    Some(significant(&bytes?).to_vec())
}

fn significant(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    &bytes[zeros..]
}

/// At most 384 bytes as a number.
fn number(bytes: &[u8]) -> U3072 {
    let mut wide = Zeroizing::new([0; U3072::BYTES]);
    wide[U3072::BYTES - bytes.len()..].copy_from_slice(bytes);
    U3072::from_be_slice(&*wide)
}

fn sha256(parts: &[&[u8]]) -> Digest32 {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    Zeroizing::new(hash.finalize().into())
}

fn hmac(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes keys of every length")
}

/// Twice the digits of the group: more than any server sends, little enough to hash.
const LONGEST_HEX: usize = 2 * 2 * U3072::BYTES;

#[cfg(test)]
#[path = "srp_vectors.rs"]
mod vectors;
