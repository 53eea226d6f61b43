use std::time::Duration;

use super::desk::*;
use crate::event::Event;
use crate::failure::{Code, Ended};
use crate::fault::FaultKind;
use crate::snapshot::{LoginState, Snapshot};

#[test]
fn what_is_shown_of_somebody_at_work() {
    let mut desk = Desk::with_keys(Rotation::Off);
    let wall = desk.now.wall;
    let login = desk.login();
    assert_eq!(login.name.as_str(), "acme");
    assert_eq!(login.provider, "eu-west-1_A");
    assert_eq!(login.state, LoginState::SignedIn);
    assert_eq!(login.user, Some(user("ann")));
    assert_eq!(login.signed_in.unwrap().secs(), 1_799_000_000);
    assert_eq!(login.id_token_expires, Some(wall + HOUR));
    let lead = login
        .id_token_expires
        .unwrap()
        .secs_after(login.renews.unwrap());
    assert!((600..=750).contains(&lead), "{lead}");
    assert!(!login.working);

    let dev = desk.profile("dev");
    assert_eq!(dev.login.as_ref().unwrap().as_str(), "acme");
    assert_eq!(dev.keys_expire, Some(wall + HOUR));
    assert_eq!(dev.asked, Some(wall));
    let lead = dev.keys_expire.unwrap().secs_after(dev.renews.unwrap());
    assert!((1200..=1500).contains(&lead), "{lead}");
    let ops = desk.profile("ops");
    assert_eq!((ops.keys_expire, ops.renews, ops.asked), (None, None, None));
    assert!(ops.role_arn.unwrap().ends_with("role/ops"));

    // What is over is in the past, and dead keys are not shown.
    desk.sleep(2 * HOUR);
    assert_eq!(desk.login().id_token_expires, Some(wall + HOUR));
    assert_eq!(desk.profile("dev").keys_expire, None);
    desk.sleep(12 * HOUR);
    assert_eq!(desk.login().renews, None, "it rests");
}

#[test]
fn trouble_is_shown_since_it_began_and_until_it_is_over() {
    let mut desk = Desk::with_session(Some(false));
    desk.ask("dev");
    assert!(desk.login().working);
    let began = desk.now.wall;
    desk.refreshed(Err(fault(FaultKind::Unreachable)));
    desk.pass(SECOND);
    desk.refreshed(Err(fault(FaultKind::Service)));
    let login = desk.login();
    assert_eq!(login.trouble.as_ref().unwrap().code, Code::Service);
    assert!(login.trouble.unwrap().remedy.contains("in 1 second"));
    assert_eq!(login.trouble_since, Some(began));
    desk.pass(2 * SECOND);
    desk.refreshed(Ok(tokens("id-1", None)));
    assert_eq!(
        (desk.login().trouble, desk.login().trouble_since),
        (None, None)
    );

    desk.pass(SECOND);
    let began = desk.now.wall;
    desk.fetched("dev", Err(fault(FaultKind::Misconfigured)));
    let dev = desk.profile("dev");
    assert_eq!(dev.trouble.as_ref().unwrap().code, Code::Misconfigured);
    assert!(dev.trouble.unwrap().sentence.contains("“dev”"));
    assert_eq!(dev.trouble_since, Some(began));
    // Nobody uses it any more, so that nothing stands in the way.
    for _ in 0..100 {
        desk.pass(15 * MINUTE);
        while desk.count("Refresh") > 0 {
            desk.refreshed(Ok(tokens("id-2", None)));
        }
        while desk.count("Fetch") > 0 {
            desk.fetched("dev", Err(fault(FaultKind::Misconfigured)));
        }
    }
    assert_eq!(desk.profile("dev").trouble, None);
}

#[test]
fn the_trouble_of_a_sign_in_is_told_once_and_not_shown_for_ever() {
    let mut desk = Desk::new(CONFIG);
    desk.recalled(Ok(None));
    let ticket = desk.sign_in();
    desk.probed(Err(locked()));
    assert_eq!(desk.code(ticket), Code::VaultLocked);
    desk.pass(2 * SECOND);
    assert_eq!(desk.login().trouble, None);
    desk.nothing();
}

#[test]
fn each_change_is_counted() {
    let mut desk = Desk::with_session(Some(true));
    let mut last = (desk.agent.changes(), desk.agent.snapshot(desk.now));
    let mut moves = |desk: &Desk| {
        let now = (desk.agent.changes(), desk.agent.snapshot(desk.now));
        assert!(now.0 > last.0, "{:?}", now.1);
        assert_ne!(now.1, last.1);
        last = now;
    };
    desk.ask("dev");
    moves(&desk);
    desk.probed(Ok(()));
    desk.refreshed(Ok(tokens("id-1", Some("refresh-2"))));
    desk.kept(Ok(()));
    moves(&desk);
    desk.fetched("dev", Ok(keys("AKIA1")));
    moves(&desk);
    desk.keep_notes();
    moves(&desk);
    let waiting = desk.sign_in();
    moves(&desk);
    desk.leave(waiting);
    moves(&desk);
    desk.sign_in();
    moves(&desk);
    desk.handle(Event::Stopping);
    moves(&desk);
}

#[test]
fn a_sessions_end_is_shown_where_its_life_is_known() {
    let mut desk = Desk::with_keys(Rotation::Off);
    assert_eq!(desk.login().session_ends, None);
    desk.configure(&CONFIG.replace(
        "client_id = \"client\"",
        "client_id = \"client\"\nsession_life = \"30d\"",
    ));
    let view = desk.login();
    let signed_in = view.signed_in.unwrap();
    assert_eq!(view.session_ends, Some(signed_in + 30 * 24 * HOUR));
}

#[test]
fn where_nothing_changes_nothing_is_counted() {
    let mut desk = Desk::with_keys(Rotation::Off);
    let changes = desk.agent.changes();
    for _ in 0..10 {
        desk.ask("dev");
        desk.pass(MINUTE);
        desk.handle(Event::Tick);
        desk.handle(Event::Woke);
    }
    assert_eq!(desk.agent.changes(), changes);
}

#[test]
fn whether_anybody_is_signed_in() {
    let mut desk = Desk::new(CONFIG);
    assert!(!desk.agent.is_signed_in());
    desk.recalled(Ok(Some(record("refresh-1", Some(false)))));
    assert!(desk.agent.is_signed_in());
    desk.ask("dev");
    desk.refreshed(Err(fault(FaultKind::Ended(Ended::Expired))));
    assert!(!desk.agent.is_signed_in());
}

#[test]
fn the_clock_is_off_only_from_two_minutes_on() {
    for (ahead, shown) in [
        (119, None),
        (120, Some(120)),
        (-119, None),
        (-120, Some(-120)),
    ] {
        let mut desk = Desk::with_session(Some(false));
        desk.ask("dev");
        let mut skewed = tokens("id-1", None);
        let server = desk.now.wall.secs() - ahead;
        skewed.id_life.server = Some(crate::time::UnixTime::from_secs(server));
        desk.refreshed(Ok(skewed));
        let snapshot: Snapshot = desk.agent.snapshot(desk.now);
        assert_eq!(snapshot.clock_ahead, shown);
    }
    for (delay, shown) in [(59, Some(300)), (60, None)] {
        let mut desk = Desk::with_session(Some(false));
        desk.ask("dev");
        desk.pass(Duration::from_secs(delay));
        let mut late = tokens("id-1", None);
        let server = desk.now.wall.secs() - 300;
        late.id_life.server = Some(crate::time::UnixTime::from_secs(server));
        desk.refreshed(Ok(late));
        assert_eq!(desk.agent.snapshot(desk.now).clock_ahead, shown);
    }
}

#[test]
fn a_tool_that_asks_in_vain_is_shown_but_not_each_time() {
    let mut desk = Desk::new(CONFIG);
    desk.recalled(Ok(None));
    let changes = desk.agent.changes();
    let ticket = desk.ask("dev");
    assert_eq!(desk.code(ticket), Code::SignedOut);
    let shown = desk.agent.changes();
    assert!(shown > changes);
    desk.pass(30 * SECOND);
    desk.ask("dev");
    assert_eq!(desk.agent.changes(), shown);
    desk.pass(30 * SECOND);
    desk.ask("dev");
    assert!(desk.agent.changes() > shown);
}
