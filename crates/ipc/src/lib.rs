//! Says it: where the daemon listens, what goes over the wire, who is at the other end, and a
//! blocking client.
//!
//! ```text
//!  client                                daemon
//!  Address::candidates ── connect ────▶  Address::to_listen
//!  peer::may_tell      ◀── who? ──────▶  peer::may_ask
//!  Ask::to_line        ── one line ───▶  Inbox, Ask::parse
//!  Inbox, Reply::parse ◀── one line ───  Reply::to_line
//! ```
//!
//! One line of JSON in, one line out, then the connection closes; [`Ask::Watch`] alone is answered
//! with one status a line until the client leaves. A line is at most [`frame::LONGEST`] bytes, a
//! status at most [`frame::LONGEST_STATUS`], and neither is buffered beyond that. `socat` or
//! `nc -U` can speak it:
//!
//! ```text
//! → {"v":1,"ask":"credentials","profile":"dev"}
//! ← {"v":1,"reply":"document","document":{"Version":1,"AccessKeyId":"…"}}
//! ```
//!
//! The daemon is strict about what it is asked: a kind or a field that it does not know could mean
//! something that it would get wrong. A client is lenient about what it is told.

use poolkey_core::failure::{Failure, Trouble};
use serde::Deserialize;

pub mod address;
pub mod ask;
#[cfg(feature = "place")]
pub mod autostart;
pub mod client;
mod deadline;
pub mod frame;
pub mod grant;
#[cfg(feature = "handoff")]
pub mod handoff;
pub mod peer;
#[cfg(windows)]
mod pipe;
#[cfg(feature = "place")]
pub mod place;
#[cfg(feature = "profiles")]
pub mod profiles_file;
pub mod reply;
#[cfg(feature = "profiles")]
pub mod shim;
#[cfg(unix)]
mod socket;
mod start;
mod trouble;

pub use address::Address;
pub use ask::Ask;
pub use client::Client;
pub use frame::Inbox;
pub use grant::{EndpointView, Grant, GrantView};
#[cfg(feature = "place")]
pub use place::Place;
pub use reply::{DaemonView, Reply, Status, VaultView};
pub use start::installed;

/// The version of the wire. It grows when an older reader would get something wrong.
pub const VERSION: u32 = 1;

/// The failure to tell when the line is of a version that this one does not speak.
fn newer(line: &str) -> Option<Failure> {
    #[derive(Deserialize)]
    struct Head {
        v: u32,
    }
    let head: Head = serde_json::from_str(line).ok()?;
    (head.v != VERSION).then(|| {
        Trouble::Protocol(format!(
            "The message is of version {}, and this is version {VERSION}.",
            head.v
        ))
        .into()
    })
}
