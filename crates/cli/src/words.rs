//! Times, lengths and factors as people say them, and what others wrote as a terminal may show it.

use poolkey_core::conversation::Factor;
use poolkey_core::time::UnixTime;

/// What the wall clock shows.
#[expect(
    clippy::disallowed_methods,
    reason = "the command line's one look at the clock"
)]
pub(crate) fn now() -> UnixTime {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let secs = since.map_or(0, |since| since.as_secs());
    UnixTime::from_secs(i64::try_from(secs).unwrap_or(i64::MAX))
}

/// How long until then: `42 min`.
pub(crate) fn until(then: UnixTime, now: UnixTime) -> String {
    length(then.secs_after(now))
}

/// How long since then: `3 h 5 min`.
pub(crate) fn since(then: UnixTime, now: UnixTime) -> String {
    length(now.secs_after(then))
}

/// A text from outside, on one line: a terminal obeys controls, and a mark of direction turns what
/// stands around it.
pub(crate) fn clean(text: &str) -> String {
    text.replace(
        |c: char| c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'),
        " ",
    )
}

/// What a way is called.
pub(crate) const fn factor(factor: Factor) -> &'static str {
    match factor {
        Factor::Password => "password",
        Factor::Email => "code by e-mail",
        Factor::Sms => "code by SMS",
        Factor::App => "authenticator app",
        Factor::Passkey => "passkey",
    }
}

/// A text with its first letter in upper case.
pub(crate) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(chars).collect()
}

fn length(secs: i64) -> String {
    let (minutes, hours, days) = (secs / 60, secs / 3600, secs / 86400);
    match secs {
        ..=0 => "0 s".into(),
        1..=119 => format!("{secs} s"),
        120..=7199 => format!("{minutes} min"),
        7200..=172_799 if minutes % 60 == 0 => format!("{hours} h"),
        7200..=172_799 => format!("{hours} h {} min", minutes % 60),
        172_800.. => format!("{days} days"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_from_outside_does_not_steer_the_terminal() {
        assert_eq!(
            clean("a\u{1b}[2Jb\r\nc\u{9b}d\u{202e}e ü"),
            "a [2Jb  c d e ü"
        );
    }

    #[test]
    fn lengths_as_people_say_them() {
        for (secs, said) in [
            (-5, "0 s"),
            (0, "0 s"),
            (59, "59 s"),
            (119, "119 s"),
            (120, "2 min"),
            (3599, "59 min"),
            (7200, "2 h"),
            (7260, "2 h 1 min"),
            (172_799, "47 h 59 min"),
            (172_800, "2 days"),
        ] {
            assert_eq!(length(secs), said);
        }
    }
}
