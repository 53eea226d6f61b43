//! Strangers at the door that the browser comes back to: raw bytes, well-formed or not.

pub(crate) use poolkey_tests::loopback::{connect, is_open, say};

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
