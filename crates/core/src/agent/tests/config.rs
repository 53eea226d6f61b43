use super::desk::*;
use crate::config::{Config, ConfigError};
use crate::event::Event;
use crate::failure::{Code, Ended};
use crate::fault::FaultKind;
use crate::snapshot::LoginState;

fn moved() -> String {
    CONFIG.replace("eu-west-1_A", "eu-west-1_B")
}

#[test]
fn the_configuration_in_force_can_be_asked_for() {
    let mut desk = Desk::with_keys(Rotation::Off);
    assert_eq!(desk.agent.config(), Config::parse(CONFIG).unwrap());
    desk.sleep(HOUR);
    desk.ask("dev");
    assert_eq!(desk.count("Refresh"), 1);
    for text in [moved().as_str(), "", CONFIG] {
        desk.configure(text);
        assert_eq!(desk.agent.config(), Config::parse(text).unwrap());
    }
}

#[test]
fn a_broken_edit_is_told_until_it_is_mended() {
    let mut desk = Desk::with_keys(Rotation::Off);
    desk.handle(Event::Misread(ConfigError {
        line: 3,
        text: "what is this".into(),
    }));
    let told = desk.agent.snapshot(desk.now).config.unwrap();
    assert_eq!(told.code, Code::Config);
    assert!(told.sentence.contains("line 3"));
    let ticket = desk.ask("dev");
    assert!(desk.document(ticket).contains("AKIA1"));
    desk.configure(CONFIG);
    assert_eq!(desk.agent.snapshot(desk.now).config, None);
}

#[test]
fn an_edit_that_changes_nothing_does_nothing() {
    let mut desk = Desk::with_keys(Rotation::Off);
    desk.configure(CONFIG);
    let ticket = desk.ask("dev");
    assert!(desk.document(ticket).contains("AKIA1"));
    desk.configure(&CONFIG.replace(
        "client_id = \"client\"",
        "client_id = \"client\"\nusername = \"bob\"",
    ));
    let ticket = desk.ask("dev");
    assert!(desk.document(ticket).contains("AKIA1"));
    desk.nothing();
    desk.sign_in();
    let (_, thread) = desk.conversed(asks_password());
    assert_eq!(thread.username.as_deref(), Some("bob"));

    let mut desk = Desk::with_session(Some(false));
    desk.ask("dev");
    desk.refreshed(Err(fault(FaultKind::Misconfigured)));
    desk.configure(CONFIG);
    desk.nothing();
    desk.configure(&CONFIG.replace(
        "client_id = \"client\"",
        "client_id = \"client\"\nendpoint = \"https://mended.example\"",
    ));
    desk.pass(SECOND);
    assert_eq!(desk.count("Refresh"), 1, "what was mended is tried at once");
}

#[test]
fn a_login_removed_while_its_token_rotates_loses_nothing() {
    let mut desk = Desk::with_session(Some(true));
    let ticket = desk.ask("dev");
    desk.probed(Ok(()));
    desk.configure("");
    assert_eq!(desk.code(ticket), Code::UnknownProfile);
    assert!(desk.agent.snapshot(desk.now).logins.is_empty());
    desk.refreshed(Ok(tokens("id-1", Some("refresh-2"))));
    let stored = desk.kept(Ok(())).session.unwrap();
    assert_eq!(stored.refresh_token.unwrap().expose(), "refresh-2");
    desk.nothing();

    desk.configure(CONFIG);
    desk.recalled(Ok(Some(record("refresh-2", Some(true)))));
    assert_eq!(desk.login().state, LoginState::SignedIn);
}

#[test]
fn a_lost_answer_is_asked_for_again_before_a_login_goes_or_moves() {
    for text in [String::new(), moved()] {
        let mut desk = Desk::with_session(Some(true));
        desk.ask("dev");
        desk.probed(Ok(()));
        desk.configure(&text);
        desk.refreshed(Err(fault(FaultKind::Lost)));
        desk.refreshed(Ok(tokens("id-1", Some("refresh-2"))));
        let stored = desk.kept(Ok(())).session.unwrap();
        assert_eq!(stored.refresh_token.unwrap().expose(), "refresh-2");
        assert_eq!(desk.count("Refresh"), 0);

        let mut desk = Desk::with_session(Some(true));
        desk.ask("dev");
        desk.probed(Ok(()));
        desk.configure(&text);
        desk.refreshed(Err(fault(FaultKind::Lost)));
        desk.refreshed(Err(fault(FaultKind::Unreachable)));
        desk.pass(HOUR);
        assert_eq!(desk.count("Refresh"), 0);
    }
}

#[test]
fn a_login_removed_and_added_again_goes_on() {
    let mut desk = Desk::with_session(Some(true));
    desk.ask("dev");
    desk.probed(Ok(()));
    desk.configure("");
    desk.configure(CONFIG);
    let ticket = desk.ask("dev");
    desk.refreshed(Ok(tokens("id-1", Some("refresh-2"))));
    desk.kept(Ok(()));
    desk.fetched("dev", Ok(keys("AKIA1")));
    assert!(desk.document(ticket).contains("AKIA1"));
}

#[test]
fn a_session_does_not_move_to_another_pool_and_is_there_when_the_login_comes_back() {
    let mut desk = Desk::with_keys(Rotation::Off);
    desk.configure(&moved());
    assert_eq!(desk.login().provider, "eu-west-1_B");
    desk.recalled(Ok(Some(record("refresh-1", Some(false)))));
    assert_eq!(desk.login().ended, Some(Ended::Moved));
    let ticket = desk.ask("dev");
    assert_eq!(desk.code(ticket), Code::NeedsSignIn);
    desk.configure(CONFIG);
    desk.recalled(Ok(Some(record("refresh-1", Some(false)))));
    assert_eq!(desk.login().state, LoginState::SignedIn);
}

#[test]
fn a_login_that_moves_while_its_token_rotates_first_keeps_it() {
    for detour in [vec![], vec![String::new()]] {
        let mut desk = Desk::with_session(Some(true));
        desk.ask("dev");
        desk.probed(Ok(()));
        for text in detour {
            desk.configure(&text);
        }
        desk.configure(&moved());
        let ticket = desk.ask("dev");
        desk.refreshed(Ok(tokens("id-1", Some("refresh-2"))));
        let stored = desk.kept(Ok(())).session.unwrap();
        assert_eq!(stored.refresh_token.unwrap().expose(), "refresh-2");
        assert_eq!(stored.provider, "eu-west-1_A");
        assert_eq!(desk.count("Fetch"), 0, "a token of the other pool");
        desk.recalled(Ok(Some(record("refresh-2", Some(true)))));
        assert_eq!(desk.code(ticket), Code::NeedsSignIn);
    }
}

#[test]
fn a_moving_login_makes_no_new_calls_with_what_it_had() {
    let mut desk = Desk::with_session(Some(true));
    desk.ask("dev");
    desk.probed(Ok(()));
    desk.refreshed(Ok(tokens("id-1", Some("refresh-2"))));
    desk.kept(Ok(()));
    desk.fetched("dev", Ok(keys("AKIA1")));
    assert_eq!(desk.count("Keep"), 1, "a note is on its way to the vault");
    desk.configure(&moved());
    desk.ask("ops");
    assert_eq!(desk.count("Fetch"), 0);
}

#[test]
fn a_profile_that_changes_while_it_is_fetched_gets_keys_of_its_new_kind() {
    let mut desk = Desk::with_keys(Rotation::Off);
    desk.pass(41 * MINUTE);
    let ticket = desk.ask("dev");
    desk.configure(&CONFIG.replace(
        "[profile.ops]",
        "role_arn = \"arn:aws:iam::999999999999:role/x\"\n[profile.ops]",
    ));
    desk.fetched("dev", Ok(keys("OLD")));
    desk.waits(ticket);
    desk.fetched("dev", Ok(keys("NEW")));
    assert!(desk.document(ticket).contains("NEW"));
    assert!(desk.document(ticket).contains("999999999999"));
}

#[test]
fn a_profile_that_goes_and_comes_back_while_it_is_fetched() {
    let mut desk = Desk::with_keys(Rotation::Off);
    desk.pass(41 * MINUTE);
    let only = CONFIG.split("[profile.dev]").next().unwrap();
    desk.configure(only);
    let gone = desk.ask("dev");
    assert_eq!(desk.code(gone), Code::UnknownProfile);
    assert!(desk.agent.snapshot(desk.now).profiles.is_empty());
    desk.configure(CONFIG);
    let ticket = desk.ask("dev");
    desk.fetched("dev", Ok(keys("OLD")));
    desk.fetched("dev", Ok(keys("NEW")));
    assert!(desk.document(ticket).contains("NEW"));

    desk.pass(41 * MINUTE);
    desk.refreshed(Ok(tokens("id-2", None)));
    desk.pass(SECOND);
    assert_eq!(desk.count("Fetch"), 1);
    desk.configure(only);
    desk.fetched("dev", Ok(keys("LAST")));
    desk.configure(CONFIG);
    assert_eq!(desk.profile("dev").keys_expire, None);
}

#[test]
fn a_sign_in_ends_with_its_login_and_its_session_where_it_was_begun() {
    for text in [String::new(), moved()] {
        let mut desk = Desk::new(CONFIG);
        desk.recalled(Ok(None));
        let ticket = desk.sign_in();
        desk.probed(Ok(()));
        desk.configure(&text);
        desk.failure(ticket);
        if !text.is_empty() {
            desk.recalled(Ok(None));
        }
        desk.conversed(done("ann", "refresh-9"));
        let effect = desk.todo.front().cloned();
        let Some(crate::event::Effect::Revoke { spec, .. }) = effect else {
            panic!("{effect:?}");
        };
        assert_eq!(spec.provider(), "eu-west-1_A");
        assert_eq!(desk.revoked(Ok(())), "refresh-9");
        desk.nothing();
    }
}

#[test]
fn a_sign_in_begun_while_the_login_moves_is_at_the_new_pool() {
    let mut desk = Desk::with_session(Some(true));
    desk.ask("dev");
    desk.probed(Ok(()));
    desk.configure(&moved());
    desk.sign_in();
    assert_eq!(desk.count("Converse"), 0);
    desk.refreshed(Err(fault(FaultKind::Service)));
    desk.recalled(Ok(Some(record("refresh-1", Some(true)))));
    let Some(crate::event::Effect::Converse { spec, .. }) = desk.todo.front() else {
        panic!("{:?}", desk.todo);
    };
    assert_eq!(spec.provider(), "eu-west-1_B");
}

#[test]
fn a_sign_out_while_the_login_moves_is_at_the_old_pool() {
    let mut desk = Desk::with_session(Some(true));
    desk.ask("dev");
    desk.probed(Ok(()));
    desk.configure(&moved());
    let ticket = desk.sign_out();
    desk.refreshed(Err(fault(FaultKind::Service)));
    desk.kept(Ok(()));
    let Some(crate::event::Effect::Revoke { spec, .. }) = desk.todo.front() else {
        panic!("{:?}", desk.todo);
    };
    assert_eq!(spec.provider(), "eu-west-1_A");
    desk.revoked(Ok(()));
    assert!(desk.signed_out(ticket).had_session);
    desk.recalled(Ok(None));
}

#[test]
fn how_long_idle_logins_are_renewed_can_be_set() {
    let mut desk = Desk::with_keys(Rotation::Off);
    desk.configure(&format!("[settings]\nrest_after = \"30m\"\n{CONFIG}"));
    desk.pass(24 * HOUR);
    desk.nothing();
}

#[test]
fn who_asks_again_after_a_rest_is_renewed_ahead_again() {
    let mut desk = Desk::with_keys(Rotation::Off);
    let config = format!("[settings]\nrest_after = \"30m\"\n{CONFIG}");
    desk.configure(&config);
    desk.pass(31 * MINUTE);
    desk.configure(&config);
    let ticket = desk.ask("dev");
    assert!(desk.document(ticket).contains("AKIA1"));
    desk.pass(10 * MINUTE);
    assert_eq!(desk.count("Fetch"), 1);
}

#[test]
fn a_token_that_is_due_is_renewed_before_it_is_used() {
    let mut desk = Desk::with_keys(Rotation::Off);
    desk.configure(&format!("[settings]\nrest_after = \"30m\"\n{CONFIG}"));
    desk.pass(55 * MINUTE);
    desk.ask("ops");
    assert_eq!((desk.count("Refresh"), desk.count("Fetch")), (1, 0));
}

#[test]
fn a_login_that_comes_back_from_another_pool_is_not_said_to_be_there_still() {
    let elsewhere = CONFIG.replace("eu-west-1_A", "eu-west-1_B");
    let mut desk = Desk::new(&elsewhere);
    desk.recalled(Ok(Some(record("refresh-1", None))));
    assert_eq!(desk.login().state, LoginState::NeedsSignIn);
    desk.sign_in();
    assert_eq!(desk.count("Probe"), 1);
    desk.configure(CONFIG);
    assert_eq!(
        (desk.login().state, desk.login().ended),
        (LoginState::Unread, None)
    );
    desk.probed(Ok(()));
    desk.recalled(Ok(Some(record("refresh-1", None))));
    assert_eq!(desk.login().state, LoginState::SignedIn);
}
