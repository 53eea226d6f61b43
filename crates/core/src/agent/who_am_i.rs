//! Who a profile's keys are, by AWS's own word.

use crate::agent::Agent;
use crate::agent::inquiry::{About, Inquiry};
use crate::agent::login::Login;
use crate::agent::view::wall;
use crate::event::{Effect, Identified, Reply, Ticket, WhoAmI};
use crate::fault::Fault;
use crate::name::ProfileName;
use crate::time::Now;

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
        let inquiry = Inquiry {
            profile: name.clone(),
            number: held.number,
            about: About::Identity(Box::new(who)),
        };
        let effect = Effect::Identify {
            ticket,
            profile: name.clone(),
            spec,
            keys: held.keys.clone(),
            id_token: id.map(|id| id.token.clone()),
        };
        self.inquire(ticket, inquiry, effect, now);
    }

    pub(super) fn identified(
        &mut self,
        ticket: Ticket,
        result: Result<Box<Identified>, Fault>,
        now: Now,
    ) {
        // Whoever left needs no answer.
        let Some(inquiry) = self.inquiries.remove(&ticket) else {
            return;
        };
        match (result, inquiry.about) {
            (Ok(identified), About::Identity(mut who)) => {
                who.identified = *identified;
                self.reply(ticket, Reply::WhoAmI(who));
            }
            // It answers something else.
            (Ok(_), about @ About::Console { .. }) => {
                self.inquiries.insert(ticket, Inquiry { about, ..inquiry });
            }
            (Err(fault), about) => {
                self.inquiry_failed(ticket, Inquiry { about, ..inquiry }, fault, now);
            }
        }
    }
}
