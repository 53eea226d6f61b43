//! The AWS console, signed in with a profile's keys.

use std::time::Duration;

use super::desk::*;
use crate::config::ProfileSpec;
use crate::console::{ConsoleLink, ConsoleSession, Destination};
use crate::event::{Effect, Event, Reply, Request, Ticket};
use crate::failure::Code;
use crate::fault::{Fault, FaultKind};
use crate::secret::Secret;

const BASIC: &str = r#"
[profile.long]
login = "acme"
identity_pool_id = "eu-west-1:01234567-89ab-cdef-0123-456789abcdef"
flow = "classic"
role_arn = "arn:aws:iam::123456789012:role/long"

[profile.far]
source_profile = "dev"
role_arn = "arn:aws:iam::123456789012:role/far"
"#;

impl Desk {
    fn console(&mut self, profile: &str, seconds: Option<u32>) -> u64 {
        self.request(Request::Console {
            profile: profile.into(),
            destination: Destination {
                service: Some("s3".into()),
                region: None,
                seconds,
            },
        })
    }

    /// Answers the next call of the federation endpoint, and says with what it was made.
    fn opened(&mut self, result: Result<Option<u32>, Fault>) -> (String, ProfileSpec, Destination) {
        let place = self
            .todo
            .iter()
            .position(|effect| matches!(effect, Effect::OpenConsole { .. }));
        let effect = place.and_then(|place| self.todo.remove(place));
        let Some(Effect::OpenConsole {
            ticket,
            spec,
            keys,
            destination,
            ..
        }) = effect
        else {
            panic!("no console is to be opened: {:?}", self.todo);
        };
        let result = result.map(|seconds| {
            Box::new(ConsoleSession {
                url: Secret::new("https://signin.example/?SigninToken=t"),
                seconds,
            })
        });
        self.handle(Event::ConsoleOpened { ticket, result });
        (keys.access_key_id.expose().to_owned(), spec, destination)
    }

    fn link(&self, ticket: u64) -> &ConsoleLink {
        match self.reply(ticket) {
            Reply::Console(link) => link,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn it_waits_for_keys_and_then_has_the_address_made() {
    let mut desk = Desk::with_session(Some(false));
    let ticket = desk.console("dev", None);
    desk.refreshed(Ok(tokens("id-1", None)));
    assert_eq!(desk.count("OpenConsole"), 0);
    desk.fetched("dev", Ok(keys("AKIA1")));
    desk.waits(ticket);
    let (by, spec, there) = desk.opened(Ok(None));
    assert_eq!(by, "AKIA1");
    assert_eq!(spec.sts.region.as_deref(), Some("eu-west-1"));
    assert_eq!(there.service.as_deref(), Some("s3"));
    let link = desk.link(ticket);
    assert_eq!(link.profile, "dev".parse().unwrap());
    assert_eq!(link.url.expose(), "https://signin.example/?SigninToken=t");
    assert_eq!(link.open_until, desk.now.wall + 15 * MINUTE);
    // The keys' own end, and not the earlier one that tools are told.
    assert_eq!(link.session_ends, desk.now.wall + HOUR);
    // The next is made at once.
    let again = desk.console("dev", None);
    desk.opened(Ok(None));
    desk.link(again);
}

#[test]
fn an_address_is_good_no_longer_than_the_session() {
    let mut desk = Desk::with_keys(Rotation::Off);
    desk.pass(45 * MINUTE);
    // Renewing fails for the rest of the hour.
    while desk.count("Fetch") + desk.count("Refresh") > 0 {
        if desk.count("Refresh") > 0 {
            desk.refreshed(Err(fault(FaultKind::Misconfigured)));
        } else {
            desk.fetched("dev", Err(fault(FaultKind::Misconfigured)));
        }
    }
    desk.pass(5 * MINUTE);
    let ticket = desk.console("dev", None);
    desk.opened(Ok(None));
    let link = desk.link(ticket);
    assert_eq!(link.session_ends, desk.now.wall + 10 * MINUTE);
    assert_eq!(link.open_until, link.session_ends);
}

#[test]
fn a_session_outlasts_its_keys_where_aws_lets_it() {
    let config = CONFIG.to_owned() + BASIC;
    for (profile, asked, sent) in [
        ("long", Some(14_400), Some(14_400)),
        ("long", None, None),
        // The enhanced flow, and a role that a role's keys are given for.
        ("ops", Some(14_400), None),
        ("far", Some(14_400), None),
    ] {
        let mut desk = Desk::new(&config);
        desk.recalled(Ok(Some(record("refresh-1", Some(false)))));
        let ticket = desk.console(profile, asked);
        desk.refreshed(Ok(tokens("id-1", None)));
        if profile == "far" {
            desk.fetched("dev", Ok(keys("AKIA-dev")));
            super::guest::told(&mut desk, "far", Ok(keys("AKIA")));
        } else {
            desk.fetched(profile, Ok(keys("AKIA")));
        }
        let (_, _, there) = desk.opened(Ok(sent));
        assert_eq!(there.seconds, sent, "{profile}");
        let ends = desk.link(ticket).session_ends;
        let seconds = sent.map_or(3600, u64::from);
        assert_eq!(ends, desk.now.wall + Duration::from_secs(seconds));
    }
    // AWS did not take the length, and the session ends with the keys.
    let mut desk = Desk::new(&config);
    desk.recalled(Ok(Some(record("refresh-1", Some(false)))));
    let ticket = desk.console("long", Some(14_400));
    desk.refreshed(Ok(tokens("id-1", None)));
    desk.fetched("long", Ok(keys("AKIA")));
    desk.opened(Ok(None));
    assert_eq!(desk.link(ticket).session_ends, desk.now.wall + HOUR);
}

#[test]
fn what_makes_no_sense_is_refused_before_anything_is_done() {
    let mut desk = Desk::with_session(Some(false));
    let ticket = desk.console("dev", Some(60));
    assert_eq!(desk.code(ticket), Code::Protocol);
    let ticket = desk.request(Request::Console {
        profile: "dev".into(),
        destination: Destination {
            service: Some("s3&Destination=https://evil.example".into()),
            ..Destination::default()
        },
    });
    assert_eq!(desk.code(ticket), Code::Protocol);
    let ticket = desk.console("nobody", None);
    assert_eq!(desk.code(ticket), Code::UnknownProfile);
    desk.nothing();
}

#[test]
fn what_aws_refuses_is_told() {
    for (kind, code) in [
        (FaultKind::Unreachable, Code::Offline),
        (FaultKind::Service, Code::Service),
        (FaultKind::Misconfigured, Code::Misconfigured),
    ] {
        let mut desk = Desk::with_keys(Rotation::Off);
        let ticket = desk.console("dev", None);
        desk.opened(Err(fault(kind)));
        assert_eq!(desk.code(ticket), code);
        assert_eq!(
            desk.failure(ticket).sentence.contains("console"),
            code == Code::Misconfigured
        );
        assert_eq!(desk.profile("dev").trouble, None);
        desk.nothing();
    }
}

#[test]
fn keys_that_aws_does_not_take_are_renewed() {
    let mut desk = Desk::with_keys(Rotation::Off);
    let ticket = desk.console("dev", None);
    desk.opened(Err(fault(FaultKind::TokenStale)));
    assert_eq!(desk.code(ticket), Code::Misconfigured);
    desk.pass(SECOND);
    desk.fetched("dev", Ok(keys("AKIA2")));
    let again = desk.console("dev", None);
    assert_eq!(desk.opened(Ok(None)).0, "AKIA2");
    desk.link(again);
}

#[test]
fn who_leaves_or_stops_is_let_go() {
    let mut desk = Desk::with_keys(Rotation::Off);
    let ticket = desk.console("dev", None);
    desk.leave(ticket);
    desk.opened(Ok(None));
    assert_eq!(desk.answers.get(&ticket), None);
    let ticket = desk.console("dev", None);
    desk.handle(Event::Stopping);
    assert_eq!(desk.code(ticket), Code::Busy);
    desk.opened(Ok(None));
    assert_eq!(desk.code(ticket), Code::Busy);
    desk.handle(Event::Left {
        ticket: Ticket(ticket),
    });
}

#[test]
fn who_signs_out_meanwhile_gets_no_address() {
    let mut desk = Desk::with_keys(Rotation::Off);
    let ticket = desk.console("dev", None);
    desk.sign_out();
    desk.opened(Ok(None));
    assert_eq!(desk.code(ticket), Code::SignedOut);
    let late = desk.console("dev", None);
    assert_eq!(desk.code(late), Code::SignedOut);
}

#[test]
fn an_answer_to_something_else_is_none() {
    let mut desk = Desk::with_keys(Rotation::Off);
    let ticket = desk.console("dev", None);
    desk.handle(Event::Identified {
        ticket: Ticket(ticket),
        result: Ok(Box::default()),
    });
    desk.waits(ticket);
    desk.opened(Ok(None));
    desk.link(ticket);
}

#[test]
fn a_profile_that_changes_meanwhile_opens_as_it_is_then() {
    let mut desk = Desk::with_keys(Rotation::Off);
    let ticket = desk.console("dev", None);
    let changed = CONFIG.replacen(
        "[profile.ops]",
        "role_arn = \"arn:aws:iam::123456789012:role/dev\"\n[profile.ops]",
        1,
    );
    desk.configure(&changed);
    assert_eq!(desk.opened(Ok(None)).0, "AKIA1");
    desk.waits(ticket);
    desk.fetched("dev", Ok(keys("AKIA2")));
    assert_eq!(desk.opened(Ok(None)).0, "AKIA2");
    desk.link(ticket);

    // One that is gone opens nothing, be there another of its name by then.
    let mut desk = Desk::with_keys(Rotation::Off);
    let ticket = desk.console("dev", None);
    desk.configure("");
    assert_eq!(desk.code(ticket), Code::UnknownProfile);
    desk.configure(CONFIG);
    desk.opened(Ok(None));
    assert_eq!(desk.code(ticket), Code::UnknownProfile);

    // Keys that were only renewed change nothing.
    let mut desk = Desk::with_keys(Rotation::Off);
    let ticket = desk.console("dev", None);
    desk.renew();
    desk.refreshed(Ok(tokens("id-2", None)));
    desk.pass(SECOND);
    desk.fetched("dev", Ok(keys("AKIA2")));
    desk.opened(Ok(None));
    desk.link(ticket);
}
