use poolkey_core::conversation::FactorState;
use poolkey_core::failure::Code;

use super::*;

#[test]
fn every_kind_comes_back_as_it_was_written() {
    for (ask, line) in every() {
        let written = ask.to_line().unwrap();
        let text = std::str::from_utf8(&written).unwrap();
        assert_eq!(text, format!("{line}\n"));
        assert_eq!(Ask::parse(text).unwrap(), ask);
    }
}

#[test]
fn what_is_not_known_is_refused() {
    for (line, told) in [
        ("", "ends too early"),
        ("hello", "no JSON"),
        ("{}", "a field is missing"),
        (r#"{"v":1}"#, "a field is missing"),
        (r#"{"v":1,"ask":"frobnicate"}"#, "no request “frobnicate”"),
        (r#"{"v":1,"ask":"credentials"}"#, "lacks “profile”"),
        (
            r#"{"v":1,"ask":"status","at":5}"#,
            "a field is missing, unknown",
        ),
        (r#"{"v":1,"ask":"status","login":"a"}"#, "do not belong"),
        (
            r#"{"v":1,"ask":"renew","login":"a","scope":"local"}"#,
            "do not belong",
        ),
        (
            r#"{"v":1,"ask":"sign_out","login":"a","scope":"here"}"#,
            "unknown",
        ),
        (
            r#"{"v":1,"ask":"account","login":"a","goal":{"kind":"show"},"another_account":true}"#,
            "do not belong",
        ),
        (r#"{"v":1,"ask":"who_am_i","login":"a"}"#, "lacks “profile”"),
        (r#"{"v":1,"ask":"account","login":"a"}"#, "lacks “goal”"),
        (
            r#"{"v":1,"ask":"account","login":"a","goal":{"kind":"grow"}}"#,
            "unknown",
        ),
        (
            r#"{"v":1,"ask":"sign_in","login":"a","goal":{"kind":"show"}}"#,
            "do not belong",
        ),
        (
            r#"{"v":1,"ask":"answer","conversation":"1","answer":{"kind":"choice","value":"iris"}}"#,
            "unknown",
        ),
        (r#"{"v":1,"ask":"token","login":"a"}"#, "lacks “token”"),
        (r#"{"v":1,"ask":"token","token":"id"}"#, "lacks “login”"),
        (
            r#"{"v":1,"ask":"token","login":"a","token":"refresh"}"#,
            "unknown",
        ),
        (
            r#"{"v":1,"ask":"token","login":"a","token":"id","profile":"dev"}"#,
            "do not belong",
        ),
        (
            r#"{"v":1,"ask":"credentials","profile":"dev","token":"id"}"#,
            "do not belong",
        ),
        (
            r#"{"v":1,"ask":"console","destination":{}}"#,
            "lacks “profile”",
        ),
        (
            r#"{"v":1,"ask":"console","profile":"dev","destination":{"issuer":"x"}}"#,
            "unknown",
        ),
        (
            r#"{"v":1,"ask":"console","profile":"dev","destination":{"seconds":-1}}"#,
            "another kind",
        ),
        (
            r#"{"v":1,"ask":"console","profile":"dev","seconds":900}"#,
            "do not belong",
        ),
        (r#"{"v":1,"ask":"grant","grant":"box"}"#, "lacks “profile”"),
        (
            r#"{"v":1,"ask":"grant","profile":"dev","seconds":4294967296}"#,
            "another kind",
        ),
        (r#"{"v":1,"ask":"revoke"}"#, "lacks “grant”"),
        (
            r#"{"v":1,"ask":"revoke","grant":"box","profile":"dev"}"#,
            "do not belong",
        ),
        (
            r#"{"v":1,"ask":"examine","profile":"dev"}"#,
            "do not belong",
        ),
        (r#"{"v":2,"ask":"status"}"#, "version 2"),
        (r#"{"v":9,"ask":{"kind":"status"},"at":5}"#, "version 9"),
        (
            r#"{"v":1,"ask":"answer","conversation":"1","answer":{"kind":"iris","value":"x"}}"#,
            "unknown",
        ),
    ] {
        let failure = Ask::parse(line).unwrap_err();
        assert_eq!(failure.code, Code::Protocol, "{line}");
        assert!(failure.sentence.contains(told), "{line}: {failure}");
        assert!(failure.remedy.contains("daemon restart"), "{failure}");
    }
}

#[test]
fn a_refusal_does_not_repeat_a_secret() {
    for line in [
        r#"{"v":1,"ask":"unlock","passphrase":["hunter2"]}"#,
        r#"{"v":1,"ask":"unlock","create":"hunter2"}"#,
        r#"{"v":1,"ask":"unlock","hunter2":true}"#,
        r#"{"v":1,"ask":"answer","conversation":"1","answer":{"kind":"hunter2","value":"x"}}"#,
        r#"{"v":1,"ask":"answer","conversation":"1","answer":{"kind":"address","value":["hunter2"]}}"#,
        r#"{"v":1,"ask":"answer","conversation":"1","answer":{"kind":"identity","value":"hunter2"}}"#,
    ] {
        let failure = Ask::parse(line).unwrap_err();
        assert!(!failure.to_string().contains("hunter2"), "{failure}");
    }
}

#[test]
fn a_request_that_is_too_long_is_not_written() {
    for length in [LONGEST, 100 * LONGEST] {
        let ask = Ask::Credentials {
            profile: "x".repeat(length),
        };
        assert_eq!(ask.to_line().unwrap_err().code, Code::Protocol);
    }
    let long = || Some("x".repeat(LONGEST));
    for ask in [
        Ask::Console {
            profile: "dev".into(),
            destination: Destination {
                service: long(),
                ..Destination::default()
            },
        },
        Ask::Grant {
            profile: "dev".into(),
            name: long(),
            seconds: None,
        },
        Ask::Examine { login: long() },
    ] {
        assert_eq!(ask.to_line().unwrap_err().code, Code::Protocol);
    }
    let ask = Ask::Unlock {
        passphrase: Secret::new("\u{1}".repeat(LONGEST / 2)),
        create: false,
    };
    assert_eq!(ask.to_line().unwrap_err().code, Code::Protocol, "escaped");
}

#[test]
fn a_line_never_outgrows_its_first_buffer() {
    let ask = Ask::Unlock {
        passphrase: Secret::new("\u{1}\"\\ü".repeat(500)),
        create: true,
    };
    let line = ask.to_line().unwrap();
    assert_eq!(line.capacity(), 6 * ask.to_wire().texts() + 256);
}

#[test]
fn no_answer_outgrows_its_first_buffer() {
    let evil = "\u{1}\"\\ü".repeat(200);
    let attributes: BTreeMap<_, _> = (0..200).map(|n| (format!("{n}"), evil.clone())).collect();
    for answer in [
        Answer::AppSetup {
            code: Secret::new(evil.clone()),
            device_name: Some(evil.clone()),
        },
        Answer::NewPassword {
            password: Secret::new(evil.clone()),
            attributes: attributes
                .iter()
                .take(9)
                .map(|(n, v)| (n.clone(), v.clone()))
                .collect(),
        },
        Answer::Attributes(attributes.into_iter().take(9).collect()),
        Answer::Address(Secret::new(evil)),
    ] {
        let ask = Ask::Answer {
            conversation: ConversationId("7f".into()),
            answer,
        };
        let line = ask.to_line().unwrap();
        assert_eq!(line.capacity(), 6 * ask.to_wire().texts() + 256);
    }
}

#[test]
fn every_goal_and_every_answer_comes_back() {
    for (goal, json) in goals() {
        let ask = Ask::Account {
            login: "acme".into(),
            username: None,
            goal,
        };
        let line = ask.to_line().unwrap();
        let text = std::str::from_utf8(&line).unwrap();
        let expected = format!(r#"{{"v":1,"ask":"account","login":"acme","goal":{json}}}"#);
        assert_eq!(text.trim_end(), expected);
        assert_eq!(Ask::parse(text).unwrap(), ask);
    }
    for (answer, json) in answers() {
        let ask = Ask::Answer {
            conversation: ConversationId("7f".into()),
            answer,
        };
        let line = ask.to_line().unwrap();
        let text = std::str::from_utf8(&line).unwrap();
        let expected = format!(r#"{{"v":1,"ask":"answer","conversation":"7f","answer":{json}}}"#);
        assert_eq!(text.trim_end(), expected);
        assert_eq!(Ask::parse(text).unwrap(), ask);
        assert!(!format!("{ask:?}").contains("hunter2"));
    }
}

#[test]
fn debug_shows_no_secret() {
    for (ask, _) in every() {
        let shown = format!("{ask:?}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}

fn every() -> Vec<(Ask, &'static str)> {
    let conversation = ConversationId("7f".into());
    let login = || "acme".to_owned();
    vec![
        (
            Ask::Credentials {
                profile: "dev".into(),
            },
            r#"{"v":1,"ask":"credentials","profile":"dev"}"#,
        ),
        (Ask::Status, r#"{"v":1,"ask":"status"}"#),
        (Ask::Watch, r#"{"v":1,"ask":"watch"}"#),
        (
            Ask::SignIn {
                login: login(),
                username: None,
                another_account: false,
            },
            r#"{"v":1,"ask":"sign_in","login":"acme"}"#,
        ),
        (
            Ask::SignIn {
                login: login(),
                username: Some("jané".into()),
                another_account: true,
            },
            r#"{"v":1,"ask":"sign_in","login":"acme","username":"jané","another_account":true}"#,
        ),
        (
            Ask::Answer {
                conversation: conversation.clone(),
                answer: Answer::Username("jane".into()),
            },
            r#"{"v":1,"ask":"answer","conversation":"7f","answer":{"kind":"username","value":"jane"}}"#,
        ),
        (
            Ask::Answer {
                conversation: conversation.clone(),
                answer: Answer::Password(Secret::new("hunter2\"\\\n")),
            },
            r#"{"v":1,"ask":"answer","conversation":"7f","answer":{"kind":"password","value":"hunter2\"\\\n"}}"#,
        ),
        (
            Ask::Answer {
                conversation: conversation.clone(),
                answer: Answer::ClientSecret(Secret::new("hunter2")),
            },
            r#"{"v":1,"ask":"answer","conversation":"7f","answer":{"kind":"client_secret","value":"hunter2"}}"#,
        ),
        (
            Ask::Account {
                login: login(),
                username: Some("jane".into()),
                goal: Goal::Confirm,
            },
            r#"{"v":1,"ask":"account","login":"acme","username":"jane","goal":{"kind":"confirm"}}"#,
        ),
        (
            Ask::Cancel { conversation },
            r#"{"v":1,"ask":"cancel","conversation":"7f"}"#,
        ),
        (
            Ask::SignOut {
                login: login(),
                scope: SignOutScope::Session,
            },
            r#"{"v":1,"ask":"sign_out","login":"acme"}"#,
        ),
        (
            Ask::SignOut {
                login: login(),
                scope: SignOutScope::Everywhere,
            },
            r#"{"v":1,"ask":"sign_out","login":"acme","scope":"everywhere"}"#,
        ),
        (
            Ask::SignOut {
                login: login(),
                scope: SignOutScope::Local,
            },
            r#"{"v":1,"ask":"sign_out","login":"acme","scope":"local"}"#,
        ),
        (
            Ask::WhoAmI {
                profile: "dev".into(),
            },
            r#"{"v":1,"ask":"who_am_i","profile":"dev"}"#,
        ),
        (
            Ask::Token {
                login: login(),
                kind: TokenKind::Id,
            },
            r#"{"v":1,"ask":"token","login":"acme","token":"id"}"#,
        ),
        (
            Ask::Token {
                login: login(),
                kind: TokenKind::Access,
            },
            r#"{"v":1,"ask":"token","login":"acme","token":"access"}"#,
        ),
        (
            Ask::Console {
                profile: "dev".into(),
                destination: Destination::default(),
            },
            r#"{"v":1,"ask":"console","profile":"dev"}"#,
        ),
        (
            Ask::Console {
                profile: "dev".into(),
                destination: Destination {
                    service: Some("s3".into()),
                    region: Some("eu-west-1".into()),
                    seconds: Some(14_400),
                },
            },
            r#"{"v":1,"ask":"console","profile":"dev","destination":{"service":"s3","region":"eu-west-1","seconds":14400}}"#,
        ),
        (
            Ask::Grant {
                profile: "dev".into(),
                name: None,
                seconds: None,
            },
            r#"{"v":1,"ask":"grant","profile":"dev"}"#,
        ),
        (
            Ask::Grant {
                profile: "dev".into(),
                name: Some("box".into()),
                seconds: Some(60),
            },
            r#"{"v":1,"ask":"grant","profile":"dev","grant":"box","seconds":60}"#,
        ),
        (
            Ask::Revoke {
                grant: "box".into(),
            },
            r#"{"v":1,"ask":"revoke","grant":"box"}"#,
        ),
        (Ask::Examine { login: None }, r#"{"v":1,"ask":"examine"}"#),
        (
            Ask::Examine {
                login: Some(login()),
            },
            r#"{"v":1,"ask":"examine","login":"acme"}"#,
        ),
        (
            Ask::Renew { login: login() },
            r#"{"v":1,"ask":"renew","login":"acme"}"#,
        ),
        (Ask::Reload, r#"{"v":1,"ask":"reload"}"#),
        (Ask::Stop, r#"{"v":1,"ask":"stop"}"#),
        (
            Ask::Unlock {
                passphrase: Secret::new("hunter2"),
                create: true,
            },
            r#"{"v":1,"ask":"unlock","passphrase":"hunter2","create":true}"#,
        ),
    ]
}

fn goals() -> Vec<(Goal, &'static str)> {
    let set = |state| Goal::SetFactor {
        factor: Factor::App,
        state,
    };
    vec![
        (Goal::SignIn, r#"{"kind":"sign_in"}"#),
        (
            Goal::SignUp {
                attributes: BTreeMap::from([("email".into(), "a@b".into())]),
            },
            r#"{"kind":"sign_up","attributes":{"email":"a@b"}}"#,
        ),
        (Goal::Confirm, r#"{"kind":"confirm"}"#),
        (Goal::ConfirmAsAdmin, r#"{"kind":"confirm_as_admin"}"#),
        (Goal::ResendCode, r#"{"kind":"resend_code"}"#),
        (Goal::ForgotPassword, r#"{"kind":"forgot_password"}"#),
        (Goal::ResetPassword, r#"{"kind":"reset_password"}"#),
        (Goal::ChangePassword, r#"{"kind":"change_password"}"#),
        (Goal::Show, r#"{"kind":"show"}"#),
        (Goal::SetUpApp, r#"{"kind":"set_up_app"}"#),
        (
            set(FactorState::Preferred),
            r#"{"kind":"set_factor","factor":"app","state":"preferred"}"#,
        ),
        (
            set(FactorState::On),
            r#"{"kind":"set_factor","factor":"app","state":"on"}"#,
        ),
        (
            set(FactorState::Off),
            r#"{"kind":"set_factor","factor":"app","state":"off"}"#,
        ),
        (Goal::ListDevices, r#"{"kind":"list_devices"}"#),
        (
            Goal::ForgetDevice { key: None },
            r#"{"kind":"forget_device","key":null}"#,
        ),
        (
            Goal::ForgetDevice {
                key: Some("k".into()),
            },
            r#"{"kind":"forget_device","key":"k"}"#,
        ),
        (
            Goal::VerifyAttribute {
                name: "email".into(),
            },
            r#"{"kind":"verify_attribute","name":"email"}"#,
        ),
    ]
}

fn answers() -> Vec<(Answer, &'static str)> {
    let secret = || Secret::new("hunter2");
    let attributes = || BTreeMap::from([("email".to_owned(), "a@b".to_owned())]);
    vec![
        (
            Answer::Code(secret()),
            r#"{"kind":"code","value":"hunter2"}"#,
        ),
        (Answer::Resend, r#"{"kind":"resend"}"#),
        (
            Answer::Choice(Factor::Email),
            r#"{"kind":"choice","value":"email"}"#,
        ),
        (
            Answer::AppSetup {
                code: secret(),
                device_name: None,
            },
            r#"{"kind":"app_setup","value":{"code":"hunter2"}}"#,
        ),
        (
            Answer::AppSetup {
                code: secret(),
                device_name: Some("phone".into()),
            },
            r#"{"kind":"app_setup","value":{"code":"hunter2","device_name":"phone"}}"#,
        ),
        (
            Answer::NewPassword {
                password: secret(),
                attributes: attributes(),
            },
            r#"{"kind":"new_password","value":{"password":"hunter2","attributes":{"email":"a@b"}}}"#,
        ),
        (
            Answer::Attributes(attributes()),
            r#"{"kind":"attributes","value":{"email":"a@b"}}"#,
        ),
        (
            Answer::Custom(secret()),
            r#"{"kind":"custom","value":"hunter2"}"#,
        ),
        (
            Answer::RememberDevice(true),
            r#"{"kind":"remember_device","value":true}"#,
        ),
        (Answer::Wait, r#"{"kind":"wait"}"#),
        (
            Answer::Address(secret()),
            r#"{"kind":"address","value":"hunter2"}"#,
        ),
        (
            Answer::Identity(false),
            r#"{"kind":"identity","value":false}"#,
        ),
    ]
}
