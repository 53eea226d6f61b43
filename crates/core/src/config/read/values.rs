//! What a value looks like: lengths of time, endpoints, addresses that a browser comes back to.

use std::path::PathBuf;
use std::time::Duration;

use toml::Spanned;

use super::At;
use crate::config::ConfigError;
use crate::config::ids::is_loopback;
use crate::secret::Secret;

/// Reads `90s`, `30m`, `12h` or `7d`.
///
/// # Errors
///
/// What it should look like.
pub fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "a length of time looks like \"90s\", \"30m\", \"12h\" or \"7d\"".to_owned();
    let (number, unit) = text
        .split_at_checked(text.len().saturating_sub(1))
        .ok_or_else(wrong)?;
    let number: u32 = number.parse().map_err(|_| wrong())?;
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86400,
        _ => return Err(wrong()),
    };
    Ok(Duration::from_secs(u64::from(number) * unit))
}

/// A length of time between these two.
pub(super) fn duration_within(
    given: Option<&Spanned<String>>,
    shortest: Duration,
    longest: Duration,
    told: &str,
    at: At<'_>,
) -> Result<Option<Duration>, ConfigError> {
    let Some(given) = given else { return Ok(None) };
    let length = duration(given.get_ref()).map_err(|told| at(given.span(), told))?;
    if (shortest..=longest).contains(&length) {
        Ok(Some(length))
    } else {
        Err(at(given.span(), told.to_owned()))
    }
}

/// Tokens and passwords go to an endpoint, so it is `https`, or `http` to this very machine.
pub(super) fn endpoint(
    key: &str,
    given: Option<Spanned<String>>,
    at: At<'_>,
) -> Result<Option<String>, ConfigError> {
    let Some(given) = given else { return Ok(None) };
    if is_secure(given.get_ref()) {
        Ok(Some(given.into_inner()))
    } else {
        Err(at(
            given.span(),
            format!("{key} is an https:// URL, or http:// to 127.0.0.1, [::1] or localhost"),
        ))
    }
}

/// The domain of managed login, as the beginning of its URLs.
pub(super) fn domain(given: &Spanned<String>, at: At<'_>) -> Result<String, ConfigError> {
    let text = given.get_ref().trim_end_matches('/');
    let url = if text.contains("://") {
        text.to_owned()
    } else {
        format!("https://{text}")
    };
    let bare = url
        .split_once("://")
        .is_some_and(|(_, host)| !host.is_empty() && !host.contains(['/', '?', '#']));
    if bare && is_secure(&url) {
        Ok(url)
    } else {
        Err(at(
            given.span(),
            "domain looks like \"acme.auth.us-east-1.amazoncognito.com\", without a path".into(),
        ))
    }
}

/// An issuer, exact to the character: some end with a slash.
pub(super) fn issuer(given: &Spanned<String>, at: At<'_>) -> Result<String, ConfigError> {
    let url = given.get_ref();
    if is_secure(url) && !url.contains(['?', '#']) && url.len() <= 512 {
        Ok(url.clone())
    } else {
        Err(at(
            given.span(),
            "issuer looks like \"https://accounts.google.com\", as the provider's tokens have it in “iss”"
                .into(),
        ))
    }
}

/// Whether a URL of this machine can name any port.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Port {
    /// Cognito compares it to the character.
    Exact,
    /// RFC 8252 §7.3: whatever port is free.
    Any,
}

/// Where a browser comes back to: an address that can be listened on.
pub(super) fn redirect_uri(
    given: &Spanned<String>,
    port: Port,
    at: At<'_>,
) -> Result<String, ConfigError> {
    let url = given.get_ref();
    let refused = |told: &str| at(given.span(), told.to_owned());
    let shape = "a redirect URI looks like \"http://localhost:8400/callback\": \
                 this machine, a port, a path";
    let rest = url.strip_prefix("http://").ok_or_else(|| refused(shape))?;
    let clean = url.len() <= 1024 && url.chars().all(|c| c.is_ascii_graphic());
    if !clean || url.contains(['?', '#', '@', '"', '<', '>', '\\', '`', '{', '}', '|', '^']) {
        return Err(refused(shape));
    }
    let authority = rest.split('/').next().unwrap_or_default();
    let number = ["localhost", "127.0.0.1", "[::1]"]
        .iter()
        .find_map(|host| authority.strip_prefix(host))
        .ok_or_else(|| refused(shape))?;
    let listens = match number.strip_prefix(':') {
        Some(number) => {
            !number.starts_with('0') && number.parse::<u16>().is_ok_and(|number| number > 0)
        }
        None => number.is_empty() && port == Port::Any,
    };
    if listens {
        Ok(url.clone())
    } else {
        Err(refused(shape))
    }
}

/// Whether all is secret on the way there.
fn is_secure(url: &str) -> bool {
    let clean = !url
        .chars()
        .any(|c| c.is_control() || c.is_whitespace() || c == '@');
    let secure = url
        .strip_prefix("https://")
        .is_some_and(|rest| !rest.is_empty());
    let local = url.strip_prefix("http://").is_some_and(is_loopback);
    clean && (secure || local)
}

/// A proxy, with whatever it wants to know of its user.
pub(super) fn proxy(given: Spanned<Secret>, at: At<'_>) -> Result<Secret, ConfigError> {
    let url = given.get_ref().expose();
    let host = url
        .strip_prefix("http://")
        .or_else(|| url.strip_prefix("https://"))
        .map(|rest| rest.rsplit('@').next().unwrap_or_default())
        .map(|rest| rest.trim_end_matches('/'));
    let clean = url.chars().all(|c| c.is_ascii_graphic());
    if clean && host.is_some_and(|host| !host.is_empty() && !host.contains(['/', '?', '#'])) {
        Ok(given.into_inner())
    } else {
        let told = "proxy looks like \"http://proxy.example.com:3128\"";
        Err(at(given.span(), told.into()))
    }
}

/// What is reached without a proxy.
pub(super) fn no_proxy(
    given: Option<Spanned<Vec<Spanned<String>>>>,
    at: At<'_>,
) -> Result<Vec<String>, ConfigError> {
    let Some(given) = given else {
        return Ok(Vec::new());
    };
    for host in given.get_ref() {
        let text = host.get_ref();
        let clean = text.chars().all(|c| c.is_ascii_graphic() && c != ',');
        if text.is_empty() || text.len() > 256 || !clean || text.contains("://") {
            let told = "no_proxy has host names such as \"intranet.example.com\", domains such as \
                        \".example.com\", and addresses";
            return Err(at(host.span(), told.into()));
        }
    }
    Ok(given
        .into_inner()
        .into_iter()
        .map(Spanned::into_inner)
        .collect())
}

/// A file, wherever the daemon was started.
pub(super) fn path(
    key: &str,
    given: Option<Spanned<String>>,
    at: At<'_>,
) -> Result<Option<PathBuf>, ConfigError> {
    let Some(given) = given else { return Ok(None) };
    let path = PathBuf::from(given.get_ref());
    if path.is_absolute() && !given.get_ref().contains('\0') {
        Ok(Some(path))
    } else {
        let told = format!("{key} is an absolute path: no ~ or $VARIABLE is read");
        Err(at(given.span(), told))
    }
}
