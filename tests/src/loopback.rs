//! Raw bytes to whoever listens on this machine, well-formed or not, and what comes back.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// A connection on which nothing was said.
///
/// # Errors
///
/// Nobody listens there.
pub fn connect(port: u16) -> std::io::Result<TcpStream> {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// Whether anybody is there.
pub fn is_open(port: u16) -> bool {
    connect(port).is_ok()
}

/// Sends these bytes; what comes back until the connection ends.
///
/// # Panics
///
/// Nobody listens there, or nobody ends it.
pub fn say(port: u16, bytes: &[u8]) -> String {
    let mut stream = connect(port).unwrap();
    // Whoever says too much may be cut off before it is through.
    let _ = stream.write_all(bytes);
    heard(&mut stream)
}

/// What comes back until the connection ends.
///
/// # Panics
///
/// Nobody ends it.
pub fn heard(stream: &mut TcpStream) -> String {
    let (mut all, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        match stream.read(&mut piece) {
            Ok(0) => break,
            Ok(count) => all.extend_from_slice(&piece[..count]),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => break,
            Err(error) => panic!("the connection stays open: {error}"),
        }
    }
    String::from_utf8_lossy(&all).into_owned()
}

/// Longer than whoever is asked takes to lose patience with somebody who says nothing.
const PATIENCE: Duration = Duration::from_secs(20);
