//! What is reached without the proxy: `no_proxy`, as curl reads its variable, and with ports.

use std::net::IpAddr;

use http::Uri;
use ipnet::IpNet;

/// Who is reached without the proxy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Bypass(Vec<Rule>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    who: Who,
    /// On this port only.
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Who {
    /// `*`
    Everybody,
    /// `10.0.0.0/8`, or one address as the narrowest network.
    Network(IpNet),
    /// `example.com`: the host, and all below it. `.example.com` and `*.example.com` are the same.
    Domain(String),
}

impl Bypass {
    /// Reads the entries of `no_proxy`.
    pub(super) fn parse(entries: &[String]) -> Result<Self, String> {
        let rules = entries.iter().map(|entry| {
            Rule::parse(entry).ok_or_else(|| {
                format!(
                    "no_proxy of profiles.toml has “{entry}”, which is no host, domain, address or \
                     network: write example.com, .example.com, 10.0.0.1, 10.0.0.0/8 or *, each \
                     with :PORT if need be."
                )
            })
        });
        rules.collect::<Result<_, _>>().map(Self)
    }

    /// Whether this URL is reached without the proxy. What is on this machine always is, and what a
    /// cloud tells it at an address of its link: a proxy has others.
    pub(super) fn spares(&self, url: &str) -> bool {
        let Ok(uri) = url.parse::<Uri>() else {
            return false;
        };
        let Some(host) = uri.host() else { return false };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let port = uri.port_u16().or(match uri.scheme_str() {
            Some("http") => Some(80),
            _ => Some(443),
        });
        let address = host.parse::<IpAddr>().ok();
        is_here(&host, address)
            || self
                .0
                .iter()
                .any(|rule| rule.fits(&host, address) && (rule.port.is_none() || rule.port == port))
    }
}

fn is_here(host: &str, address: Option<IpAddr>) -> bool {
    match address {
        Some(address) => match address.to_canonical() {
            IpAddr::V4(address) => address.is_loopback() || address.is_link_local(),
            IpAddr::V6(address) => {
                let is_metadata = address.segments()[..2] == METADATA;
                address.is_loopback() || address.is_unicast_link_local() || is_metadata
            }
        },
        None => host == "localhost" || host.ends_with(".localhost"),
    }
}

/// `fd00:ec2::/32`, where EC2 and EKS tell an instance or a container of its role.
const METADATA: [u16; 2] = [0xfd00, 0x0ec2];

impl Rule {
    fn parse(entry: &str) -> Option<Self> {
        let entry = entry.trim();
        if entry == "*" {
            let who = Who::Everybody;
            return Some(Self { who, port: None });
        }
        // An IPv6 address has colons of its own: with a port it is in brackets.
        let (host, port) = if let Some(rest) = entry.strip_prefix('[') {
            let (host, rest) = rest.split_once(']')?;
            let port = match rest.strip_prefix(':') {
                Some(port) => Some(port),
                None if rest.is_empty() => None,
                None => return None,
            };
            host.parse::<IpAddr>().ok()?;
            (host, port)
        } else if entry.matches(':').count() == 1 {
            let (host, port) = entry.split_once(':')?;
            (host, Some(port))
        } else {
            (entry, None)
        };
        let port = match port {
            Some(port) => Some(port.parse::<u16>().ok()?),
            None => None,
        };
        let who = match (host.parse::<IpNet>(), host.parse::<IpAddr>()) {
            (Ok(network), _) => Who::Network(network),
            (_, Ok(address)) => Who::Network(address.into()),
            (Err(_), Err(_)) => Who::Domain(domain(host)?),
        };
        Some(Self { who, port })
    }

    fn fits(&self, host: &str, address: Option<IpAddr>) -> bool {
        match (&self.who, address) {
            (Who::Everybody, _) => true,
            (Who::Network(network), Some(address)) => network.contains(&address.to_canonical()),
            (Who::Network(_), None) | (Who::Domain(_), Some(_)) => false,
            (Who::Domain(domain), None) => host
                .strip_suffix(domain.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.')),
        }
    }
}

fn domain(text: &str) -> Option<String> {
    let text = text.strip_prefix('*').unwrap_or(text);
    let text = text.strip_prefix('.').unwrap_or(text);
    let text = text.strip_suffix('.').unwrap_or(text);
    let clean = text
        .chars()
        .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'));
    (clean && !text.is_empty()).then(|| text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spares(entries: &[&str], url: &str) -> bool {
        let entries: Vec<_> = entries.iter().map(|&entry| entry.to_owned()).collect();
        Bypass::parse(&entries).unwrap().spares(url)
    }

    #[test]
    fn a_name_is_spared_with_all_below_it() {
        for entry in [
            "example.com",
            ".example.com",
            "*.example.com",
            "EXAMPLE.com.",
        ] {
            assert!(spares(&[entry], "https://example.com/"), "{entry}");
            assert!(spares(&[entry], "https://a.b.Example.COM/x"), "{entry}");
            assert!(spares(&[entry], "https://example.com./"), "{entry}");
            assert!(!spares(&[entry], "https://notexample.com/"), "{entry}");
            assert!(
                !spares(&[entry], "https://example.com.evil.test/"),
                "{entry}"
            );
            assert!(!spares(&[entry], "https://example.org/"), "{entry}");
        }
        assert!(spares(&["*"], "https://anything.test/"));
        assert!(!spares(&[], "https://anything.test/"));
    }

    #[test]
    fn addresses_are_spared_by_themselves_and_by_network() {
        assert!(spares(&["10.1.2.3"], "https://10.1.2.3/"));
        assert!(!spares(&["10.1.2.3"], "https://10.1.2.30/"));
        assert!(spares(&["10.0.0.0/8"], "https://10.9.9.9:8443/"));
        assert!(!spares(&["10.0.0.0/8"], "https://11.0.0.1/"));
        assert!(spares(&["fd00::/8"], "https://[fd12::1]/"));
        assert!(spares(&["10.0.0.0/8"], "https://[::ffff:10.0.0.1]/"));
        assert!(spares(&["[fd12::1]:8443"], "https://[fd12::1]:8443/"));
        assert!(!spares(&["[fd12::1]:8443"], "https://[fd12::1]/"));
        // A name is not looked up: that would ask of the network what the proxy is there for.
        assert!(!spares(&["10.0.0.0/8"], "https://host.example.com/"));
        assert!(
            !spares(&["0.0.1"], "https://10.0.0.1/"),
            "no part of an address"
        );
    }

    #[test]
    fn a_port_narrows() {
        assert!(spares(&["example.com:8443"], "https://a.example.com:8443/"));
        assert!(!spares(&["example.com:8443"], "https://a.example.com/"));
        assert!(spares(&["example.com:443"], "https://example.com/"));
        assert!(spares(&["example.com:80"], "http://example.com/"));
    }

    #[test]
    fn this_machine_is_never_reached_through_a_proxy() {
        for url in [
            "http://127.0.0.1:9310/",
            "http://127.8.8.8/",
            "https://localhost:4566/",
            "https://LocalHost/",
            "https://pool.localhost/",
            "http://[::1]:1/",
            "http://[::ffff:127.0.0.1]/",
            "http://169.254.169.254/latest/meta-data",
            "http://169.254.170.2/v2/credentials",
            "http://[fd00:ec2::254]/",
            "http://[fe80::1]/",
        ] {
            assert!(spares(&[], url), "{url}");
        }
        for url in [
            "https://localhost.example.com/",
            "https://a.localhost.example.com/",
            "https://169.253.169.254/",
            "https://[fd00:ec3::1]/",
            "https://127.0.0.1.example.com/",
        ] {
            assert!(!spares(&[], url), "{url}");
        }
    }

    #[test]
    fn what_means_nothing_is_refused() {
        for entry in [
            "10.0.0.0/99",
            "host/path",
            "a:b",
            "a:70000",
            "[::1",
            "[x]:1",
            "[::1]x",
            ".",
            "*.",
            "a b",
        ] {
            let told = Bypass::parse(&[entry.to_owned()]).expect_err(entry);
            assert!(told.contains(&format!("“{entry}”")), "{told}");
        }
    }
}
