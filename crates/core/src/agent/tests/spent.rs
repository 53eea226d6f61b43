use super::desk::*;
use crate::conversation::Step;
use crate::event::{Effect, Reply};
use crate::failure::{Code, Ended};
use crate::fault::FaultKind;
use crate::session::{Roles, Stored};
use crate::snapshot::{LoginKind, LoginState};
use crate::time::UnixTime;

pub(super) const GOOGLE: &str = r#"
[login.acme]
issuer = "https://accounts.google.com"
client_id = "client"

[profile.dev]
login = "acme"
identity_pool_id = "eu-west-1:01234567-89ab-cdef-0123-456789abcdef"
"#;

pub(super) const PROGRAM: &str = r#"
[login.acme]
token_command = ["/usr/bin/token", "now"]

[profile.dev]
login = "acme"
identity_pool_id = "eu-west-1:01234567-89ab-cdef-0123-456789abcdef"
"#;

/// A sign-in that brought no refresh token.
pub(super) fn signed_in(config: &str) -> Desk {
    let mut desk = Desk::new(config);
    desk.recalled(Ok(None));
    let asked = desk.sign_in();
    desk.probed(Ok(()));
    desk.conversed(done("ann", "x").map(|step| match step {
        Step::Done { mut tokens, .. } => {
            tokens.refresh_token = None;
            tokens.roles = Roles {
                offered: vec!["arn:aws:iam::123456789012:role/a".into()],
                preferred: None,
            };
            Step::Done {
                tokens,
                client_secret: None,
                device: None,
            }
        }
        other => other,
    }));
    let ticket = desk.recognize(asked, true);
    let stored = desk.kept(Ok(())).session.unwrap();
    assert_eq!((stored.refresh_token, stored.user), (None, user("ann")));
    assert_eq!(*desk.reply(ticket), Reply::SignedIn { user: user("ann") });
    desk.fetched("dev", Ok(keys("AKIA1")));
    desk.keep_notes();
    desk
}

#[test]
fn a_session_without_a_refresh_token_ends_with_its_id_token() {
    let mut desk = signed_in(GOOGLE);
    let login = desk.login();
    assert_eq!(login.kind, LoginKind::Oidc);
    assert_eq!(login.session_ends, Some(desk.now.wall + 59 * MINUTE));
    assert_eq!((login.session_end_is_learnt, login.renews), (false, None));
    assert_eq!(login.roles.offered.len(), 1);

    desk.pass(45 * MINUTE);
    desk.nothing_but("Fetch");
    assert_eq!(desk.fetched("dev", Ok(keys("AKIA2"))).0, "id-of-ann");
    let ticket = desk.ask("dev");
    assert!(desk.document(ticket).contains("AKIA2"));
    desk.pass(14 * MINUTE - SECOND);
    assert_eq!(desk.login().state, LoginState::SignedIn);
    desk.pass(SECOND);
    let login = desk.login();
    assert_eq!(login.ended, Some(Ended::NoRefreshToken));
    assert_eq!(desk.profile("dev").keys_expire, None);
    let ticket = desk.ask("dev");
    assert_eq!(desk.code(ticket), Code::NeedsSignIn);
    assert!(desk.failure(ticket).remedy.contains("offline_access"));
    let stored = desk.kept(Ok(()));
    assert_eq!(stored.session, None);
    assert_eq!(stored.last_user, Some(user("ann")));
    desk.pass(24 * HOUR);
    desk.nothing();
}

#[test]
fn what_the_identity_pool_does_not_take_any_more_is_over() {
    let mut desk = signed_in(GOOGLE);
    desk.pass(40 * MINUTE);
    desk.fetched("dev", Err(fault(FaultKind::TokenStale)));
    assert_eq!(desk.login().ended, Some(Ended::NoRefreshToken));
}

#[test]
fn a_person_who_wants_it_renewed_gets_new_keys_at_least() {
    let mut desk = signed_in(GOOGLE);
    desk.renew();
    desk.nothing_but("Fetch");
    assert_eq!(desk.login().state, LoginState::SignedIn);
}

#[test]
fn after_a_restart_it_is_over_and_its_user_is_known() {
    let mut stored = Stored::from_record(&record("x", None)).unwrap();
    let session = stored.session.as_mut().unwrap();
    session.refresh_token = None;
    session.provider = "https://accounts.google.com".into();
    let mut desk = Desk::new(GOOGLE);
    desk.recalled(Ok(Some(stored.to_record())));
    assert_eq!(desk.login().ended, Some(Ended::NoRefreshToken));
    assert_eq!(desk.login().user, Some(user("ann")));
    let stored = desk.kept(Ok(()));
    assert_eq!(
        (stored.session, stored.last_user),
        (None, Some(user("ann")))
    );
}

#[test]
fn a_sign_out_without_a_refresh_token_is_told_to_the_provider_once() {
    let mut desk = signed_in(GOOGLE);
    let ticket = desk.sign_out();
    assert!(desk.kept(Ok(())).is_empty());
    let Some(Effect::Revoke {
        login,
        refresh_token: None,
        ..
    }) = desk.todo.pop_front()
    else {
        panic!("nothing is revoked");
    };
    desk.handle(crate::event::Event::Revoked {
        login,
        parting: parting(Err(fault(FaultKind::Unreachable)), Ok(())),
    });
    assert!(!desk.signed_out(ticket).retrying);
    desk.pass(HOUR);
    desk.nothing();
}

#[test]
fn a_program_is_asked_for_the_next_token() {
    let mut desk = signed_in(PROGRAM);
    assert_eq!(desk.login().session_ends, None);
    desk.pass(51 * MINUTE);
    assert_eq!(desk.refreshed(Ok(tokens("id-2", None))), "");
    assert_eq!(desk.count("Probe"), 0, "no token is spent");
    desk.keep_notes();
    assert_eq!(desk.login().state, LoginState::SignedIn);
}

#[test]
fn a_program_goes_on_after_a_restart() {
    let mut stored = Stored::from_record(&record("x", None)).unwrap();
    let session = stored.session.as_mut().unwrap();
    session.refresh_token = None;
    session.provider = "/usr/bin/token".into();
    session.client_id = String::new();
    let mut desk = Desk::new(PROGRAM);
    desk.recalled(Ok(Some(stored.to_record())));
    let ticket = desk.ask("dev");
    desk.refreshed(Ok(tokens("id-2", None)));
    desk.fetched("dev", Ok(keys("AKIA2")));
    assert!(desk.document(ticket).contains("AKIA2"));
}

#[test]
fn a_program_that_fails_is_no_end_of_a_session() {
    for kind in [
        FaultKind::Service,
        FaultKind::Misconfigured,
        FaultKind::Ended(Ended::Refused),
    ] {
        let mut desk = signed_in(PROGRAM);
        desk.pass(51 * MINUTE);
        desk.refreshed(Err(fault(kind)));
        assert_eq!(desk.login().state, LoginState::SignedIn);
        let trouble = desk.login().trouble.unwrap();
        assert!(
            trouble.remedy.contains("/usr/bin/token now"),
            "{kind:?}: {trouble}"
        );
        desk.pass(15 * MINUTE);
        assert_eq!(desk.count("Refresh"), 1, "{kind:?}");
    }
}

#[test]
fn a_program_has_nothing_that_could_be_revoked() {
    let mut desk = signed_in(PROGRAM);
    let ticket = desk.sign_out_as(crate::event::SignOutScope::Everywhere);
    assert!(desk.kept(Ok(())).is_empty());
    let told = desk.signed_out(ticket);
    assert!(told.had_session && !told.retrying && told.not_revoked.is_none());
    assert!(told.not_everywhere.is_some());
    desk.nothing();
}

#[test]
fn what_is_about_accounts_is_a_matter_of_user_pools() {
    for config in [GOOGLE, PROGRAM] {
        let mut desk = signed_in(config);
        let ticket = desk.account(crate::conversation::Goal::Show);
        assert!(desk.failure(ticket).sentence.contains("user pool"));
        desk.nothing();
    }
}

/// `ann` has been signed in for 30 days, and was seen alive an hour before.
fn learns(config: &str) -> Desk {
    let mut stored = Stored::from_record(&record("refresh-1", Some(false))).unwrap();
    let session = stored.session.as_mut().unwrap();
    session.signed_in = UnixTime::from_secs(1_800_000_000 - 30 * 86400 + 1800);
    let mut desk = Desk::new(config);
    desk.recalled(Ok(Some(stored.to_record())));
    desk.ask("dev");
    desk.refreshed(Ok(tokens("id-1", None)));
    desk.fetched("dev", Ok(keys("AKIA1")));
    desk.keep_notes();
    desk
}

#[test]
fn how_long_a_session_lives_is_learnt_from_its_end() {
    let mut desk = learns(CONFIG);
    assert_eq!(desk.login().session_ends, None);
    desk.pass(51 * MINUTE);
    desk.refreshed(Err(fault(FaultKind::Ended(Ended::Expired))));
    let stored = desk.kept(Ok(()));
    assert_eq!(stored.learnt_life, Some(30 * 24 * HOUR));

    desk.todo.clear();
    desk.sign_in();
    desk.conversed(done("ann", "refresh-2"));
    assert_eq!(desk.kept(Ok(())).learnt_life, Some(30 * 24 * HOUR));
    let login = desk.login();
    let ends = login.signed_in.unwrap() + 30 * 24 * HOUR;
    assert_eq!(
        (login.session_ends, login.session_end_is_learnt),
        (Some(ends), true)
    );
    // A sign-out does not unlearn it.
    desk.todo.clear();
    desk.sign_out();
    assert_eq!(desk.kept(Ok(())).learnt_life, Some(30 * 24 * HOUR));
}

#[test]
fn nothing_is_learnt_of_a_session_that_was_not_seen_for_long_or_was_ended() {
    let mut desk = learns(CONFIG);
    desk.sleep(40 * 24 * HOUR);
    desk.ask("dev");
    desk.refreshed(Err(fault(FaultKind::Ended(Ended::Expired))));
    assert_eq!(desk.kept(Ok(())).learnt_life, None);

    let mut desk = learns(CONFIG);
    desk.pass(51 * MINUTE);
    desk.refreshed(Err(fault(FaultKind::Ended(Ended::Revoked))));
    assert_eq!(desk.kept(Ok(())).learnt_life, None);

    let mut desk = Desk::with_session(Some(false));
    desk.ask("dev");
    desk.refreshed(Err(fault(FaultKind::Ended(Ended::Expired))));
    assert_eq!(
        desk.kept(Ok(())).learnt_life,
        None,
        "not seen by this process"
    );
}

#[test]
fn what_is_written_down_goes_before_what_is_learnt() {
    let config = CONFIG.replace(
        "client_id = \"client\"",
        "client_id = \"client\"\nsession_life = \"60d\"",
    );
    let mut stored = Stored::from_record(&record("refresh-1", Some(false))).unwrap();
    stored.learnt_life = Some(30 * 24 * HOUR);
    let mut desk = Desk::new(&config);
    desk.recalled(Ok(Some(stored.to_record())));
    let login = desk.login();
    let ends = login.signed_in.unwrap() + 60 * 24 * HOUR;
    assert_eq!(
        (login.session_ends, login.session_end_is_learnt),
        (Some(ends), false)
    );
}

#[test]
fn a_session_that_outlives_what_was_learnt_corrects_it() {
    let mut stored = Stored::from_record(&record("refresh-1", Some(false))).unwrap();
    stored.learnt_life = Some(24 * HOUR);
    let mut desk = Desk::new(CONFIG);
    desk.recalled(Ok(Some(stored.to_record())));
    assert!(desk.login().session_end_is_learnt);
    desk.ask("dev");
    desk.refreshed(Ok(tokens("id-1", None)));
    assert_eq!(desk.login().session_ends, None);
    desk.fetched("dev", Ok(keys("AKIA1")));
    assert_eq!(desk.kept(Ok(())).learnt_life, None);
}
