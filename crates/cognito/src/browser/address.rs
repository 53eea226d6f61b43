//! The address that a browser ended on, pasted by a person: from another machine, as a rule, where
//! nothing listens.

use poolkey_core::conversation::Authorization;
use poolkey_core::fault::Fault;
use poolkey_core::secret::Secret;

use crate::conversation::wrong;
use crate::landing::{Callback, NoAnswer, Outcome};

/// Reads what was pasted: the whole address, only what stands after its `?`, or only the code where
/// that cannot be mistaken for something else.
pub(super) fn read(pasted: &Secret, asked: &Authorization) -> Result<Callback, Fault> {
    let text = pasted.expose();
    if text.len() > LONGEST {
        return Err(wrong(
            "That is longer than any address that a browser ends on.",
        ));
    }
    // A terminal may have broken it into lines.
    let text: String = text
        .trim()
        .trim_matches(['"', '\'', '<', '>'])
        .chars()
        .filter(|c| !c.is_whitespace() && !c.is_control())
        .collect();
    if text.is_empty() {
        return Err(wrong("Paste the address that the browser ended on."));
    }
    if text == asked.url || is_before(&text, asked) {
        return Err(wrong(
            "That is the address before signing in: sign in there, then paste the one that the \
             browser ends on.",
        ));
    }
    let Some(query) = query(&text) else {
        return if is_code(&text) {
            Ok(Callback {
                outcome: Outcome::Code(Secret::new(text)),
                iss: None,
            })
        } else {
            Err(wrong(format!(
                "That is not the address that the browser ended on: it begins with {} and has \
                 “code=” in it.",
                asked.redirect_uri
            )))
        };
    };
    Callback::of(query, &asked.state).map_err(|why| {
        wrong(match why {
            NoAnswer::Stateless => {
                "That address has no “state=” in it: paste all of it, to its last letter."
            }
            NoAnswer::Another => {
                "That is the address of another sign-in, an older one perhaps: paste the one of \
                 the page that was opened last."
            }
            NoAnswer::Broken => {
                "That address has no code in it: paste all of it, to its last letter."
            }
        })
    })
}

/// What stands after the first `?`, or all of it where it is a query by itself.
fn query(text: &str) -> Option<&str> {
    let text = text.split('#').next().unwrap_or_default();
    if let Some((_, query)) = text.split_once('?') {
        return Some(query);
    }
    let begins = |name: &str| text.starts_with(name) || text.contains(&format!("&{name}"));
    (!text.contains("://") && (begins("code=") || begins("state=") || begins("error=")))
        .then_some(text)
}

/// Whether it is a page on the way: of the provider's, or the authorization request itself.
fn is_before(text: &str, asked: &Authorization) -> bool {
    let host = |url: &str| {
        let rest = url.split_once("://").map(|(_, rest)| rest)?;
        rest.split(['/', '?', '#']).next().map(str::to_lowercase)
    };
    let there = host(&asked.url);
    there.is_some() && host(text) == there && host(&asked.redirect_uri) != there
}

/// A code by itself: it has no shape of its own, but neither spaces nor the signs of an address,
/// and it is not a word. Cognito's are UUIDs.
fn is_code(text: &str) -> bool {
    text.len() >= SHORTEST_CODE
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-._~/+=".contains(c))
        && text.chars().any(|c| c.is_ascii_digit())
        && !text.starts_with("eyJ")
}

const LONGEST: usize = 8 << 10;

/// Ten random bytes in base 64 are no less.
const SHORTEST_CODE: usize = 16;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn asked() -> Authorization {
        Authorization {
            url: "https://acme.example/oauth2/authorize?client_id=c&state=5ec5".into(),
            redirect_uri: "http://localhost:8400/callback".into(),
            state: Secret::new("5ec5"),
            nonce: Secret::new("n"),
            verifier: Secret::new("v"),
        }
    }

    fn paste(text: &str) -> Result<Callback, String> {
        read(&Secret::new(text), &asked()).map_err(|fault| fault.text)
    }

    const UUID: &str = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";

    #[test]
    fn an_address_is_taken_however_it_was_copied() {
        let code = Ok(Callback {
            outcome: Outcome::Code(Secret::new(UUID)),
            iss: None,
        });
        for text in [
            format!("http://localhost:8400/callback?code={UUID}&state=5ec5"),
            format!("  http://localhost:8400/callback?code={UUID}&state=5ec5\r\n"),
            format!("\"http://localhost:8400/callback?code={UUID}&state=5ec5\""),
            format!("<http://localhost:8400/callback?code={UUID}&state=5ec5>"),
            format!("http://localhost:8400/callback?code={UUID}\n  &state=5ec5"),
            format!("http://localhost:8400/callback?state=5ec5&code={UUID}#"),
            format!("localhost:8400/callback?code={UUID}&state=5ec5"),
            format!("?code={UUID}&state=5ec5"),
            format!("code={UUID}&state=5ec5"),
            format!("state=5ec5&code={UUID}"),
            UUID.to_owned(),
            format!(" {UUID} "),
        ] {
            assert_eq!(paste(&text), code, "{text}");
        }
        let refused = paste("http://localhost:8400/callback?error=access_denied&state=5ec5");
        assert!(matches!(refused.unwrap().outcome, Outcome::Refused { .. }));
    }

    #[test]
    fn what_is_wrong_with_it_is_said() {
        for (text, why) in [
            ("", "Paste the address"),
            (" \n ", "Paste the address"),
            (
                "https://acme.example/oauth2/authorize?client_id=c&state=5ec5",
                "before signing in",
            ),
            (
                "https://acme.example/login?client_id=c&state=5ec5",
                "before signing in",
            ),
            (
                "HTTPS://ACME.EXAMPLE/login?client_id=c",
                "before signing in",
            ),
            (
                "http://localhost:8400/callback?code=a&state=01d",
                "another sign-in",
            ),
            ("http://localhost:8400/callback?code=a", "no “state=”"),
            ("http://localhost:8400/callback?state=5ec5", "no code"),
            ("http://localhost:8400/callback", "not the address"),
            ("code=abc", "no “state=”"),
            ("yes", "not the address"),
            ("correct-horse-battery-staple", "not the address"),
            (
                "eyJhbGciOiJub25lIn0.e30.0123456789abcdef",
                "not the address",
            ),
        ] {
            let told = paste(text).unwrap_err();
            assert!(told.contains(why), "{text}: {told}");
        }
        let long = format!("code={}&state=5ec5", "1".repeat(LONGEST));
        assert!(paste(&long).unwrap_err().contains("longer than"));
    }

    proptest! {
        /// Whatever is pasted, nothing but the right state or a bare code is taken, and the pasted
        /// text is not repeated to anybody.
        #[test]
        fn nothing_is_taken_without_the_state(text in ".{0,200}") {
            match paste(&text) {
                Ok(_) => prop_assert!(
                    text.contains("5ec5") || !text.contains(['?', '&']),
                    "{text}"
                ),
                Err(told) => {
                    let pasted = text.trim();
                    prop_assert!(pasted.len() < 16 || !told.contains(pasted), "{told}");
                }
            }
        }

        #[test]
        fn an_encoded_code_comes_back(code in "[ -~]{1,80}") {
            let query: String = url::form_urlencoded::Serializer::new(String::new())
                .append_pair("code", &code)
                .append_pair("state", "5ec5")
                .finish();
            for text in [query.clone(), format!("http://localhost:8400/callback?{query}")] {
                let read = paste(&text).unwrap();
                prop_assert_eq!(&read.outcome, &Outcome::Code(Secret::new(code.clone())));
            }
        }

        #[test]
        fn another_state_is_never_taken(code in "[a-z0-9]{1,40}", state in "[0-9a-f]{1,32}") {
            prop_assume!(state != "5ec5");
            let text = format!("http://localhost:8400/callback?code={code}&state={state}");
            prop_assert!(paste(&text).unwrap_err().contains("another sign-in"));
        }
    }
}
