use std::collections::BTreeMap;

use poolkey_core::conversation::{Account, ChoiceOf, CodeFor, Factor, KnownDevice, Medium, Way};
use poolkey_core::event::Identified;
use poolkey_core::failure::Code;
use poolkey_core::finding::Severity;
use poolkey_core::session::TokenKind;

use super::*;
use crate::grant::GrantView;

#[test]
fn every_kind_comes_back_as_it_was_written() {
    for (reply, line) in every() {
        let written = reply.to_line().unwrap();
        let text = std::str::from_utf8(&written).unwrap();
        assert_eq!(text, format!("{line}\n"));
        assert_eq!(Reply::parse(text).unwrap(), reply);
    }
}

#[test]
fn a_document_is_handed_on_as_it_is() {
    let document = r#"{"Version":1, "SecretAccessKey":"a\/b"}"#;
    let line = Reply::Document(Secret::new(document)).to_line().unwrap();
    let text = std::str::from_utf8(&line).unwrap().trim_end();
    assert_eq!(Reply::parse_document(text), Ok(document));
}

#[test]
fn a_document_must_be_one_line_that_fits() {
    assert!(Reply::Document(Secret::new("{\n}")).to_line().is_err());
    let long = format!("\"{}\"", "x".repeat(LONGEST));
    assert!(Reply::Document(Secret::new(long)).to_line().is_err());
    let longest = format!("\"{}\"", "x".repeat(LONGEST - HEAD.len() - 4));
    let line = Reply::Document(Secret::new(longest)).to_line().unwrap();
    assert_eq!(line.len(), LONGEST);
    assert_eq!(line.capacity(), LONGEST, "one piece, never moved");
}

#[test]
fn newer_daemons_are_borne_with() {
    assert_eq!(
        Reply::parse(r#"{"v":1,"reply":"done","mood":"good"}"#),
        Ok(Reply::Done)
    );
    assert_eq!(
        Reply::parse(r#"{"v":1,"reply":"song"}"#),
        Ok(Reply::Other("song".into()))
    );
    for line in [
        r#"{"v":2,"reply":"done"}"#,
        r#"{"v":2,"reply":["done"]}"#,
        r#"{"v":2,"document":{}}"#,
    ] {
        for failure in [
            Reply::parse(line).unwrap_err(),
            Reply::parse_document(line).unwrap_err(),
        ] {
            assert_eq!(failure.code, Code::Protocol);
            assert!(failure.sentence.contains("version 2"), "{failure}");
        }
    }
}

#[test]
fn what_cannot_be_read_is_a_failure() {
    for line in [
        "",
        "{",
        "[]",
        "{}",
        r#"{"v":1}"#,
        r#"{"v":1,"reply":"document"}"#,
        r#"{"v":1,"reply":"question","conversation":"1"}"#,
        r#"{"v":1,"reply":"failed"}"#,
        r#"{"v":1,"reply":"token"}"#,
        r#"{"v":1,"reply":"token","token":{"login":"acme","kind":"refresh","token":"t","expires":9}}"#,
        r#"{"v":1,"reply":"token","token":{"login":"acme","kind":"id","expires":9}}"#,
        r#"{"v":1,"reply":"token","token":{"login":"a b","kind":"id","token":"t","expires":9}}"#,
        r#"{"v":1,"reply":"console","console":{"profile":"dev","url":"u"}}"#,
        r#"{"v":1,"reply":"grant","grant":{"url":"u","token":"t"}}"#,
        r#"{"v":1,"reply":"findings"}"#,
        r#"{"v":1,"reply":"findings","findings":[{"code":"c"}]}"#,
    ] {
        assert_eq!(
            Reply::parse(line).unwrap_err().code,
            Code::Protocol,
            "{line}"
        );
        assert_eq!(
            Reply::parse_document(line).unwrap_err().code,
            Code::Protocol,
            "{line}"
        );
    }
}

#[test]
fn what_holds_a_secret_is_written_in_one_piece_and_shows_nothing() {
    for (reply, _) in secrets("hunter2\"\\\u{1}ü".repeat(300)) {
        assert!(!format!("{reply:?}").contains("hunter2"), "{reply:?}");
        let line = reply.to_line().unwrap();
        assert_eq!(line.capacity(), reply.room(), "never moved");
        let text = std::str::from_utf8(&line).unwrap();
        assert_eq!(Reply::parse(text).unwrap(), reply);
        assert_eq!(
            Reply::parse_document(text).unwrap_err().code,
            Code::Protocol
        );
        let shown = reply.unexpected().to_string();
        assert!(!shown.contains("hunter2"), "{shown}");
    }
    for (reply, _) in secrets("x".repeat(LONGEST)) {
        assert_eq!(reply.to_line().unwrap_err().code, Code::Protocol);
    }
}

#[test]
fn thousands_of_findings_fit() {
    let found = finding(Severity::Error, Some("poolkey doctor --fix"));
    let line = Reply::Findings(vec![found.clone(); 5000])
        .to_line()
        .unwrap();
    assert!(line.len() > LONGEST);
    let many = Reply::Findings(vec![found; 500_000]);
    assert_eq!(many.to_line().unwrap_err().code, Code::Protocol);
}

#[test]
fn a_severity_of_a_newer_daemon_is_borne_with() {
    let line = r#"{"v":1,"reply":"findings","findings":[{"code":"c","severity":"doom","about":"a","sentence":"s"}]}"#;
    let Ok(Reply::Findings(found)) = Reply::parse(line) else {
        panic!("it is read");
    };
    assert_eq!(found[0].severity, Severity::Other);
}

#[test]
fn the_shim_hands_a_failure_on() {
    let failure = Failure::from(Trouble::SignedOut("acme".parse().unwrap()));
    let line = Reply::Failed(failure.clone()).to_line().unwrap();
    let text = std::str::from_utf8(&line).unwrap();
    assert_eq!(Reply::parse_document(text), Err(failure));
}

#[test]
fn a_status_of_thousands_of_profiles_fits() {
    let mut status = status();
    let profile = r#"{"name":"p","login":"l","identity_pool_id":"us-east-1:01234567-89ab-cdef-0123-456789abcdef","role_arn":"arn:aws:iam::123456789012:role/some-role-name","keys_expire":1,"renews":2,"asked":3}"#;
    status.snapshot.profiles = vec![serde_json::from_str(profile).unwrap(); 10_000];
    assert!(Reply::Status(Box::new(status)).to_line().is_ok());
}

#[test]
fn every_question_and_every_outcome_comes_back() {
    for (question, json) in questions() {
        let reply = Reply::Question {
            conversation: ConversationId("7f".into()),
            question,
            problem: None,
        };
        let line = reply.to_line().unwrap();
        let text = std::str::from_utf8(&line).unwrap();
        let expected =
            format!(r#"{{"v":1,"reply":"question","conversation":"7f","question":{json}}}"#);
        assert_eq!(text.trim_end(), expected);
        assert_eq!(Reply::parse(text).unwrap(), reply);
        assert!(!format!("{reply:?}").contains("JBSW"), "{reply:?}");
    }
    for (outcome, json) in outcomes() {
        let reply = Reply::Outcome(outcome);
        let line = reply.to_line().unwrap();
        let text = std::str::from_utf8(&line).unwrap();
        let expected = format!(r#"{{"v":1,"reply":"outcome","outcome":{json}}}"#);
        assert_eq!(text.trim_end(), expected);
        assert_eq!(Reply::parse(text).unwrap(), reply);
    }
}

#[test]
fn a_question_or_outcome_of_a_newer_daemon_is_borne_with() {
    let line = r#"{"v":1,"reply":"question","conversation":"7f","question":{"kind":"dance","to":"music"}}"#;
    assert!(matches!(
        Reply::parse(line),
        Ok(Reply::Question {
            question: Question::Other,
            ..
        })
    ));
    let line = r#"{"v":1,"reply":"outcome","outcome":{"kind":"danced","to":"music"}}"#;
    assert_eq!(Reply::parse(line), Ok(Reply::Outcome(Outcome::Other)));
}

fn finding(severity: Severity, remedy: Option<&str>) -> Finding {
    Finding {
        code: "endpoint_unreachable".into(),
        severity,
        about: "login acme".into(),
        sentence: "No.".into(),
        remedy: remedy.map(str::to_owned),
    }
}

fn secrets(secret: String) -> [(Reply, &'static str); 4] {
    let secret = Secret::new(secret);
    let view = |named: bool| GrantView {
        id: if named { "box" } else { "7" }.into(),
        profile: "dev".parse().unwrap(),
        named,
        pid: (!named).then_some(42),
        since: UnixTime::from_secs(5),
        until: named.then(|| UnixTime::from_secs(9)),
        used: None,
    };
    [
        (
            Reply::Token(Box::new(IssuedToken {
                login: "acme".parse().unwrap(),
                kind: TokenKind::Access,
                token: secret.clone(),
                expires: UnixTime::from_secs(9),
            })),
            r#"{"v":1,"reply":"token","token":{"login":"acme","kind":"access","token":"hunter2","expires":9}}"#,
        ),
        (
            Reply::Console(Box::new(ConsoleLink {
                profile: "dev".parse().unwrap(),
                url: secret.clone(),
                open_until: UnixTime::from_secs(5),
                session_ends: UnixTime::from_secs(9),
            })),
            r#"{"v":1,"reply":"console","console":{"profile":"dev","url":"hunter2","open_until":5,"session_ends":9}}"#,
        ),
        (
            Reply::Grant(Box::new(Grant {
                url: "http://127.0.0.1:1/g".into(),
                token: secret.clone(),
                token_file: Some("/run/t".into()),
                view: view(true),
            })),
            r#"{"v":1,"reply":"grant","grant":{"url":"http://127.0.0.1:1/g","token":"hunter2","token_file":"/run/t","id":"box","profile":"dev","named":true,"since":5,"until":9}}"#,
        ),
        (
            Reply::Grant(Box::new(Grant {
                url: "http://127.0.0.1:1/g".into(),
                token: secret,
                token_file: None,
                view: view(false),
            })),
            r#"{"v":1,"reply":"grant","grant":{"url":"http://127.0.0.1:1/g","token":"hunter2","id":"7","profile":"dev","named":false,"pid":42,"since":5}}"#,
        ),
    ]
}

fn every() -> Vec<(Reply, &'static str)> {
    let mut all = plain();
    all.extend(secrets("hunter2".into()));
    all
}

fn plain() -> Vec<(Reply, &'static str)> {
    let failure = || Failure {
        code: Code::Wrong,
        sentence: "No.".into(),
        remedy: "Try again.".into(),
    };
    vec![
        (
            Reply::Document(Secret::new(r#"{"Version":1}"#)),
            r#"{"v":1,"reply":"document","document":{"Version":1}}"#,
        ),
        (
            Reply::Status(Box::new(status())),
            r#"{"v":1,"reply":"status","status":{"daemon":{"version":"0.1.0","pid":7,"started":5,"socket":"/s","config":"/c","vault":{"choice":"file","description":"an encrypted file"}},"logins":[],"profiles":[],"recent":[]}}"#,
        ),
        (
            Reply::Question {
                conversation: ConversationId("7f".into()),
                question: Question::Password {
                    username: "jane".into(),
                },
                problem: Some(failure()),
            },
            r#"{"v":1,"reply":"question","conversation":"7f","question":{"kind":"password","username":"jane"},"problem":{"code":"wrong","sentence":"No.","remedy":"Try again."}}"#,
        ),
        (
            Reply::SignedIn {
                user: User {
                    sub: "s".into(),
                    username: "jane".into(),
                    email: None,
                },
            },
            r#"{"v":1,"reply":"signed_in","user":{"sub":"s","username":"jane"}}"#,
        ),
        (
            Reply::SignedOut(SignedOut {
                had_session: true,
                keys_live_until: Some(UnixTime::from_secs(9)),
                ..SignedOut::default()
            }),
            r#"{"v":1,"reply":"signed_out","signed_out":{"had_session":true,"retrying":false,"keys_live_until":9}}"#,
        ),
        (
            Reply::SignedOut(SignedOut {
                had_session: true,
                not_revoked: Some(failure()),
                not_forgotten: Some(failure()),
                not_everywhere: Some(failure()),
                retrying: true,
                logout_url: Some("https://x/logout".into()),
                keys_live_until: None,
            }),
            r#"{"v":1,"reply":"signed_out","signed_out":{"had_session":true,"not_revoked":{"code":"wrong","sentence":"No.","remedy":"Try again."},"not_forgotten":{"code":"wrong","sentence":"No.","remedy":"Try again."},"not_everywhere":{"code":"wrong","sentence":"No.","remedy":"Try again."},"retrying":true,"logout_url":"https://x/logout"}}"#,
        ),
        (
            Reply::WhoAmI(Box::new(who())),
            r#"{"v":1,"reply":"who_am_i","who_am_i":{"profile":"dev","login":"acme","user":{"sub":"s","username":"ann"},"identity_id":"us-east-1:i","arn":"arn:aws:sts::1:assumed-role/R/S","account":"1","user_id":"A:S","claims":{"aud":["a","b"],"exp":9},"keys_expire":9}}"#,
        ),
        (
            Reply::WhoAmI(Box::new(WhoAmI {
                login: None,
                user: None,
                identity_id: None,
                keys_expire: None,
                identified: Identified {
                    claims: BTreeMap::new(),
                    ..who().identified
                },
                ..who()
            })),
            r#"{"v":1,"reply":"who_am_i","who_am_i":{"profile":"dev","arn":"arn:aws:sts::1:assumed-role/R/S","account":"1","user_id":"A:S","claims":{}}}"#,
        ),
        (
            Reply::Findings(vec![
                finding(Severity::Good, None),
                finding(Severity::Warning, Some("Mend it.")),
            ]),
            r#"{"v":1,"reply":"findings","findings":[{"code":"endpoint_unreachable","severity":"good","about":"login acme","sentence":"No."},{"code":"endpoint_unreachable","severity":"warning","about":"login acme","sentence":"No.","remedy":"Mend it."}]}"#,
        ),
        (Reply::Done, r#"{"v":1,"reply":"done"}"#),
        (
            Reply::Failed(failure()),
            r#"{"v":1,"reply":"failed","failure":{"code":"wrong","sentence":"No.","remedy":"Try again."}}"#,
        ),
    ]
}

fn who() -> WhoAmI {
    WhoAmI {
        profile: "dev".parse().unwrap(),
        login: Some("acme".parse().unwrap()),
        user: Some(User {
            sub: "s".into(),
            username: "ann".into(),
            email: None,
        }),
        identity_id: Some("us-east-1:i".into()),
        identified: Identified {
            arn: "arn:aws:sts::1:assumed-role/R/S".into(),
            account: "1".into(),
            user_id: "A:S".into(),
            claims: BTreeMap::from([
                ("exp".to_owned(), serde_json::json!(9)),
                ("aud".to_owned(), serde_json::json!(["a", "b"])),
            ]),
        },
        keys_expire: Some(UnixTime::from_secs(9)),
    }
}

fn status() -> Status {
    Status {
        daemon: DaemonView {
            endpoint: None,
            network_trouble: None,
            version: "0.1.0".into(),
            pid: 7,
            started: UnixTime::from_secs(5),
            socket: "/s".into(),
            config: "/c".into(),
            vault: VaultView {
                choice: VaultChoice::File,
                description: "an encrypted file".into(),
                trouble: None,
            },
        },
        snapshot: Snapshot::default(),
    }
}

fn questions() -> Vec<(Question, &'static str)> {
    let code = |code_for, medium, destination: Option<&str>| Question::Code {
        code_for,
        medium,
        destination: destination.map(str::to_owned),
        can_resend: true,
    };
    vec![
        (
            Question::Username { hint: None },
            r#"{"kind":"username","hint":null}"#,
        ),
        (
            Question::ClientSecret {
                client_id: "abc".into(),
            },
            r#"{"kind":"client_secret","client_id":"abc"}"#,
        ),
        (
            code(CodeFor::SignIn, Medium::Email, Some("a***")),
            r#"{"kind":"code","code_for":"sign_in","medium":"email","destination":"a***","can_resend":true}"#,
        ),
        (
            code(CodeFor::Confirm, Medium::Sms, None),
            r#"{"kind":"code","code_for":"confirm","medium":"sms","can_resend":true}"#,
        ),
        (
            code(CodeFor::Reset, Medium::Unknown, None),
            r#"{"kind":"code","code_for":"reset","medium":"unknown","can_resend":true}"#,
        ),
        (
            code(CodeFor::Verify("email".into()), Medium::App, None),
            r#"{"kind":"code","code_for":{"verify":"email"},"medium":"app","can_resend":true}"#,
        ),
        (
            Question::Choice {
                choice_of: ChoiceOf::FirstFactor,
                ways: vec![Way {
                    factor: Factor::Email,
                    destination: Some("a***".into()),
                }],
                elsewhere: vec![Factor::Passkey],
            },
            r#"{"kind":"choice","choice_of":"first_factor","ways":[{"factor":"email","destination":"a***"}],"elsewhere":["passkey"]}"#,
        ),
        (
            Question::AppSetup {
                key: Secret::new("JBSW"),
                uri: Secret::new("otpauth://totp/a?secret=JBSW"),
            },
            r#"{"kind":"app_setup","key":"JBSW","uri":"otpauth://totp/a?secret=JBSW"}"#,
        ),
        (
            Question::NewPassword {
                username: "ann".into(),
                attributes: vec!["email".into()],
            },
            r#"{"kind":"new_password","username":"ann","attributes":["email"]}"#,
        ),
        (
            Question::Attributes {
                names: vec!["email".into()],
            },
            r#"{"kind":"attributes","names":["email"]}"#,
        ),
        (
            Question::Custom {
                parameters: BTreeMap::from([("question".into(), "Why?".into())]),
            },
            r#"{"kind":"custom","parameters":{"question":"Why?"}}"#,
        ),
        (
            Question::RememberDevice {
                name: "desk".into(),
            },
            r#"{"kind":"remember_device","name":"desk"}"#,
        ),
        (
            Question::Browser {
                url: "https://x/authorize?a=b&c=d".into(),
                redirect_uri: "http://127.0.0.1:9379/callback".into(),
            },
            r#"{"kind":"browser","url":"https://x/authorize?a=b&c=d","redirect_uri":"http://127.0.0.1:9379/callback"}"#,
        ),
        (
            Question::Identity {
                user: User {
                    sub: "s".into(),
                    username: "ann".into(),
                    email: Some("ann@example.com".into()),
                },
                was: None,
            },
            r#"{"kind":"identity","user":{"sub":"s","username":"ann","email":"ann@example.com"}}"#,
        ),
        (
            Question::Identity {
                user: User::default(),
                was: Some(User::default()),
            },
            r#"{"kind":"identity","user":{"sub":"","username":""},"was":{"sub":"","username":""}}"#,
        ),
    ]
}

fn outcomes() -> Vec<(Outcome, &'static str)> {
    vec![
        (Outcome::Done, r#"{"kind":"done"}"#),
        (
            Outcome::SignedUp {
                username: "ann".into(),
            },
            r#"{"kind":"signed_up","username":"ann"}"#,
        ),
        (
            Outcome::Unconfirmed {
                username: "ann".into(),
            },
            r#"{"kind":"unconfirmed","username":"ann"}"#,
        ),
        (
            Outcome::CodeSent {
                medium: Medium::Email,
                destination: Some("a***".into()),
            },
            r#"{"kind":"code_sent","medium":"email","destination":"a***"}"#,
        ),
        (
            Outcome::Account(Account {
                username: "ann".into(),
                attributes: BTreeMap::from([("sub".into(), "s".into())]),
                factors: vec![Factor::App],
                preferred: Some(Factor::App),
            }),
            r#"{"kind":"account","username":"ann","attributes":{"sub":"s"},"factors":["app"],"preferred":"app"}"#,
        ),
        (
            Outcome::Devices {
                devices: vec![KnownDevice {
                    key: "k".into(),
                    name: Some("desk".into()),
                    last_address: None,
                    last_used: Some(UnixTime::from_secs(9)),
                    remembered: Some(true),
                    is_this: true,
                }],
            },
            r#"{"kind":"devices","devices":[{"key":"k","name":"desk","last_used":9,"remembered":true,"is_this":true}]}"#,
        ),
        (
            Outcome::DeviceForgotten { key: "k".into() },
            r#"{"kind":"device_forgotten","key":"k"}"#,
        ),
    ]
}
