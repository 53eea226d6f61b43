//! A script: options and lines of stdin answer, and what is missing is named.

use std::collections::BTreeMap;

use poolkey_core::conversation::{Answer, ChoiceOf, CodeFor, Factor, Medium, Question, Way};
use poolkey_core::secret::Secret;
use poolkey_core::session::User;
use poolkey_ipc::Reply;

use crate::support::{conversation, question, script, with_login, wrong};

#[test]
fn options_and_lines_answer_every_question() {
    let home = with_login();
    let asked = home.staged([
        question(choice()),
        question(Question::Password {
            username: "ann".into(),
        }),
        question(code()),
        question(Question::NewPassword {
            username: "ann".into(),
            attributes: vec!["email".into()],
        }),
        question(Question::Custom {
            parameters: BTreeMap::from([("question".into(), "Colour?".into())]),
        }),
        question(Question::RememberDevice {
            name: "desk".into(),
        }),
        Reply::SignedIn {
            user: User::default(),
        },
    ]);
    let said = script(
        &home,
        &[
            "login",
            "--factor",
            "sms",
            "--factor",
            "email",
            "--remember-device",
            "no",
            "--attribute",
            "email=ann@example.com",
        ],
        "hunter2\n123 456\nhunter3\nblue\n",
    );
    assert_eq!((said.code, &*said.err), (Some(0), ""), "{said:?}");
    assert_eq!(
        asked.answers(),
        [
            Answer::Choice(Factor::Email),
            Answer::Password(Secret::new("hunter2")),
            Answer::Code(Secret::new("123 456")),
            Answer::NewPassword {
                password: Secret::new("hunter3"),
                attributes: BTreeMap::from([("email".into(), "ann@example.com".into())]),
            },
            Answer::Custom(Secret::new("blue")),
            Answer::RememberDevice(false),
        ]
    );
}

#[test]
fn what_is_missing_is_named_by_its_option() {
    let app = Question::AppSetup {
        key: Secret::new("JBSW"),
        uri: Secret::new("otpauth://totp/a?secret=JBSW"),
    };
    for (asks, told) in [
        (Question::Username { hint: None }, "--username NAME"),
        (choice(), "--factor password|email"),
        (
            Question::RememberDevice {
                name: "desk".into(),
            },
            "--remember-device yes|no",
        ),
        (
            Question::Attributes {
                names: vec!["email".into()],
            },
            "--attribute email=VALUE",
        ),
        (app, "at a terminal, or with --json"),
    ] {
        let home = with_login();
        let asked = home.staged([question(asks)]);
        let said = script(&home, &["login"], "line\nline\n");
        assert_eq!(said.code, Some(2), "{told}: {said:?}");
        assert!(said.err.contains(told), "{told}: {said:?}");
        assert!(!said.err.contains("JBSW"));
        assert!(asked.ends_with_cancel(), "{told}");
    }
}

#[test]
fn what_an_option_says_is_said_once() {
    let home = with_login();
    let refused = Reply::Question {
        conversation: conversation(),
        question: choice(),
        problem: Some(wrong("No e-mail could be sent.")),
    };
    let asked = home.staged([question(choice()), refused]);
    let said = script(&home, &["login", "--factor", "email"], "");
    assert_eq!(said.code, Some(16));
    assert_eq!(
        said.err,
        "poolkey: error: No e-mail could be sent.\npoolkey: hint: Try again.\n"
    );
    assert!(asked.ends_with_cancel());
}

#[test]
fn an_offered_name_that_is_wrong_is_not_given_again() {
    let name = |problem| Reply::Question {
        conversation: conversation(),
        question: Question::Username {
            hint: Some("ann".into()),
        },
        problem,
    };
    let home = with_login();
    let asked = home.staged([name(None), name(Some(wrong("There is no such user.")))]);
    let said = script(&home, &["login"], "");
    assert_eq!(said.code, Some(16), "{said:?}");
    assert!(said.err.contains("There is no such user."), "{said:?}");
    assert_eq!(asked.answers(), [Answer::Username("ann".into())]);
}

#[test]
fn an_existing_login_is_not_changed_by_options() {
    for (option, value, told) in [
        ("--flow", "CUSTOM_AUTH", "another flow"),
        ("--endpoint", "http://127.0.0.1:1", "another endpoint"),
        ("--admin-profile", "admin", "another admin_profile"),
        (
            "--preferred-challenge",
            "EMAIL_OTP",
            "another preferred_challenge",
        ),
        ("--client-id", "other", "another client_id"),
    ] {
        let said = with_login().poolkey(&["login", "acme", option, value]);
        assert_eq!(said.code, Some(2), "{said:?}");
        assert!(said.err.contains(told), "{said:?}");
    }
}

fn choice() -> Question {
    Question::Choice {
        choice_of: ChoiceOf::FirstFactor,
        ways: [Factor::Password, Factor::Email]
            .map(|factor| Way {
                factor,
                destination: None,
            })
            .into(),
        elsewhere: vec![],
    }
}

fn code() -> Question {
    Question::Code {
        code_for: CodeFor::SignIn,
        medium: Medium::Sms,
        destination: None,
        can_resend: true,
    }
}
