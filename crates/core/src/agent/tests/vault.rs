use super::desk::*;
use crate::event::Event;
use crate::failure::{Code, Ended};
use crate::fault::{FaultKind, VaultFault, VaultFaultKind};
use crate::secret::Secret;
use crate::snapshot::LoginState;

#[test]
fn a_locked_vault_is_waited_for_and_said_so() {
    let mut desk = Desk::new(CONFIG);
    desk.recalled(Err(locked()));
    assert_eq!(desk.login().state, LoginState::Unread);
    assert_eq!(desk.login().trouble.unwrap().code, Code::VaultLocked);
    let ticket = desk.ask("dev");
    assert_eq!(desk.code(ticket), Code::VaultLocked);
    let mut reads = 0;
    for _ in 0..600 {
        desk.pass(SECOND);
        while desk.count("Recall") > 0 {
            desk.recalled(Err(locked()));
            reads += 1;
        }
    }
    assert!((20..=30).contains(&reads), "{reads}");
    desk.pass(2 * SECOND);
    let ticket = desk.ask("dev");
    desk.waits(ticket);
    desk.recalled(Ok(Some(record("refresh-1", Some(false)))));
    assert_eq!(desk.login().trouble, None);
    desk.refreshed(Ok(tokens("id-1", None)));
    desk.fetched("dev", Ok(keys("AKIA1")));
    assert!(desk.document(ticket).contains("AKIA1"));
}

#[test]
fn each_kind_of_vault_trouble_has_its_remedy() {
    for (kind, code) in [
        (VaultFaultKind::Locked, Code::VaultLocked),
        (VaultFaultKind::Absent, Code::Vault),
        (VaultFaultKind::Failed, Code::Vault),
    ] {
        let mut desk = Desk::new(CONFIG);
        desk.recalled(Err(VaultFault::new(kind, "It failed.")));
        let ticket = desk.ask("dev");
        assert_eq!(desk.code(ticket), code);
    }
}

#[test]
fn a_damaged_record_is_told_and_signed_in_over() {
    let mut desk = Desk::new(CONFIG);
    desk.recalled(Ok(Some(Secret::new("{}"))));
    assert_eq!(desk.login().state, LoginState::SignedOut);
    assert!(desk.login().trouble.unwrap().sentence.contains("acme"));
    desk.sign_in();
    desk.probed(Ok(()));
    assert_eq!(desk.login().trouble, None);
}

#[test]
fn a_session_of_another_pool_is_not_used() {
    let mut desk = Desk::new(&CONFIG.replace("eu-west-1_A", "eu-west-1_B"));
    desk.recalled(Ok(Some(record("refresh-1", None))));
    assert_eq!(desk.login().ended, Some(Ended::Moved));
    desk.pass(HOUR);
    desk.nothing();
}

#[test]
fn a_proof_is_good_for_half_a_minute() {
    let mut desk = Desk::with_session(Some(true));
    desk.ask("dev");
    desk.probed(Ok(()));
    desk.refreshed(Err(fault(FaultKind::Service)));
    desk.pass(SECOND);
    assert_eq!((desk.count("Probe"), desk.count("Refresh")), (0, 1));
    desk.pass(40 * SECOND);
    desk.refreshed(Err(fault(FaultKind::Service)));
    desk.pass(3 * SECOND);
    assert_eq!((desk.count("Probe"), desk.count("Refresh")), (1, 0));
    desk.probed(Ok(()));
    assert_eq!(
        desk.login().trouble.unwrap().code,
        Code::Service,
        "a vault that works does not mend the pool"
    );
}

#[test]
fn a_proof_is_good_for_less_than_half_a_minute() {
    for (wait, probes) in [(29_999, 0), (30_000, 1)] {
        let mut desk = Desk::with_keys(Rotation::On);
        desk.pass(std::time::Duration::from_millis(wait));
        desk.sign_in();
        assert_eq!(desk.count("Probe"), probes);
    }
}

#[test]
fn a_write_that_works_does_not_hide_that_the_pool_fails() {
    let mut desk = Desk::with_keys(Rotation::Off);
    desk.pass(49 * MINUTE);
    while desk.count("Fetch") > 0 {
        desk.fetched("dev", Ok(keys("AKIA2")));
    }
    desk.pass(2 * MINUTE);
    for _ in 0..4 {
        desk.refreshed(Err(fault(FaultKind::Service)));
        desk.pass(10 * SECOND);
    }
    desk.refreshed(Err(fault(FaultKind::Service)));
    let ticket = desk.ask("ops");
    let mut other = keys("AKIA3");
    other.identity = Some("identity-2".into());
    assert_eq!(
        desk.fetched("ops", Ok(other)).0,
        "id-1",
        "the old one works"
    );
    assert!(desk.document(ticket).contains("AKIA3"));
    assert_eq!(desk.login().trouble.unwrap().code, Code::Service);
    desk.pass(20 * SECOND);
    desk.refreshed(Err(fault(FaultKind::Service)));
    desk.pass(MINUTE / 2);
    desk.refreshed(Err(fault(FaultKind::Service)));
    assert_eq!(desk.login().trouble.unwrap().code, Code::Service);
}

#[test]
fn tokens_wait_for_the_vault_and_the_old_ones_serve_meanwhile() {
    let mut desk = Desk::with_keys(Rotation::On);
    desk.pass(49 * MINUTE);
    while desk.count("Fetch") > 0 {
        desk.fetched("dev", Ok(keys("AKIA2")));
    }
    desk.pass(2 * MINUTE);
    desk.probed(Ok(()));
    desk.refreshed(Ok(tokens("id-2", Some("refresh-3"))));
    desk.kept(Err(locked()));
    let ticket = desk.ask("ops");
    assert_eq!(desk.fetched("ops", Ok(keys("AKIA3"))).0, "id-1");
    assert!(desk.document(ticket).contains("AKIA3"));
    desk.pass(SECOND);
    let stored = desk.kept(Ok(()));
    assert_eq!(
        stored.session.unwrap().refresh_token.unwrap().expose(),
        "refresh-3"
    );
    assert_eq!(desk.login().trouble, None);
}

#[test]
fn a_tool_hurries_a_vault_that_was_locked_just_now() {
    let mut desk = Desk::new(CONFIG);
    for _ in 0..8 {
        desk.recalled(Err(locked()));
        while desk.count("Recall") == 0 {
            desk.pass(SECOND);
        }
    }
    desk.recalled(Err(locked()));
    desk.pass(3 * SECOND);
    desk.nothing();
    desk.ask("dev");
    assert_eq!(desk.count("Recall"), 1);
    desk.recalled(Err(locked()));
    desk.handle(Event::Woke);
    assert_eq!(desk.count("Recall"), 1, "somebody may have opened it");
}
