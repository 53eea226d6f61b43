//! The one place where Poolkey reads a clock.

use std::time::{Duration, SystemTime};

use poolkey_core::time::{Moment, Now, UnixTime};

/// Reads the steady clock, which counts sleep, and the wall clock.
pub(crate) fn now() -> Now {
    Now {
        at: Moment::from_millis(u64::try_from(steady().as_millis()).unwrap_or(u64::MAX)),
        wall: wall(),
    }
}

/// Reads the wall clock.
#[expect(clippy::disallowed_methods, reason = "this is the one reading")]
pub(crate) fn wall() -> UnixTime {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    UnixTime::from_secs(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn steady() -> Duration {
    of(rustix::time::clock_gettime(rustix::time::ClockId::Boottime))
}

/// Darwin's `CLOCK_MONOTONIC` counts sleep; its `CLOCK_UPTIME_RAW`, which `Instant` uses, does not.
#[cfg(target_vendor = "apple")]
fn steady() -> Duration {
    of(rustix::time::clock_gettime(
        rustix::time::ClockId::Monotonic,
    ))
}

/// The performance counter of Windows counts sleep.
#[cfg(windows)]
#[expect(clippy::disallowed_methods, reason = "this is the one reading")]
fn steady() -> Duration {
    use std::sync::LazyLock;
    use std::time::Instant;
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed()
}

#[cfg(unix)]
fn of(time: rustix::time::Timespec) -> Duration {
    Duration::new(
        u64::try_from(time.tv_sec).unwrap_or_default(),
        u32::try_from(time.tv_nsec).unwrap_or_default(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_clocks_run() {
        let before = now();
        std::thread::sleep(Duration::from_millis(5));
        let after = now();
        assert!(after.at.since(before.at) >= Duration::from_millis(4));
        assert!(after.wall >= before.wall);
        assert!(after.wall.secs() > 1_700_000_000);
    }
}
