//! What the browser brings back, and whether it belongs to the question that was asked.

use poolkey_core::secret::Secret;
use url::form_urlencoded;

/// The answer of an authorization endpoint (RFC 6749 §4.1.2), whose `state` was the right one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Callback {
    pub(crate) outcome: Outcome,
    /// Who says to have answered (RFC 9207).
    pub(crate) iss: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// `code`
    Code(Secret),
    /// `error`
    Refused {
        error: String,
        description: Option<String>,
    },
}

/// Why a query is no answer to what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// There is no `state` in it.
    Stateless,
    /// Its `state` is another one.
    Another,
    /// It has neither a code nor an error, or a parameter twice.
    Broken,
}

impl Callback {
    /// Reads a query.
    pub(crate) fn of(query: &str, state: &Secret) -> Result<Self, NoAnswer> {
        let mut given = Given::default();
        let mut broken = false;
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let place = match &*name {
                "state" => &mut given.state,
                "code" => &mut given.code,
                "error" => &mut given.error,
                "error_description" => &mut given.description,
                "iss" => &mut given.iss,
                _ => continue,
            };
            broken |= place.is_some();
            *place = Some(value.into_owned());
        }
        let Some(shown) = given.state.filter(|shown| !shown.is_empty()) else {
            return Err(NoAnswer::Stateless);
        };
        // Compares in time that does not depend on how much of it is right.
        if Secret::new(shown) != *state {
            return Err(NoAnswer::Another);
        }
        let filled = |value: Option<String>| value.filter(|text| !text.is_empty());
        let outcome = match (filled(given.code), filled(given.error)) {
            (Some(code), None) if !broken => Outcome::Code(Secret::new(code)),
            (None, Some(error)) if !broken => Outcome::Refused {
                error,
                description: filled(given.description),
            },
            (Some(_) | None, Some(_) | None) => return Err(NoAnswer::Broken),
        };
        Ok(Self {
            outcome,
            iss: filled(given.iss),
        })
    }
}

#[derive(Default)]
struct Given {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
    description: Option<String>,
    iss: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<Callback, NoAnswer> {
        Callback::of(query, &Secret::new("5ec5"))
    }

    #[test]
    fn an_answer_is_ours_by_its_state() {
        let code = |code: &str, iss: Option<&str>| Callback {
            outcome: Outcome::Code(Secret::new(code)),
            iss: iss.map(str::to_owned),
        };
        assert_eq!(read("code=a%2Bb+c&state=5ec5"), Ok(code("a+b c", None)));
        assert_eq!(
            read("state=5ec5&x=y&iss=https%3A%2F%2Fi.example&code=a"),
            Ok(code("a", Some("https://i.example")))
        );
        assert_eq!(
            read("error=access_denied&error_description=No+thanks&state=5ec5"),
            Ok(Callback {
                outcome: Outcome::Refused {
                    error: "access_denied".into(),
                    description: Some("No thanks".into())
                },
                iss: None
            })
        );
        for (query, why) in [
            ("", NoAnswer::Stateless),
            ("code=a", NoAnswer::Stateless),
            ("code=a&state=", NoAnswer::Stateless),
            ("code=a&state=5ec6", NoAnswer::Another),
            ("code=a&state=5ec", NoAnswer::Another),
            ("code=a&state=5EC5", NoAnswer::Another),
            ("code=a&state=5ec5&state=5ec6", NoAnswer::Another),
            ("code=a&state=5ec6&state=5ec5", NoAnswer::Broken),
            ("code=a&code=b&state=5ec5", NoAnswer::Broken),
            ("code=a&error=b&state=5ec5", NoAnswer::Broken),
            ("code=&state=5ec5", NoAnswer::Broken),
            ("state=5ec5", NoAnswer::Broken),
        ] {
            assert_eq!(read(query), Err(why), "{query}");
        }
    }
}
