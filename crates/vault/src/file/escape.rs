//! File names for logins.

use poolkey_core::name::LoginName;
use sha2::{Digest, Sha256};

/// A file name that belongs to this login alone and stays in its directory.
///
/// Capitals are escaped too, for there are file systems that do not tell them from small letters.
pub(super) fn file_name(login: &LoginName) -> String {
    let mut name = String::from("login-");
    for byte in login.as_str().bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => name.push(char::from(byte)),
            other => name.push_str(&format!("%{other:02x}")),
        }
    }
    if name.len() > LONGEST {
        // Cut short and told apart by a hash; “~” cannot stand in a login's name.
        name.truncate(LONGEST - 65);
        name.push('~');
        for byte in Sha256::digest(login.as_str()) {
            name.push_str(&format!("{byte:02x}"));
        }
    }
    name + ".age"
}

/// File systems take 255 bytes, and a file under way has a longer name.
const LONGEST: usize = 240;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leaves_the_directory() {
        for (login, name) in [
            ("acme", "login-acme.age"),
            ("..", "login-%2e%2e.age"),
            ("../x", "login-%2e%2e%2fx.age"),
            ("/etc", "login-%2fetc.age"),
            ("a%2fb", "login-a%252fb.age"),
            ("Acme", "login-%41cme.age"),
            ("me@corp:1+2", "login-me%40corp%3a1%2b2.age"),
        ] {
            assert_eq!(file_name(&login.parse().unwrap()), name);
        }
    }

    #[test]
    fn long_names_stay_apart() {
        let a: LoginName = "A".repeat(128).parse().unwrap();
        let b: LoginName = format!("{}B", "A".repeat(127)).parse().unwrap();
        assert_ne!(file_name(&a), file_name(&b));
        assert!(file_name(&a).len() <= 244, "{}", file_name(&a).len());
    }
}
