//! Hands a secret address to the browser.
//!
//! What a program is started with is seen by everybody on the machine. So the browser is started with
//! an address of this very process, which sends it on, once, and to nobody else.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use zeroize::Zeroizing;

/// Has `open` send the browser to an address of this process, and waits until the browser has come
/// for the one that is meant, for half a minute.
///
/// # Errors
///
/// Why it did not: `open` says so, nobody came, or it is no address for a browser.
pub fn hand_over(url: &str, open: impl FnOnce(&str) -> Result<(), String>) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("No browser can be sent there: {error}.");
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let desk = Desk {
        own: listener.local_addr().map_err(failed)?,
        path: path()?,
        to: target(url)?,
    };
    open(&format!("http://{}{}", desk.own, desk.path))?;
    for _ in 0..LOOKS {
        match listener.accept() {
            Ok((mut peer, from)) => {
                // Whoever breaks off has nothing, and the next may come.
                if desk.serve(&mut peer, from).unwrap_or(false) {
                    return Ok(());
                }
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => std::thread::sleep(PAUSE),
            Err(error) => return Err(failed(error)),
        }
    }
    Err("The browser opened, and did not come for the address.".to_owned())
}

struct Desk<'a> {
    own: SocketAddr,
    /// What nobody can guess.
    path: String,
    to: &'a str,
}

impl Desk<'_> {
    /// Says whether it was the one who is waited for.
    fn serve(&self, peer: &mut TcpStream, from: SocketAddr) -> std::io::Result<bool> {
        peer.set_nonblocking(false)?;
        peer.set_read_timeout(Some(READ_PATIENCE))?;
        peer.set_write_timeout(Some(READ_PATIENCE))?;
        let is_ours = self.is_meant(&request(peer)?) && is_own_user(from, self.own);
        let answer = if is_ours {
            Zeroizing::new(format!(
                "HTTP/1.1 303 See Other\r\nLocation: {}\r\nReferrer-Policy: no-referrer\r\n{END}",
                self.to
            ))
        } else {
            Zeroizing::new(format!("HTTP/1.1 404 Not Found\r\n{END}"))
        };
        peer.write_all(answer.as_bytes())?;
        Ok(is_ours)
    }

    /// A page that a browser shows cannot know the path, and one of another name is not this.
    fn is_meant(&self, request: &str) -> bool {
        let mut lines = request.split("\r\n");
        let first = format!("GET {} HTTP/1.1", self.path);
        let own = self.own.to_string();
        lines.next() == Some(&first)
            && lines
                .filter_map(|line| line.split_once(':'))
                .any(|(name, value)| name.eq_ignore_ascii_case("host") && value.trim() == own)
    }
}

/// The head of a request, or as much of it as is looked at.
fn request(peer: &mut TcpStream) -> std::io::Result<String> {
    let mut head = Vec::new();
    let mut piece = [0; 1024];
    while head.len() < LONGEST_HEAD && !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match peer.read(&mut piece)? {
            0 => break,
            count => head.extend_from_slice(&piece[..count]),
        }
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

fn path() -> Result<String, String> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| format!("No browser can be sent there: {error}."))?;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("/{hex}"))
}

/// An address that a browser may be sent to, and that a header can have.
fn target(url: &str) -> Result<&str, String> {
    let is_web = url.starts_with("https://") || url.starts_with("http://");
    if is_web && url.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(url)
    } else {
        Err("What AWS gave is no address for a browser.".to_owned())
    }
}

/// Whether the one at the other end is of this user, or of the system: the kernel knows whose each
/// connection is.
#[cfg(target_os = "linux")]
fn is_own_user(from: SocketAddr, own: SocketAddr) -> bool {
    let uid = rustix::process::getuid().as_raw();
    std::fs::read_to_string("/proc/net/tcp")
        .ok()
        .and_then(|table| owner(&table, from, own))
        .is_some_and(|owner| owner == uid || owner == 0)
}

/// Elsewhere nobody tells.
#[cfg(not(target_os = "linux"))]
fn is_own_user(_from: SocketAddr, _own: SocketAddr) -> bool {
    true
}

/// The user of a connection, in the form of `proc_net_tcp(5)`.
#[cfg(any(target_os = "linux", test))]
fn owner(table: &str, from: SocketAddr, to: SocketAddr) -> Option<u32> {
    let written = |address: SocketAddr| match address {
        SocketAddr::V4(v4) => {
            let ip = u32::from_ne_bytes(v4.ip().octets());
            Some(format!("{ip:08X}:{:04X}", v4.port()))
        }
        SocketAddr::V6(_) => None,
    };
    let (from, to) = (written(from)?, written(to)?);
    table.lines().find_map(|line| {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let is_it = words.get(1) == Some(&from.as_str()) && words.get(2) == Some(&to.as_str());
        is_it.then(|| words.get(7)?.parse().ok())?
    })
}

const END: &str = "Cache-Control: no-store\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// A browser may have to start first.
const LOOKS: u32 = 1500;
const PAUSE: Duration = Duration::from_millis(20);

const READ_PATIENCE: Duration = Duration::from_secs(2);
const LONGEST_HEAD: usize = 16 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_one_who_was_sent_is_sent_on() {
        let desk = Desk {
            own: "127.0.0.1:4711".parse().unwrap(),
            path: path().unwrap(),
            to: "https://signin.example/",
        };
        assert_eq!(desk.path.len(), 33);
        assert_ne!(desk.path, path().unwrap());
        let path = &desk.path;
        for (request, meant) in [
            (
                format!("GET {path} HTTP/1.1\r\nAccept: */*\r\nHost: 127.0.0.1:4711\r\n\r\n"),
                true,
            ),
            (
                format!("GET {path} HTTP/1.1\r\nhost:127.0.0.1:4711\r\n\r\n"),
                true,
            ),
            (
                format!("GET {path} HTTP/1.1\r\nHost: evil.example:4711\r\n\r\n"),
                false,
            ),
            (format!("GET {path} HTTP/1.1\r\n\r\n"), false),
            (
                format!("POST {path} HTTP/1.1\r\nHost: 127.0.0.1:4711\r\n\r\n"),
                false,
            ),
            (
                format!("GET {path}/ HTTP/1.1\r\nHost: 127.0.0.1:4711\r\n\r\n"),
                false,
            ),
            (
                "GET / HTTP/1.1\r\nHost: 127.0.0.1:4711\r\n\r\n".to_owned(),
                false,
            ),
            (String::new(), false),
        ] {
            assert_eq!(desk.is_meant(&request), meant, "{request}");
        }
    }

    #[test]
    fn what_no_header_can_have_is_no_address() {
        assert!(target("https://signin.example/?a=b%20c").is_ok());
        for bad in [
            "https://x\r\nSet-Cookie: a=b",
            "javascript:alert(1)",
            "file:///etc/passwd",
            "",
            "https://x y",
        ] {
            assert!(target(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_kernel_tells_whose_a_connection_is() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
             0: 0100007F:1267 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 1 1\n\
             1: 0100007F:1267 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 2 1\n\
             2: 0100007F:C350 0100007F:1267 01 00000000:00000000 00:00000000 00000000  1234        0 3 1\n";
        let at = |port: u16| SocketAddr::from(([127, 0, 0, 1], port));
        let known = if cfg!(target_endian = "little") {
            Some(1234)
        } else {
            None
        };
        assert_eq!(owner(table, at(50_000), at(0x1267)), known);
        assert_eq!(owner(table, at(50_001), at(0x1267)), None);
        assert_eq!(owner("", at(1), at(2)), None);
    }
}
