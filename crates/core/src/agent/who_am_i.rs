//! Who a profile's keys are, by AWS's own word.

use crate::agent::Agent;
use crate::event::{Effect, Identified, Reply, Ticket, WhoAmI};
use crate::failure::Trouble;
use crate::fault::Fault;
use crate::name::ProfileName;
use crate::time::Now;

impl Agent {
    pub(super) fn who_am_i(&mut self, ticket: Ticket, name: &str, now: Now) {
        let known: Option<ProfileName> = name.parse().ok();
        let held = known.as_ref().and_then(|name| {
            let profile = self.profiles.get(name)?;
            let held = profile.held.as_ref()?;
            let login = self.logins.get(&profile.owner);
            Some(Effect::Identify {
                ticket,
                profile: name.clone(),
                spec: profile.spec.clone(),
                keys: held.keys.clone(),
                id_token: login
                    .and_then(|login| login.usable_id(now.at))
                    .map(|id| id.token.clone()),
            })
        });
        match held {
            Some(identify) => self.effects.push_back(identify),
            None => self.fail(ticket, Trouble::UnknownProfile(name.to_owned())),
        }
    }

    pub(super) fn identified(
        &mut self,
        ticket: Ticket,
        result: Result<Box<Identified>, Fault>,
        _now: Now,
    ) {
        match result {
            Ok(identified) => {
                let Some(profile) = self.profiles.keys().next().cloned() else {
                    return;
                };
                let who = WhoAmI {
                    profile,
                    login: None,
                    user: None,
                    identity_id: None,
                    identified: *identified,
                    keys_expire: None,
                };
                self.reply(ticket, Reply::WhoAmI(Box::new(who)));
            }
            Err(fault) => self.fail(ticket, Trouble::Misconfigured(fault.text)),
        }
    }
}
