use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use super::desk::*;
use crate::event::{Effect, Event};
use crate::time::Moment;

const MANY: usize = 100;

fn many() -> String {
    let mut text = String::new();
    for n in 0..MANY {
        write!(
            text,
            "[login.l{n}]\nuser_pool_id = \"eu-west-1_A\"\nclient_id = \"client\"\n\
             [profile.p{n}]\nlogin = \"l{n}\"\n\
             identity_pool_id = \"eu-west-1:01234567-89ab-cdef-0123-456789abcdef\"\n"
        )
        .unwrap();
    }
    text
}

/// A desk with many logins, all used just now.
fn busy() -> Desk {
    let mut desk = Desk::new(&many());
    for _ in 0..MANY {
        desk.recalled(Ok(Some(record("refresh-1", Some(false)))));
    }
    for n in 0..MANY {
        desk.ask(&format!("p{n}"));
    }
    for _ in 0..MANY {
        desk.refreshed(Ok(tokens("id-1", None)));
    }
    for n in 0..MANY {
        desk.fetched(&format!("p{n}"), Ok(keys("AKIA1")));
    }
    while desk.count("Keep") > 0 {
        desk.kept(Ok(()));
    }
    desk.nothing();
    desk
}

/// Plays the pool for so long, and says when each call was begun.
fn play(desk: &mut Desk, length: Duration) -> Vec<Moment> {
    let end = desk.now.at + length;
    let mut calls = Vec::new();
    loop {
        while let Some(effect) = desk.todo.pop_front() {
            match effect {
                Effect::Refresh { login, .. } => {
                    calls.push(desk.now.at);
                    let result = Ok(Box::new(tokens("id-2", None)));
                    desk.handle(Event::Refreshed { login, result });
                }
                Effect::Fetch { profile, .. } => {
                    calls.push(desk.now.at);
                    let result = Ok(Box::new(keys("AKIA2")));
                    desk.handle(Event::Fetched { profile, result });
                }
                other => panic!("{other:?}"),
            }
        }
        match desk.agent.wake_at() {
            Some(wake) if wake <= end => desk.pass(desk.now.at.until(wake)),
            _ => return calls,
        }
    }
}

fn most_in_a_second(calls: &[Moment]) -> usize {
    calls
        .iter()
        .enumerate()
        .map(|(n, first)| {
            calls[n..]
                .iter()
                .take_while(|call| first.until(**call) < SECOND)
                .count()
        })
        .max()
        .unwrap_or(0)
}

#[test]
fn no_second_sees_more_than_eight_renewals() {
    let mut desk = busy();
    let calls = play(&mut desk, 2 * HOUR);
    assert!(calls.len() > 4 * MANY, "{}", calls.len());
    assert!(most_in_a_second(&calls) <= 8);
}

#[test]
fn waking_up_after_a_night_is_no_stampede() {
    let mut desk = busy();
    play(&mut desk, 41 * MINUTE - 2 * SECOND);
    desk.sleep(9 * HOUR);
    desk.handle(Event::Woke);
    let calls = play(&mut desk, MINUTE);
    assert_eq!(calls.len(), 2 * MANY);
    assert!(most_in_a_second(&calls) <= 8);
}

#[test]
fn who_waits_does_not_stand_in_line_and_holds_nobody_up_for_long() {
    let mut desk = busy();
    desk.sleep(2 * HOUR);
    desk.handle(Event::Woke);
    let first: BTreeMap<_, _> = desk.todo.iter().map(|e| (format!("{e:?}"), ())).collect();
    assert_eq!(first.len(), 1, "one begins, the others stand in line");
    for n in 0..MANY {
        desk.ask(&format!("p{n}"));
    }
    assert_eq!(desk.todo.len(), MANY);
    assert!(
        desk.agent
            .wake_at()
            .is_none_or(|wake| desk.now.at.until(wake) <= 5 * SECOND)
    );
}

#[test]
fn others_keep_their_distance_from_a_call_that_somebody_waits_for() {
    let mut desk = busy();
    desk.sleep(2 * HOUR);
    desk.ask("p99");
    desk.handle(Event::Woke);
    assert_eq!(desk.count("Refresh"), 1);
    desk.pass(SECOND / 8);
    assert_eq!(desk.count("Refresh"), 2);
}

#[test]
fn keys_whose_identity_has_to_be_looked_up_count_twice() {
    let mut config = String::from(CONFIG.split("[profile.dev]").next().unwrap());
    for (n, name) in ["dev", "ops", "qa"].into_iter().enumerate() {
        write!(
            config,
            "[profile.{name}]\nlogin = \"acme\"\n\
             identity_pool_id = \"eu-west-1:01234567-89ab-cdef-0123-00000000000{n}\"\n"
        )
        .unwrap();
    }
    let mut desk = Desk::new(&config);
    desk.recalled(Ok(None));
    desk.sign_in();
    desk.probed(Ok(()));
    desk.conversed(done("ann", "refresh-1"));
    desk.kept(Ok(()));
    for begun in 1..3 {
        assert_eq!(desk.count("Fetch"), begun);
        desk.pass(SECOND / 4 - Duration::from_millis(1));
        assert_eq!(desk.count("Fetch"), begun);
        desk.pass(Duration::from_millis(1));
    }
    assert_eq!(desk.count("Fetch"), 3);

    // Known, they count once.
    desk.fetched("dev", Ok(keys("AKIA1")));
    desk.fetched("ops", Ok(keys("AKIA2")));
    desk.fetched("qa", Ok(keys("AKIA3")));
    while desk.count("Keep") > 0 {
        desk.kept(Ok(()));
    }
    desk.pass(30 * MINUTE);
    desk.handle(Event::Asked {
        ticket: crate::event::Ticket(10_000),
        request: crate::event::Request::Renew {
            login: "acme".into(),
        },
    });
    desk.probed(Ok(()));
    desk.refreshed(Ok(tokens("id-2", None)));
    assert_eq!(desk.count("Fetch"), 0);
    desk.pass(SECOND / 8);
    assert_eq!(desk.count("Fetch"), 1);
    desk.pass(SECOND / 8);
    assert_eq!(desk.count("Fetch"), 2);
}

#[test]
fn who_has_to_prove_the_vault_first_comes_next() {
    let mut desk = Desk::with_keys(Rotation::On);
    desk.pass(49 * MINUTE);
    desk.fetched("dev", Ok(keys("AKIA2")));
    desk.pass(2 * MINUTE);
    assert_eq!(desk.count("Probe"), 1);
    desk.pass(10 * SECOND);
    desk.probed(Ok(()));
    assert_eq!(desk.count("Refresh"), 1);
}

#[test]
fn a_vault_that_hung_for_all_of_them_is_no_stampede_either() {
    let mut desk = Desk::new(&many());
    for _ in 0..MANY {
        desk.recalled(Ok(Some(record("refresh-1", Some(true)))));
    }
    for n in 0..MANY {
        desk.ask(&format!("p{n}"));
    }
    // Nobody waits any longer, and every vault write hangs.
    desk.pass(10 * SECOND);
    for _ in 0..MANY {
        desk.probed(Err(locked()));
    }
    desk.pass(MINUTE);
    assert_eq!(desk.count("Probe"), MANY, "one after another had its turn");
    for _ in 0..MANY {
        desk.probed(Ok(()));
    }
    assert!(desk.count("Refresh") <= 1);
    let mut calls = Vec::new();
    for _ in 0..20 * 16 {
        for _ in 0..desk.count("Refresh") {
            calls.push(desk.now.at);
            desk.refreshed(Ok(tokens("id-2", None)));
        }
        desk.pass(SECOND / 16);
    }
    assert_eq!(calls.len(), MANY);
    assert!(most_in_a_second(&calls) <= 9);
}
