//! The two clocks that a decision may look at, as plain values.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A point on a clock that only moves forward and goes on counting while the machine sleeps.
///
/// Every deadline is a `Moment`, so that neither a wrong wall clock nor a closed lid can move it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Moment(u64);

impl Moment {
    /// The moment that lies so many milliseconds after the clock's start.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// How long ago `earlier` was, or zero when it lies ahead.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// How long it is until `later`, or zero when it has passed.
    pub fn until(self, later: Self) -> Duration {
        later.since(self)
    }
}

impl Add<Duration> for Moment {
    type Output = Self;

    fn add(self, length: Duration) -> Self {
        Self(self.0.saturating_add(millis(length)))
    }
}

impl Sub<Duration> for Moment {
    type Output = Self;

    fn sub(self, length: Duration) -> Self {
        Self(self.0.saturating_sub(millis(length)))
    }
}

/// What a wall clock shows: seconds since 1970 in UTC.
///
/// Its `Display` is the one form that every AWS SDK reads: `YYYY-MM-DDTHH:MM:SSZ`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(type = "number"))]
pub struct UnixTime(i64);

impl UnixTime {
    /// The time that lies so many seconds after the start of 1970.
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs)
    }

    /// Seconds since the start of 1970.
    pub const fn secs(self) -> i64 {
        self.0
    }

    /// Seconds from `other` to this; negative when `other` is later.
    pub const fn secs_after(self, other: Self) -> i64 {
        self.0.saturating_sub(other.0)
    }
}

impl Add<Duration> for UnixTime {
    type Output = Self;

    fn add(self, length: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(length.as_secs()).unwrap_or(i64::MAX)),
        )
    }
}

impl fmt::Display for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = jiff::Timestamp::from_second(self.0.clamp(0, LAST_SECOND)).unwrap_or_default();
        write!(f, "{time}")
    }
}

/// One look at both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// What the steady clock shows: for deadlines.
    pub at: Moment,
    /// What the wall clock shows: for what people and other programs read.
    pub wall: UnixTime,
}

fn millis(length: Duration) -> u64 {
    u64::try_from(length.as_millis()).unwrap_or(u64::MAX)
}

/// The last second of the year 9999.
const LAST_SECOND: i64 = 253_402_207_200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wall_time_is_written_as_every_sdk_reads_it() {
        assert_eq!(
            UnixTime::from_secs(1_767_584_889).to_string(),
            "2026-01-05T03:48:09Z"
        );
        assert_eq!(UnixTime::from_secs(-5).to_string(), "1970-01-01T00:00:00Z");
        assert_eq!(UnixTime::from_secs(i64::MAX).to_string().len(), 20);
    }

    #[test]
    fn moments_saturate() {
        let start = Moment::from_millis(5);
        assert_eq!(start - Duration::from_secs(9), Moment::default());
        assert_eq!(start.since(Moment::from_millis(9)), Duration::ZERO);
        assert_eq!(
            start + Duration::MAX,
            Moment::from_millis(u64::MAX),
            "a life without end stays ahead"
        );
    }
}
