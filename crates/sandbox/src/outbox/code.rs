//! Codes that were sent, and what becomes of those that are typed.

use super::Medium;
use crate::{clock::Moment, random, srp::same, wire::Failure};

/// A code that was sent.
#[derive(Clone, Debug)]
pub(crate) struct Code {
    pub(super) text: String,
    pub(crate) until: Moment,
    /// Where it went.
    pub(crate) medium: Medium,
    misses: u32,
}

/// Why a code is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Miss {
    Wrong,
    Expired,
    /// Wrong too often: the code is dead.
    TooMany,
}

impl Code {
    const MISSES: u32 = 5;

    /// A code that nobody can know yet.
    pub(crate) fn new(medium: Medium, until: Moment) -> Self {
        Self {
            text: random::text(random::DIGITS, 6),
            until,
            medium,
            misses: 0,
        }
    }

    /// Compares what a user typed. After too many wrong ones the right one does not help either.
    pub(crate) fn check(&mut self, given: &str, now: Moment) -> Result<(), Miss> {
        if self.misses >= Self::MISSES {
            return Err(Miss::TooMany);
        }
        if now >= self.until {
            return Err(Miss::Expired);
        }
        if !same(self.text.as_bytes(), given.as_bytes()) {
            self.misses += 1;
            return Err(Miss::Wrong);
        }
        Ok(())
    }
}

impl From<Miss> for Failure {
    fn from(miss: Miss) -> Self {
        match miss {
            Miss::Wrong => Self::new(
                "CodeMismatchException",
                "Invalid verification code provided, please try again.",
            ),
            Miss::Expired => expired_code(),
            Miss::TooMany => attempt_limit(),
        }
    }
}

/// `ExpiredCodeException`, also where there never was a code.
pub(crate) fn expired_code() -> Failure {
    Failure::new(
        "ExpiredCodeException",
        "Invalid code provided, please request a code again.",
    )
}

/// `LimitExceededException`
pub(crate) fn attempt_limit() -> Failure {
    Failure::new(
        "LimitExceededException",
        "Attempt limit exceeded, please try after some time.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_checked() {
        let start = Moment(0);
        let mut code = Code::new(Medium::Email, start.plus(60));
        let right = code.text.clone();
        assert_eq!(code.check("", start), Err(Miss::Wrong));
        assert_eq!(code.check(&right, start), Ok(()));
        assert_eq!(code.check(&right, start.plus(60)), Err(Miss::Expired));
        for _ in 1..Code::MISSES {
            assert_eq!(code.check("x", start), Err(Miss::Wrong));
        }
        assert_eq!(code.check(&right, start), Err(Miss::TooMany));
    }
}
