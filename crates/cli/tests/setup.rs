//! The first use: ids by questions, by options, and out of a file.

use std::fs;
use std::path::PathBuf;

use poolkey_core::finding::{Finding, Severity};
use poolkey_ipc::{Ask, Reply};

use crate::commands::status;
use crate::pty::Terminal;
use crate::support::{Home, POOLKEY, Said, script, with_login};

#[test]
fn from_nothing_to_a_profile_in_one_go() {
    let home = Home::new();
    let reads = status(&home.profiles());
    let asked = home.daemon(move |ask| match ask {
        Ask::Status => Reply::Status(Box::new(reads.clone())),
        Ask::Examine { .. } => Reply::Findings(vec![
            finding(Severity::Good, "It is well."),
            finding(Severity::Warning, "The pool is unknown."),
        ]),
        _ => Reply::Done,
    });
    let mut terminal = Terminal::run(home.command(POOLKEY).arg("configure"));
    for (question, answer) in [
        ("Name of the login [main]: ", ""),
        ("Number [1]: ", "1"),
        ("User pool id: ", "eu-west-1"),
        ("user_pool_id", ""),
        ("User pool id: ", "eu-west-1_AbCdEf123"),
        ("App client id: ", "abc"),
        ("Identity pool id", "nonsense"),
        ("identity_pool_id", ""),
        ("Identity pool id", IDENTITY_POOL),
        ("Region for AWS tools [eu-west-1]: ", ""),
        ("Name of the profile [default]: ", ""),
        ("Write this? [Y/n]: ", ""),
        ("Write this? [Y/n]: ", "y"),
    ] {
        terminal.expect(question);
        // What is told in between is not answered.
        if question.ends_with(": ") || question.starts_with("Identity") {
            terminal.type_in(&format!("{answer}\n"));
        }
    }
    let (code, out) = terminal.end();
    assert_eq!(code, Some(0), "{}", terminal.shown());
    assert!(
        out.contains("+user_pool_id = \"eu-west-1_AbCdEf123\""),
        "{out}"
    );
    assert!(
        out.contains("Then try it: aws sts get-caller-identity\n"),
        "{out}"
    );
    assert!(terminal.shown().contains("The pool is unknown."));
    assert!(!terminal.shown().contains("It is well."));
    let examine = Ask::Examine {
        login: Some("main".into()),
    };
    assert!(asked.all().contains(&examine));
    assert_eq!(
        profiles(&home),
        format!("{HEADER}{}", written("main", "default"))
    );
    let shim = env!("CARGO_BIN_EXE_poolkey-credential-process");
    assert_eq!(
        fs::read_to_string(aws_config(&home)).unwrap(),
        format!("[default]\ncredential_process = {shim} default\nregion = eu-west-1\n")
    );
}

#[test]
fn a_login_that_is_there_needs_an_identity_pool_alone() {
    let home = with_login();
    let mut terminal = Terminal::run(home.command(POOLKEY).args(["configure", "--yes"]));
    for (question, answer) in [
        ("Name of the login [acme]: ", ""),
        ("Identity pool id", IDENTITY_POOL),
        ("Region for AWS tools [eu-west-1]: ", "us-east-1"),
        ("Name of the profile [default]: ", "dev"),
    ] {
        terminal.expect(question);
        terminal.type_in(&format!("{answer}\n"));
    }
    assert_eq!(terminal.end().0, Some(0), "{}", terminal.shown());
    let expected = written("acme", "dev").replace("eu-west-1\"\n", "us-east-1\"\n");
    assert_eq!(format!("\n{}", profiles(&home)), expected);
}

#[test]
fn a_provider_of_another_kind_does_as_well() {
    let home = Home::new();
    let options = [
        "--issuer",
        "https://accounts.google.com",
        "--client-id",
        "abc.apps",
        "--identity-pool-id",
        IDENTITY_POOL,
        "--login",
        "google",
        "--profile",
        "dev",
        "--region",
        "us-east-1",
        "--yes",
    ];
    let said = script(&home, &[&["configure"], &options[..]].concat(), "");
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(
        profiles(&home),
        format!(
            "{HEADER}\n[login.google]\nissuer = \"https://accounts.google.com\"\nclient_id = \
             \"abc.apps\"\n\n[profile.dev]\nlogin = \"google\"\nidentity_pool_id = \
             \"{IDENTITY_POOL}\"\nregion = \"us-east-1\"\n"
        )
    );
}

#[test]
fn who_says_no_has_nothing_written() {
    let home = Home::new();
    let file = amplify(&home, "");
    let mut terminal = Terminal::run(home.command(POOLKEY).args(["configure", "--import", &file]));
    terminal.expect("Name of the login [main]: ");
    terminal.type_in("acme\n");
    terminal.expect("Region for AWS tools [eu-west-1]: ");
    terminal.type_in("\n");
    terminal.expect("Name of the profile [default]: ");
    terminal.type_in("dev\n");
    terminal.expect("Write this? [Y/n]: ");
    terminal.type_in("n\n");
    assert_eq!(terminal.end().0, Some(16), "{}", terminal.shown());
    assert!(!home.profiles().exists() && !aws_config(&home).exists());
}

#[test]
fn a_file_and_options_do_without_a_terminal() {
    let home = Home::new();
    let file = amplify(&home, "");
    let said = import(&home, &file, &[]);
    assert_eq!(said.code, Some(2), "{said:?}");
    assert!(
        said.err
            .contains("For a new profile, give --login, --profile\n"),
        "{said:?}"
    );
    let options = ["--login", "acme", "--profile", "dev", "--yes"];
    let said = import(&home, &file, &options);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(
        said.err
            .contains("was not checked: The daemon is not running."),
        "{said:?}"
    );
    assert_eq!(
        profiles(&home),
        format!("{HEADER}{}", written("acme", "dev"))
    );
    let config = fs::read_to_string(aws_config(&home)).unwrap();
    assert!(
        config.starts_with("[profile dev]\ncredential_process = "),
        "{config}"
    );
    // Once more, there is nothing to do.
    let said = import(&home, &file, &options);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.out.contains("has all of “dev” already"), "{said:?}");
    assert_eq!(
        profiles(&home),
        format!("{HEADER}{}", written("acme", "dev"))
    );
    // Another profile of the same login, and what does not go together.
    let said = import(
        &home,
        &file,
        &["--login", "acme", "--profile", "two", "--yes"],
    );
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(profiles(&home).ends_with(written("acme", "two").split_once("abc\"\n").unwrap().1));
    for (options, told) in [
        (
            ["--login", "acme", "--client-id", "other"],
            "with another client_id",
        ),
        (
            ["--profile", "two", "--login", "else"],
            "profile “two” already, and it is another",
        ),
        (["--login", "guest", "--profile", "x"], "cannot"),
    ] {
        let more = ["--profile", "y", "--yes"];
        let more = if options.contains(&"--profile") {
            &more[2..]
        } else {
            &more[..]
        };
        let said = import(&home, &file, &[&options, more].concat());
        assert!(matches!(said.code, Some(2 | 16)), "{said:?}");
        assert!(said.err.contains(told) || told == "cannot", "{said:?}");
    }
}

#[test]
fn without_a_terminal_it_is_said_what_is_missing() {
    let home = Home::new();
    let said = script(&home, &["configure"], "");
    assert_eq!(said.code, Some(2), "{said:?}");
    for option in [
        "--user-pool-id",
        "--client-id",
        "--identity-pool-id",
        "--login",
        "--profile",
        "--import",
    ] {
        assert!(said.err.contains(option), "{said:?}");
    }
}

/// With an address of this machine people sign in in the browser.
#[test]
fn a_domain_is_taken_where_a_browser_can_come_back() {
    for (oauth, options, expected) in [
        (
            "\"domain\":\"acme.auth.eu-west-1.amazoncognito.com\",\"scopes\":[\"openid\"],\
             \"redirect_sign_in_uri\":[\"http://localhost:8400/callback\"]",
            &[][..],
            "domain = \"acme.auth.eu-west-1.amazoncognito.com\"\n\
             redirect_uris = [\"http://localhost:8400/callback\"]\nscopes = [\"openid\"]\n",
        ),
        (
            "\"domain\":\"acme.auth.eu-west-1.amazoncognito.com\",\
             \"redirect_sign_in_uri\":[\"https://app.example.com/\"]",
            &["--redirect-uri", "http://127.0.0.1:9000/"],
            "domain = \"acme.auth.eu-west-1.amazoncognito.com\"\n\
             redirect_uris = [\"http://127.0.0.1:9000/\"]\n",
        ),
        (
            "\"domain\":\"acme.auth.eu-west-1.amazoncognito.com\",\
             \"redirect_sign_in_uri\":[\"https://app.example.com/\"]",
            &[],
            "",
        ),
    ] {
        let home = Home::new();
        let file = amplify(&home, &format!(",\"oauth\":{{{oauth}}}"));
        let options = [&["--login", "a", "--profile", "p", "--yes"], options].concat();
        let said = import(&home, &file, &options);
        assert_eq!(said.code, Some(0), "{said:?}");
        let told = said.err.contains("people sign in with a password");
        assert_eq!(told, expected.is_empty(), "{said:?}");
        let text = profiles(&home);
        let login = text.split_once("abc\"\n").unwrap().1;
        assert!(
            login.starts_with(&format!("{expected}\n[profile.p]")),
            "{text}"
        );
    }
}

#[test]
fn of_several_a_person_chooses() {
    let home = Home::new();
    let file = home.path().join("cdk-outputs.json");
    let stack = |pool: &str, client: &str| {
        format!(
            "{{\"UserPoolId\":\"eu-west-1_{pool}\",\"UserPoolClientId\":\"{client}\",\"IdentityPoolId\":\"{IDENTITY_POOL}\"}}"
        )
    };
    let text = format!(
        "{{\"One\":{},\"Two\":{}}}",
        stack("AbCdEf123", "1aaaaaaaaaaaaaaaaaaaaaaaaa"),
        stack("XyZ987654", "2bbbbbbbbbbbbbbbbbbbbbbbbb")
    );
    fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap();
    let said = import(&home, file, &["--login", "a", "--profile", "p", "--yes"]);
    assert_eq!(said.code, Some(2), "{said:?}");
    assert!(
        said.err
            .contains("several user pools: name one by --user-pool-id"),
        "{said:?}"
    );
    let mut terminal = Terminal::run(home.command(POOLKEY).args([
        "configure",
        "--import",
        file,
        "--login",
        "a",
        "--profile",
        "p",
        "--yes",
    ]));
    terminal.expect("The file has several user pools:");
    terminal.expect("Number (1 to 2): ");
    terminal.type_in("3\n");
    terminal.expect("Number (1 to 2): ");
    terminal.type_in("2\n");
    terminal.expect("The file has several app clients:");
    terminal.expect("Number (1 to 2): ");
    terminal.type_in("2\n");
    terminal.expect("Region");
    terminal.type_in("\n");
    assert_eq!(terminal.end().0, Some(0), "{}", terminal.shown());
    let text = profiles(&home);
    assert!(
        text.contains("user_pool_id = \"eu-west-1_XyZ987654\"\nclient_id = \"2bbb"),
        "{text}"
    );
}

/// Whatever a file says: it is ids or nothing, and no terminal is steered by it.
#[test]
fn a_hostile_file_comes_to_nothing() {
    for hostile in [
        "eu-west-1_A\\u001b[2J",
        "eu-west-1_A\\\"\\n[login.x]\\ntoken_command = [\\\"/bin/sh\\\"]",
        "eu-west-1_A; rm -rf ~",
        "../../etc/passwd",
        "eu-west-1_A\\u202egnp",
    ] {
        for place in ["user_pool_id", "user_pool_client_id", "identity_pool_id"] {
            let home = Home::new();
            let file = amplify(&home, "");
            let text = fs::read_to_string(&file).unwrap();
            let value: serde_json::Value = serde_json::from_str(&text).unwrap();
            let known = value["auth"][place].as_str().unwrap();
            fs::write(
                &file,
                text.replace(&format!("\"{known}\""), &format!("\"{hostile}\"")),
            )
            .unwrap();
            let said = import(&home, &file, &["--login", "a", "--profile", "p", "--yes"]);
            let shown = format!("{}{}", said.out, said.err);
            assert!(
                !shown.contains(['\u{1b}', '\u{202e}']),
                "{place} {hostile}: {said:?}"
            );
            assert_ne!(said.code, Some(0), "{place} {hostile}: {said:?}");
            assert!(!aws_config(&home).exists(), "{place} {hostile}: {said:?}");
            assert!(!home.profiles().exists(), "{place} {hostile}: {said:?}");
        }
    }
    for text in [
        "",
        "{}",
        "[1,2",
        "\u{0}\u{1}",
        "const x = require('child_process')",
    ] {
        let home = Home::new();
        let file = home.path().join("f");
        fs::write(&file, text).unwrap();
        let said = import(&home, file.to_str().unwrap(), &["--yes"]);
        assert_eq!(said.code, Some(78), "{said:?}");
        assert!(said.err.contains("cannot be imported"), "{said:?}");
    }
    let said = import(&Home::new(), "/no/such/file", &["--yes"]);
    assert_eq!(said.code, Some(78), "{said:?}");
}

/// Between the question and the answer there is time for somebody else.
#[test]
fn what_was_not_shown_is_not_written() {
    for (meanwhile, told) in [
        ("[default]\nregion = y\noutput = json\n", None),
        (
            "[default]\nregion = x\n[profile dev]\ncli_pager =\n",
            Some("was changed while you were asked"),
        ),
        (
            "[default]\nregion = x\n[profile dev]\nsso_session = corp\n",
            Some("has sso_session"),
        ),
    ] {
        let home = Home::new();
        let file = amplify(&home, "");
        let options = ["--login", "acme", "--profile", "dev", "--yes"];
        assert_eq!(import(&home, &file, &options).code, Some(0));
        fs::write(aws_config(&home), "[default]\nregion = x\n").unwrap();
        let mut command = home.command(POOLKEY);
        let mut terminal = Terminal::run(command.args(["configure", "dev"]));
        terminal.expect("Write this? [Y/n]: ");
        fs::write(aws_config(&home), meanwhile).unwrap();
        terminal.type_in("y\n");
        if let Some(told) = told {
            terminal.expect(told);
        }
        let code = told.map_or(0, |_| 73);
        assert_eq!(terminal.end().0, Some(code), "{}", terminal.shown());
        let text = fs::read_to_string(aws_config(&home)).unwrap();
        assert!(text.starts_with(meanwhile), "{text}");
        assert_eq!(text == meanwhile, told.is_some(), "{text}");
    }
    for question in ["Region", "Write this? [Y/n]: "] {
        let home = Home::new();
        let file = amplify(&home, "");
        let mut command = home.command(POOLKEY);
        let names = ["--login", "acme", "--profile", "dev"];
        let args = [&["configure", "--import", &file], &names[..]].concat();
        let mut terminal = Terminal::run(command.args(args));
        if question != "Region" {
            terminal.expect("Region");
            terminal.type_in("\n");
        }
        terminal.expect(question);
        fs::create_dir_all(home.profiles().parent().unwrap()).unwrap();
        let meanwhile = "[login.acme]\nuser_pool_id = \"eu-west-1_XyZ\"\nclient_id = \"other\"\n";
        fs::write(home.profiles(), meanwhile).unwrap();
        terminal.type_in("\n");
        terminal.expect("was changed while you were asked");
        assert_eq!(terminal.end().0, Some(73), "{}", terminal.shown());
        assert_eq!(profiles(&home), meanwhile);
    }
}

#[test]
fn who_removes_a_profile_is_asked_for_its_lines() {
    for (answer, is_left) in [("n", true), ("", false)] {
        let home = Home::new();
        let file = amplify(&home, "");
        let options = ["--login", "acme", "--profile", "dev", "--yes"];
        assert_eq!(import(&home, &file, &options).code, Some(0));
        let mut command = home.command(POOLKEY);
        let mut terminal = Terminal::run(command.args(["profile", "remove", "dev"]));
        terminal.expect("Take that out of the file, too? [Y/n]: ");
        terminal.type_in(&format!("{answer}\n"));
        let (code, out) = terminal.end();
        assert_eq!(code, Some(0), "{}", terminal.shown());
        assert!(out.contains("-[profile dev]"), "{out}");
        assert_eq!(
            out.contains("poolkey configure --remove dev"),
            is_left,
            "{out}"
        );
        let text = fs::read_to_string(aws_config(&home)).unwrap();
        assert_eq!(text.is_empty(), !is_left, "{text}");
        assert!(!profiles(&home).contains("[profile.dev]"));
    }
}

#[test]
fn a_name_that_is_taken_is_not_offered() {
    let home = Home::new();
    fs::create_dir_all(aws_config(&home).parent().unwrap()).unwrap();
    fs::write(aws_config(&home), "[default]\nsso_session = corp\n").unwrap();
    let file = amplify(&home, "");
    let mut terminal =
        Terminal::run(
            home.command(POOLKEY)
                .args(["configure", "--import", &file, "--dry-run"]),
        );
    terminal.expect("Name of the login [main]: ");
    terminal.type_in("acme\n");
    terminal.expect("Region");
    terminal.type_in("us-east-1\n");
    terminal.expect("Name of the profile [acme]: ");
    terminal.type_in("\n");
    let (code, out) = terminal.end();
    assert_eq!(code, Some(0), "{}", terminal.shown());
    assert!(
        out.contains("+[profile acme]") && out.contains("+region = us-east-1"),
        "{out}"
    );
    assert!(!home.profiles().exists());
}

fn import(home: &Home, file: &str, options: &[&str]) -> Said {
    script(
        home,
        &[&["configure", "--import", file], options].concat(),
        "",
    )
}

/// `amplify_outputs.json` with more in its `auth` part.
fn amplify(home: &Home, more: &str) -> String {
    let path = home.path().join("amplify_outputs.json");
    let text = format!(
        "{{\"version\":\"1\",\"auth\":{{\"user_pool_id\":\"eu-west-1_AbCdEf123\",\
         \"user_pool_client_id\":\"abc\",\"identity_pool_id\":\"{IDENTITY_POOL}\"{more}}}}}"
    );
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

fn written(login: &str, profile: &str) -> String {
    format!(
        "\n[login.{login}]\nuser_pool_id = \"eu-west-1_AbCdEf123\"\nclient_id = \"abc\"\n\n\
         [profile.{profile}]\nlogin = \"{login}\"\nidentity_pool_id = \"{IDENTITY_POOL}\"\n\
         region = \"eu-west-1\"\n"
    )
}

fn profiles(home: &Home) -> String {
    fs::read_to_string(home.profiles()).unwrap()
}

fn aws_config(home: &Home) -> PathBuf {
    home.path().join(".aws/config")
}

fn finding(severity: Severity, sentence: &str) -> Finding {
    Finding {
        code: "x".into(),
        severity,
        about: "login main".into(),
        sentence: sentence.into(),
        remedy: None,
    }
}

const HEADER: &str = "# Poolkey's logins and profiles: names and ids only, never a secret.\n";

const IDENTITY_POOL: &str = "eu-west-1:01234567-89ab-cdef-0123-456789abcdef";
