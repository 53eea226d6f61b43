//! Tokens for what takes them itself.

use std::time::Duration;

use super::desk::*;
use super::spent::{GOOGLE, PROGRAM, signed_in};
use crate::event::{Effect, Event, Reply, Request, SignOutScope, Ticket};
use crate::failure::{Code, Ended};
use crate::fault::FaultKind;
use crate::session::{IssuedToken, TokenKind, Tokens};
use crate::snapshot::LoginState;
use crate::time::UnixTime;

/// A user pool whose tokens nobody exchanges for keys.
const ALONE: &str = r#"
[login.acme]
user_pool_id = "eu-west-1_A"
client_id = "client"
"#;

impl Desk {
    fn token(&mut self, kind: TokenKind) -> u64 {
        self.request(Request::Token {
            login: "acme".into(),
            kind,
        })
    }

    fn issued(&self, ticket: u64) -> &IssuedToken {
        match self.reply(ticket) {
            Reply::Token(token) => token,
            other => panic!("{other:?}"),
        }
    }

    fn text(&self, ticket: u64) -> &str {
        self.issued(ticket).token.expose()
    }

    /// A login without profiles, somebody signed in since an earlier day.
    fn alone() -> Self {
        let mut desk = Self::new(ALONE);
        desk.recalled(Ok(Some(record("refresh-1", Some(false)))));
        desk
    }

    /// As before, and both tokens were asked for.
    fn with_tokens() -> Self {
        let mut desk = Self::alone();
        let (id, access) = (desk.token(TokenKind::Id), desk.token(TokenKind::Access));
        desk.refreshed(Ok(both(1)));
        assert_eq!((desk.text(id), desk.text(access)), ("id-1", "access-1"));
        desk.keep_notes();
        desk.nothing();
        desk
    }
}

fn both(number: u32) -> Tokens {
    let (id, access) = (format!("id-{number}"), format!("access-{number}"));
    tokens_with_access(&id, None, &access, HOUR)
}

#[test]
fn each_kind_is_answered_with_its_end() {
    let mut desk = Desk::alone();
    let (id, access) = (desk.token(TokenKind::Id), desk.token(TokenKind::Access));
    desk.waits(id);
    desk.refreshed(Ok(tokens_with_access("id-1", None, "access-1", 5 * MINUTE)));
    let token = desk.issued(id);
    assert_eq!(token.login, "acme".parse().unwrap());
    assert_eq!(token.kind, TokenKind::Id);
    assert_eq!(token.token.expose(), "id-1");
    assert_eq!(token.expires, desk.now.wall + 59 * MINUTE);
    // A tenth of a short life is kept back.
    let token = desk.issued(access);
    assert_eq!(token.kind, TokenKind::Access);
    assert_eq!(token.token.expose(), "access-1");
    assert_eq!(token.expires, desk.now.wall + 270 * SECOND);
}

#[test]
fn a_token_at_hand_is_given_at_once_and_costs_nothing() {
    let mut desk = Desk::with_tokens();
    for _ in 0..100 {
        desk.pass(10 * SECOND);
        for (kind, text) in [(TokenKind::Id, "id-1"), (TokenKind::Access, "access-1")] {
            let ticket = desk.token(kind);
            assert_eq!(desk.text(ticket), text);
        }
    }
    desk.nothing();
}

#[test]
fn an_end_is_told_in_the_frame_of_the_local_clock() {
    let mut desk = Desk::with_tokens();
    desk.now.wall = UnixTime::from_secs(1_700_000_000);
    let ticket = desk.token(TokenKind::Id);
    let told = desk.issued(ticket).expires;
    assert_eq!(told.secs_after(desk.now.wall), 59 * 60);
}

#[test]
fn a_thousand_ask_at_once_and_one_refresh_serves_them_all() {
    let mut desk = Desk::with_session(Some(true));
    let tickets: Vec<(u64, &str)> = (0..500)
        .flat_map(|_| {
            [
                (desk.token(TokenKind::Id), "id-1"),
                (desk.token(TokenKind::Access), "access-1"),
            ]
        })
        .collect();
    let tool = desk.ask("dev");
    desk.probed(Ok(()));
    assert_eq!(desk.todo.len(), 1);
    desk.refreshed(Ok(tokens_with_access(
        "id-1",
        Some("refresh-2"),
        "access-1",
        HOUR,
    )));
    for (ticket, _) in &tickets {
        // What came with a rotated token is used when that is kept.
        desk.waits(*ticket);
    }
    desk.kept(Ok(()));
    for (ticket, text) in tickets {
        assert_eq!(desk.text(ticket), text);
    }
    desk.fetched("dev", Ok(keys("AKIA1")));
    desk.document(tool);
    desk.keep_notes();
    desk.nothing();
}

#[test]
fn it_is_renewed_ahead_while_somebody_asks_and_then_rests() {
    let mut desk = Desk::with_tokens();
    desk.pass(40 * MINUTE);
    desk.nothing();
    assert!(desk.login().renews.is_some());
    for number in 2..10 {
        while desk.count("Refresh") == 0 {
            desk.pass(10 * SECOND);
        }
        desk.refreshed(Ok(both(number)));
        let ticket = desk.token(TokenKind::Id);
        assert_eq!(desk.text(ticket), format!("id-{number}"));
        assert!(desk.issued(ticket).expires.secs_after(desk.now.wall) > 50 * 60);
        desk.pass(40 * MINUTE);
    }
    // Nobody asks for half a day.
    let mut refreshes = 0;
    for _ in 0..48 {
        desk.pass(30 * MINUTE);
        while desk.count("Refresh") > 0 {
            desk.refreshed(Ok(both(9)));
            refreshes += 1;
        }
    }
    assert!((12..=16).contains(&refreshes), "{refreshes}");
    assert_eq!(desk.login().renews, None);
    let ticket = desk.token(TokenKind::Id);
    desk.waits(ticket);
    desk.refreshed(Ok(both(10)));
    assert_eq!(desk.text(ticket), "id-10");
}

#[test]
fn an_access_token_has_its_own_life() {
    let mut desk = Desk::alone();
    let ticket = desk.token(TokenKind::Access);
    let short = |n: u32| {
        let access = format!("access-{n}");
        Ok(tokens_with_access("id", None, &access, 15 * MINUTE))
    };
    desk.refreshed(short(1));
    assert_eq!(desk.text(ticket), "access-1");
    desk.keep_notes();
    desk.pass(8 * MINUTE);
    desk.nothing();
    // Due with a third of its life left, and a little more.
    desk.pass(3 * MINUTE);
    desk.refreshed(short(2));
    let ticket = desk.token(TokenKind::Access);
    assert_eq!(desk.text(ticket), "access-2");
    assert_eq!(desk.count("Refresh"), 0);

    // One that outlives the ID token waits for nothing.
    let mut desk = Desk::alone();
    let ticket = desk.token(TokenKind::Access);
    let mut long = tokens_with_access("id-1", None, "access-1", 24 * HOUR);
    long.id_life = life(5 * MINUTE);
    desk.refreshed(Ok(long));
    assert_eq!(desk.text(ticket), "access-1");
    desk.keep_notes();
    desk.pass(6 * HOUR);
    let ticket = desk.token(TokenKind::Access);
    assert_eq!(desk.text(ticket), "access-1");
    desk.nothing();
    let ticket = desk.token(TokenKind::Id);
    desk.waits(ticket);
    desk.nothing_but("Refresh");
}

#[test]
fn an_id_token_alone_does_not_renew_an_access_token_that_nobody_asks_for() {
    let mut desk = Desk::alone();
    let ticket = desk.token(TokenKind::Id);
    desk.refreshed(Ok(tokens_with_access("id-1", None, "access-1", 5 * MINUTE)));
    assert_eq!(desk.text(ticket), "id-1");
    desk.keep_notes();
    desk.pass(40 * MINUTE);
    desk.nothing();
}

#[test]
fn who_waits_gets_what_still_works_or_the_reason() {
    let mut desk = Desk::with_tokens();
    desk.pass(50 * MINUTE);
    let ticket = desk.token(TokenKind::Id);
    desk.refreshed(Err(fault(FaultKind::Unreachable)));
    assert_eq!(desk.text(ticket), "id-1");
    // While renewing fails, nobody waits for it.
    let ticket = desk.token(TokenKind::Access);
    assert_eq!(desk.text(ticket), "access-1");
    desk.pass(10 * MINUTE);
    while desk.count("Refresh") > 0 {
        desk.refreshed(Err(fault(FaultKind::Unreachable)));
    }
    let ticket = desk.token(TokenKind::Id);
    assert_eq!(desk.code(ticket), Code::Offline);
    // Who asks two seconds later may have it tried again.
    desk.pass(HOUR);
    desk.refreshed(Err(fault(FaultKind::Unreachable)));
    desk.sleep(2 * SECOND);
    let ticket = desk.token(TokenKind::Id);
    desk.waits(ticket);
    desk.refreshed(Ok(both(2)));
    assert_eq!(desk.text(ticket), "id-2");
}

#[test]
fn patience_has_an_end() {
    for kind in [TokenKind::Id, TokenKind::Access] {
        let mut desk = Desk::alone();
        let ticket = desk.token(kind);
        desk.pass(Duration::from_millis(4199));
        desk.waits(ticket);
        desk.pass(Duration::from_millis(1));
        assert_eq!(desk.failure(ticket).code, Code::Service);
        // What comes later serves the next.
        desk.refreshed(Ok(both(1)));
        let ticket = desk.token(kind);
        desk.issued(ticket);
        assert_eq!(desk.answers.len(), 2);
    }
    let mut desk = Desk::with_tokens();
    desk.pass(50 * MINUTE);
    let ticket = desk.token(TokenKind::Id);
    desk.waits(ticket);
    desk.pass(5 * SECOND);
    assert_eq!(desk.text(ticket), "id-1", "what still works");
}

#[test]
fn nobody_who_is_not_signed_in_gets_one() {
    let mut desk = Desk::new(ALONE);
    let early = desk.token(TokenKind::Id);
    desk.waits(early);
    desk.recalled(Ok(None));
    assert_eq!(desk.code(early), Code::SignedOut);
    assert!(desk.failure(early).remedy.contains("poolkey login acme"));
    let ticket = desk.token(TokenKind::Access);
    assert_eq!(desk.code(ticket), Code::SignedOut);
    desk.nothing();

    let mut desk = Desk::with_tokens();
    desk.pass(50 * MINUTE);
    let ticket = desk.token(TokenKind::Id);
    desk.refreshed(Err(fault(FaultKind::Ended(Ended::Revoked))));
    assert_eq!(desk.code(ticket), Code::NeedsSignIn);
    assert_eq!(desk.login().state, LoginState::NeedsSignIn);
    let ticket = desk.token(TokenKind::Access);
    assert_eq!(desk.code(ticket), Code::NeedsSignIn);

    let mut desk = Desk::new(ALONE);
    desk.recalled(Err(locked()));
    let ticket = desk.token(TokenKind::Id);
    assert_eq!(desk.code(ticket), Code::VaultLocked);
}

#[test]
fn a_login_that_is_none_is_told() {
    let mut desk = Desk::with_tokens();
    for (login, code) in [
        ("nobody", Code::UnknownLogin),
        ("no name", Code::UnknownLogin),
        ("", Code::UnknownLogin),
        ("guest", Code::Misconfigured),
    ] {
        let ticket = desk.request(Request::Token {
            login: login.into(),
            kind: TokenKind::Id,
        });
        assert_eq!(desk.code(ticket), code, "{login}");
    }
}

#[test]
fn there_is_none_from_the_first_moment_of_a_sign_out() {
    for scope in [
        SignOutScope::Session,
        SignOutScope::Everywhere,
        SignOutScope::Local,
    ] {
        let mut desk = Desk::with_tokens();
        desk.sign_out_as(scope);
        for kind in [TokenKind::Id, TokenKind::Access] {
            let ticket = desk.token(kind);
            assert_eq!(desk.code(ticket), Code::SignedOut);
        }
        desk.kept(Ok(()));
        let ticket = desk.token(TokenKind::Id);
        assert_eq!(desk.code(ticket), Code::SignedOut);
    }
    // While a refresh is under way, too: who waits is told, and what it brings is nobody's.
    let mut desk = Desk::with_tokens();
    desk.pass(50 * MINUTE);
    let waiting = desk.token(TokenKind::Id);
    desk.waits(waiting);
    desk.sign_out();
    assert_eq!(desk.code(waiting), Code::SignedOut);
    let late = desk.token(TokenKind::Access);
    assert_eq!(desk.code(late), Code::SignedOut);
    desk.refreshed(Ok(both(2)));
    let late = desk.token(TokenKind::Id);
    assert_eq!(desk.code(late), Code::SignedOut);
}

#[test]
fn who_leaves_is_not_answered_and_who_waits_at_a_stop_is() {
    let mut desk = Desk::alone();
    let (left, stays) = (desk.token(TokenKind::Id), desk.token(TokenKind::Id));
    desk.leave(left);
    desk.handle(Event::Stopping);
    assert_eq!(desk.answers.get(&left), None);
    assert_eq!(desk.code(stays), Code::Busy);
    let after = desk.token(TokenKind::Id);
    assert_eq!(desk.code(after), Code::Busy);
    desk.refreshed(Ok(both(1)));
    desk.handle(Event::Left {
        ticket: Ticket(stays),
    });
    assert_eq!(desk.answers.len(), 2);

    // Where nobody is left who waits, nothing has to be answered in time.
    let mut desk = Desk::alone();
    let ticket = desk.token(TokenKind::Id);
    desk.leave(ticket);
    assert_eq!(desk.agent.wake_at(), None);
}

#[test]
fn a_program_has_no_access_token() {
    let mut desk = signed_in(PROGRAM);
    let ticket = desk.token(TokenKind::Access);
    assert_eq!(desk.code(ticket), Code::Misconfigured);
    assert!(
        desk.failure(ticket)
            .remedy
            .contains("poolkey token acme --id")
    );
    let ticket = desk.token(TokenKind::Id);
    assert_eq!(desk.text(ticket), "id-of-ann");
    desk.nothing();
}

#[test]
fn a_provider_may_give_no_access_token() {
    let mut desk = signed_in(GOOGLE);
    let ticket = desk.token(TokenKind::Access);
    assert_eq!(desk.code(ticket), Code::Misconfigured);
    assert!(desk.failure(ticket).sentence.contains("gave none"));
    // One that is not known yet is asked for, once.
    let mut desk = Desk::alone();
    let ticket = desk.token(TokenKind::Access);
    desk.refreshed(Ok(tokens("id-1", None)));
    assert_eq!(desk.code(ticket), Code::Misconfigured);
    desk.keep_notes();
    desk.pass(40 * MINUTE);
    let ticket = desk.token(TokenKind::Access);
    assert_eq!(desk.code(ticket), Code::Misconfigured);
    desk.nothing();
}

#[test]
fn without_a_refresh_token_a_token_is_given_to_its_last_minute() {
    let mut desk = signed_in(GOOGLE);
    desk.pass(55 * MINUTE);
    let ticket = desk.token(TokenKind::Id);
    assert_eq!(desk.text(ticket), "id-of-ann");
    desk.pass(4 * MINUTE);
    let ticket = desk.token(TokenKind::Id);
    assert_eq!(desk.code(ticket), Code::NeedsSignIn);
    assert_eq!(desk.count("Refresh"), 0);
}

#[test]
fn a_token_that_is_over_before_it_comes_is_not_fetched_without_end() {
    let mut desk = Desk::alone();
    let ticket = desk.token(TokenKind::Access);
    let dead = || Ok(tokens_with_access("id-1", None, "x", Duration::ZERO));
    desk.refreshed(dead());
    assert_eq!(desk.code(ticket), Code::Misconfigured);
    assert!(desk.failure(ticket).sentence.contains("before it came"));
    desk.keep_notes();
    desk.pass(40 * MINUTE);
    desk.nothing();
    // Who asks has one more try.
    let ticket = desk.token(TokenKind::Access);
    desk.waits(ticket);
    desk.refreshed(Ok(both(2)));
    assert_eq!(desk.text(ticket), "access-2");

    // A machine that slept on the answer has another at once.
    let mut desk = Desk::alone();
    let ticket = desk.token(TokenKind::Id);
    desk.sleep(2 * HOUR);
    desk.refreshed(Ok(both(1)));
    desk.failure(ticket);
    desk.pass(2 * SECOND);
    desk.refreshed(Ok(both(2)));
    let ticket = desk.token(TokenKind::Id);
    assert_eq!(desk.text(ticket), "id-2");
}

#[test]
fn a_renewal_that_a_person_wants_comes_before_the_next_answer() {
    let mut desk = Desk::with_tokens();
    desk.request(Request::Renew {
        login: "acme".into(),
    });
    let (id, access) = (desk.token(TokenKind::Id), desk.token(TokenKind::Access));
    desk.waits(id);
    desk.waits(access);
    desk.refreshed(Ok(both(2)));
    assert_eq!((desk.text(id), desk.text(access)), ("id-2", "access-2"));
    desk.nothing();
}

#[test]
fn a_login_that_goes_or_moves_leaves_nobody_waiting() {
    let mut desk = Desk::alone();
    let ticket = desk.token(TokenKind::Id);
    desk.configure("");
    assert_eq!(desk.code(ticket), Code::UnknownLogin);
    desk.refreshed(Ok(both(1)));

    let mut desk = Desk::with_tokens();
    desk.configure(&ALONE.replace("eu-west-1_A", "eu-west-1_B"));
    let ticket = desk.token(TokenKind::Id);
    desk.recalled(Ok(Some(record("refresh-1", None))));
    assert_eq!(desk.code(ticket), Code::NeedsSignIn);

    // The tokens of the pool of before are nobody's while it goes there, be they fresh.
    let mut desk = Desk::alone();
    let ticket = desk.token(TokenKind::Id);
    desk.refreshed(Ok(tokens_with_access("id-1", None, "access-1", 24 * HOUR)));
    desk.text(ticket);
    desk.keep_notes();
    desk.pass(50 * MINUTE);
    let ticket = desk.token(TokenKind::Id);
    desk.waits(ticket);
    desk.configure(&ALONE.replace("eu-west-1_A", "eu-west-1_B"));
    let during = desk.token(TokenKind::Access);
    desk.waits(during);
    desk.refreshed(Ok(both(2)));
    desk.recalled(Ok(None));
    for ticket in [ticket, during] {
        assert_eq!(desk.code(ticket), Code::SignedOut);
    }
}

#[test]
fn no_token_is_in_what_the_agent_shows_of_itself() {
    let mut desk = Desk::with_tokens();
    let ticket = desk.token(TokenKind::Access);
    let shown = format!("{:?} {:?}", desk.agent, desk.reply(ticket));
    assert!(!shown.contains("access-1") && !shown.contains("id-1"));
    assert!(!format!("{:?}", desk.agent.snapshot(desk.now)).contains("id-1"));
}

#[test]
fn a_refused_access_token_is_given_to_nobody() {
    let mut desk = Desk::with_tokens();
    desk.account(crate::conversation::Goal::Show);
    desk.conversed(Err(fault(FaultKind::TokenStale)));
    let ticket = desk.token(TokenKind::Access);
    desk.waits(ticket);
    assert!(matches!(desk.todo.front(), Some(Effect::Refresh { .. })));
    desk.refreshed(Ok(both(2)));
    assert_eq!(desk.text(ticket), "access-2");
}
