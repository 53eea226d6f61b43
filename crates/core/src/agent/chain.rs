//! Chains of roles: a profile whose keys are given for those of another, which come first.

use crate::agent::Agent;
use crate::agent::advance::Need;
use crate::agent::profile::{Fetch, Held, Profile};
use crate::agent::session::IdToken;
use crate::config::ProfileSpec;
use crate::name::ProfileName;
use crate::time::{Moment, Now};

/// What pays for a profile's keys.
pub(super) enum Payment<'a> {
    Token(&'a IdToken),
    /// A guest needs nothing.
    Nothing,
    Keys(&'a Held),
}

/// How a profile, or a login, stands towards those who come after it.
#[derive(Clone, Copy, Default)]
struct Standing {
    /// What it has may be used.
    pays: bool,
    /// Nothing newer can be had for the time being.
    stuck: bool,
}

impl Agent {
    /// A profile and those that its keys come from, the first of the chain first.
    pub(super) fn chain(&self, name: &ProfileName) -> Vec<ProfileName> {
        let mut chain = vec![name.clone()];
        let mut hop = name;
        while let Some(source) = self.source(hop)
            && chain.len() <= self.profiles.len()
        {
            chain.push(source.clone());
            hop = source;
        }
        chain.reverse();
        chain
    }

    /// The profiles that hang on this one, the next of each chain first.
    pub(super) fn chained_to(&self, name: &ProfileName) -> Vec<ProfileName> {
        let mut found: Vec<ProfileName> = self.next_of(name).cloned().collect();
        let mut next = 0;
        while let Some(hop) = found.get(next).cloned() {
            found.extend(self.next_of(&hop).cloned());
            next += 1;
        }
        found
    }

    fn next_of(&self, name: &ProfileName) -> impl Iterator<Item = &ProfileName> {
        self.chained.get(name).into_iter().flatten()
    }

    fn source(&self, name: &ProfileName) -> Option<&ProfileName> {
        self.profiles.get(name)?.spec.source_profile()
    }

    /// Whether somebody used it lately, or waits: it, or one that hangs on it.
    pub(super) fn is_used(&self, name: &ProfileName, now: Moment) -> bool {
        let is_active = |name: &ProfileName| {
            let profile = self.profiles.get(name);
            profile.is_some_and(|profile| profile.is_active(now, self.settings.rest_after))
        };
        is_active(name) || self.chained_to(name).iter().any(is_active)
    }

    /// Whether somebody waits for it, or for one that cannot be had without it.
    pub(super) fn is_awaited(&self, name: &ProfileName, now: Moment) -> bool {
        let mut stale = vec![name];
        while let Some(hop) = stale.pop() {
            let profile = self.profiles.get(hop);
            if profile.is_some_and(|profile| !profile.waiting.is_empty()) {
                return true;
            }
            let next = self.next_of(hop);
            stale.extend(next.filter(|name| !self.has_fresh_keys(name, now)));
        }
        false
    }

    fn has_fresh_keys(&self, name: &ProfileName, now: Moment) -> bool {
        self.profiles
            .get(name)
            .is_some_and(|profile| profile.is_fresh(now))
    }

    /// What a fetch can be made with.
    pub(super) fn payment(&self, name: &ProfileName, now: Moment) -> Option<Payment<'_>> {
        let profile = self.profiles.get(name)?;
        let login = self.logins.get(&profile.owner)?;
        if let Some(source) = profile.spec.source_profile() {
            let open = login.is_staying() && login.leaving.is_none();
            return self
                .usable_keys(source, now)
                .filter(|_| open)
                .map(Payment::Keys);
        }
        if login.is_guest() {
            return login.guests_may_ask(now).then_some(Payment::Nothing);
        }
        login.usable_id(now).map(Payment::Token)
    }

    /// Keys that may pay for others: fresh ones, or any that work while fresher ones cannot be had.
    fn usable_keys(&self, name: &ProfileName, now: Moment) -> Option<&Held> {
        let profile = self.profiles.get(name)?;
        self.standing(profile, now)
            .pays
            .then_some(profile.held.as_ref()?)
    }

    fn standing(&self, profile: &Profile, now: Moment) -> Standing {
        let before = match profile
            .spec
            .source_profile()
            .map(|name| self.profiles.get(name))
        {
            Some(Some(source)) => self.standing(source, now),
            Some(None) => Standing::default(),
            None => self
                .logins
                .get(&profile.owner)
                .map(|login| Standing {
                    pays: login.usable_id(now).is_some()
                        || (login.is_guest() && login.guests_may_ask(now)),
                    stuck: login.failures > 0 && !login.is_busy(),
                })
                .unwrap_or_default(),
        };
        let waits_in_vain = !before.pays && before.stuck;
        let stuck = profile.resting_until().is_some() && (profile.failures > 0 || waits_in_vain);
        let pays = profile
            .held
            .as_ref()
            .is_some_and(|held| held.span.is_fresh(now) || (stuck && held.span.is_usable(now)));
        Standing { pays, stuck }
    }

    /// How much a profile needs an ID token, where the last one is dead or only dying. What hangs
    /// on another profile needs that one, and no token.
    pub(super) fn need_of(&self, name: &ProfileName, dead: bool, now: Moment) -> Need {
        let Some(profile) = self.profiles.get(name) else {
            return Need::None;
        };
        if profile.spec.source_profile().is_some() {
            return Need::None;
        }
        let fresh = profile.is_fresh(now);
        if !profile.waiting.is_empty() || (!fresh && self.is_awaited(name, now)) {
            return Need::Now;
        }
        // A dead token is renewed when keys are due; a dying one, so that it is there then.
        if (!dead || !fresh) && self.is_used(name, now) {
            return Need::Ahead;
        }
        Need::None
    }

    /// Whether a fetch is under way that the profile's keys wait for: its own, or one before it.
    /// `None` where it is for what pays for the first of the chain to say.
    pub(super) fn is_fetching(&self, name: &ProfileName, now: Moment) -> Option<bool> {
        for hop in self.chain(name).iter().rev() {
            let profile = self.profiles.get(hop)?;
            match profile.fetch {
                Fetch::Busy { .. } | Fetch::Stale => return Some(true),
                Fetch::Last => return Some(false),
                Fetch::Rest { .. } => {}
            }
            // Whoever waits has it fetched at once, unless it has to wait itself.
            if profile.spec.source_profile().is_some() && self.payment(hop, now).is_some() {
                return Some(false);
            }
        }
        None
    }

    /// The profile of the chain that keeps this one from its keys.
    pub(super) fn obstacle(&self, name: &ProfileName, now: Moment) -> Option<ProfileName> {
        self.chain(name).into_iter().find(|hop| {
            let Some(profile) = self.profiles.get(hop) else {
                return false;
            };
            profile.setback.is_some() && (hop == name || self.usable_keys(hop, now).is_none())
        })
    }

    /// What a profile is fetched by: the region of STS is that of the identity pool at the beginning
    /// of the chain, where the configuration names none.
    pub(super) fn spec_of(&self, name: &ProfileName) -> Option<ProfileSpec> {
        let mut spec = self.profiles.get(name)?.spec.clone();
        if spec.sts.region.is_none() {
            let chain = self.chain(name);
            let first = self.profiles.get(chain.first()?)?;
            spec.sts.region = first.spec.pool().map(|pool| pool.region().to_owned());
        }
        Some(spec)
    }

    /// Notes who hangs on whom.
    pub(super) fn link_chains(&mut self) {
        self.chained.clear();
        for (name, profile) in &self.profiles {
            if let Some(source) = profile.spec.source_profile()
                && !profile.is_going()
            {
                self.chained
                    .entry(source.clone())
                    .or_default()
                    .insert(name.clone());
            }
        }
    }

    /// A profile's keys are others than they were: those that were given for them go.
    pub(super) fn drop_chained(&mut self, name: &ProfileName) {
        for hop in self.chained_to(name) {
            if let Some(profile) = self.profiles.get_mut(&hop) {
                profile.forget();
            }
        }
    }

    /// Somebody asks: whatever of the chain reached nobody may be tried again.
    pub(super) fn hurry_chain(&mut self, name: &ProfileName, now: Now) {
        for hop in self.chain(name) {
            if let Some(profile) = self.profiles.get_mut(&hop) {
                profile.hurry(now.at);
            }
        }
    }

    /// AWS does not take keys that should still work: newer ones may do.
    pub(super) fn doubt_keys(&mut self, name: &ProfileName, number: u64, now: Now) {
        if let Some(profile) = self.profiles.get_mut(name) {
            profile.doubt(number, now.at);
        }
    }
}

impl Profile {
    fn doubt(&mut self, number: u64, now: Moment) {
        if let Some(held) = &mut self.held
            && held.number == number
        {
            held.span.renew = held.span.renew.min(now);
        }
    }
}
