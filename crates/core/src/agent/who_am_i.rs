//! Who a profile's keys are, by AWS's own word.

use std::time::Duration;

use crate::agent::Agent;
use crate::agent::login::Login;
use crate::agent::setback::{Setback, SetbackKind};
use crate::agent::view::wall;
use crate::event::{Effect, Identified, Reply, Ticket, WhoAmI};
use crate::fault::{Fault, FaultKind};
use crate::name::ProfileName;
use crate::time::Now;

/// What is known before AWS tells the rest.
#[derive(Debug)]
pub(super) struct Identifying {
    who: Box<WhoAmI>,
    /// Which of the profile's keys it is about.
    number: u64,
}

impl Agent {
    /// Asks AWS who the keys are that the profile has.
    pub(super) fn identify(&mut self, ticket: Ticket, name: &ProfileName, now: Now) {
        let Some(spec) = self.spec_of(name) else {
            return;
        };
        let chain = self.chain(name);
        let first = chain.first().and_then(|first| self.profiles.get(first));
        let identity = first.and_then(|first| first.held.as_ref()?.identity.clone());
        let Some(profile) = self.profiles.get(name) else {
            return;
        };
        let Some(held) = &profile.held else {
            return;
        };
        let login = self.logins.get(&profile.owner);
        let id = login.and_then(|login| login.session()?.id.as_ref());
        let who = WhoAmI {
            profile: name.clone(),
            login: Some(profile.owner.clone()).filter(|owner| !owner.is_guest()),
            user: login.and_then(Login::user).cloned(),
            identity_id: identity,
            identified: Identified::default(),
            keys_expire: Some(wall(held.span.dead, now)),
        };
        let identifying = Identifying {
            who: Box::new(who),
            number: held.number,
        };
        self.effects.push_back(Effect::Identify {
            ticket,
            profile: name.clone(),
            spec,
            keys: held.keys.clone(),
            id_token: id.map(|id| id.token.clone()),
        });
        self.identifying.insert(ticket, identifying);
        self.line.charge(1, now.at);
    }

    pub(super) fn identified(
        &mut self,
        ticket: Ticket,
        result: Result<Box<Identified>, Fault>,
        now: Now,
    ) {
        // Whoever left needs no answer.
        let Some(Identifying { mut who, number }) = self.identifying.remove(&ticket) else {
            return;
        };
        match result {
            Ok(identified) => {
                who.identified = *identified;
                self.reply(ticket, Reply::WhoAmI(who));
            }
            Err(fault) => {
                let setback = Setback::new(SetbackKind::Service(fault.kind), fault.text, now);
                self.fail(
                    ticket,
                    setback.profile_trouble(&who.profile, Duration::ZERO),
                );
                if fault.kind == FaultKind::TokenStale {
                    self.doubt_keys(&who.profile, number, now);
                    self.settle_profile(&who.profile, now);
                }
            }
        }
    }
}
