//! What goes wrong outside, and since when it goes right.

use fastrand::Rng;
use poolkey_core::fault::FaultKind;

pub const SECOND: u64 = 1000;
pub const MINUTE: u64 = 60 * SECOND;
pub const HOUR: u64 = 60 * MINUTE;

/// How calls to Amazon fare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sky {
    Clear,
    /// Some calls fail in any way that calls can fail.
    Storm,
    /// Every call fails in the same way.
    Outage(FaultKind),
}

/// How calls to the vault fare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    Open,
    Slow,
    /// It refuses at once.
    Locked,
    /// It does not answer before a person unlocks it.
    Hanging,
    /// It can be read, but not written: or it was, and the answer is a failure all the same.
    Full,
}

#[derive(Debug)]
pub struct Weather {
    pub sky: Sky,
    pub mood: Mood,
    pub mood_ends: u64,
    pub mood_began: u64,
    /// When the last call that hangs comes loose.
    hangs: u64,
    /// Of a hundred calls in a storm.
    pub failing: u32,
    /// When something last failed that is tried again within half a minute.
    pub fast: u64,
    /// When something last failed that is tried again within minutes.
    pub slow: u64,
    /// When something last failed that nobody expects to mend itself, or people meddled.
    pub grave: u64,
}

/// How a call is going to fare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Done,
    Failed(FaultKind),
    /// It is done, and the answer is lost.
    LostAfter,
}

impl Weather {
    pub fn new(rng: &mut Rng) -> Self {
        Self {
            sky: Sky::Clear,
            mood: Mood::Open,
            mood_ends: 0,
            mood_began: 0,
            hangs: 0,
            failing: *rng.choice(&[2, 10, 20, 40]).unwrap(),
            fast: 0,
            slow: 0,
            grave: 0,
        }
    }

    /// Changes; says for how long.
    pub fn change_sky(&mut self, rng: &mut Rng, now: u64) -> u64 {
        self.fast = now;
        self.sky = match (self.sky, rng.u32(..100)) {
            (Sky::Clear, 0..60) => Sky::Storm,
            (Sky::Clear, _) => Sky::Outage(
                *rng.choice(&[
                    FaultKind::Unreachable,
                    FaultKind::Unreachable,
                    FaultKind::Unreachable,
                    FaultKind::Lost,
                    FaultKind::Service,
                    FaultKind::Throttled,
                    FaultKind::TokenStale,
                ])
                .unwrap(),
            ),
            (_, 0..80) => Sky::Clear,
            (_, _) => Sky::Storm,
        };
        match self.sky {
            Sky::Clear => rng.u64(10 * MINUTE..8 * HOUR),
            Sky::Storm => rng.u64(MINUTE..2 * HOUR),
            Sky::Outage(_) => rng.u64(5 * SECOND..3 * HOUR),
        }
    }

    /// A keychain may be locked when the lid opens.
    pub fn lock(&mut self, rng: &mut Rng, now: u64) {
        self.mood = Mood::Hanging;
        self.mood_began = now;
        self.mood_ends = now + rng.u64(SECOND..2 * MINUTE);
        self.hangs = self.hangs.max(self.mood_ends);
    }

    pub fn change_mood(&mut self, rng: &mut Rng, now: u64) -> u64 {
        self.fast = now;
        self.mood = match (self.mood, rng.u32(..100)) {
            (Mood::Open, 0..30) => Mood::Slow,
            (Mood::Open, 30..60) => Mood::Locked,
            (Mood::Open, 60..80) => Mood::Hanging,
            (Mood::Open, _) => Mood::Full,
            (_, _) => Mood::Open,
        };
        let length = match self.mood {
            Mood::Open => rng.u64(30 * MINUTE..12 * HOUR),
            Mood::Slow | Mood::Full | Mood::Locked => rng.u64(SECOND..20 * MINUTE),
            Mood::Hanging => {
                let length = rng.u64(SECOND..5 * MINUTE);
                self.hangs = self.hangs.max(now + length);
                length
            }
        };
        self.mood_began = now;
        self.mood_ends = now + length;
        length
    }

    /// How a call to Amazon fares.
    pub fn call(&mut self, rng: &mut Rng, now: u64) -> Fate {
        let fate = match self.sky {
            Sky::Outage(kind) => Fate::Failed(kind),
            Sky::Storm if rng.u32(..100) < self.failing => match rng.u32(..100) {
                0..20 => Fate::Failed(FaultKind::Unreachable),
                20..35 => Fate::Failed(FaultKind::Lost),
                35..60 => Fate::LostAfter,
                60..72 => Fate::Failed(FaultKind::Throttled),
                72..86 => Fate::Failed(FaultKind::Service),
                86..90 => Fate::Failed(FaultKind::Misconfigured),
                90..92 => Fate::Failed(FaultKind::Unsupported),
                92..94 => Fate::Failed(FaultKind::LockedOut),
                94..95 => Fate::Failed(FaultKind::Expired),
                95..96 => Fate::Failed(FaultKind::Wrong),
                96..98 => Fate::Failed(FaultKind::TokenStale),
                _ => Fate::Failed(FaultKind::IdentityConflict),
            },
            Sky::Storm | Sky::Clear => Fate::Done,
        };
        self.note(fate, now);
        fate
    }

    /// Notes a failure, when it happens and when it is learnt of.
    pub fn note(&mut self, fate: Fate, now: u64) {
        match fate {
            Fate::Done => {}
            Fate::Failed(FaultKind::Unreachable) => self.fast = now,
            Fate::LostAfter
            | Fate::Failed(FaultKind::Lost | FaultKind::Throttled | FaultKind::Service) => {
                self.slow = now;
            }
            Fate::Failed(_) => self.grave = now,
        }
    }

    /// Whether by now everything must be well again, whatever had gone wrong.
    pub fn must_be_well(&self, now: u64) -> bool {
        let since = |when: u64| now.saturating_sub(when);
        self.sky == Sky::Clear
            && self.mood == Mood::Open
            && since(self.fast.max(self.mood_began).max(self.hangs)) > FAST
            && since(self.slow) > SLOW
            && since(self.grave) > GRAVE
    }
}

/// Two waits of 30 s, for the login and then for the profile, and what the calls take.
const FAST: u64 = 75 * SECOND;

/// Two waits of 3 minutes.
const SLOW: u64 = 370 * SECOND;

/// Two waits of 15 minutes.
const GRAVE: u64 = 31 * MINUTE;
