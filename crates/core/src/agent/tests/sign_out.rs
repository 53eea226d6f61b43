use super::desk::*;
use crate::event::Event;
use crate::failure::{Code, Ended};
use crate::fault::FaultKind;
use crate::snapshot::LoginState;

#[test]
fn a_person_signs_out() {
    let mut desk = Desk::with_keys(Rotation::Off);
    let ticket = desk.sign_out();
    assert_eq!(desk.kept(Ok(())).session, None);
    desk.waits(ticket);
    assert_eq!(desk.revoked(Ok(())), "refresh-1");
    let told = desk.signed_out(ticket);
    assert!(told.had_session);
    assert_eq!(told.not_revoked, None);
    assert_eq!(
        told.keys_live_until,
        Some(desk.now.wall + HOUR),
        "AWS cannot take keys back"
    );
    assert_eq!(desk.login().state, LoginState::SignedOut);
    assert_eq!(desk.profile("dev").keys_expire, None);
    let ticket = desk.ask("dev");
    assert_eq!(desk.code(ticket), Code::SignedOut);
    desk.pass(24 * HOUR);
    desk.nothing();
}

#[test]
fn the_newest_token_is_the_one_to_revoke() {
    let mut desk = Desk::with_session(Some(true));
    let tool = desk.ask("dev");
    desk.probed(Ok(()));
    let first = desk.sign_out();
    assert_eq!(desk.code(tool), Code::SignedOut, "it does not wait in vain");
    let second = desk.sign_out();
    desk.refreshed(Ok(tokens("id-1", Some("refresh-2"))));
    assert_eq!(desk.kept(Ok(())).session, None);
    assert_eq!(desk.revoked(Ok(())), "refresh-2");
    assert!(desk.signed_out(first).had_session);
    assert!(desk.signed_out(second).had_session);
    desk.nothing();
}

#[test]
fn keys_that_are_over_are_not_said_to_live() {
    let mut desk = Desk::with_keys(Rotation::Off);
    desk.sleep(HOUR);
    let ticket = desk.sign_out();
    desk.kept(Ok(()));
    desk.revoked(Ok(()));
    assert_eq!(desk.signed_out(ticket).keys_live_until, None);
}

#[test]
fn a_pool_that_cannot_be_told_does_not_hold_it_up() {
    let mut desk = Desk::with_keys(Rotation::Off);
    let ticket = desk.sign_out();
    desk.kept(Ok(()));
    desk.revoked(Err(fault(FaultKind::Unreachable)));
    assert!(desk.signed_out(ticket).not_revoked.is_some());
}

#[test]
fn a_vault_that_does_not_forget_is_told_and_tried_again() {
    let mut desk = Desk::with_keys(Rotation::Off);
    let ticket = desk.sign_out();
    desk.kept(Err(locked()));
    assert_eq!(desk.revoked(Ok(())), "refresh-1");
    assert_eq!(desk.code(ticket), Code::VaultLocked);
    assert_eq!(desk.login().state, LoginState::SignedOut);
    desk.nothing();
    desk.pass(SECOND);
    assert_eq!(desk.kept(Ok(())).session, None);
    assert_eq!(desk.login().trouble, None);
}

#[test]
fn what_was_not_read_yet_is_read_so_that_it_can_be_revoked() {
    let mut desk = Desk::new(CONFIG);
    desk.recalled(Err(locked()));
    let ticket = desk.sign_out();
    desk.recalled(Ok(Some(record("refresh-1", None))));
    desk.kept(Ok(()));
    assert_eq!(desk.revoked(Ok(())), "refresh-1");
    assert!(desk.signed_out(ticket).had_session);

    let mut desk = Desk::new(CONFIG);
    let ticket = desk.sign_out();
    desk.recalled(Err(locked()));
    assert_eq!(desk.code(ticket), Code::VaultLocked);
    desk.pass(SECOND);
    desk.recalled(Ok(Some(record("refresh-1", None))));
    assert_eq!(desk.login().state, LoginState::SignedIn);
}

#[test]
fn where_nobody_was_signed_in_it_is_done_all_the_same() {
    let mut desk = Desk::new(CONFIG);
    desk.recalled(Ok(None));
    let ticket = desk.sign_out();
    assert_eq!(desk.kept(Ok(())).session, None);
    assert!(!desk.signed_out(ticket).had_session);
    desk.nothing();
}

#[test]
fn a_session_that_just_ended_is_signed_out_for_good() {
    let mut desk = Desk::with_session(Some(false));
    desk.ask("dev");
    desk.refreshed(Err(fault(FaultKind::Ended(Ended::Expired))));
    assert_eq!(desk.count("Keep"), 1);
    let ticket = desk.sign_out();
    desk.kept(Ok(()));
    desk.keep_notes();
    assert!(!desk.signed_out(ticket).had_session);
    assert_eq!(desk.login().state, LoginState::SignedOut);
}

#[test]
fn a_sign_in_under_way_ends_and_its_session_with_it() {
    let mut desk = Desk::with_keys(Rotation::Off);
    let waiting = desk.sign_in();
    let ticket = desk.sign_out();
    assert_eq!(desk.code(waiting), Code::NoConversation);
    desk.conversed(done("ann", "refresh-9"));
    desk.kept(Ok(()));
    assert_eq!(desk.revoked(Ok(())), "refresh-1", "its own is told first");
    desk.signed_out(ticket);
    assert_eq!(desk.revoked(Ok(())), "refresh-9");
    assert_eq!(desk.login().state, LoginState::SignedOut);
    desk.nothing();
}

#[test]
fn an_orphans_end_is_not_taken_for_the_sessions() {
    let mut desk = Desk::with_keys(Rotation::Off);
    let waiting = desk.sign_in();
    desk.leave(waiting);
    let ticket = desk.sign_out();
    desk.conversed(done("ann", "refresh-9"));
    desk.kept(Ok(()));
    desk.revoked(Err(fault(FaultKind::Service)));
    assert!(desk.signed_out(ticket).not_revoked.is_some());
    desk.revoked(Ok(()));
}

#[test]
fn a_session_that_the_vault_is_just_keeping_is_signed_out_after() {
    let mut desk = Desk::new(CONFIG);
    desk.recalled(Ok(None));
    desk.sign_in();
    desk.probed(Ok(()));
    desk.conversed(done("ann", "refresh-1"));
    let ticket = desk.sign_out();
    assert!(desk.kept(Ok(())).session.is_some());
    assert_eq!(desk.kept(Ok(())).session, None);
    assert_eq!(desk.revoked(Ok(())), "refresh-1");
    assert!(desk.signed_out(ticket).had_session);
    desk.nothing();
}

#[test]
fn keys_that_arrive_after_it_are_not_handed_out() {
    let mut desk = Desk::with_keys(Rotation::Off);
    desk.pass(41 * MINUTE);
    assert_eq!(desk.count("Fetch"), 1);
    desk.sign_out();
    desk.kept(Ok(()));
    desk.revoked(Ok(()));
    desk.fetched("dev", Ok(keys("LATE")));
    let ticket = desk.ask("dev");
    assert_eq!(desk.code(ticket), Code::SignedOut);
    desk.nothing();
}

#[test]
fn who_left_is_not_told_but_it_is_done() {
    let mut desk = Desk::with_keys(Rotation::Off);
    let ticket = desk.sign_out();
    desk.leave(ticket);
    desk.kept(Ok(()));
    desk.revoked(Ok(()));
    desk.waits(ticket);
    desk.handle(Event::Tick);
    assert_eq!(desk.login().state, LoginState::SignedOut);
}

#[test]
fn a_rotation_that_was_lost_is_not_said_to_be_revoked() {
    let mut desk = Desk::with_session(Some(true));
    desk.ask("dev");
    desk.probed(Ok(()));
    desk.refreshed(Err(fault(FaultKind::Lost)));
    let ticket = desk.sign_out();
    assert_eq!(desk.count("Refresh"), 1, "it was asked for again at once");
    desk.refreshed(Err(fault(FaultKind::Ended(Ended::Reused))));
    desk.kept(Ok(()));
    desk.keep_notes();
    let told = desk.signed_out(ticket);
    assert!(told.had_session);
    let failure = told.not_revoked.clone().unwrap();
    assert!(failure.sentence.contains("lost"), "{failure}");
    assert_eq!(desk.count("Revoke"), 0);
}

#[test]
fn the_session_of_another_pool_is_not_said_to_be_revoked() {
    let mut desk = Desk::new(&CONFIG.replace("eu-west-1_A", "eu-west-1_B"));
    desk.recalled(Ok(Some(record("refresh-1", None))));
    let ticket = desk.sign_out();
    assert_eq!(desk.kept(Ok(())).session, None);
    let told = desk.signed_out(ticket);
    assert!(told.had_session && told.not_revoked.is_some());
    desk.nothing();
}
