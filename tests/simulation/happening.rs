//! What happens by itself: the lid, the clock, a crash, a stop, and what the weather does.

use poolkey_core::agent::Agent;
use poolkey_core::event::Event;

use crate::people::Deed;
use crate::weather::{HOUR, MINUTE, SECOND};
use crate::world::{Kept, World};

/// What is going to happen by itself.
#[derive(Clone, Debug)]
pub enum Happening {
    /// A job has its effect at the other end.
    Reach(u64),
    /// A job's answer arrives.
    Arrive(u64),
    /// Somebody does something; see [`Deed`].
    Deed(Deed),
    Sky,
    Mood,
    /// Something will happen in the midst of work.
    Arm(Box<Happening>),
    /// The lid closes for a while.
    Lid,
    LidOpens,
    Crash,
    Stop,
    /// The daemon's patience with a stop ends.
    Killed,
    Start,
    /// The local clock is set.
    Clock,
    /// Somebody looks at what is shown.
    Glance,
}

impl World {
    pub fn happen(&mut self, happening: Happening) -> Kept {
        self.note(|| format!("· {happening:?}"));
        match happening {
            Happening::Reach(job) => {
                self.reach(job)?;
                self.spring()?;
            }
            Happening::Arrive(job) => {
                self.arrive(job)?;
                self.spring()?;
            }
            Happening::Arm(happening) => {
                let after = self.rng.u32(1..8);
                self.ambush.push((after, *happening));
            }
            Happening::Deed(deed) => self.act(deed)?,
            Happening::Sky => {
                let length = self.weather.change_sky(&mut self.rng, self.now);
                let sky = self.weather.sky;
                self.note(|| format!("  {sky:?}"));
                self.at(self.now + length, Happening::Sky);
            }
            Happening::Mood => {
                let length = self.weather.change_mood(&mut self.rng, self.now);
                let mood = self.weather.mood;
                self.note(|| format!("  {mood:?}"));
                self.at(self.now + length, Happening::Mood);
            }
            Happening::Lid => {
                let length = match self.rng.u8(..3) {
                    0 => self.rng.u64(SECOND..2 * MINUTE),
                    1 => self.rng.u64(MINUTE..2 * HOUR),
                    _ => self.rng.u64(HOUR..10 * HOUR),
                };
                self.asleep = Some(self.now + length);
                self.ledger.fell_asleep = self.now;
                self.at(self.now + length, Happening::LidOpens);
                self.strike(12 * HOUR, Happening::Lid);
            }
            Happening::LidOpens => {
                self.asleep = None;
                self.slept += self.now - self.ledger.fell_asleep;
                self.weather.fast = self.now;
                if self.rng.u8(..4) == 0 {
                    self.weather.lock(&mut self.rng, self.now);
                }
                // The timer stood still, and rings when the rest of its nap is over.
                let left = self.rng.u64(1..30 * SECOND);
                let left = match self.alarm.take() {
                    Some(alarm) => left.min(alarm.saturating_sub(self.ledger.fell_asleep)),
                    None => left,
                };
                self.overslept = Some(self.now + left);
                if self.rng.bool() {
                    self.overslept = None;
                    self.feed(Event::Woke)?;
                }
            }
            Happening::Crash => {
                self.end_process()?;
                self.played.crashes += 1;
                let down = match self.rng.u8(..3) {
                    _ if self.town.is_calm => self.rng.u64(1..SECOND),
                    0 => self.rng.u64(1..SECOND),
                    1 => self.rng.u64(SECOND..2 * MINUTE),
                    _ => self.rng.u64(MINUTE..3 * HOUR),
                };
                self.at(self.now + down, Happening::Start);
                let mean = match self.town.is_calm {
                    true => 4 * HOUR,
                    false => 16 * HOUR,
                };
                self.strike(mean, Happening::Crash);
            }
            Happening::Stop => {
                if self.agent.is_some() {
                    self.stopping = true;
                    self.at(self.now + 20 * SECOND, Happening::Killed);
                    self.feed(Event::Stopping)?;
                }
                self.strike(24 * HOUR, Happening::Stop);
            }
            Happening::Killed => {
                if self.stopping {
                    self.stopped()?;
                }
            }
            Happening::Start => self.start()?,
            Happening::Clock => {
                self.wall_ahead = *self
                    .rng
                    .choice(&[0, 0, -30, 45, -600, 600, 7200, -86_400])
                    .unwrap();
                self.ledger.clock_was_set = true;
                self.again(12 * HOUR, Happening::Clock);
            }
            Happening::Glance => {
                self.check_glance()?;
                self.again(20 * MINUTE, Happening::Glance);
            }
        }
        Ok(())
    }

    /// What lay in ambush happens.
    fn spring(&mut self) -> Kept {
        for (left, _) in &mut self.ambush {
            *left = left.saturating_sub(1);
        }
        let ready = |(left, _): &(u32, Happening)| *left == 0;
        while self.asleep.is_none()
            && let Some(place) = self.ambush.iter().position(ready)
        {
            let (_, happening) = self.ambush.swap_remove(place);
            self.happen(happening)?;
        }
        Ok(())
    }

    /// The daemon starts, if it does not run.
    pub fn start(&mut self) -> Kept {
        if self.agent.is_some() {
            return Ok(());
        }
        self.agent = Some(Agent::new(self.rng.u64(..)));
        if self.rng.u8(..8) == 0 && !self.town.is_calm {
            self.do_something_soon();
        }
        self.weather.fast = self.now;
        self.feed(Event::Configured(self.config.clone()))
    }

    /// The daemon is gone, and with it all that it knew.
    fn end_process(&mut self) -> Kept {
        if self.agent.take().is_none() {
            return Ok(());
        }
        self.note(|| "  the process ends".into());
        self.stopping = false;
        self.alarm = None;
        self.overslept = None;
        self.cut_lanes()?;
        self.forget_process();
        Ok(())
    }

    pub fn stopped(&mut self) -> Kept {
        self.end_process()?;
        let down = self.rng.u64(SECOND..HOUR);
        self.at(self.now + down, Happening::Start);
        Ok(())
    }
}
