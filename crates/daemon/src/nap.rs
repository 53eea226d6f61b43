//! Naps that count the machine's own sleep, and wake the process once each.
//!
//! tokio's timers stand still while the machine sleeps. They also wake the process up to three
//! times for one long nap, because its timer wheel looks ahead in ever finer steps.

use std::time::Duration;

/// What naps are taken with.
pub(crate) struct Napper {
    #[cfg(target_os = "linux")]
    timer: Option<boottime::Timer>,
}

impl Napper {
    pub(crate) fn new() -> Self {
        Self {
            #[cfg(target_os = "linux")]
            timer: boottime::Timer::new()
                .inspect_err(|error| tracing::debug!("no timer of the kernel's: {error}"))
                .ok(),
        }
    }

    /// Comes back after so long.
    pub(crate) async fn nap(&self, length: Duration) {
        #[cfg(target_os = "linux")]
        if let Some(timer) = &self.timer
            && timer.run(length).await.is_ok()
        {
            return;
        }
        tokio::time::sleep(length).await;
    }
}

/// `timerfd_create(2)` on `CLOCK_BOOTTIME`: a nap that ends while the machine sleeps is over the
/// moment that it wakes.
#[cfg(target_os = "linux")]
mod boottime {
    use std::io;
    use std::os::fd::OwnedFd;
    use std::time::Duration;

    use rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
        timerfd_settime,
    };
    use tokio::io::Interest;
    use tokio::io::unix::AsyncFd;

    pub(super) struct Timer(AsyncFd<OwnedFd>);

    impl Timer {
        #[expect(
            deprecated,
            reason = "its successor is unsafe because a type may lie about its descriptor; `OwnedFd` does not"
        )]
        pub(super) fn new() -> io::Result<Self> {
            let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
            let timer = timerfd_create(TimerfdClockId::Boottime, flags)?;
            Ok(Self(AsyncFd::with_interest(timer, Interest::READABLE)?))
        }

        pub(super) async fn run(&self, length: Duration) -> io::Result<()> {
            let zero = Timespec::default();
            // All zero would stop the timer.
            let it_value = Timespec::try_from(length.max(Duration::from_nanos(1)))
                .map_err(io::Error::other)?;
            let once = Itimerspec {
                it_interval: zero,
                it_value,
            };
            timerfd_settime(&self.0, TimerfdTimerFlags::empty(), &once)?;
            let mut expirations = [0; 8];
            self.0
                .async_io(Interest::READABLE, |timer| {
                    Ok(rustix::io::read(timer, &mut expirations)?)
                })
                .await
                .map(drop)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    #[tokio::test]
    async fn a_nap_is_as_long_as_it_was_meant_to_be_and_can_be_broken_off() {
        let napper = Napper::new();
        let start = clock::now().at;
        let broken_off = tokio::time::timeout(
            Duration::from_millis(5),
            napper.nap(Duration::from_millis(20)),
        );
        assert!(broken_off.await.is_err());
        napper.nap(Duration::ZERO).await;
        napper.nap(Duration::from_millis(100)).await;
        let took = clock::now().at.since(start);
        assert!(took >= Duration::from_millis(100), "{took:?}");
        assert!(took < Duration::from_secs(5), "{took:?}");
    }
}
