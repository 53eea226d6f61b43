//! The person's own browser. It is sent nowhere but to addresses that the daemon gave, and to none
//! that another program on this machine would open.

use poolkey_core::failure::{Code, Failure};
use tauri::Url;
use webbrowser::{Browser, BrowserOptions};

/// Sends the browser to an address.
pub(crate) fn open(address: &str) -> Result<(), Failure> {
    check(address)?;
    // What a browser says is nothing for whoever started the windows.
    let quiet = BrowserOptions::new().with_suppress_output(true).clone();
    webbrowser::open_browser_with_options(Browser::Default, address, &quiet).map_err(|error| {
        Failure {
            code: Code::Other,
            sentence: format!("No browser opens: {error}."),
            remedy: "Copy the link, and open it in a browser.".into(),
        }
    })
}

/// Refuses what the browser is not sent to.
pub(crate) fn check(address: &str) -> Result<(), Failure> {
    if is_fit(address) {
        return Ok(());
    }
    Err(Failure {
        code: Code::Misconfigured,
        sentence: "The browser is sent to https:// addresses alone, and to this machine.".into(),
        remedy: "Check the domain or issuer of the login.".into(),
    })
}

/// Whether it is `https`, or `http` to this machine, and hides nobody's password.
fn is_fit(address: &str) -> bool {
    let Ok(url) = Url::parse(address) else {
        return false;
    };
    let Some(host) = url.host_str() else {
        return false;
    };
    let here = ["localhost", "127.0.0.1", "[::1]"].contains(&host);
    let plain = url.username().is_empty() && url.password().is_none();
    let clean = !address.chars().any(|c| c.is_control() || c.is_whitespace());
    plain && clean && (url.scheme() == "https" || (url.scheme() == "http" && here))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_addresses_are_opened() {
        for good in [
            "https://acme.auth.us-east-1.amazoncognito.com/oauth2/authorize?state=00",
            "https://idp.example:8443/",
            "http://127.0.0.1:4599/oauth2/authorize",
            "http://localhost:4599/logout",
            "http://[::1]:1/",
        ] {
            assert!(is_fit(good), "{good}");
        }
        for bad in [
            "",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "ssh://host",
            "http://idp.example/",
            "http://127.0.0.1.idp.example/",
            "http://localhost@idp.example/",
            "https://user:password@idp.example/",
            "https://idp.example/\n--flag",
            " https://idp.example/",
            "-https://idp.example/",
        ] {
            assert!(!is_fit(bad), "{bad}");
            assert!(open(bad).is_err(), "{bad}");
        }
    }
}
