//! What the container credentials endpoint is lent for, to whom and until when.

use std::path::PathBuf;

use poolkey_core::failure::Failure;
use poolkey_core::name::ProfileName;
use poolkey_core::secret::Secret;
use poolkey_core::time::UnixTime;
use serde::{Deserialize, Serialize};

/// A permission to fetch the keys of one profile at the endpoint, as whoever asked for it gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// For `AWS_CONTAINER_CREDENTIALS_FULL_URI`: `http://127.0.0.1:PORT/…`.
    pub url: String,
    /// For `AWS_CONTAINER_AUTHORIZATION_TOKEN`: what the `Authorization` header must be, whole.
    pub token: Secret,
    /// For `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE`, where the grant has a name.
    pub token_file: Option<PathBuf>,
    /// How it is shown and revoked.
    pub view: GrantView,
}

/// A grant as people see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "ts", ts(optional_fields))]
pub struct GrantView {
    /// What it is revoked by: its name, or a number that the daemon gave it.
    pub id: String,
    /// The profile.
    pub profile: ProfileName,
    /// Whether it was given a name, and so outlives who asked for it.
    pub named: bool,
    /// The process that it ends with, where it has no name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    /// Since when.
    pub since: UnixTime,
    /// Until when, where it was given an end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<UnixTime>,
    /// When keys were last fetched with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<UnixTime>,
}

/// The endpoint as people see it, while there are grants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "ts", ts(optional_fields))]
pub struct EndpointView {
    /// Where it listens, or would if it could: `http://127.0.0.1:PORT`.
    pub url: String,
    /// Its grants, by age.
    pub grants: Vec<GrantView>,
    /// What stands in the way of some of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Failure>,
}
