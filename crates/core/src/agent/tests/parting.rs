use super::desk::*;
use crate::event::{Effect, Event, Farewell, SignOutScope};
use crate::failure::Code;
use crate::fault::FaultKind;
use crate::secret::Secret;
use crate::session::Stored;
use crate::snapshot::LoginState;

/// `ann` signed out, and the network was down.
fn left_offline() -> Desk {
    let mut desk = Desk::with_keys(Rotation::Off);
    let ticket = desk.sign_out();
    assert!(desk.kept(Ok(())).is_empty(), "the vault is first");
    desk.revoked(Err(fault(FaultKind::Unreachable)));
    let told = desk.signed_out(ticket);
    assert!(told.retrying);
    let failure = told.not_revoked.as_ref().unwrap();
    assert!(
        failure.remedy.contains("poolkey logout acme --local"),
        "{failure}"
    );
    assert_eq!(desk.login().unrevoked, 1);
    assert_eq!(desk.login().state, LoginState::SignedOut);
    desk
}

#[test]
fn what_could_not_be_revoked_is_tried_again_until_it_is_done() {
    for kind in [
        FaultKind::Unreachable,
        FaultKind::Lost,
        FaultKind::Throttled,
        FaultKind::Service,
    ] {
        let mut desk = left_offline();
        let mut attempts = 0;
        while attempts < 20 {
            desk.pass(15 * MINUTE);
            assert_eq!(desk.count("Revoke"), 1, "{kind:?}");
            assert_eq!(desk.login().unrevoked, 1, "it is under way");
            assert_eq!(desk.revoked(Err(fault(kind))), "refresh-1");
            attempts += 1;
        }
        desk.pass(15 * MINUTE);
        desk.revoked(Ok(()));
        assert_eq!(desk.login().unrevoked, 0);
        desk.pass(24 * HOUR);
        desk.nothing();
    }
}

#[test]
fn a_definitive_answer_ends_it() {
    for kind in [
        FaultKind::Misconfigured,
        FaultKind::Unsupported,
        FaultKind::Wrong,
    ] {
        let mut desk = left_offline();
        desk.pass(15 * MINUTE);
        desk.revoked(Err(fault(kind)));
        assert_eq!(desk.login().unrevoked, 0);
        desk.pass(24 * HOUR);
        desk.nothing();
    }
}

#[test]
fn a_network_that_comes_back_is_used_at_once() {
    let mut desk = left_offline();
    for _ in 0..12 {
        desk.pass(15 * MINUTE);
        desk.revoked(Err(fault(FaultKind::Unreachable)));
    }
    desk.pass(10 * SECOND);
    desk.nothing();
    desk.handle(Event::Woke);
    assert_eq!(desk.count("Revoke"), 1);
}

#[test]
fn a_session_that_has_ended_by_itself_needs_no_revocation() {
    let config = CONFIG.replace(
        "client_id = \"client\"",
        "client_id = \"client\"\nsession_life = \"30d\"",
    );
    let mut desk = Desk::new(&config);
    desk.recalled(Ok(Some(record("refresh-1", Some(false)))));
    desk.sign_out();
    desk.kept(Ok(()));
    let age = 1_000_000 * SECOND;
    let left = 30 * 24 * HOUR - age;
    desk.revoked(Err(fault(FaultKind::Unreachable)));
    desk.sleep(left);
    desk.handle(Event::Tick);
    desk.revoked(Err(fault(FaultKind::Unreachable)));
    assert_eq!(desk.login().unrevoked, 1, "clocks are not exact");
    desk.sleep(HOUR);
    desk.handle(Event::Tick);
    desk.nothing();
    assert_eq!(desk.login().unrevoked, 0);
}

#[test]
fn somebody_may_sign_in_meanwhile() {
    let mut desk = left_offline();
    let ticket = desk.sign_in();
    // The vault was written to a moment ago.
    desk.conversed(done("ann", "refresh-2"));
    desk.kept(Ok(()));
    assert!(matches!(
        desk.reply(ticket),
        crate::event::Reply::SignedIn { .. }
    ));
    assert_eq!(desk.login().unrevoked, 1);
    desk.pass(SECOND);
    desk.fetched("dev", Ok(keys("AKIA2")));
    desk.fetched("ops", Ok(keys("AKIA3")));
    assert_eq!(desk.revoked(Ok(())), "refresh-1", "the old one alone");
    assert_eq!(desk.login().state, LoginState::SignedIn);
}

#[test]
fn whoever_wants_nothing_kept_has_nothing_kept() {
    let mut desk = left_offline();
    let ticket = desk.sign_out_as(SignOutScope::Local);
    desk.kept(Ok(()));
    assert!(!desk.signed_out(ticket).had_session);
    assert_eq!(desk.login().unrevoked, 0);
    desk.pass(24 * HOUR);
    desk.nothing();

    let mut desk = Desk::with_keys(Rotation::Off);
    let ticket = desk.sign_out_as(SignOutScope::Local);
    assert!(desk.kept(Ok(())).is_empty());
    let told = desk.signed_out(ticket);
    assert!(told.had_session && told.not_revoked.is_none());
    assert!(told.keys_live_until.is_some());
    desk.pass(24 * HOUR);
    desk.nothing();
    assert!(!format!("{:?}", desk.agent).contains("refresh-1"));
}

#[test]
fn few_sessions_wait_for_their_revocation() {
    let mut desk = left_offline();
    for number in 0..20 {
        desk.sign_in();
        while desk.count("Revoke") > 0 {
            desk.revoked(Err(fault(FaultKind::Unreachable)));
        }
        if desk.count("Probe") > 0 {
            desk.probed(Ok(()));
        }
        desk.conversed(done("ann", &format!("refresh-{number}")));
        desk.kept(Ok(()));
        desk.todo.clear();
        desk.sign_out();
        desk.kept(Ok(()));
        desk.revoked(Err(fault(FaultKind::Unreachable)));
    }
    assert_eq!(desk.login().unrevoked, 8);
}

#[test]
fn a_stop_tries_once_more_and_says_what_is_left() {
    let mut desk = left_offline();
    desk.handle(Event::Stopping);
    assert!(!desk.agent.is_quiet());
    desk.revoked(Err(fault(FaultKind::Unreachable)));
    assert!(desk.agent.is_quiet());
    assert_eq!(desk.agent.left_behind(), ["acme".parse().unwrap()]);

    let mut desk = left_offline();
    desk.handle(Event::Stopping);
    desk.revoked(Ok(()));
    assert!(desk.agent.is_quiet() && desk.agent.left_behind().is_empty());

    // A stop that does not wait has it left, too.
    let mut desk = left_offline();
    desk.handle(Event::Stopping);
    assert_eq!(desk.agent.left_behind().len(), 1);
}

#[test]
fn a_session_of_its_own_is_all_that_ends_as_a_rule() {
    let mut desk = Desk::with_keys(Rotation::Off);
    desk.sign_out();
    desk.kept(Ok(()));
    assert!(!desk.parted(Ok(()), Ok(())).1.everywhere);
}

#[test]
fn everywhere_takes_an_access_token_along() {
    let mut desk = Desk::with_session(Some(false));
    desk.ask("dev");
    desk.refreshed(Ok(tokens_with_access("id-1", None, "access-1", HOUR)));
    desk.fetched("dev", Ok(keys("AKIA1")));
    desk.keep_notes();
    let ticket = desk.sign_out_as(SignOutScope::Everywhere);
    desk.kept(Ok(()));
    let (token, farewell) = desk.parted(Ok(()), Ok(()));
    assert_eq!(token, "refresh-1");
    let sent = Farewell {
        forget: None,
        everywhere: true,
        access_token: Some(Secret::new("access-1")),
    };
    assert_eq!(farewell, sent);
    assert_eq!(desk.signed_out(ticket).not_everywhere, None);
    let ticket = desk.sign_out_as(SignOutScope::Everywhere);
    desk.kept(Ok(()));
    let told = desk.signed_out(ticket);
    assert!(told.not_everywhere.is_some(), "nobody is there to ask");
}

/// What is tried again is what was not done, with the newest token and no other secret.
#[test]
fn what_was_done_is_not_done_again() {
    for (forgotten, everywhere) in [(false, true), (true, false), (false, false)] {
        let mut stored = Stored::from_record(&record("refresh-1", Some(true))).unwrap();
        stored.session.as_mut().unwrap().device_key = Some("key-1".into());
        let mut desk = Desk::new(CONFIG);
        desk.recalled(Ok(Some(stored.to_record())));
        let ticket = desk.sign_out_as(SignOutScope::Everywhere);
        desk.kept(Ok(()));
        desk.todo.clear();
        let outcome = |done: bool| match done {
            true => Ok(()),
            false => Err(fault(FaultKind::Lost)),
        };
        let mut parted = parting(outcome(false), outcome(forgotten));
        parted.everywhere = outcome(everywhere);
        parted.rotated = Some(Secret::new("refresh-2"));
        desk.handle(Event::Revoked {
            login: "acme".parse().unwrap(),
            parting: parted,
        });
        let told = desk.signed_out(ticket);
        assert_eq!(told.not_forgotten.is_some(), !forgotten);
        assert_eq!(told.not_everywhere.is_some(), !everywhere);
        desk.pass(2 * SECOND);
        let (token, farewell) = desk.parted(Ok(()), Ok(()));
        assert_eq!(token, "refresh-2");
        let left = Farewell {
            forget: (!forgotten).then(|| "key-1".into()),
            everywhere: !everywhere,
            ..Farewell::default()
        };
        assert_eq!(farewell, left);
    }
}

#[test]
fn of_two_sign_outs_the_one_that_goes_farther_is_done() {
    let mut desk = Desk::with_session(Some(true));
    desk.ask("dev");
    desk.probed(Ok(()));
    let local = desk.sign_out_as(SignOutScope::Local);
    let far = desk.sign_out_as(SignOutScope::Everywhere);
    desk.refreshed(Err(fault(FaultKind::Service)));
    desk.kept(Ok(()));
    let (_, farewell) = desk.parted(Ok(()), Ok(()));
    assert!(farewell.everywhere);
    assert_eq!(desk.signed_out(far).not_everywhere, None);
    assert!(desk.signed_out(local).had_session);
}

#[test]
fn who_comes_too_late_to_go_farther_is_told() {
    let mut desk = Desk::with_keys(Rotation::Off);
    let local = desk.sign_out_as(SignOutScope::Local);
    let session = desk.sign_out_as(SignOutScope::Session);
    let far = desk.sign_out_as(SignOutScope::Everywhere);
    desk.kept(Ok(()));
    assert_eq!(desk.signed_out(local).not_revoked, None);
    assert!(desk.signed_out(session).not_revoked.is_some());
    assert!(desk.signed_out(far).not_everywhere.is_some());
    desk.nothing();
}

#[test]
fn where_to_send_the_browser_is_told() {
    let mut desk = Desk::with_keys(Rotation::Off);
    let ticket = desk.sign_out();
    desk.kept(Ok(()));
    desk.todo.clear();
    let mut parted = parting(Ok(()), Ok(()));
    parted.logout_url = Some("https://acme.example/logout".into());
    desk.handle(Event::Revoked {
        login: "acme".parse().unwrap(),
        parting: parted,
    });
    let told = desk.signed_out(ticket);
    assert_eq!(
        told.logout_url.as_deref(),
        Some("https://acme.example/logout")
    );
}

#[test]
fn guests_are_not_signed_out() {
    let mut desk = Desk::new(
        "[profile.dev]\nidentity_pool_id = \"eu-west-1:01234567-89ab-cdef-0123-456789abcdef\"\n",
    );
    for request in [
        crate::event::Request::SignOut {
            login: "guest".into(),
            scope: SignOutScope::Session,
        },
        crate::event::Request::SignIn {
            login: "guest".into(),
            username: None,
            another_account: false,
        },
    ] {
        let ticket = desk.request(request);
        let told = &desk.failure(ticket).sentence;
        assert!(told.starts_with("Guests need no sign-in"), "{told}");
        assert_eq!(desk.code(ticket), Code::Misconfigured);
    }
}

/// Nothing of what is revoked stays in memory once it is done.
#[test]
fn the_token_is_in_memory_only_while_its_revocation_is_open() {
    let mut desk = left_offline();
    desk.pass(SECOND);
    let again = desk.todo.iter().any(|effect| {
        matches!(effect, Effect::Revoke { refresh_token, farewell, .. }
            if *refresh_token == Some(Secret::new("refresh-1")) && *farewell == Farewell::default())
    });
    assert!(again);
}
