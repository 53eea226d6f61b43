//! Keys that stand in people's own files: those in memory, or none.
//!
//! Whatever else happens, this compares what should stand there with what does, and has it changed
//! where the two differ. What an earlier daemon left goes first: nobody knows how old it is.

use std::collections::{BTreeMap, BTreeSet};

use crate::agent::Agent;
use crate::agent::schedule::Key;
use crate::config::AwsFiles;
use crate::event::{Effect, WrittenKeys};
use crate::failure::Trouble;
use crate::fault::FaultKind;
use crate::name::{LoginName, ProfileName};
use crate::pace;
use crate::secret::Secret;
use crate::snapshot::WrittenView;
use crate::time::{Moment, Now, UnixTime};

/// All that is written, or may be.
#[derive(Debug, Default)]
pub(super) struct Written {
    scrubbed: Scrubbed,
    /// By the name that the keys have in the files.
    targets: BTreeMap<ProfileName, Target>,
    /// Where the files were when that was last written.
    files: AwsFiles,
}

/// Whether the leftovers of an earlier daemon are gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Scrubbed {
    #[default]
    No,
    Busy,
    Yes,
}

/// One profile of the files.
#[derive(Debug, Default)]
struct Target {
    /// What stands there.
    stands: Option<Mark>,
    /// Whose keys may stand there instead: nobody knows what came of the attempts that failed.
    unsure: BTreeSet<ProfileName>,
    /// What is being put there.
    busy: Option<Option<Mark>>,
    /// Before then nothing is tried again.
    until: Moment,
    failures: u32,
    /// Whether what failed was to take it away: nothing more can be done about that at once.
    stays: bool,
    trouble: Option<String>,
}

/// What tells one writing from another.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mark {
    of: ProfileName,
    access_key_id: Secret,
    expires: UnixTime,
    region: Option<String>,
    output: Option<String>,
}

impl Agent {
    /// Has written what should stand in the files and does not.
    pub(super) fn write_files(&mut self, now: Now) {
        if self.written.targets.is_empty() && !self.writes_any() {
            return;
        }
        match self.written.scrubbed {
            Scrubbed::Yes => {}
            Scrubbed::Busy => return,
            Scrubbed::No if self.stopping => return,
            Scrubbed::No => {
                self.written.scrubbed = Scrubbed::Busy;
                self.written.files = self.settings.aws_files.clone();
                let files = self.written.files.clone();
                self.effects.push_back(Effect::ScrubFiles { files });
                return;
            }
        }
        let moved = self.written.files != self.settings.aws_files;
        let wanted = if moved {
            // What stands in the old files goes before anything comes into the new ones.
            BTreeMap::new()
        } else {
            self.wanted_in_files(now)
        };
        let names: BTreeSet<ProfileName> = wanted
            .keys()
            .chain(self.written.targets.keys())
            .cloned()
            .collect();
        for name in names {
            self.write_target(name.clone(), wanted.get(&name).cloned(), now);
        }
        self.written
            .targets
            .retain(|_, target| target.stands.is_some() || target.busy.is_some());
        if moved && self.written.targets.is_empty() {
            self.written.files = self.settings.aws_files.clone();
            return self.write_files(now);
        }
        let due = self.files_due(now);
        self.schedule.set(Key::Files, due);
    }

    fn writes_any(&self) -> bool {
        self.files.values().any(|file| file.write_profile.is_some())
    }

    /// What should stand in the files.
    fn wanted_in_files(&self, now: Now) -> BTreeMap<ProfileName, Mark> {
        let mut wanted = BTreeMap::new();
        if self.stopping {
            return wanted;
        }
        for (name, file) in &self.files {
            let (Some(target), Some(profile)) = (&file.write_profile, self.profiles.get(name))
            else {
                continue;
            };
            let held = profile.held.as_ref().filter(|_| !profile.is_going());
            let Some(held) = held.filter(|held| held.span.is_usable(now.at)) else {
                continue;
            };
            let mark = Mark {
                of: name.clone(),
                access_key_id: held.keys.access_key_id.clone(),
                expires: held.expiration(now),
                region: file.region.clone(),
                output: file.output.clone(),
            };
            wanted.insert(target.clone(), mark);
        }
        wanted
    }

    fn write_target(&mut self, name: ProfileName, wanted: Option<Mark>, now: Now) {
        let target = self.written.targets.entry(name.clone()).or_default();
        if wanted.is_none() && !target.stays {
            // What cannot be put there may well be taken away, and that does not wait.
            target.until = Moment::default();
        }
        let is_right = target.stands == wanted && target.unsure.is_empty();
        if target.busy.is_some() || is_right || target.until > now.at {
            return;
        }
        let keys = match &wanted {
            None => None,
            Some(mark) => {
                let held = self
                    .profiles
                    .get(&mark.of)
                    .and_then(|profile| profile.held.as_ref());
                let Some(held) = held else { return };
                Some(WrittenKeys {
                    profile: mark.of.clone(),
                    keys: held.keys.clone(),
                    expires: mark.expires,
                    region: mark.region.clone(),
                    output: mark.output.clone(),
                })
            }
        };
        target.busy = Some(wanted);
        self.effects.push_back(Effect::WriteKeys {
            target: name,
            files: self.written.files.clone(),
            keys: keys.map(Box::new),
        });
    }

    pub(super) fn scrubbed(&mut self, result: Result<(), String>) {
        // Each file that is in the way is told of when its turn to be written comes.
        self.written.scrubbed = Scrubbed::Yes;
        if result.is_err() {
            self.changed();
        }
    }

    pub(super) fn wrote(&mut self, name: &ProfileName, result: Result<(), String>, now: Now) {
        let stopping = self.stopping;
        let Some(target) = self.written.targets.get_mut(name) else {
            return;
        };
        let Some(put) = target.busy.take() else {
            return;
        };
        match result {
            Ok(()) => {
                target.stands = put;
                target.failures = 0;
                target.stays = false;
                target.unsure.clear();
                target.until = Moment::default();
                target.trouble = None;
            }
            Err(text) => {
                target.failures += 1;
                target.until =
                    now.at + pace::backoff(FaultKind::Service, target.failures, &mut self.rng);
                target.stays = put.is_none();
                target.trouble = Some(text);
                target.unsure.extend(put.iter().map(|mark| mark.of.clone()));
                match put {
                    // Nobody knows whether it stands there after all: it is taken away in the end.
                    Some(mark) if target.stands.is_none() => {
                        target.stands = Some(Mark {
                            expires: UnixTime::from_secs(0),
                            ..mark
                        });
                    }
                    Some(_) => {}
                    None if stopping => target.stands = None,
                    None => {}
                }
            }
        }
        self.files_cleared();
        self.changed();
    }

    /// When the files have to be looked at again: keys end there, or an attempt may be made.
    fn files_due(&self, now: Now) -> Option<Moment> {
        let retry = self
            .written
            .targets
            .values()
            .filter(|target| target.busy.is_none() && target.failures > 0)
            .map(|target| target.until);
        let ends = self.files.iter().filter_map(|(name, file)| {
            file.write_profile.as_ref()?;
            let held = self.profiles.get(name)?.held.as_ref()?;
            held.span.is_usable(now.at).then_some(held.span.dead)
        });
        retry.chain(ends).filter(|when| *when > now.at).min()
    }

    /// Whether keys of this login stand in files that they should be gone from.
    pub(super) fn files_hold(&self, login: &LoginName) -> bool {
        self.written.targets.values().any(|target| {
            let standing = target.stands.iter();
            let coming = target.busy.iter().flatten();
            let known = standing.chain(coming).map(|mark| &mark.of);
            let mut all = known.chain(&target.unsure);
            !target.stays
                && all.any(|name| {
                    self.profiles
                        .get(name)
                        .is_some_and(|profile| profile.owner == *login)
                })
        })
    }

    /// Whether a stop would leave keys in files that could still be removed.
    pub(super) fn files_are_quiet(&self) -> bool {
        self.written
            .targets
            .values()
            .all(|target| target.busy.is_none() && (target.stands.is_none() || target.stays))
            && self.written.scrubbed != Scrubbed::Busy
    }

    pub(super) fn view_written(&self, name: &ProfileName) -> Option<WrittenView> {
        let target = self.files.get(name)?.write_profile.as_ref()?;
        let known = self.written.targets.get(target);
        let stands = known.and_then(|known| known.stands.as_ref());
        Some(WrittenView {
            name: target.clone(),
            until: stands
                .map(|mark| mark.expires)
                .filter(|expires| *expires > UnixTime::from_secs(0)),
            trouble: known
                .and_then(|known| known.trouble.clone())
                .map(|text| Trouble::NotWritten(target.clone(), text).into()),
        })
    }
}
