//! A redirect URI of this machine, and the sockets behind it.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::TcpListener;

/// Where the browser comes back to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// As it is written: `localhost`, `127.0.0.1` or `[::1]`.
    pub(super) host: String,
    /// `None` takes any.
    pub(super) port: Option<u16>,
    /// From the first slash to the query.
    pub(super) path: String,
    /// From there on.
    rest: String,
}

impl Place {
    /// Reads `http://HOST[:PORT]/PATH`. Nothing of it is put into another form: providers compare
    /// redirect URIs letter by letter.
    pub(super) fn of(uri: &str) -> Option<Self> {
        let rest = uri.strip_prefix("http://")?;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(end);
        let host = ["localhost", "127.0.0.1", "[::1]"]
            .into_iter()
            .find(|host| authority.starts_with(host))?;
        let port = match authority[host.len()..].strip_prefix(':') {
            Some(digits) => Some(digits.parse().ok().filter(|port| *port != 0)?),
            None if authority.len() == host.len() => None,
            None => return None,
        };
        let query = rest.find(['?', '#']).unwrap_or(rest.len());
        Some(Self {
            host: host.to_owned(),
            port,
            path: rest[..query].to_owned(),
            rest: rest[query..].to_owned(),
        })
    }

    /// The URI, with this port.
    pub(super) fn uri(&self, port: u16) -> String {
        format!("http://{}:{port}{}{}", self.host, self.path, self.rest)
    }

    /// What a browser that comes here names in `Host`.
    pub(super) fn is_host(&self, host: &str, port: u16) -> bool {
        let with_port = format!("{}:{port}", self.host);
        host.eq_ignore_ascii_case(&with_port)
            || (port == 80 && host.eq_ignore_ascii_case(&self.host))
    }

    /// The path as a browser asks for it.
    pub(super) fn asked_path(&self) -> &str {
        if self.path.is_empty() {
            "/"
        } else {
            &self.path
        }
    }

    /// Takes the port, at every address that the host's name may stand for.
    pub(super) async fn bind(&self) -> io::Result<(Vec<TcpListener>, u16)> {
        let mut attempts = ATTEMPTS;
        loop {
            match self.bind_at(self.port.unwrap_or(0)).await {
                // Somebody else has the same port of the other family.
                Err(error)
                    if error.kind() == ErrorKind::AddrInUse
                        && self.port.is_none()
                        && attempts > 0 =>
                {
                    attempts -= 1;
                }
                outcome => return outcome,
            }
        }
    }

    async fn bind_at(&self, port: u16) -> io::Result<(Vec<TcpListener>, u16)> {
        let mut port = port;
        let mut listeners = Vec::new();
        let mut absent = None;
        for address in self.addresses() {
            match TcpListener::bind(SocketAddr::new(*address, port)).await {
                Ok(listener) => {
                    port = listener.local_addr()?.port();
                    listeners.push(listener);
                }
                // A machine without IPv6, or without IPv4: nobody can come by it either.
                Err(error) if is_absent(&error) => absent = Some(error),
                Err(error) => return Err(error),
            }
        }
        match (listeners.is_empty(), absent) {
            (true, Some(error)) => Err(error),
            (true, None) | (false, _) => Ok((listeners, port)),
        }
    }

    fn addresses(&self) -> &'static [IpAddr] {
        const V4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
        const V6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);
        match self.host.as_str() {
            "127.0.0.1" => &[V4],
            "[::1]" => &[V6],
            _ => &[V4, V6],
        }
    }
}

fn is_absent(error: &io::Error) -> bool {
    // EAFNOSUPPORT has no kind of its own: 97 on Linux, 47 on macOS, 10047 on Windows.
    error.kind() == ErrorKind::AddrNotAvailable
        || error.kind() == ErrorKind::Unsupported
        || matches!(error.raw_os_error(), Some(97 | 47 | 10047))
}

/// A free port of one family is free in the other, as a rule.
const ATTEMPTS: u8 = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_are_read_to_the_letter() {
        let read = |uri: &str| {
            let place = Place::of(uri)?;
            Some((
                place.host.clone(),
                place.port,
                place.asked_path().to_owned(),
            ))
        };
        for (uri, host, port, path) in [
            (
                "http://localhost:8400/callback",
                "localhost",
                Some(8400),
                "/callback",
            ),
            ("http://127.0.0.1/callback", "127.0.0.1", None, "/callback"),
            ("http://[::1]:1/", "[::1]", Some(1), "/"),
            ("http://localhost:80", "localhost", Some(80), "/"),
            ("http://localhost:1/a/?b=c", "localhost", Some(1), "/a/"),
            ("http://localhost:1?b=c", "localhost", Some(1), "/"),
        ] {
            assert_eq!(read(uri), Some((host.into(), port, path.into())), "{uri}");
            if let (Some(place), Some(port)) = (Place::of(uri), port) {
                assert_eq!(place.uri(port), uri);
            }
        }
        for bad in [
            "https://localhost:1/",
            "http://localhost.example:1/",
            "http://localhost:0/",
            "http://localhost:65536/",
            "http://localhost:/",
            "http://127.0.0.10/",
            "http://127.0.0.1@example.com/",
            "http://example.com/",
            "localhost:1",
            "",
        ] {
            assert_eq!(Place::of(bad), None, "{bad}");
        }
        let any = Place::of("http://127.0.0.1/callback").unwrap();
        assert_eq!(any.uri(54321), "http://127.0.0.1:54321/callback");
    }

    #[test]
    fn a_host_is_the_one_of_the_uri() {
        let place = Place::of("http://localhost:8400/callback").unwrap();
        assert!(place.is_host("localhost:8400", 8400));
        assert!(place.is_host("LOCALHOST:8400", 8400));
        for other in [
            "localhost",
            "127.0.0.1:8400",
            "localhost:8401",
            "evil.example:8400",
            "",
        ] {
            assert!(!place.is_host(other, 8400), "{other}");
        }
        let default = Place::of("http://localhost:80/").unwrap();
        assert!(default.is_host("localhost", 80) && default.is_host("localhost:80", 80));
    }
}
