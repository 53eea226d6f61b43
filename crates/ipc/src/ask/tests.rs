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
            },
            r#"{"v":1,"ask":"sign_in","login":"acme"}"#,
        ),
        (
            Ask::SignIn {
                login: login(),
                username: Some("jané".into()),
            },
            r#"{"v":1,"ask":"sign_in","login":"acme","username":"jané"}"#,
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
            Ask::Cancel { conversation },
            r#"{"v":1,"ask":"cancel","conversation":"7f"}"#,
        ),
        (
            Ask::SignOut { login: login() },
            r#"{"v":1,"ask":"sign_out","login":"acme"}"#,
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
