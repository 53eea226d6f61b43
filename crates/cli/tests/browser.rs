//! A sign-in in the browser, with a daemon that follows a script.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::Ordering;
use std::time::Duration;

use poolkey_core::conversation::{Answer, Question};
use poolkey_core::failure::{Code, Failure, Trouble};
use poolkey_core::secret::Secret;
use poolkey_core::session::User;
use poolkey_ipc::{Ask, Reply};

use crate::pty::Terminal;
use crate::support::{Asked, Home, POOLKEY, Said, conversation, question, with_login, wrong};

#[test]
fn the_browser_opens_and_is_waited_for() {
    let (home, asked) = staged([browser(), browser(), browser(), signed_in()]);
    let mut command = with_browser(&home, &["login", "acme"]);
    let mut terminal = Terminal::run(&mut command);
    terminal.expect("Your browser opens for the sign-in. If it does not, open this link:");
    terminal.expect(URL);
    terminal.expect("Waiting for the browser; Ctrl-C gives up.");
    let (code, out) = terminal.end();
    assert_eq!(
        (code, &*out),
        (Some(0), "Signed in to “acme” as ann@example.com.\n"),
        "{}",
        terminal.shown()
    );
    assert_eq!(asked.answers(), [Answer::Wait, Answer::Wait, Answer::Wait]);
    assert_eq!(
        opened(&home),
        format!("{URL}\n"),
        "once, and as one argument"
    );
    assert!(terminal.echoes(), "as it was before");
}

/// A daemon that answers at once is not asked more than ten times in a second.
#[test]
fn a_daemon_that_does_not_wait_is_not_asked_without_end() {
    let home = with_login();
    let asked = home.daemon(|ask| match ask {
        Ask::Cancel { .. } => Reply::Done,
        _ => browser(),
    });
    let mut terminal = Terminal::run(&mut with_browser(&home, &["login"]));
    terminal.expect("Waiting for the browser");
    std::thread::sleep(Duration::from_secs(1));
    terminal.type_in("\x03");
    assert_eq!(terminal.end().0, Some(130));
    let waits = asked.answers().len();
    assert!((3..=14).contains(&waits), "{waits}");
    assert!(asked.has_cancel());
    assert!(terminal.echoes());
}

#[test]
fn the_address_that_the_browser_ended_on_is_pasted_and_not_shown() {
    let home = with_login();
    let pasted = Answer::Address(Secret::new(ADDRESS));
    let right = pasted.clone();
    let asked = home.daemon(move |ask| match ask {
        Ask::Answer { answer, .. } if *answer == right => signed_in(),
        Ask::SignIn { .. } | Ask::Answer { .. } => browser(),
        _ => Reply::Done,
    });
    let mut terminal = Terminal::run(&mut with_browser(&home, &["login"]));
    terminal.expect(
        "http://localhost:8400/callback?…: paste that here and press Enter (it is not shown).",
    );
    wait_until(|| !terminal.echoes());
    // As a person does: an empty line, a mistake that is taken back, and one that is wiped.
    terminal.type_in("\nx\x7fnonsense\x15  ");
    terminal.type_in(ADDRESS);
    terminal.type_in("\r");
    assert_eq!(terminal.end().0, Some(0), "{}", terminal.shown());
    assert!(!terminal.shown().contains("code="), "{}", terminal.shown());
    assert_eq!(asked.answers().last(), Some(&pasted));
    let others = asked.answers();
    assert!(
        others[..others.len() - 1]
            .iter()
            .all(|answer| *answer == Answer::Wait)
    );
    assert!(terminal.echoes());
}

/// A terminal's own lines end at 4096 characters.
#[test]
fn a_long_address_is_taken_whole() {
    let long = format!("{ADDRESS}{}", "x".repeat(6000));
    let home = with_login();
    let asked = home.daemon(|ask| match ask {
        Ask::Answer {
            answer: Answer::Address(_),
            ..
        } => signed_in(),
        Ask::SignIn { .. } | Ask::Answer { .. } => browser(),
        _ => Reply::Done,
    });
    let mut terminal = Terminal::run(&mut with_browser(&home, &["login"]));
    terminal.expect("paste that here");
    wait_until(|| !terminal.echoes());
    for piece in long.as_bytes().chunks(1000) {
        terminal.type_in(std::str::from_utf8(piece).unwrap());
        std::thread::sleep(Duration::from_millis(20));
    }
    terminal.type_in("\n");
    assert_eq!(terminal.end().0, Some(0), "{}", terminal.shown());
    assert_eq!(
        asked.answers().last(),
        Some(&Answer::Address(Secret::new(long)))
    );
}

#[test]
fn an_address_without_end_gives_up() {
    let home = with_login();
    let asked = home.daemon(|ask| match ask {
        Ask::Cancel { .. } => Reply::Done,
        _ => browser(),
    });
    let mut terminal = Terminal::run(&mut with_browser(&home, &["login"]));
    terminal.expect("paste that here");
    wait_until(|| !terminal.echoes());
    for _ in 0..17 {
        terminal.type_in(&"x".repeat(1024));
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(terminal.end().0, Some(16), "{}", terminal.shown());
    terminal.expect("An answer is longer than Poolkey takes.");
    assert!(asked.ends_with_cancel());
}

#[test]
fn a_wrong_address_is_told_of_once_and_another_taken() {
    let home = with_login();
    let mut addresses = 0;
    home.daemon(move |ask| match ask {
        Ask::Answer {
            answer: Answer::Address(_),
            ..
        } => {
            addresses += 1;
            if addresses == 2 {
                signed_in()
            } else {
                again(browser())
            }
        }
        // The problem stays until there is another answer.
        Ask::Answer { .. } if addresses == 1 => again(browser()),
        Ask::SignIn { .. } | Ask::Answer { .. } => browser(),
        _ => Reply::Done,
    });
    let mut terminal = Terminal::run(&mut with_browser(&home, &["login"]));
    terminal.expect("paste that here");
    wait_until(|| !terminal.echoes());
    terminal.type_in("http://localhost:8400/?code=1\n");
    terminal.expect("That was not right.");
    std::thread::sleep(Duration::from_millis(400));
    terminal.type_in("http://localhost:8400/callback?code=2&state=3\n");
    assert_eq!(terminal.end().0, Some(0), "{}", terminal.shown());
    assert_eq!(terminal.shown().matches("That was not right.").count(), 1);
    assert_eq!(opened(&home).lines().count(), 1, "the same link, once");
}

#[test]
fn another_attempt_opens_the_browser_when_the_person_says_so() {
    let other = question(Question::Browser {
        url: format!("{URL}2"),
        redirect_uri: REDIRECT.into(),
    });
    let (home, _asked) = staged([browser(), again(other), signed_in()]);
    let mut terminal = Terminal::run(&mut with_browser(&home, &["login"]));
    terminal.expect("That was not right.");
    terminal.expect("Press Enter to try again: ");
    assert_eq!(opened(&home).lines().count(), 1);
    assert!(terminal.echoes());
    terminal.type_in("\n");
    assert_eq!(terminal.end().0, Some(0), "{}", terminal.shown());
    assert_eq!(opened(&home), format!("{URL}\n{URL}2\n"));
}

#[test]
fn what_is_typed_while_it_waits_answers_nothing_else() {
    let home = with_login();
    let mut waits = 0;
    let asked = home.daemon(move |ask| match ask {
        Ask::Answer {
            answer: Answer::Wait,
            ..
        } => {
            waits += 1;
            if waits > 6 { identity(None) } else { browser() }
        }
        Ask::SignIn { .. } => browser(),
        Ask::Answer { .. } => signed_in(),
        _ => Reply::Done,
    });
    let mut terminal = Terminal::run(&mut with_browser(&home, &["login"]));
    terminal.expect("paste that here");
    wait_until(|| !terminal.echoes());
    terminal.type_in("n");
    terminal.expect("You are ann@example.com (user name ann).");
    terminal.expect("Keep this sign-in? [Y/n]: ");
    assert!(terminal.echoes());
    terminal.type_in("\n");
    assert_eq!(terminal.end().0, Some(0), "{}", terminal.shown());
    assert_eq!(asked.answers().last(), Some(&Answer::Identity(true)));
}

#[test]
fn an_interrupt_or_the_end_of_input_gives_up_and_restores_the_terminal() {
    for (typed, code) in [("\x03", 130), ("\x04", 16)] {
        let home = with_login();
        let asked = home.daemon(|ask| match ask {
            Ask::Cancel { .. } => Reply::Done,
            _ => browser(),
        });
        let mut terminal = Terminal::run(&mut with_browser(&home, &["login"]));
        terminal.expect("paste that here");
        wait_until(|| !terminal.echoes());
        terminal.type_in(typed);
        let (ended, out) = terminal.end();
        assert_eq!((ended, &*out), (Some(code), ""), "{}", terminal.shown());
        assert!(terminal.echoes());
        assert!(asked.has_cancel(), "{:?}", asked.all());
    }
}

/// The daemon answers whoever waits as soon as somebody else gives up for it.
#[test]
fn an_interrupt_is_how_it_ends_whatever_the_daemon_says_to_that() {
    let home = with_login();
    let over = std::sync::atomic::AtomicBool::new(false);
    home.daemon_of_many(move |ask| match ask {
        Ask::Cancel { .. } => {
            over.store(true, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(600));
            Reply::Done
        }
        _ if over.load(Ordering::SeqCst) => Reply::Failed(Trouble::NoConversation.into()),
        _ => browser(),
    });
    let mut terminal = Terminal::run(&mut with_browser(&home, &["login"]));
    terminal.expect("paste that here");
    terminal.type_in("\x03");
    assert_eq!(terminal.end().0, Some(130), "{}", terminal.shown());
    assert!(!terminal.shown().contains("error"), "{}", terminal.shown());
}

/// Ctrl-C goes to all that a terminal runs in its foreground.
#[test]
fn an_interrupt_does_not_end_the_browser() {
    let home = with_login();
    home.daemon(|ask| match ask {
        Ask::Cancel { .. } => Reply::Done,
        _ => browser(),
    });
    let log = home.path().join("opened");
    let script = format!(
        "#!/bin/sh\ntrap 'echo interrupted >> {0}; exit' INT HUP TERM\n\
         echo \"$@\" >> {0}\nsleep 2\necho alive >> {0}\n",
        log.display()
    );
    let mut command = home.command(POOLKEY);
    command
        .arg("login")
        .env("BROWSER", program(&home, "long-browser", &script));
    let mut terminal = Terminal::run(&mut command);
    terminal.expect("paste that here");
    wait_until(|| log.exists());
    terminal.type_in("\x03");
    assert_eq!(terminal.end().0, Some(130));
    wait_until(|| opened(&home).lines().count() > 1);
    assert_eq!(opened(&home), format!("{URL}\nalive\n"));
}

#[test]
fn only_the_link_goes_to_stdout_where_it_is_asked_for() {
    for option in ["--print-url", "--no-browser"] {
        let (home, _asked) = staged([browser(), browser(), signed_in()]);
        let said = Said::of(&mut with_browser(&home, &["login", option]));
        assert_eq!((said.code, &*said.out), (Some(0), &*format!("{URL}\n")));
        assert!(
            said.err.contains("Signed in to “acme” as ann@example.com."),
            "{said:?}"
        );
        assert_eq!(opened(&home), "", "no browser");
    }
}

/// Whoever reads the link gets it before the sign-in is over.
#[test]
fn the_link_is_printed_at_once() {
    use std::io::{BufRead, BufReader};
    let home = with_login();
    let asked = home.daemon(|ask| match ask {
        Ask::Cancel { .. } => Reply::Done,
        _ => browser(),
    });
    let mut child = home
        .command(POOLKEY)
        .args(["login", "--print-url"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert_eq!(line, format!("{URL}\n"));
    wait_until(|| asked.answers().len() > 2);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn where_nobody_could_see_a_browser_the_link_is_shown() {
    for (environment, told) in [
        (
            &[("SSH_CONNECTION", "10.0.0.1 1 10.0.0.2 22")][..],
            "This is a session over SSH without a display, so no browser opens here. \
             Open this link in one, on whatever machine:",
        ),
        (&[], "There is no display here, so no browser opens."),
    ] {
        let (home, _asked) = staged([browser(), browser(), signed_in()]);
        let mut command = home.command(POOLKEY);
        command.arg("login").envs(environment.iter().copied());
        let mut terminal = Terminal::run(&mut command);
        terminal.expect(told);
        terminal.expect("paste that here");
        let (code, out) = terminal.end();
        assert_eq!((code, out), (Some(0), format!("{URL}\n")));
        terminal.expect("Signed in to “acme”");
    }
}

#[test]
fn over_ssh_a_browser_that_is_named_or_has_a_display_opens() {
    let (home, _asked) = staged([browser(), signed_in()]);
    let mut command = with_browser(&home, &["login"]);
    command.env("SSH_CONNECTION", "10.0.0.1 1 10.0.0.2 22");
    let mut terminal = Terminal::run(&mut command);
    assert_eq!(terminal.end().0, Some(0));
    assert_eq!(opened(&home), format!("{URL}\n"));
}

#[test]
fn a_browser_that_is_not_there_is_told_of_and_the_link_shown() {
    let (home, _asked) = staged([browser(), browser(), signed_in()]);
    let mut command = home.command(POOLKEY);
    command
        .arg("login")
        .env("BROWSER", "/nonexistent/browser")
        .env("PATH", "/nonexistent");
    let mut terminal = Terminal::run(&mut command);
    terminal.expect("The browser did not open. No browser opens: ");
    terminal.expect("Open this link in one:");
    assert_eq!(terminal.end(), (Some(0), format!("{URL}\n")));
}

/// What a daemon calls a link is opened as a web address or not at all.
#[test]
fn what_is_no_web_address_is_not_opened() {
    for link in ["--version", "file:///etc/passwd", "javascript:alert(1)"] {
        let other = question(Question::Browser {
            url: link.into(),
            redirect_uri: REDIRECT.into(),
        });
        let (home, _asked) = staged([other, signed_in()]);
        let said = Said::of(&mut with_browser(&home, &["login"]));
        assert!(said.err.contains("The browser did not open."), "{said:?}");
        assert_eq!(opened(&home), "", "{link}");
    }
}

#[test]
fn a_script_waits_and_is_told_what_went_wrong() {
    let denied = Failure {
        code: Code::Wrong,
        sentence: "The sign-in was cancelled in the browser.".into(),
        remedy: "Run the command again.".into(),
    };
    let (home, asked) = staged([browser(), browser(), Reply::Failed(denied.clone())]);
    let said = Said::of(&mut with_browser(&home, &["login"]));
    assert_eq!(said.code, Some(16));
    assert!(said.err.contains("Waiting for the browser.\n"), "{said:?}");
    assert!(!said.err.contains("paste"), "{said:?}");
    assert!(said.err.contains(&denied.sentence), "{said:?}");
    assert_eq!(asked.answers(), [Answer::Wait, Answer::Wait]);
    assert_eq!(opened(&home), format!("{URL}\n"));

    // What is tried again with the same link is waited for.
    let (home, asked) = staged([browser(), again(browser()), again(browser()), signed_in()]);
    let said = Said::of(&mut with_browser(&home, &["login"]));
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(
        said.err.matches("That was not right.").count(),
        1,
        "{said:?}"
    );
    assert_eq!(asked.answers().len(), 3);

    // Another link would need somebody who opens it.
    let other = question(Question::Browser {
        url: format!("{URL}2"),
        redirect_uri: REDIRECT.into(),
    });
    for (other, told) in [
        (again(other.clone()), "That was not right."),
        (other, "came to nothing"),
    ] {
        let (home, asked) = staged([browser(), other]);
        let said = Said::of(&mut with_browser(&home, &["login"]));
        assert_ne!(said.code, Some(0));
        assert!(said.err.contains(told), "{said:?}");
        assert!(asked.ends_with_cancel());
        assert_eq!(opened(&home), format!("{URL}\n"));
    }
}

/// Another program opens the browser itself, and waits or hands an address on.
#[test]
fn in_json_the_link_is_a_question() {
    let (home, asked) = staged([browser(), browser(), identity(None), signed_in()]);
    let mut command = with_browser(&home, &["login", "--json", "--another-account"]);
    let file = home.path().join("stdin");
    let lines = format!(
        "{{\"kind\":\"wait\"}}\n{{\"kind\":\"identity\",\"value\":true}}\n\
         {{\"kind\":\"address\",\"value\":\"{ADDRESS}\"}}\n\
         {{\"kind\":\"identity\",\"value\":true}}\n"
    );
    fs::write(&file, lines).unwrap();
    let said = Said::of(command.stdin(fs::File::open(file).unwrap()));
    assert_eq!((said.code, &*said.err), (Some(0), ""), "{said:?}");
    let lines: Vec<serde_json::Value> = said
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let question = serde_json::json!({"kind": "browser", "url": URL, "redirect_uri": REDIRECT});
    assert_eq!(lines[0]["question"], question);
    assert_eq!(lines[1]["question"], question);
    assert_eq!(
        lines[2]["problem"]["code"], "protocol",
        "an identity is no answer to a link"
    );
    assert_eq!(lines[3]["question"]["kind"], "identity");
    assert_eq!(lines[4]["reply"], "signed_in");
    assert_eq!(
        asked.answers(),
        [
            Answer::Wait,
            Answer::Address(Secret::new(ADDRESS)),
            Answer::Identity(true)
        ]
    );
    assert_eq!(opened(&home), "", "that is the other program's");
    for option in ["--print-url", "--yes", "--expect=ann"] {
        let said = home.poolkey(&["login", "--json", option]);
        assert_eq!(said.code, Some(2), "{option}");
    }
}

#[test]
fn another_account_is_asked_for() {
    let (home, asked) = staged([signed_in()]);
    assert_eq!(home.poolkey(&["login", "--another-account"]).code, Some(0));
    assert_eq!(
        asked.all(),
        [Ask::SignIn {
            login: "acme".into(),
            username: None,
            another_account: true,
        }]
    );
}

fn staged(replies: impl IntoIterator<Item = Reply>) -> (Home, Asked) {
    let home = with_login();
    let asked = home.staged(replies);
    (home, asked)
}

/// The command in a home whose browser notes what it is to open.
fn with_browser(home: &Home, args: &[&str]) -> Command {
    let script = format!(
        "#!/bin/sh\nprintf '%s\\n' \"$@\" >> {}\n",
        home.path().join("opened").display()
    );
    let mut command = home.command(POOLKEY);
    command
        .args(args)
        .env("BROWSER", program(home, "browser", &script));
    command
}

/// A program of a home.
fn program(home: &Home, name: &str, script: &str) -> PathBuf {
    let text = home.path().join(name);
    fs::write(&text, script).unwrap();
    fs::set_permissions(&text, fs::Permissions::from_mode(0o755)).unwrap();
    home.install(text)
}

/// What the browser was to open. It starts by itself and may take a moment.
fn opened(home: &Home) -> String {
    let log = home.path().join("opened");
    for _ in 0..30 {
        if log.exists() {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    std::thread::sleep(Duration::from_millis(30));
    fs::read_to_string(log).unwrap_or_default()
}

fn wait_until(mut true_by_then: impl FnMut() -> bool) {
    for _ in 0..1000 {
        if true_by_then() {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("it took longer than five seconds");
}

fn browser() -> Reply {
    question(Question::Browser {
        url: URL.into(),
        redirect_uri: REDIRECT.into(),
    })
}

fn identity(was: Option<User>) -> Reply {
    question(Question::Identity { user: ann(), was })
}

fn again(reply: Reply) -> Reply {
    match reply {
        Reply::Question { question, .. } => Reply::Question {
            conversation: conversation(),
            question,
            problem: Some(wrong("That was not right.")),
        },
        other => other,
    }
}

fn signed_in() -> Reply {
    Reply::SignedIn { user: ann() }
}

fn ann() -> User {
    User {
        sub: "0-1".into(),
        username: "ann".into(),
        email: Some("ann@example.com".into()),
    }
}

const URL: &str =
    "https://acme.auth.eu-west-1.amazoncognito.com/oauth2/authorize?client_id=abc&state=0f";
const REDIRECT: &str = "http://localhost:8400/callback";
const ADDRESS: &str = "http://localhost:8400/callback?code=00000000-aaaa&state=0f";
