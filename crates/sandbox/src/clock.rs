//! The sandbox's own idea of time, which tests can move.
//!
//! Two readings: [`Clock::now`] is what the server believes, by which tokens and keys age.
//! [`Clock::told`] is what it tells others (the `Date` header, `iat` and `exp`, `Expiration`).
//! They differ only when a test wants a server whose clock disagrees with the client's.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::{Timestamp, tz::TimeZone};

/// A point in time: milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(pub(crate) i64);

/// Where the time comes from, and by how much it is moved.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    source: fn() -> Moment,
    /// Added to the computer's time: the server lives that many seconds later.
    pub(crate) offset_seconds: i64,
    /// Added to every time that is told, on top of the offset.
    pub(crate) skew_seconds: i64,
}

impl Clock {
    /// The computer's clock, unmoved.
    pub(crate) fn system() -> Self {
        Self {
            source: system_time,
            offset_seconds: 0,
            skew_seconds: 0,
        }
    }

    /// What the server believes.
    pub(crate) fn now(&self) -> Moment {
        (self.source)().plus(self.offset_seconds)
    }

    /// What the server says.
    pub(crate) fn told(&self) -> Moment {
        self.now().plus(self.skew_seconds)
    }

    /// A believed moment as it is told.
    pub(crate) fn tell(&self, moment: Moment) -> Moment {
        moment.plus(self.skew_seconds)
    }

    #[cfg(test)]
    pub(crate) fn stopped() -> Self {
        Self {
            source: || Moment(1_767_584_889_000),
            offset_seconds: 0,
            skew_seconds: 0,
        }
    }
}

impl Moment {
    /// Whole seconds since 1970.
    pub(crate) fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// Seconds since 1970 with milliseconds, as cognito-idp writes dates.
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds of this era fit in 53 bits"
    )]
    pub(crate) fn fraction(self) -> f64 {
        self.0 as f64 / 1000.0
    }

    /// That many seconds later.
    pub(crate) fn plus(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1000)))
    }

    /// Parses a format of `strftime`, in UTC.
    pub(crate) fn parse(format: &str, text: &str) -> Option<Self> {
        let time = jiff::fmt::strtime::parse(format, text)
            .ok()?
            .to_datetime()
            .ok()?;
        let zoned = time.to_zoned(TimeZone::UTC).ok()?;
        Some(Self(zoned.timestamp().as_millisecond()))
    }

    /// Formats in UTC, by a format of `strftime`.
    pub(crate) fn format(self, format: &str) -> String {
        let timestamp = Timestamp::from_millisecond(self.0).unwrap_or(Timestamp::UNIX_EPOCH);
        timestamp
            .to_zoned(TimeZone::UTC)
            .strftime(format)
            .to_string()
    }

    /// The form of the `Date` header.
    pub(crate) fn http_date(self) -> String {
        self.format("%a, %d %b %Y %H:%M:%S GMT")
    }
}

/// Whether `TIMESTAMP` of `PASSWORD_VERIFIER` can be read at all, and whether it can be right.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Stamp {
    /// `EEE MMM d HH:mm:ss UTC yyyy` in English, day without padding.
    At(Moment),
    /// Read, but written in another way: the proof over it cannot match.
    Odd,
    /// Not that format.
    Unreadable,
}

/// Reads `TIMESTAMP`.
pub(crate) fn stamp(text: &str) -> Stamp {
    let Some(moment) = Moment::parse("%a %b %d %H:%M:%S UTC %Y", text) else {
        return Stamp::Unreadable;
    };
    if moment.format("%a %b %-d %H:%M:%S UTC %Y") == text {
        Stamp::At(moment)
    } else {
        Stamp::Odd
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one reading of the computer's clock"
)]
fn system_time() -> Moment {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Moment(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_read_strictly() {
        let good = "Mon Jan 5 03:48:09 UTC 2026";
        assert_eq!(stamp(good), Stamp::At(Moment(1_767_584_889_000)));
        assert_eq!(stamp("Mon Jan 05 03:48:09 UTC 2026"), Stamp::Odd);
        for bad in [
            "2026-01-05T03:48:09Z",
            "Mon Jan 5 03:48:09 utc 2026",
            "Mon Jan 5 3:48:09 UTC 2026",
            "Tue Jan 5 03:48:09 UTC 2026",
            "mon Jan 5 03:48:09 UTC 2026",
            "Mon Jan 5 03:48:09 UTC 26",
            "",
        ] {
            assert!(!matches!(stamp(bad), Stamp::At(_)), "{bad}");
        }
    }

    #[test]
    fn timestamps_of_the_vectors() {
        for vector in crate::srp::vectors() {
            if vector["kind"] == "timestamp" {
                let text = vector["expected"]["TIMESTAMP"].as_str().expect("a text");
                let epoch = vector["inputs"]["epoch"].as_i64().expect("a number");
                assert_eq!(stamp(text), Stamp::At(Moment(epoch * 1000)), "{text}");
            }
        }
    }

    #[test]
    fn http_dates() {
        assert_eq!(
            Moment(1_767_584_889_000).http_date(),
            "Mon, 05 Jan 2026 03:48:09 GMT"
        );
    }
}
