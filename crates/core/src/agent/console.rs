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
        mut destination: Destination,
        now: Now,
    ) {
        let (Some(spec), Some(held)) = (
            self.spec_of(name),
            self.profiles
                .get(name)
                .and_then(|profile| profile.held.as_ref()),
        ) else {
            return;
        };
        if !may_outlast_keys(&spec) {
            destination.seconds = None;
        }
        let inquiry = Inquiry {
            profile: name.clone(),
            number: held.number,
            about: About::Console {
                dead: held.span.dead,
            },
        };
        let effect = Effect::OpenConsole {
            ticket,
            profile: name.clone(),
            spec,
            keys: held.keys.clone(),
            destination,
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
        match (result, &inquiry.about) {
            (Ok(session), About::Console { dead }) => {
                let ends = match session.seconds {
                    Some(seconds) => now.wall + Duration::from_secs(seconds.into()),
                    None => wall(*dead, now),
                };
                // Who signed out meanwhile is out, and so is whoever was signed in with those keys.
                if !self.has_keys(&inquiry.profile) {
                    let trouble = self.why_no_keys(&inquiry.profile, now);
                    return self.fail(ticket, trouble);
                }
                let link = ConsoleLink {
                    profile: inquiry.profile,
                    url: session.url,
                    open_until: ends.min(now.wall + SIGN_IN_TOKEN_LIFE),
                    session_ends: ends,
                };
                self.reply(ticket, Reply::Console(Box::new(link)));
            }
            // It answers something else.
            (Ok(_), About::Identity(_)) => {
                self.inquiries.insert(ticket, inquiry);
            }
            (Err(fault), _) => self.inquiry_failed(ticket, inquiry, fault, now),
        }
    }

    fn has_keys(&self, name: &ProfileName) -> bool {
        self.profiles.get(name).is_some_and(|profile| {
            let login = self.logins.get(&profile.owner);
            profile.held.is_some() && login.is_some_and(|login| login.leaving.is_none())
        })
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
