//! Which keys of a profile say where its credentials come from.

/// Whether a key, in lower case, says where credentials come from. Of two such keys some tools obey
/// the one and some the other, and some obey neither.
pub fn is_source(key: &str) -> bool {
    WORDS.contains(&key) || key.starts_with("sso_")
}

const WORDS: &[&str] = &[
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "credential_process",
    "credential_source",
    "login_session",
    "role_arn",
    "source_profile",
    "web_identity_token_file",
];
