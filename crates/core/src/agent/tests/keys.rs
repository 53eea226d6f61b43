use std::time::Duration;

use super::desk::*;
use crate::event::{Effect, Event, Request};
use crate::failure::{Code, Ended};
use crate::fault::FaultKind;
use crate::pace::{ENDPOINT_PATIENCE, PATIENCE};
use crate::snapshot::LoginState;
use crate::time::UnixTime;

#[test]
fn the_document_is_exactly_the_contract() {
    let mut desk = Desk::with_session(Some(false));
    let dev = desk.ask("dev");
    let ops = desk.ask("ops");
    desk.refreshed(Ok(tokens("id-1", None)));
    desk.fetched("dev", Ok(keys("AKIA1")));
    desk.fetched("ops", Ok(keys("AKIA2")));
    // 1,800,000,000 is 2027-01-15T08:00:00Z; an hour later, less one minute.
    assert_eq!(
        desk.document(dev),
        "{\"Version\":1,\"AccessKeyId\":\"AKIA1\",\"SecretAccessKey\":\"secret/+\",\
         \"SessionToken\":\"session==\",\"Expiration\":\"2027-01-15T08:59:00Z\"}"
    );
    assert!(
        desk.document(ops)
            .ends_with(",\"AccountId\":\"123456789012\"}")
    );
}

#[test]
fn expiration_is_in_the_frame_of_the_local_clock() {
    let mut desk = Desk::with_keys(Rotation::Off);
    // Somebody sets the clock back by a day: tools compare with that clock.
    desk.now.wall = UnixTime::from_secs(1_800_000_000 - 86_400);
    let ticket = desk.ask("dev");
    assert!(desk.document(ticket).contains("2027-01-14T08:59:00Z"));
}

#[test]
fn keys_of_a_short_life_lose_less_of_it() {
    let mut desk = Desk::with_session(Some(false));
    let ticket = desk.ask("dev");
    desk.refreshed(Ok(tokens("id-1", None)));
    let mut short = keys("AKIA1");
    short.keys.life.length = MINUTE;
    desk.fetched("dev", Ok(short));
    assert!(desk.document(ticket).contains("2027-01-15T08:00:54Z"));
}

#[test]
fn a_document_never_says_that_it_is_over() {
    let mut desk = Desk::with_session(Some(false));
    let ticket = desk.ask("dev");
    desk.refreshed(Ok(tokens("id-1", None)));
    let mut short = keys("AKIA1");
    short.keys.life.length = 2 * SECOND;
    desk.fetched("dev", Ok(short));
    assert!(desk.document(ticket).contains("2027-01-15T08:00:01Z"));
    desk.pass(Duration::from_millis(1100));
    let ticket = desk.ask("dev");
    desk.pass(5 * SECOND);
    desk.failure(ticket);
}

#[test]
fn one_end_is_shown_for_the_same_keys() {
    let mut desk = Desk::with_keys(Rotation::Off);
    let first = desk.ask("dev");
    for _ in 0..100 {
        desk.pass(Duration::from_millis(370));
        let again = desk.ask("dev");
        assert_eq!(desk.document(again), desk.document(first));
    }
    desk.now.wall = desk.now.wall + 2 * SECOND;
    let again = desk.ask("dev");
    assert_ne!(desk.document(again), desk.document(first));
}

#[test]
fn five_hundred_ask_at_once_and_one_refresh_and_one_fetch_serve_them_all() {
    let mut desk = Desk::with_session(Some(true));
    let tickets: Vec<u64> = (0..500).map(|_| desk.ask("dev")).collect();
    desk.probed(Ok(()));
    assert_eq!(desk.todo.len(), 1);
    desk.refreshed(Ok(tokens("id-1", Some("refresh-2"))));
    assert_eq!(desk.todo.len(), 1);
    desk.kept(Ok(()));
    assert_eq!(desk.todo.len(), 1);
    desk.fetched("dev", Ok(keys("AKIA1")));
    for ticket in tickets {
        assert!(desk.document(ticket).contains("AKIA1"));
    }
    desk.keep_notes();
    desk.nothing();
}

#[test]
fn fresh_keys_cost_nothing() {
    let mut desk = Desk::with_keys(Rotation::Off);
    for _ in 0..100 {
        desk.pass(10 * SECOND);
        let ticket = desk.ask("dev");
        assert!(desk.document(ticket).contains("AKIA1"));
    }
    desk.nothing();
}

#[test]
fn keys_are_renewed_ahead_and_an_answer_has_20_minutes_left() {
    let mut desk = Desk::with_keys(Rotation::Off);
    desk.pass(34 * MINUTE);
    desk.nothing();
    desk.pass(7 * MINUTE);
    desk.fetched("dev", Ok(keys("AKIA2")));
    let ticket = desk.ask("dev");
    assert!(desk.document(ticket).contains("AKIA2"));
}

#[test]
fn an_hour_offline() {
    let mut desk = Desk::with_keys(Rotation::Off);
    desk.pass(34 * MINUTE);
    let end = desk.now.at + HOUR;
    let mut served = Duration::ZERO;
    while desk.now.at < end {
        desk.pass(10 * SECOND);
        while desk.count("Fetch") > 0 {
            desk.fetched("dev", Err(fault(FaultKind::Unreachable)));
        }
        while desk.count("Refresh") > 0 {
            desk.refreshed(Err(fault(FaultKind::Unreachable)));
        }
        let ticket = desk.ask("dev");
        if let Some(Effect::Fetch { .. }) = desk.todo.front() {
            desk.fetched("dev", Err(fault(FaultKind::Unreachable)));
        }
        if let Some(Effect::Refresh { .. }) = desk.todo.front() {
            desk.refreshed(Err(fault(FaultKind::Unreachable)));
        }
        match desk.reply(ticket) {
            crate::event::Reply::Document(_) => {
                served = desk
                    .now
                    .at
                    .since(crate::time::Moment::from_millis(1_000_000));
            }
            _ => assert_eq!(desk.code(ticket), Code::Offline),
        }
    }
    assert_eq!(served.as_secs() / 60, 58, "down to a minute, never beyond");
    assert_eq!(desk.login().state, LoginState::SignedIn);

    desk.handle(Event::Woke);
    desk.pass(10 * SECOND);
    desk.refreshed(Ok(tokens("id-2", None)));
    desk.pass(SECOND);
    desk.fetched("dev", Ok(keys("AKIA2")));
    let ticket = desk.ask("dev");
    assert!(desk.document(ticket).contains("AKIA2"));
    assert_eq!(desk.login().trouble, None);
    assert_eq!(desk.profile("dev").trouble, None);
}

#[test]
fn the_lid_closes_over_the_expiry() {
    let mut desk = Desk::with_keys(Rotation::Off);
    desk.sleep(2 * HOUR);
    let ticket = desk.ask("dev");
    desk.waits(ticket);
    desk.refreshed(Ok(tokens("id-2", None)));
    desk.fetched("dev", Ok(keys("AKIA2")));
    assert!(desk.document(ticket).contains("AKIA2"));
}

#[test]
fn keys_that_were_slept_on_are_dead_on_arrival() {
    let mut desk = Desk::with_session(Some(false));
    let ticket = desk.ask("dev");
    desk.refreshed(Ok(tokens("id-1", None)));
    desk.sleep(59 * MINUTE);
    desk.fetched("dev", Ok(keys("AKIA1")));
    assert_eq!(desk.code(ticket), Code::Service);
    desk.pass(SECOND);
    desk.refreshed(Ok(tokens("id-2", None)));
    desk.pass(SECOND);
    desk.fetched("dev", Ok(keys("AKIA2")));
}

#[test]
fn keys_without_a_life_do_not_make_it_run() {
    let mut desk = Desk::with_session(Some(false));
    desk.ask("dev");
    desk.refreshed(Ok(tokens("id-1", None)));
    let mut fetches = 0;
    for _ in 0..1800 {
        while desk.count("Fetch") > 0 {
            let mut dead = keys("AKIA");
            dead.keys.life.length = Duration::ZERO;
            desk.fetched("dev", Ok(dead));
            fetches += 1;
        }
        desk.pass(SECOND);
        desk.keep_notes();
    }
    assert!((10..=40).contains(&fetches), "{fetches}");
}

#[test]
fn a_tool_never_waits_longer_than_its_patience() {
    let mut desk = Desk::with_session(Some(false));
    let ticket = desk.ask("dev");
    desk.pass(Duration::from_millis(4199));
    desk.waits(ticket);
    desk.pass(Duration::from_millis(1));
    assert_eq!(desk.code(ticket), Code::Service);
    assert!(
        desk.failure(ticket)
            .sentence
            .contains("Cognito has not answered")
    );

    let mut desk = Desk::new(CONFIG);
    let ticket = desk.ask("dev");
    desk.pass(5 * SECOND);
    assert_eq!(desk.code(ticket), Code::VaultLocked);
}

#[test]
fn keys_that_still_work_are_given_when_renewing_takes_too_long_or_fails() {
    let mut desk = Desk::with_keys(Rotation::Off);
    desk.pass(45 * MINUTE);
    let ticket = desk.ask("dev");
    desk.waits(ticket);
    desk.pass(5 * SECOND);
    assert!(desk.document(ticket).contains("AKIA1"));
    let ticket = desk.ask("dev");
    desk.fetched("dev", Err(fault(FaultKind::Service)));
    assert!(desk.document(ticket).contains("AKIA1"));
    desk.pass(2 * SECOND);
    assert_eq!(desk.count("Fetch"), 1);
    let ticket = desk.ask("dev");
    assert!(desk.document(ticket).contains("AKIA1"), "without a wait");
}

#[test]
fn who_left_is_not_answered() {
    let mut desk = Desk::with_session(Some(false));
    let gone = desk.ask("dev");
    let stays = desk.ask("dev");
    desk.leave(gone);
    desk.refreshed(Ok(tokens("id-1", None)));
    desk.fetched("dev", Ok(keys("AKIA1")));
    assert!(desk.document(stays).contains("AKIA1"));
    desk.waits(gone);
}

#[test]
fn a_stale_token_is_refreshed_once_and_tried_once_more() {
    let mut desk = Desk::with_session(Some(false));
    let ticket = desk.ask("dev");
    desk.refreshed(Ok(tokens("id-1", None)));
    desk.fetched("dev", Err(fault(FaultKind::TokenStale)));
    desk.waits(ticket);
    desk.refreshed(Ok(tokens("id-2", None)));
    assert_eq!(
        desk.fetched("dev", Err(fault(FaultKind::TokenStale))).0,
        "id-2"
    );
    assert_eq!(desk.code(ticket), Code::Misconfigured);
    assert!(desk.failure(ticket).sentence.contains("dev"));
    desk.nothing();
}

#[test]
fn a_verdict_on_an_old_token_is_none_on_the_new() {
    let mut desk = Desk::with_session(Some(false));
    desk.ask("dev");
    desk.ask("ops");
    desk.refreshed(Ok(tokens("id-1", None)));
    desk.fetched("dev", Err(fault(FaultKind::TokenStale)));
    desk.refreshed(Ok(tokens("id-2", None)));
    desk.fetched("ops", Err(fault(FaultKind::TokenStale)));
    assert_eq!(desk.count("Refresh"), 0);
    assert_eq!(desk.fetched("ops", Ok(keys("AKIA2"))).0, "id-2");
}

#[test]
fn an_identity_that_changed_is_looked_up_once() {
    let mut desk = Desk::with_keys(Rotation::Off);
    desk.pass(41 * MINUTE);
    let conflict = || Err(fault(FaultKind::IdentityConflict));
    assert_eq!(
        desk.fetched("dev", conflict()).1.as_deref(),
        Some("identity-1")
    );
    desk.pass(SECOND);
    assert_eq!(desk.fetched("dev", conflict()).1, None);
    desk.keep_notes();
    desk.pass(20 * SECOND);
    desk.nothing();
    assert_eq!(
        desk.profile("dev").trouble.unwrap().code,
        Code::Misconfigured
    );
}

#[test]
fn a_stale_token_and_then_a_conflict_are_both_cured() {
    let mut desk = Desk::with_keys(Rotation::Off);
    desk.pass(41 * MINUTE);
    desk.fetched("dev", Err(fault(FaultKind::TokenStale)));
    desk.pass(SECOND);
    desk.refreshed(Ok(tokens("id-2", None)));
    desk.pass(SECOND);
    desk.fetched("dev", Err(fault(FaultKind::IdentityConflict)));
    desk.pass(SECOND);
    assert!(desk.kept(Ok(())).session.unwrap().identities.is_empty());
    let mut other = keys("AKIA2");
    other.identity = Some("identity-2".into());
    assert_eq!(desk.fetched("dev", Ok(other)), ("id-2".into(), None));
    let stored = desk.kept(Ok(()));
    let identities = stored.session.unwrap().identities;
    assert!(identities.values().eq(["identity-2"]));
}

#[test]
fn an_identity_pool_that_says_it_is_over_is_checked_with_the_user_pool() {
    let mut desk = Desk::with_session(Some(false));
    let ticket = desk.ask("dev");
    desk.refreshed(Ok(tokens("id-1", None)));
    desk.fetched("dev", Err(fault(FaultKind::Ended(Ended::UserGone))));
    desk.refreshed(Err(fault(FaultKind::Ended(Ended::UserGone))));
    assert_eq!(desk.code(ticket), Code::NeedsSignIn);
}

#[test]
fn a_note_taken_while_the_vault_writes_is_kept_next() {
    let mut desk = Desk::with_session(Some(true));
    desk.ask("dev");
    desk.ask("ops");
    desk.probed(Ok(()));
    desk.refreshed(Ok(tokens("id-1", Some("refresh-2"))));
    desk.kept(Ok(()));
    desk.fetched("dev", Ok(keys("AKIA1")));
    let mut other = keys("AKIA2");
    other.identity = Some("identity-2".into());
    desk.fetched("ops", Ok(other));
    let first = desk.kept(Ok(())).session.unwrap().identities;
    assert!(first.values().eq(["identity-1"]));
    let second = desk.kept(Ok(())).session.unwrap().identities;
    assert!(second.values().eq(["identity-2"]));
    desk.nothing();
}

#[test]
fn a_profile_that_reached_nobody_is_hurried_too() {
    let unreachable = || Err(fault(FaultKind::Unreachable));
    let mut desk = Desk::with_session(Some(false));
    desk.ask("dev");
    desk.refreshed(Ok(tokens("id-1", None)));
    for _ in 0..8 {
        desk.fetched("dev", unreachable());
        while desk.count("Fetch") == 0 {
            desk.pass(SECOND);
        }
    }
    desk.fetched("dev", unreachable());
    let ticket = desk.ask("dev");
    let remedy = &desk.failure(ticket).remedy;
    assert!(
        remedy.contains("in 2") || remedy.contains("in 30"),
        "{remedy}"
    );
    assert_eq!(desk.profile("dev").trouble.unwrap().remedy, *remedy);
    desk.pass(Duration::from_millis(1999));
    desk.ask("dev");
    desk.nothing();
    desk.pass(Duration::from_millis(1));
    let ticket = desk.ask("dev");
    desk.waits(ticket);
    desk.fetched("dev", unreachable());
    desk.pass(SECOND);
    desk.handle(Event::Woke);
    desk.nothing();
    desk.pass(SECOND);
    desk.fetched("dev", Ok(keys("AKIA1")));
}

#[test]
fn what_is_not_there_is_told() {
    let mut desk = Desk::new(CONFIG);
    desk.recalled(Ok(None));
    for (name, code) in [
        ("dev", Code::SignedOut),
        ("prod", Code::UnknownProfile),
        ("no such name", Code::UnknownProfile),
    ] {
        let ticket = desk.ask(name);
        assert_eq!(desk.code(ticket), code);
    }
}

/// An SDK at the endpoint waits for a second; the shim for five.
#[test]
fn each_who_asks_waits_as_long_as_it_can() {
    let mut desk = Desk::with_session(Some(false));
    let [short, usual] = [ENDPOINT_PATIENCE, PATIENCE].map(|patience| {
        desk.request(Request::Credentials {
            profile: "dev".into(),
            patience,
        })
    });
    desk.pass(ENDPOINT_PATIENCE);
    assert_eq!(desk.failure(short).code, Code::Service);
    desk.waits(usual);
    desk.refreshed(Ok(tokens("id-1", None)));
    desk.fetched("dev", Ok(keys("AKIA1")));
    assert!(desk.document(usual).contains("AKIA1"));

    // What still works is better than nothing.
    desk.pass(45 * MINUTE);
    let again = desk.request(Request::Credentials {
        profile: "dev".into(),
        patience: ENDPOINT_PATIENCE,
    });
    desk.pass(ENDPOINT_PATIENCE);
    assert!(desk.document(again).contains("AKIA1"));
}
