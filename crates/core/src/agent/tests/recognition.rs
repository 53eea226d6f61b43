use super::desk::*;
use crate::conversation::{Answer, Question};
use crate::event::{Effect, Reply, Request, SignOutScope};
use crate::failure::{Code, Ended};
use crate::fault::FaultKind;
use crate::pace::QUESTION_LIFE;
use crate::secret::Secret;
use crate::session::{Stored, User};
use crate::snapshot::LoginState;

const BROWSER: &str = r#"
[login.acme]
user_pool_id = "eu-west-1_A"
client_id = "client"
domain = "acme.auth.eu-west-1.amazoncognito.com"
redirect_uris = ["http://localhost:8400/callback"]

[profile.dev]
login = "acme"
identity_pool_id = "eu-west-1:01234567-89ab-cdef-0123-456789abcdef"
"#;

const PROGRAM: &str = r#"
[login.acme]
token_command = ["/usr/bin/token"]

[profile.dev]
login = "acme"
identity_pool_id = "eu-west-1:01234567-89ab-cdef-0123-456789abcdef"
"#;

/// Somebody signs in as `user`, where nobody or somebody is known.
fn signs_in(config: &str, known: Option<Secret>, user: &str) -> (Desk, u64) {
    let mut desk = Desk::new(config);
    desk.recalled(Ok(known));
    let ticket = desk.sign_in();
    desk.probed(Ok(()));
    desk.conversed(done(user, "refresh-9"));
    (desk, ticket)
}

/// What is left of the session of `ann` that ended by itself.
fn remembered() -> Option<Secret> {
    let stored = Stored {
        last_user: Some(user("ann")),
        ..Stored::default()
    };
    Some(stored.to_record())
}

fn identity(desk: &Desk, ticket: u64) -> (User, Option<User>) {
    match desk.reply(ticket) {
        Reply::Question {
            question: Question::Identity { user, was },
            ..
        } => (user.clone(), was.clone()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn who_signs_in_by_browser_or_program_is_shown_before_anything_is_kept() {
    for config in [BROWSER, PROGRAM] {
        let (mut desk, asked) = signs_in(config, None, "ann");
        assert_eq!(identity(&desk, asked), (user("ann"), None));
        assert_eq!(desk.count("Keep"), 0);
        assert_eq!(desk.login().state, LoginState::SigningIn);
        let ticket = desk.recognize(asked, true);
        desk.waits(ticket);
        assert_eq!(desk.kept(Ok(())).session.unwrap().user, user("ann"));
        assert_eq!(
            *desk.reply(ticket),
            Reply::SignedIn { user: user("ann") },
            "{config}"
        );
    }
}

#[test]
fn nobody_is_asked_who_typed_a_name_or_is_the_same_as_before() {
    for (config, known) in [
        (CONFIG, None),
        (CONFIG, remembered()),
        (BROWSER, remembered()),
        (BROWSER, Some(record("refresh-1", None))),
    ] {
        let (mut desk, ticket) = signs_in(config, known, "ann");
        desk.kept(Ok(()));
        assert_eq!(*desk.reply(ticket), Reply::SignedIn { user: user("ann") });
    }
}

#[test]
fn no_login_changes_hands_unseen() {
    for config in [CONFIG, BROWSER] {
        for known in [remembered(), Some(record("refresh-1", None))] {
            let (mut desk, asked) = signs_in(config, known.clone(), "bob");
            assert_eq!(identity(&desk, asked), (user("bob"), Some(user("ann"))));
            let ticket = desk.recognize(asked, true);
            let stored = desk.kept(Ok(()));
            assert_eq!(stored.last_user, None);
            assert_eq!(stored.session.unwrap().user, user("bob"));
            assert_eq!(*desk.reply(ticket), Reply::SignedIn { user: user("bob") });
        }
    }
}

#[test]
fn who_was_not_meant_is_signed_out_again_and_all_stays_as_it_was() {
    for (config, way) in [
        (CONFIG, "poolkey login acme --username NAME"),
        (BROWSER, "poolkey login acme --another-account"),
    ] {
        let (mut desk, asked) = signs_in(config, Some(record("refresh-1", None)), "bob");
        let ticket = desk.recognize(asked, false);
        let failure = desk.failure(ticket);
        assert_eq!(failure.code, Code::Wrong);
        assert!(failure.sentence.contains("“bob” is not who was meant"));
        assert!(failure.remedy.ends_with(way), "{failure}");
        assert_eq!(desk.revoked(Ok(())), "refresh-9");
        assert_eq!(desk.login().state, LoginState::SignedIn);
        assert_eq!(desk.login().user, Some(user("ann")));
        desk.nothing();
    }
    let (mut desk, asked) = signs_in(PROGRAM, None, "bob");
    let ticket = desk.recognize(asked, false);
    assert!(desk.failure(ticket).remedy.contains("the program"));
}

#[test]
fn who_does_not_answer_is_signed_out_again() {
    let unanswered: [fn(&mut Desk); 5] = [
        |desk| desk.pass(QUESTION_LIFE),
        |desk| {
            let (conversation, _) = desk.question(1);
            desk.request(Request::Cancel { conversation });
        },
        |desk| {
            desk.sign_in();
        },
        |desk| {
            desk.sign_out();
            desk.kept(Ok(()));
            desk.todo.retain(|effect| {
                let Effect::Revoke { refresh_token, .. } = effect else {
                    return true;
                };
                assert_eq!(*refresh_token, Some(Secret::new("refresh-1")));
                false
            });
            desk.handle(crate::event::Event::Revoked {
                login: "acme".parse().unwrap(),
                parting: parting(Ok(()), Ok(())),
            });
        },
        |desk| desk.handle(crate::event::Event::Stopping),
    ];
    for give_up in unanswered {
        let known = Some(record("refresh-1", None));
        let (mut desk, _) = signs_in(BROWSER, known, "bob");
        give_up(&mut desk);
        assert_eq!(desk.revoked(Ok(())), "refresh-9");
    }
}

#[test]
fn only_that_question_is_answered() {
    let (mut desk, asked) = signs_in(BROWSER, None, "ann");
    let (conversation, _) = desk.question(asked);
    let request = Request::Answer {
        conversation: conversation.clone(),
        answer: Answer::RememberDevice(true),
    };
    let ticket = desk.request(request);
    assert_eq!(desk.code(ticket), Code::Protocol);
    desk.recognize(asked, true);
    let ticket = desk.recognize(asked, true);
    assert_eq!(desk.code(ticket), Code::Protocol, "the vault is writing");
}

/// The device and the identities of one user are of no use to another.
#[test]
fn what_belonged_to_another_user_is_dropped() {
    let mut stored = Stored::from_record(&record("refresh-1", Some(false))).unwrap();
    stored.device = Some(device("key-1", "ann"));
    let session = stored.session.as_mut().unwrap();
    session.identities.insert("p".into(), "i".into());
    let (mut desk, asked) = signs_in(CONFIG, Some(stored.to_record()), "bob");
    desk.recognize(asked, true);
    let stored = desk.kept(Ok(()));
    assert_eq!(stored.device, None);
    assert!(stored.session.unwrap().identities.is_empty());
}

#[test]
fn who_was_there_is_remembered_until_somebody_signs_out() {
    let mut desk = Desk::with_session(Some(false));
    desk.ask("dev");
    desk.refreshed(Err(fault(FaultKind::Ended(Ended::Revoked))));
    assert_eq!(desk.kept(Ok(())).last_user, Some(user("ann")));
    desk.sign_out_as(SignOutScope::Local);
    assert!(desk.kept(Ok(())).is_empty());
}

/// The same person may well be another user there.
#[test]
fn a_user_of_another_pool_is_nobody_here() {
    let other = CONFIG.replace("eu-west-1_A", "eu-west-1_B");
    let (desk, ticket) = signs_in(&other, Some(record("refresh-1", None)), "bob");
    desk.waits(ticket);
    desk.nothing_but("Keep");
}

/// Providers do not do that; programs do, when somebody else signs in to them.
#[test]
fn tokens_of_another_user_are_not_used() {
    for (config, refresh_token) in [(CONFIG, "refresh-1"), (PROGRAM, "")] {
        let mut stored = Stored::from_record(&record("refresh-1", Some(false))).unwrap();
        if config == PROGRAM {
            let session = stored.session.as_mut().unwrap();
            session.refresh_token = None;
            session.provider = "/usr/bin/token".into();
            session.client_id = String::new();
        }
        let mut desk = Desk::new(config);
        desk.recalled(Ok(Some(stored.to_record())));
        let ticket = desk.ask("dev");
        let mut strange = tokens("id-1", None);
        strange.user = user("bob");
        assert_eq!(desk.refreshed(Ok(strange)), refresh_token);
        assert_eq!(desk.code(ticket), Code::NeedsSignIn);
        assert_eq!(desk.login().ended, Some(Ended::UserChanged));
        assert_eq!(desk.count("Fetch"), 0);
        let stored = desk.kept(Ok(()));
        assert_eq!(stored.session, None);
        assert_eq!(stored.last_user, Some(user("ann")));
        if config == CONFIG {
            assert_eq!(desk.revoked(Ok(())), "refresh-1");
        }
        desk.nothing();
    }
}

#[test]
fn another_account_and_the_language_are_passed_on() {
    let mut desk = Desk::new(&format!("[settings]\nlanguage = \"ja\"\n{BROWSER}"));
    desk.recalled(Ok(remembered()));
    desk.request(Request::SignIn {
        login: "acme".into(),
        username: None,
        another_account: true,
    });
    desk.probed(Ok(()));
    let (_, thread) = desk.conversed(asks_password());
    assert!(thread.another_account);
    assert_eq!(thread.language, Some(crate::messages::Language::Japanese));
    assert_eq!(thread.username, None, "it is not the one before");
    desk.sign_in();
    let (_, thread) = desk.conversed(asks_password());
    assert_eq!(thread.username.as_deref(), Some("ann"));
    assert!(!thread.another_account);
}
