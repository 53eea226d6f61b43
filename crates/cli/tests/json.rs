//! `--json`: another program takes the person's part.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use poolkey_core::conversation::{Answer, CodeFor, Factor, Medium, Question};
use poolkey_core::failure::{Failure, Trouble};
use poolkey_core::secret::Secret;
use poolkey_core::session::User;
use poolkey_ipc::{Ask, Reply};
use serde_json::{Value, json};

use crate::support::{Home, POOLKEY, conversation, question, script, with_login, wrong};

#[test]
fn a_whole_sign_in_line_by_line() {
    let home = with_login();
    let code = Question::Code {
        code_for: CodeFor::SignIn,
        medium: Medium::Email,
        destination: Some("a***@e***".into()),
        can_resend: true,
    };
    let asked = home.staged([
        question(Question::Username { hint: None }),
        question(Question::Password {
            username: "ann".into(),
        }),
        question(code.clone()),
        Reply::Question {
            conversation: conversation(),
            question: code,
            problem: Some(wrong("The code is wrong.")),
        },
        question(Question::AppSetup {
            key: Secret::new("JBSW"),
            uri: Secret::new("otpauth://totp/a?secret=JBSW"),
        }),
        Reply::SignedIn {
            user: User {
                sub: "s".into(),
                username: "ann".into(),
                email: None,
            },
        },
    ]);
    let mut child = home
        .command(POOLKEY)
        .args(["login", "--json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    // Each line is there before it is answered: nothing waits in a buffer.
    let mut next = || -> Value { serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap() };
    let mut say = |answer: Value| writeln!(stdin, "{answer}").unwrap();

    assert_eq!(
        next(),
        json!({"reply":"question","question":{"kind":"username","hint":null}})
    );
    say(json!({"kind":"username","value":"ann"}));
    assert_eq!(
        next(),
        json!({"reply":"question","question":{"kind":"password","username":"ann"}})
    );
    say(json!({"kind":"password","value":"hunter2"}));
    let code = json!({"kind":"code","code_for":"sign_in","medium":"email",
        "destination":"a***@e***","can_resend":true});
    assert_eq!(next(), json!({"reply":"question","question":code}));
    say(json!({"kind":"resend"}));
    let problem = json!({"code":"wrong","sentence":"The code is wrong.","remedy":"Try again."});
    assert_eq!(
        next(),
        json!({"reply":"question","question":code,"problem":problem})
    );
    say(json!({"kind":"code","value":"123 456"}));
    assert_eq!(next()["question"]["uri"], "otpauth://totp/a?secret=JBSW");
    say(json!({"kind":"app_setup","value":{"code":"123456","device_name":"phone"}}));
    assert_eq!(
        next(),
        json!({"reply":"signed_in","user":{"sub":"s","username":"ann"}})
    );
    assert!(lines.next().is_none(), "and nothing else");
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), &*output.stderr), (Some(0), &b""[..]));
    assert_eq!(
        asked.answers(),
        [
            Answer::Username("ann".into()),
            Answer::Password(Secret::new("hunter2")),
            Answer::Resend,
            Answer::Code(Secret::new("123 456")),
            Answer::AppSetup {
                code: Secret::new("123456"),
                device_name: Some("phone".into())
            },
        ]
    );
}

#[test]
fn what_is_no_answer_has_the_question_asked_again() {
    let home = with_login();
    let asked = home.staged([password(), signed_in()]);
    let said = script(
        &home,
        &["login", "--json"],
        "hunter2\n\n{\"kind\":\"username\",\"value\":\"hunter2\"}\n{\"kind\":\"resend\"}\n\
         {\"kind\":\"password\",\"value\":\"hunter2\"}\n",
    );
    assert_eq!(said.code, Some(0), "{said:?}");
    let lines: Vec<Value> = lines(&said.out);
    assert_eq!(lines.len(), 6);
    for line in &lines[1..3] {
        assert_eq!(line["problem"]["code"], "protocol");
        assert_eq!(line["problem"]["sentence"], "The line is no answer.");
    }
    for line in &lines[3..5] {
        assert_eq!(
            line["problem"]["sentence"],
            "The answer is of another kind than the question."
        );
    }
    assert!(!said.out.contains("hunter2") && said.err.is_empty());
    assert_eq!(asked.answers(), [Answer::Password(Secret::new("hunter2"))]);
}

#[test]
fn the_end_of_input_cancels() {
    let home = with_login();
    let asked = home.staged([password()]);
    let said = script(&home, &["login", "--json"], "");
    assert_eq!(said.code, Some(16));
    let lines = lines(&said.out);
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[1]["reply"], "failed");
    assert_eq!(lines[1]["failure"]["sentence"], "No answer was given.");
    assert!(asked.ends_with_cancel());
}

#[test]
fn a_line_without_end_is_not_kept() {
    let home = with_login();
    let asked = home.staged([password()]);
    let said = script(&home, &["login", "--json"], &"x".repeat(1 << 17));
    assert_eq!(said.code, Some(16));
    let last = lines(&said.out).pop().unwrap();
    assert_eq!(
        last["failure"]["sentence"],
        "An answer is longer than Poolkey takes."
    );
    assert!(asked.ends_with_cancel());
}

#[test]
fn however_it_ends_the_last_line_says_so() {
    let home = with_login();
    home.staged([Reply::Failed(Failure::from(Trouble::Busy))]);
    let said = script(&home, &["account", "show", "--json"], "");
    assert_eq!(said.code, Some(75));
    assert_eq!(lines(&said.out)[0]["failure"]["code"], "busy");

    let said = script(&Home::new(), &["login", "--json"], "");
    assert_eq!(said.code, Some(2));
    assert_eq!(
        lines(&said.out),
        [
            json!({"reply":"failed","failure":{"code":"usage","sentence":"Name a login.",
            "remedy":"Run the command with --help to see how."}})
        ]
    );

    let said = script(&with_login(), &["login", "--json"], "");
    assert_eq!(said.code, Some(69), "no daemon");
    assert_eq!(lines(&said.out)[0]["failure"]["code"], "no_daemon");
}

#[test]
fn whoever_stops_reading_gives_up() {
    let home = with_login();
    let asked = home.staged([password(), password()]);
    let (read, write) = std::io::pipe().unwrap();
    drop(read);
    let status = command(&home).stdout(write).status().unwrap();
    assert_eq!(status.code(), Some(0));
    assert!(asked.ends_with_cancel(), "{:?}", asked.all());
}

#[cfg(target_os = "linux")]
#[test]
fn nothing_is_asked_on_the_terminal() {
    let home = with_login();
    let asked = home.staged([password(), signed_in()]);
    let mut terminal = crate::pty::Terminal::run(&mut command(&home));
    // The terminal is its stdin, so what is typed there is a line of JSON.
    terminal.type_in("{\"kind\":\"password\",\"value\":\"pw\"}\n");
    let (code, out) = terminal.end();
    assert_eq!(code, Some(0));
    assert_eq!(lines(&out).len(), 2);
    assert!(!terminal.shown().contains("Password of"));
    assert_eq!(asked.answers(), [Answer::Password(Secret::new("pw"))]);
}

#[test]
fn answers_by_option_do_not_go_with_it() {
    let said = with_login().poolkey(&["login", "--json", "--factor", "app"]);
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("cannot be used with"), "{said:?}");
}

#[test]
fn a_choice_is_answered_by_its_word() {
    let home = with_login();
    let choice = Question::Choice {
        choice_of: poolkey_core::conversation::ChoiceOf::SecondFactor,
        ways: vec![poolkey_core::conversation::Way {
            factor: Factor::App,
            destination: None,
        }],
        elsewhere: vec![],
    };
    let asked = home.staged([question(choice), signed_in()]);
    let said = script(
        &home,
        &["login", "--json"],
        "{\"kind\":\"choice\",\"value\":\"app\"}\n",
    );
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(matches!(
        asked.all()[1],
        Ask::Answer {
            answer: Answer::Choice(Factor::App),
            ..
        }
    ));
}

fn command(home: &Home) -> Command {
    let mut command = home.command(POOLKEY);
    command
        .args(["login", "--json"])
        .stdin(File::open("/dev/null").unwrap());
    command
}

fn password() -> Reply {
    question(Question::Password {
        username: "ann".into(),
    })
}

fn signed_in() -> Reply {
    Reply::SignedIn {
        user: User::default(),
    }
}

fn lines(out: &str) -> Vec<Value> {
    out.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}
