//! The AWS console, signed in with a profile's keys.

use std::time::Duration;

use crate::agent::Agent;
use crate::agent::inquiry::{About, Inquiry};
use crate::agent::profile::Wants;
use crate::agent::view::wall;
use crate::config::{KeySource, PoolFlow, ProfileSpec};
use crate::console::{ConsoleLink, ConsoleSession, Destination};
use crate::event::{Effect, Reply, Ticket};
use crate::failure::Trouble;
use crate::fault::Fault;
use crate::name::ProfileName;
use crate::time::Now;

impl Agent {
    pub(super) fn ask_console(
        &mut self,
        ticket: Ticket,
        name: &str,
        destination: Destination,
        now: Now,
    ) {
        if let Err(told) = destination.check() {
            return self.fail(ticket, Trouble::Protocol(told.into()));
        }
        self.ask_keys(ticket, name, Wants::Console(destination), now);
    }

    /// Has AWS make an address for the keys that the profile has.
    pub(super) fn open_console(
        &mut self,
        ticket: Ticket,
        name: &ProfileName,
        destination: Destination,
        now: Now,
    ) {
        let (Some(spec), Some(profile)) = (self.spec_of(name), self.profiles.get(name)) else {
            return;
        };
        let Some(held) = &profile.held else {
            return;
        };
        let seconds = destination.seconds.filter(|_| may_outlast_keys(&spec));
        let effect = Effect::OpenConsole {
            ticket,
            profile: name.clone(),
            spec,
            keys: held.keys.clone(),
            destination: Destination {
                seconds,
                ..destination.clone()
            },
        };
        let inquiry = Inquiry {
            profile: name.clone(),
            number: held.number,
            about: About::Console {
                destination,
                dead: held.span.dead,
                epoch: profile.epoch,
            },
        };
        self.inquire(ticket, inquiry, effect, now);
    }

    pub(super) fn console_opened(
        &mut self,
        ticket: Ticket,
        result: Result<Box<ConsoleSession>, Fault>,
        now: Now,
    ) {
        // Whoever left needs no answer.
        let Some(inquiry) = self.inquiries.remove(&ticket) else {
            return;
        };
        let session = match result {
            Ok(session) => session,
            Err(fault) => return self.inquiry_failed(ticket, inquiry, fault, now),
        };
        let Inquiry { profile, about, .. } = inquiry;
        match about {
            About::Console {
                destination,
                dead,
                epoch,
            } => {
                // Somebody signed out meanwhile, or the profile is another: so is the console.
                let known = self.profiles.get(&profile);
                if known.is_none_or(|profile| profile.epoch != epoch) {
                    let name = profile.as_str();
                    return self.ask_keys(ticket, name, Wants::Console(destination), now);
                }
                let ends = match session.seconds {
                    Some(seconds) => now.wall + Duration::from_secs(seconds.into()),
                    None => wall(dead, now),
                };
                let link = ConsoleLink {
                    profile,
                    url: session.url,
                    open_until: ends.min(now.wall + SIGN_IN_TOKEN_LIFE),
                    session_ends: ends,
                };
                self.reply(ticket, Reply::Console(Box::new(link)));
            }
            // It answers something else.
            about @ About::Identity(_) => {
                let inquiry = Inquiry {
                    profile,
                    about,
                    ..inquiry
                };
                self.inquiries.insert(ticket, inquiry);
            }
        }
    }
}

/// AWS lets a session outlast its keys only where a role was assumed in one step with a length of its
/// own: in the basic flow. In the enhanced flow, and for a role that was assumed with a role's keys,
/// it ends with them.
fn may_outlast_keys(spec: &ProfileSpec) -> bool {
    match &spec.source {
        KeySource::Pool(pool) => match pool.flow {
            PoolFlow::Classic { .. } => true,
            PoolFlow::Enhanced { .. } => false,
        },
        KeySource::Role(_) => false,
    }
}

/// The address has a sign-in token that AWS takes for so long
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html>).
const SIGN_IN_TOKEN_LIFE: Duration = Duration::from_secs(15 * 60);
