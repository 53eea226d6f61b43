use super::desk::*;
use crate::event::Event;
use crate::failure::Code;
use crate::fault::FaultKind;

#[test]
fn a_token_on_its_way_is_kept_before_the_stop() {
    let mut desk = Desk::with_session(Some(true));
    let waiting = desk.ask("dev");
    desk.probed(Ok(()));
    desk.handle(Event::Stopping);
    assert_eq!(desk.code(waiting), Code::Busy);
    let late = desk.ask("dev");
    assert_eq!(desk.code(late), Code::Busy);
    assert!(!desk.agent.is_quiet());
    desk.refreshed(Ok(tokens("id-1", Some("refresh-2"))));
    assert!(!desk.agent.is_quiet());
    desk.kept(Ok(()));
    assert!(desk.agent.is_quiet());
    desk.nothing();
    assert_eq!(desk.agent.wake_at(), None);
}

#[test]
fn a_vault_that_refuses_is_not_waited_for() {
    let mut desk = Desk::with_session(Some(true));
    desk.ask("dev");
    desk.probed(Ok(()));
    desk.handle(Event::Stopping);
    desk.refreshed(Ok(tokens("id-1", Some("refresh-2"))));
    desk.kept(Err(locked()));
    assert!(desk.agent.is_quiet());
    desk.pass(SECOND);
    assert!(
        !desk.agent.is_quiet(),
        "but tried again while there is time"
    );
    desk.kept(Ok(()));
    assert!(desk.agent.is_quiet());
}

#[test]
fn a_lost_answer_is_asked_for_once_more() {
    let mut desk = Desk::with_session(Some(true));
    desk.ask("dev");
    desk.probed(Ok(()));
    desk.handle(Event::Stopping);
    desk.refreshed(Err(fault(FaultKind::Lost)));
    assert!(!desk.agent.is_quiet());
    desk.refreshed(Err(fault(FaultKind::Lost)));
    assert!(desk.agent.is_quiet());
    desk.pass(HOUR);
    desk.nothing();
}

#[test]
fn nothing_new_begins() {
    let mut desk = Desk::with_keys(Rotation::Off);
    desk.handle(Event::Stopping);
    desk.pass(24 * HOUR);
    desk.nothing();
    assert_eq!(desk.ticks, 0);

    let mut desk = Desk::with_session(Some(true));
    desk.ask("dev");
    desk.handle(Event::Stopping);
    assert!(desk.agent.is_quiet(), "only asked of the vault");
    desk.probed(Ok(()));
    desk.nothing();

    let mut desk = Desk::with_session(Some(false));
    desk.ask("dev");
    desk.handle(Event::Stopping);
    desk.refreshed(Err(fault(FaultKind::Service)));
    assert!(desk.agent.is_quiet());
    desk.pass(HOUR);
    desk.nothing();

    let mut desk = Desk::new(CONFIG);
    desk.handle(Event::Stopping);
    desk.recalled(Err(locked()));
    desk.pass(HOUR);
    desk.handle(Event::Woke);
    desk.nothing();
}

#[test]
fn notes_are_kept_on_the_way_out() {
    let mut desk = Desk::with_session(Some(false));
    desk.ask("dev");
    desk.refreshed(Ok(tokens("id-1", None)));
    desk.handle(Event::Stopping);
    desk.fetched("dev", Ok(keys("AKIA1")));
    let stored = desk.kept(Ok(())).session.unwrap();
    assert_eq!(stored.identities.len(), 1);
    assert!(desk.agent.is_quiet());
}

#[test]
fn a_sign_out_has_its_end_and_its_answer() {
    let mut desk = Desk::with_keys(Rotation::Off);
    let ticket = desk.sign_out();
    desk.handle(Event::Stopping);
    assert!(!desk.agent.is_quiet());
    desk.kept(Ok(()));
    assert!(!desk.agent.is_quiet());
    desk.revoked(Ok(()));
    assert!(desk.signed_out(ticket).had_session);
    assert!(desk.agent.is_quiet());
}

#[test]
fn a_sign_in_ends_and_leaves_nothing_behind() {
    let mut desk = Desk::new(CONFIG);
    desk.recalled(Ok(None));
    let ticket = desk.sign_in();
    desk.probed(Ok(()));
    desk.handle(Event::Stopping);
    assert_eq!(desk.code(ticket), Code::Busy);
    assert!(!desk.agent.is_quiet());
    desk.conversed(done("ann", "refresh-1"));
    assert!(!desk.agent.is_quiet());
    assert_eq!(desk.revoked(Ok(())), "refresh-1");
    assert!(desk.agent.is_quiet());
}

#[test]
fn a_sign_in_that_the_vault_is_keeping_has_its_answer() {
    let mut desk = Desk::new(CONFIG);
    desk.recalled(Ok(None));
    let ticket = desk.sign_in();
    desk.probed(Ok(()));
    desk.conversed(done("ann", "refresh-1"));
    desk.handle(Event::Stopping);
    desk.kept(Ok(()));
    assert_eq!(
        *desk.reply(ticket),
        crate::event::Reply::SignedIn { user: user("ann") }
    );
    assert!(desk.agent.is_quiet());
}
