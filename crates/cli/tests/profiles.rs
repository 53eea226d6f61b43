//! `poolkey profile`: what is written for each kind, and what is refused.

use poolkey_core::session::Roles;
use poolkey_core::snapshot::{LoginKind, LoginState, LoginView};
use poolkey_ipc::{Ask, Reply};

use crate::commands::status;
use crate::support::{Home, POOLKEY, with_login};

#[test]
fn each_kind_is_written_as_it_was_typed() {
    let home = with_profile();
    let policy = home.path().join("policy.json");
    std::fs::write(&policy, format!("{POLICY}\n")).unwrap();
    let policy = policy.to_str().unwrap();
    for (name, options, written) in [
        (
            "guests",
            &[
                "--guest",
                "--identity-pool-id",
                POOL,
                "--sts-region",
                "eu-west-1",
            ][..],
            format!("identity_pool_id = \"{POOL}\"\nsts_region = \"eu-west-1\"\n"),
        ),
        (
            "chosen",
            &[
                "--login",
                "acme",
                "--identity-pool-id",
                POOL,
                "--role-arn",
                ROLE,
                "--endpoint",
                "http://127.0.0.1:4567",
                "--sts-endpoint",
                "http://127.0.0.1:4568",
            ],
            format!(
                "login = \"acme\"\nidentity_pool_id = \"{POOL}\"\nrole_arn = \"{ROLE}\"\n\
                 endpoint = \"http://127.0.0.1:4567\"\nsts_endpoint = \"http://127.0.0.1:4568\"\n"
            ),
        ),
        (
            "old",
            &[
                "--login",
                "acme",
                "--identity-pool-id",
                POOL,
                "--classic",
                "--role-arn",
                ROLE,
                "--session-name",
                "ann",
                "--duration",
                "12h",
                "--session-policy",
                policy,
                "--policy-arn",
                "arn:aws:iam::aws:policy/ReadOnlyAccess",
                "--fips",
                "--dual-stack",
            ],
            format!(
                "login = \"acme\"\nidentity_pool_id = \"{POOL}\"\nflow = \"classic\"\n\
                 role_arn = \"{ROLE}\"\nsession_name = \"ann\"\nduration = \"12h\"\n\
                 session_policy = '{POLICY}'\n\
                 policy_arns = [\"arn:aws:iam::aws:policy/ReadOnlyAccess\"]\n\
                 fips = true\ndual_stack = true\n"
            ),
        ),
        (
            "old-guests",
            &[
                "--guest",
                "--identity-pool-id",
                POOL,
                "--flow",
                "classic",
                "--role-arn",
                ROLE,
            ],
            format!("identity_pool_id = \"{POOL}\"\nflow = \"classic\"\nrole_arn = \"{ROLE}\"\n"),
        ),
        (
            "prod",
            &[
                "--source-profile",
                "dev",
                "--role-arn",
                ROLE,
                "--external-id",
                "x-1",
                "--tag",
                "team=x=y",
                "--tag",
                "cost center=7",
                "--transitive-tag",
                "team",
                "--duration",
                "1h",
            ],
            format!(
                "source_profile = \"dev\"\nrole_arn = \"{ROLE}\"\nduration = \"1h\"\n\
                 external_id = \"x-1\"\ntags = {{ team = \"x=y\", \"cost center\" = \"7\" }}\n\
                 transitive_tags = [\"team\"]\n"
            ),
        ),
    ] {
        let said = home.poolkey(&[&["profile", "add", name], options].concat());
        assert_eq!(said.code, Some(0), "{said:?}");
        assert!(said.out.contains(&format!("[profile {name}]")), "{said:?}");
        let text = std::fs::read_to_string(home.profiles()).unwrap();
        assert!(
            text.ends_with(&format!("\n[profile.{name}]\n{written}")),
            "{text}"
        );
    }
    let said = home.poolkey(&["profile", "list"]);
    assert_eq!(
        said.out,
        format!(
            "\
PROFILE     KEYS OF      IDENTITY POOL                                   ROLE                                                 WRITTEN AS
chosen      acme         {POOL}  {ROLE}                 –
dev         acme         {POOL}  the pool's choice                                    –
guests      guests       {POOL}  the pool's choice                                    –
old         acme         {POOL}  {ROLE} (classic flow)  –
old-guests  guests       {POOL}  {ROLE} (classic flow)  –
prod        profile dev  –                                               {ROLE}                 –
"
        )
    );
    let said = home.poolkey(&["profile", "list", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(
        json[2],
        serde_json::json!({"name": "guests", "login": null, "source_profile": null,
            "identity_pool_id": POOL, "flow": "enhanced", "role_arn": null, "endpoint": null,
            "write_profile": null, "region": null, "output": null})
    );
    assert_eq!(
        json[5],
        serde_json::json!({"name": "prod", "login": null, "source_profile": "dev",
            "identity_pool_id": null, "flow": null, "role_arn": ROLE, "endpoint": null,
            "write_profile": null, "region": null, "output": null})
    );
    assert_eq!(
        (&json[3]["flow"], &json[3]["login"]),
        (&"classic".into(), &"acme".into())
    );
}

#[test]
fn what_is_no_profile_is_refused_and_nothing_written() {
    let home = with_profile();
    let before = std::fs::read_to_string(home.profiles()).unwrap();
    let missing = home.path().join("none.json");
    let missing = missing.to_str().unwrap();
    for (options, code, told) in [
        (&["--identity-pool-id", POOL][..], 2, "--login"),
        (&["--guest"], 2, "--identity-pool-id"),
        (
            &["--guest", "--login", "acme", "--identity-pool-id", POOL],
            2,
            "cannot be used with",
        ),
        (&["--source-profile", "dev"], 2, "--role-arn"),
        (
            &[
                "--source-profile",
                "dev",
                "--role-arn",
                ROLE,
                "--login",
                "acme",
            ],
            2,
            "cannot be used",
        ),
        (
            &["--source-profile", "dev", "--role-arn", ROLE, "--classic"],
            2,
            "cannot be used",
        ),
        (
            &[
                "--source-profile",
                "dev",
                "--role-arn",
                ROLE,
                "--identity-pool-id",
                POOL,
            ],
            2,
            "cannot",
        ),
        (
            &["--source-profile", "none", "--role-arn", ROLE],
            11,
            "There is no profile “none”",
        ),
        (
            &[
                "--source-profile",
                "dev",
                "--role-arn",
                ROLE,
                "--duration",
                "2h",
            ],
            78,
            "15m to 1h",
        ),
        (
            &[
                "--source-profile",
                "dev",
                "--role-arn",
                ROLE,
                "--transitive-tag",
                "a",
            ],
            78,
            "no tag “a”",
        ),
        (
            &["--source-profile", "dev", "--role-arn", ROLE, "--tag", "a"],
            2,
            "NAME=VALUE",
        ),
        (
            &[
                "--login",
                "acme",
                "--identity-pool-id",
                POOL,
                "--external-id",
                "x",
            ],
            2,
            "--source-profile",
        ),
        (
            &["--login", "acme", "--identity-pool-id", POOL, "--classic"],
            2,
            "--role-arn",
        ),
        (
            &[
                "--login",
                "acme",
                "--identity-pool-id",
                POOL,
                "--flow",
                "classic",
            ],
            2,
            "--role-arn",
        ),
        (
            &[
                "--login",
                "acme",
                "--identity-pool-id",
                POOL,
                "--duration",
                "1h",
            ],
            78,
            "enhanced flow",
        ),
        (
            &[
                "--login",
                "acme",
                "--identity-pool-id",
                POOL,
                "--classic",
                "--role-arn",
                ROLE,
                "--session-policy",
                missing,
            ],
            78,
            "none.json” cannot be read",
        ),
        (
            &[
                "--login",
                "acme",
                "--identity-pool-id",
                POOL,
                "--classic",
                "--role-arn",
                ROLE,
                "--session-policy",
                "/proc/self/cmdline",
            ],
            78,
            "session_policy is a policy document",
        ),
        (
            &["--guest", "--identity-pool-id", POOL, "--role-arn", ROLE],
            78,
            "a guest cannot ask for a role",
        ),
        (
            &["--login", "guest", "--identity-pool-id", POOL],
            15,
            "Guests need no sign-in.\npoolkey: hint: For keys of guests, give --guest in place of",
        ),
        (
            &["--login", "none", "--identity-pool-id", POOL],
            11,
            "There is no login “none”",
        ),
        (
            &[
                "--guest",
                "--identity-pool-id",
                POOL,
                "--sts-region",
                "us east",
            ],
            78,
            "sts_region looks like",
        ),
        (
            &[
                "--guest",
                "--identity-pool-id",
                POOL,
                "--write-profile",
                "new",
            ],
            78,
            "[profile.new] is there",
        ),
        (
            &["--guest", "--identity-pool-id", POOL, "--output", "xml"],
            78,
            "output is one of",
        ),
    ] {
        let said = home.poolkey(&[&["profile", "add", "new"], options].concat());
        assert_eq!(said.code, Some(code), "{options:?} {said:?}");
        assert!(said.err.contains(told), "{told}: {said:?}");
        assert_eq!(std::fs::read_to_string(home.profiles()).unwrap(), before);
    }
    let said = home.poolkey(&[
        "profile",
        "add",
        "dev",
        "--guest",
        "--identity-pool-id",
        POOL,
    ]);
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("is there already"), "{said:?}");
}

#[test]
fn the_source_of_others_is_not_removed() {
    let home = with_profile();
    for name in ["prod", "test"] {
        let add = [
            "profile",
            "add",
            name,
            "--source-profile",
            "dev",
            "--role-arn",
            ROLE,
        ];
        assert_eq!(home.poolkey(&add).code, Some(0));
    }
    let before = std::fs::read_to_string(home.profiles()).unwrap();
    let said = home.poolkey(&["profile", "remove", "dev"]);
    assert_eq!(said.code, Some(2));
    assert!(
        said.err
            .contains("The keys of “dev” are the source of “prod” and “test”. Remove that first."),
        "{said:?}"
    );
    assert_eq!(std::fs::read_to_string(home.profiles()).unwrap(), before);
    for name in ["prod", "test", "dev"] {
        assert_eq!(home.poolkey(&["profile", "remove", name]).code, Some(0));
    }
}

#[test]
fn roles_that_a_token_offers_are_listed() {
    let home = with_profile();
    home.daemon(knowing(&home, LoginState::SignedIn, &[ROLE, OTHER]));
    let said = home.poolkey(&["profile", "roles"]);
    assert_eq!(
        said.out,
        format!("{ROLE}\n{OTHER}  (preferred)\n"),
        "{said:?}"
    );
    let said = home.poolkey(&["profile", "roles", "acme", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(
        json,
        serde_json::json!({"offered": [ROLE, OTHER], "preferred": OTHER})
    );
    assert_eq!(home.poolkey(&["profile", "roles", "none"]).code, Some(11));

    let home = with_profile();
    home.daemon(knowing(&home, LoginState::SignedIn, &[]));
    let said = home.poolkey(&["profile", "roles"]);
    assert!(
        said.out.contains("offers no roles: identity pools choose"),
        "{said:?}"
    );

    let home = with_profile();
    home.daemon(knowing(&home, LoginState::SignedOut, &[]));
    let said = home.poolkey(&["profile", "roles"]);
    assert_eq!(said.code, Some(10), "{said:?}");

    let home = with_profile();
    home.daemon(knowing(&home, LoginState::Unread, &[]));
    let said = home.poolkey(&["profile", "roles"]);
    assert_eq!(said.code, Some(75), "{said:?}");
    assert!(said.err.contains("poolkey renew acme"), "{said:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_person_chooses_a_role_where_several_are_offered() {
    use crate::pty::Terminal;
    let add = [
        "profile",
        "add",
        "new",
        "--login",
        "acme",
        "--identity-pool-id",
        POOL,
    ];
    for (typed, written) in [
        ("2\n", format!("role_arn = \"{OTHER}\"\n")),
        ("3\n0\nx\n1\n", format!("role_arn = \"{ROLE}\"\n")),
        ("\n", String::new()),
    ] {
        let home = with_profile();
        home.daemon(knowing(&home, LoginState::SignedIn, &[ROLE, OTHER]));
        let mut terminal = Terminal::run(home.command(POOLKEY).args(add));
        terminal.expect("“acme” may have one of these roles:");
        terminal.expect(&format!("  1  {ROLE}"));
        terminal.expect(&format!("  2  {OTHER}  (preferred)"));
        terminal.expect("Number (1 to 2), or Enter for the identity pool's choice: ");
        terminal.type_in(typed);
        assert_eq!(terminal.end().0, Some(0), "{}", terminal.shown());
        let text = std::fs::read_to_string(home.profiles()).unwrap();
        let whole =
            format!("[profile.new]\nlogin = \"acme\"\nidentity_pool_id = \"{POOL}\"\n{written}");
        assert!(text.ends_with(&whole), "{text}");
    }
    // Nobody is asked who said it, or has no choice; nor is a daemon needed.
    for (more, roles) in [
        (&["--any-role"][..], &[ROLE, OTHER][..]),
        (&["--role-arn", ROLE], &[ROLE, OTHER]),
        (&["--classic", "--role-arn", ROLE], &[ROLE, OTHER]),
        (&[], &[ROLE]),
    ] {
        let home = with_profile();
        home.daemon(knowing(&home, LoginState::SignedIn, roles));
        let mut terminal = Terminal::run(home.command(POOLKEY).args(add).args(more));
        assert_eq!(terminal.end().0, Some(0), "{}", terminal.shown());
        assert!(!terminal.shown().contains("Number"), "{more:?}");
    }
    let home = with_profile();
    let mut terminal = Terminal::run(home.command(POOLKEY).args(add));
    assert_eq!(terminal.end().0, Some(0), "{}", terminal.shown());
    // What is wrong is told before anything is asked.
    let home = with_profile();
    home.daemon(knowing(&home, LoginState::SignedIn, &[ROLE, OTHER]));
    let mut terminal = Terminal::run(home.command(POOLKEY).args(add).args(["--duration", "1h"]));
    assert_eq!(terminal.end().0, Some(78), "{}", terminal.shown());
    assert!(!terminal.shown().contains("Number"));
}

fn with_profile() -> Home {
    let home = with_login();
    let mut text = std::fs::read_to_string(home.profiles()).unwrap();
    text.push_str(&format!(
        "\n[profile.dev]\nlogin = \"acme\"\nidentity_pool_id = \"{POOL}\"\n"
    ));
    std::fs::write(home.profiles(), text).unwrap();
    home
}

/// A daemon whose login `acme` has these roles to choose from.
fn knowing(
    home: &Home,
    state: LoginState,
    roles: &[&str],
) -> impl FnMut(&Ask) -> Reply + Send + use<> {
    let config = home.profiles();
    let view: LoginView = serde_json::from_value(serde_json::json!({
        "name": "acme", "kind": "user_pool", "provider": "p", "state": "signed_out",
        "working": false,
    }))
    .unwrap();
    let view = LoginView {
        kind: LoginKind::UserPool,
        state,
        id_token_expires: (state == LoginState::SignedIn)
            .then(|| poolkey_core::time::UnixTime::from_secs(9)),
        roles: Roles {
            offered: roles.iter().map(|role| (*role).to_owned()).collect(),
            preferred: roles.last().map(|role| (*role).to_owned()),
        },
        ..view
    };
    move |ask| match ask {
        Ask::Status => {
            let mut status = status(&config);
            status.snapshot.logins = vec![view.clone()];
            Reply::Status(Box::new(status))
        }
        _ => Reply::Done,
    }
}

const POOL: &str = "us-east-1:01234567-89ab-cdef-0123-456789abcdef";
const ROLE: &str = "arn:aws:iam::123456789012:role/admin";
const OTHER: &str = "arn:aws:iam::123456789012:role/dev";
const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[]}"#;
