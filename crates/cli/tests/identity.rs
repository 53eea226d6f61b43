//! Whether whoever signed in is who was meant, with a daemon that asks it.

use poolkey_core::conversation::{Answer, Question};
use poolkey_core::failure::{Code, Failure};
use poolkey_core::session::User;
use poolkey_ipc::Reply;

use crate::pty::Terminal;
use crate::support::{Asked, Home, POOLKEY, Said, question, with_login};

#[test]
fn a_person_sees_who_signed_in_before_it_is_kept() {
    for (was, told, prompt, typed, kept) in [
        (None, WHO, "Keep this sign-in? [Y/n]: ", "\n", true),
        (
            None,
            WHO,
            "Keep this sign-in? [Y/n]: ",
            "maybe\nYES\n",
            true,
        ),
        (None, WHO, "Keep this sign-in? [Y/n]: ", "n\n", false),
        (
            Some(bob()),
            "You are ann@example.com (user name ann). Before, bob was signed in.",
            "Keep this sign-in in its place? [y/N]: ",
            "\n",
            false,
        ),
        (
            Some(bob()),
            WHO,
            "Keep this sign-in in its place? [y/N]: ",
            "y\n",
            true,
        ),
    ] {
        let (home, asked) = staged(was, kept);
        let mut terminal = Terminal::run(home.command(POOLKEY).arg("login"));
        terminal.expect(told);
        terminal.expect(prompt);
        terminal.type_in(typed);
        let (code, _) = terminal.end();
        assert_eq!(
            code,
            Some(if kept { 0 } else { 16 }),
            "{}",
            terminal.shown()
        );
        assert_eq!(asked.answers(), [Answer::Identity(kept)], "{typed:?}");
    }
}

#[test]
fn options_say_who_is_meant_where_nobody_can_be_asked() {
    for (options, was, kept) in [
        (&["--expect", "ann"][..], None, true),
        (&["--expect", "ANN@example.com"], None, true),
        (&["--expect", "0-1"], Some(bob()), true),
        (&["--expect", "bob"], None, false),
        (&["--expect", "bob"], Some(bob()), false),
        (&["--yes", "--expect", "bob"], None, false),
        (&["--yes"], None, true),
        (&["--username", "ann"], None, true),
        (&["--username", "ann"], Some(bob()), true),
    ] {
        let (home, asked) = staged(was, kept);
        let said = home.poolkey(&[&["login"], options].concat());
        assert_eq!(
            said.code,
            Some(if kept { 0 } else { 16 }),
            "{options:?} {said:?}"
        );
        assert_eq!(asked.answers(), [Answer::Identity(kept)], "{options:?}");
        if !kept {
            let told = "ann@example.com (user name ann) signed in, and not bob.";
            assert!(said.err.contains(told), "{said:?}");
        }
    }
}

#[test]
fn nobody_is_kept_whom_no_option_names() {
    for (options, was, told) in [
        (
            &[][..],
            None,
            "signed in for the first time. Say whom you mean: --expect ann@example.com, or --yes",
        ),
        (
            &["--yes"],
            Some(bob()),
            "and bob was signed in before. If that is meant: --expect ann@example.com",
        ),
        (&["--username", "bob"], None, "--expect ann@example.com"),
    ] {
        let (home, asked) = staged(was, false);
        let said = home.poolkey(&[&["login"], options].concat());
        assert_eq!(said.code, Some(2), "{said:?}");
        assert!(said.err.contains(told), "{said:?}");
        assert_eq!(asked.answers(), []);
        assert!(asked.ends_with_cancel(), "which has the tokens revoked");
    }
}

#[test]
fn a_terminal_is_not_asked_what_options_say_unless_somebody_else_was_there() {
    let (home, asked) = staged(None, true);
    let mut terminal = Terminal::run(home.command(POOLKEY).args(["login", "--yes"]));
    assert_eq!(terminal.end().0, Some(0));
    assert_eq!(asked.answers(), [Answer::Identity(true)]);

    let (home, asked) = staged(Some(bob()), false);
    let mut terminal = Terminal::run(home.command(POOLKEY).args(["login", "--yes"]));
    terminal.expect("Keep this sign-in in its place? [y/N]: ");
    terminal.type_in("\n");
    assert_eq!(terminal.end().0, Some(16));
    assert_eq!(asked.answers(), [Answer::Identity(false)]);
}

#[test]
fn an_interrupt_keeps_nobody() {
    let (home, asked) = staged(None, true);
    let mut terminal = Terminal::run(home.command(POOLKEY).arg("login"));
    terminal.expect("Keep this sign-in? [Y/n]: ");
    terminal.type_in("\x03");
    assert_eq!(terminal.end().0, Some(130));
    assert!(asked.ends_with_cancel());
}

#[test]
fn a_name_from_outside_does_not_steer_the_terminal() {
    let home = with_login();
    let evil = User {
        email: Some("ann\u{1b}[2J\u{202e}@example.com".into()),
        ..ann()
    };
    home.staged([
        question(Question::Identity {
            user: evil,
            was: None,
        }),
        Reply::SignedIn { user: ann() },
    ]);
    let mut terminal = Terminal::run(home.command(POOLKEY).arg("login"));
    terminal.expect("Keep this sign-in?");
    assert!(
        !terminal.shown().contains(['\u{1b}', '\u{202e}']),
        "{}",
        terminal.shown()
    );
    terminal.type_in("y\n");
    assert_eq!(terminal.end().0, Some(0));
}

#[test]
fn nobody_is_meant_by_no_name() {
    let said = with_login().poolkey(&["login", "--expect", ""]);
    assert_eq!(said.code, Some(2), "{said:?}");
}

#[test]
fn another_program_answers_in_json() {
    let (home, asked) = staged(Some(bob()), true);
    let file = home.path().join("stdin");
    std::fs::write(&file, "{\"kind\":\"identity\",\"value\":true}\n").unwrap();
    let said = Said::of(
        home.command(POOLKEY)
            .args(["login", "--json"])
            .stdin(std::fs::File::open(file).unwrap()),
    );
    assert_eq!(said.code, Some(0), "{said:?}");
    let line: serde_json::Value = serde_json::from_str(said.out.lines().next().unwrap()).unwrap();
    assert_eq!(line["question"]["kind"], "identity");
    assert_eq!(line["question"]["was"]["username"], "bob");
    assert_eq!(asked.answers(), [Answer::Identity(true)]);
}

fn staged(was: Option<User>, kept: bool) -> (Home, Asked) {
    let home = with_login();
    let end = if kept {
        Reply::SignedIn { user: ann() }
    } else {
        Reply::Failed(Failure {
            code: Code::Wrong,
            sentence: "The sign-in was not kept.".into(),
            remedy: "Run: poolkey login acme --another-account".into(),
        })
    };
    let asked = home.staged([question(Question::Identity { user: ann(), was }), end]);
    (home, asked)
}

fn ann() -> User {
    User {
        sub: "0-1".into(),
        username: "ann".into(),
        email: Some("ann@example.com".into()),
    }
}

fn bob() -> User {
    User {
        sub: "0-2".into(),
        username: "bob".into(),
        email: None,
    }
}

const WHO: &str = "You are ann@example.com (user name ann).";
