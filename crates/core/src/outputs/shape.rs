//! What the ids of a deployment look like. What looks otherwise is no id, whatever it is called.

/// `us-east-1_AbCdEf123`
pub(super) fn is_user_pool(text: &str) -> bool {
    text.len() <= LONGEST_POOL
        && text.split_once('_').is_some_and(|(region, id)| {
            is_region(region) && !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric())
        })
}

/// `us-east-1:01234567-89ab-cdef-0123-456789abcdef`
pub(super) fn is_identity_pool(text: &str) -> bool {
    text.len() <= LONGEST_POOL
        && text
            .split_once(':')
            .is_some_and(|(region, id)| is_region(region) && is_uuid(id))
}

/// An app client's id, where the file says that it is one: `[\w+]{1,128}` of Cognito's model.
pub(super) fn is_client(text: &str) -> bool {
    (1..=128).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'+')
}

/// An app client's id as Cognito makes them.
pub(super) fn is_made_client(text: &str) -> bool {
    text.len() == 26
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

/// `acme.auth.us-east-1.amazoncognito.com`, whose prefix nobody else may have.
pub(super) fn is_cognitos_domain(text: &str) -> bool {
    const ENDS: [&str; 2] = [".amazoncognito.com", ".amazoncognito-us-gov.com"];
    is_host(text)
        && ENDS
            .iter()
            .find_map(|end| text.strip_suffix(end))
            .is_some_and(|rest| {
                let (before, region) = rest.rsplit_once('.').unwrap_or_default();
                let prefix = before
                    .strip_suffix(".auth")
                    .or_else(|| before.strip_suffix(".auth-fips"));
                is_region(region) && prefix.is_some_and(|prefix| !prefix.contains('.'))
            })
}

/// A host, without a port or a path.
pub(super) fn is_host(text: &str) -> bool {
    text.len() <= 253
        && text.contains('.')
        && text.split('.').all(|label| {
            !label.is_empty()
                && !label.starts_with('-')
                && label
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-')
        })
}

/// `scope-token` of RFC 6749.
pub(super) fn is_scope(text: &str) -> bool {
    text.len() <= 256
        && text
            .bytes()
            .all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\')
}

/// A URL of this machine, with a port to listen on.
pub(super) fn is_here(url: &str) -> bool {
    let hosts = ["localhost:", "127.0.0.1:", "[::1]:"];
    let rest = url.strip_prefix("http://");
    let after = rest.and_then(|rest| hosts.iter().find_map(|host| rest.strip_prefix(host)));
    let port = after.and_then(|after| after.split('/').next());
    url.len() <= 1024
        && url.bytes().all(|b| b.is_ascii_graphic() && b != b'@')
        && port.is_some_and(|port| port.parse::<u16>().is_ok_and(|port| port > 0))
}

/// `us-east-1`, `us-gov-west-1`
fn is_region(text: &str) -> bool {
    let mut parts = text.split('-');
    let first = parts.next().unwrap_or_default();
    let last = parts.next_back().unwrap_or_default();
    let middle: Vec<&str> = parts.collect();
    let letters = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase());
    letters(first)
        && !middle.is_empty()
        && middle.into_iter().all(letters)
        && !last.is_empty()
        && last.bytes().all(|b| b.is_ascii_digit())
}

fn is_uuid(text: &str) -> bool {
    let lengths = text.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12]) && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}

/// Of Cognito's model, for both kinds of pools.
const LONGEST_POOL: usize = 55;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_told_from_what_only_looks_like_them() {
        let uuid = "01234567-89ab-cdef-0123-456789abcdef";
        for (is, good, bad) in [
            (
                is_user_pool as fn(&str) -> bool,
                &["us-east-1_AbCdEf123", "us-gov-west-1_a"][..],
                &[
                    "my_thing",
                    "us-east-1_",
                    "us-east-1_a/b",
                    "us-east_a",
                    "us-1_a",
                ][..],
            ),
            (
                is_identity_pool,
                &[&format!("eu-central-1:{uuid}")],
                &[
                    uuid,
                    "eu-central-1:0123",
                    &format!("x:{uuid}"),
                    &format!("eu-central-1:{uuid}0"),
                ],
            ),
            (
                is_made_client,
                &["1example23456789abcdefghij"],
                &["1example", "1Example23456789abcdefghij"],
            ),
            (
                is_client,
                &["demo0000000000000000000001", "a"],
                &["", "a b", "$(id)"],
            ),
            (
                is_cognitos_domain,
                &[
                    "acme.auth.us-east-1.amazoncognito.com",
                    "a.auth-fips.us-gov-west-1.amazoncognito.com",
                ],
                &[
                    "auth.us-east-1.amazoncognito.com",
                    "evil.example.com",
                    "a.auth.us-east-1.amazoncognito.com.evil.example",
                    "cognito-idp.us-east-1.amazonaws.com",
                ],
            ),
            (
                is_host,
                &["auth.example.com"],
                &["localhost", "a..b", "a.b/c", "a.b:1", "-a.b", "a b.c"],
            ),
            (is_scope, &["openid", "api/read"], &["a b", "a\"", "a\u{7}"]),
            (
                is_here,
                &[
                    "http://localhost:8400/callback",
                    "http://[::1]:1",
                    "http://127.0.0.1:65535/",
                ],
                &[
                    "http://localhost/",
                    "http://localhost:0/",
                    "http://localhost:8400@evil.example/",
                    "http://localhost:x/",
                    "https://localhost:1/",
                    "http://localhost:1/\u{1b}",
                ],
            ),
        ] {
            for text in good {
                assert!(is(text), "{text}");
            }
            for text in bad {
                assert!(!is(text), "{text}");
            }
        }
    }
}
