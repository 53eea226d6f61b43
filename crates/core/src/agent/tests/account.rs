use super::desk::*;
use crate::conversation::{Account, Goal, Outcome, Question, Step, Thread};
use crate::event::{ConversationId, Event, Request};
use crate::failure::{Code, Ended};
use crate::fault::FaultKind;
use crate::secret::Secret;
use crate::session::Tokens;
use crate::snapshot::LoginState;

fn signed_out() -> Desk {
    let mut desk = Desk::new(CONFIG);
    desk.recalled(Ok(None));
    desk
}

/// `ann` has been refreshed by a tool, with an access token that lives an hour.
fn with_access() -> Desk {
    let mut desk = Desk::with_session(Some(false));
    desk.ask("dev");
    desk.refreshed(Ok(tokens_with_access("id-1", None, "access-1", HOUR)));
    desk.fetched("dev", Ok(keys("AKIA1")));
    desk.keep_notes();
    desk.nothing();
    desk
}

fn asks() -> Result<Step, crate::fault::Fault> {
    asks_password()
}

fn shown() -> Outcome {
    Outcome::Account(Account::default())
}

fn access(thread: &Thread) -> Option<&str> {
    thread.access_token.as_ref().map(Secret::expose)
}

#[test]
fn who_signs_up_needs_no_session_and_no_proof_of_the_vault() {
    let mut desk = Desk::new(CONFIG);
    let ticket = desk.request(Request::Account {
        login: "acme".into(),
        username: Some("new".into()),
        goal: Goal::Confirm,
    });
    desk.recalled(Ok(None));
    let (_, thread) = desk.conversed(finished(Outcome::Done));
    assert_eq!(thread.goal, Goal::Confirm);
    assert_eq!(thread.username.as_deref(), Some("new"));
    assert_eq!(access(&thread), None);
    assert_eq!(*desk.outcome(ticket), Outcome::Done);
    assert_eq!(desk.login().state, LoginState::SignedOut);
    desk.pass(HOUR);
    desk.nothing();

    let mut desk = Desk::new(CONFIG);
    let ticket = desk.account(Goal::ForgotPassword);
    desk.recalled(Err(locked()));
    assert_eq!(desk.code(ticket), Code::VaultLocked);
}

#[test]
fn it_waits_neither_for_a_refresh_nor_for_a_vault_that_refuses() {
    let mut desk = Desk::with_session(Some(true));
    desk.ask("dev");
    desk.probed(Ok(()));
    desk.refreshed(Ok(tokens("id-1", Some("refresh-2"))));
    desk.kept(Err(locked()));
    let ticket = desk.account(Goal::ResendCode);
    desk.nothing_but("Converse");
    desk.conversed(asks());
    desk.question(ticket);

    let mut desk = Desk::with_session(Some(true));
    desk.ask("dev");
    desk.probed(Ok(()));
    assert_eq!(desk.count("Refresh"), 1);
    desk.account(Goal::ResendCode);
    assert_eq!(desk.count("Converse"), 1);
}

#[test]
fn nobody_is_shown_to_sign_in_meanwhile() {
    let mut desk = with_access();
    let ticket = desk.account(Goal::ChangePassword);
    assert_eq!(desk.login().state, LoginState::SignedIn);
    desk.conversed(asks());
    desk.question(ticket);
    assert_eq!(desk.login().state, LoginState::SignedIn);
}

#[test]
fn what_needs_a_session_fails_at_once_where_there_is_none() {
    let mut desk = signed_out();
    let ticket = desk.account(Goal::Show);
    assert_eq!(desk.code(ticket), Code::SignedOut);
    desk.nothing();

    let mut desk = Desk::with_session(Some(false));
    desk.ask("dev");
    desk.refreshed(Err(fault(FaultKind::Ended(Ended::Expired))));
    let ticket = desk.account(Goal::Show);
    assert_eq!(desk.code(ticket), Code::NeedsSignIn);
    desk.kept(Ok(()));
    desk.nothing();
}

#[test]
fn an_access_token_that_works_is_used_as_it_is() {
    let mut desk = with_access();
    let ticket = desk.request(Request::Account {
        login: "acme".into(),
        username: Some("bob".into()),
        goal: Goal::Show,
    });
    desk.nothing_but("Converse");
    let (_, thread) = desk.conversed(finished(shown()));
    assert_eq!(access(&thread), Some("access-1"));
    assert_eq!(thread.username.as_deref(), Some("ann"), "it is her token");
    assert_eq!(*desk.outcome(ticket), shown());
    assert_eq!(desk.login().state, LoginState::SignedIn);
    desk.nothing();
}

#[test]
fn an_access_token_is_over_a_little_before_its_end() {
    let mut desk = with_access();
    desk.sleep(59 * MINUTE - SECOND);
    desk.account(Goal::Show);
    assert_eq!(desk.count("Converse"), 1);

    let mut desk = with_access();
    desk.sleep(59 * MINUTE);
    desk.account(Goal::Show);
    assert_eq!((desk.count("Converse"), desk.count("Refresh")), (0, 1));
}

#[test]
fn one_refresh_brings_an_access_token_however_good_the_id_token() {
    for rotates in [false, true] {
        let mut desk = Desk::with_session(Some(rotates));
        let ticket = desk.ask("dev");
        if rotates {
            desk.probed(Ok(()));
        }
        let token = |number| rotates.then_some(["refresh-2", "refresh-3"][number]);
        desk.refreshed(Ok(tokens_with_access("id-1", token(0), "access-1", MINUTE)));
        if rotates {
            desk.kept(Ok(()));
        }
        desk.fetched("dev", Ok(keys("AKIA1")));
        desk.document(ticket);
        desk.keep_notes();
        desk.pass(2 * MINUTE);
        desk.nothing();

        let ticket = desk.account(Goal::Show);
        if rotates {
            desk.probed(Ok(()));
        }
        desk.refreshed(Ok(tokens_with_access("id-2", token(1), "access-2", MINUTE)));
        if rotates {
            assert_eq!(desk.count("Converse"), 0, "the vault comes first");
            desk.kept(Ok(()));
        }
        let (_, thread) = desk.conversed(finished(shown()));
        assert_eq!(access(&thread), Some("access-2"));
        desk.outcome(ticket);
        desk.nothing();
    }
}

#[test]
fn where_no_access_token_comes_it_says_why() {
    for (kind, code) in [
        (FaultKind::Unreachable, Code::Offline),
        (FaultKind::Service, Code::Service),
        (FaultKind::Ended(Ended::Revoked), Code::NeedsSignIn),
    ] {
        let mut desk = Desk::with_session(Some(false));
        let ticket = desk.account(Goal::Show);
        desk.refreshed(Err(fault(kind)));
        assert_eq!(desk.code(ticket), code);
        assert_eq!(desk.count("Converse"), 0);
    }
    // A pool that gives none is asked once.
    let mut desk = Desk::with_session(Some(false));
    let ticket = desk.account(Goal::Show);
    desk.refreshed(Ok(tokens("id-1", None)));
    assert_eq!(desk.code(ticket), Code::Misconfigured);
    desk.keep_notes();
    desk.nothing();

    let mut desk = Desk::with_session(Some(true));
    let ticket = desk.account(Goal::Show);
    desk.probed(Err(locked()));
    assert_eq!(desk.code(ticket), Code::VaultLocked);
}

#[test]
fn a_lost_answer_is_asked_for_once_more_before_it_gives_up() {
    let mut desk = Desk::with_session(Some(false));
    let ticket = desk.account(Goal::Show);
    desk.refreshed(Err(fault(FaultKind::Lost)));
    desk.waits(ticket);
    desk.refreshed(Ok(tokens_with_access("id-1", None, "access-1", HOUR)));
    desk.conversed(finished(shown()));
    desk.outcome(ticket);
}

#[test]
fn a_person_who_asks_waits_for_nothing_that_was_waited_for() {
    let mut desk = Desk::with_session(Some(false));
    desk.ask("dev");
    desk.refreshed(Err(fault(FaultKind::Misconfigured)));
    desk.nothing();
    let ticket = desk.account(Goal::Show);
    desk.refreshed(Ok(tokens_with_access("id-1", None, "access-1", HOUR)));
    desk.conversed(finished(shown()));
    desk.outcome(ticket);
}

#[test]
fn patience_with_a_refresh_has_an_end() {
    let mut desk = Desk::with_session(Some(false));
    let ticket = desk.account(Goal::Show);
    desk.pass(29 * SECOND);
    desk.waits(ticket);
    desk.pass(SECOND);
    assert_eq!(desk.code(ticket), Code::Service);
    // What comes too late is good for the next.
    desk.refreshed(Ok(tokens_with_access("id-1", None, "access-1", HOUR)));
    assert_eq!(desk.count("Converse"), 0);

    let mut desk = Desk::with_session(Some(true));
    let ticket = desk.account(Goal::Show);
    desk.pass(30 * SECOND);
    assert_eq!(desk.code(ticket), Code::VaultLocked);
}

#[test]
fn an_answer_goes_with_a_token_of_its_own_time() {
    let mut desk = with_access();
    let ticket = desk.account(Goal::ChangePassword);
    desk.conversed(asks());
    let (id, _) = desk.question(ticket);
    desk.sleep(14 * MINUTE);
    let ticket = desk.answer(&id, "old");
    assert_eq!(access(&desk.conversed(asks()).1), Some("access-1"));
    desk.question(ticket);

    let mut desk = Desk::with_session(Some(false));
    let ticket = desk.account(Goal::ChangePassword);
    desk.refreshed(Ok(tokens_with_access("id-1", None, "access-1", 5 * MINUTE)));
    desk.conversed(asks());
    desk.keep_notes();
    let (id, _) = desk.question(ticket);
    desk.pass(14 * MINUTE);
    let ticket = desk.answer(&id, "old");
    assert_eq!(desk.count("Converse"), 0);
    desk.refreshed(Ok(tokens_with_access("id-2", None, "access-2", 5 * MINUTE)));
    let answered = desk.answer_sent();
    assert_eq!(answered, Some("old".to_owned()));
    assert_eq!(
        access(&desk.conversed(finished(Outcome::Done)).1),
        Some("access-2")
    );
    desk.outcome(ticket);
}

#[test]
fn a_token_that_the_pool_finds_stale_is_renewed_once() {
    let mut desk = with_access();
    let ticket = desk.account(Goal::ChangePassword);
    desk.conversed(asks());
    let (id, _) = desk.question(ticket);
    let ticket = desk.answer(&id, "old");
    desk.conversed(Err(fault(FaultKind::TokenStale)));
    desk.waits(ticket);
    desk.refreshed(Ok(tokens_with_access("id-2", None, "access-2", HOUR)));
    assert_eq!(desk.answer_sent(), Some("old".to_owned()));
    let (_, thread) = desk.conversed(Err(fault(FaultKind::TokenStale)));
    assert_eq!(access(&thread), Some("access-2"));
    assert_eq!(desk.code(ticket), Code::NeedsSignIn);
    assert_eq!(desk.login().state, LoginState::SignedIn);
    desk.nothing();
    desk.account(Goal::Show);
    assert_eq!(desk.count("Refresh"), 1, "it is not shown again");

    let mut desk = with_access();
    let ticket = desk.account(Goal::Show);
    desk.leave(ticket);
    desk.conversed(Err(fault(FaultKind::TokenStale)));
    desk.account(Goal::Show);
    assert_eq!(desk.count("Refresh"), 1, "nor by anybody else");
}

#[test]
fn a_newer_token_than_the_stale_one_is_tried_without_a_refresh() {
    let mut desk = with_access();
    desk.account(Goal::Show);
    desk.renew();
    desk.refreshed(Ok(tokens_with_access("id-2", None, "access-2", HOUR)));
    desk.conversed(Err(fault(FaultKind::TokenStale)));
    assert_eq!(desk.count("Refresh"), 0);
    assert_eq!(
        access(&desk.conversed(finished(shown())).1),
        Some("access-2")
    );
}

#[test]
fn what_needs_no_session_is_not_made_again() {
    let mut desk = signed_out();
    let ticket = desk.account(Goal::Confirm);
    desk.conversed(Err(fault(FaultKind::TokenStale)));
    assert_eq!(desk.code(ticket), Code::NeedsSignIn);
    desk.nothing();
}

#[test]
fn no_answer_of_the_pool_ends_the_session() {
    for kind in [
        FaultKind::Ended(Ended::Revoked),
        FaultKind::Ended(Ended::UserGone),
        FaultKind::Wrong,
        FaultKind::Lost,
    ] {
        let mut desk = with_access();
        let ticket = desk.account(Goal::Show);
        desk.conversed(Err(fault(kind)));
        desk.failure(ticket);
        assert_eq!(desk.login().state, LoginState::SignedIn);
        desk.nothing();
    }
}

#[test]
fn a_session_that_ends_meanwhile_ends_what_needs_it() {
    let mut desk = with_access();
    let ticket = desk.account(Goal::ChangePassword);
    desk.conversed(asks());
    let (id, _) = desk.question(ticket);
    desk.renew();
    desk.refreshed(Err(fault(FaultKind::Ended(Ended::Revoked))));
    desk.kept(Ok(()));
    let ticket = desk.answer(&id, "old");
    assert_eq!(desk.code(ticket), Code::NeedsSignIn);
    desk.nothing();
}

#[test]
fn a_client_secret_that_was_asked_for_is_kept() {
    let secret = || {
        Ok(Step::Finished {
            outcome: Outcome::Done,
            client_secret: Some(Secret::new("shh")),
        })
    };
    let mut desk = signed_out();
    let ticket = desk.account(Goal::Confirm);
    desk.conversed(secret());
    desk.outcome(ticket);
    let stored = desk.kept(Ok(()));
    assert_eq!(stored.client_secret, Some(Secret::new("shh")));
    assert_eq!(stored.session, None);
    desk.account(Goal::Confirm);
    let (_, thread) = desk.conversed(secret());
    assert_eq!(thread.client_secret, Some(Secret::new("shh")));
    desk.nothing();

    let mut desk = with_access();
    desk.account(Goal::Confirm);
    desk.conversed(secret());
    let stored = desk.kept(Ok(()));
    assert_eq!(stored.client_secret, Some(Secret::new("shh")));
    assert!(stored.session.is_some());
    desk.nothing();

    // The vault has another pool's session there, which is not to be written over.
    let mut desk = Desk::new(&CONFIG.replace("eu-west-1_A", "eu-west-1_B"));
    desk.recalled(Ok(Some(record("refresh-1", None))));
    desk.account(Goal::Confirm);
    desk.conversed(secret());
    desk.pass(HOUR);
    desk.nothing();
}

#[test]
fn a_login_has_one_conversation() {
    let mut desk = with_access();
    let account = desk.account(Goal::ChangePassword);
    let sign_in = desk.sign_in();
    assert_eq!(desk.code(account), Code::NoConversation);
    let account = desk.account(Goal::Show);
    assert_eq!(desk.code(sign_in), Code::NoConversation);
    desk.pass(HOUR);
    assert_eq!(desk.count("Revoke"), 0);
    desk.waits(account);
}

#[test]
fn whoever_gives_it_up_leaves_nothing_half_done() {
    type End = fn(&mut Desk, u64, &ConversationId);
    let ends: [End; 5] = [
        |desk, ticket, _| desk.leave(ticket),
        |desk, _, id| {
            desk.request(Request::Cancel {
                conversation: id.clone(),
            });
        },
        |desk, _, _| desk.handle(Event::Stopping),
        |desk, _, _| desk.configure(&CONFIG.replace("\"client\"", "\"other\"")),
        |desk, _, _| {
            desk.sign_out();
        },
    ];
    for end in ends {
        // While a refresh is under way for it.
        let mut desk = with_access();
        let ticket = desk.account(Goal::ChangePassword);
        desk.conversed(asks());
        let (id, _) = desk.question(ticket);
        desk.sleep(HOUR);
        let ticket = desk.answer(&id, "old");
        end(&mut desk, ticket, &id);
        assert_eq!(desk.count("Converse"), 0);
        desk.refreshed(Ok(tokens_with_access("id-2", None, "access-2", HOUR)));
        assert_eq!(desk.count("Converse"), 0);

        // While the pool is asked.
        let mut desk = with_access();
        let ticket = desk.account(Goal::ChangePassword);
        desk.conversed(asks());
        let (id, _) = desk.question(ticket);
        let ticket = desk.answer(&id, "old");
        end(&mut desk, ticket, &id);
        desk.conversed(Err(fault(FaultKind::TokenStale)));
        assert_eq!((desk.count("Converse"), desk.count("Refresh")), (0, 0));
        let late = desk.answer(&id, "again");
        desk.failure(late);
    }
}

#[test]
fn a_question_about_an_account_has_the_same_life() {
    let mut desk = with_access();
    let ticket = desk.account(Goal::ChangePassword);
    desk.conversed(asks());
    let (id, _) = desk.question(ticket);
    desk.pass(15 * MINUTE);
    let ticket = desk.answer(&id, "late");
    assert_eq!(desk.code(ticket), Code::NoConversation);
    assert_eq!(desk.login().state, LoginState::SignedIn);
}

#[test]
fn its_failures_do_not_speak_of_a_sign_in() {
    let mut desk = signed_out();
    let ticket = desk.account(Goal::Confirm);
    let (_, thread) = desk.conversed(Ok(Step::Ask {
        thread: Thread::default(),
        question: Question::Username { hint: None },
        problem: Some(fault(FaultKind::Expired)),
    }));
    assert_eq!(thread.login, Some("acme".parse().unwrap()));
    let problem = desk.question(ticket).1.unwrap();
    assert_eq!(problem.sentence, "It did not work.");
}

#[test]
fn a_pool_that_signs_in_where_it_was_not_asked_to_gains_nothing() {
    let mut desk = with_access();
    let ticket = desk.account(Goal::Show);
    desk.conversed(done("bob", "refresh-b"));
    assert_eq!(desk.code(ticket), Code::Misconfigured);
    assert_eq!(desk.revoked(Ok(())), "refresh-b");
    assert_eq!(desk.login().user, Some(user("ann")));
    desk.nothing();
}

#[test]
fn it_waits_for_a_session_that_is_on_its_way_into_the_vault() {
    let mut desk = with_access();
    let asked = desk.sign_in();
    desk.conversed(done("bob", "refresh-b").map(|step| match step {
        Step::Done { tokens, .. } => Step::Done {
            tokens: Box::new(Tokens {
                access: tokens_with_access("", None, "access-of-bob", HOUR).access,
                ..*tokens
            }),
            client_secret: None,
            device: None,
        },
        other => other,
    }));
    desk.recognize(asked, true);
    let ticket = desk.account(Goal::Show);
    assert_eq!(desk.count("Converse"), 0);
    desk.kept(Ok(()));
    let (_, thread) = desk.conversed(finished(shown()));
    assert_eq!(access(&thread), Some("access-of-bob"));
    assert_eq!(thread.username.as_deref(), Some("bob"));
    desk.outcome(ticket);
}

#[test]
fn during_a_sign_out_it_waits_and_then_there_is_nobody() {
    let mut desk = with_access();
    desk.sign_out();
    let ticket = desk.account(Goal::Show);
    assert_eq!(desk.count("Converse"), 0);
    desk.waits(ticket);
    desk.kept(Ok(()));
    desk.revoked(Ok(()));
    assert_eq!(desk.code(ticket), Code::SignedOut);
    desk.nothing();
}

#[test]
fn who_makes_an_account_is_not_who_signs_in_here() {
    let config = CONFIG.replace(
        "client_id = \"client\"",
        "client_id = \"client\"\nusername = \"bob\"",
    );
    for (goal, name) in [
        (
            Goal::SignUp {
                attributes: std::collections::BTreeMap::new(),
            },
            None,
        ),
        (Goal::Confirm, Some("bob")),
    ] {
        let mut desk = Desk::new(&config);
        desk.account(goal);
        desk.recalled(Ok(None));
        let (_, thread) = desk.conversed(asks());
        assert_eq!(thread.username.as_deref(), name);
    }
}
