//! What the daemon does for the agent: each lane in order, all lanes at once, each job in two
//! halves: it has its effect at the other end, and later the answer arrives.

use std::collections::{BTreeMap, VecDeque};

use poolkey_core::event::{Effect, Event, Lane, Parting};
use poolkey_core::fault::{Fault, FaultKind};

use crate::happening::Happening;
use crate::weather::{Fate, Mood, SECOND, Sky};
use crate::world::{Kept, World};

#[derive(Debug, Default)]
pub struct Lanes {
    lanes: BTreeMap<Lane, VecDeque<Effect>>,
    jobs: BTreeMap<u64, Job>,
    last: u64,
}

#[derive(Debug)]
struct Job {
    lane: Lane,
    effect: Effect,
    begun: u64,
    how: How,
    /// What the agent is going to be told.
    event: Option<Event>,
}

#[derive(Clone, Copy, Debug)]
enum How {
    Call(Fate),
    Vault(Mood),
}

impl Lanes {
    /// Whether a job goes on while this machine sleeps.
    pub fn is_outside(&self, job: u64) -> bool {
        let job = self.jobs.get(&job);
        job.is_some_and(|job| matches!(job.how, How::Call(_)))
    }

    /// How many effects like this are under way or queued.
    pub fn count(&self, is: impl Fn(&Effect) -> bool) -> usize {
        let queued = self.lanes.values().flatten().filter(|effect| is(effect));
        let running = self.jobs.values().filter(|job| is(&job.effect));
        queued.count() + running.count()
    }
}

impl World {
    /// Does an effect when its lane is free.
    pub fn line_up(&mut self, effect: Effect) {
        let Some(lane) = effect.lane() else { return };
        if let Some(queue) = self.lanes.lanes.get_mut(&lane) {
            queue.push_back(effect);
        } else {
            self.lanes.lanes.insert(lane.clone(), VecDeque::new());
            self.begin_job(lane, effect);
        }
    }

    fn begin_job(&mut self, lane: Lane, effect: Effect) {
        let how = match &effect {
            Effect::Recall { .. } | Effect::Probe { .. } | Effect::Keep { .. } => {
                How::Vault(self.weather.mood)
            }
            _ => How::Call(self.call_fate(&effect)),
        };
        let wait = match how {
            How::Vault(Mood::Open | Mood::Locked | Mood::Full) => self.rng.u64(1..30),
            How::Vault(Mood::Slow) => self.rng.u64(50..8 * SECOND),
            How::Vault(Mood::Hanging) => {
                self.weather.mood_ends.saturating_sub(self.now) + self.rng.u64(1..30)
            }
            How::Call(Fate::Failed(FaultKind::Unreachable)) => match self.rng.u8(..4) {
                0 => self.rng.u64(1..5 * SECOND),
                _ => self.rng.u64(1..20),
            },
            How::Call(_) => self.latency(),
        };
        self.lanes.last += 1;
        let number = self.lanes.last;
        let job = Job {
            lane,
            effect,
            begun: self.now,
            how,
            event: None,
        };
        self.lanes.jobs.insert(number, job);
        self.at(self.now + wait, Happening::Reach(number));
    }

    /// A fault fits the call: only where a token is shown it can be stale.
    fn call_fate(&mut self, effect: &Effect) -> Fate {
        let fate = self.weather.call(&mut self.rng, self.now);
        match fate {
            Fate::Failed(FaultKind::TokenStale | FaultKind::IdentityConflict)
                if !can_be_stale(effect) =>
            {
                Fate::Done
            }
            Fate::Done | Fate::Failed(_) | Fate::LostAfter => fate,
        }
    }

    fn latency(&mut self) -> u64 {
        match self.weather.sky {
            Sky::Clear => self.rng.u64(5..150),
            Sky::Storm | Sky::Outage(_) if self.rng.u8(..5) == 0 => self.rng.u64(150..9 * SECOND),
            Sky::Storm | Sky::Outage(_) => self.rng.u64(5..500),
        }
    }

    /// A job has its effect at the other end.
    pub fn reach(&mut self, number: u64) -> Kept {
        let Some(mut job) = self.lanes.jobs.remove(&number) else {
            return Ok(());
        };
        let event = self.perform(&job)?;
        job.event = Some(event);
        let wait = match job.how {
            How::Vault(_) => 1,
            How::Call(Fate::LostAfter | Fate::Failed(FaultKind::Lost)) => {
                self.rng.u64(SECOND..10 * SECOND)
            }
            How::Call(Fate::Done | Fate::Failed(_)) => self.latency(),
        };
        self.lanes.jobs.insert(number, job);
        self.at(self.now + wait, Happening::Arrive(number));
        Ok(())
    }

    fn perform(&mut self, job: &Job) -> Result<Event, String> {
        let (fate, mood) = match job.how {
            How::Call(fate) => (fate, Mood::Open),
            // Who waited for the lock finds it open.
            How::Vault(Mood::Hanging) => (Fate::Done, Mood::Open),
            How::Vault(mood) => (Fate::Done, mood),
        };
        let now = self.now;
        Ok(match job.effect.clone() {
            Effect::Answer { .. } => return Err("an answer in a lane".into()),
            Effect::Recall { login } => Event::Recalled {
                result: self.vault.read(&login, mood),
                login,
            },
            Effect::Probe { login } => Event::Probed {
                result: self.vault.probe(mood),
                login,
            },
            Effect::Keep { login, stored } => {
                let (result, written) = self.vault.may_write(mood, &mut self.rng);
                if written {
                    self.check_write(&login, &stored)?;
                    self.vault.write(&login, &stored);
                }
                Event::Kept { login, result }
            }
            Effect::Refresh {
                login,
                spec,
                refresh_token,
                device_key,
                ..
            } => {
                if fate != Fate::Failed(FaultKind::Unreachable) {
                    self.count_refresh(&login)?;
                }
                let result = self.outcome(fate, |world| {
                    let key = device_key.as_deref();
                    let Some(token) = &refresh_token else {
                        let tokens = world.cognito.run_program(spec.provider(), now);
                        return Ok(Ok(Box::new(tokens)));
                    };
                    let result = world.cognito.refresh(&spec, token, key, now);
                    world.check_refresh(&login, token, &result)?;
                    Ok(result.map(Box::new))
                })?;
                Event::Refreshed { login, result }
            }
            Effect::Revoke {
                login,
                spec,
                refresh_token,
                farewell,
                ..
            } => {
                let token = refresh_token.as_ref();
                self.check_revocation(&login, token, &farewell)?;
                let breaks_off = fate == Fate::Failed(FaultKind::Service) && self.rng.bool();
                let parting = match token.filter(|_| breaks_off) {
                    Some(token) => self.cognito.half_revoke(token, &farewell, now),
                    None => {
                        let parted = self.outcome(fate, |world| {
                            let parted = world.cognito.revoke(&spec, token, &farewell, now);
                            Ok(Ok(parted))
                        })?;
                        parted.unwrap_or_else(|fault| Parting::failed(&fault, &farewell))
                    }
                };
                self.note_revocation(token, &parting);
                Event::Revoked { login, parting }
            }
            Effect::Converse {
                login,
                spec,
                conversation,
                thread,
                answer,
            } => {
                let result = self.outcome(fate, |world| {
                    let answer = answer.as_ref();
                    Ok(world.cognito.converse(&spec, thread, answer, now))
                })?;
                Event::Conversed {
                    login,
                    conversation,
                    result,
                }
            }
            Effect::Fetch {
                profile,
                spec,
                proof,
                identity,
                ..
            } => {
                let result = self.outcome(fate, |world| {
                    let identity = identity.as_deref();
                    let cognito = &mut world.cognito;
                    let fetched = cognito.fetch(&spec, &proof, identity, job.begun, now);
                    Ok(fetched.map(Box::new))
                })?;
                Event::Fetched { profile, result }
            }
            Effect::ScrubFiles { .. }
            | Effect::WriteKeys { .. }
            | Effect::Dismiss { .. }
            | Effect::OpenConsole { .. }
            | Effect::Identify { .. } => {
                return Err("nobody asks who keys are".into());
            }
        })
    }

    fn outcome<T>(
        &mut self,
        fate: Fate,
        call: impl FnOnce(&mut Self) -> Result<Result<T, Fault>, String>,
    ) -> Result<Result<T, Fault>, String> {
        match fate {
            Fate::Done => call(self),
            Fate::Failed(kind) => Ok(Err(Fault::new(kind, "It did not work."))),
            Fate::LostAfter => {
                drop(call(self)?);
                Ok(Err(Fault::new(FaultKind::Lost, "No answer came.")))
            }
        }
    }

    /// A job's answer arrives, and the lane goes on.
    pub fn arrive(&mut self, number: u64) -> Kept {
        let Some(job) = self.lanes.jobs.remove(&number) else {
            return Ok(());
        };
        if let How::Call(fate) = job.how {
            self.weather.note(fate, self.now);
        }
        if let Some(event) = job.event {
            self.feed(event)?;
        }
        // The agent may have been stopped by what it was told.
        let next = match self.lanes.lanes.get_mut(&job.lane) {
            Some(queue) => queue.pop_front(),
            None => return Ok(()),
        };
        match next {
            Some(effect) => self.begin_job(job.lane, effect),
            None => {
                self.lanes.lanes.remove(&job.lane);
            }
        }
        Ok(())
    }

    /// The process ends: what was under way did happen, or did not; what was queued did not.
    pub fn cut_lanes(&mut self) -> Kept {
        self.lanes.lanes.clear();
        let jobs = std::mem::take(&mut self.lanes.jobs);
        for job in jobs.into_values() {
            if job.event.is_none() && self.rng.bool() {
                self.perform(&job)?;
            }
        }
        Ok(())
    }
}

fn can_be_stale(effect: &Effect) -> bool {
    match effect {
        Effect::Fetch { .. } => true,
        Effect::Converse { thread, .. } => thread.access_token.is_some(),
        _ => false,
    }
}
