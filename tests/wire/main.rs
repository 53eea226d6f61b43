//! What strangers, broken clients and hostile ones get from the socket.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::wildcard_enum_match_arm,
    reason = "tests, which may fail, measure and say what they measured"
)]

mod bad;
mod crowd;
mod strangers;

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use poolkey_ipc::Reply;
use poolkey_tests::World;

/// A peer that says what it likes.
struct Peer(UnixStream);

impl Peer {
    fn of(world: &World) -> Self {
        let stream = UnixStream::connect(world.socket()).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        Self(stream)
    }

    /// Says it; `false` once the daemon no longer listens.
    fn say(&mut self, bytes: &[u8]) -> bool {
        self.0.write_all(bytes).is_ok()
    }

    fn end(&mut self) {
        let _ = self.0.shutdown(Shutdown::Write);
    }

    /// All that the daemon says until it closes the connection.
    fn hear(&mut self) -> String {
        let mut heard = Vec::new();
        // A connection that is reset ends, too.
        let _ = self.0.read_to_end(&mut heard);
        String::from_utf8(heard).unwrap()
    }

    /// What it says, which is one line.
    fn reply(&mut self) -> Reply {
        let heard = self.hear();
        assert_eq!(heard.matches('\n').count(), 1, "{heard:?}");
        Reply::parse(heard.trim_end()).unwrap()
    }
}
