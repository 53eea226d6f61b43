//! How fast: when to renew, how long to wait after a failure, how many calls a second.

use std::time::Duration;

use fastrand::Rng;

use crate::fault::FaultKind;
use crate::time::Moment;

/// How a thing that expires is renewed: its end, and when its renewal is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// When it stops working.
    pub dead: Moment,
    /// When its renewal is due.
    pub renew: Moment,
    /// Its whole life.
    pub life: Duration,
}

impl Span {
    /// AWS keys: due when 20 to 25 minutes remain. botocore and .NET run a helper again on every
    /// call below 15 minutes, so that an answer must have more.
    pub fn of_keys(now: Moment, life: Duration, rng: &mut Rng) -> Self {
        Self::new(now, life, KEYS_LEAD, rng)
    }

    /// An ID token or an access token: due when 10 to 12.5 minutes remain.
    pub fn of_token(now: Moment, life: Duration, rng: &mut Rng) -> Self {
        Self::new(now, life, TOKEN_LEAD, rng)
    }

    fn new(now: Moment, life: Duration, lead: Duration, rng: &mut Rng) -> Self {
        let dead = now + life;
        let lead = lead.min(life / 3);
        Self {
            dead,
            renew: dead - lead - (lead / 4).mul_f64(rng.f64()),
            life,
        }
    }

    /// Whether no renewal is due.
    pub fn is_fresh(&self, now: Moment) -> bool {
        now < self.renew
    }

    /// Whether it can still be used when it cannot be renewed.
    pub fn is_usable(&self, now: Moment) -> bool {
        now.until(self.dead) > self.margin()
    }

    /// How much earlier than its end it counts as over: Go, C++, Terraform and Rust use keys to
    /// the last second.
    pub fn margin(&self) -> Duration {
        MARGIN.min(self.life / 10)
    }
}

/// How long to wait before the next attempt, after so many failures in a row (1 is the first).
pub fn backoff(kind: FaultKind, failures: u32, rng: &mut Rng) -> Duration {
    let (first, longest) = match kind {
        FaultKind::Unreachable => (1, 30),
        // The lost answer may hold a rotated refresh token, and the old one works for a grace of
        // at most a minute: the second attempt follows at once.
        FaultKind::Lost if failures <= 1 => return Duration::ZERO,
        FaultKind::Lost | FaultKind::Service => (1, 120),
        FaultKind::Throttled => (2, 120),
        FaultKind::Misconfigured
        | FaultKind::Unsupported
        | FaultKind::Ended(_)
        | FaultKind::Wrong
        | FaultKind::LockedOut
        | FaultKind::Expired
        | FaultKind::TokenStale
        | FaultKind::IdentityConflict
        | FaultKind::DeviceGone => (30, 900),
    };
    let doubled = 1_u64 << failures.saturating_sub(1).min(16);
    let wait = Duration::from_secs((first * doubled).min(longest));
    wait.mul_f64(0.8 + 0.2 * rng.f64())
}

/// How long to wait before the vault is tried again. It is local, and a person may be unlocking it.
pub fn vault_backoff(failures: u32) -> Duration {
    Duration::from_secs(1 << failures.saturating_sub(1).min(5)).min(Duration::from_secs(30))
}

/// How long to wait before a session that is over here is revoked again. Nobody waits for it, and a
/// network that comes back is told of.
pub fn revocation_backoff(kind: Option<FaultKind>, failures: u32, rng: &mut Rng) -> Duration {
    let first = if kind == Some(FaultKind::Throttled) {
        2
    } else {
        1
    };
    let doubled = 1_u64 << failures.saturating_sub(1).min(16);
    let wait = Duration::from_secs((first * doubled).min(900));
    wait.mul_f64(0.8 + 0.2 * rng.f64())
}

/// How long a tool is made to wait for keys that are being renewed: it must have an answer within
/// 5 s, for older SDKs wait no longer.
pub const PATIENCE: Duration = Duration::from_millis(4200);

/// The same at the container credentials endpoint: SDKs give it one second, and ask again when it
/// says that it is not ready.
pub const ENDPOINT_PATIENCE: Duration = Duration::from_millis(700);

/// How long a sign-in waits for a person.
pub const QUESTION_LIFE: Duration = Duration::from_secs(15 * 60);

/// How long a person waits for an access token, which takes a refresh: an attempt, one more where
/// its answer was lost, and the keychain before and after.
pub const ACCESS_PATIENCE: Duration = Duration::from_secs(30);

/// After an attempt that reached nobody, a tool that asks may cause another one so much later.
pub const RETRY_ON_DEMAND: Duration = Duration::from_secs(2);

/// Between two calls to AWS that nobody waits for: eight a second, far below any quota.
pub const SPACING: Duration = Duration::from_millis(125);

const KEYS_LEAD: Duration = Duration::from_secs(20 * 60);
const TOKEN_LEAD: Duration = Duration::from_secs(10 * 60);
const MARGIN: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn keys_of_an_hour_are_due_with_20_to_25_minutes_left() {
        let mut rng = Rng::with_seed(1);
        let start = Moment::from_millis(1000);
        let mut leads: Vec<Duration> = (0..1000)
            .map(|_| {
                let span = Span::of_keys(start, 60 * MINUTE, &mut rng);
                assert_eq!(span.margin(), MINUTE);
                span.renew.until(span.dead)
            })
            .collect();
        leads.sort();
        assert!(leads[0] >= 20 * MINUTE && leads[999] <= 25 * MINUTE);
        assert!(leads[999] - leads[0] > 4 * MINUTE, "the jitter is used");
    }

    #[test]
    fn short_lives_scale_down() {
        let mut rng = Rng::with_seed(1);
        let span = Span::of_keys(Moment::default(), MINUTE, &mut rng);
        let lead = span.renew.until(span.dead);
        assert!(lead >= Duration::from_secs(20) && lead <= Duration::from_secs(25));
        assert_eq!(span.margin(), Duration::from_secs(6));
        let id = Span::of_token(Moment::default(), 60 * MINUTE, &mut rng);
        let lead = id.renew.until(id.dead);
        assert!(lead >= 10 * MINUTE && lead <= Duration::from_secs(750));
    }

    #[test]
    fn keys_are_usable_down_to_their_margin() {
        let mut rng = Rng::with_seed(1);
        let span = Span::of_keys(Moment::default(), 60 * MINUTE, &mut rng);
        assert!(span.is_usable(Moment::default() + 59 * MINUTE - Duration::from_millis(1)));
        assert!(!span.is_usable(Moment::default() + 59 * MINUTE));
        assert!(span.is_fresh(Moment::default() + 34 * MINUTE));
        assert!(!span.is_fresh(Moment::default() + 41 * MINUTE));
    }

    #[test]
    fn waits_double_up_to_their_longest() {
        let mut rng = Rng::with_seed(1);
        for (kind, failures, least, most) in [
            (FaultKind::Unreachable, 1, 800, 1000),
            (FaultKind::Unreachable, 4, 6400, 8000),
            (FaultKind::Unreachable, 99, 24_000, 30_000),
            (FaultKind::Lost, 1, 0, 0),
            (FaultKind::Lost, 2, 1600, 2000),
            (FaultKind::Service, 1, 800, 1000),
            (FaultKind::Throttled, 1, 1600, 2000),
            (FaultKind::Service, 99, 96_000, 120_000),
            (FaultKind::Misconfigured, 1, 24_000, 30_000),
            (FaultKind::Misconfigured, 99, 720_000, 900_000),
        ] {
            let wait = backoff(kind, failures, &mut rng).as_millis();
            assert!(
                (least..=most).contains(&wait),
                "{kind:?} {failures}: {wait}"
            );
        }
        assert_eq!(vault_backoff(1), Duration::from_secs(1));
        assert_eq!(vault_backoff(3), Duration::from_secs(4));
        assert_eq!(vault_backoff(99), Duration::from_secs(30));
    }
}
