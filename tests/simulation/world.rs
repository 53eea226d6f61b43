//! One computer, its clocks and its agent, from one happening to the next.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::ops::AddAssign;

use fastrand::Rng;
use poolkey_core::agent::Agent;
use poolkey_core::config::Config;
use poolkey_core::event::{Effect, Event};
use poolkey_core::time::{Moment, Now, UnixTime};

use crate::cognito::{Cognito, EPOCH};
use crate::happening::Happening;
use crate::lanes::Lanes;
use crate::ledger::Ledger;
use crate::people::Town;
use crate::vault::Vault;
use crate::weather::{HOUR, MINUTE, SECOND, Weather};

pub struct World {
    pub rng: Rng,
    /// The steady clock.
    pub now: u64,
    /// For how much of it the machine slept.
    pub slept: u64,
    /// By how many seconds the local wall clock is ahead of Amazon's.
    pub wall_ahead: i64,
    /// The agent, while the daemon runs.
    pub agent: Option<Agent>,
    /// Until when the lid is closed.
    pub asleep: Option<u64>,
    /// When the timer rings that was set before the lid closed.
    pub overslept: Option<u64>,
    pub alarm: Option<u64>,
    queue: BTreeMap<(u64, u64), Happening>,
    /// What happens right after so many further halves of jobs.
    pub ambush: Vec<(u32, Happening)>,
    happenings: u64,
    pub stopping: bool,
    pub lanes: Lanes,
    pub cognito: Cognito,
    pub vault: Vault,
    pub weather: Weather,
    pub config: Config,
    pub town: Town,
    pub ledger: Ledger,
    pub played: Played,
    /// The events since the world's last few, when they are told.
    log: VecDeque<String>,
    tells: bool,
}

/// A promise that was not kept.
pub type Kept = Result<(), String>;

/// How much was played.
#[derive(Clone, Copy, Debug, Default)]
pub struct Played {
    pub worlds: u64,
    pub steps: u64,
    pub hours: u64,
    pub documents: u64,
    pub tokens: u64,
    pub refreshes: u64,
    pub sign_ins: u64,
    /// Conversations about accounts that came to their end.
    pub outcomes: u64,
    /// Refreshes that were made again without a device.
    pub devices_gone: u64,
    pub crashes: u64,
    /// Sessions lost to a rotation that nobody could have saved.
    pub unlucky: u64,
}

impl World {
    pub fn new(seed: u64, tells: bool) -> Self {
        let mut world = Self::empty(seed, tells);
        world.settle_town();
        world
    }

    /// A world without a town.
    pub fn empty(seed: u64, tells: bool) -> Self {
        let mut rng = Rng::with_seed(seed);
        let cognito = Cognito::new(&mut rng);
        let weather = Weather::new(&mut rng);
        Self {
            now: HOUR,
            slept: 0,
            wall_ahead: 0,
            agent: None,
            asleep: None,
            overslept: None,
            alarm: None,
            queue: BTreeMap::new(),
            ambush: Vec::new(),
            happenings: 0,
            stopping: false,
            lanes: Lanes::default(),
            cognito,
            vault: Vault::default(),
            weather,
            config: Config::default(),
            town: Town::default(),
            ledger: Ledger::default(),
            played: Played::default(),
            log: VecDeque::new(),
            tells,
            rng,
        }
    }

    /// Plays it to its end, or to the first promise that is not kept.
    pub fn play(&mut self) -> Kept {
        let length = self.town.length;
        let end = self.now + length;
        self.begin();
        self.start()?;
        while self.step(end)? {
            self.played.steps += 1;
            self.check_step()?;
        }
        self.played.worlds = 1;
        self.played.hours = length / HOUR;
        Ok(())
    }

    /// What will trouble this world, from its first minute on.
    fn begin(&mut self) {
        let soon = |world: &mut Self, most: u64| world.now + world.rng.u64(..most);
        let sky = soon(self, 6 * HOUR);
        self.at(sky, Happening::Sky);
        let mood = soon(self, 12 * HOUR);
        self.at(mood, Happening::Mood);
        self.again(20 * MINUTE, Happening::Glance);
        if self.rng.u8(..4) > 0 {
            self.strike(12 * HOUR, Happening::Lid);
        }
        if self.rng.u8(..3) > 0 {
            self.strike(16 * HOUR, Happening::Crash);
        }
        if self.rng.bool() {
            self.strike(24 * HOUR, Happening::Stop);
        }
        if self.rng.bool() {
            self.again(12 * HOUR, Happening::Clock);
        }
    }

    pub fn step(&mut self, end: u64) -> Result<bool, String> {
        let next = self.queue.first_key_value().map(|((when, _), _)| *when);
        let ring = match (self.asleep, &self.agent) {
            (None, Some(_)) => self.overslept.into_iter().chain(self.alarm).min(),
            _ => None,
        };
        if let Some(ring) = ring
            && next.is_none_or(|next| ring <= next)
        {
            self.now = self.now.max(ring);
            if self.now > end {
                return Ok(false);
            }
            let woke = self.overslept.is_some_and(|when| when <= self.now);
            if woke {
                self.overslept = None;
                self.feed(Event::Woke)?;
            } else {
                self.alarm = None;
                self.feed(Event::Tick)?;
            }
            return Ok(true);
        }
        let Some(((when, _), happening)) = self.queue.pop_first() else {
            return Ok(false);
        };
        self.now = self.now.max(when);
        if self.now > end {
            return Ok(false);
        }
        // While the lid is closed, only the world outside goes on.
        if let Some(opens) = self.asleep
            && !self.goes_on(&happening)
        {
            let after = opens + self.rng.u64(1..5 * SECOND);
            self.at(after, happening);
            return Ok(true);
        }
        self.happen(happening)?;
        Ok(true)
    }

    /// Lets it happen after so long on average, more often than not in the midst of work.
    pub fn strike(&mut self, mean: u64, happening: Happening) {
        if self.rng.u8(..3) == 0 {
            self.again(mean, happening);
        } else {
            let wait = (mean as f64 * self.rng.f64() * 2.0) as u64;
            self.at(self.now + 1 + wait, Happening::Arm(Box::new(happening)));
        }
    }

    fn goes_on(&self, happening: &Happening) -> bool {
        match happening {
            Happening::Reach(job) => self.lanes.is_outside(*job),
            Happening::Sky | Happening::LidOpens => true,
            Happening::Deed(deed) => deed.is_outside(),
            _ => false,
        }
    }

    /// Tells the agent, and does what it wants.
    pub fn feed(&mut self, event: Event) -> Kept {
        let now = self.clocks();
        self.before(&event);
        self.note(|| format!("→ {event:?}"));
        let Some(agent) = &mut self.agent else {
            return Ok(());
        };
        let idle = matches!(event, Event::Tick);
        agent.handle(event.clone(), now);
        let effects: Vec<Effect> = std::iter::from_fn(|| agent.effect()).collect();
        let (wake, quiet) = (agent.wake_at(), agent.is_quiet());
        self.check_tick(idle && effects.is_empty(), wake)?;
        self.check_background(&effects)?;
        for effect in effects {
            self.note(|| format!("  ← {effect:?}"));
            self.check_effect(&effect)?;
            match effect {
                Effect::Answer { ticket, reply } => self.answered(ticket, reply)?,
                other => self.line_up(other),
            }
        }
        self.after(&event)?;
        self.alarm = wake.map(|wake| wake.since(Moment::default()).as_millis() as u64);
        if self.stopping && quiet {
            self.check_quiet()?;
            self.stopped()?;
        }
        Ok(())
    }

    pub fn clocks(&self) -> Now {
        Now {
            at: Moment::from_millis(self.now),
            wall: UnixTime::from_secs(self.amazons_clock() + self.wall_ahead),
        }
    }

    pub fn amazons_clock(&self) -> i64 {
        EPOCH + (self.now / SECOND).cast_signed()
    }

    /// For how long the machine has been awake.
    pub fn awake(&self) -> u64 {
        self.now - self.slept
    }

    pub fn at(&mut self, when: u64, happening: Happening) {
        self.happenings += 1;
        self.queue.insert((when, self.happenings), happening);
    }

    /// Lets it happen after so long on average.
    pub fn again(&mut self, mean: u64, happening: Happening) {
        let wait = (-(1.0 - self.rng.f64()).ln() * mean as f64) as u64;
        self.at(self.now + 1 + wait, happening);
    }

    pub fn note(&mut self, text: impl Fn() -> String) {
        if self.tells {
            if self.log.len() > 150_000 {
                self.log.pop_front();
            }
            let (hours, rest) = (self.now / HOUR, self.now % HOUR);
            let seconds = rest as f64 / SECOND as f64;
            self.log
                .push_back(format!("{hours:3}h {seconds:8.3} {}", text()));
        }
    }

    /// What happened last.
    pub fn story(&self) -> String {
        let skip = self.log.len().saturating_sub(crate::lines());
        let lines: Vec<&str> = self.log.iter().skip(skip).map(String::as_str).collect();
        lines.join("\n")
    }
}

impl AddAssign for Played {
    fn add_assign(&mut self, other: Self) {
        self.worlds += other.worlds;
        self.steps += other.steps;
        self.hours += other.hours;
        self.documents += other.documents;
        self.tokens += other.tokens;
        self.refreshes += other.refreshes;
        self.sign_ins += other.sign_ins;
        self.outcomes += other.outcomes;
        self.devices_gone += other.devices_gone;
        self.crashes += other.crashes;
        self.unlucky += other.unlucky;
    }
}

impl fmt::Display for Played {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} worlds, {} hours, {} steps: {} documents, {} tokens, {} refreshes, {} sign-ins, {} \
             account conversations, {} devices gone, {} crashes; {} sessions lost to a rotation that nobody could have saved",
            self.worlds,
            self.hours,
            self.steps,
            self.documents,
            self.tokens,
            self.refreshes,
            self.sign_ins,
            self.outcomes,
            self.devices_gone,
            self.crashes,
            self.unlucky
        )
    }
}
