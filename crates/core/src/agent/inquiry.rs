//! What AWS is asked about a profile's keys for one who waits.

use std::time::Duration;

use crate::agent::Agent;
use crate::agent::setback::{Setback, SetbackKind};
use crate::console::Destination;
use crate::event::{Effect, Ticket, WhoAmI};
use crate::failure::Trouble;
use crate::fault::{Fault, FaultKind};
use crate::name::ProfileName;
use crate::time::{Moment, Now};

/// What AWS is asked about a profile's keys for one who waits.
#[derive(Debug)]
pub(super) struct Inquiry {
    pub(super) profile: ProfileName,
    /// Which of the profile's keys it is about.
    pub(super) number: u64,
    pub(super) about: About,
}

/// What is known before AWS tells the rest.
#[derive(Debug)]
pub(super) enum About {
    Identity(Box<WhoAmI>),
    Console {
        destination: Destination,
        /// When the keys end.
        dead: Moment,
        /// How often the profile had let go of keys.
        epoch: u64,
    },
}

impl Agent {
    pub(super) fn inquire(&mut self, ticket: Ticket, inquiry: Inquiry, effect: Effect, now: Now) {
        self.effects.push_back(effect);
        self.inquiries.insert(ticket, inquiry);
        self.line.charge(1, now.at);
    }

    /// A profile goes: nobody is told of keys that it had.
    pub(super) fn dismiss_inquiries(&mut self, name: &ProfileName) {
        let of_profile = |_: &Ticket, inquiry: &mut Inquiry| inquiry.profile == *name;
        let gone: Vec<Ticket> = self
            .inquiries
            .extract_if(.., of_profile)
            .map(|(ticket, _)| ticket)
            .collect();
        for ticket in gone {
            self.fail(ticket, Trouble::UnknownProfile(name.to_string()));
        }
    }

    /// AWS refused, or could not be asked. Where it does not take the keys, newer ones may do.
    pub(super) fn inquiry_failed(
        &mut self,
        ticket: Ticket,
        inquiry: Inquiry,
        fault: Fault,
        now: Now,
    ) {
        let Inquiry {
            profile,
            number,
            about,
        } = inquiry;
        let setback = Setback::new(SetbackKind::Service(fault.kind), fault.text, now);
        let trouble = match (about, setback.profile_trouble(&profile, Duration::ZERO)) {
            (About::Console { .. }, Trouble::ProfileMisconfigured(profile, text)) => {
                Trouble::NoConsole(profile, text)
            }
            (About::Console { .. } | About::Identity(_), trouble) => trouble,
        };
        self.fail(ticket, trouble);
        if fault.kind == FaultKind::TokenStale {
            self.doubt_keys(&profile, number, now);
            self.settle_profile(&profile, now);
        }
    }
}
