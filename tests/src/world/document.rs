//! Keys as a tool reads them.

use super::*;

/// Keys as a tool reads them.
#[derive(Clone, PartialEq, Eq)]
pub struct Document {
    /// `AccessKeyId`.
    pub access_key_id: String,
    /// `SecretAccessKey`.
    pub secret_access_key: String,
    /// `SessionToken`.
    pub session_token: String,
    /// `Expiration`, in seconds since 1970.
    pub expiration: i64,
}

impl Document {
    /// Reads the document, and is as strict as the strictest SDK.
    ///
    /// # Panics
    ///
    /// It is not as it should be.
    pub fn parse(text: &str) -> Self {
        let document: Value = serde_json::from_str(text).expect("JSON");
        let field = |name: &str| {
            let value = document[name].as_str().unwrap_or_default();
            assert!(!value.is_empty(), "{name} is missing");
            value.to_owned()
        };
        assert_eq!(document["Version"], json!(1));
        let expiration = field("Expiration");
        assert!(
            expiration.len() == 20 && expiration.ends_with('Z'),
            "{expiration}"
        );
        let expiration: jiff::Timestamp = expiration.parse().unwrap();
        Self {
            access_key_id: field("AccessKeyId"),
            secret_access_key: field("SecretAccessKey"),
            session_token: field("SessionToken"),
            expiration: expiration.as_second(),
        }
    }

    /// Seconds from now to `Expiration`.
    pub fn seconds_left(&self) -> i64 {
        self.expiration - jiff::Timestamp::now().as_second()
    }
}
