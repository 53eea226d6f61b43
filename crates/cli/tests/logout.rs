//! `poolkey logout`, with a daemon that tells what came of each step.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use poolkey_core::event::{SignOutScope, SignedOut};
use poolkey_core::failure::{Code, Failure, Trouble};
use poolkey_core::time::UnixTime;
use poolkey_ipc::{Ask, Reply};

use crate::pty::Terminal;
use crate::support::{Asked, Home, POOLKEY, Said, with_login};

#[test]
fn each_step_is_told_and_what_could_not_be_done_is_the_end() {
    let failed = |text: &str| {
        Some(Failure {
            code: Code::Service,
            sentence: text.into(),
            remedy: "Nobody helps.".into(),
        })
    };
    let forgotten = || failed("The device stays.");
    let nowhere = SignedOut {
        had_session: true,
        not_revoked: failed("No network."),
        not_forgotten: forgotten(),
        not_everywhere: failed("No access token."),
        keys_live_until: Some(UnixTime::from_secs(4_000_000_000)),
        ..SignedOut::default()
    };
    for (told, args, code, out, err) in [
        (
            SignedOut {
                had_session: true,
                ..SignedOut::default()
            },
            &[][..],
            0,
            &[
                "The vault keeps nothing",
                "Cognito revoked the refresh token.",
                "Signed out of “acme”.",
            ][..],
            &[][..],
        ),
        (
            SignedOut::default(),
            &[],
            0,
            &["Nobody was signed in to “acme”."],
            &[],
        ),
        (
            SignedOut {
                retrying: true,
                not_everywhere: None,
                ..nowhere.clone()
            },
            &[],
            0,
            &[
                "The vault keeps nothing",
                "The refresh token is not revoked yet. Poolkey tries again until it is",
                "The user pool still remembers this computer.",
                "until 2096-10-02T07:06:40Z",
                "Signed out",
            ],
            &[
                "warning: No network.",
                "warning: The device stays. Nobody helps.",
            ],
        ),
        (
            SignedOut {
                not_everywhere: None,
                ..nowhere.clone()
            },
            &[],
            14,
            &["The refresh token is not revoked.", "Signed out"],
            &["warning: The device stays.", "error: No network."],
        ),
        (
            nowhere.clone(),
            &["--everywhere"],
            14,
            &["Other sessions of the user go on."],
            &["warning: No network.", "error: No access token."],
        ),
        (
            SignedOut {
                had_session: true,
                ..SignedOut::default()
            },
            &["--everywhere"],
            0,
            &["All other sessions of the user have ended."],
            &[],
        ),
        (
            SignedOut {
                had_session: true,
                ..SignedOut::default()
            },
            &["--local"],
            0,
            &["The provider was told nothing: the session lives on there"],
            &[],
        ),
    ] {
        let (home, _) = staged(told);
        let said = home.poolkey(&[&["logout", "acme"], args].concat());
        assert_eq!(said.code, Some(code), "{args:?} {said:?}");
        in_order(&said.out, out);
        in_order(&said.err, err);
        assert_eq!(said.err.is_empty(), err.is_empty(), "{said:?}");
    }
}

#[test]
fn options_say_how_far_it_goes() {
    for (args, login, scope) in [
        (&["acme"][..], "acme", SignOutScope::Session),
        (&[], "acme", SignOutScope::Session),
        (&["--local"], "acme", SignOutScope::Local),
        (
            &["other", "--everywhere"],
            "other",
            SignOutScope::Everywhere,
        ),
        (&["--everywhere", "--yes"], "acme", SignOutScope::Everywhere),
    ] {
        let (home, asked) = staged(SignedOut::default());
        let said = home.poolkey(&[&["logout"], args].concat());
        assert_eq!(said.code, Some(0), "{said:?}");
        assert_eq!(
            asked.all(),
            [Ask::SignOut {
                login: login.into(),
                scope
            }]
        );
    }
    let said = with_login().poolkey(&["logout", "--local", "--everywhere"]);
    assert_eq!(said.code, Some(2));
}

#[test]
fn a_person_agrees_before_all_sessions_end() {
    for (typed, ends) in [
        ("y\n", true),
        ("perhaps\nYes\n", true),
        ("\n", false),
        ("n\n", false),
    ] {
        let (home, asked) = staged(SignedOut {
            had_session: true,
            ..SignedOut::default()
        });
        let mut terminal = Terminal::run(home.command(POOLKEY).args(["logout", "--everywhere"]));
        terminal.expect("End all sessions of whoever is signed in to “acme”");
        terminal.expect("[y/N]: ");
        assert_eq!(asked.all(), []);
        terminal.type_in(typed);
        let code = terminal.end().0;
        assert_eq!(
            code,
            Some(if ends { 0 } else { 16 }),
            "{}",
            terminal.shown()
        );
        assert_eq!(asked.all().len(), usize::from(ends));
    }
    let (home, asked) = staged(SignedOut::default());
    let mut terminal =
        Terminal::run(
            home.command(POOLKEY)
                .args(["logout", "--everywhere", "--yes"]),
        );
    assert_eq!(terminal.end().0, Some(0));
    assert_eq!(asked.all().len(), 1);
}

#[test]
fn the_browser_is_signed_out_where_that_is_asked_for() {
    let with_page = || SignedOut {
        had_session: true,
        logout_url: Some(PAGE.into()),
        ..SignedOut::default()
    };
    let (home, _) = staged(with_page());
    let said = with_browser(&home, &["logout", "--browser"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(
        said.out
            .ends_with("The browser opens the provider's page that signs it out.\n")
    );
    assert_eq!(opened(&home), format!("{PAGE}\n"));

    let (home, _) = staged(with_page());
    let said = with_browser(&home, &["logout"]);
    assert_eq!((said.code, opened(&home)), (Some(0), String::new()));
    assert!(!said.out.contains(PAGE), "{said:?}");

    // Nobody needs a session here for it.
    let (home, _) = staged(SignedOut {
        had_session: false,
        ..with_page()
    });
    assert_eq!(with_browser(&home, &["logout", "--browser"]).code, Some(0));
    assert_eq!(opened(&home), format!("{PAGE}\n"));

    // Where there is no browser, the link is all there is.
    let (home, _) = staged(with_page());
    let said = home.poolkey(&["logout", "--browser"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.out.ends_with(&format!("\n{PAGE}\n")), "{said:?}");
}

#[test]
fn why_the_browser_was_not_signed_out_is_said() {
    for (had_session, args, told) in [
        (
            true,
            &["logout", "--browser"][..],
            "no page of the provider's is known",
        ),
        (
            false,
            &["logout", "--browser"],
            "for a user pool's pages, give the login their domain",
        ),
        (
            true,
            &["logout", "--browser", "--local"],
            "with --local the provider is asked nothing",
        ),
    ] {
        let (home, _) = staged(SignedOut {
            had_session,
            ..SignedOut::default()
        });
        let said = with_browser(&home, args);
        assert_eq!(said.code, Some(15), "{said:?}");
        assert!(said.out.contains("igned"), "all else was told: {said:?}");
        assert!(said.err.contains(told), "{said:?}");
        assert_eq!(opened(&home), "");
    }
}

/// The daemon names the page of a session; the browser may be signed in without one.
#[test]
fn the_browser_is_signed_out_where_nobody_was_signed_in_here() {
    let pool = "user_pool_id = \"eu-west-1_AbCdEf123\"\nclient_id = \"abc\"\n\
                domain = \"acme.auth.eu-west-1.amazoncognito.com\"\n\
                redirect_uris = [\"http://localhost:8400/back\", \"http://localhost:8401/back\"]\n";
    let ending = format!("{pool}logout_uri = \"http://localhost:8400/out?a=b&c\"\n");
    let domain = "https://acme.auth.eu-west-1.amazoncognito.com";
    for (login, page) in [
        (
            pool,
            "client_id=abc&response_type=code&redirect_uri=http%3A%2F%2Flocalhost%3A8400%2Fback",
        ),
        (
            &ending,
            "client_id=abc&logout_uri=http%3A%2F%2Flocalhost%3A8400%2Fout%3Fa%3Db%26c",
        ),
    ] {
        let url = format!("{domain}/logout?{page}");
        let (home, _) = staged(SignedOut::default());
        fs::write(home.profiles(), format!("[login.acme]\n{login}")).unwrap();
        let said = with_browser(&home, &["logout", "--browser"]);
        assert_eq!(said.code, Some(0), "{said:?}");
        in_order(
            &said.out,
            &["Nobody was signed in to “acme”.", "The browser opens"],
        );
        assert_eq!(opened(&home), format!("{url}\n"));

        let said = home.poolkey(&["logout", "--browser"]);
        assert!(said.out.ends_with(&format!("\n{url}\n")), "{said:?}");
        let said = home.poolkey(&["logout", "--json"]);
        let json: serde_json::Value = serde_json::from_str(&said.out).unwrap();
        assert_eq!(json["logout_url"], url);
        let said = home.poolkey(&["logout", "--browser", "--local"]);
        assert_eq!(said.code, Some(15), "{said:?}");
    }
}

#[test]
fn where_there_is_no_page_it_is_said_what_to_do_by_hand() {
    for (login, told) in [
        (
            "issuer = \"https://example.com\"\nclient_id = \"abc\"\n",
            "hint: Open https://example.com in the browser and sign out there.",
        ),
        (
            "token_command = [\"/bin/token\"]\n",
            "this login uses none.",
        ),
    ] {
        let (home, _) = staged(SignedOut::default());
        fs::write(home.profiles(), format!("[login.acme]\n{login}")).unwrap();
        let said = with_browser(&home, &["logout", "--browser"]);
        assert_eq!(said.code, Some(15), "{said:?}");
        assert!(said.err.contains(told), "{said:?}");
    }
}

#[test]
fn as_json_it_is_one_object_and_the_same_end() {
    let (home, _) = staged(SignedOut {
        had_session: true,
        not_revoked: Some(Trouble::NotRevoked("No network.".into()).into()),
        logout_url: Some(PAGE.into()),
        ..SignedOut::default()
    });
    let said = with_browser(&home, &["logout", "--json", "--browser"]);
    assert_eq!(said.code, Some(14), "{said:?}");
    assert_eq!(said.out.lines().count(), 1, "{said:?}");
    let json: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(json["had_session"], true);
    assert_eq!(json["logout_url"], PAGE);
    assert_eq!(opened(&home), format!("{PAGE}\n"));
}

#[test]
fn a_provider_of_its_own_is_not_called_cognito() {
    for (login, told) in [
        (
            "issuer = \"https://example.com\"\nclient_id = \"abc\"\n",
            "No refresh token of the session works any more.",
        ),
        (
            "token_command = [\"/bin/token\"]\n",
            "The program that prints tokens was told nothing",
        ),
    ] {
        let (home, _) = staged(SignedOut {
            had_session: true,
            ..SignedOut::default()
        });
        fs::write(home.profiles(), format!("[login.acme]\n{login}")).unwrap();
        let said = home.poolkey(&["logout"]);
        assert!(said.out.contains(told), "{said:?}");
        assert!(!said.out.contains("Cognito"), "{said:?}");
    }
}

fn staged(told: SignedOut) -> (Home, Asked) {
    let home = with_login();
    let asked = home.daemon(move |_| Reply::SignedOut(told.clone()));
    (home, asked)
}

fn with_browser(home: &Home, args: &[&str]) -> Said {
    let text = home.path().join("browser");
    let log = home.path().join("opened");
    fs::write(
        &text,
        format!("#!/bin/sh\nprintf '%s\\n' \"$@\" >> {}\n", log.display()),
    )
    .unwrap();
    fs::set_permissions(&text, fs::Permissions::from_mode(0o755)).unwrap();
    let browser = home.install(text);
    Said::of(home.command(POOLKEY).args(args).env("BROWSER", browser))
}

/// The browser starts by itself and may take a moment.
fn opened(home: &Home) -> String {
    let log = home.path().join("opened");
    for _ in 0..30 {
        if log.exists() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    std::thread::sleep(std::time::Duration::from_millis(30));
    fs::read_to_string(log).unwrap_or_default()
}

fn in_order(text: &str, parts: &[&str]) {
    let mut rest = text;
    for part in parts {
        let at = rest.find(part);
        assert!(at.is_some(), "“{part}” is not where it belongs: {text}");
        rest = &rest[at.unwrap() + part.len()..];
    }
}

const PAGE: &str = "https://example.com/logout?client_id=abc&logout_uri=x";
