//! Who a profile's keys are.

use super::desk::*;
use crate::event::{Effect, Event, Identified, Reply, Request, Ticket, WhoAmI};
use crate::failure::Code;
use crate::fault::{Fault, FaultKind};

impl Desk {
    fn who_am_i(&mut self, profile: &str) -> u64 {
        self.request(Request::WhoAmI {
            profile: profile.into(),
        })
    }

    /// Answers the next `GetCallerIdentity`, and says with which keys and ID token it was made.
    fn identified(&mut self, result: Result<&str, Fault>) -> (String, Option<String>) {
        let place = self
            .todo
            .iter()
            .position(|effect| matches!(effect, Effect::Identify { .. }));
        let effect = place.and_then(|place| self.todo.remove(place));
        let Some(Effect::Identify {
            ticket,
            spec,
            keys,
            id_token,
            ..
        }) = effect
        else {
            panic!("nobody is asked: {:?}", self.todo);
        };
        assert_eq!(spec.sts.region.as_deref(), Some("eu-west-1"));
        self.handle(Event::Identified {
            ticket,
            result: result.map(|arn| {
                Box::new(Identified {
                    arn: arn.into(),
                    ..Identified::default()
                })
            }),
        });
        (
            keys.access_key_id.expose().to_owned(),
            id_token.map(|token| token.expose().to_owned()),
        )
    }

    fn who(&self, ticket: u64) -> WhoAmI {
        match self.reply(ticket) {
            Reply::WhoAmI(who) => WhoAmI::clone(who),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn it_waits_for_keys_and_then_asks_aws() {
    let mut desk = Desk::with_session(Some(false));
    let ticket = desk.who_am_i("dev");
    desk.refreshed(Ok(tokens("id-1", None)));
    desk.fetched("dev", Ok(keys("AKIA1")));
    desk.waits(ticket);
    let (by, token) = desk.identified(Ok("arn:aws:sts::1:assumed-role/r/s"));
    assert_eq!((by.as_str(), token.as_deref()), ("AKIA1", Some("id-1")));
    let who = desk.who(ticket);
    assert_eq!(who.profile, "dev".parse().unwrap());
    assert_eq!(who.login, Some("acme".parse().unwrap()));
    assert_eq!(who.user, Some(user("ann")));
    assert_eq!(who.identity_id.as_deref(), Some("identity-1"));
    assert_eq!(who.identified.arn, "arn:aws:sts::1:assumed-role/r/s");
    assert_eq!(who.keys_expire, desk.profile("dev").keys_expire);
    // The next is asked at once.
    let again = desk.who_am_i("dev");
    desk.identified(Ok("arn"));
    desk.who(again);
}

#[test]
fn no_keys_is_told_as_to_a_tool() {
    let mut desk = Desk::new(CONFIG);
    desk.recalled(Ok(None));
    let ticket = desk.who_am_i("dev");
    assert_eq!(desk.code(ticket), Code::SignedOut);
    let ticket = desk.who_am_i("nobody");
    assert_eq!(desk.code(ticket), Code::UnknownProfile);
    let mut desk = Desk::with_session(Some(false));
    let ticket = desk.who_am_i("dev");
    desk.pass(5 * SECOND);
    desk.failure(ticket);
    desk.refreshed(Ok(tokens("id-1", None)));
    desk.pass(SECOND);
    desk.fetched("dev", Ok(keys("AKIA1")));
    assert_eq!(desk.count("Identify"), 0, "nobody waits any more");
}

#[test]
fn tools_and_people_wait_together() {
    let mut desk = Desk::with_session(Some(false));
    let (tool, person) = (desk.ask("dev"), desk.who_am_i("dev"));
    desk.refreshed(Ok(tokens("id-1", None)));
    desk.fetched("dev", Ok(keys("AKIA1")));
    assert!(desk.document(tool).contains("AKIA1"));
    desk.waits(person);
    desk.identified(Ok("arn"));
    desk.who(person);
}

#[test]
fn what_aws_refuses_is_told() {
    for (kind, code) in [
        (FaultKind::Unreachable, Code::Offline),
        (FaultKind::Service, Code::Service),
        (FaultKind::Misconfigured, Code::Misconfigured),
    ] {
        let mut desk = Desk::with_keys(Rotation::Off);
        let ticket = desk.who_am_i("dev");
        desk.identified(Err(fault(kind)));
        assert_eq!(desk.code(ticket), code);
        assert_eq!(desk.profile("dev").trouble, None);
        desk.nothing();
    }
}

#[test]
fn keys_that_aws_does_not_take_are_renewed() {
    let mut desk = Desk::with_keys(Rotation::Off);
    let ticket = desk.who_am_i("dev");
    desk.identified(Err(fault(FaultKind::TokenStale)));
    assert_eq!(desk.code(ticket), Code::Misconfigured);
    desk.pass(SECOND);
    desk.fetched("dev", Ok(keys("AKIA2")));
    // A late verdict is about the keys of before.
    let late = desk.who_am_i("dev");
    desk.renew();
    desk.refreshed(Ok(tokens("id-2", None)));
    desk.pass(SECOND);
    desk.fetched("dev", Ok(keys("AKIA3")));
    desk.identified(Err(fault(FaultKind::TokenStale)));
    desk.failure(late);
    desk.pass(SECOND);
    desk.fetched("ops", Ok(keys("AKIA4")));
    desk.nothing();
}

#[test]
fn who_leaves_or_stops_is_let_go() {
    let mut desk = Desk::with_keys(Rotation::Off);
    let ticket = desk.who_am_i("dev");
    desk.leave(ticket);
    desk.identified(Ok("arn"));
    assert_eq!(desk.answers.get(&ticket), None);
    let ticket = desk.who_am_i("dev");
    desk.handle(Event::Stopping);
    assert_eq!(desk.code(ticket), Code::Busy);
    desk.identified(Ok("arn"));
    assert_eq!(desk.code(ticket), Code::Busy);
    desk.handle(Event::Left {
        ticket: Ticket(ticket),
    });
}

#[test]
fn a_role_is_told_with_the_identity_at_the_beginning_of_its_chain() {
    let config = CONFIG.to_owned()
        + "[profile.prod]\nsource_profile = \"dev\"\n\
           role_arn = \"arn:aws:iam::123456789012:role/prod\"\n";
    let mut desk = Desk::new(&config);
    desk.recalled(Ok(Some(record("refresh-1", Some(false)))));
    let ticket = desk.who_am_i("prod");
    desk.refreshed(Ok(tokens("id-1", None)));
    desk.fetched("dev", Ok(keys("AKIA-dev")));
    super::guest::told(&mut desk, "prod", Ok(keys("AKIA-prod")));
    assert_eq!(desk.identified(Ok("arn")).0, "AKIA-prod");
    let who = desk.who(ticket);
    assert_eq!(who.identity_id.as_deref(), Some("identity-1"));
    assert_eq!(who.user, Some(user("ann")));
}
