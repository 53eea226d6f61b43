//! The floor in Rust: connect to a Unix socket, send one line, print what comes.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

fn main() -> std::io::Result<()> {
    let path = std::env::args_os().nth(1).unwrap_or_default();
    let mut stream = UnixStream::connect(path)?;
    stream.write_all(b"{\"v\":1,\"ask\":\"credentials\",\"profile\":\"profile-0001\"}\n")?;
    let mut bytes = Vec::with_capacity(4096);
    stream.read_to_end(&mut bytes)?;
    std::io::stdout().write_all(&bytes)
}
