//! Ids, codes and secrets, in the shapes that AWS gives them.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// Random bytes from the operating system's generator.
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut buffer = [0; N];
    fill(&mut buffer);
    buffer
}

/// A version 4 UUID: `sub`, `jti`, request ids.
pub(crate) fn uuid() -> String {
    let mut b = bytes::<16>();
    b[6] = b[6] & 0x0f | 0x40;
    b[8] = b[8] & 0x3f | 0x80;
    let h = crate::wire::hex(&b);
    format!(
        "{}-{}-{}-{}-{}",
        &h[..8],
        &h[8..12],
        &h[12..16],
        &h[16..20],
        &h[20..]
    )
}

/// Letters of an alphabet, each as likely as any other.
pub(crate) fn text(alphabet: &[u8], length: usize) -> String {
    let limit = 256 - 256 % alphabet.len();
    let mut out = String::with_capacity(length);
    while out.len() < length {
        for byte in bytes::<64>() {
            let index = usize::from(byte);
            if index < limit && out.len() < length {
                out.push(char::from(alphabet[index % alphabet.len()]));
            }
        }
    }
    out
}

/// Lower-case letters and digits: app client ids and secrets.
pub(crate) const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
/// Upper-case letters and digits of base 32: access key ids.
pub(crate) const BASE32: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// Letters and digits: user pool ids.
pub(crate) const ALNUM: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/// The base64 alphabet: secret access keys and session tokens.
pub(crate) const BASE64: &[u8] =
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// Digits: confirmation codes.
pub(crate) const DIGITS: &[u8] = b"0123456789";

/// `length` random bytes in base64url, as the parts of a JWE are written.
pub(crate) fn base64url(length: usize) -> String {
    let mut buffer = vec![0; length];
    fill(&mut buffer);
    URL_SAFE_NO_PAD.encode(buffer)
}

/// Random bytes into a buffer of any size.
pub(crate) fn fill(buffer: &mut [u8]) {
    aws_lc_rs::rand::fill(buffer).expect("the operating system has randomness");
}
