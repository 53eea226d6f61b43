//! Who asks for keys: answered from memory, or made to wait a little while they are renewed.

use std::time::Duration;

use crate::agent::Agent;
use crate::agent::login::State;
use crate::agent::profile::{Profile, Waiter, Wants};
use crate::event::{Reply, Ticket};
use crate::failure::Trouble;
use crate::name::ProfileName;
use crate::pace;
use crate::time::Now;

impl Agent {
    pub(super) fn ask_keys(&mut self, ticket: Ticket, name: &str, wants: Wants, now: Now) {
        self.ask_keys_within(pace::PATIENCE, ticket, name, wants, now);
    }

    pub(super) fn ask_keys_within(
        &mut self,
        patience: Duration,
        ticket: Ticket,
        name: &str,
        wants: Wants,
        now: Now,
    ) {
        let rest_after = self.settings.rest_after;
        let found = name
            .parse::<ProfileName>()
            .ok()
            .and_then(|name| Some((self.profiles.get_mut(&name)?, name)))
            .filter(|(profile, _)| !profile.is_going());
        let Some((profile, name)) = found else {
            return self.fail(ticket, Trouble::UnknownProfile(name.to_owned()));
        };
        let rested = !profile.is_active(now.at, rest_after);
        profile.asked = Some(now);
        profile.idle |= rested;
        if profile.is_fresh(now.at) && profile.working(now).is_some() {
            self.hand_out(&name, vec![(ticket, wants)], now);
            if rested {
                self.changed();
                self.settle_profile(&name, now);
            }
            return;
        }
        let until = now.at + patience;
        profile.waiting.insert(ticket, Waiter { until, wants });
        let login = profile.owner.clone();
        self.waiting.insert(ticket, name.clone());
        self.hurry_chain(&name, now);
        self.hurry(&login, now);
        self.settle_profile(&name, now);
    }

    /// Gives those who asked what they asked for: there are keys.
    fn hand_out(&mut self, name: &ProfileName, to: Vec<(Ticket, Wants)>, now: Now) {
        let Some(profile) = self.profiles.get_mut(name) else {
            return;
        };
        let Some(document) = profile.document(now) else {
            return;
        };
        let is_taken = to.iter().any(|(_, wants)| *wants == Wants::Document);
        let first = is_taken && std::mem::take(&mut profile.idle);
        for (ticket, wants) in to {
            match wants {
                Wants::Document => self.reply(ticket, Reply::Document(document.clone())),
                Wants::Identity => self.identify(ticket, name, now),
                Wants::Console(there) => self.open_console(ticket, name, there, now),
            }
        }
        if first {
            self.note_taken(name, now);
        }
    }

    /// Answers those who need not wait any longer, because there are keys, because nothing that is
    /// under way could bring any, or because they have waited long enough.
    pub(super) fn answer_waiting(&mut self, name: &ProfileName, now: Now) {
        let hopeful = self.is_hopeful(name, now);
        let failing = self.is_failing(name);
        let Some(profile) = self.profiles.get_mut(name) else {
            return;
        };
        if profile.waiting.is_empty() {
            return;
        }
        let works = profile.working(now).is_some();
        // While renewing fails, a tool is not made to wait for what may never come.
        let settled = profile.is_fresh(now.at) || !hopeful || (failing && works);
        let done: Vec<(Ticket, Wants)> = profile
            .waiting
            .iter()
            .filter(|(_, waiter)| settled || waiter.until <= now.at)
            .map(|(ticket, waiter)| (*ticket, waiter.wants.clone()))
            .collect();
        if done.is_empty() {
            return;
        }
        for (ticket, _) in &done {
            profile.waiting.remove(ticket);
            self.waiting.remove(ticket);
        }
        if works {
            return self.hand_out(name, done, now);
        }
        // Somebody may want to sign in because of it. A tool that asks in a loop moves nobody more
        // than once a minute.
        let told = profile
            .in_vain
            .is_some_and(|when| now.at.since(when) < IN_VAIN_PAUSE);
        if !told {
            profile.in_vain = Some(now.at);
            self.changed();
        }
        let reply = Reply::Failed(self.why_no_keys(name, now).into());
        for (ticket, _) in done {
            self.reply(ticket, reply.clone());
        }
    }

    /// Whether renewing fails, anywhere on the way to these keys.
    fn is_failing(&self, name: &ProfileName) -> bool {
        self.chain(name).iter().any(|hop| {
            self.profiles.get(hop).is_some_and(|profile| {
                let login = self.logins.get(&profile.owner);
                profile.setback.is_some() || login.is_some_and(|login| login.setback.is_some())
            })
        })
    }

    /// Whether something is under way that may bring keys.
    fn is_hopeful(&self, name: &ProfileName, now: Now) -> bool {
        let Some(profile) = self.profiles.get(name) else {
            return false;
        };
        let chain = self.chain(name);
        let first = chain.first().unwrap_or(name);
        let Some(login) = self.logins.get(&profile.owner) else {
            return false;
        };
        let possible = match login.state {
            State::Unread | State::SignedIn(_) => login.leaving.is_none() && !self.stopping,
            State::SignedOut => login.is_guest() && !self.stopping,
            State::NeedsSignIn(..) => false,
        };
        let under_way = self.is_fetching(name, now.at).unwrap_or_else(|| {
            if login.is_guest() {
                return login.waits_for_vault(now.at) || self.is_being_named(first);
            }
            login.work.may_bring_tokens()
        });
        possible && under_way
    }

    pub(super) fn why_no_keys(&self, name: &ProfileName, now: Now) -> Trouble {
        let Some(profile) = self.profiles.get(name) else {
            return Trouble::UnknownProfile(name.to_string());
        };
        let login_name = &profile.owner;
        let Some(login) = self.logins.get(login_name) else {
            return Trouble::UnknownLogin(login_name.to_string());
        };
        match &login.state {
            State::SignedOut if login.is_guest() => {}
            State::SignedOut => return Trouble::SignedOut(login_name.clone()),
            State::NeedsSignIn(ended, _) => {
                return Trouble::NeedsSignIn(login_name.clone(), *ended);
            }
            State::Unread | State::SignedIn(_) => {}
        }
        if login.leaving.is_some() {
            return Trouble::SignedOut(login_name.clone());
        }
        if let Some(setback) = &login.setback
            && !login.is_guest()
        {
            return login.trouble(setback, now.at.until(login.until));
        }
        let obstacle = self.obstacle(name, now.at);
        if let Some((name, profile)) = obstacle
            .as_ref()
            .and_then(|name| Some((name, self.profiles.get(name)?)))
            && let Some(setback) = &profile.setback
        {
            return setback.profile_trouble(name, profile.wait(now.at));
        }
        login.work.trouble(login_name)
    }

    /// The profiles of a login.
    pub(super) fn members_of(
        &self,
        name: &crate::name::LoginName,
    ) -> impl Iterator<Item = &Profile> {
        self.members
            .get(name)
            .into_iter()
            .flatten()
            .filter_map(|profile| self.profiles.get(profile))
    }
}

const IN_VAIN_PAUSE: Duration = Duration::from_secs(60);
