//! What goes with a sign-in's calls beside SRP: the hash of the client's secret, the time.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use hmac::{Hmac, KeyInit, Mac};
use poolkey_core::time::UnixTime;
use sha2::Sha256;

/// `SECRET_HASH`: shows that the caller knows the app client's secret. After the first step the
/// name is `USER_ID_FOR_SRP`, which an alias is not.
pub(crate) fn secret_hash(client_secret: &str, username: &str, client_id: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(client_secret.as_bytes())
        .expect("HMAC takes keys of every length");
    mac.update(username.as_bytes());
    mac.update(client_id.as_bytes());
    BASE64.encode(mac.finalize().into_bytes())
}

/// `TIMESTAMP`: `EEE MMM d HH:mm:ss UTC yyyy`, in English, the day without a zero in front.
/// Cognito refuses every other form, and a time that is far from its own.
pub(crate) fn timestamp(time: UnixTime) -> String {
    jiff::Timestamp::from_second(time.secs())
        .unwrap_or_default()
        .to_zoned(jiff::tz::TimeZone::UTC)
        .strftime("%a %b %-d %H:%M:%S UTC %Y")
        .to_string()
}
