use super::desk::*;
use crate::conversation::{Goal, Outcome, Question, Step, Thread};
use crate::event::{ConversationId, Event, Farewell, Request};
use crate::failure::{Code, Ended};
use crate::fault::{Fault, FaultKind};
use crate::secret::Secret;
use crate::session::{Device, Stored, Tokens};
use crate::snapshot::LoginState;

/// What the vault has of `ann` and of the device that the pool remembers.
fn record_with_device() -> Secret {
    let mut stored = Stored::from_record(&record("refresh-1", Some(false))).unwrap();
    stored.session.as_mut().unwrap().device_key = Some("key-1".into());
    stored.device = Some(device("key-1", "ann"));
    stored.client_secret = Some(Secret::new("shh"));
    stored.to_record()
}

fn with_device() -> Desk {
    let mut desk = Desk::new(CONFIG);
    desk.recalled(Ok(Some(record_with_device())));
    desk
}

fn device_of(stored: &Stored) -> Option<&str> {
    stored.device.as_ref().map(|device| device.key.as_str())
}

fn session_key(stored: &Stored) -> Option<&str> {
    stored.session.as_ref()?.device_key.as_deref()
}

/// A sign-in that brings a device, or none.
fn done_with(user_name: &str, refresh_token: &str, device: Option<Device>) -> Result<Step, Fault> {
    let key = device.as_ref().map(|device| device.key.clone());
    done(user_name, refresh_token).map(|step| match step {
        Step::Done { tokens, .. } => Step::Done {
            tokens: Box::new(Tokens {
                device_key: key,
                ..*tokens
            }),
            client_secret: None,
            device,
        },
        other => other,
    })
}

fn signs_in(desk: &mut Desk) -> Thread {
    desk.sign_in();
    if desk.count("Probe") > 0 {
        desk.probed(Ok(()));
    }
    let (id, thread) = desk.conversed(asks_password());
    desk.answer(&id, "hunter2");
    thread
}

fn device_key_sent(thread: &Thread) -> Option<&str> {
    thread.device.as_ref().map(|device| device.key.as_str())
}

#[test]
fn a_device_is_kept_with_the_session_and_sent_with_it() {
    let mut desk = Desk::new(CONFIG);
    desk.recalled(Ok(None));
    signs_in(&mut desk);
    desk.conversed(done_with("ann", "refresh-1", Some(device("key-1", "ann"))));
    let stored = desk.kept(Ok(()));
    assert_eq!(device_of(&stored), Some("key-1"));
    assert_eq!(session_key(&stored), Some("key-1"));
    desk.renew();
    assert_eq!(desk.device_key().as_deref(), Some("key-1"));
    let thread = signs_in(&mut desk);
    assert_eq!(device_key_sent(&thread), Some("key-1"));
}

#[test]
fn what_a_sign_in_brings_takes_the_place_of_what_was_there() {
    for brought in [None, Some(device("key-2", "bob"))] {
        let mut desk = with_device();
        signs_in(&mut desk);
        desk.conversed(done_with("bob", "refresh-2", brought.clone()));
        desk.recognize(desk.last(), true);
        assert_eq!(desk.kept(Ok(())).device, brought);
        assert_eq!(desk.revoked(Ok(())), "refresh-1");
        let thread = signs_in(&mut desk);
        assert_eq!(thread.device, brought);
    }
}

#[test]
fn a_session_that_was_not_kept_leaves_the_device_of_before() {
    let mut desk = with_device();
    signs_in(&mut desk);
    desk.conversed(done_with("ann", "refresh-2", Some(device("key-2", "ann"))));
    desk.kept(Err(locked()));
    assert_eq!(
        desk.parted(Ok(()), Ok(())),
        ("refresh-2".into(), Farewell::default())
    );
    desk.pass(SECOND);
    let stored = desk.kept(Ok(()));
    assert_eq!(device_of(&stored), Some("key-1"));
    assert_eq!(session_key(&stored), Some("key-1"));
    let thread = signs_in(&mut desk);
    assert_eq!(device_key_sent(&thread), Some("key-1"));
}

#[test]
fn a_session_that_ended_by_itself_leaves_the_device_but_a_user_who_is_gone_none() {
    for (ended, left) in [
        (Ended::Expired, Some("key-1")),
        (Ended::Revoked, Some("key-1")),
        (Ended::Reused, Some("key-1")),
        (Ended::UserDisabled, Some("key-1")),
        (Ended::UserGone, None),
    ] {
        let mut desk = with_device();
        desk.ask("dev");
        desk.refreshed(Err(fault(FaultKind::Ended(ended))));
        let stored = desk.kept(Ok(()));
        assert_eq!(stored.session, None);
        assert_eq!(device_of(&stored), left, "{ended:?}");
        assert_eq!(stored.client_secret, Some(Secret::new("shh")));
        let thread = signs_in(&mut desk);
        assert_eq!(device_key_sent(&thread), left);
    }
}

#[test]
fn a_device_is_never_sent_to_another_pool() {
    let mut desk = Desk::new(&CONFIG.replace("eu-west-1_A", "eu-west-1_B"));
    desk.recalled(Ok(Some(record_with_device())));
    assert_eq!(device_key_sent(&signs_in(&mut desk)), None);

    let mut desk = with_device();
    desk.configure(&CONFIG.replace("eu-west-1_A", "eu-west-1_B"));
    desk.recalled(Err(locked()));
    desk.pass(SECOND);
    desk.recalled(Ok(Some(record_with_device())));
    assert_eq!(device_key_sent(&signs_in(&mut desk)), None);
    desk.conversed(done_with("ann", "refresh-b", None));
    assert_eq!(desk.kept(Ok(())).device, None);
}

#[test]
fn what_is_about_an_account_gets_the_sessions_key_and_not_the_devices_secret() {
    let mut desk = with_device();
    desk.account(Goal::ListDevices);
    desk.refreshed(Ok(tokens_with_access("id-1", None, "access-1", HOUR)));
    let (_, thread) = desk.conversed(finished(Outcome::Done));
    assert_eq!(thread.device_key.as_deref(), Some("key-1"));
    assert_eq!(thread.device, None);
}

#[test]
fn a_device_that_the_pool_does_not_know_is_dropped_and_the_refresh_made_without() {
    let mut desk = with_device();
    let ticket = desk.ask("dev");
    assert_eq!(desk.device_key().as_deref(), Some("key-1"));
    desk.refreshed(Err(fault(FaultKind::DeviceGone)));
    assert_eq!(desk.device_key(), None);
    assert_eq!(
        desk.refreshed(Ok(tokens("id-1", None))),
        "refresh-1",
        "at once, and with the same token"
    );
    let stored = desk.kept(Ok(()));
    assert_eq!((device_of(&stored), session_key(&stored)), (None, None));
    desk.fetched("dev", Ok(keys("AKIA1")));
    desk.document(ticket);
    assert_eq!(desk.login().trouble, None);
}

#[test]
fn without_its_device_a_session_ends_as_the_pool_says() {
    let mut desk = with_device();
    let ticket = desk.ask("dev");
    desk.refreshed(Err(fault(FaultKind::DeviceGone)));
    desk.refreshed(Err(fault(FaultKind::Ended(Ended::Refused))));
    assert_eq!(desk.code(ticket), Code::NeedsSignIn);
    assert_eq!(desk.kept(Ok(())).device, None);

    // A pool that says so of no device at all is not asked again and again.
    let mut desk = with_device();
    desk.ask("dev");
    desk.refreshed(Err(fault(FaultKind::DeviceGone)));
    desk.refreshed(Err(fault(FaultKind::DeviceGone)));
    assert_eq!(desk.count("Refresh"), 0);
    assert_eq!(desk.login().state, LoginState::SignedIn);
}

#[test]
fn the_machines_own_device_is_forgotten_for_good() {
    let forgotten = |key: &str| finished(Outcome::DeviceForgotten { key: key.into() });
    let goal = || Goal::ForgetDevice { key: None };
    let mut desk = with_device();
    let ticket = desk.account(goal());
    desk.refreshed(Ok(tokens_with_access("id-1", None, "access-1", HOUR)));
    desk.conversed(forgotten("key-1"));
    desk.outcome(ticket);
    let stored = desk.kept(Ok(()));
    assert_eq!((device_of(&stored), session_key(&stored)), (None, None));
    assert!(stored.session.is_some());

    // Another device's end leaves it alone.
    desk = with_device();
    desk.account(goal());
    desk.refreshed(Ok(tokens_with_access("id-1", None, "access-1", HOUR)));
    desk.conversed(forgotten("key-2"));
    desk.nothing();

    // Whoever asked need not have waited for it.
    desk = with_device();
    let ticket = desk.account(goal());
    desk.refreshed(Ok(tokens_with_access("id-1", None, "access-1", HOUR)));
    desk.leave(ticket);
    desk.conversed(forgotten("key-1"));
    assert_eq!(device_of(&desk.kept(Ok(()))), None);

    // A refresh that was on its way with it is made again without.
    desk = with_device();
    desk.account(goal());
    desk.refreshed(Ok(tokens_with_access("id-1", None, "access-1", HOUR)));
    desk.renew();
    assert_eq!(desk.device_key().as_deref(), Some("key-1"));
    desk.conversed(forgotten("key-1"));
    desk.refreshed(Err(fault(FaultKind::DeviceGone)));
    assert_eq!(desk.device_key(), None);
}

#[test]
fn a_sign_out_has_the_device_forgotten_and_keeps_nothing_of_it() {
    let mut desk = with_device();
    desk.ask("dev");
    desk.refreshed(Ok(tokens_with_access("id-1", None, "access-1", HOUR)));
    desk.fetched("dev", Ok(keys("AKIA1")));
    desk.keep_notes();
    let ticket = desk.sign_out();
    let stored = desk.kept(Ok(()));
    assert_eq!((stored.session, stored.device), (None, None));
    assert_eq!(stored.client_secret, Some(Secret::new("shh")));
    let (token, farewell) = desk.parted(Ok(()), Ok(()));
    assert_eq!(
        (token.as_str(), farewell.forget.as_deref()),
        ("refresh-1", Some("key-1"))
    );
    assert_eq!(farewell.access_token, Some(Secret::new("access-1")));
    let told = desk.signed_out(ticket);
    assert_eq!((&told.not_revoked, &told.not_forgotten), (&None, &None));
    assert_eq!(signs_in(&mut desk).device, None);
}

#[test]
fn a_pool_that_does_not_forget_the_device_is_told_of() {
    let mut desk = with_device();
    let ticket = desk.sign_out();
    desk.kept(Ok(()));
    let (_, farewell) = desk.parted(Ok(()), Err(fault(FaultKind::Service)));
    assert_eq!(farewell.access_token, None, "there is none yet");
    let told = desk.signed_out(ticket);
    assert_eq!(told.not_revoked, None);
    let failure = told.not_forgotten.clone().unwrap();
    assert!(failure.sentence.contains("device"), "{failure}");
}

#[test]
fn a_device_whose_session_is_over_cannot_be_forgotten_and_that_is_said() {
    let mut desk = with_device();
    desk.ask("dev");
    desk.refreshed(Err(fault(FaultKind::Ended(Ended::Expired))));
    desk.kept(Ok(()));
    let ticket = desk.sign_out();
    assert_eq!(desk.kept(Ok(())).device, None);
    let told = desk.signed_out(ticket);
    assert!(!told.had_session && told.not_forgotten.is_some());
    assert_eq!(desk.count("Revoke"), 0);
}

#[test]
fn an_orphan_never_has_a_device_forgotten() {
    let mut desk = with_device();
    signs_in(&mut desk);
    desk.conversed(done_with("ann", "refresh-2", Some(device("key-1", "ann"))));
    desk.kept(Ok(()));
    assert_eq!(
        desk.parted(Ok(()), Ok(())),
        ("refresh-1".into(), Farewell::default())
    );
}

/// The tokens are there, and one more question is open.
fn asks_to_remember(refresh_token: &str) -> Result<Step, Fault> {
    Ok(Step::Ask {
        thread: Thread {
            tokens: Some(Box::new(tokens("id-9", Some(refresh_token)))),
            ..Thread::default()
        },
        question: Question::RememberDevice {
            name: "desk".into(),
        },
        problem: None,
    })
}

fn remembers(desk: &mut Desk, id: &ConversationId) -> u64 {
    desk.request(Request::Answer {
        conversation: id.clone(),
        answer: crate::conversation::Answer::RememberDevice(true),
    })
}

#[test]
fn a_session_that_waits_for_one_more_question_ends_with_it() {
    type End = fn(&mut Desk, &ConversationId);
    let ends: [End; 6] = [
        |desk, id| {
            desk.request(Request::Cancel {
                conversation: id.clone(),
            });
        },
        |desk, _| desk.pass(15 * MINUTE),
        |desk, _| {
            desk.sign_in();
        },
        |desk, _| {
            desk.account(Goal::ResendCode);
        },
        |desk, _| desk.handle(Event::Stopping),
        |desk, _| {
            desk.sign_out();
            desk.kept(Ok(()));
        },
    ];
    for end in ends {
        let mut desk = Desk::new(CONFIG);
        desk.recalled(Ok(None));
        signs_in(&mut desk);
        let (id, _) = desk.conversed(asks_to_remember("refresh-9"));
        assert_eq!(desk.count("Revoke"), 0);
        end(&mut desk, &id);
        if desk.count("Probe") > 0 {
            desk.probed(Ok(()));
        }
        assert_eq!(
            desk.parted(Ok(()), Ok(())),
            ("refresh-9".into(), Farewell::default())
        );
        assert_eq!(desk.count("Revoke"), 0);
    }
}

#[test]
fn it_ends_too_when_its_question_comes_for_nobody_or_its_answer_fails() {
    // It came for nobody.
    let mut desk = Desk::new(CONFIG);
    desk.recalled(Ok(None));
    let ticket = desk.sign_in();
    desk.probed(Ok(()));
    desk.leave(ticket);
    desk.conversed(asks_to_remember("refresh-9"));
    assert_eq!(desk.revoked(Ok(())), "refresh-9");
    desk.nothing();

    // Its answer failed, with somebody waiting and with nobody.
    for leaves in [false, true] {
        let mut desk = Desk::new(CONFIG);
        desk.recalled(Ok(None));
        signs_in(&mut desk);
        let (id, _) = desk.conversed(asks_to_remember("refresh-9"));
        let ticket = remembers(&mut desk, &id);
        if leaves {
            desk.leave(ticket);
        }
        desk.conversed(Err(fault(FaultKind::Lost)));
        assert_eq!(desk.revoked(Ok(())), "refresh-9");
        desk.nothing();
    }
}

#[test]
fn it_lives_on_with_the_next_step_that_has_it() {
    let mut desk = Desk::new(CONFIG);
    desk.recalled(Ok(None));
    signs_in(&mut desk);
    let (id, _) = desk.conversed(asks_to_remember("refresh-9"));
    remembers(&mut desk, &id);
    desk.conversed(asks_to_remember("refresh-9"));
    assert_eq!(desk.count("Revoke"), 0);
    let ticket = remembers(&mut desk, &id);
    desk.conversed(done_with("ann", "refresh-9", Some(device("key-9", "ann"))));
    assert_eq!(device_of(&desk.kept(Ok(()))), Some("key-9"));
    desk.reply(ticket);
    assert_eq!(desk.count("Revoke"), 0);

    // One that is swapped for another is not.
    let mut desk = Desk::new(CONFIG);
    desk.recalled(Ok(None));
    signs_in(&mut desk);
    let (id, _) = desk.conversed(asks_to_remember("refresh-8"));
    remembers(&mut desk, &id);
    desk.conversed(asks_to_remember("refresh-9"));
    assert_eq!(desk.revoked(Ok(())), "refresh-8");
}

#[test]
fn tokens_age_while_a_person_thinks() {
    let mut desk = Desk::new(CONFIG);
    desk.recalled(Ok(None));
    signs_in(&mut desk);
    let (id, _) = desk.conversed(asks_to_remember("refresh-9"));
    let given = desk.now.wall;
    desk.pass(10 * MINUTE);
    remembers(&mut desk, &id);
    desk.conversed(asks_to_remember("refresh-9"));
    desk.pass(10 * MINUTE);
    remembers(&mut desk, &id);
    desk.conversed(done_with("ann", "refresh-9", None));
    desk.kept(Ok(()));
    assert_eq!(desk.login().id_token_expires, Some(given + HOUR));
}

#[test]
fn a_session_is_tied_to_the_device_that_was_shown() {
    let mut desk = with_device();
    signs_in(&mut desk);
    let step = done_with("ann", "refresh-2", Some(device("key-1", "ann"))).map(|step| match step {
        Step::Done { tokens, device, .. } => Step::Done {
            tokens: Box::new(Tokens {
                device_key: None,
                ..*tokens
            }),
            client_secret: None,
            device,
        },
        other => other,
    });
    desk.conversed(step);
    let stored = desk.kept(Ok(()));
    assert_eq!(device_of(&stored), Some("key-1"));
    assert_eq!(session_key(&stored), Some("key-1"));
}
