//! How long a client waits.

use std::time::{Duration, Instant};

/// A moment after which a client no longer waits. It stands still while the machine sleeps, so
/// that closing the lid does not make a daemon look slow.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    at: Instant,
    patience: Duration,
}

impl Deadline {
    #[expect(
        clippy::disallowed_methods,
        reason = "a client's patience is not a decision of the core"
    )]
    pub(crate) fn after(patience: Duration) -> Self {
        Self {
            at: Instant::now() + patience,
            patience,
        }
    }

    /// The time that is left, or `None` when it has passed.
    #[expect(
        clippy::disallowed_methods,
        reason = "a client's patience is not a decision of the core"
    )]
    pub(crate) fn left(&self) -> Option<Duration> {
        let left = self.at.saturating_duration_since(Instant::now());
        (!left.is_zero()).then_some(left)
    }

    /// A deadline that comes after `patience`, but not after this one.
    pub(crate) fn within(&self, patience: Duration) -> Self {
        let sooner = Self::after(patience);
        if sooner.at < self.at { sooner } else { *self }
    }

    /// How long the client was willing to wait.
    pub(crate) fn patience(&self) -> Duration {
        self.patience
    }
}
