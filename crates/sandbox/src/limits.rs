//! How often a user may try something in an hour.

use std::collections::{BTreeMap, VecDeque};

use crate::{clock::Moment, outbox::attempt_limit, wire::Failure};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Limited {
    ConfirmSignUp,
    Resend,
    ForgotPassword,
    ConfirmForgotPassword,
    ChangePassword,
    AttributeCode,
    VerifyAttribute,
}

/// The attempts of one user in the last hour.
#[derive(Clone, Debug, Default)]
pub(crate) struct Limits(BTreeMap<Limited, VecDeque<Moment>>);

impl Limited {
    /// AWS's own numbers; where it names a range, the least.
    fn an_hour(self) -> usize {
        match self {
            Self::ConfirmSignUp | Self::VerifyAttribute => 15,
            Self::Resend
            | Self::ForgotPassword
            | Self::ConfirmForgotPassword
            | Self::ChangePassword
            | Self::AttributeCode => 5,
        }
    }
}

impl Limits {
    /// Counts an attempt, or refuses it.
    pub(crate) fn attempt(&mut self, what: Limited, now: Moment) -> Result<(), Failure> {
        let times = self.0.entry(what).or_default();
        times.retain(|time| now < time.plus(3600) && *time <= now);
        if times.len() >= what.an_hour() {
            return Err(attempt_limit());
        }
        times.push_back(now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_forgives() {
        let (mut limits, start) = (Limits::default(), Moment(0));
        for second in 0..5 {
            assert!(limits.attempt(Limited::Resend, start.plus(second)).is_ok());
        }
        let refused = limits.attempt(Limited::Resend, start.plus(3599));
        assert!(refused.is_err_and(|failure| failure.code == "LimitExceededException"));
        assert!(
            limits
                .attempt(Limited::ChangePassword, start.plus(3599))
                .is_ok()
        );
        assert!(limits.attempt(Limited::Resend, start.plus(3600)).is_ok());
        assert!(limits.attempt(Limited::Resend, start.plus(3600)).is_err());
    }
}
