//! Signing in at a terminal, with a daemon that follows a script.

use poolkey_core::conversation::{Answer, Question};
use poolkey_core::failure::{Code, Failure};
use poolkey_core::secret::Secret;
use poolkey_core::session::User;
use poolkey_ipc::{Ask, Reply};

use crate::pty::Terminal;
use crate::support::{Home, POOLKEY, conversation, script, with_login};

#[test]
fn a_person_signs_in_at_a_terminal_and_stdout_goes_elsewhere() {
    let home = with_login();
    let asked = home.daemon(pool);
    let mut terminal = Terminal::run(home.command(POOLKEY).args(["login", "acme"]));

    terminal.expect("User name [jane]: ");
    assert!(terminal.echoes());
    terminal.type_in("\n");
    terminal.expect("Password of jane: ");
    assert!(!terminal.echoes(), "nobody sees a password");
    terminal.type_in("wrong-one\n");
    terminal.expect("Incorrect user name or password.");
    terminal.expect("Password of jane: ");
    terminal.type_in("hunter2\n");

    let (code, out) = terminal.end();
    assert_eq!(code, Some(0), "{}", terminal.shown());
    assert_eq!(out, "Signed in to “acme” as jane@example.com.\n");
    assert!(terminal.echoes(), "as it was before");
    let shown = terminal.shown();
    assert!(
        !shown.contains("hunter2") && !shown.contains("wrong-one"),
        "{shown}"
    );
    assert_eq!(
        asked.all(),
        [
            sign_in(None),
            answer(Answer::Username("jane".into())),
            answer(Answer::Password(Secret::new("wrong-one"))),
            answer(Answer::Password(Secret::new("hunter2"))),
        ]
    );
}

#[test]
fn an_interrupt_shows_what_is_typed_again_and_cancels_the_sign_in() {
    let home = with_login();
    let asked = home.daemon(pool);
    let mut terminal = Terminal::run(home.command(POOLKEY).args(["login", "acme"]));
    terminal.expect("User name");
    terminal.type_in("\n");
    terminal.expect("Password of jane: ");
    assert!(!terminal.echoes());
    terminal.type_in("hun\x03");
    let (code, out) = terminal.end();
    assert_eq!((code, out.as_str()), (Some(130), ""));
    assert!(terminal.echoes());
    assert!(!terminal.shown().contains("hun"), "{}", terminal.shown());
    assert_eq!(
        asked.all().last(),
        Some(&Ask::Cancel {
            conversation: conversation()
        })
    );
}

#[test]
fn the_end_of_input_gives_up() {
    let home = with_login();
    let asked = home.daemon(pool);
    let mut terminal = Terminal::run(home.command(POOLKEY).args(["login", "acme"]));
    terminal.expect("User name");
    terminal.type_in("\n");
    terminal.expect("Password of jane: ");
    terminal.type_in("\x04");
    let (code, _) = terminal.end();
    assert_eq!(code, Some(16));
    terminal.expect("No answer was given");
    assert_eq!(
        asked.all().last(),
        Some(&Ask::Cancel {
            conversation: conversation()
        })
    );
}

#[test]
fn a_new_login_asks_for_what_is_missing() {
    let home = Home::new();
    let asked = home.daemon(pool);
    // The daemon is asked which file it reads before it is told to read it.
    let mut terminal = Terminal::run(home.command(POOLKEY).arg("login"));
    terminal.expect("Name of the new login: ");
    terminal.type_in("acme\n");
    terminal.expect("  1  With a user name and a password, at a Cognito user pool");
    terminal.expect("Number [1]: ");
    terminal.type_in("\n");
    terminal.expect("User pool id: ");
    terminal.type_in("eu-west-1_AbCdEf123\n");
    terminal.expect("App client id: ");
    terminal.type_in("abc\n");
    let (code, _) = terminal.end();
    // This daemon does not tell its status, so it goes no further.
    assert_eq!(code, Some(76), "{}", terminal.shown());
    assert_eq!(asked.all(), [Ask::Status]);
    let written = std::fs::read_to_string(home.profiles()).unwrap();
    assert!(
        written.ends_with(
            "\n[login.acme]\nuser_pool_id = \"eu-west-1_AbCdEf123\"\nclient_id = \"abc\"\n"
        ),
        "{written}"
    );
}

#[test]
fn a_new_passphrase_is_asked_for_twice() {
    let home = Home::new();
    let asked = home.daemon(|_| Reply::Done);
    let mut terminal = Terminal::run(home.command(POOLKEY).args(["vault", "unlock", "--create"]));
    terminal.expect("Passphrase: ");
    terminal.type_in("one\n");
    terminal.expect("Once more: ");
    terminal.type_in("other\n");
    terminal.expect("not the same");
    terminal.expect("Passphrase: ");
    terminal.type_in("hunter2\n");
    terminal.expect("Once more: ");
    terminal.type_in("hunter2\n");
    assert_eq!(terminal.end(), (Some(0), "The vault is open.\n".into()));
    let passphrase = Secret::new("hunter2");
    assert_eq!(
        asked.all(),
        [Ask::Unlock {
            passphrase,
            create: true
        }]
    );
}

#[test]
fn a_script_gives_a_line_for_each_secret() {
    let home = with_login();
    let asked = home.daemon(pool);
    let said = script(
        &home,
        &["login", "acme", "--username", "jane"],
        "wrong-one\nhunter2\n",
    );
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(said.out, "Signed in to “acme” as jane@example.com.\n");
    assert_eq!(said.err, "");
    assert_eq!(asked.all()[0], sign_in(Some("jane")));
    assert_eq!(asked.all().len(), 4);
}

#[test]
fn a_script_with_the_wrong_password_is_told_so_and_ends() {
    let home = with_login();
    let asked = home.daemon(pool);
    let said = script(&home, &["login"], "wrong-one\n");
    assert_eq!(said.code, Some(16), "{said:?}");
    assert_eq!(
        said.err,
        "poolkey: error: Incorrect user name or password.\npoolkey: hint: Try again.\n"
    );
    assert_eq!(
        asked.all().last(),
        Some(&Ask::Cancel {
            conversation: conversation()
        })
    );
}

/// A pool whose one user is jane with the password `hunter2`.
fn pool(ask: &Ask) -> Reply {
    let question = |question, problem| Reply::Question {
        conversation: conversation(),
        question,
        problem,
    };
    let password = || Question::Password {
        username: "jane".into(),
    };
    match ask {
        Ask::SignIn { .. } => question(
            Question::Username {
                hint: Some("jane".into()),
            },
            None,
        ),
        Ask::Answer {
            answer: Answer::Username(_),
            ..
        } => question(password(), None),
        Ask::Answer {
            answer: Answer::Password(text),
            ..
        } if text.expose() == "hunter2" => Reply::SignedIn {
            user: User {
                sub: "s".into(),
                username: "jane".into(),
                email: Some("jane@example.com".into()),
            },
        },
        Ask::Answer { .. } => question(
            password(),
            Some(Failure {
                code: Code::Wrong,
                sentence: "Incorrect user name or password.".into(),
                remedy: "Try again.".into(),
            }),
        ),
        _ => Reply::Done,
    }
}

fn sign_in(username: Option<&str>) -> Ask {
    Ask::SignIn {
        login: "acme".into(),
        username: username.map(str::to_owned),
        another_account: false,
    }
}

fn answer(answer: Answer) -> Ask {
    Ask::Answer {
        conversation: conversation(),
        answer,
    }
}
