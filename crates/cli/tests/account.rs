//! `poolkey account`: what each command asks of the daemon, and what it tells.

use std::collections::BTreeMap;

use poolkey_core::conversation::{
    Account, CodeFor, Factor, FactorState, Goal, KnownDevice, Medium, Outcome, Question,
};
use poolkey_core::secret::Secret;
use poolkey_core::time::UnixTime;
use poolkey_ipc::{Ask, Reply};
use snapbox::{assert_data_eq, str};

use crate::support::{Home, Said, question, script, with_login};

#[test]
fn each_command_has_its_goal() {
    let factor = |factor, state| Goal::SetFactor { factor, state };
    let cases: &[(&[&str], Goal, Option<&str>)] = &[
        (
            &[
                "sign-up",
                "acme",
                "--username",
                "ann",
                "--attribute",
                "email=ann@example.com",
            ],
            Goal::SignUp {
                attributes: BTreeMap::from([("email".into(), "ann@example.com".into())]),
            },
            Some("ann"),
        ),
        (
            &["confirm", "acme", "--username", "ann"],
            Goal::Confirm,
            Some("ann"),
        ),
        (&["confirm", "--as-admin"], Goal::ConfirmAsAdmin, None),
        (&["resend-code"], Goal::ResendCode, None),
        (&["forgot-password"], Goal::ForgotPassword, None),
        (&["reset-password"], Goal::ResetPassword, None),
        (&["change-password", "acme"], Goal::ChangePassword, None),
        (&["show"], Goal::Show, None),
        (&["mfa", "show", "acme"], Goal::Show, None),
        (
            &["mfa", "prefer", "acme", "app"],
            factor(Factor::App, FactorState::Preferred),
            None,
        ),
        (
            &["mfa", "on", "sms"],
            factor(Factor::Sms, FactorState::On),
            None,
        ),
        (
            &["mfa", "off", "email"],
            factor(Factor::Email, FactorState::Off),
            None,
        ),
        (&["mfa", "set-up"], Goal::SetUpApp, None),
        (&["devices", "list"], Goal::ListDevices, None),
        (
            &["devices", "forget"],
            Goal::ForgetDevice { key: None },
            None,
        ),
        (
            &["devices", "forget", "acme"],
            Goal::ForgetDevice { key: None },
            None,
        ),
        (
            &["devices", "forget", DEVICE],
            Goal::ForgetDevice {
                key: Some(DEVICE.into()),
            },
            None,
        ),
        (
            &["devices", "forget", "acme", "any key"],
            Goal::ForgetDevice {
                key: Some("any key".into()),
            },
            None,
        ),
        (
            &["verify-attribute", "acme", "email"],
            Goal::VerifyAttribute {
                name: "email".into(),
            },
            None,
        ),
        (
            &["verify-attribute", "phone_number"],
            Goal::VerifyAttribute {
                name: "phone_number".into(),
            },
            None,
        ),
    ];
    for (args, goal, username) in cases {
        let home = with_login();
        let end = match goal {
            Goal::Show => Outcome::Account(Account::default()),
            _ => Outcome::Done,
        };
        let asked = home.staged([Reply::Outcome(end)]);
        let said = home.poolkey(&[&["account"], *args].concat());
        assert_eq!((said.code, &*said.err), (Some(0), ""), "{args:?}");
        assert!(!said.out.is_empty(), "{args:?}");
        let begin = Ask::Account {
            login: "acme".into(),
            username: username.map(str::to_owned),
            goal: goal.clone(),
        };
        assert_eq!(asked.all(), [begin], "{args:?}");
    }
}

#[test]
fn an_account_is_shown() {
    let attributes = [
        ("sub", "5f0c"),
        ("email", "ann@example.com\u{1b}[2J"),
        ("email_verified", "true"),
    ];
    let account = Account {
        username: "ann".into(),
        attributes: attributes.map(|(n, v)| (n.into(), v.into())).into(),
        factors: vec![Factor::App, Factor::Sms],
        preferred: Some(Factor::App),
    };
    let tell = |args: &[&str]| told(args, Outcome::Account(account.clone())).1.out;
    assert_data_eq!(
        tell(&["show"]),
        str![[r#"
ATTRIBUTE       VALUE
user name       ann
email           ann@example.com [2J
email_verified  true
sub             5f0c

Second factors: authenticator app, code by SMS; asked for first: authenticator app

"#]]
    );
    assert_data_eq!(
        tell(&["mfa", "show"]),
        str![[r#"
FACTOR             NAME   STATE
Authenticator app  app    on, asked for first
Code by SMS        sms    on
Code by e-mail     email  off

"#]]
    );
    let json: serde_json::Value = serde_json::from_str(&tell(&["show", "--json"])).unwrap();
    assert_eq!(json["reply"], "outcome");
    assert_eq!(json["outcome"]["attributes"]["email_verified"], "true");
    assert_eq!(json["outcome"]["preferred"], "app");
}

#[test]
fn without_a_second_factor_the_way_to_one_is_told() {
    let (_, said) = told(&["mfa", "show"], Outcome::Account(Account::default()));
    assert!(
        said.out
            .ends_with("Set up an authenticator app: poolkey account mfa set-up acme\n"),
        "{said:?}"
    );
}

#[test]
fn devices_are_listed_and_this_one_is_marked() {
    let device = |key: &str, is_this: bool| KnownDevice {
        key: key.into(),
        name: is_this.then(|| "desk".into()),
        last_address: is_this.then(|| "192.0.2.7".into()),
        last_used: is_this.then(|| UnixTime::from_secs(4_000_000_000)),
        remembered: is_this.then_some(true),
        is_this,
    };
    let devices = vec![device("us-east-1_1", true), device("us-east-1_2", false)];
    let outcome = Outcome::Devices { devices };
    assert_data_eq!(
        told(&["devices", "list"], outcome.clone()).1.out,
        str![[r#"
DEVICE       NAME                  LAST USED  FROM       REMEMBERED
us-east-1_1  desk (this computer)  0 s ago    192.0.2.7  yes
us-east-1_2  –                     –          –          –

"#]]
    );
    let (_, said) = told(&["devices", "list", "--json"], outcome);
    let json: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(said.out.lines().count(), 1);
    assert_eq!(json["outcome"]["devices"][0]["is_this"], true);
    let none = Outcome::Devices { devices: vec![] };
    let (_, said) = told(&["devices", "list"], none);
    assert_eq!(
        said.out,
        "The user pool knows no device of whoever is signed in to “acme”.\n"
    );
}

#[test]
fn the_next_step_is_told() {
    let sent = || Outcome::CodeSent {
        medium: Medium::Email,
        destination: Some("a***@e***".into()),
    };
    let signed_up = Outcome::SignedUp {
        username: "ann".into(),
    };
    for (args, outcome, lines) in [
        (
            &["sign-up"][..],
            signed_up,
            "There is an account “ann” now.\nSign in: poolkey login acme\n",
        ),
        (
            &["sign-up"],
            Outcome::Unconfirmed {
                username: "ann".into(),
            },
            "There is an account “ann” now. The user pool sent no code: an administrator has to \
             confirm it.\nWith an administrator's AWS keys: \
             poolkey account confirm acme --username ann --as-admin\n",
        ),
        (
            &["confirm"],
            Outcome::Done,
            "The account is confirmed.\nSign in: poolkey login acme\n",
        ),
        (
            &["confirm", "--username", "ann"],
            Outcome::Done,
            "The account is confirmed.\nSign in: poolkey login acme --username ann\n",
        ),
        (
            &["resend-code", "--username", "ann; rm -r"],
            sent(),
            "A code is on its way by e-mail to a***@e***.\n\
             Confirm the account: poolkey account confirm acme\n",
        ),
        (
            &["reset-password"],
            Outcome::Done,
            "The new password holds.\nSign in: poolkey login acme\n",
        ),
        (
            &["change-password"],
            Outcome::Done,
            "The new password holds.\n",
        ),
        (
            &["resend-code"],
            sent(),
            "A code is on its way by e-mail to a***@e***.\n\
             Confirm the account: poolkey account confirm acme\n",
        ),
        (
            &["mfa", "set-up"],
            Outcome::Done,
            "The authenticator app is set up. Have it asked for first: \
             poolkey account mfa prefer acme app\n",
        ),
        (
            &["mfa", "prefer", "app"],
            Outcome::Done,
            "Authenticator app: on, and asked for first.\n",
        ),
        (&["mfa", "off", "sms"], Outcome::Done, "Code by SMS: off.\n"),
        (
            &["devices", "forget"],
            Outcome::DeviceForgotten { key: DEVICE.into() },
            &format!("The user pool has forgotten the device {DEVICE}.\n"),
        ),
        (
            &["verify-attribute", "email"],
            Outcome::Done,
            "“email” is verified.\n",
        ),
        (
            &["show"],
            Outcome::Other,
            "It was done; what came of it only a newer version can tell.\n",
        ),
    ] {
        let (_, said) = told(args, outcome);
        assert_eq!((said.code, &*said.err), (Some(0), ""), "{args:?}");
        assert_eq!(said.out, lines, "{args:?}");
    }
}

#[test]
fn a_login_that_is_not_there_is_named() {
    let home = with_login();
    let said = home.poolkey(&["account", "show", "corp"]);
    assert_eq!(said.code, Some(11));
    assert!(said.err.contains("There is no login “corp”."), "{said:?}");
}

#[test]
fn a_sign_up_can_bring_a_new_login() {
    let home = Home::new();
    let config = home.profiles();
    let asked = home.daemon(move |ask| match ask {
        Ask::Status => Reply::Status(Box::new(crate::commands::status(&config))),
        Ask::Account { .. } => Reply::Outcome(Outcome::Done),
        _ => Reply::Done,
    });
    let said = home.poolkey(&[
        "account",
        "sign-up",
        "corp",
        "--user-pool-id",
        "eu-west-1_AbCdEf123",
        "--client-id",
        "abc",
        "--username",
        "ann",
        "--flow",
        "USER_AUTH",
        "--preferred-challenge",
        "EMAIL_OTP",
        "--admin-profile",
        "admin",
    ]);
    assert_eq!(said.code, Some(0), "{said:?}");
    let written = std::fs::read_to_string(home.profiles()).unwrap();
    assert!(
        written.ends_with(
            "[login.corp]\nuser_pool_id = \"eu-west-1_AbCdEf123\"\nclient_id = \"abc\"\n\
             username = \"ann\"\nflow = \"USER_AUTH\"\npreferred_challenge = \"EMAIL_OTP\"\n\
             admin_profile = \"admin\"\n"
        ),
        "{written}"
    );
    assert!(matches!(asked.all().last(), Some(Ask::Account { login, .. }) if login == "corp"));
}

#[test]
fn a_script_gives_password_and_code_by_lines() {
    let home = with_login();
    let asked = home.staged([
        question(Question::NewPassword {
            username: "ann".into(),
            attributes: vec![],
        }),
        question(Question::Code {
            code_for: CodeFor::Confirm,
            medium: Medium::Email,
            destination: None,
            can_resend: true,
        }),
        Reply::Outcome(Outcome::SignedUp {
            username: "ann".into(),
        }),
    ]);
    let said = script(
        &home,
        &["account", "sign-up", "--username", "ann"],
        "hunter2\n123456\n",
    );
    assert_eq!((said.code, &*said.err), (Some(0), ""), "{said:?}");
    use poolkey_core::conversation::Answer;
    assert_eq!(
        asked.answers(),
        [
            Answer::NewPassword {
                password: Secret::new("hunter2"),
                attributes: BTreeMap::new()
            },
            Answer::Code(Secret::new("123456"))
        ]
    );
}

#[cfg(target_os = "linux")]
#[test]
fn whoever_cannot_give_the_code_of_a_new_account_yet_is_told_how_to_go_on() {
    let home = with_login();
    let asked = home.staged([question(Question::Code {
        code_for: CodeFor::Confirm,
        medium: Medium::Email,
        destination: Some("a***@e***".into()),
        can_resend: true,
    })]);
    let mut command = home.command(crate::support::POOLKEY);
    command.args(["account", "sign-up", "--username", "ann"]);
    let mut terminal = crate::pty::Terminal::run(&mut command);
    terminal.expect("then run: poolkey account confirm acme --username ann");
    terminal.expect("Confirmation code sent by e-mail to a***@e***: ");
    terminal.type_in("\x03");
    assert_eq!(terminal.end().0, Some(130));
    assert!(asked.ends_with_cancel());
}

/// What a command says to this outcome.
fn told(args: &[&str], outcome: Outcome) -> (Home, Said) {
    let home = with_login();
    home.staged([Reply::Outcome(outcome)]);
    let said = home.poolkey(&[&["account"], args].concat());
    (home, said)
}

const DEVICE: &str = "us-east-1_01234567-89ab-cdef-0123-456789abcdef";
