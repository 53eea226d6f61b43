//! What somebody who is signed in does: factors, devices, addresses.

use super::*;

#[tokio::test]
async fn an_account_is_shown() {
    let cases = [
        (
            json!(["SOFTWARE_TOKEN_MFA", "EMAIL_OTP", "TEA_LEAVES"]),
            json!("SOFTWARE_TOKEN_MFA"),
            json!(null),
        ),
        (json!(["SMS_MFA"]), json!(null), json!(null)),
        (
            json!(null),
            json!(null),
            json!([{"DeliveryMedium": "SMS", "AttributeName": "phone_number"}]),
        ),
        (json!(null), json!(null), json!(null)),
    ];
    let expected = [
        (vec![Factor::App, Factor::Email], Some(Factor::App)),
        (vec![Factor::Sms], None),
        (vec![Factor::Sms], None),
        (vec![], None),
    ];
    for ((list, preferred, options), (factors, first)) in cases.into_iter().zip(expected) {
        let server = Server::start([ok(&json!({
            "Username": "ada",
            "UserAttributes": [{"Name": "sub", "Value": "s"}, {"Name": "email", "Value": "a@e"}],
            "UserMFASettingList": list, "PreferredMfaSetting": preferred, "MFAOptions": options,
        }))])
        .await;
        let spec = server.login(Flow::UserSrp);
        let shown = cognito().begin(&spec, member(Goal::Show)).await;
        assert_eq!(
            outcome(shown).0,
            Outcome::Account(Account {
                username: "ada".into(),
                attributes: attributes(&[("sub", "s"), ("email", "a@e")]),
                factors,
                preferred: first,
            })
        );
        assert_eq!(
            server.seen(),
            [("GetUser".into(), json!({"AccessToken": ACCESS}))]
        );
    }
}

/// A reply to a front end has 64 KiB.
#[tokio::test]
async fn what_is_shown_has_its_bounds() {
    let many: Vec<_> = (0..100)
        .map(|n| json!({"Name": format!("custom:{n}"), "Value": "x".repeat(5000)}))
        .collect();
    let server = Server::start([ok(&json!({"Username": "ada", "UserAttributes": many}))]).await;
    let shown = cognito()
        .begin(&server.login(Flow::UserSrp), member(Goal::Show))
        .await;
    let (outcome, _) = outcome(shown);
    let text = serde_json::to_string(&outcome).unwrap();
    assert!((20_000..50_000).contains(&text.len()), "{}", text.len());
}

#[tokio::test]
async fn an_authenticator_app_is_set_up_and_asked_for_first_where_nothing_else_is() {
    let user = |preferred: Value| {
        ok(&json!({"Username": "ada", "UserAttributes": [], "PreferredMfaSetting": preferred}))
    };
    for (preferred, first) in [(json!(null), true), (json!("SMS_MFA"), false)] {
        let server = Server::start([
            ok(&json!({"SecretCode": "JBSWY3DPEHPK3PXP"})),
            user(preferred.clone()),
            refuse(400, "EnableSoftwareTokenMFAException", "Code mismatch"),
            user(preferred.clone()),
            ok(&json!({"Status": "ERROR"})),
            user(preferred),
            ok(&json!({"Status": "SUCCESS"})),
            ok(&json!({})),
        ])
        .await;
        let (cognito, spec) = (cognito(), server.login(Flow::UserSrp));
        let talk = Talk::begin(&cognito, &spec, member(Goal::SetUpApp)).await;
        let Question::AppSetup { key, uri } = talk.question.clone() else {
            panic!("{:?}", talk.question)
        };
        assert_eq!(key, Secret::new("JBSWY3DPEHPK3PXP"));
        assert!(
            uri.expose()
                .starts_with("otpauth://totp/acme:ada?secret=JBSW")
        );
        let app = |code: &str, name: Option<&str>| Answer::AppSetup {
            code: Secret::new(code),
            device_name: name.map(str::to_owned),
        };
        let before = talk.question.clone();
        let talk = talk.trip(app(" ", None), "Type the code").await;
        let talk = talk.trip(app("000000", None), "another code").await;
        let talk = talk.trip(app("000001", None), "another code").await;
        assert_eq!(talk.question, before, "the same key");
        assert_eq!(
            talk.end(app("123 456", Some("My phone"))).await,
            Outcome::Done
        );
        let seen = server.seen();
        assert_eq!(
            operations(&seen),
            [
                "AssociateSoftwareToken",
                "GetUser",
                "VerifySoftwareToken",
                "GetUser",
                "VerifySoftwareToken",
                "GetUser",
                "VerifySoftwareToken",
                "SetUserMFAPreference",
            ]
        );
        assert_eq!(
            seen[6].1,
            json!({
                "AccessToken": ACCESS, "UserCode": "123456", "FriendlyDeviceName": "My phone"
            })
        );
        assert_eq!(seen[7].1["SoftwareTokenMfaSettings"], setting(true, first));
    }
}

#[tokio::test]
async fn an_app_that_is_set_up_but_could_not_be_turned_on_is_told_so() {
    let server = Server::start([
        ok(&json!({"SecretCode": "JBSWY3DPEHPK3PXP"})),
        ok(&json!({"Username": "ada", "UserAttributes": []})),
        ok(&json!({"Status": "SUCCESS"})),
        refuse(500, "InternalErrorException", "Something went wrong"),
    ])
    .await;
    let (cognito, spec) = (cognito(), server.login(Flow::UserSrp));
    let talk = Talk::begin(&cognito, &spec, member(Goal::SetUpApp)).await;
    let answer = Answer::AppSetup {
        code: Secret::new("123456"),
        device_name: None,
    };
    let fault = talk.fail(answer).await;
    assert_eq!(fault.kind, FaultKind::Service);
    assert!(fault.text.contains("set up, but not turned on"), "{fault}");
}

#[tokio::test]
async fn a_factor_is_preferred_turned_on_or_off() {
    for (factor, name, member_name) in [
        (
            Factor::App,
            "SOFTWARE_TOKEN_MFA",
            "SoftwareTokenMfaSettings",
        ),
        (Factor::Sms, "SMS_MFA", "SMSMfaSettings"),
        (Factor::Email, "EMAIL_OTP", "EmailMfaSettings"),
    ] {
        for (state, preferred, expected) in [
            (FactorState::Preferred, None, setting(true, true)),
            (FactorState::On, Some("TEA_LEAVES"), setting(true, false)),
            // Turning on what is preferred leaves it so.
            (FactorState::On, Some(name), setting(true, true)),
            (FactorState::Off, None, setting(false, false)),
        ] {
            let user = preferred.map(|preferred| {
                let list = json!([preferred]);
                ok(&json!({
                    "Username": "ada", "UserAttributes": [],
                    "UserMFASettingList": list, "PreferredMfaSetting": preferred,
                }))
            });
            let server = Server::start(user.into_iter().chain([ok(&json!({}))])).await;
            let set = set_factor(&server, factor, state).await;
            assert_eq!(outcome(set).0, Outcome::Done);
            let sent = json!({"AccessToken": ACCESS, member_name: expected});
            let last = server.seen().pop();
            assert_eq!(last, Some(("SetUserMFAPreference".into(), sent)));
        }
    }
}

#[tokio::test]
async fn a_factor_that_is_not_ready_is_refused_with_the_next_step() {
    for (factor, text, told) in [
        (
            Factor::Sms,
            "User does not have delivery config set to turn on SMS_MFA",
            "verify it first",
        ),
        (
            Factor::Email,
            "User does not have delivery config set to turn on EMAIL_OTP",
            "verify it first",
        ),
        (
            Factor::App,
            "User has not set up software token mfa",
            "Set up an authenticator app first",
        ),
        (Factor::Sms, "SMS MFA is off", "SMS MFA is off"),
    ] {
        let server = Server::start([refuse(400, "InvalidParameterException", text)]).await;
        let fault = set_factor(&server, factor, FactorState::Preferred)
            .await
            .unwrap_err();
        assert!(fault.text.contains(told), "{fault}");
    }
    let server = Server::start([]).await;
    for factor in [Factor::Password, Factor::Passkey] {
        let fault = set_factor(&server, factor, FactorState::On)
            .await
            .unwrap_err();
        assert_eq!(fault.kind, FaultKind::Unsupported);
    }
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn devices_are_listed_page_by_page() {
    let attributes = json!([
        {"Name": "device_status", "Value": "valid"},
        {"Name": "device_name", "Value": "a laptop"},
        {"Name": "dev:device_remembered_status", "Value": "remembered"},
        {"Name": "last_ip_used", "Value": "192.0.2.7"},
    ]);
    let device = |key: &str, at: i64, attributes: &Value| json!({"DeviceKey": key, "DeviceAttributes": attributes, "DeviceLastAuthenticatedDate": at});
    let server = Server::start([
        ok(&json!({"Devices": [device("old", 100, &json!([])), {}], "PaginationToken": "more"})),
        ok(&json!({"Devices": [device("new", 200, &attributes)]})),
    ])
    .await;
    let thread = Thread {
        device_key: Some("new".into()),
        ..member(Goal::ListDevices)
    };
    let listed = cognito().begin(&server.login(Flow::UserSrp), thread).await;
    assert_eq!(
        outcome(listed).0,
        Outcome::Devices {
            devices: vec![
                KnownDevice {
                    key: "new".into(),
                    name: Some("a laptop".into()),
                    last_address: Some("192.0.2.7".into()),
                    last_used: Some(UnixTime::from_secs(200)),
                    remembered: Some(true),
                    is_this: true,
                },
                KnownDevice {
                    key: "old".into(),
                    name: None,
                    last_address: None,
                    last_used: Some(UnixTime::from_secs(100)),
                    remembered: None,
                    is_this: false,
                },
            ]
        }
    );
    let seen = server.seen();
    assert_eq!(seen[0].1, json!({"AccessToken": ACCESS, "Limit": 60}));
    assert_eq!(seen[1].1["PaginationToken"], "more");

    // A pool that never comes to an end.
    let page = |n: u32| {
        let devices: Vec<_> = (0..60)
            .map(|m| device(&format!("{n}-{m}"), 1, &attributes))
            .collect();
        ok(&json!({"Devices": devices, "PaginationToken": "more"}))
    };
    let server = Server::start((0..20).map(page)).await;
    let listed = cognito()
        .begin(&server.login(Flow::UserSrp), member(Goal::ListDevices))
        .await;
    let (outcome, _) = outcome(listed);
    assert_eq!(server.seen().len(), 10);
    let text = serde_json::to_string(&outcome).unwrap();
    assert!(text.len() < 60_000, "{}", text.len());
}

#[tokio::test]
async fn a_device_is_forgotten_by_its_key_or_as_this_one() {
    let gone = || refuse(400, "ResourceNotFoundException", "Device does not exist.");
    let forgotten = |key: &str| Outcome::DeviceForgotten { key: key.into() };
    let forget = async |key: Option<&str>, own: Option<&str>, act: Act| {
        let server = Server::start([act]).await;
        let thread = Thread {
            device_key: own.map(str::to_owned),
            ..member(Goal::ForgetDevice {
                key: key.map(str::to_owned),
            })
        };
        let step = cognito().begin(&server.login(Flow::UserSrp), thread).await;
        let keys: Vec<_> = server
            .seen()
            .iter()
            .map(|(_, body)| body["DeviceKey"].clone())
            .collect();
        (step, keys)
    };
    for (key, own, expected) in [
        (Some("other"), Some("mine"), "other"),
        (Some("mine"), Some("mine"), "mine"),
        (None, Some("mine"), "mine"),
        (Some("other"), None, "other"),
    ] {
        let (step, sent) = forget(key, own, ok(&json!({}))).await;
        assert_eq!(outcome(step).0, forgotten(expected));
        assert_eq!(sent, [expected]);
    }
    let (step, sent) = forget(None, None, ok(&json!({}))).await;
    assert_eq!(step.unwrap_err().kind, FaultKind::DeviceGone);
    assert!(sent.is_empty());
    // This machine's own is gone either way; another one's key may have been mistyped.
    let (step, _) = forget(None, Some("mine"), gone()).await;
    assert_eq!(outcome(step).0, forgotten("mine"));
    let (step, _) = forget(Some("other"), Some("mine"), gone()).await;
    let fault = step.unwrap_err();
    assert_eq!(
        fault.kind,
        FaultKind::DeviceGone,
        "its remedy lists those there are"
    );
    assert!(fault.text.contains("“other”"), "{fault}");
}

#[tokio::test]
async fn an_attribute_is_verified_by_a_code() {
    let server = Server::start([
        ok(&json!({"CodeDeliveryDetails": delivery("SMS", "+*******9999")})),
        refuse(
            400,
            "CodeMismatchException",
            "Invalid verification code provided, please try again.",
        ),
        refuse(
            400,
            "LimitExceededException",
            "Attempt limit exceeded, please try after some time.",
        ),
        ok(&json!({"CodeDeliveryDetails": delivery("SMS", "+*******8888")})),
        ok(&json!({})),
    ])
    .await;
    let (cognito, spec) = (cognito(), server.login(Flow::UserSrp));
    let goal = Goal::VerifyAttribute {
        name: "phone_number".into(),
    };
    let talk = Talk::begin(&cognito, &spec, member(goal)).await;
    let asked = |destination: &str| Question::Code {
        code_for: CodeFor::Verify("phone_number".into()),
        medium: Medium::Sms,
        destination: Some(destination.into()),
        can_resend: true,
    };
    assert_eq!(talk.question, asked("+*******9999"));
    let talk = talk.trip(code("000000"), "Invalid verification").await;
    let talk = talk.trip(Answer::Resend, "limit").await;
    let talk = talk.go(Answer::Resend).await;
    assert_eq!(talk.question, asked("+*******8888"));
    assert_eq!(talk.end(code("123456")).await, Outcome::Done);
    let seen = server.seen();
    assert_eq!(seen[0].0, "GetUserAttributeVerificationCode");
    assert_eq!(
        seen[4],
        (
            "VerifyUserAttribute".into(),
            json!({"AccessToken": ACCESS, "AttributeName": "phone_number", "Code": "123456"})
        )
    );
}

async fn set_factor(
    server: &Server,
    factor: Factor,
    state: FactorState,
) -> Result<Step, poolkey_core::fault::Fault> {
    let goal = Goal::SetFactor { factor, state };
    let spec = server.login(Flow::UserSrp);
    cognito().begin(&spec, member(goal)).await
}

fn setting(enabled: bool, preferred: bool) -> Value {
    json!({"Enabled": enabled, "PreferredMfa": preferred})
}
