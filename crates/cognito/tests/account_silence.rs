//! Every conversation about an account at TRACE, right and wrong: no secret is heard.
#![allow(clippy::unwrap_used, reason = "tests may fail")]

#[path = "support/log.rs"]
mod log;
mod support;
#[path = "support/talk.rs"]
mod talk;

use log::Log;
use poolkey_core::config::Flow;
use poolkey_core::conversation::{Answer, Factor, FactorState, Goal, Step};
use poolkey_core::fault::Fault;
use poolkey_core::secret::Secret;
use serde_json::json;
use support::*;
use talk::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_at_trace_holds_no_secret_of_an_account() {
    let log = Log::everywhere();
    let mut calls = 0;
    let goals = [
        Goal::SignUp {
            attributes: attributes(&[("email", "ada@example.com")]),
        },
        Goal::Confirm,
        Goal::ResendCode,
        Goal::ForgotPassword,
        Goal::ResetPassword,
        Goal::ChangePassword,
        Goal::Show,
        Goal::SetUpApp,
        Goal::SetFactor {
            factor: Factor::Sms,
            state: FactorState::Preferred,
        },
        Goal::ListDevices,
        Goal::ForgetDevice {
            key: Some("device-of-this-test".into()),
        },
        Goal::VerifyAttribute {
            name: "email".into(),
        },
    ];
    for goal in goals {
        for script in scripts() {
            let server = Server::start(script).await;
            let step = whole(&server, goal.clone()).await;
            log.hears(&format!("{step:?}"));
            calls += server.seen().len();
        }
    }

    let heard = log.text();
    assert_eq!(heard.matches("called AWS").count(), calls, "{heard}");
    assert!(calls > 80, "{calls}");
    assert!(heard.contains("TRACE"), "the wire's own crates are heard");
    for secret in [
        PASSWORD,
        "the-old-password",
        "the-client-secret",
        ACCESS,
        CODE,
        KEY,
        "otpauth",
        "SecretHash",
        "ada@example.com",
    ] {
        let line = heard.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret}");
    }
}

/// A success that any of the operations may read, and refusals that repeat what was sent.
fn scripts() -> Vec<Vec<Act>> {
    let good = || {
        ok(&json!({
            "UserConfirmed": false, "UserSub": "s", "CodeDeliveryDetails": {"DeliveryMedium": "SMS"}, "Username": "ada", "UserAttributes": [],
            "SecretCode": KEY, "Status": "SUCCESS", "Devices": [],
        }))
    };
    let echo = |code| Act::Echo(code, SECRETS);
    let goods = |n: usize| (0..n).map(|_| good()).collect::<Vec<_>>();
    let mut scripts = vec![goods(8)];
    for before in 0..3 {
        for act in [
            echo("InvalidParameterException"),
            echo("InvalidPasswordException"),
            echo("CodeMismatchException"),
            echo("UserLambdaValidationException"),
            echo("NotAuthorizedException"),
            Act::Reset,
        ] {
            let mut script = goods(before);
            script.push(act);
            scripts.push(script);
        }
    }
    scripts
}

/// Answers until the end, or until the server's script is at its own.
async fn whole(server: &Server, goal: Goal) -> Result<Step, Fault> {
    let (cognito, spec) = (cognito(), server.login(Flow::UserSrp));
    let mut thread = known(goal);
    thread.access_token = Some(Secret::new(ACCESS));
    thread.client_secret = Some(Secret::new("the-client-secret"));
    let mut step = cognito.begin(&spec, thread).await;
    for _ in 0..8 {
        let Ok(Step::Ask {
            thread, question, ..
        }) = &step
        else {
            break;
        };
        let answer = [
            name("ada"),
            code(CODE),
            new_password(PASSWORD),
            Answer::Password(Secret::new("the-old-password")),
            Answer::AppSetup {
                code: Secret::new(CODE),
                device_name: None,
            },
        ]
        .into_iter()
        .find(|answer| answer.is_to(question))
        .unwrap();
        step = cognito.answer(&spec, thread.clone(), answer).await;
    }
    step
}

const CODE: &str = "918273";
const KEY: &str = "JBSWY3DPEHPK3PXP";

/// The members of all requests that hold a secret.
const SECRETS: &[&str] = &[
    "AccessToken",
    "Code",
    "ConfirmationCode",
    "Password",
    "PreviousPassword",
    "ProposedPassword",
    "UserCode",
];
