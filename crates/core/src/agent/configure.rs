//! The configuration changes underneath: nobody is signed out by an edit.

use std::collections::BTreeSet;

use crate::agent::Agent;
use crate::agent::line::Turn;
use crate::agent::login::{Fate, Login, State};
use crate::agent::profile::Profile;
use crate::agent::schedule::Key;
use crate::config::{Config, LoginSpec, ProfileSpec};
use crate::failure::Trouble;
use crate::name::{LoginName, ProfileName};
use crate::time::{Moment, Now};

impl Agent {
    pub(super) fn configure(&mut self, config: Config, now: Now) {
        self.misread = None;
        self.settings = config.settings.clone();
        self.files = config.files.clone();

        let gone: Vec<ProfileName> = self
            .profiles
            .keys()
            .filter(|name| !config.profiles.contains_key(*name))
            .cloned()
            .collect();
        for name in gone {
            self.drop_profile(&name);
        }
        let guests = config.has_guests();
        let gone: Vec<LoginName> = self
            .logins
            .keys()
            .filter(|name| {
                let theirs = name.is_guest() && guests;
                !theirs && !config.logins.contains_key(*name)
            })
            .cloned()
            .collect();
        for name in gone {
            let trouble = Trouble::UnknownLogin(name.to_string());
            self.dismiss_askers(&name, &trouble);
            self.give_up_conversation(&name, trouble);
            if let Some(login) = self.logins.get_mut(&name) {
                login.fate = Fate::Go;
            }
        }
        for (name, spec) in &config.logins {
            self.configure_login(name.clone(), spec.clone());
        }
        if guests {
            self.configure_login(LoginName::guest(), LoginSpec::Guest);
        }
        let mut changed = Vec::new();
        for (name, spec) in &config.profiles {
            if let Some(owner) = config.login_of(name)
                && self.configure_profile(name.clone(), spec.clone(), owner)
            {
                changed.push(name);
            }
        }
        self.link_chains();
        for name in changed {
            self.drop_chained(name);
        }
        for (name, profile) in &mut self.profiles {
            let file = self.files.get(name);
            profile.is_written = file.is_some_and(|file| file.write_profile.is_some());
        }
        self.members.clear();
        for (name, profile) in &self.profiles {
            if !profile.is_going() {
                self.members
                    .entry(profile.owner.clone())
                    .or_default()
                    .insert(name.clone());
            }
        }

        self.changed();
        let names: BTreeSet<LoginName> = self.logins.keys().cloned().collect();
        for name in names {
            self.settle_login(&name, now);
        }
    }

    fn configure_login(&mut self, name: LoginName, spec: LoginSpec) {
        let Some(login) = self.logins.get_mut(&name) else {
            self.logins.insert(name, Login::new(spec));
            return;
        };
        if !login.spec.shares_sessions_with(&spec) {
            login.fate = Fate::Move(Box::new(spec));
            self.give_up_conversation(&name, Trouble::Superseded(name.clone()));
            return;
        }
        login.fate = Fate::Stay;
        if login.spec != spec {
            login.spec = spec;
            login.until = Moment::default();
        }
    }

    /// Goes to another pool or app client: what the vault keeps decides who is signed in there.
    pub(super) fn move_login(&mut self, name: &LoginName, spec: LoginSpec) {
        if let Some(login) = self.logins.get_mut(name) {
            login.spec = spec;
            login.fate = Fate::Stay;
            login.state = State::Unread;
            login.client_secret = None;
            login.device = None;
            login.setback = None;
            login.failures = 0;
            login.until = Moment::default();
            login.forget_losses();
            login.turn = Turn::None;
        }
        self.drop_keys(name);
        self.changed();
    }

    /// Says whether it is another than it was.
    fn configure_profile(
        &mut self,
        name: ProfileName,
        spec: ProfileSpec,
        owner: LoginName,
    ) -> bool {
        match self.profiles.get_mut(&name) {
            None => {
                self.profiles.insert(name, Profile::new(spec, owner));
                true
            }
            Some(profile)
                if profile.is_going() || profile.spec != spec || profile.owner != owner =>
            {
                profile.come_back(spec, owner);
                true
            }
            Some(_) => false,
        }
    }

    fn drop_profile(&mut self, name: &ProfileName) {
        let Some(profile) = self.profiles.get_mut(name) else {
            return;
        };
        let waiting = std::mem::take(&mut profile.waiting);
        if profile.go() {
            self.profiles.remove(name);
        }
        self.schedule.set(Key::Profile(name.clone()), None);
        self.dismiss_inquiries(name);
        for ticket in waiting.into_keys() {
            self.waiting.remove(&ticket);
            self.fail(ticket, Trouble::UnknownProfile(name.to_string()));
        }
    }

    /// A login that left the configuration goes when its work is done. What the vault keeps of it
    /// stays: should it come back, so does its session.
    pub(super) fn drop_login(&mut self, name: &LoginName) {
        self.logins.remove(name);
        self.schedule.set(Key::Login(name.clone()), None);
        self.changed();
    }
}
