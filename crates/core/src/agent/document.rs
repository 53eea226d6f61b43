//! The one document that every AWS tool reads.

use serde::Serialize;
use zeroize::Zeroizing;

use crate::agent::profile::Held;
use crate::pace::Span;
use crate::secret::Secret;
use crate::time::{Now, UnixTime};

impl Held {
    /// The document of `credential_process`
    /// (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html>).
    ///
    /// `Expiration` is in the local wall clock's frame, for consumers compare it with that, and
    /// earlier than the keys' end by [`crate::pace::Span::margin`].
    pub(super) fn document(&self, role_arn: Option<&str>, now: Now) -> Secret {
        let document = Document {
            version: 1,
            access_key_id: self.keys.access_key_id.expose(),
            secret_access_key: self.keys.secret_access_key.expose(),
            session_token: self.keys.session_token.expose(),
            expiration: self.expiration(now).to_string(),
            account_id: role_arn.and_then(|arn| arn.split(':').nth(4)),
        };
        let room = 256 + document.session_token.len() * 2;
        let mut bytes = Zeroizing::new(Vec::with_capacity(room));
        match serde_json::to_writer(&mut *bytes, &document) {
            Ok(()) => Secret::new(String::from_utf8_lossy(&bytes)),
            // A struct of strings always becomes JSON.
            Err(_) => Secret::new("{}"),
        }
    }

    /// The wall clock tells whole seconds, so that its sum with what is left may be one less at
    /// another moment: the same keys show the same end for as long as nobody sets the clock.
    pub(super) fn expiration(&self, now: Now) -> UnixTime {
        let exact = expiration(self.span, now);
        if exact.secs_after(self.told).abs() <= 1 {
            self.told
        } else {
            exact
        }
    }
}

/// When tools are told that keys end.
pub(super) fn expiration(span: Span, now: Now) -> UnixTime {
    now.wall + now.at.until(span.dead).saturating_sub(span.margin())
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Document<'a> {
    version: u32,
    access_key_id: &'a str,
    secret_access_key: &'a str,
    session_token: &'a str,
    expiration: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<&'a str>,
}
