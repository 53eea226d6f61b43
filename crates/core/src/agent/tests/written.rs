//! Keys in people's own files: those in memory, or none.

use super::desk::*;
use crate::config::AwsFiles;
use crate::event::{Effect, Event, SignOutScope, WrittenKeys};
use crate::failure::Code;
use crate::fault::FaultKind;

const WRITTEN: &str = r#"
[login.acme]
user_pool_id = "eu-west-1_A"
client_id = "client"

[profile.dev]
login = "acme"
identity_pool_id = "eu-west-1:01234567-89ab-cdef-0123-456789abcdef"
write_profile = "dev-keys"
region = "eu-west-1"
"#;

/// What is to be written next: under which name, and what.
fn write(desk: &mut Desk) -> (String, Option<Box<WrittenKeys>>) {
    let place = desk
        .todo
        .iter()
        .position(|effect| matches!(effect, Effect::WriteKeys { .. }));
    match place.and_then(|place| desk.todo.remove(place)) {
        Some(Effect::WriteKeys { target, keys, .. }) => (target.to_string(), keys),
        _ => panic!("nothing is to be written: {:?}", desk.todo),
    }
}

fn wrote(desk: &mut Desk, target: &str, result: Result<(), String>) {
    let target = target.parse().unwrap();
    desk.handle(Event::Wrote { target, result });
}

fn scrubbed(desk: &mut Desk) {
    let place = desk
        .todo
        .iter()
        .position(|effect| matches!(effect, Effect::ScrubFiles { .. }));
    desk.todo.remove(place.expect("leftovers go first"));
    desk.handle(Event::Scrubbed { result: Ok(()) });
}

/// Signed in, with keys in memory and in the files.
fn with_files() -> Desk {
    let mut desk = Desk::new(WRITTEN);
    scrubbed(&mut desk);
    desk.recalled(Ok(Some(record("refresh-1", Some(false)))));
    desk.refreshed(Ok(tokens("id-1", None)));
    desk.pass(SECOND);
    desk.fetched("dev", Ok(keys("AKIA1")));
    let (target, written) = write(&mut desk);
    assert_eq!(target, "dev-keys");
    let written = written.unwrap();
    assert_eq!(written.profile.as_str(), "dev");
    assert_eq!(written.keys.access_key_id.expose(), "AKIA1");
    assert_eq!(written.region.as_deref(), Some("eu-west-1"));
    wrote(&mut desk, "dev-keys", Ok(()));
    desk.keep_notes();
    desk.nothing();
    desk
}

#[test]
fn keys_are_fetched_for_the_files_though_no_tool_asks() {
    let mut desk = with_files();
    let view = desk.profile("dev").written.unwrap();
    assert_eq!(view.name.as_str(), "dev-keys");
    assert!(view.until.is_some() && view.trouble.is_none());
    // A whole day on, they are still renewed, and each time written once.
    desk.pass(MINUTE * 45);
    desk.fetched("dev", Ok(keys("AKIA2")));
    let (_, written) = write(&mut desk);
    assert_eq!(written.unwrap().keys.access_key_id.expose(), "AKIA2");
    wrote(&mut desk, "dev-keys", Ok(()));
    desk.pass(MINUTE);
    desk.nothing();
}

#[test]
fn nothing_is_written_before_the_leftovers_are_gone() {
    let desk = Desk::new(WRITTEN);
    let scrub = desk.todo.iter().filter(
        |effect| matches!(effect, Effect::ScrubFiles { files } if *files == AwsFiles::default()),
    );
    assert_eq!(scrub.count(), 1);
    // Without an opted-in profile nobody's files are looked at.
    let desk = Desk::new(CONFIG);
    assert!(
        !desk
            .todo
            .iter()
            .any(|effect| matches!(effect, Effect::ScrubFiles { .. }))
    );
}

#[test]
fn a_sign_out_is_over_when_the_files_hold_nothing() {
    let mut desk = with_files();
    let ticket = desk.sign_out_as(SignOutScope::Local);
    let place = desk
        .todo
        .iter()
        .position(|effect| matches!(effect, Effect::WriteKeys { keys: None, .. }))
        .expect("the keys are removed");
    desk.todo.remove(place);
    desk.kept(Ok(()));
    desk.waits(ticket);
    wrote(&mut desk, "dev-keys", Ok(()));
    assert!(desk.signed_out(ticket).had_session);
    assert_eq!(desk.profile("dev").written.unwrap().until, None);
}

#[test]
fn what_stands_in_the_way_is_told_and_tried_again() {
    let mut desk = with_files();
    desk.pass(MINUTE * 45);
    desk.fetched("dev", Ok(keys("AKIA2")));
    write(&mut desk);
    wrote(&mut desk, "dev-keys", Err("“x” is left as it is".into()));
    let trouble = desk.profile("dev").written.unwrap().trouble.unwrap();
    assert_eq!(trouble.code, Code::File);
    desk.nothing();
    desk.pass(MINUTE);
    let (_, written) = write(&mut desk);
    assert_eq!(written.unwrap().keys.access_key_id.expose(), "AKIA2");
    wrote(&mut desk, "dev-keys", Ok(()));
    assert_eq!(desk.profile("dev").written.unwrap().trouble, None);
}

#[test]
fn a_stop_leaves_no_keys_in_files() {
    let mut desk = with_files();
    desk.handle(Event::Stopping);
    assert!(!desk.agent.is_quiet());
    let (_, written) = write(&mut desk);
    assert_eq!(written, None);
    wrote(&mut desk, "dev-keys", Ok(()));
    assert!(desk.agent.is_quiet());
}

#[test]
fn a_stop_does_not_wait_for_a_file_that_cannot_be_written() {
    let mut desk = with_files();
    desk.handle(Event::Stopping);
    write(&mut desk);
    wrote(&mut desk, "dev-keys", Err("no room".into()));
    assert!(desk.agent.is_quiet());
}

/// Others can read the file by now, say: what may not come into it may well go from it.
#[test]
fn keys_that_cannot_be_replaced_are_taken_away_without_delay() {
    let spoilt = || {
        let mut desk = with_files();
        desk.pass(MINUTE * 45);
        desk.fetched("dev", Ok(keys("AKIA2")));
        write(&mut desk);
        wrote(&mut desk, "dev-keys", Err("others can read it".into()));
        desk.nothing();
        desk
    };
    let mut desk = spoilt();
    desk.handle(Event::Stopping);
    assert!(!desk.agent.is_quiet());
    let (_, written) = write(&mut desk);
    assert_eq!(written, None);
    wrote(&mut desk, "dev-keys", Ok(()));
    assert!(desk.agent.is_quiet());

    let mut desk = spoilt();
    let ticket = desk.sign_out_as(SignOutScope::Local);
    let place = desk
        .todo
        .iter()
        .position(|effect| matches!(effect, Effect::WriteKeys { keys: None, .. }))
        .expect("the keys are removed");
    desk.todo.remove(place);
    desk.kept(Ok(()));
    desk.waits(ticket);
    // Once that fails, too, nobody waits for it any more.
    wrote(&mut desk, "dev-keys", Err("no room".into()));
    desk.signed_out(ticket);
    desk.nothing();
    desk.pass(MINUTE);
    let (_, written) = write(&mut desk);
    assert_eq!(written, None);
}

#[test]
fn a_stop_in_the_midst_of_a_write_that_fails_leaves_no_keys() {
    let mut desk = with_files();
    desk.pass(MINUTE * 45);
    desk.fetched("dev", Ok(keys("AKIA2")));
    write(&mut desk);
    desk.handle(Event::Stopping);
    wrote(&mut desk, "dev-keys", Err("others can read it".into()));
    assert!(!desk.agent.is_quiet(), "the old ones stand there");
    let (_, written) = write(&mut desk);
    assert_eq!(written, None);
    wrote(&mut desk, "dev-keys", Ok(()));
    assert!(desk.agent.is_quiet());
}

#[test]
fn another_name_and_another_file_get_the_keys_and_the_old_lose_them() {
    let mut desk = with_files();
    desk.configure(&WRITTEN.replace("dev-keys", "other"));
    let mut changes = [write(&mut desk), write(&mut desk)];
    changes.sort_by(|one, other| one.0.cmp(&other.0));
    assert!(matches!(&changes[0], (name, None) if name == "dev-keys"));
    assert!(matches!(&changes[1], (name, Some(_)) if name == "other"));
    wrote(&mut desk, "dev-keys", Ok(()));
    wrote(&mut desk, "other", Ok(()));
    desk.nothing();

    let settings = "[settings]\naws_credentials_file = \"/elsewhere\"\n";
    let moved = format!("{settings}{}", WRITTEN.replace("dev-keys", "other"));
    desk.configure(&moved);
    let (name, gone) = write(&mut desk);
    assert_eq!((name.as_str(), gone), ("other", None));
    desk.nothing();
    wrote(&mut desk, "other", Ok(()));
    desk.pass(SECOND);
    let Some(Effect::WriteKeys { files, keys, .. }) = desk.todo.pop_front() else {
        panic!("the new file gets the keys");
    };
    assert_eq!(files.credentials, Some("/elsewhere".into()));
    assert!(keys.is_some());
}

#[test]
fn keys_that_end_are_taken_out_though_nothing_else_happens() {
    let mut desk = with_files();
    for _ in 0..40 {
        desk.pass(MINUTE * 2);
        while let Some(effect) = desk.todo.pop_front() {
            match effect {
                Effect::Refresh { .. } => {
                    desk.todo.push_front(effect);
                    desk.refreshed(Err(fault(FaultKind::Unreachable)));
                }
                Effect::WriteKeys { keys: None, .. } => return,
                Effect::Fetch { .. } => {
                    desk.todo.push_front(effect);
                    desk.fetched("dev", Err(fault(FaultKind::Unreachable)));
                }
                other => panic!("{other:?}"),
            }
        }
    }
    panic!("dead keys stand in the files");
}
