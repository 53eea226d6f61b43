//! Guests: nobody signs in.

use super::desk::*;
use crate::conversation::Goal;
use crate::event::{Effect, Event, Request, SignOutScope};
use crate::failure::Code;
use crate::fault::{Fault, FaultKind, VaultFault, VaultFaultKind};
use crate::name::LoginName;
use crate::secret::Secret;
use crate::session::{Fetched, Proof, Stored};

const POOL: &str = "eu-west-1:01234567-89ab-cdef-0123-456789abcdef";
const OTHER: &str = "eu-west-1:11111111-89ab-cdef-0123-456789abcdef";

fn open() -> String {
    format!("[profile.open]\nidentity_pool_id = \"{POOL}\"\n")
}

fn two() -> String {
    open()
        + &format!("[profile.second]\nidentity_pool_id = \"{POOL}\"\n")
        + &format!("[profile.third]\nidentity_pool_id = \"{OTHER}\"\n")
}

fn kept_guest(id: &str) -> Secret {
    Stored {
        guests: [(POOL.to_owned(), id.to_owned())].into(),
        ..Stored::default()
    }
    .to_record()
}

fn vault_fault(kind: VaultFaultKind) -> VaultFault {
    VaultFault::new(kind, "It does not open.")
}

fn keys_of(identity: &str, id: &str) -> Fetched {
    Fetched {
        identity: Some(identity.into()),
        ..keys(id)
    }
}

/// Takes the fetch of a profile.
pub(super) fn effect_of(desk: &mut Desk, name: &str) -> Effect {
    let place = desk.todo.iter().position(
        |effect| matches!(effect, Effect::Fetch { profile, .. } if profile.as_str() == name),
    );
    place
        .and_then(|place| desk.todo.remove(place))
        .unwrap_or_else(|| panic!("no fetch for {name}: {:?}", desk.todo))
}

/// Answers a fetch, and says with what it was made.
pub(super) fn told(
    desk: &mut Desk,
    name: &str,
    result: Result<Fetched, Fault>,
) -> (Proof, Option<String>) {
    let Effect::Fetch {
        profile,
        proof,
        identity,
        ..
    } = effect_of(desk, name)
    else {
        panic!("not a fetch");
    };
    desk.handle(Event::Fetched {
        profile,
        result: result.map(Box::new),
    });
    (proof, identity)
}

fn guests(stored: &Stored) -> Vec<&str> {
    stored.guests.values().map(String::as_str).collect()
}

#[test]
fn a_guest_has_keys_without_a_login() {
    let mut desk = Desk::new(&open());
    let effect = desk.todo.front();
    assert!(
        matches!(effect, Some(Effect::Recall { login }) if *login == LoginName::guest()),
        "{effect:?}"
    );
    desk.recalled(Ok(None));
    let ticket = desk.ask("open");
    let Effect::Fetch {
        profile,
        spec,
        proof: Proof::Guest,
        identity: None,
        user: None,
    } = effect_of(&mut desk, "open")
    else {
        panic!("not as a guest");
    };
    assert_eq!(spec.sts.region.as_deref(), Some("eu-west-1"));
    desk.handle(Event::Fetched {
        profile,
        result: Ok(Box::new(keys_of("guest-1", "AKIA1"))),
    });
    assert!(desk.document(ticket).contains("AKIA1"));
    let stored = desk.kept(Ok(()));
    assert_eq!(guests(&stored), ["guest-1"]);
    desk.nothing();
    // Nobody sees the login that stands for them.
    assert!(desk.agent.snapshot(desk.now).logins.is_empty());
    assert!(desk.agent.config().logins.is_empty());
    assert_eq!(desk.profile("open").login, None);
    assert!(desk.agent.is_signed_in(), "there is a clock to watch");
}

#[test]
fn a_guest_stays_the_same_over_restarts() {
    let mut desk = Desk::new(&open());
    // Whoever asks before the vault has told waits for it.
    let ticket = desk.ask("open");
    desk.nothing_but("Recall");
    desk.recalled(Ok(Some(kept_guest("guest-1"))));
    let (_, identity) = told(&mut desk, "open", Ok(keys_of("guest-1", "AKIA1")));
    assert_eq!(identity.as_deref(), Some("guest-1"));
    desk.document(ticket);
    desk.nothing();
}

#[test]
fn guests_are_renewed_ahead_and_rest() {
    let mut desk = Desk::new(&open());
    desk.recalled(Ok(Some(kept_guest("guest-1"))));
    desk.ask("open");
    told(&mut desk, "open", Ok(keys_of("guest-1", "AKIA1")));
    let mut fetched = 0;
    for _ in 0..13 * 6 {
        desk.pass(10 * MINUTE);
        if desk.count("Fetch") > 0 {
            told(&mut desk, "open", Ok(keys_of("guest-1", "AKIA2")));
            fetched += 1;
        }
    }
    assert!((14..=20).contains(&fetched), "{fetched}");
    desk.pass(48 * HOUR);
    desk.nothing();
}

#[test]
fn without_a_vault_a_guest_is_served_and_written_down_later() {
    for kind in [VaultFaultKind::Locked, VaultFaultKind::Absent] {
        let mut desk = Desk::new(&open());
        let ticket = desk.ask("open");
        desk.recalled(Err(vault_fault(kind)));
        let (_, identity) = told(&mut desk, "open", Ok(keys_of("guest-1", "AKIA1")));
        assert_eq!(identity, None);
        assert!(desk.document(ticket).contains("AKIA1"));
        assert!(desk.profile("open").trouble.is_some(), "status tells");
        desk.pass(SECOND);
        desk.recalled(Err(vault_fault(kind)));
        // In memory it is the same guest all the same.
        desk.sleep(59 * MINUTE);
        let ticket = desk.ask("open");
        let (_, identity) = told(&mut desk, "open", Ok(keys_of("guest-1", "AKIA2")));
        assert_eq!(identity.as_deref(), Some("guest-1"));
        desk.document(ticket);
        desk.recalled(Ok(None));
        let stored = desk.kept(Ok(()));
        assert_eq!(guests(&stored), ["guest-1"]);
        assert_eq!(desk.profile("open").trouble, None);
        desk.nothing();
    }
}

#[test]
fn a_silent_vault_is_not_waited_for_without_end() {
    let mut desk = Desk::new(&open());
    desk.pass(MINUTE);
    let ticket = desk.ask("open");
    desk.pass(SECOND + SECOND / 2);
    desk.nothing_but("Recall");
    desk.waits(ticket);
    desk.pass(SECOND);
    // The vault tells while the identity pool makes another guest.
    desk.recalled(Ok(Some(kept_guest("guest-0"))));
    let (_, identity) = told(&mut desk, "open", Ok(keys_of("guest-new", "AKIA1")));
    assert_eq!(identity, None);
    assert!(desk.document(ticket).contains("AKIA1"));
    desk.nothing();
    desk.sleep(HOUR);
    desk.ask("open");
    let (_, identity) = told(&mut desk, "open", Ok(keys_of("guest-0", "AKIA2")));
    assert_eq!(identity.as_deref(), Some("guest-0"), "the vault's stays");
    desk.nothing();
}

/// What the vault kept before is older than what was made while it could not be asked.
#[test]
fn the_vaults_guest_comes_back_with_the_vault() {
    let mut desk = Desk::new(&two());
    desk.recalled(Err(vault_fault(VaultFaultKind::Locked)));
    desk.ask("open");
    told(&mut desk, "open", Ok(keys_of("guest-new", "AKIA1")));
    desk.ask("third");
    told(&mut desk, "third", Ok(keys_of("guest-3", "AKIA3")));
    desk.pass(SECOND);
    desk.recalled(Ok(Some(kept_guest("guest-0"))));
    let stored = desk.kept(Ok(()));
    assert_eq!(guests(&stored), ["guest-0", "guest-3"]);
}

#[test]
fn two_profiles_of_one_pool_are_one_guest() {
    let mut desk = Desk::new(&two());
    desk.recalled(Ok(None));
    let tickets = ["open", "second", "third"].map(|name| desk.ask(name));
    assert_eq!(desk.count("Fetch"), 2, "one in each pool: {:?}", desk.todo);
    desk.waits(tickets[1]);
    told(&mut desk, "open", Ok(keys_of("guest-1", "AKIA1")));
    let (_, identity) = told(&mut desk, "second", Ok(keys_of("guest-1", "AKIA2")));
    assert_eq!(identity.as_deref(), Some("guest-1"));
    told(&mut desk, "third", Ok(keys_of("guest-3", "AKIA3")));
    for (ticket, id) in tickets.into_iter().zip(["AKIA1", "AKIA2", "AKIA3"]) {
        assert!(desk.document(ticket).contains(id));
    }
    // Where the first comes to nothing, the next one asks.
    let mut desk = Desk::new(&two());
    desk.recalled(Ok(None));
    let tickets = ["open", "second"].map(|name| desk.ask(name));
    told(&mut desk, "open", Err(fault(FaultKind::Service)));
    assert_eq!(desk.code(tickets[0]), Code::Service);
    told(&mut desk, "second", Ok(keys_of("guest-1", "AKIA2")));
    assert!(desk.document(tickets[1]).contains("AKIA2"));
}

#[test]
fn an_identity_that_is_gone_is_dropped_once() {
    let mut desk = Desk::new(&open());
    desk.recalled(Ok(Some(kept_guest("guest-0"))));
    let ticket = desk.ask("open");
    told(&mut desk, "open", Err(fault(FaultKind::IdentityConflict)));
    let (_, identity) = told(&mut desk, "open", Ok(keys_of("guest-1", "AKIA1")));
    assert_eq!(identity, None);
    desk.document(ticket);
    desk.kept(Ok(()));
    if desk.count("Keep") > 0 {
        assert_eq!(guests(&desk.kept(Ok(()))), ["guest-1"]);
    }
    desk.sleep(HOUR);
    desk.ask("open");
    let (_, identity) = told(&mut desk, "open", Err(fault(FaultKind::IdentityConflict)));
    assert_eq!(identity.as_deref(), Some("guest-1"));
    let ticket = desk.ask("open");
    let (_, identity) = told(&mut desk, "open", Err(fault(FaultKind::IdentityConflict)));
    assert_eq!(identity, None);
    assert_eq!(desk.code(ticket), Code::Misconfigured);
    assert_eq!(desk.count("Fetch"), 0);
}

#[test]
fn a_write_that_fails_is_made_again_and_a_stop_waits_for_it() {
    let mut desk = Desk::new(&open());
    desk.recalled(Ok(None));
    let ticket = desk.ask("open");
    told(&mut desk, "open", Ok(keys_of("guest-1", "AKIA1")));
    desk.document(ticket);
    assert!(!desk.agent.is_quiet());
    desk.kept(Err(vault_fault(VaultFaultKind::Failed)));
    desk.pass(2 * SECOND);
    desk.handle(Event::Stopping);
    let stored = desk.kept(Ok(()));
    assert_eq!(guests(&stored), ["guest-1"]);
    assert!(desk.agent.is_quiet());
}

#[test]
fn guests_need_no_sign_in() {
    let mut desk = Desk::new(&open());
    desk.recalled(Ok(None));
    let login = || "guest".to_owned();
    for request in [
        Request::SignIn {
            login: login(),
            username: None,
            another_account: false,
        },
        Request::Account {
            login: login(),
            username: None,
            goal: Goal::Show,
        },
        Request::SignOut {
            login: login(),
            scope: SignOutScope::Everywhere,
        },
    ] {
        let ticket = desk.request(request);
        let told = desk.failure(ticket);
        assert_eq!(told.code, Code::Misconfigured);
        assert!(told.sentence.contains("Guests need no sign-in"), "{told}");
    }
    desk.nothing();
    // Their keys may be renewed.
    desk.ask("open");
    told(&mut desk, "open", Ok(keys_of("guest-1", "AKIA1")));
    desk.kept(Ok(()));
    let renewal = desk.request(Request::Renew { login: login() });
    assert_eq!(*desk.reply(renewal), crate::event::Reply::Done);
    desk.pass(SECOND);
    told(&mut desk, "open", Ok(keys_of("guest-1", "AKIA2")));
    let ticket = desk.ask("open");
    assert!(desk.document(ticket).contains("AKIA2"));
    desk.nothing();
}

#[test]
fn guests_go_with_their_last_profile_and_come_back_as_they_were() {
    let mut desk = Desk::new(&two());
    desk.recalled(Ok(Some(kept_guest("guest-1"))));
    let ticket = desk.ask("open");
    told(&mut desk, "open", Ok(keys_of("guest-1", "AKIA1")));
    desk.document(ticket);
    desk.configure(CONFIG);
    let ticket = desk.ask("open");
    assert_eq!(desk.code(ticket), Code::UnknownProfile);
    desk.recalled(Ok(None));
    desk.configure(&(CONFIG.to_owned() + &open()));
    desk.recalled(Ok(Some(kept_guest("guest-1"))));
    desk.ask("open");
    let (_, identity) = told(&mut desk, "open", Ok(keys_of("guest-1", "AKIA1")));
    assert_eq!(identity.as_deref(), Some("guest-1"));
    desk.nothing();
}

#[test]
fn a_profile_that_becomes_a_guests_loses_the_users_keys() {
    let mut desk = Desk::with_keys(Rotation::Off);
    desk.configure(&CONFIG.replace("[profile.dev]\nlogin = \"acme\"", "[profile.dev]"));
    assert_eq!(desk.profile("dev").keys_expire, None);
    desk.recalled(Ok(None));
    desk.ask("dev");
    let (proof, identity) = told(&mut desk, "dev", Ok(keys_of("guest-1", "AKIA1")));
    assert_eq!((proof, identity), (Proof::Guest, None));
}

#[test]
fn what_changes_while_it_is_written_is_written_after_it() {
    let mut desk = Desk::new(&two());
    desk.recalled(Ok(None));
    desk.ask("open");
    desk.ask("third");
    told(&mut desk, "open", Ok(keys_of("guest-1", "AKIA1")));
    assert_eq!(desk.count("Keep"), 1);
    told(&mut desk, "third", Ok(keys_of("guest-3", "AKIA3")));
    assert_eq!(guests(&desk.kept(Ok(()))), ["guest-1"]);
    assert_eq!(guests(&desk.kept(Ok(()))), ["guest-1", "guest-3"]);
    desk.nothing();
}

/// A verdict is about the identity that was sent, not about one that came meanwhile.
#[test]
fn a_late_conflict_spares_the_newer_identity() {
    let mut desk = Desk::new(&two());
    desk.recalled(Ok(Some(kept_guest("guest-0"))));
    desk.ask("open");
    desk.ask("second");
    told(&mut desk, "open", Err(fault(FaultKind::IdentityConflict)));
    told(&mut desk, "open", Ok(keys_of("guest-1", "AKIA1")));
    told(&mut desk, "second", Err(fault(FaultKind::IdentityConflict)));
    let (_, identity) = told(&mut desk, "second", Ok(keys_of("guest-1", "AKIA2")));
    assert_eq!(identity.as_deref(), Some("guest-1"));
}
