//! The proxy as it is configured: an address, and perhaps a user and a password.

use aws_smithy_http_client::proxy::ProxyConfig;
use http::Uri;
use poolkey_core::secret::Secret;

/// A proxy that can be used.
pub(crate) struct Proxy {
    /// `host:port`, as people are told: never its user and password.
    pub(crate) name: String,
    /// What goes to the HTTP client; its `Debug` tells all.
    pub(super) config: ProxyConfig,
}

impl Proxy {
    /// Reads what the configuration says.
    pub(super) fn parse(url: &Secret) -> Result<Self, String> {
        // The cause would repeat what may be a password.
        let unusable = || {
            "The proxy of profiles.toml is no address that can be used: write \
             proxy = \"http://HOST:PORT\" under [settings], with %40 for an @ in a password and \
             %XX for other signs that URLs do not take."
                .to_owned()
        };
        let uri: Uri = url.expose().parse().map_err(|_| unusable())?;
        let host = uri.host().filter(|host| !host.is_empty());
        let host = host.ok_or_else(unusable)?;
        let name = match uri.port_u16() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        let config = ProxyConfig::all(uri.clone()).map_err(|_| unusable())?;
        Ok(Self { name, config })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_told_without_its_password() {
        for (url, name) in [
            ("http://proxy.example.com:3128", "proxy.example.com:3128"),
            ("http://ada:s3cret@proxy:3128/", "proxy:3128"),
            ("https://ada:p%40ss@[::1]:3128", "[::1]:3128"),
            ("http://proxy", "proxy"),
        ] {
            let proxy = Proxy::parse(&Secret::new(url)).map(|proxy| proxy.name);
            assert_eq!(proxy, Ok(name.to_owned()), "{url}");
        }
        for url in [
            "http://ada:s3cr et@proxy",
            "http://:3128",
            "http://ada:s3cret@",
            "ftp://x:1",
        ] {
            let told = Proxy::parse(&Secret::new(url)).map(|proxy| proxy.name);
            let told = told.expect_err(url);
            assert!(!told.contains("s3cr"), "{told}");
        }
    }
}
