//! Strangers at the door that the browser comes back to: raw bytes, well-formed or not.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// A connection to it, on which nothing was said.
pub(crate) fn connect(port: u16) -> std::io::Result<TcpStream> {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// Whether anybody is there.
pub(crate) fn is_open(port: u16) -> bool {
    connect(port).is_ok()
}

/// Sends these bytes; what comes back until the connection ends.
pub(crate) fn say(port: u16, bytes: &[u8]) -> String {
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
pub(crate) fn heard(stream: &mut TcpStream) -> String {
    let (mut all, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        match stream.read(&mut piece) {
            Ok(0) => break,
            Ok(count) => all.extend_from_slice(&piece[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => break,
            Err(error) => panic!("the connection stays open: {error}"),
        }
    }
    String::from_utf8_lossy(&all).into_owned()
}

/// A `GET` as a browser on this machine sends it; status and page.
pub(crate) fn get(port: u16, target: &str) -> (u16, String) {
    get_with(port, target, &format!("Host: 127.0.0.1:{port}\r\n"))
}

/// The same, with these headers.
pub(crate) fn get_with(port: u16, target: &str, headers: &str) -> (u16, String) {
    let request = format!("GET {target} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n");
    let answer = say(port, request.as_bytes());
    (status(&answer), answer)
}

/// The status of an answer; 0 where there is none.
pub(crate) fn status(answer: &str) -> u16 {
    let code = answer
        .strip_prefix("HTTP/1.")
        .and_then(|rest| rest.get(2..5));
    code.and_then(|code| code.parse().ok()).unwrap_or_default()
}

/// Longer than whoever is asked takes to lose patience with somebody who says nothing.
const PATIENCE: Duration = Duration::from_secs(20);
