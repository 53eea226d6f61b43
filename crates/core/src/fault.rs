//! What went wrong outside, classified by what a decision needs to know.

use std::time::Duration;

use crate::failure::Ended;

/// A call to the outside that did not succeed.
///
/// `text` is one sentence for people, taken from the answer where it has one; it never holds a
/// secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct Fault {
    /// What kind of trouble it is.
    pub kind: FaultKind,
    /// One sentence for people and for the log.
    pub text: String,
}

impl Fault {
    /// A fault of this kind, told in this sentence.
    pub fn new(kind: FaultKind, text: impl Into<String>) -> Self {
        Self {
            kind,
            text: text.into(),
        }
    }
}

/// The kinds of trouble. A kind exists only because some decision treats it differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// Nothing was sent: no address, no connection, no TLS.
    Unreachable,
    /// It was sent, but no whole answer came: the effect may have taken place.
    Lost,
    /// The service asks for fewer calls.
    Throttled,
    /// The service failed, or a Lambda trigger of the pool did.
    Service,
    /// A definitive answer: the session is over, and only a person can begin another.
    Ended(Ended),
    /// What the person typed was not right.
    Wrong,
    /// Too many wrong attempts: the person must wait.
    LockedOut,
    /// A sign-in that took too long between its steps: it must begin again.
    Expired,
    /// The sign-in asks for something that this version cannot answer.
    Unsupported,
    /// Pool, app client, role or Poolkey's own configuration is not right.
    Misconfigured,
    /// The ID or access token was not taken because of its age: a newer one may do.
    TokenStale,
    /// The identity id belongs to another user: it must be looked up anew.
    IdentityConflict,
    /// The pool does not know the device any more: the call may be made without it.
    DeviceGone,
}

impl FaultKind {
    /// Whether the same call may succeed later, with nothing changed in between.
    pub const fn is_passing(self) -> bool {
        match self {
            Self::Unreachable | Self::Lost | Self::Throttled | Self::Service => true,
            Self::Ended(_)
            | Self::Wrong
            | Self::LockedOut
            | Self::Expired
            | Self::Unsupported
            | Self::Misconfigured
            | Self::TokenStale
            | Self::IdentityConflict
            | Self::DeviceGone => false,
        }
    }
}

/// A keychain that did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct VaultFault {
    /// What kind of trouble it is.
    pub kind: VaultFaultKind,
    /// One sentence that names the cause.
    pub text: String,
}

impl VaultFault {
    /// A fault of this kind, told in this sentence.
    pub fn new(kind: VaultFaultKind, text: impl Into<String>) -> Self {
        Self {
            kind,
            text: text.into(),
        }
    }
}

/// The kinds of trouble with a keychain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VaultFaultKind {
    /// It is there, but waits for its owner to unlock it.
    Locked,
    /// There is none here: no Secret Service, no bus, no session keyring.
    Absent,
    /// It is there and open, but refused or failed (full disk, quota, damaged entry).
    Failed,
}

/// How long a thing lives, and what the service's clock showed when it said so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// From the moment the service answered.
    pub length: Duration,
    /// The service's own time at that moment, where it told.
    pub server: Option<crate::time::UnixTime>,
}
