//! Each question at a terminal, with a daemon that asks it.

use std::collections::BTreeMap;

use poolkey_core::conversation::{Answer, ChoiceOf, CodeFor, Factor, Medium, Question, Way};
use poolkey_core::secret::Secret;
use poolkey_core::session::User;
use poolkey_ipc::Reply;

use crate::pty::Terminal;
use crate::support::{Asked, Home, POOLKEY, question, with_login, wrong};

#[test]
fn a_code_is_seen_and_another_can_be_had() {
    let (home, asked) = staged([code(true), code(true), again(code(true)), signed_in()]);
    let mut terminal = Terminal::run(home.command(POOLKEY).args(["login"]));
    terminal.expect("Press Enter alone to have another code sent.");
    terminal.expect("Code sent by e-mail to a***@e***: ");
    assert!(terminal.echoes());
    terminal.type_in("\n");
    terminal.expect("Another code was sent.");
    terminal.expect("Code sent by e-mail to a***@e***: ");
    terminal.type_in("111 111\n");
    terminal.expect("That was not right.");
    terminal.expect("Code sent by e-mail to a***@e***: ");
    terminal.type_in("123-456\n");
    assert_eq!(terminal.end().0, Some(0), "{}", terminal.shown());
    assert_eq!(
        asked.answers(),
        [
            Answer::Resend,
            Answer::Code(Secret::new("111 111")),
            Answer::Code(Secret::new("123-456"))
        ]
    );
    let told = terminal.shown().matches("Press Enter alone").count();
    assert_eq!(told, 1, "once is enough");
}

#[test]
fn an_empty_line_is_no_code_where_none_can_be_sent() {
    let app = Question::Code {
        code_for: CodeFor::SignIn,
        medium: Medium::App,
        destination: Some("phone".into()),
        can_resend: false,
    };
    let (home, asked) = staged([question(app), signed_in()]);
    let mut terminal = Terminal::run(home.command(POOLKEY).args(["login"]));
    terminal.expect("Code of your authenticator app “phone”: ");
    terminal.type_in("\n");
    terminal.expect("Code of your authenticator app “phone”: ");
    terminal.type_in("123456\n");
    assert_eq!(terminal.end().0, Some(0));
    assert_eq!(asked.answers(), [Answer::Code(Secret::new("123456"))]);
}

#[test]
fn a_way_is_chosen_by_number_or_by_word() {
    for (typed, factor) in [("2\n", Factor::Email), ("PASSWORD\n", Factor::Password)] {
        let (home, asked) = staged([choice(), signed_in()]);
        let mut terminal = Terminal::run(home.command(POOLKEY).args(["login"]));
        terminal.expect("How do you want to sign in?");
        terminal.expect("  1  Password");
        terminal.expect("  2  Code by e-mail to a***@e***");
        terminal.expect("  –  Passkey: not here: only a browser can show one");
        terminal.expect("Number (1 to 2): ");
        terminal.type_in("3\n");
        terminal.expect("Number (1 to 2): ");
        terminal.type_in("0\n");
        terminal.expect("Number (1 to 2): ");
        terminal.type_in(typed);
        assert_eq!(terminal.end().0, Some(0));
        assert_eq!(asked.answers(), [Answer::Choice(factor)]);
    }
}

#[test]
fn what_only_a_browser_can_do_is_said() {
    let only = Question::Choice {
        choice_of: ChoiceOf::FirstFactor,
        ways: vec![],
        elsewhere: vec![Factor::Passkey],
    };
    let (home, asked) = staged([question(only)]);
    let mut terminal = Terminal::run(home.command(POOLKEY).args(["login"]));
    assert_eq!(terminal.end().0, Some(15));
    terminal.expect("offers only what cannot be done here: passkey.");
    assert!(asked.ends_with_cancel());
}

#[test]
fn an_authenticator_app_is_set_up_once_and_its_code_asked_until_it_is_right() {
    let (home, asked) = staged([app(), again(app()), signed_in()]);
    let mut command = home.command(POOLKEY);
    command.env("LC_ALL", "C.UTF-8").arg("login");
    let mut terminal = Terminal::run(&mut command);
    terminal.expect("▀");
    terminal.expect("Scan this with an authenticator app, or type the key into it:");
    terminal.expect("    JBSW Y3DP EHPK 3PXP");
    terminal.expect("Name for this device [none]: ");
    terminal.type_in("my phone\n");
    terminal.expect("Code that the app shows: ");
    terminal.type_in("link\n");
    terminal.expect(URI);
    terminal.expect("Code that the app shows: ");
    terminal.type_in("111111\n");
    terminal.expect("That was not right.");
    terminal.expect("Code that the app shows: ");
    terminal.type_in("123 456\n");
    assert_eq!(terminal.end().0, Some(0));
    let answer = |code: &str| Answer::AppSetup {
        code: Secret::new(code),
        device_name: Some("my phone".into()),
    };
    assert_eq!(asked.answers(), [answer("111111"), answer("123 456")]);
    assert_eq!(terminal.shown().matches("JBSW Y3DP").count(), 1);
}

#[test]
fn a_terminal_that_cannot_show_a_picture_shows_the_key() {
    let plain = "Type this key into an authenticator app:";
    for (locale, term, columns, lead) in [
        ("C", "xterm", 100, plain),
        ("C.UTF-8", "dumb", 100, plain),
        (
            "C.UTF-8",
            "xterm",
            30,
            "(a wider terminal shows a QR code):",
        ),
    ] {
        let (home, asked) = staged([app(), signed_in()]);
        let mut command = home.command(POOLKEY);
        command.env("LC_ALL", locale).env("TERM", term).arg("login");
        let mut terminal = Terminal::wide(&mut command, columns);
        terminal.expect(lead);
        terminal.expect("    JBSW Y3DP EHPK 3PXP");
        terminal.expect("Name for this device");
        terminal.type_in("\n");
        terminal.expect("Code that the app shows: ");
        terminal.type_in("123456\n");
        assert_eq!(terminal.end().0, Some(0));
        assert!(!terminal.shown().contains('▀'));
        let answer = Answer::AppSetup {
            code: Secret::new("123456"),
            device_name: None,
        };
        assert_eq!(asked.answers(), [answer]);
    }
}

#[test]
fn a_new_password_is_typed_twice_and_what_the_pool_wants_beside_it_asked() {
    let (home, asked) = staged([new_password(), again(new_password()), signed_in()]);
    let mut terminal = Terminal::run(home.command(POOLKEY).args(["login"]));
    terminal.expect("New password of ann: ");
    assert!(!terminal.echoes());
    terminal.type_in("\n");
    terminal.expect("It cannot be empty.");
    terminal.expect("New password of ann: ");
    terminal.type_in("one\n");
    terminal.expect("Once more: ");
    assert!(!terminal.echoes());
    terminal.type_in("other\n");
    terminal.expect("The two are not the same.");
    for (address, offered) in [("ann@example.com\n", ""), ("\n", " [ann@example.com]")] {
        terminal.expect("New password of ann: ");
        terminal.type_in("hunter2\n");
        terminal.expect("Once more: ");
        terminal.type_in("hunter2\n");
        terminal.expect(&format!("E-mail address{offered}: "));
        assert!(terminal.echoes());
        terminal.type_in(address);
    }
    assert_eq!(terminal.end().0, Some(0));
    let answer = Answer::NewPassword {
        password: Secret::new("hunter2"),
        attributes: BTreeMap::from([("email".into(), "ann@example.com".into())]),
    };
    assert_eq!(asked.answers(), [answer.clone(), answer]);
    assert!(!terminal.shown().contains("hunter2"));
}

#[test]
fn attributes_that_were_given_are_not_asked() {
    let wanted = Question::Attributes {
        names: vec!["email".into(), "custom:team".into()],
    };
    let (home, asked) = staged([question(wanted), signed_in()]);
    let mut terminal =
        Terminal::run(
            home.command(POOLKEY)
                .args(["login", "--attribute", "custom:team=blue=sky"]),
        );
    terminal.expect("E-mail address: ");
    terminal.type_in("\n");
    terminal.expect("E-mail address: ");
    terminal.type_in("ann@example.com\n");
    assert_eq!(terminal.end().0, Some(0));
    let all = [("email", "ann@example.com"), ("custom:team", "blue=sky")];
    let all = all.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(asked.answers(), [Answer::Attributes(all.into())]);
}

#[test]
fn a_question_of_the_pools_own_is_asked_and_does_not_steer_the_terminal() {
    let (home, asked) = staged([
        custom(&[("question", "Colour\u{1b}[2J?\u{7}"), ("hint", "se\u{9b}a")]),
        custom(&[("prompt", "Second password")]),
        signed_in(),
    ]);
    let mut terminal = Terminal::run(home.command(POOLKEY).args(["login"]));
    terminal.expect("hint: se a");
    terminal.expect("Colour [2J? ");
    assert!(terminal.echoes());
    terminal.type_in(" dark blue\n");
    terminal.expect("Second password: ");
    assert!(!terminal.echoes());
    terminal.type_in("hunter2\n");
    assert_eq!(terminal.end().0, Some(0));
    assert_eq!(
        asked.answers(),
        [
            Answer::Custom(Secret::new(" dark blue")),
            Answer::Custom(Secret::new("hunter2"))
        ],
        "as it was typed"
    );
    let shown = terminal.shown();
    assert!(!shown.contains(['\u{1b}', '\u{7}', '\u{9b}']), "{shown:?}");
}

#[test]
fn remembering_is_agreed_to() {
    for (typed, remember) in [("y\n", true), ("No\n", false)] {
        let (home, asked) = staged([remember_device(), signed_in()]);
        let mut terminal = Terminal::run(home.command(POOLKEY).args(["login"]));
        terminal.expect("remember this computer as “desk” and ask for less here? (y/n): ");
        terminal.type_in("\n");
        terminal.expect("(y/n): ");
        terminal.type_in(typed);
        assert_eq!(terminal.end().0, Some(0));
        assert_eq!(asked.answers(), [Answer::RememberDevice(remember)]);
    }
}

#[test]
fn a_client_secret_is_hidden() {
    let wanted = Question::ClientSecret {
        client_id: "abc".into(),
    };
    let (home, asked) = staged([question(wanted), signed_in()]);
    let mut terminal = Terminal::run(home.command(POOLKEY).args(["login"]));
    terminal.expect("Secret of app client abc: ");
    assert!(!terminal.echoes());
    terminal.type_in("hunter2\n");
    assert_eq!(terminal.end().0, Some(0));
    assert_eq!(
        asked.answers(),
        [Answer::ClientSecret(Secret::new("hunter2"))]
    );
}

#[test]
fn a_question_of_a_newer_daemon_is_told_of() {
    let (home, asked) = staged([question(Question::Other)]);
    let mut terminal = Terminal::run(home.command(POOLKEY).args(["login"]));
    assert_eq!(terminal.end().0, Some(76));
    terminal.expect("The daemon asks what this version cannot show: it is newer.");
    assert!(asked.ends_with_cancel());
}

/// Whatever is asked, an interrupt leaves a terminal that shows what is typed, and no conversation.
#[test]
fn an_interrupt_at_any_question_leaves_nothing() {
    for (asks, prompt, code) in each_kind() {
        for (typed, ends) in [("\x03", 130), ("\x04", code)] {
            let (home, asked) = staged([asks.clone()]);
            let mut terminal = Terminal::run(home.command(POOLKEY).args(["login"]));
            terminal.expect(prompt);
            terminal.type_in(typed);
            let (code, out) = terminal.end();
            assert_eq!((code, &*out), (Some(ends), ""), "{}", terminal.shown());
            assert!(terminal.echoes(), "{prompt}");
            assert!(asked.ends_with_cancel(), "{prompt}: {:?}", asked.all());
            terminal.expect("\r\n");
        }
    }
}

fn each_kind() -> Vec<(Reply, &'static str, i32)> {
    vec![
        (
            question(Question::Username { hint: None }),
            "User name: ",
            16,
        ),
        (
            question(Question::Password {
                username: "ann".into(),
            }),
            "Password of ann: ",
            16,
        ),
        (
            question(Question::ClientSecret {
                client_id: "abc".into(),
            }),
            "Secret of app client abc: ",
            16,
        ),
        (code(true), "Code sent by e-mail to a***@e***: ", 16),
        (choice(), "Number (1 to 2): ", 16),
        (app(), "Name for this device", 16),
        (new_password(), "New password of ann: ", 16),
        (
            question(Question::Attributes {
                names: vec!["email".into()],
            }),
            "E-mail address: ",
            16,
        ),
        (custom(&[("prompt", "PIN")]), "PIN: ", 16),
        (remember_device(), "(y/n): ", 16),
    ]
}

fn staged(replies: impl IntoIterator<Item = Reply>) -> (Home, Asked) {
    let home = with_login();
    let asked = home.staged(replies);
    (home, asked)
}

fn again(reply: Reply) -> Reply {
    match reply {
        Reply::Question {
            conversation,
            question,
            ..
        } => Reply::Question {
            conversation,
            question,
            problem: Some(wrong("That was not right.")),
        },
        other => other,
    }
}

fn code(can_resend: bool) -> Reply {
    question(Question::Code {
        code_for: CodeFor::SignIn,
        medium: Medium::Email,
        destination: Some("a***@e***".into()),
        can_resend,
    })
}

fn choice() -> Reply {
    question(Question::Choice {
        choice_of: ChoiceOf::FirstFactor,
        ways: vec![
            Way {
                factor: Factor::Password,
                destination: None,
            },
            Way {
                factor: Factor::Email,
                destination: Some("a***@e***".into()),
            },
        ],
        elsewhere: vec![Factor::Passkey],
    })
}

fn app() -> Reply {
    question(Question::AppSetup {
        key: Secret::new("JBSWY3DPEHPK3PXP"),
        uri: Secret::new(URI),
    })
}

fn new_password() -> Reply {
    question(Question::NewPassword {
        username: "ann".into(),
        attributes: vec!["email".into()],
    })
}

fn custom(parameters: &[(&str, &str)]) -> Reply {
    let pairs = parameters
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    question(Question::Custom {
        parameters: pairs.collect(),
    })
}

fn remember_device() -> Reply {
    question(Question::RememberDevice {
        name: "desk".into(),
    })
}

fn signed_in() -> Reply {
    Reply::SignedIn {
        user: User::default(),
    }
}

const URI: &str = "otpauth://totp/acme:ann?secret=JBSWY3DPEHPK3PXP&issuer=acme";
