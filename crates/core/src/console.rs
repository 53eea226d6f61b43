//! The AWS console, signed in with a profile's keys.

use serde::{Deserialize, Serialize};

use crate::name::ProfileName;
use crate::secret::Secret;
use crate::time::UnixTime;

/// Where in the console somebody wants to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Destination {
    /// A service as the console's own addresses name it: `s3`, `ec2`, `cloudwatch`; the console's
    /// first page without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// A region; the profile's own without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// How many seconds the session shall last; without, it ends with the keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
}

/// What AWS's federation endpoint gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsoleSession {
    /// The address that signs a browser in. Whoever has it is in.
    pub url: Secret,
    /// How many seconds the session lasts, where AWS took the length that was asked for.
    pub seconds: Option<u32>,
}

/// An address that signs a browser in to the AWS console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsoleLink {
    /// Whose keys it is made of.
    pub profile: ProfileName,
    /// The address. Whoever has it is in.
    pub url: Secret,
    /// Until when a browser must have opened it.
    pub open_until: UnixTime,
    /// When the session in the console ends.
    pub session_ends: UnixTime,
}
