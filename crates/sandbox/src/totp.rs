//! Codes of authenticator apps: RFC 6238 with SHA-1, six digits, 30 seconds.

use totp_rs::{Builder, Secret, Totp};

use crate::clock::Moment;

/// The key that an authenticator app shares with the pool.
pub(crate) struct Key(Totp);

/// What becomes of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Right, and this is its step: neither it nor an older one is to be accepted again.
    Right(u64),
    /// It would be right, had it or a later one not been used already.
    Used,
    Wrong,
}

impl Key {
    /// One step either way is forgiven, for clocks that differ and people who type slowly.
    const DRIFT: u16 = 1;

    /// Reads a key in BASE32, as AWS gives it out. Spaces and small letters are what people make
    /// of it.
    pub(crate) fn read(base32: &str) -> Option<Self> {
        let text: String = base32.split_whitespace().collect();
        let text = text.trim_end_matches('=').to_ascii_uppercase();
        let secret = Secret::try_from_base32(text).ok()?;
        if secret.as_bytes().is_empty() {
            return None;
        }
        let totp = Builder::new()
            .with_secret(secret)
            .with_skew(Self::DRIFT)
            .build_noncompliant();
        Some(Self(totp))
    }

    /// The code of a moment.
    pub(crate) fn code(&self, now: Moment) -> String {
        self.0.generate(seconds(now)).to_string()
    }

    /// Judges a code, where that of the step `used` was the last to be accepted.
    pub(crate) fn judge(&self, code: &str, used: Option<u64>, now: Moment) -> Verdict {
        match self.0.check(code, seconds(now)) {
            None => Verdict::Wrong,
            Some(step) if used.is_some_and(|used| step <= used) => Verdict::Used,
            Some(step) => Verdict::Right(step),
        }
    }
}

fn seconds(now: Moment) -> u64 {
    u64::try_from(now.seconds()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key of RFC 6238's table, in BASE32.
    const RFC: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    #[test]
    fn codes_of_the_rfc() {
        let key = Key::read(RFC).expect("a key");
        // The last six of the eight digits in appendix B.
        for (time, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(key.code(Moment(time * 1000)), code, "{time}");
        }
    }

    #[test]
    fn one_step_of_drift() {
        let key = Key::read(RFC).expect("a key");
        let now = Moment(1_234_567_890_000);
        for (seconds, right) in [
            (-60, false),
            (-30, true),
            (0, true),
            (30, true),
            (60, false),
        ] {
            let verdict = key.judge(&key.code(now.plus(seconds)), None, now);
            assert_eq!(matches!(verdict, Verdict::Right(_)), right, "{seconds}");
        }
    }

    #[test]
    fn a_code_is_accepted_once() {
        let key = Key::read(RFC).expect("a key");
        let now = Moment(1_234_567_890_000);
        let Verdict::Right(step) = key.judge(&key.code(now), None, now) else {
            panic!("the right code");
        };
        assert_eq!(key.judge(&key.code(now), Some(step), now), Verdict::Used);
        let older = key.code(now.plus(-30));
        assert_eq!(key.judge(&older, Some(step), now), Verdict::Used);
        let later = now.plus(30);
        let next = key.judge(&key.code(later), Some(step), later);
        assert_eq!(next, Verdict::Right(step + 1));
    }

    #[test]
    fn what_is_no_code() {
        let key = Key::read(RFC).expect("a key");
        let now = Moment(1_234_567_890_000);
        for bad in [
            "", "5924", "05924", "0005924", "+05924", "00 5924", "00592é",
        ] {
            assert_eq!(key.judge(bad, None, now), Verdict::Wrong, "{bad}");
        }
    }

    #[test]
    fn what_is_no_key() {
        for bad in ["", " ", "=", "0189", "GEZD!"] {
            assert!(Key::read(bad).is_none(), "{bad}");
        }
        let typed = Key::read("gezd gnbv gy3t qojq gezd gnbv gy3t qojq").expect("a key");
        assert_eq!(typed.code(Moment(59_000)), "287082");
    }
}
