//! How logins of each kind come into `profiles.toml`.

use poolkey_core::session::User;
use poolkey_ipc::{Ask, Reply};

use crate::commands::status;
use crate::support::{Home, with_login};

#[test]
fn each_kind_is_written_as_it_was_typed() {
    for (options, written) in [
        (
            &[
                "--user-pool-id",
                "eu-west-1_AbCdEf123",
                "--client-id",
                "abc",
                "--fips",
                "--dual-stack",
                "--session-life",
                "30d",
            ][..],
            "user_pool_id = \"eu-west-1_AbCdEf123\"\nclient_id = \"abc\"\nsession_life = \"30d\"\n\
             fips = true\ndual_stack = true\n",
        ),
        (
            &[
                "--user-pool-id",
                "eu-west-1_AbCdEf123",
                "--client-id",
                "abc",
                "--domain",
                "acme.auth.eu-west-1.amazoncognito.com",
                "--redirect-uri",
                "http://localhost:8400/callback",
                "--redirect-uri",
                "http://127.0.0.1:9379/callback",
                "--scope",
                "openid",
                "--scope",
                "email",
                "--identity-provider",
                "Google",
                "--logout-uri",
                "http://localhost:8400/signed-out",
                "--parameter",
                "resource=a=b",
                "--username",
                "ann",
            ],
            "user_pool_id = \"eu-west-1_AbCdEf123\"\nclient_id = \"abc\"\nusername = \"ann\"\n\
             domain = \"acme.auth.eu-west-1.amazoncognito.com\"\n\
             redirect_uris = [\"http://localhost:8400/callback\", \"http://127.0.0.1:9379/callback\"]\n\
             scopes = [\"openid\", \"email\"]\nidentity_provider = \"Google\"\n\
             logout_uri = \"http://localhost:8400/signed-out\"\nparameters = { resource = \"a=b\" }\n",
        ),
        (
            &[
                "--issuer",
                "https://accounts.google.com",
                "--client-id",
                "abc.apps",
                "--parameter",
                "access_type=offline",
                "--parameter",
                "prompt=consent",
            ],
            "issuer = \"https://accounts.google.com\"\nclient_id = \"abc.apps\"\n\
             parameters = { access_type = \"offline\", prompt = \"consent\" }\n",
        ),
        (
            &[
                "--issuer",
                "https://accounts.google.com",
                "--token-command",
                "/usr/bin/gcloud",
                "auth",
                "--quiet",
                "it's",
            ],
            "issuer = \"https://accounts.google.com\"\n\
             token_command = [\"/usr/bin/gcloud\", \"auth\", \"--quiet\", \"it's\"]\n",
        ),
        (
            &[
                "--token-command",
                "/bin/token",
                "--json",
                ";",
                "--another-account",
            ],
            "token_command = [\"/bin/token\", \"--json\"]\n",
        ),
    ] {
        let home = Home::new();
        home.daemon(obliging(&home));
        let args = [&["login", "acme"], options].concat();
        let said = home.poolkey(&args);
        assert_eq!(said.code, Some(0), "{said:?}");
        let text = std::fs::read_to_string(home.profiles()).unwrap();
        assert!(
            text.ends_with(&format!("\n[login.acme]\n{written}")),
            "{text}"
        );
        // The same again is the same login.
        let said = home.poolkey(&args);
        assert_eq!(said.code, Some(0), "{said:?}");
        assert_eq!(std::fs::read_to_string(home.profiles()).unwrap(), text);
    }
}

#[test]
fn guests_are_no_login() {
    for args in [
        &["login", "guest"][..],
        &[
            "login",
            "guest",
            "--user-pool-id",
            "eu-west-1_AbCdEf123",
            "--client-id",
            "abc",
        ],
        &["account", "show", "guest"],
        &["profile", "roles", "guest"],
    ] {
        let home = with_login();
        let before = std::fs::read_to_string(home.profiles()).unwrap();
        let said = home.poolkey(args);
        assert_eq!(said.code, Some(15), "{args:?} {said:?}");
        assert!(said.err.contains("Guests need no sign-in."), "{said:?}");
        assert!(!said.err.contains("--user-pool-id"), "{said:?}");
        assert_eq!(std::fs::read_to_string(home.profiles()).unwrap(), before);
    }
}

#[test]
fn what_is_no_login_is_refused_and_nothing_written() {
    for (options, told) in [
        (
            &[
                "--user-pool-id",
                "eu-west-1_AbCdEf123",
                "--client-id",
                "abc",
                "--domain",
                "acme.auth.eu-west-1.amazoncognito.com",
            ][..],
            "domain needs redirect_uris",
        ),
        (
            &[
                "--user-pool-id",
                "eu-west-1_AbCdEf123",
                "--client-id",
                "abc",
                "--flow",
                "BROWSER",
            ],
            "There is no login “acme”",
        ),
        (
            &["--issuer", "http://example.com", "--client-id", "abc"],
            "issuer looks like",
        ),
        (
            &["--issuer", "https://example.com"],
            "There is no login “acme”",
        ),
        (&["--token-command", "gcloud"], "absolute path"),
        (&["--client-id", "abc"], "There is no login “acme”"),
        (
            &[
                "--issuer",
                "https://example.com",
                "--client-id",
                "abc",
                "--parameter",
                "state=1",
            ],
            "Poolkey sets the parameter “state” itself",
        ),
        (
            &[
                "--issuer",
                "https://example.com",
                "--client-id",
                "abc",
                "--scope",
                "email",
            ],
            "scopes has \"openid\"",
        ),
        (
            &["--issuer", "https://a.example", "--user-pool-id", "x_y"],
            "cannot be used with",
        ),
        (
            &["--token-command", "/bin/x", ";", "--client-id", "abc"],
            "cannot be used with",
        ),
        (
            &["--identity-provider", "a", "--idp-identifier", "b"],
            "cannot be used with",
        ),
    ] {
        let home = Home::new();
        let said = home.poolkey(&[&["login", "acme"], options].concat());
        assert_ne!(said.code, Some(0), "{said:?}");
        assert!(said.err.contains(told), "{told}: {said:?}");
        assert!(!home.profiles().exists());
    }
}

#[test]
fn a_login_that_is_there_is_not_taken_for_another() {
    let home = managed();
    home.daemon(obliging(&home));
    let text = std::fs::read_to_string(home.profiles()).unwrap();
    for (options, key) in [
        (&["--user-pool-id", "eu-west-1_Other"][..], "user_pool_id"),
        (&["--client-id", "xyz"], "client_id"),
        (&["--flow", "USER_AUTH"], "flow"),
        (&["--domain", "other.example.com"], "domain"),
        (
            &["--redirect-uri", "http://localhost:8401/callback"],
            "redirect_uris",
        ),
        (&["--scope", "openid"], "scopes"),
        (&["--identity-provider", "Google"], "identity_provider"),
        (&["--logout-uri", "http://localhost:8400/x"], "logout_uri"),
        (&["--parameter", "a=b"], "parameters"),
        (&["--session-life", "1d"], "session_life"),
        (&["--issuer", "https://example.com"], "issuer"),
        (&["--token-command", "/bin/x"], "token_command"),
        (&["--fips"], "fips"),
    ] {
        let said = home.poolkey(&[&["login", "acme"], options].concat());
        assert_eq!(said.code, Some(2), "{options:?} {said:?}");
        let told = format!("is there already, with another {key} or none");
        assert!(said.err.contains(&told), "{said:?}");
    }
    for options in [
        &["--domain", "acme.auth.eu-west-1.amazoncognito.com"][..],
        &["--domain", "https://acme.auth.eu-west-1.amazoncognito.com"],
        &["--flow", "BROWSER"],
        &[
            "--redirect-uri",
            "http://localhost:8400/callback",
            "--client-id",
            "abc",
        ],
    ] {
        let said = home.poolkey(&[&["login", "acme"], options].concat());
        assert_eq!(said.code, Some(0), "{options:?} {said:?}");
    }
    assert_eq!(
        std::fs::read_to_string(home.profiles()).unwrap(),
        text,
        "untouched"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_person_is_asked_for_what_each_kind_needs() {
    use crate::pty::Terminal;
    use crate::support::POOLKEY;
    for (answers, written) in [
        (
            &[
                ("Number [1]: ", "5"),
                ("Number [1]: ", "2"),
                ("User pool id: ", "eu-west-1_AbCdEf123"),
                ("App client id: ", "abc"),
                ("Domain (like acme.auth.eu-west-1.amazoncognito.com): ", ""),
                ("Domain (like", "acme.auth.eu-west-1.amazoncognito.com"),
                (
                    "Callback URLs of the app client [http://localhost:8400/callback]: ",
                    "",
                ),
            ][..],
            "user_pool_id = \"eu-west-1_AbCdEf123\"\nclient_id = \"abc\"\n\
             domain = \"acme.auth.eu-west-1.amazoncognito.com\"\n\
             redirect_uris = [\"http://localhost:8400/callback\"]\n",
        ),
        (
            &[
                ("Number [1]: ", "3"),
                (
                    "Issuer (like https://accounts.google.com): ",
                    "https://example.com",
                ),
                ("Client id: ", "abc"),
            ],
            "issuer = \"https://example.com\"\nclient_id = \"abc\"\n",
        ),
        (
            &[
                ("Number [1]: ", "4"),
                (
                    "Program that prints an ID token, by its path: ",
                    "/bin/token",
                ),
                ("Its next argument [no more]: ", "two words"),
                ("Its next argument [no more]: ", ""),
            ],
            "token_command = [\"/bin/token\", \"two words\"]\n",
        ),
    ] {
        let home = Home::new();
        home.daemon(obliging(&home));
        let mut terminal = Terminal::run(home.command(POOLKEY).args(["login", "acme"]));
        terminal.expect("How do you sign in to it?");
        for (prompt, typed) in answers {
            terminal.expect(prompt);
            terminal.type_in(&format!("{typed}\n"));
        }
        assert_eq!(terminal.end().0, Some(0), "{}", terminal.shown());
        let text = std::fs::read_to_string(home.profiles()).unwrap();
        assert!(
            text.ends_with(&format!("[login.acme]\n{written}")),
            "{text}"
        );
    }
}

fn managed() -> Home {
    let home = with_login();
    let text = "[login.acme]\nuser_pool_id = \"eu-west-1_AbCdEf123\"\nclient_id = \"abc\"\n\
                domain = \"acme.auth.eu-west-1.amazoncognito.com\"\n\
                redirect_uris = [\"http://localhost:8400/callback\"]\n";
    std::fs::write(home.profiles(), text).unwrap();
    home
}

fn obliging(home: &Home) -> impl FnMut(&Ask) -> Reply + Send + use<> {
    let config = home.profiles();
    move |ask| match ask {
        Ask::Status => Reply::Status(Box::new(status(&config))),
        Ask::SignIn { .. } => Reply::SignedIn {
            user: User::default(),
        },
        _ => Reply::Done,
    }
}
