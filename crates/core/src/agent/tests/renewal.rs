use super::desk::*;
use crate::event::{Effect, Event, Request};
use crate::failure::{Code, Ended};
use crate::fault::FaultKind;
use crate::snapshot::LoginState;

#[test]
fn a_login_is_read_once_and_then_left_alone() {
    let mut desk = Desk::with_session(Some(true));
    assert_eq!(desk.login().state, LoginState::SignedIn);
    desk.pass(30 * 24 * HOUR);
    desk.nothing();
    assert_eq!(desk.ticks, 0, "nobody asks, nothing is done");
}

#[test]
fn the_vault_is_proven_before_a_rotating_token_is_spent() {
    for (rotates, probes) in [(None, 1), (Some(true), 1), (Some(false), 0)] {
        let mut desk = Desk::with_session(rotates);
        desk.ask("dev");
        assert_eq!(desk.count("Probe"), probes, "{rotates:?}");
        assert_eq!(desk.count("Refresh"), 1 - probes);
    }
    let mut desk = Desk::with_session(Some(true));
    let ticket = desk.ask("dev");
    desk.probed(Err(locked()));
    assert_eq!(desk.code(ticket), Code::VaultLocked);
    desk.nothing();
}

#[test]
fn a_rotated_token_is_durable_before_anything_uses_what_came_with_it() {
    let mut desk = Desk::with_session(Some(true));
    let ticket = desk.ask("dev");
    desk.probed(Ok(()));
    assert_eq!(
        desk.refreshed(Ok(tokens("id-1", Some("refresh-2")))),
        "refresh-1"
    );
    assert_eq!((desk.count("Keep"), desk.count("Fetch")), (1, 0));
    let stored = desk.kept(Err(locked()));
    assert_eq!(
        stored.session.unwrap().refresh_token.unwrap().expose(),
        "refresh-2"
    );
    assert_eq!(desk.code(ticket), Code::VaultLocked);
    desk.nothing();
    desk.pass(SECOND);
    let stored = desk.kept(Ok(()));
    assert_eq!(
        stored.session.unwrap().refresh_token.unwrap().expose(),
        "refresh-2"
    );
    desk.pass(SECOND);
    assert_eq!(desk.fetched("dev", Ok(keys("AKIA1"))).0, "id-1");
}

#[test]
fn the_same_token_again_is_no_rotation() {
    let mut desk = Desk::with_session(Some(false));
    desk.ask("dev");
    desk.refreshed(Ok(tokens("id-1", Some("refresh-1"))));
    assert_eq!((desk.count("Keep"), desk.count("Fetch")), (0, 1));
}

#[test]
fn a_lost_answer_is_asked_for_again_at_once_with_the_old_token() {
    let mut desk = Desk::with_session(Some(true));
    desk.ask("dev");
    desk.probed(Ok(()));
    for _ in 0..5 {
        desk.refreshed(Err(fault(FaultKind::Unreachable)));
        desk.pass(30 * SECOND);
        if desk.count("Probe") == 1 {
            desk.probed(Ok(()));
        }
    }
    let before = desk.now.at;
    assert_eq!(
        desk.refreshed(Err(fault(FaultKind::Lost))),
        "refresh-1",
        "however many attempts had failed"
    );
    assert_eq!(desk.count("Refresh"), 1);
    desk.refreshed(Err(fault(FaultKind::Lost)));
    assert_eq!(desk.count("Refresh"), 0, "but not for ever");
    assert_eq!(desk.now.at, before);
    // The grace is a minute at most: there are several attempts in it.
    for wait in [2, 4, 8, 16] {
        assert_eq!(desk.count("Refresh"), 0);
        desk.pass(wait * SECOND);
        desk.refreshed(Err(fault(FaultKind::Lost)));
    }
}

#[test]
fn a_lost_answer_is_asked_for_again_even_if_nobody_needs_it_just_now() {
    let mut desk = Desk::with_keys(Rotation::On);
    desk.pass(41 * MINUTE);
    desk.fetched("dev", Ok(keys("AKIA2")));
    desk.request(Request::Renew {
        login: "acme".into(),
    });
    let nobody = CONFIG.split("[profile.dev]").next().unwrap();
    desk.pass(SECOND);
    desk.probed(Ok(()));
    desk.configure(nobody);
    for wait in [0, 2, 4, 8, 16, 32] {
        desk.pass(wait * SECOND);
        assert_eq!(desk.refreshed(Err(fault(FaultKind::Lost))), "refresh-2");
    }
    desk.pass(MINUTE);
    desk.refreshed(Err(fault(FaultKind::Service)));
    // After a minute there is nothing left to save.
    desk.pass(HOUR);
    while desk.count("Refresh") > 0 {
        desk.refreshed(Err(fault(FaultKind::Service)));
        desk.pass(HOUR);
    }
    assert_eq!(desk.login().trouble, None);
}

#[test]
fn a_lost_answer_does_not_stand_in_line() {
    let mut desk = Desk::with_keys(Rotation::On);
    let mut many = String::from(CONFIG);
    for n in 0..50 {
        many += &format!(
            "[profile.p{n}]\nlogin = \"acme\"\nidentity_pool_id = \
             \"eu-west-1:01234567-89ab-cdef-0123-456789abcdef\"\n"
        );
    }
    desk.configure(&many);
    desk.pass(45 * MINUTE);
    desk.fetched("dev", Ok(keys("AKIA2")));
    desk.pass(6 * MINUTE);
    desk.request(Request::Renew {
        login: "acme".into(),
    });
    desk.probed(Ok(()));
    desk.refreshed(Err(fault(FaultKind::Lost)));
    assert_eq!(desk.count("Refresh"), 1);
}

#[test]
fn a_definitive_answer_ends_the_session_and_leaves_nothing() {
    let mut desk = Desk::with_keys(Rotation::Off);
    desk.pass(41 * MINUTE);
    desk.fetched("dev", Ok(keys("AKIA2")));
    desk.pass(10 * MINUTE);
    desk.refreshed(Err(fault(FaultKind::Ended(Ended::Revoked))));
    assert_eq!(desk.login().state, LoginState::NeedsSignIn);
    assert_eq!(desk.login().ended, Some(Ended::Revoked));
    assert_eq!(desk.login().user.unwrap().username, "ann");
    assert_eq!(desk.profile("dev").keys_expire, None);
    assert_eq!(desk.kept(Err(locked())).session, None);
    desk.pass(SECOND);
    assert_eq!(desk.kept(Ok(())).session, None);
    let ticket = desk.ask("dev");
    assert_eq!(desk.code(ticket), Code::NeedsSignIn);
    assert_eq!(desk.failure(ticket).remedy, "Run: poolkey login acme");
    desk.pass(24 * HOUR);
    desk.nothing();
}

#[test]
fn whatever_else_fails_keeps_the_session() {
    for kind in [
        FaultKind::Unreachable,
        FaultKind::Lost,
        FaultKind::Throttled,
        FaultKind::Service,
        FaultKind::Misconfigured,
        FaultKind::Unsupported,
        FaultKind::Wrong,
        FaultKind::LockedOut,
        FaultKind::Expired,
        FaultKind::TokenStale,
        FaultKind::IdentityConflict,
    ] {
        let mut desk = Desk::with_session(Some(false));
        desk.ask("dev");
        let mut refreshes = 0;
        let end = desk.now.at + HOUR;
        while desk.now.at < end {
            desk.pass(SECOND);
            while desk.count("Refresh") > 0 {
                desk.refreshed(Err(fault(kind)));
                refreshes += 1;
            }
        }
        assert_eq!(desk.login().state, LoginState::SignedIn, "{kind:?}");
        desk.nothing();
        let most = if kind == FaultKind::Unreachable {
            160
        } else {
            70
        };
        assert!((4..=most).contains(&refreshes), "{kind:?}: {refreshes}");
    }
}

#[test]
fn a_network_that_comes_back_is_used_at_once() {
    for kind in [FaultKind::Unreachable, FaultKind::Lost] {
        let mut desk = Desk::with_session(Some(false));
        desk.ask("dev");
        for _ in 0..12 {
            desk.refreshed(Err(fault(kind)));
            while desk.count("Refresh") == 0 {
                desk.pass(SECOND);
            }
        }
        while desk.count("Refresh") > 0 {
            desk.refreshed(Err(fault(kind)));
        }
        desk.handle(Event::Woke);
        desk.nothing();
        desk.pass(2 * SECOND);
        desk.refreshed(Ok(tokens("id-1", None)));
    }
}

#[test]
fn a_tool_that_asks_hurries_an_attempt_that_reached_nobody() {
    let mut desk = Desk::with_session(Some(false));
    desk.ask("dev");
    for _ in 0..8 {
        desk.refreshed(Err(fault(FaultKind::Unreachable)));
        while desk.count("Refresh") == 0 {
            desk.pass(SECOND);
        }
    }
    desk.refreshed(Err(fault(FaultKind::Unreachable)));
    let ticket = desk.ask("dev");
    assert_eq!(desk.code(ticket), Code::Offline);
    desk.nothing();
    desk.pass(2 * SECOND);
    let ticket = desk.ask("dev");
    desk.waits(ticket);
    desk.refreshed(Err(fault(FaultKind::Service)));
    assert_eq!(desk.code(ticket), Code::Service);
    desk.pass(3 * SECOND);
    let ticket = desk.ask("dev");
    assert_eq!(
        desk.code(ticket),
        Code::Service,
        "a service is left in peace"
    );
    desk.nothing();
}

#[test]
fn a_token_that_came_too_late_is_asked_for_again_but_not_without_end() {
    let mut desk = Desk::with_session(Some(true));
    let ticket = desk.ask("dev");
    desk.probed(Ok(()));
    desk.sleep(2 * HOUR);
    desk.refreshed(Ok(tokens("id-1", Some("refresh-2"))));
    assert!(!matches!(desk.todo.front(), Some(Effect::Fetch { .. })));
    let stored = desk.kept(Ok(()));
    assert_eq!(
        stored.session.unwrap().refresh_token.unwrap().expose(),
        "refresh-2"
    );
    desk.pass(SECOND);
    assert_eq!(
        desk.refreshed(Ok(tokens("id-2", Some("refresh-3")))),
        "refresh-2"
    );
    desk.kept(Ok(()));
    desk.pass(SECOND);
    desk.fetched("dev", Ok(keys("AKIA1")));
    desk.failure(ticket);
    assert_eq!(desk.login().trouble, None);
}

#[test]
fn tokens_without_a_life_do_not_make_it_run() {
    let mut desk = Desk::with_session(Some(false));
    desk.ask("dev");
    let mut refreshes = 0;
    for _ in 0..3600 {
        desk.pass(SECOND);
        while desk.count("Refresh") > 0 {
            let mut dead = tokens("id", None);
            dead.id_life = life(std::time::Duration::ZERO);
            desk.refreshed(Ok(dead));
            refreshes += 1;
        }
    }
    assert!(refreshes < 60, "{refreshes}");
}

#[test]
fn an_id_token_is_renewed_while_keys_are_used_and_rests_after_12_idle_hours() {
    let mut desk = Desk::with_keys(Rotation::Off);
    let (mut refreshes, mut fetches, mut last) = (0, 0, desk.now.at);
    let start = desk.now.at;
    while desk.now.at < start + 36 * HOUR {
        desk.pass(MINUTE);
        while desk.count("Refresh") > 0 {
            desk.refreshed(Ok(tokens("id", None)));
            refreshes += 1;
            last = desk.now.at;
        }
        while desk.count("Fetch") > 0 {
            desk.fetched("dev", Ok(keys("AKIA")));
            fetches += 1;
            last = desk.now.at;
        }
    }
    assert!((14..=18).contains(&refreshes), "{refreshes}");
    assert!((18..=22).contains(&fetches), "{fetches}");
    assert!(last < start + 12 * HOUR);
    assert_eq!(desk.login().renews, None);

    let ticket = desk.ask("dev");
    desk.waits(ticket);
    desk.refreshed(Ok(tokens("id-9", None)));
    desk.fetched("dev", Ok(keys("AKIA9")));
    assert!(desk.document(ticket).contains("AKIA9"));
}

#[test]
fn a_dead_id_token_is_not_renewed_while_keys_are_fresh() {
    let mut desk = Desk::with_session(Some(false));
    desk.ask("dev");
    let mut short = tokens("id-1", None);
    short.id_life = life(5 * MINUTE);
    desk.refreshed(Ok(short));
    desk.fetched("dev", Ok(keys("AKIA1")));
    desk.keep_notes();
    // A dying one is, so that it is there when something is due.
    desk.pass(4 * MINUTE);
    while desk.count("Refresh") > 0 {
        desk.refreshed(Err(fault(FaultKind::Misconfigured)));
        desk.pass(MINUTE);
    }
    desk.pass(28 * MINUTE);
    desk.nothing();
    desk.pass(7 * MINUTE);
    assert_eq!(desk.count("Refresh"), 1);
}

#[test]
fn a_person_may_renew_at_any_time() {
    let mut desk = Desk::with_keys(Rotation::Off);
    let ticket = desk.request(Request::Renew {
        login: "acme".into(),
    });
    assert_eq!(*desk.reply(ticket), crate::event::Reply::Done);
    desk.pass(SECOND);
    desk.refreshed(Ok(tokens("id-2", None)));
    desk.pass(SECOND);
    assert_eq!(desk.fetched("dev", Ok(keys("AKIA2"))).0, "id-2");
    desk.fetched("ops", Ok(keys("AKIA3")));
    for (login, code) in [("nobody", Code::UnknownLogin), ("a b", Code::UnknownLogin)] {
        let ticket = desk.request(Request::Renew {
            login: login.into(),
        });
        assert_eq!(desk.code(ticket), code);
    }
}

#[test]
fn a_wrong_clock_is_told_and_right_again_forgotten() {
    let mut desk = Desk::with_session(Some(false));
    desk.ask("dev");
    let mut skewed = tokens("id-1", None);
    skewed.id_life.server = Some(crate::time::UnixTime::from_secs(desk.now.wall.secs() - 600));
    desk.refreshed(Ok(skewed));
    assert_eq!(desk.agent.snapshot(desk.now).clock_ahead, Some(600));
    let mut right = keys("AKIA1");
    right.keys.life.server = Some(crate::time::UnixTime::from_secs(desk.now.wall.secs() - 100));
    desk.fetched("dev", Ok(right));
    assert_eq!(desk.agent.snapshot(desk.now).clock_ahead, None);
}

#[test]
fn an_answer_that_was_slept_on_says_nothing_of_the_clock() {
    let mut desk = Desk::with_session(Some(false));
    desk.ask("dev");
    let server = Some(desk.now.wall);
    desk.sleep(10 * MINUTE);
    let mut old = tokens("id-1", None);
    old.id_life.server = server;
    desk.refreshed(Ok(old));
    assert_eq!(desk.agent.snapshot(desk.now).clock_ahead, None);
}

#[test]
fn a_person_renews_a_login_that_nothing_uses() {
    let config = CONFIG.split("[profile.dev]").next().unwrap();
    let mut desk = Desk::new(config);
    desk.recalled(Ok(Some(record("refresh-0", Some(false)))));
    desk.nothing();
    desk.renew();
    desk.refreshed(Ok(tokens("id-1", None)));
    desk.pass(MINUTE);
    desk.nothing();
}

#[test]
fn a_person_renews_though_the_identity_pool_has_turned_two_tokens_down() {
    let mut desk = Desk::with_session(Some(false));
    desk.ask("dev");
    desk.refreshed(Ok(tokens("id-1", None)));
    desk.fetched("dev", Err(fault(FaultKind::TokenStale)));
    desk.refreshed(Ok(tokens("id-2", None)));
    desk.fetched("dev", Err(fault(FaultKind::TokenStale)));
    desk.pass(SECOND);
    desk.renew();
    desk.refreshed(Ok(tokens("id-3", None)));
    desk.fetched("dev", Ok(keys("AKIA1")));
}
