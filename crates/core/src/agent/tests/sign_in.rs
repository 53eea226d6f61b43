use super::desk::*;
use crate::conversation::{Answer, Authorization, Question, Step, Thread};
use crate::event::{Effect, Reply, Request};
use crate::failure::{Code, Ended};
use crate::fault::FaultKind;
use crate::secret::Secret;
use crate::snapshot::LoginState;

fn signed_out() -> Desk {
    let mut desk = Desk::new(CONFIG);
    desk.recalled(Ok(None));
    desk
}

/// Up to the password, the vault being open.
fn asked_for_password(desk: &mut Desk) -> crate::event::ConversationId {
    let ticket = desk.sign_in();
    if desk.count("Probe") > 0 {
        desk.probed(Ok(()));
    }
    desk.conversed(asks_password());
    desk.question(ticket).0
}

#[test]
fn a_person_signs_in() {
    let mut desk = signed_out();
    let ticket = desk.sign_in();
    assert_eq!(desk.login().state, LoginState::SigningIn);
    desk.probed(Ok(()));
    desk.conversed(asks_password());
    let (id, problem) = desk.question(ticket);
    assert_eq!(problem, None);
    let ticket = desk.answer(&id, "hunter2");
    desk.conversed(done("ann", "refresh-1"));
    desk.waits(ticket);
    let stored = desk.kept(Ok(())).session.unwrap();
    assert_eq!(stored.refresh_token.unwrap().expose(), "refresh-1");
    assert_eq!(stored.user.username, "ann");
    assert_eq!((stored.rotates, stored.signed_in), (None, desk.now.wall));
    assert_eq!(*desk.reply(ticket), Reply::SignedIn { user: user("ann") });
    assert_eq!(desk.login().state, LoginState::SignedIn);

    // The keys are there before the first tool asks.
    desk.pass(SECOND);
    assert_eq!(desk.fetched("dev", Ok(keys("AKIA1"))).0, "id-of-ann");
    desk.fetched("ops", Ok(keys("AKIA2")));
    let ticket = desk.ask("dev");
    assert!(desk.document(ticket).contains("AKIA1"));
}

#[test]
fn the_vault_is_tried_before_a_person_types_anything() {
    let mut desk = Desk::new(CONFIG);
    let ticket = desk.sign_in();
    desk.waits(ticket);
    desk.recalled(Err(locked()));
    assert_eq!(desk.code(ticket), Code::VaultLocked);
    assert_eq!(desk.login().state, LoginState::Unread);

    let ticket = desk.sign_in();
    desk.recalled(Ok(None));
    desk.probed(Err(locked()));
    assert_eq!(desk.code(ticket), Code::VaultLocked);
    desk.nothing();
}

#[test]
fn a_wrong_password_is_asked_for_again() {
    let mut desk = signed_out();
    let id = asked_for_password(&mut desk);
    let ticket = desk.answer(&id, "wrong");
    let again = asks_password_after(FaultKind::Wrong);
    desk.conversed(again);
    let (same, problem) = desk.question(ticket);
    assert_eq!(same, id);
    assert_eq!(problem.unwrap().code, Code::Wrong);
    desk.answer(&id, "right");
    desk.conversed(done("ann", "refresh-1"));
    desk.kept(Ok(()));
    assert_eq!(desk.login().state, LoginState::SignedIn);
}

#[test]
fn a_sign_in_that_begins_again_by_itself_names_no_command() {
    let mut desk = signed_out();
    let id = asked_for_password(&mut desk);
    let ticket = desk.answer(&id, "late");
    let again = asks_password_after(FaultKind::Expired);
    let (_, thread) = desk.conversed(again);
    assert_eq!(thread.login, Some("acme".parse().unwrap()));
    let (same, problem) = desk.question(ticket);
    assert_eq!(same, id);
    assert_eq!(
        problem.unwrap().to_string(),
        "The sign-in to “acme” took too long. It begins again."
    );
}

#[test]
fn an_answer_must_fit_the_question_and_its_time() {
    let mut desk = signed_out();
    let id = asked_for_password(&mut desk);
    let ticket = desk.request(Request::Answer {
        conversation: id.clone(),
        answer: Answer::Username("ann".into()),
    });
    assert_eq!(desk.code(ticket), Code::Protocol);
    let first = desk.answer(&id, "once");
    let second = desk.answer(&id, "twice");
    assert_eq!(desk.code(second), Code::Protocol);
    assert_eq!(desk.count("Converse"), 1);
    desk.conversed(asks_password());
    desk.question(first);
    let unknown = crate::event::ConversationId("ffff".into());
    let ticket = desk.answer(&unknown, "x");
    assert_eq!(desk.code(ticket), Code::NoConversation);
    desk.pass(15 * MINUTE - SECOND);
    assert_eq!(desk.login().state, LoginState::SigningIn);
    desk.pass(SECOND);
    let ticket = desk.answer(&id, "late");
    assert_eq!(desk.code(ticket), Code::NoConversation);
    assert_eq!(desk.login().state, LoginState::SignedOut);
}

#[test]
fn a_refused_sign_in_ends() {
    let mut desk = signed_out();
    let ticket = desk.sign_in();
    desk.probed(Ok(()));
    desk.conversed(Err(fault(FaultKind::Unreachable)));
    assert_eq!(desk.code(ticket), Code::Offline);
    assert_eq!(desk.login().state, LoginState::SignedOut);
}

#[test]
fn who_leaves_midway_leaves_no_session_behind() {
    let mut desk = signed_out();
    let id = asked_for_password(&mut desk);
    let ticket = desk.answer(&id, "hunter2");
    desk.leave(ticket);
    desk.waits(ticket);
    assert_eq!(desk.login().state, LoginState::SignedOut);
    desk.conversed(done("ann", "refresh-1"));
    assert_eq!(desk.revoked(Ok(())), "refresh-1");
    assert_eq!(desk.login().state, LoginState::SignedOut);
    desk.nothing();
}

#[test]
fn who_cancels_is_told_and_leaves_no_session_behind() {
    let mut desk = signed_out();
    let id = asked_for_password(&mut desk);
    let waiting = desk.answer(&id, "hunter2");
    let ticket = desk.request(Request::Cancel {
        conversation: id.clone(),
    });
    assert_eq!(*desk.reply(ticket), Reply::Done);
    assert_eq!(desk.code(waiting), Code::NoConversation);
    desk.conversed(done("ann", "refresh-1"));
    assert_eq!(desk.revoked(Err(fault(FaultKind::Service))), "refresh-1");
    let ticket = desk.request(Request::Cancel { conversation: id });
    assert_eq!(desk.code(ticket), Code::NoConversation);
    desk.nothing();
}

#[test]
fn it_is_too_late_to_cancel_while_the_vault_writes() {
    let mut desk = signed_out();
    let id = asked_for_password(&mut desk);
    let waiting = desk.answer(&id, "hunter2");
    desk.conversed(done("ann", "refresh-1"));
    let ticket = desk.request(Request::Cancel { conversation: id });
    assert_eq!(desk.code(ticket), Code::NoConversation);
    desk.kept(Ok(()));
    assert_eq!(*desk.reply(waiting), Reply::SignedIn { user: user("ann") });
}

#[test]
fn a_second_sign_in_takes_the_place_of_the_first() {
    let mut desk = signed_out();
    let first = asked_for_password(&mut desk);
    let waiting = desk.answer(&first, "hunter2");
    let second = asked_for_password_behind(&mut desk);
    assert_eq!(desk.code(waiting), Code::NoConversation);
    desk.conversed(done("ann", "refresh-1"));
    assert_eq!(desk.revoked(Ok(())), "refresh-1");
    desk.conversed(asks_password());
    let ticket = desk.answer(&second_id(&desk, second), "hunter2");
    desk.conversed(done("bob", "refresh-2"));
    desk.kept(Ok(()));
    assert_eq!(*desk.reply(ticket), Reply::SignedIn { user: user("bob") });
}

fn asked_for_password_behind(desk: &mut Desk) -> u64 {
    desk.sign_in()
}

fn second_id(desk: &Desk, ticket: u64) -> crate::event::ConversationId {
    desk.question(ticket).0
}

#[test]
fn a_second_sign_in_is_not_answered_with_the_end_of_the_first() {
    let mut desk = signed_out();
    let id = asked_for_password(&mut desk);
    let first = desk.answer(&id, "hunter2");
    desk.conversed(done("ann", "refresh-1"));
    let second = desk.sign_in();
    assert_eq!(desk.code(first), Code::NoConversation);
    desk.kept(Ok(()));
    desk.waits(second);
    desk.conversed(asks_password());
    desk.question(second);

    let mut desk = signed_out();
    let id = asked_for_password(&mut desk);
    desk.answer(&id, "hunter2");
    desk.conversed(done("ann", "refresh-1"));
    let second = desk.sign_in();
    desk.kept(Err(locked()));
    desk.waits(second);
    desk.probed(Ok(()));
    desk.conversed(asks_password());
    desk.question(second);
}

#[test]
fn a_session_that_the_vault_did_not_keep_is_revoked_and_what_it_may_have_kept_erased() {
    let mut desk = signed_out();
    let id = asked_for_password(&mut desk);
    let ticket = desk.answer(&id, "hunter2");
    desk.conversed(done("ann", "refresh-1"));
    desk.kept(Err(locked()));
    assert_eq!(desk.code(ticket), Code::VaultLocked);
    assert_eq!(desk.login().state, LoginState::SignedOut);
    assert_eq!(desk.revoked(Ok(())), "refresh-1");
    desk.pass(SECOND);
    assert_eq!(desk.kept(Ok(())).session, None);
    desk.pass(HOUR);
    desk.nothing();
}

#[test]
fn what_the_vault_may_have_kept_is_erased_unless_it_is_anothers() {
    for (config, erased) in [
        (CONFIG.to_owned(), 1),
        (CONFIG.replace("eu-west-1_A", "eu-west-1_B"), 0),
    ] {
        let mut desk = Desk::new(&config);
        desk.recalled(Ok(Some(record("refresh-1", Some(false)))));
        if erased > 0 {
            desk.ask("dev");
            desk.refreshed(Err(fault(FaultKind::Ended(Ended::Expired))));
            desk.kept(Ok(()));
        }
        let id = asked_for_password(&mut desk);
        desk.answer(&id, "hunter2");
        desk.conversed(done("ann", "refresh-9"));
        desk.kept(Err(locked()));
        desk.revoked(Ok(()));
        desk.pass(MINUTE);
        assert_eq!(desk.count("Keep"), erased, "{config}");
    }
}

#[test]
fn the_session_before_is_written_again_when_the_new_one_was_not_kept() {
    let mut desk = Desk::with_keys(Rotation::Off);
    let id = asked_for_password(&mut desk);
    let answered = desk.answer(&id, "hunter2");
    desk.conversed(done("bob", "refresh-b"));
    desk.recognize(answered, true);
    desk.kept(Err(locked()));
    assert_eq!(desk.revoked(Ok(())), "refresh-b");
    desk.pass(SECOND);
    let stored = desk.kept(Ok(())).session.unwrap();
    assert_eq!(stored.refresh_token.unwrap().expose(), "refresh-1");
    assert_eq!(desk.login().user.unwrap().username, "ann");
}

#[test]
fn another_user_gets_nothing_of_the_one_before() {
    let mut desk = Desk::with_keys(Rotation::Off);
    desk.pass(41 * MINUTE);
    assert_eq!(desk.count("Fetch"), 1);
    let id = asked_for_password(&mut desk);
    let answered = desk.answer(&id, "hunter2");
    desk.conversed(done("bob", "refresh-b"));
    desk.recognize(answered, true);
    let stored = desk.kept(Ok(())).session.unwrap();
    assert!(stored.identities.is_empty());
    assert_eq!(desk.revoked(Ok(())), "refresh-1", "the old session ends");

    let ticket = desk.ask("dev");
    desk.waits(ticket);
    assert_eq!(desk.fetched("dev", Ok(keys("OF-ANN"))).0, "id-1");
    desk.waits(ticket);
    assert_eq!(
        desk.fetched("dev", Ok(keys("OF-BOB"))),
        ("id-of-bob".into(), None)
    );
    assert!(desk.document(ticket).contains("OF-BOB"));
}

#[test]
fn the_same_user_keeps_the_identity() {
    let mut desk = Desk::with_keys(Rotation::Off);
    let id = asked_for_password(&mut desk);
    desk.answer(&id, "hunter2");
    desk.conversed(done("ann", "refresh-b"));
    let stored = desk.kept(Ok(())).session.unwrap();
    assert_eq!(stored.identities.len(), 1);
}

#[test]
fn the_name_offered_is_the_one_given_then_the_configured_then_the_last() {
    let named = CONFIG.replace(
        "client_id = \"client\"",
        "client_id = \"client\"\nusername = \"cfg\"",
    );
    for (config, given, thread) in [
        (CONFIG, Some("me"), Some("me")),
        (named.as_str(), Some("me"), Some("me")),
        (named.as_str(), None, Some("cfg")),
        (CONFIG, None, Some("ann")),
    ] {
        let mut desk = Desk::new(config);
        desk.recalled(Ok(Some(record("refresh-1", None))));
        desk.request(Request::SignIn {
            login: "acme".into(),
            username: given.map(str::to_owned),
            another_account: false,
        });
        desk.probed(Ok(()));
        assert_eq!(
            desk.conversed(asks_password()).1.username.as_deref(),
            thread
        );
    }
    // After the end of a session its user is still offered.
    let mut desk = Desk::with_session(Some(false));
    desk.ask("dev");
    desk.refreshed(Err(fault(FaultKind::Ended(Ended::Expired))));
    desk.kept(Ok(()));
    desk.sign_in();
    assert_eq!(
        desk.conversed(asks_password()).1.username.as_deref(),
        Some("ann")
    );
}

#[test]
fn a_client_secret_is_kept_and_sent_and_outlives_the_session() {
    let mut desk = signed_out();
    let id = asked_for_password(&mut desk);
    desk.answer(&id, "hunter2");
    desk.conversed(done("ann", "refresh-1").map(|step| match step {
        Step::Done { tokens, .. } => Step::Done {
            tokens,
            client_secret: Some(Secret::new("shh")),
            device: None,
        },
        ask => ask,
    }));
    let stored = desk.kept(Ok(()));
    assert_eq!(stored.client_secret, Some(Secret::new("shh")));
    desk.sign_out();
    let stored = desk.kept(Ok(()));
    assert_eq!(stored.client_secret, Some(Secret::new("shh")));
    assert_eq!(stored.session, None);
    desk.revoked(Ok(()));
    desk.sign_in();
    let (_, thread) = desk.conversed(asks_password());
    assert_eq!(thread.client_secret, Some(Secret::new("shh")));
}

#[test]
fn a_person_does_not_wait_for_a_refresh_nor_for_an_unsaved_token() {
    let mut desk = Desk::with_session(Some(true));
    desk.ask("dev");
    desk.probed(Ok(()));
    assert_eq!(desk.count("Refresh"), 1);
    desk.sign_in();
    assert_eq!(desk.count("Converse"), 1);

    let mut desk = Desk::with_session(Some(true));
    desk.ask("dev");
    desk.probed(Ok(()));
    desk.refreshed(Ok(tokens("id-1", Some("refresh-2"))));
    desk.kept(Err(locked()));
    let ticket = desk.sign_in();
    desk.probed(Err(locked()));
    assert_eq!(desk.code(ticket), Code::VaultLocked);
}

#[test]
fn the_new_session_does_not_wait_for_the_old_ones_token_to_be_kept() {
    let mut desk = Desk::with_session(Some(true));
    desk.ask("dev");
    desk.probed(Ok(()));
    let ticket = desk.sign_in();
    desk.refreshed(Ok(tokens("id-1", Some("refresh-2"))));
    desk.conversed(asks_password());
    let (id, _) = desk.question(ticket);
    desk.kept(Err(locked()));
    let ticket = desk.answer(&id, "hunter2");
    desk.conversed(done("ann", "refresh-9"));
    let stored = desk.kept(Ok(())).session.unwrap();
    assert_eq!(stored.refresh_token.unwrap().expose(), "refresh-9");
    assert_eq!(*desk.reply(ticket), Reply::SignedIn { user: user("ann") });
    assert_eq!(desk.revoked(Ok(())), "refresh-2");
    desk.pass(SECOND);
    assert_eq!(desk.count("Keep"), 0);
}

#[test]
fn what_took_long_counts_from_when_it_was_begun() {
    let mut desk = signed_out();
    let id = asked_for_password(&mut desk);
    desk.answer(&id, "hunter2");
    desk.sleep(2 * HOUR);
    desk.conversed(done("ann", "refresh-1"));
    desk.kept(Ok(()));
    desk.pass(SECOND);
    assert_eq!(desk.count("Fetch"), 0, "the ID token is dead already");
    assert_eq!(desk.count("Probe") + desk.count("Refresh"), 1);
}

#[test]
fn whoever_gives_up_waits_for_no_browser() {
    let mut desk = Desk::new(CONFIG);
    desk.recalled(Ok(None));
    desk.sign_in();
    desk.probed(Ok(()));
    let authorization = Authorization {
        url: "https://example.com/oauth2/authorize".into(),
        redirect_uri: "http://localhost:8400/".into(),
        state: Secret::new("state-1"),
        nonce: Secret::new("nonce"),
        verifier: Secret::new("verifier"),
    };
    let asks = Step::Ask {
        thread: Thread {
            authorization: Some(authorization.clone()),
            ..Thread::default()
        },
        question: Question::Browser {
            url: authorization.url,
            redirect_uri: authorization.redirect_uri,
        },
        problem: None,
    };
    let (conversation, _) = desk.conversed(Ok(asks));
    desk.request(Request::Cancel { conversation });
    let dismissed = desk.todo.iter().any(
        |effect| matches!(effect, Effect::Dismiss { state, .. } if state.expose() == "state-1"),
    );
    assert!(dismissed, "{:?}", desk.todo);
}
