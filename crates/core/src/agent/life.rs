//! How long sessions live: no answer of a provider tells it, but their ends do.

use std::time::Duration;

use crate::agent::login::Login;
use crate::agent::view::wall;
use crate::failure::Ended;
use crate::fault::Life;
use crate::time::{Moment, Now, UnixTime};

/// When a provider gave what it gave, by the local clock, which is `ahead` of it. The question and
/// the answer may both have been slept on.
pub(super) fn dated(life: Life, ahead: Option<i64>, begun: Moment, now: Now) -> UnixTime {
    let earliest = wall(begun, now);
    let told = life.server.map(|server| {
        let secs = server.secs().saturating_add(ahead.unwrap_or_default());
        UnixTime::from_secs(secs)
    });
    told.map_or(earliest, |told| told.max(earliest).min(now.wall))
}

impl Login {
    /// When the session ends whatever is done, and whether that is only what an earlier one showed.
    pub(super) fn session_ends(&self) -> Option<(UnixTime, Source)> {
        let signed_in = self.session()?.stored.signed_in;
        let configured = self.spec.session_life().map(|life| (life, Source::Told));
        let learnt = self.learnt_life.map(|life| (life, Source::Learnt));
        // Cognito's rotation gives a new token the rest of the old one's life.
        configured
            .or(learnt)
            .map(|(life, source)| (signed_in + life, source))
    }

    /// The session is over. Where it was alive shortly before, it lived as long as sessions do.
    pub(super) fn learn_life(&mut self, ended: Ended, now: Now) {
        let Some(session) = self.session().filter(|_| ended == Ended::Expired) else {
            return;
        };
        let signed_in = session.stored.signed_in;
        let since = |when: UnixTime| u64::try_from(when.secs_after(signed_in)).ok();
        let Some(lower) = session.seen_alive.and_then(since) else {
            return;
        };
        let learnt = since(now.wall).and_then(|upper| life_between(lower, upper));
        if learnt.is_some() {
            self.learnt_life = learnt;
        }
    }

    /// The session was renewed then: it was seen to live, and perhaps longer than others did.
    pub(super) fn outlive(&mut self, when: UnixTime) {
        let learnt = self.learnt_life;
        let Some(session) = self.session_mut() else {
            return;
        };
        session.seen_alive = Some(when);
        let age = when.secs_after(session.stored.signed_in);
        let outlived = learnt.is_some_and(|life| age > life.as_secs().cast_signed() + SLACK);
        if outlived {
            session.unsaved.notes = true;
            self.learnt_life = None;
        }
    }
}

/// Where it is known from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Told,
    Learnt,
}

/// The life of a session that was alive at the age `lower` and over at `upper`, in seconds: what
/// somebody would have written down, where that lies between.
fn life_between(lower: u64, upper: u64) -> Option<Duration> {
    let gap = upper.checked_sub(lower)?;
    if upper < SHORTEST || gap * 20 > upper {
        return None;
    }
    let round = [24 * 3600, 3600, 60].into_iter().find_map(|unit| {
        let whole = upper / unit * unit;
        (whole > lower).then_some(whole)
    });
    Some(Duration::from_secs(round.unwrap_or(upper)))
}

/// Clocks are seldom exact, in seconds.
const SLACK: i64 = 60;

/// What lives shorter is seen to end soon enough, in seconds.
const SHORTEST: u64 = 15 * 60;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_is_the_roundest_between_two_sights() {
        const HOUR: u64 = 3600;
        const DAY: u64 = 24 * HOUR;
        for (lower, upper, life) in [
            (30 * DAY - 2000, 30 * DAY + 900, Some(30 * DAY)),
            (30 * DAY - 2000, 30 * DAY, Some(30 * DAY)),
            (12 * HOUR - 1000, 12 * HOUR + 900, Some(12 * HOUR)),
            (90 * 60 - 100, 90 * 60 + 30, Some(90 * 60)),
            (3661, 3671, Some(3671)),
            // It was too long ago that it was seen alive.
            (20 * DAY, 30 * DAY, None),
            (HOUR, 2 * HOUR, None),
            (HOUR, HOUR - 1, None),
            (590, 600, None),
        ] {
            assert_eq!(life_between(lower, upper).map(|life| life.as_secs()), life);
        }
    }
}
