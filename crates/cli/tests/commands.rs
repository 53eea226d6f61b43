//! Each command against a daemon that does what it is asked, or does not.

use std::path::Path;

use poolkey_core::config::VaultChoice;
use poolkey_core::failure::{Failure, Trouble};
use poolkey_core::secret::Secret;
use poolkey_core::snapshot::Snapshot;
use poolkey_core::time::UnixTime;
use poolkey_ipc::{Ask, DaemonView, Reply, Status, VaultView};

use crate::support::{Home, Said};

#[test]
fn a_login_and_a_profile_are_added_listed_and_removed() {
    let home = Home::new();
    let asked = home.daemon(obliging(&home));
    let said = home.poolkey(&[
        "login",
        "acme",
        "--user-pool-id",
        "eu-west-1_AbCdEf123",
        "--client-id",
        "abc",
        "--flow",
        "USER_PASSWORD_AUTH",
        "--endpoint",
        "http://127.0.0.1:4567",
    ]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(
        asked.all(),
        [
            Ask::Status,
            Ask::Reload,
            Ask::SignIn {
                login: "acme".into(),
                username: None,
                another_account: false,
            }
        ]
    );

    let said = home.poolkey(&[
        "profile",
        "add",
        "dev",
        "--login",
        "acme",
        "--identity-pool-id",
        POOL,
    ]);
    assert_eq!(said.code, Some(0), "{said:?}");
    let lines: Vec<&str> = said.out.lines().collect();
    assert_eq!(
        lines[0],
        "Added profile “dev”. “poolkey configure dev” puts these lines into ~/.aws/config:"
    );
    assert_eq!(lines[2], "[profile dev]");
    let shim = Path::new(env!("CARGO_BIN_EXE_poolkey-credential-process"));
    assert_eq!(
        lines[3],
        format!("credential_process = {} dev", shim.display())
    );
    assert!(
        !home.path().join(".aws").exists(),
        "that file is the person's own"
    );

    let said = home.poolkey(&["profile", "remove", "dev"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(
        home.poolkey(&["profile", "list"])
            .out
            .starts_with("There are no profiles.")
    );
    let written = std::fs::read_to_string(home.profiles()).unwrap();
    assert_eq!(
        written,
        "# Poolkey's logins and profiles: names and ids only, never a secret.\n\n\
         [login.acme]\nuser_pool_id = \"eu-west-1_AbCdEf123\"\nclient_id = \"abc\"\n\
         flow = \"USER_PASSWORD_AUTH\"\nendpoint = \"http://127.0.0.1:4567\"\n"
    );
}

#[test]
fn what_cannot_be_added_is_told_in_two_lines() {
    let home = Home::new();
    let add = |args: &[&str]| home.poolkey(&[&["profile", "add"], args].concat());
    let said = add(&["dev", "--login", "acme", "--identity-pool-id", POOL]);
    assert_eq!(said.code, Some(11));
    assert_eq!(
        said.err,
        "poolkey: error: There is no login “acme”.\n\
         poolkey: hint: Add it: poolkey login acme --user-pool-id POOL --client-id CLIENT\n"
    );

    std::fs::create_dir_all(home.profiles().parent().unwrap()).unwrap();
    std::fs::write(home.profiles(), LOGIN).unwrap();
    for (args, code, told) in [
        (
            &["a b", "--login", "acme", "--identity-pool-id", POOL][..],
            2,
            "cannot stand in a name",
        ),
        (
            &["dev", "--login", "acme", "--identity-pool-id", "x"],
            78,
            "identity_pool_id looks like",
        ),
        (
            &[
                "dev",
                "--login",
                "acme",
                "--identity-pool-id",
                POOL,
                "--role-arn",
                "x",
            ],
            78,
            "role_arn looks like",
        ),
        (
            &[
                "dev",
                "--login",
                "acme",
                "--identity-pool-id",
                POOL,
                "--endpoint",
                "http://x.org",
            ],
            78,
            "https://",
        ),
    ] {
        let said = add(args);
        assert_eq!(said.code, Some(code), "{said:?}");
        assert!(said.err.contains(told), "{said:?}");
        assert_eq!(said.err.lines().count(), 2, "{said:?}");
        assert_eq!(
            std::fs::read_to_string(home.profiles()).unwrap(),
            LOGIN,
            "untouched"
        );
    }

    assert_eq!(home.poolkey(&["profile", "remove", "dev"]).code, Some(11));
    std::fs::write(home.profiles(), "[login.acme\n").unwrap();
    let said = home.poolkey(&["profile", "list"]);
    assert_eq!(said.code, Some(78));
    assert!(said.err.contains("line 1"), "{said:?}");
}

#[test]
fn a_daemon_that_reads_another_file_is_told_of() {
    let home = Home::new();
    let other = status(Path::new("/elsewhere/profiles.toml"));
    home.daemon(move |_| Reply::Status(Box::new(other.clone())));
    let said = home.poolkey(&[
        "login",
        "a",
        "--user-pool-id",
        "us-east-1_X",
        "--client-id",
        "x",
    ]);
    assert_eq!(said.code, Some(78), "{said:?}");
    assert!(said.err.contains("/elsewhere/profiles.toml"), "{said:?}");
}

#[test]
fn status_in_words_and_as_json() {
    let home = Home::new();
    home.daemon(obliging(&home));
    let said = home.poolkey(&["status"]);
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    assert!(said.out.starts_with("There are no logins."), "{}", said.out);
    assert!(
        !said.out.contains('\u{1b}'),
        "no colours where nobody sees them"
    );

    let said = home.poolkey(&["status", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(said.out.lines().count(), 1);
    assert_eq!(json["daemon"]["vault"]["choice"], "keychain");
    assert_eq!(json["logins"], serde_json::json!([]));
}

#[test]
fn a_watch_shows_each_status_until_the_daemon_stops() {
    let home = Home::new();
    let config = home.profiles();
    home.raw_daemon(move |_| {
        let line = Reply::Status(Box::new(status(&config))).to_line().unwrap();
        [&line[..], &line[..]].concat()
    });
    let said = home.poolkey(&["status", "--watch", "--json"]);
    assert_eq!(
        (said.code, said.out.lines().count()),
        (Some(0), 2),
        "{said:?}"
    );
}

#[test]
fn keys_for_scripts() {
    let home = Home::new();
    let document = r#"{"Version":1,"AccessKeyId":"A","SecretAccessKey":"S","SessionToken":"T","Expiration":"E"}"#;
    home.daemon(move |_| Reply::Document(Secret::new(document)));
    let said = home.poolkey(&["credentials", "dev"]);
    assert_eq!(said.out, format!("{document}\n"));
    let said = home.poolkey(&["credentials", "dev", "--format", "env"]);
    assert!(
        said.out.starts_with("export AWS_ACCESS_KEY_ID='A'\n"),
        "{said:?}"
    );
}

#[test]
fn a_failure_is_an_error_a_hint_and_an_exit_code() {
    let home = Home::new();
    home.daemon(|_| Reply::Failed(Trouble::UnknownLogin("x".into()).into()));
    for args in [
        &["renew", "x"][..],
        &["logout", "x"],
        &["credentials", "x"],
        &["status"],
    ] {
        let said = home.poolkey(args);
        assert_eq!(said.code, Some(11), "{args:?}");
        assert_eq!(
            said.err,
            "poolkey: error: There is no login “x”.\n\
             poolkey: hint: Add it: poolkey login x --user-pool-id POOL --client-id CLIENT\n",
            "{args:?}"
        );
    }
}

#[test]
fn an_answer_of_a_newer_daemon_is_named() {
    let home = Home::new();
    home.daemon(|_| Reply::Other("song".into()));
    let said = home.poolkey(&["renew", "x"]);
    assert_eq!(said.code, Some(76));
    assert!(
        said.err.contains("“song”") && said.err.contains("daemon restart"),
        "{said:?}"
    );
}

#[test]
fn without_a_daemon() {
    let home = Home::new();
    let said = home.poolkey(&["daemon", "status"]);
    assert_eq!(said.code, Some(69));
    assert!(
        said.err.contains("hint: Run: poolkey daemon start"),
        "{said:?}"
    );
    let said = home.poolkey(&["daemon", "stop"]);
    assert_eq!(
        (said.code, said.out.as_str()),
        (Some(0), "The daemon is not running.\n")
    );
    assert_eq!(home.poolkey(&["daemon", "reload"]).code, Some(69));
}

#[test]
fn a_daemon_that_cannot_start_says_why() {
    let home = Home::new();
    let poolkey = installed(
        &home,
        "echo 'poolkeyd: error: no state directory' >&2; exit 78",
    );
    let said = Said::of(home.command(&poolkey).args(["daemon", "start"]));
    assert_eq!(said.code, Some(69));
    assert_eq!(
        said.err,
        "poolkey: error: The daemon could not be started: no state directory (exit status: 78).\n\
         poolkey: hint: Run “poolkey daemon run” to see it at work.\n"
    );
    let said = Said::of(home.command(&poolkey).args(["daemon", "run"]));
    assert_eq!(
        (said.code, said.err.as_str()),
        (Some(78), "poolkeyd: error: no state directory\n")
    );
}

#[test]
fn a_daemon_that_is_not_installed() {
    let home = Home::new();
    let poolkey = installed(&home, "true");
    std::fs::remove_file(poolkey.with_file_name("poolkeyd")).unwrap();
    let said = Said::of(
        home.command(&poolkey)
            .env("PATH", "/nonexistent")
            .args(["daemon", "start"]),
    );
    assert_eq!(said.code, Some(69));
    assert!(
        said.err.contains("its program poolkeyd is not found"),
        "{said:?}"
    );
}

#[test]
fn output_that_nobody_reads_is_no_error() {
    let home = Home::new();
    let (read, write) = std::io::pipe().unwrap();
    drop(read);
    let mut child = home
        .command(env!("CARGO_BIN_EXE_poolkey"))
        .args(["completions", "bash"])
        .stdout(write)
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    assert!(child.wait().unwrap().success());
}

/// A directory with our program and a daemon made of this script.
fn installed(home: &Home, script: &str) -> std::path::PathBuf {
    home.install_daemon(script);
    home.install(env!("CARGO_BIN_EXE_poolkey"))
}

fn obliging(home: &Home) -> impl FnMut(&Ask) -> Reply + Send + use<> {
    let config = home.profiles();
    move |ask| match ask {
        Ask::Status => Reply::Status(Box::new(status(&config))),
        Ask::Reload => Reply::Done,
        Ask::SignIn { .. } => Reply::SignedIn {
            user: poolkey_core::session::User::default(),
        },
        _ => Reply::Failed(Failure::from(Trouble::Busy)),
    }
}

pub(crate) fn status(config: &Path) -> Status {
    Status {
        daemon: DaemonView {
            endpoint: None,
            network_trouble: None,
            version: "0.1.0".into(),
            pid: 7,
            started: UnixTime::from_secs(0),
            socket: "/s".into(),
            config: config.to_owned(),
            vault: VaultView {
                choice: VaultChoice::Keychain,
                description: "Secret Service".into(),
                trouble: None,
            },
        },
        snapshot: Snapshot::default(),
    }
}

const POOL: &str = "us-east-1:01234567-89ab-cdef-0123-456789abcdef";
const LOGIN: &str = "[login.acme]\nuser_pool_id = \"eu-west-1_AbCdEf123\"\nclient_id = \"abc\"\n";
