//! What a request that came to the listener is. Whoever can reach it may send one: other programs
//! of this machine, and every page on the internet by way of a browser.

use hyper::header::{ACCEPT_LANGUAGE, HOST, HeaderMap, HeaderName};
use hyper::http::request::Parts;
use hyper::{Method, StatusCode};
use poolkey_core::messages::Language;
use poolkey_core::secret::Secret;

use super::place::Place;

/// What somebody wants.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// It comes back from the provider, with this query.
    Callback(Secret),
    /// To be told how it went.
    Page,
    /// Nothing that there is here.
    Nothing(StatusCode),
}

/// Reads a request to the listener at `place` and `port`, whose page is at `page`.
pub(super) fn read(parts: &Parts, place: &Place, port: u16, page: &str) -> Asked {
    let mut hosts = parts.headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) => {
            let host = host.to_str().unwrap_or_default();
            // A name of somebody else's that was made to point here.
            if !place.is_host(host, port) {
                return Asked::Nothing(StatusCode::MISDIRECTED_REQUEST);
            }
        }
        (None, _) | (Some(_), Some(_)) => return Asked::Nothing(StatusCode::BAD_REQUEST),
    }
    let path = parts.uri.path();
    let is_page = path == page;
    if !is_page && path != place.asked_path() {
        return Asked::Nothing(StatusCode::NOT_FOUND);
    }
    if parts.method != Method::GET {
        return Asked::Nothing(StatusCode::METHOD_NOT_ALLOWED);
    }
    // A browser that looks ahead asks again when a person goes there.
    if looks_ahead(&parts.headers) {
        return Asked::Nothing(StatusCode::SERVICE_UNAVAILABLE);
    }
    if is_page {
        return Asked::Page;
    }
    let query = parts.uri.query().unwrap_or_default();
    if query.len() > LONGEST_QUERY {
        return Asked::Nothing(StatusCode::URI_TOO_LONG);
    }
    Asked::Callback(Secret::new(query))
}

fn looks_ahead(headers: &HeaderMap) -> bool {
    let says = |name: &'static str| {
        headers
            .get_all(HeaderName::from_static(name))
            .iter()
            .any(|value| {
                let value = value.as_bytes().to_ascii_lowercase();
                value.windows(8).any(|word| word == b"prefetch")
                    || value.windows(9).any(|word| word == b"prerender")
            })
    };
    says("sec-purpose") || says("purpose") || says("x-moz")
}

/// The first language of the browser's that Poolkey speaks.
pub(super) fn language(headers: &HeaderMap) -> Language {
    let accepted = headers
        .get(ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    accepted
        .split(',')
        .map(|range| range.split([';', '-']).next().unwrap_or_default().trim())
        .find_map(|range| {
            if range.eq_ignore_ascii_case("ja") {
                Some(Language::Japanese)
            } else if range.eq_ignore_ascii_case("en") {
                Some(Language::English)
            } else {
                None
            }
        })
        .unwrap_or_default()
}

/// Codes are 36 characters at Cognito, and a few hundred elsewhere.
pub(super) const LONGEST_QUERY: usize = 8 << 10;

#[cfg(test)]
mod tests {
    use hyper::Request;

    use super::*;

    fn ask(method: &str, uri: &str, headers: &[(&str, &str)]) -> Asked {
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let place = Place::of("http://localhost:8400/callback").unwrap();
        read(&parts, &place, 8400, "/7e57")
    }

    const HERE: (&str, &str) = ("host", "localhost:8400");

    #[test]
    fn only_a_browser_that_comes_back_is_taken() {
        assert_eq!(
            ask("GET", "/callback?code=a", &[HERE]),
            Asked::Callback(Secret::new("code=a"))
        );
        assert_eq!(ask("GET", "/7e57", &[HERE]), Asked::Page);
        for (method, uri, headers, status) in [
            ("GET", "/callback?code=a", &[][..], 400),
            ("GET", "/callback?code=a", &[HERE, HERE][..], 400),
            (
                "GET",
                "/callback?code=a",
                &[("host", "127.0.0.1:8400")][..],
                421,
            ),
            (
                "GET",
                "/callback?code=a",
                &[("host", "evil.example:8400")][..],
                421,
            ),
            ("GET", "/favicon.ico", &[HERE][..], 404),
            ("GET", "/", &[HERE][..], 404),
            ("GET", "/callback/?code=a", &[HERE][..], 404),
            ("GET", "//callback?code=a", &[HERE][..], 404),
            ("POST", "/elsewhere", &[HERE][..], 404),
            ("POST", "/callback?code=a", &[HERE][..], 405),
            ("HEAD", "/callback?code=a", &[HERE][..], 405),
            ("OPTIONS", "/callback?code=a", &[HERE][..], 405),
            (
                "GET",
                "/callback?code=a",
                &[HERE, ("sec-purpose", "prefetch;prerender")][..],
                503,
            ),
            (
                "GET",
                "/callback?code=a",
                &[HERE, ("purpose", "Prefetch")][..],
                503,
            ),
            (
                "GET",
                "/callback?code=a",
                &[HERE, ("x-moz", "prefetch")][..],
                503,
            ),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            let told = ask(method, uri, headers);
            assert_eq!(told, Asked::Nothing(status), "{method} {uri} {headers:?}");
        }
        let long = format!("/callback?code={}", "a".repeat(LONGEST_QUERY));
        assert_eq!(
            ask("GET", &long, &[HERE]),
            Asked::Nothing(StatusCode::URI_TOO_LONG)
        );
    }

    #[test]
    fn the_page_speaks_as_the_browser_does() {
        for (accepted, spoken) in [
            ("ja,en-US;q=0.7,en;q=0.3", Language::Japanese),
            ("de-DE, ja-JP;q=0.8", Language::Japanese),
            ("en-GB,ja;q=0.9", Language::English),
            ("fr", Language::English),
            ("", Language::English),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_LANGUAGE, accepted.parse().unwrap());
            assert_eq!(language(&headers), spoken, "{accepted}");
        }
    }
}
