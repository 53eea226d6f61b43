//! `poolkey whoami`, with a daemon that knows.

use std::collections::BTreeMap;

use poolkey_core::event::{Identified, WhoAmI};
use poolkey_core::failure::Trouble;
use poolkey_core::session::User;
use poolkey_core::time::UnixTime;
use poolkey_ipc::{Ask, Reply};
use serde_json::json;

use crate::support::{Asked, Home, Said, with_login};

#[test]
fn all_is_said_of_a_user() {
    let home = Home::new();
    let asked = home.daemon(|_| Reply::WhoAmI(Box::new(ann())));
    let said = home.poolkey(&["whoami", "dev"]);
    assert_eq!((said.code, &*said.err), (Some(0), ""));
    assert_eq!(
        said.out,
        "\
Profile      dev
Login        acme
User         ann@example.com (user name ann)
Role         dev-role
AWS account  123456789012
ARN          arn:aws:sts::123456789012:assumed-role/dev-role/ann
User id      AROA:ann
Identity id  us-east-1:1
Keys until   2000-01-01T00:00:00Z ("
            .to_owned()
            + &said.out[said.out.find("Z (").unwrap() + 3..]
    );
    assert!(
        said.out.contains(
            "\nClaims of the ID token\n  cognito:groups  [\"a\",\"b\"]\n  exp             2000-01-01T00:00:00Z ("
        ),
        "{}",
        said.out
    );
    assert!(
        said.out.ends_with("  sub             a [2Jb\n"),
        "{}",
        said.out
    );
    assert_eq!(
        asked.all(),
        [Ask::WhoAmI {
            profile: "dev".into()
        }]
    );
}

#[test]
fn a_guest_has_neither_login_nor_claims() {
    let home = Home::new();
    home.daemon(|_| {
        Reply::WhoAmI(Box::new(WhoAmI {
            login: None,
            user: None,
            keys_expire: None,
            identified: Identified {
                claims: BTreeMap::new(),
                ..ann().identified
            },
            ..ann()
        }))
    });
    let said = home.poolkey(&["whoami", "open"]);
    assert!(said.out.contains("User         a guest\n"), "{said:?}");
    assert!(
        !said.out.contains("Login") && !said.out.contains("Claims"),
        "{said:?}"
    );
}

#[test]
fn as_json_it_is_one_object() {
    let home = Home::new();
    home.daemon(|_| Reply::WhoAmI(Box::new(ann())));
    let said = home.poolkey(&["whoami", "dev", "--json"]);
    assert_eq!(said.out.lines().count(), 1);
    let json: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(
        json,
        json!({
            "profile": "dev", "login": "acme", "identity_id": "us-east-1:1",
            "user": {"sub": "0-1", "username": "ann", "email": "ann@example.com"},
            "arn": "arn:aws:sts::123456789012:assumed-role/dev-role/ann",
            "account": "123456789012", "user_id": "AROA:ann", "keys_expire": 946_684_800,
            "claims": {"sub": "a\u{1b}[2Jb", "exp": 946_684_800, "cognito:groups": ["a", "b"]},
        })
    );
}

#[test]
fn the_profile_is_the_one_that_is_meant() {
    let asked_for = |profiles: &[&str], aws_profile: Option<&str>| -> (Said, Asked) {
        let home = with_login();
        let mut text = std::fs::read_to_string(home.profiles()).unwrap();
        for name in profiles {
            text.push_str(&format!(
                "\n[profile.{name}]\nlogin = \"acme\"\nidentity_pool_id = \
                 \"us-east-1:01234567-89ab-cdef-0123-456789abcdef\"\n"
            ));
        }
        std::fs::write(home.profiles(), text).unwrap();
        let asked = home.daemon(|_| Reply::WhoAmI(Box::new(ann())));
        let mut command = home.command(crate::support::POOLKEY);
        command.arg("whoami");
        if let Some(name) = aws_profile {
            command.env("AWS_PROFILE", name);
        }
        (Said::of(&mut command), asked)
    };
    for (profiles, aws_profile, profile) in [
        (&["dev"][..], None, "dev"),
        (&["dev"], Some("theirs"), "dev"),
        (&["dev", "prod"], Some("prod"), "prod"),
    ] {
        let (said, asked) = asked_for(profiles, aws_profile);
        assert_eq!(said.code, Some(0), "{said:?}");
        assert_eq!(
            asked.all(),
            [Ask::WhoAmI {
                profile: profile.into()
            }]
        );
    }
    let (said, asked) = asked_for(&["dev", "prod"], Some("theirs"));
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("name one of dev, prod"), "{said:?}");
    assert_eq!(asked.all(), []);
    let (said, _) = asked_for(&[], None);
    assert_eq!(said.code, Some(11));
    assert!(said.err.contains("There are no profiles."), "{said:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_person_chooses_among_several() {
    let home = with_login();
    let mut text = std::fs::read_to_string(home.profiles()).unwrap();
    for name in ["dev", "prod"] {
        text.push_str(&format!(
            "[profile.{name}]\nidentity_pool_id = \
             \"us-east-1:01234567-89ab-cdef-0123-456789abcdef\"\n"
        ));
    }
    std::fs::write(home.profiles(), text).unwrap();
    let asked = home.daemon(|_| Reply::WhoAmI(Box::new(ann())));
    let mut terminal =
        crate::pty::Terminal::run(home.command(crate::support::POOLKEY).arg("whoami"));
    terminal.expect("Profile (dev, prod): ");
    terminal.type_in("prod\n");
    assert_eq!(terminal.end().0, Some(0));
    assert_eq!(
        asked.all(),
        [Ask::WhoAmI {
            profile: "prod".into()
        }]
    );
}

#[test]
fn what_stands_in_the_way_is_told() {
    let home = Home::new();
    home.daemon(|_| Reply::Failed(Trouble::SignedOut("acme".parse().unwrap()).into()));
    let said = home.poolkey(&["whoami", "dev", "--json"]);
    assert_eq!((said.code, &*said.out), (Some(10), ""));
    assert!(said.err.contains("Run: poolkey login acme"), "{said:?}");
}

fn ann() -> WhoAmI {
    WhoAmI {
        profile: "dev".parse().unwrap(),
        login: Some("acme".parse().unwrap()),
        user: Some(User {
            sub: "0-1".into(),
            username: "ann".into(),
            email: Some("ann@example.com".into()),
        }),
        identity_id: Some("us-east-1:1".into()),
        identified: Identified {
            arn: "arn:aws:sts::123456789012:assumed-role/dev-role/ann".into(),
            account: "123456789012".into(),
            user_id: "AROA:ann".into(),
            claims: BTreeMap::from([
                ("sub".into(), json!("a\u{1b}[2Jb")),
                ("exp".into(), json!(946_684_800)),
                ("cognito:groups".into(), json!(["a", "b"])),
            ]),
        },
        keys_expire: Some(UnixTime::from_secs(946_684_800)),
    }
}
